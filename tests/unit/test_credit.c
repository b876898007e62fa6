/*
 * test_credit.c - lists of organisations by their legal clocks. Each case names the clause it
 * comes from; the rules are those of conf/oversight.conf, in short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/instant.h"
#include "core/oversight/credit.h"
#include "unit/fold_bench.h"

#define RULE .source = "rule", .clause = "", .leads_to = "", .is_public = true
static const char *const sanction[] = {"no funds", "no purchase", NULL};
static const char *const holidays[] = {"2026-01-01", "2026-01-02", NULL};
static const char *const workdays[] = {"2026-01-04", NULL};

static const struct list_rule lists[] = {
    {.name = "red",
     .title = "红榜",
     RULE,
     .is_honour = true,
     .months = 12,
     .ends_by_itself = true,
     .objection_days = 20,
     .repair_days = 20},
    {.name = "black",
     .title = "黑榜",
     RULE,
     .months = 12,
     .answer_days = 10,
     .objection_days = 20,
     .repair_months = 3,
     .repair_days = 20,
     .restarts = true},
    {.name = "watch",
     .title = "重点关注",
     RULE,
     .months = 6,
     .ends_by_itself = true,
     .answer_days = 10,
     .objection_days = 20,
     .repair_days = 20},
    {.name = "abnormal",
     .title = "活动异常名录",
     .source = "Order 60",
     .clause = "art. 11",
     .leads_to = "serious",
     .leads_months = 24,
     .is_public = true,
     .answer_days = 10,
     .objection_days = 20,
     .repair_days = 20,
     .measures = sanction},
    {.name = "serious",
     .title = "严重违法失信名单",
     .source = "Order 60",
     .clause = "art. 15",
     .leads_to = "",
     .is_public = true,
     .months = 24,
     .answer_days = 10,
     .objection_days = 20,
     .repair_months = 24,
     .repair_days = 20,
     .restarts = true},
    {.name = "inner",
     .title = "",
     .source = "office",
     .clause = "",
     .leads_to = "",
     .answer_days = 5,
     .objection_days = 5,
     .repair_days = 5},
};

static struct bench *bench_of_lists(void)
{
    struct bench *bench = bench_new();
    bench->rules.list = lists;
    bench->rules.n_lists = sizeof(lists) / sizeof(lists[0]);
    bench->rules.settings.oversight.holidays = holidays;
    bench->rules.settings.oversight.workdays = workdays;
    assert_int_equal(bench_register(bench, &kind_organisations,
                                    "{'org':'org','name':'A','unified_code':"
                                    "'9144030071526726XG'}"),
                     0);
    return bench;
}

/* ---- one step of a case ---- */

/* "at": moves time; "ann propose text": a person's verb; "org credit.objection": an event. */
struct step {
    const char *at; /* NULL: the same moment */
    const char *by, *what, *members;
    int code; /* of a person: 0 or errno; of an event: enum cw_refusal */
};

struct legal_case {
    const char *clause, *list;
    struct step step[10];
    const char *look_at; /* then */
    const char *state, *due, *until;
    const char *published; /* "listed removed" */
};

static int n_events;

static int run(struct bench *bench, const char *list, const struct step *step)
{
    char text[500];
    const char *more = step->members ? step->members : "";
    bench->err.text[0] = '\0';
    if (strchr(step->what, '.')) {
        snprintf(text, sizeof(text), "{'id':'c%d','type':'%s','org':'org','list':'%s'%s%s}",
                 ++n_events, step->what, list, *more ? "," : "", more);
        return (int)bench_event(bench, step->by, text);
    }
    snprintf(text, sizeof(text), "{'org':'org','list':'%s','by':'%s'%s%s}", list, step->by,
             *more ? "," : "", more);
    return credit_command(&bench->fold, step->what, doc_of(&bench->doc, text), &bench->err);
}

static void to(struct bench *bench, const char *instant)
{
    int64_t ns = 0;
    if (!instant)
        return;
    assert_int_equal(instant_parse(str_of(instant), &ns), 0);
    bench_at(bench, ns - T0);
}

static void published(const struct bench *bench, char dst[200])
{
    const struct entry *line;
    dst[0] = '\0';
    for (int64_t seq = 1; (line = publication_find(&bench->fold, seq)); seq++) {
        struct cw_str change = entry_text(line, "change");
        snprintf(dst + strlen(dst), 200 - strlen(dst), "%s%.*s", seq > 1 ? " " : "",
                 (int)change.n, change.p);
    }
}

static void check(const struct bench *bench, const struct legal_case *one)
{
    char id[80], due[INSTANT_MAX] = "", until[16] = "", lines[200];
    snprintf(id, sizeof(id), "org.%s", one->list);
    const struct entry *entry = book_find(&bench->book, &kind_credit, str_of(id));
    const char *state = entry ? kind_credit.state[entry->state] : "none";
    if (entry && entry->due_ns)
        (void)instant_format(entry->due_ns, due);
    if (entry && entry_text(entry, "until").n)
        snprintf(until, sizeof(until), "%.10s", entry_text(entry, "until").p);
    published(bench, lines);
    if (strcmp(state, one->state) != 0 || (one->due && strncmp(due, one->due, 10) != 0) ||
        (one->until && strcmp(until, one->until) != 0) ||
        (one->published && strcmp(lines, one->published) != 0))
        fail_msg("%s: %s, due %s, until %s, published \"%s\"", one->clause, state, due, until,
                 lines);
}

#define PROPOSED                                         \
    {                                                    \
        NULL, "ann", "propose", "'evidence':'file 7'", 0 \
    }
#define APPROVED                        \
    {                                   \
        NULL, "bob", "approve", NULL, 0 \
    }

/* T0 is Sunday 2025-11-23. A due date is shown by the midnight that ends it. */
static const struct legal_case cases[] = {
    {"safeguards: nothing without evidence",
     "black",
     {{NULL, "ann", "propose", NULL, -ENODATA}},
     NULL,
     "none",
     NULL,
     NULL,
     ""},
    {"safeguards: two persons decide",
     "black",
     {PROPOSED, {NULL, "ann", "approve", NULL, -EPERM}},
     NULL,
     "proposed",
     "",
     NULL,
     ""},
    {"Order 60: notice, 10 working days to answer",
     "abnormal",
     {PROPOSED, APPROVED},
     NULL,
     "noticed",
     "2025-12-06",
     NULL,
     ""},
    {"Order 60: unanswered it counts the day after",
     "abnormal",
     {PROPOSED, APPROVED},
     "2025-12-06T00:00:00Z",
     "listed",
     NULL,
     NULL,
     "listed"},
    {"Order 60: not a day before",
     "abnormal",
     {PROPOSED, APPROVED},
     "2025-12-05T23:59:59Z",
     "noticed",
     NULL,
     NULL,
     ""},
    {"calendar: holidays do not count, a Sunday worked does",
     "watch",
     {{"2025-12-24T10:00:00Z", "ann", "propose", "'evidence':'x'", 0}, APPROVED},
     NULL,
     "noticed",
     "2026-01-09",
     NULL,
     ""},
    {"Order 60: an objection stops the clock and is decided in 20 working days",
     "abnormal",
     {PROPOSED, APPROVED, {NULL, "org", "credit.objection", "'text':'no'", 0}},
     "2025-12-10T00:00:00Z",
     "objected",
     "2025-12-20",
     NULL,
     ""},
    {"safeguards: an objection is answered, by another than who proposed",
     "abnormal",
     {PROPOSED,
      APPROVED,
      {NULL, "ann", "object", "'text':'on paper'", 0},
      {NULL, "ann", "uphold", "'text':'so'", -EPERM},
      {NULL, "bob", "uphold", NULL, -ENODATA},
      {NULL, "bob", "uphold", "'text':'so'", 0}},
     NULL,
     "listed",
     NULL,
     NULL,
     "listed"},
    {"an objection that holds ends it, and nothing was ever public",
     "abnormal",
     {PROPOSED,
      APPROVED,
      {NULL, "ann", "object", "'text':'on paper'", 0},
      {NULL, "bob", "withdraw", "'text':'right'", 0}},
     NULL,
     "withdrawn",
     "",
     NULL,
     ""},
    {"an honour needs no notice, and ends by itself after a year",
     "red",
     {PROPOSED, APPROVED},
     "2026-11-22T00:00:00Z",
     "listed",
     "2026-11-23",
     "2026-11-23",
     "listed"},
    {"... on its day",
     "red",
     {PROPOSED, APPROVED},
     "2026-11-23T00:00:00Z",
     "removed",
     "",
     "2026-11-23",
     "listed removed"},
    {"one that does not end by itself stays until it is removed",
     "black",
     {PROPOSED, APPROVED},
     "2027-06-01T00:00:00Z",
     "listed",
     "",
     "2026-12-06",
     "listed"},
    {"repair not before three months",
     "black",
     {PROPOSED, APPROVED, {"2026-03-05T00:00:00Z", "ann", "repair", "'text':'done'", -EBUSY}},
     NULL,
     "listed",
     NULL,
     NULL,
     "listed"},
    {"repair: granted by another person than who recorded it",
     "black",
     {PROPOSED,
      APPROVED,
      {"2026-03-06T00:00:00Z", "ann", "repair", "'text':'done'", 0},
      {NULL, "ann", "repaired", NULL, -EPERM},
      {NULL, "bob", "repaired", NULL, 0}},
     NULL,
     "removed",
     "",
     NULL,
     "listed removed"},
    {"repair that is refused leaves it as it was",
     "black",
     {PROPOSED,
      APPROVED,
      {"2026-03-06T00:00:00Z", "org", "credit.repair_requested", NULL, 0},
      {NULL, "bob", "repair_refused", NULL, 0}},
     NULL,
     "listed",
     NULL,
     "2026-12-06",
     "listed"},
    {"repair: decided in 20 working days",
     "black",
     {PROPOSED, APPROVED, {"2026-03-06T00:00:00Z", "org", "credit.repair_requested", NULL, 0}},
     NULL,
     "repairing",
     "2026-04-04",
     NULL,
     "listed"},
    {"Order 60: new misconduct restarts the clock of the serious list",
     "serious",
     {{NULL, "dept", "credit.listed", "'evidence':'a','decision':'1'", 0},
      {"2026-05-01T10:00:00Z", "dept", "credit.listed", "'evidence':'b','decision':'2'", 0}},
     NULL,
     "listed",
     NULL,
     "2028-05-01",
     "listed changed"},
    {"the same decision told twice restarts nothing",
     "serious",
     {{NULL, "dept", "credit.listed", "'evidence':'a','decision':'1'", 0},
      {"2026-05-01T10:00:00Z", "dept", "credit.listed", "'evidence':'a','decision':'1'", 0}},
     NULL,
     "listed",
     NULL,
     "2027-11-23",
     "listed"},
    {"Order 60: the serious list is left on application after two years",
     "serious",
     {{NULL, "dept", "credit.listed", "'evidence':'a'", 0},
      {"2027-11-22T00:00:00Z", "ann", "repair", NULL, -EBUSY},
      {"2027-11-23T00:00:00Z", "ann", "repair", NULL, 0}},
     NULL,
     "repairing",
     NULL,
     NULL,
     "listed"},
    {"a list that is not published is not",
     "inner",
     {{NULL, "dept", "credit.listed", "'evidence':'a'", 0}},
     NULL,
     "listed",
     NULL,
     NULL,
     ""},
    {"103号: the watch list ends by itself",
     "watch",
     {{NULL, "dept", "credit.listed", "'evidence':'a'", 0}},
     "2026-05-23T00:00:00Z",
     "removed",
     NULL,
     NULL,
     "listed removed"},
    {"another region's word is no listing of ours",
     "black",
     {{NULL, "dept", "credit.received", "'evidence':'a','received_from':'m'", 0}},
     NULL,
     "none",
     NULL,
     NULL,
     ""},
    {"not theirs to say",
     "black",
     {{NULL, "org", "credit.listed", "'evidence':'a'", CW_REFUSED_NOT_AUTHORISED},
      {NULL, "inst", "credit.objection", NULL, CW_REFUSED_NOT_AUTHORISED}},
     NULL,
     "none",
     NULL,
     NULL,
     ""},
};

static void every_case_ends_as_its_clause_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *bench = bench_of_lists();
        for (size_t k = 0; k < 10 && cases[i].step[k].what; k++) {
            to(bench, cases[i].step[k].at);
            int code = run(bench, cases[i].list, &cases[i].step[k]);
            if (code != cases[i].step[k].code)
                fail_msg("%s, step %zu: %d %s", cases[i].clause, k, code, bench->err.text);
            assert_true(bench_reload(bench)); /* a restart at any moment changes nothing */
        }
        to(bench, cases[i].look_at);
        check(bench, &cases[i]);
        bench_free(bench);
    }
}

/* Order 60: two years on the abnormal list lead to the serious list; persons decide. */
static void two_years_on_a_list_are_suggested_to_persons(void **state)
{
    (void)state;
    struct bench *bench = bench_of_lists();
    const struct step listed = {NULL, "dept", "credit.listed", "'evidence':'a'", 0};
    assert_int_equal(run(bench, "abnormal", &listed), 0);
    to(bench, "2027-11-22T23:00:00Z");
    assert_null(book_find(&bench->book, &kind_credit, CW_STR("org.serious")));
    to(bench, "2027-11-23T00:00:00Z");
    const struct entry *entry = book_find(&bench->book, &kind_credit, CW_STR("org.serious"));
    assert_non_null(entry);
    assert_int_equal(entry->state, CREDIT_SUGGESTED);
    assert_true(entry_text(entry, "evidence").n > 0);
    assert_string_equal(bench_told(bench), "raised credit_suggested credit:org.serious;");
    char lines[200];
    published(bench, lines);
    assert_string_equal(lines, "listed");
    const struct step propose = {NULL, "ann", "propose", NULL, 0};
    assert_int_equal(run(bench, "serious", &propose), 0);
    assert_string_equal(bench_told(bench), "cleared credit_suggested credit:org.serious;");
    assert_true(str_is(entry_text(entry, "clause"), "art. 15"));
    bench_free(bench);
}

static void natural_persons_are_on_no_list(void **state)
{
    static const char *const person[] = {"home", "r-1", "carer-7", "11010519491231002X"};
    (void)state;
    struct bench *bench = bench_of_lists();
    assert_int_equal(bench_register(bench, &kind_residents, "{'resident':'r-1','site':'inst'}"),
                     0);
    assert_int_equal(bench_register(bench, &kind_staff, "{'staff':'carer-7','site':'inst'}"),
                     0);
    uint32_t n = map_count(&bench->book.by_key);
    for (size_t i = 0; i < sizeof(person) / sizeof(person[0]); i++) {
        char text[300];
        snprintf(text, sizeof(text),
                 "{'id':'n%zu','type':'credit.listed','org':'%s','list':'black',"
                 "'evidence':'x'}",
                 i, person[i]);
        assert_int_equal(bench_event(bench, "dept", text), CW_REFUSED_EVENT);
        snprintf(text, sizeof(text), "{'org':'%s','list':'black','by':'ann','evidence':'x'}",
                 person[i]);
        assert_int_equal(
            credit_command(&bench->fold, "propose", doc_of(&bench->doc, text), &bench->err),
            -EINVAL);
        assert_non_null(strstr(bench->err.text, "persons are on no list"));
    }
    assert_int_equal(map_count(&bench->book.by_key), n);
    bench_free(bench);
}

/* Numbers without a gap, lines that never change, and names as they were. */
static void what_is_published_is_numbered_and_stays(void **state)
{
    (void)state;
    struct bench *bench = bench_of_lists();
    const struct step in = {NULL, "dept", "credit.listed", "'evidence':'secret file'", 0};
    const struct step out = {NULL, "dept", "credit.removed", NULL, 0};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(run(bench, "abnormal", &in), 0);
        assert_int_equal(run(bench, "abnormal", &out), 0);
        assert_true(bench_reload(bench));
    }
    assert_int_equal(publication_last(&bench->fold), 10);
    const struct entry *line = publication_find(&bench->fold, 9);
    assert_int_equal(line->rev, 1);
    assert_true(str_is(entry_text(line, "name"), "A"));
    assert_true(str_is(entry_text(line, "title"), "活动异常名录"));
    assert_non_null(strstr(entry_json_of(line, "measures").p, "no purchase"));
    struct buf json;
    struct json_out text;
    buf_init(&json, 10000);
    json_out_init(&text, &json);
    entry_json(&bench->fold, line, true, &text);
    assert_null(strstr(buf_text(&json), "secret"));
    buf_done(&json);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_ends_as_its_clause_says),
        cmocka_unit_test(two_years_on_a_list_are_suggested_to_persons),
        cmocka_unit_test(natural_persons_are_on_no_list),
        cmocka_unit_test(what_is_published_is_numbered_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
