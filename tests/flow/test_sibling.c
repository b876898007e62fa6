/*
 * test_sibling.c - what a sample says of its siblings: their mean without itself, changes of
 * the site, devices that come and go, rules that come later, and restarts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/series/sibling.h"
#include "flow/flow_run.h"

#define T0_NS (INT64_C(1763865851) * NS_PER_S)

/* A detector that only writes down what it sees. */
static struct cw_sample seen;

static uint32_t look_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    (void)self;
    (void)max;
    input[0] = (struct cw_input){CW_INPUT_METRIC, "room_temp"};
    return 1;
}

static size_t look_state_size(const void *self)
{
    (void)self;
    return 8;
}

static void look_reset(const void *self, void *state)
{
    (void)self;
    memset(state, 0, 8);
}

static int64_t look_step(const void *self, void *state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    (void)self;
    (void)state;
    (void)slot;
    (void)verdict;
    (void)spoke;
    seen = *sample;
    return CW_NEVER;
}

static int32_t look_siblings(const void *self)
{
    (void)self;
    return 1;
}

static const struct cw_detector look_detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_SERIES,
    .inputs = look_inputs,
    .state_size = look_state_size,
    .reset = look_reset,
    .step = look_step,
    .wants_siblings = look_siblings,
};

static const struct cw_plugin look_plugin = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "look",
    .help = "looks",
    .self_size = 8,
    .ops.detector = &look_detector,
};

struct bench {
    struct flow_rules with, without;
    struct flow flow;
    uint32_t n;
};

static void bench_open(struct bench *bench, bool asks)
{
    bench->n = 0;
    flow_rules_begin(&bench->with);
    flow_detector(&bench->with, "look", &look_plugin, "");
    flow_builtin(&bench->with);
    bench->with.set.settings.max_unrostered_per_site = 3;
    flow_rules_begin(&bench->without);
    flow_builtin(&bench->without);
    flow_init(&bench->flow, asks ? &bench->with : &bench->without);
}

static void bench_close(struct bench *bench)
{
    flow_done(&bench->flow);
    flow_rules_done(&bench->with);
    flow_rules_done(&bench->without);
}

static void say(struct bench *bench, const char *device, double value)
{
    char topic[64], room[256] = "";
    struct buf file;
    struct cw_error err;
    snprintf(topic, sizeof(topic), "care/v1/s1/%s/telemetry", device);
    snprintf(room, sizeof(room) - FLOW_PADDING, "{\"room_temp\":%g}", value);
    struct record record = {
        .kind = device[0] ? RECORD_MESSAGE : RECORD_TICK,
        .source = 1,
        .arrived_ns = T0_NS + ++bench->n * NS_PER_S,
        .topic = str_of(topic),
        .payload = str_of(room),
    };
    flow_save(&bench->flow, &file); /* a restart before every record */
    assert_int_equal(flow_load(&bench->flow, &file, &err), 0);
    buf_done(&file);
    engine_apply(bench->flow.engine, &record, flow_position(bench->n));
}

static void a_sample_knows_its_siblings(void **state)
{
    (void)state;
    static struct bench bench;
    bench_open(&bench, true);
    say(&bench, "t-1", 20);
    assert_true(isnan(seen.siblings));
    say(&bench, "t-2", 22);
    assert_true(isnan(seen.siblings)); /* one alone says nothing */
    say(&bench, "t-3", 24);
    assert_float_equal(seen.siblings, 21, 1e-9);
    assert_int_equal(seen.site_changes, 0);
    say(&bench, "t-1", 21);
    assert_float_equal(seen.siblings, 23, 1e-9);
    assert_int_equal(seen.site_changes, 1);
    say(&bench, "t-1", 21);
    assert_int_equal(seen.site_changes, 1);
    /* the device that is forgotten on a tick takes its value along: t-2 was heard first */
    say(&bench, "t-4", 30);
    say(&bench, "", 0);
    say(&bench, "t-1", 21);
    assert_float_equal(seen.siblings, 27, 1e-9);
    bench_close(&bench);
}

static void a_rule_that_comes_later_counts_what_is_there(void **state)
{
    (void)state;
    static struct bench bench;
    bench_open(&bench, false);
    say(&bench, "t-1", 20);
    say(&bench, "t-2", 22);
    say(&bench, "t-3", 24);
    engine_configure(bench.flow.engine, &bench.with.set);
    say(&bench, "t-3", 24);
    assert_float_equal(seen.siblings, 21, 1e-9);
    engine_configure(bench.flow.engine, &bench.without.set);
    assert_int_equal(
        registry_site(&engine_fold(bench.flow.engine)->registry, CW_STR("s1"))->n_siblings, 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_knows_its_siblings),
        cmocka_unit_test(a_rule_that_comes_later_counts_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
