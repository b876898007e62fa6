/*
 * door_mask.c - a door's files anew, one by one.
 *
 * The file that the broker writes to cannot be replaced under it, so it is asked to begin
 * another: by the page, which it looks at once a second.
 */
#include "io/door_mask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/door_page.h"
#include "io/journal_file.h"
#include "io/journal_segment.h"

#define LOOK_NS (20 * NS_PER_MS)
#define N_LOOKS 250 /* five seconds */

struct patches {
    struct journal_patch *patch;
    size_t n, cap;
};

/* ---- a new file ---- */

static int last_base(int dir_fd, uint64_t *base)
{
    struct segment *segment;
    size_t n;
    int rc = segment_list(dir_fd, &segment, &n);
    if (rc == 0 && n == 0)
        rc = -ENOENT;
    if (rc == 0)
        *base = segment[n - 1].base;
    free(segment);
    return rc;
}

/* Until there is a file behind `before`. -EBUSY: none came. */
static int wait_for_file(int dir_fd, uint64_t before, uint64_t *base)
{
    const struct timespec wait = {0, LOOK_NS};
    for (int i = 0; i < N_LOOKS; i++) {
        int rc = last_base(dir_fd, base);
        if (rc || *base > before)
            return rc;
        (void)nanosleep(&wait, NULL);
    }
    return -EBUSY;
}

/* 0 and the base of a file that holds nothing that was written before this call. */
static int begin_file(int dir_fd, uint64_t *base)
{
    struct door_page *page;
    struct segment_map map = {0};
    struct segment_scan scan = {0};
    int rc = last_base(dir_fd, base);
    rc = rc ? rc : segment_map(dir_fd, *base, &map);
    if (rc == 0)
        segment_scan(&map, &scan);
    segment_unmap(&map);
    if (rc || scan.end == SEGMENT_HEADER)
        return rc;
    rc = door_page_open(dir_fd, &page);
    if (rc)
        return rc;
    atomic_store(&page->roll, 1);
    rc = wait_for_file(dir_fd, *base, base);
    door_page_close(page);
    return rc;
}

/* ---- one file ---- */

static void add_patch(struct patches *patches, struct position at, char *payload, size_t n)
{
    if (patches->n == patches->cap) {
        patches->cap = patches->cap ? patches->cap * 2 : 64;
        patches->patch = xrealloc(patches->patch, patches->cap * sizeof(*patches->patch));
    }
    patches->patch[patches->n++] = (struct journal_patch){at, {payload, n}};
}

static int look_at(const struct segment_map *map, const struct door_mask *mask,
                   struct patches *patches)
{
    struct record record;
    size_t size;
    int rc = 0;
    for (uint64_t inside = SEGMENT_HEADER;
         rc == 0 && segment_record(map, inside, &record, &size) == 0; inside += size) {
        struct position at = {map->header.epoch, map->header.base + inside};
        char *payload = mask->payload(mask->ctx, &record);
        if (!payload)
            continue;
        add_patch(patches, at, payload, record.payload.n);
        rc = mask->trace(mask->ctx, at);
    }
    return rc;
}

/* What cannot be read (a damaged file) is not shown either. */
static int mask_file(int dir_fd, uint64_t base, const struct door_mask *mask, uint64_t *n)
{
    struct patches patches = {0};
    struct segment_map map;
    int rc = segment_map(dir_fd, base, &map);
    if (rc == 0)
        rc = look_at(&map, mask, &patches);
    else if (rc == -EBADMSG)
        rc = 0;
    if (rc == 0 && patches.n > 0)
        rc = segment_patch(dir_fd, &map, patches.patch, patches.n);
    if (rc == 0)
        *n += patches.n;
    for (size_t i = 0; i < patches.n; i++)
        free((void *)(uintptr_t)patches.patch[i].payload.p);
    free(patches.patch);
    segment_unmap(&map);
    return rc;
}

static int mask_files(int dir_fd, uint64_t before, const struct door_mask *mask, uint64_t *n)
{
    struct segment *segment;
    size_t n_segments;
    int rc = segment_list(dir_fd, &segment, &n_segments);
    for (size_t i = 0; rc == 0 && i < n_segments && segment[i].base < before; i++)
        rc = mask_file(dir_fd, segment[i].base, mask, n);
    free(segment);
    return rc;
}

int door_mask(const char *dir, const struct door_mask *mask, uint64_t *n, struct cw_error *err)
{
    uint64_t before = 0;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = dir_fd < 0 ? -errno : begin_file(dir_fd, &before);
    if (rc == -ENOENT)
        rc = 0; /* nothing is there */
    else if (rc == 0)
        rc = mask_files(dir_fd, before, mask, n);
    if (dir_fd >= 0)
        close(dir_fd);
    if (rc == -EBUSY)
        return err_set(err, rc, "the broker of the door in %s begins no new file, is it there?",
                       dir);
    return rc ? err_set(err, rc, "the door in %s cannot be patched: %s", dir, strerror(-rc))
              : 0;
}
