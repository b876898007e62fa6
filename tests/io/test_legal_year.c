/*
 * test_legal_year.c - one year by the calendar, with a real configuration: each case of the
 * table begins on its day and is told at the very moment its clause says, and nothing before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/units.h"
#include "core/engine.h"
#include "io/config.h"

static const char conf[] =
    "registry: { unknown_sites = \"register\"; };\n"
    "calendar: { zone_rule = \"CST-8\"; };\n"
    "oversight: { holidays = [ \"2026-05-01\", \"2026-05-04\", \"2026-05-05\", \"2026-10-01\", "
    "\"2026-10-02\", \"2026-10-05\", \"2026-10-06\", \"2026-10-07\" ];\n"
    "  workdays = [ \"2026-05-09\", \"2026-10-10\" ]; };\n"
    "duties = ( { name = \"annual_report\"; title = \"年度工作报告\"; due = [ \"05-31\" ]; "
    "types = \"social_group|private_nonprofit|foundation\"; of_previous_year = true; "
    "source = \"社会团体登记管理条例\"; } );\n"
    "sites = ( { site = \"dept\"; kind = \"department\"; }, { site = \"org-1\"; kind = "
    "\"organisation\"; }, { site = \"st-1\"; kind = \"station\"; district = \"d\"; },\n"
    "  { site = \"st-2\"; kind = \"station\"; district = \"d\"; } );\n";

/* `when` is local time; a registry kind instead of a site: a record. */
static const struct {
    const char *clause, *when, *from, *said;
    const char *rule, *subject, *told; /* NULL: nothing yet */
} cases[] = {
    {"registered", "2026-01-01T09:00:00+08:00", "organisations",
     "{\"org\":\"org-1\",\"name\":\"甲\",\"type\":\"民非\",\"registered\":\"2020-01-01\"}",
     NULL, NULL, NULL},
    {"registered", "2026-01-01T09:01:00+08:00", "sites",
     "{\"site\":\"st-1\",\"hours\":\"mon-fri 09:00-17:00\",\"capacity\":20}", NULL, NULL, NULL},
    {"registered", "2026-01-01T09:02:00+08:00", "residents",
     "{\"site\":\"st-1\",\"resident\":\"r-1\",\"category\":[\"alone\"]}",
     /* the monthly visit (探访) to elderly people in special difficulty */
     "recipient-unvisited", "st-1/unvisited", "2026-01-20T00:00:00+08:00"},
    {"Order 66: carers with a valid certificate; told 30 days before",
     "2026-01-01T09:03:00+08:00", "staff",
     "{\"site\":\"st-1\",\"staff\":\"s-1\",\"certificates\":{\"health\":\"2026-03-31\"}}",
     "certificate-expires", "staff:st-1/s-1", "2026-03-01T00:00:00+08:00"},
    /* The 10th was a Saturday: told when it opens on Monday the 12th. */
    {"a station that serves nobody for seven days, in its hours", "2026-01-03T15:00:00+08:00",
     "st-1",
     "\"type\":\"activity.held\",\"activity\":\"a\",\"category\":\"service\",\"persons\":5",
     "site-quiet", "st-1/quiet", "2026-01-12T09:00:00+08:00"},
    {"12345: ten working days", "2026-01-05T10:00:00+08:00", "dept",
     "\"type\":\"complaint.filed\",\"complaint\":\"c-1\",\"about\":\"st-1\"",
     "complaint-overdue", "complaints:c-1", "2026-01-20T00:00:00+08:00"},
    {"12345: ten working days, over May Day and a worked Saturday", "2026-04-29T10:00:00+08:00",
     "dept", "\"type\":\"complaint.filed\",\"complaint\":\"c-2\",\"about\":\"st-1\"",
     "complaint-overdue", "complaints:c-2", "2026-05-16T00:00:00+08:00"},
    {"finding: thirty days", "2026-03-02T11:00:00+08:00", "dept",
     "\"type\":\"inspection.finding\",\"inspection\":\"i-1\",\"org\":\"org-1\",\"evidence\":"
     "\"p\"",
     "inspection-overdue", "inspections:i-1", "2026-04-02T00:00:00+08:00"},
    {"finding: the date it names itself", "2026-03-02T12:00:00+08:00", "dept",
     "\"type\":\"inspection.finding\",\"inspection\":\"i-2\",\"org\":\"org-1\",\"evidence\":"
     "\"p\","
     "\"due\":\"2026-03-15\"",
     "inspection-overdue", "inspections:i-2", "2026-03-16T00:00:00+08:00"},
    {"Regulation on registration: the annual report by the 31st of May (a Sunday)", NULL, NULL,
     NULL, "duty-overdue", "duties:org-1.annual_report.2025", "2026-06-01T00:00:00+08:00"},
    {"a filing: thirty working days until its result, over the October holidays",
     "2026-09-21T09:00:00+08:00", "org-1",
     "\"type\":\"duty.filed\",\"org\":\"org-1\",\"duty\":\"assessment\",\"period\":\"2026\","
     "\"evidence\":\"e\"",
     "result-overdue", "duties:org-1.assessment.2026", "2026-11-07T00:00:00+08:00"},
    {"a visit: fifteen minutes", "2026-06-08T09:00:00+08:00", "st-2",
     "\"type\":\"visit.planned\",\"visit\":\"v-1\",\"start\":1780970400000,\"end\":"
     "1780977600000",
     "visit-late", "st-2/visit:v-1", "2026-06-09T10:15:00+08:00"},
    {"a visit: an hour", NULL, NULL, NULL, "visit-missed", "st-2/visit:v-1",
     "2026-06-09T11:00:00+08:00"},
    {"a planned session: two days behind its end", "2026-06-08T09:01:00+08:00", "st-2",
     "\"type\":\"activity.planned\",\"activity\":\"p\",\"category\":\"training\",\"persons\":9,"
     "\"start\":1780970400000,\"end\":1780977600000",
     "activity-not-held", "st-2/activity:p", "2026-06-11T12:00:00+08:00"},
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static int64_t moment(const char *text)
{
    int64_t ns = 0;
    if (instant_parse(str_of(text), &ns))
        fail_msg("%s is no time", text);
    return ns;
}

struct year {
    int64_t told_ns[N_CASES];
    char why[300];
};

static void on_transition(void *ctx, const struct transition *t)
{
    struct year *year = ctx;
    for (size_t i = 0; i < N_CASES; i++)
        if (cases[i].rule && year->told_ns[i] == 0 && t->change == CHANGE_RAISED &&
            strcmp(t->alarm->rule, cases[i].rule) == 0 &&
            strcmp(t->alarm->subject, cases[i].subject) == 0)
            year->told_ns[i] = t->at_ns;
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    (void)ctx;
    (void)reason;
    fail_msg("refused: %s: %.*s", err->text, (int)record->payload.n, record->payload.p);
}

static void on_command(void *ctx, struct position at, int code, const struct alarm *alarm,
                       const struct cw_error *err)
{
    (void)ctx;
    (void)at;
    (void)alarm;
    if (code)
        fail_msg("%s", err->text);
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n)
{
    (void)ctx;
    (void)at;
    (void)lines;
    (void)n;
}

static void on_accepted(void *ctx, struct cw_str site, struct cw_str id)
{
    (void)ctx;
    (void)site;
    (void)id;
}

static void on_visit(void *ctx, struct position at, const void *visit)
{
    (void)ctx;
    (void)at;
    (void)visit;
}

static void apply(struct engine *engine, enum record_kind kind, const char *topic,
                  const char *text, int64_t at_ns)
{
    static struct position at = {1, 64};
    static char room[2048];
    memset(room, 0, sizeof(room));
    (void)snprintf(room, sizeof(room) - 64, "%s", text);
    struct record record = {.kind = (uint8_t)kind,
                            .source = 1,
                            .arrived_ns = at_ns,
                            .topic = str_of(topic),
                            .payload = str_of(room)};
    engine_apply(engine, &record, at);
    at.offset += 8;
}

static void say(struct engine *engine, size_t i)
{
    char topic[120], text[1500];
    int64_t at_ns = moment(cases[i].when);
    if (cases[i].said[0] == '{') {
        apply(engine, RECORD_REGISTRY, cases[i].from, cases[i].said, at_ns);
        return;
    }
    (void)snprintf(topic, sizeof(topic), "care/v1/%s/office/event", cases[i].from);
    (void)snprintf(text, sizeof(text), "{\"id\":\"e-%zu\",\"ts\":%lld,%s}", i,
                   (long long)(at_ns / NS_PER_MS), cases[i].said);
    apply(engine, RECORD_MESSAGE, topic, text, at_ns);
}

static int by_time(const void *a, const void *b)
{
    int64_t x = moment(cases[*(const size_t *)a].when),
            y = moment(cases[*(const size_t *)b].when);
    return (x > y) - (x < y);
}

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    fail_msg("line %d: %s", mistake->line, mistake->text);
}

static void each_clock_of_a_year_is_right(void **state)
{
    static struct year year;
    struct engine_sink sink = {.ctx = &year,
                               .transition = on_transition,
                               .lines = on_lines,
                               .refused = on_refused,
                               .command = on_command,
                               .accepted = on_accepted,
                               .visit = on_visit};
    struct config *config;
    size_t order[N_CASES], n = 0;
    (void)state;
    assert_int_equal(config_load_text(&config, str_of(conf), say_mistake, NULL), 0);
    struct engine *engine = engine_new(&config->rules, &sink);
    for (size_t i = 0; i < N_CASES; i++)
        if (cases[i].when)
            order[n++] = i;
    qsort(order, n, sizeof(order[0]), by_time);
    for (size_t i = 0; i < n; i++)
        say(engine, order[i]);
    engine_advance(engine, moment("2027-01-01T00:00:00+08:00"));
    for (size_t i = 0; i < N_CASES; i++) {
        char told[INSTANT_MAX] = "never";
        if (!cases[i].rule)
            continue;
        if (year.told_ns[i])
            (void)instant_format(year.told_ns[i], told);
        int64_t late_ns = year.told_ns[i] - moment(cases[i].told);
        if (late_ns < 0 || late_ns > 1)
            fail_msg("%s: %s was told at %s, not %s", cases[i].clause, cases[i].rule, told,
                     cases[i].told);
    }
    engine_free(engine);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_clock_of_a_year_is_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
