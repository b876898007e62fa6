/*
 * test_ledger.c - inspections, evaluations, duties, credit, complaints: which step is possible
 * in which state and by whom, and that legal clocks end on the right day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/civil.h"
#include "base/instant.h"
#include "unit/fold_bench.h"

static int n_events;

static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[900];
    snprintf(text, sizeof(text), "{'id':'l%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, site, text);
}

static const char *state_of(struct bench *bench, const struct entry_kind *kind, const char *id)
{
    const struct entry *entry = book_find(&bench->book, kind, str_of(id));
    return entry ? kind->state[entry->state] : "none";
}

static const char *due_of(struct bench *bench, const struct entry_kind *kind, const char *id)
{
    static char text[INSTANT_MAX];
    const struct entry *entry = book_find(&bench->book, kind, str_of(id));
    (void)instant_format(entry->due_ns, text);
    return entry->due_ns ? text : "none";
}

struct row {
    const char *site, *type, *members;
    enum cw_refusal refusal;
    const char *state; /* of the case */
};

static void play(struct bench *bench, const struct entry_kind *kind, const char *id,
                 const struct row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum cw_refusal refusal = say(bench, row[i].site, row[i].type, row[i].members);
        if (refusal != row[i].refusal || strcmp(state_of(bench, kind, id), row[i].state) != 0)
            fail_msg("row %zu: %d, %s, %s", i, (int)refusal, state_of(bench, kind, id),
                     bench->err.text);
    }
}
#define PLAY(kind, id, row) play(bench, kind, id, row, sizeof(row) / sizeof((row)[0]))

static void a_finding_is_only_closed_by_the_department(void **state)
{
    static const struct row row[] = {
        {"dept", "inspection.planned", "'inspection':'i','org':'inst','inspectors':['a']",
         CW_REFUSED_EVENT, "none"},
        {"dept", "inspection.planned", "'inspection':'i','org':'inst','inspectors':['a','b']",
         CW_ACCEPTED, "planned"},
        {"inst", "inspection.rectified", "'inspection':'i'", CW_REFUSED_EVENT, "planned"},
        {"dept", "inspection.finding", "'inspection':'i','clause':'7.2','evidence':'photo 1'",
         CW_ACCEPTED, "found"},
        {"station", "inspection.rectified", "'inspection':'i','evidence':'x'",
         CW_REFUSED_NOT_AUTHORISED, "found"},
        {"inst", "inspection.reply", "'inspection':'i','text':'soon'", CW_ACCEPTED, "found"},
        {"inst", "inspection.rectified", "'inspection':'i','evidence':'photo 2'", CW_ACCEPTED,
         "rectified"},
        {"inst", "inspection.passed", "'inspection':'i'", CW_REFUSED_NOT_AUTHORISED,
         "rectified"},
        {"dept", "inspection.failed", "'inspection':'i'", CW_ACCEPTED, "failed"},
        {"inst", "inspection.rectified", "'inspection':'i','evidence':'photo 3'", CW_ACCEPTED,
         "rectified"},
        {"dept", "inspection.passed", "'inspection':'i'", CW_ACCEPTED, "passed"},
    };
    (void)state;
    struct bench *bench = bench_new();
    PLAY(&kind_inspections, "i", row);
    const struct entry *entry = book_find(&bench->book, &kind_inspections, CW_STR("i"));
    assert_true(str_is(entry_text(entry, "evidence"), "photo 1"));
    assert_true(str_is(entry_text(entry, "claimed"), "photo 3"));
    assert_int_equal(entry->due_ns, 0);
    bench_free(bench);
}

static void an_overdue_finding_is_an_alarm_until_it_moves_on(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'i','org':'inst','due':'2025-12-01'"),
                     0);
    assert_string_equal(due_of(bench, &kind_inspections, "i"), "2025-12-02T00:00:00.000Z");
    bench_at(bench, 7 * 24 * HOUR);
    assert_string_equal(bench_told(bench), "");
    assert_true(bench_reload(bench));
    bench_at(bench, 9 * 24 * HOUR);
    assert_string_equal(bench_told(bench), "raised inspection_overdue inspections:i;");
    assert_int_equal(
        say(bench, "inst", "inspection.rectified", "'inspection':'i','evidence':'x'"), 0);
    assert_string_equal(bench_told(bench), "cleared inspection_overdue inspections:i;");
    bench_free(bench);
}

/* T0 is Sunday 2025-11-23 02:44 UTC. */
static void legal_clocks_end_on_the_right_day(void **state)
{
    static const char *const holidays[] = {"2025-12-01", NULL};
    static const char *const workdays[] = {"2025-11-29", NULL};
    static const struct {
        const char *source, *from;
        enum legal_clock clock;
        int64_t days;
        bool calendar;
        const char *due; /* the end of the last day */
    } row[] = {
        {"days: the one it begins on does not count", "2025-11-23T02:00:00Z", CLOCK_RECTIFY, 30,
         false, "2025-12-24T00:00:00.000Z"},
        {"10 working days (Order 60 of 2018)", "2025-11-24T09:00:00Z", CLOCK_CREDIT_ANSWER, 10,
         false, "2025-12-09T00:00:00.000Z"},
        {"from a Saturday", "2025-11-22T09:00:00Z", CLOCK_CREDIT_ANSWER, 1, false,
         "2025-11-25T00:00:00.000Z"},
        {"a Saturday worked, a Monday off", "2025-11-28T09:00:00Z", CLOCK_CREDIT_ANSWER, 2,
         true, "2025-12-03T00:00:00.000Z"},
        {"over the end of the year", "2025-12-31T23:00:00Z", CLOCK_COMPLAINT, 5, false,
         "2026-01-08T00:00:00.000Z"},
        {"over a leap day", "2028-02-28T00:00:00Z", CLOCK_RECTIFY, 2, false,
         "2028-03-02T00:00:00.000Z"},
    };
    (void)state;
    struct bench *bench = bench_new();
    struct oversight_settings *s = &bench->rules.settings.oversight;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[INSTANT_MAX];
        int64_t from_ns = 0;
        s->rectify_days = s->credit_answer_days = s->complaint_days = row[i].days;
        s->holidays = row[i].calendar ? holidays : NULL;
        s->workdays = row[i].calendar ? workdays : NULL;
        assert_int_equal(instant_parse(str_of(row[i].from), &from_ns), 0);
        (void)instant_format(legal_due_ns(&bench->rules, row[i].clock, from_ns), text);
        if (strcmp(text, row[i].due) != 0)
            fail_msg("%s: %s", row[i].source, text);
    }
    bench_free(bench);
}

static void a_grade_is_computed_and_explained(void **state)
{
    static const struct {
        const char *sections, *grade;
    } row[] = {
        {"{'environment':110,'facilities':120,'operation':140,'service':560}", "5"},
        {"{'environment':100,'facilities':120,'operation':140,'service':560}", "4"},
        {"{'environment':110,'facilities':120,'operation':140,'service':400}", "3"},
        {"{'environment':48,'facilities':52,'operation':60,'service':240}", "1"},
        {"{'environment':47,'facilities':130,'operation':150,'service':600}", "none"},
        {"{'environment':120}", "none"},
    };
    (void)state;
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[400];
        snprintf(text, sizeof(text),
                 "'org':'inst','scheme':'gbt37276','published':'2025-11-20T00:00:00Z',"
                 "'sections':%s,'grade':'5'",
                 row[i].sections);
        assert_int_equal(say(bench, "dept", "evaluation.scored", text), 0);
        const struct entry *entry =
            book_find(&bench->book, &kind_evaluations, CW_STR("inst.gbt37276"));
        if (!str_is(entry_text(entry, "computed_grade"), row[i].grade))
            fail_msg("%s: %s", row[i].sections, entry_json_of(entry, "explained").p);
        assert_true(str_is(entry_text(entry, "valid_until"), "2028-11-19"));
    }
    assert_int_equal(say(bench, "dept", "evaluation.scored",
                         "'org':'inst','scheme':'gbt37276','sections':{'service':601}"),
                     CW_REFUSED_EVENT);
    assert_int_equal(say(bench, "dept", "evaluation.scored",
                         "'org':'inst','scheme':'gbt37276','panel':['x','inst']"),
                     CW_REFUSED_NOT_AUTHORISED);
    assert_int_equal(say(bench, "inst", "evaluation.scored", "'org':'inst','scheme':'s'"),
                     CW_REFUSED_NOT_AUTHORISED);
    bench_free(bench);
}

static void a_duty_is_filed_by_its_organisation_and_judged_by_the_department(void **state)
{
    static const struct row row[] = {
        {"org", "duty.filed",
         "'org':'station','duty':'annual_report','period':'2025','evidence':'x'",
         CW_REFUSED_NOT_AUTHORISED, "none"},
        {"org", "duty.filed", "'org':'org','duty':'annual_report','period':'2025'", CW_ACCEPTED,
         "filed"},
        {"org", "duty.result",
         "'org':'org','duty':'annual_report','period':'2025','result':'passed'",
         CW_REFUSED_NOT_AUTHORISED, "filed"},
        {"dept", "duty.result",
         "'org':'org','duty':'annual_report','period':'2025','result':'failed'", CW_ACCEPTED,
         "failed"},
        {"org", "duty.filed", "'org':'org','duty':'annual_report','period':'2025'", CW_ACCEPTED,
         "filed"},
        {"dept", "duty.result",
         "'org':'org','duty':'annual_report','period':'2025','result':'passed'", CW_ACCEPTED,
         "passed"},
    };
    (void)state;
    struct bench *bench = bench_new();
    PLAY(&kind_duties, "org.annual_report.2025", row);
    bench_free(bench);
}

static void a_complaint_is_closed_by_a_department_alone(void **state)
{
    static const struct row row[] = {
        {"home", "complaint.filed", "'complaint':'c','about':'inst'", CW_ACCEPTED, "filed"},
        {"inst", "complaint.closed", "'complaint':'c'", CW_REFUSED_NOT_AUTHORISED, "filed"},
        {"station", "complaint.replied", "'complaint':'c','text':'x'",
         CW_REFUSED_NOT_AUTHORISED, "filed"},
        {"inst", "complaint.replied", "'complaint':'c'", CW_REFUSED_EVENT, "filed"},
        {"inst", "complaint.replied", "'complaint':'c','text':'looked into'", CW_ACCEPTED,
         "replied"},
        {"dept", "complaint.closed", "'complaint':'c','result':'ok','satisfied':true",
         CW_ACCEPTED, "closed"},
    };
    (void)state;
    struct bench *bench = bench_new();
    PLAY(&kind_complaints, "c", row);
    bench_free(bench);
}

/* The clock is the department's: a reply does not stop it, and a second complaint begins it
 * anew. */
static void a_complaint_is_overdue_until_it_is_closed(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const struct entry_kind *kind = &kind_complaints;
    assert_int_equal(say(bench, "home", "complaint.filed", "'complaint':'c','about':'inst'"),
                     0);
    assert_string_equal(due_of(bench, kind, "c"), "2025-12-06T00:00:00.000Z");
    assert_int_equal(say(bench, "inst", "complaint.replied", "'complaint':'c','text':'x'"), 0);
    assert_string_equal(due_of(bench, kind, "c"), "2025-12-06T00:00:00.000Z");
    bench_at(bench, 14 * 24 * HOUR);
    assert_string_equal(bench_told(bench), "raised complaint_overdue complaints:c;");
    assert_int_equal(
        say(bench, "dept", "complaint.closed", "'complaint':'c','satisfied':false"), 0);
    assert_string_equal(bench_told(bench), "cleared complaint_overdue complaints:c;");
    assert_int_equal(say(bench, "home", "complaint.filed", "'complaint':'c','about':'inst'"),
                     0);
    const struct entry *entry = book_find(&bench->book, kind, CW_STR("c"));
    assert_int_equal(entry_int(entry, "times", 0), 2);
    assert_int_equal(say(bench, "dept", "complaint.closed", "'complaint':'c'"), 0);
    assert_int_equal(entry_json_of(entry, "satisfied").n, 0); /* nobody asked this time */
    bench_free(bench);
}

/* ---- credit ---- */

static int person(struct bench *bench, const char *verb, const char *by, const char *members)
{
    char text[300];
    snprintf(text, sizeof(text), "{'org':'org','list':'black','by':'%s'%s%s}", by,
             *members ? "," : "", members);
    return credit_command(&bench->fold, verb, doc_of(&bench->doc, text), &bench->err);
}

static void two_persons_decide_and_the_organisation_is_heard(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    const struct entry_kind *kind = &kind_credit;
    assert_int_equal(person(bench, "propose", "ann", ""), -ENODATA);
    assert_int_equal(person(bench, "propose", "ann", "'evidence':'file 7'"), 0);
    assert_string_equal(state_of(bench, kind, "org.black"), "proposed");
    assert_int_equal(person(bench, "approve", "ann", ""), -EPERM);
    assert_int_equal(person(bench, "approve", "bob", ""), 0);
    assert_string_equal(state_of(bench, kind, "org.black"), "noticed");
    /* Ten working days from Sunday: until the end of Friday two weeks later. */
    assert_string_equal(due_of(bench, kind, "org.black"), "2025-12-06T00:00:00.000Z");
    assert_int_equal(person(bench, "approve", "bob", ""), -EBUSY);
    assert_int_equal(say(bench, "org", "credit.objection", "'org':'org','text':'not us'"), 0);
    assert_string_equal(state_of(bench, kind, "org.black"), "objected");
    bench_at(bench, 20 * 24 * HOUR);
    assert_string_equal(state_of(bench, kind, "org.black"), "objected");
    assert_int_equal(person(bench, "uphold", "ann", ""), -EPERM);
    assert_int_equal(person(bench, "uphold", "bob", ""), -ENODATA);
    assert_int_equal(person(bench, "uphold", "bob", "'text':'the file shows it'"), 0);
    assert_string_equal(state_of(bench, kind, "org.black"), "listed");
    assert_int_equal(say(bench, "org", "credit.repair_requested", "'org':'org','text':'done'"),
                     0);
    assert_int_equal(person(bench, "withdraw", "ann", ""), 0);
    assert_string_equal(state_of(bench, kind, "org.black"), "withdrawn");
    bench_free(bench);
}

static void a_notice_nobody_answers_counts_when_its_period_is_over(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(person(bench, "propose", "ann", "'evidence':['a','b']"), 0);
    assert_int_equal(person(bench, "approve", "bob", ""), 0);
    bench_at(bench, 12 * 24 * HOUR);
    assert_string_equal(state_of(bench, &kind_credit, "org.black"), "noticed");
    assert_true(bench_reload(bench));
    bench_at(bench, 14 * 24 * HOUR);
    assert_string_equal(state_of(bench, &kind_credit, "org.black"), "listed");
    bench_free(bench);
}

static void nothing_is_listed_without_evidence_and_never_by_alarms(void **state)
{
    static const struct row row[] = {
        {"dept", "credit.listed", "'org':'org','list':'red','decision':'7'", CW_REFUSED_EVENT,
         "none"},
        {"org", "credit.listed", "'org':'org','list':'red','evidence':'x'",
         CW_REFUSED_NOT_AUTHORISED, "none"},
        {"dept", "credit.listed", "'org':'org','list':'red','evidence':'x'", CW_ACCEPTED,
         "listed"},
        {"dept", "credit.removed", "'org':'org','list':'red'", CW_ACCEPTED, "removed"},
    };
    (void)state;
    struct bench *bench = bench_new();
    PLAY(&kind_credit, "org.red", row);
    /* A hundred reports of its own trouble put it on no list and in no evaluation. */
    uint32_t n = map_count(&bench->book.by_key);
    for (int i = 0; i < 100; i++)
        assert_int_equal(say(bench, "inst", "incident.reported", "'kind':'fall','text':'x'"),
                         0);
    assert_int_equal(map_count(&bench->book.by_key), n);
    bench_free(bench);
}

/* A case that is over leaves after its time, and not before; what is not over stays. */
static void what_is_over_leaves_after_its_time(void **state)
{
    static const struct {
        const char *type, *members;
    } said[] = {
        {"complaint.filed", "'complaint':'c1','about':'s1'"},
        {"complaint.filed", "'complaint':'c2','about':'s1'"},
        {"complaint.closed", "'complaint':'c1','result':'done'"},
    };
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.oversight.keep_closed_ns = 100 * 24 * HOUR;
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        char text[300];
        snprintf(text, sizeof(text), "{'id':'over%zu','type':'%s',%s}", i, said[i].type,
                 said[i].members);
        assert_int_equal(bench_event(bench, "dept", text), CW_ACCEPTED);
    }
    daily_wait(&bench->fold);
    bench_at(bench, 99 * 24 * HOUR);
    assert_non_null(book_find(&bench->book, &kind_complaints, CW_STR("c1")));
    assert_true(bench_reload(bench));
    bench_at(bench, 102 * 24 * HOUR);
    assert_null(book_find(&bench->book, &kind_complaints, CW_STR("c1")));
    assert_non_null(book_find(&bench->book, &kind_complaints, CW_STR("c2"))); /* still open */
    assert_int_equal(bench->book.n_left, 1);
    assert_true(bench_reload(bench));
    assert_int_equal(bench->book.n_left, 1);
    /* Its number and id are free again. */
    assert_int_equal(bench_event(bench, "dept",
                                 "{'id':'again','type':'complaint.filed','complaint':'c1',"
                                 "'about':'s1'}"),
                     CW_ACCEPTED);
    assert_true(bench_reload(bench));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_is_only_closed_by_the_department),
        cmocka_unit_test(an_overdue_finding_is_an_alarm_until_it_moves_on),
        cmocka_unit_test(legal_clocks_end_on_the_right_day),
        cmocka_unit_test(a_grade_is_computed_and_explained),
        cmocka_unit_test(a_duty_is_filed_by_its_organisation_and_judged_by_the_department),
        cmocka_unit_test(a_complaint_is_closed_by_a_department_alone),
        cmocka_unit_test(a_complaint_is_overdue_until_it_is_closed),
        cmocka_unit_test(two_persons_decide_and_the_organisation_is_heard),
        cmocka_unit_test(a_notice_nobody_answers_counts_when_its_period_is_over),
        cmocka_unit_test(nothing_is_listed_without_evidence_and_never_by_alarms),
        cmocka_unit_test(what_is_over_leaves_after_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
