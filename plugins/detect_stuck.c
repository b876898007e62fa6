/*
 * detect_stuck.c - a sensor that sends exactly the same value again and again, for longer
 * than the thing it measures could stand still: it is loose, frozen or dead.
 *
 * Only values that came say something: one that is silent is absent, not stuck. Coarse
 * values repeat by themselves (whole degrees at night), so `for` belongs well above the
 * longest rest the metric has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"

struct detect_stuck {
    const char *metric;
    int64_t hold_ns;
    int64_t repeats;
};

struct stuck_state {
    int64_t since_ns; /* the first of the equal values; 0 none */
    int64_t last_ns;
    double value;
    uint32_t n_equal;
    uint32_t level; /* enum cw_level */
};

static int64_t stuck_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                          const struct cw_sample *sample, struct cw_verdict *verdict,
                          int32_t *spoke)
{
    const struct detect_stuck *self = plugin_self;
    struct stuck_state *state = plugin_state;
    (void)slot;
    bool same = !(sample->value < state->value) && !(sample->value > state->value);
    if (sample->sample_ns < state->last_ns && same)
        return CW_NEVER; /* late, and nothing new */
    if (sample->sample_ns > state->last_ns)
        state->last_ns = sample->sample_ns;
    if (!same || state->n_equal == 0) {
        state->since_ns = state->last_ns;
        state->value = sample->value;
        state->n_equal = 0;
    }
    if (state->n_equal < UINT32_MAX)
        state->n_equal++;
    int64_t length_ns = state->last_ns - state->since_ns;
    bool stuck = length_ns >= self->hold_ns && state->n_equal >= self->repeats;
    uint32_t level = stuck ? CW_ALARM : CW_NORMAL;
    if (level == state->level)
        return CW_NEVER;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level,
        .value = (double)length_ns / 1e9,
        .limit = (double)self->hold_ns / 1e9,
        .low = state->value,
        .high = state->value,
    };
    *spoke = 1;
    return CW_NEVER;
}

static uint32_t stuck_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_stuck *self = plugin_self;
    if (max > 0)
        input[0] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = self->metric};
    return 1;
}

static size_t stuck_state_size(const void *self)
{
    (void)self;
    return sizeof(struct stuck_state);
}

static void stuck_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct stuck_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_stuck, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at: temp, room_temp, hr, ..."},
    {.name = "for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_stuck, hold_ns),
     .min = 0,
     .max = 2592000,
     .preset = "6h",
     .help = "alarm when exactly the same value came for this long"},
    {.name = "repeats",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_stuck, repeats),
     .min = 2,
     .max = 1e6,
     .preset = "10",
     .help = "... and at least so many times"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = stuck_inputs,
    .state_size = stuck_state_size,
    .reset = stuck_reset,
    .step = stuck_step,
};

CW_PLUGIN(detect_stuck) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "stuck",
    .help = "a sensor that repeats exactly the same value for too long",
    .self_size = sizeof(struct detect_stuck),
    .option = options,
    .ops.detector = &detector,
};
