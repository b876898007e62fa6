/*
 * test_rules.c - patterns, look-ups and names of rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/rules.h"

static void a_pattern_is_exact_or_a_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *id;
        bool matches;
    } rows[] = {
        {"", "anything", true},  {"bed-1", "bed-1", true}, {"bed-1", "bed-12", false},
        {"bed-1", "bed", false}, {"bed-*", "bed-1", true}, {"bed-*", "bed-", true},
        {"bed-*", "bed", false}, {"*", "", true},          {"*", "x", true},
        {"b*d", "bed", false},   {"b*d", "b*d", true},     {"bed-*", "Bed-1", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rule_pattern_matches(rows[i].pattern, str_of(rows[i].id)) != rows[i].matches)
            fail_msg("pattern \"%s\" id \"%s\"", rows[i].pattern, rows[i].id);
    }
}

static void rules_are_found_by_name_and_condition(void **state)
{
    (void)state;
    struct rule rule[] = {
        {.name = "spo2-low", .kind = RULE_DETECTOR},
        {.name = "device-silent",
         .kind = RULE_SUPERVISION,
         .condition = CONDITION_DEVICE_SILENT},
        {.name = "clock-fault", .kind = RULE_SYSTEM, .condition = CONDITION_CLOCK_FAULT},
    };
    struct ruleset rules = {.rule = rule, .n_rules = 3};
    assert_ptr_equal(ruleset_builtin(&rules, CONDITION_CLOCK_FAULT), &rule[2]);
    assert_ptr_equal(ruleset_builtin(&rules, CONDITION_DEVICE_SILENT), &rule[1]);
    assert_ptr_equal(ruleset_find(&rules, CW_STR("spo2-low")), &rule[0]);
    assert_null(ruleset_find(&rules, CW_STR("spo2-lo")));
    assert_null(ruleset_find(&rules, CW_STR("")));
}

static void names_are_the_contracts(void **state)
{
    (void)state;
    assert_string_equal(category_name(CATEGORY_PHYSIOLOGICAL), "physiological");
    assert_string_equal(category_name(CATEGORY_COMPLIANCE), "compliance");
    assert_string_equal(priority_name(CW_PRIORITY_HIGH), "high");
    assert_string_equal(priority_name(CW_PRIORITY_LOW), "low");
    assert_string_equal(priority_name((enum cw_priority)77), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_exact_or_a_prefix),
        cmocka_unit_test(rules_are_found_by_name_and_condition),
        cmocka_unit_test(names_are_the_contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
