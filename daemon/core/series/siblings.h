/*
 * siblings.h - what other sensors of the same kind show at the same site at the same time, for
 * rules that judge a value against them (against = "siblings"): a cold week and a new heating
 * schedule move all rooms, a sensor that drifts moves alone.
 */
#ifndef CORE_SERIES_SIBLINGS_H
#define CORE_SERIES_SIBLINGS_H

#include "core/fold.h"
#include "core/series/metric.h"

#define SIBLINGS_LEAST 2u /* fewer say nothing */
#define SIBLINGS_MOST 32u /* more are not asked */
#define SIBLINGS_FRESH_NS (INT64_C(15) * 60 * 1000000000)

/* The middle of the newest values of the metric among the site's other devices of the same
 * kind that were heard of lately. False when there are too few. */
bool siblings_middle(const struct fold *fold, const struct site *site,
                     const struct device *device, const struct metric *metric, double *middle);

#endif
