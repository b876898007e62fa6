/*
 * test_slice.c - how many steps go by before a slice is over, by a clock that counts questions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

static int64_t now_ns;
static uint32_t n_asked;

static int64_t clock_ns(void)
{
    n_asked++;
    return now_ns;
}

/* Each step takes step_ns and weighs `weight`: when is it over? */
static uint32_t steps(int64_t budget_ns, int64_t step_ns, uint32_t weight)
{
    struct slice slice = {.until_ns = budget_ns, .now_ns = clock_ns};
    uint32_t n = 0;
    now_ns = 0;
    n_asked = 0;
    do {
        now_ns += step_ns;
        n++;
    } while (!slice_over(&slice, weight) && n < 100000);
    return n;
}

static const struct {
    int64_t budget_ns, step_ns;
    uint32_t weight, n, n_asked;
} rows[] = {
    {1000000, 1000, 1, 1024, 16},   /* light ones: at most a round of 64 too many */
    {1000000, 1000, 0, 1024, 16},   /* nothing weighs nothing */
    {1000000, 16000, 16, 64, 16},   /* of sixteen times the time: the clock as often */
    {1000000, 300000, 64, 4, 4},    /* heavy: asked after each */
    {1000000, 300000, 70000, 4, 4}, /* heavier than any */
    {1000000, 5000000, 64, 1, 1},   /* one that takes too long is the last */
    {1000000, 1000, 40, 1000, 500}, /* 40 + 40 is over 64 */
};

static void it_is_over_soon_after_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(steps(rows[i].budget_ns, rows[i].step_ns, rows[i].weight), rows[i].n);
        assert_int_equal(n_asked, rows[i].n_asked);
    }
}

static void what_is_over_stays_over(void **state)
{
    (void)state;
    struct slice slice = {.until_ns = 10, .now_ns = clock_ns};
    now_ns = 10;
    assert_true(slice_over(&slice, SLICE_WEIGHT));
    now_ns = 0;
    assert_true(slice_over(&slice, 1));
    assert_true(slice_over(&slice, SLICE_WEIGHT));
}

static void without_an_end_it_never_is(void **state)
{
    (void)state;
    struct slice slice = {.until_ns = INT64_MAX, .now_ns = clock_ns};
    now_ns = INT64_MAX - 1;
    for (uint32_t i = 0; i < 1000; i++)
        assert_false(slice_over(&slice, i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_over_soon_after_its_time),
        cmocka_unit_test(what_is_over_stays_over),
        cmocka_unit_test(without_an_end_it_never_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
