/*
 * detect_situation.c - a situation that shows over several signals, as steps one after the
 * other: a small state machine per resident, room, device or site, written in the rule.
 *
 *   steps = [ "in_bed:false", "motion>0 within 10m", "no motion>0 for 5m" ]
 *
 *   waits for step 0 --> step 1 --> step 2 --> alarm --> (it is over) --> waits for step 0
 *          ^---------------|----------|   not in time, something of `while` is no more
 *
 * An alarm is over when one of `clear` comes; without it, when the last step is no longer
 * true: the condition has ended, what did not come has come, or what came too often has not
 * come for the time it was counted over.
 *
 * Devices of homes report changes: a value holds until the next one, and a deadline ends a
 * "for". With on_change = false only a sample does, and a device that falls silent raises
 * nothing. Out of force nothing begins; when the rule is in force again a quiet (a "no")
 * counts anew, and anything else begins anew.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/term_detector.h"
#include "base/units.h"
#include "detect_situation/steps.h"

struct detect_situation {
    struct term_detector of; /* first */
    const char *const *steps;
    const char *const *during;
    const char *const *clear;
    int32_t on_change;
    struct step step[MAX_STEPS];
    uint32_t n_steps;
    uint32_t during_bits, clear_bits; /* of its conditions */
};

struct situation_state {
    struct term_memory memory;
    int64_t entered_ns;         /* the step before was taken then */
    int64_t since_ns;           /* what holds, or the quiet, has lasted since; 0 it does not */
    int64_t time_ns[MAX_TIMES]; /* of xN, oldest first */
    uint32_t n_times;
    uint32_t at;    /* index of the step that is waited for; n_steps while it is an alarm */
    uint32_t level; /* enum cw_level */
    uint32_t reserved;
};

static const struct step *last_step(const struct detect_situation *self)
{
    return &self->step[self->n_steps - 1];
}

static void speak(const struct detect_situation *self, struct situation_state *state,
                  uint32_t level, int64_t at_ns, double value, struct cw_verdict *verdict,
                  int32_t *spoke)
{
    const struct step *last = last_step(self);
    bool lasts = last->for_ns > 0;
    double limit = last->times > 1 ? last->times : self->of.terms.term[last->term].value;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level,
        .value = lasts ? (double)(at_ns - state->since_ns) / 1e9 : value,
        .limit = lasts ? (double)last->for_ns / 1e9 : limit,
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
}

static void begin_anew(struct situation_state *state)
{
    state->at = 0;
    state->entered_ns = state->since_ns = 0;
    state->n_times = 0;
}

static bool holds_now(const struct detect_situation *self, const struct situation_state *state)
{
    const struct step *step = &self->step[state->at];
    return state->memory.holds >> step->term & 1;
}

static bool surrounded(const struct detect_situation *self, const struct situation_state *state)
{
    return (state->memory.holds & self->during_bits) == self->during_bits;
}

/* The step that is waited for was taken at at_ns. */
static void pass(const struct detect_situation *self, struct situation_state *state,
                 int64_t at_ns, double value, struct cw_verdict *verdict, int32_t *spoke)
{
    state->at++;
    if (state->at == self->n_steps) {
        speak(self, state, CW_ALARM, at_ns, value, verdict, spoke);
        state->entered_ns = at_ns;
        return;
    }
    const struct step *step = &self->step[state->at];
    bool lasts = step->is_no || (step->for_ns && holds_now(self, state));
    state->entered_ns = at_ns;
    state->since_ns = lasts ? at_ns : 0;
    state->n_times = 0;
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When the step that is waited for is taken by itself, and when it is too late for it. */
static int64_t taken_ns(const struct detect_situation *self,
                        const struct situation_state *state)
{
    const struct step *step = &self->step[state->at];
    bool by_itself = step->is_no || self->on_change;
    return step->for_ns && state->since_ns && by_itself ? state->since_ns + step->for_ns
                                                        : CW_NEVER;
}

static int64_t too_late_ns(const struct detect_situation *self,
                           const struct situation_state *state)
{
    const struct step *step = &self->step[state->at];
    bool counts = step->times > 1;
    return state->at > 0 && step->within_ns && !counts ? state->entered_ns + step->within_ns
                                                       : CW_NEVER;
}

/* When an alarm of "too often" is over. */
static int64_t quiet_ns(const struct detect_situation *self,
                        const struct situation_state *state)
{
    const struct step *last = last_step(self);
    if (last->times < 2 || self->clear_bits || state->n_times == 0)
        return CW_NEVER;
    return state->time_ns[state->n_times - 1] + last->within_ns;
}

/* Looks at the moment now_ns; gives the next deadline. */
static int64_t look(const struct detect_situation *self, struct situation_state *state,
                    int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    while (state->at < self->n_steps) {
        int64_t done_ns = taken_ns(self, state), late_ns = too_late_ns(self, state);
        if (done_ns <= now_ns && done_ns <= late_ns)
            pass(self, state, done_ns, (double)NAN, verdict, spoke);
        else if (late_ns <= now_ns)
            begin_anew(state);
        else
            return earlier(done_ns, late_ns);
    }
    int64_t over_ns = quiet_ns(self, state);
    if (over_ns > now_ns)
        return over_ns;
    speak(self, state, CW_NORMAL, now_ns, (double)NAN, verdict, spoke);
    begin_anew(state);
    return CW_NEVER;
}

/* ---- samples ---- */

/* The oldest goes when it is too old, or when there is no room. */
static bool count(const struct step *step, struct situation_state *state, int64_t at_ns)
{
    uint32_t n_old = state->n_times == step->times;
    while (n_old < state->n_times && state->time_ns[n_old] <= at_ns - step->within_ns)
        n_old++;
    state->n_times -= n_old;
    memmove(state->time_ns, state->time_ns + n_old, state->n_times * sizeof(int64_t));
    state->time_ns[state->n_times++] = at_ns;
    return state->n_times == step->times;
}

static bool is_over(const struct detect_situation *self, const struct situation_state *state,
                    uint32_t holds, int64_t at_ns)
{
    const struct step *last = last_step(self);
    bool now = holds >> last->term & 1;
    if (!surrounded(self, state))
        return true;
    if (self->clear_bits)
        return (holds & self->clear_bits) && at_ns >= state->entered_ns;
    if (last->times > 1)
        return false;
    if (last->is_no)
        return now && at_ns >= state->entered_ns;
    return !(state->memory.holds >> last->term & 1);
}

static void in_alarm(const struct detect_situation *self, struct situation_state *state,
                     const struct cw_sample *sample, uint32_t holds, uint32_t began,
                     struct cw_verdict *verdict, int32_t *spoke)
{
    const struct step *last = last_step(self);
    if (is_over(self, state, holds, sample->sample_ns)) {
        speak(self, state, CW_NORMAL, sample->arrived_ns, sample->value, verdict, spoke);
        begin_anew(state);
    } else if (last->times > 1 && (began >> last->term & 1)) {
        (void)count(last, state, sample->sample_ns);
    }
}

static void in_steps(const struct detect_situation *self, struct situation_state *state,
                     const struct cw_sample *sample, uint32_t holds, uint32_t began,
                     struct cw_verdict *verdict, int32_t *spoke)
{
    const struct step *step = &self->step[state->at];
    bool came = holds >> step->term & 1, is_new = began >> step->term & 1;
    int64_t at_ns = sample->sample_ns;
    if (!surrounded(self, state) || (state->at == 0 && sample->idle)) {
        begin_anew(state);
        return;
    }
    if (at_ns < state->entered_ns)
        return; /* from before the step */
    if (step->is_no) {
        if (came && step->within_ns)
            state->since_ns = at_ns > state->since_ns ? at_ns : state->since_ns;
        else if (came && at_ns > state->entered_ns)
            begin_anew(state);
    } else if (step->for_ns) {
        if (!holds_now(self, state))
            state->since_ns = 0;
        else if (state->since_ns == 0)
            state->since_ns = at_ns;
        if (state->since_ns && came && at_ns - state->since_ns >= step->for_ns)
            pass(self, state, at_ns, sample->value, verdict, spoke);
    } else if (is_new && (step->times == 1 || count(step, state, at_ns))) {
        pass(self, state, at_ns, step->times > 1 ? step->times : sample->value, verdict, spoke);
    }
}

static int64_t situation_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                              const struct cw_sample *sample, struct cw_verdict *verdict,
                              int32_t *spoke)
{
    const struct detect_situation *self = plugin_self;
    struct situation_state *state = plugin_state;
    uint32_t began,
        holds = term_memory_take(&self->of.terms, &state->memory, slot, sample, &began);
    if (state->at < self->n_steps)
        in_steps(self, state, sample, holds, began, verdict, spoke);
    else
        in_alarm(self, state, sample, holds, began, verdict, spoke);
    return *spoke && state->level == CW_NORMAL
               ? CW_NEVER
               : look(self, state, sample->arrived_ns, verdict, spoke);
}

static int64_t situation_due(const void *self, void *state, int64_t now_ns,
                             struct cw_verdict *verdict, int32_t *spoke)
{
    return look(self, state, now_ns, verdict, spoke);
}

static int64_t situation_resume(const void *plugin_self, void *plugin_state, uint32_t why,
                                int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    const struct detect_situation *self = plugin_self;
    struct situation_state *state = plugin_state;
    if (state->at < self->n_steps) {
        if (why == CW_RESUME_WHEN || !self->step[state->at].is_no)
            begin_anew(state);
        else
            state->entered_ns = state->since_ns = now_ns;
        if (state->at == 0 && self->step[0].for_ns && holds_now(self, state) &&
            surrounded(self, state))
            state->since_ns = now_ns;
    }
    return look(self, state, now_ns, verdict, spoke);
}

/* ---- what the rule says ---- */

static int add_steps(struct detect_situation *self, struct cw_error *err)
{
    for (const char *const *text = self->steps; text && *text; text++) {
        if (self->n_steps == MAX_STEPS)
            return err_set(err, -1, "There are more than %d steps.", MAX_STEPS);
        int ret = step_parse(&self->step[self->n_steps], self->n_steps == 0, &self->of.terms,
                             str_of(*text), err);
        if (ret)
            return ret;
        self->n_steps++;
    }
    return self->n_steps ? 0 : err_set(err, -1, "\"steps\" must name a condition.");
}

static int32_t situation_open(void *plugin_self, struct cw_error *err)
{
    struct detect_situation *self = plugin_self;
    int ret = add_steps(self, err);
    ret = ret ? ret : term_detector_add(&self->of, self->during, &self->during_bits, err);
    ret = ret ? ret : term_detector_add(&self->of, self->clear, &self->clear_bits, err);
    if (ret)
        return ret;
    for (uint32_t i = 0; i < self->of.terms.n; i++) {
        uint32_t kind = self->of.terms.term[i].kind;
        bool passes = kind == TERM_EVENT || kind == TERM_ANY || kind == TERM_CHANGED;
        if (passes && (self->during_bits >> i & 1))
            return err_set(err, -1, "\"while\" needs values that last, not events or changes.");
    }
    const struct step *last = last_step(self);
    uint32_t kind = self->of.terms.term[last->term].kind;
    bool lasts = last->is_no || last->times > 1 ||
                 (kind != TERM_EVENT && kind != TERM_ANY && kind != TERM_CHANGED);
    if (!lasts && !self->clear_bits)
        return err_set(
            err, -1, "The last step is over at once: \"clear\" must say what ends the alarm.");
    return 0;
}

static size_t situation_state_size(const void *self)
{
    (void)self;
    return sizeof(struct situation_state);
}

static void situation_reset(const void *self, void *state)
{
    term_detector_reset(self, state, sizeof(struct situation_state));
}

static const struct cw_option options[] = {
    {.name = "steps",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_situation, steps),
     .preset = CW_REQUIRED,
     .help = "one after the other: CONDITION [xN] [for TIME] [within TIME], no CONDITION for "
             "TIME; a condition is \"in_bed:false\", \"spo2<90\", \"door:changed\", an event"},
    {.name = "while",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_situation, during),
     .preset = CW_OPTIONAL,
     .help = "conditions that must all hold from the first step on"},
    {.name = "clear",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_situation, clear),
     .preset = CW_OPTIONAL,
     .help = "what ends the alarm; left out: the last step is no longer true"},
    {.name = "on_change",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_situation, on_change),
     .preset = "true",
     .help = "devices report changes only: a value lasts until the next one"},
    TERM_DETECTOR_SCOPE,
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_RESIDENT,
    .inputs = term_detector_inputs,
    .state_size = situation_state_size,
    .reset = situation_reset,
    .step = situation_step,
    .due = situation_due,
    .scope_of = term_detector_scope,
    .resume = situation_resume,
};

CW_PLUGIN(detect_situation) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "situation",
    .help = "steps over several signals, one after the other",
    .self_size = sizeof(struct detect_situation),
    .option = options,
    .open = situation_open,
    .ops.detector = &detector,
};
