/*
 * pattern.cc - learning and reading of patterns. Reading looks at eight bytes at a time: what
 * is behind the payload may be read (plugin.h), and is never believed.
 */
#include "pattern.h"

#include <cstdlib>
#include <new>

#include "shapes.h"

extern "C" {
#include "base/hash.h"
#include "base/units.h"
}

namespace json
{

constexpr uint32_t max_patterns = 64;
constexpr uint32_t max_values = 48;
constexpr uint32_t max_literal = 40; /* bytes; with what is read past it, less than 64 */
constexpr uint32_t max_digits = 15;  /* exact in a double */

enum kind : uint8_t { TIME, SEQ, NUMBER, TEXT, BOOL, END };

/* A literal, and the value behind it. */
struct part {
    uint64_t word[2], mask[2]; /* its first 16 bytes */
    uint8_t n, name_at, n_name;
    enum kind kind;
    uint16_t text_at; /* of the literal in pattern->text */
};

struct pattern {
    uint64_t number; /* 0: empty */
    uint64_t hash;   /* of all literals and kinds */
    uint32_t n_parts, n_fields;
    bool used; /* since somebody looked for a place */
    struct part part[max_values + 1];
    char text[(max_values + 1) * max_literal];
};

struct patterns {
    struct pattern pattern[max_patterns];
    uint64_t n_learned;
    uint32_t hand; /* where a place is looked for next */
    struct pattern room;
};

struct patterns *patterns_new()
{
    auto *patterns = new (std::nothrow) struct patterns();
    if (!patterns)
        std::abort();
    return patterns;
}

void patterns_free(struct patterns *patterns)
{
    delete patterns;
}

/* ---- eight bytes at a time ---- */

constexpr uint64_t every(uint8_t byte)
{
    return UINT64_C(0x0101010101010101) * byte;
}

JSON_INLINE uint64_t load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* How many digits there are at p, eight at most, and their number. The first byte of a word is
 * taken for its lowest: big-endian machines learn no patterns. */
JSON_INLINE unsigned digits_at(const char *p, uint64_t *value)
{
    uint64_t word = load(p) ^ every('0');
    uint64_t others = ((word + every(0x76)) | word) & every(0x80);
    unsigned n = others ? static_cast<unsigned>(__builtin_ctzll(others)) / 8 : 8;
    if (n == 0)
        return 0;
    word <<= 8 * (8 - n);
    word = word * 10 + (word >> 8);
    uint64_t low = (word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064);
    uint64_t high = (word >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001);
    *value = (low + high) >> 32;
    return n;
}

/* Bytes from p on that a text may hold as they are: until a quote, a backslash, a control
 * character or a byte that is not ASCII. */
JSON_INLINE unsigned plain_at(const char *p)
{
    uint64_t word = load(p);
    uint64_t quote = word ^ every('"'), escape = word ^ every('\\');
    uint64_t stops = word | (word - every(0x20)) | ((quote - every(1)) & ~quote) |
                     ((escape - every(1)) & ~escape);
    stops &= every(0x80);
    return stops ? static_cast<unsigned>(__builtin_ctzll(stops)) / 8 : 8;
}

constexpr uint64_t integer_power[] = {1,      10,      100,      1000,     10000,
                                      100000, 1000000, 10000000, 100000000};

/* Digits, up to max_digits of them. */
JSON_INLINE unsigned all_digits_at(const char *p, uint64_t *value)
{
    uint64_t more;
    unsigned n = digits_at(p, value);
    if (n < 8)
        return n;
    unsigned m = digits_at(p + 8, &more);
    if (m)
        *value = *value * integer_power[m] + more;
    return n + m;
}

/* ---- reading ---- */

/* As read_number() for the same text, but only what is usual. NULL: it is not. */
JSON_INLINE const char *usual_number(const char *p, struct number *out)
{
    static const double power[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    const char *begin = p;
    bool negative = *p == '-';
    uint64_t digits = 0;
    p += negative;
    unsigned n = all_digits_at(p, &digits);
    if (n == 0 || n > max_digits || (*p == '0' && n > 1))
        return nullptr;
    p += n;
    out->integer = *p != '.';
    if (out->integer) {
        int64_t value = static_cast<int64_t>(digits);
        out->i64 = negative ? -value : value;
        out->f64 = negative ? -static_cast<double>(value) : static_cast<double>(value);
    } else {
        uint64_t fraction = 0;
        unsigned m = digits_at(p + 1, &fraction);
        if (m == 0 || n + m > max_digits)
            return nullptr;
        p += 1 + m;
        double value = static_cast<double>(digits * integer_power[m] + fraction) / power[m];
        out->f64 = negative ? -value : value;
    }
    out->raw = {begin, static_cast<size_t>(p - begin)};
    return p;
}

JSON_INLINE const char *usual_text(const char *p, const char *end, struct cw_str *text)
{
    const char *begin = p;
    for (unsigned n = 8; n == 8 && p < end;)
        p += n = plain_at(p);
    *text = {begin, static_cast<size_t>(p - begin)};
    return text->n <= max_value_bytes ? p : nullptr;
}

JSON_INLINE const char *usual_bool(const char *p, int32_t *boolean)
{
    *boolean = !memcmp(p, "true", 4);
    if (*boolean)
        return p + 4;
    return memcmp(p, "false", 5) ? nullptr : p + 5;
}

static const char *read_time_or_seq(const char *p, enum kind kind, struct cw_point *point)
{
    struct number number = {};
    p = usual_number(p, &number);
    if (!p || !number.integer)
        return nullptr;
    if (kind == SEQ) {
        point->seq = number.i64;
        return number.i64 < 0 ? nullptr : p;
    }
    if (__builtin_mul_overflow(number.i64, NS_PER_MS, &point->time_ns))
        return nullptr;
    if (!point->time_ns)
        point->time_ns = 1;
    return p;
}

JSON_INLINE const char *read_value(const char *p, const char *end, enum kind kind,
                                   struct cw_field *field)
{
    if (__builtin_expect(kind == NUMBER, 1)) {
        struct number number = {};
        p = usual_number(p, &number);
        field->type = CW_F64;
        field->raw = number.raw;
        field->v.f64 = number.f64;
        return p;
    }
    field->raw = {};
    if (kind == TEXT) {
        field->type = CW_TEXT;
        return usual_text(p, end, &field->v.text);
    }
    field->type = CW_BOOL;
    return usual_bool(p, &field->v.boolean);
}

JSON_INLINE bool literal_is(const struct pattern *pattern, const struct part *part,
                            const char *p)
{
    if ((load(p) ^ part->word[0]) & part->mask[0])
        return false;
    if (part->n <= 8)
        return true;
    if ((load(p + 8) ^ part->word[1]) & part->mask[1])
        return false;
    return part->n <= 16 ||
           !memcmp(p + 16, pattern->text + part->text_at + 16, part->n - size_t{16});
}

static bool read_parts(const struct pattern *pattern, struct cw_str payload,
                       struct cw_point *point, struct cw_field *field)
{
    const char *p = payload.p, *end = p + payload.n;
    for (const struct part *part = pattern->part;; part++) {
        if (p >= end || !literal_is(pattern, part, p))
            return false;
        const char *name = p + part->name_at;
        p += part->n;
        if (part->kind == END)
            return p == end;
        if (p >= end)
            return false;
        if (part->kind == TIME || part->kind == SEQ) {
            p = read_time_or_seq(p, part->kind, point);
        } else {
            field->key = {name, part->n_name};
            p = read_value(p, end, part->kind, field++);
        }
        if (!p)
            return false;
    }
}

bool pattern_read(struct patterns *patterns, uint64_t number, struct cw_str payload,
                  struct cw_batch *batch)
{
    struct pattern *pattern = &patterns->pattern[number % max_patterns];
    if (!number || pattern->number != number || payload.n >= max_payload_bytes ||
        pattern->n_fields > batch->max_fields || !batch->max_points)
        return false;
    struct cw_point *point = batch->point;
    *point = {};
    point->field = batch->field;
    point->n_fields = pattern->n_fields;
    point->seq = -1;
    if (!read_parts(pattern, payload, point, batch->field))
        return false;
    pattern->used = true;
    batch->n_points = 1;
    batch->n_fields = pattern->n_fields;
    batch->n_nodes = batch->n_text = 0;
    batch->pattern = number;
    return true;
}

/* ---- learning ---- */

/* The bytes of a literal and what is read behind it. */
static bool add_part(struct pattern *pattern, const char *begin, const char *end,
                     enum kind kind)
{
    size_t n = static_cast<size_t>(end - begin);
    if (n > max_literal)
        return false;
    struct part *part = &pattern->part[pattern->n_parts];
    *part = {};
    part->n = static_cast<uint8_t>(n);
    part->kind = kind;
    part->text_at = static_cast<uint16_t>(pattern->n_parts * max_literal);
    char *text = pattern->text + part->text_at;
    memset(text, 0, max_literal);
    memcpy(text, begin, n);
    char ones[16] = {};
    memset(ones, 0xFF, n < sizeof(ones) ? n : sizeof(ones));
    memcpy(part->word, text, sizeof(part->word));
    memcpy(part->mask, ones, sizeof(part->mask));
    pattern->n_parts++;
    pattern->n_fields += kind >= NUMBER && kind < END;
    return true;
}

static bool kind_of(struct cw_str name, char first, enum kind *kind)
{
    bool number = is_digit(first) || first == '-';
    if (is(name, "ts") || is(name, "seq"))
        *kind = is(name, "ts") ? TIME : SEQ;
    else if (number)
        *kind = NUMBER;
    else if (first == '"')
        *kind = TEXT;
    else
        *kind = BOOL;
    return number || (*kind >= TEXT && (first == '"' || first == 't' || first == 'f'));
}

/* A text's quotes belong to the literals around it. Tokens of a member: name, colon, value. */
static bool split(struct pattern *pattern, struct cw_str payload, const uint32_t *at,
                  const uint32_t *end)
{
    const char *literal = payload.p;
    for (const uint32_t *member = at + 1; member < end; member += 4) {
        const char *quote = payload.p + member[0], *colon = payload.p + member[1];
        const char *value = payload.p + member[2], *behind = payload.p + member[3];
        enum kind kind;
        const char *quoted = colon;
        while (is_blank(quoted[-1]))
            quoted--;
        struct cw_str name = {quote + 1, static_cast<size_t>(quoted - quote - 2)};
        while (is_blank(behind[-1]))
            behind--;
        if (pattern->n_parts == max_values || !kind_of(name, *value, &kind))
            return false;
        if (!add_part(pattern, literal, value + (kind == TEXT), kind))
            return false;
        struct part *part = &pattern->part[pattern->n_parts - 1];
        part->name_at = static_cast<uint8_t>(name.p - literal);
        part->n_name = static_cast<uint8_t>(name.n);
        literal = behind - (kind == TEXT);
    }
    return add_part(pattern, literal, payload.p + payload.n, END);
}

static uint64_t hash_of(const struct pattern *pattern)
{
    uint64_t hash = pattern->n_parts;
    for (uint32_t i = 0; i < pattern->n_parts; i++) {
        const struct part *part = &pattern->part[i];
        hash = hash64({pattern->text + part->text_at, part->n}, hash * 8 + part->kind);
    }
    return hash;
}

static bool same(const struct pattern *a, const struct pattern *b)
{
    if (a->hash != b->hash || a->n_parts != b->n_parts)
        return false;
    for (uint32_t i = 0; i < a->n_parts; i++)
        if (a->part[i].kind != b->part[i].kind || a->part[i].n != b->part[i].n)
            return false;
    return !memcmp(a->text, b->text, size_t{a->n_parts} * max_literal);
}

/* A place for the new one: of a pattern that was not used for a round. So documents that come
 * once, however many, push out none that are in use. */
static struct pattern *place_for(struct patterns *patterns)
{
    for (uint32_t i = 0; i < max_patterns; i++) {
        struct pattern *pattern = &patterns->pattern[patterns->hand++ % max_patterns];
        if (!pattern->used)
            return pattern;
        pattern->used = false;
    }
    return &patterns->pattern[patterns->hand++ % max_patterns];
}

uint64_t pattern_of(struct patterns *patterns, struct cw_str payload, const uint32_t *at,
                    const uint32_t *end)
{
    struct pattern *room = &patterns->room;
    /* The braces, and a name, colon, value and comma for each member but the last. */
    constexpr bool usable = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    size_t n = static_cast<size_t>(end - at);
    if (!usable || payload.p[*at] != '{' || n < 5 || n % 4 != 1 || n > 4 * max_values + 1)
        return 0;
    room->n_parts = room->n_fields = 0;
    if (!split(room, payload, at, end) || !room->n_fields)
        return 0;
    room->hash = hash_of(room);
    for (const struct pattern &pattern : patterns->pattern)
        if (pattern.number && same(&pattern, room))
            return pattern.number;
    struct pattern *place = place_for(patterns);
    auto index = static_cast<uint64_t>(place - patterns->pattern);
    *place = *room;
    /* Never the number of an earlier one, and it says the place. */
    place->number = ++patterns->n_learned * max_patterns + index;
    place->used = false;
    return place->number;
}

} // namespace json
