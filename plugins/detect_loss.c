/*
 * detect_loss.c - values that still come, but ever fewer of them: a radio at the edge of its
 * range, a gateway that is too busy. Silence as such is supervision's.
 *
 *   expected = time / interval      lost = 1 - values that came / values expected
 *   over a window of twelve parts; a part is judged when it is over
 *
 * The interval is given, or learned: the gaps between values, of which longer ones (something
 * was lost) count little. A pause longer than half of the window is silence, not loss: the
 * window begins anew after it.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"

#define N_PARTS 12
#define LEARN_GAPS 20

struct detect_loss {
    const char *metric;
    double share, clear;
    int64_t every_ns, over_ns;
};

struct loss_state {
    int64_t last_ns;
    int64_t begin_ns;       /* of the part that runs; 0 none */
    double interval_ns;     /* learned */
    uint32_t n_gaps;        /* that it was learned from */
    uint32_t n_parts;       /* whole ones before the one that runs */
    uint16_t came[N_PARTS]; /* values; a ring, [at] is the part that runs */
    uint32_t at;
    uint32_t level; /* enum cw_level */
};

static void learn_gap(struct loss_state *state, double gap_ns)
{
    if (state->n_gaps == 0)
        state->interval_ns = gap_ns;
    /* A gap that is much shorter shows that the first ones were too long. */
    if (gap_ns < state->interval_ns / 2)
        state->interval_ns = gap_ns * 1.5;
    if (gap_ns < state->interval_ns * 1.5)
        state->interval_ns += (gap_ns - state->interval_ns) / 32;
    state->n_gaps += state->n_gaps < UINT32_MAX;
}

static double lost(const struct detect_loss *self, const struct loss_state *state)
{
    double interval_ns = self->every_ns ? (double)self->every_ns : state->interval_ns;
    double expected = (double)self->over_ns / interval_ns;
    double came = 0;
    for (uint32_t i = 0; i < N_PARTS; i++)
        came += i == state->at ? 0 : state->came[i];
    expected = expected * (N_PARTS - 1) / N_PARTS;
    return came < expected ? 1 - came / expected : 0;
}

static void judge(const struct detect_loss *self, struct loss_state *state,
                  struct cw_verdict *verdict, int32_t *spoke)
{
    bool known = self->every_ns || state->n_gaps >= LEARN_GAPS;
    if (!known || state->n_parts < N_PARTS)
        return;
    double share = lost(self, state);
    bool alarm = state->level == CW_ALARM ? share > self->clear : share >= self->share;
    uint32_t level = alarm ? CW_ALARM : CW_NORMAL;
    if (level == state->level)
        return;
    state->level = level;
    *verdict = (struct cw_verdict){
        .level = level,
        .score = share / self->share,
        .value = share,
        .limit = self->share,
        .low = 0,
        .high = self->share,
    };
    *spoke = 1;
}

static void begin_window(struct loss_state *state, int64_t at_ns)
{
    memset(state->came, 0, sizeof(state->came));
    state->begin_ns = at_ns;
    state->n_parts = 0;
    state->at = 0;
}

static int64_t loss_step(const void *plugin_self, void *plugin_state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    const struct detect_loss *self = plugin_self;
    struct loss_state *state = plugin_state;
    int64_t now_ns = sample->sample_ns, part_ns = self->over_ns / N_PARTS;
    int64_t gap_ns = now_ns - state->last_ns;
    (void)slot;
    if (gap_ns <= 0)
        return CW_NEVER;
    if (state->last_ns == 0 || gap_ns > self->over_ns / 2) {
        begin_window(state, now_ns);
    } else {
        learn_gap(state, (double)gap_ns);
        for (; now_ns - state->begin_ns >= part_ns; state->begin_ns += part_ns) {
            state->n_parts += state->n_parts < N_PARTS;
            state->at = (state->at + 1) % N_PARTS;
            judge(self, state, verdict, spoke);
            state->came[state->at] = 0;
        }
    }
    state->last_ns = now_ns;
    if (state->came[state->at] < UINT16_MAX)
        state->came[state->at]++;
    return CW_NEVER;
}

static uint32_t loss_inputs(const void *plugin_self, struct cw_input *input, uint32_t max)
{
    const struct detect_loss *self = plugin_self;
    if (max > 0)
        input[0] = (struct cw_input){.kind = CW_INPUT_METRIC, .name = self->metric};
    return 1;
}

static size_t loss_state_size(const void *self)
{
    (void)self;
    return sizeof(struct loss_state);
}

static void loss_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, sizeof(struct loss_state));
}

static int32_t loss_open(void *plugin_self, struct cw_error *err)
{
    const struct detect_loss *self = plugin_self;
    if (self->clear >= self->share)
        return err_set(err, -1, "\"clear\" (%g) must be less than \"share\" (%g).", self->clear,
                       self->share);
    return 0;
}

static const struct cw_option options[] = {
    {.name = "metric",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct detect_loss, metric),
     .preset = CW_REQUIRED,
     .help = "a metric that is sent at a steady pace"},
    {.name = "share",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_loss, share),
     .min = 0.01,
     .max = 1,
     .preset = "0.4",
     .help = "alarm when this part of the values is missing"},
    {.name = "clear",
     .type = CW_OPT_REAL,
     .offset = offsetof(struct detect_loss, clear),
     .min = 0,
     .max = 1,
     .preset = "0.2",
     .help = "over when no more than this part is missing"},
    {.name = "over",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_loss, over_ns),
     .min = 12,
     .max = 604800,
     .preset = "1h",
     .help = "within this time"},
    {.name = "every",
     .type = CW_OPT_TIME,
     .offset = offsetof(struct detect_loss, every_ns),
     .min = 0.001,
     .max = 86400,
     .preset = CW_OPTIONAL,
     .help = "how often it is sent; left out: learned"},
    {0},
};

static const struct cw_detector detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = loss_inputs,
    .state_size = loss_state_size,
    .reset = loss_reset,
    .step = loss_step,
};

CW_PLUGIN(detect_loss) = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "loss",
    .help = "values that still come, but ever fewer of them",
    .self_size = sizeof(struct detect_loss),
    .option = options,
    .open = loss_open,
    .ops.detector = &detector,
};
