/*
 * detect_event.c - an event that is an alarm until another event ends it: a help call, a
 * reported incident.
 *
 *   call.pressed -> alarm    call.pressed again -> counts    call.answered -> normal
 *
 * An event that was kept back for more than a minute is told all the same, however old; but
 * first it waits a moment (`backlog`) for its own answer, which may be right behind it in
 * the same backlog. A late event never undoes what a newer one said. One that comes live is
 * believed whatever its clock says: call buttons and answering panels have clocks of their
 * own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/term_detector.h"
#include "base/units.h"

#define LATE_NS (60 * NS_PER_S)

struct detect_event {
    const char *const *raise;
    const char *const *clear;
    const char *scope;
    int64_t backlog_ns;
};

struct event_state {
    int64_t raised_ns, cleared_ns; /* sample time of the newest of each kind; 0 none */
    int64_t due_ns;                /* when a late event is told; 0 none waits */
    uint32_t level;                /* enum cw_level */
    uint32_t reserved;
};

static uint32_t length(const char *const *list)
{
    uint32_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

static int64_t speak(struct event_state *state, uint32_t level, struct cw_verdict *verdict,
                     int32_t *spoke)
{
    state->level = level;
    state->due_ns = 0;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level,
        .value = (double)__builtin_nan(""),
        .limit = (double)__builtin_nan(""),
        .low = (double)__builtin_nan(""),
        .high = (double)__builtin_nan(""),
    };
    *spoke = 1;
    return CW_NEVER;
}

static int64_t on_raise(const struct detect_event *self, struct event_state *state,
                        const struct cw_sample *sample, bool late, struct cw_verdict *verdict,
                        int32_t *spoke)
{
    bool outdated = late && sample->sample_ns < state->cleared_ns;
    if (sample->sample_ns > state->raised_ns)
        state->raised_ns = sample->sample_ns;
    if (!outdated && (state->level == CW_ALARM || !late || self->backlog_ns == 0))
        return speak(state, CW_ALARM, verdict, spoke);
    if (!outdated && state->due_ns == 0)
        state->due_ns = sample->arrived_ns + self->backlog_ns;
    return state->due_ns ? state->due_ns : CW_NEVER;
}

static int64_t on_clear(struct event_state *state, const struct cw_sample *sample, bool late,
                        struct cw_verdict *verdict, int32_t *spoke)
{
    bool outdated = late && sample->sample_ns < state->raised_ns;
    if (sample->sample_ns > state->cleared_ns)
        state->cleared_ns = sample->sample_ns;
    if (outdated)
        return state->due_ns ? state->due_ns : CW_NEVER;
    state->due_ns = 0;
    if (state->level == CW_ALARM)
        return speak(state, CW_NORMAL, verdict, spoke);
    return CW_NEVER;
}

static int64_t event_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                          const struct cw_sample *sample, struct cw_verdict *verdict,
                          int32_t *spoke)
{
    const struct detect_event *self = plugin_self;
    bool late = sample->arrived_ns - sample->sample_ns > LATE_NS;
    if (slot < length(self->raise))
        return on_raise(self, plugin_state, sample, late, verdict, spoke);
    return on_clear(plugin_state, sample, late, verdict, spoke);
}

static int64_t event_due(const void *self, void *plugin_state, int64_t now_ns,
                         struct cw_verdict *verdict, int32_t *spoke)
{
    struct event_state *state = plugin_state;
    (void)self;
    if (state->due_ns == 0 || state->due_ns > now_ns)
        return state->due_ns ? state->due_ns : CW_NEVER;
    return speak(state, CW_ALARM, verdict, spoke);
}

static uint32_t event_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_event *self = plugin_self;
    uint32_t n_raise = length(self->raise), n = n_raise + length(self->clear);
    for (uint32_t i = 0; i < n && i < max; i++)
        input[i] = (struct cw_input){
            .kind = CW_INPUT_EVENT,
            .name = i < n_raise ? self->raise[i] : self->clear[i - n_raise],
        };
    return n;
}

static size_t event_state_size(const void *self)
{
    (void)self;
    return sizeof(struct event_state);
}

static void event_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct event_state));
}

static uint32_t event_scope(const void *plugin_self)
{
    const struct detect_event *self = plugin_self;
    return scope_named(self->scope);
}

static int32_t event_open(void *plugin_self, struct cw_error *err)
{
    const struct detect_event *self = plugin_self;
    uint32_t n = length(self->raise) + length(self->clear);
    if (length(self->raise) == 0)
        return err_set(err, -1, "\"raise\" must name an event.");
    if (n > CW_MAX_INPUTS)
        return err_set(err, -1,
                       "\"raise\" and \"clear\" name %u events, at most %d are allowed.",
                       (unsigned)n, CW_MAX_INPUTS);
    return 0;
}

static const struct cw_option options[] = {
    {.name = "raise",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_event, raise),
     .preset = CW_REQUIRED,
     .help = "types of events that are an alarm: call.pressed, incident.reported"},
    {.name = "clear",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_event, clear),
     .preset = CW_OPTIONAL,
     .help = "types of events that end it: call.answered, call.cancelled"},
    {.name = "scope",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_event, scope),
     .preset = "resident",
     .help = "one alarm per resident (or bed, as the event says), device, room or site",
     .choices = SCOPE_CHOICES},
    {.name = "backlog",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_event, backlog_ns),
     .min = 0,
     .max = 60,
     .preset = "5s",
     .help = "an event that comes more than a minute late waits this long for its answer"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_RESIDENT,
    .inputs = event_inputs,
    .state_size = event_state_size,
    .reset = event_reset,
    .step = event_step,
    .due = event_due,
    .scope_of = event_scope,
};

CW_PLUGIN(detect_event) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "event",
    .help = "an event that is an alarm until another one ends it",
    .self_size = sizeof(struct detect_event),
    .option = options,
    .open = event_open,
    .ops.detector = &detector,
};
