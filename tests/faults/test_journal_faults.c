/*
 * test_journal_faults.c - the n-th call of every kind fails under a scripted life of a journal,
 * for every n until the script has no such call any more. Whatever happens: no crash, nothing
 * that was said to be synced is missing afterwards, nor what a failed sync left whole; nothing
 * is there twice, and the journal opens again once the fault is over.
 *
 * Each case runs in a child and tells the numbers it saw synced through a pipe.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

/* In memory: thousands of syncs, and it is not the disk that is tested. */
#define JOURNAL_ROOT "/dev/shm"

#include "faults/fail_nth.h"
#include "io/journal_dir.h"

#define N_RECORDS 40
#define MAX_N 2000

enum end { END_OK = 0, END_NOT_FIRED = 3, END_NOT_FAILED = 4 };

static struct journal *try_open(struct cw_error *err)
{
    struct journal *journal;
    struct journal_options usual = options();
    return journal_open(&journal, &usual, err) == 0 ? journal : NULL;
}

/* Appends numbers of 8 KiB each, every third urgent; tells which are synced. False: it gave up
 * (an append may be refused, the journal may fail: that is what it has to say). */
static void live(struct journal *journal, int from, int tell)
{
    static char text[8192];
    struct position at[N_RECORDS] = {0};
    bool taken[N_RECORDS] = {false};
    for (int i = 0; i < N_RECORDS; i++) {
        memset(text, 'x', sizeof(text));
        (void)snprintf(text, 16, "%d", from + i);
        struct record record = {
            .kind = RECORD_MESSAGE, .topic = CW_STR("t"), .payload = {text, sizeof(text)}};
        enum sync_class sync = i % 3 == 0 ? SYNC_NOW : SYNC_LATER;
        taken[i] = journal_append(journal, &record, from + i, sync, &at[i]) == 0;
        if (taken[i] && sync == SYNC_NOW)
            taken[i] = journal_wait(journal, at[i]) == 0;
    }
    for (int i = 0; i < N_RECORDS; i++) {
        int number = from + i;
        if (taken[i] && journal_wait(journal, at[i]) == 0 &&
            write(tell, &number, sizeof(number)) != sizeof(number))
            abort();
    }
}

static void seal(struct journal *journal)
{
    uint64_t base, bytes = 0;
    int rc = 0;
    while (rc == 0 && journal_seal_next(journal, &base)) {
        rc = journal_seal(journal, base, &bytes);
        journal_sealed(journal, base, rc, bytes);
    }
}

/* Two lives, so that recovery has its share; a fault may refuse the start of either. */
static enum end script(const struct fail_nth *fault, int first, int tell)
{
    struct cw_error err = {""};
    bool failed = false;
    fail_nth_arm(fault);
    for (int life = 0; life < 2; life++) {
        struct journal *journal = try_open(&err);
        if (!journal) {
            failed = true; /* a start that is refused has said so */
            continue;
        }
        live(journal, first + life * N_RECORDS, tell);
        (void)trimmed(journal, (struct position){0, 0});
        seal(journal);
        failed = failed || journal_failed(journal);
        journal_close(journal);
    }
    if (!fail_nth_fired())
        return END_NOT_FIRED;
    if (strcmp(fault->kind, "fdatasync") == 0 && !failed)
        return END_NOT_FAILED;
    return END_OK;
}

static bool number_of(const struct record *record, int *number)
{
    if (record->kind != RECORD_MESSAGE)
        return false;
    *number = (int)strtol(record->payload.p, NULL, 10);
    return true;
}

/* The journal logs what it sets aside. */
static struct journal *quietly_open(struct cw_error *err)
{
    int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    (void)dup2(null, STDERR_FILENO);
    struct journal *journal = try_open(err);
    (void)dup2(kept, STDERR_FILENO);
    close(kept);
    close(null);
    return journal;
}

/* Everything told is there, once, in order; nothing is damaged. */
static void check_all(const struct fail_nth *fault, const bool *told, int n_told)
{
    struct cw_error err = {""};
    bool there[4 * N_RECORDS] = {false};
    struct journal *journal = quietly_open(&err);
    if (!journal)
        fail_msg("%s %ld %d: does not open again: %s", fault->kind, fault->n, fault->error,
                 err.text);
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record;
    struct position at;
    int rc, number, last = -1;
    while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
        if (rc)
            fail_msg("%s %ld %d: %s", fault->kind, fault->n, fault->error, err.text);
        if (!number_of(&record, &number))
            continue;
        assert_true(number > last && number < n_told);
        there[last = number] = true;
    }
    for (int i = 0; i < n_told; i++) {
        if (told[i] && !there[i])
            fail_msg("%s %ld %d: number %d was synced and is missing", fault->kind, fault->n,
                     fault->error, i);
    }
    journal_reader_close(reader);
    append_and_sync(journal, "9999");
    journal_close(journal);
}

/* What was there before the fault. */
enum before { NOTHING, A_LIFE, A_TORN_TAIL, A_FAILED_SYNC, N_BEFORE };

static int prepare(enum before before, bool *told)
{
    int fds[2], number;
    if (before == NOTHING)
        return 0;
    assert_int_equal(pipe(fds), 0);
    struct journal *journal = opened();
    live(journal, 0, fds[1]);
    struct position synced = journal_synced(journal);
    int n = N_RECORDS;
    if (before == A_FAILED_SYNC) { /* taken, and whole in the file that is not trusted */
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", n);
        append(journal, text);
        told[n++] = true;
    }
    journal_close(journal);
    close(fds[1]);
    while (read(fds[0], &number, sizeof(number)) == sizeof(number))
        told[number] = true;
    close(fds[0]);
    if (before == A_TORN_TAIL) {
        char name[64];
        uint64_t base = synced.offset / SEGMENT * SEGMENT;
        (void)snprintf(name, sizeof(name), "%016llx.seg", (unsigned long long)base);
        spoil(name, synced.offset - base, 100);
    } else if (before == A_FAILED_SYNC) {
        char text[POSITION_MAX], path[128];
        (void)position_format(synced, text);
        path_of(path, "failed");
        assert_int_equal(symlink(text, path), 0);
    }
    return n;
}

/* One case; false when the script has no n-th call. */
static bool one(const struct fail_nth *fault, enum before before)
{
    bool told[4 * N_RECORDS] = {false};
    int fds[2], number, status;
    assert_int_equal(make_dir(NULL), 0);
    int first = prepare(before, told);
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        close(fds[0]);
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(null, STDERR_FILENO);
        _exit((int)script(fault, first, fds[1]));
    }
    close(fds[1]);
    while (read(fds[0], &number, sizeof(number)) == sizeof(number))
        told[number] = true;
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("%s %ld %d after %d: killed by signal %d", fault->kind, fault->n, fault->error,
                 (int)before, WTERMSIG(status));
    if (WEXITSTATUS(status) == END_NOT_FAILED)
        fail_msg("%s %ld: a failed sync is not said", fault->kind, fault->n);
    check_all(fault, told, first + 2 * N_RECORDS);
    assert_int_equal(remove_dir(NULL), 0);
    return WEXITSTATUS(status) != END_NOT_FIRED;
}

static void whatever_call_fails_nothing_synced_is_lost(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        int error;
    } rows[] = {{"pwrite", EIO}, {"pwrite", ENOSPC}, {"pwrite", 0},         {"fdatasync", EIO},
                {"fsync", EIO},  {"fallocate", EIO}, {"fallocate", ENOSPC}, {"open", EMFILE},
                {"open", EIO},   {"rename", EIO},    {"unlink", EIO}};
    long n_cases = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int before = 0; before < N_BEFORE; before++) {
            struct fail_nth fault = {
                .kind = rows[i].kind, .error = rows[i].error, .path = "/test_journal."};
            do {
                fault.n++;
                n_cases++;
                assert_true(fault.n < MAX_N);
            } while (one(&fault, (enum before)before));
        }
    }
    print_message("%ld cases\n", n_cases);
}

/* From the n-th on everything fails: the disk has gone, and comes back for the next start. */
static void a_disk_that_goes_away_loses_nothing_synced(void **state)
{
    (void)state;
    static const char *const kinds[] = {"pwrite", "fdatasync", "fallocate", "open"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct fail_nth fault = {
            .kind = kinds[i], .error = EIO, .and_later = true, .path = "/test_journal."};
        do
            fault.n += 3;
        while (one(&fault, A_LIFE) && fault.n < MAX_N);
    }
}

/* Without descriptors for a moment: the reader says so, and passes nothing over. */
static void a_reader_without_descriptors_passes_nothing_over(void **state)
{
    (void)state;
    bool told[N_RECORDS] = {false}, fired = true;
    assert_int_equal(make_dir(NULL), 0);
    assert_int_equal(prepare(A_LIFE, told), N_RECORDS);
    struct journal *journal = opened();
    for (long n = 1; fired; n++) {
        struct journal_reader *reader = reading(journal, (struct position){0, 0});
        struct fail_nth fault = {.kind = "open", .n = n, .error = EMFILE, .path = ".seg"};
        struct record record;
        struct position at;
        struct cw_error err;
        int rc, n_errors = 0, n_records = 0, number;
        fail_nth_arm(&fault);
        while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
            assert_true(rc == 0 || rc == -EMFILE);
            n_errors += rc != 0;
            n_records += rc == 0 && number_of(&record, &number);
        }
        fired = fail_nth_fired();
        assert_int_equal(n_errors, fired);
        assert_int_equal(n_records, N_RECORDS);
        journal_reader_close(reader);
    }
    journal_close(journal);
    assert_int_equal(remove_dir(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_call_fails_nothing_synced_is_lost),
        cmocka_unit_test(a_disk_that_goes_away_loses_nothing_synced),
        cmocka_unit_test(a_reader_without_descriptors_passes_nothing_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
