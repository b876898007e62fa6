/*
 * test_configure.c - new rules under a running engine: what did not change goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define T0_MS INT64_C(1763865851000)
#define SPO2 "metric=spo2 below=90 clear=92 for=15s"

static void rules_of(struct flow_rules *rules, const char *spo2, const char *hr)
{
    flow_rules_begin(rules);
    if (hr)
        flow_detector(rules, "hr-high", &carewatch_plugin_detect_threshold, hr);
    if (spo2)
        flow_detector(rules, "spo2-low", &carewatch_plugin_detect_threshold, spo2);
    flow_detector(rules, "help-call", &carewatch_plugin_detect_event,
                  "raise=call.pressed clear=call.answered");
    flow_builtin(rules);
}

static void send(struct flow *flow, const char *topic, int second, const char *payload)
{
    char room[512];
    int n = snprintf(room, sizeof(room) - FLOW_PADDING, "{\"ts\":%lld,%s}",
                     (long long)(T0_MS + second * 1000), payload);
    struct record record = {
        .kind = RECORD_MESSAGE,
        .arrived_ns = (T0_MS + second * 1000) * NS_PER_MS + 1,
        .topic = str_of(topic),
        .payload = {room, (size_t)n},
    };
    engine_apply(flow->engine, &record, flow_position((uint32_t)second));
}

static void vitals(struct flow *flow, int second, const char *payload)
{
    send(flow, "care/v1/s1/bed-1/telemetry", second, payload);
}

/* The transitions since the last time, as "raised spo2-low;cleared ..." */
static const char *told(struct flow *flow)
{
    static char text[4096];
    struct cw_str rest = buf_str(&flow->told), line;
    text[0] = '\0';
    while (str_split(&rest, '\n', &line)) {
        char change[32], rule[64];
        char room[1024];
        if (!str_copy(room, sizeof(room), line) ||
            sscanf(room,
                   "{\"at\":\"%*[^\"]\",\"change\":\"%31[^\"]\",\"state\":\"%*[^\"]\","
                   "\"rule\":\"%63[^\"]\"",
                   change, rule) != 2)
            continue;
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s %s;", change, rule);
    }
    buf_clear(&flow->told);
    return text;
}

static void a_hold_goes_on_over_a_reload(void **state)
{
    (void)state;
    struct flow_rules before, after;
    struct flow flow;
    rules_of(&before, SPO2, NULL);
    rules_of(&after, SPO2, "metric=hr above=120");
    flow_init(&flow, &before);
    vitals(&flow, 0, "\"spo2\":85,\"hr\":130");
    vitals(&flow, 10, "\"spo2\":85,\"hr\":130");
    engine_configure(flow.engine, &after.set);
    flow_rules_done(&before);
    assert_string_equal(told(&flow), "");
    vitals(&flow, 15, "\"spo2\":85,\"hr\":130");
    assert_string_equal(told(&flow), "raised spo2-low;raised hr-high;");
    vitals(&flow, 16, "\"spo2\":95,\"hr\":100");
    assert_string_equal(told(&flow), "cleared spo2-low;cleared hr-high;");
    flow_done(&flow);
    flow_rules_done(&after);
}

static void an_alarm_is_not_told_again_after_a_reload(void **state)
{
    (void)state;
    struct flow_rules before, after;
    struct flow flow;
    rules_of(&before, SPO2, NULL);
    rules_of(&after, SPO2, NULL);
    flow_init(&flow, &before);
    vitals(&flow, 0, "\"spo2\":85");
    vitals(&flow, 15, "\"spo2\":85");
    send(&flow, "care/v1/s1/gw/event", 16, "\"id\":\"e1\",\"type\":\"call.pressed\"");
    assert_string_equal(told(&flow), "raised spo2-low;raised help-call;");
    engine_configure(flow.engine, &after.set);
    flow_rules_done(&before);
    vitals(&flow, 17, "\"spo2\":85");
    assert_string_equal(told(&flow), "");
    send(&flow, "care/v1/s1/gw/event", 18, "\"id\":\"e2\",\"type\":\"call.answered\"");
    vitals(&flow, 19, "\"spo2\":97");
    assert_string_equal(told(&flow), "cleared help-call;cleared spo2-low;");
    flow_done(&flow);
    flow_rules_done(&after);
}

static void the_alarm_of_a_rule_that_is_gone_is_cleared(void **state)
{
    (void)state;
    struct flow_rules before, after;
    struct flow flow;
    rules_of(&before, SPO2, "metric=hr above=120");
    rules_of(&after, NULL, "metric=hr above=120");
    flow_init(&flow, &before);
    vitals(&flow, 0, "\"spo2\":85,\"hr\":130");
    vitals(&flow, 15, "\"spo2\":85,\"hr\":130");
    assert_string_equal(told(&flow), "raised hr-high;raised spo2-low;");
    engine_configure(flow.engine, &after.set);
    flow_rules_done(&before);
    assert_string_equal(told(&flow), "cleared spo2-low;");
    vitals(&flow, 16, "\"spo2\":85,\"hr\":100");
    assert_string_equal(told(&flow), "cleared hr-high;");
    flow_done(&flow);
    flow_rules_done(&after);
}

/* 85 is an alarm below 90, but none below 80. */
static void the_alarm_of_a_changed_rule_is_judged_by_the_new_one(void **state)
{
    (void)state;
    static const struct {
        const char *changed, *told;
    } rows[] = {
        {"metric=spo2 below=80", "cleared spo2-low;"},
        {"metric=spo2 below=88", ""},
    };
    for (size_t i = 0; i < 2; i++) {
        struct flow_rules before, after;
        struct flow flow;
        rules_of(&before, SPO2, NULL);
        rules_of(&after, rows[i].changed, NULL);
        flow_init(&flow, &before);
        vitals(&flow, 0, "\"spo2\":85");
        vitals(&flow, 15, "\"spo2\":85");
        assert_string_equal(told(&flow), "raised spo2-low;");
        engine_configure(flow.engine, &after.set);
        flow_rules_done(&before);
        assert_string_equal(told(&flow), "");
        vitals(&flow, 16, "\"spo2\":85");
        assert_string_equal(told(&flow), rows[i].told);
        flow_done(&flow);
        flow_rules_done(&after);
    }
}

static void a_state_of_other_rules_is_loaded_for_what_fits(void **state)
{
    (void)state;
    struct flow_rules before, after;
    struct flow flow, later;
    struct buf file;
    struct cw_error err = {.text = ""};
    rules_of(&before, SPO2, "metric=hr above=120");
    rules_of(&after, SPO2, NULL);
    flow_init(&flow, &before);
    vitals(&flow, 0, "\"spo2\":85,\"hr\":130");
    flow_save(&flow, &file);
    flow_init(&later, &after);
    assert_int_equal(flow_load(&later, &file, &err), 0);
    vitals(&later, 15, "\"spo2\":85,\"hr\":130");
    assert_string_equal(told(&later), "raised spo2-low;");
    flow_done(&flow);
    flow_done(&later);
    buf_done(&file);
    flow_rules_done(&before);
    flow_rules_done(&after);
}

static void a_state_that_ends_too_early_is_refused(void **state)
{
    (void)state;
    struct flow_rules rules;
    struct flow flow, later;
    struct buf file;
    rules_of(&rules, SPO2, "metric=hr above=120");
    flow_init(&flow, &rules);
    vitals(&flow, 0, "\"spo2\":85,\"hr\":130,\"consciousness\":\"A\"");
    vitals(&flow, 20, "\"spo2\":85,\"hr\":130,\"consciousness\":\"A\"");
    flow_save(&flow, &file);
    size_t head = 24;
    for (size_t n = head; n + 4 < file.n; n += 7) {
        struct loader loader = {.p = file.p, .n = n, .at = head};
        struct cw_error err;
        flow_init(&later, &rules);
        if (engine_load(later.engine, &loader, &err) == 0)
            fail_msg("%zu of %zu bytes were taken for a whole state", n, file.n);
        flow_done(&later);
    }
    flow_done(&flow);
    buf_done(&file);
    flow_rules_done(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_goes_on_over_a_reload),
        cmocka_unit_test(an_alarm_is_not_told_again_after_a_reload),
        cmocka_unit_test(the_alarm_of_a_rule_that_is_gone_is_cleared),
        cmocka_unit_test(the_alarm_of_a_changed_rule_is_judged_by_the_new_one),
        cmocka_unit_test(a_state_of_other_rules_is_loaded_for_what_fits),
        cmocka_unit_test(a_state_that_ends_too_early_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
