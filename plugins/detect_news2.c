/*
 * detect_news2.c - NEWS2 over the vital signs of a resident (or of one device): that the
 * score is high, that it rose, or that it is time to measure again.
 *
 *   value ---> newest of each vital ---> fresh ones ---> score: raises
 *                                   \--> all of them --> kept score: clears, rises, obligates
 *
 * A vital that is older than its age limit no longer raises an alarm, but it does not clear
 * one either: what is not known never looks like "well". The verdict's value is the score of
 * the fresh vitals and low..high where the true score lies; they differ when it is partial.
 * One rule has one band: from = 5 is urgent, from = 7 an emergency, red = true adds the 3 in
 * one vital sign. Another rule can have of = "rise" or of = "overdue".
 *
 * SpO2 scale 2 only where it is set for whom a clinician prescribed it: by a rule, or as a
 * limit of the resident's own, which may also have another `from`.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "base/units.h"
#include "detect_news2/news2.h"

#define N_HOURS 24 /* the span of a rise */
#define HOUR_NS (3600 * NS_PER_S)
#define NO_SCORE 255

struct detect_news2 {
    const char *scope, *of;
    int64_t scale, from, rise;
    int32_t red;
    int64_t hold_ns, clear_hold_ns;
    int64_t age_ns[NEWS2_N_VITALS];
    int64_t every_ns[4]; /* by enum news2_risk */
    int64_t every_zero_ns;
};

struct news2_state {
    double value[NEWS2_N_VITALS];
    int64_t at_ns[NEWS2_N_VITALS]; /* 0: never seen */
    int64_t hour;                  /* since the epoch, of the newest entry in lowest[] */
    uint8_t lowest[N_HOURS];       /* kept score by hour of the day; NO_SCORE: none */
    uint32_t level;                /* enum cw_level */
    /* As the newest sample said; 0: the rule's. */
    uint8_t own_scale, own_from;
    uint16_t reserved;
    int64_t turned_ns; /* the score is on the other side of `from` since then; 0 it is not */
};

static const char *const metric[NEWS2_N_VITALS] = {
    [NEWS2_RESP] = "resp",        [NEWS2_SPO2] = "spo2",
    [NEWS2_OXYGEN] = "on_o2",     [NEWS2_SYSTOLIC] = "sys",
    [NEWS2_PULSE] = "hr",         [NEWS2_CONSCIOUSNESS] = "consciousness",
    [NEWS2_TEMPERATURE] = "temp",
};

/* The newest values; only those within their age at now_ns unless `kept`. */
static struct news2_score score_at(const struct detect_news2 *self,
                                   const struct news2_state *state, int64_t now_ns, bool kept)
{
    struct news2_set set = {.scale = state->own_scale ? state->own_scale : (int)self->scale};
    for (int i = 0; i < NEWS2_N_VITALS; i++) {
        set.value[i] = state->value[i];
        set.known[i] =
            state->at_ns[i] != 0 && (kept || now_ns - state->at_ns[i] <= self->age_ns[i]);
    }
    return news2_score_of(&set);
}

/* ---- the lowest kept score of the last 24 hours ---- */

static void forget_hours(struct news2_state *state, int64_t hour)
{
    for (int64_t i = 0; i < N_HOURS && state->hour < hour; i++)
        state->lowest[++state->hour % N_HOURS] = NO_SCORE;
    if (hour > state->hour)
        state->hour = hour;
}

/* A vital that is seen for the first time is no rise: it would have counted before. */
static void lift_hours(struct news2_state *state, uint8_t points)
{
    for (int i = 0; i < N_HOURS; i++) {
        if (state->lowest[i] != NO_SCORE)
            state->lowest[i] = (uint8_t)(state->lowest[i] + points);
    }
}

static uint8_t note_hour(struct news2_state *state, int64_t now_ns, uint8_t total)
{
    uint8_t lowest = total;
    forget_hours(state, now_ns / HOUR_NS);
    uint8_t *here = &state->lowest[state->hour % N_HOURS];
    if (total < *here)
        *here = total;
    for (int i = 0; i < N_HOURS; i++)
        lowest = state->lowest[i] < lowest ? state->lowest[i] : lowest;
    return lowest;
}

/* ---- verdicts ---- */

static void speak(struct news2_state *state, bool alarm, const struct news2_score *score,
                  double value, double limit, struct cw_verdict *verdict, int32_t *spoke)
{
    uint32_t level = alarm ? CW_ALARM : CW_NORMAL;
    *spoke = level != state->level;
    state->level = level;
    if (*spoke)
        *verdict = (struct cw_verdict){
            .level = level,
            .score = value / limit,
            .value = value,
            .limit = limit,
            .low = score->total,
            .high = score->total + score->missing,
        };
}

/* The score wanders about its limit for hours: an alarm needs it to stay there. False until
 * it has been on the other side for long enough; the deadline says when that is. */
static bool stays(const struct detect_news2 *self, struct news2_state *state, bool alarm,
                  int64_t now_ns, int64_t *deadline_ns)
{
    bool was = state->level == CW_ALARM;
    int64_t hold_ns = was ? self->clear_hold_ns : self->hold_ns;
    *deadline_ns = CW_NEVER;
    if (alarm == was)
        state->turned_ns = 0;
    else if (state->turned_ns == 0)
        state->turned_ns = now_ns;
    if (alarm != was && now_ns - state->turned_ns < hold_ns) {
        *deadline_ns = state->turned_ns + hold_ns;
        return false;
    }
    state->turned_ns = 0;
    return true;
}

static int64_t judge_score(const struct detect_news2 *self, struct news2_state *state,
                           int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct news2_score fresh = score_at(self, state, now_ns, false);
    struct news2_score kept = score_at(self, state, now_ns, true);
    const struct news2_score *judged = state->level == CW_ALARM ? &kept : &fresh;
    int64_t from = state->own_from ? state->own_from : self->from;
    bool alarm = judged->total >= from || (self->red && judged->red);
    int64_t deadline_ns;
    if (stays(self, state, alarm, now_ns, &deadline_ns))
        speak(state, alarm, &fresh, fresh.total, (double)from, verdict, spoke);
    return deadline_ns;
}

static int64_t judge_rise(const struct detect_news2 *self, struct news2_state *state,
                          int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct news2_score kept = score_at(self, state, now_ns, true);
    int rise = kept.total - note_hour(state, now_ns, kept.total);
    int64_t deadline_ns;
    if (stays(self, state, rise >= self->rise, now_ns, &deadline_ns))
        speak(state, rise >= self->rise, &kept, rise, (double)self->rise, verdict, spoke);
    return deadline_ns;
}

/* The next set of observations counts from the oldest vital of this one. */
static int64_t judge_overdue(const struct detect_news2 *self, struct news2_state *state,
                             int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct news2_score kept = score_at(self, state, now_ns, true);
    int64_t oldest_ns = INT64_MAX;
    for (int i = 0; i < NEWS2_N_VITALS; i++) {
        if (state->at_ns[i] != 0 && state->at_ns[i] < oldest_ns)
            oldest_ns = state->at_ns[i];
    }
    int64_t every_ns =
        kept.total == 0 ? self->every_zero_ns : self->every_ns[news2_risk_of(&kept)];
    int64_t end_ns = oldest_ns + every_ns;
    speak(state, now_ns >= end_ns, &kept, (double)(now_ns - oldest_ns) / 1e9,
          (double)every_ns / 1e9, verdict, spoke);
    return now_ns >= end_ns ? CW_NEVER : end_ns;
}

static int64_t judge(const struct detect_news2 *self, struct news2_state *state, int64_t now_ns,
                     struct cw_verdict *verdict, int32_t *spoke)
{
    if (strcmp(self->of, "overdue") == 0)
        return judge_overdue(self, state, now_ns, verdict, spoke);
    if (strcmp(self->of, "rise") == 0)
        return judge_rise(self, state, now_ns, verdict, spoke);
    return judge_score(self, state, now_ns, verdict, spoke);
}

/* Kept for the deadlines, which see no sample. */
static void take_own(struct news2_state *state, const struct cw_own *own)
{
    state->own_scale = own ? (uint8_t)own->spo2_scale : 0;
    state->own_from = own && own->score >= 1 ? (uint8_t)own->score : 0;
}

static int64_t news2_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                          const struct cw_sample *sample, struct cw_verdict *verdict,
                          int32_t *spoke)
{
    const struct detect_news2 *self = plugin_self;
    struct news2_state *state = plugin_state;
    bool first = state->at_ns[slot] == 0, any = false;
    take_own(state, sample->own);
    for (int i = 0; i < NEWS2_N_VITALS; i++)
        any = any || state->at_ns[i] != 0;
    if (news2_plausible((enum news2_vital)slot, sample->value) &&
        sample->sample_ns > state->at_ns[slot]) {
        state->value[slot] = sample->value;
        state->at_ns[slot] = sample->sample_ns;
        if (first && any)
            lift_hours(state, score_at(self, state, 0, true).points[slot]);
        any = true;
    }
    return any ? judge(self, state, sample->arrived_ns, verdict, spoke) : CW_NEVER;
}

static int64_t news2_due(const void *self, void *state, int64_t now_ns,
                         struct cw_verdict *verdict, int32_t *spoke)
{
    return judge(self, state, now_ns, verdict, spoke);
}

static uint32_t news2_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    (void)self;
    for (uint32_t i = 0; i < NEWS2_N_VITALS && i < max; i++)
        input[i] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = metric[i]};
    return NEWS2_N_VITALS;
}

static size_t news2_state_size(const void *self)
{
    (void)self;
    return sizeof(struct news2_state);
}

static void news2_reset(const void *self, void *plugin_state)
{
    struct news2_state *state = plugin_state;
    (void)self;
    memset(state, 0, sizeof(*state));
    memset(state->lowest, NO_SCORE, sizeof(state->lowest));
}

static uint32_t news2_scope(const void *plugin_self)
{
    const struct detect_news2 *self = plugin_self;
    return strcmp(self->scope, "device") == 0 ? CW_SCOPE_DEVICE : CW_SCOPE_RESIDENT;
}

#define AGE(option_name, vital, default_age, text)                                           \
    {                                                                                        \
        .name = option_name, .type = CW_OPT_TIME,                                            \
        .offset = offsetof(struct detect_news2, age_ns) + (size_t)(vital) * sizeof(int64_t), \
        .min = 1, .max = 604800, .preset = default_age, .help = text                         \
    }

#define EVERY(option_name, risk, default_time, text)                                          \
    {                                                                                         \
        .name = option_name, .type = CW_OPT_TIME,                                             \
        .offset = offsetof(struct detect_news2, every_ns) + (size_t)(risk) * sizeof(int64_t), \
        .min = 60, .max = 604800, .preset = default_time, .help = text                        \
    }

static const struct cw_option options[] = {
    {.name = "of",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_news2, of),
     .preset = "score",
     .help = "alarm when the score is high, rose within 24 h, or a measurement is overdue",
     .choices = "score|rise|overdue"},
    {.name = "scope",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_news2, scope),
     .preset = "resident",
     .help = "the vital signs of a resident's devices together, or of each device alone",
     .choices = "device|resident"},
    {.name = "scale",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_news2, scale),
     .min = 1,
     .max = 2,
     .preset = "1",
     .help = "of SpO2: 2 only for whom a clinician prescribed a target of 88-92 %"},
    {.name = "from",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_news2, from),
     .min = 1,
     .max = 20,
     .preset = "5",
     .help = "alarm from this score on: 5 is urgent, 7 an emergency"},
    {.name = "red",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_news2, red),
     .preset = "false",
     .help = "3 points in one vital sign are an alarm, too"},
    {.name = "for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_news2, hold_ns),
     .min = 0,
     .max = 86400,
     .preset = "0",
     .help = "of = \"score\" or \"rise\": alarm only when it stays so for this long"},
    {.name = "clear_for",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_news2, clear_hold_ns),
     .min = 0,
     .max = 86400,
     .preset = "0",
     .help = "of = \"score\" or \"rise\": over only when it was lower for this long"},
    {.name = "rise",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_news2, rise),
     .min = 1,
     .max = 20,
     .preset = "2",
     .help = "of = \"rise\": alarm when the score rose by this within 24 h"},
    AGE("resp_age", NEWS2_RESP, "1h", "an older respiration rate raises nothing"),
    AGE("spo2_age", NEWS2_SPO2, "1h", "an older oxygen saturation raises nothing"),
    AGE("on_o2_age", NEWS2_OXYGEN, "24h", "an older note of oxygen raises nothing"),
    AGE("sys_age", NEWS2_SYSTOLIC, "12h", "an older blood pressure raises nothing"),
    AGE("hr_age", NEWS2_PULSE, "1h", "an older pulse raises nothing"),
    AGE("consciousness_age", NEWS2_CONSCIOUSNESS, "12h", "an older assessment raises nothing"),
    AGE("temp_age", NEWS2_TEMPERATURE, "12h", "an older temperature raises nothing"),
    {.name = "every_zero",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_news2, every_zero_ns),
     .min = 60,
     .max = 604800,
     .preset = "12h",
     .help = "of = \"overdue\": measure so often at score 0"},
    EVERY("every_low", NEWS2_LOW, "6h", "... at 1-4"),
    EVERY("every_red", NEWS2_LOW_MEDIUM, "1h", "... at 3 in one vital sign"),
    EVERY("every_urgent", NEWS2_MEDIUM, "1h", "... at 5-6"),
    EVERY("every_emergency", NEWS2_HIGH, "30m", "... from 7 on"),
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 2,
    .scope = CW_SCOPE_RESIDENT,
    .inputs = news2_inputs,
    .state_size = news2_state_size,
    .reset = news2_reset,
    .step = news2_step,
    .due = news2_due,
    .scope_of = news2_scope,
};

CW_PLUGIN(detect_news2) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "news2",
    .help = "NEWS2 over seven vital signs: high, risen, or overdue",
    .self_size = sizeof(struct detect_news2),
    .option = options,
    .ops.detector = &detector,
};
