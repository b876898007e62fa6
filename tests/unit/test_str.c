/*
 * test_str.c - tables of what is an id, what is UTF-8, where a text may be cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void ids_are_what_the_contract_says(void **state)
{
    (void)state;
    const struct {
        struct cw_str id;
        bool valid;
    } rows[] = {
        {CW_STR("bed-312"), true},
        {CW_STR("A.b_c-9"), true},
        {CW_STR("..."), true},
        {CW_STR(""), false},
        {CW_STR("."), false},
        {CW_STR(".."), false},
        {CW_STR("a/b"), false},
        {CW_STR("a b"), false},
        {CW_STR("a\0b"), false},
        {CW_STR("\xe4\xb8\xad"), false},
        {CW_STR("0123456789012345678901234567890123456789012345678901234567890123"), true},
        {CW_STR("01234567890123456789012345678901234567890123456789012345678901234"), false},
    };
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(id_valid(rows[i].id), rows[i].valid);
}

static void utf8_is_table_3_7(void **state)
{
    (void)state;
    const struct {
        struct cw_str s;
        bool valid;
    } rows[] = {
        {CW_STR(""), true},
        {CW_STR("plain text longer than eight"), true},
        {CW_STR("\xc2\x80"), true},
        {CW_STR("\xdf\xbf"), true},
        {CW_STR("\xe0\xa0\x80"), true},
        {CW_STR("\xed\x9f\xbf"), true},
        {CW_STR("\xee\x80\x80"), true},
        {CW_STR("\xf0\x90\x80\x80"), true},
        {CW_STR("\xf4\x8f\xbf\xbf"), true},
        {CW_STR("\xc0\x80"), false},         /* overlong */
        {CW_STR("\xc1\xbf"), false},         /* overlong */
        {CW_STR("\xe0\x9f\xbf"), false},     /* overlong */
        {CW_STR("\xf0\x8f\xbf\xbf"), false}, /* overlong */
        {CW_STR("\xed\xa0\x80"), false},     /* surrogate */
        {CW_STR("\xf4\x90\x80\x80"), false}, /* > U+10FFFF */
        {CW_STR("\xf5\x80\x80\x80"), false},
        {CW_STR("\xff"), false},
        {CW_STR("\x80"), false},
        {CW_STR("abcdefgh\xe4\xb8"), false}, /* cut */
        {CW_STR("\xe4\xb8!"), false},
        {CW_STR("\xf0\x9f\x98!"), false},
    };
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(utf8_valid(rows[i].s), rows[i].valid);
    uint32_t code;
    assert_int_equal(utf8_next(CW_STR("\xf0\x9f\x98\x80x"), &code), 4);
    assert_int_equal(code, 0x1f600);
    assert_int_equal(utf8_next(CW_STR("\xe4\xb8\xad"), &code), 3);
    assert_int_equal(code, 0x4e2d);
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    struct cw_str s = CW_STR("a\xe4\xb8\xad\xf0\x9f\x98\x80");
    static const size_t wanted[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t n = 0; n < N(wanted); n++)
        assert_int_equal(utf8_cut(s, n), wanted[n]);
}

static void splitting_gives_every_part(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *joined; /* each part in brackets */
    } rows[] = {
        {"a,b,c", "[a][b][c]"}, {"a", "[a]"}, {"a,", "[a][]"}, {",a", "[][a]"}, {"", "[]"}};
    for (size_t i = 0; i < N(rows); i++) {
        struct cw_str rest = str_of(rows[i].text), part;
        char joined[40] = "";
        size_t n = 0;
        while (str_split(&rest, ',', &part)) {
            joined[n++] = '[';
            memcpy(joined + n, part.p, part.n);
            n += part.n;
            joined[n++] = ']';
        }
        joined[n] = '\0';
        assert_string_equal(joined, rows[i].joined);
    }
}

static void comparing_is_bytewise(void **state)
{
    (void)state;
    assert_true(str_cmp(CW_STR("a"), CW_STR("b")) < 0);
    assert_true(str_cmp(CW_STR("ab"), CW_STR("a")) > 0);
    assert_true(str_cmp(CW_STR("\xff"), CW_STR("a")) > 0);
    assert_int_equal(str_cmp(CW_STR("a\0b"), CW_STR("a\0b")), 0);
    assert_int_equal(str_cmp((struct cw_str){NULL, 0}, CW_STR("")), 0);
    assert_true(str_eq((struct cw_str){NULL, 0}, CW_STR("")));
    assert_false(str_eq(CW_STR("a"), CW_STR("b")));
    assert_true(str_starts(CW_STR("care/v1"), "care/"));
    assert_false(str_starts(CW_STR("car"), "care"));
    assert_true(str_is(str_of(NULL), ""));
}

static void a_copy_that_does_not_fit_is_empty(void **state)
{
    (void)state;
    char dst[4] = "xyz";
    assert_false(str_copy(dst, sizeof(dst), CW_STR("abcd")));
    assert_string_equal(dst, "");
    assert_true(str_copy(dst, sizeof(dst), CW_STR("abc")));
    assert_string_equal(dst, "abc");
    assert_false(str_copy(dst, 0, CW_STR("")));
}

static void distance_counts_edits_up_to_the_limit(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned max, wanted;
    } rows[] = {
        {"below", "below", 3, 0}, {"below", "bellow", 3, 1},   {"quota", "qouta", 3, 2},
        {"", "abc", 3, 3},        {"kitten", "sitting", 3, 3}, {"abc", "xyz", 2, 3},
        {"a", "abcdef", 3, 4},
    };
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(str_distance(rows[i].a, rows[i].b, rows[i].max), rows[i].wanted);
}

static void an_error_is_a_sentence_that_fits(void **state)
{
    (void)state;
    struct cw_error err;
    char longer[500];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(err_set(&err, -22, "no site \"%s\"", "a"), -22);
    assert_string_equal(err.text, "no site \"a\"");
    assert_int_equal(err_set(&err, -5, "%s", longer), -5);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_int_equal(err_set(NULL, -5, "%s", longer), -5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_what_the_contract_says),
        cmocka_unit_test(utf8_is_table_3_7),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(splitting_gives_every_part),
        cmocka_unit_test(comparing_is_bytewise),
        cmocka_unit_test(a_copy_that_does_not_fit_is_empty),
        cmocka_unit_test(distance_counts_edits_up_to_the_limit),
        cmocka_unit_test(an_error_is_a_sentence_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
