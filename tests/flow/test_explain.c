/*
 * test_explain.c - why a rule spoke of a device, and each reason why it did not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alarm/schedule.h"
#include "core/series/explain.h"
#include "flow/flow_run.h"

extern const struct cw_plugin carewatch_plugin_detect_absence_after;

#define T0_NS (INT64_C(1763865851) * NS_PER_S) /* 10:44 in China */

static struct schedule night = {.name = "night", .n_spans = 1};
static struct term away;

struct bench {
    struct flow_rules rules;
    struct flow flow;
};

static void bench_open(struct bench *bench)
{
    flow_rules_begin(&bench->rules);
    struct rule *rule = flow_detector(&bench->rules, "low", &carewatch_plugin_detect_threshold,
                                      "metric=spo2 below=90 clear=92 for=15s");
    rule = flow_detector(&bench->rules, "by-night", &carewatch_plugin_detect_threshold,
                         "metric=spo2 below=95");
    assert_int_equal(schedule_parse_span(CW_STR("22:00-06:00"), &night.span[0], NULL), 0);
    rule->when = &night;
    rule = flow_detector(&bench->rules, "at-home", &carewatch_plugin_detect_threshold,
                         "metric=spo2 below=95");
    assert_int_equal(term_parse(&away, CW_STR("resident.away"), NULL), 0);
    rule->unless = &away;
    rule->n_unless = 1;
    rule = flow_detector(&bench->rules, "elsewhere", &carewatch_plugin_detect_threshold,
                         "metric=spo2 below=95");
    rule->device = "exit*";
    flow_detector(&bench->rules, "bed", &carewatch_plugin_detect_absence_after,
                  "trigger=in_bed:false expect=in_bed:true within=20m");
    flow_detector(&bench->rules, "own-bed", &carewatch_plugin_detect_absence_after,
                  "trigger=in_bed:false expect=in_bed:true within=20m personal=true learn=3 "
                  "nights=3 factor=2");
    assert_int_equal(zone_parse(&bench->rules.set.zone, CW_STR("CST-8"), NULL), 0);
    flow_builtin(&bench->rules);
    flow_init(&bench->flow, &bench->rules);
}

static void bench_close(struct bench *bench)
{
    flow_done(&bench->flow);
    flow_rules_done(&bench->rules);
}

static void say(struct bench *bench, int second, const char *topic, const char *payload)
{
    char room[512] = "";
    snprintf(room, sizeof(room) - FLOW_PADDING, "%s", payload);
    struct record record = {
        .kind = RECORD_MESSAGE,
        .source = 1,
        .arrived_ns = T0_NS + second * NS_PER_S,
        .topic = str_of(topic),
        .payload = str_of(room),
    };
    engine_apply(bench->flow.engine, &record, flow_position((uint32_t)second));
}

/* What is said of the rule over bed-1 at a second; seconds < 0: now. */
static const char *explained(struct bench *bench, const char *rule_name, int second)
{
    static char text[16384];
    const struct fold *fold = engine_fold(bench->flow.engine);
    const struct rule *rule = ruleset_find(fold->rules, str_of(rule_name));
    const struct device *device =
        registry_device(&fold->registry, CW_STR("s1"), CW_STR("bed-1"));
    int64_t at_ns = second < 0 ? fold->now_ns : T0_NS + second * NS_PER_S;
    struct explained explained;
    struct json_out out;
    struct buf buf, before, after;
    assert_non_null(rule);
    assert_non_null(device);
    flow_save(&bench->flow, &before);
    explain_device(fold, rule, device, at_ns, &explained);
    buf_init(&buf, sizeof(text));
    json_out_init(&out, &buf);
    json_object(&out);
    explain_json(fold, &explained, &out);
    json_object_end(&out);
    assert_true(str_copy(text, sizeof(text), buf_str(&buf)));
    flow_save(&bench->flow, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after))); /* it only looked */
    buf_done(&buf);
    buf_done(&before);
    buf_done(&after);
    return text;
}

static void assert_says(struct bench *bench, const char *rule, int second, const char *part)
{
    const char *text = explained(bench, rule, second);
    if (!strstr(text, part))
        fail_msg("%s at %d: no %s in %s", rule, second, part, text);
}

#define BED "care/v1/s1/bed-1/telemetry"

static void every_reason_has_its_word(void **state)
{
    (void)state;
    static struct bench bench;
    bench_open(&bench);
    say(&bench, 0, "care/v1/s1/gw/roster",
        "{\"site\":{},\"devices\":[{\"device\":\"bed-1\",\"resident\":\"r-1\","
        "\"class\":\"25h\"}]}");
    assert_says(&bench, "low", -1, "\"code\":\"no_input\"");
    assert_says(&bench, "device-silent", -1, "\"code\":\"built_in\"");
    say(&bench, 1, BED, "{\"spo2\":97,\"in_bed\":true}");
    assert_says(&bench, "low", -1, "\"code\":\"normal\"");
    assert_says(&bench, "low", -1, "\"subject\":\"s1/bed-1/spo2\",\"level\":\"normal\"");
    assert_says(&bench, "low", -1,
                "\"values\":[{\"at\":\"2025-11-23T02:44:12.000Z\","
                "\"value\":97}]");
    assert_says(&bench, "low", -1,
                "\"thresholds\":{\"metric\":\"spo2\",\"below\":\"90\","
                "\"clear\":\"92\",\"for\":\"15s\"");
    say(&bench, 10, BED, "{\"spo2\":85,\"in_bed\":false}");
    assert_says(&bench, "by-night", -1, "\"code\":\"when\"");
    assert_says(&bench, "by-night", -1,
                "\"suppressors\":[{\"when\":\"night\",\"holds\":true,"
                "\"until\":\"2025-11-23T14:00:00.000Z\"}]");
    assert_says(&bench, "elsewhere", -1, "\"code\":\"not_here\"");
    assert_says(&bench, "at-home", -1, "\"code\":\"told\"");
    assert_says(&bench, "bed", -1, "\"code\":\"waits\"");
    assert_says(&bench, "bed", -1, "\"deadline\":\"2025-11-23T03:04:21.000Z\"");
    say(&bench, 30, BED, "{\"spo2\":84}");
    assert_says(&bench, "low", -1, "\"code\":\"told\"");
    assert_says(&bench, "low", 5, "\"told\":false"); /* as it was */
    assert_says(&bench, "low", 5,
                "\"values\":[{\"at\":\"2025-11-23T02:44:12.000Z\","
                "\"value\":97}]");
    say(&bench, 40, BED, "{\"spo2\":98}");
    say(&bench, 50, "care/v1/s1/gw/event",
        "{\"id\":\"1\",\"type\":\"resident.away\",\"resident\":\"r-1\"}");
    say(&bench, 60, BED, "{\"spo2\":85}");
    assert_says(&bench, "at-home", -1, "\"code\":\"unless\"");
    assert_says(&bench, "at-home", -1,
                "{\"unless\":\"resident.away\",\"holds\":true,\"since\"");
    assert_says(&bench, "at-home", 35, "\"code\":\"told\"");
    bench_close(&bench);
}

static void an_alarm_knows_its_watch(void **state)
{
    (void)state;
    static struct bench bench;
    struct explained explained;
    const struct alarm *alarm;
    bench_open(&bench);
    say(&bench, 0, BED, "{\"in_bed\":true}");
    say(&bench, 1, BED, "{\"in_bed\":false}");
    say(&bench, 2000, BED, "{\"hr\":60}");
    const struct fold *fold = engine_fold(bench.flow.engine);
    alarm = alarm_open(&fold->alarms, CW_STR("bed"), CW_STR("s1/device:bed-1"));
    assert_non_null(alarm);
    assert_true(explain_alarm(fold, alarm, &explained));
    assert_string_equal(explained.rule->name, "bed");
    assert_non_null(explained.watch);
    assert_non_null(explained.device);
    struct alarm gone = *alarm;
    snprintf(gone.rule, sizeof(gone.rule), "no-rule");
    assert_false(explain_alarm(fold, &gone, &explained));
    bench_close(&bench);
}

/* Out of bed once a night, a few minutes each; then an alarm after twice as long as usual. */
static void an_alarm_knows_the_nights_of_the_person(void **state)
{
    (void)state;
    static struct bench bench;
    const int a_night = 86400;
    bench_open(&bench);
    say(&bench, 0, "care/v1/s1/gw/roster",
        "{\"site\":{},\"devices\":[{\"device\":\"bed-1\",\"resident\":\"r-1\","
        "\"class\":\"25h\"}]}");
    say(&bench, 1, BED, "{\"in_bed\":true}");
    assert_says(&bench, "own-bed", -1,
                "\"learned\":{\"limit_s\":1200,\"personal\":0,\"times\":0,\"nights\":0}");
    for (int i = 0; i < 3; i++) {
        say(&bench, i * a_night + 60, BED, "{\"in_bed\":false}");
        say(&bench, i * a_night + 60 + 420, BED, "{\"in_bed\":true}");
    }
    assert_says(&bench, "own-bed", -1,
                "\"learned\":{\"limit_s\":840,\"personal\":1,\"usual_s\":420,\"times\":3,"
                "\"nights\":3}");
    assert_null(strstr(explained(&bench, "bed", -1), "learned"));
    say(&bench, 3 * a_night, BED, "{\"in_bed\":false}");
    say(&bench, 3 * a_night + 839, BED, "{\"hr\":60}");
    assert_says(&bench, "own-bed", -1, "\"code\":\"waits\"");
    say(&bench, 3 * a_night + 841, BED, "{\"hr\":60}");
    const struct fold *fold = engine_fold(bench.flow.engine);
    const struct alarm *alarm =
        alarm_open(&fold->alarms, CW_STR("own-bed"), CW_STR("s1/resident:r-1"));
    assert_non_null(alarm);
    assert_int_equal((int)alarm->limit, 840);
    assert_says(&bench, "own-bed", -1, "\"limit_s\":840,\"personal\":1");
    assert_says(&bench, "bed", -1, "\"code\":\"waits\"");
    /* whoever does not consent to the bed is not told of by its habits either */
    say(&bench, 3 * a_night + 900, "care/v1/s1/gw/roster",
        "{\"site\":{},\"devices\":[{\"device\":\"bed-1\",\"resident\":\"r-1\","
        "\"class\":\"25h\"}],\"residents\":[{\"resident\":\"r-1\","
        "\"consent\":{\"bed\":false}}]}");
    assert_says(&bench, "own-bed", -1, "\"withheld\":\"bed\"");
    assert_null(strstr(explained(&bench, "own-bed", -1), "learned"));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_word),
        cmocka_unit_test(an_alarm_knows_its_watch),
        cmocka_unit_test(an_alarm_knows_the_nights_of_the_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
