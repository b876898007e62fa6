/*
 * fail_alloc.c - the n-th allocation of the whole program fails, whoever asks: ours, SQLite's,
 * Paho's, OpenSSL's. Only for preloading (fail_nth.so): a sanitizer has its own.
 *
 * The C library's own names are called, not looked up: dlsym() allocates.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "faults/fail_nth.h"

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n)
{
    return fail_nth_hit("malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fail_nth_hit("malloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fail_nth_hit("malloc") ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return fail_nth_hit("malloc") ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    if (fail_nth_hit("malloc"))
        return ENOMEM;
    *p = __libc_memalign(alignment, n);
    return *p ? 0 : ENOMEM;
}
