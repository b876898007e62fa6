/*
 * decode_line.c - InfluxDB line protocol in.
 *
 *   vitals,device=bed-312,ward=3 hr=72,spo2=97i,ok=true,note="a \"b\"" 1763865851000000000
 *
 * One line is one point. The measurement and the tags other than `device` are checked and
 * dropped: site and device come from the topic, names from the fields. Times are nanoseconds.
 * Any line that is wrong refuses the payload: half an upload is worse than none.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/num.h"
#include "base/str.h"

#define MAX_NAME_BYTES 128
#define MAX_TEXT_BYTES 256
#define MAX_RAW_BYTES 32
#define MAX_TAGS 256
#define MAX_FIELDS 256 /* of one line */

struct cursor {
    const char *p, *end;
    uint32_t line; /* from 1 */
    struct cw_batch *batch;
    struct cw_error *err;
    uint32_t refusal;
    struct cw_str tag[MAX_TAGS];
    uint32_t n_tags;
};

struct decode_line {
    struct cursor cursor;
};

static bool refuse(struct cursor *cursor, uint32_t refusal, const char *what)
{
    cursor->refusal = refusal;
    (void)err_set(cursor->err, 0, "Line %u: %s.", cursor->line, what);
    return false;
}

static char peek(const struct cursor *cursor)
{
    return cursor->p < cursor->end ? *cursor->p : '\0';
}

static bool take(struct cursor *cursor, char c)
{
    if (peek(cursor) != c)
        return false;
    cursor->p++;
    return true;
}

static void skip_spaces(struct cursor *cursor)
{
    while (take(cursor, ' '))
        ;
}

/* "\n", "\r\n" or the end of the payload, also behind a lone "\r". */
static bool take_line_end(struct cursor *cursor)
{
    if (peek(cursor) == '\r' && (cursor->p + 1 == cursor->end || cursor->p[1] == '\n'))
        cursor->p++;
    if (cursor->p == cursor->end)
        return true;
    if (!take(cursor, '\n'))
        return false;
    cursor->line++;
    return true;
}

/* Sets of bytes below 64 as bits; what ends a name or value is one. */
#define BIT(c) (UINT64_C(1) << (c))
#define CONTROL UINT64_C(0xffffffff)
#define DIGITS (UINT64_C(0x3ff) << '0' | BIT('.') | BIT('-') | BIT('+'))
#define IN_SERIES (CONTROL | BIT(',') | BIT(' '))
#define IN_NAME (IN_SERIES | BIT('='))
#define IN_VALUE (BIT(',') | BIT(' ') | BIT('\r') | BIT('\n'))
#define IN_TIME (BIT(' ') | BIT('\r') | BIT('\n'))

static bool is_in(char c, uint64_t set)
{
    unsigned char byte = (unsigned char)c;
    return byte < 64 && set & BIT(byte);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* A copy of `escaped` without the backslashes before the bytes of `escapes`, each of which
 * becomes the byte of `meanings` at its place. */
static bool unescape(struct cursor *cursor, const char *escapes, const char *meanings,
                     struct cw_str escaped, struct cw_str *out)
{
    struct cw_batch *batch = cursor->batch;
    if (batch->n_text + escaped.n > batch->max_text)
        return refuse(cursor, CW_REFUSED_FIELDS, "too much text with escapes");
    char *text = batch->text + batch->n_text;
    size_t n = 0;
    for (size_t i = 0; i < escaped.n; i++) {
        char c = escaped.p[i];
        if (c == '\\' && i + 1 < escaped.n && is_one_of(escaped.p[i + 1], escapes))
            c = meanings[strchr(escapes, escaped.p[++i]) - escapes];
        text[n++] = c;
    }
    batch->n_text += (uint32_t)n;
    *out = (struct cw_str){text, n};
    return true;
}

/* Takes a name or tag up to one of `stops`; a backslash before one of `escapes` drops out, any
 * other stays. Controls end it too. Empty is for the caller to refuse. */
static bool take_token(struct cursor *cursor, uint64_t stops, const char *escapes,
                       struct cw_str *out)
{
    const char *begin = cursor->p;
    const char *p = begin;
    bool escaped = false;
    for (; p < cursor->end && !is_in(*p, stops) && *p != 0x7f; p++) {
        if (*p == '\\' && p + 1 < cursor->end && is_one_of(p[1], escapes)) {
            escaped = true;
            p++;
        }
    }
    cursor->p = p;
    *out = (struct cw_str){begin, (size_t)(p - begin)};
    return !escaped || unescape(cursor, escapes, escapes, *out, out);
}

static bool skip_comment(struct cursor *cursor)
{
    while (cursor->p < cursor->end && (!is_control(*cursor->p) || *cursor->p == '\t'))
        cursor->p++;
    return take_line_end(cursor) ||
           refuse(cursor, CW_REFUSED_SYNTAX, "a comment with a control character");
}

/* To the start of the next line that says something; *more is false at the end. */
static bool skip_to_line(struct cursor *cursor, bool *more)
{
    for (;;) {
        skip_spaces(cursor);
        *more = cursor->p < cursor->end;
        if (!*more)
            return true;
        if (peek(cursor) == '#') {
            if (!skip_comment(cursor))
                return false;
        } else if (!take_line_end(cursor)) {
            return true;
        }
    }
}

static bool take_tag(struct cursor *cursor, struct cw_point *point)
{
    struct cw_str key, value;
    if (!take_token(cursor, IN_NAME, ",= ", &key))
        return false;
    if (!key.n || !take(cursor, '='))
        return refuse(cursor, CW_REFUSED_SYNTAX, "a tag without name or '='");
    if (!take_token(cursor, IN_NAME, ",= ", &value))
        return false;
    if (!value.n)
        return refuse(cursor, CW_REFUSED_SYNTAX, "a tag without value");
    for (uint32_t i = 0; i < cursor->n_tags; i++)
        if (str_eq(cursor->tag[i], key))
            return refuse(cursor, CW_REFUSED_DUPLICATE_KEY, "a tag is given twice");
    if (cursor->n_tags == MAX_TAGS)
        return refuse(cursor, CW_REFUSED_FIELDS, "too many tags");
    cursor->tag[cursor->n_tags++] = key;
    if (!str_is(key, "device"))
        return true;
    if (!id_valid(value))
        return refuse(cursor, CW_REFUSED_SHAPE, "the device tag is not a valid id");
    point->device = value;
    return true;
}

static bool take_series(struct cursor *cursor, struct cw_point *point)
{
    struct cw_str measurement;
    if (!take_token(cursor, IN_SERIES, ", ", &measurement))
        return false;
    if (!measurement.n)
        return refuse(cursor, CW_REFUSED_SYNTAX, "no measurement");
    cursor->n_tags = 0;
    while (take(cursor, ','))
        if (!take_tag(cursor, point))
            return false;
    if (!take(cursor, ' '))
        return refuse(cursor, CW_REFUSED_SYNTAX, "no space before the fields");
    skip_spaces(cursor);
    return true;
}

/* A text in quotes: a backslash before any but the escapes is itself. */
static bool take_text(struct cursor *cursor, struct cw_field *field)
{
    static const char text_escapes[] = "\"\\nrt";
    const char *begin = ++cursor->p;
    bool escaped = false;
    const char *p = begin;
    for (; p < cursor->end && *p != '"'; p++) {
        cursor->line += *p == '\n';
        if (*p == '\\' && p + 1 < cursor->end && is_one_of(p[1], text_escapes)) {
            escaped = true;
            p++;
        }
    }
    if (p == cursor->end)
        return refuse(cursor, CW_REFUSED_SYNTAX, "a text without its closing quote");
    cursor->p = p + 1;
    field->type = CW_TEXT;
    field->v.text = (struct cw_str){begin, (size_t)(p - begin)};
    if (escaped && !unescape(cursor, text_escapes, "\"\\\n\r\t", field->v.text, &field->v.text))
        return false;
    return field->v.text.n <= MAX_TEXT_BYTES ||
           refuse(cursor, CW_REFUSED_TEXT, "a text of more than 256 bytes");
}

static bool set_boolean(struct cursor *cursor, struct cw_str text, struct cw_field *field)
{
    static const char *const words[] = {"f", "F", "false", "False", "FALSE",
                                        "t", "T", "true",  "True",  "TRUE"};
    for (int32_t i = 0; i < 10; i++) {
        if (str_is(text, words[i])) {
            field->type = CW_BOOL;
            field->v.boolean = i >= 5;
            return true;
        }
    }
    return refuse(cursor, CW_REFUSED_SYNTAX, "a value that is no boolean");
}

static bool refuse_number(struct cursor *cursor, int err)
{
    if (err == -ERANGE)
        return refuse(cursor, CW_REFUSED_NUMBER, "a number beyond its type's range");
    return refuse(cursor, CW_REFUSED_SYNTAX, "a value that is no number");
}

static bool set_integer(struct cursor *cursor, struct cw_str text, struct cw_field *field)
{
    int err = num_parse_i64(text, &field->v.i64);
    if (err)
        return refuse_number(cursor, err);
    field->type = CW_I64;
    field->raw = text;
    return true;
}

/* There is no unsigned type in here: what does not fit into int64 becomes a float. */
static bool set_unsigned(struct cursor *cursor, struct cw_str text, struct cw_field *field)
{
    uint64_t value;
    int err = num_parse_u64(text, &value);
    if (err)
        return refuse_number(cursor, err);
    field->raw = text;
    field->type = value <= INT64_MAX ? CW_I64 : CW_F64;
    if (field->type == CW_I64)
        field->v.i64 = (int64_t)value;
    else
        field->v.f64 = (double)value;
    return true;
}

/* Digits with an optional sign, point and exponent; looser than JSON ("1.", ".5", "007"). */
static bool set_float(struct cursor *cursor, struct cw_str text, struct cw_field *field)
{
    if (text.n > 1 && text.p[0] == '+')
        text = (struct cw_str){text.p + 1, text.n - 1};
    for (size_t i = 0; i < text.n; i++)
        if (!is_in(text.p[i], DIGITS) && (text.p[i] | 0x20) != 'e')
            return refuse_number(cursor, -EINVAL);
    int err = num_parse_f64(text, &field->v.f64);
    if (err)
        return refuse_number(cursor, err);
    field->type = CW_F64;
    const char *first = text.p + (text.p[0] == '-');
    char last = text.p[text.n - 1];
    bool plain = *first != '.' && last != '.' && !(*first == '0' && text.n > 1);
    if (plain && text.n <= MAX_RAW_BYTES)
        field->raw = text;
    return true;
}

static bool take_value(struct cursor *cursor, struct cw_field *field)
{
    field->raw = (struct cw_str){NULL, 0};
    if (peek(cursor) == '"')
        return take_text(cursor, field);
    const char *begin = cursor->p;
    while (cursor->p < cursor->end && !is_in(*cursor->p, IN_VALUE))
        cursor->p++;
    struct cw_str text = {begin, (size_t)(cursor->p - begin)};
    if (!text.n)
        return refuse(cursor, CW_REFUSED_SYNTAX, "a field without value");
    char last = text.p[text.n - 1];
    struct cw_str digits = {text.p, text.n - 1};
    if (is_one_of(text.p[0], "tTfF"))
        return set_boolean(cursor, text, field);
    if (last == 'i')
        return set_integer(cursor, digits, field);
    if (last == 'u')
        return set_unsigned(cursor, digits, field);
    return set_float(cursor, text, field);
}

static bool take_field(struct cursor *cursor, struct cw_point *point)
{
    struct cw_batch *batch = cursor->batch;
    if (batch->n_fields == batch->max_fields || point->n_fields == MAX_FIELDS)
        return refuse(cursor, CW_REFUSED_FIELDS, "too many fields");
    struct cw_field *field = &batch->field[batch->n_fields];
    if (!take_token(cursor, IN_NAME, ",= ", &field->key))
        return false;
    if (!field->key.n || !take(cursor, '='))
        return refuse(cursor, CW_REFUSED_SYNTAX, "a field without name or '='");
    if (field->key.n > MAX_NAME_BYTES)
        return refuse(cursor, CW_REFUSED_TEXT, "a name of more than 128 bytes");
    for (uint32_t i = 0; i < point->n_fields; i++)
        if (str_eq(point->field[i].key, field->key))
            return refuse(cursor, CW_REFUSED_DUPLICATE_KEY, "a field is given twice");
    if (!take_value(cursor, field))
        return false;
    batch->n_fields++;
    point->n_fields++;
    return true;
}

/* A clock that is off is kept as it is. Milliseconds cannot be told from a device that was
 * switched on half an hour after 1970 began: another unit is a clock fault, too. */
static bool take_time(struct cursor *cursor, struct cw_point *point)
{
    skip_spaces(cursor);
    const char *begin = cursor->p;
    while (cursor->p < cursor->end && !is_in(*cursor->p, IN_TIME))
        cursor->p++;
    struct cw_str text = {begin, (size_t)(cursor->p - begin)};
    skip_spaces(cursor);
    if (!text.n)
        return true;
    if (num_parse_i64(text, &point->time_ns))
        return refuse(cursor, CW_REFUSED_TIMESTAMP, "the time is not a whole number");
    /* 0 says that there is no time. */
    if (!point->time_ns)
        point->time_ns = 1;
    return true;
}

static bool take_line(struct cursor *cursor)
{
    struct cw_batch *batch = cursor->batch;
    if (batch->n_points == batch->max_points)
        return refuse(cursor, CW_REFUSED_FIELDS, "too many points");
    struct cw_point *point = &batch->point[batch->n_points++];
    *point = (struct cw_point){.field = batch->field + batch->n_fields, .seq = -1};
    if (!take_series(cursor, point))
        return false;
    do {
        if (!take_field(cursor, point))
            return false;
    } while (take(cursor, ','));
    if (peek(cursor) == ' ' && !take_time(cursor, point))
        return false;
    return take_line_end(cursor) ||
           refuse(cursor, CW_REFUSED_SYNTAX, "something behind the fields or the time");
}

static uint32_t decode_line_points(void *self, struct cw_str payload, struct cw_str metric,
                                   struct cw_batch *batch, struct cw_error *err)
{
    (void)metric;
    struct cursor *cursor = &((struct decode_line *)self)->cursor;
    bool more = true;
    cursor->p = payload.p;
    cursor->end = payload.p + payload.n;
    cursor->line = 1;
    cursor->batch = batch;
    cursor->err = err;
    cursor->refusal = CW_ACCEPTED;
    batch->n_points = batch->n_fields = batch->n_nodes = batch->n_text = 0;
    if (!payload.n)
        (void)refuse(cursor, CW_REFUSED_EMPTY, "the payload is empty");
    else if (!utf8_valid(payload) || memchr(payload.p, '\0', payload.n))
        (void)refuse(cursor, CW_REFUSED_ENCODING, "the payload is not UTF-8 or contains a NUL");
    while (!cursor->refusal && skip_to_line(cursor, &more) && more)
        (void)take_line(cursor);
    if (!cursor->refusal && !batch->n_points)
        (void)refuse(cursor, CW_REFUSED_SHAPE, "there is no point");
    return cursor->refusal;
}

static int32_t decode_line_recognise(const void *self, struct cw_str payload)
{
    (void)self;
    return payload.n && !is_one_of(payload.p[0], "{[0123456789-+ \t\r\n");
}

static const struct cw_decoder decoder = {
    .size = sizeof(struct cw_decoder),
    .recognise = decode_line_recognise,
    .points = decode_line_points,
};

CW_PLUGIN(decode_line) = {
    .abi = CW_ABI,
    .kind = CW_DECODER,
    .name = "line",
    .help = "InfluxDB line protocol, times in nanoseconds",
    .self_size = sizeof(struct decode_line),
    .ops.decoder = &decoder,
};
