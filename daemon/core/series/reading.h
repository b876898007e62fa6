/*
 * reading.h - what core/series keeps of a device beside its series; within the device. Part
 * of the fold.
 */
#ifndef CORE_SERIES_READING_H
#define CORE_SERIES_READING_H

#include <stdbool.h>
#include <stdint.h>

struct prefixes; /* core/series/lines.h */

/* What is kept of a device's second counter (identity.h). */
struct identity {
    int64_t other_seq;   /* where the other counter stood; 0 there is none */
    int64_t crossing_ns; /* the last crossing, engine time; 0 none */
    uint16_t n_crossings;
    bool is_double; /* the alarm is raised */
};

struct reading {
    int64_t point_ns;         /* time of the last point as the device gave it; 0 none */
    int64_t behind_since_ns;  /* its clock is behind by device->skew_ns since then */
    uint32_t n_behind;        /* messages since then */
    uint16_t n_right;         /* messages in a row with a right clock, while clock_fault */
    bool clock_fault;         /* the alarm is raised */
    struct identity identity; /* saved by identity.c */
    struct prefixes *line;    /* a cache, not part of the state */
    uint64_t pattern;         /* of its last message (plugin.h); the same */
};

#endif
