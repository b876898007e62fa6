/*
 * snapshot_file.c - see snapshot_file.h. The child's part (child_save) uses only system calls
 * and the saver's fixed buffer: malloc's locks may be held by a thread that fork() left out.
 */
#include "io/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_SNAPSHOT_BYTES (INT64_C(8) << 30)

static int write_all(void *ctx, const void *p, size_t n)
{
    const int *fd = ctx;
    const char *at = p;
    while (n > 0) {
        ssize_t wrote = write(*fd, at, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -errno;
        at += wrote;
        n -= (size_t)wrote;
    }
    return 0;
}

/* Writes DIR/snapshot.tmp and puts it in place. dirfd and fd are open. */
static int save_into(int dirfd, int fd, snapshot_save_fn save, const void *ctx)
{
    struct saver saver;
    saver_init(&saver, write_all, &fd);
    save(ctx, &saver);
    int ret = saver_end(&saver);
    if (ret)
        return ret;
    if (fsync(fd) != 0)
        return -errno;
    if (renameat(dirfd, "snapshot", dirfd, "snapshot.prev") != 0 && errno != ENOENT)
        return -errno;
    if (renameat(dirfd, "snapshot.tmp", dirfd, "snapshot") != 0)
        return -errno;
    return fsync(dirfd) == 0 ? 0 : -errno;
}

static int open_both(const char *dir, int *dirfd, int *fd)
{
    *dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*dirfd < 0)
        return -errno;
    *fd = openat(*dirfd, "snapshot.tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return 0;
    int ret = -errno;
    close(*dirfd);
    return ret;
}

static void child_save(int dirfd, int fd, pid_t parent, snapshot_save_fn save, const void *ctx)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    /* Sockets, listening ports and the journal's descriptors are the parent's alone. */
    int low = dirfd < fd ? dirfd : fd, high = dirfd < fd ? fd : dirfd;
    if (low > 3)
        (void)close_range(3, (unsigned)low - 1, 0);
    if (high > low + 1)
        (void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    (void)close_range((unsigned)high + 1, ~0u, 0);
    int ret = save_into(dirfd, fd, save, ctx);
    _exit(ret == 0 ? 0 : (-ret > 0 && -ret < 256 ? -ret : 255));
}

pid_t snapshot_file_fork(const char *dir, snapshot_save_fn save, const void *ctx)
{
    int dirfd, fd;
    int ret = open_both(dir, &dirfd, &fd);
    if (ret)
        return ret;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        child_save(dirfd, fd, parent, save, ctx);
    ret = child < 0 ? -errno : 0;
    close(fd);
    close(dirfd);
    return ret ? ret : child;
}

int snapshot_file_write(const char *dir, snapshot_save_fn save, const void *ctx)
{
    int dirfd, fd;
    int ret = open_both(dir, &dirfd, &fd);
    if (ret)
        return ret;
    ret = save_into(dirfd, fd, save, ctx);
    close(fd);
    close(dirfd);
    return ret;
}

int snapshot_file_poll(pid_t child)
{
    int status;
    pid_t got = waitpid(child, &status, WNOHANG);
    if (got == 0)
        return 1;
    if (got < 0)
        return -errno;
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 0 ? 0 : -WEXITSTATUS(status);
    return -EINTR;
}

static int read_one(const char *dir, const char *name, struct snapshot_file *file)
{
    char path[4096];
    struct stat st;
    int len = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0 || st.st_size > MAX_SNAPSHOT_BYTES) {
        close(fd);
        return -EFBIG;
    }
    file->p = xmalloc((size_t)st.st_size + 1);
    file->n = 0;
    ssize_t got;
    while (file->n < (size_t)st.st_size &&
           (got = read(fd, file->p + file->n, (size_t)st.st_size - file->n)) > 0)
        file->n += (size_t)got;
    close(fd);
    struct loader loader;
    int ret = loader_begin(&loader, file->p, file->n, &file->state_version, &file->at);
    if (ret)
        snapshot_file_done(file);
    return ret;
}

int snapshot_file_read(const char *dir, struct position usable, struct snapshot_file *file)
{
    static const char *const name[] = {"snapshot", "snapshot.prev"};
    for (size_t i = 0; i < 2; i++) {
        if (read_one(dir, name[i], file) != 0)
            continue;
        if (position_cmp(file->at, usable) <= 0)
            return 0;
        snapshot_file_done(file);
    }
    return -ENOENT;
}

void snapshot_file_done(struct snapshot_file *file)
{
    free(file->p);
    file->p = NULL;
    file->n = 0;
}

static struct position position_of(const char *dir, const char *name)
{
    struct snapshot_file file;
    struct position at = {0, 0};
    if (read_one(dir, name, &file) == 0) {
        at = file.at;
        snapshot_file_done(&file);
    }
    return at;
}

struct position snapshot_file_base(const char *dir)
{
    return position_of(dir, "snapshot.prev");
}

struct position snapshot_file_newest(const char *dir)
{
    return position_of(dir, "snapshot");
}
