/*
 * test_merge.c - what came through a door: in its place, with its own time, and late when it
 * waited there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define T0_MS INT64_C(1763865851000)
#define HOUR 3600

struct bench {
    struct flow_rules rules;
    struct flow flow;
    uint32_t n;    /* records of the daemon's journal */
    uint64_t door; /* where its next stretch begins */
};

static void bench_begin(struct bench *bench)
{
    *bench = (struct bench){.door = 64};
    flow_rules_begin(&bench->rules);
    flow_builtin(&bench->rules);
    flow_detector(&bench->rules, "spo2-low", &carewatch_plugin_detect_threshold,
                  "metric=spo2 below=90 clear=92");
    flow_detector(&bench->rules, "help-call", &carewatch_plugin_detect_event,
                  "raise=call.pressed clear=call.answered")
        ->pages_late = true;
    flow_init(&bench->flow, &bench->rules);
}

static void bench_end(struct bench *bench)
{
    flow_done(&bench->flow);
    flow_rules_done(&bench->rules);
}

static int64_t at_ns(int second)
{
    return (T0_MS + (int64_t)second * 1000) * NS_PER_MS;
}

static const char *told(struct bench *bench)
{
    return buf_text(&bench->flow.told);
}

static void apply(struct bench *bench, struct record record, int second)
{
    record.arrived_ns = at_ns(second);
    engine_apply(bench->flow.engine, &record, flow_position(bench->n++));
}

/* The merge record of a stretch of so many. */
static void merge(struct bench *bench, uint32_t n, int second)
{
    struct merge merge = {.source = "city",
                          .from = {1, bench->door},
                          .end = bench->door + 100 * (uint64_t)n,
                          .n_records = n,
                          .created_ns = 7};
    struct buf text;
    buf_init(&text, 1024);
    merge_write(&merge, &text);
    apply(bench, (struct record){.kind = RECORD_MERGE, .payload = buf_str(&text)}, second);
    bench->door = merge.end;
    buf_done(&text);
}

static void merged(struct bench *bench, uint8_t kind, const char *topic, int arrived,
                   const char *payload)
{
    char room[512] = "";
    (void)snprintf(room, sizeof(room) - FLOW_PADDING, "%s", payload);
    struct record record = {.kind = kind,
                            .topic = str_of(topic),
                            .payload = str_of(room),
                            .arrived_ns = at_ns(arrived)};
    engine_apply_merged(bench->flow.engine, &record);
}

static void telemetry(struct bench *bench, int arrived, const char *payload)
{
    merged(bench, RECORD_MESSAGE, "care/v1/s1/bed-1/telemetry", arrived, payload);
}

static void boot(struct bench *bench, int second)
{
    apply(bench, (struct record){.kind = RECORD_BOOT, .topic = CW_STR("boot")}, second);
}

/* ---- time ---- */

static void a_value_that_just_came_is_told_of(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 0);
    merge(&bench, 1, 10);
    telemetry(&bench, 9, "{\"ts\":1763865860000,\"spo2\":80}");
    assert_non_null(strstr(told(&bench), "\"rule\":\"spo2-low\""));
    bench_end(&bench);
}

static void what_waited_at_the_door_is_history(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 3 * HOUR);
    merge(&bench, 2, 3 * HOUR + 1);
    telemetry(&bench, 9, "{\"ts\":1763865860000,\"spo2\":80}");
    telemetry(&bench, 11, "{\"spo2\":81}");
    assert_null(strstr(told(&bench), "\"rule\":\"spo2-low\""));
    /* It is written down at its own time, with and without one of the device's. */
    assert_non_null(strstr(told(&bench), "spo2=80 1763865860000000000"));
    assert_non_null(strstr(told(&bench), "spo2=81 1763865862000000000"));
    bench_end(&bench);
}

static void a_call_that_waited_still_pages(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 3 * HOUR);
    merge(&bench, 1, 3 * HOUR + 1);
    merged(&bench, RECORD_MESSAGE, "care/v1/s1/desk/event", 9,
           "{\"id\":\"e1\",\"type\":\"call.pressed\",\"bed\":\"1\"}");
    /* It waits a little whether an answer waited behind it. */
    engine_advance(bench.flow.engine, at_ns(3 * HOUR + 120));
    const char *call = strstr(told(&bench), "\"rule\":\"help-call\"");
    assert_non_null(call);
    assert_non_null(strstr(call, "\"delayed\":true"));
    bench_end(&bench);
}

/* ---- one position ---- */

static struct {
    struct position at;
    uint32_t ordinal;
    char id[64];
} seen[8];
static size_t n_seen;

static void see(void *ctx, const struct transition *transition)
{
    (void)ctx;
    assert_true(n_seen < sizeof(seen) / sizeof(seen[0]));
    seen[n_seen].at = transition->at;
    seen[n_seen].ordinal = transition->ordinal;
    (void)str_copy(seen[n_seen].id, sizeof(seen[n_seen].id), str_of(transition->alarm->id));
    n_seen++;
}

static void a_stretch_has_one_position_and_counts_on(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    bench.flow.sink.transition = see;
    n_seen = 0;
    boot(&bench, 0);
    merge(&bench, 3, 10);
    for (int i = 0; i < 3; i++) {
        char call[128];
        (void)snprintf(call, sizeof(call),
                       "{\"id\":\"e%d\",\"type\":\"call.pressed\",\"bed\":\"%d\"}", i, i);
        merged(&bench, RECORD_MESSAGE, "care/v1/s1/desk/event", 9, call);
    }
    assert_int_equal(n_seen, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(position_cmp(seen[i].at, flow_position(bench.n - 1)), 0);
        assert_int_equal(seen[i].ordinal, i);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i].id, seen[j].id);
    }
    bench_end(&bench);
}

/* ---- kept ---- */

static void the_cursor_is_in_the_snapshot(void **state)
{
    struct bench bench, restored;
    struct buf file;
    struct cw_error err = {""};
    (void)state;
    bench_begin(&bench);
    boot(&bench, 0);
    merge(&bench, 2, 10);
    telemetry(&bench, 8, "{\"spo2\":97}");
    telemetry(&bench, 9, "{\"spo2\":96}");
    flow_save(&bench.flow, &file);
    bench_begin(&restored);
    assert_int_equal(flow_load(&restored.flow, &file, &err), 0);
    const struct door_cursor *cursor =
        door_cursors_find(&engine_fold(restored.flow.engine)->doors, CW_STR("city"));
    assert_non_null(cursor);
    assert_int_equal(cursor->next.epoch, 1);
    assert_int_equal(cursor->next.offset, 264);
    assert_int_equal(cursor->created_ns, 7);
    buf_done(&file);
    bench_end(&bench);
    bench_end(&restored);
}

static void a_damaged_merge_record_moves_no_cursor(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 0);
    apply(&bench, (struct record){.kind = RECORD_MERGE, .payload = CW_STR("{\"source\":1}")},
          1);
    assert_int_equal(engine_fold(bench.flow.engine)->doors.n, 0);
    bench_end(&bench);
}

/* ---- what the door says of itself ---- */

static void a_torn_end_of_the_door_is_its_alarm_and_no_boot_of_ours(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 0);
    apply(&bench, (struct record){.kind = RECORD_LINK, .source = 1, .payload = CW_STR("up")},
          1);
    merge(&bench, 1, 10);
    merged(&bench, RECORD_DISK, "", 9,
           "{\"state\":\"recovered\",\"segment\":\"0000.seg\",\"cut_at\":64,\"cut_bytes\":8}");
    assert_non_null(strstr(told(&bench), "\"subject\":\"daemon:door:city\""));
    assert_null(strstr(told(&bench), "journal"));
    assert_true(engine_fold(bench.flow.engine)->linked);
    bench_end(&bench);
}

static void only_messages_count_otherwise(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench);
    boot(&bench, 0);
    apply(&bench, (struct record){.kind = RECORD_LINK, .source = 1, .payload = CW_STR("up")},
          1);
    merge(&bench, 3, 10);
    merged(&bench, RECORD_LINK, "", 9, "down");
    merged(&bench, RECORD_BOOT, "boot", 9, "{}");
    merged(&bench, RECORD_COMMAND, "ack", 9, "{\"alarm\":\"x\",\"by\":\"y\"}");
    assert_true(engine_fold(bench.flow.engine)->linked);
    assert_string_equal(told(&bench), "");
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_that_just_came_is_told_of),
        cmocka_unit_test(what_waited_at_the_door_is_history),
        cmocka_unit_test(a_call_that_waited_still_pages),
        cmocka_unit_test(a_stretch_has_one_position_and_counts_on),
        cmocka_unit_test(the_cursor_is_in_the_snapshot),
        cmocka_unit_test(a_damaged_merge_record_moves_no_cursor),
        cmocka_unit_test(a_torn_end_of_the_door_is_its_alarm_and_no_boot_of_ours),
        cmocka_unit_test(only_messages_count_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
