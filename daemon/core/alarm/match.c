/*
 * match.c - one alternative after the other, each as a set of places (Thompson): bit i says
 * that what stands before item i has been matched.
 */
#include "core/alarm/match.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

/* One item: what it takes, and how often. */
struct item {
    struct cw_str set; /* ".", "x", "\\x" or "[...]" */
    char times;        /* 0 once, or * + ? */
};

/* Cuts one item off; false when the pattern is none. */
static bool next_item(struct cw_str *pattern, struct item *item)
{
    const char *p = pattern->p;
    size_t n = pattern->n, used = 1;
    if (strchr("*+?(){}^$]", p[0]) && p[0])
        return false;
    if (p[0] == '\\')
        used = 2;
    if (p[0] == '[') {
        used = n > 1 && p[1] == '^' ? 2 : 1;
        size_t first = used;
        while (used < n && (p[used] != ']' || used == first))
            used++;
        used++;
    }
    if (used > n)
        return false;
    *item = (struct item){.set = {p, used}};
    if (used < n && (p[used] == '*' || p[used] == '+' || p[used] == '?'))
        item->times = p[used++];
    pattern->p += used;
    pattern->n -= used;
    return true;
}

static bool class_takes(struct cw_str set, char c)
{
    size_t i = 1, end = set.n - 1;
    bool negated = set.p[1] == '^', found = false;
    for (i += negated; i < end; i++) {
        unsigned char from = (unsigned char)set.p[i], to = from, is = (unsigned char)c;
        if (i + 2 < end && set.p[i + 1] == '-') {
            to = (unsigned char)set.p[i + 2];
            i += 2;
        }
        found = found || (is >= from && is <= to);
    }
    return found != negated;
}

static bool takes(const struct item *item, char c)
{
    if (item->set.p[0] == '[')
        return class_takes(item->set, c);
    if (item->set.p[0] == '\\')
        return item->set.p[1] == c;
    return item->set.p[0] == '.' || item->set.p[0] == c;
}

struct places {
    bool at[MAX_PATTERN + 1];
};

/* What may be left out is passed by. */
static void pass_by(const struct item *item, uint32_t n, struct places *places)
{
    for (uint32_t i = 0; i < n; i++) {
        if (places->at[i] && (item[i].times == '*' || item[i].times == '?'))
            places->at[i + 1] = true;
    }
}

static bool match_items(const struct item *item, uint32_t n, struct cw_str text)
{
    struct places now = {.at = {true}}, next;
    pass_by(item, n, &now);
    for (size_t k = 0; k < text.n; k++) {
        memset(&next, 0, sizeof(next));
        for (uint32_t i = 0; i < n; i++) {
            if (!now.at[i] || !takes(&item[i], text.p[k]))
                continue;
            next.at[i + 1] = true;
            if (item[i].times == '*' || item[i].times == '+')
                next.at[i] = true;
        }
        now = next;
        pass_by(item, n, &now);
    }
    return now.at[n];
}

/* The alternative before the first bare '|'; false when it is malformed. */
static bool next_alternative(struct cw_str *pattern, struct item item[MAX_PATTERN], uint32_t *n)
{
    *n = 0;
    while (pattern->n > 0) {
        if (pattern->p[0] == '|') {
            pattern->p++;
            pattern->n--;
            return true;
        }
        if (!next_item(pattern, &item[(*n)++]))
            return false;
    }
    return true;
}

/* ".*" within ^ and $, or ( and ), means the same as without. */
static struct cw_str strip(struct cw_str pattern)
{
    if (pattern.n > 0 && pattern.p[0] == '^') {
        pattern.p++;
        pattern.n--;
    }
    if (pattern.n > 0 && pattern.p[pattern.n - 1] == '$' &&
        (pattern.n < 2 || pattern.p[pattern.n - 2] != '\\'))
        pattern.n--;
    if (pattern.n > 1 && pattern.p[0] == '(' && pattern.p[pattern.n - 1] == ')' &&
        pattern.p[pattern.n - 2] != '\\') {
        pattern.p++;
        pattern.n -= 2;
    }
    return pattern;
}

int match_check(struct cw_str pattern, struct cw_error *err)
{
    struct item item[MAX_PATTERN];
    uint32_t n;
    struct cw_str rest = strip(pattern);
    bool ok = pattern.n <= MAX_PATTERN;
    while (ok && rest.n > 0)
        ok = next_alternative(&rest, item, &n);
    if (ok)
        return 0;
    return err_set(err, -EINVAL,
                   "the pattern \"%.*s\" is not made of letters, . [a-z] * + ? and |",
                   (int)utf8_cut(pattern, 80), pattern.p);
}

bool match_whole(struct cw_str pattern, struct cw_str text)
{
    struct item item[MAX_PATTERN];
    uint32_t n;
    if (match_check(pattern, NULL) != 0)
        return false;
    struct cw_str rest = strip(pattern);
    do {
        bool ends_open = false;
        (void)next_alternative(&rest, item, &n);
        ends_open = rest.n == 0 && rest.p > pattern.p && rest.p[-1] == '|';
        if (match_items(item, n, text) || (ends_open && text.n == 0))
            return true;
    } while (rest.n > 0);
    return false;
}
