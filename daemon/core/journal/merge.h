/*
 * merge.h - in which order several journals became one: the payload of a RECORD_MERGE. Pure.
 *
 * A broker beside the daemon writes a journal of its own, a "door" (plugins/mosquitto_door.c).
 * What came through it is not written a second time: a merge record in the daemon's journal
 * names a stretch of the door's, and stands for its records, in their order, at this place.
 *
 *   daemon's   ... tick  event  MERGE(city 1.64-1.900, 7 records)  tick ...
 *   door's     [7 records between 64 and 900][...]
 *
 *   {"source":"city","epoch":1,"offset":64,"end":900,"records":7,"created_ns":..,"shift_ns":0}
 *
 * The stretch lies within one segment of the door's, the one that was made at `created_ns`, so
 * that it is never mistaken for one of another journal with the same positions. `shift_ns`
 * brings the arrival times, which are of the broker's clock, to the daemon's; none is later
 * than the merge itself. So a replay needs the two journals and no clock.
 */
#ifndef CORE_JOURNAL_MERGE_H
#define CORE_JOURNAL_MERGE_H

#include "base/buf.h"
#include "core/journal/record.h"

#define MAX_DOOR_NAME 31u
#define MAX_DOORS 16u
/* A stretch is applied in one go, between two looks at the clock. */
#define MAX_MERGE_RECORDS 256u
#define MAX_MERGE_BYTES (256u << 10)

struct merge {
    char source[MAX_DOOR_NAME + 1];
    struct position from;
    uint64_t end; /* offset behind the last record */
    uint32_t n_records;
    int64_t created_ns; /* of the segment */
    int64_t shift_ns;
};

void merge_write(const struct merge *merge, struct buf *out);
/* 0 or -EINVAL. */
int merge_read(struct cw_str payload, struct merge *merge);
/* When a record of the stretch arrived, by the daemon's clock. */
int64_t merge_arrived_ns(const struct merge *merge, const struct record *record,
                         int64_t merged_ns);

/* How far each door is merged. Part of the fold; zeroed is empty. */
struct door_cursor {
    char name[MAX_DOOR_NAME + 1];
    struct position next;
    int64_t created_ns; /* of the segment `next` is in, or behind */
};
struct door_cursors {
    uint32_t n;
    struct door_cursor item[MAX_DOORS];
};

struct saver;
struct loader;

const struct door_cursor *door_cursors_find(const struct door_cursors *doors,
                                            struct cw_str name); /* or NULL */
/* The door is merged up to the stretch's end. False when there are too many doors. */
bool door_cursors_pass(struct door_cursors *doors, const struct merge *merge);
void door_cursors_save(const struct door_cursors *doors, struct saver *saver);
void door_cursors_load(struct door_cursors *doors, struct loader *loader);

#endif
