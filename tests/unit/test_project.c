/*
 * test_project.c - bought services: what is claimed against what was verified, who may say
 * what, and that money waits for the acceptance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/fold_bench.h"

static int n_events;

static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[700];
    snprintf(text, sizeof(text), "{'id':'p%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, site, text);
}

static const struct entry *project(struct bench *bench, const char *id)
{
    return book_find(&bench->book, &kind_projects, str_of(id));
}

static const char *shown(struct bench *bench, const char *id)
{
    static struct buf text;
    struct json_out out;
    buf_done(&text);
    buf_init(&text, 1 << 14);
    json_out_init(&out, &text);
    entry_json(&bench->fold, project(bench, id), false, &out);
    return buf_text(&text);
}

#define CONTRACT                                                           \
    "'project':'p1','org':'station','purchaser':'dept','source':'fiscal'," \
    "'target_persons':100,'unit_fen':67544,'budget_fen':6754400,'start':"  \
    "'2025-11-01T00:00:00Z','end':'2025-12-31T00:00:00Z'"

/* An hour that was planned, and made when `complete`. */
static void visit(struct bench *bench, int i, bool complete)
{
    char text[300];
    long long start = (T0 + i * 2 * HOUR) / NS_PER_MS, hour = HOUR / NS_PER_MS;
    snprintf(text, sizeof(text),
             "'visit':'v%d','project':'p1','worker':'w','recipient':'r%d','start':%lld,"
             "'end':%lld",
             i, i, start, start + hour);
    assert_int_equal(say(bench, "station", "visit.planned", text), 0);
    if (!complete)
        return;
    snprintf(text, sizeof(text), "'visit':'v%d','ts':%lld,'method':'nfc'", i, start);
    assert_int_equal(say(bench, "station", "visit.checkin", text), 0);
    snprintf(text, sizeof(text), "'visit':'v%d','ts':%lld", i, start + hour);
    assert_int_equal(say(bench, "station", "visit.checkout", text), 0);
}

static void a_claim_beyond_what_was_verified_is_one_alarm_with_the_excess(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.max_visits = 100;
    assert_int_equal(say(bench, "dept", "project.contract", CONTRACT), 0);
    bench_at(bench, 24 * HOUR);
    for (int i = 0; i < 10; i++)
        visit(bench, i, i < 7);
    bench_told(bench);
    assert_int_equal(say(bench, "station", "project.claim",
                         "'project':'p1','persons':10,'amount_fen':675440,'period':'2025-11'"),
                     0);
    assert_string_equal(bench_told(bench), "raised project_over_claim projects:p1;");
    const char *json = shown(bench, "p1");
    assert_non_null(strstr(json, "\"claimed_persons\":10"));
    assert_non_null(strstr(json, "\"claimed_amount_fen\":675440"));
    assert_non_null(strstr(json, "\"verified_persons\":7"));
    assert_non_null(strstr(json, "\"verified_amount_fen\":472808"));
    assert_non_null(strstr(json, "\"excess_fen\":202632"));
    const struct alarm *alarm =
        alarm_open(&bench->fold.alarms, CW_STR("project_over_claim"), CW_STR("projects:p1"));
    assert_non_null(alarm);
    assert_true(alarm->value > 2026.31 && alarm->value < 2026.33);
    assert_true(alarm->limit > 4728.07 && alarm->limit < 4728.09);
    /* The same claim again changes nothing; the rest uploaded late heals it. */
    assert_int_equal(say(bench, "station", "project.claim",
                         "'project':'p1','persons':10,'amount_fen':675440,'period':'2025-11'"),
                     0);
    assert_string_equal(bench_told(bench), "");
    for (int i = 7; i < 10; i++)
        visit(bench, i, true);
    assert_non_null(strstr(bench_told(bench), "cleared project_over_claim projects:p1"));
    assert_true(bench_reload(bench));
    assert_non_null(strstr(shown(bench, "p1"), "\"verified_persons\":10"));
    bench_free(bench);
}

static void nobody_judges_their_own_project_and_money_waits(void **state)
{
    static const struct {
        const char *site, *type, *members;
        enum cw_refusal refusal;
    } row[] = {
        {"dept", "project.contract", "'project':'p2','org':'dept','purchaser':'dept'",
         CW_REFUSED_EVENT},
        {"station", "project.claim", "'project':'p1','persons':1", CW_REFUSED_EVENT}, /* none */
        {"dept", "project.contract", CONTRACT, CW_ACCEPTED},
        {"station", "project.accepted", "'project':'p1'", CW_REFUSED_NOT_AUTHORISED},
        {"base", "project.claim", "'project':'p1','persons':1", CW_REFUSED_NOT_AUTHORISED},
        {"station", "project.claim", "'project':'p1','persons':-1", CW_REFUSED_EVENT},
        {"dept", "project.payment", "'project':'p1','amount_fen':1", CW_REFUSED_EVENT},
        {"dept", "project.payment", "'project':'p1','amount_fen':5,'kind':'advance'",
         CW_ACCEPTED},
        {"dept", "project.evaluated", "'project':'p1','evaluator':'station'",
         CW_REFUSED_NOT_AUTHORISED},
        {"dept", "project.evaluated", "'project':'p1'", CW_REFUSED_NOT_AUTHORISED}, /* buyer */
        {"dept", "project.evaluated", "'project':'p1','evaluator':'third'", CW_ACCEPTED},
        {"dept", "project.accepted", "'project':'p1'", CW_ACCEPTED},
        {"dept", "project.payment", "'project':'p1','amount_fen':7", CW_ACCEPTED},
    };
    (void)state;
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        enum cw_refusal refusal = say(bench, row[i].site, row[i].type, row[i].members);
        if (refusal != row[i].refusal)
            fail_msg("row %zu: %d, %s", i, (int)refusal, bench->err.text);
    }
    assert_int_equal(entry_int(project(bench, "p1"), "paid_fen", 0), 12);
    bench_free(bench);
}

static void falling_behind_is_told_with_the_forecast(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(say(bench, "dept", "project.contract", CONTRACT), 0);
    /* It began 22 of 60 days ago, nothing was verified. */
    bench_at(bench, 8 * 24 * HOUR);
    assert_non_null(strstr(bench_told(bench), "raised project_under_delivery projects:p1"));
    assert_non_null(strstr(shown(bench, "p1"), "\"forecast_persons\":0"));
    bench_free(bench);
}

static void at_the_end_of_a_week(struct bench *bench, int week, int n_visits, int claimed)
{
    static int n;
    char text[200];
    bench_at(bench, week * 7 * 24 * HOUR);
    for (int i = 0; i < n_visits; i++) {
        long long at = (T0 + (week * 7 - 6) * 24 * HOUR + i * 2 * HOUR) / NS_PER_MS;
        snprintf(text, sizeof(text),
                 "'visit':'t%d','project':'p1','worker':'w','recipient':'r','start':%lld,'end':"
                 "%lld",
                 ++n, at, at + 3600000);
        assert_int_equal(say(bench, "station", "visit.planned", text), 0);
        snprintf(text, sizeof(text), "'visit':'t%d','ts':%lld,'method':'nfc'", n, at);
        assert_int_equal(say(bench, "station", "visit.checkin", text), 0);
        snprintf(text, sizeof(text), "'visit':'t%d','ts':%lld", n, at + 3600000);
        assert_int_equal(say(bench, "station", "visit.checkout", text), 0);
    }
    bench_told(bench);
    snprintf(text, sizeof(text), "'project':'p1','persons':%d,'period':'w%d'", claimed, week);
    assert_int_equal(say(bench, "station", "project.claim", text), 0);
}

#define BY_PERSONS                                                         \
    "'project':'p1','org':'station','purchaser':'dept','source':'fiscal'," \
    "'target_persons':100,'start':'2025-11-23T00:00:00Z','end':'2026-01-31T00:00:00Z'"

/* Each week so many visits were verified and so many claimed; what the last claim tells. */
static void claims_that_grow_faster_than_the_work_are_told_with_the_day(void **state)
{
    static const struct {
        const char *what;
        int verified[3], claimed[3];
        const char *told;
    } row[] = {
        {"what was verified", {8, 6, 9}, {8, 6, 9}, ""},
        {"less", {8, 8, 8}, {4, 4, 4}, ""},
        {"faster", {8, 8, 8}, {4, 8, 10}, ""}, /* 20 % pass */
        {"much faster",
         {8, 8, 8},
         {2, 2, 16},
         "raised project_over_claim_ahead projects:p1 2025-12-17;"},
        {"too much already", {8, 8, 8}, {8, 8, 16}, "raised project_over_claim projects:p1;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_new();
        bench->rules.settings.max_visits = 100;
        assert_int_equal(say(bench, "dept", "project.contract", BY_PERSONS), 0);
        for (int week = 1; week <= 3; week++)
            at_the_end_of_a_week(bench, week, row[i].verified[week - 1],
                                 row[i].claimed[week - 1]);
        if (strcmp(bench_told(bench), row[i].told) != 0)
            fail_msg("%s: %s", row[i].what, buf_text(&bench->told));
        assert_true(bench_reload(bench));
        bench_free(bench);
    }
}

static void a_forecast_of_too_much_is_over_when_claims_slow_down(void **state)
{
    struct bench *bench = bench_new();
    (void)state;
    bench->rules.settings.max_visits = 100;
    assert_int_equal(say(bench, "dept", "project.contract", BY_PERSONS), 0);
    at_the_end_of_a_week(bench, 1, 8, 2);
    at_the_end_of_a_week(bench, 2, 8, 2);
    at_the_end_of_a_week(bench, 3, 8, 16);
    assert_non_null(strstr(bench_told(bench), "raised project_over_claim_ahead"));
    const char *json = shown(bench, "p1");
    assert_non_null(strstr(json, "\"over_claim_at\":\"2025-12-17T"));
    assert_non_null(strstr(json, "\"forecast_excess_persons\":50"));
    at_the_end_of_a_week(bench, 4, 8, 4);
    assert_string_equal(bench_told(bench), "cleared project_over_claim_ahead projects:p1;");
    assert_null(strstr(shown(bench, "p1"), "over_claim_at"));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_beyond_what_was_verified_is_one_alarm_with_the_excess),
        cmocka_unit_test(nobody_judges_their_own_project_and_money_waits),
        cmocka_unit_test(falling_behind_is_told_with_the_forecast),
        cmocka_unit_test(claims_that_grow_faster_than_the_work_are_told_with_the_day),
        cmocka_unit_test(a_forecast_of_too_much_is_over_when_claims_slow_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
