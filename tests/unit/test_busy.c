/*
 * test_busy.c - stretches of work: counted, judged, and forgotten after their time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/busy.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static void only_what_is_over_the_limit_counts_as_over(void **state)
{
    (void)state;
    struct busy busy = {.window_ns = 0};
    busy_add(&busy, BUSY_RECORDS, 10 * MS, 15 * MS);
    busy_add(&busy, BUSY_RECORDS, 20 * MS, 25 * MS + 1);
    busy_add(&busy, BUSY_STREAMS, 30 * MS, 31 * MS);
    assert_int_equal(busy.kind[BUSY_RECORDS].n, 2);
    assert_int_equal(busy.kind[BUSY_RECORDS].n_over, 1);
    assert_int_equal(busy.kind[BUSY_RECORDS].total_ns, 10 * MS + 1);
    assert_int_equal(busy.kind[BUSY_STREAMS].n_over, 0);
    assert_int_equal(busy_worst_ns(&busy, BUSY_RECORDS), 5 * MS + 1);
    assert_int_equal(busy_worst_ns(&busy, BUSY_STREAMS), MS);
}

static void the_worst_is_kept_for_a_minute_and_not_for_three(void **state)
{
    (void)state;
    struct busy busy = {.window_ns = 0};
    busy_add(&busy, BUSY_STATE, 50 * S, 50 * S + 9 * MS);
    busy_add(&busy, BUSY_STATE, 61 * S, 61 * S + MS);
    assert_int_equal(busy_worst_ns(&busy, BUSY_STATE), 9 * MS);
    busy_add(&busy, BUSY_RECORDS, 130 * S, 130 * S + MS);
    assert_int_equal(busy_worst_ns(&busy, BUSY_STATE), MS);
    assert_int_equal(busy.kind[BUSY_STATE].n_over, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_over_the_limit_counts_as_over),
        cmocka_unit_test(the_worst_is_kept_for_a_minute_and_not_for_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
