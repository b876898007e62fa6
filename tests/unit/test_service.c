/*
 * test_service.c - the door for events: who may say what, repeats, members, and activities
 * counted apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/service/activity.h"
#include "unit/fold_bench.h"

#define MEMBERS                                                                               \
    "'visit':'v1','start':1763866800000,'end':1763870400000,'activity':'a1',"                 \
    "'category':'service','persons':3,'score':5,'amount_fen':1,'kind':'fall','role':'nurse'," \
    "'count':2,'beds':10,'occupied':9,'resident':'r1','until':1763870400000,"                 \
    "'inspection':'i1','org':'o1','scheme':'s','duty':'annual_report','list':'red',"          \
    "'project':'p1','complaint':'c1','inspectors':['a','b'],'evidence':'file 1'"

/* Columns: provider institution home station base org dispatch department. */
static const char *const site[] = {"provider", "inst", "home",     "station",
                                   "base",     "org",  "dispatch", "dept"};

static const struct {
    const char *type, *from;
} authority[] = {
    {"call.pressed", "xxxxx..."},         {"call.answered", "xxxxx..."},
    {"call.cancelled", "xxxxx..."},       {"visit.requested", "xxxxx..x"},
    {"visit.assessed", "xxxxx..x"},       {"visit.planned", "xxxxx..x"},
    {"visit.assigned", "xxxxx..x"},       {"visit.accepted", "xxxxx..x"},
    {"visit.refused", "xxxxx..x"},        {"visit.rescheduled", "xxxxx..x"},
    {"visit.cancelled", "xxxxx..x"},      {"visit.checkin", "xxxxx..."},
    {"visit.checkout", "xxxxx..."},       {"visit.confirmed", "xxxxx..."},
    {"visit.not_at_home", "xxxxx..."},    {"visit.feedback", "..x...xx"},
    {"visit.followup", "..x...xx"},       {"visit.settled", ".......x"},
    {"activity.planned", "...xxx.."},     {"activity.cancelled", "...xxx.."},
    {"activity.held", "...xxx.."},        {"patrol.done", "xxxxx..."},
    {"handover.done", "xxxxx..."},        {"drill.done", "xxxxx..."},
    {"incident.reported", "xxxxx..."},    {"staff.present", "xxxxx..."},
    {"occupancy.changed", "xxxxx..."},    {"resident.admitted", "xxxxx..."},
    {"resident.assessed", "xxxxx..."},    {"resident.discharged", "xxxxx..."},
    {"resident.transferred", "xxxxx..."}, {"resident.away", "xxxxx..."},
    {"resident.back", "xxxxx..."},        {"maintenance.begin", "xxxxx..."},
    {"maintenance.end", "xxxxx..."},      {"inspection.planned", ".......x"},
    {"inspection.finding", ".......x"},   {"inspection.passed", ".......x"},
    {"inspection.failed", ".......x"},    {"inspection.rectified", "xxxxxx.."},
    {"inspection.reply", "xxxxxx.."},     {"inspection.dismissed", ".......x"},
    {"inspection.archived", ".......x"},  {"campaign.planned", ".......x"},
    {"campaign.drawn", ".......x"},       {"campaign.closed", ".......x"},
    {"evaluation.scored", ".......x"},    {"duty.filed", ".....x.."},
    {"duty.result", ".......x"},          {"duty.waived", ".......x"},
    {"credit.penalty", ".......x"},       {"credit.listed", ".......x"},
    {"credit.removed", ".......x"},       {"credit.received", ".......x"},
    {"credit.objection", ".....x.."},     {"credit.repair_requested", ".....x.."},
    {"project.contract", ".......x"},     {"project.accepted", ".......x"},
    {"project.evaluated", ".......x"},    {"project.payment", ".......x"},
    {"project.milestone", "...xxx.."},    {"project.claim", "...xxx.."},
    {"complaint.filed", "xxxxxxxx"},      {"complaint.replied", "xxxxxx.x"},
    {"complaint.closed", ".......x"},
};

static void each_kind_says_only_what_it_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(authority) / sizeof(authority[0]); i++) {
        for (size_t k = 0; k < 8; k++) {
            struct bench *bench = bench_new();
            char text[1024];
            snprintf(text, sizeof(text),
                     "{'id':'e1','ts':1763865851000,'type':'%s'," MEMBERS "}",
                     authority[i].type);
            enum cw_refusal refusal = bench_event(bench, site[k], text);
            /* Who may say it may still speak of what there is not. */
            bool wanted = authority[i].from[k] != 'x';
            if ((refusal == CW_REFUSED_NOT_AUTHORISED) != wanted)
                fail_msg("%s from %s: %d, %s", authority[i].type, site[k], (int)refusal,
                         bench->err.text);
            if (wanted) {
                assert_non_null(strstr(bench->err.text, authority[i].type));
                assert_int_equal(map_count(&bench->service.visit), 0);
                assert_int_equal(bench->n_accepted, 0);
            }
            bench_free(bench);
        }
    }
}

static void no_type_is_left_out_of_the_matrix(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(authority) / sizeof(authority[0]); i++) {
        char text[1024];
        for (size_t k = 0; k < 8; k++) {
            snprintf(text, sizeof(text), "{'id':'e%zu','type':'%s'," MEMBERS "}", i,
                     authority[i].type);
            (void)bench_event(bench, site[k], text);
        }
    }
    /* What needs more than its members, in this order, has tests of its own. */
    static const char *const other[] = {
        "visit.settled",    "project.payment",      "project.evaluated",
        "project.accepted", "credit.objection",     "credit.repair_requested",
        "duty.waived",      "inspection.dismissed", "inspection.archived",
        "campaign.planned", "campaign.drawn",       "campaign.closed",
        "complaint.replied"};
    for (size_t i = 0; i < sizeof(authority) / sizeof(authority[0]); i++) {
        bool needs_more = false;
        for (size_t k = 0; k < sizeof(other) / sizeof(other[0]); k++)
            needs_more = needs_more || strcmp(authority[i].type, other[k]) == 0;
        if (!needs_more && bench->service.n_by_type[i] == 0)
            fail_msg("%s was never taken", authority[i].type);
    }
    assert_int_equal(bench->service.n_by_type[sizeof(authority) / sizeof(authority[0])], 0);
    bench_free(bench);
}

static void a_wrong_event_is_refused_by_its_member(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cw_refusal refusal;
        const char *says;
    } rows[] = {
        {"[]", CW_REFUSED_SHAPE, "object"},
        {"{'id':'e1'}", CW_REFUSED_EVENT, "type"},
        {"{'id':'e1','type':7}", CW_REFUSED_EVENT, "type"},
        {"{'id':'e1','type':'visit.teleported'}", CW_REFUSED_EVENT, "visit.teleported"},
        {"{'type':'patrol.done'}", CW_REFUSED_EVENT, "id"},
        {"{'id':'','type':'patrol.done'}", CW_REFUSED_EVENT, "id"},
        {"{'id':7,'type':'patrol.done'}", CW_REFUSED_EVENT, "id"},
        {"{'id':'a b','type':'patrol.done'}", CW_REFUSED_EVENT, "a b"},
        {"{'id':'e1','ts':'soon','type':'patrol.done'}", CW_REFUSED_EVENT, "ts"},
        {"{'id':'e1','ts':-1,'type':'patrol.done'}", CW_REFUSED_EVENT, "ts"},
        {"{'id':'e1','type':'call.pressed','bed':'a b'}", CW_REFUSED_EVENT, "bed"},
        {"{'id':'e1','type':'call.pressed','site':'s2'}", CW_REFUSED_WRONG_SITE, "s2"},
        {"{'id':'e1','type':'visit.checkin'}", CW_REFUSED_EVENT, "visit"},
        {"{'id':'e1','type':'visit.planned','visit':'v'}", CW_REFUSED_EVENT, "start"},
        {"{'id':'e1','type':'visit.planned','visit':'v','start':1763866800000}",
         CW_REFUSED_EVENT, "end"},
        {"{'id':'e1','type':'visit.planned','visit':'v','start':1763866800000,"
         "'end':1763866800000}",
         CW_REFUSED_EVENT, "end"},
        {"{'id':'e1','type':'visit.planned','visit':'v','start':1763866800000,"
         "'end':1963866800000}",
         CW_REFUSED_EVENT, "two years"},
        {"{'id':'e1','type':'visit.planned','visit':'v','start':'8 o clock','end':1}",
         CW_REFUSED_EVENT, "start"},
        {"{'id':'e1','type':'visit.checkin','visit':'v','method':'aaaaaaaaaaaaaaaaaaa'}",
         CW_REFUSED_EVENT, "method"},
        {"{'id':'e1','type':'staff.present','role':'nurse','count':-1}", CW_REFUSED_EVENT,
         "count"},
        {"{'id':'e1','type':'maintenance.begin','device':'d'}", CW_REFUSED_EVENT, "until"},
    };
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum cw_refusal refusal = bench_event(bench, "s1", rows[i].text);
        if (refusal != rows[i].refusal || !strstr(bench->err.text, rows[i].says))
            fail_msg("%s: %d, \"%s\"", rows[i].text, (int)refusal, bench->err.text);
    }
    assert_int_equal(bench->n_accepted, 0);
    assert_int_equal(map_count(&bench->service.visit), 0);
    /* A refused id is not spent: the mended event is taken in. */
    assert_int_equal(bench_event(bench, "s1", "{'id':'e1','type':'patrol.done'}"), CW_ACCEPTED);
    bench_free(bench);
}

static bool repeats(struct bench *bench, const char *from, const char *id)
{
    char text[128];
    bool is_repeat = false;
    snprintf(text, sizeof(text), "{'id':'%s','type':'patrol.done'}", id);
    assert_int_equal(service_event(&bench->fold, bench_site(bench, from), NULL,
                                   doc_of(&bench->doc, text), &is_repeat, &bench->err),
                     CW_ACCEPTED);
    return is_repeat;
}

static void an_id_counts_once_in_seven_days_at_its_site(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_false(repeats(bench, "s1", "e1"));
    assert_true(repeats(bench, "s1", "e1"));
    assert_false(repeats(bench, "home", "e1"));
    assert_int_equal(bench->fold.counters.n_repeats, 1);
    assert_int_equal(bench->n_accepted, 3);
    bench_at(bench, 7 * 24 * HOUR - S);
    service_housekeeping(&bench->fold);
    assert_true(repeats(bench, "s1", "e1"));
    bench_at(bench, 7 * 24 * HOUR);
    service_housekeeping(&bench->fold);
    assert_int_equal(map_count(&bench->service.seen.by_key), 0);
    assert_false(repeats(bench, "s1", "e1"));
    bench_free(bench);
}

static void a_flood_of_ids_pushes_out_its_own_site_only(void **state)
{
    (void)state;
    struct seen_set set;
    struct site a = {.id = "a"}, b = {.id = "b"};
    seen_init(&set);
    seen_add(&set, &b, CW_STR("kept"), 1);
    char id[16];
    for (unsigned i = 0; i <= MAX_SEEN_OF_SITE; i++) {
        snprintf(id, sizeof(id), "e%u", i);
        seen_add(&set, &a, str_of(id), 2);
    }
    assert_int_equal(set.n_pushed_out, 1);
    assert_false(seen_has(&set, &a, CW_STR("e0")));
    assert_true(seen_has(&set, &a, CW_STR("e1")));
    assert_true(seen_has(&set, &b, CW_STR("kept")));
    seen_expire(&set, 1 + SEEN_FOR_NS);
    assert_false(seen_has(&set, &b, CW_STR("kept")));
    assert_true(seen_has(&set, &a, CW_STR("e1")));
    seen_expire(&set, 2 + SEEN_FOR_NS);
    assert_int_equal(map_count(&set.by_key), 0);
    assert_null(set.oldest);
    assert_null(a.first_seen);
    seen_done(&set);
}

static const struct {
    const char *members;
    enum cw_refusal refusal;
    uint64_t sessions[3], persons[3]; /* afterwards */
} held[] = {
    {"'activity':'a','category':'service','persons':30", CW_ACCEPTED, {1, 0, 0}, {30, 0, 0}},
    {"'activity':'b','category':'training','persons':8", CW_ACCEPTED, {1, 1, 0}, {30, 8, 0}},
    {"'activity':'c','category':'publicity','persons':900",
     CW_ACCEPTED,
     {1, 1, 1},
     {30, 8, 900}},
    {"'activity':'a','category':'service','persons':28,'rev':2",
     CW_ACCEPTED,
     {1, 1, 1},
     {28, 8, 900}},
    {"'activity':'a','category':'service','persons':99,'rev':2",
     CW_ACCEPTED,
     {1, 1, 1},
     {28, 8, 900}},
    {"'activity':'a','category':'service','persons':99", CW_ACCEPTED, {1, 1, 1}, {28, 8, 900}},
    {"'activity':'b','category':'publicity','persons':9,'rev':3",
     CW_ACCEPTED,
     {1, 0, 2},
     {28, 0, 909}},
    {"'activity':'d','category':'party','persons':9",
     CW_REFUSED_EVENT,
     {1, 0, 2},
     {28, 0, 909}},
    {"'activity':'d','category':'service','persons':-9",
     CW_REFUSED_EVENT,
     {1, 0, 2},
     {28, 0, 909}},
    {"'activity':'d','category':'service','persons':2.5",
     CW_REFUSED_EVENT,
     {1, 0, 2},
     {28, 0, 909}},
    {"'activity':'d','category':'service','persons':99999999",
     CW_REFUSED_EVENT,
     {1, 0, 2},
     {28, 0, 909}},
    {"'activity':'d','category':'service','persons':9,'start':1763866800000,"
     "'end':1763866700000",
     CW_REFUSED_EVENT,
     {1, 0, 2},
     {28, 0, 909}},
};

/* Changes told so far, by category. */
static int64_t told_sessions[N_ACTIVITY_CATEGORIES], told_persons[N_ACTIVITY_CATEGORIES];

static void sum_up(void *ctx, struct position at, const void *about)
{
    const struct activity_change *change = about;
    (void)ctx;
    (void)at;
    assert_string_equal(change->site->id, "station");
    told_sessions[change->category] += change->sessions;
    told_persons[change->category] += change->persons;
}

static void activities_are_counted_apart(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->sink.activity = sum_up;
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "{'id':'e%zu','type':'activity.held',%s}", i,
                 held[i].members);
        assert_int_equal(bench_event(bench, "station", text), held[i].refusal);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(bench_site(bench, "station")->held[k].n_sessions,
                             held[i].sessions[k]);
            assert_int_equal(bench_site(bench, "station")->held[k].n_persons,
                             held[i].persons[k]);
            assert_int_equal(told_sessions[k], held[i].sessions[k]);
            assert_int_equal(told_persons[k], held[i].persons[k]);
        }
        assert_true(bench_reload(bench));
    }
    bench_free(bench);
}

static void old_activities_stay_counted_when_forgotten(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    char text[256];
    for (int i = 0; i < 4100; i++) {
        snprintf(text, sizeof(text),
                 "{'id':'e%d','type':'activity.held','activity':'a%d','category':'service',"
                 "'persons':2}",
                 i, i);
        assert_int_equal(bench_event(bench, "station", text), CW_ACCEPTED);
    }
    assert_int_equal(bench_site(bench, "station")->held[0].n_persons, 8200);
    assert_int_equal(map_count(&bench_site(bench, "station")->activity), 4096);
    bench_free(bench);
}

static void a_department_speaks_about_other_sites(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(bench_event(bench, "dept",
                                 "{'id':'e1','type':'visit.planned','site':'home','visit':'v1',"
                                 "'start':1763866800000,'end':1763870400000}"),
                     CW_ACCEPTED);
    assert_non_null(service_find(&bench->service, CW_STR("home"), CW_STR("v1")));
    assert_int_equal(bench_event(bench, "dept",
                                 "{'id':'e2','type':'visit.planned','site':'nowhere',"
                                 "'visit':'v1','start':1763866800000,'end':1763870400000}"),
                     CW_REFUSED_EVENT);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_says_only_what_it_may),
        cmocka_unit_test(no_type_is_left_out_of_the_matrix),
        cmocka_unit_test(a_wrong_event_is_refused_by_its_member),
        cmocka_unit_test(an_id_counts_once_in_seven_days_at_its_site),
        cmocka_unit_test(a_flood_of_ids_pushes_out_its_own_site_only),
        cmocka_unit_test(activities_are_counted_apart),
        cmocka_unit_test(old_activities_stay_counted_when_forgotten),
        cmocka_unit_test(a_department_speaks_about_other_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
