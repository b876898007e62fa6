/*
 * detect_bed_exit.c - a person leaves the bed, by a tag worn on the chest: the posture of the
 * trunk, which antenna heard the tag how loud, and that it is not heard any more. Made for
 * tags without a battery, which are read irregularly, once or twice a second at best.
 *
 *   in bed  ------ evidence for "away" ------>  away: alarm
 *           <----- evidence for "in bed" -----  over
 *
 * No reading decides alone: each moves the odds that the person is away (a filter over two
 * states, which forgets by the time that passes). Who lies is in bed. Who has just risen,
 * moves from reading to reading, stands straight or sways is rather away than who sits still
 * and leans forward. An antenna of `away` sees only who has left; one of `edge` hardly sees who
 * lies. And a tag that was read all the time and is upright when it falls silent has left.
 *
 * Nobody is away who was not seen in bed before. While the rule is out of force (a carer
 * is there) an exit is noticed, not told.
 *
 * The weights are a logistic regression over the upright readings of 43 trials of people of
 * 66-86 years in two rooms; tests/quality measures what comes of it.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num.h"
#include "base/num_math.h"
#include "base/str.h"
#include "base/units.h"

#define NATURAL 0.69314718055995 /* logarithm of 2 */
#define MAX_ANTENNAS 16
#define LIES 0.40    /* share of gravity along the trunk; below: lies */
#define UPRIGHT 0.65 /* above: no longer */
#define JUDGED 0.60  /* posture is weighed from here on */
#define LEANS 0.30   /* silence means something from here on */
#define LEAST 0.2    /* g; less or more is a broken sensor, or another unit */
#define MOST 4.0

/* Changes of the logarithm of the odds. */
static const double weight_one = -0.57, weight_front = -1.68, weight_force = 1.71,
                    weight_change = 2.74, weight_side = -0.75, weight_risen = 0.85,
                    most_posture = 2.5, weight_lies = -4, weight_away = 3.6, weight_edge = 0.75,
                    weight_home = -0.075, most = 5, in_bed = -2, unknown = 1;
static const double leave_s = 42, return_s = 30, risen_s = 4;

enum { FRONT, UP, SIDE, ANTENNA, RSSI, N_SLOTS };

struct antenna {
    double number, louder_than; /* -INFINITY: however faint */
};

struct antennas {
    struct antenna one[MAX_ANTENNAS];
    uint32_t n;
};

struct detect_bed_exit {
    const char *metric[N_SLOTS], *unit;
    const char *const *away, *const *edge;
    double certainty;
    int64_t silence_ns, hold_ns;
    struct antennas away_from, edge_of; /* the rest is made by open() */
    double g_per_unit, limit;
    uint32_t n_slots;
};

struct bed_exit_state {
    int64_t at_ns;      /* device time of the newest whole reading; 0 none yet */
    int64_t partial_ns; /* ... of the values below */
    double value[N_SLOTS];
    double trunk[3];   /* of the reading before, g */
    double odds;       /* logarithm of: away against in bed */
    double usual_s;    /* between two readings */
    double judged;     /* odds when it was told */
    int64_t risen_ns;  /* device time; 0 has not risen from lying */
    int64_t silent_ns; /* engine time at which silence means something; 0 it does not */
    int64_t until_ns;  /* ... at which the alarm is over by itself; 0 there is none */
    uint32_t have;     /* bits of the values that came */
    uint16_t seen_in_bed, lies;
};

/* ---- the reading ---- */

struct reading {
    double trunk[3], force, upright; /* upright: 1 head up, 0 lying, -1 head down */
    double passed_s;
    bool differs; /* from the one before: some tags repeat the last that they measured */
};

static void look_at(const struct detect_bed_exit *self, const struct bed_exit_state *state,
                    struct reading *reading)
{
    double square = 0;

    *reading = (struct reading){.differs = state->at_ns == 0};
    for (int k = 0; k < 3; k++) {
        reading->trunk[k] = state->value[k] * self->g_per_unit;
        reading->differs |= reading->trunk[k] != state->trunk[k];
        square += reading->trunk[k] * reading->trunk[k];
    }
    reading->force = sqrt(square);
    reading->upright = reading->force > 0 ? reading->trunk[UP] / reading->force : 0;
    if (state->at_ns != 0)
        reading->passed_s = (double)(state->partial_ns - state->at_ns) / 1e9;
}

/* What is left after some seconds of what is forgotten at this pace. */
static double kept(double seconds, double pace_s)
{
    return num_exp2(-seconds / (pace_s * NATURAL));
}

static double log_odds(double share)
{
    return NATURAL * (num_log2(share) - num_log2(1 - share));
}

static double within(double value, double bound)
{
    return value > bound ? bound : value < -bound ? -bound : value;
}

/* ---- evidence ---- */

static void pass_time(struct bed_exit_state *state, double seconds)
{
    double away = 1 / (1 + num_exp2(-state->odds / NATURAL));

    away = away * kept(seconds, return_s) + (1 - away) * (1 - kept(seconds, leave_s));
    state->odds = within(log_odds(away), most);
}

static double weigh_posture(const struct bed_exit_state *state, const struct reading *reading)
{
    double change = 0, risen = 0, side = fabs(reading->trunk[SIDE]);
    double off = fabs(reading->force - 1);

    if (state->at_ns != 0) {
        for (int k = 0; k < 3; k++)
            change += fabs(reading->trunk[k] - state->trunk[k]);
    }
    if (state->risen_ns != 0)
        risen = kept((double)(state->partial_ns - state->risen_ns) / 1e9, risen_s);
    if (risen > 0.9) /* rising itself is a change */
        change = 0.2;
    double sum = weight_one + weight_front * reading->trunk[FRONT] +
                 weight_force * (off < 0.4 ? off : 0.4) +
                 weight_change * (change < 1 ? change : 1) +
                 weight_side * (side < 1 ? side : 1) + weight_risen * risen;
    return within(sum, most_posture);
}

static bool hears(const struct antennas *antennas, double number, double rssi)
{
    for (uint32_t i = 0; i < antennas->n; i++) {
        const struct antenna *one = &antennas->one[i];
        if (one->number == number && (!isfinite(one->louder_than) || rssi > one->louder_than))
            return true;
    }
    return false;
}

static double weigh(const struct detect_bed_exit *self, struct bed_exit_state *state,
                    const struct reading *reading)
{
    double antenna = state->value[ANTENNA], rssi = state->value[RSSI], sum = 0;
    bool by_antenna = self->n_slots > ANTENNA;
    bool away = by_antenna && hears(&self->away_from, antenna, rssi);

    if (reading->upright < LIES) {
        state->lies = true;
        state->risen_ns = 0;
    } else if (reading->upright > UPRIGHT) {
        if (state->lies)
            state->risen_ns = state->partial_ns;
        state->lies = false;
    }
    if (state->lies)
        sum += away ? 0 : weight_lies; /* who reclines in a chair is not in bed */
    else if (reading->differs && reading->upright > JUDGED)
        sum += weigh_posture(state, reading);
    if (away)
        return sum + weight_away;
    if (by_antenna && hears(&self->edge_of, antenna, rssi))
        return sum + weight_edge;
    return by_antenna ? sum + weight_home : sum;
}

/* ---- telling ---- */

static void speak(struct bed_exit_state *state, uint32_t level, double limit,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    *verdict = (struct cw_verdict){
        .level = level,
        .score = level == CW_ALARM ? 1 + (state->judged - limit) / 10 : 0,
        .value = 1 / (1 + num_exp2(-state->judged / NATURAL)),
        .limit = 1 / (1 + num_exp2(-limit / NATURAL)),
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
}

static void tell(const struct detect_bed_exit *self, struct bed_exit_state *state,
                 int64_t now_ns, bool idle, struct cw_verdict *verdict, int32_t *spoke)
{
    state->seen_in_bed = false;
    state->silent_ns = 0;
    if (idle)
        return;
    state->judged = state->odds > self->limit ? state->odds : self->limit;
    state->until_ns = now_ns + self->hold_ns;
    speak(state, CW_ALARM, self->limit, verdict, spoke);
}

static void come_back(const struct detect_bed_exit *self, struct bed_exit_state *state,
                      struct cw_verdict *verdict, int32_t *spoke)
{
    state->seen_in_bed = true;
    if (state->until_ns == 0)
        return;
    state->until_ns = 0;
    state->judged = state->odds;
    speak(state, CW_NORMAL, self->limit, verdict, spoke);
}

static int64_t deadline(const struct bed_exit_state *state)
{
    int64_t next_ns = state->until_ns ? state->until_ns : CW_NEVER;

    return state->silent_ns && state->silent_ns < next_ns ? state->silent_ns : next_ns;
}

/* Who is read seldom anyway is silent for longer. */
static void listen_on(const struct detect_bed_exit *self, struct bed_exit_state *state,
                      const struct reading *reading, int64_t now_ns)
{
    double slow = state->usual_s > 0.5 ? state->usual_s - 0.5 : 0;

    state->silent_ns = 0;
    if (self->silence_ns && state->seen_in_bed && reading->upright > LEANS)
        state->silent_ns = now_ns + self->silence_ns + (int64_t)(2e9 * slow);
}

static void take(const struct detect_bed_exit *self, struct bed_exit_state *state,
                 const struct cw_sample *sample, struct cw_verdict *verdict, int32_t *spoke)
{
    struct reading reading;

    look_at(self, state, &reading);
    if (reading.force < LEAST || reading.force > MOST)
        return;
    if (state->at_ns != 0)
        pass_time(state, reading.passed_s);
    state->odds = within(state->odds + weigh(self, state, &reading), most);
    double passed_s = reading.passed_s < 4 ? reading.passed_s : 4;
    if (passed_s > 0)
        state->usual_s += (passed_s - state->usual_s) * 0.05;
    state->at_ns = state->partial_ns;
    memcpy(state->trunk, reading.trunk, sizeof(state->trunk));
    if (state->seen_in_bed && state->odds > self->limit)
        tell(self, state, sample->arrived_ns, sample->idle, verdict, spoke);
    else if (!state->seen_in_bed && state->odds < in_bed)
        come_back(self, state, verdict, spoke);
    listen_on(self, state, &reading, sample->arrived_ns);
}

static int64_t bed_exit_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct detect_bed_exit *self = plugin_self;
    struct bed_exit_state *state = plugin_state;

    if (!isfinite(sample->value) || sample->sample_ns < state->partial_ns)
        return deadline(state);
    if (sample->sample_ns != state->partial_ns)
        state->have = 0;
    state->partial_ns = sample->sample_ns;
    state->value[slot] = sample->value;
    state->have |= 1u << slot;
    if (state->have == (1u << self->n_slots) - 1) {
        state->have = 0;
        take(self, state, sample, verdict, spoke);
    }
    return deadline(state);
}

static int64_t bed_exit_due(const void *plugin_self, void *plugin_state, int64_t now_ns,
                            struct cw_verdict *verdict, int32_t *spoke)
{
    const struct detect_bed_exit *self = plugin_self;
    struct bed_exit_state *state = plugin_state;

    if (state->silent_ns && state->silent_ns <= now_ns) {
        if (state->odds < unknown)
            state->odds = unknown;
        tell(self, state, now_ns, false, verdict, spoke);
    } else if (state->until_ns && state->until_ns <= now_ns) {
        state->until_ns = 0;
        speak(state, CW_NORMAL, self->limit, verdict, spoke);
    }
    return deadline(state);
}

/* The silence was within what the rule does not look at; so was the exit. */
static int64_t bed_exit_resume(const void *self, void *plugin_state, uint32_t why,
                               int64_t now_ns, struct cw_verdict *verdict, int32_t *spoke)
{
    struct bed_exit_state *state = plugin_state;

    (void)why;
    if (state->silent_ns && state->silent_ns <= now_ns) {
        state->silent_ns = 0;
        state->seen_in_bed = false;
    }
    return bed_exit_due(self, plugin_state, now_ns, verdict, spoke);
}

/* ---- the plugin ---- */

/* "2", or "1>-54": louder than so many dBm. */
static int32_t read_antennas(const char *const *text, struct antennas *antennas,
                             struct cw_error *err)
{
    antennas->n = 0;
    for (; text && *text; text++) {
        struct cw_str rest = str_of(*text), number;
        struct antenna one = {.louder_than = -(double)INFINITY};
        bool has_number = str_split(&rest, '>', &number);
        if (!has_number || num_parse_f64(number, &one.number) ||
            (number.n < strlen(*text) && num_parse_f64(rest, &one.louder_than))) {
            snprintf(err->text, sizeof(err->text),
                     "antenna \"%.40s\" is neither a number nor \"NUMBER>DBM\"", *text);
            return -EINVAL;
        }
        if (antennas->n == MAX_ANTENNAS) {
            snprintf(err->text, sizeof(err->text), "more than %d antennas", MAX_ANTENNAS);
            return -E2BIG;
        }
        antennas->one[antennas->n++] = one;
    }
    return 0;
}

static int32_t bed_exit_open(void *plugin_self, struct cw_error *err)
{
    struct detect_bed_exit *self = plugin_self;
    bool has_antenna = self->metric[ANTENNA] && self->metric[ANTENNA][0];
    bool has_rssi = self->metric[RSSI] && self->metric[RSSI][0];

    if (has_antenna != has_rssi) {
        snprintf(err->text, sizeof(err->text), "antenna and rssi go together: give both");
        return -EINVAL;
    }
    self->n_slots = has_antenna ? N_SLOTS : ANTENNA;
    self->g_per_unit = strcmp(self->unit, "mg") == 0  ? 0.001
                       : strcmp(self->unit, "g") == 0 ? 1
                                                      : 1 / 9.80665;
    self->limit = log_odds(self->certainty);
    int32_t ret = read_antennas(self->away, &self->away_from, err);
    if (ret == 0)
        ret = read_antennas(self->edge, &self->edge_of, err);
    if (ret == 0 && !has_antenna && self->away_from.n + self->edge_of.n > 0) {
        snprintf(err->text, sizeof(err->text), "away and edge need antenna and rssi");
        ret = -EINVAL;
    }
    return ret;
}

static uint32_t bed_exit_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_bed_exit *self = plugin_self;

    for (uint32_t i = 0; i < self->n_slots && i < max; i++)
        input[i] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = self->metric[i]};
    return self->n_slots;
}

static size_t bed_exit_state_size(const void *self)
{
    (void)self;
    return sizeof(struct bed_exit_state);
}

static void bed_exit_reset(const void *self, void *plugin_state)
{
    struct bed_exit_state *state = plugin_state;

    (void)self;
    memset(state, 0, sizeof(*state));
    state->usual_s = 0.5;
    state->odds = unknown;
}

#define METRIC(slot) offsetof(struct detect_bed_exit, metric[slot])

static const struct cw_option options[] = {
    {.name = "front",
     .type = CW_OPT_TEXT,
     .offset = METRIC(FRONT),
     .preset = "acc_front",
     .help = "metric of the acceleration that is 1 g when the person lies on the back"},
    {.name = "up",
     .type = CW_OPT_TEXT,
     .offset = METRIC(UP),
     .preset = "acc_up",
     .help = "... 1 g when the person stands; all three at the same time"},
    {.name = "side",
     .type = CW_OPT_TEXT,
     .offset = METRIC(SIDE),
     .preset = "acc_side",
     .help = "... 1 g when the person lies on one side"},
    {.name = "unit",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_bed_exit, unit),
     .preset = "g",
     .help = "of these metrics: thousandths of g, g, or m/s2",
     .choices = "mg|g|m/s2"},
    {.name = "antenna",
     .type = CW_OPT_TEXT,
     .offset = METRIC(ANTENNA),
     .preset = CW_OPTIONAL,
     .help = "metric of the number of the antenna that read the tag; left out: none"},
    {.name = "rssi",
     .type = CW_OPT_TEXT,
     .offset = METRIC(RSSI),
     .preset = CW_OPTIONAL,
     .help = "metric of how loud it was, dBm; with antenna"},
    {.name = "away",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_bed_exit, away),
     .preset = CW_OPTIONAL,
     .help = "antennas that hear only who has left the bed: \"2\", \"1>-54\" when louder"},
    {.name = "edge",
     .type = CW_OPT_LIST,
     .offset = offsetof(struct detect_bed_exit, edge),
     .preset = CW_OPTIONAL,
     .help = "antennas that hardly hear who lies, but who sits on the edge"},
    {.name = "certainty",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_bed_exit, certainty),
     .min = 0.01,
     .max = 0.99,
     .preset = "0.73",
     .help = "alarm when it is at least so probable; less finds more and errs more"},
    {.name = "silence",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_bed_exit, silence_ns),
     .min = 0,
     .max = 3600,
     .preset = "6500ms",
     .help = "who sat up and is not read any more has left after this; 0s: never"},
    {.name = "hold",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_bed_exit, hold_ns),
     .min = 1,
     .max = 86400,
     .preset = "30m",
     .help = "the alarm is over when the person is back, or after this"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_DEVICE,
    .inputs = bed_exit_inputs,
    .state_size = bed_exit_state_size,
    .reset = bed_exit_reset,
    .step = bed_exit_step,
    .due = bed_exit_due,
    .resume = bed_exit_resume,
};

CW_PLUGIN(detect_bed_exit) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "bed_exit",
    .help = "a person leaves the bed, by a tag worn on the chest",
    .self_size = sizeof(struct detect_bed_exit),
    .option = options,
    .open = bed_exit_open,
    .ops.detector = &detector,
};
