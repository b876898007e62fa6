/*
 * test_fact_line.c - what happened as lines: tags and fields as the contract has them, and
 * nobody's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/view/fact_line.h"
#include "flow/flow_rules.h"

#define TIME_NS INT64_C(1763865851000000007)

struct bench {
    struct flow_rules rules;
    struct buf out;
};

static int set_up(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    flow_rules_usual(&bench->rules);
    buf_init(&bench->out, 1 << 16);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    flow_rules_done(&bench->rules);
    buf_done(&bench->out);
    free(bench);
    return 0;
}

static struct alarm full_alarm(void)
{
    return (struct alarm){.id = "A1",
                          .rev = 2,
                          .priority = CW_PRIORITY_HIGH,
                          .category = CATEGORY_PHYSIOLOGICAL,
                          .state = ALARM_ACKED,
                          .active = true,
                          .rule = "spo2-low",
                          .kind = "spo2",
                          .subject = "s1/bed-3",
                          .site = "s1",
                          .district = "west side",
                          .device = "bed-3",
                          .resident = "r-88",
                          .bed = "b-3",
                          .acked_by = "seat1",
                          .value = 84.5,
                          .limit = 90,
                          .count = 3};
}

static void a_step_of_an_alarm_is_a_line(void **state)
{
    struct bench *bench = *state;
    struct alarm alarm = full_alarm();
    struct transition step = {.change = CHANGE_ACKED,
                              .by = CW_STR("seat1"),
                              .note = CW_STR("called Mrs. Li"),
                              .alarm = &alarm};
    assert_true(fact_of_transition(&bench->rules.set, &step, TIME_NS, &bench->out));
    assert_string_equal(
        buf_text(&bench->out),
        "alarm,device=bed-3,district=west\\ side,site=s1 id=\"A1\",rule=\"spo2-low\","
        "kind=\"spo2\",priority=\"high\",category=\"physiological\",change=\"acked\","
        "state=\"acked\",active=true,rev=2,count=3,value=84.5,limit=90,historical=false,"
        "drill=false 1763865851000000007\n");
}

static void what_an_alarm_does_not_have_is_left_out(void **state)
{
    struct bench *bench = *state;
    struct alarm alarm = full_alarm();
    struct transition step = {.change = CHANGE_RAISED, .alarm = &alarm};
    alarm.device[0] = alarm.district[0] = alarm.site[0] = '\0';
    alarm.value = alarm.limit = (double)NAN;
    assert_true(fact_of_transition(&bench->rules.set, &step, TIME_NS, &bench->out));
    assert_non_null(strstr(buf_text(&bench->out), "alarm id="));
    assert_null(strstr(buf_text(&bench->out), "value"));
    assert_null(strstr(buf_text(&bench->out), "limit"));
}

static void a_change_of_a_visit_is_a_line(void **state)
{
    struct bench *bench = *state;
    struct site site = {.id = "s1", .district = "west"};
    struct visit visit = {.id = "v-1",
                          .service = "bath",
                          .recipient = "r-88",
                          .worker = "w-7",
                          .state = VISIT_CHECKED_OUT,
                          .exceptions = EXCEPTION_LATE | EXCEPTION_NO_CHECKOUT};
    assert_true(fact_of_visit(&bench->rules.set, &site, &visit, TIME_NS, &bench->out));
    assert_string_equal(buf_text(&bench->out),
                        "service,district=west,site=s1 visit=\"v-1\",service=\"bath\","
                        "state=\"checked_out\",exceptions=\"late|no_checkout\" "
                        "1763865851000000007\n");
}

static void every_set_of_exceptions_has_its_text(void **state)
{
    static const char *const text[] = {"",
                                       "late",
                                       "missed",
                                       "late|missed",
                                       "no_checkout",
                                       "late|no_checkout",
                                       "missed|no_checkout",
                                       "late|missed|no_checkout"};
    char room[MAX_EXCEPTIONS_TEXT];
    (void)state;
    for (uint32_t set = 0; set < 8; set++)
        assert_string_equal(visit_exceptions_text(set, room), text[set]);
}

static void a_change_of_an_activity_is_a_line(void **state)
{
    struct bench *bench = *state;
    struct site site = {.id = "base-1"};
    struct activity_change change = {.site = &site,
                                     .activity = CW_STR("act-1"),
                                     .category = ACTIVITY_TRAINING,
                                     .rev = 2,
                                     .sessions = 0,
                                     .persons = -3};
    assert_true(fact_of_activity(&bench->rules.set, &change, TIME_NS, &bench->out));
    assert_string_equal(buf_text(&bench->out),
                        "service,site=base-1 activity=\"act-1\",category=\"training\",rev=2,"
                        "sessions=0,persons=-3 1763865851000000007\n");
}

static void how_it_stands_is_a_line(void **state)
{
    struct bench *bench = *state;
    struct kpi kpi = {.unacked = 4, .online = 7, .sites = 9};
    kpi.open[CW_PRIORITY_HIGH] = 1;
    kpi.open[CW_PRIORITY_MEDIUM] = 2;
    kpi.open[CW_PRIORITY_LOW] = 3;
    assert_true(fact_of_kpi(&bench->rules.set, &kpi, 12.5, TIME_NS, &bench->out));
    assert_string_equal(buf_text(&bench->out),
                        "kpi open_high=1,open_medium=2,open_low=3,unack=4,online=7,total=9,"
                        "messages_per_s=12.5 1763865851000000007\n");
}

static void what_cannot_be_written_adds_nothing(void **state)
{
    struct bench *bench = *state;
    struct site site = {.id = "s1\\"}; /* would escape the space behind it */
    struct visit visit = {.id = "v-1"};
    assert_false(fact_of_visit(&bench->rules.set, &site, &visit, TIME_NS, &bench->out));
    assert_int_equal(bench->out.n, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_step_of_an_alarm_is_a_line),
        CASE(what_an_alarm_does_not_have_is_left_out),
        CASE(a_change_of_a_visit_is_a_line),
        CASE(every_set_of_exceptions_has_its_text),
        CASE(a_change_of_an_activity_is_a_line),
        CASE(how_it_stands_is_a_line),
        CASE(what_cannot_be_written_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
