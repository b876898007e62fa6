/*
 * test_pace.c - never more than the rate in any window, a part of it for high alarms, and a
 * dead target that is asked less and less.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "core/alarm/pace.h"

#define START_NS (1000 * NS_PER_S)
#define MAX_TOLD 4000

static struct pace paced(const char *rate, int64_t burst)
{
    struct pace_limit limit;
    struct pace pace;
    struct cw_error err;
    if (pace_limit_parse(str_of(rate), burst, &limit, &err) != 0)
        fail_msg("%s", err.text);
    pace_init(&pace, &limit, START_NS);
    return pace;
}

/* Tells whenever it may, every step; the most in any window of the period, and in all. */
static void flood(struct pace *pace, int64_t step_ns, int64_t length_ns, bool high,
                  int64_t *most, int64_t *total)
{
    static int64_t told[MAX_TOLD];
    int64_t n = 0, first = 0;
    *most = 0;
    for (int64_t now = START_NS; now < START_NS + length_ns && n < MAX_TOLD; now += step_ns) {
        while (pace_allows(pace, now, high) && n < MAX_TOLD) {
            pace_take(pace, now);
            told[n++] = now;
            while (told[first] <= now - pace->limit.period_ns)
                first++;
            *most = n - first > *most ? n - first : *most;
        }
    }
    *total = n;
}

static void no_window_has_more_than_the_rate(void **state)
{
    static const struct {
        const char *rate;
        int64_t burst, n, at_least; /* in ten periods */
    } row[] = {
        {"20/1m", 0, 20, 170}, {"20/1m", 1, 20, 195}, {"20/1m", 20, 20, 25},
        {"1/1m", 0, 1, 9},     {"2/1s", 0, 2, 19},    {"100/1m", 0, 100, 960},
        {"7/13s", 3, 7, 50},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct pace pace = paced(row[i].rate, row[i].burst);
        int64_t most, total;
        flood(&pace, pace.limit.period_ns / 997, 10 * pace.limit.period_ns, true, &most,
              &total);
        if (most > row[i].n || total < row[i].at_least)
            fail_msg("%s burst %d: %d in a window, %d in all", row[i].rate, (int)row[i].burst,
                     (int)most, (int)total);
    }
}

static void a_flood_of_others_leaves_room_for_a_high_one(void **state)
{
    struct pace pace = paced("20/1m", 8);
    int64_t most, total;
    (void)state;
    flood(&pace, NS_PER_MS, 120 * NS_PER_S, false, &most, &total);
    int64_t now = START_NS + 120 * NS_PER_S;
    int n_high = 0;
    for (; pace_allows(&pace, now, true); n_high++)
        pace_take(&pace, now);
    assert_in_range(n_high, 2, 3); /* a quarter of 8, and what may be about to be allowed */
    assert_false(pace_allows(&pace, now, false));
    assert_true(total > 20);
}

static void a_burst_of_one_serves_everybody(void **state)
{
    struct pace pace = paced("1/1m", 1);
    (void)state;
    assert_true(pace_allows(&pace, START_NS, false));
    pace_take(&pace, START_NS);
    assert_false(pace_allows(&pace, START_NS + 59 * NS_PER_S, true));
    assert_true(pace_allows(&pace, START_NS + 60 * NS_PER_S, false));
}

static void a_new_limit_remembers_what_was_told(void **state)
{
    struct pace pace = paced("20/1m", 4);
    struct pace other = paced("8/1m", 4);
    (void)state;
    for (int i = 0; i < 4; i++)
        pace_take(&pace, START_NS);
    pace_limit_set(&pace, &other.limit, START_NS);
    assert_false(pace_allows(&pace, START_NS, true));
    pace_limit_set(&pace, &(struct pace_limit){0}, START_NS);
    assert_true(pace_allows(&pace, START_NS, false));
}

static void a_clock_that_steps_back_gives_nothing(void **state)
{
    struct pace pace = paced("4/1m", 4);
    (void)state;
    for (int i = 0; i < 4; i++)
        pace_take(&pace, START_NS);
    assert_false(pace_allows(&pace, START_NS - 3600 * NS_PER_S, true));
    assert_false(pace_allows(&pace, INT64_MIN / 2, true));
    assert_true(pace_allows(&pace, INT64_MAX / 2, true));
}

static void a_dead_target_is_asked_less_and_less(void **state)
{
    struct pace pace = paced("none", 0);
    int64_t now = START_NS, max_ns = 60 * NS_PER_S;
    (void)state;
    for (int i = 1; i < PACE_FAILURES; i++)
        pace_failed(&pace, now, 0, max_ns);
    assert_true(pace_allows(&pace, now, false));
    assert_int_equal(pace_width(&pace), PACE_WIDTH);
    static const int64_t pause_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    for (size_t i = 0; i < sizeof(pause_s) / sizeof(pause_s[0]); i++) {
        pace_failed(&pace, now, 0, max_ns);
        assert_int_equal(pace_width(&pace), 1);
        assert_false(pace_allows(&pace, now + pause_s[i] * NS_PER_S - 1, true));
        now += pause_s[i] * NS_PER_S;
        assert_true(pace_allows(&pace, now, true));
    }
    pace_worked(&pace);
    assert_int_equal(pace_width(&pace), PACE_WIDTH);
    assert_true(pace_allows(&pace, START_NS, false));
}

static void a_target_may_ask_for_a_pause(void **state)
{
    struct pace pace = paced("none", 0);
    (void)state;
    pace_failed(&pace, START_NS, 30 * NS_PER_S, 60 * NS_PER_S);
    assert_false(pace_allows(&pace, START_NS + 29 * NS_PER_S, true));
    pace_failed(&pace, START_NS, 3600 * NS_PER_S, 60 * NS_PER_S);
    assert_true(pace_allows(&pace, START_NS + 60 * NS_PER_S, true));
}

static void rates_are_read(void **state)
{
    static const struct {
        const char *rate;
        int64_t burst, n, period_s, want_burst; /* n -1: refused */
    } row[] = {
        {"20/1m", 0, 20, 60, 4},  {"20/1m", 7, 20, 60, 7}, {"3/1h", 0, 3, 3600, 1},
        {"none", 0, 0, 0, 0},     {"", 9, 0, 0, 0},        {"20", 0, -1, 0, 0},
        {"0/1m", 0, -1, 0, 0},    {"-1/1m", 0, -1, 0, 0},  {"20/0", 0, -1, 0, 0},
        {"20/1m", 21, -1, 0, 0},  {"x/1m", 0, -1, 0, 0},   {"1/2d", 0, -1, 0, 0},
        {"20/1m/2", 0, -1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct pace_limit limit;
        struct cw_error err = {""};
        int ret = pace_limit_parse(str_of(row[i].rate), row[i].burst, &limit, &err);
        if (row[i].n < 0
                ? ret >= 0 || !err.text[0] || limit.n
                : ret || limit.n != row[i].n || limit.period_ns != row[i].period_s * NS_PER_S ||
                      limit.burst != row[i].want_burst)
            fail_msg("%s: %d %s", row[i].rate, ret, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_window_has_more_than_the_rate),
        cmocka_unit_test(a_flood_of_others_leaves_room_for_a_high_one),
        cmocka_unit_test(a_burst_of_one_serves_everybody),
        cmocka_unit_test(a_new_limit_remembers_what_was_told),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
        cmocka_unit_test(a_dead_target_is_asked_less_and_less),
        cmocka_unit_test(a_target_may_ask_for_a_pause),
        cmocka_unit_test(rates_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
