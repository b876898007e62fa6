/*
 * test_visit_checks.c - what is seen of a visit that was made, whatever the order in which its
 * events arrive; what makes it verified; who may rate and settle; and how it is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/series/series.h"
#include "unit/fold_bench.h"

static int n_events;

static enum cw_refusal say_at(struct bench *bench, const char *site, const char *type,
                              const char *visit, int64_t at_ns, const char *members)
{
    static char text[500]; /* the document borrows it */
    snprintf(text, sizeof(text), "{'id':'c%d','ts':%lld,'type':'%s','visit':'%s'%s%s}",
             ++n_events, (long long)(at_ns / NS_PER_MS), type, visit, *members ? "," : "",
             members);
    return bench_event(bench, site, text);
}

static enum cw_refusal say(struct bench *bench, const char *type, const char *visit, int at_min,
                           const char *members)
{
    return say_at(bench, "s1", type, visit, T0 + at_min * MIN, members);
}

static enum cw_refusal plan(struct bench *bench, const char *visit, int start_min, int end_min,
                            const char *members)
{
    char all[300];
    snprintf(all, sizeof(all), "'start':%lld,'end':%lld%s%s",
             (long long)((T0 + start_min * MIN) / NS_PER_MS),
             (long long)((T0 + end_min * MIN) / NS_PER_MS), *members ? "," : "", members);
    return say(bench, "visit.planned", visit, 0, all);
}

static const struct visit *visit_of(struct bench *bench, const char *visit)
{
    return service_find(&bench->service, CW_STR("s1"), str_of(visit));
}

static const char *standing(struct bench *bench, const char *visit)
{
    static char text[MAX_EXCEPTIONS_TEXT];
    return visit_exceptions_text(visit_of(bench, visit)->standing, text);
}

static bool verified(struct bench *bench, const char *visit)
{
    return visit_is_verified(visit_of(bench, visit));
}

/* One visit of an hour, planned at 30.6 N 104.1 E. */
static void a_visit_is_measured_by_itself(void **state)
{
    static const struct {
        const char *checkin; /* members */
        int in, out;
        const char *standing;
        bool verified;
    } row[] = {
        {"'method':'nfc'", 60, 120, "", true},
        {"'method':'qr'", 60, 120, "", true},
        {"'method':'landline'", 60, 120, "", true},
        {"'method':'manual'", 60, 120, "", false}, /* says who, proves nothing */
        {"", 60, 120, "", false},
        {"'method':'nfc'", 60, 104, "short", false},
        {"'method':'nfc'", 60, 105, "", true},     /* three quarters of it */
        {"'method':'nfc'", 90, 150, "late", true}, /* late, but done */
        {"'method':'gps','at':{'lat':30.601,'lon':104.1}", 60, 120, "", true}, /* 111 m */
        {"'method':'gps','at':{'lat':30.604,'lon':104.1}", 60, 120, "off_site", false},
        {"'method':'nfc','at':{'lat':30.604,'lon':104.1}", 60, 120, "off_site", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        plan(bench, "v", 60, 120, "'place':{'lat':30.6,'lon':104.1},'worker':'w'");
        bench_at(bench, row[i].in * MIN);
        assert_int_equal(say(bench, "visit.checkin", "v", row[i].in, row[i].checkin), 0);
        bench_at(bench, row[i].out * MIN);
        assert_int_equal(say(bench, "visit.checkout", "v", row[i].out, ""), 0);
        bench_at(bench, (row[i].out + 60) * MIN);
        assert_string_equal(standing(bench, "v"), row[i].standing);
        assert_int_equal(verified(bench, "v"), row[i].verified);
        bench_free(bench);
    }
}

static void make(struct bench *bench, const char *visit, const char *worker, int in_min)
{
    char members[80];
    (void)snprintf(members, sizeof(members), "'worker':'%s','recipient':'%s'", worker, visit);
    plan(bench, visit, in_min, in_min + 60, members);
    say(bench, "visit.checkin", visit, in_min, "'method':'nfc'");
    say(bench, "visit.checkout", visit, in_min + 60, "");
}

#define DAYS_MIN(days) ((days)*24 * 60)

static void what_was_found_outlives_the_other_visit(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    bench_at(bench, DAYS_MIN(1) * MIN);
    make(bench, "a", "w", 60);
    bench_at(bench, DAYS_MIN(2) * MIN);
    make(bench, "b", "w", 80); /* uploaded a day later, so kept a day longer */
    assert_string_equal(standing(bench, "b"), "overlap");
    bench_at(bench, DAYS_MIN(8) * MIN + 1 * HOUR);
    assert_null(visit_of(bench, "a"));
    make(bench, "c", "w", DAYS_MIN(8));
    assert_string_equal(standing(bench, "b"), "overlap");
    assert_true(bench_reload(bench));
    make(bench, "d", "w", DAYS_MIN(8) - 200);
    assert_string_equal(standing(bench, "b"), "overlap");
    assert_string_equal(standing(bench, "c"), "");
    bench_free(bench);
}

static void who_was_another_after_all_heals_the_others(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    bench_at(bench, 300 * MIN);
    make(bench, "a", "w", 60);
    make(bench, "b", "w", 80);
    assert_string_equal(standing(bench, "b"), "overlap");
    assert_int_equal(say(bench, "visit.assigned", "a", 300, "'worker':'x'"), CW_ACCEPTED);
    assert_string_equal(standing(bench, "b"), "");
    make(bench, "c", "x", 90);
    assert_string_equal(standing(bench, "c"), "overlap");
    bench_free(bench);
}

/* Two visits a and b, each told in full, in both orders: the same is found. */
static void of_two_that_cannot_both_be_true_the_later_is_found(void **state)
{
    static const struct {
        const char *a, *b; /* of the plans */
        int a_in, a_out, b_in, b_out;
        const char *found_a, *found_b;
    } row[] = {
        {"'worker':'w','recipient':'r1'", "'worker':'w','recipient':'r2'", 60, 120, 130, 190,
         "", ""},
        {"'worker':'w','recipient':'r1'", "'worker':'w','recipient':'r2'", 60, 120, 90, 150, "",
         "overlap"},
        {"'worker':'w','recipient':'r1'", "'worker':'w','recipient':'r2'", 60, 120, 116, 176,
         "", ""}, /* four minutes are a clock */
        {"'worker':'w','recipient':'r1'", "'worker':'x','recipient':'r2'", 60, 120, 90, 150, "",
         ""},
        {"'recipient':'r1'", "'recipient':'r2'", 60, 120, 90, 150, "", ""}, /* by nobody */
        {"'worker':'w','recipient':'r1','service':'bath'",
         "'worker':'w','recipient':'r1','service':'bath'", 60, 120, 61, 121, "", "duplicate"},
        {"'worker':'w','recipient':'r1','service':'bath'",
         "'worker':'w','recipient':'r1','service':'meal'", 60, 120, 61, 121, "", "overlap"},
        /* 11 km in ten minutes, and in five */
        {"'worker':'w','recipient':'r1','place':{'lat':30.6,'lon':104.1}",
         "'worker':'w','recipient':'r2','place':{'lat':30.7,'lon':104.1}", 60, 120, 130, 190,
         "", ""},
        {"'worker':'w','recipient':'r1','place':{'lat':30.6,'lon':104.1}",
         "'worker':'w','recipient':'r2','place':{'lat':30.7,'lon':104.1}", 60, 120, 125, 185,
         "", "impossible_travel"},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(row) / sizeof(row[0]); i++) {
        size_t k = i / 2;
        struct bench *bench = bench_new();
        plan(bench, "a", row[k].a_in, row[k].a_out, row[k].a);
        plan(bench, "b", row[k].b_in, row[k].b_out, row[k].b);
        bench_at(bench, 300 * MIN);
        const char *order = i % 2 ? "ab" : "ba";
        for (const char *at = order; *at; at++) {
            bool is_a = *at == 'a';
            char id[2] = {*at, '\0'};
            say(bench, "visit.checkin", id, is_a ? row[k].a_in : row[k].b_in, "'method':'nfc'");
            say(bench, "visit.checkout", id, is_a ? row[k].a_out : row[k].b_out, "");
        }
        assert_string_equal(standing(bench, "a"), row[k].found_a);
        assert_string_equal(standing(bench, "b"), row[k].found_b);
        assert_int_equal(verified(bench, "a"), !*row[k].found_a);
        assert_int_equal(verified(bench, "b"), !*row[k].found_b);
        bench_free(bench);
    }
}

static void a_correction_heals_and_keeps_the_trail(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, "a", 60, 120, "'worker':'w','recipient':'r1'");
    plan(bench, "b", 90, 150, "'worker':'w','recipient':'r2'");
    bench_at(bench, 150 * MIN);
    say(bench, "visit.checkin", "a", 60, "'method':'nfc'");
    say(bench, "visit.checkout", "a", 120, "");
    say(bench, "visit.checkin", "b", 90, "'method':'nfc'");
    say(bench, "visit.checkout", "b", 150, "");
    assert_string_equal(standing(bench, "b"), "overlap");
    assert_non_null(strstr(bench_told(bench), "raised overlap s1/visit:b"));
    /* It was another worker. */
    say(bench, "visit.confirmed", "b", 150, "");
    plan(bench, "b", 90, 150, "'worker':'x'");
    assert_string_equal(standing(bench, "b"), "");
    assert_true(verified(bench, "b"));
    assert_true(visit_of(bench, "b")->exceptions & EXCEPTION_OVERLAP);
    assert_non_null(strstr(bench_told(bench), "cleared overlap s1/visit:b healed"));
    bench_free(bench);
}

static void copied_lengths_and_bulk_entries_are_found(void **state)
{
    char id[16];
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.max_visits = 100;
    for (int i = 0; i < 3; i++) {
        int64_t in_ns = T0 + (60 + 100 * i) * MIN;
        snprintf(id, sizeof(id), "c%d", i);
        bench_at(bench, (200 + 100 * i) * MIN);
        say_at(bench, "s1", "visit.checkin", id, in_ns, "'worker':'w','method':'nfc'");
        say_at(bench, "s1", "visit.checkout", id, in_ns + 3600123 * NS_PER_MS, "");
    }
    for (int i = 0; i < 3; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        assert_string_equal(standing(bench, id), "copied");
    }
    /* Nine days later, ten of one week at once: the tenth makes it a bulk. */
    bench_at(bench, 9 * 24 * HOUR);
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        say(bench, "visit.checkin", id, 2000 + 70 * i, "'worker':'x','method':'nfc'");
        say(bench, "visit.checkout", id, 2060 + 70 * i, "");
        assert_string_equal(standing(bench, "b0"), i < 9 ? "" : "bulk");
    }
    assert_string_equal(standing(bench, "b9"), "bulk");
    bench_free(bench);
}

static void only_the_recipients_channel_rates(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, "v", 60, 120, "'recipient':'r-9','worker':'w'");
    bench_at(bench, 120 * MIN);
    say(bench, "visit.checkin", "v", 60, "'method':'manual'");
    say(bench, "visit.checkout", "v", 120, "");
    assert_false(verified(bench, "v"));
    int64_t at = T0 + 120 * MIN;
    assert_int_equal(say_at(bench, "s1", "visit.feedback", "v", at, "'score':5"),
                     CW_REFUSED_NOT_AUTHORISED);
    assert_int_equal(say_at(bench, "home", "visit.feedback", "v", at, "'score':5"),
                     CW_REFUSED_NOT_AUTHORISED); /* another's home */
    assert_int_equal(say_at(bench, "dispatch", "visit.feedback", "v", at, "'score':6"),
                     CW_REFUSED_EVENT);
    assert_int_equal(say_at(bench, "dispatch", "visit.feedback", "nothing", at, "'score':4"),
                     CW_REFUSED_EVENT);
    assert_int_equal(bench_register(bench, &kind_residents, "{'site':'home','resident':'r-9'}"),
                     0);
    assert_int_equal(say_at(bench, "home", "visit.feedback", "v", at, "'score':4,'site':'s1'"),
                     0);
    assert_int_equal(visit_of(bench, "v")->score, 4);
    assert_true(verified(bench, "v")); /* the recipient says it was */
    bench_free(bench);
}

static void a_visit_that_two_sites_have_is_not_guessed(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char start[200];
    int64_t at = T0 + 120 * MIN;
    snprintf(start, sizeof(start), "'start':%lld,'end':%lld,'worker':'w'",
             (long long)((T0 + 60 * MIN) / NS_PER_MS), (long long)(at / NS_PER_MS));
    plan(bench, "v", 60, 120, "'recipient':'home','worker':'w'");
    assert_int_equal(say_at(bench, "inst", "visit.planned", "v", T0, start), 0);
    bench_at(bench, 120 * MIN);
    /* A home means the one that was to it; for a desk "site" says which. */
    assert_int_equal(say_at(bench, "home", "visit.feedback", "v", at, "'score':4"), 0);
    assert_int_equal(visit_of(bench, "v")->score, 4);
    assert_int_equal(say_at(bench, "dispatch", "visit.followup", "v", at, "'score':2"),
                     CW_REFUSED_EVENT);
    assert_non_null(strstr(bench->err.text, "2 sites"));
    assert_int_equal(visit_of(bench, "v")->score, 4);
    assert_int_equal(
        say_at(bench, "dispatch", "visit.followup", "v", at, "'score':2,'site':'s1'"), 0);
    assert_int_equal(visit_of(bench, "v")->score, 2);
    /* Two that were to the home: nobody knows which of them it means. */
    assert_int_equal(
        say_at(bench, "base", "visit.planned", "v", at, "'start':1,'end':2,'recipient':'home'"),
        0);
    assert_int_equal(say_at(bench, "home", "visit.feedback", "v", at, "'score':5"),
                     CW_REFUSED_EVENT);
    assert_int_equal(
        say_at(bench, "home", "visit.feedback", "v", at, "'score':5,'site':'base'"), 0);
    assert_int_equal(visit_of(bench, "v")->score, 2);
    bench_free(bench);
}

static void only_a_department_settles_and_only_what_is_verified(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, "v", 60, 120, "'recipient':'r-9','worker':'w'");
    int64_t at = T0 + 120 * MIN;
    bench_at(bench, 120 * MIN);
    say(bench, "visit.checkin", "v", 60, "'method':'nfc'");
    const char *amount = "'amount_fen':67544,'site':'s1'";
    assert_int_equal(say_at(bench, "dept", "visit.settled", "v", at, amount), CW_REFUSED_EVENT);
    say(bench, "visit.checkout", "v", 120, "");
    assert_int_equal(say_at(bench, "inst", "visit.settled", "v", at, amount),
                     CW_REFUSED_NOT_AUTHORISED);
    assert_int_equal(say_at(bench, "dept", "visit.settled", "v", at, amount), 0);
    assert_int_equal(visit_of(bench, "v")->state, VISIT_SETTLED);
    bench_free(bench);
}

/* ---- what the home's own sensors saw ---- */

static void silence_of_live_sensors_is_uncorroborated_and_private(void **state)
{
    static const struct {
        const char *name, *method;
        bool sensor, alive, deaf, moved;
        bool uncorroborated;
    } row[] = {
        {"nothing to see with", "gps", false, false, false, false, false},
        {"alive and silent", "gps", true, true, false, false, true},
        {"it saw motion", "gps", true, true, false, true, false},
        {"a tag speaks, too", "nfc", true, true, false, false, false},
        {"a dead sensor excuses", "gps", true, false, false, false, false},
        {"our own outage excuses", "gps", true, true, true, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        bench->fold.series = series_table_new();
        ((struct rule *)ruleset_builtin(&bench->rules, CONDITION_VISIT_UNCORROBORATED))
            ->after_ns = 30 * MIN;
        char method[40];
        if (row[i].sensor)
            bench_roster(bench, "s1",
                         "{'devices':[{'device':'pir','kind':'pir','resident':'r-9'}]}");
        struct series series = {
            .metric = metric_find(&bench->fold.series->metrics, CW_STR("motion"))};
        struct device *pir = row[i].sensor ? bench_device(bench, "s1", "pir") : NULL;
        if (pir) {
            pir->connection = row[i].alive ? CONNECTION_ONLINE : CONNECTION_SILENT;
            pir->timer.armed_ns = 0;
            pir->series = &series;
            pir->n_series = 1;
            recent_add(&series.recent, 8, T0 + 90 * MIN, row[i].moved ? 1 : 0);
        }
        plan(bench, "v", 60, 120, "'recipient':'r-9'");
        snprintf(method, sizeof(method), "'method':'%s'", row[i].method);
        bench_at(bench, 120 * MIN);
        say(bench, "visit.checkin", "v", 60, method);
        say(bench, "visit.checkout", "v", 120, "");
        bench->fold.registry.deaf = row[i].deaf;
        bench_at(bench, 160 * MIN);
        if (!!(visit_of(bench, "v")->standing & EXCEPTION_UNCORROBORATED) !=
            row[i].uncorroborated)
            fail_msg("%s", row[i].name);
        assert_int_equal(verified(bench, "v"), !row[i].uncorroborated);
        if (pir) {
            pir->series = NULL;
            pir->n_series = 0;
        }
        recent_done(&series.recent);
        series_table_free(&bench->fold);
        bench_free(bench);
    }
}

/* ---- counts ---- */

static void counts_follow_every_change_and_survive_a_restart(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, "v", 60, 120, "'project':'p1','worker':'w'");
    struct visit_tally sum = tally_of_project(&bench->service.tallies, CW_STR("p1"));
    assert_int_equal(sum.planned, 1);
    assert_int_equal(sum.done, 0);
    bench_at(bench, 130 * MIN);
    say(bench, "visit.checkin", "v", 60, "'method':'nfc'");
    say(bench, "visit.checkout", "v", 120, "");
    assert_true(bench_reload(bench));
    sum = tally_of_project(&bench->service.tallies, CW_STR("p1"));
    assert_int_equal(sum.planned, 1);
    assert_int_equal(sum.done, 1);
    assert_int_equal(sum.verified, 1);
    assert_int_equal(sum.verified_minutes, 60);
    /* It turns out to have been short. */
    say(bench, "visit.checkout", "v", 80, "");
    sum = tally_of_project(&bench->service.tallies, CW_STR("p1"));
    assert_int_equal(sum.verified, 0);
    assert_int_equal(sum.verified_minutes, 0);
    assert_int_equal(sum.minutes, 20);
    assert_int_equal(sum.exception[3], 1);
    /* To another project: nothing of it stays here. */
    say(bench, "visit.checkout", "v", 120, "'project':'p2'");
    sum = tally_of_project(&bench->service.tallies, CW_STR("p1"));
    assert_int_equal(sum.planned + sum.done + sum.minutes + sum.exception[3], 0);
    sum = tally_of_project(&bench->service.tallies, CW_STR("p2"));
    assert_int_equal(sum.verified, 1);
    bench_free(bench);
}

static void a_workers_position_is_not_kept(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    plan(bench, "v", 60, 120, "'place':{'lat':30.6,'lon':104.1}");
    bench_at(bench, 60 * MIN);
    say(bench, "visit.checkin", "v", 60, "'method':'gps','at':{'lat':30.601,'lon':104.1}");
    bench_at(bench, 120 * MIN);
    say(bench, "visit.checkout", "v", 120, "");
    assert_true(visit_of(bench, "v")->at_lat > 30);
    bench_at(bench, 60 * MIN + 24 * HOUR);
    assert_false(visit_of(bench, "v")->at_lat > 0); /* NAN */
    assert_int_equal(visit_of(bench, "v")->distance_m, 111);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visit_is_measured_by_itself),
        cmocka_unit_test(what_was_found_outlives_the_other_visit),
        cmocka_unit_test(who_was_another_after_all_heals_the_others),
        cmocka_unit_test(of_two_that_cannot_both_be_true_the_later_is_found),
        cmocka_unit_test(a_correction_heals_and_keeps_the_trail),
        cmocka_unit_test(copied_lengths_and_bulk_entries_are_found),
        cmocka_unit_test(only_the_recipients_channel_rates),
        cmocka_unit_test(a_visit_that_two_sites_have_is_not_guessed),
        cmocka_unit_test(only_a_department_settles_and_only_what_is_verified),
        cmocka_unit_test(silence_of_live_sensors_is_uncorroborated_and_private),
        cmocka_unit_test(counts_follow_every_change_and_survive_a_restart),
        cmocka_unit_test(a_workers_position_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
