/*
 * test_detect_quantile.c - what is rarer than asked for, on the side that is asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/learning.h"

extern const struct cw_plugin carewatch_plugin_detect_quantile;

static void the_tail_of_its_history_is_told(void **state)
{
    (void)state;
    static const struct learning_row rows[] = {
        {"metric=hr one_in=4000 learn=300", NO_CHANGE, 0, 0, 0, true},
        {"metric=hr one_in=1000 learn=4000", CHANGE_SPIKE, 0, 1, 9, true},
        {"metric=hr one_in=4000 side=high", CHANGE_DIP, 0, 0, 0, true},
        {"metric=hr one_in=4000 side=low", CHANGE_DIP, 0, 1, 2, true},
        {"metric=hr one_in=4000 side=low", CHANGE_SPIKE, 0, 0, 0, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = learning_check(&carewatch_plugin_detect_quantile, &rows[i]);
        if (wrong)
            fail_msg("row %zu: %s", i, wrong);
    }
}

static void its_state_is_plain_bytes(void **state)
{
    (void)state;
    const char *wrong = learning_check_state(&carewatch_plugin_detect_quantile, "metric=hr");
    if (wrong)
        fail_msg("%s", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tail_of_its_history_is_told),
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
