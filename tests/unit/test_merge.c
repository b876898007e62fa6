/*
 * test_merge.c - the order of merged journals: written, read back, and how far it has come.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/journal/merge.h"
#include "core/view/snapshot.h"

static struct merge stretch(const char *source, uint64_t from, uint64_t end)
{
    struct merge merge = {
        .from = {3, from},
        .end = end,
        .n_records = 7,
        .created_ns = INT64_C(1790000000123456789),
        .shift_ns = -5,
    };
    (void)str_copy(merge.source, sizeof(merge.source), str_of(source));
    return merge;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct merge merge = stretch("city", 64, UINT64_C(1) << 40), read;
    struct buf text;
    buf_init(&text, 4096);
    merge_write(&merge, &text);
    assert_string_equal(buf_text(&text),
                        "{\"source\":\"city\",\"epoch\":3,\"offset\":64,\"end\":1099511627776,"
                        "\"records\":7,\"created_ns\":1790000000123456789,\"shift_ns\":-5}");
    assert_int_equal(merge_read(buf_str(&text), &read), 0);
    assert_memory_equal(&merge, &read, sizeof(merge));
    buf_done(&text);
}

static void what_cannot_be_a_stretch_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "{}",
        "[1]",
        "{\"source\":\"city\",\"epoch\":3,\"offset\":64,\"end\":90,\"records\":1}",
        "{\"source\":\"../x\",\"epoch\":3,\"offset\":64,\"end\":90,\"records\":1,"
        "\"created_ns\":1,\"shift_ns\":0}",
        "{\"source\":\"city\",\"epoch\":-1,\"offset\":64,\"end\":90,\"records\":1,"
        "\"created_ns\":1,\"shift_ns\":0}",
        "{\"source\":\"city\",\"epoch\":3,\"offset\":90,\"end\":90,\"records\":1,"
        "\"created_ns\":1,\"shift_ns\":0}",
        "{\"source\":\"city\",\"epoch\":3,\"offset\":64,\"end\":90,\"records\":0,"
        "\"created_ns\":1,\"shift_ns\":0}",
        "{\"source\":\"city\",\"epoch\":3,\"offset\":64,\"end\":90,\"records\":257,"
        "\"created_ns\":1,\"shift_ns\":0}",
        "{\"source\":\"a-name-that-is-longer-than-any-door\",\"epoch\":3,\"offset\":64,"
        "\"end\":90,\"records\":1,\"created_ns\":1,\"shift_ns\":0}",
    };
    struct merge read;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(merge_read(str_of(rows[i]), &read), -EINVAL);
}

static void an_arrival_is_of_the_daemons_clock_and_never_ahead_of_it(void **state)
{
    (void)state;
    static const struct {
        int64_t arrived_ns, shift_ns, merged_ns, wanted_ns;
    } rows[] = {
        {100, 0, 200, 100}, {100, 50, 200, 150},  {100, -50, 200, 50},
        {300, 0, 200, 200}, {100, 500, 200, 200}, {INT64_MAX, 1, 200, 200},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct merge merge = {.shift_ns = rows[i].shift_ns};
        struct record record = {.arrived_ns = rows[i].arrived_ns};
        assert_int_equal(merge_arrived_ns(&merge, &record, rows[i].merged_ns),
                         rows[i].wanted_ns);
    }
}

static void each_door_has_a_cursor(void **state)
{
    (void)state;
    struct door_cursors doors = {0};
    struct merge a = stretch("a", 64, 100), b = stretch("b", 64, 900),
                 more = stretch("a", 100, 300);
    assert_null(door_cursors_find(&doors, CW_STR("a")));
    assert_true(door_cursors_pass(&doors, &a));
    assert_true(door_cursors_pass(&doors, &b));
    assert_true(door_cursors_pass(&doors, &more));
    assert_int_equal(doors.n, 2);
    assert_int_equal(door_cursors_find(&doors, CW_STR("a"))->next.offset, 300);
    assert_int_equal(door_cursors_find(&doors, CW_STR("b"))->next.offset, 900);
}

static void there_are_only_so_many_doors(void **state)
{
    (void)state;
    struct door_cursors doors = {0};
    for (uint32_t i = 0; i <= MAX_DOORS; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        struct merge merge = stretch(name, 64, 100);
        assert_int_equal(door_cursors_pass(&doors, &merge), i < MAX_DOORS);
    }
}

/* ---- kept ---- */

static char file[4096];
static size_t n_file;

static int keep(void *ctx, const void *p, size_t n)
{
    (void)ctx;
    assert_true(n_file + n <= sizeof(file));
    memcpy(file + n_file, p, n);
    n_file += n;
    return 0;
}

static void cursors_are_kept(void **state)
{
    (void)state;
    struct door_cursors doors = {0}, loaded;
    struct merge a = stretch("a", 64, 100), b = stretch("b", 64, 900);
    struct saver saver;
    struct loader loader;
    uint32_t version;
    struct position at;
    assert_true(door_cursors_pass(&doors, &a) && door_cursors_pass(&doors, &b));
    n_file = 0;
    saver_init(&saver, keep, NULL);
    saver_begin(&saver, 1, (struct position){1, 2});
    door_cursors_save(&doors, &saver);
    assert_int_equal(saver_end(&saver), 0);
    assert_int_equal(loader_begin(&loader, file, n_file, &version, &at), 0);
    door_cursors_load(&loaded, &loader);
    assert_false(loader.failed);
    assert_memory_equal(&doors, &loaded, sizeof(doors));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_cannot_be_a_stretch_is_refused),
        cmocka_unit_test(an_arrival_is_of_the_daemons_clock_and_never_ahead_of_it),
        cmocka_unit_test(each_door_has_a_cursor),
        cmocka_unit_test(there_are_only_so_many_doors),
        cmocka_unit_test(cursors_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
