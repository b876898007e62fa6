/*
 * test_snapshot.c - what is saved is loaded, and a file that was touched is refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/view/snapshot.h"

static int to_buf(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static int to_full_disk(void *ctx, const void *p, size_t n)
{
    (void)p;
    (void)n;
    ++*(int *)ctx;
    return -ENOSPC;
}

static void save_sample(struct buf *file, size_t n_padding)
{
    static struct saver saver;
    saver_init(&saver, to_buf, file);
    saver_begin(&saver, 3, (struct position){.epoch = 2, .offset = 1u << 30});
    save_u8(&saver, 200);
    save_u32(&saver, 4000000000u);
    save_u64(&saver, UINT64_MAX - 1);
    save_i64(&saver, INT64_MIN);
    save_f64(&saver, -0.1);
    save_f64(&saver, NAN);
    save_str(&saver, CW_STR("温度"));
    save_str(&saver, CW_STR(""));
    for (size_t i = 0; i < n_padding; i++)
        save_bytes(&saver, "0123456789", 10);
    assert_int_equal(saver_end(&saver), 0);
    assert_int_equal(saver.written, file->n);
}

static void values_come_back_as_they_were(void **state)
{
    (void)state;
    struct buf file;
    buf_init(&file, 1 << 20);
    save_sample(&file, 5000); /* past the saver's room */
    struct loader loader;
    uint32_t version;
    struct position at;
    assert_int_equal(loader_begin(&loader, file.p, file.n, &version, &at), 0);
    assert_int_equal(version, 3);
    assert_int_equal(at.epoch, 2);
    assert_int_equal(at.offset, 1u << 30);
    assert_int_equal(load_u8(&loader), 200);
    assert_true(load_u32(&loader) == 4000000000u);
    assert_true(load_u64(&loader) == UINT64_MAX - 1);
    assert_true(load_i64(&loader) == INT64_MIN);
    assert_true(load_f64(&loader) == -0.1);
    assert_true(isnan(load_f64(&loader)));
    assert_true(str_is(load_str(&loader), "温度"));
    char field[4];
    load_field(&loader, field, sizeof(field));
    assert_string_equal(field, "");
    char ten[10];
    for (size_t i = 0; i < 5000; i++) {
        load_bytes(&loader, ten, 10);
        assert_memory_equal(ten, "0123456789", 10);
    }
    assert_false(loader.failed);
    assert_int_equal(loader.at, loader.n);
    load_u8(&loader);
    assert_true(loader.failed);
    buf_done(&file);
}

static void any_flipped_or_missing_byte_is_refused(void **state)
{
    (void)state;
    struct buf file;
    buf_init(&file, 1 << 20);
    save_sample(&file, 1);
    struct loader loader;
    uint32_t version;
    struct position at;
    for (size_t i = 0; i < file.n; i++) {
        file.p[i] ^= 16;
        assert_int_equal(loader_begin(&loader, file.p, file.n, &version, &at), -EBADMSG);
        file.p[i] ^= 16;
        assert_int_equal(loader_begin(&loader, file.p, i, &version, &at), -EBADMSG);
    }
    assert_int_equal(loader_begin(&loader, file.p, file.n, &version, &at), 0);
    buf_done(&file);
}

static void after_the_first_error_everything_is_zero(void **state)
{
    (void)state;
    struct loader loader = {.p = "\xff\xff\xff\xff\x01\x02\x03\x04", .n = 8};
    assert_int_equal(load_str(&loader).n, 0);
    assert_true(loader.failed);
    assert_int_equal(load_u32(&loader), 0);
    char bytes[2] = "x";
    load_bytes(&loader, bytes, 2);
    assert_int_equal(bytes[0], 0);
}

static void a_count_that_cannot_be_true_fails(void **state)
{
    (void)state;
    struct loader loader = {.p = "\x03\0\0\0abcdef", .n = 10};
    assert_int_equal(load_count(&loader, 2), 3);
    assert_false(loader.failed);
    loader.at = 0;
    assert_int_equal(load_count(&loader, 3), 0);
    assert_true(loader.failed);
}

static void a_text_too_long_for_its_field_fails(void **state)
{
    (void)state;
    struct loader loader = {.p = "\x04\0\0\0abcd", .n = 8};
    char field[4] = "zzz";
    load_field(&loader, field, sizeof(field));
    assert_true(loader.failed);
    assert_string_equal(field, "");
}

static void the_first_error_of_the_disk_is_kept(void **state)
{
    (void)state;
    static struct saver saver;
    int n_calls = 0;
    saver_init(&saver, to_full_disk, &n_calls);
    saver_begin(&saver, 1, (struct position){0});
    for (int i = 0; i < 10000; i++)
        save_u64(&saver, 1);
    assert_int_equal(saver_end(&saver), -ENOSPC);
    assert_int_equal(n_calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_were),
        cmocka_unit_test(any_flipped_or_missing_byte_is_refused),
        cmocka_unit_test(after_the_first_error_everything_is_zero),
        cmocka_unit_test(a_count_that_cannot_be_true_fails),
        cmocka_unit_test(a_text_too_long_for_its_field_fails),
        cmocka_unit_test(the_first_error_of_the_disk_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
