/*
 * Every reason has a word of its own that can be a metric label.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ingest/refusal.h"

static void every_reason_has_its_own_word(void **state)
{
    (void)state;
    for (int i = 0; i < CW_N_REFUSALS; i++) {
        const char *name = refusal_name((enum cw_refusal)i);
        assert_non_null(name);
        assert_true(strlen(name) > 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, refusal_name((enum cw_refusal)j));
    }
}

static void the_words_of_the_contract_are_kept(void **state)
{
    (void)state;
    assert_string_equal(refusal_name(CW_ACCEPTED), "accepted");
    assert_string_equal(refusal_name(CW_REFUSED_NOT_AUTHORISED), "not_authorised");
    assert_string_equal(refusal_name(CW_REFUSED_DUPLICATE_KEY), "duplicate_key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_own_word),
        cmocka_unit_test(the_words_of_the_contract_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
