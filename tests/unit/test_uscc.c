/*
 * test_uscc.c - unified codes: real ones are taken, each kind of slip is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/uscc.h"

static void codes_that_exist_are_valid_and_slips_are_not(void **state)
{
    static const struct {
        const char *code;
        bool valid;
    } row[] = {
        {"9144030071526726XG", true}, /* published ones of large companies */
        {"91330100799655058B", true},   {"9144030071526726XH", false}, /* another check digit */
        {"9144030071526762XG", false}, /* two letters changed places */
        {"9144030071526726XI", false}, /* a letter there is not */
        {"9144030071526726xg", false},  {"9144030071526726X", false},  {"", false},
        {"9144030071526726XG0", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_int_equal(uscc_valid(str_of(row[i].code)), row[i].valid);
    assert_int_equal(uscc_check_digit(CW_STR("9144030071526726X")), 'G');
    assert_int_equal(uscc_check_digit(CW_STR("914403007152672O")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_that_exist_are_valid_and_slips_are_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
