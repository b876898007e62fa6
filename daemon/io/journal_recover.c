/*
 * journal_recover.c - what a crash or a power cut left is made fit to go on with.
 *
 * Only the last segment is mended. Those before it were synced with its first record, or by
 * this start: a kill may have come before that sync, and the power may go after it.
 * Its whole records stay. What lies behind them and is not zero is copied to NAME.damaged
 * (at its place, the rest of that file is a hole), zeroed, and said in a record of kind disk;
 * the journal goes on in a new segment with the next epoch, so that no position ever means
 * two things. A segment whose header is gone is set aside as a whole.
 *
 * When the last run ended by a failed sync, the kernel may show pages that never reached the
 * disk, and a second fsync would not say so. What was synced before, and behind it every record
 * up to the first that cannot be read or whose CRC is wrong, is then copied into a new file at
 * its own place; the old one is set aside. Each file behind it likewise. Telemetry is
 * acknowledged before it is synced: so nothing of it is lost that can still be read. The fold
 * has seen none of what was not synced, so positions keep their meaning.
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
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/journal_state.h"

/* What was found, and what is to be said about it. */
struct finding {
    uint64_t next_base; /* of a new segment */
    uint32_t last_epoch;
    int64_t last_arrived_ns;
    uint64_t end; /* bytes of the last segment that are used */
    bool damaged; /* something was cut off or set aside: a new epoch */
    bool failed;  /* the last run ended by a failed write or sync */
    char segment[SEGMENT_NAME];
    uint64_t cut_at, cut_bytes;
    uint64_t kept_bytes; /* not synced when it failed, and copied all the same */
};

static int open_segment(const struct journal *journal, uint64_t base)
{
    char name[SEGMENT_NAME];
    segment_name(base, ".seg", name);
    int fd = openat(journal->dir_fd, name, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* A sealed one becomes the last only when those behind it are gone: it is unpacked. */
static int open_last(const struct journal *journal, const struct segment_map *map)
{
    char name[SEGMENT_NAME], sealed[SEGMENT_NAME];
    int fd = open_segment(journal, map->header.base);
    if (fd != -ENOENT)
        return fd;
    segment_name(map->header.base, ".seg", name);
    segment_name(map->header.base, SEALED_ENDING, sealed);
    fd = journal_make_file(journal, "segment.tmp", map->n);
    if (fd < 0)
        return fd;
    int rc = segment_write(fd, map->p, map->n, 0);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    if (rc == 0 && renameat(journal->dir_fd, "segment.tmp", journal->dir_fd, name) != 0)
        rc = -errno;
    if (rc) {
        close(fd);
        return rc;
    }
    (void)unlinkat(journal->dir_fd, sealed, 0);
    return fd;
}

static bool all_zero(int fd)
{
    static const char zeros[65536];
    char bytes[65536];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, bytes, sizeof(bytes), at)) != 0; at += n) {
        if (n < 0 || memcmp(bytes, zeros, (size_t)n) != 0)
            return false;
    }
    return true;
}

/* A reserve of the right size that is left from an earlier run: its blocks are not given
 * back while the disk may be full. It has to be zeros: when the power went before its new
 * name was on the disk, it holds records that were never synced. */
static int adopt_reserve(const struct journal *journal)
{
    struct stat file;
    int fd = openat(journal->dir_fd, "reserve", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (journal->options.reserve_bytes > 0 && fstat(fd, &file) == 0 &&
        file.st_size == journal->options.reserve_bytes && all_zero(fd))
        return fd;
    close(fd);
    (void)unlinkat(journal->dir_fd, "reserve", 0);
    return -1;
}

/* Keeps the bad tail, at its place; after a failed sync the whole file may be there already. */
static int keep_damaged(const struct journal *journal, const struct segment_map *map,
                        const struct segment_scan *scan, bool failed)
{
    char name[SEGMENT_NAME];
    segment_name(map->header.base, ".seg.damaged", name);
    int flags = O_WRONLY | O_CREAT | (failed ? O_EXCL : O_TRUNC) | O_CLOEXEC;
    int fd = openat(journal->dir_fd, name, flags, 0640);
    if (fd < 0)
        return failed && errno == EEXIST ? 0 : -errno;
    int rc = ftruncate(fd, (off_t)map->n) == 0 ? 0 : -errno;
    if (rc == 0)
        rc = segment_write(fd, map->p, SEGMENT_HEADER, 0);
    if (rc == 0)
        rc = segment_write(fd, map->p + scan->end, scan->written - scan->end, scan->end);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    close(fd);
    return rc ? rc : segment_sync_dir(journal->dir_fd);
}

static int zero_tail(int fd, const struct segment_scan *scan)
{
    static const char zeros[65536];
    for (uint64_t at = scan->end; at < scan->written;) {
        uint64_t left = scan->written - at;
        size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        int rc = segment_write(fd, zeros, n, at);
        if (rc)
            return rc;
        at += n;
    }
    return 0;
}

/* The last segment, whose header is good: its end, and no bad tail afterwards. */
static int mend_last(struct journal *journal, const struct segment_map *map,
                     struct finding *finding)
{
    struct segment_scan scan;
    segment_scan(map, &scan);
    int fd = open_last(journal, map);
    if (fd < 0)
        return fd;
    int rc = 0;
    if (scan.written > scan.end) {
        finding->damaged = true;
        segment_name(map->header.base, ".seg", finding->segment);
        finding->cut_at = scan.end;
        finding->cut_bytes = scan.written - scan.end;
        rc = keep_damaged(journal, map, &scan, finding->failed);
        if (rc == 0)
            rc = zero_tail(fd, &scan);
    }
    /* The size may not have been on the disk yet when the power went. */
    if (rc == 0 && map->n < map->header.bytes)
        rc = -posix_fallocate(fd, 0, (off_t)map->header.bytes);
    /* Killed before a sync, the records are only in the kernel's memory. */
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    journal->fd = fd;
    finding->end = scan.end;
    finding->last_arrived_ns = scan.last_arrived_ns;
    finding->last_epoch = map->header.epoch;
    return rc;
}

/* A last segment without a good header: gone when it is empty, else set aside. */
static int drop_last(struct journal *journal, const struct segment *last,
                     const struct segment_map *map, struct finding *finding)
{
    char name[SEGMENT_NAME], aside[SEGMENT_NAME];
    segment_name(last->base, last->sealed ? SEALED_ENDING : ".seg", name);
    segment_name(last->base, last->sealed ? SEALED_ENDING ".damaged" : ".seg.damaged", aside);
    bool empty = !last->sealed;
    for (size_t i = 0; empty && i < map->n; i++)
        empty = map->p[i] == 0;
    if (empty)
        return unlinkat(journal->dir_fd, name, 0) == 0 ? 0 : -errno;
    if (renameat(journal->dir_fd, name, journal->dir_fd, aside) != 0)
        return -errno;
    finding->damaged = true;
    finding->cut_bytes = last->bytes;
    (void)str_copy(finding->segment, sizeof(finding->segment), str_of(name));
    if (last->base + last->bytes > finding->next_base)
        finding->next_base = last->base + last->bytes;
    return 0;
}

/* The last segment that can be gone on with, mended; the journal's list ends with it. */
static int find_last(struct journal *journal, struct finding *finding, struct cw_error *err)
{
    while (journal->n_segments) {
        struct segment *last = journal_current(journal);
        struct segment_map map;
        int rc = segment_map(journal->dir_fd, last->base, &map);
        if (rc == -ENOTSUP) {
            segment_unmap(&map);
            return err_set(err, rc, "journal segment %016llx.seg is of a newer version",
                           (unsigned long long)last->base);
        }
        bool good = rc == 0;
        if (good) {
            last->bytes = last->disk_bytes = map.header.bytes;
            rc = mend_last(journal, &map, finding);
        } else if (rc == -EBADMSG) {
            rc = drop_last(journal, last, &map, finding);
        }
        segment_unmap(&map);
        if (rc)
            return err_set(err, rc, "journal segment %016llx.seg cannot be recovered: %s",
                           (unsigned long long)last->base, strerror(-rc));
        if (good)
            break;
        journal->n_segments--;
    }
    return 0;
}

/* Before the last one is synced, so that what is on the disk has no hole, whenever the power
 * goes. Clean files cost nothing here. */
static int sync_earlier(const struct journal *journal)
{
    int rc = 0;
    for (size_t i = 0; i + 1 < journal->n_segments && rc == 0; i++) {
        if (journal->segment[i].sealed)
            continue; /* synced before it had its name */
        int fd = open_segment(journal, journal->segment[i].base);
        if (fd < 0)
            return fd;
        if (fdatasync(fd) != 0)
            rc = -errno;
        close(fd);
    }
    return rc;
}

/* ---- after a failed sync ---- */

/* The first `n` bytes of a segment in a new file, under its name; the old file goes aside. */
static int renew_head(const struct journal *journal, const struct segment_map *map, uint64_t n)
{
    char name[SEGMENT_NAME], aside[SEGMENT_NAME];
    segment_name(map->header.base, ".seg", name);
    segment_name(map->header.base, ".seg.damaged", aside);
    int fd = journal_make_file(journal, "segment.tmp", map->header.bytes);
    if (fd < 0)
        return fd;
    int rc = segment_write(fd, map->p, n, 0);
    if (rc == 0 && fsync(fd) != 0)
        rc = -errno;
    close(fd);
    if (rc)
        return rc;
    /* Both names at first, so that a crash in between loses nothing. */
    if (linkat(journal->dir_fd, name, journal->dir_fd, aside, 0) != 0 && errno != EEXIST)
        return -errno;
    if (renameat(journal->dir_fd, "segment.tmp", journal->dir_fd, name) != 0)
        return -errno;
    return segment_sync_dir(journal->dir_fd);
}

static int set_aside(const struct journal *journal, const struct segment *segment)
{
    char name[SEGMENT_NAME], aside[SEGMENT_NAME];
    segment_name(segment->base, ".seg", name);
    segment_name(segment->base, ".seg.damaged", aside);
    return renameat(journal->dir_fd, name, journal->dir_fd, aside) == 0 ? 0 : -errno;
}

/* The whole records of a segment of which the first `trusted` bytes were synced. */
static int renew(const struct journal *journal, const struct segment_map *map, uint64_t trusted,
                 struct finding *finding)
{
    struct segment_scan scan;
    segment_scan(map, &scan);
    uint64_t end = scan.end > trusted ? scan.end : trusted;
    uint64_t from = trusted > SEGMENT_HEADER ? trusted : SEGMENT_HEADER;
    finding->kept_bytes += end - from;
    if (scan.written > end || !finding->segment[0]) {
        segment_name(map->header.base, ".seg", finding->segment);
        finding->cut_at = end;
    }
    finding->cut_bytes += scan.written > end ? scan.written - end : 0;
    return renew_head(journal, map, end);
}

/* One segment that does not end before `synced`. False in *stays: it went aside. */
static int distrust(struct journal *journal, const struct segment *segment,
                    struct position synced, struct finding *finding, bool *stays)
{
    struct segment_map map;
    bool has_synced = segment->base < synced.offset;
    uint64_t trusted = has_synced ? synced.offset - segment->base : 0;
    int rc = segment_map(journal->dir_fd, segment->base, &map);
    bool ours = rc == 0 && map.header.epoch == synced.epoch && trusted <= map.n;
    *stays = ours || has_synced; /* its header was synced: for find_last() to judge */
    if (ours) {
        rc = renew(journal, &map, trusted, finding);
    } else if (!has_synced && (rc == 0 || rc == -EBADMSG || rc == -ENOTSUP)) {
        finding->cut_bytes += segment->bytes;
        rc = set_aside(journal, segment);
    } else if (rc == -EBADMSG || rc == -ENOTSUP) {
        rc = 0;
    }
    segment_unmap(&map);
    return rc;
}

/* All of them, oldest first; those that went aside leave the list. */
static int distrust_all(struct journal *journal, struct position synced,
                        struct finding *finding)
{
    size_t n_kept = 0;
    int rc = 0;
    for (size_t i = 0; i < journal->n_segments; i++) {
        const struct segment segment = journal->segment[i];
        bool stays = true;
        if (rc == 0 && segment.base + segment.bytes > synced.offset && !segment.sealed)
            rc = distrust(journal, &segment, synced, finding, &stays);
        if (stays)
            journal->segment[n_kept++] = segment;
        else if (n_kept == 0 && i == 0)
            finding->next_base = segment.base; /* the next epoch tells the two apart */
    }
    journal->n_segments = n_kept;
    return rc;
}

static int after_failure(struct journal *journal, struct finding *finding, struct cw_error *err)
{
    char text[POSITION_MAX];
    struct position synced;
    ssize_t n = readlinkat(journal->dir_fd, JOURNAL_FAILED_MARK, text, sizeof(text));
    if (n < 0 || position_parse((struct cw_str){text, (size_t)n}, &synced) != 0)
        return 0;
    finding->failed = finding->damaged = true;
    finding->last_epoch = synced.epoch;
    int rc = distrust_all(journal, synced, finding);
    return rc ? err_set(err, rc, "journal %s cannot be renewed after a failed sync: %s",
                        journal->options.dir, strerror(-rc))
              : 0;
}

/* The last arrival of the journal, when its last segment has none. */
static int64_t earlier_arrival(const struct journal *journal)
{
    int64_t found_ns = 0;
    for (size_t i = journal->n_segments - 1; found_ns == 0 && i-- > 0;) {
        struct segment_map map;
        struct segment_scan scan;
        if (segment_map(journal->dir_fd, journal->segment[i].base, &map) == 0) {
            segment_scan(&map, &scan);
            found_ns = scan.last_arrived_ns;
        }
        segment_unmap(&map);
    }
    return found_ns;
}

static int begin_new(struct journal *journal, const struct finding *finding, int64_t now_ns,
                     struct cw_error *err)
{
    uint64_t bytes = (uint64_t)journal->options.segment_bytes, base = finding->next_base;
    const char *name = "segment.tmp", *dir = journal->options.dir;
    int fd = journal_make_file(journal, name, bytes);
    if (fd < 0 && journal->reserve_fd >= 0) {
        bytes = (uint64_t)journal->options.reserve_bytes;
        name = "reserve";
        fd = journal->reserve_fd;
        journal->reserve_fd = -1;
    }
    if (fd < 0)
        return err_set(err, fd, "no journal segment can be made in %s: %s", dir, strerror(-fd));
    if (journal->n_segments) {
        const struct segment *last = journal_current(journal);
        base = last->base + last->bytes > base ? last->base + last->bytes : base;
    }
    int rc = journal_begin_segment(journal, name, fd, base, bytes, now_ns);
    if (rc) {
        close(fd);
        return err_set(err, rc, "no journal segment can be begun in %s: %s", dir,
                       strerror(-rc));
    }
    if (fsync(fd) != 0)
        return err_set(err, -errno, "journal segment in %s cannot be synced: %s", dir,
                       strerror(errno));
    return 0;
}

/* The first record of the new epoch says why there is one. */
static int tell(struct journal *journal, const struct finding *finding, int64_t now_ns)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, 1024);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_text(&out, "state", CW_STR("recovered"));
    json_member_text(&out, "segment", str_of(finding->segment));
    json_member_int(&out, "cut_at", (int64_t)finding->cut_at);
    json_member_int(&out, "cut_bytes", (int64_t)finding->cut_bytes);
    if (finding->failed) {
        json_member_text(&out, "why", CW_STR("failed"));
        json_member_int(&out, "kept_bytes", (int64_t)finding->kept_bytes);
    }
    json_object_end(&out);
    log_err("journal %s, the rest is set aside segment=%s offset=%llu bytes=%llu kept=%llu",
            finding->failed ? "could not be written" : "was damaged", finding->segment,
            (unsigned long long)finding->cut_at, (unsigned long long)finding->cut_bytes,
            (unsigned long long)finding->kept_bytes);
    struct record record = {.kind = RECORD_DISK, .payload = buf_str(&text)};
    int rc = journal_append(journal, &record, now_ns, SYNC_NOW, NULL);
    buf_done(&text);
    return rc;
}

static void use_finding(struct journal *journal, const struct finding *finding)
{
    uint64_t quota = (uint64_t)journal->options.quota_bytes;
    bool is_reserve =
        journal->reserve_fd < 0 && journal->options.reserve_bytes > 0 &&
        journal_current(journal)->bytes == (uint64_t)journal->options.reserve_bytes;
    journal->over_quota = journal->total_bytes > quota || is_reserve;
    atomic_store(&journal->last_arrived_ns, finding->last_arrived_ns
                                                ? finding->last_arrived_ns
                                                : earlier_arrival(journal));
    uint64_t end = journal_current(journal)->base + journal->used;
    atomic_store(&journal->end, end);
    atomic_store(&journal->synced, end);
}

int journal_recover(struct journal *journal, int64_t now_ns, struct cw_error *err)
{
    const struct journal_options *options = &journal->options;
    struct finding finding = {0};
    (void)unlinkat(journal->dir_fd, "segment.tmp", 0);
    (void)unlinkat(journal->dir_fd, "segment.patched", 0);
    (void)unlinkat(journal->dir_fd, "spare", 0);
    (void)unlinkat(journal->dir_fd, "seal.tmp", 0);
    journal->reserve_fd = adopt_reserve(journal);
    int rc = segment_list(journal->dir_fd, &journal->segment, &journal->n_segments);
    if (rc)
        return err_set(err, rc, "journal %s cannot be listed: %s", options->dir, strerror(-rc));
    journal->cap_segments = journal->n_segments;
    rc = after_failure(journal, &finding, err);
    if (rc)
        return rc;
    rc = sync_earlier(journal);
    if (rc)
        return err_set(err, rc, "journal %s cannot be synced: %s", options->dir, strerror(-rc));
    rc = find_last(journal, &finding, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < journal->n_segments; i++)
        journal->total_bytes += journal->segment[i].disk_bytes;
    bool begin = journal->n_segments == 0 || finding.damaged;
    uint32_t known = finding.last_epoch > options->scan_from.epoch ? finding.last_epoch
                                                                   : options->scan_from.epoch;
    journal->epoch = begin ? known + 1 : finding.last_epoch;
    journal->used = finding.end;
    if (begin)
        rc = begin_new(journal, &finding, now_ns, err);
    if (rc)
        return rc;
    if (journal->reserve_fd < 0 && options->reserve_bytes > 0 &&
        journal->total_bytes <= (uint64_t)options->quota_bytes)
        journal->reserve_fd =
            journal_make_file(journal, "reserve", (uint64_t)options->reserve_bytes);
    /* Left behind, it would have good records set aside one day. */
    if (finding.failed && unlinkat(journal->dir_fd, JOURNAL_FAILED_MARK, 0) != 0)
        return err_set(err, -errno, "%s/" JOURNAL_FAILED_MARK " cannot be removed: %s",
                       options->dir, strerror(errno));
    if (segment_sync_dir(journal->dir_fd) != 0)
        return err_set(err, -EIO, "journal %s cannot be synced", options->dir);
    use_finding(journal, &finding);
    rc = finding.damaged ? tell(journal, &finding, now_ns) : 0;
    if (rc)
        return err_set(err, rc, "journal %s takes no record: %s", options->dir, strerror(-rc));
    return 0;
}
