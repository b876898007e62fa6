/*
 * alarm_order.h - what persons do to alarms: each a command in the journal, with who, when
 * and why. Part of the fold.
 *
 *   ack       seen; with a chain that wants two persons, the second one counts
 *   unack     by the same person within ten seconds: it was a mistake, the alarm waits again
 *   escalate  the next step of its chain, now
 *   assign    `assignee` is sent         arrive    somebody is on the scene
 *   handover  120, 119 or 110 (`to`) took it, `answerer` there answered
 *   shelve    put aside until `until`, with a note; never high ones, calls, smoke, gas
 *   unshelve  back at once
 *   close     done, with a `cause`       note      words, nothing else
 *
 * Assign, arrive and hand over count as acknowledging: a person has acted.
 */
#ifndef CORE_ALARM_ALARM_ORDER_H
#define CORE_ALARM_ALARM_ORDER_H

#include "core/alarm/alarm.h"

#define MAX_SHELF_NS (INT64_C(8) * 3600 * 1000000000)
#define MAX_UNACK_NS (INT64_C(10) * 1000000000)
#define PRESET_SHELF_NS (INT64_C(3600) * 1000000000)

struct alarm_order {
    struct cw_str alarm, by, note; /* `by` is never empty */
    uint32_t rev;                  /* 0: whatever it is */
    struct cw_str assignee, to, answerer, cause;
    int64_t until_ns; /* 0: an hour */
};

/* Does it; *alarm is the alarm, or NULL. 0, or with err: -ENOENT (no such alarm), -ESTALE
 * (another revision: 412), -EBUSY (wrong state: 409), -EINVAL (incomplete), -ENOSYS (there is
 * no such order). */
int alarm_order(struct fold *fold, struct cw_str name, const struct alarm_order *order,
                const struct alarm **alarm, struct cw_error *err);
bool alarm_order_exists(struct cw_str name);

#endif
