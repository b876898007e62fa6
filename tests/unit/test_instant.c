/*
 * test_instant.c - RFC 3339, both ways.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instant.h"
#include "base/str.h"
#include "base/units.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define S(seconds) ((seconds)*NS_PER_S)

static void moments_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-11-23T02:43:01.120Z", 0, S(1795401781) + 120 * NS_PER_MS},
        {"2026-11-23T10:43:01.120+08:00", 0, S(1795401781) + 120 * NS_PER_MS},
        {"2026-11-22T21:13:01-05:30", 0, S(1795401781)},
        {"2024-02-29t12:00:00z", 0, S(1709208000)},
        {"2024-02-29 12:00:00Z", 0, S(1709208000)},
        {"1969-12-31T23:59:59.5Z", 0, -NS_PER_S / 2},
        {"2000-01-01T00:00:00.1234567899Z", 0, S(946684800) + 123456789},
        {"2016-12-31T23:59:60Z", 0, S(1483228800)}, /* a leap second */
        {"2262-04-11T23:47:16.854775807Z", 0, INT64_MAX},
        {"2262-04-11T23:47:16.854775808Z", -EINVAL, 0},
        {"9999-01-01T00:00:00Z", -EINVAL, 0},
        {"2023-02-29T12:00:00Z", -EINVAL, 0},
        {"1900-02-29T12:00:00Z", -EINVAL, 0},
        {"2024-13-01T12:00:00Z", -EINVAL, 0},
        {"2024-00-01T12:00:00Z", -EINVAL, 0},
        {"2024-01-00T12:00:00Z", -EINVAL, 0},
        {"2024-01-01T24:00:00Z", -EINVAL, 0},
        {"2024-01-01T12:60:00Z", -EINVAL, 0},
        {"2024-01-01T12:00:61Z", -EINVAL, 0},
        {"2024-01-01T12:00:00", -EINVAL, 0},
        {"2024-01-01T12:00:00.Z", -EINVAL, 0},
        {"2024-01-01T12:00:00+8:00", -EINVAL, 0},
        {"2024-01-01T12:00:00+24:00", -EINVAL, 0},
        {"2024-01-01T12:00:00Zx", -EINVAL, 0},
        {"2024-1-01T12:00:00Z", -EINVAL, 0},
        {"", -EINVAL, 0},
    };
    for (size_t i = 0; i < N(rows); i++) {
        int64_t ns = 0;
        assert_int_equal(instant_parse(str_of(rows[i].text), &ns), rows[i].rc);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void moments_are_written_in_utc_with_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {S(1795401781) + 120999999, "2026-11-23T02:43:01.120Z"},
        {S(1709251199), "2024-02-29T23:59:59.000Z"},
        {S(951868800), "2000-03-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145Z"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        char text[INSTANT_MAX];
        assert_int_equal(instant_format(rows[i].ns, text), 24);
        assert_string_equal(text, rows[i].text);
    }
}

static void every_day_comes_back(void **state)
{
    (void)state;
    for (int64_t day = -30000; day < 100000; day += 13) {
        char text[INSTANT_MAX];
        int64_t back;
        size_t n = instant_format(S(day * 86400 + 3723), text);
        assert_int_equal(instant_parse((struct cw_str){text, n}, &back), 0);
        assert_int_equal(back, S(day * 86400 + 3723));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(moments_are_written_in_utc_with_milliseconds),
        cmocka_unit_test(every_day_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
