/*
 * test_recent.c - the last values of a series, in order, in little room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "core/series/recent.h"

#define T0 (INT64_C(1763865851) * NS_PER_S)
#define DAY (86400 * NS_PER_S)

static void the_newest_are_kept_in_order(void **state)
{
    (void)state;
    for (uint32_t max = 1; max < 40; max += 3) {
        struct recent recent = {.slot = NULL};
        for (uint32_t i = 0; i < 100; i++)
            recent_add(&recent, max, T0 + i * NS_PER_S, i);
        assert_int_equal(recent.n, max);
        for (uint32_t i = 0; i < max; i++) {
            uint32_t want = 100 - max + i;
            assert_true(recent_value_at(&recent, i) == want);
            assert_true(recent_time_ns(&recent, i) == T0 + want * NS_PER_S);
        }
        recent_done(&recent);
    }
}

static void many_series_share_the_room(void **state)
{
    (void)state;
    static const struct {
        int64_t asked, max_bytes;
        uint64_t n_series;
        uint32_t share;
    } rows[] = {
        {32, 24 << 20, 1, 32},
        {32, 24 << 20, 98304, 32},
        {32, 24 << 20, 98305, 16},
        {32, 24 << 20, 700000, 4},
        {32, 0, 5, 1},
        {0, 24 << 20, 5, 0},
        {100000, INT64_MAX, 1, 4096},
        {12, 60, 1, 6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(recent_share(rows[i].asked, rows[i].max_bytes, rows[i].n_series),
                         rows[i].share);
}

static void a_smaller_share_keeps_the_newest(void **state)
{
    (void)state;
    struct recent recent = {.slot = NULL};
    for (uint32_t i = 0; i < 50; i++)
        recent_add(&recent, 32, T0 + i * NS_PER_S, i);
    recent_add(&recent, 8, T0 + 50 * NS_PER_S, 50);
    assert_int_equal(recent.n, 8);
    assert_int_equal(recent.cap, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_true(recent_value_at(&recent, i) == 43 + i);
    recent_add(&recent, 32, T0 + 51 * NS_PER_S, 51);
    assert_int_equal(recent.n, 9);
    recent_add(&recent, 0, T0 + 52 * NS_PER_S, 52);
    assert_int_equal(recent.n, 0);
    recent_done(&recent);
}

static void nothing_is_kept_when_nothing_is_asked(void **state)
{
    (void)state;
    struct recent recent = {.slot = NULL};
    recent_add(&recent, 0, T0, 1);
    assert_int_equal(recent.n, 0);
    assert_null(recent.slot);
}

static void one_value_takes_little(void **state)
{
    (void)state;
    struct recent recent = {.slot = NULL};
    recent_add(&recent, 4096, T0, 1);
    assert_true(recent.cap <= 4);
    recent_done(&recent);
}

/* Offsets are 32 bits of milliseconds: 49 days. */
static void years_of_values_keep_their_times(void **state)
{
    (void)state;
    struct recent recent = {.slot = NULL};
    for (int64_t day = 0; day < 800; day++)
        recent_add(&recent, 8, T0 + day * DAY, (double)day);
    assert_int_equal(recent.n, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_true(recent_time_ns(&recent, i) == T0 + (792 + i) * DAY);
    recent_add(&recent, 8, T0 + 2000 * DAY, 7);
    assert_int_equal(recent.n, 1);
    assert_true(recent_time_ns(&recent, 0) == T0 + 2000 * DAY);
    recent_done(&recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept_in_order),
        cmocka_unit_test(many_series_share_the_room),
        cmocka_unit_test(a_smaller_share_keeps_the_newest),
        cmocka_unit_test(nothing_is_kept_when_nothing_is_asked),
        cmocka_unit_test(one_value_takes_little),
        cmocka_unit_test(years_of_values_keep_their_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
