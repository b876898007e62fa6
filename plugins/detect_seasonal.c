/*
 * detect_seasonal.c - a value that does not fit its time: compared with the mean of this hour
 * of the day, or of this part of the week, in deviations of that time's own.
 *
 *   week: 84 bins of two hours       day: 24 bins of an hour (days all count alike)
 *
 * A bin speaks once it was met on several days. What is far off is learned only up to the
 * limit. Hours are those of UTC: where the clock is put forward the profile follows within
 * some days.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/units.h"
#include "one_metric.h"

#define MAX_BINS 84
#define CLEAR 0.5 /* of the limit: over only when it is back at this */

struct detect_seasonal {
    const char *metric;
    const char *period;
    double limit;
    int64_t days;
};

struct bin {
    float mean, square; /* of the values, and of their distance to the mean */
    uint16_t day;       /* of its newest value, since the epoch, modulo 2^16 */
    uint16_t n_days;    /* on which it had values; up to the option */
};

struct seasonal_state {
    int64_t last_ns; /* 0: no value yet */
    float origin;   /* about the first value: bins are relative to it, so that floats suffice */
    uint32_t level; /* enum cw_level */
    struct bin bin[MAX_BINS];
};

_Static_assert(sizeof(struct seasonal_state) <= 1024, "a series may cost 1 KiB");

static struct bin *bin_at(const struct detect_seasonal *self, struct seasonal_state *state,
                          int64_t time_ns)
{
    int64_t hour = time_ns / (3600 * NS_PER_S);
    bool week = self->period[0] == 'w';
    return &state->bin[week ? hour / 2 % MAX_BINS : hour % 24];
}

/* `days` days weigh as much as all before: within a day each value moves a little. */
static void learn(const struct detect_seasonal *self, struct bin *bin, double distance,
                  uint16_t day)
{
    if (bin->n_days == 0 || bin->day != day) {
        bin->day = day;
        bin->n_days = (uint16_t)(bin->n_days + (bin->n_days < UINT16_MAX));
    }
    double first = bin->n_days == 1 ? 0.25 : 1.0 / (4.0 * bin->n_days);
    double least = 1 / (4.0 * (double)self->days), share = first > least ? first : least;
    bin->mean += (float)(share * distance);
    bin->square += (float)(share * (distance * distance - (double)bin->square));
}

static int64_t seasonal_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct detect_seasonal *self = plugin_self;
    struct seasonal_state *state = plugin_state;
    (void)slot;
    if (one_metric_skips(sample, state->last_ns))
        return CW_NEVER;
    if (state->last_ns == 0)
        state->origin = (float)sample->value;
    state->last_ns = sample->sample_ns;
    struct bin *bin = bin_at(self, state, sample->sample_ns);
    double value = sample->value - (double)state->origin;
    if (bin->n_days == 0)
        bin->mean = (float)value;
    double distance = value - (double)bin->mean;
    double width = self->limit * sqrt((double)bin->square);
    bool ready = bin->n_days > self->days;
    double score = ready && width > 0 ? fabs(distance) / width : ready && distance != 0;
    if (score > 1 || score <= CLEAR)
        state->level = score > 1 ? CW_ALARM : CW_NORMAL;
    double expected = (double)state->origin + (double)bin->mean;
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = score,
        .value = sample->value,
        .limit = distance > 0 ? expected + width : expected - width,
        .low = expected - width,
        .high = expected + width,
    };
    *spoke = 1;
    if (ready && score > 1)
        distance = distance > 0 ? width : -width;
    learn(self, bin, distance, (uint16_t)(sample->sample_ns / (86400 * NS_PER_S)));
    return CW_NEVER;
}

static size_t seasonal_state_size(const void *self)
{
    (void)self;
    return sizeof(struct seasonal_state);
}

static void seasonal_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct seasonal_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_seasonal, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at; any number"},
    {
        .name = "period",
        .type = CW_OPT_TEXT,
        .offset = offsetof(struct detect_seasonal, period),
        .preset = "day",
        .help = "what repeats: each day, or each week",
        .choices = "day|week",
    },
    {
        .name = "limit",
        .type = CW_OPT_REAL,
        .offset = offsetof(struct detect_seasonal, limit),
        .min = 1,
        .max = 100,
        .preset = "4",
        .help = "alarm beyond so many deviations of that time",
    },
    {
        .name = "days",
        .type = CW_OPT_INT,
        .offset = offsetof(struct detect_seasonal, days),
        .min = 2,
        .max = 1000,
        .preset = "7",
        .help = "so many days (or weeks) are learned from before it speaks, and remembered",
    },
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = seasonal_state_size,
    .reset = seasonal_reset,
    .step = seasonal_step,
};

CW_PLUGIN(detect_seasonal) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "seasonal",
    .help = "a value that does not fit its time of the day or week",
    .self_size = sizeof(struct detect_seasonal),
    .option = options,
    .ops.detector = &detector,
};
