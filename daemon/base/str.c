/*
 * str.c - borrowed strings: comparing, cutting, and what is well-formed.
 */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct cw_str str_of(const char *text)
{
    return text ? (struct cw_str){text, strlen(text)} : (struct cw_str){"", 0};
}

bool str_eq(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

bool str_is(struct cw_str a, const char *text)
{
    if (a.n == 0 || !text)
        return a.n == 0 && (!text || *text == '\0');
    return a.p[0] == *text && str_eq(a, str_of(text)); /* mostly it is another word */
}

bool str_starts(struct cw_str a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

int str_cmp(struct cw_str a, struct cw_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_copy(char *dst, size_t cap, struct cw_str s)
{
    if (cap == 0)
        return false;
    bool fits = s.n < cap;
    if (fits && s.n)
        memcpy(dst, s.p, s.n);
    dst[fits ? s.n : 0] = '\0';
    return fits;
}

bool str_split(struct cw_str *rest, char sep, struct cw_str *part)
{
    /* A NULL pointer marks the end, so that "a," still gives its empty second part. */
    if (!rest->p)
        return false;
    const char *found = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (!found) {
        *part = *rest;
        *rest = (struct cw_str){NULL, 0};
        return true;
    }
    *part = (struct cw_str){rest->p, (size_t)(found - rest->p)};
    rest->p = found + 1;
    rest->n -= part->n + 1;
    return true;
}

static bool id_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
}

bool id_valid(struct cw_str id)
{
    if (id.n == 0 || id.n > MAX_ID || str_is(id, ".") || str_is(id, ".."))
        return false;
    for (size_t i = 0; i < id.n; i++) {
        if (!id_char(id.p[i]))
            return false;
    }
    return true;
}

/* The rows of Unicode 15, table 3-7: what may follow a lead byte. */
static const struct utf8_row {
    unsigned char first, last;     /* lead bytes */
    unsigned char low, high;       /* of the second byte */
    unsigned char n, lead_payload; /* bytes in all; bits of the lead that count */
} utf8_rows[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f}, {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f},
    {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f}, {0xed, 0xed, 0x80, 0x9f, 3, 0x0f},
    {0xee, 0xef, 0x80, 0xbf, 3, 0x0f}, {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07},
    {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07}, {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
};

static size_t utf8_next_by_row(const unsigned char *p, size_t n, const struct utf8_row *row,
                               uint32_t *code)
{
    if (n < row->n || p[1] < row->low || p[1] > row->high)
        return 0;
    uint32_t value = p[0] & row->lead_payload;
    for (size_t i = 1; i < row->n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    *code = value;
    return row->n;
}

size_t utf8_next(struct cw_str s, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n == 0)
        return 0;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(utf8_rows[0]); i++) {
        if (p[0] >= utf8_rows[i].first && p[0] <= utf8_rows[i].last)
            return utf8_next_by_row(p, s.n, &utf8_rows[i], code);
    }
    return 0;
}

bool utf8_valid(struct cw_str s)
{
    while (s.n) {
        uint64_t eight;
        if (s.n >= sizeof(eight)) {
            memcpy(&eight, s.p, sizeof(eight));
            if (!(eight & UINT64_C(0x8080808080808080))) {
                s.p += sizeof(eight);
                s.n -= sizeof(eight);
                continue;
            }
        }
        uint32_t code;
        size_t n = utf8_next(s, &code);
        if (n == 0)
            return false;
        s.p += n;
        s.n -= n;
    }
    return true;
}

bool utf8_harmless(uint32_t code)
{
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    bool direction = code == 0x061c || code == 0x200e || code == 0x200f ||
                     (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction && code != 0x2028 && code != 0x2029;
}

size_t utf8_cut(struct cw_str s, size_t n)
{
    if (n >= s.n)
        return s.n;
    while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

unsigned str_distance(const char *a, const char *b, unsigned max)
{
    enum { MAX_COMPARED = 64 };
    size_t n_a = strlen(a), n_b = strlen(b);
    size_t longer = n_a > n_b ? n_a : n_b, shorter = n_a > n_b ? n_b : n_a;
    if (longer > MAX_COMPARED || longer - shorter > max)
        return max + 1;
    unsigned row[MAX_COMPARED + 1];
    for (size_t j = 0; j <= n_b; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n_a; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= n_b; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n_b] <= max ? row[n_b] : max + 1;
}

int err_set(struct cw_error *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
        va_end(ap);
    }
    return code;
}
