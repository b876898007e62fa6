/*
 * json_out.c - JSON text into a buffer. One flag is enough for the commas: it is set behind
 * a value and cleared behind an opening bracket and a key.
 */
#include "base/json_out.h"

#include <math.h>

#include "base/instant.h"
#include "base/num.h"
#include "base/str.h"

void json_out_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf};
}

static void json_begin(struct json_out *out)
{
    if (out->comma)
        buf_add_char(out->buf, ',');
    out->comma = true;
}

static void json_open(struct json_out *out, char bracket)
{
    json_begin(out);
    buf_add_char(out->buf, bracket);
    out->comma = false;
}

static void json_close(struct json_out *out, char bracket)
{
    buf_add_char(out->buf, bracket);
    out->comma = true;
}

void json_object(struct json_out *out)
{
    json_open(out, '{');
}

void json_object_end(struct json_out *out)
{
    json_close(out, '}');
}

void json_array(struct json_out *out)
{
    json_open(out, '[');
}

void json_array_end(struct json_out *out)
{
    json_close(out, ']');
}

static bool plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void json_escape(struct buf *buf, uint32_t code)
{
    switch (code) {
    case '"':
        buf_add_text(buf, "\\\"");
        break;
    case '\\':
        buf_add_text(buf, "\\\\");
        break;
    case '\n':
        buf_add_text(buf, "\\n");
        break;
    case '\t':
        buf_add_text(buf, "\\t");
        break;
    default:
        buf_printf(buf, "\\u%04x", (unsigned)code);
    }
}

/* One character that is not plain; returns its bytes. */
static size_t json_special(struct buf *buf, struct cw_str s)
{
    uint32_t code = 0;
    size_t n = utf8_next(s, &code);
    if (n == 0) {
        buf_add_text(buf, "\xef\xbf\xbd");
        return 1;
    }
    if (code < 0x80 || !utf8_harmless(code))
        json_escape(buf, code);
    else
        buf_add(buf, s.p, n);
    return n;
}

static void json_quoted(struct buf *buf, struct cw_str s)
{
    buf_add_char(buf, '"');
    while (s.n) {
        size_t n = 0;
        while (n < s.n && plain((unsigned char)s.p[n]))
            n++;
        if (n)
            buf_add(buf, s.p, n);
        else
            n = json_special(buf, s);
        s.p += n;
        s.n -= n;
    }
    buf_add_char(buf, '"');
}

void json_key(struct json_out *out, const char *key)
{
    json_begin(out);
    json_quoted(out->buf, str_of(key));
    buf_add_char(out->buf, ':');
    out->comma = false;
}

void json_text(struct json_out *out, struct cw_str text)
{
    json_begin(out);
    json_quoted(out->buf, text);
}

void json_int(struct json_out *out, int64_t value)
{
    char text[NUM_MAX];
    json_begin(out);
    buf_add(out->buf, text, num_format_i64(value, text));
}

void json_real(struct json_out *out, double value)
{
    char text[NUM_MAX];
    size_t n = num_format_f64(value, text);
    json_raw(out, n ? (struct cw_str){text, n} : CW_STR("null"));
}

void json_bool(struct json_out *out, bool value)
{
    json_raw(out, value ? CW_STR("true") : CW_STR("false"));
}

void json_null(struct json_out *out)
{
    json_raw(out, CW_STR("null"));
}

void json_raw(struct json_out *out, struct cw_str json)
{
    json_begin(out);
    buf_add_str(out->buf, json);
}

void json_member_text(struct json_out *out, const char *key, struct cw_str text)
{
    json_key(out, key);
    json_text(out, text);
}

void json_member_opt(struct json_out *out, const char *key, struct cw_str text)
{
    if (text.n)
        json_member_text(out, key, text);
}

void json_member_int(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_int(out, value);
}

void json_member_real(struct json_out *out, const char *key, double value)
{
    json_key(out, key);
    json_real(out, value);
}

void json_member_real_opt(struct json_out *out, const char *key, double value)
{
    if (!isnan(value))
        json_member_real(out, key, value);
}

void json_member_bool(struct json_out *out, const char *key, bool value)
{
    json_key(out, key);
    json_bool(out, value);
}

void json_time(struct json_out *out, int64_t ns)
{
    char text[INSTANT_MAX];
    size_t n = instant_format(ns, text);
    json_text(out, (struct cw_str){text, n});
}

void json_member_time(struct json_out *out, const char *key, int64_t ns)
{
    json_key(out, key);
    json_time(out, ns);
}

void json_member_time_opt(struct json_out *out, const char *key, int64_t ns)
{
    if (ns)
        json_member_time(out, key, ns);
}
