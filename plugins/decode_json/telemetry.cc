/*
 * telemetry.cc - the shapes of telemetry that are one flat object per reading.
 *
 * The hot way of the whole daemon: one pass, one field per member, names looked at for "ts",
 * "seq" and "values" only. A member that is none of number, boolean, short text and null
 * refuses the document.
 */
#include "shapes.h"

extern "C" {
#include "base/instant.h"
#include "base/units.h"
}

namespace json
{

bool refuse_fields(struct reader *reader)
{
    return refuse(reader, CW_REFUSED_FIELDS, "The payload has more than %u values.",
                  reader->batch->max_fields);
}

struct cw_point *add_point(struct reader *reader)
{
    struct cw_batch *batch = reader->batch;
    if (batch->n_points == batch->max_points) {
        (void)refuse(reader, CW_REFUSED_FIELDS, "The payload has more than %u readings.",
                     batch->max_points);
        return nullptr;
    }
    struct cw_point *point = &batch->point[batch->n_points++];
    *point = {};
    point->field = batch->field + batch->n_fields;
    point->seq = -1;
    return point;
}

static bool refuse_value(struct reader *reader, struct cw_str name, char first)
{
    if (first == '{' || first == '[')
        return refuse(reader, CW_REFUSED_SHAPE, "The value of %.*s is an object or array.",
                      static_cast<int>(name.n), name.p);
    return refuse_syntax(reader, "a value");
}

bool check_name(struct reader *reader, struct cw_str name)
{
    if (!name.n)
        return refuse(reader, CW_REFUSED_SHAPE, "A value has an empty name.");
    if (name.n > max_name_bytes)
        return refuse(reader, CW_REFUSED_TEXT, "A name has %zu bytes, more than %u.", name.n,
                      max_name_bytes);
    for (size_t i = 0; i < name.n; i++)
        if (static_cast<unsigned char>(name.p[i]) < 0x20)
            return refuse(reader, CW_REFUSED_SHAPE, "A name contains a control character.");
    return true;
}

bool read_short_text(struct reader *reader, struct cw_str *text)
{
    if (!read_string(reader, text))
        return false;
    if (text->n > max_value_bytes)
        return refuse(reader, CW_REFUSED_TEXT, "A text has %zu bytes, more than %u.", text->n,
                      max_value_bytes);
    return true;
}

/* The value at the cursor as a field; null adds none. */
static bool read_field(struct reader *reader, struct cw_str name)
{
    struct cw_field *field = next_field(reader, name);
    if (!field)
        return false;
    char first = token(reader);
    if (is_digit(first) || first == '-') {
        struct number number;
        if (!read_number(reader, &number))
            return false;
        field->type = CW_F64;
        field->raw = number.raw;
        field->v.f64 = number.f64;
    } else if (first == '"') {
        field->type = CW_TEXT;
        if (!read_short_text(reader, &field->v.text))
            return false;
    } else if (first >= 'a' && first <= 'z') {
        if (!read_literal(reader, &field->type, &field->v.boolean))
            return false;
        if (!field->type)
            return true;
    } else {
        return refuse_value(reader, name, first);
    }
    reader->batch->n_fields++;
    return true;
}

static bool refuse_time(struct reader *reader, struct cw_str text, const char *why)
{
    return refuse(reader, CW_REFUSED_TIMESTAMP, "The time %.*s %s.",
                  static_cast<int>(text.n < 40 ? text.n : 40), text.p, why);
}

static bool read_time_text(struct reader *reader, int64_t *time_ns)
{
    struct cw_str text;
    if (!read_string(reader, &text))
        return false;
    if (instant_parse(text, time_ns))
        return refuse_time(reader, text, "is not as in RFC 3339");
    return true;
}

/* Milliseconds since the epoch, or RFC 3339. A clock that is off is kept as it is, also one
 * that was never set: seconds cannot be told from a device that lives in February 1970, so they
 * are a clock fault, too. Zero becomes 1 ns, as 0 says that there is no time. */
static bool read_time(struct reader *reader, int64_t *time_ns)
{
    struct number number;
    struct cw_str text = token_text(reader);
    char first = token(reader);
    if (first == '"')
        return read_time_text(reader, time_ns);
    if (first == 'n') {
        uint32_t type;
        int32_t boolean;
        return read_literal(reader, &type, &boolean);
    }
    if (!is_digit(first) && first != '-')
        return refuse_time(reader, text, "is neither a number nor a text");
    if (!read_number(reader, &number))
        return false;
    if (!number.integer)
        return refuse_time(reader, text, "is not a whole number of milliseconds");
    if (__builtin_mul_overflow(number.i64, NS_PER_MS, time_ns))
        return refuse_time(reader, text, "is not in milliseconds");
    if (!*time_ns)
        *time_ns = 1;
    return true;
}

static bool read_seq(struct reader *reader, int64_t *seq)
{
    struct number number;
    char first = token(reader);
    if (first == 'n') {
        uint32_t type;
        int32_t boolean;
        return read_literal(reader, &type, &boolean);
    }
    if (!is_digit(first) && first != '-')
        return refuse(reader, CW_REFUSED_SHAPE, "seq is not a number.");
    if (!read_number(reader, &number))
        return false;
    if (!number.integer || number.i64 < 0)
        return refuse(reader, CW_REFUSED_SHAPE, "seq is not a whole number from 0 on.");
    *seq = number.i64;
    return true;
}

/* {"ts":..,"seq":..,"hr":72,..} or {"ts":..,"values":{"hr":72,..}}. */
static bool read_reading(struct reader *reader)
{
    bool nested = false;
    struct cw_point *point = add_point(reader);
    if (!point)
        return false;
    uint32_t n_fields_before = reader->batch->n_fields;
    bool ok = read_members(reader, 0, [&](struct cw_str name, uint32_t n_names) {
        if (is(name, "ts"))
            return read_time(reader, &point->time_ns);
        if (is(name, "seq"))
            return read_seq(reader, &point->seq);
        if (nested)
            return refuse(reader, CW_REFUSED_SHAPE, "There are members beside values.");
        if (!is(name, "values") || token(reader) != '{')
            return read_field(reader, name);
        if (reader->batch->n_fields > n_fields_before)
            return refuse(reader, CW_REFUSED_SHAPE, "There are members beside values.");
        nested = true;
        return read_members(reader, n_names, [&](struct cw_str inner, uint32_t) {
            return read_field(reader, inner);
        });
    });
    point->n_fields = reader->batch->n_fields - n_fields_before;
    return ok;
}

/* SenML is told from a batch of readings by its first record: a text "n" or "bn", or another
 * base member. Only names at the record's own level count; a flat record has no other. */
static bool looks_like_senml(const struct reader *reader)
{
    static const char *const bases[] = {"\"bt\"", "\"bu\"", "\"bv\"", "\"bs\"", "\"bver\""};
    for (const uint32_t *at = reader->at + 2; at + 2 < reader->end; at++) {
        const char *p = reader->bytes + at[0];
        if (*p == '}')
            return false;
        if (*p != '"' || reader->bytes[at[1]] != ':')
            continue;
        size_t n = at[1] - at[0];
        bool text = reader->bytes[at[2]] == '"';
        if (text && ((n >= 3 && !memcmp(p, "\"n\"", 3)) || (n >= 4 && !memcmp(p, "\"bn\"", 4))))
            return true;
        for (const char *base : bases)
            if (n >= strlen(base) && !memcmp(p, base, strlen(base)))
                return true;
    }
    return false;
}

static bool read_array(struct reader *reader, struct cw_str metric)
{
    if (looks_like_senml(reader))
        return read_senml(reader, metric);
    char c;
    do {
        reader->at++;
        if (token(reader) != '{') {
            if (!token(reader))
                return refuse_syntax(reader, "a value");
            return refuse(reader, CW_REFUSED_SHAPE, "The array holds something but readings.");
        }
        if (!read_reading(reader))
            return false;
        c = token(reader);
        if (c != ',' && c != ']')
            return refuse_syntax(reader, "',' or ']'");
    } while (c == ',');
    reader->at++;
    return true;
}

static bool read_bare(struct reader *reader, struct cw_str metric)
{
    struct cw_point *point = add_point(reader);
    if (!point || !read_field(reader, metric.n ? metric : cw_str{"value", 5}))
        return false;
    point->n_fields = reader->batch->n_fields;
    if (!point->n_fields || point->field[0].type == CW_TEXT)
        return refuse(reader, CW_REFUSED_SHAPE, "A bare value is neither number nor boolean.");
    if (!metric.n)
        return refuse(reader, CW_REFUSED_SHAPE, "A bare value has no name in this source.");
    return true;
}

bool read_telemetry(struct reader *reader, struct cw_str metric)
{
    switch (token(reader)) {
    case '{':
        return read_reading(reader);
    case '[':
        return read_array(reader, metric);
    default:
        return read_bare(reader, metric);
    }
}

} // namespace json
