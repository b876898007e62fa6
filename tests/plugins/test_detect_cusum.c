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
        cmocka_unit_test(its_state_is_plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
