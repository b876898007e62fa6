/*
 * detect_fall.c - a fall in the acceleration of something worn: raw samples of three axes,
 * some tens of times a second, alone or in batches.
 *
 *                impact
 *   ____________/\/\______________ lies still, turned against how it was before
 *    |<- before ->|    |<- after ->| judged
 *   -3 s       -1 s    1 s      2.5 s
 *
 * An impact alone is no fall: one sits down hard, claps, bumps against a door. What follows
 * decides: who fell lies still for a moment, in another posture. All of it is weighed, not
 * cut off one by one: a hard impact needs less of a turn, a clear turn less of an impact. So
 * one set of weights does for the young, who fall hard, and for the old, who go down softly.
 *
 * The weights are a logistic regression over 17 people of SisFall (825 falls, 1211 other
 * trials), chosen among a few for what it makes of people it was not fitted to and of falls
 * made softer; tests/quality measures it.
 *
 * While the rule is out of force (it is charging, nobody wears it) no impact counts.
 *
 * One pass over blocks of a quarter of a second: sums, squares, and how many. Samples may
 * come in any order within the eight seconds that are kept, so a batch that was sent again
 * fits in. A second impact within the time of judging takes the place of a weaker one.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num_math.h"
#include "base/str.h"
#include "base/units.h"

#define BLOCK_NS (250 * NS_PER_MS)
#define N_BLOCKS 32
#define BEFORE_FROM (-12) /* blocks, from that of the impact */
#define BEFORE_TO (-4)
#define AFTER_FROM 4
#define AFTER_TO 10
#define MIN_AFTER 4              /* blocks of it that must have come */
#define WAIT_BLOCKS 24           /* for those that are missing */
#define IMPACT 1.4               /* g; less is not looked at */
#define NATURAL 0.69314718055995 /* logarithm of 2 */

static const double weight_one = -9.412, weight_impact = 3.077, weight_unrest = -0.488,
                    weight_turn = 2.330, weight_both = 4.259;

struct detect_fall {
    const char *x, *y, *z, *unit;
    double certainty;
    int64_t hold_ns;
    double g_per_unit, limit; /* made by open() */
};

struct block {
    float sum[3], squares;
    uint32_t n;
};

struct fall_state {
    int64_t number;   /* of the newest block; 0 none yet */
    int64_t impact;   /* block of the impact that is to be judged; 0 none */
    double strength;  /* of it, g */
    double told;      /* of the one that is an alarm */
    int64_t until_ns; /* engine time at which the alarm is over; 0 there is none */
    int64_t axis_ns;  /* of the values below */
    double axis[3];
    uint32_t have; /* bits of the axes that came */
    uint32_t reserved;
    struct block block[N_BLOCKS];
};

/* ---- blocks ---- */

static struct block *block_of(struct fall_state *state, int64_t number)
{
    return &state->block[number % N_BLOCKS];
}

static void forget_until(struct fall_state *state, int64_t number)
{
    int64_t from = state->number + 1;

    if (number - state->number >= N_BLOCKS)
        from = number - N_BLOCKS + 1;
    for (int64_t i = from; i <= number; i++)
        *block_of(state, i) = (struct block){.n = 0};
    state->number = number;
}

struct stretch {
    double mean[3], squares, unrest;
    uint32_t n, n_blocks;
};

static void look_at(struct fall_state *state, int64_t from, int64_t to, struct stretch *stretch)
{
    *stretch = (struct stretch){.n = 0};
    for (int64_t i = from; i < to; i++) {
        if (i > state->number || i <= state->number - N_BLOCKS || i < 0)
            continue;
        const struct block *block = block_of(state, i);
        for (int k = 0; k < 3; k++)
            stretch->mean[k] += (double)block->sum[k];
        stretch->squares += (double)block->squares;
        stretch->n += block->n;
        stretch->n_blocks += block->n > 0;
    }
    if (stretch->n == 0)
        return;
    double square = 0;
    for (int k = 0; k < 3; k++) {
        stretch->mean[k] /= stretch->n;
        square += stretch->mean[k] * stretch->mean[k];
    }
    double variance = stretch->squares / stretch->n - square;
    stretch->unrest = variance > 0 ? sqrt(variance) : 0;
}

/* 0 not turned, 1 by a right angle, 2 upside down. */
static double turn(const struct stretch *a, const struct stretch *b)
{
    double product = 0, square_a = 0, square_b = 0;

    for (int k = 0; k < 3; k++) {
        product += a->mean[k] * b->mean[k];
        square_a += a->mean[k] * a->mean[k];
        square_b += b->mean[k] * b->mean[k];
    }
    double lengths = sqrt(square_a * square_b);
    return lengths > 1e-9 ? 1 - product / lengths : 0;
}

/* ---- judging ---- */

static double weigh(double strength, const struct stretch *before, const struct stretch *after)
{
    double impact = NATURAL * num_log2(strength);
    double unrest = NATURAL * num_log2(after->unrest + 0.01);

    return weight_one + weight_impact * impact + weight_unrest * unrest +
           (weight_turn + weight_both * impact) * turn(before, after);
}

/* Whether there is enough to judge the impact by; sets *sum to what it weighs. */
static bool judge(struct fall_state *state, double *sum)
{
    struct stretch before, after;
    int64_t since = state->number - state->impact;

    if (since < AFTER_TO)
        return false;
    look_at(state, state->impact + AFTER_FROM, state->impact + AFTER_TO, &after);
    if (after.n_blocks < MIN_AFTER) {
        if (since >= WAIT_BLOCKS)
            state->impact = 0;
        return false;
    }
    look_at(state, state->impact + BEFORE_FROM, state->impact + BEFORE_TO, &before);
    if (before.n == 0) /* it begins with the impact */
        look_at(state, state->impact + BEFORE_TO, state->impact, &before);
    *sum = before.n > 0 ? weigh(state->strength, &before, &after) : -INFINITY;
    return true;
}

static void speak(struct fall_state *state, uint32_t level, double score,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    *verdict = (struct cw_verdict){
        .level = level,
        .score = score,
        .value = state->told,
        .limit = (double)NAN,
        .low = (double)NAN,
        .high = (double)NAN,
    };
    *spoke = 1;
}

/* A probability as its odds' logarithm. */
static double odds(double share)
{
    return NATURAL * (num_log2(share) - num_log2(1 - share));
}

static void take(const struct detect_fall *self, struct fall_state *state, int64_t now_ns,
                 struct cw_verdict *verdict, int32_t *spoke)
{
    double sum;

    if (state->impact == 0 || !judge(state, &sum))
        return;
    state->impact = 0;
    if (sum <= self->limit)
        return;
    state->told = state->strength;
    state->until_ns = now_ns + self->hold_ns;
    speak(state, CW_ALARM, 1 + (sum - self->limit) / 10, verdict, spoke);
}

static void add_vector(struct fall_state *state, int64_t number, bool idle)
{
    struct block *block = block_of(state, number);
    double square = 0;

    for (int k = 0; k < 3; k++) {
        block->sum[k] += (float)state->axis[k];
        square += state->axis[k] * state->axis[k];
    }
    block->squares += (float)square;
    block->n++;
    double strength = sqrt(square);
    if (idle || strength < IMPACT || (state->impact != 0 && strength <= state->strength))
        return;
    state->impact = number;
    state->strength = strength;
}

static int64_t fall_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    const struct detect_fall *self = plugin_self;
    struct fall_state *state = plugin_state;
    int64_t next_ns = state->until_ns ? state->until_ns : CW_NEVER;

    if (!isfinite(sample->value) || sample->sample_ns < 0)
        return next_ns;
    if (sample->sample_ns != state->axis_ns)
        state->have = 0;
    state->axis_ns = sample->sample_ns;
    state->axis[slot] = sample->value * self->g_per_unit;
    state->have |= 1u << slot;
    if (state->have != 7)
        return next_ns;
    state->have = 0;
    int64_t number = sample->sample_ns / BLOCK_NS;
    if (number > state->number) {
        take(self, state, sample->arrived_ns, verdict, spoke);
        forget_until(state, number);
    }
    if (number > state->number - N_BLOCKS)
        add_vector(state, number, sample->idle);
    take(self, state, sample->arrived_ns, verdict, spoke);
    return state->until_ns ? state->until_ns : CW_NEVER;
}

static int64_t fall_due(const void *self, void *plugin_state, int64_t now_ns,
                        struct cw_verdict *verdict, int32_t *spoke)
{
    struct fall_state *state = plugin_state;

    (void)self;
    if (state->until_ns == 0)
        return CW_NEVER;
    if (now_ns < state->until_ns)
        return state->until_ns;
    state->until_ns = 0;
    speak(state, CW_NORMAL, 0, verdict, spoke);
    return CW_NEVER;
}

/* ---- the plugin ---- */

static int32_t fall_open(void *plugin_self, struct cw_error *err)
{
    struct detect_fall *self = plugin_self;

    (void)err;
    self->g_per_unit = strcmp(self->unit, "mg") == 0  ? 0.001
                       : strcmp(self->unit, "g") == 0 ? 1
                                                      : 1 / 9.80665;
    self->limit = odds(self->certainty);
    return 0;
}

static uint32_t fall_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_fall *self = plugin_self;
    const char *const name[] = {self->x, self->y, self->z};

    for (uint32_t i = 0; i < 3 && i < max; i++)
        input[i] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = name[i]};
    return 3;
}

static size_t fall_state_size(const void *self)
{
    (void)self;
    return sizeof(struct fall_state);
}

static void fall_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct fall_state));
}

static const struct cw_option options[] = {
    {.name = "x",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_fall, x),
     .preset = "ax",
     .help = "metric of the acceleration along one axis"},
    {.name = "y",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_fall, y),
     .preset = "ay",
     .help = "... along another; all three at the same time"},
    {.name = "z",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_fall, z),
     .preset = "az",
     .help = "... along the third"},
    {.name = "unit",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_fall, unit),
     .preset = "mg",
     .help = "of these metrics: thousandths of g, g, or m/s2",
     .choices = "mg|g|m/s2"},
    {.name = "certainty",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_fall, certainty),
     .min = 0.01,
     .max = 0.99,
     .preset = "0.33",
     .help = "alarm when a fall is at least so probable; less finds more and errs more"},
    {.name = "hold",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_fall, hold_ns),
     .min = 1,
     .max = 86400,
     .preset = "2m",
     .help = "the alarm is over after this long: what is worn cannot tell that help came"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_DEVICE,
    .inputs = fall_inputs,
    .state_size = fall_state_size,
    .reset = fall_reset,
    .step = fall_step,
    .due = fall_due,
};

CW_PLUGIN(detect_fall) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "fall",
    .help = "a fall in the raw acceleration of something worn",
    .self_size = sizeof(struct detect_fall),
    .option = options,
    .open = fall_open,
    .ops.detector = &detector,
};
