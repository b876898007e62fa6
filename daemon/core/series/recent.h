/*
 * recent.h - the last values of a series for the page: a small ring that grows to its
 * maximum. Eight bytes a value: milliseconds since the ring's base, single precision.
 * Part of the fold.
 */
#ifndef CORE_SERIES_RECENT_H
#define CORE_SERIES_RECENT_H

#include <stdint.h>

struct saver;
struct loader;

struct recent_slot {
    uint32_t ms; /* since base_ns */
    float value;
};

struct recent {
    int64_t base_ns;
    uint32_t n, cap, first;
    struct recent_slot slot[];
};

#define MAX_RECENT 4096u

/* Adds a value that is not older than the newest; *recent may be NULL and may move. max is
 * at most MAX_RECENT; 0 keeps nothing. */
void recent_add(struct recent **recent, uint32_t max, int64_t time_ns, double value);
/* The i-th oldest. */
int64_t recent_time_ns(const struct recent *recent, uint32_t i);
double recent_value_at(const struct recent *recent, uint32_t i);
void recent_save(const struct recent *recent, struct saver *saver); /* NULL is fine */
struct recent *recent_load(struct loader *loader);                  /* gives; NULL: empty */

#endif
