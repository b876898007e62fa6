/*
 * detect_loss.c - values that still come, but ever fewer of them: a radio at the edge of its
 * range, a gateway that is too busy. Silence as such is supervision's.
 *
 *   expected = time / interval      lost = 1 - values that came / values expected
 *   over a window of twelve parts; a part is judged when it is over
 *
 * The interval is given, or learned: the median of the last sixteen gaps between values, when
 * most of them are like it. While values get lost they are not, and what was learned stays;
 * another pace is learned anew. A long pause in one piece (twenty intervals, a twelfth of the
 * window) is silence: the window begins anew after it.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/str.h"
#include "one_metric.h"

#define N_PARTS 12
#define N_GAPS 16
#define N_ALIKE 12 /* of them, within a quarter of their median */
#define PAUSE_GAPS 20

struct detect_loss {
    const char *metric;
    double share, clear;
    int64_t every_ns, over_ns;
};

struct loss_state {
    int64_t last_ns;
    int64_t begin_ns;       /* of the part that runs; 0 none */
    double interval_ns;     /* learned; 0 not yet */
    double gap_ns[N_GAPS];  /* a ring */
    uint32_t n_gaps;        /* ever */
    uint32_t n_parts;       /* whole ones before the one that runs */
    uint16_t came[N_PARTS]; /* values; a ring, [at] is the part that runs */
    uint32_t at;
    uint32_t level; /* enum cw_level */
};

/* By insertion: they are few, and looked at every few values only. */
static double median(const double gap_ns[N_GAPS])
{
    double sorted[N_GAPS];
    for (uint32_t i = 0; i < N_GAPS; i++) {
        uint32_t k = i;
        for (; k > 0 && sorted[k - 1] > gap_ns[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = gap_ns[i];
    }
    return sorted[N_GAPS / 2];
}

static void learn_gap(struct loss_state *state, double gap_ns)
{
    state->gap_ns[state->n_gaps++ % N_GAPS] = gap_ns;
    if (state->n_gaps < N_GAPS || state->n_gaps % (N_GAPS / 4))
        return;
    double middle = median(state->gap_ns);
    uint32_t n_alike = 0;
    for (uint32_t i = 0; i < N_GAPS; i++)
        n_alike += state->gap_ns[i] > middle * 0.75 && state->gap_ns[i] < middle * 1.25;
    if (n_alike >= N_ALIKE)
        state->interval_ns = middle;
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
    bool known = self->every_ns || state->interval_ns > 0;
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

static bool is_pause(const struct detect_loss *self, const struct loss_state *state,
                     int64_t gap_ns)
{
    double interval_ns = self->every_ns ? (double)self->every_ns : state->interval_ns;
    return gap_ns > self->over_ns / 2 || (interval_ns > 0 && gap_ns > self->over_ns / N_PARTS &&
                                          (double)gap_ns > PAUSE_GAPS * interval_ns);
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
    if (state->last_ns == 0 || is_pause(self, state, gap_ns)) {
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
    .state_version = 2,
    .scope = CW_SCOPE_SERIES,
    .inputs = one_metric_inputs,
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
