/*
 * merge_reader.h - the journal as the fold sees it: each merge record is followed by the
 * records of the door that it stands for (core/journal/merge.h).
 *
 * For the fold, for lines that are made again, and for a replay alike: all read the same
 * records in the same order, or are told that some are missing.
 */
#ifndef IO_MERGE_READER_H
#define IO_MERGE_READER_H

#include <stdbool.h>

#include "core/journal/merge.h"
#include "io/journal_file.h"

/* Where a door's journal lies. */
struct door_place {
    const char *name, *dir;
};

struct merge_reader;

/* As journal_reader_open(); no door is known yet. */
int merge_reader_open(struct merge_reader **reader, struct journal *journal, const char *dir,
                      struct position from, struct cw_error *err);
void merge_reader_close(struct merge_reader *reader); /* NULL is fine */
/* Where a door is, from now on; keeps a copy. False: there are too many. */
bool merge_reader_door(struct merge_reader *reader, const char *name, const char *dir);
/* As journal_reader_next(). `merged`: the record is a door's; `at` is then that of the merge
 * record, and the arrival by the daemon's clock. -EBADMSG also when records of a door cannot be
 * read: the rest of that stretch is passed over. */
int merge_reader_next(struct merge_reader *reader, struct record *record, struct position *at,
                      bool *merged, struct cw_error *err);
/* As journal_reader_passed_removed(); a door's records that are missing are damage. */
bool merge_reader_passed_removed(const struct merge_reader *reader);
/* As journal_reader_ahead(), of whichever journal is being read. */
bool merge_reader_ahead(struct merge_reader *reader, uint32_t n, struct cw_str *topic);
/* Records of a merge are still to come. Who stops here reads the whole stretch again. */
bool merge_reader_within(const struct merge_reader *reader);
/* Where to go on; while within, at the merge record. */
struct position merge_reader_position(const struct merge_reader *reader);

#endif
