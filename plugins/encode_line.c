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
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num.h"

struct encode_line {
    const char *integers;
    const char *dialect;
};

/* Where a text stands decides what is escaped in it. */
enum place { MEASUREMENT, KEY };

/* dst NULL: only counts. */
struct out {
    char *dst;
    size_t n;
};

static void put(struct out *out, const char *p, size_t n)
{
    if (out->dst)
        memcpy(out->dst + out->n, p, n);
    out->n += n;
}

static void put_char(struct out *out, char c)
{
    if (out->dst)
        out->dst[out->n] = c;
    out->n++;
}

static bool is_special(char c, enum place place)
{
    return c == ',' || c == ' ' || (c == '=' && place == KEY);
}

static bool can_write(struct cw_str s)
{
    if (!s.n || s.p[s.n - 1] == '\\')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool put_escaped(struct out *out, struct cw_str s, enum place place)
{
    if (!can_write(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (is_special(s.p[i], place))
            put_char(out, '\\');
        put_char(out, s.p[i]);
    }
    return true;
}

/* InfluxDB knows two escapes in a text, a newline is itself; others also know n, r and t. */
static void put_quoted(struct out *out, const struct encode_line *self, struct cw_str s)
{
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
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        bool plain = (unsigned char)(c - '0') <= 9 || c == '.' || c == '-' || c == '+' ||
                     c == 'e' || c == 'E';
        if (!plain)
            return false;
    }
    return raw.n > 0;
}

static void put_number(struct out *out, const struct encode_line *self,
                       const struct cw_field *field)
{
    char text[NUM_MAX];
    if (is_plain_number(field->raw)) {
        put(out, field->raw.p, field->raw.n);
    } else if (field->type == CW_F64) {
        put(out, text, num_format_f64(field->v.f64, text));
    } else {
        put(out, text, num_format_i64(field->v.i64, text));
    }
    if (field->type == CW_I64 && self->integers[0] == 'k')
        put_char(out, 'i');
}

static bool left_out(const struct cw_field *field)
{
    if (field->type == CW_F64 && field->v.f64 - field->v.f64 != 0)
        return true;
    return field->key.n == 4 && !memcmp(field->key.p, "time", 4);
}

static bool write_body(const struct encode_line *self, const struct cw_field *field,
                       uint32_t n_fields, int64_t time_ns, struct out *out)
{
    char text[NUM_MAX];
    for (uint32_t i = 0; i < n_fields; i++) {
        if (left_out(&field[i]))
            continue;
        if (out->n)
            put_char(out, ',');
        if (!put_escaped(out, field[i].key, KEY))
            return false;
        put_char(out, '=');
        if (field[i].type == CW_BOOL && field[i].v.boolean)
            put(out, "true", 4);
        else if (field[i].type == CW_BOOL)
            put(out, "false", 5);
        else if (field[i].type == CW_TEXT)
            put_quoted(out, self, field[i].v.text);
        else
            put_number(out, self, &field[i]);
    }
    if (!out->n)
        return false;
    put_char(out, ' ');
    put(out, text, num_format_i64(time_ns, text));
    put_char(out, '\n');
    return true;
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
