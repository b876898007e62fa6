/*
 * buf.c - the growing buffer. One byte more than `cap` is always allocated, so that a NUL
 * fits behind the contents without counting.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_done(struct buf *buf)
{
    free(buf->p);
    *buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
    buf->n = 0;
    buf->full = false;
}

/* Makes room for n more bytes; false (and full from now on) when they exceed the maximum. */
static bool buf_reserve(struct buf *buf, size_t n)
{
    if (buf->full)
        return false;
    if (n > buf->max - buf->n) {
        buf->full = true;
        return false;
    }
    size_t want = buf->n + n;
    if (buf->p && want <= buf->cap)
        return true;
    size_t cap = buf->cap < 32 ? 64 : buf->cap * 2;
    if (cap < want)
        cap = want;
    if (cap > buf->max)
        cap = buf->max;
    buf->p = xrealloc(buf->p, cap + 1);
    buf->cap = cap;
    return true;
}

char *buf_room(struct buf *buf, size_t n)
{
    if (!buf_reserve(buf, n))
        return NULL;
    char *room = buf->p + buf->n;
    buf->n += n;
    return room;
}

void buf_add(struct buf *buf, const void *p, size_t n)
{
    char *room = n ? buf_room(buf, n) : NULL;
    if (room)
        memcpy(room, p, n);
}

void buf_add_str(struct buf *buf, struct cw_str s)
{
    buf_add(buf, s.p, s.n);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_vprintf(struct buf *buf, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    /* The first try is into what is there: most lines fit. */
    size_t left = buf->p ? buf->cap - buf->n + 1 : 0;
    int n = vsnprintf(buf->p ? buf->p + buf->n : NULL, left, fmt, ap);
    if (n < 0)
        BUG("bad format: %s", fmt);
    if (buf_reserve(buf, (size_t)n)) {
        if ((size_t)n >= left)
            (void)vsnprintf(buf->p + buf->n, (size_t)n + 1, fmt, again);
        buf->n += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(buf, fmt, ap);
    va_end(ap);
}

void buf_consume(struct buf *buf, size_t n)
{
    if (n > buf->n)
        BUG("consumes %zu of %zu bytes", n, buf->n);
    if (n && n < buf->n)
        memmove(buf->p, buf->p + n, buf->n - n);
    buf->n -= n;
}

struct cw_str buf_str(const struct buf *buf)
{
    return (struct cw_str){buf->p, buf->n};
}

const char *buf_text(struct buf *buf)
{
    if (!buf->p)
        return "";
    buf->p[buf->n] = '\0';
    return buf->p;
}

char *buf_take(struct buf *buf)
{
    char *p = buf->p ? buf->p : xmalloc(1);
    p[buf->n] = '\0';
    *buf = (struct buf){.max = buf->max};
    return p;
}
