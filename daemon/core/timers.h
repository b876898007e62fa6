/*
 * timers.h - deadlines in engine time, popped in order (due, kind, owner). Part of the fold.
 *
 * There is no cancel and no hash: an owner embeds a `struct timer`, arming pushes an entry
 * only when it is earlier than the one already pending, and an entry that no longer matches
 * its owner's `armed_ns` is stale and skipped. A timer may therefore fire early: the owner
 * compares with its own deadline and arms again. So a device that speaks every second costs
 * its supervision nothing, and a tick on which nothing is due costs O(1).
 */
#ifndef CORE_TIMERS_H
#define CORE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

enum timer_kind {
    TIMER_DEVICE = 1,
    TIMER_SITE,
    TIMER_WATCH,
    TIMER_VISIT,
    TIMER_HOUSEKEEPING,
    TIMER_GATE,
    TIMER_ENTRY,
    TIMER_ALARM,
    TIMER_WINDOW,
    TIMER_QUIET,
    TIMER_DAY,
    TIMER_SILENCE,
    TIMER_PLAN,
};

struct timer {
    int64_t armed_ns; /* 0: not armed */
};

struct timer_entry {
    int64_t due_ns;
    /* Number of the device, site, watch, visit, entry, alarm: never an address. */
    uint64_t owner;
    uint32_t kind; /* enum timer_kind */
};

struct timers {
    struct timer_entry *entry; /* a heap */
    uint32_t n, cap;
};

void timers_init(struct timers *timers);
void timers_done(struct timers *timers);
void timer_arm(struct timers *timers, struct timer *timer, enum timer_kind kind, uint64_t owner,
               int64_t due_ns);
/* The earliest entry due at or before upto_ns; false if there is none. The caller finds the
 * owner and calls timer_fired(). */
bool timers_pop(struct timers *timers, int64_t upto_ns, struct timer_entry *entry);
/* True when the entry is this timer's pending one (and disarms it); false when stale. */
bool timer_fired(struct timer *timer, const struct timer_entry *entry);

#endif
