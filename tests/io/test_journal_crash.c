/*
 * test_journal_crash.c - killed with -9 at any moment, the journal opens again with all that
 * was ever said to be synced, in order and without a new epoch: the kernel has every write.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "io/journal_file.h"

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/test_journal_crash.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

/* Every sync of a file passes here, so that a test can ask which were synced. */
static ino_t synced[64];
static size_t n_synced;

int fdatasync(int fd)
{
    struct stat file;
    if (n_synced < sizeof(synced) / sizeof(synced[0]) && fstat(fd, &file) == 0)
        synced[n_synced++] = file.st_ino;
    return (int)syscall(SYS_fdatasync, fd);
}

static struct journal *opened_with(int64_t sync_interval_ns)
{
    struct journal *journal;
    const struct journal_options options = {
        .dir = dir,
        .segment_bytes = 65536,
        .reserve_bytes = 65536,
        .sync_interval_ns = sync_interval_ns,
    };
    struct cw_error err = {""};
    if (journal_open(&journal, &options, &err) != 0)
        fail_msg("%s", err.text);
    return journal;
}

static struct journal *opened(void)
{
    return opened_with(NS_PER_MS);
}

/* Appends numbered records until killed; tells each number once it is synced. */
static void append_until_killed(int tell, uint64_t number)
{
    struct journal *journal = opened();
    for (;; number++) {
        char text[400];
        int n = snprintf(text, sizeof(text), "%llu %0*d", (unsigned long long)number,
                         (int)(number % 300) + 1, 0);
        struct record record = {.kind = RECORD_MESSAGE, .payload = {text, (size_t)n}};
        enum sync_class sync = number % 50 ? SYNC_LATER : SYNC_NOW;
        struct position at;
        if (journal_append(journal, &record, 0, sync, &at) != 0)
            _exit(1);
        if (sync == SYNC_NOW && (journal_wait(journal, at) != 0 ||
                                 write(tell, &number, sizeof(number)) != sizeof(number)))
            _exit(1);
    }
}

/* The number of the last record, when all from 1 on are there. */
static uint64_t check_numbers(struct journal *journal)
{
    struct journal_reader *reader;
    struct record record;
    struct position at;
    struct cw_error err = {""};
    uint64_t n = 0;
    int rc = journal_reader_open(&reader, journal, NULL, (struct position){0, 0}, &err);
    assert_int_equal(rc, 0);
    while ((rc = journal_reader_next(reader, &record, &at, &err)) == 0) {
        char wanted[32];
        if (record.kind == RECORD_DISK)
            continue; /* what the recovery of a torn record said of itself */
        (void)snprintf(wanted, sizeof(wanted), "%llu ", (unsigned long long)++n);
        assert_true(str_starts(record.payload, wanted));
    }
    assert_string_equal(err.text, "");
    journal_reader_close(reader);
    return n;
}

static void what_was_synced_survives_a_kill(void **state)
{
    (void)state;
    uint64_t n_kept = 0;
    uint32_t epoch = 1;
    for (int round = 0; round < 8; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            append_until_killed(ends[1], n_kept + 1);
        close(ends[1]);
        uint64_t told = 0;
        for (int i = 0; i <= round; i++)
            assert_int_equal(read(ends[0], &told, sizeof(told)), sizeof(told));
        kill(child, SIGKILL);
        for (uint64_t more; read(ends[0], &more, sizeof(more)) == sizeof(more);)
            told = more;
        close(ends[0]);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct journal *journal = opened();
        n_kept = check_numbers(journal);
        assert_true(n_kept >= told);
        /* A kill between two pages of one write leaves a torn record: cut, in a new epoch. */
        assert_in_range(journal_end(journal).epoch, epoch, epoch + 1);
        epoch = journal_end(journal).epoch;
        journal_close(journal);
    }
}

/* Fills a segment, begins the next, and dies before the first is synced. */
static void fill_a_segment(void)
{
    struct journal *journal = opened_with(60 * NS_PER_S);
    struct journal_stat stat = {0};
    static const char text[4000] = "x";
    struct record record = {.kind = RECORD_MESSAGE, .payload = {text, sizeof(text)}};
    while (stat.n_segments < 2) {
        if (journal_append(journal, &record, 0, SYNC_LATER, NULL) != 0)
            _exit(1);
        journal_stat(journal, &stat);
    }
    (void)raise(SIGKILL);
}

/* Its bytes are in the kernel only: after the start a power cut would take them, and with
 * them what was told of them. */
static void a_start_syncs_the_segment_before_the_last(void **state)
{
    (void)state;
    char path[100];
    struct stat file;
    pid_t child = fork();
    if (child == 0)
        fill_a_segment();
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)snprintf(path, sizeof(path), "%s/0000000000000000.seg", dir);
    assert_int_equal(stat(path, &file), 0);
    n_synced = 0;
    struct journal *journal = opened();
    size_t i = 0;
    while (i < n_synced && synced[i] != file.st_ino)
        i++;
    assert_true(i < n_synced);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_synced_survives_a_kill, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_start_syncs_the_segment_before_the_last, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
