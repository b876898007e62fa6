/*
 * detect_ewma.c - a value far from its exponential mean, in standard deviations that are
 * learned alongside: the chart of Roberts, for a metric that has no season.
 *
 * What is far off is learned only up to the limit, so that an outlier does not widen the
 * band that should show the next one; a level that stays is ordinary after a while.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define CLEAR 0.5 /* of the limit: over only when it is back at this */

struct detect_ewma {
    const char *metric;
    double limit;
    int64_t memory, learn;
};

/* There is one for each series: 24 bytes. */
struct ewma_state {
    int64_t last_ns;
    double mean;                /* of the values */
    float square;               /* of their distance to it */
    uint32_t n : 30, level : 2; /* enum cw_level */
};
#define MAX_N ((1u << 30) - 1)

static void learn(const struct detect_ewma *self, struct ewma_state *state, double distance,
                  double deviation)
{
    double most = self->limit * deviation, first = 1.0 / state->n;
    double share = 1 / (double)self->memory;
    share = first > share ? first : share;
    if (state->n > self->learn && fabs(distance) > most)
        distance = distance > 0 ? most : -most;
    state->mean += share * distance;
    double square = (double)state->square;
    state->square = (float)(square + share * (distance * distance - square));
}

static int64_t ewma_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    const struct detect_ewma *self = plugin_self;
    struct ewma_state *state = plugin_state;
    (void)slot;
    if (one_metric_skips(sample, state->last_ns))
        return CW_NEVER;
    state->last_ns = sample->sample_ns;
    if (state->n == 0)
        state->mean = sample->value;
    if (state->n < MAX_N)
        state->n++;
    double distance = sample->value - state->mean, deviation = sqrt((double)state->square);
    double width = self->limit * deviation;
    double score = width > 0 ? fabs(distance) / width : distance != 0;
    if (state->n <= self->learn)
        score = 0;
    if (score > 1 || score <= CLEAR)
        state->level = score > 1 ? CW_ALARM : CW_NORMAL;
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = score,
        .value = sample->value,
        .limit = distance > 0 ? state->mean + width : state->mean - width,
        .low = state->mean - width,
        .high = state->mean + width,
    };
    *spoke = 1;
    learn(self, state, distance, deviation);
    return CW_NEVER;
}

static size_t ewma_state_size(const void *self)
{
    (void)self;
    return sizeof(struct ewma_state);
}

static void ewma_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct ewma_state));
}

/* As version 1 was in memory. */
struct ewma_state_1 {
    int64_t last_ns;
    double mean, square;
    uint32_t n, level;
};

static int32_t ewma_take_state(const void *self, uint32_t version, const void *old, size_t n,
                               void *plugin_state)
{
    struct ewma_state_1 was;
    struct ewma_state *state = plugin_state;
    (void)self;
    if (version != 1 || n != sizeof(was))
        return -1;
    memcpy(&was, old, sizeof(was));
    *state = (struct ewma_state){
        .last_ns = was.last_ns, .mean = was.mean, .square = (float)was.square};
    state->n = (was.n < MAX_N ? was.n : MAX_N) & MAX_N;
    state->level = was.level & 3;
    return 0;
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_ewma, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at; any number"},
    {
        .name = "limit",
        .type = CW_OPT_REAL,
        .offset = offsetof(struct detect_ewma, limit),
        .min = 1,
        .max = 100,
        .preset = "4",
        .help = "alarm beyond so many standard deviations",
    },
    {
        .name = "memory",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_ewma, memory),
        .min = 2,
        .max = 1e6,
        .preset = "200",
        .help = "the mean remembers about so many values",
    },
    {
        .name = "learn",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_ewma, learn),
        .min = 1,
        .max = 1e6,
        .preset = "30",
        .help = "so many values are only learned from",
    },
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 2,
    .take_state = ewma_take_state,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = ewma_state_size,
    .reset = ewma_reset,
    .step = ewma_step,
};

CW_PLUGIN(detect_ewma) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "ewma",
    .help = "a value far from its exponential mean",
    .self_size = sizeof(struct detect_ewma),
    .option = options,
    .ops.detector = &detector,
};
