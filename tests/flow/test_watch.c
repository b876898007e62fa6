/*
 * test_watch.c - detectors with several inputs, wider scopes and deadlines, by one made for
 * it: "pair" alarms while hr > 100 and spo2 < 92 at once, or when no hr came for a minute.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "flow/flow_run.h"

#define T0_MS INT64_C(1763865851000)

struct pair {
    int64_t scope;
};

struct pair_state {
    double hr, spo2;
    int64_t due_ns;
    uint32_t level, reserved;
};

static uint32_t pair_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    (void)self;
    assert_true(max >= 2);
    input[0] = (struct cw_input){CW_INPUT_METRIC, "hr"};
    input[1] = (struct cw_input){CW_INPUT_METRIC, "spo2"};
    return 2;
}

static size_t pair_state_size(const void *self)
{
    (void)self;
    return sizeof(struct pair_state);
}

static void pair_reset(const void *self, void *state)
{
    (void)self;
    *(struct pair_state *)state = (struct pair_state){.hr = 70, .spo2 = 97};
}

static void pair_say(struct pair_state *state, uint32_t level, struct cw_verdict *verdict,
                     int32_t *spoke)
{
    if (state->level == level)
        return;
    state->level = level;
    *verdict = (struct cw_verdict){.level = level, .value = state->hr, .limit = 100};
    *spoke = 1;
}

static int64_t pair_step(const void *self, void *plugin_state, uint32_t slot,
                         const struct cw_sample *sample, struct cw_verdict *verdict,
                         int32_t *spoke)
{
    struct pair_state *state = plugin_state;
    (void)self;
    if (slot == 0) {
        state->hr = sample->value;
        state->due_ns = sample->arrived_ns + 60 * NS_PER_S;
    } else {
        state->spo2 = sample->value;
    }
    pair_say(state, state->hr > 100 && state->spo2 < 92, verdict, spoke);
    return state->due_ns ? state->due_ns : CW_NEVER;
}

static int64_t pair_due(const void *self, void *plugin_state, int64_t now_ns,
                        struct cw_verdict *verdict, int32_t *spoke)
{
    struct pair_state *state = plugin_state;
    (void)self;
    assert_true(state->due_ns <= now_ns);
    pair_say(state, CW_ALARM, verdict, spoke);
    state->due_ns = 0;
    return CW_NEVER;
}

static uint32_t pair_scope(const void *self)
{
    return (uint32_t)((const struct pair *)self)->scope;
}

static const struct cw_option pair_options[] = {
    {.name = "scope",
     .type = CW_OPT_INT,
     .offset = offsetof(struct pair, scope),
     .preset = "2",
     .help = "enum cw_scope"},
    {0},
};

static const struct cw_detector pair_detector = {
    .size = sizeof(struct cw_detector),
    .state_version = 1,
    .scope = CW_SCOPE_DEVICE,
    .inputs = pair_inputs,
    .state_size = pair_state_size,
    .reset = pair_reset,
    .step = pair_step,
    .due = pair_due,
    .scope_of = pair_scope,
};

static const struct cw_plugin pair_plugin = {
    .abi = CW_ABI,
    .kind = CW_DETECTOR,
    .name = "pair",
    .help = "two at once",
    .self_size = sizeof(struct pair),
    .option = pair_options,
    .ops.detector = &pair_detector,
};

extern const struct cw_plugin carewatch_plugin_detect_news2;

struct bench {
    struct flow_rules rules;
    struct flow flow;
};

static void bench_open(struct bench *bench, const char *settings)
{
    flow_rules_begin(&bench->rules);
    flow_detector(&bench->rules, "pair", &pair_plugin, settings);
    flow_builtin(&bench->rules);
    bench->rules.set.settings.max_unrostered_per_site = 2;
    flow_init(&bench->flow, &bench->rules);
}

static void bench_close(struct bench *bench)
{
    flow_done(&bench->flow);
    flow_rules_done(&bench->rules);
}

static void apply(struct bench *bench, uint8_t kind, const char *topic, int second,
                  const char *payload)
{
    char room[512] = "";
    snprintf(room, sizeof(room) - FLOW_PADDING, "%s", payload);
    struct record record = {
        .kind = kind,
        .source = 1,
        .arrived_ns = (T0_MS + second * 1000) * NS_PER_MS + 1,
        .topic = str_of(topic),
        .payload = str_of(room),
    };
    engine_apply(bench->flow.engine, &record, flow_position((uint32_t)second));
}

static void telemetry(struct bench *bench, const char *device, int second, const char *payload)
{
    char topic[128];
    snprintf(topic, sizeof(topic), "care/v1/s1/%s/telemetry", device);
    apply(bench, RECORD_MESSAGE, topic, second, payload);
}

/* The transitions of the rule since the last time, as "raised s1/bed-1 at 60;". */
static const char *told(struct bench *bench)
{
    static char text[4096];
    struct cw_str rest = buf_str(&bench->flow.told), line;
    text[0] = '\0';
    while (str_split(&rest, '\n', &line)) {
        char at[64], change[32], rule[64], subject[256], room[1024];
        int64_t ns;
        if (!str_copy(room, sizeof(room), line) ||
            sscanf(room,
                   "{\"at\":\"%63[^\"]\",\"change\":\"%31[^\"]\",\"state\":\"%*[^\"]\","
                   "\"rule\":\"%63[^\"]\",\"subject\":\"%255[^\"]\"",
                   at, change, rule, subject) != 4 ||
            strcmp(rule, "pair") != 0 || instant_parse(str_of(at), &ns))
            continue;
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s %s at %lld;", change, subject,
                 (long long)((ns / NS_PER_MS - T0_MS) / 1000));
    }
    buf_clear(&bench->flow.told);
    return text;
}

static void inputs_meet_in_the_watch_of_their_scope(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *first, *second, *told;
    } rows[] = {
        {"scope=2", "bed-1", "bed-1", "raised s1/bed-1 at 1;"},
        {"scope=2", "bed-1", "bed-2", ""},
        {"scope=3", "bed-1", "bed-1", "raised s1/device:bed-1 at 1;"},
        {"scope=4", "bed-1", "bed-2", "raised s1 at 1;"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        bench_open(&bench, rows[i].settings);
        telemetry(&bench, rows[i].first, 0, "{\"hr\":120}");
        telemetry(&bench, rows[i].second, 1, "{\"spo2\":85}");
        assert_string_equal(told(&bench), rows[i].told);
        bench_close(&bench);
    }
}

static void roster(struct bench *bench, int second, const char *devices)
{
    char payload[512];
    snprintf(payload, sizeof(payload), "{\"devices\":[%s]}", devices);
    apply(bench, RECORD_MESSAGE, "care/v1/s1/gw/roster", second, payload);
}

#define MAT "{\"device\":\"bed-1\",\"bed\":\"1-1\",\"resident\":\"r-1\",\"room\":\"1\"}"
#define RADAR "{\"device\":\"radar-1\",\"room\":\"1\"}"

static const struct alarm *alarm_of(struct bench *bench, const char *subject)
{
    const struct fold *fold = engine_fold(bench->flow.engine);
    const struct alarm *alarm = alarm_open(&fold->alarms, CW_STR("pair"), str_of(subject));
    assert_non_null(alarm);
    return alarm;
}

static void the_devices_of_a_room_meet_in_it(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "scope=5");
    roster(&bench, 0, MAT "," RADAR);
    telemetry(&bench, "bed-1", 1, "{\"hr\":120}");
    telemetry(&bench, "radar-1", 2, "{\"spo2\":85}");
    assert_string_equal(told(&bench), "raised s1/room:1 at 2;");
    assert_string_equal(alarm_of(&bench, "s1/room:1")->resident, "r-1");
    telemetry(&bench, "bed-2", 3, "{\"hr\":120}");
    telemetry(&bench, "bed-2", 4, "{\"spo2\":85}");
    assert_string_equal(told(&bench), "raised s1/device:bed-2 at 4;");
    bench_close(&bench);
}

static void a_room_of_two_residents_is_about_neither(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "scope=5");
    roster(&bench, 0,
           MAT ",{\"device\":\"bed-2\",\"bed\":\"1-2\",\"resident\":\"r-2\",\"room\":\"1\"}");
    telemetry(&bench, "bed-1", 1, "{\"hr\":120}");
    telemetry(&bench, "bed-2", 2, "{\"spo2\":85}");
    assert_string_equal(told(&bench), "raised s1/room:1 at 2;");
    assert_string_equal(alarm_of(&bench, "s1/room:1")->resident, "");
    assert_string_equal(alarm_of(&bench, "s1/room:1")->bed, "");
    bench_close(&bench);
}

static void who_gets_a_device_gets_its_values(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "scope=3");
    telemetry(&bench, "bed-1", 0, "{\"hr\":70}");
    roster(&bench, 1, MAT ",{\"device\":\"band-1\",\"resident\":\"r-1\"}");
    telemetry(&bench, "bed-1", 2, "{\"hr\":120}");
    telemetry(&bench, "band-1", 3, "{\"spo2\":85}");
    assert_string_equal(told(&bench), "raised s1/resident:r-1 at 3;");
    roster(&bench, 4, MAT ",{\"device\":\"band-1\",\"resident\":\"r-2\"}");
    telemetry(&bench, "band-1", 5, "{\"spo2\":97}");
    assert_string_equal(told(&bench), "");
    telemetry(&bench, "bed-1", 6, "{\"hr\":70}");
    assert_string_equal(told(&bench), "cleared s1/resident:r-1 at 6;");
    bench_close(&bench);
}

static void a_text_of_one_letter_is_seen_as_its_code(void **state)
{
    (void)state;
    struct bench bench;
    flow_rules_begin(&bench.rules);
    flow_detector(&bench.rules, "pair", &carewatch_plugin_detect_news2, "from=3 scope=device");
    flow_builtin(&bench.rules);
    flow_init(&bench.flow, &bench.rules);
    telemetry(&bench, "tab-1", 0, "{\"consciousness\":\"Alert\"}");
    telemetry(&bench, "tab-1", 1, "{\"consciousness\":\"A\"}");
    assert_string_equal(told(&bench), "");
    telemetry(&bench, "tab-1", 2, "{\"consciousness\":\"V\"}");
    assert_string_equal(told(&bench), "raised s1/tab-1 at 2;");
    telemetry(&bench, "tab-1", 3, "{\"consciousness\":\"A\"}");
    assert_string_equal(told(&bench), "cleared s1/tab-1 at 3;");
    bench_close(&bench);
}

static void a_star_is_each_number_that_no_rule_names(void **state)
{
    (void)state;
    struct bench bench;
    flow_rules_begin(&bench.rules);
    flow_detector(&bench.rules, "pair", &carewatch_plugin_detect_threshold,
                  "metric=* above=50");
    flow_detector(&bench.rules, "named", &carewatch_plugin_detect_threshold,
                  "metric=hr above=300");
    flow_builtin(&bench.rules);
    flow_init(&bench.flow, &bench.rules);
    telemetry(&bench, "bed-1", 0, "{\"hr\":99}");
    telemetry(&bench, "bed-1", 1, "{\"consciousness\":\"V\"}");
    assert_string_equal(told(&bench), "");
    telemetry(&bench, "bed-1", 2, "{\"dust\":99}");
    assert_string_equal(told(&bench), "raised s1/bed-1/dust at 2;");
    bench_close(&bench);
}

static void a_deadline_comes_at_its_own_time(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "");
    telemetry(&bench, "bed-1", 0, "{\"hr\":70}");
    telemetry(&bench, "bed-1", 40, "{\"hr\":71}");
    telemetry(&bench, "bed-2", 99, "{\"spo2\":97}");
    assert_string_equal(told(&bench), "");
    telemetry(&bench, "bed-2", 500, "{\"spo2\":97}");
    assert_string_equal(told(&bench), "raised s1/bed-1 at 100;");
    telemetry(&bench, "bed-1", 501, "{\"hr\":71}");
    assert_string_equal(told(&bench), "cleared s1/bed-1 at 501;");
    bench_close(&bench);
}

static void a_deadline_outlives_a_restart(void **state)
{
    (void)state;
    struct bench bench, later;
    struct buf file;
    struct cw_error err;
    bench_open(&bench, "");
    bench_open(&later, "");
    telemetry(&bench, "bed-1", 0, "{\"hr\":70}");
    telemetry(&bench, "bed-1", 40, "{\"hr\":71}");
    flow_save(&bench.flow, &file);
    assert_int_equal(flow_load(&later.flow, &file, &err), 0);
    engine_advance(later.flow.engine, (T0_MS + 500000) * NS_PER_MS);
    assert_string_equal(told(&later), "raised s1/bed-1 at 100;");
    buf_done(&file);
    bench_close(&bench);
    bench_close(&later);
}

static void while_we_are_deaf_silence_is_not_told(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "");
    apply(&bench, RECORD_LINK, "", 0, "up");
    telemetry(&bench, "bed-1", 1, "{\"hr\":70}");
    apply(&bench, RECORD_LINK, "", 30, "down");
    apply(&bench, RECORD_TICK, "", 600, "");
    assert_string_equal(told(&bench), "");
    apply(&bench, RECORD_LINK, "", 601, "up");
    apply(&bench, RECORD_TICK, "", 620, "");
    assert_true(strstr(told(&bench), "raised s1/bed-1 at 6"));
    bench_close(&bench);
}

/* The same city, once with a tick a second throughout, once with the daemon stopped. */
static void over_a_stall_of_our_own_nobody_is_silent(void **state)
{
    (void)state;
    for (int stalls = 0; stalls < 2; stalls++) {
        struct bench bench;
        bench_open(&bench, "");
        apply(&bench, RECORD_LINK, "", 0, "up");
        telemetry(&bench, "bed-1", 1, "{\"hr\":70}");
        for (int second = 1; second < 400; second++) {
            if (!stalls || second < 20 || second >= 300)
                apply(&bench, RECORD_TICK, "", second, "");
            if (second == 300)
                telemetry(&bench, "bed-1", second, "{\"hr\":70}");
            if (stalls && second == 300)
                assert_string_equal(told(&bench), "");
        }
        assert_true(strstr(told(&bench), "raised s1/bed-1 at "));
        bench_close(&bench);
    }
}

static void link_of(struct bench *bench, uint16_t source, int second, const char *payload)
{
    struct record record = {
        .kind = RECORD_LINK,
        .source = source,
        .arrived_ns = (T0_MS + second * 1000) * NS_PER_MS + 1,
        .payload = str_of(payload),
    };
    engine_apply(bench->flow.engine, &record, flow_position((uint32_t)second));
}

static void one_session_of_two_keeps_us_hearing(void **state)
{
    (void)state;
    struct bench bench, later;
    struct buf file;
    struct cw_error err;
    bench_open(&bench, "");
    bench_open(&later, "");
    link_of(&bench, 1, 0, "up");
    link_of(&bench, 2, 1, "up");
    flow_save(&bench.flow, &file);
    assert_int_equal(flow_load(&later.flow, &file, &err), 0);
    link_of(&later, 1, 2, "down");
    assert_true(engine_fold(later.flow.engine)->linked);
    link_of(&later, 2, 3, "down");
    assert_false(engine_fold(later.flow.engine)->linked);
    buf_done(&file);
    bench_close(&bench);
    bench_close(&later);
}

static void a_boot_does_not_tell_what_fell_due_before_it(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "");
    apply(&bench, RECORD_LINK, "", 0, "up");
    telemetry(&bench, "bed-1", 1, "{\"hr\":70}");
    apply(&bench, RECORD_BOOT, "", 3600, "{}");
    apply(&bench, RECORD_LINK, "", 3601, "up");
    telemetry(&bench, "bed-1", 3602, "{\"hr\":70}");
    apply(&bench, RECORD_TICK, "", 3640, "");
    assert_string_equal(told(&bench), "");
    bench_close(&bench);
}

static void a_device_that_is_forgotten_takes_its_watches_along(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "");
    telemetry(&bench, "bed-1", 0, "{\"hr\":120,\"spo2\":80}");
    assert_string_equal(told(&bench), "raised s1/bed-1 at 0;");
    telemetry(&bench, "bed-2", 1, "{\"hr\":70}");
    telemetry(&bench, "bed-3", 2, "{\"hr\":70}");
    apply(&bench, RECORD_TICK, "", 3, "");
    assert_string_equal(told(&bench), "cleared s1/bed-1 at 3;");
    assert_null(registry_device(&engine_fold(bench.flow.engine)->registry, CW_STR("s1"),
                                CW_STR("bed-1")));
    telemetry(&bench, "bed-1", 4, "{\"hr\":120,\"spo2\":80}");
    assert_string_equal(told(&bench), "repeated s1/bed-1 at 4;");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_meet_in_the_watch_of_their_scope),
        cmocka_unit_test(the_devices_of_a_room_meet_in_it),
        cmocka_unit_test(a_room_of_two_residents_is_about_neither),
        cmocka_unit_test(who_gets_a_device_gets_its_values),
        cmocka_unit_test(a_text_of_one_letter_is_seen_as_its_code),
        cmocka_unit_test(a_star_is_each_number_that_no_rule_names),
        cmocka_unit_test(a_deadline_comes_at_its_own_time),
        cmocka_unit_test(a_deadline_outlives_a_restart),
        cmocka_unit_test(while_we_are_deaf_silence_is_not_told),
        cmocka_unit_test(over_a_stall_of_our_own_nobody_is_silent),
        cmocka_unit_test(one_session_of_two_keeps_us_hearing),
        cmocka_unit_test(a_boot_does_not_tell_what_fell_due_before_it),
        cmocka_unit_test(a_device_that_is_forgotten_takes_its_watches_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
