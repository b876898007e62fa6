/*
 * test_json_find.c - one member of an answer, whole, cut off, or hidden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_find.h"
#include "base/str.h"

static void a_scalar_of_the_outermost_object_is_found(void **state)
{
    static const struct {
        const char *json, *want; /* NULL: not found */
    } row[] = {
        {"{\"a\":1}", "1"},
        {" {\n\"b\" : [1,{\"a\":2}] , \"a\" : -7 } ", "-7"},
        {"{\"a\":\"x\\\"y\",\"b\":1}", "x\\\"y"},
        {"{\"a\":true}", "true"},
        {"{\"a\":1,\"a\":2}", "1"},
        {"{\"x\":\"a\",\"a\":3}", "3"},
        {"{\"x\":\"}{\\\"a\\\":1\",\"a\":4}", "4"},
        {"{\"a\":12", NULL}, /* may go on */
        {"{\"a\":12,\"b\":", "12"},
        {"{\"a\":{\"a\":1}}", NULL},
        {"{\"a\":[1]}", NULL},
        {"{\"b\":{\"a\":1}}", NULL},
        {"[{\"a\":1}]", NULL},
        {"\"a\":1", NULL},
        {"{\"a\"}", NULL},
        {"{}{\"a\":1}", NULL},
        {"{\"a\":\"x", NULL},
        {"{\"a", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        size_t n = strlen(row[i].json);
        char *copy = malloc(n ? n : 1); /* no NUL: a sanitizer sees a byte too many */
        memcpy(copy, row[i].json, n);
        struct cw_str value;
        bool found = json_find((struct cw_str){copy, n}, "a", &value);
        if (found != (row[i].want != NULL) || (found && !str_is(value, row[i].want)))
            fail_msg("%s: %s %.*s", row[i].json, found ? "found" : "not found",
                     found ? (int)value.n : 0, found ? value.p : "");
        free(copy);
    }
}

static void an_integer_may_be_a_string(void **state)
{
    int64_t value = 5;
    (void)state;
    assert_true(json_find_int(CW_STR("{\"a\":\"0\"}"), "a", &value));
    assert_int_equal(value, 0);
    assert_true(json_find_int(CW_STR("{\"a\":-1}"), "a", &value));
    assert_int_equal(value, -1);
    assert_false(json_find_int(CW_STR("{\"a\":1.5}"), "a", &value));
    assert_false(json_find_int(CW_STR("{\"a\":99999999999999999999}"), "a", &value));
    assert_false(json_find_int(CW_STR("{\"a\":null}"), "a", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_of_the_outermost_object_is_found),
        cmocka_unit_test(an_integer_may_be_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
