/*
 * test_activity.c - sessions that cannot be, stations that fall quiet, plans of a month and
 * what came of them, recipients whom nobody visits, certificates that expire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/oversight/report.h"
#include "unit/fold_bench.h"

#define DAY (24 * HOUR)

static int n_events;

static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[600];
    snprintf(text, sizeof(text), "{'id':'a%d','type':'%s',%s}", ++n_events, type, members);
    return bench_event(bench, site, text);
}

/* A session at the station, from and to in minutes of now. */
static enum cw_refusal hold(struct bench *bench, const char *id, int from_min, int to_min,
                            const char *members)
{
    char all[400];
    int64_t now_ms = bench->fold.now_ns / NS_PER_MS;
    snprintf(all, sizeof(all),
             "'activity':'%s','category':'service','start':%lld,'end':%lld,%s", id,
             (long long)(now_ms + from_min * INT64_C(60000)),
             (long long)(now_ms + to_min * INT64_C(60000)), members);
    return say(bench, "station", "activity.held", all);
}

static void register_station(struct bench *bench)
{
    assert_int_equal(bench_register(bench, &kind_sites,
                                    "{'site':'station','capacity':40,'rooms':{'small':12},"
                                    "'hours':'mon-fri 08:00-18:00','by':'office'}"),
                     0);
}

static void sessions_that_cannot_be_are_told_until_corrected(void **state)
{
    static const struct {
        const char *a, *b; /* of two sessions at once, an hour each, b ten minutes later */
        const char *told;
    } row[] = {
        {"'persons':40", "'persons':40", ""},
        {"'persons':41", "'persons':40", "raised over_capacity station/activity:a;"},
        {"'persons':13,'room':'small'", "'persons':12",
         "raised over_capacity station/activity:a;"},
        {"'persons':5,'room':'small'", "'persons':5,'room':'small'",
         "raised room_taken_twice station/activity:b;"},
        {"'persons':5,'room':'small'", "'persons':5,'room':'hall'", ""},
        {"'persons':5,'worker':'w'", "'persons':5,'worker':'w'",
         "raised worker_in_two_places station/activity:b;"},
        {"'persons':5,'worker':'w'", "'persons':5,'worker':'x'", ""},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        register_station(bench);
        bench_told(bench);
        bool turned = i % 2;
        if (turned)
            hold(bench, "b", -70, -10, row[i / 2].b);
        hold(bench, "a", -80, -20, row[i / 2].a);
        if (!turned)
            hold(bench, "b", -70, -10, row[i / 2].b);
        assert_string_equal(bench_told(bench), row[i / 2].told);
        assert_true(bench_reload(bench));
        /* Corrected: elsewhere, fewer, later. */
        hold(bench, "a", -80, -20, "'rev':2,'persons':1");
        hold(bench, "b", -10, -5, "'rev':2,'persons':1");
        const char *told = bench_told(bench);
        assert_int_equal(strlen(told) > 0, strlen(row[i / 2].told) > 0);
        if (*told)
            assert_non_null(strstr(told, "cleared"));
        bench_free(bench);
    }
}

/* T0 is a Sunday, 10:44 local time (UTC without a zone). */
static void a_station_that_serves_nobody_is_told_in_its_hours(void **state)
{
    struct bench *bench = bench_new();
    struct rule *rule = NULL;
    (void)state;
    for (uint32_t i = 0; i < bench->rules.n_rules; i++)
        if (strcmp(bench->rule[i].condition, CONDITION_SITE_QUIET) == 0)
            rule = &bench->rule[i];
    rule->after_ns = 6 * DAY;
    registry_configure(&bench->fold);
    register_station(bench);
    hold(bench, "a", -60, 0, "'persons':5");
    bench_told(bench);
    bench_at(bench, 6 * DAY + 20 * HOUR); /* Saturday and Sunday it is closed */
    assert_null(strstr(bench_told(bench), "station/quiet"));
    assert_true(bench_reload(bench));
    bench_at(bench, 9 * DAY);
    assert_non_null(strstr(bench_told(bench), "raised quiet station/quiet;"));
    bench_at(bench, 20 * DAY);
    assert_null(strstr(bench_told(bench), "station/quiet")); /* once */
    hold(bench, "b", -60, 0, "'persons':5");
    assert_string_equal(bench_told(bench), "cleared quiet station/quiet;");
    /* A visit serves, too; and one that is an institution now is not waited for. */
    bench_at(bench, 24 * DAY);
    say(bench, "station", "visit.checkin", "'visit':'v','method':'nfc'");
    bench_at(bench, 29 * DAY);
    assert_null(strstr(bench_told(bench), "station/quiet"));
    bench_free(bench);
}

static void the_base_was_never_heard_of_is_told_too(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    bench_at(bench, 1001 * DAY);
    const char *told = bench_told(bench);
    assert_non_null(strstr(told, "raised quiet base/quiet;"));
    assert_null(strstr(told, "inst/quiet"));
    bench_free(bench);
}

static const char *sessions(struct bench *bench, const char *by)
{
    static char text[4000];
    struct report_query query = {.to = INT32_MAX, .by = str_of(by)};
    struct buf buf;
    struct json_out out;
    buf_init(&buf, sizeof(text));
    json_out_init(&out, &buf);
    report_find(CW_STR("sessions"))->write(&bench->fold, &query, &out);
    (void)snprintf(text, sizeof(text), "%s", buf_text(&buf));
    buf_done(&buf);
    return text;
}

static void plans_of_a_month_stand_beside_what_was_held(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    bench_at(bench, DAY);
    static const char *const plan[] = {"p1", "p2", "p3"};
    for (size_t i = 0; i < 3; i++) {
        char text[200];
        snprintf(text, sizeof(text),
                 "'activity':'%s','category':'training','persons':20,'start':%lld", plan[i],
                 (long long)((T0 + (int64_t)(2 + i) * DAY) / NS_PER_MS));
        assert_int_equal(say(bench, "base", "activity.planned", text), CW_ACCEPTED);
    }
    assert_int_equal(say(bench, "base", "activity.held",
                         "'activity':'p1','category':'training','persons':18"),
                     CW_ACCEPTED);
    assert_int_equal(
        say(bench, "base", "activity.held", "'activity':'x','category':'service','persons':7"),
        CW_ACCEPTED);
    assert_int_equal(say(bench, "base", "activity.cancelled", "'activity':'p2'"), CW_ACCEPTED);
    assert_int_equal(say(bench, "base", "activity.cancelled", "'activity':'p1'"),
                     CW_REFUSED_EVENT);
    assert_true(bench_reload(bench));
    static const char wanted[] =
        "\"service_sessions\":1,\"beneficiaries\":7,\"training_sessions\":1,\"trainees\":18,"
        "\"publicity_sessions\":0,\"audience\":0,\"service_planned\":0,"
        "\"service_planned_held\":0,\"service_planned_cancelled\":0,"
        "\"service_planned_missed\":0,\"training_planned\":3,"
        "\"training_planned_held\":1,\"training_planned_cancelled\":1,"
        "\"training_planned_missed\":0";
    assert_non_null(strstr(sessions(bench, "month"), "{\"month\":\"2025-11\","));
    assert_non_null(strstr(sessions(bench, "month"), wanted));
    assert_non_null(strstr(sessions(bench, "site"), "{\"site\":\"base\",\"kind\":\"base\""));
    /* A correction moves it to its month and takes the old count back. */
    char text[200];
    snprintf(text, sizeof(text),
             "'activity':'x','rev':2,'category':'service','persons':9,'start':%lld",
             (long long)((T0 - 40 * DAY) / NS_PER_MS));
    assert_int_equal(say(bench, "base", "activity.held", text), CW_ACCEPTED);
    assert_non_null(
        strstr(sessions(bench, "month"),
               "{\"month\":\"2025-10\",\"service_sessions\":1,\"beneficiaries\":9"));
    assert_non_null(
        strstr(sessions(bench, "month"),
               "{\"month\":\"2025-11\",\"service_sessions\":0,\"beneficiaries\":0"));
    bench_free(bench);
}

/* From and to in minutes of now. */
static void visited(struct bench *bench, const char *id, int from_min, int to_min)
{
    char members[200];
    long long now_ms = bench->fold.now_ns / NS_PER_MS;
    snprintf(members, sizeof(members),
             "'visit':'%s','service':'meal','recipient':'r-%s','worker':'w','method':'nfc',"
             "'ts':%lld",
             id, id, now_ms + from_min * INT64_C(60000));
    assert_int_equal(say(bench, "station", "visit.checkin", members), CW_ACCEPTED);
    snprintf(members, sizeof(members), "'visit':'%s','worker':'w','method':'nfc','ts':%lld", id,
             now_ms + to_min * INT64_C(60000));
    assert_int_equal(say(bench, "station", "visit.checkout", members), CW_ACCEPTED);
}

/* A session from -80 to -20 minutes, and a visit of the same worker; whoever is told first. */
static void a_worker_is_not_in_a_session_and_on_a_visit(void **state)
{
    static const struct {
        int from_min, to_min;
        const char *told;
    } row[] = {
        {-70, -30, "raised overlap station/visit:v;"},
        {-80, -30, "raised overlap station/visit:v;"}, /* at once: the visit */
        {-100, -70, "raised worker_in_two_places station/activity:a;"},
        {-100, -78, ""}, /* less than what may be shared */
        {-15, -5, ""},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        bool turned = i % 2;
        register_station(bench);
        bench_told(bench);
        if (turned)
            visited(bench, "v", row[i / 2].from_min, row[i / 2].to_min);
        hold(bench, "a", -80, -20, "'persons':5,'worker':'w'");
        if (!turned)
            visited(bench, "v", row[i / 2].from_min, row[i / 2].to_min);
        if (strcmp(bench_told(bench), row[i / 2].told) != 0)
            fail_msg("row %zu", i);
        assert_true(bench_reload(bench));
        /* Somebody else held it. */
        hold(bench, "a", -80, -20, "'persons':5,'worker':'x','rev':2");
        const char *told = bench_told(bench);
        assert_int_equal(strstr(told, "cleared") != NULL, *row[i / 2].told != '\0');
        bench_free(bench);
    }
}

/* The visit leaves memory after a week; what was found of the session stands. */
static void what_was_found_of_a_session_outlives_the_visit(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    register_station(bench);
    visited(bench, "v", -100, -60);
    hold(bench, "a", -80, -20, "'persons':5,'worker':'w'");
    assert_non_null(strstr(bench_told(bench), "raised worker_in_two_places"));
    bench_at(bench, 9 * DAY);
    assert_null(service_find(&bench->service, CW_STR("station"), CW_STR("v")));
    assert_true(bench_reload(bench));
    hold(bench, "b", -20, -10, "'persons':5,'worker':'w'");
    assert_null(strstr(bench_told(bench), "cleared worker_in_two_places"));
    bench_free(bench);
}

/* ---- planned, and not held ---- */

static void set_after(struct bench *bench, const char *condition, int64_t after_ns)
{
    for (uint32_t i = 0; i < bench->rules.n_rules; i++)
        if (strcmp(bench->rule[i].condition, condition) == 0)
            bench->rule[i].after_ns = after_ns;
}

/* From now on in minutes. */
static void plan(struct bench *bench, const char *id, int from_min, int to_min)
{
    char all[300];
    int64_t now_ms = bench->fold.now_ns / NS_PER_MS;
    snprintf(all, sizeof(all),
             "'activity':'%s','category':'training','persons':20,'start':%lld,'end':%lld", id,
             (long long)(now_ms + from_min * INT64_C(60000)),
             (long long)(now_ms + to_min * INT64_C(60000)));
    assert_int_equal(say(bench, "base", "activity.planned", all), CW_ACCEPTED);
}

/* Each row begins with a session planned from 1 h to 3 h; told two days behind its end. */
static void a_planned_session_that_was_not_held_is_told(void **state)
{
    static const struct {
        const char *what;
        int64_t at_ns;
        const char *type, *members; /* said then; "up", "down": our link */
        const char *told;           /* after two days and three hours */
        const char *healed;         /* by a report after four days */
    } row[] = {
        {"nobody reports it", 0, "", "", "raised not_held base/activity:p;",
         "cleared not_held base/activity:p;"},
        {"held", 4 * HOUR, "activity.held", "'activity':'p','category':'training','persons':18",
         "", ""},
        {"called off", 2 * HOUR, "activity.cancelled", "'activity':'p'", "", ""},
        {"we hear nobody", 40 * HOUR, "down", "", "", ""},
        {"we heard nobody for a day", 20 * HOUR, "down", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        set_after(bench, CONDITION_ACTIVITY_NOT_HELD, 2 * DAY);
        supervision_link(&bench->fold, true);
        plan(bench, "p", 60, 180);
        bench_at(bench, row[i].at_ns);
        if (strcmp(row[i].type, "down") == 0)
            supervision_link(&bench->fold, false);
        else if (*row[i].type)
            assert_int_equal(say(bench, "base", row[i].type, row[i].members), CW_ACCEPTED);
        assert_true(bench_reload(bench));
        bench_at(bench, 2 * DAY + 3 * HOUR - S);
        assert_string_equal(bench_told(bench), "");
        bench_at(bench, 2 * DAY + 3 * HOUR);
        assert_string_equal(bench_told(bench), row[i].told);
        assert_true(bench_reload(bench));
        bench_at(bench, 4 * DAY);
        supervision_link(&bench->fold, true);
        assert_string_equal(bench_told(bench), "");
        say(bench, "base", "activity.held",
            "'activity':'p','category':'training','persons':18");
        bench_at(bench, 5 * DAY); /* and no more of it */
        assert_string_equal(bench_told(bench), row[i].healed);
        bench_free(bench);
    }
}

static void what_was_missed_stands_in_the_report_until_it_is_healed(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    set_after(bench, CONDITION_ACTIVITY_NOT_HELD, 2 * DAY);
    plan(bench, "p", 60, 180);
    plan(bench, "q", 60, 180);
    bench_at(bench, 3 * DAY);
    assert_string_equal(bench_told(bench),
                        "raised not_held base/activity:p;raised not_held base/activity:q;");
    assert_true(bench_reload(bench));
    assert_non_null(strstr(sessions(bench, "month"), "\"training_planned_missed\":2"));
    /* Moved: over, until it is missed again. */
    plan(bench, "q", 24 * 60, 25 * 60);
    assert_string_equal(bench_told(bench), "cleared not_held base/activity:q;");
    assert_int_equal(say(bench, "base", "activity.held",
                         "'activity':'p','category':'training','persons':18"),
                     CW_ACCEPTED);
    bench_told(bench);
    assert_non_null(strstr(sessions(bench, "month"), "\"training_planned_missed\":0"));
    bench_at(bench, 7 * DAY);
    assert_string_equal(bench_told(bench), "repeated not_held base/activity:q;");
    bench_free(bench);
}

/* One without a time is of its month; one that is told when it is over gets a minute. */
static void a_plan_without_a_time_has_its_month(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    set_after(bench, CONDITION_ACTIVITY_NOT_HELD, 2 * DAY);
    assert_int_equal(say(bench, "base", "activity.planned",
                         "'activity':'m','category':'training','persons':20"),
                     CW_ACCEPTED);
    plan(bench, "late", -9 * 24 * 60, -8 * 24 * 60);
    assert_int_equal(say(bench, "base", "activity.held",
                         "'activity':'late','category':'training','persons':18"),
                     CW_ACCEPTED);
    bench_at(bench, 9 * DAY + 21 * HOUR); /* the 2nd of December, 23:44 */
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 9 * DAY + 22 * HOUR);
    assert_string_equal(bench_told(bench), "raised not_held base/activity:m;");
    bench_free(bench);
}

/* Open once a week: missed once it is told at the next opening, never before this week's. */
static void who_opens_once_a_week_is_not_quiet_every_week(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    set_after(bench, CONDITION_SITE_QUIET, 7 * DAY);
    registry_configure(&bench->fold);
    assert_int_equal(bench_register(bench, &kind_sites,
                                    "{'site':'station','capacity':40,"
                                    "'hours':'wed 09:00-12:00','by':'office'}"),
                     0);
    for (int week = 0; week < 3; week++) { /* Wednesdays from 09:44 on, later each week */
        bench_at(bench, (3 + 7 * week) * DAY + 7 * HOUR + (int64_t)(20 * week) * MIN);
        char id[] = {'a', (char)('0' + week), 0};
        hold(bench, id, -30, 0, "'persons':5");
        assert_null(strstr(bench_told(bench), "station/quiet"));
    }
    bench_at(bench, 31 * DAY);
    assert_null(strstr(bench_told(bench), "station/quiet"));
    bench_at(bench, 31 * DAY + 7 * HOUR); /* the second Wednesday */
    assert_non_null(strstr(bench_told(bench), "raised quiet station/quiet;"));
    bench_free(bench);
}

static void who_has_a_session_planned_is_not_quiet_before_it(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    set_after(bench, CONDITION_SITE_QUIET, 7 * DAY);
    set_after(bench, CONDITION_ACTIVITY_NOT_HELD, 2 * DAY);
    registry_configure(&bench->fold);
    assert_int_equal(
        say(bench, "base", "activity.held", "'activity':'a','category':'service','persons':5"),
        CW_ACCEPTED);
    plan(bench, "p", 20 * 24 * 60, 20 * 24 * 60 + 60);
    plan(bench, "far", 200 * 24 * 60, 200 * 24 * 60 + 60); /* hides nothing */
    bench_at(bench, 22 * DAY);
    assert_null(strstr(bench_told(bench), "base/quiet"));
    bench_at(bench, 23 * DAY);
    const char *told = bench_told(bench);
    assert_non_null(strstr(told, "raised not_held base/activity:p;"));
    assert_non_null(strstr(told, "raised quiet base/quiet;"));
    bench_free(bench);
}

static void visit(struct bench *bench, const char *recipient)
{
    char members[200];
    snprintf(members, sizeof(members),
             "'visit':'m%s','service':'visit','recipient':'%s','worker':'w-%s','method':'nfc'",
             recipient, recipient, recipient);
    assert_int_equal(say(bench, "station", "visit.checkin", members), CW_ACCEPTED);
    assert_int_equal(say(bench, "station", "visit.checkout", members), CW_ACCEPTED);
}

/* T0 is the 23rd of November. */
static void who_is_not_visited_by_the_20th_is_told(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    static const char *const residents[] = {
        "{'site':'station','resident':'r1','category':['alone'],'by':'office'}",
        "{'site':'station','resident':'r2','category':['alone','disabled'],'by':'office'}",
        "{'site':'station','resident':'r3','by':'office'}", /* of no category */
        "{'site':'station','resident':'r4','category':['alone'],'status':'discharged'}"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(bench_register(bench, &kind_residents, residents[i]), 0);
    daily_wait(&bench->fold);
    bench_at(bench, 2 * DAY);
    assert_string_equal(bench_told(bench), "raised unvisited station/unvisited;");
    visit(bench, "r1");
    bench_at(bench, 3 * DAY);
    assert_string_equal(bench_told(bench), ""); /* one is still missing */
    assert_true(bench_reload(bench));
    visit(bench, "r2");
    bench_at(bench, 4 * DAY);
    assert_string_equal(bench_told(bench), "cleared unvisited station/unvisited;");
    bench_at(bench, 26 * DAY); /* the 19th of December */
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 27 * DAY);
    assert_string_equal(bench_told(bench), "repeated unvisited station/unvisited;");
    bench_at(bench, 40 * DAY); /* another month, another list */
    assert_string_equal(bench_told(bench), "cleared unvisited station/unvisited;");
    bench_free(bench);
}

static void a_certificate_is_told_before_it_expires(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    for (uint32_t i = 0; i < bench->rules.n_rules; i++)
        if (strcmp(bench->rule[i].condition, CONDITION_CERTIFICATE) == 0)
            bench->rule[i].after_ns = 30 * DAY;
    assert_int_equal(bench_register(bench, &kind_staff,
                                    "{'site':'station','staff':'s1','certificates':{'health':"
                                    "'2026-01-10','first_aid':'2027-01-01'},'by':'office'}"),
                     0);
    daily_wait(&bench->fold);
    bench_at(bench, 17 * DAY); /* the 10th of December: 31 days */
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 18 * DAY + HOUR);
    assert_string_equal(bench_told(bench),
                        "raised certificate_expires staff:station/s1 health 2026-01-10;");
    assert_true(bench_reload(bench));
    bench_at(bench, 60 * DAY);
    assert_string_equal(bench_told(bench), "");
    assert_int_equal(bench_register(bench, &kind_staff,
                                    "{'site':'station','staff':'s1','certificates':{'health':"
                                    "'2030-01-10'},'by':'office'}"),
                     0);
    bench_at(bench, 61 * DAY);
    assert_string_equal(bench_told(bench), "cleared certificate_expires staff:station/s1;");
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_that_cannot_be_are_told_until_corrected),
        cmocka_unit_test(a_station_that_serves_nobody_is_told_in_its_hours),
        cmocka_unit_test(the_base_was_never_heard_of_is_told_too),
        cmocka_unit_test(plans_of_a_month_stand_beside_what_was_held),
        cmocka_unit_test(a_worker_is_not_in_a_session_and_on_a_visit),
        cmocka_unit_test(what_was_found_of_a_session_outlives_the_visit),
        cmocka_unit_test(a_planned_session_that_was_not_held_is_told),
        cmocka_unit_test(what_was_missed_stands_in_the_report_until_it_is_healed),
        cmocka_unit_test(a_plan_without_a_time_has_its_month),
        cmocka_unit_test(who_opens_once_a_week_is_not_quiet_every_week),
        cmocka_unit_test(who_has_a_session_planned_is_not_quiet_before_it),
        cmocka_unit_test(who_is_not_visited_by_the_20th_is_told),
        cmocka_unit_test(a_certificate_is_told_before_it_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
