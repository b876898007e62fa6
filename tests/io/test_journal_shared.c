/*
 * test_journal_shared.c - a journal that another process reads and clears away: what that
 * process needs it may read, and what it deletes is room again.
 */
#include <errno.h>

#include "io/journal_dir.h"

static struct journal *shared(void)
{
    struct journal *journal;
    struct journal_options small = options();
    struct cw_error err = {""};
    small.shared = true;
    small.quota_bytes = 4 * SEGMENT;
    if (journal_open(&journal, &small, &err) != 0)
        fail_msg("%s", err.text);
    return journal;
}

static int fill(struct journal *journal)
{
    static char text[4000];
    struct record record = message("");
    int rc;
    memset(text, 'x', sizeof(text));
    record.payload = (struct cw_str){text, sizeof(text)};
    for (int i = 0; (rc = journal_append(journal, &record, i, SYNC_LATER, NULL)) == 0; i++)
        assert_true(i < 1000);
    return rc;
}

static void remove_first(const char *name)
{
    char path[128];
    path_of(path, name);
    assert_int_equal(unlink(path), 0);
}

/* Appends until the writer has looked: it does so a few times a second. */
static void take_again(struct journal *journal)
{
    struct record record = message("again");
    int rc;
    while ((rc = journal_append(journal, &record, 1, SYNC_LATER, NULL)) == -ENOSPC)
        ;
    assert_int_equal(rc, 0);
}

static void what_the_other_process_deletes_is_room_again(void **state)
{
    (void)state;
    struct journal *journal = shared();
    struct journal_stat full, freed;
    assert_int_equal(fill(journal), -ENOSPC);
    journal_stat(journal, &full);
    assert_true(full.on_reserve);
    remove_first(FIRST);
    take_again(journal);
    journal_stat(journal, &freed);
    assert_int_equal(freed.first_offset, SEGMENT);
    assert_int_equal(freed.bytes, full.bytes);
    assert_false(freed.on_reserve);
    journal_close(journal);
}

static void what_is_urgent_goes_on_from_the_reserve_meanwhile(void **state)
{
    (void)state;
    struct journal *journal = shared();
    assert_int_equal(fill(journal), -ENOSPC);
    append_and_sync(journal, "call");
    assert_int_equal(fill(journal), -ENOSPC);
    journal_close(journal);
}

static void the_group_may_read_whatever_the_umask(void **state)
{
    (void)state;
    static const char *const names[] = {FIRST, "lock", "reserve", "0000000000010000.seg"};
    mode_t before = umask(0077);
    struct journal *journal = shared();
    assert_int_equal(fill(journal), -ENOSPC);
    umask(before);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        struct stat file;
        path_of(path, names[i]);
        assert_int_equal(stat(path, &file), 0);
        assert_int_equal(file.st_mode & 0777, 0640);
    }
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(what_the_other_process_deletes_is_room_again),
        ON_DISK(what_is_urgent_goes_on_from_the_reserve_meanwhile),
        ON_DISK(the_group_may_read_whatever_the_umask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
