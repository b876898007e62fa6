/*
 * detect_stuck.c - a sensor that sends exactly the same value again and again, for longer
 * than the thing it measures could stand still: it is loose, frozen or dead.
 *
 * Only values that came say something: one that is silent is absent, not stuck. Coarse
 * values repeat by themselves (whole degrees at night), so `for` belongs well above the
 * longest rest the metric has; or the sensor is measured against its own longest rest so far
 * (`times`), or against its siblings: while those of the other rooms rest too, nothing is
 * stuck (`siblings`).
 *
 * A device that plays its last values again and again is frozen as well: `cycle`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define MAX_CYCLE 32
#define MIN_CYCLE 4 /* shorter ones are a value between two steps of its scale */
#define FORGET 0.99 /* of the longest rest, with each rest that ends */

struct detect_stuck {
    const char *metric;
    int64_t hold_ns;
    int64_t repeats;
    int64_t siblings;
    double times;
    int32_t cycle;
};

struct stuck_state {
    int64_t since_ns; /* the first of the equal values; 0 none */
    int64_t last_ns;
    double value;
    uint32_t n_equal;
    uint32_t level;           /* enum cw_level */
    uint64_t changes;         /* of the site when the rest began */
    int64_t longest_ns;       /* rest that ended */
    double ring[MAX_CYCLE];   /* the last values */
    uint32_t n_ring;          /* ever */
    uint16_t same[MAX_CYCLE]; /* by period - 1: so many values in a row were as one before */
};

/* Whether the last values are the ones before them again, three times over, and not all the
 * same. */
static bool cycles(const struct detect_stuck *self, struct stuck_state *state, double value)
{
    bool found = false;
    if (!self->cycle)
        return false;
    for (uint32_t period = MIN_CYCLE; period <= MAX_CYCLE && period <= state->n_ring;
         period++) {
        double before = state->ring[(state->n_ring - period) % MAX_CYCLE];
        uint16_t *same = &state->same[period - 1];
        *same = value < before || value > before ? 0 : (uint16_t)(*same + (*same < UINT16_MAX));
        found = found || (*same >= 3 * period && state->n_equal <= period / 2);
    }
    state->ring[state->n_ring++ % MAX_CYCLE] = value;
    return found;
}

static bool rests(const struct detect_stuck *self, const struct stuck_state *state,
                  const struct cw_sample *sample)
{
    int64_t length_ns = state->last_ns - state->since_ns;
    if (length_ns < self->hold_ns || state->n_equal < self->repeats)
        return false;
    if (self->times > 0 && (double)length_ns < self->times * (double)state->longest_ns)
        return false;
    return sample->site_changes - state->changes >= (uint64_t)self->siblings;
}

/* A rest is over: how long it was is what is ordinary here, unless it was told. */
static void end_rest(struct stuck_state *state)
{
    int64_t length_ns = state->last_ns - state->since_ns;
    state->longest_ns = (int64_t)((double)state->longest_ns * FORGET);
    if (length_ns > state->longest_ns && state->level == CW_NORMAL)
        state->longest_ns = length_ns;
}

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
    if (!same && state->n_equal)
        end_rest(state);
    if (sample->sample_ns > state->last_ns)
        state->last_ns = sample->sample_ns;
    if (!same || state->n_equal == 0) {
        state->since_ns = state->last_ns;
        state->value = sample->value;
        state->n_equal = 0;
        state->changes = sample->site_changes;
    }
    if (state->n_equal < UINT32_MAX)
        state->n_equal++;
    int64_t length_ns = state->last_ns - state->since_ns;
    bool again = cycles(self, state, sample->value);
    bool stuck = again || rests(self, state, sample);
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

static int32_t stuck_siblings(const void *plugin_self)
{
    const struct detect_stuck *self = plugin_self;
    return self->siblings > 0;
}

/* The ring is there only for who looks for cycles. */
static size_t stuck_state_size(const void *plugin_self)
{
    const struct detect_stuck *self = plugin_self;
    return self->cycle ? sizeof(struct stuck_state) : offsetof(struct stuck_state, ring);
}

static void stuck_reset(const void *self, void *state)
{
    memset(state, 0, stuck_state_size(self));
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
    {.name = "times",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_stuck, times),
     .min = 0,
     .max = 100,
     .preset = "0",
     .help = "... and for so many times its own longest rest so far; 0: never mind"},
    {.name = "siblings",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_stuck, siblings),
     .min = 0,
     .max = 1e6,
     .preset = "0",
     .help = "... and while other devices of the site changed so often; 0: never mind"},
    {.name = "cycle",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_stuck, cycle),
     .preset = "false",
     .help = "also when its last 4 to 32 values came three times over"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 2,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = stuck_state_size,
    .reset = stuck_reset,
    .step = stuck_step,
    .wants_siblings = stuck_siblings,
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
