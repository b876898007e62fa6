/*
 * detect_cusum.c - a level that shifted by a little and stays: the sums of Page, which add up
 * what lies beyond a slack on either side and fall back to zero otherwise.
 *
 *   sum up   = max(0, sum up   + z - slack)      z: distance to the mean learned so far,
 *   sum down = max(0, sum down - z - slack)         in standard deviations
 *
 * A shift that was told is learned anew as the ordinary level: one alarm for one shift, over
 * as soon as the new level is known.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define MAX_Z 4.0     /* one wild value is no shift of a level */
#define SUSPICION 0.1 /* of the limit */

struct detect_cusum {
    const char *metric;
    double limit, slack;
    int64_t memory, learn;
};

struct cusum_state {
    int64_t last_ns;
    double mean, square; /* of the level so far, and of the distances to it */
    double up, down;     /* in standard deviations */
    uint32_t n;          /* values of the level so far */
    uint32_t n_all;      /* ... and of all levels */
    uint32_t level;      /* enum cw_level */
    uint32_t reserved;
};

static double share_of(const struct detect_cusum *self, uint32_t n)
{
    double share = 1 / (double)self->memory;
    return 1.0 / n > share ? 1.0 / n : share;
}

/* While a shift is suspected nothing is learned, else the level would run after it, and the
 * deviation grow until it is none. Nor from an open window in winter. */
static bool is_suspected(const struct detect_cusum *self, const struct cusum_state *state)
{
    double sum = state->up > state->down ? state->up : state->down;
    return state->n > self->learn && sum > SUSPICION * self->limit;
}

/* What is wild is learned only as far as it counts: else an hour with the window open makes the
 * room one of which nothing can be told for days. */
static void learn(const struct detect_cusum *self, struct cusum_state *state, double distance)
{
    double most = MAX_Z * sqrt(state->square);
    if (is_suspected(self, state))
        return;
    if (state->n_all > self->learn && fabs(distance) > most && most > 0)
        distance = distance > 0 ? most : -most;
    state->mean += share_of(self, state->n) * distance;
    state->square += share_of(self, state->n_all) * (distance * distance - state->square);
}

static double add(double sum, double z, double slack)
{
    sum += z - slack;
    return sum > 0 ? sum : 0;
}

/* The deviation is kept: the noise of a sensor does not change with the level. */
static void begin_level(struct cusum_state *state, double value)
{
    state->mean = value;
    state->up = state->down = 0;
    state->n = 0;
}

static int64_t cusum_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                          const struct cw_sample *sample, struct cw_verdict *verdict,
                          int32_t *spoke)
{
    const struct detect_cusum *self = plugin_self;
    struct cusum_state *state = plugin_state;
    (void)slot;
    if (one_metric_skips(sample, state->last_ns))
        return CW_NEVER;
    if (state->last_ns == 0)
        state->mean = sample->value;
    state->last_ns = sample->sample_ns;
    state->n += state->n < UINT32_MAX;
    state->n_all += state->n_all < UINT32_MAX;
    double distance = sample->value - state->mean, deviation = sqrt(state->square);
    double mean = state->mean, score = 0;
    if (state->n > self->learn) {
        double z = deviation > 0 ? distance / deviation : distance > 0 ? MAX_Z : -MAX_Z;
        z = distance == 0 ? 0 : z > MAX_Z ? MAX_Z : z < -MAX_Z ? -MAX_Z : z;
        state->up = add(state->up, z, self->slack);
        state->down = add(state->down, -z, self->slack);
        score = (state->up > state->down ? state->up : state->down) / self->limit;
        state->level = score > 1 ? CW_ALARM : CW_NORMAL;
    }
    learn(self, state, distance);
    if (score > 1)
        begin_level(state, sample->value);
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = score,
        .value = sample->value,
        .limit = mean,
        .low = mean - 3 * deviation,
        .high = mean + 3 * deviation,
    };
    *spoke = 1;
    return CW_NEVER;
}

static size_t cusum_state_size(const void *self)
{
    (void)self;
    return sizeof(struct cusum_state);
}

static void cusum_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct cusum_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_cusum, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at; any number"},
    {
        .name = "limit",
        .type = CW_OPT_REAL,
        .offset = offsetof(struct detect_cusum, limit),
        .min = 1,
        .max = 100000,
        .preset = "10",
        .help = "alarm when the sum exceeds so many standard deviations",
    },
    {
        .name = "slack",
        .type = CW_OPT_REAL,
        .offset = offsetof(struct detect_cusum, slack),
        .min = 0,
        .max = 10,
        .preset = "0.5",
        .help = "half of the smallest shift that matters, in standard deviations",
    },
    {
        .name = "memory",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_cusum, memory),
        .min = 2,
        .max = 1e6,
        .preset = "500",
        .help = "the level remembers about so many values",
    },
    {
        .name = "learn",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_cusum, learn),
        .min = 2,
        .max = 1e6,
        .preset = "50",
        .help = "so many values are only learned from, after a shift as well",
    },
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = cusum_state_size,
    .reset = cusum_reset,
    .step = cusum_step,
};

CW_PLUGIN(detect_cusum) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "cusum",
    .help = "a level that shifted by a little and stays",
    .self_size = sizeof(struct detect_cusum),
    .option = options,
    .ops.detector = &detector,
};
