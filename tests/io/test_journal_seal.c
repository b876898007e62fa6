/*
 * test_journal_seal.c - compressed segments read like the others, by whoever reads them, and
 * a crash or damage at any point of it loses nothing that was not lost anyway.
 */
#include <errno.h>

#include "io/journal_dir.h"

#define SECOND "0000000000010000.seg"

/* Four segments of two records each: "0" to "7", padded. */
static struct journal *filled(void)
{
    static char large[SEGMENT / 2 - 200];
    struct journal *journal = opened();
    for (int i = 0; i < 8; i++) {
        memset(large, ' ', sizeof(large) - 1);
        large[0] = (char)('0' + i);
        append_and_sync(journal, large);
    }
    return journal;
}

static uint32_t seal_all(struct journal *journal)
{
    uint64_t base, bytes;
    uint32_t n = 0;
    while (journal_seal_next(journal, &base)) {
        int rc = journal_seal(journal, base, &bytes);
        journal_sealed(journal, base, rc, bytes);
        n += rc == 0;
    }
    return n;
}

/* The first letters of what is in it; "!" for damage. */
static const char *letters(struct journal *journal)
{
    static char text[100];
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record;
    struct position at;
    struct cw_error err;
    size_t n = 0;
    int rc;
    while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
        if (rc || record.kind == RECORD_MESSAGE)
            text[n++] = rc ? '!' : record.payload.p[0];
        assert_true(n < sizeof(text));
    }
    text[n] = '\0';
    journal_reader_close(reader);
    return text;
}

static uint64_t size_of(const char *name)
{
    char path[128];
    struct stat file;
    path_of(path, name);
    assert_int_equal(stat(path, &file), 0);
    return (uint64_t)file.st_size;
}

static void sealed_segments_read_like_the_others(void **state)
{
    (void)state;
    struct journal_stat before, after;
    struct journal *journal = filled();
    journal_stat(journal, &before);
    assert_int_equal(seal_all(journal), 2); /* not the last two */
    assert_false(exists(FIRST) || exists(SECOND));
    assert_true(size_of(FIRST ".zst") < SEGMENT / 10);
    journal_stat(journal, &after);
    assert_int_equal(before.bytes - after.bytes,
                     2 * SEGMENT - size_of(FIRST ".zst") - size_of(SECOND ".zst"));
    assert_string_equal(letters(journal), "01234567");
    journal_close(journal);
    assert_string_equal(letters(NULL), "01234567");
    journal = opened();
    struct journal_stat again;
    journal_stat(journal, &again);
    assert_int_equal(again.bytes, after.bytes);
    assert_int_equal(again.n_segments, 4);
    assert_int_equal(journal_end(journal).epoch, 1);
    assert_int_equal(seal_all(journal), 0);
    assert_string_equal(letters(journal), "01234567");
    assert_int_equal(trimmed(journal, (struct position){1, SEGMENT}), 1);
    assert_false(exists(FIRST ".zst"));
    assert_string_equal(letters(journal), "234567");
    journal_close(journal);
}

static void a_reader_starts_within_a_sealed_segment(void **state)
{
    (void)state;
    struct journal *journal = filled();
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record;
    struct position at, second;
    assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    second = journal_reader_position(reader);
    assert_int_equal(seal_all(journal), 2); /* under a reader that has it mapped */
    assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    assert_int_equal(record.payload.p[0], '1');
    journal_reader_close(reader);
    reader = reading(journal, second);
    assert_int_equal(journal_reader_next(reader, &record, &at, NULL), 0);
    assert_int_equal(record.payload.p[0], '1');
    assert_int_equal(position_cmp(at, second), 0);
    journal_reader_close(reader);
    journal_close(journal);
}

static void copy_file(const char *from, const char *to)
{
    char command[300];
    (void)snprintf(command, sizeof(command), "cp '%s/%s' '%s/%s'", dir, from, dir, to);
    assert_int_equal(system(command), 0);
}

/* Cut off between the two names: the uncompressed one counts, and it is sealed again. */
static void both_names_are_one_segment(void **state)
{
    (void)state;
    struct journal *journal = filled();
    copy_file(FIRST, "kept");
    assert_int_equal(seal_all(journal), 2);
    journal_close(journal);
    copy_file("kept", FIRST);
    spoil(FIRST ".zst", 100, 20);
    journal = opened();
    struct journal_stat stat;
    journal_stat(journal, &stat);
    assert_int_equal(stat.n_segments, 4);
    assert_string_equal(letters(journal), "01234567");
    assert_int_equal(seal_all(journal), 1);
    assert_string_equal(letters(journal), "01234567");
    journal_close(journal);
    assert_false(exists(FIRST));
}

static void a_damaged_one_is_said_and_passed_over(void **state)
{
    (void)state;
    static const struct {
        uint64_t at;
        size_t n;
    } rows[] = {{0, 4}, {4, 8}, {30, 1}, {60, 8}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct journal *journal = filled();
        assert_int_equal(seal_all(journal), 2);
        journal_close(journal);
        spoil(FIRST ".zst", rows[i].at, rows[i].n);
        journal = opened();
        const char *text = letters(journal);
        if (strcmp(text, "!234567") != 0)
            fail_msg("row %zu: %s", i, text);
        journal_close(journal);
        assert_int_equal(remove_dir(NULL), 0);
        assert_int_equal(make_dir(NULL), 0);
    }
}

static void a_damaged_segment_is_not_sealed(void **state)
{
    (void)state;
    struct journal *journal = filled();
    spoil(FIRST, 200, 1);
    assert_int_equal(seal_all(journal), 1);
    assert_true(exists(FIRST) && !exists(FIRST ".zst"));
    assert_false(exists("seal.tmp"));
    assert_string_equal(letters(journal), "!234567");
    journal_close(journal);
}

static void a_record_of_a_sealed_segment_is_redacted(void **state)
{
    (void)state;
    struct journal *journal = filled();
    struct cw_error err = {""};
    assert_int_equal(seal_all(journal), 2);
    struct position first = {1, SEGMENT_HEADER};
    assert_int_equal(journal_redact(journal, first, "admin", 1, &err), 0);
    assert_true(exists(FIRST) && !exists(FIRST ".zst"));
    assert_string_equal(letters(journal), "#1234567");
    assert_int_equal(seal_all(journal), 1);
    assert_string_equal(letters(journal), "#1234567");
    journal_close(journal);
}

static void what_is_trimmed_while_it_is_sealed_is_gone(void **state)
{
    (void)state;
    struct journal *journal = filled();
    uint64_t base, bytes;
    assert_true(journal_seal_next(journal, &base));
    int rc = journal_seal(journal, base, &bytes);
    assert_int_equal(rc, 0);
    assert_int_equal(trimmed(journal, (struct position){1, SEGMENT}), 1);
    journal_sealed(journal, base, rc, bytes);
    assert_false(exists(FIRST) || exists(FIRST ".zst"));
    assert_string_equal(letters(journal), "234567");
    journal_close(journal);
}

/* All behind it are gone: a sealed segment is gone on with. */
static void a_sealed_one_can_become_the_last(void **state)
{
    (void)state;
    struct journal *journal = filled();
    assert_int_equal(seal_all(journal), 2);
    journal_close(journal);
    char path[128];
    path_of(path, "0000000000020000.seg");
    assert_int_equal(unlink(path), 0);
    path_of(path, "0000000000030000.seg");
    assert_int_equal(unlink(path), 0);
    journal = opened();
    append_and_sync(journal, "x");
    assert_string_equal(letters(journal), "0123x");
    journal_close(journal);
    assert_string_equal(letters(NULL), "0123x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(sealed_segments_read_like_the_others),
        ON_DISK(a_reader_starts_within_a_sealed_segment),
        ON_DISK(both_names_are_one_segment),
        ON_DISK(a_damaged_one_is_said_and_passed_over),
        ON_DISK(a_damaged_segment_is_not_sealed),
        ON_DISK(a_record_of_a_sealed_segment_is_redacted),
        ON_DISK(what_is_trimmed_while_it_is_sealed_is_gone),
        ON_DISK(a_sealed_one_can_become_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
