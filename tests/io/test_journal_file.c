/*
 * test_journal_file.c - the journal on real files: what was synced is read, what is torn is
 * cut and kept aside, what does not fit is refused before it is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "io/journal_dir.h"

/* ---- reading what was written ---- */

static void what_is_synced_is_read_in_order(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    append(journal, "b");
    append_and_sync(journal, "c");
    assert_string_equal(contents(journal), "a b c ");
    assert_int_equal(position_cmp(journal_synced(journal), journal_end(journal)), 0);
    journal_close(journal);
    assert_string_equal(contents(NULL), "a b c ");
}

static void a_live_reader_waits_for_the_sync(void **state)
{
    (void)state;
    struct journal *journal;
    struct journal_options slow = options();
    slow.sync_interval_ns = 3600 * NS_PER_S;
    assert_int_equal(journal_open(&journal, &slow, NULL), 0);
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record = message("later"), first = message("first"), read;
    struct position at, read_at;
    /* The first one after a quiet time is synced at once; the next an hour later. */
    assert_int_equal(journal_append(journal, &first, 1, SYNC_LATER, &at), 0);
    assert_int_equal(journal_wait(journal, at), 0);
    assert_int_equal(journal_reader_next(reader, &read, &read_at, NULL), 0);
    assert_int_equal(journal_append(journal, &record, 1, SYNC_LATER, &at), 0);
    assert_int_equal(journal_reader_next(reader, &read, &read_at, NULL), -ENODATA);
    assert_int_equal(journal_wait(journal, at), 0);
    assert_int_equal(journal_reader_next(reader, &read, &read_at, NULL), 0);
    assert_int_equal(position_cmp(at, read_at), 0);
    assert_true(str_is(read.payload, "later"));
    assert_int_equal(journal_reader_next(reader, &read, &read_at, NULL), -ENODATA);
    journal_reader_close(reader);
    journal_close(journal);
}

static void segments_follow_each_other(void **state)
{
    (void)state;
    enum { N = 400 };
    char text[1000];
    memset(text, 'x', sizeof(text));
    struct journal *journal = opened();
    struct record record = message("");
    record.payload = (struct cw_str){text, sizeof(text)};
    struct position at = {0, 0};
    for (int i = 0; i < N; i++)
        assert_int_equal(journal_append(journal, &record, i, SYNC_LATER, &at), 0);
    assert_int_equal(journal_wait(journal, at), 0);
    struct journal_stat stat;
    journal_stat(journal, &stat);
    assert_true(stat.n_segments > 5);
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record read;
    int64_t last_ns = -1;
    for (int i = 0; i < N; i++) {
        assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
        assert_true(read.arrived_ns > last_ns);
        assert_memory_equal(read.payload.p, text, sizeof(text));
        volatile char behind = read.payload.p[read.payload.n + SEGMENT_TAIL - 8];
        (void)behind;
        last_ns = read.arrived_ns;
    }
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), -ENODATA);
    journal_reader_close(reader);
    journal_close(journal);
}

static void a_record_larger_than_a_segment_gets_its_own(void **state)
{
    (void)state;
    char *text = calloc(1, MAX_RECORD_PAYLOAD + 1);
    memset(text, 'x', MAX_RECORD_PAYLOAD);
    struct journal *journal = opened();
    append(journal, "a");
    struct record record = message(text), read;
    struct position at;
    assert_int_equal(journal_append(journal, &record, 1, SYNC_NOW, &at), 0);
    record.payload.n++;
    assert_int_equal(journal_append(journal, &record, 1, SYNC_NOW, NULL), -EMSGSIZE);
    append_and_sync(journal, "b");
    struct journal_reader *reader = reading(journal, at);
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
    assert_int_equal(read.payload.n, MAX_RECORD_PAYLOAD);
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
    assert_true(str_is(read.payload, "b"));
    journal_reader_close(reader);
    journal_close(journal);
    free(text);
}

static void reopening_goes_on_where_it_was(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    int64_t last_ns = journal_last_arrived_ns(journal);
    struct position end = journal_end(journal);
    journal_close(journal);
    journal = opened();
    assert_int_equal(position_cmp(journal_synced(journal), end), 0);
    assert_int_equal(journal_last_arrived_ns(journal), last_ns);
    struct record record = message("b");
    assert_int_equal(journal_append(journal, &record, 0, SYNC_NOW, NULL), 0);
    assert_int_equal(journal_last_arrived_ns(journal), last_ns + 1);
    journal_close(journal);
    assert_string_equal(contents(NULL), "a b ");
}

static void a_reader_starts_anywhere(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    struct position second = append(journal, "b");
    append_and_sync(journal, "c");
    struct journal_reader *reader = reading(journal, second);
    struct record read;
    struct position at;
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
    assert_true(str_is(read.payload, "b"));
    struct position next = journal_reader_position(reader);
    journal_reader_close(reader);
    reader = reading(journal, next);
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
    assert_true(str_is(read.payload, "c"));
    journal_reader_close(reader);
    struct cw_error err;
    struct position beyond = {next.epoch, next.offset + 10000};
    struct position other_life = {next.epoch - 1, next.offset};
    assert_int_equal(journal_reader_open(&reader, journal, NULL, beyond, &err), -ESTALE);
    assert_int_equal(journal_reader_open(&reader, journal, NULL, other_life, &err), -ESTALE);
    journal_close(journal);
}

/* ---- damage ---- */

/* Opens what was damaged: "a" and "b" are there, a new epoch began, and more can be added. */
static void check_recovered(const char *wanted)
{
    struct journal *journal = opened();
    assert_int_equal(journal_end(journal).epoch, 2);
    append_and_sync(journal, "more");
    assert_string_equal(contents(journal), wanted);
    journal_close(journal);
    assert_true(exists(FIRST ".damaged"));
    journal = opened();
    assert_int_equal(journal_end(journal).epoch, 2);
    journal_close(journal);
}

static void a_tail_torn_at_any_byte_is_cut(void **state)
{
    (void)state;
    struct record last = message("torn");
    size_t size = RECORD_HEADER + last.topic.n + last.payload.n;
    for (size_t kept = 1; kept < size; kept++) {
        struct journal *journal = opened();
        append(journal, "a");
        append(journal, "b");
        uint64_t at = append(journal, "torn").offset;
        journal_close(journal);
        char path[128], zeros[256] = "";
        path_of(path, FIRST);
        int fd = open(path, O_WRONLY);
        assert_int_equal(pwrite(fd, zeros, size - kept, (off_t)(at + kept)), size - kept);
        close(fd);
        check_recovered("a b more ");
        assert_int_equal(remove_dir(NULL), 0);
        assert_int_equal(mkdir(dir, 0700), 0);
    }
}

static void a_flipped_bit_in_the_last_segment_is_cut_and_kept_aside(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    append(journal, "b");
    uint64_t at = append(journal, "spoilt").offset;
    append(journal, "behind");
    journal_close(journal);
    spoil(FIRST, at + 30, 1);
    check_recovered("a b more ");
    char path[128], kept[400];
    path_of(path, FIRST ".damaged");
    int fd = open(path, O_RDONLY);
    ssize_t n = pread(fd, kept, sizeof(kept), (off_t)at);
    close(fd);
    assert_true(n > 200);
    assert_non_null(memmem(kept, (size_t)n, "behind", 6));
}

static void bytes_behind_the_end_are_not_trusted(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    append(journal, "b");
    uint64_t end = journal_end(journal).offset;
    journal_close(journal);
    spoil(FIRST, end + 5000, 8); /* a later page that reached the disk before an earlier one */
    check_recovered("a b more ");
}

static void a_header_that_is_gone_sets_the_segment_aside(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    journal_close(journal);
    spoil(FIRST, 20, 1);
    journal = opened();
    append_and_sync(journal, "more");
    assert_string_equal(contents(journal), "more ");
    assert_true(journal_end(journal).offset > SEGMENT);
    journal_close(journal);
    assert_true(exists(FIRST ".damaged"));
    assert_false(exists(FIRST));
}

static void damage_in_an_old_segment_is_told_and_passed(void **state)
{
    (void)state;
    static char large[SEGMENT - 330]; /* no room behind it */
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    append(journal, "a");
    append(journal, large);
    append(journal, "b");
    journal_close(journal);
    spoil(FIRST, 200, 1);
    journal = opened();
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record read;
    struct position at;
    struct cw_error err;
    assert_int_equal(journal_reader_next(reader, &read, &at, &err), 0);
    assert_int_equal(journal_reader_next(reader, &read, &at, &err), -EBADMSG);
    assert_non_null(strstr(err.text, FIRST " at 1"));
    assert_int_equal(journal_reader_next(reader, &read, &at, &err), 0);
    assert_true(str_is(read.payload, "b"));
    assert_int_equal(journal_reader_next(reader, &read, &at, &err), -ENODATA);
    journal_reader_close(reader);
    assert_int_equal(journal_end(journal).epoch, 1);
    journal_close(journal);
}

static void a_recovery_is_a_record(void **state)
{
    (void)state;
    struct journal *journal = opened();
    uint64_t at = append(journal, "a").offset;
    journal_close(journal);
    spoil(FIRST, at + 40, 1);
    journal = opened();
    assert_int_equal(journal_wait(journal, (struct position){2, SEGMENT + SEGMENT_HEADER}), 0);
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record read;
    struct position read_at;
    assert_int_equal(journal_reader_next(reader, &read, &read_at, NULL), 0);
    assert_int_equal(read.kind, RECORD_DISK);
    char text[200];
    assert_true(str_copy(text, sizeof(text), read.payload));
    assert_string_equal(text, "{\"state\":\"recovered\",\"segment\":\"" FIRST
                              "\",\"cut_at\":64,\"cut_bytes\":51}");
    journal_reader_close(reader);
    journal_close(journal);
}

/* ---- limits ---- */

static void a_second_instance_is_refused(void **state)
{
    (void)state;
    struct journal *journal = opened();
    pid_t child = fork();
    if (child == 0) {
        struct journal *second;
        struct journal_options usual = options();
        struct cw_error err = {""};
        int rc = journal_open(&second, &usual, &err);
        _exit(rc == -EWOULDBLOCK && strstr(err.text, "in use") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    journal_close(journal);
}

static void the_reserve_holds_when_the_quota_is_reached(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof(text));
    struct journal *journal;
    struct journal_options small = options();
    small.quota_bytes = 4 * SEGMENT;
    assert_int_equal(journal_open(&journal, &small, NULL), 0);
    struct record record = message("");
    record.payload = (struct cw_str){text, sizeof(text)};
    int rc, n_later = 0, n_now = 0;
    while ((rc = journal_append(journal, &record, 1, SYNC_LATER, NULL)) == 0)
        n_later++;
    assert_int_equal(rc, -ENOSPC);
    assert_true(n_later > 200);
    while ((rc = journal_append(journal, &record, 1, SYNC_NOW, NULL)) == 0) {
        n_now++;
        assert_int_equal(journal_append(journal, &record, 1, SYNC_LATER, NULL), -ENOSPC);
    }
    assert_int_equal(rc, -ENOSPC);
    assert_true(n_now >= 55); /* a segment of 64 KiB full */
    assert_false(journal_failed(journal));
    struct journal_stat stat;
    journal_stat(journal, &stat);
    assert_int_equal(stat.n_segments, 5);
    assert_true(stat.n_refused > (uint64_t)n_now);
    /* Trimmed, the journal takes everything again. */
    assert_int_equal(trimmed(journal, (struct position){1, 2 * SEGMENT + 1}), 2);
    assert_int_equal(journal_append(journal, &record, 1, SYNC_LATER, NULL), 0);
    journal_close(journal);
    assert_false(exists(FIRST));
}

/* What is off the books is no part of the journal, however long its files stay; a start in
 * between finds them, and they go the next time. */
static void files_go_when_the_grave_is_filled(void **state)
{
    (void)state;
    static char large[SEGMENT - 1000];
    struct journal_grave grave;
    struct journal_stat stat;
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    append(journal, large);
    struct position second = append(journal, large);
    append_and_sync(journal, large);
    assert_int_equal(journal_trim(journal, second, &grave), 1);
    journal_stat(journal, &stat);
    assert_int_equal(stat.first_offset, SEGMENT);
    assert_true(exists(FIRST));
    journal_close(journal); /* the grave has a folder of its own to look in */
    journal = opened();
    journal_stat(journal, &stat);
    assert_int_equal(stat.first_offset, 0);
    assert_int_equal(journal_grave_fill(&grave), 1);
    assert_false(exists(FIRST));
    assert_int_equal(journal_grave_fill(&grave), 0);
    assert_int_equal(trimmed(journal, second), 1);
    journal_close(journal);
}

static void the_first_kept_record_is_read_after_a_trim(void **state)
{
    (void)state;
    static char large[SEGMENT - 1000];
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    struct position first = append(journal, large);
    struct position second = append(journal, large);
    append(journal, large);
    append_and_sync(journal, "b");
    assert_int_equal(trimmed(journal, second), 1);
    assert_int_equal(trimmed(journal, second), 0);
    struct journal_reader *reader;
    struct cw_error err;
    assert_int_equal(journal_reader_open(&reader, journal, NULL, first, &err), -ESTALE);
    reader = reading(journal, (struct position){0, 0});
    struct record read;
    struct position at;
    assert_int_equal(journal_reader_next(reader, &read, &at, NULL), 0);
    assert_int_equal(position_cmp(at, second), 0);
    journal_reader_close(reader);
    struct journal_stat stat;
    journal_stat(journal, &stat);
    assert_int_equal(stat.first_offset, SEGMENT);
    journal_close(journal);
}

/* ---- threads ---- */

enum { N_THREADS = 3, N_EACH = 2000 };

static void *append_many(void *arg)
{
    struct journal *journal = arg;
    struct record record = message("{\"hr\":72}");
    for (int i = 0; i < N_EACH; i++) {
        enum sync_class sync = i % 500 == 499 ? SYNC_NOW : SYNC_LATER;
        if (journal_append(journal, &record, i, sync, NULL) != 0)
            return arg;
    }
    return NULL;
}

static void appenders_meet_and_arrivals_only_grow(void **state)
{
    (void)state;
    struct journal *journal = opened();
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, journal), 0);
    int64_t last_ns = -1;
    struct record read;
    struct position at;
    struct cw_error err;
    for (int n = 0; n < N_THREADS * N_EACH;) {
        int rc = journal_reader_next(reader, &read, &at, &err);
        if (rc == -ENODATA) {
            sched_yield();
            continue;
        }
        assert_int_equal(rc, 0);
        assert_true(read.arrived_ns > last_ns);
        last_ns = read.arrived_ns;
        n++;
    }
    for (int i = 0; i < N_THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(journal_reader_next(reader, &read, &at, &err), -ENODATA);
    journal_reader_close(reader);
    journal_close(journal);
}

static void count(void *ctx)
{
    atomic_int *n = ctx;
    (*n)++;
}

static void the_loop_is_told_of_every_sync(void **state)
{
    (void)state;
    atomic_int n = 0;
    struct journal *journal;
    struct journal_options told = options();
    told.synced = count;
    told.ctx = &n;
    assert_int_equal(journal_open(&journal, &told, NULL), 0);
    append_and_sync(journal, "a");
    append_and_sync(journal, "b");
    struct journal_stat stat;
    journal_stat(journal, &stat);
    journal_close(journal);
    assert_true(n >= 2);
    assert_true(stat.n_syncs >= 2);
    assert_true(stat.sync_p99_ns > 0);
}

/* However many records there are, and however many threads append them. */
static void many_records_wake_the_loop_once_a_sync(void **state)
{
    (void)state;
    atomic_int n = 0;
    struct journal *journal;
    struct journal_options told = options();
    struct record record = message("x");
    struct journal_stat stat;
    struct position at;
    told.synced = count;
    told.ctx = &n;
    told.segment_bytes = 16 * SEGMENT;
    told.sync_interval_ns = 3600 * NS_PER_S; /* the first at once, the rest together */
    assert_int_equal(journal_open(&journal, &told, NULL), 0);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(journal_append(journal, &record, 1000, SYNC_LATER, &at), 0);
    journal_stat(journal, &stat);
    assert_true(stat.n_syncs <= 1);
    assert_true((uint64_t)n <= stat.n_syncs);
    assert_int_equal(journal_wait(journal, at), 0);
    journal_stat(journal, &stat);
    journal_close(journal);
    assert_true(stat.n_syncs <= 2);
    assert_true(n >= 1 && n <= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_is_synced_is_read_in_order),
        ON_DISK(a_live_reader_waits_for_the_sync),
        ON_DISK(segments_follow_each_other),
        ON_DISK(a_record_larger_than_a_segment_gets_its_own),
        ON_DISK(reopening_goes_on_where_it_was),
        ON_DISK(a_reader_starts_anywhere),
        ON_DISK(a_tail_torn_at_any_byte_is_cut),
        ON_DISK(a_flipped_bit_in_the_last_segment_is_cut_and_kept_aside),
        ON_DISK(bytes_behind_the_end_are_not_trusted),
        ON_DISK(a_header_that_is_gone_sets_the_segment_aside),
        ON_DISK(damage_in_an_old_segment_is_told_and_passed),
        ON_DISK(a_recovery_is_a_record),
        ON_DISK(a_second_instance_is_refused),
        ON_DISK(the_reserve_holds_when_the_quota_is_reached),
        ON_DISK(files_go_when_the_grave_is_filled),
        ON_DISK(the_first_kept_record_is_read_after_a_trim),
        ON_DISK(appenders_meet_and_arrivals_only_grow),
        ON_DISK(the_loop_is_told_of_every_sync),
        ON_DISK(many_records_wake_the_loop_once_a_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
