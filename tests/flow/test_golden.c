/*
 * test_golden.c - the state of every released version still loads, and goes on as if this
 * program had written it.
 *
 * tests/flow/golden is a flow case; beside it lie states, each written before the first record
 * at or after SPLIT_NS: a value in its hold, a late call that waits, open, acknowledged and
 * closed alarms, visits, a wrong clock, packet ids. "state-1.snapshot" is of the first version;
 * the others are named after engine_state_shape(). After a change of the state those of
 * released versions stay, the parts' loads learn to read them, and a new one is made (and an
 * unreleased one before it may go):
 *
 *   CAREWATCH_GOLDEN_WRITE=1 build/tests/flow_test_golden      writes what is not there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "flow/flow_run.h"

#define FOLDER SOURCE_DIR "/tests/flow/golden/"
#define SPLIT_NS INT64_C(1763865899000000000)
#define MAX_GOLDEN_BYTES 65536u

struct golden {
    struct flow_rules rules;
    struct flow_records records;
    uint32_t split;
};

static void golden_path(char path[512], const char *name)
{
    (void)snprintf(path, 512, FOLDER "%s", name);
}

/* The file of the state as this program writes it. */
static void name_of_today(char name[64])
{
    (void)snprintf(name, 64, "state-%08x.snapshot", engine_state_shape());
}

static int golden_open(void **state)
{
    static struct golden golden;
    size_t n;
    char *text = flow_file(FOLDER "in.ndjson", &n);
    if (!text)
        return -1;
    flow_records_read(&golden.records, (struct cw_str){text, n});
    free(text);
    flow_rules_usual(&golden.rules);
    while (golden.split < golden.records.n &&
           golden.records.record[golden.split].arrived_ns < SPLIT_NS)
        golden.split++;
    *state = &golden;
    return golden.split > 0 && golden.split < golden.records.n ? 0 : -1;
}

static int golden_close(void **state)
{
    struct golden *golden = *state;
    flow_records_done(&golden->records);
    flow_rules_done(&golden->rules);
    return 0;
}

/* A fold at the split; what it has told so far is forgotten. */
static void to_the_split(struct golden *golden, struct flow *flow)
{
    flow_init(flow, &golden->rules);
    flow_apply(flow, &golden->records, 0, golden->split);
    buf_clear(&flow->told);
}

static void go_on(struct golden *golden, struct flow *flow)
{
    flow_apply(flow, &golden->records, golden->split, golden->records.n);
}

static void write_missing(struct golden *golden)
{
    char path[512], name[64];
    struct flow flow;
    struct buf file;
    name_of_today(name);
    golden_path(path, name);
    if (!getenv("CAREWATCH_GOLDEN_WRITE"))
        return;
    to_the_split(golden, &flow);
    flow_save(&flow, &file);
    FILE *out = fopen(path, "wbx");
    if (out) {
        assert_int_equal(fwrite(file.p, 1, file.n, out), file.n);
        assert_int_equal(fclose(out), 0);
    }
    buf_done(&file);
    flow_done(&flow);
}

static void check_file(struct golden *golden, const char *name)
{
    char path[512];
    size_t n;
    struct flow here, loaded;
    struct buf here_end, loaded_end;
    struct cw_error err = {""};
    golden_path(path, name);
    char *bytes = flow_file(path, &n);
    assert_non_null(bytes);
    assert_true(n > 0 && n <= MAX_GOLDEN_BYTES);
    struct buf file = {.p = bytes, .n = n};
    flow_init(&loaded, &golden->rules);
    if (flow_load(&loaded, &file, &err))
        fail_msg("%s: %s", name, err.text);
    to_the_split(golden, &here);
    go_on(golden, &here);
    go_on(golden, &loaded);
    assert_true(here.told.n > 1000);
    assert_true(str_eq(buf_str(&loaded.told), buf_str(&here.told)));
    flow_save(&here, &here_end);
    flow_save(&loaded, &loaded_end);
    assert_true(str_eq(buf_str(&loaded_end), buf_str(&here_end)));
    buf_done(&here_end);
    buf_done(&loaded_end);
    flow_done(&here);
    flow_done(&loaded);
    free(bytes);
}

static void the_state_of_every_version_loads_and_goes_on(void **state)
{
    char today[64];
    bool found = false;
    name_of_today(today);
    write_missing(*state);
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "state-", 6) != 0)
            continue;
        found = found || strcmp(entry->d_name, today) == 0;
        check_file(*state, entry->d_name);
    }
    closedir(dir);
    if (!found)
        fail_msg("%s is not there; see the head of this file", today);
}

/* The state with one byte of a part's name or version changed, past the CRC's check. */
static int load_changed(struct golden *golden, size_t behind_name, struct cw_error *err)
{
    static const char name[] = "registry";
    struct flow flow, loaded;
    struct buf file;
    to_the_split(golden, &flow);
    flow_save(&flow, &file);
    char *part = memmem(file.p, file.n, name, strlen(name));
    assert_non_null(part);
    part[behind_name]++;
    struct loader loader = {.p = file.p, .n = file.n - 4, .at = 8 + 4 + 4 + 8};
    flow_init(&loaded, &golden->rules);
    int rc = engine_load(loaded.engine, &loader, err);
    buf_done(&file);
    flow_done(&flow);
    flow_done(&loaded);
    return rc;
}

static void a_part_of_a_newer_program_is_refused_by_name(void **state)
{
    struct cw_error err = {""};
    assert_int_equal(load_changed(*state, 0, &err), -ENOTSUP); /* "segistry" */
    assert_non_null(strstr(err.text, "segistry"));
    assert_int_equal(load_changed(*state, strlen("registry"), &err), -ENOTSUP); /* version */
    assert_non_null(strstr(err.text, "registry"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_every_version_loads_and_goes_on),
        cmocka_unit_test(a_part_of_a_newer_program_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, golden_open, golden_close);
}
