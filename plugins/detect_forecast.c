/*
 * detect_forecast.c - when a slow value will reach a limit: a battery that is empty next week
 * is changed on the next visit, not at night.
 *
 *   value
 *     |*  *
 *     |     *  *          a line through the means of the last hours (least squares);
 *     |           * ...   where it meets `reach` is when
 *     +-----------------|--
 *                     reach
 *
 * A value that jumps back by `refill` was changed or charged: all begins anew.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/units.h"
#include "one_metric.h"

#define HOUR_NS (3600 * NS_PER_S)
#define N_HOURS 96

struct detect_forecast {
    const char *metric;
    double reach, refill;
    int64_t within_ns, learn_ns;
};

struct forecast_state {
    int64_t hour;        /* since the epoch, of the sum; 0 none */
    double sum, last;    /* of the hour's values; the newest */
    uint32_t n;          /* of them */
    uint32_t n_hours;    /* means that are kept */
    int64_t at[N_HOURS]; /* their hours, oldest first */
    double mean[N_HOURS];
    uint32_t level; /* enum cw_level */
    uint32_t reserved;
};

static void keep_hour(struct forecast_state *state)
{
    if (state->n == 0)
        return;
    if (state->n_hours == N_HOURS) {
        memmove(state->at, state->at + 1, (N_HOURS - 1) * sizeof(state->at[0]));
        memmove(state->mean, state->mean + 1, (N_HOURS - 1) * sizeof(state->mean[0]));
        state->n_hours--;
    }
    state->at[state->n_hours] = state->hour;
    state->mean[state->n_hours++] = state->sum / state->n;
    state->sum = 0;
    state->n = 0;
}

/* Hours from the newest mean until the line meets reach; negative: it never does. */
static double hours_left(const struct detect_forecast *self, const struct forecast_state *state)
{
    double n = state->n_hours, sx = 0, sy = 0, sxx = 0, sxy = 0;
    int64_t newest = state->at[state->n_hours - 1];
    for (uint32_t i = 0; i < state->n_hours; i++) {
        double x = (double)(state->at[i] - newest), y = state->mean[i] - self->reach;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    double spread = n * sxx - sx * sx;
    if (spread <= 0)
        return -1;
    double slope = (n * sxy - sx * sy) / spread, now = (sy - slope * sx) / n;
    if (now <= 0)
        return 0;
    return slope < 0 ? now / -slope : -1;
}

static void judge(const struct detect_forecast *self, struct forecast_state *state,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    int64_t span = (state->at[state->n_hours - 1] - state->at[0]) * HOUR_NS;
    if (span < self->learn_ns && state->level == CW_NORMAL)
        return;
    double left = hours_left(self, state), within = (double)self->within_ns / (double)HOUR_NS;
    /* Once told, it has to be half as far again to be over. */
    bool soon = left >= 0 && left <= (state->level == CW_ALARM ? within * 1.5 : within);
    uint32_t level = soon ? CW_ALARM : CW_NORMAL;
    if (level == state->level)
        return;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = soon ? 2 - left / (within * 1.5) : 0,
        .value = left * 3600,
        .limit = (double)self->within_ns / 1e9,
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
}

static void begin_anew(struct forecast_state *state, struct cw_verdict *verdict, int32_t *spoke)
{
    bool was = state->level == CW_ALARM;
    memset(state, 0, sizeof(*state));
    if (!was)
        return;
    *verdict = (struct cw_verdict){.level = CW_NORMAL,
                                   .value = (double)NAN,
                                   .limit = (double)NAN,
                                   .low = (double)NAN,
                                   .high = (double)NAN};
    *spoke = 1;
}

static int64_t forecast_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct detect_forecast *self = plugin_self;
    struct forecast_state *state = plugin_state;
    int64_t hour = sample->sample_ns / HOUR_NS;
    (void)slot;
    if (hour < state->hour || !isfinite(sample->value))
        return CW_NEVER;
    if (state->hour && sample->value - state->last >= self->refill)
        begin_anew(state, verdict, spoke);
    if (hour > state->hour) {
        keep_hour(state);
        if (state->n_hours > 1)
            judge(self, state, verdict, spoke);
    }
    state->hour = hour;
    state->sum += sample->value;
    state->last = sample->value;
    state->n++;
    return CW_NEVER;
}

static size_t forecast_state_size(const void *self)
{
    (void)self;
    return sizeof(struct forecast_state);
}

static void forecast_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct forecast_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_forecast, metric),
     .preset = "battery",
     .help = "the metric to look at: one that falls slowly"},
    {.name = "reach",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_forecast, reach),
     .preset = "10",
     .help = "the value that it must not reach"},
    {.name = "within",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_forecast, within_ns),
     .min = 3600,
     .max = 31536000,
     .preset = "7d",
     .help = "alarm when it will be there within this time"},
    {.name = "learn",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_forecast, learn_ns),
     .min = 3600,
     .max = 345600,
     .preset = "1d",
     .help = "so long it is only learned from"},
    {.name = "refill",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_forecast, refill),
     .min = 0.001,
     .max = 1e9,
     .preset = "10",
     .help = "a value that rises by this was changed or charged"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = forecast_state_size,
    .reset = forecast_reset,
    .step = forecast_step,
};

CW_PLUGIN(detect_forecast) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "forecast",
    .help = "a slow value that will reach a limit soon, such as a battery",
    .self_size = sizeof(struct detect_forecast),
    .option = options,
    .ops.detector = &detector,
};
