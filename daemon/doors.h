/*
 * doors.h - brokers beside the daemon that write a journal of their own ("doors", see
 * plugins/mosquitto_door.c), and how their records become part of ours.
 *
 *   broker ─► DIR/..seg ─ synced ─► read ahead ─► RECORD_MERGE in our journal ─► fold
 *                                   (here)                                      (reads DIR)
 *
 * Why a merge record and not a copy. The fold needs one order of everything, the same in
 * every replay. That order is all that our journal adds: a record of a hundred bytes says "here
 * stand the n records of door D from X to Y". The payload is written once, by the broker and
 * before it acknowledges; at no moment is a message in neither of the two journals.
 *
 * Durability. Only what the broker has synced is merged, and the fold reads a merge record only
 * once that is synced: what is derived from a message leaves the program when both are on the
 * disk. A power cut in between takes the merge record at most; the stretch is merged again, at
 * another place, and nobody was told anything.
 *
 *   killed     what is there
 *   broker     what was acknowledged is in its file; its recovery syncs it and cuts off a torn
 *              end (another epoch); the reader is opened anew. Until it is back, what it had
 *              not synced (20 ms) waits unread
 *   daemon     the broker goes on; the next start merges what came meanwhile, behind the boot
 *              record and before the first tick
 *   both       the two above
 *
 * Order in time. No tick is appended before everything is merged that the doors had synced by
 * then: a tick lets silences be judged. While a backlog takes longer than a turn of the loop,
 * the clock of the fold waits.
 *
 * Cursors. How far each door is merged is part of the fold, so it is in every snapshot; with
 * the snapshot's rule (usable when the store has come as far) everything derived from the
 * records before it is kept. A stretch names its segment's time of creation: a folder that was
 * replaced is told from one that went on; it is read from its beginning, with an alarm.
 *
 * Clearing away. Only we delete a door's segments, whole ones, once the first merge record of
 * a later segment is before what pipeline_needed() says: then no start, no line for the
 * database and no replay from the older snapshot on reads them any more. A door's own quota,
 * which its page tells, presses like ours (quota.h). They are not compressed as ours are: all
 * of a door's files are at most its quota, they go when the snapshot before last and the
 * database have passed them (minutes, when both work), and to pack a file while another process
 * counts it and may be reading it would need the two to agree on far more than a deletion.
 */
#ifndef DOORS_H
#define DOORS_H

#include "io/door_tail.h"

struct daemon;
struct doors;
struct journal_grave;

/* Opens those that are there and begins to merge what they have. Behind pipeline_start(). */
void doors_start(struct doors **doors, struct daemon *daemon);
/* Before the journal is closed; runs no loop, the handles close with it. NULL is fine. */
void doors_stop(struct doors *doors);
/* Merges what is synced now, for a turn of the loop. True: all of it is merged. NULL: true. */
bool doors_merge(struct doors *doors);
/* Once a second: opens a door whose folder has come, closes one whose folder has gone. */
void doors_look(struct doors *doors);
/* What nobody reads any more who begins at `before`, taken off the books: a grave for each door
 * that has any, MAX_DOORS at most (io/journal_grave.h). How many graves. NULL is fine. */
size_t doors_trim(struct doors *doors, struct position before, struct journal_grave *grave);

struct door_status {
    const char *name, *dir;
    bool is_there;   /* its folder */
    bool is_written; /* by a broker, now */
    const char *why; /* it is not there; "" */
    uint64_t n_damaged;
    const char *damage; /* the last */
    struct door_tail_stat stat;
};
/* NULL: 0. */
size_t doors_status(const struct doors *doors, struct door_status *status, size_t max);
/* What has to be passed to free the oldest `bytes` bytes of door i; see door_tail_after(). */
bool doors_after(const struct doors *doors, size_t i, uint64_t bytes, struct position *at);

#endif
