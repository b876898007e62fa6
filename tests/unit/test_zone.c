/*
 * test_zone.c - local time by rule and by explicit changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/str.h"
#include "base/units.h"
#include "base/zone.h"

static int64_t at(const char *text)
{
    int64_t ns;
    assert_int_equal(instant_parse(str_of(text), &ns), 0);
    return ns / NS_PER_S;
}

static void a_rule_gives_the_offset(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *when;
        int offset_s;
    } rows[] = {
        {"CST-8", "2026-11-26T12:00:00Z", 28800},
        {"<+0545>-5:45", "2026-11-26T12:00:00Z", 20700},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600},
        {"EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18000},
        {"EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14400},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", 36000},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0},
        {"QQQ0YYY,J60/0,J61/0", "2024-03-01T12:00:00Z", 3600}, /* J never counts Feb 29 */
        {"QQQ0YYY,59/0,60/0", "2024-02-29T12:00:00Z", 3600},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct zone zone;
        assert_int_equal(zone_parse(&zone, str_of(rows[i].rule), NULL), 0);
        if (zone_offset_s(&zone, at(rows[i].when)) != rows[i].offset_s)
            fail_msg("%s at %s", rows[i].rule, rows[i].when);
    }
}

static void what_is_no_rule_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "CST",
                                       "8",
                                       "CST-8x",
                                       "CET-1CEST",
                                       "CET-1CEST,M3.5.0",
                                       "CET-1CEST,M13.5.0,M10.5.0",
                                       "CET-1CEST,M3.6.0,M10.5.0",
                                       "CET-1CEST,M3.5.7,M10.5.0",
                                       "CET-1CEST,M3.5.0,M10.5.0/3,",
                                       "CST-99"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct zone zone;
        struct cw_error err = {""};
        if (zone_parse(&zone, str_of(rows[i]), &err) == 0)
            fail_msg("\"%s\" was taken", rows[i]);
        assert_string_not_equal(err.text, "");
    }
}

static void explicit_changes_come_before_the_rule(void **state)
{
    (void)state;
    struct zone zone;
    char text[ZONE_CHANGE_MAX];
    assert_int_equal(zone_parse(&zone, CW_STR("<+01>-1"), NULL), 0);
    assert_int_equal(zone_add_change(&zone, CW_STR("2026-02-15T02:00:00Z 0"), NULL), 0);
    assert_int_equal(zone_add_change(&zone, CW_STR("2026-03-22T02:00:00Z 3600"), NULL), 0);
    assert_true(zone_add_change(&zone, CW_STR("2026-03-22T02:00:00Z 0"), NULL) < 0);
    assert_true(zone_add_change(&zone, CW_STR("2027-03-22 0"), NULL) < 0);
    assert_int_equal(zone_offset_s(&zone, at("2026-03-01T00:00:00Z")), 0);
    assert_int_equal(zone_offset_s(&zone, at("2026-03-22T01:59:59Z")), 0);
    assert_int_equal(zone_offset_s(&zone, at("2026-03-22T02:00:00Z")), 3600);
    assert_int_equal(zone_offset_s(&zone, at("2036-03-22T02:00:00Z")), 3600);
    zone_format_change(&zone.change[1], text);
    assert_string_equal(text, "2026-03-22T02:00:00.000Z 3600");
}

static void the_wall_clock_and_back(void **state)
{
    (void)state;
    struct zone zone;
    static const struct {
        const char *shown, *utc;
    } rows[] = {
        {"2026-01-10T12:00:00Z", "2026-01-10T11:00:00Z"},
        {"2026-07-10T12:00:00Z", "2026-07-10T10:00:00Z"},
        {"2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
        {"2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"}, /* is never shown: the jump */
        {"2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"}, /* is shown twice: the first */
        {"2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
    };
    assert_int_equal(zone_parse(&zone, CW_STR("CET-1CEST,M3.5.0,M10.5.0/3"), NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (zone_utc_s(&zone, at(rows[i].shown)) != at(rows[i].utc))
            fail_msg("%s", rows[i].shown);
    }
    assert_int_equal(
        zone_next_change_s(&zone, at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z")),
        at("2026-03-29T01:00:00Z"));
    assert_int_equal(
        zone_next_change_s(&zone, at("2026-03-29T01:00:00Z"), at("2026-10-25T00:59:59Z")), 0);
}

/* Against the files of this machine, where there are any, and its own reading of them. */
static void the_systems_files_say_what_the_system_says(void **state)
{
    (void)state;
    static const char *const names[] = {"Asia/Shanghai", "Europe/Berlin", "America/New_York",
                                        "Africa/Casablanca", "Australia/Lord_Howe"};
    static char bytes[65536];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128], rule[ZONE_RULE_MAX];
        struct zone zone;
        struct cw_error err = {""};
        snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", names[i]);
        FILE *file = fopen(path, "rbe");
        if (!file)
            continue;
        size_t n = fread(bytes, 1, sizeof(bytes), file);
        (void)fclose(file);
        if (zone_parse_tzif(&zone, (struct cw_str){bytes, n}, at("2020-01-01T00:00:00Z"), rule,
                            &err) != 0)
            fail_msg("%s: %s", names[i], err.text);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t s = at("2020-06-01T00:00:00Z"); s < at("2036-01-01T00:00:00Z");
             s += 6 * 3600 + 7) {
            time_t moment = (time_t)s;
            struct tm tm;
            localtime_r(&moment, &tm);
            if (zone_offset_s(&zone, s) != (int32_t)tm.tm_gmtoff)
                fail_msg("%s differs at %lld", names[i], (long long)s);
        }
        assert_int_equal(zone_parse_tzif(&zone, (struct cw_str){bytes, n / 2}, 0, rule, NULL),
                         -22);
    }
    unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_gives_the_offset),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(explicit_changes_come_before_the_rule),
        cmocka_unit_test(the_wall_clock_and_back),
        cmocka_unit_test(the_systems_files_say_what_the_system_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
