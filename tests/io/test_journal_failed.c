/*
 * test_journal_failed.c - a journal whose disk refused a sync: the next start copies what was
 * synced, and behind it what can still be read, into new files and sets the old ones aside.
 */
#include <errno.h>

#include "io/journal_dir.h"
#include "io/journal_segment.h"

/* What the journal's thread leaves behind when a sync has failed. */
static void mark_failed(struct position synced)
{
    char text[POSITION_MAX], path[128];
    (void)position_format(synced, text);
    path_of(path, "failed");
    assert_int_equal(symlink(text, path), 0);
}

static uint64_t inode_of(const char *name)
{
    struct stat file;
    char path[128];
    path_of(path, name);
    assert_int_equal(stat(path, &file), 0);
    return file.st_ino;
}

/* The lengths of all messages. */
static const char *lengths(struct journal *journal)
{
    static char text[200];
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record;
    struct position at;
    struct cw_error err;
    size_t n = 0;
    int rc;
    text[0] = '\0';
    while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
        if (rc == 0 && record.kind == RECORD_MESSAGE)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%zu ", record.payload.n);
        else if (rc)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "! ");
    }
    journal_reader_close(reader);
    return text;
}

static void what_can_be_read_is_kept_in_a_new_file(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    append_and_sync(journal, "b");
    struct position synced = journal_synced(journal);
    append(journal, "acknowledged-not-synced");
    journal_close(journal);
    mark_failed(synced);
    uint64_t old = inode_of(FIRST);
    journal = opened();
    assert_string_equal(contents(journal), "a b acknowledged-not-synced ");
    assert_true(inode_of(FIRST) != old);
    assert_true(inode_of(FIRST ".damaged") == old);
    assert_false(exists("failed"));
    assert_int_equal(journal_end(journal).epoch, synced.epoch + 1);
    append_and_sync(journal, "c");
    journal_close(journal);
    journal = opened(); /* and that was that */
    assert_string_equal(contents(journal), "a b acknowledged-not-synced c ");
    assert_int_equal(journal_end(journal).epoch, synced.epoch + 1);
    journal_close(journal);
}

static void behind_the_first_that_is_damaged_nothing_is_guessed(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal), end;
    append(journal, "b");
    end = journal_end(journal);
    append(journal, "spoiled");
    append(journal, "behind-it");
    journal_close(journal);
    spoil(FIRST, end.offset + RECORD_HEADER + 2, 2);
    mark_failed(synced);
    journal = opened();
    assert_string_equal(contents(journal), "a b ");
    append_and_sync(journal, "c");
    assert_string_equal(contents(journal), "a b c ");
    journal_close(journal);
}

/* Damage that this failure did not cause is not made to look whole. */
static void what_was_synced_is_copied_as_it_is(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position first = journal_end(journal);
    append_and_sync(journal, "b");
    struct position synced = journal_synced(journal);
    append(journal, "c");
    journal_close(journal);
    spoil(FIRST, first.offset + RECORD_HEADER + 2, 2);
    mark_failed(synced);
    journal = opened();
    assert_string_equal(contents(journal), "a ");
    journal_close(journal);
}

static void of_later_segments_too(void **state)
{
    (void)state;
    static char large[SEGMENT / 2];
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal);
    append(journal, large);
    append(journal, large);
    append(journal, "z");
    journal_close(journal);
    mark_failed(synced);
    journal = opened();
    append_and_sync(journal, "b");
    assert_string_equal(lengths(journal), "1 32767 32767 1 1 ");
    journal_close(journal);
}

static void a_later_segment_without_a_header_goes_aside(void **state)
{
    (void)state;
    static char large[SEGMENT / 2];
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal);
    append(journal, large);
    append(journal, large);
    struct position last = journal_end(journal);
    journal_close(journal);
    assert_true(last.offset > SEGMENT);
    char name[SEGMENT_NAME];
    segment_name(SEGMENT, ".seg", name);
    spoil(name, 0, 7);
    mark_failed(synced);
    journal = opened();
    append_and_sync(journal, "b");
    assert_string_equal(lengths(journal), "1 32767 1 ");
    segment_name(SEGMENT, ".seg.damaged", name);
    assert_true(exists(name));
    journal_close(journal);
}

static void with_nothing_synced_it_keeps_what_there_is(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append(journal, "a");
    journal_close(journal);
    mark_failed((struct position){1, 0});
    journal = opened();
    append_and_sync(journal, "b");
    assert_string_equal(contents(journal), "a b ");
    assert_int_equal(journal_end(journal).epoch, 2);
    journal_close(journal);
}

static void a_reader_that_stood_at_the_synced_end_goes_on(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal);
    append(journal, "late");
    journal_close(journal);
    mark_failed(synced);
    journal = opened();
    append_and_sync(journal, "b");
    struct journal_reader *reader = reading(journal, synced);
    struct record record;
    struct position at;
    assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    assert_int_equal(position_cmp(at, synced), 0);
    assert_true(str_is(record.payload, "late"));
    do
        assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    while (record.kind != RECORD_MESSAGE);
    assert_true(str_is(record.payload, "b"));
    journal_reader_close(reader);
    journal_close(journal);
}

/* Cut off between the new file and the end of the mark: it is done once more. */
static void a_start_that_was_cut_off_is_done_again(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal);
    append(journal, "late");
    journal_close(journal);
    mark_failed(synced);
    journal_close(opened());
    mark_failed(synced);
    journal = opened();
    append_and_sync(journal, "b");
    assert_string_equal(contents(journal), "a late b ");
    journal_close(journal);
}

static void the_record_says_why(void **state)
{
    (void)state;
    struct journal *journal = opened();
    append_and_sync(journal, "a");
    struct position synced = journal_synced(journal);
    journal_close(journal);
    mark_failed(synced);
    journal = opened();
    append_and_sync(journal, "b");
    struct journal_reader *reader = reading(journal, synced);
    struct record record;
    struct position at;
    assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    assert_int_equal(record.kind, RECORD_DISK);
    char text[200];
    assert_true(str_copy(text, sizeof(text), record.payload));
    assert_non_null(strstr(text, "\"state\":\"recovered\""));
    assert_non_null(strstr(text, "\"why\":\"failed\",\"kept_bytes\":0"));
    journal_reader_close(reader);
    journal_close(journal);
}

static void the_position_behind_the_oldest_bytes_is_a_segments_beginning(void **state)
{
    (void)state;
    static char large[SEGMENT / 2];
    memset(large, 'x', sizeof(large) - 1);
    struct journal *journal = opened();
    for (int i = 0; i < 4; i++)
        append_and_sync(journal, large);
    static const struct {
        uint64_t bytes, offset;
    } rows[] = {{0, 0},
                {1, SEGMENT},
                {SEGMENT, SEGMENT},
                {SEGMENT + 1, 2 * SEGMENT},
                {1000 * SEGMENT, 3 * SEGMENT}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct position at;
        assert_int_equal(journal_after(journal, rows[i].bytes, &at), 0);
        assert_int_equal(at.offset, rows[i].offset);
        assert_int_equal(at.epoch, 1);
    }
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_can_be_read_is_kept_in_a_new_file),
        ON_DISK(behind_the_first_that_is_damaged_nothing_is_guessed),
        ON_DISK(what_was_synced_is_copied_as_it_is),
        ON_DISK(of_later_segments_too),
        ON_DISK(a_later_segment_without_a_header_goes_aside),
        ON_DISK(with_nothing_synced_it_keeps_what_there_is),
        ON_DISK(a_reader_that_stood_at_the_synced_end_goes_on),
        ON_DISK(a_start_that_was_cut_off_is_done_again),
        ON_DISK(the_record_says_why),
        ON_DISK(the_position_behind_the_oldest_bytes_is_a_segments_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
