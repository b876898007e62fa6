/*
 * test_key.c - two words as one key, and no byte behind its room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/key.h"

static void two_words_are_one_key(void **state)
{
    static const struct {
        const char *a, *b;
        size_t cap;
        const char *key;
    } row[] = {
        {"site", "bed-1", 32, "site/bed-1"},
        {"", "", 32, "/"},
        {"site", "", 32, "site/"},
        {"site", "bed-1", 11, "site/bed-1"}, /* exactly */
        {"site", "bed-1", 10, "site/bed-"},
        {"site", "b", 5, "site"},
        {"site", "b", 3, "si"},
        {"site", "b", 1, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char dst[40];
        memset(dst, '#', sizeof(dst));
        struct cw_str key =
            key_join(dst, row[i].cap, (struct cw_str){row[i].a, strlen(row[i].a)}, '/',
                     (struct cw_str){row[i].b, strlen(row[i].b)});
        assert_string_equal(dst, row[i].key);
        assert_int_equal(key.n, strlen(row[i].key));
        assert_ptr_equal(key.p, dst);
        assert_int_equal(dst[row[i].cap], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_words_are_one_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
