/*
 * journal_sync.c - the journal's own thread: everything appended until it begins is made
 * durable by one fdatasync, so that many records share the price of one.
 *
 * It sleeps while nothing is unsynced. A sync begins at most once in sync_interval, and not
 * again before BREATHS times as long as the last one took, unless somebody wants it at once:
 * the first record after a quiet time does not wait at all, those under load wait for
 * company, and a slow disk is not kept busy by us alone. Files that are full and the
 * directory are synced before the end moves. A failed sync ends the thread: the kernel may
 * have dropped the pages, asking again proves nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "io/journal_state.h"

#define BREATHS 4
#define MAX_BREATH_NS (20 * NS_PER_MS)

/* From the beginning of one sync to that of the next. */
static int64_t spacing_ns(const struct journal *journal)
{
    int64_t interval_ns = journal->options.sync_interval_ns;
    int64_t last_ns =
        journal->n_syncs ? journal->sync_ns[(journal->n_syncs - 1) % N_SYNC_TIMES] : 0;
    int64_t breath_ns = last_ns < MAX_BREATH_NS / BREATHS ? BREATHS * last_ns : MAX_BREATH_NS;
    return interval_ns > breath_ns ? interval_ns : breath_ns;
}

void journal_sync_wake(struct journal *journal, enum sync_class sync)
{
    bool at_once = sync == SYNC_NOW || journal->options.sync_interval_ns <= 0;
    if (journal->idle || (at_once && !journal->sync_wanted))
        pthread_cond_signal(&journal->wake);
    journal->idle = false;
    journal->sync_wanted = journal->sync_wanted || at_once;
}

static bool pending(const struct journal *journal)
{
    return atomic_load(&journal->end) != atomic_load(&journal->synced) || journal->n_sealed;
}

static bool ending(const struct journal *journal)
{
    return journal->stopping || atomic_load(&journal->failed);
}

/* Until a sync is due or the thread is to end. */
static void wait_until_due(struct journal *journal)
{
    while (!pending(journal) && !ending(journal)) {
        journal->idle = true;
        pthread_cond_wait(&journal->wake, &journal->mutex);
    }
    journal->idle = false;
    int64_t due_ns = journal->sync_began_ns + spacing_ns(journal);
    struct timespec due = {due_ns / NS_PER_S, due_ns % NS_PER_S};
    int rc = 0;
    while (!journal->sync_wanted && !ending(journal) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&journal->wake, &journal->mutex, &due);
}

/* What one round has to sync, taken out of the journal. */
struct round {
    uint64_t end;
    int fd, *sealed;
    size_t n_sealed;
    bool dir;
};

static struct round take_round(struct journal *journal)
{
    struct round round = {
        .end = atomic_load(&journal->end),
        .fd = journal->fd,
        .sealed = journal->sealed,
        .n_sealed = journal->n_sealed,
        .dir = journal->dir_dirty,
    };
    journal->sealed = NULL;
    journal->n_sealed = journal->cap_sealed = 0;
    journal->dir_dirty = false;
    journal->sync_wanted = false;
    return round;
}

/* Without the mutex: this is what takes long. Closes what was sealed. */
static int sync_round(const struct journal *journal, struct round *round)
{
    int rc = 0;
    for (size_t i = 0; i < round->n_sealed; i++) {
        if (fdatasync(round->sealed[i]) != 0)
            rc = -errno;
        close(round->sealed[i]);
    }
    free(round->sealed);
    if (fdatasync(round->fd) != 0)
        rc = -errno;
    if (round->dir && segment_sync_dir(journal->dir_fd) != 0)
        rc = -errno;
    return rc;
}

/* Once a second; the disk may have to be asked: without the mutex, and nobody waits for it. */
static void look_at_disk(struct journal *journal)
{
    struct journal_disk disk = {.seen_ns = clock_monotonic_ns()};
    struct statvfs fs;
    if (journal->disk.seen_ns && disk.seen_ns < journal->disk.seen_ns + NS_PER_S)
        return;
    pthread_mutex_unlock(&journal->mutex);
    if (fstatvfs(journal->dir_fd, &fs) == 0) {
        disk.bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
        disk.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    }
    pthread_mutex_lock(&journal->mutex);
    journal->disk = disk;
}

/* Makes the file if it is not there and a second has passed since that last failed. */
static void prepare_file(struct journal *journal, const char *name, int *fd, int64_t bytes)
{
    int64_t now_ns = clock_monotonic_ns();
    if (*fd >= 0 || bytes <= 0 || now_ns < journal->prepare_retry_ns)
        return;
    pthread_mutex_unlock(&journal->mutex);
    int made = journal_make_file(journal, name, (uint64_t)bytes);
    pthread_mutex_lock(&journal->mutex);
    if (made < 0)
        journal->prepare_retry_ns = now_ns + NS_PER_S;
    else
        *fd = made;
}

static void prepare(struct journal *journal)
{
    const struct journal_options *options = &journal->options;
    if (journal->over_quota)
        return;
    prepare_file(journal, "reserve", &journal->reserve_fd, options->reserve_bytes);
    bool half_full = journal->used > journal_current(journal)->bytes / 2;
    uint64_t ahead = (uint64_t)options->segment_bytes, quota = (uint64_t)options->quota_bytes;
    if (half_full && journal->spare_fd < 0 && journal->total_bytes + ahead > quota)
        journal_forget_deleted(journal);
    if (half_full && journal->total_bytes + ahead <= quota)
        prepare_file(journal, "spare", &journal->spare_fd, options->segment_bytes);
}

static void tell_synced(struct journal *journal)
{
    if (!journal->options.synced)
        return;
    pthread_mutex_unlock(&journal->mutex);
    journal->options.synced(journal->options.ctx);
    pthread_mutex_lock(&journal->mutex);
}

static void sync_once(struct journal *journal)
{
    struct round round = take_round(journal);
    pthread_mutex_unlock(&journal->mutex);
    int64_t began_ns = clock_monotonic_ns();
    int rc = sync_round(journal, &round);
    int64_t took_ns = clock_monotonic_ns() - began_ns;
    if (rc)
        log_err("journal sync failed, nothing more is taken dir=%s (%s)", journal->options.dir,
                strerror(-rc));
    pthread_mutex_lock(&journal->mutex);
    journal->sync_began_ns = began_ns;
    journal->sync_ns[journal->n_syncs++ % N_SYNC_TIMES] = took_ns;
    if (rc)
        atomic_store(&journal->failed, true);
    else
        atomic_store(&journal->synced, round.end);
    pthread_cond_broadcast(&journal->done);
    if (rc == 0) {
        tell_synced(journal);
        prepare(journal);
        look_at_disk(journal);
    }
}

/* For the next start, see journal_recover.c. A link needs no block of the disk that fails; it
 * has to outlive this process, not the power. Here, because no sync is under way any more. */
static void leave_mark(struct journal *journal)
{
    char text[POSITION_MAX];
    (void)position_format((struct position){journal->epoch, atomic_load(&journal->synced)},
                          text);
    if (symlinkat(text, journal->dir_fd, JOURNAL_FAILED_MARK) != 0)
        log_err("journal: the next start will not know that this one failed (%s)",
                strerror(errno));
}

static void *sync_main(void *arg)
{
    struct journal *journal = arg;
    pthread_mutex_lock(&journal->mutex);
    for (;;) {
        wait_until_due(journal);
        if (atomic_load(&journal->failed))
            break;
        if (pending(journal) || journal->dir_dirty)
            sync_once(journal);
        else if (journal->stopping)
            break;
    }
    if (atomic_load(&journal->failed)) {
        leave_mark(journal);
        pthread_cond_broadcast(&journal->done);
        tell_synced(journal);
    }
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

int journal_sync_start(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    look_at_disk(journal);
    pthread_mutex_unlock(&journal->mutex);
    int rc = pthread_create(&journal->thread, NULL, sync_main, journal);
    journal->thread_runs = rc == 0;
    return -rc;
}

void journal_sync_stop(struct journal *journal)
{
    if (!journal->thread_runs)
        return;
    pthread_mutex_lock(&journal->mutex);
    journal->stopping = true;
    pthread_cond_signal(&journal->wake);
    pthread_mutex_unlock(&journal->mutex);
    pthread_join(journal->thread, NULL);
    journal->thread_runs = false;
}

int journal_wait(struct journal *journal, struct position at)
{
    int rc = 0;
    pthread_mutex_lock(&journal->mutex);
    while (at.epoch == journal->epoch && at.offset < atomic_load(&journal->end) &&
           at.offset >= atomic_load(&journal->synced)) {
        if (atomic_load(&journal->failed)) {
            rc = -EIO;
            break;
        }
        journal_sync_wake(journal, SYNC_NOW);
        pthread_cond_wait(&journal->done, &journal->mutex);
    }
    pthread_mutex_unlock(&journal->mutex);
    return rc;
}
