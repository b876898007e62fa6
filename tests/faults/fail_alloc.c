/*
 * fail_alloc.c - the n-th allocation of the whole program fails, whoever asks: ours, SQLite's,
 * Paho's, OpenSSL's. Only for preloading (fail_nth.so): a sanitizer has its own.
 *
 * The C library's own names are called, not looked up: dlsym() allocates.
 *
 * Some libraries do not look at what malloc gave them (libconfig, libcrypto while it is first
 * used, Paho and libwebsockets here and there): a crash within one of them, behind a failed
 * allocation, is the abort that it would be elsewhere, and is made one. A crash of ours stays
 * one, also when it is the C library or libuv that we called wrongly.
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

static bool is_within(void *address, const char *library)
{
    Dl_info where;
    return dladdr(address, &where) && strstr(where.dli_fname, library);
}

/* Whose fault: the innermost frame behind the handler that is not of who only does as told. */
static bool is_ours(void *const *frame, int n)
{
    static const char *const does_as_told[] = {"/fail_nth.so", "/libc.so", "/libuv.so",
                                               "/libm.so"};
    for (int i = 0; i < n; i++) {
        bool told = false;
        for (size_t k = 0; k < sizeof(does_as_told) / sizeof(does_as_told[0]); k++)
            told = told || is_within(frame[i], does_as_told[k]);
        if (!told)
            return is_within(frame[i], "/carewatch");
    }
    return true;
}

static void on_crash(int number)
{
    void *frame[MAX_FRAMES];
    int n = fail_nth_fired() ? backtrace(frame, MAX_FRAMES) : 0;
    if (n > 0 && !is_ours(frame, n))
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
    int n = backtrace(frame, MAX_FRAMES);
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
