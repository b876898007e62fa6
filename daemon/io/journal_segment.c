/*
 * journal_segment.c - what the journal asks of the file system, one question a function.
 */
#include "io/journal_segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/segment_zstd.h"

#define PASSED_BYTES ((size_t)1 << 20) /* of whole pages, whatever their size */

#define HEX_DIGITS 16

void segment_name(uint64_t base, const char *ending, char name[SEGMENT_NAME])
{
    (void)snprintf(name, SEGMENT_NAME, "%016llx%s", (unsigned long long)base, ending);
}

static bool segment_name_parse(const char *name, uint64_t *base, bool *sealed)
{
    static const char digits[] = "0123456789abcdef";
    *base = 0;
    for (size_t i = 0; i < HEX_DIGITS; i++) {
        const char *digit = name[i] ? strchr(digits, name[i]) : NULL;
        if (!digit)
            return false;
        *base = *base << 4 | (uint64_t)(digit - digits);
    }
    *sealed = strcmp(name + HEX_DIGITS, SEALED_ENDING) == 0;
    return *sealed || strcmp(name + HEX_DIGITS, ".seg") == 0;
}

static int by_base(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    if (x->base == y->base)
        return (int)x->sealed - (int)y->sealed;
    return (x->base > y->base) - (x->base < y->base);
}

/* What a file of that name is. False: no segment. */
static bool segment_found(int dir_fd, const char *name, struct segment *found)
{
    struct stat file;
    *found = (struct segment){0};
    if (!segment_name_parse(name, &found->base, &found->sealed) ||
        fstatat(dir_fd, name, &file, 0) != 0)
        return false;
    found->bytes = found->disk_bytes = (uint64_t)file.st_size;
    if (!found->sealed)
        return true;
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    int rc = segment_content_size(fd, &found->bytes);
    close(fd);
    if (rc == -EBADMSG)
        found->bytes = 0;
    return rc == 0 || rc == -EBADMSG; /* damaged: found, and said when it is read */
}

/* Both files of one segment are one: a crash came between them. */
static void drop_doubles(struct segment *segments, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (kept == 0 || segments[kept - 1].base != segments[i].base)
            segments[kept++] = segments[i];
    }
    *n = kept;
}

/* One whose frame does not say its size ends where the next one begins. */
static void guess_sizes(struct segment *segments, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (segments[i].bytes == 0)
            segments[i].bytes = segments[i + 1].base - segments[i].base;
    }
}

int segment_list(int dir_fd, struct segment **segments, size_t *n)
{
    *segments = NULL;
    *n = 0;
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    size_t cap = 0;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        struct segment found;
        if (!segment_found(dir_fd, entry->d_name, &found))
            continue;
        if (*n == cap) {
            cap = cap ? cap * 2 : 16;
            *segments = xrealloc(*segments, cap * sizeof(**segments));
        }
        (*segments)[(*n)++] = found;
    }
    closedir(dir);
    if (*n)
        qsort(*segments, *n, sizeof(**segments), by_base);
    drop_doubles(*segments, n);
    guess_sizes(*segments, *n);
    return 0;
}

int segment_create(int dir_fd, const char *name, uint64_t bytes)
{
    (void)unlinkat(dir_fd, name, 0);
    int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return -errno;
    int rc = posix_fallocate(fd, 0, (off_t)bytes);
    if (rc) {
        close(fd);
        (void)unlinkat(dir_fd, name, 0);
        return -rc;
    }
    return fd;
}

int segment_write(int fd, const void *p, size_t n, uint64_t at)
{
    const char *rest = p;
    while (n) {
        ssize_t wrote = pwrite(fd, rest, n, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return errno == EDQUOT ? -ENOSPC : -errno;
        if (wrote == 0)
            return -ENOSPC;
        rest += wrote;
        at += (uint64_t)wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

int segment_sync_dir(int dir_fd)
{
    return fsync(dir_fd) == 0 ? 0 : -errno;
}

int segment_remove(int dir_fd, uint64_t base)
{
    static const char *const endings[] = {".seg", SEALED_ENDING};
    int rc = 0;
    for (size_t i = 0; i < 2; i++) {
        char name[SEGMENT_NAME];
        segment_name(base, endings[i], name);
        if (unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT)
            rc = -errno;
    }
    return rc;
}

static int map_sealed(int dir_fd, uint64_t base, struct segment_map *map)
{
    char name[SEGMENT_NAME], *p;
    segment_name(base, SEALED_ENDING, name);
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t n;
    int rc = segment_decompress(fd, &p, &n);
    close(fd);
    if (rc == 0)
        *map = (struct segment_map){.p = p, .n = n};
    return rc;
}

static int map_plain(int fd, struct segment_map *map)
{
    struct stat file;
    int rc = fstat(fd, &file) == 0 ? 0 : -errno;
    if (rc == 0 && file.st_size < (off_t)SEGMENT_HEADER)
        rc = -EBADMSG;
    if (rc == 0) {
        void *p = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p == MAP_FAILED)
            rc = -errno;
        else
            *map = (struct segment_map){.p = p, .n = (size_t)file.st_size};
    }
    close(fd);
    return rc;
}

int segment_map(int dir_fd, uint64_t base, struct segment_map *map)
{
    char name[SEGMENT_NAME];
    *map = (struct segment_map){0};
    segment_name(base, ".seg", name);
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT)
        return -errno;
    int rc = fd < 0 ? map_sealed(dir_fd, base, map) : map_plain(fd, map);
    if (rc)
        return rc;
    rc = segment_header_read(map->p, map->n, &map->header);
    return rc == 0 && map->header.base != base ? -EBADMSG : rc;
}

void segment_unmap(struct segment_map *map)
{
    if (map->p)
        (void)munmap((void *)(uintptr_t)map->p, map->n);
    *map = (struct segment_map){0};
}

void segment_passed(struct segment_map *map, uint64_t at)
{
    if (at - map->passed < PASSED_BYTES)
        return;
    size_t n = (size_t)(at - map->passed) / PASSED_BYTES * PASSED_BYTES;
    (void)madvise((void *)(uintptr_t)(map->p + map->passed), n, MADV_DONTNEED);
    map->passed += n;
}

int segment_record(const struct segment_map *map, uint64_t at, struct record *record,
                   size_t *size)
{
    if (at + SEGMENT_TAIL > map->n)
        return -EBADMSG;
    struct position position = {map->header.epoch, map->header.base + at};
    return record_read(map->p + at, map->n - SEGMENT_TAIL - at, position, record, size);
}

/* Behind the last byte that is not zero, looked for from the end. */
static uint64_t written_end(const struct segment_map *map)
{
    size_t n = map->n;
    for (uint64_t eight; n >= 8; n -= 8) {
        memcpy(&eight, map->p + n - 8, sizeof(eight));
        if (eight)
            break;
    }
    while (n && map->p[n - 1] == 0)
        n--;
    return n;
}

void segment_scan(const struct segment_map *map, struct segment_scan *scan)
{
    struct record record;
    size_t size;
    *scan = (struct segment_scan){.end = SEGMENT_HEADER};
    while (segment_record(map, scan->end, &record, &size) == 0) {
        scan->end += size;
        scan->last_arrived_ns = record.arrived_ns;
    }
    scan->written = written_end(map);
}
