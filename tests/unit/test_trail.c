/*
 * test_trail.c - a correction never erases: of a visit and an activity the old value stays
 * with the new one, its author and reason; what only goes on leaves no trail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/fold_bench.h"

static void hear(void *ctx, struct position at, const struct trail_change *change)
{
    struct bench *bench = ctx;
    (void)at;
    buf_printf(&bench->changes, "%s %.*s %s by %.*s (%.*s) %.*s;", change->kind,
               (int)change->id.n, change->id.p, change->what, (int)change->by.n, change->by.p,
               (int)change->reason.n, change->reason.p, (int)change->changes.n,
               change->changes.p);
}

static struct bench *with_trail(void)
{
    struct bench *bench = bench_new();
    bench->sink.trail = hear;
    return bench;
}

/* What one event of visit v or activity a leaves behind. */
static const struct {
    const char *type, *members, *trail;
} steps[] = {
    {"visit.planned",
     "'visit':'v','start':1763870000000,'end':1763873600000,'worker':'w-1','service':'bath'",
     ""},
    {"visit.assigned", "'visit':'v','worker':'w-1'", ""},
    {"visit.rescheduled",
     "'visit':'v','start':1763870060000,'end':1763873600000,'worker':'w-2','by':'clerk',"
     "'reason':'w-1 is ill'",
     "visits s1/v visit.rescheduled by clerk (w-1 is ill) "
     "{\"state\":[\"assigned\",\"planned\"],\"worker\":[\"w-1\",\"w-2\"],"
     "\"start\":[\"2025-11-23T03:53:20.000Z\",\"2025-11-23T03:54:20.000Z\"]};"},
    {"visit.checkin", "'visit':'v','method':'nfc'", ""},
    {"visit.checkin", "'visit':'v','method':'manual','ts':1763865840000",
     "visits s1/v visit.checkin by s1 () "
     "{\"checkin\":[\"2025-11-23T02:44:11.000Z\",\"2025-11-23T02:44:00.000Z\"],"
     "\"method\":[\"nfc\",\"manual\"]};"},
    {"visit.checkout", "'visit':'v'", ""},
};

static void a_correction_leaves_what_was(void **state)
{
    struct bench *bench = with_trail();
    char text[400];
    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        buf_clear(&bench->changes);
        snprintf(text, sizeof(text), "{'id':'e%zu','type':'%s',%s}", i, steps[i].type,
                 steps[i].members);
        assert_int_equal(bench_event(bench, "s1", text), CW_ACCEPTED);
        assert_string_equal(buf_text(&bench->changes), steps[i].trail);
    }
    bench_free(bench);
}

static void a_refused_or_repeated_event_leaves_none(void **state)
{
    struct bench *bench = with_trail();
    (void)state;
    const char *plan = "{'id':'e1','type':'visit.planned','visit':'v','start':1763870000000,"
                       "'end':1763873600000}";
    assert_int_equal(bench_event(bench, "s1", plan), CW_ACCEPTED);
    assert_int_equal(bench_event(bench, "s1", plan), CW_ACCEPTED);
    assert_int_equal(
        bench_event(bench, "s1",
                    "{'id':'e2','type':'visit.rescheduled','visit':'v','start':5,'end':4}"),
        CW_REFUSED_EVENT);
    /* Older than the plan that counts. */
    assert_int_equal(bench_event(bench, "s1",
                                 "{'id':'e3','ts':1763860000000,'type':'visit.rescheduled',"
                                 "'visit':'v','start':1763870001000,'end':1763873600000}"),
                     CW_ACCEPTED);
    assert_string_equal(buf_text(&bench->changes), "");
    bench_free(bench);
}

static void who_calls_a_visit_off_is_on_record(void **state)
{
    struct bench *bench = with_trail();
    (void)state;
    assert_int_equal(bench_event(bench, "s1",
                                 "{'id':'e1','type':'visit.planned','visit':'v',"
                                 "'start':1763870000000,'end':1763873600000}"),
                     CW_ACCEPTED);
    assert_int_equal(bench_event(bench, "s1",
                                 "{'id':'e2','type':'visit.cancelled','visit':'v','by':'kin',"
                                 "'reason':'in hospital'}"),
                     CW_ACCEPTED);
    assert_string_equal(buf_text(&bench->changes),
                        "visits s1/v visit.cancelled by kin (in hospital) "
                        "{\"state\":[\"planned\",\"cancelled\"]};");
    bench_free(bench);
}

static void an_activity_keeps_what_was_counted(void **state)
{
    struct bench *bench = with_trail();
    (void)state;
    assert_int_equal(bench_event(bench, "station",
                                 "{'id':'e1','type':'activity.held','activity':'a',"
                                 "'category':'training','persons':20}"),
                     CW_ACCEPTED);
    assert_string_equal(buf_text(&bench->changes), "");
    assert_int_equal(
        bench_event(bench, "station",
                    "{'id':'e2','type':'activity.held','activity':'a','rev':2,"
                    "'category':'training','persons':12,'reason':'counted twice'}"),
        CW_ACCEPTED);
    assert_string_equal(buf_text(&bench->changes),
                        "activities station/a activity.held by station (counted twice) "
                        "{\"persons\":[20,12],\"rev\":[1,2]};");
    bench_free(bench);
}

/* A site of the configuration has no entry before somebody registers it. */
static void the_history_of_a_site_begins_with_what_was_replaced(void **state)
{
    struct bench *bench = with_trail();
    (void)state;
    const struct cw_doc *doc = doc_of(&bench->doc, "{'site':'s1','district':'wuhou'}");
    for (int i = 0; i < 2; i++)
        registry_keep_known(&bench->fold, doc);
    assert_int_equal(book_record(&bench->fold, &kind_sites, doc, DRAFT_EVENT, NULL), 0);
    assert_string_equal(
        buf_text(&bench->changes),
        "known sites s1 by  {\"kind\":[null,\"institution\"],\"district\":"
        "[null,\"jinjiang\"],\"name\":[null,\"First home\"],\"lat\":[null,30.6],"
        "\"lon\":[null,104.1],\"crs\":[null,\"WGS-84\"]};"
        "set sites s1 by  {\"district\":[\"jinjiang\",\"wuhou\"]};");
    buf_clear(&bench->changes);
    registry_keep_known(&bench->fold, doc_of(&bench->doc, "{'site':'new'}"));
    assert_string_equal(buf_text(&bench->changes), "");
    bench_free(bench);
}

/* A value that is not known is null, and to learn of it is no correction. */
static void what_was_unknown_is_null(void **state)
{
    struct bench *bench = with_trail();
    struct trail trail;
    struct trail_change change = {.kind = "k", .id = CW_STR("s/i"), .what = "w"};
    (void)state;
    trail_begin(&trail);
    trail_text(&trail, "text", "", "t");
    trail_int(&trail, "int", -1, 2, -1);
    trail_real(&trail, "real", (double)NAN, 1.5);
    trail_time(&trail, "time", 0, NS_PER_S);
    trail_json(&trail, "json", CW_STR(""), CW_STR("[1]"));
    trail_real(&trail, "same", (double)NAN, (double)NAN);
    assert_false(trail.corrects);
    trail_end(&trail, &bench->fold, change);
    assert_string_equal(buf_text(&bench->changes), "");
    trail_begin(&trail);
    trail_text(&trail, "text", "t", "");
    trail_int(&trail, "int", 2, -1, -1);
    trail_real(&trail, "real", 1.5, (double)NAN);
    trail_time(&trail, "time", NS_PER_S, 0);
    trail_json(&trail, "json", CW_STR("[1]"), CW_STR(""));
    assert_int_equal(trail.n_changed, 5);
    trail_end(&trail, &bench->fold, change);
    assert_string_equal(
        buf_text(&bench->changes),
        "k s/i w by  () {\"text\":[\"t\",null],\"int\":[2,null],\"real\":[1.5,null],"
        "\"time\":[\"1970-01-01T00:00:01.000Z\",null],\"json\":[[1],null]};");
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correction_leaves_what_was),
        cmocka_unit_test(a_refused_or_repeated_event_leaves_none),
        cmocka_unit_test(who_calls_a_visit_off_is_on_record),
        cmocka_unit_test(an_activity_keeps_what_was_counted),
        cmocka_unit_test(the_history_of_a_site_begins_with_what_was_replaced),
        cmocka_unit_test(what_was_unknown_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
