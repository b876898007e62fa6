/*
 * replay_diff.h - what another configuration would have told: two lists of alarms side by
 * side, matched by rule, subject and overlapping time.
 */
#ifndef REPLAY_DIFF_H
#define REPLAY_DIFF_H

#include "base/buf.h"
#include "core/alarm/alarm.h"

/* The alarms of one run, by id. */
struct told_alarms {
    struct map by_id; /* id -> struct alarm, as it was last */
};

void told_init(struct told_alarms *told);
void told_done(struct told_alarms *told);
void told_take(struct told_alarms *told, const struct transition *transition);
/* Writes a line for each alarm that is only in `before` (removed), only in `after` (added) or
 * in both but raised at another time (moved), ordered by time; JSON lines or text. Returns how
 * many. `end_ns` closes alarms that still last. */
size_t told_diff(const struct told_alarms *before, const struct told_alarms *after,
                 int64_t end_ns, bool json, struct buf *out);

#endif
