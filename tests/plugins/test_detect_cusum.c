/*
 * test_detect_cusum.c - small shifts that stay, told once; wild values that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/learning.h"

extern const struct cw_plugin carewatch_plugin_detect_cusum;

static void a_level_that_shifted_is_told_once(void **state)
{
    (void)state;
    static const struct learning_row rows[] = {
        {"metric=hr limit=15", NO_CHANGE, 0, 0, 0, true},
        {"metric=hr limit=15", CHANGE_LITTLE, 0, 40, 1, true},
        {"metric=hr limit=15", CHANGE_LEVEL, 0, 6, 1, true},
        {"metric=hr limit=15", CHANGE_SPIKE, 0, 0, 0, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = learning_check(&carewatch_plugin_detect_cusum, &rows[i]);
        if (wrong)
            fail_msg("row %zu: %s", i, wrong);
    }
}

/* A shift of three noises, and a limit that takes it a day to reach: the level must not have
 * run after it by then, nor the deviation grown. */
static void a_shift_is_not_learned_while_it_is_suspected(void **state)
{
    (void)state;
    struct detecting d;
    bool told = false;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_cusum,
                                       "metric=t limit=600 slack=2 memory=500 learn=200"));
    for (uint32_t i = 0; i < 4000; i++) {
        double value = 20 + 0.2 * learning_noise(i) + (i < 3000 ? 0 : 0.6);
        told = learning_step(&d, i, value).level == CW_ALARM || told;
    }
    assert_true(told);
    detecting_close(&d);
}

/* The window was open for half an hour: short of an alarm, but an hour of values fifty noises
 * away must not hide the sensor that shifts the day after. */
static void a_wild_hour_does_not_blind_it(void **state)
{
    (void)state;
    struct detecting d;
    bool told = false;
    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_cusum,
                                       "metric=t limit=600 slack=2 memory=4000 learn=200"));
    for (uint32_t i = 0; i < 6000; i++) {
        double value = 20 + 0.2 * learning_noise(i);
        if (i >= 2000 && i < 2030)
            value -= 10;
        if (i >= 4000)
            value += 0.6;
        told = learning_step(&d, i, value).level == CW_ALARM || told;
        if (i < 4000)
            assert_false(told);
    }
    assert_true(told);
    detecting_close(&d);
}

static void its_state_is_plain_bytes(void **state)
{
    (void)state;
    const char *wrong = learning_check_state(&carewatch_plugin_detect_cusum, "metric=hr");
    if (wrong)
        fail_msg("%s", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_that_shifted_is_told_once),
        cmocka_unit_test(a_shift_is_not_learned_while_it_is_suspected),
        cmocka_unit_test(a_wild_hour_does_not_blind_it),
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
