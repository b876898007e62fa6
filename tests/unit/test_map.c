/*
 * test_map.c - the map finds what was put, in the order it was put, whatever is removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/str.h"

enum { MANY = 2000 };

static int values[MANY];

static struct cw_str key_of(int i, char text[16])
{
    int n = snprintf(text, 16, "key-%d", i);
    return (struct cw_str){text, (size_t)n};
}

static void fill(struct map *map, int n)
{
    char text[16];
    map_init(map);
    for (int i = 0; i < n; i++)
        assert_null(map_put(map, key_of(i, text), &values[i]));
}

static void everything_put_is_found(void **state)
{
    (void)state;
    struct map map;
    char text[16];
    fill(&map, MANY);
    assert_int_equal(map_count(&map), MANY);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(&map, key_of(i, text)), &values[i]);
    assert_null(map_get(&map, CW_STR("key-")));
    map_done(&map);
    assert_null(map_get(&map, CW_STR("key-1")));
}

static void putting_again_replaces_and_keeps_the_place(void **state)
{
    (void)state;
    struct map map;
    fill(&map, 3);
    assert_ptr_equal(map_put(&map, CW_STR("key-0"), &values[9]), &values[0]);
    uint32_t i = 0;
    assert_ptr_equal(map_next(&map, &i, NULL), &values[9]);
    assert_int_equal(map_count(&map), 3);
    map_done(&map);
}

static void the_walk_is_in_order_of_insertion(void **state)
{
    (void)state;
    struct map map;
    char text[16];
    fill(&map, MANY);
    for (int i = 0; i < MANY; i += 2)
        assert_ptr_equal(map_remove(&map, key_of(i, text)), &values[i]);
    for (int i = 0; i < MANY; i += 4) /* these come again, behind the others */
        assert_null(map_put(&map, key_of(i, text), &values[i]));
    uint32_t at = 0;
    struct cw_str key;
    for (int i = 1; i < MANY; i += 2) {
        assert_ptr_equal(map_next(&map, &at, &key), &values[i]);
        assert_true(str_eq(key, key_of(i, text)));
    }
    for (int i = 0; i < MANY; i += 4)
        assert_ptr_equal(map_next(&map, &at, &key), &values[i]);
    assert_null(map_next(&map, &at, &key));
    map_done(&map);
}

static void a_walk_may_remove_what_it_was_given(void **state)
{
    (void)state;
    struct map map;
    fill(&map, MANY);
    uint32_t at = 0;
    struct cw_str key;
    int n = 0;
    for (void *value; (value = map_next(&map, &at, &key)); n++) {
        assert_ptr_equal(value, &values[n]);
        if (n % 3)
            assert_ptr_equal(map_remove(&map, key), value);
    }
    assert_int_equal(n, MANY);
    assert_int_equal(map_count(&map), (MANY + 2) / 3);
    map_done(&map);
}

static void coming_and_going_does_not_grow_the_map(void **state)
{
    (void)state;
    struct map map;
    char text[16];
    fill(&map, 10);
    assert_int_equal(map.n_moves, 0);
    for (int i = 10; i < MANY; i++) {
        assert_null(map_put(&map, key_of(i, text), &values[i]));
        assert_non_null(map_remove(&map, key_of(i - 10, text)));
    }
    assert_int_equal(map_count(&map), 10);
    assert_true(map.cap_entries <= 32);
    assert_true(map.n_moves > 0);
    for (int i = MANY - 10; i < MANY; i++)
        assert_ptr_equal(map_get(&map, key_of(i, text)), &values[i]);
    map_done(&map);
}

static void keys_are_bytes(void **state)
{
    (void)state;
    struct map map;
    map_init(&map);
    assert_null(map_put(&map, CW_STR("a\0b"), &values[0]));
    assert_null(map_put(&map, CW_STR("a\0c"), &values[1]));
    assert_null(map_put(&map, CW_STR(""), &values[2]));
    assert_ptr_equal(map_get(&map, CW_STR("a\0c")), &values[1]);
    assert_ptr_equal(map_get(&map, (struct cw_str){NULL, 0}), &values[2]);
    assert_null(map_remove(&map, CW_STR("a")));
    assert_ptr_equal(map_remove(&map, CW_STR("")), &values[2]);
    assert_null(map_put(&map, CW_STR(""), &values[3]));
    assert_int_equal(map_count(&map), 3);
    assert_ptr_equal(map_get(&map, CW_STR("")), &values[3]);
    map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_put_is_found),
        cmocka_unit_test(putting_again_replaces_and_keeps_the_place),
        cmocka_unit_test(the_walk_is_in_order_of_insertion),
        cmocka_unit_test(a_walk_may_remove_what_it_was_given),
        cmocka_unit_test(coming_and_going_does_not_grow_the_map),
        cmocka_unit_test(keys_are_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
