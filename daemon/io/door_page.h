/*
 * door_page.h - what the two sides of a door share beside its journal: one page of memory and
 * a pipe. The writer is in the broker (plugins/mosquitto_door.c), the reader is the daemon.
 *
 *   DIR/page   how far the journal is synced (the reader reads no further), which clock its
 *              arrival times are of, how full it is, what was counted; and whether the reader
 *              sleeps
 *   DIR/wake   a FIFO: the writer puts a byte into it when it has synced something and the
 *              reader sleeps; nobody polls, and a busy reader costs the writer nothing
 *   DIR/lock   the journal's own: while somebody holds it, the door is open
 *
 * Either side makes what is not there. After a crash the page may be older than the journal,
 * never newer: it is told after the sync. Its numbers are the other side's word, no more: the
 * reader checks every record, and a byte too many only wakes it.
 *
 * Falling asleep and waking cannot miss each other: the reader first says that it sleeps and
 * then looks once more; the writer first says how far it is and then looks whether one sleeps.
 */
#ifndef IO_DOOR_PAGE_H
#define IO_DOOR_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/journal/record.h"

#define DOOR_PAGE_BYTES 4096u

struct door_page {
    char magic[8];
    uint32_t version;
    _Atomic uint32_t epoch; /* of the journal, while its writer has it open */
    _Atomic uint64_t synced;
    _Atomic uint32_t asleep; /* the reader waits at the FIFO */
    /* What was written by the present writer begins here, and its arrival times are boot
     * clock plus this. */
    _Atomic uint32_t opened_epoch;
    _Atomic uint64_t opened_offset;
    _Atomic int64_t wall_offset_ns;
    _Atomic int64_t quota_bytes, segment_bytes;
    _Atomic uint32_t on_reserve; /* quota or disk are used up */
    _Atomic uint32_t failed;     /* a write or sync failed, the journal is being renewed */
    _Atomic uint32_t roll;       /* asked of the writer: to begin a new segment */
    /* Since the present writer began. */
    _Atomic uint64_t n_telemetry, n_events; /* taken */
    _Atomic uint64_t n_refused;             /* not acknowledged: no room, or failed */
    _Atomic uint64_t n_dropped;             /* the same at QoS 0: nobody has them any more */
    _Atomic uint64_t n_wrong_site;          /* spoke for another site than its user */
    _Atomic uint64_t n_wakes;
};

/* Opens or makes DIR/page. 0; -ENOTSUP (of another version) or other negative errno. */
int door_page_open(int dir_fd, struct door_page **page);
void door_page_close(struct door_page *page); /* NULL is fine */
/* Opens or makes DIR/wake, never blocking, both ends: no signal when the other side is not
 * there. Its descriptor or negative errno. */
int door_fifo_open(int dir_fd);

/* ---- the writer ---- */

/* A journal was opened: it is synced up to here, and from here on written by us. */
void door_page_begin(struct door_page *page, struct position synced, int64_t wall_offset_ns);
/* It is synced up to here; wakes the reader if it sleeps. */
void door_page_synced(struct door_page *page, struct position synced, int fifo);

/* ---- the reader ---- */

/* Records before this may be read. False: no writer has opened the journal yet. */
bool door_page_end(const struct door_page *page, struct position *end);
/* True: it sleeps, there is nothing behind `upto`. False: there is, and it is awake. */
bool door_page_sleep(struct door_page *page, struct position upto);
/* Awake: takes what is in the FIFO. */
void door_page_awake(struct door_page *page, int fifo);

#endif
