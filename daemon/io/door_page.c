/*
 * door_page.c - the page and the pipe of a door. See door_page.h for who does what when.
 */
#include "io/door_page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_NAME "page"
#define FIFO_NAME "wake"
#define PAGE_VERSION 1u

static const char page_magic[8] = {'C', 'W', 'D', 'O', 'O', 'R', '\r', '\n'};

_Static_assert(sizeof(struct door_page) <= DOOR_PAGE_BYTES, "a door's page is one page");

/* Both sides write it: the umask does not count. */
static int open_shared(int dir_fd, const char *name, int *fd)
{
    *fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    if (*fd < 0)
        return -errno;
    (void)fchmod(*fd, 0660); /* whoever made it may; for the other it is right already */
    return 0;
}

/* 0 or negative errno; a page that is new or was never finished is begun. */
static int begin_page(struct door_page *page)
{
    static const char nothing[sizeof(page->magic)];
    if (memcmp(page->magic, nothing, sizeof(nothing)) == 0) {
        page->version = PAGE_VERSION;
        memcpy(page->magic, page_magic, sizeof(page_magic));
    }
    bool known = memcmp(page->magic, page_magic, sizeof(page_magic)) == 0;
    return known && page->version == PAGE_VERSION ? 0 : -ENOTSUP;
}

int door_page_open(int dir_fd, struct door_page **page)
{
    int fd;
    struct stat file;
    *page = NULL;
    int rc = open_shared(dir_fd, PAGE_NAME, &fd);
    if (rc)
        return rc;
    rc = fstat(fd, &file) == 0 ? 0 : -errno;
    if (rc == 0 && file.st_size < (off_t)DOOR_PAGE_BYTES &&
        ftruncate(fd, (off_t)DOOR_PAGE_BYTES) != 0)
        rc = -errno;
    void *p = MAP_FAILED;
    if (rc == 0) {
        p = mmap(NULL, DOOR_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rc = p == MAP_FAILED ? -errno : begin_page(p);
    }
    close(fd);
    if (rc && p != MAP_FAILED)
        (void)munmap(p, DOOR_PAGE_BYTES);
    if (rc == 0)
        *page = p;
    return rc;
}

void door_page_close(struct door_page *page)
{
    if (page)
        (void)munmap(page, DOOR_PAGE_BYTES);
}

int door_fifo_open(int dir_fd)
{
    if (mkfifoat(dir_fd, FIFO_NAME, 0660) != 0 && errno != EEXIST)
        return -errno;
    int fd = openat(dir_fd, FIFO_NAME, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)fchmod(fd, 0660);
    return fd;
}

/* ---- the writer ---- */

void door_page_begin(struct door_page *page, struct position synced, int64_t wall_offset_ns)
{
    /* In this order: who sees the new epoch with the old end would read too far. */
    atomic_store(&page->synced, 0);
    atomic_store(&page->epoch, synced.epoch);
    atomic_store(&page->opened_epoch, synced.epoch);
    atomic_store(&page->opened_offset, synced.offset);
    atomic_store(&page->wall_offset_ns, wall_offset_ns);
    atomic_store(&page->synced, synced.offset);
}

void door_page_synced(struct door_page *page, struct position synced, int fifo)
{
    uint64_t told = atomic_load(&page->synced);
    while (told < synced.offset &&
           !atomic_compare_exchange_weak(&page->synced, &told, synced.offset))
        ;
    if (!atomic_exchange(&page->asleep, 0))
        return;
    atomic_fetch_add_explicit(&page->n_wakes, 1, memory_order_relaxed);
    /* A full pipe wakes as well. */
    (void)!write(fifo, "", 1);
}

/* ---- the reader ---- */

bool door_page_end(const struct door_page *page, struct position *end)
{
    uint32_t epoch = atomic_load(&page->epoch);
    uint64_t synced = atomic_load(&page->synced);
    *end = (struct position){epoch, synced};
    /* Between the two another writer may have begun: then it is not known for now. */
    return epoch != 0 && synced != 0 && atomic_load(&page->epoch) == epoch;
}

bool door_page_sleep(struct door_page *page, struct position upto)
{
    struct position end;
    atomic_store(&page->asleep, 1);
    if (!door_page_end(page, &end) || position_cmp(end, upto) <= 0)
        return true;
    atomic_store(&page->asleep, 0);
    return false;
}

void door_page_awake(struct door_page *page, int fifo)
{
    char bytes[64];
    while (read(fifo, bytes, sizeof(bytes)) > 0)
        ;
    atomic_store(&page->asleep, 0);
}
