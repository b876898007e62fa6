/*
 * test_store_faults.c - the n-th write, sync or open of the store's file fails: what was said
 * to be committed is there, what was not is written once the fault is over, nothing twice.
 *
 * The store tries again after a second, so the cases run side by side, each in a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "faults/fail_nth.h"
#include "io/store.h"

#define N_TRANSITIONS 12
#define MAX_RUNNING 32
#define MAX_N 2000 /* the script makes about 430 writes, most of them for the tables */
#define TOO_LONG_S 20

enum end { END_ALL = 0, END_NOT_FIRED = 3, END_NO_START = 4 };

struct running {
    pid_t pid;
    long n;
    char dir[64];
};

static struct alarm make_alarm(int i)
{
    struct alarm alarm = {.rev = 1, .state = ALARM_UNACK, .raised_ns = 1000, .count = 1};
    alarm.priority = CW_PRIORITY_HIGH;
    alarm.category = CATEGORY_SAFETY;
    (void)snprintf(alarm.id, sizeof(alarm.id), "a-%d", i);
    (void)snprintf(alarm.rule, sizeof(alarm.rule), "help-call");
    return alarm;
}

/* The child: every transition is committed in the end, or the start was refused. */
static enum end script(const struct fail_nth *fault, const char *path)
{
    static const char *const channel[] = {"desk"};
    struct cw_error err = {""};
    struct store *store;
    uv_loop_t loop;
    (void)alarm(TOO_LONG_S);
    if (uv_loop_init(&loop) != 0)
        abort();
    fail_nth_arm(fault);
    if (store_open(&store, path, &loop, &err) != 0)
        return END_NO_START;
    for (int i = 0; i < N_TRANSITIONS; i++) {
        struct position after = {1, 100 * (uint64_t)(i + 1)};
        struct alarm alarm = make_alarm(i);
        struct transition transition = {.at = {1, after.offset - 50},
                                        .at_ns = 2000,
                                        .change = CHANGE_RAISED,
                                        .alarm = &alarm,
                                        .by = CW_STR(""),
                                        .note = CW_STR("")};
        store_add(store, &transition, channel, channel, 1);
        store_commit(store, after);
        while (position_cmp(store_committed(store), after) < 0)
            (void)uv_run(&loop, UV_RUN_ONCE);
    }
    bool fired = fail_nth_fired();
    store_close(store);
    return fired ? END_ALL : END_NOT_FIRED;
}

static int64_t one_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void check(const struct fail_nth *fault, const struct running *run, bool complete)
{
    char path[128], command[128];
    struct cw_error err = {""};
    struct store *store;
    uv_loop_t loop;
    sqlite3 *db;
    (void)snprintf(path, sizeof(path), "%s/store.db", run->dir);
    assert_int_equal(uv_loop_init(&loop), 0);
    if (store_open(&store, path, &loop, &err) != 0)
        fail_msg("%s %ld: does not open again: %s", fault->kind, run->n, err.text);
    store_close(store);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(one_number(db, "SELECT count(*) = 1 FROM pragma_integrity_check"), 1);
    int64_t want = complete ? N_TRANSITIONS : 0;
    const char *const tables[] = {"SELECT count(*) FROM transitions",
                                  "SELECT count(*) FROM alarms", "SELECT count(*) FROM outbox"};
    for (size_t i = 0; i < 3; i++) {
        if (one_number(db, tables[i]) != want)
            fail_msg("%s %ld %d: %s is not %d", fault->kind, run->n, fault->error, tables[i],
                     (int)want);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", run->dir);
    assert_int_equal(system(command), 0);
}

static struct running begin(struct fail_nth fault)
{
    struct running run = {.n = fault.n};
    char path[128];
    (void)snprintf(run.dir, sizeof(run.dir), "/dev/shm/test_store.XXXXXX");
    assert_non_null(mkdtemp(run.dir));
    (void)snprintf(path, sizeof(path), "%s/store.db", run.dir);
    run.pid = fork();
    if (run.pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDERR_FILENO);
        _exit((int)script(&fault, path));
    }
    return run;
}

/* Waits for one of them; its place is free then. True: the fault did not fire. */
static bool finish(const struct fail_nth *fault, struct running *running, size_t *n)
{
    int status;
    pid_t pid = wait(&status);
    size_t i = 0;
    while (i < *n && running[i].pid != pid)
        i++;
    assert_true(i < *n);
    if (!WIFEXITED(status))
        fail_msg("%s %ld %d: ended by signal %d", fault->kind, running[i].n, fault->error,
                 WTERMSIG(status));
    enum end end = (enum end)WEXITSTATUS(status);
    check(fault, &running[i], end != END_NO_START);
    running[i] = running[--*n];
    return end == END_NOT_FIRED;
}

static long sweep(struct fail_nth fault)
{
    struct running running[MAX_RUNNING];
    size_t n = 0;
    bool over = false;
    for (fault.n = 1; !over; fault.n++) {
        assert_true(fault.n < MAX_N);
        running[n++] = begin(fault);
        if (n == MAX_RUNNING)
            over = finish(&fault, running, &n);
    }
    while (n)
        (void)finish(&fault, running, &n);
    return fault.n;
}

static void whatever_call_fails_everything_is_committed_in_the_end(void **state)
{
    (void)state;
    static const struct fail_nth faults[] = {
        {.kind = "pwrite", .error = EIO}, {.kind = "pwrite", .error = ENOSPC},
        {.kind = "pwrite", .error = 0},   {.kind = "fdatasync", .error = EIO},
        {.kind = "fsync", .error = EIO},  {.kind = "open", .error = EMFILE},
    };
    long n_cases = 0;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct fail_nth fault = faults[i];
        fault.path = "/test_store.";
        n_cases += sweep(fault);
    }
    print_message("%ld cases\n", n_cases);
}

/* ---- a question beside a write that fails ---- */

struct asker {
    struct store *store;
    struct outbox_row row;
    size_t n_due;
    int n_answers;
};

static void on_due_ask_again(void *ctx, const struct outbox_due *due)
{
    struct asker *asker = ctx;
    if (due->n)
        asker->row = due->row[0];
    asker->n_due = due->n;
    if (asker->n_answers++ == 1)
        store_outbox_due(asker->store, "desk", 10, 8, on_due_ask_again, asker);
}

static void run_until(uv_loop_t *loop, const struct asker *asker, int n_answers)
{
    while (asker->n_answers < n_answers)
        (void)uv_run(loop, UV_RUN_ONCE);
}

/* The row was told, its outcome could not be written: whoever asks meanwhile finds nothing
 * due, or it would be told twice. */
static void what_was_told_is_not_due_again_although_the_commit_failed(void **state)
{
    (void)state;
    static const char *const channel[] = {"desk"};
    struct asker asker = {.n_answers = 0};
    char dir[] = "/dev/shm/test_store.XXXXXX", path[64], command[64];
    struct cw_error err = {""};
    struct alarm alarm = make_alarm(1);
    struct transition transition = {.at = {1, 50}, .change = CHANGE_RAISED, .alarm = &alarm};
    struct fail_nth fault = {.kind = "fdatasync", .n = 2, .error = EIO, .path = "/test_store."};
    uv_loop_t loop;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/store.db", dir);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(store_open(&asker.store, path, &loop, &err), 0);
    store_add(asker.store, &transition, channel, channel, 1);
    store_commit(asker.store, (struct position){1, 100});
    store_outbox_due(asker.store, "desk", 10, 8, on_due_ask_again, &asker);
    run_until(&loop, &asker, 1);
    assert_int_equal(asker.n_due, 1);
    fail_nth_arm(&fault);
    /* The first kicks the worker; the other two make the run that fails together. */
    store_text_set(asker.store, "x", CW_STR("1"));
    store_outbox_result(asker.store, &asker.row, CW_DONE, 11, "");
    store_outbox_due(asker.store, "desk", 10, 8, on_due_ask_again, &asker);
    run_until(&loop, &asker, 3);
    assert_true(fail_nth_fired());
    assert_int_equal(asker.n_due, 0);
    store_close(asker.store);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_call_fails_everything_is_committed_in_the_end),
        cmocka_unit_test(what_was_told_is_not_due_again_although_the_commit_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
