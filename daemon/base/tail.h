/*
 * tail.h - how rare is a value among those before it: a bounded histogram of the logarithms
 * of magnitudes, half an octave a bin, placed around the first values it saw.
 *
 * Rarity counts in decades: 2 means that one in a hundred earlier values was as large. It is
 * at most the logarithm of how many were seen, so that it learns caution by itself. Plain
 * bytes; zeroed memory is an empty one.
 */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

#include <stdint.h>

#define TAIL_BINS 40
#define TAIL_WARM 50   /* so many positive values place the bins; until then all is ordinary */
#define TAIL_CAP 20000 /* so many are remembered; then all counts are halved */
#define TAIL_NIL 1e-12 /* magnitudes below this are zero */

struct tail {
    float origin; /* the mean logarithm (base two) of the first values; their sum before */
    uint16_t n_warm;
    uint16_t at_least[TAIL_BINS]; /* values of this bin or above; [0]: all, with zeros */
};

/* The rarity of a magnitude (not negative) among those before it; then counts it too. */
double tail_rarity(struct tail *tail, double magnitude);
#define TAIL_MOST 8
/* The same of n magnitudes in n tails, TAIL_MOST at most: their logarithms are taken two at a
 * time. */
void tail_rarities(struct tail *tail, const double *magnitude, double *rarity, unsigned n);

#endif
