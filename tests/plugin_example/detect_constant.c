/*
 * detect_constant.c - an example of a plugin of one's own: a sensor that sends exactly the
 * same value again and again is likely loose or broken.
 *
 * It is built against the installed headers alone (see the Makefile beside it) and named in
 * the configuration:
 *
 *   plugins: { dir = "/usr/lib/carewatch/plugins"; load = [ "detect_constant" ]; };
 *   rules = ( { name = "mat-constant"; detector = "constant"; metric = "hr"; repeats = 20; } );
 */
#include <stddef.h>

#include <carewatch/plugin.h>

#ifndef EXAMPLE_ABI /* the tests also build one for an ABI that does not exist */
#define EXAMPLE_ABI CW_ABI
#endif

/* The options of one rule. */
struct constant {
    const char *metric;
    int64_t repeats;
};

/* What is remembered of one series. */
struct constant_state {
    double last;
    int64_t n_same;
    int32_t in_alarm, has_last;
};

static const struct cw_option constant_options[] = {
    {"metric", CW_OPT_TEXT, offsetof(struct constant, metric), 0, 0, CW_REQUIRED,
     "the metric judged", NULL},
    {"repeats", CW_OPT_INT, offsetof(struct constant, repeats), 2, 1e6, "20",
     "so many equal values in a row are too many", NULL},
    {0},
};

static uint32_t constant_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    const struct constant *constant = self;
    if (max > 0)
        input[0] = (struct cw_input){CW_INPUT_METRIC, constant->metric};
    return 1;
}

static size_t constant_state_size(const void *self)
{
    (void)self;
    return sizeof(struct constant_state);
}

static void constant_reset(const void *self, void *state)
{
    (void)self;
    *(struct constant_state *)state = (struct constant_state){0};
}

static int64_t constant_step(const void *self, void *state, uint32_t slot,
                             const struct cw_sample *sample, struct cw_verdict *verdict,
                             int32_t *spoke)
{
    const struct constant *constant = self;
    struct constant_state *s = state;
    (void)slot;
    int same = s->has_last && !(sample->value < s->last) && !(sample->value > s->last);
    s->n_same = same ? s->n_same + 1 : 1;
    s->last = sample->value;
    s->has_last = 1;
    int32_t in_alarm = s->n_same >= constant->repeats;
    if (in_alarm != s->in_alarm) {
        s->in_alarm = in_alarm;
        *verdict = (struct cw_verdict){
            .level = in_alarm ? CW_ALARM : CW_NORMAL,
            .score = (double)s->n_same / (double)constant->repeats,
            .value = (double)s->n_same,
            .limit = (double)constant->repeats,
            .low = sample->value,
            .high = sample->value,
        };
        *spoke = 1;
    }
    return CW_NEVER;
}

static const struct cw_detector constant_detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = constant_inputs,
    .state_size = constant_state_size,
    .reset = constant_reset,
    .step = constant_step,
};

CW_PLUGIN(detect_constant) = {
    .abi = EXAMPLE_ABI,
    .kind = CW_DETECTOR,
    .name = "constant",
    .help = "a metric that repeats exactly the same value",
    .self_size = sizeof(struct constant),
    .option = constant_options,
    .ops = {.detector = &constant_detector},
};
