/*
 * test_flow.c - recorded messages in, transitions and lines out.
 *
 * Each folder beside this file is a case: in.ndjson is a capture, out.ndjson what the engine
 * must tell. Every case also runs twice, with a restart at every record, and has its lines
 * made again. After a change that is meant, CAREWATCH_FLOW_WRITE=1 writes the out.ndjson
 * anew, to be read in the diff.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/flow_run.h"

#define FOLDER SOURCE_DIR "/tests/flow/"

struct flow_case {
    char name[256];
    struct flow_rules rules;
    struct flow_records records;
    char *want;
    size_t n_want;
};

static void case_open(struct flow_case *c, const char *name)
{
    char path[512];
    size_t n;
    *c = (struct flow_case){.name = ""};
    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(path, sizeof(path), FOLDER "%s/in.ndjson", name);
    char *text = flow_file(path, &n);
    if (!text)
        fail_msg("no %s", path);
    flow_records_read(&c->records, (struct cw_str){text, n});
    free(text);
    snprintf(path, sizeof(path), FOLDER "%s/out.ndjson", name);
    c->want = flow_file(path, &c->n_want);
    flow_rules_usual(&c->rules);
}

static void case_close(struct flow_case *c)
{
    flow_records_done(&c->records);
    flow_rules_done(&c->rules);
    free(c->want);
}

/* A minute after the last record everything short has run out. */
static void finish(struct flow *flow, const struct flow_records *records)
{
    engine_advance(flow->engine, records->record[records->n - 1].arrived_ns + 60 * NS_PER_S);
}

static void run(struct flow_case *c, struct flow *flow)
{
    flow_init(flow, &c->rules);
    flow_apply(flow, &c->records, 0, c->records.n);
    finish(flow, &c->records);
}

/* Says which line is the first to differ. */
static void compare(const char *name, const char *what, struct cw_str got, struct cw_str want)
{
    struct cw_str got_line = {"", 0}, want_line = {"", 0};
    if (str_eq(got, want))
        return;
    for (unsigned line = 1; got.n || want.n; line++) {
        bool more = str_split(&got, '\n', &got_line);
        bool wanted = str_split(&want, '\n', &want_line);
        if (more != wanted || !str_eq(got_line, want_line))
            fail_msg("%s, %s, line %u\n     got %.*s\n  wanted %.*s", name, what, line,
                     more ? (int)got_line.n : 0, got_line.p, wanted ? (int)want_line.n : 0,
                     want_line.p);
    }
}

static void write_expected(const struct flow_case *c, struct cw_str text)
{
    char path[512];
    snprintf(path, sizeof(path), FOLDER "%s/out.ndjson", c->name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
}

static void check_told(struct flow_case *c)
{
    struct flow flow;
    run(c, &flow);
    if (getenv("CAREWATCH_FLOW_WRITE"))
        write_expected(c, buf_str(&flow.told));
    else
        compare(c->name, "told", buf_str(&flow.told), (struct cw_str){c->want, c->n_want});
    flow_done(&flow);
}

static void check_twice(struct flow_case *c)
{
    struct flow one, two;
    struct buf state_one, state_two;
    run(c, &one);
    run(c, &two);
    compare(c->name, "second run", buf_str(&two.told), buf_str(&one.told));
    flow_save(&one, &state_one);
    flow_save(&two, &state_two);
    assert_true(str_eq(buf_str(&state_one), buf_str(&state_two)));
    buf_done(&state_one);
    buf_done(&state_two);
    flow_done(&one);
    flow_done(&two);
}

/* Saved before record k and loaded into a new engine, everything goes on as if nothing had
 * happened, to the byte of the state at the end. */
static void check_restart_at(struct flow_case *c, uint32_t k, struct cw_str told,
                             struct cw_str state)
{
    struct flow before, after;
    struct buf file, end;
    struct cw_error err = {.text = ""};
    char what[64];
    snprintf(what, sizeof(what), "restart before record %u", k + 1);
    flow_init(&before, &c->rules);
    flow_apply(&before, &c->records, 0, k);
    flow_save(&before, &file);
    flow_init(&after, &c->rules);
    if (flow_load(&after, &file, &err))
        fail_msg("%s, %s: %s", c->name, what, err.text);
    buf_clear(&after.told);
    buf_add_str(&after.told, buf_str(&before.told));
    flow_apply(&after, &c->records, k, c->records.n);
    finish(&after, &c->records);
    compare(c->name, what, buf_str(&after.told), told);
    flow_save(&after, &end);
    if (!str_eq(buf_str(&end), state))
        fail_msg("%s, %s: the state at the end differs", c->name, what);
    buf_done(&end);
    buf_done(&file);
    flow_done(&before);
    flow_done(&after);
}

static void check_restarts(struct flow_case *c)
{
    struct flow whole;
    struct buf state;
    run(c, &whole);
    flow_save(&whole, &state);
    for (uint32_t k = 0; k <= c->records.n; k++)
        check_restart_at(c, k, buf_str(&whole.told), buf_str(&state));
    buf_done(&state);
    flow_done(&whole);
}

static void check_lines_again(struct flow_case *c)
{
    struct flow first, later, again;
    struct buf before, after;
    run(c, &later);
    flow_init(&first, &c->rules);
    flow_init(&again, &c->rules);
    flow_save(&later, &before);
    for (uint32_t i = 0; i < c->records.n; i++) {
        buf_clear(&first.lines);
        buf_clear(&again.lines);
        flow_apply(&first, &c->records, i, i + 1);
        engine_lines_again(later.engine, &c->records.record[i], flow_position(i), &again.sink);
        if (first.lines.n) /* A redelivery writes nothing the first time. */
            compare(c->name, "lines again", buf_str(&again.lines), buf_str(&first.lines));
    }
    flow_save(&later, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_done(&before);
    buf_done(&after);
    flow_done(&first);
    flow_done(&later);
    flow_done(&again);
}

static void for_every_case(void (*check)(struct flow_case *c))
{
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    unsigned n_cases = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct flow_case c;
        if (strchr(entry->d_name, '.'))
            continue;
        case_open(&c, entry->d_name);
        check(&c);
        case_close(&c);
        n_cases++;
    }
    closedir(folder);
    assert_true(n_cases >= 10);
}

static void what_is_told_is_what_was_expected(void **state)
{
    (void)state;
    for_every_case(check_told);
}

static void two_runs_are_the_same_to_the_byte(void **state)
{
    (void)state;
    for_every_case(check_twice);
}

static void a_restart_at_any_record_changes_nothing(void **state)
{
    (void)state;
    for_every_case(check_restarts);
}

static void lines_are_made_again_to_the_byte(void **state)
{
    (void)state;
    for_every_case(check_lines_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_what_was_expected),
        cmocka_unit_test(two_runs_are_the_same_to_the_byte),
        cmocka_unit_test(a_restart_at_any_record_changes_nothing),
        cmocka_unit_test(lines_are_made_again_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
