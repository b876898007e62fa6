/*
 * intervals.h - a bounded set of journal positions, as half-open intervals. Pure.
 *
 * Made for "what is not yet in the database": it may say more than it was told, never less.
 * When it would need more than its maximum, the two intervals with the least between them
 * become one, gap included. What is in the gap is then done twice, which its user must bear.
 *
 *   "v1 1.64-1.4096,1.9000-1.9400,1.20000-"     the last one has no end
 */
#ifndef CORE_JOURNAL_INTERVALS_H
#define CORE_JOURNAL_INTERVALS_H

#include "base/buf.h"
#include "core/journal/record.h"

#define MAX_INTERVALS 64

/* Behind every position there is. */
#define POSITION_END ((struct position){UINT32_MAX, UINT64_MAX})

struct interval {
    struct position from, to; /* from < to */
};

/* In order, with a gap between any two. Zeroed is empty. Plain: may be copied. */
struct intervals {
    struct interval item[MAX_INTERVALS + 1];
    uint32_t n;
};

/* An interval that is empty or upside down adds and removes nothing. */
void intervals_add(struct intervals *set, struct position from, struct position to);
void intervals_remove(struct intervals *set, struct position from, struct position to);
bool intervals_contain(const struct intervals *set, struct position at);
/* How many of its intervals begin before `to` and end after `from`. */
uint32_t intervals_touched(const struct intervals *set, struct position from,
                           struct position to);

void intervals_print(const struct intervals *set, struct buf *out);
/* Takes any number of intervals in any order, overlapping or not, and keeps the maximum. 0,
 * or -EINVAL (err says which part) with an empty set. */
int intervals_parse(struct cw_str text, struct intervals *set, struct cw_error *err);

#endif
