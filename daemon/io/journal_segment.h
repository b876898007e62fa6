/*
 * journal_segment.h - segments as files: their names, their making, their maps. Private to
 * journal_*.c and of the daemon's end of a door (door_tail.c).
 */
#ifndef IO_JOURNAL_SEGMENT_H
#define IO_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/journal/record.h"

#define SEGMENT_NAME 48

#define SEALED_ENDING ".seg.zst"

struct segment {
    uint64_t base, bytes; /* bytes as if it were not compressed: positions */
    uint64_t disk_bytes;
    bool sealed;     /* compressed: BASE.seg.zst */
    bool unsealable; /* damaged: stays as it is */
};

/* "%016llx.seg", or with another ending. */
void segment_name(uint64_t base, const char *ending, char name[SEGMENT_NAME]);
/* All segments of a directory by base; gives *segments (free()). 0 or negative errno. */
int segment_list(int dir_fd, struct segment **segments, size_t *n);
/* Makes a file of zeros whose blocks are reserved. Its descriptor, or negative errno (then
 * nothing is left behind). What had the name before is replaced. */
int segment_create(int dir_fd, const char *name, uint64_t bytes);
/* All n bytes at an offset. 0, -ENOSPC (also when only a part went), other negative errno. */
int segment_write(int fd, const void *p, size_t n, uint64_t at);
/* fsync of the directory. */
int segment_sync_dir(int dir_fd);

/* A segment as readable memory. */
struct segment_map {
    const char *p; /* NULL: none */
    size_t n;
    size_t passed; /* given back already */
    struct segment_header header;
};

/* Removes the segment's files, whichever there are. 0 or negative errno. */
int segment_remove(int dir_fd, uint64_t base);

/* Also of a sealed one. 0 or negative errno; -EBADMSG and -ENOTSUP as segment_header_read():
 * then, if map->p is there, only the header is not. */
int segment_map(int dir_fd, uint64_t base, struct segment_map *map);
void segment_unmap(struct segment_map *map);
/* What lies before `at` is not looked at again: its memory is given back, piece by piece.
 * Taking a whole segment off at once held its thread for 3 to 6 ms. */
void segment_passed(struct segment_map *map, uint64_t at);
/* The record at `at` bytes from the segment's beginning. As record_read(), and -EBADMSG when
 * fewer than SEGMENT_TAIL bytes are behind it. */
int segment_record(const struct segment_map *map, uint64_t at, struct record *record,
                   size_t *size);

struct journal_patch; /* journal_file.h */
/* The segment's file anew, uncompressed, with other payloads: the patches are of this segment,
 * in order. Not of one that is written to. 0; -ENOENT (no record begins there), -EINVAL
 * (another length), other negative errno: then nothing has changed. */
int segment_patch(int dir_fd, const struct segment_map *map, const struct journal_patch *patch,
                  size_t n);

/* What stands in a segment: the result of reading all of it. */
struct segment_scan {
    uint64_t end;     /* behind the last whole record */
    uint64_t written; /* behind the last byte that is not zero; > end: there is a bad tail */
    int64_t last_arrived_ns; /* 0: no record */
};
void segment_scan(const struct segment_map *map, struct segment_scan *scan);

#endif
