/*
 * test_rules_advice.c - what a rule lacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/rules_advice.h"

static const struct {
    struct rule rule;
    const char *said;
} rows[] = {
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_SAFETY,
      .text_zh = "a",
      .text_en = "b",
      .action_zh = "c",
      .action_en = "d",
      .risk = "fall"},
     ""},
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_SAFETY,
      .text_zh = "a",
      .text_en = "b",
      .action_zh = "",
      .action_en = "",
      .risk = ""},
     "has no action|has no risk"},
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_TECHNICAL,
      .text_zh = "a",
      .text_en = "b",
      .action_zh = "",
      .action_en = "",
      .risk = ""},
     ""},
    {{.kind = RULE_SYSTEM,
      .category = CATEGORY_SAFETY,
      .text_zh = "a",
      .text_en = "b",
      .action_zh = "",
      .action_en = "",
      .risk = ""},
     ""},
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_PHYSIOLOGICAL,
      .text_zh = "a",
      .text_en = "a",
      .action_zh = "b",
      .action_en = "b",
      .risk = "cold"},
     "has an action in one|has a text in one|has a risk code that"},
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_SAFETY,
      .text_zh = "可能中风",
      .text_en = "b",
      .action_zh = "c",
      .action_en = "d",
      .risk = "other"},
     "names a diagnosis"},
    {{.kind = RULE_DETECTOR,
      .category = CATEGORY_SAFETY,
      .text_zh = "a",
      .text_en = "b",
      .action_zh = "c",
      .action_en = "Suspect a Heart Attack",
      .risk = "other"},
     "names a diagnosis"},
};

static void what_a_rule_lacks_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_str rest = str_of(rows[i].said), part;
        const char *sentence;
        for (uint32_t k = 0; (sentence = rule_advice(&rows[i].rule, &k));) {
            char head[64];
            if (!str_split(&rest, '|', &part) || !str_copy(head, sizeof(head), part) ||
                strncmp(sentence, head, strlen(head)) != 0 || !head[0])
                fail_msg("row %zu: \"%s\"", i, sentence);
        }
        assert_int_equal(rest.n, 0);
    }
}

static void codes_are_those_of_the_standard(void **state)
{
    (void)state;
    assert_true(risk_code_known(CW_STR("bed_fall")));
    assert_true(risk_code_known(CW_STR("other")));
    assert_false(risk_code_known(CW_STR("bed")));
    assert_false(risk_code_known(CW_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_rule_lacks_is_said),
        cmocka_unit_test(codes_are_those_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
