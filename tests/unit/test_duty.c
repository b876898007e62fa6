/*
 * test_duty.c - duties by the calendar: opened for whom they concern, due on the right day,
 * overdue an alarm, done when they are filed or an event fulfils them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/statute.h"
#include "unit/fold_bench.h"

#define DAY (24 * HOUR)
static const char *const may[] = {"05-31", NULL};
static const char *const june[] = {"06-30", NULL};
static const char *const halves[] = {"01-15", "07-15", NULL};
static const char *const december[] = {"12-20", NULL};

static const struct duty_rule duties[] = {
    {.name = "annual_report",
     .source = "Order 60",
     .of = "organisation",
     .types = "social_group|private_nonprofit|foundation",
     .due = may,
     .is_of_previous = true,
     .is_judged = true,
     .to_working_day = true,
     .open_days = 90,
     .registered_until = "",
     .done_by = "",
     .kind = ""},
    {.name = "annual_inspection",
     .source = "rule 2",
     .of = "organisation",
     .types = "",
     .due = june,
     .is_of_previous = true,
     .is_judged = true,
     .open_days = 120,
     .registered_until = "06-30",
     .done_by = "",
     .kind = ""},
    {.name = "disclosure",
     .source = "rule 3",
     .of = "organisation",
     .types = "foundation",
     .due = halves,
     .open_days = 30,
     .registered_until = "",
     .done_by = "",
     .kind = ""},
    {.name = "fire_drill",
     .source = "Order 66 art. 31",
     .of = "site",
     .types = "institution|station.*",
     .due = december,
     .open_days = 200,
     .registered_until = "",
     .done_by = "drill.done",
     .kind = "fire"},
};

static struct bench *bench_of_duties(void)
{
    struct bench *bench = bench_new();
    bench->rules.duty = duties;
    bench->rules.n_duties = sizeof(duties) / sizeof(duties[0]);
    return bench;
}

static void to(struct bench *bench, const char *instant)
{
    int64_t ns = 0;
    assert_int_equal(instant_parse(str_of(instant), &ns), 0);
    bench_at(bench, ns - T0);
}

static void organisation(struct bench *bench, const char *id, const char *members)
{
    char text[300];
    snprintf(text, sizeof(text), "{'org':'%s','name':'%s',%s}", id, id, members);
    if (bench_register(bench, &kind_organisations, text))
        fail_msg("%s", bench->err.text);
}

static const char *state_of(struct bench *bench, const char *id)
{
    const struct entry *entry = book_find(&bench->book, &kind_duties, str_of(id));
    return entry ? kind_duties.state[entry->state] : "none";
}

static int n_events;
static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[600];
    snprintf(text, sizeof(text), "{'id':'t%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, site, text);
}

/* Each rule with the article it comes from: who owes what, and until when. */
static void a_case_is_opened_for_whom_it_concerns(void **state)
{
    static const struct {
        const char *org, *id, *opened, *due; /* opened: the day; NULL: it never is */
    } row[] = {
        {"'type':'foundation','registered':'2019-01-01'", "o.annual_report.2025", "2026-03-03",
         "2026-06-02T00:00:00.000Z"}, /* the 31st of May is a Sunday */
        {"'type':'foundation','registered':'2026-01-02'", "o.annual_report.2025", NULL, NULL},
        {"'type':'enterprise'", "o.annual_report.2025", NULL, NULL},
        {"'type':'foundation','status':'revoked'", "o.annual_report.2025", NULL, NULL},
        {"'type':'enterprise','registered':'2025-06-30'", "o.annual_inspection.2025",
         "2026-03-02", "2026-07-01T00:00:00.000Z"},
        {"'type':'enterprise','registered':'2025-07-01'", "o.annual_inspection.2025", NULL,
         NULL},
        {"'type':'foundation','registered':'2019-01-01'", "o.disclosure.2026-1", "2025-12-16",
         "2026-01-16T00:00:00.000Z"},
        {"'type':'foundation','registered':'2019-01-01'", "o.disclosure.2026-2", "2026-06-15",
         "2026-07-16T00:00:00.000Z"},
        {"'type':'social_group'", "o.disclosure.2026-2", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct bench *bench = bench_of_duties();
        char day[16] = "never", due[INSTANT_MAX] = "";
        organisation(bench, "o", row[i].org);
        for (int64_t at = DAY; at < 300 * DAY && strcmp(day, "never") == 0; at += DAY) {
            bench_at(bench, at);
            const struct entry *entry =
                book_find(&bench->book, &kind_duties, str_of(row[i].id));
            char text[INSTANT_MAX];
            if (!entry)
                continue;
            (void)instant_format(entry->since_ns, text);
            snprintf(day, sizeof(day), "%.10s", text);
            (void)instant_format(entry->due_ns, due);
        }
        if (strcmp(day, row[i].opened ? row[i].opened : "never") != 0 ||
            (row[i].due && strcmp(due, row[i].due) != 0))
            fail_msg("row %zu: %s due %s", i, day, due);
        bench_free(bench);
    }
}

static void overdue_is_an_alarm_until_it_is_filed(void **state)
{
    (void)state;
    struct bench *bench = bench_of_duties();
    organisation(bench, "org", "'type':'social_group'");
    to(bench, "2026-06-01T12:00:00Z");
    assert_string_equal(state_of(bench, "org.annual_report.2025"), "expected");
    assert_string_equal(bench_told(bench), "");
    assert_true(bench_reload(bench));
    to(bench, "2026-06-02T00:00:01Z");
    assert_string_equal(bench_told(bench),
                        "raised duty_overdue duties:org.annual_report.2025;");
    assert_true(bench_reload(bench));
    assert_int_equal(say(bench, "org", "duty.filed",
                         "'org':'org','duty':'annual_report','period':'2025','evidence':'x'"),
                     0);
    assert_string_equal(bench_told(bench),
                        "cleared duty_overdue duties:org.annual_report.2025;");
    const struct entry *entry =
        book_find(&bench->book, &kind_duties, CW_STR("org.annual_report.2025"));
    assert_true(str_is(entry_json_of(entry, "late"), "true"));
    /* The department is late, too, and that is another's alarm. */
    to(bench, "2026-07-20T00:00:00Z");
    assert_string_equal(bench_told(bench),
                        "raised duty_overdue duties:org.annual_inspection.2025;"
                        "raised result_overdue duties:org.annual_report.2025;");
    assert_int_equal(say(bench, "dept", "duty.result",
                         "'org':'org','duty':'annual_report','period':'2025',"
                         "'result':'基本合格'"),
                     0);
    assert_string_equal(bench_told(bench),
                        "cleared result_overdue duties:org.annual_report.2025;");
    assert_true(str_is(entry_text(entry, "result"), "basically_passed"));
    bench_free(bench);
}

static void a_drill_fulfils_what_the_site_owes(void **state)
{
    static const char site[] = "{'site':'inst','kind':'institution','operators':['op']}";
    (void)state;
    struct bench *bench = bench_of_duties();
    organisation(bench, "op", "'type':'enterprise'");
    if (bench_register(bench, &kind_sites, site))
        fail_msg("%s", bench->err.text);
    bench_at(bench, 2 * MIN);
    assert_string_equal(state_of(bench, "inst.fire_drill.2025"), "expected");
    assert_int_equal(say(bench, "inst", "drill.done", "'kind':'flood','by':'a'"), 0);
    assert_int_equal(say(bench, "station", "drill.done", "'kind':'fire','by':'a'"), 0);
    assert_string_equal(state_of(bench, "inst.fire_drill.2025"), "expected");
    assert_int_equal(say(bench, "inst", "drill.done", "'kind':'fire','by':'a'"), 0);
    assert_string_equal(state_of(bench, "inst.fire_drill.2025"), "done");
    const struct entry *entry =
        book_find(&bench->book, &kind_duties, CW_STR("inst.fire_drill.2025"));
    assert_true(str_is(entry_org(entry), "op"));
    assert_true(str_is(entry_site(entry), "inst"));
    to(bench, "2026-01-01T00:00:00Z");
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

static void who_is_no_more_or_is_excused_is_not_overdue(void **state)
{
    (void)state;
    struct bench *bench = bench_of_duties();
    organisation(bench, "o", "'type':'social_group'");
    organisation(bench, "p", "'type':'social_group'");
    to(bench, "2026-05-01T00:00:00Z");
    assert_int_equal(
        bench_register(bench, &kind_organisations, "{'org':'o','status':'deregistered'}"), 0);
    assert_int_equal(
        say(bench, "dept", "duty.waived", "'org':'p','duty':'annual_report','period':'2025'"),
        CW_REFUSED_EVENT);
    assert_int_equal(say(bench, "dept", "duty.waived",
                         "'org':'p','duty':'annual_report','period':'2025','reason':'flood'"),
                     0);
    assert_int_equal(say(bench, "dept", "duty.waived",
                         "'org':'p','duty':'annual_inspection','period':'2025','reason':'f'"),
                     0);
    to(bench, "2026-08-01T00:00:00Z");
    assert_string_equal(bench_told(bench), "");
    assert_string_equal(state_of(bench, "o.annual_report.2025"), "waived");
    assert_string_equal(state_of(bench, "p.annual_report.2025"), "waived");
    bench_free(bench);
}

/* A day's openings are spread, a year's are all there, and no owner is forgotten. */
static void every_organisation_gets_its_case(void **state)
{
    (void)state;
    struct bench *bench = bench_of_duties();
    bench->rules.settings.max_entries = 10000;
    char id[40];
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof(id), "o%d", i);
        organisation(bench, id, "'type':'social_group'");
    }
    to(bench, "2026-03-04T00:00:00Z");
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof(id), "o%d.annual_report.2025", i);
        assert_string_equal(state_of(bench, id), "expected");
    }
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_opened_for_whom_it_concerns),
        cmocka_unit_test(overdue_is_an_alarm_until_it_is_filed),
        cmocka_unit_test(a_drill_fulfils_what_the_site_owes),
        cmocka_unit_test(who_is_no_more_or_is_excused_is_not_overdue),
        cmocka_unit_test(every_organisation_gets_its_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
