/*
 * encode_line.c - points as InfluxDB line protocol.
 *
 *   vitals,device=bed-312,site=s-1 hr=72,note="a \"b\"" 1763865851000000000
 *   `------- prefix, kept --------'`------------- body, every time -------------'
 *
 * What must not be written is not bent into something else: a measurement that would begin a
 * comment, a control character or a backslash at the end of a name or tag (it would escape
 * what follows) give 0. NaN, infinities and a field called "time" (InfluxDB drops it) are left
 * out. A field of InfluxDB has one type for ever, so numbers are floats unless told otherwise.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num.h"

struct encode_line {
    const char *integers;
    const char *dialect;
};

/* What a byte is, as bits: one look-up a byte tells all that is asked of a name or number. */
enum {
    CONTROL = 1,
    MEASUREMENT = 2, /* escaped everywhere: comma and blank */
    EQUALS = 4,      /* ... and this one in keys and tags */
    NUMBER = 8,      /* JSON and line protocol write numbers with these alike */
    QUOTED = 16,     /* escaped in texts, beside some of the controls */
};
#define KEY (MEASUREMENT | EQUALS)

#define CONTROLS(n)                                                               \
    [n] = CONTROL, [(n) + 1] = CONTROL, [(n) + 2] = CONTROL, [(n) + 3] = CONTROL, \
    [(n) + 4] = CONTROL, [(n) + 5] = CONTROL, [(n) + 6] = CONTROL, [(n) + 7] = CONTROL

static const unsigned char kind_of[256] = {
    CONTROLS(0),         CONTROLS(8),         CONTROLS(16),   CONTROLS(24),   [127] = CONTROL,
    [','] = MEASUREMENT, [' '] = MEASUREMENT, ['='] = EQUALS, ['0'] = NUMBER, ['1'] = NUMBER,
    ['2'] = NUMBER,      ['3'] = NUMBER,      ['4'] = NUMBER, ['5'] = NUMBER, ['6'] = NUMBER,
    ['7'] = NUMBER,      ['8'] = NUMBER,      ['9'] = NUMBER, ['.'] = NUMBER, ['-'] = NUMBER,
    ['+'] = NUMBER,      ['e'] = NUMBER,      ['E'] = NUMBER, ['"'] = QUOTED, ['\\'] = QUOTED,
};

/* Inlined everywhere, `out` lives in registers: half the time of a line. */
#define INLINE static inline __attribute__((always_inline))

/* dst NULL: only counts. */
struct out {
    char *dst;
    size_t n;
};

/* Names and numbers are short: two copies that overlap are cheaper than a call. */
INLINE void copy_short(char *dst, const char *p, size_t n)
{
    if (n >= 8) {
        memcpy(dst, p, 8);
        memcpy(dst + n - 8, p + n - 8, 8);
    } else if (n >= 4) {
        memcpy(dst, p, 4);
        memcpy(dst + n - 4, p + n - 4, 4);
    } else if (n >= 2) {
        memcpy(dst, p, 2);
        memcpy(dst + n - 2, p + n - 2, 2);
    } else if (n) {
        *dst = *p;
    }
}

INLINE void put(struct out *out, const char *p, size_t n)
{
    if (out->dst && n <= 16)
        copy_short(out->dst + out->n, p, n);
    else if (out->dst)
        memcpy(out->dst + out->n, p, n);
    out->n += n;
}

INLINE void put_char(struct out *out, char c)
{
    if (out->dst)
        out->dst[out->n] = c;
    out->n++;
}

/* The bytes of `specials` get a backslash. */
INLINE bool put_escaped(struct out *out, struct cw_str s, unsigned specials)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.n; i++)
        seen |= kind_of[(unsigned char)s.p[i]];
    if (!s.n || seen & CONTROL || s.p[s.n - 1] == '\\')
        return false;
    if (!(seen & specials)) {
        put(out, s.p, s.n);
        return true;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (kind_of[(unsigned char)s.p[i]] & specials)
            put_char(out, '\\');
        put_char(out, s.p[i]);
    }
    return true;
}

/* InfluxDB knows two escapes in a text, a newline is itself; others also know n, r and t. */
INLINE void put_quoted(struct out *out, const struct encode_line *self, struct cw_str s)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.n; i++)
        seen |= kind_of[(unsigned char)s.p[i]];
    if (!(seen & (CONTROL | QUOTED))) {
        put_char(out, '"');
        put(out, s.p, s.n);
        put_char(out, '"');
        return;
    }
    static const char plain[] = "\"\\\n\r\t";
    static const char escaped[] = "\"\\nrt";
    size_t n_escapes = self->dialect[0] == 'r' ? 5 : 2;
    put_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        const char *found = memchr(plain, s.p[i], n_escapes);
        if (found)
            put_char(out, '\\');
        put_char(out, found ? escaped[found - plain] : s.p[i]);
    }
    put_char(out, '"');
}

static bool write_prefix(const struct encode_line *self, struct cw_str measurement,
                         const struct cw_tag *tag, uint32_t n_tags, struct out *out)
{
    if (!measurement.n || measurement.p[0] == '#' ||
        !put_escaped(out, measurement, MEASUREMENT))
        return false;
    for (uint32_t i = 0; i < n_tags; i++) {
        if (!tag[i].value.n && self->dialect[0] == 'i')
            continue;
        put_char(out, ',');
        if (!put_escaped(out, tag[i].key, KEY))
            return false;
        put_char(out, '=');
        if (!put_escaped(out, tag[i].value, KEY))
            return false;
    }
    put_char(out, ' ');
    return true;
}

/* Only what JSON and line protocol write alike is copied through. */
static bool is_plain_number(struct cw_str raw)
{
    unsigned all = NUMBER;
    for (size_t i = 0; i < raw.n; i++)
        all &= kind_of[(unsigned char)raw.p[i]];
    return raw.n && all;
}

/* As the reference writes it: from a million on with an exponent of two digits (Go's 'g').
 * `shortest` has no exponent of its own below 2^53, so it is all digits and a point. */
static void put_million(struct out *out, const char *shortest, size_t n)
{
    char text[NUM_MAX], exponent[8];
    size_t n_text = 0, at = shortest[0] == '-', whole = at;
    while (whole < n && shortest[whole] != '.')
        whole++;
    for (size_t i = 0; i < n; i++) {
        if (shortest[i] != '.')
            text[n_text++] = shortest[i];
        if (i == at)
            text[n_text++] = '.';
    }
    while (text[n_text - 1] == '0')
        n_text--;
    if (text[n_text - 1] == '.')
        n_text--;
    int n_exponent = snprintf(exponent, sizeof(exponent), "e+%02u", (unsigned)(whole - at - 1));
    put(out, text, n_text);
    put(out, exponent, (size_t)n_exponent);
}

INLINE bool reference_needs_exponent(const struct encode_line *self, double value)
{
    double size = value < 0 ? -value : value;
    return self->dialect[0] == 'r' && size >= 1e6 && size < 9e15;
}

INLINE void put_number(struct out *out, const struct encode_line *self,
                       const struct cw_field *field)
{
    char text[NUM_MAX];
    if (is_plain_number(field->raw)) {
        put(out, field->raw.p, field->raw.n);
    } else if (field->type == CW_F64 && reference_needs_exponent(self, field->v.f64)) {
        put_million(out, text, num_format_f64(field->v.f64, text));
    } else if (field->type == CW_F64) {
        put(out, text, num_format_f64(field->v.f64, text));
    } else {
        put(out, text, num_format_i64(field->v.i64, text));
    }
    if (field->type == CW_I64 && self->integers[0] == 'k')
        put_char(out, 'i');
}

INLINE void put_value(struct out *out, const struct encode_line *self,
                      const struct cw_field *field)
{
    if (field->type == CW_TEXT)
        put_quoted(out, self, field->v.text);
    else if (field->type != CW_BOOL)
        put_number(out, self, field);
    else if (field->v.boolean)
        put(out, "true", 4);
    else
        put(out, "false", 5);
}

INLINE bool is_no_number(const struct cw_field *field)
{
    return field->type == CW_F64 && field->v.f64 - field->v.f64 != 0;
}

INLINE bool is_time(struct cw_str key)
{
    return key.n == 4 && !memcmp(key.p, "time", 4);
}

INLINE void put_end(struct out *out, int64_t time_ns)
{
    char text[NUM_MAX];
    put_char(out, ' ');
    put(out, text, num_format_i64(time_ns, text));
    put_char(out, '\n');
}

INLINE bool write_body(const struct encode_line *self, const struct cw_field *field,
                       uint32_t n_fields, int64_t time_ns, struct out *out)
{
    for (uint32_t i = 0; i < n_fields; i++) {
        if (is_no_number(&field[i]) || is_time(field[i].key))
            continue;
        if (out->n)
            put_char(out, ',');
        if (!put_escaped(out, field[i].key, KEY))
            return false;
        put_char(out, '=');
        put_value(out, self, &field[i]);
    }
    if (out->n)
        put_end(out, time_ns);
    return out->n;
}

static size_t encode_line_prefix(const void *self, struct cw_str measurement,
                                 const struct cw_tag *tag, uint32_t n_tags, char *dst,
                                 size_t cap)
{
    struct out out = {NULL, 0};
    if (!write_prefix(self, measurement, tag, n_tags, &out))
        return 0;
    if (out.n > cap)
        return out.n;
    out = (struct out){dst, 0};
    (void)write_prefix(self, measurement, tag, n_tags, &out);
    return out.n;
}

/* More than the body can take: everything escaped, every number as long as can be. */
static size_t body_bound(const struct cw_field *field, uint32_t n_fields)
{
    size_t n = NUM_MAX + 2;
    for (uint32_t i = 0; i < n_fields; i++) {
        n += 2 * field[i].key.n + 4;
        n += field[i].type == CW_TEXT ? 2 * field[i].v.text.n : NUM_MAX + field[i].raw.n;
    }
    return n;
}

static size_t encode_line_body(const void *self, const struct cw_field *field,
                               uint32_t n_fields, int64_t time_ns, char *dst, size_t cap)
{
    struct out out = {dst, 0};
    if (body_bound(field, n_fields) <= cap)
        return write_body(self, field, n_fields, time_ns, &out) ? out.n : 0;
    out.dst = NULL;
    if (!write_body(self, field, n_fields, time_ns, &out))
        return 0;
    if (out.n > cap)
        return out.n;
    out = (struct out){dst, 0};
    (void)write_body(self, field, n_fields, time_ns, &out);
    return out.n;
}

/* ---- the same with names that were made before ---- */

static size_t encode_line_name(const void *self, struct cw_str key, char *dst, size_t cap)
{
    struct out out = {NULL, 0};
    (void)self;
    if (is_time(key) || !put_escaped(&out, key, KEY))
        return 0;
    put_char(&out, '=');
    if (out.n > cap)
        return out.n;
    out = (struct out){dst, 0};
    (void)put_escaped(&out, key, KEY);
    put_char(&out, '=');
    return out.n;
}

static size_t named_bound(const struct cw_named *named, uint32_t n)
{
    size_t bound = NUM_MAX + 2;
    for (uint32_t i = 0; i < n; i++) {
        const struct cw_field *field = named[i].field;
        bound += named[i].name.n + 4;
        bound += field->type == CW_TEXT ? 2 * field->v.text.n : NUM_MAX + field->raw.n;
    }
    return bound;
}

INLINE void write_named(const struct encode_line *self, const struct cw_named *named,
                        uint32_t n, int64_t time_ns, struct out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (is_no_number(named[i].field))
            continue;
        if (out->n)
            put_char(out, ',');
        put(out, named[i].name.p, named[i].name.n);
        put_value(out, self, named[i].field);
    }
    if (out->n)
        put_end(out, time_ns);
}

static size_t encode_line_named_body(const void *self, const struct cw_named *named, uint32_t n,
                                     int64_t time_ns, char *dst, size_t cap)
{
    struct out out = {NULL, 0};
    if (named_bound(named, n) > cap) {
        write_named(self, named, n, time_ns, &out);
        if (out.n > cap)
            return out.n;
    }
    out = (struct out){dst, 0};
    write_named(self, named, n, time_ns, &out);
    return out.n;
}

static const struct cw_option options[] = {
    {.name = "integers",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct encode_line, integers),
     .preset = "float",
     .help = "whole numbers as floats, or keep those that were typed as integers",
     .choices = "float|keep"},
    {.name = "dialect",
     .type = CW_OPT_TEXT,
     .offset = offsetof(struct encode_line, dialect),
     .preset = "influxdb",
     .help =
         "reference: no line with an empty tag, \\n \\r \\t in texts as Telegraf reads them",
     .choices = "influxdb|reference"},
    {0},
};

static const struct cw_encoder encoder = {
    .size = sizeof(struct cw_encoder),
    .prefix = encode_line_prefix,
    .body = encode_line_body,
    .name = encode_line_name,
    .named_body = encode_line_named_body,
};

CW_PLUGIN(encode_line) = {
    .abi = CW_ABI,
    .kind = CW_ENCODER,
    .name = "line",
    .help = "InfluxDB line protocol",
    .self_size = sizeof(struct encode_line),
    .option = options,
    .ops.encoder = &encoder,
};
