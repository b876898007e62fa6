/*
 * detect_absence_after.c - something happened, and what should follow does not: out of bed
 * and not back, a fall and no movement, a call and nobody answers.
 *
 *   trigger          expect              trigger
 *     |<-- within -->                      |<---- within ----> alarm ... expect: normal
 *
 * Only a condition that begins is a trigger: an empty bed that stays empty is not. What is
 * expected counts from when it happened. With personal = true the person's own history says
 * what is long: the longest of the last times and a fifth more, between `least` and `most`;
 * until `learn` of them are known, `within` does.
 *
 * Out of force nothing begins. What waits when a context begins (a carer came) waits anew
 * when it ends; what waits when the schedule ends is dropped: the night is over.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/term_detector.h"
#include "base/units.h"

#define N_HISTORY 32

struct detect_absence_after {
    struct term_detector of; /* first */
    const char *const *trigger;
    const char *const *expect;
    int64_t within_ns, least_ns, most_ns, learn;
    int32_t personal;
    uint32_t triggers; /* bits of its conditions */
};

struct absence_after_state {
    struct term_memory memory;
    int64_t since_ns; /* of the trigger, sample time; 0: nothing is expected */
    int64_t limit_ns; /* how long it may take this time */
    uint32_t level;   /* enum cw_level */
    uint32_t n_took;  /* ever */
    uint16_t took_s[N_HISTORY];
};

/* How long it may take by the person's own history. */
static int64_t limit_of(const struct detect_absence_after *self,
                        const struct absence_after_state *state)
{
    uint32_t longest_s = 0;
    if (!self->personal || state->n_took < (uint64_t)self->learn)
        return self->within_ns;
    for (uint32_t i = 0; i < N_HISTORY && i < state->n_took; i++)
        longest_s = state->took_s[i] > longest_s ? state->took_s[i] : longest_s;
    int64_t limit_ns = (int64_t)longest_s * NS_PER_S / 5 * 6;
    if (limit_ns < self->least_ns)
        return self->least_ns;
    return limit_ns > self->most_ns ? self->most_ns : limit_ns;
}

static void learn(const struct detect_absence_after *self, struct absence_after_state *state,
                  int64_t took_ns)
{
    int64_t took_s = took_ns / NS_PER_S;
    if (!self->personal || took_ns > self->most_ns)
        return;
    state->took_s[state->n_took % N_HISTORY] =
        (uint16_t)(took_s < UINT16_MAX ? took_s : UINT16_MAX);
    state->n_took++;
}

static void speak(struct absence_after_state *state, uint32_t level, int64_t now_ns,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level,
        .value = (double)(now_ns - state->since_ns) / 1e9,
        .limit = (double)state->limit_ns / 1e9,
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
}

/* Looks at the moment now_ns; gives the next deadline. */
static int64_t look(struct absence_after_state *state, int64_t now_ns,
                    struct cw_verdict *verdict, int32_t *spoke)
{
    if (state->since_ns == 0 || state->level == CW_ALARM)
        return CW_NEVER;
    int64_t end_ns = state->since_ns + state->limit_ns;
    if (now_ns < end_ns)
        return end_ns;
    speak(state, CW_ALARM, now_ns, verdict, spoke);
    return CW_NEVER;
}

static int64_t absence_after_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                                  const struct cw_sample *sample, struct cw_verdict *verdict,
                                  int32_t *spoke)
{
    const struct detect_absence_after *self = plugin_self;
    struct absence_after_state *state = plugin_state;
    uint32_t began,
        holds = term_memory_take(&self->of.terms, &state->memory, slot, sample, &began);
    bool came = holds & ~self->triggers;
    if (came && state->since_ns && sample->sample_ns >= state->since_ns) {
        learn(self, state, sample->sample_ns - state->since_ns);
        if (state->level == CW_ALARM)
            speak(state, CW_NORMAL, sample->arrived_ns, verdict, spoke);
        state->since_ns = 0;
        return CW_NEVER;
    }
    if ((began & self->triggers) && !state->since_ns && !sample->idle) {
        state->since_ns = sample->sample_ns;
        state->limit_ns = limit_of(self, state);
    }
    return look(state, sample->arrived_ns, verdict, spoke);
}

static int64_t absence_after_due(const void *self, void *state, int64_t now_ns,
                                 struct cw_verdict *verdict, int32_t *spoke)
{
    (void)self;
    return look(state, now_ns, verdict, spoke);
}

static int64_t absence_after_resume(const void *self, void *plugin_state, uint32_t why,
                                    int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct absence_after_state *state = plugin_state;
    (void)self;
    if (state->since_ns && state->level == CW_NORMAL)
        state->since_ns = why == CW_RESUME_WHEN ? 0 : now_ns;
    return look(state, now_ns, verdict, spoke);
}

static size_t absence_after_state_size(const void *self)
{
    (void)self;
    return sizeof(struct absence_after_state);
}

static void absence_after_reset(const void *self, void *state)
{
    term_detector_reset(self, state, sizeof(struct absence_after_state));
}

static int32_t absence_after_open(void *plugin_self, struct cw_error *err)
{
    struct detect_absence_after *self = plugin_self;
    uint32_t expected = 0;
    int ret = term_detector_add(&self->of, self->trigger, &self->triggers, err);
    ret = ret ? ret : term_detector_add(&self->of, self->expect, &expected, err);
    if (ret)
        return ret;
    if (!self->triggers || !expected)
        return err_set(err, -1, "\"trigger\" and \"expect\" must name a condition.");
    if (self->personal && self->least_ns > self->most_ns)
        return err_set(err, -1, "\"least\" must not be more than \"most\".");
    return 0;
}

static const struct cw_option options[] = {
    {.name = "trigger",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_absence_after, trigger),
     .preset = CW_REQUIRED,
     .help = "what begins the wait: \"in_bed:false\", \"fall:true\", \"hr<40\", an event"},
    {.name = "expect",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_absence_after, expect),
     .preset = CW_REQUIRED,
     .help = "what ends it: \"in_bed:true\", \"motion>0\", \"door:changed\", call.answered"},
    {.name = "within",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_absence_after, within_ns),
     .min = 1,
     .max = 2592000,
     .preset = CW_REQUIRED,
     .help = "alarm when none of it came within this time"},
    {.name = "personal",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_absence_after, personal),
     .preset = "false",
     .help = "the time follows from how long it took the last 32 times"},
    {.name = "learn",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_absence_after, learn),
     .min = 1,
     .max = N_HISTORY,
     .preset = "12",
     .help = "personal: after so many times; before it is `within`"},
    {.name = "least",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_absence_after, least_ns),
     .min = 1,
     .max = 86400,
     .preset = "10m",
     .help = "personal: never less than this"},
    {.name = "most",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_absence_after, most_ns),
     .min = 1,
     .max = 86400,
     .preset = "30m",
     .help = "personal: never more than this; what took longer is not learned"},
    TERM_DETECTOR_SCOPE,
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_RESIDENT,
    .inputs = term_detector_inputs,
    .state_size = absence_after_state_size,
    .reset = absence_after_reset,
    .step = absence_after_step,
    .due = absence_after_due,
    .scope_of = term_detector_scope,
    .resume = absence_after_resume,
};

CW_PLUGIN(detect_absence_after) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "absence_after",
    .help = "something happened, and what should follow does not",
    .self_size = sizeof(struct detect_absence_after),
    .option = options,
    .open = absence_after_open,
    .ops.detector = &detector,
};
