/*
 * test_golden.c - the state of every released version still loads, and goes on as if this
 * program had written it.
 *
 * tests/flow/golden is a flow case; beside it lies state-N.snapshot, written by STATE_VERSION N
 * before the first record at or after SPLIT_NS: a value in its hold, a late call that waits,
 * open, acknowledged and closed alarms, visits, a wrong clock, packet ids. After a change of
 * the state the old files stay, engine_load() learns to read them, and a new one is made:
 *
 *   CAREWATCH_GOLDEN_WRITE=1 build/tests/flow_test_golden      writes what is not there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define FOLDER SOURCE_DIR "/tests/flow/golden/"
#define SPLIT_NS INT64_C(1763865899000000000)
#define FIRST_VERSION 1u
#define MAX_GOLDEN_BYTES 65536u

struct golden {
    struct flow_rules rules;
    struct flow_records records;
    uint32_t split;
};

static void golden_path(char path[512], uint32_t version)
{
    (void)snprintf(path, 512, FOLDER "state-%u.snapshot", version);
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
    char path[512];
    struct flow flow;
    struct buf file;
    golden_path(path, STATE_VERSION);
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

static void check_version(struct golden *golden, uint32_t version)
{
    char path[512];
    size_t n;
    struct flow here, loaded;
    struct buf here_end, loaded_end;
    struct cw_error err = {""};
    golden_path(path, version);
    char *bytes = flow_file(path, &n);
    if (!bytes)
        fail_msg("%s is not there; see the head of this file", path);
    assert_true(n > 0 && n <= MAX_GOLDEN_BYTES);
    struct buf file = {.p = bytes, .n = n};
    flow_init(&loaded, &golden->rules);
    if (flow_load(&loaded, &file, &err))
        fail_msg("state of version %u: %s", version, err.text);
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
    write_missing(*state);
    for (uint32_t version = FIRST_VERSION; version <= STATE_VERSION; version++)
        check_version(*state, version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_every_version_loads_and_goes_on),
    };
    return cmocka_run_group_tests(tests, golden_open, golden_close);
}
