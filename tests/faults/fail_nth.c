/*
 * fail_nth.c - stands in front of the C library's calls and hands them on, but for the n-th.
 */
#include "faults/fail_nth.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static struct fail_nth fault;
static char env_kind[32];
static const char *told_path;
static atomic_long n_calls;
static atomic_bool fired;

void fail_nth_arm(const struct fail_nth *what)
{
    fault.kind = NULL;
    atomic_store(&n_calls, 0);
    atomic_store(&fired, false);
    fault = *what;
}

bool fail_nth_fired(void)
{
    return atomic_load(&fired);
}

/* By system calls alone: the call that fails may be an allocation. */
static void tell(bool is_fired)
{
    char text[32];
    if (!told_path)
        return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, told_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int n = snprintf(text, sizeof(text), "%ld %d\n", atomic_load(&n_calls), is_fired);
    (void)syscall(SYS_write, fd, text, (size_t)n);
    (void)syscall(SYS_close, fd);
}

__attribute__((destructor)) static void at_exit(void)
{
    tell(atomic_load(&fired));
}

__attribute__((constructor)) static void from_environment(void)
{
    const char *spec = getenv("FAIL_NTH"), *path = getenv("FAIL_NTH_PATH");
    const char *n = spec ? strchr(spec, ':') : NULL, *error = n ? strrchr(spec, ':') : NULL;
    if (!n || error == n || (size_t)(n - spec) >= sizeof(env_kind))
        return;
    memcpy(env_kind, spec, (size_t)(n - spec));
    told_path = getenv("FAIL_NTH_TOLD");
    fault = (struct fail_nth){.kind = env_kind,
                              .n = strtol(n + 1, NULL, 10),
                              .and_later = error[-1] == '+',
                              .error = (int)strtol(error + 1, NULL, 10),
                              .path = path};
}

static bool is_ours(int fd, const char *name)
{
    char link[64], target[4096];
    if (!fault.path)
        return true;
    if (name && strstr(name, fault.path))
        return true;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = fd < 0 ? -1 : readlink(link, target, sizeof(target) - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    return strstr(target, fault.path) != NULL;
}

/* Should this call fail? errno is set then. */
static bool hit(const char *kind, int fd, const char *name)
{
    int kept = errno;
    bool fails = false;
    if (fault.kind && strcmp(kind, fault.kind) == 0 && is_ours(fd, name)) {
        long n = atomic_fetch_add(&n_calls, 1) + 1;
        fails = n == fault.n || (fault.and_later && n > fault.n);
    }
    errno = kept;
    if (fails) {
        atomic_store(&fired, true);
        tell(true);
        errno = fault.error;
    }
    return fails;
}

bool fail_nth_hit(const char *kind)
{
    return hit(kind, -1, NULL);
}

/* A pointer to a function may not be cast from one to data: by memcpy it is no cast. */
#define REAL(variable, name)                          \
    do {                                              \
        void *found_ = dlsym(RTLD_NEXT, name);        \
        memcpy(&(variable), &found_, sizeof(found_)); \
    } while (0)

ssize_t write(int fd, const void *p, size_t n)
{
    ssize_t (*real)(int, const void *, size_t);
    REAL(real, "write");
    if (!hit("write", fd, NULL))
        return real(fd, p, n);
    return fault.error || n < 2 ? -1 : real(fd, p, n / 2);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);
    REAL(real, "pwrite");
    if (!hit("pwrite", fd, NULL))
        return real(fd, p, n, at);
    return fault.error || n < 2 ? -1 : real(fd, p, n / 2, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return pwrite(fd, p, n, (off_t)at);
}

int fsync(int fd)
{
    int (*real)(int);
    REAL(real, "fsync");
    return hit("fsync", fd, NULL) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    int (*real)(int);
    REAL(real, "fdatasync");
    return hit("fdatasync", fd, NULL) ? -1 : real(fd);
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    int (*real)(int, off_t, off_t);
    REAL(real, "posix_fallocate");
    return hit("fallocate", fd, NULL) ? fault.error : real(fd, at, n);
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *name, int flags, ...)
{
    int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    REAL(real, "open");
    return hit("open", -1, name) ? -1 : real(name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open(name, flags, mode);
}

int openat(int dir_fd, const char *name, int flags, ...)
{
    int (*real)(int, const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    REAL(real, "openat");
    return hit("open", dir_fd, name) ? -1 : real(dir_fd, name, flags, mode);
}

/* As the linker sees them: <sys/socket.h> has a union in their place. */
int accept4(int fd, void *peer, void *n, int flags);
int accept(int fd, void *peer, void *n);

int accept4(int fd, void *peer, void *n, int flags)
{
    int (*real)(int, void *, void *, int);
    REAL(real, "accept4");
    return hit("accept", fd, NULL) ? -1 : real(fd, peer, n, flags);
}

int accept(int fd, void *peer, void *n)
{
    int (*real)(int, void *, void *);
    REAL(real, "accept");
    return hit("accept", fd, NULL) ? -1 : real(fd, peer, n);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    int (*real)(int, const char *, int, const char *);
    REAL(real, "renameat");
    return hit("rename", from_fd, from) ? -1 : real(from_fd, from, to_fd, to);
}

int unlinkat(int dir_fd, const char *name, int flags)
{
    int (*real)(int, const char *, int);
    REAL(real, "unlinkat");
    return hit("unlink", dir_fd, name) ? -1 : real(dir_fd, name, flags);
}
