/*
 * journal_file.c - opening and appending: one pwrite a record, under the one mutex.
 *
 * A record goes into the current segment; when it does not fit, the spare file (or one made
 * on the spot) becomes the next segment. What the quota or the disk refuse is refused before
 * anything is written.
 */
#include "io/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/journal_grave.h"
#include "io/journal_state.h"

#define MIN_SEGMENT_BYTES (64 * 1024)
#define PAGE UINT64_C(4096)
#define LOOK_EVERY_NS (NS_PER_S / 4)

struct segment *journal_current(struct journal *journal)
{
    return &journal->segment[journal->n_segments - 1];
}

static void segment_push(struct journal *journal, struct segment segment)
{
    if (journal->n_segments == journal->cap_segments) {
        journal->cap_segments = journal->cap_segments ? journal->cap_segments * 2 : 16;
        journal->segment =
            xrealloc(journal->segment, journal->cap_segments * sizeof(*journal->segment));
    }
    journal->segment[journal->n_segments++] = segment;
    journal->total_bytes += segment.disk_bytes;
}

int journal_make_file(const struct journal *journal, const char *name, uint64_t bytes)
{
    int fd = segment_create(journal->dir_fd, name, bytes);
    /* The umask may have kept the group out, for whom it is. */
    if (fd >= 0 && journal->options.shared)
        (void)fchmod(fd, 0640);
    return fd;
}

/* The segment that is full still has to be synced; who does that also closes it. */
static void seal_current(struct journal *journal)
{
    if (journal->fd < 0)
        return;
    if (journal->n_sealed == journal->cap_sealed) {
        journal->cap_sealed = journal->cap_sealed ? journal->cap_sealed * 2 : 4;
        journal->sealed =
            xrealloc(journal->sealed, journal->cap_sealed * sizeof(*journal->sealed));
    }
    journal->sealed[journal->n_sealed++] = journal->fd;
}

int journal_begin_segment(struct journal *journal, const char *name, int fd, uint64_t base,
                          uint64_t bytes, int64_t now_ns)
{
    struct segment_header header = {SEGMENT_VERSION, journal->epoch, base, bytes, now_ns};
    char head[SEGMENT_HEADER], final_name[SEGMENT_NAME];
    segment_header_write(&header, head);
    segment_name(base, ".seg", final_name);
    int rc = segment_write(fd, head, sizeof(head), 0);
    if (rc == 0 && renameat(journal->dir_fd, name, journal->dir_fd, final_name) != 0)
        rc = -errno;
    if (rc)
        return rc;
    seal_current(journal);
    segment_push(journal, (struct segment){.base = base, .bytes = bytes, .disk_bytes = bytes});
    journal->fd = fd;
    journal->used = SEGMENT_HEADER;
    journal->dir_dirty = true;
    return 0;
}

/* ---- room for a record ---- */

static bool quota_allows(const struct journal *journal, uint64_t bytes)
{
    return journal->total_bytes + bytes <= (uint64_t)journal->options.quota_bytes;
}

void journal_forget_deleted(struct journal *journal)
{
    struct segment *there;
    size_t n_there, n_kept = 0, at = 0;
    int64_t now_ns = clock_monotonic_ns();
    if (!journal->options.shared || now_ns < journal->look_ns)
        return;
    journal->look_ns = now_ns + LOOK_EVERY_NS;
    if (segment_list(journal->dir_fd, &there, &n_there) != 0)
        return;
    for (size_t i = 0; i < journal->n_segments; i++) {
        const struct segment segment = journal->segment[i];
        while (at < n_there && there[at].base < segment.base)
            at++;
        if (i + 1 == journal->n_segments || (at < n_there && there[at].base == segment.base))
            journal->segment[n_kept++] = segment;
        else
            journal->total_bytes -= segment.disk_bytes;
    }
    journal->n_segments = n_kept;
    free(there);
}

static uint64_t next_base(struct journal *journal)
{
    const struct segment *current = journal_current(journal);
    return current->base + current->bytes;
}

static int begin_usual(struct journal *journal, size_t size, int64_t now_ns)
{
    uint64_t usual = (uint64_t)journal->options.segment_bytes;
    uint64_t need = (SEGMENT_HEADER + size + SEGMENT_TAIL + PAGE - 1) / PAGE * PAGE;
    uint64_t bytes = need > usual ? need : usual;
    if (!quota_allows(journal, bytes))
        journal_forget_deleted(journal);
    if (!quota_allows(journal, bytes) || clock_monotonic_ns() < journal->retry_ns)
        return -ENOSPC;
    bool use_spare = journal->spare_fd >= 0 && bytes == usual;
    const char *name = use_spare ? "spare" : "segment.tmp";
    int fd = use_spare ? journal->spare_fd : journal_make_file(journal, name, bytes);
    int rc = fd < 0
                 ? fd
                 : journal_begin_segment(journal, name, fd, next_base(journal), bytes, now_ns);
    if (use_spare)
        journal->spare_fd = -1;
    if (rc == 0) {
        journal->over_quota = false;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    /* Whatever the reason: there is no place now, and asking for every record would hurt. */
    journal->retry_ns = clock_monotonic_ns() + NS_PER_S;
    log_warning("no new journal segment, only urgent records are taken, retrying in 1s "
                "bytes=%llu (%s)",
                (unsigned long long)bytes, strerror(-rc));
    return -ENOSPC;
}

static int begin_reserve(struct journal *journal, size_t size, int64_t now_ns)
{
    uint64_t bytes = (uint64_t)journal->options.reserve_bytes;
    if (journal->reserve_fd < 0 || SEGMENT_HEADER + size + SEGMENT_TAIL > bytes)
        return -ENOSPC;
    int rc = journal_begin_segment(journal, "reserve", journal->reserve_fd, next_base(journal),
                                   bytes, now_ns);
    if (rc)
        return -ENOSPC;
    journal->reserve_fd = -1;
    journal->over_quota = true;
    return 0;
}

static bool fits(struct journal *journal, size_t size)
{
    return journal->used + size + SEGMENT_TAIL <= journal_current(journal)->bytes;
}

static int make_room(struct journal *journal, size_t size, int64_t now_ns, enum sync_class sync)
{
    if (journal->over_quota && sync == SYNC_LATER)
        return begin_usual(journal, size, now_ns);
    if (fits(journal, size))
        return 0;
    int rc = begin_usual(journal, size, now_ns);
    if (rc)
        journal->over_quota = true; /* what is left here is for SYNC_NOW, too */
    return rc && sync == SYNC_NOW ? begin_reserve(journal, size, now_ns) : rc;
}

/* ---- appending ---- */

/* A part of a record must not stay behind the end: the next one may be shorter. */
static int unwrite(struct journal *journal, size_t size, int rc)
{
    memset(journal->scratch, 0, size);
    if (rc != -ENOSPC ||
        segment_write(journal->fd, journal->scratch, size, journal->used) != 0) {
        log_err("journal cannot be written, nothing more is taken dir=%s (%s)",
                journal->options.dir, strerror(-rc));
        atomic_store(&journal->failed, true);
        pthread_cond_signal(&journal->wake);
        return -EIO;
    }
    return -ENOSPC;
}

static int append_locked(struct journal *journal, struct record *record, int64_t now_ns,
                         enum sync_class sync, struct position *at)
{
    size_t size = record_size(record);
    if (atomic_load(&journal->failed))
        return -EIO;
    int rc = make_room(journal, size, now_ns, sync);
    if (rc)
        return rc;
    if (size > journal->cap_scratch) {
        journal->cap_scratch = size * 2;
        journal->scratch = xrealloc(journal->scratch, journal->cap_scratch);
    }
    int64_t last_ns = atomic_load_explicit(&journal->last_arrived_ns, memory_order_relaxed);
    record->arrived_ns = now_ns > last_ns ? now_ns : last_ns + 1;
    *at = (struct position){journal->epoch, journal_current(journal)->base + journal->used};
    record_write(record, *at, journal->scratch);
    rc = segment_write(journal->fd, journal->scratch, size, journal->used);
    if (rc)
        return unwrite(journal, size, rc);
    journal->used += size;
    journal->n_appended++;
    atomic_store(&journal->last_arrived_ns, record->arrived_ns);
    atomic_store(&journal->end, at->offset + size);
    journal_sync_wake(journal, sync);
    return 0;
}

int journal_append(struct journal *journal, const struct record *record, int64_t now_ns,
                   enum sync_class sync, struct position *at)
{
    struct record stamped = *record;
    struct position ignored;
    if (record->topic.n > MAX_RECORD_TOPIC || record->payload.n > MAX_RECORD_PAYLOAD)
        return -EMSGSIZE;
    pthread_mutex_lock(&journal->mutex);
    int rc = append_locked(journal, &stamped, now_ns, sync, at ? at : &ignored);
    if (rc)
        journal->n_refused++;
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}

int journal_roll(struct journal *journal)
{
    int64_t now_ns = journal_now(journal);
    pthread_mutex_lock(&journal->mutex);
    int rc = atomic_load(&journal->failed)     ? -EIO
             : journal->used == SEGMENT_HEADER ? 0
                                               : begin_usual(journal, 0, now_ns);
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}

/* ---- opening and closing ---- */

/* A new folder's name has to be on the disk before anything in it counts. */
static int sync_parent(const struct journal *journal)
{
    int fd = openat(journal->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -errno : segment_sync_dir(fd);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int open_dir(struct journal *journal, struct cw_error *err)
{
    const char *dir = journal->options.dir;
    bool made = mkdir(dir, 0750) == 0;
    if (!made && errno != EEXIST)
        return err_set(err, -errno, "journal directory %s cannot be made: %s", dir,
                       strerror(errno));
    journal->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->dir_fd < 0)
        return err_set(err, -errno, "journal directory %s cannot be opened: %s", dir,
                       strerror(errno));
    int rc = made ? sync_parent(journal) : 0;
    return rc ? err_set(err, rc, "the folder of %s cannot be synced: %s", dir, strerror(-rc))
              : 0;
}

/* By fcntl and not flock: a child that is forked for a snapshot does not hold it. */
static int take_lock(struct journal *journal, struct cw_error *err)
{
    const char *dir = journal->options.dir;
    journal->lock_fd = openat(journal->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (journal->lock_fd < 0)
        return err_set(err, -errno, "%s/lock cannot be opened: %s", dir, strerror(errno));
    if (journal->options.shared)
        (void)fchmod(journal->lock_fd, 0640);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(journal->lock_fd, F_SETLK, &lock) == 0)
        return 0;
    if (errno != EACCES && errno != EAGAIN)
        return err_set(err, -errno, "%s/lock cannot be locked: %s", dir, strerror(errno));
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    (void)fcntl(journal->lock_fd, F_GETLK, &holder);
    return err_set(err, -EWOULDBLOCK, "journal %s is in use by another instance (pid %ld)", dir,
                   (long)holder.l_pid);
}

/* A quota has to hold several segments, or nothing could ever be trimmed under it. */
static void adapt_options(struct journal_options *options)
{
    if (options->segment_bytes <= 0)
        options->segment_bytes = INT64_C(64) << 20;
    if (options->quota_bytes <= 0)
        options->quota_bytes = INT64_MAX;
    if (options->segment_bytes > options->quota_bytes / 4)
        options->segment_bytes = options->quota_bytes / 4;
    if (options->segment_bytes < MIN_SEGMENT_BYTES)
        options->segment_bytes = MIN_SEGMENT_BYTES;
    options->segment_bytes -= options->segment_bytes % (int64_t)PAGE;
    options->reserve_bytes -= options->reserve_bytes % (int64_t)PAGE;
}

static struct journal *journal_new(const struct journal_options *options)
{
    struct journal *journal = xcalloc(1, sizeof(*journal));
    journal->options = *options;
    journal->options.dir = xstrdup(options->dir);
    adapt_options(&journal->options);
    journal->dir_fd = journal->lock_fd = journal->fd = -1;
    journal->spare_fd = journal->reserve_fd = -1;
    pthread_condattr_t monotonic;
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->wake, &monotonic);
    pthread_cond_init(&journal->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return journal;
}

static void journal_free(struct journal *journal)
{
    const int fds[] = {journal->fd, journal->spare_fd, journal->reserve_fd, journal->lock_fd,
                       journal->dir_fd};
    for (size_t i = 0; i < journal->n_sealed; i++)
        close(journal->sealed[i]);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    pthread_cond_destroy(&journal->done);
    pthread_cond_destroy(&journal->wake);
    pthread_mutex_destroy(&journal->mutex);
    free((char *)(uintptr_t)journal->options.dir);
    free(journal->segment);
    free(journal->sealed);
    free(journal->scratch);
    free(journal);
}

int journal_open(struct journal **journal, const struct journal_options *options,
                 struct cw_error *err)
{
    struct journal *opened = journal_new(options);
    *journal = NULL;
    int rc = open_dir(opened, err);
    if (rc == 0)
        rc = take_lock(opened, err);
    opened->wall_offset_ns = clock_wall_ns() - clock_boot_ns();
    if (rc == 0)
        rc = journal_recover(opened, clock_wall_ns(), err);
    if (rc == 0) {
        rc = journal_sync_start(opened);
        if (rc)
            (void)err_set(err, rc, "the journal's thread cannot be started: %s", strerror(-rc));
    }
    if (rc) {
        journal_free(opened);
        return rc;
    }
    *journal = opened;
    return 0;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    journal_sync_stop(journal);
    journal_free(journal);
}

/* ---- asking ---- */

struct position journal_synced(const struct journal *journal)
{
    return (struct position){journal->epoch, atomic_load(&journal->synced)};
}

struct position journal_end(const struct journal *journal)
{
    return (struct position){journal->epoch, atomic_load(&journal->end)};
}

int64_t journal_now(const struct journal *journal)
{
    int64_t now_ns = clock_boot_ns() + journal->wall_offset_ns;
    int64_t last_ns = atomic_load(&journal->last_arrived_ns);
    return now_ns > last_ns ? now_ns : last_ns;
}

int64_t journal_last_arrived_ns(const struct journal *journal)
{
    return atomic_load(&journal->last_arrived_ns);
}

int64_t journal_wall_offset_ns(const struct journal *journal)
{
    return journal->wall_offset_ns;
}

bool journal_failed(const struct journal *journal)
{
    return atomic_load(&journal->failed);
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void journal_stat(const struct journal *journal, struct journal_stat *stat)
{
    struct journal *locked = (struct journal *)(uintptr_t)journal;
    int64_t times[N_SYNC_TIMES];
    pthread_mutex_lock(&locked->mutex);
    *stat = (struct journal_stat){
        .n_segments = journal->n_segments,
        .bytes = journal->total_bytes,
        .n_appended = journal->n_appended,
        .n_syncs = journal->n_syncs,
        .n_refused = journal->n_refused,
        .epoch = journal->epoch,
        .first_offset = journal->segment[0].base,
        .room = journal->segment[journal->n_segments - 1].bytes - journal->used,
        .on_reserve = journal->over_quota,
        .reserve_ready = journal->reserve_fd >= 0,
        .disk_bytes = journal->disk.bytes,
        .disk_free_bytes = journal->disk.free_bytes,
    };
    memcpy(times, journal->sync_ns, sizeof(times));
    pthread_mutex_unlock(&locked->mutex);
    size_t n = stat->n_syncs < N_SYNC_TIMES ? stat->n_syncs : N_SYNC_TIMES;
    qsort(times, n, sizeof(times[0]), by_value);
    stat->sync_p99_ns = n ? times[n * 99 / 100] : 0;
}

/* ---- trimming ---- */

int journal_after(const struct journal *journal, uint64_t bytes, struct position *at)
{
    struct journal *locked = (struct journal *)(uintptr_t)journal;
    struct segment_map map;
    pthread_mutex_lock(&locked->mutex);
    uint64_t from = journal->segment[0].base, base = from;
    for (size_t i = 1; i < journal->n_segments && base - from < bytes; i++)
        base = journal->segment[i].base;
    pthread_mutex_unlock(&locked->mutex);
    int rc = segment_map(journal->dir_fd, base, &map);
    *at = (struct position){map.header.epoch, base};
    segment_unmap(&map);
    return rc;
}

/* Takes segments that end before `before` off the front. */
static void take_front(struct journal *journal, uint64_t before, struct journal_grave *grave)
{
    uint32_t n = 0;
    while (n < MAX_GRAVE && n + 1 < journal->n_segments &&
           journal->segment[n + 1].base <= before) {
        grave->base[n] = journal->segment[n].base;
        journal->total_bytes -= journal->segment[n].disk_bytes;
        n++;
    }
    journal->n_segments -= n;
    memmove(journal->segment, journal->segment + n,
            journal->n_segments * sizeof(*journal->segment));
    if (n)
        journal->dir_dirty = true;
    grave->n = n;
}

uint32_t journal_trim(struct journal *journal, struct position before,
                      struct journal_grave *grave)
{
    pthread_mutex_lock(&journal->mutex);
    bool any = journal->n_segments > 1 && journal->segment[1].base <= before.offset;
    if (any && journal_grave_open(grave, journal->dir_fd))
        take_front(journal, before.offset, grave);
    else
        grave->n = 0;
    pthread_mutex_unlock(&journal->mutex);
    return grave->n;
}
