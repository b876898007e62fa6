/*
 * journal_dir.h - a journal in a folder of its own for each test, with small segments, and the
 * few things every test of it does.
 */
#ifndef TESTS_JOURNAL_DIR_H
#define TESTS_JOURNAL_DIR_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/units.h"
#include "io/journal_file.h"
#include "io/journal_grave.h"

#ifndef JOURNAL_ROOT
#define JOURNAL_ROOT "/tmp"
#endif

enum { SEGMENT = 65536 };

/* Off the books, and the files with them. */
static inline uint32_t trimmed(struct journal *journal, struct position before)
{
    struct journal_grave grave;
    return journal_trim(journal, before, &grave) ? journal_grave_fill(&grave) : 0;
}

static char dir[64];

static inline int make_dir(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), JOURNAL_ROOT "/test_journal.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
    (void)state;
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

static inline struct journal_options options(void)
{
    return (struct journal_options){
        .dir = dir,
        .segment_bytes = SEGMENT,
        .quota_bytes = 64 * SEGMENT,
        .reserve_bytes = SEGMENT,
        .sync_interval_ns = NS_PER_MS,
    };
}

static inline struct journal *opened(void)
{
    struct journal *journal;
    struct journal_options usual = options();
    struct cw_error err = {""};
    int rc = journal_open(&journal, &usual, &err);
    if (rc)
        fail_msg("%s", err.text);
    return journal;
}

static inline struct record message(const char *text)
{
    return (struct record){.kind = RECORD_MESSAGE,
                           .topic = CW_STR("care/v1/s1/bed-1/telemetry"),
                           .payload = str_of(text)};
}

static inline struct position append(struct journal *journal, const char *text)
{
    struct record record = message(text);
    struct position at;
    assert_int_equal(journal_append(journal, &record, 1000, SYNC_NOW, &at), 0);
    return at;
}

static inline void append_and_sync(struct journal *journal, const char *text)
{
    assert_int_equal(journal_wait(journal, append(journal, text)), 0);
}

static inline struct journal_reader *reading(struct journal *journal, struct position from)
{
    struct journal_reader *reader;
    struct cw_error err = {""};
    int rc = journal_reader_open(&reader, journal, dir, from, &err);
    if (rc)
        fail_msg("%s", err.text);
    return reader;
}

/* All payloads of messages, in order, with a space behind each; "!" for damage. */
static inline const char *contents(struct journal *journal)
{
    static char text[8192];
    struct journal_reader *reader = reading(journal, (struct position){0, 0});
    struct record record;
    struct position at;
    struct cw_error err;
    size_t n = 0;
    int rc;
    while ((rc = journal_reader_next(reader, &record, &at, &err)) != -ENODATA) {
        struct cw_str s = rc == -EBADMSG ? CW_STR("!") : record.payload;
        if (rc == 0 && record.kind != RECORD_MESSAGE)
            continue;
        assert_true(n + s.n + 2 < sizeof(text));
        memcpy(text + n, s.p, s.n);
        n += s.n;
        text[n++] = ' ';
    }
    text[n] = '\0';
    journal_reader_close(reader);
    return text;
}

static inline void path_of(char path[128], const char *name)
{
    (void)snprintf(path, 128, "%s/%s", dir, name);
}

#define FIRST "0000000000000000.seg"
/* Changes n bytes of a file to what they are not. */
static inline void spoil(const char *name, uint64_t at, size_t n)
{
    char path[128], byte;
    path_of(path, name);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pread(fd, &byte, 1, (off_t)(at + i)), 1);
        byte = (char)~byte;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(at + i)), 1);
    }
    close(fd);
}

static inline bool exists(const char *name)
{
    char path[128];
    path_of(path, name);
    return access(path, F_OK) == 0;
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

#endif
