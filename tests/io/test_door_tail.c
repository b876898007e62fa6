/*
 * test_door_tail.c - the daemon's end of a door: what is synced is cut into stretches, once;
 * a writer that begins anew, a folder that was replaced and what is gone are noticed.
 */
#include "io/door_bench.h"
#include "io/journal_grave.h"

/* Off the books, and the files with them. */
static uint32_t trimmed_door(struct door_tail *tail, struct position before)
{
    struct journal_grave grave;
    return door_tail_trim(tail, before, &grave) ? journal_grave_fill(&grave) : 0;
}

/* The next stretch, merged at `behind`; 0 or what door_tail_next() said. */
static int merge_next(struct door_tail *tail, uint64_t behind, struct merge *merge)
{
    struct cw_error err = {""};
    int rc = door_tail_next(tail, 0, merge, &err);
    if (rc == 0)
        door_tail_merged(tail, merge, (struct position){1, behind});
    return rc;
}

/* ---- reading ---- */

static void what_is_synced_is_merged_once(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    struct position first = door_says(&writer, "a");
    door_says(&writer, "b");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_string_equal(merge.source, "city");
    assert_int_equal(position_cmp(merge.from, first), 0);
    assert_int_equal(merge.n_records, 2);
    assert_int_equal(merge.end, journal_synced(writer.journal).offset);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    door_says(&writer, "c");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 1);
    door_tail_close(tail);
    door_closed(&writer);
}

static void what_is_not_synced_waits(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    door_says(&writer, "a");
    append(writer.journal, "written and not said to be synced");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 1);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_stretch_that_was_not_merged_comes_again(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge first, again;
    struct cw_error err = {""};
    door_says(&writer, "a");
    assert_int_equal(door_tail_next(tail, 0, &first, &err), 0);
    door_says(&writer, "b");
    assert_int_equal(door_tail_next(tail, 0, &again, &err), 0);
    assert_int_equal(position_cmp(first.from, again.from), 0);
    assert_int_equal(again.n_records, 2);
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_stretch_is_bounded_and_within_one_segment(void **state)
{
    (void)state;
    enum { N = 900 };
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    uint32_t n = 0, n_merges = 0;
    for (int i = 0; i < N; i++)
        append(writer.journal,
               "{\"hr\":72,\"spo2\":97,\"resp\":16,\"in_bed\":true,\"mark\":123456}");
    door_says(&writer, "last");
    uint64_t segment = 0;
    while (merge_next(tail, 2000 + n, &merge) == 0) {
        assert_true(merge.n_records <= MAX_MERGE_RECORDS);
        assert_int_equal(merge.from.offset / SEGMENT, (merge.end - 1) / SEGMENT);
        assert_true(merge.from.offset / SEGMENT >= segment);
        segment = merge.from.offset / SEGMENT;
        n += merge.n_records;
        n_merges++;
    }
    assert_int_equal(n, N + 1);
    assert_true(segment >= 1);
    assert_true(n_merges >= N / MAX_MERGE_RECORDS);
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_start_goes_on_at_the_cursor(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    struct door_cursor cursor;
    door_says(&writer, "a");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_true(door_tail_cursor(tail, &cursor));
    door_tail_close(tail);
    door_says(&writer, "b");
    tail = tailing(&cursor);
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 1);
    assert_int_equal(merge.from.offset, cursor.next.offset);
    door_tail_close(tail);
    door_closed(&writer);
}

/* ---- the writer begins anew ---- */

static void a_writer_that_comes_back_is_followed(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    door_says(&writer, "a");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    door_closed(&writer);
    writer = door_opened();
    door_says(&writer, "b");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 1);
    assert_int_equal(merge.from.epoch, 1);
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_torn_end_is_another_epoch_and_told(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    door_says(&writer, "a");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    uint64_t torn = append(writer.journal, "torn").offset;
    door_closed(&writer);
    spoil(FIRST, torn + 30, 1);
    writer = door_opened();
    door_says(&writer, "b");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.from.epoch, 2);
    assert_int_equal(merge.n_records, 2); /* that it was recovered, and "b" */
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    door_tail_close(tail);
    door_closed(&writer);
}

/* ---- what is not there ---- */

static void damage_is_told_and_passed(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct merge merge;
    struct cw_error err = {""};
    char filler[3000];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    door_says(&writer, "a");
    uint64_t bad = door_says(&writer, "bad").offset;
    while (journal_end(writer.journal).offset < SEGMENT + 100)
        append(writer.journal, filler);
    door_says(&writer, "behind");
    spoil(FIRST, bad + 30, 1);
    struct door_tail *tail = tailing(NULL);
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 1);
    assert_int_equal(door_tail_next(tail, 0, &merge, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "damaged"));
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_true(merge.from.offset >= SEGMENT);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    door_tail_close(tail);
    door_closed(&writer);
}

static void another_journal_in_the_folder_is_read_from_its_beginning(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    struct door_cursor cursor;
    struct cw_error err = {""};
    door_says(&writer, "a");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_true(door_tail_cursor(tail, &cursor));
    door_tail_close(tail);
    door_closed(&writer);
    assert_int_equal(remove_dir(NULL), 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    writer = door_opened();
    door_says(&writer, "x");
    door_says(&writer, "y");
    tail = tailing(&cursor);
    assert_int_equal(door_tail_next(tail, 0, &merge, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "another journal"));
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.from.offset, SEGMENT_HEADER);
    assert_int_equal(merge.n_records, 2);
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_folder_that_was_replaced_is_noticed(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    assert_true(door_tail_is_there(tail));
    assert_int_equal(remove_dir(NULL), 0);
    assert_false(door_tail_is_there(tail));
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_false(door_tail_is_there(tail));
    door_tail_close(tail);
    door_closed(&writer);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct door_tail *tail;
    struct cw_error err = {""};
    assert_int_equal(remove_dir(NULL), 0);
    assert_int_equal(door_tail_open(&tail, "city", dir, NULL, (struct position){1, 64}, &err),
                     -ENOENT);
    assert_null(tail);
    assert_non_null(strstr(err.text, "city"));
    assert_int_equal(mkdir(dir, 0700), 0);
}

/* ---- clearing away ---- */

static void fill_segments(struct door_writer *writer, unsigned n)
{
    char filler[3000];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    while (journal_end(writer->journal).offset < (uint64_t)n * SEGMENT + 100)
        append(writer->journal, filler);
    door_says(writer, "last");
}

static void only_what_everybody_has_passed_is_deleted(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    struct position after;
    fill_segments(&writer, 3);
    uint64_t behind[4] = {0}, at = 2000;
    while (merge_next(tail, at, &merge) == 0) {
        uint64_t *first = &behind[merge.from.offset / SEGMENT];
        *first = *first ? *first : at;
        at += 100;
    }
    assert_true(behind[3] != 0);
    /* The first is needed until the first merge record of the second is passed. */
    assert_int_equal(trimmed_door(tail, (struct position){1, behind[1] - 1}), 0);
    assert_true(door_tail_after(tail, 1, &after));
    assert_int_equal(after.offset, behind[1]);
    assert_int_equal(trimmed_door(tail, after), 1);
    assert_false(exists(FIRST));
    assert_true(door_tail_after(tail, SEGMENT + 1, &after));
    assert_int_equal(after.offset, behind[3]);
    /* Never the one that is read, whatever is passed. */
    assert_int_equal(trimmed_door(tail, (struct position){9, 0}), 2);
    assert_true(exists("0000000000030000.seg"));
    door_tail_close(tail);
    door_closed(&writer);
}

static void what_an_earlier_run_merged_goes_once_this_one_is_passed(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    struct door_cursor cursor;
    fill_segments(&writer, 2);
    while (merge_next(tail, 2000, &merge) == 0)
        ;
    assert_true(door_tail_cursor(tail, &cursor));
    door_tail_close(tail);
    tail = tailing(&cursor); /* begun at 1.1000 */
    door_says(&writer, "more");
    assert_int_equal(merge_next(tail, 3000, &merge), 0);
    assert_int_equal(trimmed_door(tail, (struct position){1, 999}), 0);
    assert_int_equal(trimmed_door(tail, (struct position){1, 1000}), 2);
    assert_true(exists("0000000000020000.seg"));
    door_tail_close(tail);
    door_closed(&writer);
}

/* ---- waiting ---- */

static void the_writer_wakes_who_sleeps_and_nobody_else(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    char byte;
    door_says(&writer, "a"); /* nobody sleeps */
    assert_int_equal(read(writer.fifo, &byte, 1), -1);
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    assert_true(door_tail_sleep(tail));
    door_says(&writer, "b");
    door_says(&writer, "c");
    assert_int_equal(read(door_tail_fd(tail), &byte, 1), 1); /* one byte for both */
    assert_int_equal(read(door_tail_fd(tail), &byte, 1), -1);
    door_tail_awake(tail);
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge.n_records, 2);
    door_tail_close(tail);
    door_closed(&writer);
}

static void nobody_falls_asleep_over_something_new(void **state)
{
    (void)state;
    struct door_writer writer = door_opened();
    struct door_tail *tail = tailing(NULL);
    struct merge merge;
    door_says(&writer, "a");
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    door_says(&writer, "in between");
    assert_false(door_tail_sleep(tail));
    assert_int_equal(merge_next(tail, 2000, &merge), 0);
    assert_int_equal(merge_next(tail, 2000, &merge), -ENODATA);
    assert_true(door_tail_sleep(tail));
    door_tail_close(tail);
    door_closed(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_is_synced_is_merged_once),
        ON_DISK(what_is_not_synced_waits),
        ON_DISK(a_stretch_that_was_not_merged_comes_again),
        ON_DISK(a_stretch_is_bounded_and_within_one_segment),
        ON_DISK(a_start_goes_on_at_the_cursor),
        ON_DISK(a_writer_that_comes_back_is_followed),
        ON_DISK(a_torn_end_is_another_epoch_and_told),
        ON_DISK(damage_is_told_and_passed),
        ON_DISK(another_journal_in_the_folder_is_read_from_its_beginning),
        ON_DISK(a_folder_that_was_replaced_is_noticed),
        ON_DISK(a_folder_that_is_not_there_is_said),
        ON_DISK(only_what_everybody_has_passed_is_deleted),
        ON_DISK(what_an_earlier_run_merged_goes_once_this_one_is_passed),
        ON_DISK(the_writer_wakes_who_sleeps_and_nobody_else),
        ON_DISK(nobody_falls_asleep_over_something_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
