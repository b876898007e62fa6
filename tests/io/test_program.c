/*
 * Programs of the operator's: input, output, environment, exit codes; and none that hangs, or
 * leaves a child behind, holds us up.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "io/program.h"

struct fixture {
    uv_loop_t loop;
    struct program *program;
    int n_ends, code;
    char output[256], error[100];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    return uv_loop_init(&f->loop);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    int r = uv_loop_close(&f->loop);
    free(f);
    return r;
}

static void on_end(void *ctx, const struct program_end *end)
{
    struct fixture *f = ctx;
    f->n_ends++;
    f->code = end->code;
    assert_true(str_copy(f->output, sizeof(f->output), end->output));
    (void)str_copy(f->error, sizeof(f->error), str_of(end->error ? end->error : ""));
}

static void run(struct fixture *f, const char *path, const char *script, int64_t timeout_ns,
                size_t max_output)
{
    const char *const arguments[] = {"-c", script, NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", "WORD=hello", NULL};
    const struct program_call call = {
        .path = path,
        .argument = arguments,
        .environment = environment,
        .input = CW_STR("the input"),
        .timeout_ns = timeout_ns,
        .max_output = max_output,
    };
    f->n_ends = 0;
    program_run(&f->loop, &call, on_end, f, &f->program);
    assert_int_equal(f->n_ends, 0); /* never from inside */
    while (f->n_ends == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(f->n_ends, 1);
}

static void programs_end_as_they_end(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path, *script, *output;
        int code;
    } row[] = {
        {"/bin/sh", "cat; exit 0", "the input", 0},
        {"/bin/sh", "printf %s \"$WORD$HOME\"; exit 65", "hello", 65},
        {"/bin/sh", "exit 1", "", 1},
        {"/bin/sh", "exec 1>&-; exit 3", "", 3},
        {"/bin/sh", "printf 123456789012345678901", "12345678901234567890", 0},
        {"/bin/sh", "kill -9 $$", "", -1},
        {"/no/such/program", "", "", -1},
        {"/etc/passwd", "", "", -1},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        run(f, row[i].path, row[i].script, 30 * NS_PER_S, 20);
        if (f->code != row[i].code || strcmp(f->output, row[i].output) != 0)
            fail_msg("row %zu: %d \"%s\" %s", i, f->code, f->output, f->error);
        assert_int_equal(f->code < 0, f->error[0] != '\0');
    }
}

static void who_hangs_is_killed_with_its_children(void **state)
{
    struct fixture *f = *state;
    run(f, "/bin/sh", "cat >/dev/null; tail -f /dev/null & tail -f /dev/null", NS_PER_S / 10,
        20);
    assert_int_equal(f->code, -1);
    assert_string_equal(f->error, "it took too long");
}

static void a_child_left_behind_does_not_hold_the_output(void **state)
{
    struct fixture *f = *state;
    run(f, "/bin/sh", "tail -f /dev/null & exit 0", 30 * NS_PER_S, 20);
    assert_int_equal(f->code, 0);
}

static void who_is_cancelled_is_not_told(void **state)
{
    struct fixture *f = *state;
    const char *const arguments[] = {"-c", "tail -f /dev/null", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct program_call call = {.path = "/bin/sh",
                                      .argument = arguments,
                                      .environment = environment,
                                      .input = CW_STR("x"),
                                      .timeout_ns = 30 * NS_PER_S,
                                      .max_output = 20};
    program_run(&f->loop, &call, on_end, f, &f->program);
    program_cancel(f->program);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->n_ends, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(programs_end_as_they_end),
        CASE(who_hangs_is_killed_with_its_children),
        CASE(a_child_left_behind_does_not_hold_the_output),
        CASE(who_is_cancelled_is_not_told),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
