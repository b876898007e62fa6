/*
 * detect_drift.c - a sensor that leaves its siblings: after a battery was changed, or little
 * by little. What all rooms do together (a season, a heating that was turned on) is no drift.
 *
 *   distance = value - mean of the siblings        each room has its own, learned
 *   recent   = mean of the last distances          slow: a day or so
 *   drift    = recent - ordinary distance, in standard deviations of the recent mean
 *
 * While it is an alarm the ordinary distance is not moved; after `adopt` the new one is taken
 * for ordinary, so that a room which was rebuilt is one alarm. A site with fewer than three
 * sensors has nothing to compare with.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define MIN_DEVIATION 1e-6

struct detect_drift {
    const char *metric;
    double limit, least;
    int64_t recent, memory, learn, adopt_ns;
};

struct drift_state {
    int64_t last_ns, since_ns; /* since_ns: the alarm's begin, sample time */
    double ordinary, recent;   /* distances */
    double square;             /* mean square of the recent distance about the ordinary one */
    uint32_t n;
    uint32_t level; /* enum cw_level */
};

static double share(uint32_t n, int64_t memory)
{
    return n < memory ? 1.0 / n : 1.0 / (double)memory;
}

static void learn(const struct detect_drift *self, struct drift_state *state)
{
    double part = share(state->n, self->memory);
    double off = state->recent - state->ordinary;
    state->ordinary += part * off;
    state->square += part * (off * off - state->square);
}

static void adopt(struct drift_state *state)
{
    state->ordinary = state->recent;
    state->n = 1;
}

static int64_t drift_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                          const struct cw_sample *sample, struct cw_verdict *verdict,
                          int32_t *spoke)
{
    const struct detect_drift *self = plugin_self;
    struct drift_state *state = plugin_state;
    double distance = sample->value - sample->siblings;
    (void)slot;
    if (sample->sample_ns < state->last_ns || !isfinite(distance))
        return CW_NEVER;
    state->last_ns = sample->sample_ns;
    if (state->n == 0)
        state->recent = state->ordinary = distance;
    state->n += state->n < UINT32_MAX;
    state->recent += share(state->n, self->recent) * (distance - state->recent);
    if (state->level == CW_ALARM && state->last_ns - state->since_ns >= self->adopt_ns)
        adopt(state);
    double deviation = sqrt(state->square);
    deviation = deviation > MIN_DEVIATION ? deviation : MIN_DEVIATION;
    double off = state->recent - state->ordinary, far = self->limit * deviation;
    far = far > self->least ? far : self->least;
    bool known = state->n > self->learn;
    bool alarm = known && fabs(off) > (state->level == CW_ALARM ? far / 2 : far);
    if (!alarm)
        learn(self, state);
    uint32_t level = alarm ? CW_ALARM : CW_NORMAL;
    if (level == state->level)
        return CW_NEVER;
    state->level = level;
    state->since_ns = state->last_ns;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = fabs(off) / far,
        .value = off,
        .limit = off < 0 ? -far : far,
        .low = -far,
        .high = far,
    };
    *spoke = 1;
    return CW_NEVER;
}

static int32_t drift_siblings(const void *self)
{
    (void)self;
    return 1;
}

static size_t drift_state_size(const void *self)
{
    (void)self;
    return sizeof(struct drift_state);
}

static void drift_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct drift_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_drift, metric),
     .preset = CW_REQUIRED,
     .help = "a metric that several devices of a site have: room_temp, humidity, ..."},
    {.name = "limit",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_drift, limit),
     .min = 1,
     .max = 100,
     .preset = "5",
     .help = "alarm beyond so many standard deviations of the distance to the siblings"},
    {.name = "least",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_drift, least),
     .min = 0,
     .max = 1e9,
     .preset = "0",
     .help = "... and beyond this, in units of the metric"},
    {.name = "recent",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_drift, recent),
     .min = 1,
     .max = 1e6,
     .preset = "60",
     .help = "what is judged is the mean of about so many values"},
    {.name = "memory",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_drift, memory),
     .min = 2,
     .max = 1e7,
     .preset = "10000",
     .help = "the ordinary distance remembers about so many values"},
    {.name = "learn",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_drift, learn),
     .min = 1,
     .max = 1e6,
     .preset = "1440",
     .help = "so many values are only learned from"},
    {.name = "adopt",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_drift, adopt_ns),
     .min = 60,
     .max = 2592000,
     .preset = "2d",
     .help = "after this a new distance is the ordinary one"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = drift_state_size,
    .reset = drift_reset,
    .step = drift_step,
    .wants_siblings = drift_siblings,
};

CW_PLUGIN(detect_drift) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "drift",
    .help = "a sensor that leaves its siblings at the same site",
    .self_size = sizeof(struct detect_drift),
    .option = options,
    .ops.detector = &detector,
};
