/*
 * snapshot_file.h - the fold on disk: written by a forked child, read at the start.
 *
 * DIR/snapshot is the newest, DIR/snapshot.prev the one before. The child inherits nothing it
 * could harm: it closes all other descriptors, takes no lock, allocates nothing, and dies with
 * its parent. Written as snapshot.tmp, fsync, rename, fsync of the directory.
 */
#ifndef IO_SNAPSHOT_FILE_H
#define IO_SNAPSHOT_FILE_H

#include <sys/types.h>

#include "core/view/snapshot.h"

/* Runs in the child. Must call saver_begin() first and not saver_end(). */
typedef void (*snapshot_save_fn)(const void *ctx, struct saver *saver);

/* Starts a child that writes the snapshot. Its pid, or negative errno. */
pid_t snapshot_file_fork(const char *dir, snapshot_save_fn save, const void *ctx);
/* The same without a child, blocking (a clean stop). 0 or negative errno. */
int snapshot_file_write(const char *dir, snapshot_save_fn save, const void *ctx)
    __attribute__((warn_unused_result));
/* 1 while the child runs, 0 when it ended well, negative errno when not. Never blocks. */
int snapshot_file_poll(pid_t child);

/* A snapshot in memory. */
struct snapshot_file {
    char *p;
    size_t n;
    uint32_t state_version;
    struct position at;
};
/* Reads the newest whole snapshot that lies at or before `usable` (the store's cursor). 0;
 * -ENOENT when there is none: the fold begins with the oldest record. */
int snapshot_file_read(const char *dir, struct position usable, struct snapshot_file *file);
void snapshot_file_done(struct snapshot_file *file);
/* Where DIR/snapshot.prev lies: the journal may be trimmed up to here. Zero if none. */
struct position snapshot_file_base(const char *dir);
/* Where DIR/snapshot lies: what is before it was whole when it was written. Zero if none. */
struct position snapshot_file_newest(const char *dir);

#endif
