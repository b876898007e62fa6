/*
 * What is a telephone number, what a mail address: nothing else may come along with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/contact.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
    const char *text;
    bool good;
};

static const char long_number[] = "+123456789012345678901234567890123";

static void a_number_is_digits_and_what_parts_them(void **state)
{
    static const struct row row[] = {
        {"13800001111", true},
        {"+86 138-0000-1111", true},
        {"120", true},
        {"12", false},
        {"", false},
        {"138+0000", false},
        {" 13800001111", false},
        {"13800001111-", false},
        {"13800001111x", false},
        {"138\r\n0000", false},
        {long_number, false},
        {"+", false},
    };
    (void)state;
    for (size_t i = 0; i < N(row); i++) {
        if (contact_is_phone(str_of(row[i].text)) != row[i].good)
            fail_msg("%s", row[i].text);
    }
}

static void an_address_needs_no_quotes(void **state)
{
    static const struct row row[] = {
        {"li@example.cn", true},
        {"a.b+c@[10.0.0.1]", true},
        {"li", false},
        {"@example.cn", false},
        {"li@", false},
        {"a@b@c", false},
        {"li @example.cn", false},
        {"li@example.cn,x@y", false},
        {"<li@example.cn>", false},
        {"li@ex\nBcc: x@y", false},
    };
    (void)state;
    for (size_t i = 0; i < N(row); i++) {
        if (contact_is_email(str_of(row[i].text)) != row[i].good)
            fail_msg("%s", row[i].text);
    }
    char text[MAX_EMAIL + 2];
    memset(text, 'a', sizeof(text));
    text[1] = '@';
    assert_true(contact_is_email((struct cw_str){text, MAX_EMAIL}));
    assert_false(contact_is_email((struct cw_str){text, MAX_EMAIL + 1}));
    assert_false(contact_is_email((struct cw_str){"a\0@b", 4}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_digits_and_what_parts_them),
        cmocka_unit_test(an_address_needs_no_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
