/*
 * test_num.c - numbers as text, both ways, to the last bit.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/str.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void a_real_is_the_whole_string(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        double value;
    } rows[] = {
        {"0", 0, 0},
        {"-0", 0, -0.0},
        {"72.5", 0, 72.5},
        {"1e3", 0, 1000},
        {"1E+2", 0, 100},
        {".5", 0, 0.5},
        {"1.7976931348623157e308", 0, 1.7976931348623157e308},
        {"5e-324", 0, 5e-324},
        {"1e-999", 0, 0},
        {"-0.00001e-400", 0, -0.0},
        {"1e999", -ERANGE, 0},
        {"-1e999", -ERANGE, 0},
        {"1e99999999999999999999", -ERANGE, 0},
        {"1e-99999999999999999999", 0, 0},
        {"inf", -ERANGE, 0},
        {"nan", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"-", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1,5", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1e", -EINVAL, 0},
        {"1e999x", -EINVAL, 0},
    };
    for (size_t i = 0; i < N(rows); i++) {
        double value = 42;
        assert_int_equal(num_parse_f64(str_of(rows[i].text), &value), rows[i].rc);
        double wanted = rows[i].rc ? 42 : rows[i].value;
        assert_memory_equal(&value, &wanted, sizeof(value));
    }
}

static void an_integer_stays_in_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int signed_rc, unsigned_rc;
    } rows[] = {
        {"0", 0, 0},
        {"9223372036854775807", 0, 0},
        {"9223372036854775808", -ERANGE, 0},
        {"18446744073709551615", -ERANGE, 0},
        {"18446744073709551616", -ERANGE, -ERANGE},
        {"-9223372036854775808", 0, -EINVAL},
        {"-9223372036854775809", -ERANGE, -EINVAL},
        {"1.0", -EINVAL, -EINVAL},
        {"", -EINVAL, -EINVAL},
        {"12a", -EINVAL, -EINVAL},
    };
    for (size_t i = 0; i < N(rows); i++) {
        int64_t value;
        uint64_t unsigned_value;
        struct cw_str s = str_of(rows[i].text);
        assert_int_equal(num_parse_i64(s, &value), rows[i].signed_rc);
        assert_int_equal(num_parse_u64(s, &unsigned_value), rows[i].unsigned_rc);
    }
}

static void a_real_is_written_as_short_as_it_reads_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {100000, "100000"},
        {1e15, "1000000000000000"},
        {9007199254740991, "9007199254740991"},
        {0.1, "0.1"},
        {36.6, "36.6"},
        {-2.5, "-2.5"},
        {1e22, "1e+22"},
        {5e-324, "5e-324"},
        {0.1 + 0.2, "0.30000000000000004"},
        {NAN, ""},
        {-INFINITY, ""},
    };
    for (size_t i = 0; i < N(rows); i++) {
        char text[NUM_MAX];
        size_t n = num_format_f64(rows[i].value, text);
        assert_true(str_is((struct cw_str){text, n}, rows[i].text));
    }
}

static void every_kind_of_real_comes_back(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value, back;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        char text[NUM_MAX];
        size_t n = num_format_f64(value, text);
        assert_true(n > 0);
        assert_int_equal(num_parse_f64((struct cw_str){text, n}, &back), 0);
        assert_memory_equal(&back, &value, sizeof(value));
    }
}

static void the_longest_integer_fits(void **state)
{
    (void)state;
    char text[NUM_MAX];
    size_t n = num_format_i64(INT64_MIN, text);
    assert_true(str_is((struct cw_str){text, n}, "-9223372036854775808"));
    n = num_format_i64(INT64_MAX, text);
    assert_true(str_is((struct cw_str){text, n}, "9223372036854775807"));
    n = num_format_i64(INT64_C(1000000000000000000), text);
    assert_true(str_is((struct cw_str){text, n}, "1000000000000000000"));
    n = num_format_i64(INT64_C(999999999999999999), text);
    assert_true(str_is((struct cw_str){text, n}, "999999999999999999"));
    n = num_format_i64(INT64_C(1763865851090807060), text);
    assert_true(str_is((struct cw_str){text, n}, "1763865851090807060"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_is_the_whole_string),
        cmocka_unit_test(an_integer_stays_in_its_type),
        cmocka_unit_test(a_real_is_written_as_short_as_it_reads_back),
        cmocka_unit_test(every_kind_of_real_comes_back),
        cmocka_unit_test(the_longest_integer_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
