/*
 * fail_alloc.c - the n-th allocation of the whole program fails, whoever asks: ours, SQLite's,
 * Paho's, OpenSSL's. Only for preloading (fail_nth.so): a sanitizer has its own.
 *
 * The C library's own names are called, not looked up: dlsym() allocates.
 *
 * libconfig does not look at what malloc gave it, nor does libcrypto while it is first used,
 * nor Paho here and there: a crash within them, behind a failed allocation (with Paho one of
 * its own), is the abort that it would be elsewhere, and is made one. A crash anywhere else
 * stays one.
 *
 * Who was refused goes to FAIL_NTH_STACK: it tells a library's failure from ours.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults/fail_nth.h"

#define MAX_FRAMES 32

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static bool refused_paho;

static bool is_within(void *address, const char *library)
{
    Dl_info where;
    return dladdr(address, &where) && strstr(where.dli_fname, library);
}

static void on_crash(int number)
{
    void *frame[MAX_FRAMES];
    int n = fail_nth_fired() ? backtrace(frame, MAX_FRAMES) : 0;
    for (int i = 0; i < n; i++) {
        if (is_within(frame[i], "/libconfig.so") || is_within(frame[i], "/libcrypto.so"))
            abort();
    }
    /* Behind this function and the way into it: our callbacks run on Paho's threads, too. */
    if (refused_paho && n > 2 && is_within(frame[2], "/libpaho"))
        abort();
    backtrace_symbols_fd(frame, n, STDERR_FILENO);
    (void)signal(number, SIG_DFL); /* and crash again */
}

__attribute__((constructor)) static void watch_crashes(void)
{
    const char *spec = getenv("FAIL_NTH");
    void *frame[1];
    if (!spec || strncmp(spec, "malloc:", 7) != 0)
        return;
    (void)backtrace(frame, 1); /* the first one allocates */
    (void)signal(SIGSEGV, on_crash);
}

static bool is_refused(void)
{
    const char *path;
    void *frame[MAX_FRAMES];
    if (!fail_nth_hit("malloc"))
        return false;
    int n = backtrace(frame, MAX_FRAMES), asks = 0;
    while (asks < n && is_within(frame[asks], "/fail_nth.so"))
        asks++;
    refused_paho = asks < n && is_within(frame[asks], "/libpaho");
    path = getenv("FAIL_NTH_STACK");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        backtrace_symbols_fd(frame, n, fd);
        close(fd);
    }
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return is_refused() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return is_refused() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return is_refused() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    if (is_refused())
        return ENOMEM;
    *p = __libc_memalign(alignment, n);
    return *p ? 0 : ENOMEM;
}
