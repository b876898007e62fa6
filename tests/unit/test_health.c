/*
 * test_health.c - what the daemon says about itself becomes one alarm each, and ends by
 * itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/health.h"
#include "unit/fold_bench.h"

static void say(struct bench *bench, const char *text)
{
    health_disk(&bench->fold, doc_of(&bench->doc, text));
}

static void told(struct bench *bench, const char *want)
{
    assert_string_equal(buf_text(&bench->told), want);
    buf_clear(&bench->told);
}

static void a_record_becomes_an_alarm_with_a_stable_subject(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"{'what':'influx_behind','of':'','state':'bad','detail':'for 300 s'}",
         "raised influx_behind daemon:influx for 300 s;"},
        {"{'what':'channel_dead','of':'desk','state':'bad'}",
         "raised channel_dead daemon:channel:desk;"},
        {"{'what':'journal_full','state':'bad','detail':''}",
         "raised journal_full daemon:journal;"},
        {"{'what':'store_failed','state':'good'}", ""},
        {"{'what':'of_a_later_version','state':'bad'}", ""},
        {"{'what':'journal_full'}", ""},
        {"{'what':7,'state':'bad'}", ""},
        {"[]", ""},
        /* The journal's own. */
        {"{'state':'recovered','segment':'0.seg','cut_at':64,'cut_bytes':51}",
         "raised journal_recovered daemon:journal 0.seg;"
         "cleared journal_recovered daemon:journal;"},
        {"{'state':'recovered','segment':'0.seg','cut_at':64,'why':'failed'}",
         "raised journal_failed daemon:journal 0.seg;cleared journal_failed daemon:journal;"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *bench = bench_new();
        say(bench, rows[i].text);
        told(bench, rows[i].told);
        bench_free(bench);
    }
}

static void it_is_one_alarm_until_it_is_over(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const struct health_condition *dead = NULL;
    for (const struct health_condition *c = health_conditions; c->what; c++) {
        if (strcmp(c->what, CONDITION_CHANNEL_DEAD) == 0)
            dead = c;
    }
    say(bench, "{'what':'channel_dead','of':'desk','state':'bad'}");
    say(bench, "{'what':'channel_dead','of':'desk','state':'bad'}");
    say(bench, "{'what':'channel_dead','of':'sms','state':'bad'}");
    assert_int_equal(bench->fold.alarms.n_open, 2);
    assert_true(health_is_bad(&bench->fold, dead, CW_STR("desk")));
    say(bench, "{'what':'channel_dead','of':'desk','state':'good'}");
    say(bench, "{'what':'channel_dead','of':'desk','state':'good'}");
    assert_false(health_is_bad(&bench->fold, dead, CW_STR("desk")));
    assert_true(health_is_bad(&bench->fold, dead, CW_STR("sms")));
    told(bench, "raised channel_dead daemon:channel:desk;raised channel_dead "
                "daemon:channel:sms;cleared channel_dead daemon:channel:desk;");
    bench_free(bench);
}

static void a_step_of_the_clock_is_told_once_and_waits_for_a_person(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    health_clock_step(&bench->fold, doc_of(&bench->doc, "{'step_ns':-3600000000000}"));
    const struct alarm *alarm = alarm_open(&bench->fold.alarms, CW_STR(CONDITION_CLOCK_STEPPED),
                                           CW_STR("daemon:clock"));
    assert_non_null(alarm);
    assert_int_equal(alarm->state, ALARM_RTN_UNACK);
    assert_true(alarm->value == -3600);
    health_clock_step(&bench->fold, doc_of(&bench->doc, "{'step_ns':2000000000}"));
    assert_int_equal(alarm->count, 2);
    health_clock_step(&bench->fold, doc_of(&bench->doc, "{'step_ns':'much'}"));
    health_clock_step(&bench->fold, doc_of(&bench->doc, "{}"));
    assert_int_equal(alarm->count, 2);
    bench_free(bench);
}

static void an_alarm_leads_back_to_its_condition(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    struct alarm *alarm;
    struct cw_str of;
    say(bench, "{'what':'broker_down','of':'tcp://a:1883','state':'bad'}");
    say(bench, "{'what':'store_failed','state':'bad'}");
    alarm = alarm_open(&bench->fold.alarms, CW_STR(CONDITION_BROKER_DOWN),
                       CW_STR("daemon:broker:tcp://a:1883"));
    assert_non_null(alarm);
    assert_string_equal(alarm->text_en, " (tcp://a:1883)");
    assert_string_equal(health_of_alarm(&bench->fold, alarm, &of)->what, "broker_down");
    assert_true(str_is(of, "tcp://a:1883"));
    alarm =
        alarm_open(&bench->fold.alarms, CW_STR(CONDITION_STORE_FAILED), CW_STR("daemon:store"));
    assert_string_equal(health_of_alarm(&bench->fold, alarm, &of)->what, "store_failed");
    assert_int_equal(of.n, 0);
    struct alarm_desc desc = {.rule = ruleset_builtin(&bench->rules, CONDITION_UNKNOWN_SITE),
                              .subject = CW_STR("s9")};
    assert_null(health_of_alarm(&bench->fold, alarm_raise(&bench->fold, &desc), &of));
    bench_free(bench);
}

static void a_name_without_end_is_cut(void **state)
{
    (void)state;
    char name[500], room[MAX_ALARM_SUBJECT];
    memset(name, 'x', sizeof(name));
    struct cw_str subject =
        health_subject(&health_conditions[0], (struct cw_str){name, sizeof(name)}, room);
    assert_true(subject.n < MAX_ALARM_SUBJECT && subject.n > MAX_ALARM_SUBJECT / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_becomes_an_alarm_with_a_stable_subject),
        cmocka_unit_test(it_is_one_alarm_until_it_is_over),
        cmocka_unit_test(a_step_of_the_clock_is_told_once_and_waits_for_a_person),
        cmocka_unit_test(an_alarm_leads_back_to_its_condition),
        cmocka_unit_test(a_name_without_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
