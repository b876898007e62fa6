/*
 * test_schedule.c - spans of the day and the week, in a zone whose clock jumps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/str.h"
#include "base/units.h"
#include "base/zone.h"
#include "core/alarm/schedule.h"

static int64_t at(const char *text)
{
    int64_t ns;
    assert_int_equal(instant_parse(str_of(text), &ns), 0);
    return ns;
}

static struct schedule schedule_of(const char *spans)
{
    struct schedule schedule = {.name = "x"};
    struct cw_str rest = str_of(spans), one;
    while (str_split(&rest, ';', &one)) {
        struct cw_error err = {""};
        if (schedule_parse_span(one, &schedule.span[schedule.n_spans++], &err) != 0)
            fail_msg("%s", err.text);
    }
    return schedule;
}

static struct zone zone_of(const char *rule)
{
    struct zone zone;
    assert_int_equal(zone_parse(&zone, str_of(rule), NULL), 0);
    return zone;
}

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void spans_cover_what_the_wall_clock_shows(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *spans, *when;
        bool covered;
    } rows[] = {
        {"CST-8", "21:00-06:00", "2026-11-26T13:00:00Z", true}, /* 21:00 in Chengdu */
        {"CST-8", "21:00-06:00", "2026-11-26T12:59:59Z", false},
        {"CST-8", "21:00-06:00", "2026-11-26T21:59:59Z", true},
        {"CST-8", "21:00-06:00", "2026-11-26T22:00:00Z", false},
        {"CST-8", "08:00-12:00;14:00-18:00", "2026-11-26T01:00:00Z", true},
        {"CST-8", "08:00-12:00;14:00-18:00", "2026-11-26T05:00:00Z", false},
        {"CST-8", "08:00-12:00;14:00-18:00", "2026-11-26T07:00:00Z", true},
        {"CST-8", "mon-fri 08:00-12:00", "2026-11-27T01:00:00Z", true}, /* a Friday */
        {"CST-8", "mon-fri 08:00-12:00", "2026-11-28T01:00:00Z", false},
        {"CST-8", "sat,sun 00:00-24:00", "2026-11-28T01:00:00Z", true},
        {"CST-8", "fri 22:00-06:00", "2026-11-27T20:00:00Z", true}, /* Saturday morning */
        {"CST-8", "fri 22:00-06:00", "2026-11-26T20:00:00Z", false},
        {"CST-8", "sun 22:00-06:00", "2026-11-29T20:00:00Z", true}, /* Monday morning */
        {"CST-8", "sat-mon 10:00-11:00", "2026-11-30T02:30:00Z", true},
        /* The hour from 02:00 to 03:00 is missing: what begins in it begins at the jump. */
        {BERLIN, "02:30-04:00", "2026-03-29T01:30:00Z", true},
        {BERLIN, "02:30-04:00", "2026-03-29T00:59:59Z", false},
        {BERLIN, "02:30-04:00", "2026-03-29T01:00:00Z", true},
        /* It comes twice: both are in. */
        {BERLIN, "02:30-02:45", "2026-10-25T00:35:00Z", true},
        {BERLIN, "02:30-02:45", "2026-10-25T01:35:00Z", true},
        {BERLIN, "02:30-02:45", "2026-10-25T00:50:00Z", false},
        {BERLIN, "22:00-06:00", "2026-03-29T03:59:59Z", true},
        {BERLIN, "22:00-06:00", "2026-03-29T04:00:00Z", false},
        {BERLIN, "22:00-06:00", "2026-10-25T04:59:59Z", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schedule schedule = schedule_of(rows[i].spans);
        struct zone zone = zone_of(rows[i].zone);
        if (schedule_covers(&schedule, &zone, at(rows[i].when)) != rows[i].covered)
            fail_msg("%s at %s", rows[i].spans, rows[i].when);
    }
}

static void what_is_no_span_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "21:00",
                                       "21:00-21:00",
                                       "25:00-06:00",
                                       "21:60-06:00",
                                       "24:00-06:00",
                                       "9:00-10:00",
                                       "mo 09:00-10:00",
                                       "mon- 09:00-10:00x",
                                       "mon 09:00-10:00 ",
                                       " 09:00-10:00",
                                       "mon-fri,, 09:00-10:00"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schedule_span span;
        struct cw_error err = {""};
        if (schedule_parse_span(str_of(rows[i]), &span, &err) == 0)
            fail_msg("\"%s\" was taken", rows[i]);
        assert_string_not_equal(err.text, "");
    }
}

/* Every change found is one, and none lies between: minute by minute over three weeks. */
static void the_next_change_is_the_next_one(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *spans, *from;
    } rows[] = {
        {"CST-8", "21:00-06:00", "2026-11-20T00:00:00Z"},
        {"CST-8", "mon-fri 08:00-12:00;mon-fri 14:00-18:00;sat 09:00-10:00",
         "2026-11-20T00:00:00Z"},
        {BERLIN, "22:00-06:00", "2026-03-20T00:00:00Z"},
        {BERLIN, "02:30-04:00;03:30-03:45", "2026-03-20T00:00:00Z"},
        {BERLIN, "02:30-02:45;sun 02:50-03:10", "2026-10-15T00:00:00Z"},
        {BERLIN, "00:00-24:00", "2026-10-15T00:00:00Z"},
        {BERLIN, "tue 00:00-00:01", "2026-10-15T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct schedule schedule = schedule_of(rows[i].spans);
        struct zone zone = zone_of(rows[i].zone);
        int64_t now_ns = at(rows[i].from), end_ns = now_ns + INT64_C(21) * 86400 * NS_PER_S;
        int64_t next_ns = schedule_next_ns(&schedule, &zone, now_ns);
        bool is = schedule_covers(&schedule, &zone, now_ns);
        for (; now_ns < end_ns; now_ns += 60 * NS_PER_S) {
            bool covered = schedule_covers(&schedule, &zone, now_ns);
            if (now_ns >= next_ns) {
                is = !is;
                next_ns = schedule_next_ns(&schedule, &zone, now_ns);
            }
            if (covered != is)
                fail_msg("%s: a change was missed at %lld", rows[i].spans, (long long)now_ns);
        }
    }
}

static void what_never_changes_has_no_next(void **state)
{
    (void)state;
    struct schedule always = schedule_of("00:00-24:00"), never = {.name = "never"};
    struct zone zone = zone_of(BERLIN);
    assert_int_equal(schedule_next_ns(&always, &zone, at("2026-10-24T00:00:00Z")), INT64_MAX);
    assert_int_equal(schedule_next_ns(&never, &zone, at("2026-10-24T00:00:00Z")), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_cover_what_the_wall_clock_shows),
        cmocka_unit_test(what_is_no_span_is_refused),
        cmocka_unit_test(the_next_change_is_the_next_one),
        cmocka_unit_test(what_never_changes_has_no_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
