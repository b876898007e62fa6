/*
 * door_mask.h - what may not stay in a door's journal is overwritten there, at equal length:
 * for erasing a person. The door's broker goes on writing meanwhile.
 */
#ifndef IO_DOOR_MASK_H
#define IO_DOOR_MASK_H

#include "core/journal/record.h"

struct door_mask {
    void *ctx;
    /* The record's payload as it may stay (gives; as long as it is), or NULL: as it is. */
    char *(*payload)(void *ctx, const struct record *record);
    /* Before a record is changed. 0, or negative errno: then nothing more is. */
    int (*trace)(void *ctx, struct position at);
};

/* Has the broker begin a new file, then shows every record of the files before it. Blocks for
 * seconds; nobody may delete the door's files meanwhile. Counts in *n what was changed. 0;
 * -EBUSY (the broker is not there, or begins no new file) or other negative errno, with err. */
int door_mask(const char *dir, const struct door_mask *mask, uint64_t *n, struct cw_error *err)
    __attribute__((warn_unused_result));

#endif
