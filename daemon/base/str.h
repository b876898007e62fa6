/*
 * str.h - small questions about borrowed strings (struct cw_str).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>
#include <carewatch/str.h>

struct cw_str str_of(const char *text); /* NULL gives the empty string */
bool str_eq(struct cw_str a, struct cw_str b);
bool str_is(struct cw_str a, const char *text);
bool str_starts(struct cw_str a, const char *prefix);
int str_cmp(struct cw_str a, struct cw_str b); /* bytewise; <0, 0, >0 */
/* Copies into dst with a NUL; false (and dst empty) when it does not fit. */
bool str_copy(char *dst, size_t cap, struct cw_str s);
/* Cuts the part before the first `sep` off *rest; false when *rest is used up. */
bool str_split(struct cw_str *rest, char sep, struct cw_str *part);

/* An id of the contract: [A-Za-z0-9_.-]{1,64}, and neither "." nor "..". */
#define MAX_ID 64
bool id_valid(struct cw_str id);
/* Well-formed UTF-8 (Unicode 15, table 3-7): no overlong form, surrogate, or > U+10FFFF. */
bool utf8_valid(struct cw_str s);
/* Bytes of the first character and its code point, or 0 when it is ill-formed or s empty. */
size_t utf8_next(struct cw_str s, uint32_t *code);
/* False for what can end a line or deceive a reader: C0 and C1 controls, DEL, the line and
 * paragraph separators, and what turns the reading direction. */
bool utf8_harmless(uint32_t code);
/* The longest prefix of at most n bytes that ends at a character. */
size_t utf8_cut(struct cw_str s, size_t n);
/* Edit distance up to max; max + 1 when farther. For "did you mean". */
unsigned str_distance(const char *a, const char *b, unsigned max);

/* Sets err->text; returns `code`, so that a caller can return it. err may be NULL. */
int err_set(struct cw_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
