/*
 * test_detect_ewma.c - values far from the mean, and levels that become ordinary.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/learning.h"

extern const struct cw_plugin carewatch_plugin_detect_ewma;

static void what_is_far_off_is_told(void **state)
{
    (void)state;
    static const struct learning_row rows[] = {
        {"metric=hr", NO_CHANGE, 0, 0, 0, true},
        {"metric=hr", CHANGE_SPIKE, 0, 1, 1, true},
        {"metric=hr", CHANGE_DIP, 0, 1, 1, true},
        {"metric=hr", CHANGE_LEVEL, 0, 1, 1, true},
        {"metric=hr", CHANGE_LITTLE, 0, 0, 0, true},
        {"metric=hr", CHANGE_LOUDER, 0, 5, 99, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = learning_check(&carewatch_plugin_detect_ewma, &rows[i]);
        if (wrong)
            fail_msg("row %zu: %s", i, wrong);
    }
}

static void its_state_is_plain_bytes(void **state)
{
    (void)state;
    const char *wrong = learning_check_state(&carewatch_plugin_detect_ewma, "metric=hr");
    if (wrong)
        fail_msg("%s", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_far_off_is_told),
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
