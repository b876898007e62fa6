/*
 * test_units.c - durations and sizes as people write them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void durations_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t ns;
    } rows[] = {
        {"0", 0, 0},
        {"0s", 0, 0},
        {"90s", 0, 90 * NS_PER_S},
        {"1h30m", 0, 5400 * NS_PER_S},
        {"20ms", 0, 20 * NS_PER_MS},
        {"1w2d3h4m5s6ms7us8ns", 0, 788645006007008},
        {"0.1s", 0, 100 * NS_PER_MS},
        {"1.5h", 0, 5400 * NS_PER_S},
        {"292y", -EINVAL, 0},
        {"0.5ns", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"5", -EINVAL, 0},
        {"s", -EINVAL, 0},
        {"5 s", -EINVAL, 0},
        {"-5s", -EINVAL, 0},
        {"5sm", -EINVAL, 0},
        {"5.s", -EINVAL, 0},
        {".5s", -EINVAL, 0},
        {"1.2.3s", -EINVAL, 0},
        {"30m1h", -EINVAL, 0}, /* units in falling order, each once */
        {"5s5s", -EINVAL, 0},
        {"1h30", -EINVAL, 0},
        {"99999999999w", -ERANGE, 0},
        {"99999999999999999999s", -ERANGE, 0},
    };
    for (size_t i = 0; i < N(rows); i++) {
        int64_t ns = 0;
        struct cw_error err = {""};
        assert_int_equal(duration_parse(str_of(rows[i].text), &ns, &err), rows[i].rc);
        assert_int_equal(ns, rows[i].ns);
        assert_int_equal(err.text[0] != '\0', rows[i].rc != 0);
    }
}

static void a_wrong_duration_is_named(void **state)
{
    (void)state;
    struct cw_error err;
    int64_t ns;
    assert_int_equal(duration_parse(CW_STR("5 apples"), &ns, &err), -EINVAL);
    assert_non_null(strstr(err.text, "\"5 apples\""));
}

static void durations_are_written_short_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {1, "1ns"},
        {90 * NS_PER_S, "1m30s"},
        {5400 * NS_PER_S, "1h30m"},
        {14 * 86400 * NS_PER_S, "14d"},
        {20 * NS_PER_MS, "20ms"},
        {INT64_MAX, "106751d23h47m16s854ms775us807ns"},
        {INT64_MIN, "-106751d23h47m16s854ms775us808ns"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        char text[DURATION_MAX];
        int64_t back;
        assert_int_equal(duration_format(rows[i].ns, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
        if (rows[i].ns >= 0) {
            assert_int_equal(duration_parse(str_of(text), &back, NULL), 0);
            assert_int_equal(back, rows[i].ns);
        }
    }
}

static void sizes_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        int64_t bytes;
    } rows[] = {
        {"0", 0, 0},
        {"512", 0, 512},
        {"64MiB", 0, 67108864},
        {"1GB", 0, 1000000000},
        {"1.5KiB", 0, 1536},
        {"3B", 0, 3},
        {"1mib", -EINVAL, 0},
        {"1KiB2B", -EINVAL, 0},
        {"1.5B", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"9999999999GiB", -ERANGE, 0},
    };
    for (size_t i = 0; i < N(rows); i++) {
        int64_t bytes = 0;
        assert_int_equal(size_parse(str_of(rows[i].text), &bytes, NULL), rows[i].rc);
        assert_int_equal(bytes, rows[i].bytes);
    }
}

static void sizes_are_written_short(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0B"},           {1000, "1KB"},
        {1024, "1KiB"},      {67108864, "64MiB"},
        {1000000000, "1GB"}, {1536, "1536B"},
        {1001, "1001B"},     {INT64_MAX, "9223372036854775807B"},
    };
    for (size_t i = 0; i < N(rows); i++) {
        char text[SIZE_TEXT_MAX];
        assert_int_equal(size_format(rows[i].bytes, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_exact),
        cmocka_unit_test(a_wrong_duration_is_named),
        cmocka_unit_test(durations_are_written_short_and_read_back),
        cmocka_unit_test(sizes_are_exact),
        cmocka_unit_test(sizes_are_written_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
