/*
 * match.h - a small regular expression over a label's whole value: literals, . [a-z] [^x]
 * with * + ?, and alternatives "a|b". No groups, no counts: what it cannot say is refused.
 * Time is bounded by the product of both lengths whatever the pattern. Pure, no memory.
 */
#ifndef CORE_ALARM_MATCH_H
#define CORE_ALARM_MATCH_H

#include <stdbool.h>

#include <carewatch/plugin.h>

#define MAX_PATTERN 128

/* 0, or -EINVAL with err. */
int match_check(struct cw_str pattern, struct cw_error *err);
/* Does it match all of `text`? A pattern that match_check() refuses matches nothing. */
bool match_whole(struct cw_str pattern, struct cw_str text);

#endif
