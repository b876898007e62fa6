/*
 * steps.h - the steps of a situation as a rule writes them.
 *
 *   "in_bed:false"                    it begins, or comes
 *   "door:true x3 within 15m"         three times within a quarter of an hour
 *   "spo2<90 for 15s"                 it holds for 15 seconds
 *   "motion>0 within 10m"             it comes within ten minutes of the step before
 *   "no motion>0 for 5m"              it does not come for five minutes; if it does, all
 *                                     begins anew
 *   "no motion>0 for 60s within 90s"  a minute of quiet that is over 90 s after the step
 *                                     before; until then it may come
 */
#ifndef DETECT_SITUATION_STEPS_H
#define DETECT_SITUATION_STEPS_H

#include "base/term.h"

#define MAX_STEPS 6
#define MAX_TIMES 16

struct step {
    uint8_t term; /* index in the set */
    bool is_no;
    uint8_t times;             /* 1, or the N of xN */
    int64_t for_ns, within_ns; /* 0: not given */
};

/* 0, or -EINVAL with err. */
int step_parse(struct step *step, bool first, struct term_set *terms, struct cw_str text,
               struct cw_error *err);

#endif
