/*
 * detect_threshold.c - a value beyond a limit, for as long as asked.
 *
 *   value  ____                  ________ clear
 *              \    ____________/________ below
 *               \__/          ^          ^
 *               |<-- for -->| alarm      | normal, after clear_for
 *
 * `for` counts in the time of the samples: a hold ends with a sample, and a device that
 * falls silent raises nothing here. Devices that report changes only (doors, smoke) have
 * on_change: there a value holds until the next one, and a deadline ends the hold; limits of
 * one's own are not for those.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"

struct detect_threshold {
    const char *metric;
    double above, below, equals, clear; /* NAN: not given */
    double below_scale2;
    int64_t hold_ns, clear_hold_ns;
    int32_t on_change;
};

/* There is one for each series: 24 bytes. */
struct threshold_state {
    uint64_t since_ns : 62; /* begin of the run against the level; 0 none; up to 2116 */
    uint64_t level : 2;     /* enum cw_level */
    int64_t last_ns;        /* the newest sample */
    double value;           /* of it */
};
#define MAX_SINCE ((UINT64_C(1) << 62) - 1)

static int64_t since(const struct threshold_state *state)
{
    return (int64_t)state->since_ns;
}

static void begin_run(struct threshold_state *state, int64_t at_ns)
{
    state->since_ns = (uint64_t)at_ns & MAX_SINCE;
}

/* The limits that hold for this value: the rule's, or what somebody set for the resident. Own
 * limits move those that the rule has, and `clear` with them. */
struct band {
    double above, below, equals, clear;
};

static struct band band_of(const struct detect_threshold *self, const struct cw_own *own)
{
    struct band band = {self->above, self->below, self->equals, self->clear};
    if (!own || self->on_change)
        return band;
    if (!isnan(own->high) && !isnan(self->above)) {
        band.above = own->high;
        band.clear += own->high - self->above; /* NAN stays */
    }
    double low = own->low;
    if (isnan(low) && own->spo2_scale == 2)
        low = self->below_scale2;
    if (!isnan(low) && !isnan(self->below)) {
        band.below = low;
        band.clear += isnan(self->above) ? low - self->below : 0;
    }
    return band;
}

static bool is_alarming(const struct band *band, double value)
{
    /* A comparison with NAN is false: what is not given does not alarm. */
    return value > band->above || value < band->below || value == band->equals;
}

/* Back on the right side of `clear`, which is the limit itself when it is not given. */
static bool is_normal(const struct band *band, double value)
{
    if (isnan(band->clear))
        return !is_alarming(band, value);
    return isnan(band->above) ? value >= band->clear : value <= band->clear;
}

static double limit_of(const struct band *band, double value)
{
    if (value > band->above || (isnan(band->below) && isnan(band->equals)))
        return band->above;
    return isnan(band->below) ? band->equals : band->below;
}

static void speak(const struct band *band, struct threshold_state *state,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    bool begins = state->level == CW_NORMAL;
    state->level = begins ? CW_ALARM : CW_NORMAL;
    state->since_ns = 0;
    double limit = limit_of(band, state->value);
    double scale = fabs(limit) > 1 ? fabs(limit) : 1;
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = state->level == CW_ALARM ? 1 + fabs(state->value - limit) / scale : 0,
        .value = state->value,
        .limit = limit,
        .low = band->below,
        .high = band->above,
    };
    *spoke = 1;
}

static int64_t hold_of(const struct detect_threshold *self, const struct threshold_state *state)
{
    return state->level == CW_NORMAL ? self->hold_ns : self->clear_hold_ns;
}

static int64_t deadline(const struct detect_threshold *self,
                        const struct threshold_state *state, const struct cw_sample *sample)
{
    if (!self->on_change || state->since_ns == 0)
        return CW_NEVER;
    return sample->arrived_ns + hold_of(self, state) - (state->last_ns - since(state));
}

static int64_t threshold_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                              const struct cw_sample *sample, struct cw_verdict *verdict,
                              int32_t *spoke)
{
    const struct detect_threshold *self = plugin_self;
    struct threshold_state *state = plugin_state;
    (void)slot;
    const struct band band = band_of(self, sample->own);
    bool against = state->level == CW_NORMAL ? is_alarming(&band, sample->value)
                                             : is_normal(&band, sample->value);
    if (sample->sample_ns < state->last_ns) {
        /* Out of order: it cannot say how things are, but it can interrupt a run. */
        if (!against && state->since_ns && sample->sample_ns >= since(state))
            begin_run(state, state->last_ns);
        return deadline(self, state, sample);
    }
    state->last_ns = sample->sample_ns;
    state->value = sample->value;
    if (!against) {
        state->since_ns = 0;
        return CW_NEVER;
    }
    if (state->since_ns == 0)
        begin_run(state, sample->sample_ns);
    if (sample->sample_ns - since(state) >= hold_of(self, state))
        speak(&band, state, verdict, spoke);
    return deadline(self, state, sample);
}

static int64_t threshold_due(const void *plugin_self, void *plugin_state, int64_t now_ns,
                             struct cw_verdict *verdict, int32_t *spoke)
{
    struct threshold_state *state = plugin_state;
    const struct band band = band_of(plugin_self, NULL);
    (void)now_ns;
    if (state->since_ns)
        speak(&band, state, verdict, spoke);
    return CW_NEVER;
}

static uint32_t threshold_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_threshold *self = plugin_self;
    if (max > 0)
        input[0] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = self->metric};
    return 1;
}

static size_t threshold_state_size(const void *self)
{
    (void)self;
    return sizeof(struct threshold_state);
}

static void threshold_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct threshold_state));
}

/* As version 1 was in memory, on the machines that there were. */
struct threshold_state_1 {
    int64_t since_ns, last_ns;
    double value;
    uint32_t level;
};

static int32_t threshold_take_state(const void *self, uint32_t version, const void *old,
                                    size_t n, void *plugin_state)
{
    struct threshold_state_1 was;
    struct threshold_state *state = plugin_state;
    (void)self;
    if (version != 1 || n != sizeof(was))
        return -1;
    memcpy(&was, old, sizeof(was));
    *state = (struct threshold_state){.last_ns = was.last_ns, .value = was.value};
    begin_run(state, was.since_ns);
    state->level = was.level & 3;
    return 0;
}

static int32_t threshold_open(void *plugin_self, struct cw_error *err)
{
    struct detect_threshold *self = plugin_self;
    bool above = !isnan(self->above), below = !isnan(self->below);
    if (!above && !below && isnan(self->equals))
        return err_set(err, -1, "A threshold needs \"above\", \"below\" or \"equals\".");
    if (above && below && self->below >= self->above)
        return err_set(err, -1, "\"below\" (%g) must be less than \"above\" (%g).", self->below,
                       self->above);
    if (isnan(self->clear))
        return 0;
    if (above == below || !isnan(self->equals))
        return err_set(err, -1,
                       "\"clear\" goes with \"above\" or \"below\" alone: with several limits "
                       "it cannot be told which it belongs to.");
    if (above ? self->clear > self->above : self->clear < self->below)
        return err_set(err, -1, "\"clear\" (%g) must lie on the normal side of the limit (%g).",
                       self->clear, above ? self->above : self->below);
    return 0;
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_threshold, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at: spo2, hr, co2, ..."},
    {.name = "above",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_threshold, above),
     .preset = CW_OPTIONAL,
     .help = "alarm when the value is greater than this"},
    {.name = "below",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_threshold, below),
     .preset = CW_OPTIONAL,
     .help = "alarm when the value is less than this"},
    {.name = "below_scale2",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_threshold, below_scale2),
     .preset = CW_OPTIONAL,
     .help = "... of whom a clinician put on SpO2 scale 2 (target 88-92 %); clear moves along"},
    {.name = "equals",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_threshold, equals),
     .preset = CW_OPTIONAL,
     .help = "alarm when the value is this; for booleans: 1 true, 0 false"},
    {.name = "clear",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_threshold, clear),
     .preset = CW_OPTIONAL,
     .help = "over only when the value is back at this; the limit itself when left out"},
    {.name = "for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_threshold, hold_ns),
     .min = 0,
     .max = 604800,
     .preset = "0",
     .help = "alarm only when it lasts this long, in the time of the samples"},
    {.name = "clear_for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_threshold, clear_hold_ns),
     .min = 0,
     .max = 604800,
     .preset = "0",
     .help = "over only when the value was normal for this long"},
    {.name = "on_change",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_threshold, on_change),
     .preset = "false",
     .help = "the device reports changes only: a value lasts until the next one"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 2,
    .take_state = threshold_take_state,
    .scope = CW_SCOPE_SERIES,
    .inputs = threshold_inputs,
    .state_size = threshold_state_size,
    .reset = threshold_reset,
    .step = threshold_step,
    .due = threshold_due,
};

CW_PLUGIN(detect_threshold) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "threshold",
    .help = "a value beyond a limit, with hysteresis and hold",
    .self_size = sizeof(struct detect_threshold),
    .option = options,
    .open = threshold_open,
    .ops.detector = &detector,
};
