/*
 * test_evaluation.c - grades by configured schemes: section floors, who is not graded and by
 * which rule, who may sit on the panel, until when a grade is valid by which version.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "core/oversight/credit.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/statute.h"
#include "unit/fold_bench.h"

static const char *const excludes[] = {"missed:annual_inspection", "failed:annual_inspection",
                                       "basic_twice:annual_inspection", "listed:abnormal",
                                       NULL};
static const char *const june[] = {"06-30", NULL};
#define SECTIONS                                                                      \
    .section = {{"basic", 100}, {"governance", 300}, {"work", 400}, {"social", 200}}, \
    .n_sections = 4, .grade = {{"5A", 901, 0.6}, {"4A", 801, 0.5}, {"3A", 701, 0}},   \
    .n_grades = 3
static const struct scheme schemes[] = {
    {.name = "foundation",
     .source = "Order 39",
     .in_force = "",
     .types = "foundation",
     .valid = "from_publication",
     .years = 5,
     .panel = 3,
     .registered_years = 2,
     .excludes = excludes,
     SECTIONS},
    {.name = "foundation",
     .source = "as revised",
     .in_force = "2026-03-01",
     .types = "foundation",
     .valid = "calendar_years",
     .years = 5,
     .panel = 3,
     .registered_years = 2,
     SECTIONS},
};
static const struct duty_rule duties[] = {{.name = "annual_inspection",
                                           .source = "s",
                                           .of = "organisation",
                                           .types = "",
                                           .due = june,
                                           .is_of_previous = true,
                                           .is_judged = true,
                                           .open_days = 60,
                                           .registered_until = "",
                                           .done_by = "",
                                           .kind = ""}};
static const struct list_rule lists[] = {{.name = "abnormal",
                                          .source = "s",
                                          .clause = "",
                                          .title = "",
                                          .leads_to = "",
                                          .objection_days = 20,
                                          .repair_days = 20,
                                          .is_public = true}};

static struct bench *bench_of_schemes(void)
{
    struct bench *bench = bench_new();
    bench->rules.scheme = schemes;
    bench->rules.n_schemes = 2;
    bench->rules.duty = duties;
    bench->rules.n_duties = 1;
    bench->rules.list = lists;
    bench->rules.n_lists = 1;
    assert_int_equal(bench_register(bench, &kind_organisations,
                                    "{'org':'f','name':'F','type':'foundation',"
                                    "'registered':'2019-05-01'}"),
                     0);
    return bench;
}

static void to(struct bench *bench, const char *instant)
{
    int64_t ns = 0;
    assert_int_equal(instant_parse(str_of(instant), &ns), 0);
    bench_at(bench, ns - T0);
}

static int n_events;
static enum cw_refusal say(struct bench *bench, const char *type, const char *members)
{
    static char text[900];
    snprintf(text, sizeof(text), "{'id':'v%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, "dept", text);
}

static enum cw_refusal score(struct bench *bench, const char *org, const char *sections,
                             const char *more)
{
    char text[700];
    snprintf(text, sizeof(text),
             "'org':'%s','scheme':'foundation','sections':{%s},'panel':['a','b','c']%s", org,
             sections, more);
    return say(bench, "evaluation.scored", text);
}

static const struct entry *of(struct bench *bench, const char *id)
{
    return book_find(&bench->book, &kind_evaluations, str_of(id));
}

static void floors_hold_beside_the_sum(void **state)
{
    static const struct {
        const char *sections, *grade, *total;
    } row[] = {
        {"'basic':100,'governance':280,'work':371,'social':150", "5A", "901"},
        {"'basic':100,'governance':280,'work':370,'social':150", "4A", "900"},
        {"'basic':59,'governance':300,'work':400,'social':200", "4A", "959"},
        {"'basic':100,'governance':300,'work':400,'social':99", "3A", "899"},
        {"'basic':0,'governance':300,'work':400,'social':1", "3A", "701"},
        {"'basic':100,'governance':300,'work':300,'social':0", "none", "700"},
        {"'work':400", "none", "400"},
    };
    (void)state;
    struct bench *bench = bench_of_schemes();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (score(bench, "f", row[i].sections, ""))
            fail_msg("%s", bench->err.text);
        const struct entry *entry = of(bench, "f.foundation");
        if (!str_is(entry_text(entry, "computed_grade"), row[i].grade) ||
            !str_is(entry_json_of(entry, "total"), row[i].total))
            fail_msg("%s: %s", row[i].sections, entry_json_of(entry, "explained").p);
    }
    bench_free(bench);
}

static void each_line_says_what_it_is_made_of(void **state)
{
    (void)state;
    struct bench *bench = bench_of_schemes();
    assert_int_equal(score(bench, "f", "'basic':90,'governance':280,'work':330,'social':120",
                           ",'evidence':['basic: deed 7','work: report 2025']"),
                     0);
    const struct entry *entry = of(bench, "f.foundation");
    assert_string_equal(entry_json_of(entry, "lines").p,
                        "[\"basic 90 of 100 (5A needs 60): deed 7\","
                        "\"governance 280 of 300 (5A needs 180)\","
                        "\"work 330 of 400 (5A needs 240): report 2025\","
                        "\"social 120 of 200 (5A needs 120)\"]");
    assert_true(str_is(entry_text(entry, "rule_version"), "Order 39"));
    assert_true(bench_reload(bench));
    bench_free(bench);
}

/* The version in force on the day of publication, and its own rule of validity. */
static void validity_is_that_of_the_version_in_force(void **state)
{
    static const struct {
        const char *published, *version, *from, *until;
    } row[] = {
        {"2026-02-28T04:00:00Z", "Order 39", "2026-02-28", "2031-02-27"},
        {"2026-03-01T04:00:00Z", "as revised, in force 2026-03-01", "2027-01-01", "2031-12-31"},
        {"2024-02-29T04:00:00Z", "Order 39", "2024-02-29", "2029-02-27"},
    };
    (void)state;
    struct bench *bench = bench_of_schemes();
    to(bench, "2026-04-01T00:00:00Z");
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char more[80];
        snprintf(more, sizeof(more), ",'published':'%s'", row[i].published);
        assert_int_equal(score(bench, "f", "'work':400", more), 0);
        const struct entry *entry = of(bench, "f.foundation");
        if (!str_is(entry_text(entry, "rule_version"), row[i].version) ||
            !str_is(entry_text(entry, "valid_from"), row[i].from) ||
            !str_is(entry_text(entry, "valid_until"), row[i].until))
            fail_msg("%s: %s %s %s", row[i].published, entry_json_of(entry, "rule_version").p,
                     entry_json_of(entry, "valid_from").p,
                     entry_json_of(entry, "valid_until").p);
    }
    to(bench, "2029-02-28T00:00:01Z");
    assert_string_equal(kind_evaluations.state[of(bench, "f.foundation")->state], "expired");
    bench_free(bench);
}

static void duty(struct bench *bench, const char *period, const char *result)
{
    char text[200];
    snprintf(text, sizeof(text),
             "'org':'f','duty':'annual_inspection','period':'%s','result':'%s'", period,
             result);
    assert_int_equal(say(bench, "duty.result", text), 0);
}

static enum cw_refusal graded(struct bench *bench)
{
    return score(bench, "f", "'work':400", ",'published':'2026-02-01T04:00:00Z'");
}

static void who_is_excluded_is_not_graded_and_is_told_why(void **state)
{
    (void)state;
    struct bench *bench = bench_of_schemes();
    assert_int_equal(graded(bench), 0);
    duty(bench, "2024", "合格");
    duty(bench, "2025", "不合格");
    assert_int_equal(graded(bench), CW_REFUSED_EVENT);
    assert_non_null(strstr(bench->err.text, "failed:annual_inspection"));
    duty(bench, "2025", "基本合格");
    assert_int_equal(graded(bench), 0);
    duty(bench, "2024", "基本合格");
    assert_int_equal(graded(bench), CW_REFUSED_EVENT);
    assert_non_null(strstr(bench->err.text, "basic_twice"));
    duty(bench, "2024", "合格");
    assert_int_equal(say(bench, "credit.listed", "'org':'f','list':'abnormal','evidence':'x'"),
                     0);
    assert_int_equal(graded(bench), CW_REFUSED_EVENT);
    assert_non_null(strstr(bench->err.text, "listed:abnormal"));
    assert_int_equal(say(bench, "credit.removed", "'org':'f','list':'abnormal'"), 0);
    assert_int_equal(graded(bench), 0);
    /* Missed is what was due and is not there. */
    to(bench, "2027-07-02T00:00:00Z");
    assert_int_equal(graded(bench), CW_REFUSED_EVENT); /* of 2026 */
    assert_non_null(strstr(bench->err.text, "missed"));
    bench_free(bench);
}

static void who_is_too_young_or_of_another_type_is_not_graded(void **state)
{
    static const struct {
        const char *registration;
        enum cw_refusal refusal;
    } row[] = {
        {"{'org':'g','name':'G','type':'foundation','registered':'2024-02-01'}", CW_ACCEPTED},
        {"{'org':'g','name':'G','type':'foundation','registered':'2024-02-02'}",
         CW_REFUSED_EVENT},
        {"{'org':'g','name':'G','type':'social_group','registered':'2010-01-01'}",
         CW_REFUSED_EVENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_of_schemes();
        to(bench, "2026-02-02T00:00:00Z");
        assert_int_equal(bench_register(bench, &kind_organisations, row[i].registration), 0);
        if (score(bench, "g", "'work':400", ",'published':'2026-02-01T04:00:00Z'") !=
            row[i].refusal)
            fail_msg("row %zu: %s", i, bench->err.text);
        bench_free(bench);
    }
}

static void nobody_judges_their_own(void **state)
{
    static const struct {
        const char *panel;
        enum cw_refusal refusal;
    } row[] = {
        {"'panel':['a','b']", CW_REFUSED_EVENT},
        {"'panel':['a','b','f']", CW_REFUSED_NOT_AUTHORISED},
        {"'panel':['a','b','nurse-1']", CW_REFUSED_NOT_AUTHORISED},
        {"'panel':['a','b','c'],'recused':['c']", CW_REFUSED_NOT_AUTHORISED},
        {"'panel':['a','b','c'],'recused':['d']", CW_ACCEPTED},
    };
    (void)state;
    struct bench *bench = bench_of_schemes();
    assert_int_equal(bench_register(bench, &kind_sites,
                                    "{'site':'inst','kind':'institution','operators':['f']}"),
                     0);
    assert_int_equal(bench_register(bench, &kind_staff, "{'staff':'nurse-1','site':'inst'}"),
                     0);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[300];
        snprintf(text, sizeof(text), "'org':'f','scheme':'foundation',%s", row[i].panel);
        if (say(bench, "evaluation.scored", text) != row[i].refusal)
            fail_msg("row %zu: %s", i, bench->err.text);
    }
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors_hold_beside_the_sum),
        cmocka_unit_test(each_line_says_what_it_is_made_of),
        cmocka_unit_test(validity_is_that_of_the_version_in_force),
        cmocka_unit_test(who_is_excluded_is_not_graded_and_is_told_why),
        cmocka_unit_test(who_is_too_young_or_of_another_type_is_not_graded),
        cmocka_unit_test(nobody_judges_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
