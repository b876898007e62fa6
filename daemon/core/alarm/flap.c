/*
 * flap.c - weights from 1.2 for the newest slot to 0.8 for the oldest, in whole numbers: the
 * sum over all 20 is WHOLE.
 */
#include "core/alarm/flap.h"

#define NEWEST 22800
#define LESS_EACH 400
#define WHOLE (FLAP_SLOTS * (NEWEST - LESS_EACH * (FLAP_SLOTS - 1) / 2))
#define BEGINS (WHOLE * 30 / 100)
#define ENDS (WHOLE * 25 / 100)
#define MAX_DOUBLINGS 4

static int32_t score(uint32_t slots)
{
    int32_t sum = 0;
    for (int i = 0; i < FLAP_SLOTS; i++)
        sum += slots >> i & 1 ? NEWEST - LESS_EACH * i : 0;
    return sum;
}

void flap_note(struct flap *flap, int64_t now_ns, int64_t slot_ns)
{
    int64_t slot = now_ns / slot_ns, passed = slot - flap->slot;
    flap->slots = passed >= FLAP_SLOTS || passed < 0 ? 0 : flap->slots << passed;
    flap->slots = (flap->slots | 1) & ((1u << FLAP_SLOTS) - 1);
    flap->slot = slot;
    int32_t now = score(flap->slots);
    if (!flap->flapping && now > BEGINS) {
        flap->flapping = true;
        flap->n_held = 0;
    } else if (flap->flapping && now < ENDS) {
        flap->flapping = false;
    }
}

int64_t flap_hold_ns(const struct flap *flap, int64_t slot_ns)
{
    if (!flap->flapping)
        return 0;
    return slot_ns << (flap->n_held < MAX_DOUBLINGS ? flap->n_held : MAX_DOUBLINGS);
}

bool flap_is_over(const struct flap *flap, int64_t now_ns, int64_t slot_ns)
{
    return now_ns / slot_ns - flap->slot >= FLAP_SLOTS;
}
