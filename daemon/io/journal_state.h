/*
 * journal_state.h - what an open journal consists of. Private to journal_*.c.
 *
 *   appenders --mutex--> current segment --> end
 *                              | fdatasync, without the mutex
 *   sync thread ---------------+-----------> synced --> readers
 *
 * Two files lie ready beside the segments: "spare" becomes the next one (making 64 MiB takes
 * milliseconds, a rename does not), "reserve" the last one when quota or disk are exhausted:
 * from then on only SYNC_NOW records are taken, until a usual segment can be made again.
 */
#ifndef IO_JOURNAL_STATE_H
#define IO_JOURNAL_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "io/journal_file.h"
#include "io/journal_segment.h"

#define N_SYNC_TIMES 512
#define JOURNAL_FAILED_MARK "failed" /* a link to the text of a position */

/* Of the file system it lies on, for those who look after the machine. */
struct journal_disk {
    uint64_t bytes, free_bytes; /* free for us; 0 unknown */
    int64_t seen_ns;            /* monotonic */
};

struct journal {
    struct journal_options options; /* dir is a copy */
    int dir_fd, lock_fd;
    uint32_t epoch; /* does not change while it is open */

    _Atomic uint64_t end, synced; /* offsets; written under the mutex, read by anyone */
    _Atomic int64_t last_arrived_ns;
    _Atomic bool failed;

    pthread_mutex_t mutex;     /* for all that follows */
    pthread_cond_t wake, done; /* the sync thread; those in journal_wait() */
    pthread_t thread;
    bool thread_runs, idle, sync_wanted, stopping;

    struct segment *segment; /* the last one is the current one */
    size_t n_segments, cap_segments;
    uint64_t total_bytes;   /* of all segments */
    int fd;                 /* of the current segment */
    uint64_t used;          /* bytes of the current segment */
    bool over_quota;        /* quota or disk are used up: only SYNC_NOW is taken */
    int64_t retry_ns;       /* monotonic: no new segment is tried before */
    int64_t look_ns;        /* shared: monotonic, not looked for deleted segments before */
    int64_t wall_offset_ns; /* wall minus boot clock when the journal was opened */

    int spare_fd, reserve_fd; /* -1: not there */
    int64_t prepare_retry_ns; /* monotonic */
    int *sealed;              /* full segments the sync thread has to sync and close */
    size_t n_sealed, cap_sealed;
    bool dir_dirty; /* names changed since the directory was synced */

    char *scratch; /* the record being written */
    size_t cap_scratch;
    uint64_t n_appended, n_syncs, n_refused;
    struct journal_disk disk;
    int64_t sync_began_ns; /* monotonic: the last one */
    int64_t sync_ns[N_SYNC_TIMES];
};

/* The rest is called with the mutex held, or before the thread runs. */

struct segment *journal_current(struct journal *journal);
/* segment_create() for this journal. */
int journal_make_file(const struct journal *journal, const char *name, uint64_t bytes);
/* Shared: what the other process has deleted gives room. Never the current one. */
void journal_forget_deleted(struct journal *journal);
/* The open file `name` becomes the current segment, with a header. 0 or negative errno. */
int journal_begin_segment(struct journal *journal, const char *name, int fd, uint64_t base,
                          uint64_t bytes, int64_t now_ns);
/* Finds what is there and makes it fit to go on with. */
int journal_recover(struct journal *journal, int64_t now_ns, struct cw_error *err);

/* journal_sync.c */
int journal_sync_start(struct journal *journal);
void journal_sync_stop(struct journal *journal);
/* Tells the sync thread that there is something new. */
void journal_sync_wake(struct journal *journal, enum sync_class sync);

#endif
