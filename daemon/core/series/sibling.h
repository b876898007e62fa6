/*
 * sibling.h - what the other devices of a site say of the same metric: their mean, and how
 * often any value changed. Kept for the metrics that a detector asks it for. Part of the fold.
 *
 * A sensor is judged against its siblings: one that stands still while they move is stuck,
 * one that leaves them after its battery was changed has drifted.
 */
#ifndef CORE_SERIES_SIBLING_H
#define CORE_SERIES_SIBLING_H

#include "core/fold.h"
#include "core/series/series.h"

/* A metric of a site. */
struct sibling {
    uint32_t metric;    /* number */
    uint32_t n;         /* series that have a value */
    double sum;         /* of their newest values */
    uint64_t n_changes; /* values that were other than the one before, of all series */
};

/* Whether a rule asks for it; after the rules were set, and for a metric that is born. */
bool sibling_metric_named(const struct fold *fold, struct cw_str metric);
/* The rules were set: keeps what is still asked for, counts what is new. */
void sibling_configure(struct fold *fold);
/* A value of a marked metric, before it is kept in the series. Fills the sample. */
void sibling_value(struct fold *fold, struct site *site, const struct series *series,
                   bool is_newest, struct cw_sample *sample);
/* The device is forgotten. */
void sibling_gone(struct fold *fold, const struct device *device);

void sibling_save(const struct fold *fold, struct saver *saver);
void sibling_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

#endif
