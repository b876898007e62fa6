/*
 * reader.cc - the parts of the JSON cursor that are not on the hot way: finding the tokens,
 * unusual numbers, escaped strings, repeated names, and saying what was wrong.
 */
#include "reader.h"

#include <algorithm>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include <simdjson.h>

#include "base/num.h"

namespace json
{

struct workspace {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    struct cw_str name[max_members];
};

struct workspace *workspace_new()
{
    /* Out of memory aborts here as everywhere: told as an error, a configuration of the journal
     * was passed over for it, and the fold went on without rules. */
    auto *workspace = new (std::nothrow) struct workspace;
    if (!workspace)
        std::abort();
    const simdjson::implementation *kernel = simdjson::get_active_implementation();
    simdjson::error_code error =
        kernel->create_dom_parser_implementation(max_payload_bytes, 1, workspace->parser);
    if (error == simdjson::MEMALLOC)
        std::abort();
    if (error) {
        delete workspace;
        return nullptr;
    }
    return workspace;
}

void workspace_free(struct workspace *workspace)
{
    delete workspace;
}

struct cw_str *workspace_names(struct workspace *workspace)
{
    return workspace->name;
}

bool refuse(struct reader *reader, uint32_t refusal, const char *fmt, ...)
{
    reader->refusal = refusal;
    if (!reader->err)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reader->err->text, sizeof(reader->err->text), fmt, ap);
    va_end(ap);
    return false;
}

bool refuse_syntax(struct reader *reader, const char *wanted)
{
    if (reader->at >= reader->end)
        return refuse(reader, CW_REFUSED_SYNTAX, "The JSON ends where %s is expected.", wanted);
    return refuse(reader, CW_REFUSED_SYNTAX, "The JSON has no %s at byte %u.", wanted,
                  *reader->at);
}

static bool refuse_tokens(struct reader *reader, simdjson::error_code code)
{
    switch (code) {
    case simdjson::UTF8_ERROR:
        return refuse(reader, CW_REFUSED_ENCODING, "The payload is not UTF-8.");
    case simdjson::UNCLOSED_STRING:
        return refuse(reader, CW_REFUSED_SYNTAX, "The JSON ends inside a string.");
    case simdjson::UNESCAPED_CHARS:
        return refuse(reader, CW_REFUSED_SYNTAX,
                      "The JSON has a control character inside a string.");
    case simdjson::EMPTY:
        return refuse(reader, CW_REFUSED_SYNTAX, "The JSON is blank.");
    default:
        return refuse(reader, CW_REFUSED_SYNTAX, "The payload is not JSON.");
    }
}

bool reader_start(struct reader *reader, struct workspace *workspace, struct cw_str payload,
                  struct cw_batch *batch, struct cw_error *err)
{
    *reader = {};
    reader->bytes = payload.p;
    reader->workspace = workspace;
    reader->batch = batch;
    reader->err = err;
    batch->n_points = batch->n_fields = batch->n_nodes = batch->n_text = 0;
    if (!payload.n)
        return refuse(reader, CW_REFUSED_EMPTY, "The payload is empty.");
    if (payload.n >= max_payload_bytes)
        return refuse(reader, CW_REFUSED_TOO_LARGE, "The payload has %zu bytes, more than %u.",
                      payload.n, max_payload_bytes - 1);
    if (payload.n >= 3 && !memcmp(payload.p, "\xEF\xBB\xBF", 3))
        return refuse(reader, CW_REFUSED_ENCODING,
                      "The payload starts with a byte order mark.");
    auto &parser = *workspace->parser;
    simdjson::error_code code = parser.stage1(reinterpret_cast<const uint8_t *>(payload.p),
                                              payload.n, simdjson::stage1_mode::regular);
    if (code)
        return refuse_tokens(reader, code);
    reader->at = parser.structural_indexes.get();
    reader->end = reader->at + parser.n_structural_indexes;
    reader->has_escapes = memchr(payload.p, '\\', payload.n) != nullptr;
    return true;
}

uint32_t reader_finish(struct reader *reader, bool ok, struct cw_str payload)
{
    if (ok && reader->at < reader->end)
        ok = refuse(reader, CW_REFUSED_SYNTAX, "The JSON is followed by something at byte %u.",
                    *reader->at);
    if (ok)
        return CW_ACCEPTED;
    if (reader->refusal == CW_REFUSED_SYNTAX && memchr(payload.p, '\0', payload.n))
        (void)refuse(reader, CW_REFUSED_ENCODING, "The payload contains a NUL.");
    return reader->refusal;
}

/* The exponent's digits, far too large ones held at 99999. NULL when there are none. */
static const char *read_exponent(const char *p, const char *end, int32_t *exponent)
{
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !is_digit(*p))
        return nullptr;
    int32_t value = 0;
    for (; p < end && is_digit(*p); p++)
        value = value < 99999 ? value * 10 + (*p - '0') : 99999;
    *exponent += negative ? -value : value;
    return p;
}

struct parts {
    uint64_t digits; /* only if n_digits <= 19 */
    int32_t exponent;
    ptrdiff_t n_digits;
    bool integer;
};

/* The grammar of RFC 8259, section 6. */
static bool split_number(struct cw_str text, struct parts *out)
{
    const char *p = text.p;
    const char *end = p + text.n;
    *out = {0, 0, 0, true};
    p += p < end && *p == '-';
    const char *first = p;
    p = read_digits(p, end, &out->digits);
    out->n_digits = p - first;
    if (p == first || (*first == '0' && out->n_digits > 1))
        return false;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = read_digits(p, end, &out->digits);
        if (p == fraction)
            return false;
        out->n_digits += p - fraction;
        out->exponent = static_cast<int32_t>(fraction - p);
        out->integer = false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p + 1, end, &out->exponent);
        out->integer = false;
    }
    return p == end;
}

bool scan_number(struct cw_str text, uint64_t *digits, int32_t *exponent)
{
    struct parts parts;
    if (!split_number(text, &parts) || parts.n_digits > 19)
        return false;
    *digits = parts.digits;
    *exponent = parts.exponent;
    return true;
}

bool read_long_number(struct reader *reader, struct cw_str text, struct number *out)
{
    struct parts parts;
    int shown = static_cast<int>(std::min<size_t>(text.n, 40));
    if (!split_number(text, &parts))
        return refuse_syntax(reader, "number");
    if (num_parse_f64(text, &out->f64))
        return refuse(reader, CW_REFUSED_NUMBER, "%.*s is beyond the range of a double.", shown,
                      text.p);
    if (parts.integer && num_parse_i64(text, &out->i64))
        return refuse(reader, CW_REFUSED_NUMBER, "%.*s is beyond the range of 64 bits.", shown,
                      text.p);
    out->integer = parts.integer;
    out->raw = text.n <= max_raw_bytes ? text : cw_str{};
    reader->at++;
    return true;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    uint16_t value = 0;
    if (end - p < 4)
        return -1;
    auto result = std::from_chars(p, p + 4, value, 16);
    return result.ec == std::errc() && result.ptr == p + 4 ? value : -1;
}

static char *put_utf8(char *dst, uint32_t c)
{
    if (c < 0x80) {
        *dst++ = static_cast<char>(c);
        return dst;
    }
    if (c < 0x800) {
        *dst++ = static_cast<char>(0xC0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            *dst++ = static_cast<char>(0xE0 | (c >> 12));
        } else {
            *dst++ = static_cast<char>(0xF0 | (c >> 18));
            *dst++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        }
        *dst++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    }
    *dst++ = static_cast<char>(0x80 | (c & 0x3F));
    return dst;
}

/* *p is behind "\u". Writes the character, one or two escapes long. */
static bool unescape_unicode(struct reader *reader, const char **p, const char *end, char **dst)
{
    int32_t c = hex4(*p, end);
    if (c < 0)
        return refuse(reader, CW_REFUSED_SYNTAX, "\\u is not followed by four digits.");
    if (c == 0)
        return refuse(reader, CW_REFUSED_ENCODING, "A text contains \\u0000.");
    *p += 4;
    if (c >= 0xD800 && c <= 0xDFFF) {
        int32_t low =
            end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, end) : -1;
        if (c > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
            return refuse(reader, CW_REFUSED_ENCODING, "A text contains a lone surrogate.");
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        *p += 6;
    }
    *dst = put_utf8(*dst, static_cast<uint32_t>(c));
    return true;
}

bool string_unescape(struct reader *reader, struct cw_str escaped, struct cw_str *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    struct cw_batch *batch = reader->batch;
    /* Unescaping never makes longer. */
    if (batch->n_text + escaped.n > batch->max_text)
        return refuse(reader, CW_REFUSED_FIELDS, "The texts with escapes exceed %u bytes.",
                      batch->max_text);
    const char *p = escaped.p;
    const char *end = p + escaped.n;
    char *begin = batch->text + batch->n_text;
    char *dst = begin;
    while (p < end) {
        if (*p != '\\') {
            *dst++ = *p++;
            continue;
        }
        char letter = ++p < end ? *p++ : '\0';
        const char *found = letter ? strchr(letters, letter) : nullptr;
        if (found)
            *dst++ = meanings[found - letters];
        else if (letter != 'u')
            return refuse(reader, CW_REFUSED_SYNTAX, "A text contains an unknown escape.");
        else if (!unescape_unicode(reader, &p, end, &dst))
            return false;
    }
    *out = {begin, static_cast<size_t>(dst - begin)};
    batch->n_text += static_cast<uint32_t>(out->n);
    return true;
}

/* The first 8 bytes of a name as a word, all of a shorter one; reads nothing behind it. */
static uint64_t name_word(struct cw_str name)
{
    if (name.n >= 8) {
        uint64_t word;
        memcpy(&word, name.p, 8);
        return word;
    }
    if (name.n >= 4) {
        uint32_t front, back;
        memcpy(&front, name.p, 4);
        memcpy(&back, name.p + name.n - 4, 4);
        return front | static_cast<uint64_t>(back) << 32;
    }
    if (!name.n)
        return 0;
    auto byte = [&](size_t i) {
        return static_cast<uint64_t>(static_cast<uint8_t>(name.p[i]));
    };
    return byte(0) | byte(name.n / 2) << 8 | byte(name.n - 1) << 16;
}

static bool name_before(const struct cw_str &a, const struct cw_str &b)
{
    return a.n != b.n ? a.n < b.n : memcmp(a.p, b.p, a.n) < 0;
}

static bool same_name(const struct cw_str &a, const struct cw_str &b)
{
    return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

constexpr uint32_t max_few_names = 32;

static bool few_names_repeat(const struct cw_str *name, uint32_t n)
{
    /* One bit per name; only a bit seen before is worth a look. */
    uint64_t word[max_few_names];
    uint64_t seen[4] = {};
    for (uint32_t i = 0; i < n; i++) {
        word[i] = name_word(name[i]);
        uint64_t mixed = (word[i] + name[i].n) * UINT64_C(0x9E3779B97F4A7C15);
        uint64_t *seen_of = &seen[mixed >> 62];
        uint64_t bit = UINT64_C(1) << (mixed >> 56 & 63);
        for (uint32_t j = 0; *seen_of & bit && j < i; j++)
            if (word[i] == word[j] && same_name(name[i], name[j]))
                return true;
        *seen_of |= bit;
    }
    return false;
}

bool names_repeat(struct cw_str *name, uint32_t n)
{
    if (n <= max_few_names)
        return few_names_repeat(name, n);
    /* Sorting bounds the time whatever the names are; a hash would not. */
    std::sort(name, name + n, name_before);
    return std::adjacent_find(name, name + n, same_name) != name + n;
}

} // namespace json
