/*
 * visit_ids.c - see visit_ids.h. As many buckets as visits at the least, so that a chain has
 * one or two.
 */
#include "core/service/visit_ids.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/service/visit.h"

#define FIRST_BUCKETS 256u

static struct visit **bucket_of(const struct visit_ids *ids, struct cw_str id)
{
    return &ids->bucket[hash64(id, 0) & (ids->n_buckets - 1)];
}

static void put(struct visit_ids *ids, struct visit *visit)
{
    struct visit **bucket = bucket_of(ids, str_of(visit->id));
    visit->next_of_id = *bucket;
    *bucket = visit;
}

static void grow(struct visit_ids *ids)
{
    struct visit_ids old = *ids;
    ids->n_buckets = old.n_buckets ? 2 * old.n_buckets : FIRST_BUCKETS;
    ids->bucket = xcalloc(ids->n_buckets, sizeof(struct visit *));
    for (uint32_t i = 0; i < old.n_buckets; i++) {
        struct visit *next;
        for (struct visit *it = old.bucket[i]; it; it = next) {
            next = it->next_of_id;
            put(ids, it);
        }
    }
    free(old.bucket);
}

void visit_ids_add(struct visit_ids *ids, struct visit *visit)
{
    if (ids->n == ids->n_buckets)
        grow(ids);
    put(ids, visit);
    ids->n++;
}

void visit_ids_remove(struct visit_ids *ids, struct visit *visit)
{
    struct visit **at = bucket_of(ids, str_of(visit->id));
    while (*at != visit)
        at = &(*at)->next_of_id;
    *at = visit->next_of_id;
    visit->next_of_id = NULL;
    ids->n--;
}

struct visit *visit_ids_next(const struct visit_ids *ids, struct cw_str id,
                             const struct visit *before)
{
    struct visit *it = before           ? before->next_of_id
                       : ids->n_buckets ? *bucket_of(ids, id)
                                        : NULL;
    while (it && !str_is(id, it->id))
        it = it->next_of_id;
    return it;
}

void visit_ids_done(struct visit_ids *ids)
{
    free(ids->bucket);
    *ids = (struct visit_ids){0};
}
