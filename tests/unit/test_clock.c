/*
 * test_clock.c - the clocks run and are what their names say. The only test that reads one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/units.h"

static void clocks_do_not_run_backwards(void **state)
{
    (void)state;
    int64_t monotonic = clock_monotonic_ns(), boot = clock_boot_ns();
    assert_true(clock_monotonic_ns() >= monotonic);
    assert_true(clock_boot_ns() >= boot);
    assert_true(boot >= monotonic); /* it also counts suspend */
    assert_true(clock_wall_ns() > INT64_C(1700000000) * NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clocks_do_not_run_backwards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
