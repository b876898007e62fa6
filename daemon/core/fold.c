/*
 * fold.c - the one way in which a change of an alarm leaves the fold.
 */
#include "core/fold.h"

void fold_emit(struct fold *fold, const struct alarm *alarm, enum alarm_change change,
               struct cw_str by, struct cw_str note)
{
    struct transition transition = {
        .at = fold->at,
        .ordinal = fold->ordinal++,
        .at_ns = fold->now_ns,
        .change = change,
        .by = by,
        .note = note,
        .alarm = alarm,
    };
    fold->counters.n_transitions++;
    fold->sink->transition(fold->sink->ctx, &transition);
}
