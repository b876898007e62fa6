/*
 * test_detect_variety.c - a sensor that freezes, loops or loses its noise; coarse ones that
 * never had variety.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/learning.h"

extern const struct cw_plugin carewatch_plugin_detect_variety;

enum way { ALIVE, FROZEN, LOOPING, DYING };

static double shown(enum way way, double grain, uint32_t i)
{
    bool changed = i >= LEARNING_CHANGE;
    uint32_t from = LEARNING_CHANGE - 20;

    if (changed && way == FROZEN)
        i = from;
    if (changed && way == LOOPING)
        i = from + i % 20;
    if (changed && way == DYING)
        i -= i % 10;
    return grain * (int)(40 * learning_noise(i) / grain);
}

/* How many values after the change it is told; 0 never. */
static uint32_t told_after(enum way way, double grain, bool lossy)
{
    struct detecting d;
    uint32_t told = 0;

    assert_int_equal(0, detecting_open(&d, &carewatch_plugin_detect_variety, "metric=co2"));
    for (uint32_t i = 0; i < LEARNING_CHANGE + 400 && told == 0; i++) {
        if (lossy && learning_noise(i * 7 + 1) < -0.9)
            continue;
        if (learning_step(&d, i, shown(way, grain, i)).level == CW_ALARM)
            told = i < LEARNING_CHANGE ? UINT32_MAX : i - LEARNING_CHANGE + 1;
    }
    detecting_close(&d);
    return told;
}

static void too_few_different_values_are_told(void **state)
{
    static const struct {
        enum way way;
        double grain;
        uint32_t from, to;
    } rows[] = {
        {ALIVE, 1, 0, 0},    {FROZEN, 1, 20, 60}, {LOOPING, 1, 30, 80}, {DYING, 1, 20, 70},
        {ALIVE, 30, 0, 0},   {FROZEN, 30, 0, 0}, /* never had any variety */
        {FROZEN, 3, 20, 64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int lossy = 0; lossy < 2; lossy++) {
            uint32_t after = told_after(rows[i].way, rows[i].grain, lossy);
            if (after < rows[i].from || after > rows[i].to)
                fail_msg("row %zu, lossy %d: after %u", i, lossy, after);
        }
    }
}

static void its_state_is_plain_bytes(void **state)
{
    (void)state;
    const char *wrong = learning_check_state(&carewatch_plugin_detect_variety, "metric=co2");
    if (wrong)
        fail_msg("%s", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_different_values_are_told),
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
