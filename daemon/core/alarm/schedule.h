/*
 * schedule.h - when something holds, by the wall clock of the one configured zone: "night" is
 * from 21:00 to 06:00. Pure data and questions; rules ("when"), rosters and escalations share
 * them.
 *
 *   "21:00-06:00"                every night, through midnight
 *   "mon-fri 08:00-12:00"        of these days; several spans of one schedule add up
 *   "sat,sun 00:00-24:00"
 *
 * A span belongs to the day on which it begins: "fri 22:00-06:00" ends on Saturday. Begin
 * inclusive, end exclusive. Where the clock jumps, what it shows counts: a span that begins in
 * the missing hour begins at the jump, and the doubled hour is covered twice.
 */
#ifndef CORE_ALARM_SCHEDULE_H
#define CORE_ALARM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

struct zone; /* base/zone.h */

#define MAX_SPANS 16

struct schedule_span {
    uint32_t days;          /* set of 1 << weekday; Monday is 0 */
    int32_t begin_s, end_s; /* of the day it begins on; end_s is up to 48 h */
};

struct schedule {
    const char *name;
    struct schedule_span span[MAX_SPANS];
    uint32_t n_spans;
};

/* One span as written above. 0 or -EINVAL with err. */
int schedule_parse_span(struct cw_str text, struct schedule_span *span, struct cw_error *err);
/* Does it hold at this moment? */
bool schedule_covers(const struct schedule *schedule, const struct zone *zone, int64_t now_ns);
/* When that changes next: the first moment behind now_ns with the other answer, or INT64_MAX
 * when there is none (always, never). */
int64_t schedule_next_ns(const struct schedule *schedule, const struct zone *zone,
                         int64_t now_ns);

#endif
