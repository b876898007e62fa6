/*
 * journal_redact.c - a payload that may not stay is overwritten at equal length, so that no
 * position changes. The segment is written anew beside the old one and renamed over it: a
 * power cut leaves one or the other, and readers that have the old one mapped go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/journal_state.h"

/* The record that begins at the position; found by walking, so that it is one. */
static int find_record(const struct segment_map *map, uint64_t wanted, struct record *record,
                       size_t *size)
{
    uint64_t at = SEGMENT_HEADER;
    while (segment_record(map, at, record, size) == 0) {
        if (at == wanted)
            return 0;
        at += *size;
    }
    return -ENOENT;
}

/* A record with its other payload, as bytes. */
struct replacement {
    char *bytes;
    size_t size;
    uint64_t inside; /* of the segment */
};

static int write_replacements(int fd, const struct replacement *replacement, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc =
            segment_write(fd, replacement[i].bytes, replacement[i].size, replacement[i].inside);
    return rc;
}

/* In a folder that two share, either has to be able to open what the other wrote anew: where
 * the group may read, it may write then. */
static void keep_mode(int dir_fd, const char *name, int fd)
{
    struct stat before;
    if (fstatat(dir_fd, name, &before, 0) == 0 && before.st_mode & S_IRGRP)
        (void)fchmod(fd, 0660);
}

static int write_copy(int dir_fd, const struct segment_map *map,
                      const struct replacement *replacement, size_t n)
{
    char name[SEGMENT_NAME];
    segment_name(map->header.base, ".seg", name);
    int fd = segment_create(dir_fd, "segment.patched", map->n);
    if (fd < 0)
        return fd;
    keep_mode(dir_fd, name, fd);
    int rc = segment_write(fd, map->p, map->n, 0);
    if (rc == 0)
        rc = write_replacements(fd, replacement, n);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    if (rc == 0 && renameat(dir_fd, "segment.patched", dir_fd, name) != 0)
        rc = -errno;
    close(fd);
    if (rc)
        return rc;
    /* Sealed, it is unpacked by this: what is in the compressed file has to go, too. */
    segment_name(map->header.base, SEALED_ENDING, name);
    if (unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT)
        return -errno;
    return segment_sync_dir(dir_fd);
}

/* The record of the patch with its payload. 0, -ENOENT, -EINVAL (another length). */
static int replace(const struct segment_map *map, const struct journal_patch *patch,
                   struct replacement *replacement)
{
    struct record record;
    uint64_t inside = patch->at.offset - map->header.base;
    size_t size;
    int rc = find_record(map, inside, &record, &size);
    if (rc == 0 && record.payload.n != patch->payload.n)
        rc = -EINVAL;
    if (rc)
        return rc;
    record.payload = patch->payload;
    record.flags |= RECORD_REDACTED;
    *replacement = (struct replacement){xmalloc(size), size, inside};
    record_write(&record, patch->at, replacement->bytes);
    return 0;
}

int segment_patch(int dir_fd, const struct segment_map *map, const struct journal_patch *patch,
                  size_t n)
{
    struct replacement *replacement = xcalloc(n, sizeof(*replacement));
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = replace(map, &patch[i], &replacement[i]);
    if (rc == 0)
        rc = write_copy(dir_fd, map, replacement, n);
    for (size_t i = 0; i < n; i++)
        free(replacement[i].bytes);
    free(replacement);
    return rc;
}

/* Who did it is in the journal before it is done. */
static int append_trace(struct journal *journal, struct position at, const char *by,
                        int64_t now_ns)
{
    struct buf text;
    struct json_out out;
    struct position traced;
    buf_init(&text, 1024);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_int(&out, "epoch", at.epoch);
    json_member_int(&out, "offset", (int64_t)at.offset);
    json_member_text(&out, "by", str_of(by));
    json_object_end(&out);
    struct record record = {.kind = RECORD_REDACT, .payload = buf_str(&text)};
    int rc =
        text.full ? -EMSGSIZE : journal_append(journal, &record, now_ns, SYNC_NOW, &traced);
    buf_done(&text);
    return rc ? rc : journal_wait(journal, traced);
}

/* It will be written anew, uncompressed; being compressed now, it must not win over that. */
static void unseal(struct journal *journal, struct segment *segment)
{
    journal->total_bytes += segment->bytes - segment->disk_bytes;
    segment->disk_bytes = segment->bytes;
    segment->sealed = false;
}

/* The segment the position lies in. 0, -ENOENT, -EBUSY (it is still written to). */
static int segment_of(struct journal *journal, uint64_t offset, uint64_t *base)
{
    int rc = -ENOENT;
    pthread_mutex_lock(&journal->mutex);
    for (size_t i = 0; i < journal->n_segments; i++) {
        struct segment *segment = &journal->segment[i];
        if (offset < segment->base || offset >= segment->base + segment->bytes)
            continue;
        *base = segment->base;
        rc = i + 1 == journal->n_segments ? -EBUSY : 0;
        if (rc == 0)
            unseal(journal, segment);
    }
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}

uint64_t journal_segment_at(struct journal *journal, struct position at)
{
    uint64_t base = UINT64_MAX;
    pthread_mutex_lock(&journal->mutex);
    for (size_t i = 0; i < journal->n_segments; i++) {
        const struct segment *segment = &journal->segment[i];
        if (at.offset >= segment->base && at.offset < segment->base + segment->bytes)
            base = segment->base;
    }
    pthread_mutex_unlock(&journal->mutex);
    return base;
}

int journal_patch(struct journal *journal, const struct journal_patch *patch, size_t n,
                  const char *by, int64_t now_ns, struct cw_error *err)
{
    struct segment_map map = {0};
    struct record record;
    size_t size;
    uint64_t base = 0;
    char text[POSITION_MAX];
    (void)position_format(patch[0].at, text);
    int rc = segment_of(journal, patch[0].at.offset, &base);
    if (rc == -EBUSY)
        return err_set(err, rc, "position %s is in the segment that is being written", text);
    if (rc == 0)
        rc = segment_map(journal->dir_fd, base, &map);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = map.header.epoch == patch[i].at.epoch
                 ? find_record(&map, patch[i].at.offset - base, &record, &size)
                 : -ENOENT;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = append_trace(journal, patch[i].at, by, now_ns);
    if (rc == 0)
        rc = segment_patch(journal->dir_fd, &map, patch, n);
    segment_unmap(&map);
    if (rc == -ENOENT)
        return err_set(err, rc, "no record begins at position %s", text);
    return rc ? err_set(err, rc, "position %s is not redacted: %s", text, strerror(-rc)) : 0;
}

/* The length of the payload at the position. 0 or as segment_of(). */
static int payload_length(struct journal *journal, struct position at, size_t *n)
{
    struct segment_map map = {0};
    struct record record;
    size_t size;
    uint64_t base = journal_segment_at(journal, at);
    int rc = base == UINT64_MAX ? -ENOENT : segment_map(journal->dir_fd, base, &map);
    if (rc == 0)
        rc = find_record(&map, at.offset - base, &record, &size);
    *n = rc == 0 ? record.payload.n : 0;
    segment_unmap(&map);
    return rc;
}

int journal_redact(struct journal *journal, struct position at, const char *by, int64_t now_ns,
                   struct cw_error *err)
{
    size_t n;
    char text[POSITION_MAX];
    (void)position_format(at, text);
    if (payload_length(journal, at, &n) != 0)
        return err_set(err, -ENOENT, "no record begins at position %s", text);
    char *payload = xmalloc(n + 1);
    memset(payload, '#', n);
    const struct journal_patch patch = {at, {payload, n}};
    int rc = journal_patch(journal, &patch, 1, by, now_ns, err);
    free(payload);
    return rc;
}
