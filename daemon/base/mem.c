/*
 * mem.c - allocation that aborts instead of failing; see mem.h for why.
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p, size_t n)
{
    if (!p)
        BUG("out of memory: %zu bytes", n);
    return p;
}

void *xmalloc(size_t n)
{
    return checked(malloc(n ? n : 1), n);
}

void *xcalloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1), n);
}

void *xrealloc(void *p, size_t n)
{
    return checked(realloc(p, n ? n : 1), n);
}

char *xstrndup(const char *s, size_t n)
{
    if (n == SIZE_MAX)
        BUG("a string of %zu bytes", n);
    char *copy = xmalloc(n + 1);
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

void bug(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char text[512];
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    /* One call is one write: other threads may be talking. */
    fprintf(stderr, "<2>bug at %s:%d: %s\n", file, line, text);
    abort();
}
