/*
 * test_hash.c - ids made of hashes are the same for ever: these values may not change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void hashes_never_change(void **state)
{
    (void)state;
    /* XXH3_64bits("") and XXH3_128bits("") as published with the algorithm. */
    assert_true(hash64(CW_STR(""), 0) == UINT64_C(0x2d06800538d394c2));
    char id[HASH_ID_MAX];
    hash_id(CW_STR(""), id);
    /* 0x99aa06d3014798d86001c324468d497f */
    assert_string_equal(id, "4SN83D60A7K3C600E34H38TJBZ");
    hash_id((struct cw_str){NULL, 0}, id);
    assert_string_equal(id, "4SN83D60A7K3C600E34H38TJBZ");
}

static void another_seed_is_another_hash(void **state)
{
    (void)state;
    assert_true(hash64(CW_STR("a"), 0) != hash64(CW_STR("a"), 1));
    assert_true(hash64(CW_STR("a"), 0) != hash64(CW_STR("b"), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_never_change),
        cmocka_unit_test(another_seed_is_another_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
