/*
 * fold.c - the one way in which a change of an alarm leaves the fold.
 */
#include "core/fold.h"

void fold_emit(struct fold *fold, struct transition *transition)
{
    transition->at = fold->at;
    transition->ordinal = fold->ordinal++;
    transition->at_ns = fold->now_ns;
    fold->counters.n_transitions++;
    today_note_alarm(fold, transition);
    fold->sink->transition(fold->sink->ctx, transition);
}
