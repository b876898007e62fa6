/*
 * door_tail.c - reads a door's journal ahead of the fold, stretch by stretch.
 *
 * The reader is only trusted as far as the page says that the writer has synced. It is opened
 * anew whenever it does not stand where the last stretch ended: at the end of a segment, when
 * a stretch was not merged, and when the writer has begun anew, which may have put another
 * file under the name of the one that is mapped.
 */
#include "io/door_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/door_page.h"
#include "io/journal_grave.h"
#include "io/journal_segment.h"

/* A segment that is still there. */
struct kept {
    uint64_t base;
    struct position left; /* behind the first merge record of a later segment; zero: none yet */
};

struct door_tail {
    char name[MAX_DOOR_NAME + 1];
    char *dir;
    int dir_fd, lock_fd, fifo;
    struct stat identity; /* of the folder */
    struct door_page *page;
    struct position begun;
    struct journal_reader *reader; /* NULL: to be opened at `next` */
    uint32_t writer_epoch;         /* of the journal as it was when the reader was opened */
    struct position next;          /* zero: at the oldest record */
    int64_t created_ns;            /* of the segment of `next`; 0: not known */
    uint64_t cut_base;             /* of the segment of the stretch that was cut last */
    struct position seen;          /* the writer's end when there was nothing to merge */
    struct kept *kept;
    size_t n_kept, cap_kept;
    uint64_t n_merges, n_records;
};

/* ---- open and close ---- */

static void keep_segment(struct door_tail *tail, struct kept segment)
{
    if (tail->n_kept == tail->cap_kept) {
        tail->cap_kept = tail->cap_kept ? tail->cap_kept * 2 : 16;
        tail->kept = xrealloc(tail->kept, tail->cap_kept * sizeof(*tail->kept));
    }
    tail->kept[tail->n_kept++] = segment;
}

/* What the fold had behind it when it began. */
static int list_passed(struct door_tail *tail)
{
    struct segment *segment;
    size_t n;
    int rc = segment_list(tail->dir_fd, &segment, &n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (segment[i].base + segment[i].bytes <= tail->next.offset)
            keep_segment(tail, (struct kept){segment[i].base, tail->begun});
    }
    free(segment);
    return rc;
}

static int open_files(struct door_tail *tail)
{
    int rc = fstat(tail->dir_fd, &tail->identity) == 0 ? 0 : -errno;
    rc = rc ? rc : door_page_open(tail->dir_fd, &tail->page);
    if (rc)
        return rc;
    tail->fifo = door_fifo_open(tail->dir_fd);
    return tail->fifo < 0 ? tail->fifo : 0;
}

int door_tail_open(struct door_tail **out, const char *name, const char *dir,
                   const struct door_cursor *cursor, struct position begun,
                   struct cw_error *err)
{
    struct door_tail *tail = xcalloc(1, sizeof(*tail));
    *out = NULL;
    tail->lock_fd = tail->fifo = -1;
    (void)str_copy(tail->name, sizeof(tail->name), str_of(name));
    tail->dir = xstrdup(dir);
    tail->begun = begun;
    if (cursor) {
        tail->next = cursor->next;
        tail->created_ns = cursor->created_ns;
    }
    tail->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = tail->dir_fd < 0 ? -errno : 0;
    rc = rc ? rc : open_files(tail);
    rc = rc ? rc : list_passed(tail);
    if (rc) {
        (void)err_set(err, rc, "door %s cannot be opened in %s: %s", name, dir, strerror(-rc));
        door_tail_close(tail);
        return rc;
    }
    *out = tail;
    return 0;
}

void door_tail_close(struct door_tail *tail)
{
    if (!tail)
        return;
    const int fds[] = {tail->fifo, tail->lock_fd, tail->dir_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    journal_reader_close(tail->reader);
    door_page_close(tail->page);
    free(tail->kept);
    free(tail->dir);
    free(tail);
}

bool door_tail_cursor(const struct door_tail *tail, struct door_cursor *cursor)
{
    *cursor = (struct door_cursor){.next = tail->next, .created_ns = tail->created_ns};
    memcpy(cursor->name, tail->name, sizeof(cursor->name));
    return tail->created_ns != 0;
}

/* ---- the writer ---- */

bool door_tail_is_written(const struct door_tail *tail)
{
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    /* Opened anew each time: the file may be new. Closing it takes no lock from anybody else,
     * and we hold none. */
    int fd = openat(tail->dir_fd, "lock", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool held = fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    close(fd);
    return held;
}

bool door_tail_is_there(const struct door_tail *tail)
{
    struct stat now;
    return stat(tail->dir, &now) == 0 && now.st_dev == tail->identity.st_dev &&
           now.st_ino == tail->identity.st_ino;
}

/* ---- where to read ---- */

/* Another journal: what was kept of the old one is gone, or has the new one's names. */
static void begin_anew(struct door_tail *tail)
{
    tail->n_kept = 0;
}

/* The next record is looked for there, whatever segment that is. */
static void jump(struct door_tail *tail, uint64_t offset)
{
    tail->next = (struct position){0, offset};
    tail->created_ns = 0;
    journal_reader_close(tail->reader);
    tail->reader = NULL;
}

/* `next` is in none of the segments that are there. */
static int find_again(struct door_tail *tail, const struct segment *segment, size_t n,
                      struct cw_error *err)
{
    size_t i = 0;
    while (i < n && segment[i].base < tail->next.offset)
        i++;
    /* What begins behind it has lost something in between; if all of it lies before, it cannot
     * be the journal that was read so far. */
    uint64_t at = i < n ? segment[i].base : segment[0].base;
    if (i == n)
        begin_anew(tail);
    (void)err_set(
        err, -EBADMSG, "door %s: %s", tail->name,
        i < n ? "segments are missing, going on behind them"
              : "there is another journal in its folder, it is read from its beginning");
    jump(tail, at);
    return -EBADMSG;
}

/* 0 when the segment of `next` is there, or nothing is yet. */
static int look_for_segment(struct door_tail *tail, struct cw_error *err)
{
    struct segment *segment;
    size_t n, i = 0;
    int rc = segment_list(tail->dir_fd, &segment, &n);
    if (rc)
        return err_set(err, rc, "door %s cannot be listed: %s", tail->name, strerror(-rc));
    uint64_t want = tail->next.offset;
    while (i < n && segment[i].base + segment[i].bytes <= want)
        i++;
    if (n == 0 || (i == n && segment[n - 1].base + segment[n - 1].bytes == want))
        rc = -ENODATA; /* the next one is not there yet */
    else if (want != 0 && (i == n || segment[i].base > want))
        rc = find_again(tail, segment, n, err);
    else if (want < segment[i].base)
        jump(tail, segment[i].base); /* a door that is new to us, whose first ones are gone */
    free(segment);
    return rc;
}

static int open_reader(struct door_tail *tail, struct cw_error *err)
{
    struct cw_error why = {""};
    int rc = look_for_segment(tail, err);
    if (rc)
        return rc;
    rc = journal_reader_open(&tail->reader, NULL, tail->dir, tail->next, &why);
    if (rc == 0 && tail->created_ns && tail->next.offset &&
        journal_reader_segment(tail->reader).created_ns != tail->created_ns)
        rc = -ESTALE;
    if (rc == 0)
        return 0;
    if (rc == -ESTALE) {
        (void)err_set(err, -EBADMSG,
                      "door %s: there is another journal in its folder, it is read from its "
                      "beginning",
                      tail->name);
        begin_anew(tail);
        jump(tail, 0);
        return -EBADMSG;
    }
    return err_set(err, rc, "door %s: %s", tail->name, why.text);
}

/* The reader stands at `next`, and reads the files that the writer knows. */
static int ready(struct door_tail *tail, uint32_t writer_epoch, struct cw_error *err)
{
    bool stands = tail->reader && tail->writer_epoch == writer_epoch &&
                  journal_reader_position(tail->reader).offset == tail->next.offset;
    if (stands)
        return 0;
    journal_reader_close(tail->reader);
    tail->reader = NULL;
    tail->writer_epoch = writer_epoch;
    return open_reader(tail, err);
}

/* ---- a stretch ---- */

struct cut {
    struct merge *merge;
    uint64_t bytes;
    bool present; /* of the writer's present life */
};

/* Takes the record into the stretch, if it belongs to it. */
static bool take(struct door_tail *tail, struct cut *cut, const struct record *record,
                 struct position at)
{
    struct merge *merge = cut->merge;
    struct position opened = {atomic_load(&tail->page->opened_epoch),
                              atomic_load(&tail->page->opened_offset)};
    const struct segment_header segment = journal_reader_segment(tail->reader);
    bool present = position_cmp(at, opened) >= 0;
    size_t size = record_size(record);
    if (merge->n_records == 0) {
        merge->from = at;
        merge->created_ns = segment.created_ns;
        tail->cut_base = segment.base;
        cut->present = present;
    } else if (segment.base != tail->cut_base || at.epoch != merge->from.epoch ||
               present != cut->present || cut->bytes + size > MAX_MERGE_BYTES) {
        return false;
    }
    cut->bytes += size;
    merge->end = at.offset + size;
    merge->n_records++;
    return true;
}

static int cut_stretch(struct door_tail *tail, struct position end, struct cut *cut,
                       struct cw_error *err)
{
    struct record record;
    struct position at;
    while (cut->merge->n_records < MAX_MERGE_RECORDS &&
           position_cmp(journal_reader_position(tail->reader), end) < 0) {
        int rc = journal_reader_next(tail->reader, &record, &at, err);
        if (rc == -ENODATA)
            break;
        if (rc && cut->merge->n_records)
            break; /* said by the next call, which begins there */
        if (rc) {
            jump(tail, journal_reader_position(tail->reader).offset);
            return rc;
        }
        if (!take(tail, cut, &record, at))
            break;
    }
    return cut->merge->n_records ? 0 : -ENODATA;
}

int door_tail_next(struct door_tail *tail, int64_t wall_offset_ns, struct merge *merge,
                   struct cw_error *err)
{
    struct position end;
    struct cut cut = {.merge = merge};
    *merge = (struct merge){.source = ""};
    (void)str_copy(merge->source, sizeof(merge->source), str_of(tail->name));
    bool known = door_page_end(tail->page, &end);
    tail->seen = known ? end : (struct position){0, 0};
    if (!known)
        return -ENODATA;
    if (end.epoch == tail->writer_epoch && position_cmp(tail->next, end) >= 0)
        return -ENODATA;
    int rc = ready(tail, end.epoch, err);
    if (rc == 0)
        rc = cut_stretch(tail, end, &cut, err);
    /* Its clock is known while it runs: what an earlier life left is taken as it is. */
    if (rc == 0 && cut.present && door_tail_is_written(tail))
        merge->shift_ns = wall_offset_ns - atomic_load(&tail->page->wall_offset_ns);
    return rc;
}

void door_tail_merged(struct door_tail *tail, const struct merge *merge, struct position behind)
{
    struct kept *last = tail->n_kept ? &tail->kept[tail->n_kept - 1] : NULL;
    if (!last || last->base != tail->cut_base) {
        if (last && last->left.epoch == 0)
            last->left = behind;
        keep_segment(tail, (struct kept){.base = tail->cut_base});
    }
    tail->next = (struct position){merge->from.epoch, merge->end};
    tail->created_ns = merge->created_ns;
    tail->n_merges++;
    tail->n_records += merge->n_records;
}

/* ---- clearing away ---- */

static bool is_left(const struct door_tail *tail, size_t i, struct position before)
{
    const struct kept *kept = &tail->kept[i];
    return i + 1 < tail->n_kept && kept->left.epoch != 0 &&
           position_cmp(kept->left, before) <= 0;
}

uint32_t door_tail_trim(struct door_tail *tail, struct position before,
                        struct journal_grave *grave)
{
    uint32_t n = 0;
    grave->n = 0;
    if (!is_left(tail, 0, before) || !journal_grave_open(grave, tail->dir_fd))
        return 0;
    for (; n < MAX_GRAVE && is_left(tail, n, before); n++)
        grave->base[n] = tail->kept[n].base;
    tail->n_kept -= n;
    memmove(tail->kept, tail->kept + n, tail->n_kept * sizeof(*tail->kept));
    return grave->n = n;
}

bool door_tail_after(const struct door_tail *tail, uint64_t bytes, struct position *at)
{
    size_t i = 0;
    while (i + 1 < tail->n_kept && tail->kept[i + 1].base - tail->kept[0].base < bytes)
        i++;
    if (i + 1 >= tail->n_kept || tail->kept[i].left.epoch == 0)
        return false;
    *at = tail->kept[i].left;
    return true;
}

/* ---- waiting and asking ---- */

bool door_tail_sleep(struct door_tail *tail)
{
    return door_page_sleep(tail->page, tail->seen);
}

void door_tail_awake(struct door_tail *tail)
{
    door_page_awake(tail->page, tail->fifo);
}

int door_tail_fd(const struct door_tail *tail)
{
    return tail->fifo;
}

static uint64_t between(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

void door_tail_stat(const struct door_tail *tail, struct door_tail_stat *stat)
{
    struct door_page *page = tail->page;
    struct position end;
    uint64_t first = tail->n_kept ? tail->kept[0].base : tail->next.offset;
    *stat = (struct door_tail_stat){
        .quota_bytes = (uint64_t)atomic_load(&page->quota_bytes),
        .segment_bytes = (uint64_t)atomic_load(&page->segment_bytes),
        .on_reserve = atomic_load(&page->on_reserve) != 0,
        .failed = atomic_load(&page->failed) != 0,
        .n_telemetry = atomic_load(&page->n_telemetry),
        .n_events = atomic_load(&page->n_events),
        .n_refused = atomic_load(&page->n_refused),
        .n_dropped = atomic_load(&page->n_dropped),
        .n_wrong_site = atomic_load(&page->n_wrong_site),
        .n_wakes = atomic_load(&page->n_wakes),
        .n_merges = tail->n_merges,
        .n_records = tail->n_records,
    };
    if (door_page_end(page, &end)) {
        stat->bytes = between(first, end.offset);
        stat->lag_bytes = between(tail->next.offset, end.offset);
    }
}
