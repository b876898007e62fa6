/*
 * test_match.c - the small regular expression of silences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/alarm/match.h"

static void a_pattern_matches_the_whole_value(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"home-7", "home-7", true},
        {"home-7", "home-77", false},
        {"home", "my-home", false},
        {"home-.*", "home-", true},
        {"home-.*", "home-12", true},
        {"home-.+", "home-", false},
        {"home-.+", "home-1", true},
        {"a?b", "b", true},
        {"a?b", "ab", true},
        {"a?b", "aab", false},
        {"a*b*", "", true},
        {"a*b*", "aabbb", true},
        {"a*b*", "aba", false},
        {"s1|s2", "s2", true},
        {"s1|s2", "s3", false},
        {"s1|", "", true},
        {"|s1", "", true},
        {"s1|", "s2", false},
        {"[a-c]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"[^a-c]x", "dx", true},
        {"[^a-c]x", "ax", false},
        {"[]x]+", "]x", true},
        {"a\\.b", "a.b", true},
        {"a\\.b", "axb", false},
        {"a.b", "axb", true},
        {"^a.*$", "abc", true},
        {"(s1|s2)", "s1", true},
        {".*", "", true},
        {"", "", true},
        {"", "x", false},
        {".*é", "caf\xc3\xa9", true},
        {"[0-9]+", "2026", true},
        {".*.*.*.*.*.*.*.*.*.*.*.*x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_error err = {""};
        if (match_check(str_of(rows[i].pattern), &err) != 0)
            fail_msg("%s", err.text);
        if (match_whole(str_of(rows[i].pattern), str_of(rows[i].text)) != rows[i].matches)
            fail_msg("%s on %s", rows[i].pattern, rows[i].text);
    }
}

static void what_it_cannot_say_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"a{2}", "(a|b)c", "a(b", "*a",  "+",  "a**",
                                       "[abc", "a\\",    "a^b", "a$b", "a]b"};
    char longest[MAX_PATTERN + 2];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_error err = {""};
        if (match_check(str_of(rows[i]), &err) == 0)
            fail_msg("\"%s\" was taken", rows[i]);
        assert_string_not_equal(err.text, "");
        assert_false(match_whole(str_of(rows[i]), str_of(rows[i])));
    }
    memset(longest, 'a', sizeof(longest));
    assert_true(match_check((struct cw_str){longest, MAX_PATTERN + 1}, NULL) < 0);
    assert_int_equal(match_check((struct cw_str){longest, MAX_PATTERN}, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_the_whole_value),
        cmocka_unit_test(what_it_cannot_say_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
