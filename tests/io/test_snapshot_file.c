/*
 * test_snapshot_file.c - snapshots on a real disk: written by a child, chosen by what the
 * store has, never taken when damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "io/snapshot_file.h"

struct content {
    struct position at;
    uint64_t value;
    size_t n_bytes; /* of filling, to cross the saver's buffer */
};

static char dir[64];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/carewatch-snapshot-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static void save(const void *ctx, struct saver *saver)
{
    const struct content *content = ctx;
    saver_begin(saver, 7, content->at);
    save_u64(saver, content->value);
    for (size_t i = 0; i < content->n_bytes; i++)
        save_u8(saver, (uint8_t)i);
}

static void write_one(uint64_t offset, uint64_t value)
{
    struct content content = {{1, offset}, value, 100000};
    assert_int_equal(snapshot_file_write(dir, save, &content), 0);
}

static uint64_t value_of(struct snapshot_file *file)
{
    struct loader loader;
    uint32_t version;
    struct position at;
    assert_int_equal(loader_begin(&loader, file->p, file->n, &version, &at), 0);
    assert_int_equal(version, 7);
    return load_u64(&loader);
}

static void a_child_writes_what_the_parent_had(void **state)
{
    (void)state;
    struct snapshot_file file = {0};
    struct content content = {{1, 64}, 42, 100000};
    pid_t child = snapshot_file_fork(dir, save, &content);
    assert_true(child > 0);
    content.value = 43; /* the child has its own copy */
    int ret;
    while ((ret = snapshot_file_poll(child)) == 1)
        (void)sched_yield();
    assert_int_equal(ret, 0);
    assert_int_equal(snapshot_file_read(dir, (struct position){1, 64}, &file), 0);
    assert_int_equal(value_of(&file), 42);
    snapshot_file_done(&file);
}

static void the_newest_that_the_store_has_passed_is_taken(void **state)
{
    (void)state;
    struct snapshot_file file = {0};
    write_one(100, 1);
    write_one(200, 2);
    assert_int_equal(snapshot_file_read(dir, (struct position){1, 200}, &file), 0);
    assert_int_equal(value_of(&file), 2);
    snapshot_file_done(&file);
    assert_int_equal(snapshot_file_read(dir, (struct position){1, 199}, &file), 0);
    assert_int_equal(value_of(&file), 1);
    snapshot_file_done(&file);
    assert_int_equal(snapshot_file_read(dir, (struct position){1, 99}, &file), -ENOENT);
    assert_int_equal(snapshot_file_base(dir).offset, 100);
    assert_int_equal(snapshot_file_newest(dir).offset, 200);
}

static void a_damaged_one_is_passed_over(void **state)
{
    (void)state;
    struct snapshot_file file = {0};
    char path[96];
    write_one(100, 1);
    write_one(200, 2);
    (void)snprintf(path, sizeof(path), "%s/snapshot", dir);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, 5000), 1);
    close(fd);
    assert_int_equal(snapshot_file_read(dir, (struct position){1, 300}, &file), 0);
    assert_int_equal(value_of(&file), 1);
    snapshot_file_done(&file);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct content content = {{1, 64}, 1, 0};
    assert_true(snapshot_file_write("/nonexistent/folder", save, &content) < 0);
    assert_true(snapshot_file_fork("/nonexistent/folder", save, &content) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(a_child_writes_what_the_parent_had),
        CASE(the_newest_that_the_store_has_passed_is_taken),
        CASE(a_damaged_one_is_passed_over),
        CASE(a_folder_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
