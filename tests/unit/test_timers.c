/*
 * test_timers.c - deadlines come back in order, once, and only while they are meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/timers.h"

static void entries_come_by_due_then_kind_then_owner(void **state)
{
    (void)state;
    static const struct timer_entry in[] = {
        {30, 1, TIMER_WATCH},  {10, 2, TIMER_SITE},  {10, 1, TIMER_SITE},
        {10, 9, TIMER_DEVICE}, {20, 5, TIMER_VISIT}, {10, 3, TIMER_WATCH},
    };
    static const struct timer_entry want[] = {
        {10, 9, TIMER_DEVICE}, {10, 1, TIMER_SITE},  {10, 2, TIMER_SITE},
        {10, 3, TIMER_WATCH},  {20, 5, TIMER_VISIT}, {30, 1, TIMER_WATCH},
    };
    struct timers timers;
    timers_init(&timers);
    for (size_t i = 0; i < 6; i++) {
        struct timer timer = {0};
        timer_arm(&timers, &timer, in[i].kind, in[i].owner, in[i].due_ns);
    }
    struct timer_entry entry;
    for (size_t i = 0; i < 6; i++) {
        assert_true(timers_pop(&timers, 100, &entry));
        assert_int_equal(entry.due_ns, want[i].due_ns);
        assert_int_equal(entry.kind, want[i].kind);
        assert_int_equal(entry.owner, want[i].owner);
    }
    assert_false(timers_pop(&timers, 100, &entry));
    timers_done(&timers);
}

static void nothing_comes_before_it_is_due(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer = {0};
    struct timer_entry entry;
    timers_init(&timers);
    timer_arm(&timers, &timer, TIMER_DEVICE, 7, 50);
    assert_false(timers_pop(&timers, 49, &entry));
    assert_true(timers_pop(&timers, 50, &entry));
    assert_true(timer_fired(&timer, &entry));
    assert_int_equal(timer.armed_ns, 0);
    timers_done(&timers);
}

static void arming_later_costs_nothing(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer = {0};
    timers_init(&timers);
    for (int64_t due = 50; due < 1000; due++)
        timer_arm(&timers, &timer, TIMER_DEVICE, 7, due);
    assert_int_equal(timers.n, 1);
    assert_int_equal(timer.armed_ns, 50);
    timers_done(&timers);
}

static void an_entry_that_was_overtaken_is_stale(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer = {0};
    struct timer_entry entry;
    timers_init(&timers);
    timer_arm(&timers, &timer, TIMER_DEVICE, 7, 50);
    timer_arm(&timers, &timer, TIMER_DEVICE, 7, 20);
    assert_true(timers_pop(&timers, 100, &entry));
    assert_int_equal(entry.due_ns, 20);
    assert_true(timer_fired(&timer, &entry));
    assert_true(timers_pop(&timers, 100, &entry));
    assert_false(timer_fired(&timer, &entry));
    timers_done(&timers);
}

static void many_come_back_sorted(void **state)
{
    (void)state;
    struct timers timers;
    struct timer_entry entry;
    timers_init(&timers);
    uint64_t x = 1;
    for (uint64_t i = 0; i < 5000; i++) {
        struct timer timer = {0};
        x = x * 6364136223846793005u + 1442695040888963407u;
        timer_arm(&timers, &timer, TIMER_WATCH, i, (int64_t)(x >> 44));
    }
    int64_t last = 0;
    for (size_t i = 0; i < 5000; i++) {
        assert_true(timers_pop(&timers, INT64_MAX, &entry));
        assert_true(entry.due_ns >= last);
        last = entry.due_ns;
    }
    timers_done(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_by_due_then_kind_then_owner),
        cmocka_unit_test(nothing_comes_before_it_is_due),
        cmocka_unit_test(arming_later_costs_nothing),
        cmocka_unit_test(an_entry_that_was_overtaken_is_stale),
        cmocka_unit_test(many_come_back_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
