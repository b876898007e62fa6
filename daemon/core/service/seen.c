/*
 * seen.c - see seen.h: a map for the question, a list of all for expiry, a list of each site
 * for its bound.
 */
#include "core/service/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/registry/registry.h"
#include "core/view/snapshot.h"

#define KEY_ROOM (2 * MAX_ID + 2)

static struct cw_str key_of(const struct site *site, struct cw_str id, char room[KEY_ROOM])
{
    return key_join(room, KEY_ROOM, str_of(site->id), ' ', id);
}

void seen_init(struct seen_set *set)
{
    *set = (struct seen_set){0};
    map_init(&set->by_key);
}

void seen_done(struct seen_set *set)
{
    while (set->oldest) {
        struct seen *seen = set->oldest;
        set->oldest = seen->newer;
        free(seen);
    }
    map_done(&set->by_key);
    *set = (struct seen_set){0};
}

bool seen_has(const struct seen_set *set, const struct site *site, struct cw_str id)
{
    char room[KEY_ROOM];
    return map_get(&set->by_key, key_of(site, id, room)) != NULL;
}

/* The site's oldest: the only one of a site that ever goes. */
static void forget(struct seen_set *set, struct site *site)
{
    char room[KEY_ROOM];
    struct seen *seen = site->first_seen;
    map_remove(&set->by_key, key_of(site, str_of(seen->id), room));
    site->first_seen = seen->newer_of_site;
    if (!site->first_seen)
        site->last_seen = NULL;
    site->n_seen--;
    if (seen->older)
        seen->older->newer = seen->newer;
    else
        set->oldest = seen->newer;
    if (seen->newer)
        seen->newer->older = seen->older;
    else
        set->newest = seen->older;
    free(seen);
}

static void append(struct seen_set *set, struct site *site, struct cw_str id, int64_t when_ns)
{
    char room[KEY_ROOM];
    struct seen *seen = xcalloc(1, sizeof(*seen) + id.n + 1);
    seen->when_ns = when_ns;
    seen->site = site;
    memcpy(seen->id, id.p, id.n);
    seen->older = set->newest;
    if (set->newest)
        set->newest->newer = seen;
    else
        set->oldest = seen;
    set->newest = seen;
    if (site->last_seen)
        site->last_seen->newer_of_site = seen;
    else
        site->first_seen = seen;
    site->last_seen = seen;
    site->n_seen++;
    map_put(&set->by_key, key_of(site, id, room), seen);
}

void seen_add(struct seen_set *set, struct site *site, struct cw_str id, int64_t now_ns)
{
    if (site->n_seen >= MAX_SEEN_OF_SITE) {
        forget(set, site);
        set->n_pushed_out++;
    }
    if (map_count(&set->by_key) >= MAX_SEEN) {
        forget(set, set->oldest->site);
        set->n_pushed_out++;
    }
    append(set, site, id, now_ns);
}

void seen_expire(struct seen_set *set, int64_t now_ns)
{
    while (set->oldest && set->oldest->when_ns + SEEN_FOR_NS <= now_ns)
        forget(set, set->oldest->site);
}

void seen_save(const struct seen_set *set, struct saver *saver)
{
    save_u64(saver, set->n_pushed_out);
    save_u32(saver, map_count(&set->by_key));
    for (const struct seen *seen = set->oldest; seen; seen = seen->newer) {
        save_u32(saver, seen->site->number);
        save_i64(saver, seen->when_ns);
        save_str(saver, str_of(seen->id));
    }
}

void seen_load(struct seen_set *set, struct registry *registry, struct loader *loader)
{
    set->n_pushed_out = load_u64(loader);
    uint32_t n = load_count(loader, 16);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        uint32_t site = load_u32(loader);
        int64_t when_ns = load_i64(loader);
        struct cw_str id = load_str(loader);
        if (loader->failed || site >= registry->n_sites || !id_valid(id) ||
            seen_has(set, registry->site[site], id)) {
            loader->failed = true;
            return;
        }
        append(set, registry->site[site], id, when_ns);
    }
}
