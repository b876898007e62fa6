/*
 * test_inspection.c - rounds with a draw that can be checked, findings that come again, and
 * what the daemon proposes by its own evidence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/oversight/inspection.h"
#include "unit/fold_bench.h"

#define DAY (24 * HOUR)

static int n_events;
static enum cw_refusal say(struct bench *bench, const char *site, const char *type,
                           const char *members)
{
    static char text[900];
    snprintf(text, sizeof(text), "{'id':'i%d','type':'%s',%s}", ++n_events, type, members);
    bench->err.text[0] = '\0';
    return bench_event(bench, site, text);
}

static const struct entry *case_of(struct bench *bench, const char *id)
{
    return book_find(&bench->book, &kind_inspections, str_of(id));
}

static const char *state_of(struct bench *bench, const char *id)
{
    const struct entry *entry = case_of(bench, id);
    return entry ? kind_inspections.state[entry->state] : "none";
}

/* ---- the draw ---- */

static void organisations(struct bench *bench, int n)
{
    for (int i = 0; i < n; i++) {
        char text[200];
        snprintf(text, sizeof(text), "{'org':'o%d','name':'x','type':'%s'}", i,
                 i % 4 ? "foundation" : "enterprise");
        if (bench_register(bench, &kind_organisations, text))
            fail_msg("%s", bench->err.text);
    }
}

static void plan(struct bench *bench, const char *more)
{
    char text[400];
    snprintf(text, sizeof(text),
             "'campaign':'c','title':'safety','domain':'safety','of':'organisation',"
             "'types':'foundation','count':6,'pool':['ann','bob','cy','dot']%s",
             more);
    if (say(bench, "dept", "campaign.planned", text))
        fail_msg("%s", bench->err.text);
}

static void draw_at(struct bench *bench, uint64_t offset, char drawn[400])
{
    bench->fold.at = (struct position){1, offset};
    if (say(bench, "dept", "campaign.drawn", "'campaign':'c'"))
        fail_msg("%s", bench->err.text);
    const struct entry *campaign = book_find(&bench->book, &kind_campaigns, CW_STR("c"));
    snprintf(drawn, 400, "%.*s %.*s %.*s", (int)entry_json_of(campaign, "drawn").n,
             entry_json_of(campaign, "drawn").p, (int)entry_text(campaign, "seed").n,
             entry_text(campaign, "seed").p, (int)entry_text(campaign, "candidates_hash").n,
             entry_text(campaign, "candidates_hash").p);
}

static void the_same_record_draws_the_same_and_another_does_not(void **state)
{
    static const uint64_t offset[] = {4096, 4096, 4097};
    char drawn[3][400];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct bench *bench = bench_new();
        organisations(bench, 40);
        plan(bench, "");
        draw_at(bench, offset[i], drawn[i]);
        bench_free(bench);
    }
    assert_string_equal(drawn[0], drawn[1]);
    assert_string_not_equal(drawn[0], drawn[2]);
    assert_non_null(strstr(drawn[0], " 1.4096@"));
}

static void those_drawn_are_planned_with_two_inspectors_who_may(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char drawn[400];
    organisations(bench, 40);
    plan(bench, ",'recused':['ann o1','ann o2','ann o3','bob o5']");
    draw_at(bench, 77, drawn);
    const struct entry *campaign = book_find(&bench->book, &kind_campaigns, CW_STR("c"));
    assert_int_equal(entry_int(campaign, "candidates", 0), 30);
    assert_int_equal(list_count(entry_json_of(campaign, "drawn")), 6);
    struct cw_str rest = entry_json_of(campaign, "drawn"), id;
    while (json_next_text(&rest, &id)) {
        char name[80];
        snprintf(name, sizeof(name), "c.%.*s", (int)id.n, id.p);
        const struct entry *one = case_of(bench, name);
        assert_non_null(one);
        assert_int_equal(one->state, INSPECTION_PLANNED);
        assert_int_equal(list_count(entry_json_of(one, "inspectors")), 2);
        if (str_is(id, "o1") || str_is(id, "o2") || str_is(id, "o3"))
            assert_false(entry_lists(one, "inspectors", CW_STR("ann")));
        if (str_is(id, "o5"))
            assert_false(entry_lists(one, "inspectors", CW_STR("bob")));
        const struct entry *org = book_find(&bench->book, &kind_organisations, id);
        assert_true(str_is(entry_text(org, "type"), "foundation"));
    }
    /* Nobody draws again until they like it. */
    assert_int_equal(say(bench, "dept", "campaign.drawn", "'campaign':'c'"), CW_REFUSED_EVENT);
    bench_free(bench);
}

/* Over many draws each has about the same share: 2,000 draws of 6 in 30 are 400 each. */
static void nobody_is_drawn_more_than_others(void **state)
{
    int count[40] = {0};
    (void)state;
    struct bench *bench = bench_new();
    bench->rules.settings.max_entries = 1000000;
    organisations(bench, 40);
    for (uint64_t i = 0; i < 500; i++) {
        char text[400], id[20];
        snprintf(id, sizeof(id), "k%llu", (unsigned long long)i);
        snprintf(text, sizeof(text),
                 "'campaign':'%s','of':'organisation','types':'foundation','count':6,"
                 "'pool':['ann','bob']",
                 id);
        bench->fold.at = (struct position){1, 1000 + i * 250};
        assert_int_equal(say(bench, "dept", "campaign.planned", text), 0);
        snprintf(text, sizeof(text), "'campaign':'%s'", id);
        assert_int_equal(say(bench, "dept", "campaign.drawn", text), 0);
        const struct entry *one = book_find(&bench->book, &kind_campaigns, str_of(id));
        struct cw_str rest = entry_json_of(one, "drawn"), org;
        while (json_next_text(&rest, &org))
            count[strtol(org.p + 1, NULL, 10)]++;
    }
    for (int i = 0; i < 40; i++)
        if (i % 4 && (count[i] < 65 || count[i] > 140)) /* 100, 4 standard deviations */
            fail_msg("o%d was drawn %d times", i, count[i]);
    bench_free(bench);
}

static void a_draw_without_two_inspectors_is_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    organisations(bench, 8);
    assert_int_equal(say(bench, "dept", "campaign.planned", "'campaign':'c','count':1"),
                     CW_REFUSED_EVENT);
    assert_int_equal(say(bench, "dept", "campaign.planned",
                         "'campaign':'c','of':'organisation','types':'foundation','count':9,"
                         "'pool':['ann','bob'],'recused':['ann o1']"),
                     0);
    assert_int_equal(say(bench, "dept", "campaign.drawn", "'campaign':'c'"), CW_REFUSED_EVENT);
    assert_non_null(strstr(bench->err.text, "two inspectors"));
    assert_int_equal(say(bench, "inst", "campaign.drawn", "'campaign':'c'"),
                     CW_REFUSED_NOT_AUTHORISED);
    bench_free(bench);
}

/* ---- again ---- */

static void the_same_clause_found_again_is_an_alarm(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'a','org':'inst','clause':'6.2'"),
                     0);
    assert_int_equal(say(bench, "dept", "inspection.passed", "'inspection':'a'"), 0);
    bench_at(bench, 30 * DAY);
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'b','org':'inst','clause':'6.3'"),
                     0);
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'c','org':'station','clause':'6.2'"),
                     0);
    assert_string_equal(bench_told(bench), "");
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'d','org':'inst','clause':'6.2'"),
                     0);
    assert_string_equal(bench_told(bench), "raised finding_repeated inspections:d a;");
    assert_true(str_is(entry_text(case_of(bench, "d"), "repeats"), "a"));
    assert_true(bench_reload(bench));
    assert_int_equal(say(bench, "dept", "inspection.passed", "'inspection':'d'"), 0);
    assert_string_equal(bench_told(bench), "cleared finding_repeated inspections:d;");
    assert_int_equal(say(bench, "dept", "inspection.archived", "'inspection':'d'"), 0);
    assert_string_equal(state_of(bench, "d"), "archived");
    bench_at(bench, 30 * DAY + 721 * DAY);
    (void)bench_told(bench);
    assert_int_equal(say(bench, "dept", "inspection.finding",
                         "'inspection':'e','org':'inst','clause':'6.2'"),
                     0);
    assert_string_equal(bench_told(bench), "");
    bench_free(bench);
}

/* ---- the daemon's own evidence ---- */

static struct bench *watched(void)
{
    struct bench *bench = bench_new();
    struct oversight_settings *s = &bench->rules.settings.oversight;
    s->night_patrols = 2;
    s->patrol_nights = 2;
    s->residents_per_carer = 5;
    s->fire_silent_ns = 2 * DAY;
    assert_int_equal(bench_register(bench, &kind_organisations, "{'org':'op','name':'x'}"), 0);
    if (bench_register(bench, &kind_sites,
                       "{'site':'inst','kind':'institution','operators':['op']}"))
        fail_msg("%s", bench->err.text);
    return bench;
}

/* A day in which the site is heard; n patrols in its night. */
static void live(struct bench *bench, int day, int n, bool heard)
{
    for (int hour = 0; hour < 24; hour++) {
        bench_at(bench, day * DAY + hour * HOUR);
        if (heard)
            bench_heard(bench, "inst", "gw");
        for (int i = 0; hour == 20 && i < n; i++)
            assert_int_equal(say(bench, "inst", "patrol.done", "'by':'a'"), 0);
    }
}

static void patrols_that_are_not_done_are_proposed_and_a_person_decides(void **state)
{
    (void)state;
    struct bench *bench = watched();
    for (int day = 0; day < 3; day++)
        live(bench, day, 2, true);
    assert_string_equal(state_of(bench, "inst.patrols.2025-11"), "none");
    live(bench, 3, 1, true);
    assert_true(bench_reload(bench));
    live(bench, 4, 2, true); /* one poor night alone is none */
    assert_string_equal(state_of(bench, "inst.patrols.2025-11"), "none");
    live(bench, 5, 0, true);
    live(bench, 6, 1, true);
    live(bench, 7, 0, true);
    assert_string_equal(state_of(bench, "inst.patrols.2025-11"), "proposed");
    const struct entry *entry = case_of(bench, "inst.patrols.2025-11");
    assert_true(str_is(entry_org(entry), "op"));
    assert_non_null(strstr(entry_json_of(entry, "evidence").p, "fewer than 2 patrols"));
    assert_int_equal(entry->due_ns, 0); /* nothing is asked of anybody yet */
    assert_int_equal(
        say(bench, "inst", "inspection.rectified", "'inspection':'inst.patrols.2025-11'"),
        CW_REFUSED_EVENT);
    assert_int_equal(say(bench, "inst", "inspection.dismissed",
                         "'inspection':'inst.patrols.2025-11','reason':'x'"),
                     CW_REFUSED_NOT_AUTHORISED);
    assert_int_equal(
        say(bench, "dept", "inspection.dismissed", "'inspection':'inst.patrols.2025-11'"),
        CW_REFUSED_EVENT);
    assert_int_equal(
        say(bench, "dept", "inspection.finding", "'inspection':'inst.patrols.2025-11'"), 0);
    assert_int_not_equal(entry->due_ns, 0);
    bench_free(bench);
}

static void a_site_that_is_not_heard_is_not_judged(void **state)
{
    (void)state;
    struct bench *bench = watched();
    live(bench, 0, 2, true);
    for (int day = 1; day < 20; day++)
        live(bench, day, 0, false);
    assert_string_equal(state_of(bench, "inst.patrols.2025-11"), "none");
    assert_string_equal(state_of(bench, "inst.patrols.2025-12"), "none");
    bench_free(bench);
}

static void sensors_and_staff_are_seen_to(void **state)
{
    (void)state;
    struct bench *bench = watched();
    assert_int_equal(bench_roster(bench, "inst",
                                  "{'devices':[{'device':'sm-1','kind':'smoke','class':'5h'},"
                                  "{'device':'bm-1','kind':'bed_mat','class':'5h'},"
                                  "{'device':'gw','kind':'gateway','class':'1d'}]}"),
                     0);
    bench_heard(bench, "inst", "sm-1");
    bench_heard(bench, "inst", "bm-1");
    live(bench, 0, 2, true);
    assert_int_equal(say(bench, "inst", "staff.present", "'role':'carer','count':4"), 0);
    assert_int_equal(say(bench, "inst", "occupancy.changed", "'beds':30,'occupied':20"), 0);
    live(bench, 1, 2, true);
    assert_string_equal(state_of(bench, "inst.staffing.2025-11"), "none");
    assert_string_equal(state_of(bench, "inst.fire_sensors.2025-11"), "none");
    assert_int_equal(say(bench, "inst", "occupancy.changed", "'beds':30,'occupied':21"), 0);
    for (int day = 2; day < 6; day++)
        live(bench, day, 2, true);
    assert_string_equal(state_of(bench, "inst.staffing.2025-11"), "proposed");
    assert_string_equal(state_of(bench, "inst.fire_sensors.2025-11"), "proposed");
    const struct entry *entry = case_of(bench, "inst.fire_sensors.2025-11");
    assert_non_null(strstr(entry_json_of(entry, "evidence").p, "sm-1"));
    assert_null(strstr(entry_json_of(entry, "evidence").p, "bm-1"));
    bench_free(bench);
}

static const char *staffing_of(struct bench *bench)
{
    static char text[512];
    struct buf room;
    struct json_out out;
    buf_init(&room, sizeof(text) - 1);
    json_out_init(&out, &room);
    conduct_json(&bench->fold, registry_site(&bench->fold.registry, CW_STR("inst")), &out);
    (void)str_copy(text, sizeof(text), buf_str(&room));
    buf_done(&room);
    return text;
}

static void who_is_on_duty_stands_beside_what_is_needed(void **state)
{
    (void)state;
    struct bench *bench = watched();
    bench_at(bench, DAY);
    assert_non_null(strstr(staffing_of(bench), "\"on_duty\":{}"));
    assert_int_equal(say(bench, "inst", "staff.present", "'role':'carer','count':4"), 0);
    assert_int_equal(say(bench, "inst", "staff.present", "'role':'nurse','count':1"), 0);
    assert_int_equal(say(bench, "inst", "staff.present", "'role':'piper','count':2"), 0);
    assert_int_equal(say(bench, "inst", "occupancy.changed", "'beds':30,'occupied':21"), 0);
    /* A badge beside a bed is no count of the house. */
    assert_int_equal(say(bench, "inst", "staff.present", "'role':'carer','count':1,'bed':'3'"),
                     0);
    assert_true(bench_reload(bench));
    const char *text = staffing_of(bench);
    assert_non_null(strstr(text, "\"on_duty\":{\"other\":2,\"nurse\":1,\"carer\":4}"));
    assert_non_null(strstr(text, "\"needed\":{\"carer\":5}"));
    assert_non_null(strstr(text, "\"patrols_needed\":2"));
    bench_free(bench);
}

/* Who reports trouble is never worse off: neither alarms nor reports become findings. */
static void alarms_and_reports_of_trouble_propose_nothing(void **state)
{
    (void)state;
    struct bench *bench = watched();
    for (int day = 0; day < 5; day++) {
        live(bench, day, 2, true);
        for (int i = 0; i < 200; i++)
            assert_int_equal(say(bench, "inst", "incident.reported", "'kind':'fall'"), 0);
        for (int i = 0; i < 50; i++)
            assert_int_equal(say(bench, "inst", "call.pressed", "'bed':'1'"), 0);
    }
    for (uint32_t i = 0; i < bench->book.n_entries; i++)
        assert_true(!bench->book.entry[i] || (bench->book.entry[i]->kind != &kind_inspections &&
                                              bench->book.entry[i]->kind != &kind_credit));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_record_draws_the_same_and_another_does_not),
        cmocka_unit_test(those_drawn_are_planned_with_two_inspectors_who_may),
        cmocka_unit_test(nobody_is_drawn_more_than_others),
        cmocka_unit_test(a_draw_without_two_inspectors_is_refused),
        cmocka_unit_test(the_same_clause_found_again_is_an_alarm),
        cmocka_unit_test(patrols_that_are_not_done_are_proposed_and_a_person_decides),
        cmocka_unit_test(a_site_that_is_not_heard_is_not_judged),
        cmocka_unit_test(sensors_and_staff_are_seen_to),
        cmocka_unit_test(who_is_on_duty_stands_beside_what_is_needed),
        cmocka_unit_test(alarms_and_reports_of_trouble_propose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
