/*
 * map.c - entries in order of insertion, found through an open-addressed index.
 *
 *   index   [0][3][0][1][2]...     number of an entry + 1, 0 free, and a piece of its hash;
 *                                  linear probing
 *   entry   [k v h][k v h][- - h]  a removed one keeps its place until the next growth
 *
 * Only map_put() moves entries, so a walk that removes stays valid. The hash is seeded once
 * per process: outsiders choose the keys. The order never depends on it.
 */
#include "base/map.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

static uint64_t map_seed(void)
{
    static _Atomic uint64_t seed;
    uint64_t value = atomic_load_explicit(&seed, memory_order_relaxed);
    if (value)
        return value;
    uint64_t fresh = 0;
    if (getrandom(&fresh, sizeof(fresh), GRND_NONBLOCK) != (ssize_t)sizeof(fresh))
        fresh = (uint64_t)(uintptr_t)&fresh;
    fresh |= 1;
    /* Whoever comes first wins; all use the same. */
    return atomic_compare_exchange_strong(&seed, &value, fresh) ? fresh : value;
}

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_done(struct map *map)
{
    for (uint32_t i = 0; i < map->n_entries; i++)
        free((char *)(uintptr_t)map->entry[i].key.p);
    free(map->entry);
    free(map->index);
    map_init(map);
}

uint32_t map_count(const struct map *map)
{
    return map->n_entries - map->n_removed;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static struct map_entry *map_find(const struct map *map, struct cw_str key, uint64_t hash)
{
    if (map->n_index == 0)
        return NULL;
    uint32_t mask = map->n_index - 1, slot = (uint32_t)hash & mask, tag = tag_of(hash);
    for (; map->index[slot].number; slot = (slot + 1) & mask) {
        if (map->index[slot].tag != tag)
            continue;
        struct map_entry *entry = &map->entry[map->index[slot].number - 1];
        if (entry->value && entry->hash == hash && str_eq(entry->key, key))
            return entry;
    }
    return NULL;
}

static void map_index(struct map *map, uint32_t number)
{
    uint32_t mask = map->n_index - 1;
    uint64_t hash = map->entry[number].hash;
    uint32_t slot = (uint32_t)hash & mask;
    while (map->index[slot].number)
        slot = (slot + 1) & mask;
    map->index[slot] = (struct map_slot){number + 1, tag_of(hash)};
}

/* Room for one entry more: drops the removed ones, and doubles unless that freed a quarter. */
static void map_make_room(struct map *map)
{
    if (map->n_entries < map->cap_entries)
        return;
    uint32_t n = 0;
    for (uint32_t i = 0; i < map->n_entries; i++) {
        if (map->entry[i].value)
            map->entry[n++] = map->entry[i];
    }
    map->n_moves += map->n_removed > 0;
    map->n_entries = n;
    map->n_removed = 0;
    if (n >= map->cap_entries - map->cap_entries / 4) {
        if (map->cap_entries >= UINT32_C(1) << 30)
            BUG("a map of %u entries", n);
        map->cap_entries = map->cap_entries ? map->cap_entries * 2 : 8;
        map->n_index = map->cap_entries * 2;
        map->entry = xrealloc(map->entry, map->cap_entries * sizeof(*map->entry));
        map->index = xrealloc(map->index, map->n_index * sizeof(*map->index));
    }
    memset(map->index, 0, map->n_index * sizeof(*map->index));
    for (uint32_t i = 0; i < n; i++)
        map_index(map, i);
}

void *map_get(const struct map *map, struct cw_str key)
{
    const struct map_entry *entry = map_find(map, key, hash64(key, map_seed()));
    return entry ? entry->value : NULL;
}

void *map_put(struct map *map, struct cw_str key, void *value)
{
    if (!value)
        BUG("a map has no NULL values");
    uint64_t hash = hash64(key, map_seed());
    struct map_entry *entry = map_find(map, key, hash);
    if (entry) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    map_make_room(map);
    uint32_t number = map->n_entries++;
    map->entry[number] = (struct map_entry){{xstrndup(key.p, key.n), key.n}, value, hash};
    map_index(map, number);
    return NULL;
}

void *map_remove(struct map *map, struct cw_str key)
{
    struct map_entry *entry = map_find(map, key, hash64(key, map_seed()));
    if (!entry)
        return NULL;
    void *value = entry->value;
    free((char *)(uintptr_t)entry->key.p);
    entry->key = (struct cw_str){NULL, 0};
    entry->value = NULL;
    map->n_removed++;
    return value;
}

void *map_next(const struct map *map, uint32_t *i, struct cw_str *key)
{
    while (*i < map->n_entries) {
        const struct map_entry *entry = &map->entry[(*i)++];
        if (!entry->value)
            continue;
        if (key)
            *key = entry->key;
        return entry->value;
    }
    return NULL;
}
