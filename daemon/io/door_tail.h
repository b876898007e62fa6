/*
 * door_tail.h - the daemon's end of a door: what its writer has synced is read ahead, cut into
 * stretches for merge records, and deleted once nobody needs it.
 *
 *   writer   [seg][seg][seg....................]
 *                  |      |         |           end: written
 *                  |      |         synced: may be read (io/door_page.h)
 *                  |      next: up to here there are merge records
 *                  first: kept; what is before it snapshot, store and database have passed
 *
 * A stretch lies within one segment, is bounded (core/journal/merge.h), and holds whole records
 * whose checksums were good when it was cut. Which records of the daemon's journal name which
 * segment is known since the start; of what was merged before that only that it lies before
 * where the fold began.
 *
 * No loop and no journal in here: doors.c appends the merge records and waits at the FIFO.
 */
#ifndef IO_DOOR_TAIL_H
#define IO_DOOR_TAIL_H

#include <stdbool.h>

#include "core/journal/merge.h"
#include "io/merge_reader.h"

struct door_tail;
struct journal_grave;

/* The door in `dir`, from the fold's cursor on (NULL: from its oldest record). `begun` is
 * the end of the daemon's journal: what is merged already is kept until that is passed. 0;
 * -ENOENT (not there yet); other negative errno, with err. */
int door_tail_open(struct door_tail **tail, const char *name, const char *dir,
                   const struct door_cursor *cursor, struct position begun,
                   struct cw_error *err);
void door_tail_close(struct door_tail *tail); /* NULL is fine */
/* Up to where there are merge records; false: none yet. */
bool door_tail_cursor(const struct door_tail *tail, struct door_cursor *cursor);

/* Whether somebody has the journal open for writing. */
bool door_tail_is_written(const struct door_tail *tail);
/* False: another folder has the name now, or none. */
bool door_tail_is_there(const struct door_tail *tail);

/* The next stretch, with the clock of the daemon's journal (journal_wall_offset_ns()). 0;
 * -ENODATA: nothing is synced that is not merged. -EBADMSG with err: something cannot be read,
 * the next call goes on behind it. */
int door_tail_next(struct door_tail *tail, int64_t wall_offset_ns, struct merge *merge,
                   struct cw_error *err) __attribute__((warn_unused_result));
/* The stretch is in the daemon's journal, before `behind`. Without this the next
 * door_tail_next() gives it again. */
void door_tail_merged(struct door_tail *tail, const struct merge *merge,
                      struct position behind);
/* Takes the segments that a fold begun at `before`, or behind it, does not read any more off
 * the books and into the grave (journal_grave.h). How many went; 0: nothing to fill. */
uint32_t door_tail_trim(struct door_tail *tail, struct position before,
                        struct journal_grave *grave);
/* What door_tail_trim() needs to free the door's oldest `bytes` bytes. False: they are not
 * merged yet. */
bool door_tail_after(const struct door_tail *tail, uint64_t bytes, struct position *at);

/* Waiting: false when there is something to merge. */
bool door_tail_sleep(struct door_tail *tail);
void door_tail_awake(struct door_tail *tail);
int door_tail_fd(const struct door_tail *tail); /* the FIFO */

struct door_tail_stat {
    uint64_t bytes;     /* from the first segment on to what is synced */
    uint64_t lag_bytes; /* synced and not merged */
    uint64_t quota_bytes, segment_bytes;
    bool on_reserve, failed;
    uint64_t n_telemetry, n_events, n_refused, n_dropped, n_wrong_site, n_wakes;
    uint64_t n_merges, n_records; /* merged since the start */
};
void door_tail_stat(const struct door_tail *tail, struct door_tail_stat *stat);

#endif
