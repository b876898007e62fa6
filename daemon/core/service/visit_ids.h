/*
 * visit_ids.h - visits by their own id alone, of whatever site: who speaks of a visit and names
 * no site has it found without a look at all of them. Part of the fold, made anew when visits
 * are loaded; chains through the visits themselves.
 */
#ifndef CORE_SERVICE_VISIT_IDS_H
#define CORE_SERVICE_VISIT_IDS_H

#include <stdint.h>

#include "base/str.h"

struct visit;

struct visit_ids {
    struct visit **bucket; /* by hash of the id; the first of each chain */
    uint32_t n_buckets;    /* 0 or a power of two */
    uint32_t n;
};

void visit_ids_add(struct visit_ids *ids, struct visit *visit);
void visit_ids_remove(struct visit_ids *ids, struct visit *visit);
/* Those of that id, one after the other, from before = NULL on to NULL; the order means
 * nothing, for it is another after a start. */
struct visit *visit_ids_next(const struct visit_ids *ids, struct cw_str id,
                             const struct visit *before);
/* The visits are the caller's. */
void visit_ids_done(struct visit_ids *ids);

#endif
