/*
 * test_store_tool.c - what an operator does to the store's file: a backup made while it is
 * written is whole, damage is found, nothing is overwritten.
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

#include "io/store.h"
#include "io/store_tool.h"

static char dir[64], path[96], copy[96];
static uv_loop_t loop;
static struct store *store;

static int setup(void **state)
{
    struct cw_error err = {""};
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/carewatch-store-tool-XXXXXX");
    if (!mkdtemp(dir) || uv_loop_init(&loop))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/store.db", dir);
    (void)snprintf(copy, sizeof(copy), "%s/copy.db", dir);
    return store_open(&store, path, &loop, &err);
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    store_close(store);
    store = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop))
        return -1;
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static void write_alarms(unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++) {
        struct alarm alarm = {.rev = 1,
                              .priority = CW_PRIORITY_LOW,
                              .state = ALARM_UNACK,
                              .category = CATEGORY_SAFETY,
                              .count = 1};
        struct transition t = {.at = {1, 64 + i}, .change = CHANGE_RAISED, .alarm = &alarm};
        (void)snprintf(alarm.id, sizeof(alarm.id), "A%u", i);
        store_add(store, &t, NULL, NULL, 0);
    }
    struct position upto = {1, 64 + from + n};
    store_commit(store, upto);
    while (position_cmp(store_committed(store), upto) < 0)
        uv_run(&loop, UV_RUN_ONCE);
}

static int64_t alarms_in(const char *file)
{
    struct store_tool_stat stat;
    struct cw_error err = {""};
    if (store_tool_stat(file, &stat, &err) != 0)
        fail_msg("%s", err.text);
    return stat.n_alarms;
}

static void a_backup_of_an_open_store_is_whole(void **state)
{
    struct cw_error err = {""};
    struct buf problems;
    (void)state;
    write_alarms(0, 500);
    assert_int_equal(store_tool_backup(path, copy, &err), 0);
    write_alarms(500, 10);
    buf_init(&problems, 4096);
    assert_int_equal(store_tool_verify(copy, &problems, &err), 0);
    buf_done(&problems);
    assert_int_equal(alarms_in(copy), 500);
    assert_int_equal(alarms_in(path), 510);
}

static void a_backup_never_overwrites(void **state)
{
    struct cw_error err = {""};
    (void)state;
    assert_int_equal(store_tool_backup(path, copy, &err), 0);
    assert_int_equal(store_tool_backup(path, copy, &err), -EEXIST);
    assert_non_null(strstr(err.text, copy));
}

static void damage_is_found(void **state)
{
    struct cw_error err = {""};
    struct buf problems;
    char rubbish[4096];
    (void)state;
    write_alarms(0, 500);
    assert_int_equal(store_tool_backup(path, copy, &err), 0);
    memset(rubbish, 0x5a, sizeof(rubbish));
    int fd = open(copy, O_WRONLY);
    for (off_t page = 3; page < 8; page++)
        assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), page * 4096), sizeof(rubbish));
    close(fd);
    buf_init(&problems, 65536);
    assert_int_equal(store_tool_verify(copy, &problems, &err), -EBADMSG);
    buf_done(&problems);
}

static void what_is_no_store_is_named(void **state)
{
    struct cw_error err = {""};
    struct store_tool_stat stat;
    (void)state;
    assert_true(store_tool_stat("/nonexistent/store.db", &stat, &err) < 0);
    assert_non_null(strstr(err.text, "/nonexistent/store.db"));
    assert_true(store_tool_backup("/nonexistent/store.db", copy, &err) < 0);
    assert_int_not_equal(access(copy, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        CASE(a_backup_of_an_open_store_is_whole),
        CASE(a_backup_never_overwrites),
        CASE(damage_is_found),
        CASE(what_is_no_store_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
