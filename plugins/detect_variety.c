/*
 * detect_variety.c - a sensor that shows too few different values: frozen, repeating its last
 * minutes again and again, or with hardly any of its noise left.
 *
 *   alive    650 655 648 661 657 650 663 ...     of 60 values 30 are different: its custom
 *   frozen   650 650 650 650 650 650 650 ...     1
 *   looping  650 655 648 650 655 648 650 ...     3
 *   dying    650 650 650 650 651 651 651 ...     6
 *
 * Custom is what the series itself showed before, so coarse sensors are judged by their own
 * measure, and one that never had variety is never told. A value that is missing disturbs
 * nothing. What is told is not learned: a frozen sensor does not become its own custom.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define WINDOW 64
#define CALM 1.4          /* times the limit ends the alarm */
#define LEAST_CUSTOM 12.0 /* fewer different values are no variety to speak of */

struct detect_variety {
    const char *metric;
    double share;
    int64_t learn, memory;
};

struct variety_state {
    int64_t last_ns;
    double custom; /* mean number of different values in a full window */
    double value[WINDOW];
    int64_t n;            /* values ever */
    uint32_t n_different; /* in the window */
    uint32_t level;       /* enum cw_level */
};

/* How often a value is in the window. Without a branch, so that the compiler makes vectors
 * of it. */
static uint32_t count(const struct variety_state *state, double value)
{
    int64_t filled = state->n < WINDOW ? state->n : WINDOW, n = 0;
    for (int64_t i = 0; i < filled; i++)
        n += !(state->value[i] < value) & !(state->value[i] > value);
    return (uint32_t)n;
}

/* Into the window, and the oldest out of it. */
static void take(struct variety_state *state, double value)
{
    double *place = &state->value[state->n % WINDOW];
    bool is_full = state->n >= WINDOW;
    if (is_full && count(state, *place) == 1)
        state->n_different--;
    if (is_full)
        *place = (double)INFINITY; /* no value is that */
    state->n_different += count(state, value) == 0;
    *place = value;
    state->n++;
}

static void learn(const struct detect_variety *self, struct variety_state *state)
{
    int64_t n = state->n - WINDOW + 1;
    double share = 1.0 / (double)(n < self->memory ? n : self->memory);
    state->custom += share * (state->n_different - state->custom);
}

static int64_t variety_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                            const struct cw_sample *sample, struct cw_verdict *verdict,
                            int32_t *spoke)
{
    const struct detect_variety *self = plugin_self;
    struct variety_state *state = plugin_state;
    (void)slot;
    if (one_metric_skips(sample, state->last_ns))
        return CW_NEVER;
    state->last_ns = sample->sample_ns;
    take(state, sample->value);
    if (state->n < WINDOW)
        return CW_NEVER;
    double limit = self->share * state->custom;
    if (state->level == CW_ALARM)
        limit *= CALM;
    bool known = state->n - WINDOW >= self->learn && state->custom >= LEAST_CUSTOM;
    uint32_t level = known && state->n_different <= limit ? CW_ALARM : CW_NORMAL;
    if (level == CW_NORMAL)
        learn(self, state);
    if (level == state->level)
        return CW_NEVER;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = state->n_different > 0 ? limit / state->n_different : 1,
        .value = state->n_different,
        .limit = limit,
        .low = limit,
        .high = WINDOW,
    };
    *spoke = 1;
    return CW_NEVER;
}

static size_t variety_state_size(const void *self)
{
    (void)self;
    return sizeof(struct variety_state);
}

static void variety_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct variety_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_variety, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at: one with noise, such as co2, room_temp"},
    {.name = "share",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_variety, share),
     .min = 0.02,
     .max = 0.95,
     .preset = "0.5",
     .help = "alarm when 64 values hold no more than this share of the different ones that "
             "they usually do"},
    {.name = "learn",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_variety, learn),
     .min = 1,
     .max = 1e6,
     .preset = "500",
     .help = "so many values are only learned from"},
    {.name = "memory",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_variety, memory),
     .min = 2,
     .max = 1e6,
     .preset = "5000",
     .help = "custom is the mean over about so many values"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = variety_state_size,
    .reset = variety_reset,
    .step = variety_step,
};

CW_PLUGIN(detect_variety) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "variety",
    .help = "a sensor that shows too few different values: frozen, looping or without noise",
    .self_size = sizeof(struct detect_variety),
    .option = options,
    .ops.detector = &detector,
};
