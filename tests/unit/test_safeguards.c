/*
 * test_safeguards.c - what binds as much as the features do, where it concerns supervision:
 * what never feeds a grade or a list, who decides, who is never shown, and what is never
 * erased.
 *
 * The others have their tests beside what they guard: uncorroborated visits stay private and an
 * outage excuses (test_visit_checks.c, test_visit_truth.c), consent decides what is taken in
 * (test_book.c, flow/test_gate.c), positions become distances and ratings come from the
 * recipient alone (test_visit.c), every alarm names an action and no diagnosis (test_config.c,
 * test_rules_advice.c), names stand in a table of their own (test_api_names.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/oversight/account.h"
#include "core/oversight/credit.h"
#include "core/oversight/inspection.h"
#include "unit/fold_bench.h"

#define DAY (24 * HOUR)

static int n_events;
static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[900];
    snprintf(text, sizeof(text), "{'id':'g%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, site, text);
}

/* ---- what never feeds a grade or a list ---- */

static struct bench *watched(void)
{
    struct bench *bench = bench_new();
    struct oversight_settings *s = &bench->rules.settings.oversight;
    s->night_patrols = 1;
    s->residents_per_carer = 5;
    s->fire_silent_ns = DAY;
    if (bench_register(bench, &kind_organisations, "{'org':'op','name':'x'}") ||
        bench_register(bench, &kind_sites,
                       "{'site':'inst','kind':'institution','operators':['op']}"))
        fail_msg("%s", bench->err.text);
    return bench;
}

/* Forty days of an institution that does its duties; with trouble or without. */
static void live(struct bench *bench, bool has_trouble)
{
    for (int day = 0; day < 40; day++) {
        bench_at(bench, day * DAY + 20 * HOUR);
        bench_heard(bench, "inst", "gw");
        assert_int_equal(say(bench, "inst", "patrol.done", "'by':'a'"), 0);
        for (int i = 0; has_trouble && i < 20; i++) {
            assert_int_equal(say(bench, "inst", "incident.reported", "'kind':'fall'"), 0);
            assert_int_equal(say(bench, "inst", "call.pressed", "'bed':'1'"), 0);
        }
        if (day == 10)
            assert_int_equal(say(bench, "dept", "evaluation.scored",
                                 "'org':'op','scheme':'gbt37276','published':"
                                 "'2025-12-01T00:00:00Z','sections':{'environment':110,"
                                 "'facilities':120,'operation':140,'service':560}"),
                             0);
    }
    bench_at(bench, 41 * DAY);
    bench_heard(bench, "inst", "gw");
}

static void account_of(struct bench *bench, char *dst, size_t cap)
{
    const struct entry *org = book_find(&bench->book, &kind_organisations, CW_STR("op"));
    struct buf json;
    struct json_out out;
    buf_init(&json, 1 << 20);
    json_out_init(&out, &json);
    account_json(&bench->fold, org, &out);
    snprintf(dst, cap, "%s", buf_text(&json));
    buf_done(&json);
}

/* Byte by byte the same account, with 1,600 reports of its own trouble and without. */
static void who_reports_trouble_is_never_worse_off(void **state)
{
    static char account[2][65536];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = watched();
        live(bench, i == 1);
        account_of(bench, account[i], sizeof(account[i]));
        bench_free(bench);
    }
    assert_non_null(strstr(account[0], "\"computed_grade\":\"5\""));
    assert_string_equal(account[0], account[1]);
}

/* ---- who decides ---- */

/* What the machine suggests or proposes stays that, however long nobody decides. */
static void time_alone_puts_nobody_on_a_list_it_was_only_suggested_for(void **state)
{
    static const struct list_rule lists[] = {{.name = "abnormal",
                                              .title = "",
                                              .source = "s",
                                              .clause = "",
                                              .leads_to = "serious",
                                              .leads_months = 1,
                                              .is_public = true,
                                              .objection_days = 1,
                                              .repair_days = 1},
                                             {.name = "serious",
                                              .title = "",
                                              .source = "s",
                                              .clause = "",
                                              .leads_to = "",
                                              .is_public = true,
                                              .answer_days = 1,
                                              .objection_days = 1,
                                              .repair_days = 1}};
    (void)state;
    struct bench *bench = watched();
    bench->rules.list = lists;
    bench->rules.n_lists = 2;
    assert_int_equal(
        say(bench, "dept", "credit.listed", "'org':'op','list':'abnormal','evidence':'x'"), 0);
    bench_at(bench, 3650 * DAY);
    const struct entry *entry = book_find(&bench->book, &kind_credit, CW_STR("op.serious"));
    assert_int_equal(entry->state, CREDIT_SUGGESTED);
    assert_int_equal(publication_last(&bench->fold), 1);
    bench_free(bench);
}

/* Before a finding or a listing counts, its organisation sees it and may answer. */
static void the_organisation_answers_before_it_counts(void **state)
{
    (void)state;
    struct bench *bench = watched();
    char text[] = "{'org':'op','list':'black','by':'ann','evidence':'x'}";
    assert_int_equal(
        credit_command(&bench->fold, "propose", doc_of(&bench->doc, text), &bench->err), 0);
    char other[] = "{'org':'op','list':'black','by':'bob'}";
    assert_int_equal(
        credit_command(&bench->fold, "approve", doc_of(&bench->doc, other), &bench->err), 0);
    const struct entry *entry = book_find(&bench->book, &kind_credit, CW_STR("op.black"));
    assert_int_equal(entry->state, CREDIT_NOTICED);
    assert_true(entry->due_ns > bench->fold.now_ns + 10 * DAY);
    assert_int_equal(publication_last(&bench->fold), 0);
    assert_int_equal(
        say(bench, "dept", "inspection.finding", "'inspection':'i','org':'op','text':'x'"), 0);
    assert_int_equal(say(bench, "inst", "inspection.reply", "'inspection':'i','text':'no'"), 0);
    bench_free(bench);
}

/* ---- who is never shown ---- */

static void nothing_of_a_person_is_public(void **state)
{
    static const struct entry_kind *const person[] = {&kind_residents, &kind_staff, &kind_beds};
    static const char *const hidden[] = {"proposed_by", "approved_by", "evidence",  "objection",
                                         "repair_by",   "inspectors",  "panel",     "recused",
                                         "answer",      "text",        "replied_by"};
    (void)state;
    for (size_t k = 0; k < sizeof(person) / sizeof(person[0]); k++)
        for (const struct entry_field *field = person[k]->field; field->name; field++)
            assert_false(field->flags & FIELD_PUBLIC);
    const struct entry_kind *kind;
    for (uint32_t i = 0; (kind = entry_kind_at(i)); i++)
        for (size_t k = 0; k < sizeof(hidden) / sizeof(hidden[0]); k++) {
            int at = field_index(kind, hidden[k]);
            if (at >= 0 && kind->field[at].flags & FIELD_PUBLIC)
                fail_msg("%s.%s is public", kind->name, hidden[k]);
        }
}

/* ---- what is never erased ---- */

static void a_correction_of_a_case_keeps_what_it_replaced(void **state)
{
    static const char members[] = "'org':'op','duty':'report','period':'2025','by':'%s',"
                                  "'reason':'%s','result':'%s'";
    char text[300];
    (void)state;
    struct bench *bench = watched();
    snprintf(text, sizeof(text), members, "ann", "", "不合格");
    assert_int_equal(say(bench, "dept", "duty.result", text), 0);
    (void)bench_changes(bench);
    snprintf(text, sizeof(text), members, "bob", "a slip", "合格");
    assert_int_equal(say(bench, "dept", "duty.result", text), 0);
    const char *trail = bench_changes(bench);
    assert_non_null(strstr(trail, "\"result\":[\"failed\",\"passed\"]"));
    assert_non_null(strstr(trail, "\"state\":[\"failed\",\"passed\"]"));
    assert_non_null(strstr(trail, "by bob"));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_reports_trouble_is_never_worse_off),
        cmocka_unit_test(time_alone_puts_nobody_on_a_list_it_was_only_suggested_for),
        cmocka_unit_test(the_organisation_answers_before_it_counts),
        cmocka_unit_test(nothing_of_a_person_is_public),
        cmocka_unit_test(a_correction_of_a_case_keeps_what_it_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
