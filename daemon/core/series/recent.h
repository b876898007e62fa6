/*
 * recent.h - the last values of a series for the page: a small ring that grows to its
 * maximum. Eight bytes a value: milliseconds since the ring's base, single precision.
 * Part of the fold; embedded in its series, zeroed.
 */
#ifndef CORE_SERIES_RECENT_H
#define CORE_SERIES_RECENT_H

#include <stdbool.h>
#include <stdint.h>

struct saver;
struct loader;

struct recent_slot {
    uint32_t ms; /* since base_ns */
    float value;
};

struct recent {
    struct recent_slot *slot; /* owned; NULL before the first value */
    int64_t base_ns;
    uint16_t n, cap, first;
};

#define MAX_RECENT 4096u

/* How many each of n series may keep: as many as asked for, or fewer, by halves, so that all
 * together stay within max_bytes. */
uint32_t recent_share(int64_t asked, int64_t max_bytes, uint64_t n_series);
/* Adds a value that is not older than the newest. max is at most MAX_RECENT; 0 keeps
 * nothing. When more are kept than max, the oldest go. */
void recent_add_any(struct recent *recent, uint32_t max, int64_t time_ns, double value);
static inline void recent_add(struct recent *recent, uint32_t max, int64_t time_ns,
                              double value)
{
    int64_t ms = (time_ns - recent->base_ns) / 1000000;
    bool full = recent->n == recent->cap && recent->cap == max;
    if (!full || max == 0 || ms < 0 || ms > (int64_t)UINT32_MAX) {
        recent_add_any(recent, max, time_ns, value);
        return;
    }
    /* Nearly every time: the newest takes the place of the oldest. */
    recent->slot[recent->first] = (struct recent_slot){(uint32_t)ms, (float)value};
    recent->first = recent->first + 1u == max ? 0 : (uint16_t)(recent->first + 1u);
}
/* The i-th oldest. */
int64_t recent_time_ns(const struct recent *recent, uint32_t i);
double recent_value_at(const struct recent *recent, uint32_t i);
void recent_done(struct recent *recent);
void recent_save(const struct recent *recent, struct saver *saver);
void recent_load(struct recent *recent, struct loader *loader); /* loader->failed tells */

#endif
