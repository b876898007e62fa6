/*
 * slice.c - see slice.h.
 */
#include "base/slice.h"

bool slice_over(struct slice *slice, uint32_t weight)
{
    uint32_t most = SLICE_WEIGHT - slice->weight;
    weight = weight ? weight : 1;
    if (slice->over || weight < most) {
        slice->weight += slice->over ? 0 : weight;
        return slice->over;
    }
    slice->weight = 0;
    slice->over = slice->now_ns() >= slice->until_ns;
    return slice->over;
}
