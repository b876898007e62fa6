/*
 * detect_absence.c - what should happen now and then and does not: no water in twelve hours,
 * no motion in five, no value at all.
 *
 *   sign            sign                 sign
 *    |<--- for --->x |<------ for ------>| alarm ... normal
 *
 * What counts as a sign of life is chosen: any value, a value that changed (a water meter),
 * or one above zero (motion, a door). A sign counts from when it happened, not from when it
 * arrived: a backlog that is older than `for` ends nothing. Out of force (the resident is
 * away) the wait is paused; in force again it begins anew.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

struct detect_absence {
    const char *metric;
    const char *of;
    int64_t hold_ns;
};

struct absence_state {
    int64_t sign_ns; /* the newest sign, sample time; 0 none yet */
    int64_t last_ns; /* the newest sample */
    double value;    /* of it */
    uint32_t level;  /* enum cw_level */
    uint32_t reserved;
};

static bool is_sign(const struct detect_absence *self, const struct absence_state *state,
                    const struct cw_sample *sample)
{
    if (state->sign_ns == 0 || strcmp(self->of, "value") == 0)
        return true; /* the first value begins the watch */
    if (strcmp(self->of, "active") == 0)
        return sample->value > 0;
    return sample->value < state->value || sample->value > state->value;
}

static void speak(const struct detect_absence *self, struct absence_state *state,
                  uint32_t level, int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    double nothing = (double)NAN;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level,
        .value = (double)(now_ns - state->sign_ns) / 1e9,
        .limit = (double)self->hold_ns / 1e9,
        .low = nothing,
        .high = nothing,
    };
    *spoke = 1;
}

/* Looks at the moment now_ns; gives the next deadline. */
static int64_t look(const struct detect_absence *self, struct absence_state *state,
                    int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    int64_t end_ns = state->sign_ns + self->hold_ns;
    uint32_t level = now_ns >= end_ns ? CW_ALARM : CW_NORMAL;
    if (level != state->level)
        speak(self, state, level, now_ns, verdict, spoke);
    return level == CW_ALARM ? CW_NEVER : end_ns;
}

static int64_t absence_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                            const struct cw_sample *sample, struct cw_verdict *verdict,
                            int32_t *spoke)
{
    const struct detect_absence *self = plugin_self;
    struct absence_state *state = plugin_state;
    (void)slot;
    bool first = state->sign_ns == 0;
    if (is_sign(self, state, sample) && sample->sample_ns > state->sign_ns)
        state->sign_ns = first ? sample->arrived_ns : sample->sample_ns;
    if (sample->sample_ns >= state->last_ns) {
        state->last_ns = sample->sample_ns;
        state->value = sample->value;
    }
    return look(self, state, sample->arrived_ns, verdict, spoke);
}

static int64_t absence_due(const void *self, void *state, int64_t now_ns,
                           struct cw_verdict *verdict, int32_t *spoke)
{
    return look(self, state, now_ns, verdict, spoke);
}

static int64_t absence_resume(const void *self, void *plugin_state, uint32_t why,
                              int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct absence_state *state = plugin_state;
    (void)why;
    if (state->sign_ns == 0)
        return CW_NEVER;
    if (state->level == CW_NORMAL && now_ns > state->sign_ns)
        state->sign_ns = now_ns;
    return look(self, state, now_ns, verdict, spoke);
}

static size_t absence_state_size(const void *self)
{
    (void)self;
    return sizeof(struct absence_state);
}

static void absence_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct absence_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_absence, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at: motion, water_l, door, ..."},
    {.name = "of",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_absence, of),
     .preset = "value",
     .help = "what is missed: any value, a change of the value, or a value above zero",
     .choices = "value|change|active"},
    {.name = "for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_absence, hold_ns),
     .min = 1,
     .max = 2592000,
     .preset = CW_REQUIRED,
     .help = "alarm when it is missed for this long: \"5h\", \"12h\""},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
    .state_size = absence_state_size,
    .reset = absence_reset,
    .step = absence_step,
    .due = absence_due,
    .resume = absence_resume,
};

CW_PLUGIN(detect_absence) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "absence",
    .help = "what should happen now and then and does not",
    .self_size = sizeof(struct detect_absence),
    .option = options,
    .ops.detector = &detector,
};
