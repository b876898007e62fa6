/*
 * seen.h - the ids of events taken in, so that a repeat is recognised for seven days. Part
 * of the fold.
 *
 * Bounded for all sites and for each: a site that floods pushes out its own ids first, the
 * oldest before the others, never another site's. Expiry looks at the oldest only.
 */
#ifndef CORE_SERVICE_SEEN_H
#define CORE_SERVICE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

#define SEEN_FOR_NS (INT64_C(7) * 86400 * 1000000000)
#define MAX_SEEN 262144u
#define MAX_SEEN_OF_SITE 16384u

struct site;
struct registry;
struct saver;
struct loader;

/* One id; in the list of all and in its site's, both oldest first. */
struct seen {
    int64_t when_ns;
    struct site *site;
    struct seen *older, *newer, *newer_of_site;
    char id[]; /* NUL-terminated */
};

struct seen_set {
    struct map by_key; /* "site id" -> struct seen */
    struct seen *oldest, *newest;
    uint64_t n_pushed_out; /* before their seven days */
};

void seen_init(struct seen_set *set);
void seen_done(struct seen_set *set);
bool seen_has(const struct seen_set *set, const struct site *site, struct cw_str id);
/* The id must not be there yet. */
void seen_add(struct seen_set *set, struct site *site, struct cw_str id, int64_t now_ns);
void seen_expire(struct seen_set *set, int64_t now_ns);
void seen_save(const struct seen_set *set, struct saver *saver);
void seen_load(struct seen_set *set, struct registry *registry, struct loader *loader);

#endif
