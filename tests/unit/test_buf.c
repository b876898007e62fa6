/*
 * test_buf.c - the buffer grows to its maximum and drops whole what is beyond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"

static void what_does_not_fit_is_dropped_whole(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    buf_add_text(&buf, "abc");
    buf_add_text(&buf, "def");
    buf_add_char(&buf, 'g');
    assert_true(buf.full);
    assert_string_equal(buf_text(&buf), "abc");
    buf_clear(&buf);
    buf_add_text(&buf, "abcde");
    assert_false(buf.full);
    assert_string_equal(buf_text(&buf), "abcde");
    assert_null(buf_room(&buf, 1));
    buf_done(&buf);
}

static void a_huge_length_does_not_wrap(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_add_text(&buf, "abc");
    assert_null(buf_room(&buf, SIZE_MAX - 1));
    assert_int_equal(buf.n, 3);
    buf_done(&buf);
}

static void printing_grows_as_far_as_it_must(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 100; i++)
        buf_printf(&buf, "%s%d", "abcde", i % 10);
    assert_false(buf.full);
    assert_int_equal(buf.n, 600);
    assert_memory_equal(buf.p + 594, "abcde9", 6);
    buf_printf(&buf, "%0400d", 1);
    assert_int_equal(buf.n, 1000);
    buf_printf(&buf, "%s", "");
    assert_false(buf.full);
    buf_printf(&buf, "x");
    assert_true(buf.full);
    assert_int_equal(buf.n, 1000);
    buf_done(&buf);
}

static void a_printed_line_that_is_too_long_leaves_the_buffer(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_add_text(&buf, "abc");
    buf_printf(&buf, "%s", "defghi");
    assert_true(buf.full);
    assert_string_equal(buf_text(&buf), "abc");
    buf_done(&buf);
}

static void the_front_is_consumed(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_add_text(&buf, "abcdef");
    buf_consume(&buf, 2);
    assert_string_equal(buf_text(&buf), "cdef");
    buf_consume(&buf, 4);
    assert_int_equal(buf_str(&buf).n, 0);
    buf_done(&buf);
}

static void what_is_taken_is_a_string(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    assert_string_equal(buf_text(&buf), "");
    char *empty = buf_take(&buf);
    assert_string_equal(empty, "");
    buf_add_str(&buf, CW_STR("abc"));
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "abc");
    assert_null(buf.p);
    assert_int_equal(buf.n, 0);
    free(empty);
    free(taken);
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_dropped_whole),
        cmocka_unit_test(a_huge_length_does_not_wrap),
        cmocka_unit_test(printing_grows_as_far_as_it_must),
        cmocka_unit_test(a_printed_line_that_is_too_long_leaves_the_buffer),
        cmocka_unit_test(the_front_is_consumed),
        cmocka_unit_test(what_is_taken_is_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
