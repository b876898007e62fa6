/*
 * json_find.c - walks the text once, knowing only strings and depth.
 */
#include "base/json_find.h"

#include "base/num.h"
#include "base/str.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The string whose opening quote is at *at; *at goes behind the closing one. */
static bool string_at(struct cw_str json, size_t *at, struct cw_str *content)
{
    size_t begin = *at + 1;
    for (size_t i = begin; i < json.n; i++) {
        if (json.p[i] == '\\') {
            i++;
        } else if (json.p[i] == '"') {
            *content = (struct cw_str){json.p + begin, i - begin};
            *at = i + 1;
            return true;
        }
    }
    return false;
}

/* A number or word; false when the text ends before it does. */
static bool word_at(struct cw_str json, size_t *at, struct cw_str *word)
{
    size_t i = *at;
    while (i < json.n && json.p[i] != ',' && json.p[i] != '}' && json.p[i] != ']' &&
           !is_space(json.p[i]))
        i++;
    *word = (struct cw_str){json.p + *at, i - *at};
    *at = i;
    return i < json.n;
}

bool json_find(struct cw_str json, const char *key, struct cw_str *value)
{
    size_t at = 0, depth = 0;
    bool is_key = true, wanted = false;
    while (at < json.n) {
        char c = json.p[at];
        struct cw_str text;
        if (depth == 0 && c != '{' && !is_space(c))
            return false;
        if (c == '{' || c == '[') {
            if (depth++ == 1 && wanted)
                return false;
            at++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return false;
            at++;
        } else if (c == ',' || c == ':' || is_space(c)) {
            is_key = is_key || (c == ',' && depth == 1);
            wanted = wanted && !(c == ',' && depth == 1);
            at++;
        } else if (c == '"' ? !string_at(json, &at, &text) : !word_at(json, &at, &text)) {
            return false;
        } else if (depth == 1 && is_key) {
            wanted = c == '"' && str_is(text, key);
            is_key = false;
        } else if (depth == 1 && wanted) {
            *value = text;
            return true;
        }
    }
    return false;
}

bool json_find_int(struct cw_str json, const char *key, int64_t *value)
{
    struct cw_str text;
    return json_find(json, key, &text) && num_parse_i64(text, value) == 0;
}
