/*
 * door_bench.h - a door without a broker: a journal and its page as the plugin writes them, in
 * a process of its own where somebody has to hold the lock, else in this one.
 */
#ifndef TESTS_DOOR_BENCH_H
#define TESTS_DOOR_BENCH_H

#include <errno.h>
#include <stdatomic.h>

#include "core/journal/merge.h"
#include "io/door_page.h"
#include "io/door_tail.h"
#include "io/journal_dir.h"

struct door_writer {
    struct door_page *page;
    struct journal *journal;
    int fifo;
};

static inline struct door_writer door_opened(void)
{
    struct door_writer writer;
    struct journal_options small = options();
    struct cw_error err = {""};
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
    small.shared = true;
    assert_int_equal(door_page_open(dir_fd, &writer.page), 0);
    writer.fifo = door_fifo_open(dir_fd);
    assert_true(writer.fifo >= 0);
    close(dir_fd);
    small.scan_from.epoch = atomic_load(&writer.page->epoch);
    if (journal_open(&writer.journal, &small, &err) != 0)
        fail_msg("%s", err.text);
    door_page_begin(writer.page, journal_synced(writer.journal),
                    journal_wall_offset_ns(writer.journal));
    return writer;
}

static inline void door_told(struct door_writer *writer)
{
    door_page_synced(writer->page, journal_synced(writer->journal), writer->fifo);
}

/* Appends, syncs and says so. */
static inline struct position door_says(struct door_writer *writer, const char *text)
{
    struct position at = append(writer->journal, text);
    assert_int_equal(journal_wait(writer->journal, at), 0);
    door_told(writer);
    return at;
}

static inline void door_closed(struct door_writer *writer)
{
    journal_close(writer->journal);
    door_page_close(writer->page);
    close(writer->fifo);
}

static inline struct door_tail *tailing(const struct door_cursor *cursor)
{
    struct door_tail *tail;
    struct cw_error err = {""};
    if (door_tail_open(&tail, "city", dir, cursor, (struct position){1, 1000}, &err) != 0)
        fail_msg("%s", err.text);
    return tail;
}

#endif
