/*
 * test_detect_seasonal.c - what does not fit its hour, though it is ordinary at another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/learning.h"

extern const struct cw_plugin carewatch_plugin_detect_seasonal;

static void what_does_not_fit_its_time_is_told(void **state)
{
    (void)state;
    static const struct learning_row rows[] = {
        {"metric=hr", NO_CHANGE, 40, 0, 0, true},
        {"metric=hr", CHANGE_SPIKE, 40, 1, 1, true},
        {"metric=hr limit=3", CHANGE_NO_DAY, 40, 288, 12, true},
        {"metric=hr period=week days=2", NO_CHANGE, 40, 0, 0, true},
        {"metric=hr period=week days=2", CHANGE_LEVEL, 40, 1, 99, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = learning_check(&carewatch_plugin_detect_seasonal, &rows[i]);
        if (wrong)
            fail_msg("row %zu: %s", i, wrong);
    }
}

static void its_state_is_plain_bytes(void **state)
{
    (void)state;
    const char *wrong =
        learning_check_state(&carewatch_plugin_detect_seasonal, "metric=hr days=2");
    if (wrong)
        fail_msg("%s", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_its_time_is_told),
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
