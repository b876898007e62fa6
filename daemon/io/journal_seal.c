/*
 * journal_seal.c - segments that nobody writes to any more are compressed.
 *
 *   BASE.seg -> seal.tmp (compressed, fsync) -> read back, compared -> BASE.seg.zst -> BASE.seg
 *   is removed
 *
 * A crash leaves one or both of the names; where there are both, the uncompressed one counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/journal_state.h"
#include "io/segment_zstd.h"

#define SEAL_TMP "seal.tmp"
#define KEEP_OPEN 2u /* the last ones stay as they are */

bool journal_seal_next(struct journal *journal, uint64_t *base)
{
    bool found = false;
    pthread_mutex_lock(&journal->mutex);
    uint64_t synced = atomic_load(&journal->synced);
    for (size_t i = 0; !found && i + KEEP_OPEN < journal->n_segments; i++) {
        const struct segment *segment = &journal->segment[i];
        found = !segment->sealed && !segment->unsealable &&
                segment->base + segment->bytes <= synced;
        *base = segment->base;
    }
    pthread_mutex_unlock(&journal->mutex);
    return found && !atomic_load(&journal->failed);
}

/* What was written is what was meant, also on its way back. */
static int compare(int fd, const struct segment_map *map)
{
    char *p;
    size_t n;
    int rc = segment_decompress(fd, &p, &n);
    if (rc)
        return rc;
    rc = n == map->n && memcmp(p, map->p, n) == 0 ? 0 : -EBADMSG;
    (void)munmap(p, n);
    return rc;
}

/* A segment with damage stays as it is: that is for a person to look at. */
static bool is_whole(const struct segment_map *map)
{
    struct segment_scan scan;
    segment_scan(map, &scan);
    return scan.written <= scan.end;
}

static int write_sealed(int dir_fd, const struct segment_map *map, uint64_t *bytes)
{
    char sealed[SEGMENT_NAME];
    segment_name(map->header.base, SEALED_ENDING, sealed);
    int fd = openat(dir_fd, SEAL_TMP, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int rc = segment_compress(map->p, map->n, fd, bytes);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    if (rc == 0)
        rc = compare(fd, map);
    close(fd);
    if (rc == 0 && renameat(dir_fd, SEAL_TMP, dir_fd, sealed) != 0)
        rc = -errno;
    if (rc)
        (void)unlinkat(dir_fd, SEAL_TMP, 0);
    return rc ? rc : segment_sync_dir(dir_fd);
}

int journal_seal(const struct journal *journal, uint64_t base, uint64_t *bytes)
{
    struct segment_map map;
    char name[SEGMENT_NAME];
    int rc = segment_map(journal->dir_fd, base, &map);
    if (rc == 0)
        rc = is_whole(&map) ? write_sealed(journal->dir_fd, &map, bytes) : -EBADMSG;
    segment_unmap(&map);
    if (rc)
        return rc;
    segment_name(base, ".seg", name);
    return unlinkat(journal->dir_fd, name, 0) == 0 ? 0 : -errno;
}

void journal_sealed(struct journal *journal, uint64_t base, int rc, uint64_t bytes)
{
    bool there = false;
    pthread_mutex_lock(&journal->mutex);
    for (size_t i = 0; i < journal->n_segments; i++) {
        struct segment *segment = &journal->segment[i];
        if (segment->base != base)
            continue;
        there = true;
        segment->sealed = rc == 0;
        segment->unsealable = rc != 0 && rc != -ENOSPC;
        if (rc == 0) {
            journal->total_bytes -= segment->disk_bytes - bytes;
            segment->disk_bytes = bytes;
        }
    }
    pthread_mutex_unlock(&journal->mutex);
    if (!there) /* trimmed meanwhile */
        segment_remove(journal->dir_fd, base);
}
