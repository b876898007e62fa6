/*
 * test_num_math.c - the promised errors, against the C library over the whole range.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num_math.h"

static void logarithms_keep_their_error(void **state)
{
    (void)state;
    double worst = 0;
    for (double x = 1e-320; x < 1e307; x *= 1.0037) {
        double error = fabs(num_log2(x) - log2(x));
        worst = error > worst ? error : worst;
    }
    for (double x = 0.5; x < 2; x += 1e-4) {
        double error = fabs(num_log2(x) - log2(x));
        worst = error > worst ? error : worst;
    }
    assert_true(worst < 4e-11);
    assert_true(num_log2(1) == 0 && num_log2(8) == 3 && num_log2(0.25) == -2);
}

/* In any company: with another that is usual or not, and as the last of an odd number. */
static void many_logarithms_are_the_same_bits(void **state)
{
    (void)state;
    static const double odd[] = {
        1, 0, -1, 1e-320, DBL_MIN, DBL_MAX, DBL_TRUE_MIN, (double)NAN, (double)INFINITY, 0.5};
    for (double x = 1e-320; x < 1e307; x *= 1.0037) {
        for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i += 3) {
            const double in[3] = {x, odd[i], x * 1.7};
            double out[3];
            num_log2_all(in, out, 3);
            for (unsigned j = 0; j < 3; j++) {
                double one = num_log2(in[j]);
                assert_memory_equal(&out[j], &one, sizeof(one));
            }
        }
    }
}

static void powers_keep_their_error(void **state)
{
    (void)state;
    double worst = 0;
    for (double x = -1022; x < 1024; x += 0.00917) {
        double error = fabs(num_exp2(x) / exp2(x) - 1);
        worst = error > worst ? error : worst;
    }
    assert_true(worst < 1e-11);
    assert_true(num_exp2(0) == 1 && num_exp2(10) == 1024 && num_exp2(-1) == 0.5);
}

static void what_has_no_answer_has_a_bound(void **state)
{
    (void)state;
    assert_true(num_log2(0) == -1100 && num_log2(-1) == -1100);
    assert_true(num_log2((double)NAN) == -1100);
    assert_true(num_log2((double)INFINITY) == 1024);
    assert_true(num_log2(DBL_TRUE_MIN) == -1074);
    assert_true(num_exp2(-1e9) == 0 && num_exp2(1024) == DBL_MAX);
    assert_true(num_exp2((double)NAN) == 0);
    assert_true(num_exp2(1023.999) < DBL_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_keep_their_error),
        cmocka_unit_test(many_logarithms_are_the_same_bits),
        cmocka_unit_test(powers_keep_their_error),
        cmocka_unit_test(what_has_no_answer_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
