/*
 * buf.h - a growing run of bytes that is born with its maximum.
 *
 * Going past the maximum sets `full` and drops what does not fit, whole; everything after
 * is dropped too. So a writer adds without looking and asks once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <carewatch/str.h>

struct buf {
    char *p; /* not NUL-terminated; NULL while empty */
    size_t n, cap, max;
    bool full;
};

void buf_init(struct buf *buf, size_t max);
void buf_done(struct buf *buf);
/* Keeps the memory. */
void buf_clear(struct buf *buf);
void buf_add(struct buf *buf, const void *p, size_t n);
void buf_add_str(struct buf *buf, struct cw_str s);
void buf_add_text(struct buf *buf, const char *text); /* a C string */
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* n bytes to write into, or NULL when full; counts them as added. */
char *buf_room(struct buf *buf, size_t n);
/* Drops the first n bytes. */
void buf_consume(struct buf *buf, size_t n);
/* What is in it, borrowed until the next change. */
struct cw_str buf_str(const struct buf *buf);
/* As a C string (adds a NUL that is not counted); borrowed. "" when empty. */
const char *buf_text(struct buf *buf);
/* Gives the bytes, NUL-terminated, to the caller, who frees them; the buffer is empty. */
char *buf_take(struct buf *buf);

#endif
