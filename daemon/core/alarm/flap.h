/*
 * flap.h - an alarm that comes and goes: counted in 20 slots of time, as others do in their
 * last 20 states. Above 30 % of changed slots (newer ones weigh more) it flaps, below 25 % it
 * does so no more; while it flaps a recovery is held back, each time twice as long. Pure.
 */
#ifndef CORE_ALARM_FLAP_H
#define CORE_ALARM_FLAP_H

#include <stdbool.h>
#include <stdint.h>

#define FLAP_SLOTS 20
#define MAX_FLAPS 4096u

struct flap {
    uint32_t slots;  /* bit i: it changed i slots ago */
    int64_t slot;    /* number of the newest slot */
    uint32_t n_held; /* recoveries that did not last, since it flaps */
    bool flapping;
};

/* It was raised or recovered. */
void flap_note(struct flap *flap, int64_t now_ns, int64_t slot_ns);
/* For how long a recovery is held now; 0: it is believed at once. */
int64_t flap_hold_ns(const struct flap *flap, int64_t slot_ns);
/* Nothing happened in any of its slots. */
bool flap_is_over(const struct flap *flap, int64_t now_ns, int64_t slot_ns);

#endif
