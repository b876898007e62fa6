/*
 * reader.h - a cursor over the tokens of one JSON document, for the shapes that read it.
 *
 * simdjson's first stage (chosen for the processor at run time) checks UTF-8, finds where each
 * token starts and refuses open strings and raw control characters. This cursor walks those
 * starts once, front to back; what lies between two starts is one token with blanks behind it.
 *
 *     {"hr":72, "on":true}        starts of tokens: { " : 7 , " : t }
 *     ^^   ^^^  ^   ^^   ^
 *
 * Every function that may refuse returns false after refuse() has set reason and sentence; the
 * caller returns false at once. Strings are borrowed from the payload, or from batch->text when
 * they had escapes. Nothing is allocated after workspace_new().
 */
#ifndef PLUGINS_DECODE_JSON_READER_H
#define PLUGINS_DECODE_JSON_READER_H

#include <cstring>

#include <carewatch/plugin.h>

namespace json
{

constexpr uint32_t max_payload_bytes = 1U << 20;
constexpr uint32_t max_members = 4096; /* of one object */
constexpr uint32_t max_name_bytes = 128;
constexpr uint32_t max_raw_bytes = 32; /* longer numbers are not copied through */

/* On the hot way a call costs as much as the work. */
#define JSON_INLINE inline __attribute__((always_inline))

struct workspace;

/* Gives a workspace that serves one document at a time, or NULL when simdjson cannot. */
struct workspace *workspace_new();
void workspace_free(struct workspace *workspace);

struct reader {
    const char *bytes;
    const uint32_t *at;  /* start of the current token; at end: the payload's length */
    const uint32_t *end; /* behind the last start */
    bool has_escapes;    /* a backslash somewhere in the payload */
    struct workspace *workspace;
    struct cw_batch *batch;
    struct cw_error *err;
    uint32_t refusal; /* enum cw_refusal */
};

struct number {
    double f64;
    int64_t i64;       /* when integer */
    struct cw_str raw; /* empty when too long to be copied through */
    bool integer;      /* written without point and exponent */
};

/* Sets reason and sentence; always false. */
bool refuse(struct reader *reader, uint32_t refusal, const char *fmt, ...)
    __attribute__((cold, format(printf, 3, 4)));
bool refuse_syntax(struct reader *reader, const char *wanted) __attribute__((cold));

/* Finds the tokens of the payload. The batch is emptied. */
bool reader_start(struct reader *reader, struct workspace *workspace, struct cw_str payload,
                  struct cw_batch *batch, struct cw_error *err);
/* Nothing may follow the root. The last word on the document: an enum cw_refusal. */
uint32_t reader_finish(struct reader *reader, bool ok, struct cw_str payload);

/* The current token as a number of any length, or refused. */
bool read_long_number(struct reader *reader, struct cw_str text, struct number *out);
/* A JSON number's digits as one integer, and value = digits * 10^exponent without the sign;
 * false when it is not a JSON number or has more than 19 digits. */
bool scan_number(struct cw_str text, uint64_t *digits, int32_t *exponent);
/* A string with backslashes. */
bool string_unescape(struct reader *reader, struct cw_str escaped, struct cw_str *out);
/* Are two of the n names equal? Sorts them when they are many. */
bool names_repeat(struct cw_str *name, uint32_t n);
/* Room for the names of one object: max_members of them. */
struct cw_str *workspace_names(struct workspace *workspace);

/* First byte of the current token, 0 at the end. */
inline char token(const struct reader *reader)
{
    return reader->at < reader->end ? reader->bytes[*reader->at] : '\0';
}

inline bool is(struct cw_str a, const char *word)
{
    size_t n = strlen(word);
    return a.n == n && !memcmp(a.p, word, n);
}

inline bool is_blank(char c)
{
    constexpr uint64_t blanks = UINT64_C(1) << ' ' | 1 << '\n' | 1 << '\r' | 1 << '\t';
    auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' && blanks >> byte & 1;
}

inline bool is_digit(char c)
{
    return static_cast<unsigned char>(c - '0') <= 9;
}

/* The current token without the blanks behind it. Not at the end. */
JSON_INLINE struct cw_str token_text(const struct reader *reader)
{
    const char *begin = reader->bytes + reader->at[0];
    const char *end = reader->bytes + reader->at[1];
    while (is_blank(end[-1]))
        end--;
    return {begin, static_cast<size_t>(end - begin)};
}

/* The current token is a string: what it says. */
JSON_INLINE bool read_string(struct reader *reader, struct cw_str *out)
{
    struct cw_str text = token_text(reader);
    if (text.n < 2 || text.p[text.n - 1] != '"')
        return refuse_syntax(reader, "the end of a string");
    *out = {text.p + 1, text.n - 2};
    reader->at++;
    if (__builtin_expect(!reader->has_escapes || !memchr(out->p, '\\', out->n), 1))
        return true;
    return string_unescape(reader, *out, out);
}

/* A member's name and its colon. */
JSON_INLINE bool read_name(struct reader *reader, struct cw_str *name)
{
    if (token(reader) != '"')
        return refuse_syntax(reader, "a name in quotes");
    if (!read_string(reader, name))
        return false;
    if (token(reader) != ':')
        return refuse_syntax(reader, "':'");
    reader->at++;
    return true;
}

JSON_INLINE const char *read_digits(const char *p, const char *end, uint64_t *digits)
{
    uint64_t value = *digits;
    for (unsigned digit; p < end && (digit = static_cast<unsigned char>(*p - '0')) <= 9; p++)
        value = value * 10 + digit;
    *digits = value;
    return p;
}

/* The current token is a number, if anything. Those of up to 15 digits without an exponent,
 * nearly all, are read here: both operands of the division are exact, so that it rounds
 * correctly (Clinger 1990). */
JSON_INLINE bool read_number(struct reader *reader, struct number *out)
{
    static const double power_of_ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                          1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    struct cw_str text = token_text(reader);
    const char *p = text.p;
    const char *end = p + text.n;
    bool negative = *p == '-';
    p += negative;
    if (end - p > 16 || p == end || (p[0] == '0' && end - p > 1 && p[1] != '.'))
        return read_long_number(reader, text, out);
    uint64_t digits = 0;
    const char *first = p;
    p = read_digits(p, end, &digits);
    if (p == end && p - first <= 15) {
        int64_t value = static_cast<int64_t>(digits);
        out->i64 = negative ? -value : value;
        out->f64 = negative ? -static_cast<double>(value) : static_cast<double>(value);
        out->integer = true;
    } else if (p > first && *p == '.' && p + 1 < end) {
        const char *fraction = p + 1;
        p = read_digits(fraction, end, &digits);
        if (p != end)
            return read_long_number(reader, text, out);
        double value = static_cast<double>(digits) / power_of_ten[p - fraction];
        out->f64 = negative ? -value : value;
        out->integer = false;
    } else {
        return read_long_number(reader, text, out);
    }
    out->raw = text;
    reader->at++;
    return true;
}

/* The current token is true, false or null, if anything: type 0 for null. */
inline bool read_literal(struct reader *reader, uint32_t *type, int32_t *boolean)
{
    struct cw_str text = token_text(reader);
    *type = CW_BOOL;
    *boolean = 0;
    if (text.n == 4 && !memcmp(text.p, "true", 4))
        *boolean = 1;
    else if (text.n == 4 && !memcmp(text.p, "null", 4))
        *type = 0;
    else if (text.n != 5 || memcmp(text.p, "false", 5))
        return refuse_syntax(reader, "a value");
    reader->at++;
    return true;
}

/* Walks the object at the cursor: calls member(name, n_names) for each with the cursor at the
 * value. Names are kept behind `n_before` others, n_names in all. */
template <typename Member>
bool read_members(struct reader *reader, uint32_t n_before, Member member)
{
    struct cw_str *name = workspace_names(reader->workspace) + n_before;
    uint32_t n = 0;
    reader->at++;
    if (token(reader) == '}') {
        reader->at++;
        return true;
    }
    for (;;) {
        if (n_before + n == max_members)
            return refuse(reader, CW_REFUSED_FIELDS, "An object has more than %u members.",
                          max_members);
        if (!read_name(reader, &name[n]))
            return false;
        n++;
        if (!member(name[n - 1], n_before + n))
            return false;
        char c = token(reader);
        if (c != ',' && c != '}')
            return refuse_syntax(reader, "',' or '}'");
        reader->at++;
        if (c == '}')
            break;
    }
    if (names_repeat(name, n))
        return refuse(reader, CW_REFUSED_DUPLICATE_KEY, "An object has a name twice.");
    return true;
}

} // namespace json

#endif
