/*
 * map.h - a table from byte strings to pointers that iterates in order of insertion.
 *
 * The order depends on what was put in and when, never on the hash or an address: whatever
 * walks a map writes the same bytes on every machine. Open addressing over an array of
 * entries (as Python's dict); keys are copied.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include <carewatch/str.h>

struct map_entry {
    struct cw_str key; /* owned by the map, NUL-terminated */
    void *value;       /* NULL: removed */
    uint64_t hash;
};

/* The hash's upper half beside the number: who probes looks at entries that are likely it. */
struct map_slot {
    uint32_t number; /* of the entry + 1; 0 free */
    uint32_t tag;
};

struct map {
    struct map_entry *entry;
    struct map_slot *index;
    uint32_t n_entries, cap_entries, n_removed, n_index;
    uint32_t n_moves; /* times that gaps were closed: what a walk that rests has to look at */
};

void map_init(struct map *map);
/* Frees keys and table; the values are the caller's. */
void map_done(struct map *map);
uint32_t map_count(const struct map *map);
void *map_get(const struct map *map, struct cw_str key); /* NULL: absent */
/* Value must not be NULL. Replaces and returns what was there before, or NULL. */
void *map_put(struct map *map, struct cw_str key, void *value);
void *map_remove(struct map *map, struct cw_str key); /* what was there, or NULL */
/* Walk: for (uint32_t i = 0; (value = map_next(map, &i, &key));) - insertion order. Removing
 * the entry just returned is allowed; adding is not. key may be NULL. Who goes on later with
 * the same i, when there were changes, begins again if n_moves is another. */
void *map_next(const struct map *map, uint32_t *i, struct cw_str *key);

#endif
