/*
 * detect_quantile.c - a value in the tail of its own history: rarer than one in so many, by a
 * bounded histogram of the distance to the slow mean, for each side its own.
 *
 * Unlike a number of standard deviations this means the same for every distribution: heart
 * rates with long tails, counts, percentages that never exceed a hundred.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num_math.h"
#include "base/str.h"
#include "base/tail.h"
#include "one_metric.h"

#define MEMORY 200.0 /* values of the slow mean */
#define DECADES_PER_OCTAVE 0.30102999566398120

struct detect_quantile {
    const char *metric;
    const char *side;
    double one_in;
    int64_t learn;
};

struct quantile_state {
    int64_t last_ns;
    double mean;
    struct tail above, below;
    uint32_t n;
    uint32_t level; /* enum cw_level */
};

/* The rarity of a distance on the sides that are asked for; both sides are learned. */
static double rarity_of(const struct detect_quantile *self, struct quantile_state *state,
                        double distance)
{
    double above = tail_rarity(&state->above, distance > 0 ? distance : 0);
    double below = tail_rarity(&state->below, distance < 0 ? -distance : 0);
    if (distance > 0)
        return self->side[0] == 'l' ? 0 : above;
    return self->side[0] == 'h' ? 0 : below;
}

static int64_t quantile_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct detect_quantile *self = plugin_self;
    struct quantile_state *state = plugin_state;
    (void)slot;
    if (one_metric_skips(sample, state->last_ns))
        return CW_NEVER;
    state->last_ns = sample->sample_ns;
    if (state->n == 0)
        state->mean = sample->value;
    state->n += state->n < UINT32_MAX;
    double distance = sample->value - state->mean;
    double rarity = rarity_of(self, state, distance);
    double limit = DECADES_PER_OCTAVE * num_log2(self->one_in);
    double score = state->n > self->learn ? rarity / limit : 0;
    state->level = score > 1 ? CW_ALARM : CW_NORMAL;
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = score,
        .value = sample->value,
        .limit = (double)NAN,
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
    double share = state->n < MEMORY ? 1.0 / state->n : 1 / MEMORY;
    state->mean += share * distance;
    return CW_NEVER;
}

static size_t quantile_state_size(const void *self)
{
    (void)self;
    return sizeof(struct quantile_state);
}

static void quantile_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct quantile_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_quantile, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at; any number"},
    {
        .name = "one_in",
        .type = CW_OPT_REAL,
        .offset = offsetof(struct detect_quantile, one_in),
        .min = 2,
        .max = 20000,
        .preset = "1000",
        .help = "alarm when no more than one in so many values was as far off",
    },
    {
        .name = "side",
        .type = CW_OPT_TEXT,
        .offset = offsetof(struct detect_quantile, side),
        .preset = "both",
        .help = "which tail: above the mean, below it, or both",
        .choices = "both|high|low",
    },
    {
        .name = "learn",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_quantile, learn),
        .min = 1,
        .max = 1e6,
        .preset = "200",
        .help = "so many values are only learned from",
    },
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = quantile_state_size,
    .reset = quantile_reset,
    .step = quantile_step,
};

CW_PLUGIN(detect_quantile) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "quantile",
    .help = "a value in the tail of its own history",
    .self_size = sizeof(struct detect_quantile),
    .option = options,
    .ops.detector = &detector,
};
