/*
 * test_lines.c - lines for the database: tags, measurements, room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/series/series.h"
#include "flow/flow_run.h"

#define T0_NS (INT64_C(1763865851) * NS_PER_S)

static void apply(struct flow *flow, uint8_t kind, const char *topic, int second,
                  struct cw_str payload)
{
    struct record record = {
        .kind = kind,
        .arrived_ns = T0_NS + second * NS_PER_S,
        .topic = str_of(topic),
        .payload = flow_keep(payload),
    };
    engine_apply(flow->engine, &record, flow_position((uint32_t)second));
    free((char *)record.payload.p);
}

static void values_go_to_the_measurement_of_their_metric(void **state)
{
    (void)state;
    struct flow_rules rules;
    struct flow flow;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    apply(&flow, RECORD_MESSAGE, "care/v1/s1/bed-1/telemetry", 0,
          CW_STR("{\"hr\":72,\"co2\":600,\"in_bed\":true,\"spo2\":97,\"own\":1.50}"));
    assert_string_equal(buf_text(&flow.lines),
                        "vitals,device=bed-1,district=jinjiang,site=s1 hr=72,spo2=97 "
                        "1763865851000000000\n"
                        "bed,device=bed-1,district=jinjiang,site=s1 in_bed=true "
                        "1763865851000000000\n"
                        "room,device=bed-1,district=jinjiang,site=s1 co2=600 "
                        "1763865851000000000\n"
                        "device,device=bed-1,district=jinjiang,site=s1 own=1.50 "
                        "1763865851000000000\n");
    flow_done(&flow);
    flow_rules_done(&rules);
}

static void a_site_that_moves_gets_new_tags(void **state)
{
    (void)state;
    static const char *const topic = "care/v1/s1/bed-1/telemetry";
    struct flow_rules rules;
    struct flow flow;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    apply(&flow, RECORD_MESSAGE, topic, 0, CW_STR("{\"hr\":72}"));
    apply(
        &flow, RECORD_REGISTRY, "site", 1,
        CW_STR(
            "{\"site\":\"s1\",\"kind\":\"institution\",\"district\":\"wuhou\",\"by\":\"li\"}"));
    buf_clear(&flow.lines);
    apply(&flow, RECORD_MESSAGE, topic, 2, CW_STR("{\"hr\":72}"));
    assert_string_equal(
        buf_text(&flow.lines),
        "vitals,device=bed-1,district=wuhou,site=s1 hr=72 1763865853000000000\n");
    flow_done(&flow);
    flow_rules_done(&rules);
}

/* More than the room for lines holds at a time. */
static void a_message_of_many_points_loses_none(void **state)
{
    (void)state;
    struct flow_rules rules;
    struct flow flow;
    struct buf payload;
    flow_rules_usual(&rules);
    rules.set.settings.max_payload_bytes = 1 << 20;
    rules.set.settings.max_fields = 10000;
    flow_init(&flow, &rules);
    buf_init(&payload, 1 << 20);
    for (int i = 0; i < 3000; i++)
        buf_printf(&payload, "%s{\"ts\":%lld,\"hr\":%d,\"note\":\"a text of some length\"}",
                   i ? "," : "[", (long long)(T0_NS / NS_PER_MS - 3000 + i), 60 + i % 40);
    buf_add_char(&payload, ']');
    apply(&flow, RECORD_MESSAGE, "care/v1/s1/bed-1/telemetry", 0, buf_str(&payload));
    const struct fold_counters *counters = &engine_fold(flow.engine)->counters;
    assert_int_equal(counters->n_points, 3000);
    assert_int_equal(counters->n_lines, 6000);
    size_t n_lines = 0;
    for (size_t i = 0; i < flow.lines.n; i++)
        n_lines += flow.lines.p[i] == '\n';
    assert_int_equal(n_lines, 6000);
    assert_true(flow.lines.n > 200000);
    buf_done(&payload);
    flow_done(&flow);
    flow_rules_done(&rules);
}

static void many_metrics(struct flow *flow, int second, int from, int to)
{
    struct buf payload;
    buf_init(&payload, 1 << 16);
    for (int i = from; i < to; i++)
        buf_printf(&payload, "%s\"m%d\":%d", i == from ? "{" : ",", i, i);
    buf_add_char(&payload, '}');
    apply(flow, RECORD_MESSAGE, "care/v1/s1/bed-1/telemetry", second, buf_str(&payload));
    buf_done(&payload);
}

static void a_message_that_would_pass_a_limit_is_refused_whole(void **state)
{
    (void)state;
    struct flow_rules rules;
    struct flow flow;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    many_metrics(&flow, 0, 0, 200);
    many_metrics(&flow, 1, 190, 290);
    const struct fold *fold = engine_fold(flow.engine);
    const struct device *device =
        registry_device(&fold->registry, CW_STR("s1"), CW_STR("bed-1"));
    assert_int_equal(fold->counters.refused[CW_REFUSED_LIMIT], 1);
    assert_int_equal(device->n_series, 200);
    assert_true(device->series[195].newest_ns == T0_NS);
    many_metrics(&flow, 2, 150, 256);
    assert_int_equal(device->n_series, 256);
    flow_done(&flow);
    flow_rules_done(&rules);
}

/* Nor does it bring a device into the world, and it counts as what it claimed to be. */
static void what_is_refused_leaves_no_device(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *payload;
        enum cw_refusal refusal;
    } row[] = {
        {"care/v1/s1/new/event", "{\"id\":\"1\",\"type\":\"visit.settled\",\"visit\":\"v\"}",
         CW_REFUSED_NOT_AUTHORISED},
        {"care/v1/s1/new/event", "{\"id\":\"2\",\"type\":\"nonsense\"}", CW_REFUSED_EVENT},
        {"care/v1/s1/new/telemetry", "{\"hr\":70,\"site\":\"s2\"}", CW_REFUSED_WRONG_SITE},
        {"care/v1/s1/new/telemetry", "{\"hr\":\"high\"}", CW_REFUSED_SHAPE},
        {"care/v1/s1/new/event", "{\"id\":", CW_REFUSED_SYNTAX},
        {"care/v1/s1/new/status", "{\"online\":\"perhaps\"}", CW_REFUSED_EVENT},
        {"care/v1/s1/new/roster", "{\"devices\":7}", CW_REFUSED_SHAPE},
    };
    struct flow_rules rules;
    struct flow flow;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    const struct fold *fold = engine_fold(flow.engine);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        uint64_t n = fold->counters.refused[row[i].refusal];
        apply(&flow, RECORD_MESSAGE, row[i].topic, (int)i, str_of(row[i].payload));
        const struct site *site = registry_site(&fold->registry, CW_STR("s1"));
        if (fold->counters.refused[row[i].refusal] != n + 1 ||
            registry_device(&fold->registry, CW_STR("s1"), CW_STR("new")) ||
            site->n_devices != 0 || site->n_surplus != 0 || site->first_device)
            fail_msg("%s", row[i].payload);
    }
    assert_int_equal(fold->counters.n_events, 3);
    assert_int_equal(fold->counters.n_status, 1);
    assert_int_equal(fold->counters.n_rosters, 1);
    flow_done(&flow);
    flow_rules_done(&rules);
}

/* A field must not have the name of a tag, nor of the time; its neighbours are written. */
static void names_of_tags_are_no_fields(void **state)
{
    (void)state;
    struct flow_rules rules;
    struct flow flow;
    flow_rules_usual(&rules);
    flow_init(&flow, &rules);
    apply(&flow, RECORD_MESSAGE, "care/v1/s1/bed-1/telemetry", 0,
          CW_STR("{\"hr\":70,\"site\":\"s1\",\"device\":\"x\",\"time\":5,\"odd\":1}"));
    const struct fold *fold = engine_fold(flow.engine);
    assert_int_equal(registry_device(&fold->registry, CW_STR("s1"), CW_STR("bed-1"))->n_series,
                     5);
    const char *out = buf_text(&flow.lines);
    assert_non_null(strstr(out, " hr=70 "));
    assert_non_null(strstr(out, " odd=1 "));
    assert_null(strstr(out, "time="));
    assert_null(strstr(out, " site="));
    assert_null(strstr(out, " device="));
    flow_done(&flow);
    flow_rules_done(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_to_the_measurement_of_their_metric),
        cmocka_unit_test(a_site_that_moves_gets_new_tags),
        cmocka_unit_test(a_message_of_many_points_loses_none),
        cmocka_unit_test(a_message_that_would_pass_a_limit_is_refused_whole),
        cmocka_unit_test(what_is_refused_leaves_no_device),
        cmocka_unit_test(names_of_tags_are_no_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
