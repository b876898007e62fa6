/*
 * tail.c - counts in bins of half an octave; the bin of the value itself is shared out by
 * where in the bin it lies, so that rarity has no steps.
 */
#include "base/tail.h"

#include <assert.h>
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

/* Of all values before it; `log2` of the magnitude, when it is not nil. */
static double share_of(struct tail *tail, double magnitude, double log2)
{
    double place = 0, share = 0.5; /* of its own bin that lies above it */
    uint16_t bin = 0;
    if (magnitude > TAIL_NIL)
        place = BINS_PER_OCTAVE * (log2 - (double)tail->origin) + MIDDLE;
    if (place >= 1)
        bin = place < TAIL_BINS - 1 ? (uint16_t)place : TAIL_BINS - 1;
    else if (magnitude > TAIL_NIL)
        bin = 1;
    if (bin > 1 && bin < TAIL_BINS - 1)
        share = 1 - (place - bin);
    int above = bin < TAIL_BINS - 1 ? tail->at_least[bin + 1] : 0;
    double rank = above + share * (tail->at_least[bin] - above) + 0.5;
    rank /= tail->at_least[0] + 1.0;
    count(tail, bin);
    return rank;
}

double tail_rarity(struct tail *tail, double magnitude)
{
    if (tail->n_warm < TAIL_WARM)
        return warm_up(tail, magnitude);
    double rarity = decades(share_of(tail, magnitude, num_log2(magnitude)));
    return rarity > 0 ? rarity : 0;
}

void tail_rarities(struct tail *tail, const double *magnitude, double *rarity, unsigned n)
{
    double log2[TAIL_MOST], share[TAIL_MOST];
    unsigned warming = 0; /* a bit for each */
    assert(n <= TAIL_MOST);
    num_log2_all(magnitude, log2, n);
    for (unsigned i = 0; i < n; i++) {
        share[i] = 1;
        if (tail[i].n_warm >= TAIL_WARM) {
            share[i] = share_of(&tail[i], magnitude[i], log2[i]);
            continue;
        }
        rarity[i] = warm_up(&tail[i], magnitude[i]);
        warming |= 1u << i;
    }
    num_log2_all(share, log2, n);
    for (unsigned i = 0; i < n; i++) {
        double decades = -DECADES_PER_OCTAVE * log2[i];
        if (!(warming >> i & 1))
            rarity[i] = decades > 0 ? decades : 0;
    }
}
