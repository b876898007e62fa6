/*
 * test_notify_exec.c - what a program is given, and what its end means.
 */
#define TESTED carewatch_plugin_notify_exec
#include "notifying.h"

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "program", "/usr/local/bin/ring");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

static void a_program_gets_arguments_environment_and_the_alarm(void **state)
{
    struct notifying *f = *state;
    static const char *const want[] = {
        "Argument: --room",
        "Argument: a b",
        "Environment: PATH=/usr/local/bin:/usr/bin:/bin",
        "Environment: LANG=C.UTF-8",
        "Environment: CAREWATCH_ID=01ABC:3",
        "Environment: CAREWATCH_CHANGE=raised",
        "Environment: CAREWATCH_PRIORITY=high",
        "Environment: CAREWATCH_SITE=s-17",
        "Environment: CAREWATCH_DRILL=0",
        "Environment: CAREWATCH_TEXT=【高】s-17 3-12 血氧过低 06:13:15",
    };
    set(f, "arguments", "--room,a b");
    f->alarm.json = CW_STR("{\"id\":\"01ABC\"}");
    render(f);
    assert_string_equal(f->request.method, "RUN");
    assert_string_equal(f->request.url, "exec:/usr/local/bin/ring");
    assert_string_equal(f->request.body, "{\"id\":\"01ABC\"}\n");
    assert_int_equal(f->request.n_headers, N(want));
    for (size_t i = 0; i < N(want); i++)
        assert_string_equal(f->request.header[i], want[i]);
}

static void only_an_absolute_path_is_taken(void **state)
{
    struct notifying *f = *state;
    static const char *const bad[] = {"ring", "./ring", "/", ""};
    assert_int_equal(TESTED.open(f->self, &f->err), 0);
    for (size_t i = 0; i < N(bad); i++) {
        set(f, "program", bad[i]);
        assert_true(TESTED.open(f->self, &f->err) != 0);
    }
}

static void ends_are_final_or_not(void **state)
{
    static const struct answer_row row[] = {
        {200, "", CW_DONE},
        {500, "busy", CW_RETRY},
        {400, "never", CW_REJECTED},
        {0, "", CW_RETRY},
    };
    judge_rows(*state, row, N(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_program_gets_arguments_environment_and_the_alarm),
        CASE(only_an_absolute_path_is_taken),
        CASE(ends_are_final_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
