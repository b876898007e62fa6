/*
 * journal_file.h - the journal on disk: appended by several threads, synced by one of its
 * own, read through read-only maps by whoever opens a reader.
 *
 * The gate: the fold reads only up to journal_synced(), so nothing derived from a record
 * leaves the program before that record is on the disk.
 *
 *   sync class    who                                  how soon
 *   SYNC_LATER    telemetry, ticks                     within sync_interval (journal_sync.c)
 *   SYNC_NOW      events, status, rosters, commands    at once, grouped
 *
 * Directory: "%016llx.seg" by base offset (".seg.zst" when it is compressed), "lock" (fcntl),
 * "spare" and "reserve" (made ready), "*.seg.damaged" (what a recovery set aside).
 *
 * After a failed write or sync nothing more is taken (journal_failed()), and a link "failed"
 * remembers up to where it was synced: the next journal_open() copies what is before that, and
 * every record behind it up to the first that cannot be read, into a new file and sets the old
 * one aside, for the kernel may show pages that the disk never got.
 */
#ifndef IO_JOURNAL_FILE_H
#define IO_JOURNAL_FILE_H

#include "core/journal/record.h"

struct journal;
struct journal_reader;

enum sync_class { SYNC_LATER, SYNC_NOW };

struct journal_options {
    const char *dir;
    int64_t segment_bytes; /* default 64 MiB; at most a quarter of the quota */
    int64_t quota_bytes;   /* all segments together; beyond it telemetry is refused. 0: none */
    int64_t reserve_bytes; /* kept for SYNC_NOW records when quota or disk are exhausted */
    int64_t sync_interval_ns;
    /* Another process, of this group, reads it and deletes the segments that it needs no more:
     * their room is looked for before the quota refuses anything. */
    bool shared;
    /* Called by the sync thread after every successful sync (and once on failure): must only
     * wake the loop (uv_async_send). */
    void (*synced)(void *ctx);
    void *ctx;
    /* How far a snapshot already covers, zero: none. Only its epoch matters: the journal's is
     * greater even when all segments are lost. The last segment is scanned whole. */
    struct position scan_from;
};

/* Opens or creates, takes the lock, recovers (cuts a torn tail, sets it aside, bumps the epoch
 * and appends a RECORD_DISK {"state":"recovered","segment","cut_at","cut_bytes"} if it did;
 * with "why":"failed" when the last run ended by journal_failed()),
 * starts the sync thread. 0, -EWOULDBLOCK (another instance), other negative errno; err. */
int journal_open(struct journal **journal, const struct journal_options *options,
                 struct cw_error *err);
/* Syncs and closes. NULL is fine. */
void journal_close(struct journal *journal);

/* Any thread. Stamps arrived_ns: max(last + 1, now_ns). record->arrived_ns is not used. `at`
 * may be NULL. 0, -ENOSPC (quota or disk: nothing was written), -EMSGSIZE, -EIO (failed). */
int journal_append(struct journal *journal, const struct record *record, int64_t now_ns,
                   enum sync_class sync, struct position *at)
    __attribute__((warn_unused_result));
/* Blocks until everything up to and including `at` is synced. Any thread but the loop. 0 or
 * -EIO. */
int journal_wait(struct journal *journal, struct position at)
    __attribute__((warn_unused_result));
/* The end of what is synced: records before it may be read and acted on. Any thread. */
struct position journal_synced(const struct journal *journal);
struct position journal_end(const struct journal *journal); /* of what is appended */
/* Arrival time for journal_append(): the wall clock as it was at journal_open(), moved on by
 * CLOCK_BOOTTIME, never before the last record. A wall clock that is set does not move it. */
int64_t journal_now(const struct journal *journal);
int64_t journal_last_arrived_ns(const struct journal *journal);
/* Wall minus boot clock as it was at journal_open(): which clock arrival times are of. */
int64_t journal_wall_offset_ns(const struct journal *journal);
bool journal_failed(const struct journal *journal);
struct journal_stat {
    uint64_t n_segments, bytes, n_appended, n_syncs, n_refused;
    int64_t sync_p99_ns; /* of the last 512 fdatasync */
    uint32_t epoch;
    uint64_t first_offset;
    uint64_t room;   /* bytes of the current segment that are not used yet; part of `bytes` */
    bool on_reserve; /* quota or disk are used up: only SYNC_NOW is taken */
    bool reserve_ready; /* the reserve lies ready */
    uint64_t disk_bytes,
        disk_free_bytes; /* of its file system, seen once a second; 0 unknown */
};
void journal_stat(const struct journal *journal, struct journal_stat *stat);
/* Where the first segment begins behind the oldest `bytes` bytes: what journal_trim() needs to
 * free as much. At most the current segment. 0 or negative errno. Loop. */
int journal_after(const struct journal *journal, uint64_t bytes, struct position *at)
    __attribute__((warn_unused_result));
/* Takes whole segments that end before `before` off the books and into the grave, whose files
 * are removed by journal_grave_fill(). Loop. How many went; 0: nothing has to be filled. */
struct journal_grave;
uint32_t journal_trim(struct journal *journal, struct position before,
                      struct journal_grave *grave);
/* Compressing what nobody writes to any more, in three steps: the oldest segment that is not
 * yet, whole, synced, and not one of the last two (loop; false: none); the work (any thread;
 * 0 or negative errno, then nothing has changed); what came of it (loop). One at a time, and no
 * journal_redact() in between. */
bool journal_seal_next(struct journal *journal, uint64_t *base);
int journal_seal(const struct journal *journal, uint64_t base, uint64_t *bytes)
    __attribute__((warn_unused_result));
void journal_sealed(struct journal *journal, uint64_t base, int rc, uint64_t bytes);
/* Overwrites the payload of a record with '#' at equal length, flags it RECORD_REDACTED and
 * appends who did it (RECORD_REDACT). Blocks. 0; -ENOENT (no record begins there), -EBUSY (in
 * the current segment), other negative errno, with err. */
int journal_redact(struct journal *journal, struct position at, const char *by, int64_t now_ns,
                   struct cw_error *err);

/* The next record begins a new segment, so that what is there now can be patched. 0 or negative
 * errno. Any thread. */
int journal_roll(struct journal *journal) __attribute__((warn_unused_result));
/* Another payload of equal length for the record at a position. */
struct journal_patch {
    struct position at;
    struct cw_str payload;
};
/* The same for many records of one segment, which is written anew once: they get the payloads
 * of the patches, in order of position. Blocks; any thread but the loop, with no sealing and no
 * trimming meanwhile. */
int journal_patch(struct journal *journal, const struct journal_patch *patch, size_t n,
                  const char *by, int64_t now_ns, struct cw_error *err);
/* The segment a position is in: its base; UINT64_MAX when there is none. Any thread. */
uint64_t journal_segment_at(struct journal *journal, struct position at);

/* A reader of a live journal (up to journal_synced(); dir is not used) or, with journal NULL,
 * of a directory (read-only, takes no lock, up to the last whole record). Starts at `from`;
 * zero: oldest. 0, -ESTALE (that position is trimmed, or not of this journal), other negative
 * errno, with err. */
int journal_reader_open(struct journal_reader **reader, struct journal *journal,
                        const char *dir, struct position from, struct cw_error *err);
void journal_reader_close(struct journal_reader *reader);
/* 0; -ENODATA when there is nothing more for now; -EBADMSG at damage (err says segment and
 * offset; the next call continues with the next segment); another one, with err, when the next
 * segment cannot be opened for want of descriptors, memory or room: the next call tries again.
 * The record is borrowed until the next call or close; at least SEGMENT_TAIL bytes behind it
 * are readable. */
int journal_reader_next(struct journal_reader *reader, struct record *record,
                        struct position *at, struct cw_error *err);
/* Was the last -EBADMSG no damage: a directory was read beside the daemon, which took the
 * oldest segments away before they were read? */
bool journal_reader_passed_removed(const struct journal_reader *reader);
/* Want of descriptors, memory or room: it says nothing of the file, so what is in it must not
 * be passed over. */
bool journal_error_passes(int rc);
/* Where the next record will be read. */
/* The topic of the n-th record behind the one that was read last; borrowed until the next
 * call of the reader. False when the segment has no such record yet, or it was asked for
 * before. Not checked, for what only wants to be early. */
bool journal_reader_ahead(struct journal_reader *reader, uint32_t n, struct cw_str *topic);
struct position journal_reader_position(const struct journal_reader *reader);
/* The segment of the record that was read last; zeros: none. When it was made tells two
 * journals apart that have the same positions. */
struct segment_header journal_reader_segment(const struct journal_reader *reader);

#endif
