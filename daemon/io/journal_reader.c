/*
 * journal_reader.c - walks the segments of a directory through read-only maps.
 *
 * A live reader stops at journal_synced(); everything before that is complete and does not
 * change, so it needs no lock. Zeros where a record could begin are the end of a segment:
 * the next one is looked for in the directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/journal_file.h"
#include "io/journal_state.h"

struct journal_reader {
    struct journal *journal; /* NULL: a directory at rest */
    int dir_fd;
    struct segment_map map; /* of the segment being read */
    uint64_t at;            /* in the map */
    uint64_t ahead;         /* in the map: behind what was glanced at */
    uint32_t n_ahead;       /* so many records behind the one that was read last */
    bool removed;           /* what was passed over went from the old end meanwhile */
    struct position position;
};

/* The segment that holds offset, or the first one behind it; -ENODATA when there is none. */
static int find_segment(const struct journal_reader *reader, uint64_t offset,
                        struct segment *found, bool *is_oldest)
{
    struct segment *segments;
    size_t n, i = 0;
    int rc = segment_list(reader->dir_fd, &segments, &n);
    if (rc)
        return rc;
    while (i < n && segments[i].base + segments[i].bytes <= offset)
        i++;
    if (i < n)
        *found = segments[i];
    *is_oldest = i == 0;
    free(segments);
    return i < n ? 0 : -ENODATA;
}

static int damage(struct cw_error *err, uint64_t base, uint64_t at, const char *what)
{
    return err_set(err, -EBADMSG, "%016llx.seg at %llu: %s", (unsigned long long)base,
                   (unsigned long long)at, what);
}

/* Leaves the segment: the next record is looked for behind it. */
static void leave(struct journal_reader *reader, uint64_t end)
{
    segment_unmap(&reader->map);
    reader->ahead = 0;
    reader->n_ahead = 0;
    reader->position.offset = end;
}

bool journal_error_passes(int rc)
{
    return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -ENOSPC || rc == -EAGAIN;
}

/* Where the wanted one should be is a gap. The daemon takes segments away from the old end: a
 * directory that is read beside it has nothing older than `found` then. A gap behind others
 * is a hole. */
static int pass_gap(struct journal_reader *reader, uint64_t base, bool is_oldest,
                    struct cw_error *err)
{
    reader->position.offset = base;
    reader->removed = !reader->journal && is_oldest;
    return damage(err, base, 0,
                  reader->removed ? "the segments before this one were removed meanwhile"
                                  : "segments before this one are missing");
}

#define MAX_VANISHED 16 /* segments that go between the look for them and their opening */

/* Opens the segment at the position, or the one behind it. 0, -ENODATA, -EBADMSG, or another
 * one when it may go well the next time. */
static int enter(struct journal_reader *reader, struct cw_error *err)
{
    uint64_t want = reader->position.offset;
    struct segment found;
    bool is_oldest = false;
    int rc = -ENOENT;
    for (int i = 0; i < MAX_VANISHED && rc == -ENOENT; i++) {
        rc = find_segment(reader, want, &found, &is_oldest);
        if (rc == -ENODATA)
            return rc;
        if (rc)
            return err_set(err, rc, "the journal cannot be listed: %s", strerror(-rc));
        if (found.base > want)
            return pass_gap(reader, found.base, is_oldest, err);
        rc = segment_map(reader->dir_fd, found.base, &reader->map);
    }
    if (journal_error_passes(rc))
        return err_set(err, rc, "%016llx.seg cannot be opened: %s",
                       (unsigned long long)found.base, strerror(-rc));
    if (rc) {
        leave(reader, found.base + found.bytes);
        return damage(err, found.base, 0,
                      rc == -ENOTSUP   ? "a version that is not known"
                      : rc == -EBADMSG ? "the header is damaged"
                                       : strerror(-rc));
    }
    reader->at = want - found.base;
    if (reader->at < SEGMENT_HEADER)
        reader->at = SEGMENT_HEADER;
    reader->position = (struct position){reader->map.header.epoch, found.base + reader->at};
    return 0;
}

static bool is_zero(struct position position)
{
    return position.epoch == 0 && position.offset == 0;
}

/* A position that was read from elsewhere has to be one of this journal. */
static int check_start(struct journal_reader *reader, struct position from,
                       struct cw_error *err)
{
    struct cw_error why;
    char text[POSITION_MAX];
    (void)position_format(from, text);
    if (reader->journal && position_cmp(from, journal_synced(reader->journal)) > 0)
        return err_set(err, -ESTALE, "position %s is behind the journal's end", text);
    reader->position = from;
    int rc = enter(reader, &why);
    if (rc == -EBADMSG && !reader->map.p && reader->position.offset > from.offset)
        return err_set(err, -ESTALE, "position %s cannot be read: %s", text, why.text);
    if (rc && rc != -ENODATA)
        return err_set(err, rc, "position %s cannot be read: %s", text, why.text);
    bool inside = rc == 0 && from.offset - reader->map.header.base >= SEGMENT_HEADER;
    if (inside && from.epoch != reader->map.header.epoch)
        return err_set(err, -ESTALE,
                       "position %s is of another life of the journal: here is "
                       "epoch %u",
                       text, reader->map.header.epoch);
    return 0;
}

int journal_reader_open(struct journal_reader **reader, struct journal *journal,
                        const char *dir, struct position from, struct cw_error *err)
{
    struct journal_reader *opened = xcalloc(1, sizeof(*opened));
    struct segment first;
    bool is_oldest;
    *reader = NULL;
    opened->journal = journal;
    if (journal)
        dir = journal->options.dir;
    opened->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = opened->dir_fd < 0 ? -errno : 0;
    if (rc)
        (void)err_set(err, rc, "journal directory %s cannot be opened: %s", dir, strerror(-rc));
    else if (!is_zero(from))
        rc = check_start(opened, from, err);
    else if (find_segment(opened, 0, &first, &is_oldest) == 0)
        opened->position.offset = first.base;
    if (rc) {
        journal_reader_close(opened);
        return rc;
    }
    *reader = opened;
    return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (!reader)
        return;
    segment_unmap(&reader->map);
    if (reader->dir_fd >= 0)
        close(reader->dir_fd);
    free(reader);
}

/* Nothing is here: the end, unless another segment follows. */
static int go_on(struct journal_reader *reader, struct cw_error *err)
{
    uint64_t end = reader->map.header.base + reader->map.header.bytes;
    struct segment next;
    bool is_oldest;
    int rc = find_segment(reader, end, &next, &is_oldest);
    if (rc)
        return rc;
    leave(reader, end);
    return enter(reader, err);
}

int journal_reader_next(struct journal_reader *reader, struct record *record,
                        struct position *at, struct cw_error *err)
{
    reader->removed = false;
    for (;;) {
        if (reader->journal &&
            reader->position.offset >= journal_synced(reader->journal).offset)
            return -ENODATA;
        if (!reader->map.p) {
            int rc = enter(reader, err);
            if (rc)
                return rc;
            continue; /* entering moved the position: is it synced? */
        }
        size_t size = 0;
        int rc = segment_record(&reader->map, reader->at, record, &size);
        if (rc == 0) {
            *at = reader->position;
            segment_passed(&reader->map, reader->at);
            reader->n_ahead -= reader->n_ahead > 0;
            reader->at += size;
            reader->position.offset += size;
            return 0;
        }
        if (rc == -EBADMSG) {
            struct segment_header header = reader->map.header;
            uint64_t bad = reader->at;
            leave(reader, header.base + header.bytes);
            return damage(err, header.base, bad, "the record is damaged");
        }
        rc = go_on(reader, err);
        if (rc)
            return rc;
    }
}

bool journal_reader_passed_removed(const struct journal_reader *reader)
{
    return reader->removed;
}

bool journal_reader_ahead(struct journal_reader *reader, uint32_t n, struct cw_str *topic)
{
    if (!reader->map.p || reader->map.n < SEGMENT_TAIL || reader->n_ahead >= n)
        return false;
    if (reader->n_ahead == 0)
        reader->ahead = reader->at;
    uint64_t end = reader->map.n - SEGMENT_TAIL;
    if (reader->journal) {
        uint64_t synced = journal_synced(reader->journal).offset - reader->map.header.base;
        end = synced < end ? synced : end;
    }
    size_t size;
    while (reader->n_ahead < n) {
        if (reader->ahead >= end ||
            !record_glance(reader->map.p + reader->ahead, end - reader->ahead, topic, &size))
            return false;
        reader->ahead += size;
        reader->n_ahead++;
    }
    return true;
}

struct position journal_reader_position(const struct journal_reader *reader)
{
    return reader->position;
}

struct segment_header journal_reader_segment(const struct journal_reader *reader)
{
    return reader->map.header;
}
