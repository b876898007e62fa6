/*
 * recorder.c - what a program does to the files below one folder, and what it says to the
 * world, in the order in which it does it: LD_PRELOAD for the power-cut test.
 *
 *   RECORDER_DIR   the folder (absolute)      RECORDER_LOG   where the record goes
 *
 * One entry per call, appended by one writev, so threads, forked children and later lives of
 * the program share a log without a lock. A write is noted when it is done; a sync when it
 * begins and when it is done, since it covers only what was written before it began; bytes for
 * a socket before they are sent, so that nothing can have been heard that is not noted.
 * disk.mjs reads the log. Writes through maps are not seen (SQLite's -shm, made anew).
 *
 * A kill between a call and its note would leave a file of which the log knows nothing. So
 * each change of a file and its note are made under a shared flock of RECORDER_LOG.lock, and
 * whoever kills holds it alone:
 *
 *   flock LOG.lock sh -c 'kill -9 PID; until [ ! -e /proc/PID ]; do :; done'
 */
/* It would put definitions of its own in front of read() and recv(). */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FDS 1024
#define MAX_NAME 256
#define LOG_FD 1000
#define LEAST_LOCK_FD 900

struct entry {
    uint8_t op;
    uint8_t unused;
    uint16_t n_name, n_second;
    int32_t fd, pid;
    uint64_t offset, n_data;
} __attribute__((packed));

static char names[MAX_FDS][MAX_NAME]; /* relative to the folder; "." is the folder */
static char folder[MAX_NAME];
static size_t n_folder;
static int log_fd = -1;
static char lock_path[MAX_NAME + 8];
/* A lock belongs to an open file: each thread and each forked child has its own. */
static __thread int lock_fd = -1;
static __thread pid_t lock_owner;

/* The next definition of a function, found once. */
#define REAL(name)                 \
    static __typeof__(&name) real; \
    if (!real)                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

static void open_lock(void)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    lock_fd = fcntl(fd, F_DUPFD_CLOEXEC, LEAST_LOCK_FD);
    lock_owner = getpid();
    if (lock_fd < 0)
        _exit(99);
    (void)syscall(SYS_close, fd);
}

/* From here to leave() nobody kills us. */
static void enter(void)
{
    if (log_fd < 0)
        return;
    if (lock_fd < 0 || lock_owner != getpid())
        open_lock();
    while (flock(lock_fd, LOCK_SH) != 0) {
        if (errno != EINTR)
            _exit(99);
    }
}

static void leave(void)
{
    int kept = errno;
    if (log_fd >= 0)
        (void)flock(lock_fd, LOCK_UN);
    errno = kept;
}

static void note(char op, int fd, const char *name, const char *second, uint64_t offset,
                 const struct iovec *data, int n_data)
{
    struct entry entry = {.op = (uint8_t)op, .fd = fd, .pid = getpid(), .offset = offset};
    struct iovec part[16] = {{&entry, sizeof(entry)}};
    int n = 1;
    if (log_fd < 0)
        return;
    entry.n_name = (uint16_t)(name ? strlen(name) : 0);
    entry.n_second = (uint16_t)(second ? strlen(second) : 0);
    part[n++] = (struct iovec){(void *)(uintptr_t)name, entry.n_name};
    part[n++] = (struct iovec){(void *)(uintptr_t)second, entry.n_second};
    for (int i = 0; i < n_data && n < 16; i++) {
        entry.n_data += data[i].iov_len;
        part[n++] = data[i];
    }
    int kept = errno;
    REAL(writev);
    if (real(log_fd, part, n) < 0)
        _exit(99);
    errno = kept;
}

static void note_bytes(char op, int fd, const char *name, uint64_t offset, const void *p,
                       size_t n)
{
    struct iovec data = {(void *)(uintptr_t)p, n};
    note(op, fd, name, NULL, offset, &data, 1);
}

__attribute__((constructor)) static void begin(void)
{
    const char *dir = getenv("RECORDER_DIR"), *log = getenv("RECORDER_LOG");
    if (!dir || !log || strlen(dir) >= sizeof(folder) || strlen(log) >= MAX_NAME)
        return;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup3(fd, LOG_FD, O_CLOEXEC) < 0)
        _exit(99);
    close(fd);
    (void)snprintf(folder, sizeof(folder), "%s", dir);
    n_folder = strlen(folder);
    (void)snprintf(lock_path, sizeof(lock_path), "%s.lock", log);
    log_fd = LOG_FD;
}

/* Without "/", "/." and "/.." at its end. */
static void tidy(char *path)
{
    size_t n = strlen(path);
    while (n > 1 && (path[n - 1] == '/' || (path[n - 1] == '.' && path[n - 2] == '/')))
        path[--n] = '\0';
    if (n < 3 || strcmp(path + n - 3, "/..") != 0)
        return;
    path[n - 3] = '\0';
    char *last = strrchr(path, '/');
    if (last)
        *last = '\0';
}

/* The path below the folder, or NULL when it is elsewhere. */
static const char *below(int dir_fd, const char *path, char room[2 * MAX_NAME])
{
    char link[64], dir[MAX_NAME];
    if (n_folder == 0)
        return NULL;
    if (path[0] == '/' || dir_fd == AT_FDCWD) {
        (void)snprintf(room, 2 * MAX_NAME, "%s", path);
    } else {
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir_fd);
        ssize_t n = readlink(link, dir, sizeof(dir) - 1);
        if (n <= 0)
            return NULL;
        dir[n] = '\0';
        (void)snprintf(room, 2 * MAX_NAME, "%s/%s", dir, path);
    }
    tidy(room);
    if (strncmp(room, folder, n_folder) != 0)
        return NULL;
    if (room[n_folder] == '\0')
        return ".";
    return room[n_folder] == '/' ? room + n_folder + 1 : NULL;
}

static bool is_ours(int fd)
{
    return fd >= 0 && fd < MAX_FDS && names[fd][0];
}

static bool is_socket(int fd)
{
    struct stat st;
    return log_fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* ---- names ---- */

static int opened(int fd, int dir_fd, const char *path, int flags)
{
    char room[2 * MAX_NAME];
    if (fd < 0 || fd >= MAX_FDS)
        return fd;
    names[fd][0] = '\0';
    const char *name = below(dir_fd, path, room);
    if (!name || strlen(name) >= MAX_NAME)
        return fd;
    memcpy(names[fd], name, strlen(name) + 1);
    if (flags & O_CREAT)
        note('C', fd, name, NULL, 0, NULL, 0);
    if (flags & O_TRUNC)
        note('T', fd, name, NULL, 0, NULL, 0);
    return fd;
}

static mode_t mode_of(int flags, va_list ap)
{
    return flags & O_CREAT ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                       \
    int name(const char *path, int flags, ...)                           \
    {                                                                    \
        REAL(name);                                                      \
        va_list ap;                                                      \
        va_start(ap, flags);                                             \
        mode_t mode = mode_of(flags, ap);                                \
        va_end(ap);                                                      \
        enter();                                                         \
        int fd = opened(real(path, flags, mode), AT_FDCWD, path, flags); \
        leave();                                                         \
        return fd;                                                       \
    }
#define OPENAT(name)                                                           \
    int name(int dir_fd, const char *path, int flags, ...)                     \
    {                                                                          \
        REAL(name);                                                            \
        va_list ap;                                                            \
        va_start(ap, flags);                                                   \
        mode_t mode = mode_of(flags, ap);                                      \
        va_end(ap);                                                            \
        enter();                                                               \
        int fd = opened(real(dir_fd, path, flags, mode), dir_fd, path, flags); \
        leave();                                                               \
        return fd;                                                             \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd)
{
    REAL(close);
    if (fd == log_fd && log_fd >= 0)
        return 0;
    if (is_ours(fd))
        names[fd][0] = '\0';
    else if (is_socket(fd))
        note('K', fd, NULL, NULL, 0, NULL, 0);
    return real(fd);
}

/* The child that writes a snapshot closes what is not its own; the log stays. */
int close_range(unsigned first, unsigned last, int flags)
{
    REAL(close_range);
    unsigned log = (unsigned)log_fd;
    if (log_fd < 0 || log < first || log > last)
        return real(first, last, flags);
    int rc = log > first ? real(first, log - 1, flags) : 0;
    return rc == 0 && log < last ? real(log + 1, last, flags) : rc;
}

/* Open files are known by their name. */
static void follow_rename(const char *from, const char *to)
{
    for (int fd = 0; fd < MAX_FDS && strlen(to) < MAX_NAME; fd++) {
        if (strcmp(names[fd], from) == 0)
            memcpy(names[fd], to, strlen(to) + 1);
    }
}

static void note_two(char op, int dir_a, const char *a, int dir_b, const char *b)
{
    char room_a[2 * MAX_NAME], room_b[2 * MAX_NAME];
    const char *name = below(dir_a, a, room_a), *second = below(dir_b, b, room_b);
    if (!name || !second)
        return;
    note(op, -1, name, second, 0, NULL, 0);
    if (op == 'R')
        follow_rename(name, second);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    enter();
    int rc = real(from, to);
    if (rc == 0)
        note_two('R', AT_FDCWD, from, AT_FDCWD, to);
    leave();
    return rc;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    REAL(renameat);
    enter();
    int rc = real(from_fd, from, to_fd, to);
    if (rc == 0)
        note_two('R', from_fd, from, to_fd, to);
    leave();
    return rc;
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    REAL(linkat);
    enter();
    int rc = real(from_fd, from, to_fd, to, flags);
    if (rc == 0)
        note_two('L', from_fd, from, to_fd, to);
    leave();
    return rc;
}

static void note_one(char op, int dir_fd, const char *path)
{
    char room[2 * MAX_NAME];
    const char *name = below(dir_fd, path, room);
    if (name)
        note(op, -1, name, NULL, 0, NULL, 0);
}

int unlink(const char *path)
{
    REAL(unlink);
    enter();
    int rc = real(path);
    if (rc == 0)
        note_one('X', AT_FDCWD, path);
    leave();
    return rc;
}

int unlinkat(int dir_fd, const char *path, int flags)
{
    REAL(unlinkat);
    enter();
    int rc = real(dir_fd, path, flags);
    if (rc == 0)
        note_one('X', dir_fd, path);
    leave();
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    enter();
    int rc = real(path, mode);
    if (rc == 0)
        note_one('M', AT_FDCWD, path);
    leave();
    return rc;
}

/* ---- contents ---- */

#define PWRITE(name, offset_type)                                           \
    ssize_t name(int fd, const void *p, size_t n, offset_type at)           \
    {                                                                       \
        REAL(name);                                                         \
        enter();                                                            \
        ssize_t wrote = real(fd, p, n, at);                                 \
        if (wrote > 0 && is_ours(fd))                                       \
            note_bytes('W', fd, names[fd], (uint64_t)at, p, (size_t)wrote); \
        leave();                                                            \
        return wrote;                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(write);
    if (!is_ours(fd)) {
        if (is_socket(fd))
            note_bytes('A', fd, NULL, 0, p, n);
        return real(fd, p, n);
    }
    enter();
    ssize_t wrote = real(fd, p, n);
    if (wrote > 0) {
        uint64_t end = (uint64_t)lseek(fd, 0, SEEK_CUR);
        note_bytes('W', fd, names[fd], end - (uint64_t)wrote, p, (size_t)wrote);
    }
    leave();
    return wrote;
}

#define RESIZE(name, offset_type)                                    \
    int name(int fd, offset_type size)                               \
    {                                                                \
        REAL(name);                                                  \
        enter();                                                     \
        int rc = real(fd, size);                                     \
        if (rc == 0 && is_ours(fd))                                  \
            note('T', fd, names[fd], NULL, (uint64_t)size, NULL, 0); \
        leave();                                                     \
        return rc;                                                   \
    }
RESIZE(ftruncate, off_t)
RESIZE(ftruncate64, off64_t)

#define ALLOCATE(name, offset_type)                                      \
    int name(int fd, offset_type at, offset_type n)                      \
    {                                                                    \
        REAL(name);                                                      \
        enter();                                                         \
        int rc = real(fd, at, n);                                        \
        if (rc == 0 && is_ours(fd))                                      \
            note('F', fd, names[fd], NULL, (uint64_t)(at + n), NULL, 0); \
        leave();                                                         \
        return rc;                                                       \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define SYNC(name)                                                                          \
    int name(int fd)                                                                        \
    {                                                                                       \
        REAL(name);                                                                         \
        if (is_ours(fd))                                                                    \
            note('B', fd, names[fd], NULL, (uint64_t)(uintptr_t)&real ^ (uint64_t)gettid(), \
                 NULL, 0);                                                                  \
        int rc = real(fd);                                                                  \
        if (rc == 0 && is_ours(fd))                                                         \
            note('S', fd, names[fd], NULL, (uint64_t)(uintptr_t)&real ^ (uint64_t)gettid(), \
                 NULL, 0);                                                                  \
        return rc;                                                                          \
    }
SYNC(fsync)
SYNC(fdatasync)

/* ---- sockets ---- */

ssize_t writev(int fd, const struct iovec *part, int n)
{
    REAL(writev);
    if (is_socket(fd))
        note('A', fd, NULL, NULL, 0, part, n);
    return real(fd, part, n);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    REAL(send);
    if (is_socket(fd))
        note_bytes('A', fd, NULL, 0, p, n);
    return real(fd, p, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    if (is_socket(fd))
        note('A', fd, NULL, NULL, 0, message->msg_iov, (int)message->msg_iovlen);
    return real(fd, message, flags);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
    REAL(recv);
    ssize_t got = real(fd, p, n, flags);
    if (got > 0 && !(flags & MSG_PEEK) && is_socket(fd))
        note_bytes('I', fd, NULL, 0, p, (size_t)got);
    return got;
}

ssize_t read(int fd, void *p, size_t n)
{
    REAL(read);
    ssize_t got = real(fd, p, n);
    if (got > 0 && !is_ours(fd) && is_socket(fd))
        note_bytes('I', fd, NULL, 0, p, (size_t)got);
    return got;
}
