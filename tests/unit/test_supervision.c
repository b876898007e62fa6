/*
 * test_supervision.c - who is alive: classes, last wills, life without data, and no judgement
 * while we are deaf ourselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/series/series.h"
#include "unit/beds.h"

/* One device beside a lively one: when is it called silent, with its class as named? */
static void each_class_has_its_deadline(void **state)
{
    (void)state;
    static const struct {
        const char *class_text;
        int64_t silent_s;
    } rows[] = {{"90s", 90},     {"180s", 180}, {"5h", 18000}, {"25h", 90000},
                {"1h30m", 5400}, {"20s", 20},   {"3d", 259200}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *bench = bench_new();
        char text[200];
        snprintf(text, sizeof(text),
                 "{'devices':[{'device':'bed-1','class':'%s'},"
                 "{'device':'bed-2','class':'%s'}]}",
                 rows[i].class_text, rows[i].class_text);
        bench_roster(bench, "s1", text);
        bench_heard(bench, "s1", "bed-1");
        bench_at(bench, (rows[i].silent_s - 1) * S);
        bench_heard(bench, "s1", "bed-2");
        assert_string_equal(bench_told(bench), "");
        assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
        bench_at(bench, rows[i].silent_s * S);
        assert_string_equal(bench_told(bench), "raised device_silent s1/bed-1;");
        assert_string_equal(bench_connection(bench, "s1", "bed-1"), "silent");
        bench_heard(bench, "s1", "bed-1");
        assert_string_equal(bench_told(bench), "cleared device_silent s1/bed-1 heard;");
        assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
        bench_free(bench);
    }
}

static void hearing_does_not_touch_the_heap(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 80, 14);
    uint32_t n = bench->fold.timers.n;
    for (int i = 0; i < 1000; i++)
        bench_heard(bench, "s1", "bed-1");
    assert_int_equal(bench->fold.timers.n, n);
    bench_free(bench);
}

static void a_declared_device_that_never_spoke_is_silent_too(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "unknown");
    speak(bench, 0, 100, 4 | 8);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-1;");
    bench_free(bench);
}

static void an_undeclared_device_becomes_unknown_without_alarm(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_heard(bench, "s1", "stray");
    assert_string_equal(bench_connection(bench, "s1", "stray"), "online");
    bench_at(bench, 10 * HOUR);
    assert_string_equal(bench_connection(bench, "s1", "stray"), "unknown");
    assert_string_equal(bench_connection(bench, "s1", NULL), "unknown");
    assert_string_equal(bench_told(bench), "");
    bench_heard(bench, "s1", "stray");
    assert_string_equal(bench_connection(bench, "s1", "stray"), "online");
    assert_string_equal(bench_connection(bench, "s1", NULL), "online");
    bench_free(bench);
}

static void an_undeclared_device_that_named_its_class_is_supervised(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_status(bench, "s1", "stray", "{'online':true,'class':'90s'}");
    bench_roster(bench, "s1", "{'devices':[{'device':'other','class':'5h'}]}");
    bench_at(bench, 80 * S);
    bench_heard(bench, "s1", "other");
    bench_at(bench, 89 * S);
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 130 * S);
    assert_string_equal(bench_connection(bench, "s1", "stray"), "silent");
    assert_string_equal(bench_told(bench), "raised device_silent s1/stray;");
    bench_free(bench);
}

static void a_wrong_clock_is_a_connection_of_its_own(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    struct device *bed = bench_device(bench, "s1", "bed-1");
    bed->reading.clock_fault = true;
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "clock_fault");
    speak(bench, 0, 100, 12);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-1;");
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_told(bench), "cleared device_silent s1/bed-1 heard;");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "clock_fault");
    bed->reading.clock_fault = false;
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
    bench_free(bench);
}

static void a_bad_status_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cw_refusal refusal;
    } rows[] = {{"[]", CW_REFUSED_SHAPE},
                {"'online'", CW_REFUSED_SHAPE},
                {"{'online':1}", CW_REFUSED_EVENT},
                {"{'online':false,'class':'soon'}", CW_REFUSED_EVENT},
                {"{'online':false,'class':'0'}", CW_REFUSED_EVENT},
                {"{'online':false,'class':'100d'}", CW_REFUSED_EVENT},
                {"{'online':false,'ts':'today'}", CW_REFUSED_EVENT}};
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    bench_heard(bench, "s1", "bed-1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(bench_status(bench, "s1", "bed-1", rows[i].text), rows[i].refusal);
        assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
    }
    bench_free(bench);
}

static void a_last_will_is_silence_at_once(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 20, 14);
    assert_int_equal(bench_status(bench, "s1", "bed-1", "{'online':false}"), CW_ACCEPTED);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "silent");
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-1;");
    assert_int_equal(bench_status(bench, "s1", "bed-1", "{'online':false}"), CW_ACCEPTED);
    assert_string_equal(bench_told(bench), "");
    assert_int_equal(bench_status(bench, "s1", "bed-1", "{'online':true}"), CW_ACCEPTED);
    assert_string_equal(bench_told(bench), "cleared device_silent s1/bed-1 heard;");
    bench_free(bench);
}

static void a_retained_status_is_no_sign_of_life(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    struct site *site = bench_site(bench, "s1");
    struct device *bed = bench_device(bench, "s1", "bed-1");
    const struct cw_doc *doc = doc_of(&bench->doc, "{'online':true,'class':'180s'}");
    supervision_status(&bench->fold, site, bed, doc, true, &bench->err);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "unknown");
    assert_int_equal(bed->class_ns, 180 * S);
    bench_heard(bench, "s1", "bed-1");
    doc = doc_of(&bench->doc, "{'online':false}");
    supervision_status(&bench->fold, site, bed, doc, true, &bench->err);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "online");
    bench_free(bench);
}

/* Heartbeats without data, for three intervals. */
static void alive_without_data_is_a_state_of_its_own(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1",
                 "{'devices':[{'device':'bed-1','kind':'bed_mat','class':'90s'},"
                 "{'device':'bed-2','kind':'bed_mat','class':'90s'},"
                 "{'device':'call-1','kind':'call_button','class':'90s'}]}");
    bench_heard(bench, "s1", "bed-1");
    bench_heard(bench, "s1", "call-1");
    for (int64_t at_s = 10; at_s <= 300; at_s += 10) {
        bench_at(bench, at_s * S);
        bench_status(bench, "s1", "bed-1", "{'online':true}");
        bench_status(bench, "s1", "call-1", "{'online':true}");
        bench_heard(bench, "s1", "bed-2");
        assert_string_equal(bench_connection(bench, "s1", "bed-1"),
                            at_s < 270 ? "online" : "alive_no_data");
    }
    assert_string_equal(bench_told(bench), "raised alive_no_data s1/bed-1;");
    bench_heard(bench, "s1", "bed-1");
    assert_string_equal(bench_told(bench), "cleared alive_no_data s1/bed-1 heard;");
    bench_free(bench);
}

static void no_data_that_becomes_silence_is_one_alarm(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    bench_heard(bench, "s1", "bed-1");
    for (int64_t at_s = 10; at_s <= 500; at_s += 10) {
        bench_at(bench, at_s * S);
        if (at_s <= 300)
            bench_status(bench, "s1", "bed-1", "{'online':true}");
        bench_heard(bench, "s1", "bed-2");
        bench_heard(bench, "s1", "bed-3");
    }
    assert_string_equal(bench_told(bench),
                        "raised alive_no_data s1/bed-1;cleared alive_no_data s1/bed-1 silent;"
                        "raised device_silent s1/bed-1;");
    bench_free(bench);
}

static void nothing_is_judged_while_we_are_deaf(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", BEDS_AND_GATEWAY);
    speak(bench, 0, 100, 15);
    supervision_link(&bench->fold, false);
    assert_string_equal(bench_connection(bench, "s1", "bed-1"), "unknown");
    assert_string_equal(bench_connection(bench, "s1", NULL), "unknown");
    bench_at(bench, 5 * HOUR);
    assert_string_equal(bench_told(bench), "");
    supervision_link(&bench->fold, true);
    bench_at(bench, 5 * HOUR + 99 * S); /* drain and one class */
    assert_string_equal(bench_told(bench), "");
    assert_string_equal(bench_connection(bench, "s1", NULL), "unknown");
    bench_at(bench, 5 * HOUR + 120 * S);
    assert_string_equal(bench_told(bench), "raised site_silent s1;");
    bench_free(bench);
}

static void after_a_boot_deadlines_start_anew(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 200, 2 | 4);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-3;");
    assert_true(bench_reload(bench));
    bench->fold.now_ns = T0 + HOUR;
    supervision_boot(&bench->fold);
    bench_at(bench, 2 * HOUR);
    assert_string_equal(bench_told(bench), "");
    bench_heard(bench, "s1", "bed-1"); /* proves a link */
    bench_at(bench, 2 * HOUR + 30 * S);
    assert_string_equal(bench_connection(bench, "s1", "bed-2"), "unknown");
    bench_at(bench, 2 * HOUR + 85 * S);
    bench_heard(bench, "s1", "bed-1");
    bench_at(bench, 2 * HOUR + 99 * S);
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 2 * HOUR + 110 * S);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-2;");
    bench_free(bench);
}

static void leaving_the_roster_clears_the_silence(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 200, 2 | 4);
    assert_string_equal(bench_told(bench), "raised device_silent s1/bed-3;");
    bench_roster(bench, "s1",
                 "{'devices':[{'device':'bed-1','kind':'bed_mat','class':'90s'},"
                 "{'device':'bed-2','kind':'bed_mat','class':'90s'}]}");
    assert_string_equal(bench_told(bench), "cleared device_silent s1/bed-3 retired;");
    speak(bench, 200, 600, 2 | 4);
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

static void a_rule_for_some_sites_leaves_the_others_alone(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->rule[0].device = "pump-*";
    bench->rule[2].site = "t*";
    bench_roster(bench, "s1", THREE_BEDS);
    speak(bench, 0, 300, 2);
    bench_at(bench, 900 * S);
    assert_string_equal(bench_told(bench), "");
    assert_string_equal(bench_connection(bench, "s1", NULL), "silent");
    bench_free(bench);
}

/* One story, with a save and load before every step: told is what is told without. */
static void a_restart_in_the_middle_tells_the_same(void **state)
{
    (void)state;
    static char told[2][1 << 16];
    for (int reload = 0; reload < 2; reload++) {
        struct bench *bench = bench_new();
        bench_roster(bench, "s1", BEDS_AND_GATEWAY);
        for (int64_t at_s = 0; at_s < 2000; at_s += 10) {
            unsigned who = at_s < 200                    ? 15
                           : at_s < 400                  ? 1 | 2 | 4
                           : at_s < 600                  ? 0
                           : at_s < 900                  ? 1
                           : at_s >= 1000 && at_s < 1040 ? 0
                           : at_s < 1200                 ? 15
                           : at_s < 1500                 ? 14
                                                         : 2;
            if (at_s == 1000)
                bench_status(bench, "s1", "gw", "{'online':false}");
            speak(bench, at_s, at_s + 10, who);
            if (reload)
                assert_true(bench_reload(bench));
        }
        snprintf(told[reload], sizeof(told[0]), "%s", bench_told(bench));
        bench_free(bench);
    }
    assert_string_equal(told[0], told[1]);
    assert_non_null(strstr(told[0], "raised site_silent s1;"));
    assert_non_null(strstr(told[0], "raised device_silent s1/bed-3;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_has_its_deadline),
        cmocka_unit_test(hearing_does_not_touch_the_heap),
        cmocka_unit_test(a_declared_device_that_never_spoke_is_silent_too),
        cmocka_unit_test(an_undeclared_device_becomes_unknown_without_alarm),
        cmocka_unit_test(an_undeclared_device_that_named_its_class_is_supervised),
        cmocka_unit_test(a_wrong_clock_is_a_connection_of_its_own),
        cmocka_unit_test(a_bad_status_is_refused_and_changes_nothing),
        cmocka_unit_test(a_last_will_is_silence_at_once),
        cmocka_unit_test(a_retained_status_is_no_sign_of_life),
        cmocka_unit_test(alive_without_data_is_a_state_of_its_own),
        cmocka_unit_test(no_data_that_becomes_silence_is_one_alarm),
        cmocka_unit_test(nothing_is_judged_while_we_are_deaf),
        cmocka_unit_test(after_a_boot_deadlines_start_anew),
        cmocka_unit_test(leaving_the_roster_clears_the_silence),
        cmocka_unit_test(a_rule_for_some_sites_leaves_the_others_alone),
        cmocka_unit_test(a_restart_in_the_middle_tells_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
