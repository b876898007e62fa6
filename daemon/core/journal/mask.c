/*
 * mask.c - see mask.h. Strings are found by their quotes alone: what is not JSON has none that
 * are followed by a colon, and is searched as plain bytes.
 */
#include "core/journal/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define MASK '#'

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- words ---- */

static void push(struct mask_words *words, struct cw_str word)
{
    for (uint32_t i = 0; i < words->n; i++) {
        if (str_is(word, words->word[i]))
            return;
    }
    if (words->n < 3 * MAX_MASK_WORDS)
        words->word[words->n++] = xstrndup(word.p, word.n);
}

/* As escapes of four hexadecimal digits, with surrogate pairs; digits as `digits` has them. */
static void push_escaped(struct mask_words *words, struct cw_str word, const char *digits)
{
    struct buf text;
    uint32_t code;
    size_t n;
    buf_init(&text, 12 * word.n + 1);
    for (; (n = utf8_next(word, &code)) > 0; word.p += n, word.n -= n) {
        uint32_t unit[2] = {code, 0};
        if (code > 0xffff) {
            unit[0] = 0xd800 + ((code - 0x10000) >> 10);
            unit[1] = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        for (size_t i = 0; i < 2 && (i == 0 || unit[1]); i++) {
            if (code < 0x80) {
                buf_add_char(&text, (char)code);
                continue;
            }
            buf_add_text(&text, "\\u");
            for (int shift = 12; shift >= 0; shift -= 4)
                buf_add_char(&text, digits[unit[i] >> shift & 15]);
        }
    }
    if (!text.full)
        push(words, buf_str(&text));
    buf_done(&text);
}

void mask_words_add(struct mask_words *words, struct cw_str word)
{
    uint32_t code;
    size_t first = utf8_next(word, &code);
    if (word.n == 0)
        return;
    if (word.n < 4 || first == word.n || !utf8_valid(word)) {
        words->n_short++;
        return;
    }
    uint32_t before = words->n;
    push(words, word);
    words->n_words += words->n > before;
    push_escaped(words, word, "0123456789abcdef");
    push_escaped(words, word, "0123456789ABCDEF");
}

void mask_words_done(struct mask_words *words)
{
    for (uint32_t i = 0; i < words->n; i++) {
        explicit_bzero(words->word[i], strlen(words->word[i]));
        free(words->word[i]);
    }
    words->n = 0;
}

/* A word begins where no other word goes on; "\nAnna" begins one as well. */
static bool stands_alone(const char *p, size_t n, size_t at, size_t length)
{
    bool before = at > 0 && is_word_byte(p[at - 1]) && is_word_byte(p[at]) &&
                  !(at > 1 && p[at - 2] == '\\');
    size_t end = at + length;
    bool behind = end < n && is_word_byte(p[end]) && is_word_byte(p[end - 1]);
    return !before && !behind;
}

/* "word": with the quotes around it. */
static bool is_key(const char *p, size_t n, size_t at, size_t length)
{
    size_t end = at + length;
    if (at == 0 || p[at - 1] != '"' || end >= n || p[end] != '"')
        return false;
    for (end++; end < n && (p[end] == ' ' || p[end] == '\t'); end++)
        continue;
    return end < n && p[end] == ':';
}

/* The next place at or behind `from`; n when there is none. */
static size_t find(const char *word, const char *p, size_t n, size_t from)
{
    size_t length = strlen(word);
    while (from + length <= n) {
        const char *found = memmem(p + from, n - from, word, length);
        if (!found)
            return n;
        size_t at = (size_t)(found - p);
        if (stands_alone(p, n, at, length) && !is_key(p, n, at, length))
            return at;
        from = at + 1;
    }
    return n;
}

bool mask_words_in(const struct mask_words *words, struct cw_str text)
{
    for (uint32_t i = 0; i < words->n; i++) {
        if (text.n > 0 && find(words->word[i], text.p, text.n, 0) < text.n)
            return true;
    }
    return false;
}

uint32_t mask_words_out(const struct mask_words *words, char *p, size_t n)
{
    uint32_t places = 0;
    for (uint32_t i = 0; i < words->n; i++) {
        size_t length = strlen(words->word[i]);
        for (size_t at = 0; n > 0 && (at = find(words->word[i], p, n, at)) < n; at += length) {
            memset(p + at, MASK, length);
            places++;
        }
    }
    return places;
}

/* ---- members ---- */

/* From the opening quote to behind the closing one; n when it does not end. */
static size_t string_end(const char *p, size_t n, size_t at)
{
    for (at++; at < n; at++) {
        if (p[at] == '\\')
            at++;
        else if (p[at] == '"')
            return at + 1;
    }
    return n;
}

static size_t skip_space(const char *p, size_t n, size_t at)
{
    while (at < n && (p[at] == ' ' || p[at] == '\t' || p[at] == '\n' || p[at] == '\r'))
        at++;
    return at;
}

struct member {
    struct cw_str key;
    size_t begin, end; /* of its text, without quotes */
};

/* The next member whose value is a text. False at the end. */
static bool next_member(const char *p, size_t n, size_t *at, struct member *member)
{
    while (*at < n) {
        if (p[*at] != '"') {
            (*at)++;
            continue;
        }
        size_t begin = *at + 1, end = string_end(p, n, *at);
        size_t colon = skip_space(p, n, end);
        *at = end;
        if (end >= n || colon >= n || p[colon] != ':')
            continue;
        size_t value = skip_space(p, n, colon + 1);
        if (value >= n || p[value] != '"')
            continue;
        member->key = (struct cw_str){p + begin, end - 1 - begin};
        member->begin = value + 1;
        *at = string_end(p, n, value);
        member->end = *at > value + 1 && p[*at - 1] == '"' ? *at - 1 : *at;
        return true;
    }
    return false;
}

static bool is_free_text(struct cw_str key)
{
    static const char *const keys[] = {"note",    "reason", "text",   "cause",
                                       "comment", "detail", "remark", "description"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (str_is(key, keys[i]))
            return true;
    }
    return false;
}

uint32_t mask_free_text(char *p, size_t n)
{
    struct member member;
    uint32_t places = 0;
    for (size_t at = 0; next_member(p, n, &at, &member);) {
        if (!is_free_text(member.key) || member.end <= member.begin)
            continue;
        memset(p + member.begin, MASK, member.end - member.begin);
        places++;
    }
    return places;
}

bool mask_mentions(struct cw_str json, const char *key, struct cw_str value)
{
    struct member member;
    for (size_t at = 0; next_member(json.p, json.n, &at, &member);) {
        if (str_is(member.key, key) &&
            str_eq((struct cw_str){json.p + member.begin, member.end - member.begin}, value))
            return true;
    }
    return false;
}
