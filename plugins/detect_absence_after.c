/*
 * detect_absence_after.c - something happened, and what should follow does not: out of bed
 * and not back, a fall and no movement, a call and nobody answers.
 *
 *   trigger          expect              trigger
 *     |<-- within -->                      |<---- within ----> alarm ... expect: normal
 *
 * Only a condition that begins is a trigger: an empty bed that stays empty is not. What is
 * expected counts from when it happened.
 *
 * With personal = true the person's own history says what is long: of the last times the one
 * that `quantile` of them do not exceed, times `factor`, between `least` and `most`. Until
 * `learn` times out of so many `nights` are known, `within` does: ten times in one bad night
 * are no habit. A night is the 12 hours from its first time on, so that no zone, schedule or
 * change of clocks has a part in it. Only what nobody interfered with is learned: not what
 * ended out of force or waited anew (a carer was there), nor what took longer than `most`.
 *
 * Out of force nothing begins. What waits when a context begins (a carer came) waits anew
 * when it ends; what waits when the schedule ends is dropped: the night is over.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/term_detector.h"
#include "base/units.h"

#define N_HISTORY 64
#define N_HISTORY_1 32 /* of state version 1 */
#define NIGHT_NS (INT64_C(12) * 3600 * NS_PER_S)

struct detect_absence_after {
    struct term_detector of; /* first */
    const char *const *trigger;
    const char *const *expect;
    int64_t within_ns, least_ns, most_ns, learn, nights;
    double quantile, factor;
    int32_t personal;
    uint32_t triggers; /* bits of its conditions */
};

struct absence_after_state {
    struct term_memory memory;
    int64_t since_ns;  /* of the trigger, sample time; 0: nothing is expected */
    int64_t limit_ns;  /* how long it may take this time */
    int64_t night_ns;  /* first time of the newest night */
    uint32_t level;    /* enum cw_level */
    uint32_t anew;     /* it waits anew: since_ns is not when it began */
    uint32_t n_took;   /* ever */
    uint32_t n_nights; /* ever */
    uint16_t took_s[N_HISTORY];
    uint16_t night[N_HISTORY]; /* number of its night, modulo 65536 */
};

/* ---- the person's own history ---- */

static uint32_t times_of(const struct absence_after_state *state)
{
    return state->n_took < N_HISTORY ? state->n_took : N_HISTORY;
}

/* How many nights the times come from: each night has one, so their numbers follow. */
static uint32_t nights_of(const struct absence_after_state *state)
{
    uint32_t n = times_of(state);
    if (n == 0)
        return 0;
    uint16_t oldest = state->night[(state->n_took - n) % N_HISTORY];
    uint16_t newest = state->night[(state->n_took - 1) % N_HISTORY];
    return (uint16_t)(newest - oldest) + 1u;
}

static bool is_known(const struct detect_absence_after *self,
                     const struct absence_after_state *state)
{
    return self->personal && times_of(state) >= (uint64_t)self->learn &&
           nights_of(state) >= (uint64_t)self->nights;
}

/* What so many of the times do not exceed, by the nearest rank; there is at least one. */
static uint32_t usual_s(const struct detect_absence_after *self,
                        const struct absence_after_state *state)
{
    uint16_t sorted[N_HISTORY];
    uint32_t n = times_of(state);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i;
        for (; k > 0 && sorted[k - 1] > state->took_s[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = state->took_s[i];
    }
    uint32_t rank = (uint32_t)ceil(self->quantile * n - 1e-9);
    return sorted[rank > 0 ? rank - 1 : 0];
}

/* How long it may take. */
static int64_t limit_of(const struct detect_absence_after *self,
                        const struct absence_after_state *state)
{
    if (!is_known(self, state))
        return self->within_ns;
    int64_t limit_ns = llround(usual_s(self, state) * self->factor) * NS_PER_S;
    if (limit_ns < self->least_ns)
        return self->least_ns;
    return limit_ns > self->most_ns ? self->most_ns : limit_ns;
}

/* The number of the night of what began then. */
static uint16_t night_of(struct absence_after_state *state, int64_t began_ns)
{
    if (state->n_nights == 0 || began_ns - state->night_ns >= NIGHT_NS) {
        state->n_nights++;
        state->night_ns = began_ns;
    }
    return (uint16_t)state->n_nights;
}

static void learn(const struct detect_absence_after *self, struct absence_after_state *state,
                  const struct cw_sample *sample)
{
    int64_t took_ns = sample->sample_ns - state->since_ns, took_s = took_ns / NS_PER_S;
    if (!self->personal || state->anew || sample->idle || took_ns > self->most_ns)
        return;
    uint32_t at = state->n_took % N_HISTORY;
    state->night[at] = night_of(state, state->since_ns);
    state->took_s[at] = (uint16_t)(took_s < UINT16_MAX ? took_s : UINT16_MAX);
    state->n_took++;
}

/* ---- waiting ---- */

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
        learn(self, state, sample);
        if (state->level == CW_ALARM)
            speak(state, CW_NORMAL, sample->arrived_ns, verdict, spoke);
        state->since_ns = 0;
        return CW_NEVER;
    }
    if ((began & self->triggers) && !state->since_ns && !sample->idle) {
        state->since_ns = sample->sample_ns;
        state->limit_ns = limit_of(self, state);
        state->anew = 0;
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
    if (state->since_ns && state->level == CW_NORMAL) {
        state->since_ns = why == CW_RESUME_WHEN ? 0 : now_ns;
        state->anew = 1;
    }
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

/* Version 1 knew 32 times and no nights: they count as one. */
struct absence_after_state_1 {
    struct term_memory memory;
    int64_t since_ns, limit_ns;
    uint32_t level, n_took;
    uint16_t took_s[N_HISTORY_1];
};

static int32_t absence_after_take_state(const void *self, uint32_t version, const void *old,
                                        size_t n, void *plugin_state)
{
    struct absence_after_state_1 was;
    struct absence_after_state *state = plugin_state;
    (void)self;
    if (version != 1 || n != sizeof(was))
        return -1;
    memcpy(&was, old, sizeof(was));
    *state = (struct absence_after_state){.memory = was.memory,
                                          .since_ns = was.since_ns,
                                          .limit_ns = was.limit_ns,
                                          .level = was.level};
    state->n_took = was.n_took < N_HISTORY_1 ? was.n_took : N_HISTORY_1;
    for (uint32_t i = 0; i < state->n_took; i++)
        state->took_s[i] = was.took_s[(was.n_took - state->n_took + i) % N_HISTORY_1];
    return 0;
}

static uint32_t absence_after_learned(const void *plugin_self, const void *plugin_state,
                                      struct cw_learned *learned, uint32_t max)
{
    const struct detect_absence_after *self = plugin_self;
    const struct absence_after_state *state = plugin_state;
    uint32_t n_times = times_of(state);
    int64_t limit_ns = state->since_ns ? state->limit_ns : limit_of(self, state);
    const struct cw_learned all[] = {
        {"limit_s", (double)limit_ns / 1e9},
        {"personal", is_known(self, state)},
        {"usual_s", n_times ? usual_s(self, state) : (double)NAN},
        {"times", n_times},
        {"nights", nights_of(state)},
    };
    uint32_t n = sizeof(all) / sizeof(all[0]);
    if (!self->personal)
        return 0;
    n = n < max ? n : max;
    memcpy(learned, all, n * sizeof(all[0]));
    return n;
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
     .help = "the time follows from how long it took the last 64 times"},
    {.name = "learn",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_absence_after, learn),
     .min = 1,
     .max = N_HISTORY,
     .preset = "12",
     .help = "personal: after so many times; before it is `within`"},
    {.name = "nights",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_absence_after, nights),
     .min = 1,
     .max = 30,
     .preset = "5",
     .help = "personal: and out of so many nights, each of 12 hours from its first time on"},
    {.name = "quantile",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_absence_after, quantile),
     .min = 0.5,
     .max = 1,
     .preset = "0.95",
     .help = "personal: usual is what this share of the times did not exceed"},
    {.name = "factor",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_absence_after, factor),
     .min = 1,
     .max = 10,
     .preset = "1.2",
     .help = "personal: alarm when it takes so many times as long as usual"},
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
    .state_version = 2,
    .take_state = absence_after_take_state,
    .learned = absence_after_learned,
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
