/*
 * one_metric.h - what detectors of one metric share: it is the first member of their self, the
 * first of their options, and all that they look at.
 */
#ifndef PLUGINS_ONE_METRIC_H
#define PLUGINS_ONE_METRIC_H

#include <math.h>
#include <stdbool.h>

#include <carewatch/plugin.h>

static inline uint32_t one_metric_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    const char *const *metric = self;
    if (max > 0)
        input[0] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = *metric};
    return 1;
}

/* Whether there is nothing to learn of it: no number, or older than the one before. */
static inline bool one_metric_skips(const struct cw_sample *sample, int64_t last_ns)
{
    return sample->sample_ns < last_ns || !isfinite(sample->value);
}

#endif
