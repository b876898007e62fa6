/*
 * intervals.c - an ordered array; adding swallows what it touches, removing cuts.
 */
#include "core/journal/intervals.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static struct position position_min(struct position a, struct position b)
{
    return position_cmp(a, b) < 0 ? a : b;
}

static struct position position_max(struct position a, struct position b)
{
    return position_cmp(a, b) > 0 ? a : b;
}

/* Replaces `n_old` items at `at` by the `n_new` of `item`. */
static void splice(struct intervals *set, uint32_t at, uint32_t n_old,
                   const struct interval *item, uint32_t n_new)
{
    memmove(&set->item[at + n_new], &set->item[at + n_old],
            (set->n - at - n_old) * sizeof(set->item[0]));
    if (n_new > 0)
        memcpy(&set->item[at], item, n_new * sizeof(set->item[0]));
    set->n = set->n - n_old + n_new;
}

/* Bytes between two intervals. An epoch may begin at a smaller offset than the last ended. */
static uint64_t gap_behind(const struct intervals *set, uint32_t i)
{
    const uint64_t from = set->item[i].to.offset;
    const uint64_t to = set->item[i + 1].from.offset;

    return to > from ? to - from : 0;
}

static void bound(struct intervals *set)
{
    uint32_t least = 0;

    if (set->n <= MAX_INTERVALS)
        return;
    for (uint32_t i = 1; i + 1 < set->n; i++) {
        if (gap_behind(set, i) < gap_behind(set, least))
            least = i;
    }
    set->item[least].to = set->item[least + 1].to;
    splice(set, least + 1, 1, NULL, 0);
}

void intervals_add(struct intervals *set, struct position from, struct position to)
{
    struct interval whole = {from, to};
    uint32_t first = 0, last;

    if (position_cmp(from, to) >= 0)
        return;
    while (first < set->n && position_cmp(set->item[first].to, from) < 0)
        first++;
    for (last = first; last < set->n; last++) {
        if (position_cmp(set->item[last].from, to) > 0)
            break;
        whole.from = position_min(whole.from, set->item[last].from);
        whole.to = position_max(whole.to, set->item[last].to);
    }
    splice(set, first, last - first, &whole, 1);
    bound(set);
}

void intervals_remove(struct intervals *set, struct position from, struct position to)
{
    if (position_cmp(from, to) >= 0)
        return;
    for (uint32_t i = 0; i < set->n;) {
        const struct interval old = set->item[i];
        struct interval rest[2];
        uint32_t n = 0;

        if (position_cmp(old.to, from) <= 0 || position_cmp(old.from, to) >= 0) {
            i++;
            continue;
        }
        if (position_cmp(old.from, from) < 0)
            rest[n++] = (struct interval){old.from, from};
        if (position_cmp(to, old.to) < 0)
            rest[n++] = (struct interval){to, old.to};
        splice(set, i, 1, rest, n);
        i += n;
    }
    bound(set);
}

bool intervals_contain(const struct intervals *set, struct position at)
{
    for (uint32_t i = 0; i < set->n; i++) {
        if (position_cmp(set->item[i].from, at) <= 0 && position_cmp(at, set->item[i].to) < 0)
            return true;
    }
    return false;
}

uint32_t intervals_touched(const struct intervals *set, struct position from,
                           struct position to)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < set->n; i++) {
        if (position_cmp(set->item[i].from, to) < 0 && position_cmp(from, set->item[i].to) < 0)
            n++;
    }
    return n;
}

/* ---- text ---- */

void intervals_print(const struct intervals *set, struct buf *out)
{
    char text[POSITION_MAX];

    buf_add_text(out, "v1 ");
    for (uint32_t i = 0; i < set->n; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add(out, text, position_format(set->item[i].from, text));
        buf_add_char(out, '-');
        if (position_cmp(set->item[i].to, POSITION_END) < 0)
            buf_add(out, text, position_format(set->item[i].to, text));
    }
}

static int parse_one(struct cw_str text, struct interval *interval)
{
    struct cw_str from;

    if (!memchr(text.p, '-', text.n) || !str_split(&text, '-', &from))
        return -EINVAL;
    if (position_parse(from, &interval->from))
        return -EINVAL;
    interval->to = POSITION_END;
    if (text.n > 0 && position_parse(text, &interval->to))
        return -EINVAL;
    return position_cmp(interval->from, interval->to) < 0 ? 0 : -EINVAL;
}

int intervals_parse(struct cw_str text, struct intervals *set, struct cw_error *err)
{
    struct cw_str part;

    *set = (struct intervals){0};
    if (!str_starts(text, "v1 "))
        return err_set(err, -EINVAL, "Intervals begin with \"v1 \", not with \"%.*s\".",
                       (int)utf8_cut(text, 20), text.n ? text.p : "");
    text.p += 3;
    text.n -= 3;
    if (text.n == 0)
        return 0;
    while (str_split(&text, ',', &part)) {
        struct interval interval;

        if (parse_one(part, &interval)) {
            *set = (struct intervals){0};
            return err_set(err, -EINVAL, "\"%.*s\" is not an interval FROM-TO of positions.",
                           (int)utf8_cut(part, 80), part.p);
        }
        intervals_add(set, interval.from, interval.to);
    }
    return 0;
}
