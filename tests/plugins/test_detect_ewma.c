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

/* What it had learned before the state was made smaller is not learned again. */
static void a_state_of_the_first_version_goes_on(void **state)
{
    const struct {
        int64_t last_ns;
        double mean, square;
        uint32_t n, level;
    } was = {5 * INT64_C(1000000000), 70, 4, 1000, CW_NORMAL};
    struct detecting d;
    (void)state;
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_ewma, "metric=hr"), 0);
    const struct cw_detector *detector = carewatch_plugin_detect_ewma.ops.detector;
    assert_int_not_equal(detector->take_state(d.self, 2, &was, sizeof(was), d.state), 0);
    assert_int_not_equal(detector->take_state(d.self, 1, &was, sizeof(was) - 8, d.state), 0);
    assert_int_equal(detector->take_state(d.self, 1, &was, sizeof(was), d.state), 0);
    assert_int_equal(detector->state_size(d.self), 24);
    detecting_sample(&d, 0, 10, 0, 75); /* 2.5 deviations of 2 */
    assert_null(strstr(d.said, "alarm"));
    detecting_sample(&d, 0, 11, 0, 90);
    assert_non_null(strstr(d.said, "alarm 90"));
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_far_off_is_told),
        cmocka_unit_test(its_state_is_plain_bytes),
        cmocka_unit_test(a_state_of_the_first_version_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
