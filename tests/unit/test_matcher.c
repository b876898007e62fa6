/*
 * test_matcher.c - matchers as an Alertmanager writes them, and what they hold for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/alarm/alarm.h"
#include "core/alarm/matcher.h"

static void matchers_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *value;
        bool is_equal, is_pattern, good;
    } row[] = {
        {"a=\"b\"", "a", "b", true, false, true},
        {"a=b", "a", "b", true, false, true},
        {"a != \"b\" ", "a", "b", false, false, true},
        {"a!=\"b\"", "a", "b", false, false, true},
        {"a=~\"b.*\"", "a", "b.*", true, true, true},
        {"a!~\"b|c\"", "a", "b|c", false, true, true},
        {"a=\"x\\\"y\\\\z\\n\"", "a", "x\"y\\z\n", true, false, true},
        {"a=\"\"", "a", "", true, false, true},
        {"=b", "", "", false, false, false},
        {"a", "", "", false, false, false},
        {"", "", "", false, false, false},
        {"a=~\"(\"", "", "", false, false, false},
        {"a!b", "", "", false, false, false},
    };
    struct cw_error err;
    assert_true(matcher_parse((struct cw_str){"a=b\0c", 5}, &(struct matcher){.is_equal = true},
                              &err) < 0);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct matcher matcher = {.is_equal = false};
        bool good = matcher_parse(str_of(row[i].text), &matcher, &err) == 0;
        if (good != row[i].good)
            fail_msg("row %zu: %d", i, good);
        if (!good)
            continue;
        assert_string_equal(matcher.name, row[i].name);
        assert_string_equal(matcher.value, row[i].value);
        assert_int_equal(matcher.is_equal, row[i].is_equal);
        assert_int_equal(matcher.is_pattern, row[i].is_pattern);
    }
}

static void they_hold_for_labels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"rule=hr-high", true},
        {"alertname=hr-high", true},
        {"rule!=hr-high", false},
        {"priority=\"high\"", true},
        {"severity=~high|low", true},
        {"category=technical", false},
        {"site=s1", true},
        {"device=", true},
        {"device!=\"\"", false},
        {"nobody-knows=", true},
        {"bed=~3-.*", true},
        {"bed!~3-.*", false},
    };
    assert_true(is_alarm_label("bed"));
    assert_true(is_alarm_label("priority"));
    assert_false(is_alarm_label("nobody-knows"));
    const struct alarm alarm = {.rule = "hr-high",
                                .priority = CW_PRIORITY_HIGH,
                                .category = CATEGORY_SAFETY,
                                .site = "s1",
                                .bed = "3-12"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct matcher matcher;
        assert_int_equal(matcher_parse(str_of(rows[i].text), &matcher, NULL), 0);
        if (matchers_hold(&matcher, 1, &alarm) != rows[i].holds)
            fail_msg("%s", rows[i].text);
    }
}

static void together_they_say_something(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } rows[] = {{"site=s1", 0},
                {"site!=s1", -EINVAL},
                {"site=~.*", -EINVAL},
                {"site=", -EINVAL},
                {"site=~.+", 0}};
    struct cw_error err;
    assert_int_equal(matchers_check(NULL, 0, &err), -EINVAL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct matcher matcher;
        assert_int_equal(matcher_parse(str_of(rows[i].text), &matcher, NULL), 0);
        if (matchers_check(&matcher, 1, &err) != rows[i].code)
            fail_msg("%s", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matchers_are_read_as_they_are_written),
        cmocka_unit_test(they_hold_for_labels),
        cmocka_unit_test(together_they_say_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
