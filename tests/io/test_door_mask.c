/*
 * test_door_mask.c - what may not stay in a door is overwritten while its writer goes on.
 */
#include <pthread.h>
#include <sched.h>

#include "base/mem.h"
#include "io/door_bench.h"
#include "io/door_mask.h"

/* The broker's other thread: it looks at the page now and then. */
struct broker {
    struct door_writer writer;
    pthread_t thread;
    atomic_bool over;
};

static void *broker_main(void *arg)
{
    struct broker *broker = arg;
    while (!atomic_load(&broker->over)) {
        if (atomic_exchange(&broker->writer.page->roll, 0))
            assert_int_equal(journal_roll(broker->writer.journal), 0);
        (void)sched_yield();
    }
    return NULL;
}

static struct position traced[8];
static size_t n_traced;

static char *no_names(void *ctx, const struct record *record)
{
    (void)ctx;
    const char *name =
        record->payload.n ? memmem(record->payload.p, record->payload.n, "Wang", 4) : NULL;
    if (!name)
        return NULL;
    char *copy = xstrndup(record->payload.p, record->payload.n);
    memset(copy + (name - record->payload.p), '#', 4);
    return copy;
}

static int trace(void *ctx, struct position at)
{
    (void)ctx;
    traced[n_traced++] = at;
    return 0;
}

static const struct door_mask mask = {NULL, no_names, trace};

static void a_name_goes_out_of_every_file_while_the_writer_goes_on(void **state)
{
    (void)state;
    static struct broker broker;
    uint64_t n = 0;
    struct cw_error err = {""};
    broker.writer = door_opened();
    atomic_store(&broker.over, false);
    door_says(&broker.writer, "to-Wang");
    assert_int_equal(journal_roll(broker.writer.journal), 0);
    door_says(&broker.writer, "quiet");
    struct position second = door_says(&broker.writer, "from-Wang");
    assert_int_equal(pthread_create(&broker.thread, NULL, broker_main, &broker), 0);
    n_traced = 0;
    int rc = door_mask(dir, &mask, &n, &err);
    atomic_store(&broker.over, true);
    pthread_join(broker.thread, NULL);
    if (rc)
        fail_msg("%s", err.text);
    assert_int_equal(n, 2);
    assert_int_equal(n_traced, 2);
    assert_int_equal(position_cmp(traced[1], second), 0);
    door_says(&broker.writer, "more");
    assert_string_equal(contents(NULL), "to-#### quiet from-#### more ");
    door_closed(&broker.writer);
    /* What was written anew, the writer's next start can read and write. */
    broker.writer = door_opened();
    assert_string_equal(contents(NULL), "to-#### quiet from-#### more ");
    door_closed(&broker.writer);
}

static void what_was_written_anew_stays_open_for_the_group(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    uint64_t n = 0;
    struct cw_error err = {""};
    char path[128];
    struct stat file;
    door_says(&writer, "to-Wang");
    assert_int_equal(journal_roll(writer.journal), 0);
    n_traced = 0;
    mode_t before = umask(0077);
    assert_int_equal(door_mask(dir, &mask, &n, &err), 0); /* the newest is empty */
    umask(before);
    path_of(path, FIRST);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0660);
    door_closed(&writer);
}

static void a_merged_stretch_reads_the_same_afterwards(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    struct door_cursor cursor;
    uint64_t n = 0;
    struct cw_error err = {""};
    door_says(&writer, "to-Wang");
    assert_int_equal(door_tail_next(tail, 0, &merge, &err), 0);
    door_tail_merged(tail, &merge, (struct position){1, 2000});
    assert_true(door_tail_cursor(tail, &cursor));
    door_tail_close(tail);
    assert_int_equal(journal_roll(writer.journal), 0);
    n_traced = 0;
    assert_int_equal(door_mask(dir, &mask, &n, &err), 0);
    door_says(&writer, "next");
    tail = tailing(&cursor);
    assert_int_equal(door_tail_next(tail, 0, &merge, &err), 0);
    assert_int_equal(merge.n_records, 1);
    assert_true(merge.from.offset > SEGMENT);
    door_tail_close(tail);
    door_closed(&writer);
}

static void without_a_writer_it_says_so(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    uint64_t n = 0;
    struct cw_error err = {""};
    door_says(&writer, "to-Wang");
    door_closed(&writer);
    assert_int_equal(door_mask(dir, &mask, &n, &err), -EBUSY);
    assert_non_null(strstr(err.text, "no new file"));
    assert_string_equal(contents(NULL), "to-Wang ");
}

static void a_folder_with_nothing_in_it_is_done(void **state)
{
    (void)state;
    uint64_t n = 0;
    struct cw_error err = {""};
    assert_int_equal(door_mask(dir, &mask, &n, &err), 0);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_name_goes_out_of_every_file_while_the_writer_goes_on),
        ON_DISK(what_was_written_anew_stays_open_for_the_group),
        ON_DISK(a_merged_stretch_reads_the_same_afterwards),
        ON_DISK(without_a_writer_it_says_so),
        ON_DISK(a_folder_with_nothing_in_it_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
