/*
 * slice.h - a bounded piece of work: whether its time is over, without asking the clock at
 * every step.
 *
 * A step has a weight, which says how much longer than the lightest it may take; the clock is
 * asked when SLICE_WEIGHT has come together. So many light steps cost no questions, and one
 * that is heavy enough is always followed by one.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stdint.h>

#define SLICE_WEIGHT 64u

struct slice {
    int64_t until_ns;
    int64_t (*now_ns)(void);
    uint32_t weight; /* since the clock was asked */
    bool over;
};

/* Stays over once it is. Weight 0 counts as 1. */
bool slice_over(struct slice *slice, uint32_t weight);

#endif
