/*
 * tail.c - counts in bins of half an octave; the bin of the value itself is shared out by
 * where in the bin it lies, so that rarity has no steps.
 */
#include "base/tail.h"

#include <stdbool.h>

#include "base/num_math.h"

#define BINS_PER_OCTAVE 2.0
#define MIDDLE 16.0 /* the bin of the origin: 8 octaves below it, 12 above */
#define DECADES_PER_OCTAVE 0.30102999566398120

static double decades(double share)
{
    return -DECADES_PER_OCTAVE * num_log2(share);
}

/* The first values only place the bins. One that moves after long rest is rare all the same. */
static double warm_up(struct tail *tail, double magnitude)
{
    uint16_t n_zero = tail->at_least[0];
    if (!(magnitude > TAIL_NIL)) {
        tail->at_least[0] = (uint16_t)(n_zero + (n_zero < TAIL_CAP));
        return 0;
    }
    tail->origin += (float)num_log2(magnitude);
    if (++tail->n_warm == TAIL_WARM)
        tail->origin /= TAIL_WARM;
    return n_zero < TAIL_WARM ? 0 : decades(1 / (n_zero + 1.0));
}

/* Of constant length and without a branch, so that the compiler makes vectors of it. */
static void count(struct tail *tail, uint16_t bin)
{
    for (uint16_t i = 0; i < TAIL_BINS; i++)
        tail->at_least[i] = (uint16_t)(tail->at_least[i] + (i <= bin ? 1 : 0));
    if (tail->at_least[0] < TAIL_CAP)
        return;
    for (uint16_t i = 0; i < TAIL_BINS; i++)
        tail->at_least[i] /= 2;
}

double tail_rarity(struct tail *tail, double magnitude)
{
    if (tail->n_warm < TAIL_WARM)
        return warm_up(tail, magnitude);
    double place = 0, share = 0.5; /* of its own bin that lies above it */
    uint16_t bin = 0;
    if (magnitude > TAIL_NIL)
        place = BINS_PER_OCTAVE * (num_log2(magnitude) - (double)tail->origin) + MIDDLE;
    if (place >= 1)
        bin = place < TAIL_BINS - 1 ? (uint16_t)place : TAIL_BINS - 1;
    else if (magnitude > TAIL_NIL)
        bin = 1;
    if (bin > 1 && bin < TAIL_BINS - 1)
        share = 1 - (place - bin);
    int above = bin < TAIL_BINS - 1 ? tail->at_least[bin + 1] : 0;
    double rank = above + share * (tail->at_least[bin] - above) + 0.5;
    double rarity = decades(rank / (tail->at_least[0] + 1.0));
    count(tail, bin);
    return rarity > 0 ? rarity : 0;
}
