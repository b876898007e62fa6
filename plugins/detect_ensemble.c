/*
 * detect_ensemble.c - a detector for a metric nobody wrote a rule for: it learns what is
 * ordinary by itself and tells what is rare.
 *
 *                 +- far from the slow mean ----- rarity -+
 *                 +- another level, at once ----- rarity -+
 *                 +- another level, soon -------- rarity -+
 *   value --------+- another level, lasting ----- rarity -+--- greatest, and a ----- episode
 *                 +- a jump --------------------- rarity -+    share of the sum      gate
 *                 +- quieter than ever ---------- rarity -+
 *                 +- not as at this hour -------- rarity -+
 *
 * Each of the seven views is a magnitude, and its rarity is its rank among all magnitudes it
 * had before (base/tail.h). So nothing depends on the unit, the scale or the distribution of
 * the metric, a noisy series is judged by its own noise, and a level shift or a louder
 * season becomes ordinary once it lasts. The gate tells an episode once (base/episode.h).
 *
 * The verdict's score is within 0..1: from 0.5 on it is the first of an episode. The alarm
 * has its own, higher limit: a score is for looking at, an alarm is for getting up.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/episode.h"
#include "base/str.h"
#include "base/tail.h"
#include "base/units.h"

#define N_HOURS 24
#define DAYS_OF_PROFILE 7.0 /* an hour's mean remembers about so many days */

/* Memories, in values. */
#define SOON 40.0
#define MEDIUM 160.0
#define SLOW 200.0
#define LONG 640.0

/* Of the rarities' sum, so much is added to the greatest. */
#define SHARE_OF_SUM 0.2

enum view { FAR_OFF, SHIFT_SOON, SHIFT_SLOW, SHIFT_LONG, JUMP, QUIET, SEASON, N_VIEWS };

static const double weight[N_VIEWS] = {
    [FAR_OFF] = 0.5, [SHIFT_SOON] = 1.15, [SHIFT_SLOW] = 1.25, [SHIFT_LONG] = 0.3,
    [JUMP] = 1.0,    [QUIET] = 0.85,      [SEASON] = 1.0,
};

struct detect_ensemble {
    const char *metric;
    double limit;
    struct episode_rule rule;
    int64_t quiet, learn;
    int32_t gate;
};

struct ensemble_state {
    int64_t first_ns, last_ns;
    double previous;
    double soon, medium, slow, lasting; /* means of different memory */
    double soon_square, slow_square;    /* mean squares of the distance to two of them */
    double residual;                    /* soon mean of the distance to the hour's mean */
    double hour_mean[N_HOURS];
    uint16_t hour_n[N_HOURS];
    struct tail tail[N_VIEWS];
    struct episode episode;
    uint32_t n;
    uint32_t level; /* enum cw_level */
};

_Static_assert(sizeof(struct ensemble_state) <= 1024, "a series may cost 1 KiB");

static unsigned hour_of(int64_t time_ns)
{
    return (unsigned)(time_ns / (3600 * NS_PER_S) % N_HOURS);
}

/* An exponential mean that begins as the plain one; `first` is 1 / (number of values). */
static void learn_mean(double *mean, double value, double first, double memory)
{
    *mean += (value - *mean) * (first > 1 / memory ? first : 1 / memory);
}

/* How many values an hour's mean remembers: days of them, at the rate at which they come. */
static double hour_memory(const struct ensemble_state *state)
{
    double interval_s =
        state->n > 1 ? (double)(state->last_ns - state->first_ns) / 1e9 / (double)(state->n - 1)
                     : 3600;
    double per_hour = 3600 / (interval_s > 1 ? interval_s : 1);
    return DAYS_OF_PROFILE * (per_hour > 1 ? per_hour : 1);
}

static double look(struct ensemble_state *state, double value, unsigned hour)
{
    double first = 1.0 / state->n, far = value - state->slow;
    double expected = state->hour_n[hour] ? state->hour_mean[hour] : state->slow;
    learn_mean(&state->soon, value, first, SOON);
    learn_mean(&state->medium, value, first, MEDIUM);
    learn_mean(&state->lasting, value, first, LONG);
    learn_mean(&state->residual, value - expected, first, SOON);
    double near = value - state->soon;
    learn_mean(&state->soon_square, near * near, first, SOON);

    double noise = sqrt(state->soon_square) + 1e-3 * sqrt(state->slow_square);
    const double magnitude[N_VIEWS] = {
        [FAR_OFF] = fabs(far),
        [SHIFT_SOON] = fabs(state->soon - state->slow),
        [SHIFT_SLOW] = fabs(state->medium - state->slow),
        [SHIFT_LONG] = fabs(state->medium - state->lasting),
        [JUMP] = fabs(value - state->previous),
        [QUIET] = noise > 0 ? 1 / noise : 0,
        [SEASON] = fabs(state->residual),
    };
    double greatest = 0, sum = 0, rarity[N_VIEWS];
    tail_rarities(state->tail, magnitude, rarity, N_VIEWS);
    for (unsigned i = 0; i < N_VIEWS; i++) {
        double weighted = weight[i] * rarity[i];
        sum += weighted;
        greatest = weighted > greatest ? weighted : greatest;
    }
    return SHARE_OF_SUM * sum + (1 - SHARE_OF_SUM) * greatest;
}

/* What belongs to the next value. */
static void learn(struct ensemble_state *state, double value, unsigned hour)
{
    double first = 1.0 / state->n, far = value - state->slow;
    learn_mean(&state->slow_square, far * far, first, SLOW);
    learn_mean(&state->slow, value, first, SLOW);
    state->previous = value;
    if (state->hour_n[hour] < UINT16_MAX)
        state->hour_n[hour]++;
    learn_mean(&state->hour_mean[hour], value, 1.0 / state->hour_n[hour], hour_memory(state));
}

static void begin(struct ensemble_state *state, const struct cw_sample *sample)
{
    double value = sample->value;
    state->first_ns = sample->sample_ns;
    state->previous = state->soon = state->medium = state->slow = state->lasting = value;
}

static double score_of(const struct detect_ensemble *self, struct ensemble_state *state,
                       double rarity)
{
    const struct episode_rule rule = {self->rule.from, self->rule.worse, (uint32_t)self->quiet};
    if (self->gate)
        return episode_score(&state->episode, &rule, rarity, state->n <= self->learn);
    return rarity < EPISODE_SCALE ? rarity / EPISODE_SCALE : 1;
}

/* An alarm is over when nothing rare was seen for the quiet time of an episode. */
static uint32_t level_of(const struct detect_ensemble *self, const struct ensemble_state *state,
                         double rarity, double score)
{
    if (score >= self->limit && self->gate)
        return CW_ALARM;
    if (rarity >= self->rule.from || state->episode.n_since < self->quiet)
        return state->level;
    return CW_NORMAL;
}

static int64_t ensemble_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct detect_ensemble *self = plugin_self;
    struct ensemble_state *state = plugin_state;
    (void)slot;
    if (sample->sample_ns < state->last_ns || !isfinite(sample->value))
        return CW_NEVER; /* out of order: it cannot say how things went on */
    if (state->n == 0)
        begin(state, sample);
    state->n += state->n < UINT32_MAX;
    state->last_ns = sample->sample_ns;
    unsigned hour = hour_of(sample->sample_ns);
    double rarity = look(state, sample->value, hour);
    double score = score_of(self, state, rarity);
    double spread = 3 * sqrt(state->slow_square);
    state->level = level_of(self, state, rarity, score);
    *verdict = (struct cw_verdict){
        .level = state->level,
        .score = score,
        .value = sample->value,
        .limit = (double)NAN,
        .low = state->slow - spread,
        .high = state->slow + spread,
    };
    *spoke = 1;
    learn(state, sample->value, hour);
    return CW_NEVER;
}

static uint32_t ensemble_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_ensemble *self = plugin_self;
    if (max > 0)
        input[0] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = self->metric};
    return 1;
}

static size_t ensemble_state_size(const void *self)
{
    (void)self;
    return sizeof(struct ensemble_state);
}

static void ensemble_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct ensemble_state));
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_ensemble, metric),
     .preset = CW_REQUIRED,
     .help = "the metric to look at; \"*\" is each number that no other rule names"},
    {.name = "limit",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_ensemble, limit),
     .min = 0.5,
     .max = 1,
     .preset = "0.75",
     .help = "alarm from this score on; 0.5 is the first of any episode"},
    {.name = "rarity",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_ensemble, rule.from),
     .min = 0.1,
     .max = 12,
     .preset = "1.6",
     .help = "an episode begins at this rarity, in decades: 2 is once in a hundred values"},
    {.name = "worse",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_ensemble, rule.worse),
     .min = 0,
     .max = 12,
     .preset = "1.25",
     .help = "so many decades rarer within an episode begins another one"},
    {.name = "quiet",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_ensemble, quiet),
     .min = 0,
     .max = 1e6,
     .preset = "128",
     .help = "an episode lasts so many values"},
    {.name = "learn",
     .type = CW_OPT_INT,
     .offset = offsetof(struct detect_ensemble, learn),
     .min = 0,
     .max = 1e6,
     .preset = "128",
     .help = "so many values are only learned from"},
    {.name = "gate",
     .type = CW_OPT_BOOL,
     .offset = offsetof(struct detect_ensemble, gate),
     .preset = "true",
     .help = "false: every value has its rarity as score (16 decades are 1), and no alarm"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = ensemble_inputs,
    .state_size = ensemble_state_size,
    .reset = ensemble_reset,
    .step = ensemble_step,
};

CW_PLUGIN(detect_ensemble) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "ensemble",
    .help = "learns what is ordinary by itself and tells what is rare",
    .self_size = sizeof(struct detect_ensemble),
    .option = options,
    .ops.detector = &detector,
};
