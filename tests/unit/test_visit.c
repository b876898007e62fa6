/*
 * test_visit.c - the way of a visit: late, missed, not checked out, healed, moved, cancelled;
 * whatever the order in which its events arrive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/fold_bench.h"

static int n_events;

/* An event of visit v1 of s1 with its own time; minutes count from T0. */
static enum cw_refusal say(struct bench *bench, const char *type, int at_min,
                           const char *members)
{
    char text[400];
    snprintf(text, sizeof(text), "{'id':'e%d','ts':%lld,'type':'%s','visit':'v1'%s%s}",
             ++n_events, (long long)((T0 + at_min * MIN) / NS_PER_MS), type,
             *members ? "," : "", members);
    return bench_event(bench, "s1", text);
}

static enum cw_refusal plan(struct bench *bench, int at_min, int start_min, int end_min)
{
    char members[200];
    snprintf(members, sizeof(members),
             "'service':'bath','recipient':'r-88','worker':'w-1','start':%lld,'end':%lld",
             (long long)((T0 + start_min * MIN) / NS_PER_MS),
             (long long)((T0 + end_min * MIN) / NS_PER_MS));
    return say(bench, "visit.planned", at_min, members);
}

static const char *state_of(struct bench *bench)
{
    struct visit *visit = service_find(&bench->service, CW_STR("s1"), CW_STR("v1"));
    return visit ? visit_state_name(visit->state) : "none";
}

static uint32_t trail(struct bench *bench)
{
    return service_find(&bench->service, CW_STR("s1"), CW_STR("v1"))->exceptions;
}

/*
 * A story is a row of steps "MINUTE what": p START END plans, i TS checks in, o TS checks
 * out, x cancels, a assigns, A accepts, . only lets time pass. After it: what was told, the
 * state, the trail.
 * Every story is told again with a save and load before each step, and ends the same.
 */
struct step {
    int minute;
    char what;
    int a, b;
};

#define MAX_STEPS 6

static const struct {
    const char *name;
    struct step step[MAX_STEPS];
    const char *told, *state;
    uint32_t trail;
} stories[] = {
    {"as planned",
     {{0, 'p', 60, 120}, {58, 'i', 58, 0}, {118, 'o', 118, 0}, {500, '.', 0, 0}},
     "",
     "checked_out",
     0},
    {"before its time", {{0, 'p', 60, 120}, {59, '.', 0, 0}}, "", "planned", 0},
    {"due", {{0, 'p', 60, 120}, {60, '.', 0, 0}}, "", "due", 0},
    {"not yet late", {{0, 'p', 60, 120}, {74, '.', 0, 0}}, "", "due", 0},
    {"late", {{0, 'p', 60, 120}, {75, '.', 0, 0}}, "raised late s1/visit:v1;", "due", 1},
    {"late, then there",
     {{0, 'p', 60, 120}, {80, 'i', 80, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 arrived late;",
     "in_service",
     1},
    {"late, healed by a late upload",
     {{0, 'p', 60, 120}, {80, 'i', 62, 0}, {120, 'o', 118, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 healed;",
     "checked_out",
     1},
    {"missed",
     {{0, 'p', 60, 150}, {120, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;",
     "missed",
     3},
    {"assigned, accepted and missed",
     {{0, 'p', 60, 120}, {1, 'a', 0, 0}, {2, 'A', 0, 0}, {200, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;",
     "missed",
     3},
    {"assigned before it was planned, and missed",
     {{0, 'a', 0, 0}, {1, 'p', 60, 120}, {200, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;",
     "missed",
     3},
    {"missed at its end", /* a visit of half an hour */
     {{0, 'p', 60, 90}, {90, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;",
     "missed",
     3},
    {"too short to be late before it is missed",
     {{0, 'p', 60, 70}, {75, '.', 0, 0}},
     "raised missed s1/visit:v1;",
     "missed",
     2},
    {"missed, healed by the upload of a whole day",
     {{0, 'p', 60, 120}, {600, 'i', 61, 0}, {600, 'o', 119, 0}, {900, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;"
     "cleared missed s1/visit:v1 healed;",
     "checked_out",
     3},
    {"missed, but came after all",
     {{0, 'p', 60, 300}, {130, 'i', 130, 0}, {290, 'o', 290, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 missed;raised missed s1/visit:v1;"
     "cleared missed s1/visit:v1 arrived late;raised short s1/visit:v1;",
     "checked_out",
     11},
    {"no check-out yet",
     {{0, 'p', 60, 120}, {60, 'i', 60, 0}, {179, '.', 0, 0}},
     "",
     "in_service",
     0},
    {"no check-out",
     {{0, 'p', 60, 120}, {60, 'i', 60, 0}, {180, '.', 0, 0}},
     "raised no_checkout s1/visit:v1;",
     "in_service",
     4},
    {"no check-out, healed",
     {{0, 'p', 60, 120}, {60, 'i', 60, 0}, {200, 'o', 121, 0}},
     "raised no_checkout s1/visit:v1;cleared no_checkout s1/visit:v1 healed;",
     "checked_out",
     4},
    {"checked out late",
     {{0, 'p', 60, 120}, {60, 'i', 60, 0}, {200, 'o', 200, 0}},
     "raised no_checkout s1/visit:v1;cleared no_checkout s1/visit:v1 checked out late;",
     "checked_out",
     4},
    {"cancelled in time",
     {{0, 'p', 60, 120}, {30, 'x', 0, 0}, {500, '.', 0, 0}},
     "",
     "cancelled",
     0},
    {"cancelled when late",
     {{0, 'p', 60, 120}, {80, 'x', 0, 0}, {500, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 cancelled;",
     "cancelled",
     1},
    {"moved in time",
     {{0, 'p', 60, 120}, {50, 'p', 200, 260}, {199, '.', 0, 0}},
     "",
     "planned",
     0},
    {"moved when late, and late again",
     {{0, 'p', 60, 120}, {80, 'p', 200, 260}, {215, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 rescheduled;"
     "repeated late s1/visit:v1;",
     "due",
     1},
    {"moved to an earlier time",
     {{0, 'p', 200, 260}, {10, 'p', 60, 120}, {75, '.', 0, 0}},
     "raised late s1/visit:v1;",
     "due",
     1},
    {"without a plan",
     {{10, 'i', 10, 0}, {60, 'o', 60, 0}, {500, '.', 0, 0}},
     "",
     "checked_out",
     0},
    {"without a plan, never left",
     {{10, 'i', 10, 0}, {10 + 13 * 60, '.', 0, 0}},
     "raised no_checkout s1/visit:v1;",
     "in_service",
     4},
    {"check-out before check-in",
     {{0, 'p', 60, 120}, {119, 'o', 119, 0}, {120, 'i', 61, 0}, {500, '.', 0, 0}},
     "raised late s1/visit:v1;cleared late s1/visit:v1 checked out;",
     "checked_out",
     1},
    {"a day uploaded afterwards, within a minute",
     {{600, 'p', 60, 120}, {600, 'i', 61, 0}, {600, 'o', 119, 0}, {900, '.', 0, 0}},
     "",
     "checked_out",
     0},
    {"a day uploaded afterwards, too late even then",
     {{600, 'p', 60, 120}, {600, 'i', 100, 0}, {600, 'o', 119, 0}, {900, '.', 0, 0}},
     "raised short s1/visit:v1;",
     "checked_out",
     9},
    {"a plan of the past and nothing else",
     {{600, 'p', 60, 120}, {601, '.', 0, 0}},
     "raised missed s1/visit:v1;",
     "missed",
     2},
    {"a device clock that is ahead",
     {{0, 'p', 60, 120}, {61, 'i', 9999, 0}, {110, 'o', 9999, 0}},
     "",
     "checked_out",
     0},
};

static void take(struct bench *bench, const struct step *step)
{
    enum cw_refusal refusal = CW_ACCEPTED;
    switch (step->what) {
    case 'p':
        refusal = plan(bench, step->minute, step->a, step->b);
        break;
    case 'i':
        refusal = say(bench, "visit.checkin", step->a, "'method':'manual'");
        break;
    case 'o':
        refusal = say(bench, "visit.checkout", step->a, "");
        break;
    case 'a':
        refusal = say(bench, "visit.assigned", step->minute, "'worker':'w1'");
        break;
    case 'A':
        refusal = say(bench, "visit.accepted", step->minute, "'worker':'w1'");
        break;
    case 'x':
        refusal = say(bench, "visit.cancelled", step->minute, "");
        break;
    default:
        break;
    }
    assert_int_equal(refusal, CW_ACCEPTED);
}

static void play(bool reload)
{
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        struct bench *bench = bench_new();
        for (size_t k = 0; k < MAX_STEPS && stories[i].step[k].what; k++) {
            bench_at(bench, stories[i].step[k].minute * MIN);
            if (reload)
                assert_true(bench_reload(bench));
            take(bench, &stories[i].step[k]);
        }
        const char *told = bench_told(bench);
        if (strcmp(told, stories[i].told) != 0 ||
            strcmp(state_of(bench), stories[i].state) != 0 || trail(bench) != stories[i].trail)
            fail_msg("%s: %s, %u, %s", stories[i].name, state_of(bench), trail(bench), told);
        bench_free(bench);
    }
}

static void every_story_ends_as_it_should(void **state)
{
    (void)state;
    play(false);
}

static void every_story_survives_restarts(void **state)
{
    (void)state;
    play(true);
}

static void the_grace_is_the_rules(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->rule[3].after_ns = 30 * MIN;
    plan(bench, 0, 60, 240);
    bench_at(bench, 89 * MIN);
    assert_string_equal(bench_told(bench), "");
    bench_at(bench, 90 * MIN);
    assert_string_equal(bench_told(bench), "raised late s1/visit:v1;");
    bench_free(bench);
}

static void an_alarm_of_a_visit_says_whose_it_is(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, 0, 60, 120);
    bench_at(bench, 75 * MIN);
    struct alarm *alarm =
        alarm_open(&bench->fold.alarms, CW_STR("late"), CW_STR("s1/visit:v1"));
    assert_non_null(alarm);
    assert_string_equal(alarm->site, "s1");
    assert_string_equal(alarm->district, "jinjiang");
    assert_string_equal(alarm->resident, "r-88");
    bench_free(bench);
}

static void nobody_is_late_while_we_are_deaf(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, 0, 60, 120);
    bench_at(bench, 50 * MIN);
    supervision_link(&bench->fold, false);
    bench_at(bench, 300 * MIN - S);
    assert_string_equal(bench_told(bench), "");
    supervision_link(&bench->fold, true);
    bench_at(bench, 300 * MIN + 5 * S); /* the backlog: it was in time */
    say(bench, "visit.checkin", 61, "");
    say(bench, "visit.checkout", 119, "");
    bench_at(bench, 500 * MIN);
    assert_string_equal(bench_told(bench), "");
    assert_string_equal(state_of(bench), "checked_out");
    assert_int_equal(trail(bench), 0);
    bench_free(bench);
}

static void a_plan_of_the_past_gets_a_minute_for_its_upload(void **state)
{
    (void)state;
    for (int reload = 0; reload < 2; reload++) {
        struct bench *bench = bench_new();
        bench_at(bench, 600 * MIN);
        plan(bench, 600, 60, 120);
        bench_at(bench, 600 * MIN + 59 * S);
        if (reload)
            assert_true(bench_reload(bench));
        bench_at(bench, 600 * MIN + 59 * S + 1);
        assert_string_equal(bench_told(bench), "");
        bench_at(bench, 601 * MIN);
        assert_string_equal(bench_told(bench), "raised missed s1/visit:v1;");
        bench_free(bench);
    }
}

static void an_older_plan_that_comes_later_is_ignored(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench_at(bench, 30 * MIN);
    plan(bench, 20, 200, 260);
    plan(bench, 10, 60, 120);
    bench_at(bench, 190 * MIN);
    assert_string_equal(bench_told(bench), "");
    assert_string_equal(state_of(bench), "planned");
    bench_free(bench);
}

static void the_number_of_visits_is_limited_and_old_ones_go(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char text[128];
    for (int i = 0; i < 9; i++) {
        snprintf(text, sizeof(text), "{'id':'c%d','type':'visit.cancelled','visit':'w%d'}", i,
                 i);
        assert_int_equal(bench_event(bench, "s1", text),
                         i < 8 ? CW_ACCEPTED : CW_REFUSED_LIMIT);
    }
    assert_non_null(strstr(bench->err.text, "visits"));
    bench_at(bench, 7 * 24 * HOUR);
    assert_int_equal(map_count(&bench->service.visit), 0);
    assert_int_equal(plan(bench, 0, 60, 120), CW_ACCEPTED);
    assert_int_equal(bench->service.n_visits, 8); /* a number was used again */
    assert_true(bench_reload(bench));
    bench_free(bench);
}

static void a_visit_is_shown_with_its_trail(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, 0, 60, 120);
    bench_at(bench, 80 * MIN);
    say(bench, "visit.checkin", 62, "'method':'qr'");
    struct buf text;
    struct json_out out;
    buf_init(&text, 1 << 12);
    json_out_init(&out, &text);
    visit_json(&bench->fold.registry, service_find(&bench->service, CW_STR("s1"), CW_STR("v1")),
               &out);
    assert_string_equal(buf_text(&text),
                        "{\"visit\":\"v1\",\"site\":\"s1\",\"district\":\"jinjiang\","
                        "\"service\":\"bath\",\"recipient\":\"r-88\",\"worker\":\"w-1\","
                        "\"state\":\"in_service\",\"exceptions\":[\"late\"],"
                        "\"standing\":[],\"verified\":false,"
                        "\"evidence\":[\"checkin\",\"tag\"],"
                        "\"start\":\"2025-11-23T03:44:11.000Z\","
                        "\"end\":\"2025-11-23T04:44:11.000Z\","
                        "\"planned_at\":\"2025-11-23T02:44:11.000Z\","
                        "\"checkin_at\":\"2025-11-23T03:46:11.000Z\",\"method\":\"qr\","
                        "\"changed_at\":\"2025-11-23T04:04:11.000Z\"}");
    buf_done(&text);
    bench_free(bench);
}

/* What is said of a visit after it, by its provider or by who speaks for the recipient. */
static void said_by(struct bench *bench, const char *site, const char *type, int at_min,
                    const char *members)
{
    char text[200];
    snprintf(text, sizeof(text),
             "{'id':'e%d','ts':%lld,'type':'%s','visit':'v1','site':'s1'%s}", ++n_events,
             (long long)((T0 + at_min * MIN) / NS_PER_MS), type, members);
    if (bench_event(bench, site, text) != CW_ACCEPTED)
        fail_msg("%s: %s", text, bench->err.text);
}

static void the_whole_way(struct bench *bench, bool reload)
{
    static const struct {
        const char *by, *type, *members;
    } way[] = {
        {"s1", "visit.requested", ""},
        {"s1", "visit.assessed", ""},
        {"s1", "visit.planned", ",'start':1763867351000,'end':1763867411000"},
        {"s1", "visit.assigned", ",'worker':'w-1'"},
        {"s1", "visit.accepted", ""},
        {"s1", "visit.checkin", ",'method':'nfc'"},
        {"s1", "visit.checkout", ""},
        {"s1", "visit.confirmed", ""},
        {"desk", "visit.feedback", ",'score':5"},
        {"desk", "visit.followup", ""},
        {"bureau", "visit.settled", ",'amount_fen':100"},
    };
    for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
        bench_at(bench, ((int64_t)i + 30) * MIN);
        if (reload)
            assert_true(bench_reload(bench));
        bench_site(bench, "desk")->kind = SITE_DISPATCH; /* what a site is, is registered */
        bench_site(bench, "bureau")->kind = SITE_DEPARTMENT;
        said_by(bench, way[i].by, way[i].type, (int)i + 20, way[i].members);
    }
}

/* Each step has its own moment, the device's, whatever came between; a refusal takes that of
 * the order back, and an older word that comes later is not the last one. */
static void every_step_of_the_way_has_its_moment(void **state)
{
    (void)state;
    static const int minute[N_MOMENTS] = {
        [MOMENT_REQUESTED] = 20, [MOMENT_ASSESSED] = 21, [MOMENT_PLANNED] = 22,
        [MOMENT_ASSIGNED] = 23,  [MOMENT_ACCEPTED] = 24, [MOMENT_CONFIRMED] = 27,
        [MOMENT_FEEDBACK] = 28,  [MOMENT_FOLLOWUP] = 29};
    for (int reload = 0; reload < 2; reload++) {
        struct bench *bench = bench_new();
        the_whole_way(bench, reload);
        struct visit *visit = service_find(&bench->service, CW_STR("s1"), CW_STR("v1"));
        for (int i = 0; i < N_MOMENTS; i++)
            assert_int_equal(visit->moment_ns[i], T0 + minute[i] * MIN);
        said_by(bench, "desk", "visit.followup", 28, "");
        assert_int_equal(visit->moment_ns[MOMENT_FOLLOWUP], T0 + 29 * MIN);
        bench_free(bench);
    }
    struct bench *bench = bench_new();
    plan(bench, 0, 60, 120);
    say(bench, "visit.assigned", 0, "");
    say(bench, "visit.refused", 0, "");
    struct visit *visit = service_find(&bench->service, CW_STR("s1"), CW_STR("v1"));
    assert_int_equal(visit->moment_ns[MOMENT_ASSIGNED], 0);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_ends_as_it_should),
        cmocka_unit_test(every_story_survives_restarts),
        cmocka_unit_test(the_grace_is_the_rules),
        cmocka_unit_test(an_alarm_of_a_visit_says_whose_it_is),
        cmocka_unit_test(nobody_is_late_while_we_are_deaf),
        cmocka_unit_test(a_plan_of_the_past_gets_a_minute_for_its_upload),
        cmocka_unit_test(an_older_plan_that_comes_later_is_ignored),
        cmocka_unit_test(the_number_of_visits_is_limited_and_old_ones_go),
        cmocka_unit_test(a_visit_is_shown_with_its_trail),
        cmocka_unit_test(every_step_of_the_way_has_its_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
