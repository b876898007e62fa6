/*
 * detect_rate.c - a value that rises or falls too fast, per minute.
 *
 *   anchor           newer anchor      now
 *     |---- over or more ----|          |
 *     |------ the slope that counts ----|   between `over` and twice `over` long
 *
 * Two anchors suffice to compare with a value that is old enough, so that the noise of two
 * neighbours is no slope. It is over when the slope is back at half of the limit.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/units.h"
#include "one_metric.h"

struct detect_rate {
    const char *metric;
    double rise, fall; /* per minute, both positive; NAN: not given */
    int64_t over_ns;
};

struct anchor {
    int64_t at_ns; /* 0: none */
    double value;
};

struct rate_state {
    struct anchor old, newer;
    int64_t last_ns;
    uint32_t level; /* enum cw_level */
    uint32_t reserved;
};

/* How far the slope is along the way to its limit: 1 is at it. */
static double judge(const struct detect_rate *self, double slope, double *limit)
{
    bool rising = slope >= 0;
    *limit = rising ? self->rise : -self->fall;
    if (isnan(*limit))
        return 0;
    return slope / *limit;
}

static int64_t rate_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    const struct detect_rate *self = plugin_self;
    struct rate_state *state = plugin_state;
    const struct anchor now = {sample->sample_ns, sample->value};
    (void)slot;
    if (sample->sample_ns <= state->last_ns)
        return CW_NEVER; /* out of order: no slope to the newest */
    state->last_ns = sample->sample_ns;
    if (state->newer.at_ns == 0) {
        state->old = state->newer = now;
        return CW_NEVER;
    }
    if (now.at_ns - state->newer.at_ns >= self->over_ns) {
        state->old = state->newer;
        state->newer = now;
    }
    int64_t length_ns = now.at_ns - state->old.at_ns;
    if (length_ns < self->over_ns)
        return CW_NEVER;
    double slope = (now.value - state->old.value) / ((double)length_ns / (60.0 * 1e9)), limit;
    double score = judge(self, slope, &limit);
    uint32_t level = score > (state->level == CW_ALARM ? 0.5 : 1) ? CW_ALARM : CW_NORMAL;
    *spoke = level != state->level;
    state->level = level;
    if (*spoke)
        *verdict = (struct cw_verdict){
            .level = level,
            .score = score,
            .value = slope,
            .limit = limit,
            .low = -self->fall,
            .high = self->rise,
        };
    return CW_NEVER;
}

static size_t rate_state_size(const void *self)
{
    (void)self;
    return sizeof(struct rate_state);
}

static void rate_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct rate_state));
}

static int32_t rate_open(void *plugin_self, struct cw_error *err)
{
    const struct detect_rate *self = plugin_self;
    if (isnan(self->rise) && isnan(self->fall))
        return err_set(err, -1, "A rate needs \"rise\" or \"fall\", per minute.");
    if (self->rise <= 0 || self->fall <= 0)
        return err_set(err, -1, "\"rise\" and \"fall\" are both written as positive numbers.");
    return 0;
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_rate, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at: room_temp, co2, ..."},
    {.name = "rise",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_rate, rise),
     .preset = CW_OPTIONAL,
     .help = "alarm when it rises by more than this per minute"},
    {.name = "fall",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_rate, fall),
     .preset = CW_OPTIONAL,
     .help = "alarm when it falls by more than this per minute"},
    {.name = "over",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_rate, over_ns),
     .min = 0.001,
     .max = 604800,
     .preset = "1m",
     .help = "the slope is measured over at least this long, at most twice"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = rate_state_size,
    .reset = rate_reset,
    .step = rate_step,
};

CW_PLUGIN(detect_rate) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "rate",
    .help = "a value that rises or falls too fast",
    .self_size = sizeof(struct detect_rate),
    .option = options,
    .open = rate_open,
    .ops.detector = &detector,
};
