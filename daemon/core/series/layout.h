/*
 * layout.h - what messages of one pattern (carewatch/plugin.h) have in common: the metric of
 * each field. So a device's series are found by comparing pointers, and its lines are made by
 * a plan.
 *
 * A cache, no state: it says nothing that looking at the names would not say. Metrics are never
 * forgotten, so it needs no care.
 */
#ifndef CORE_SERIES_LAYOUT_H
#define CORE_SERIES_LAYOUT_H

#include "core/series/metric.h"

#define MAX_LAYOUTS 64u
#define MAX_LAYOUT_FIELDS 48u

struct layout {
    uint64_t pattern; /* 0: empty */
    uint64_t serial;  /* never the same twice */
    uint32_t decoder; /* index in ruleset.decoder */
    uint32_t index;   /* of this layout */
    uint32_t n;
    const struct metric *metric[MAX_LAYOUT_FIELDS]; /* takes its field's type; is written */
};

struct layouts {
    struct layout *layout; /* MAX_LAYOUTS, or NULL before the first */
    uint64_t n_made;
};

void layouts_done(struct layouts *layouts);
/* The decoders are others now. */
void layouts_clear(struct layouts *layouts);
/* NULL: none is known, or the pattern is 0. */
const struct layout *layout_find(const struct layouts *layouts, uint32_t decoder,
                                 uint64_t pattern);
/* Keeps that of n fields; more than MAX_LAYOUT_FIELDS, or one whose metric is never written,
 * are not kept. */
void layout_keep(struct layouts *layouts, uint32_t decoder, uint64_t pattern,
                 const struct metric *const *metric, uint32_t n);

#endif
