/*
 * recent.c - the ring. It grows by doubling, so that the many series that say little cost
 * little; times are offsets from a base that moves when they would not fit any more.
 */
#include "core/series/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "core/view/snapshot.h"

#define LEAST 4u
#define MAX_SPAN_MS ((int64_t)UINT32_MAX)

static uint32_t place_of(const struct recent *recent, uint32_t i)
{
    uint32_t place = (uint32_t)recent->first + i;
    return place < recent->cap ? place : place - recent->cap;
}

int64_t recent_time_ns(const struct recent *recent, uint32_t i)
{
    return recent->base_ns + (int64_t)recent->slot[place_of(recent, i)].ms * NS_PER_MS;
}

double recent_value_at(const struct recent *recent, uint32_t i)
{
    return (double)recent->slot[place_of(recent, i)].value;
}

uint32_t recent_share(int64_t asked, int64_t max_bytes, uint64_t n_series)
{
    uint32_t share = asked < MAX_RECENT ? (uint32_t)asked : MAX_RECENT;
    while (share > 1 && share * n_series * sizeof(struct recent_slot) > (uint64_t)max_bytes)
        share /= 2;
    return share;
}

/* Room for cap values: more than before, or only the newest of them. */
static void resize(struct recent *recent, uint32_t cap)
{
    if (cap == 0) {
        recent_done(recent);
        return;
    }
    struct recent_slot *slot = xmalloc(cap * sizeof(*slot));
    uint32_t n_kept = recent->n < cap ? recent->n : cap, skip = recent->n - n_kept;
    for (uint32_t i = 0; i < n_kept; i++)
        slot[i] = recent->slot[place_of(recent, skip + i)];
    recent->n = (uint16_t)n_kept;
    free(recent->slot);
    recent->slot = slot;
    recent->cap = (uint16_t)cap;
    recent->first = 0;
}

/* Moves the base to the oldest value; what is too far behind time_ns is from another time,
 * and the ring starts anew. */
static void move_base(struct recent *recent, int64_t time_ns)
{
    if (recent->n == 0 || (time_ns - recent_time_ns(recent, 0)) / NS_PER_MS > MAX_SPAN_MS) {
        recent->base_ns = time_ns;
        recent->n = 0;
        recent->first = 0;
        return;
    }
    uint32_t by_ms = recent->slot[recent->first].ms;
    recent->base_ns += (int64_t)by_ms * NS_PER_MS;
    for (uint32_t i = 0; i < recent->n; i++)
        recent->slot[place_of(recent, i)].ms -= by_ms;
}

void recent_add_any(struct recent *recent, uint32_t max, int64_t time_ns, double value)
{
    if (recent->n == recent->cap && recent->cap < max) {
        uint32_t cap = recent->cap ? recent->cap * 2u : LEAST;
        resize(recent, cap < max ? cap : max);
    } else if (recent->cap > max) {
        resize(recent, max);
    }
    if (recent->cap == 0)
        return;
    int64_t ms = (time_ns - recent->base_ns) / NS_PER_MS;
    if (recent->n == 0 || ms > MAX_SPAN_MS) {
        move_base(recent, time_ns);
        ms = (time_ns - recent->base_ns) / NS_PER_MS;
    }
    uint32_t place = place_of(recent, recent->n < recent->cap ? recent->n : 0);
    recent->slot[place] =
        (struct recent_slot){.ms = ms > 0 ? (uint32_t)ms : 0, .value = (float)value};
    if (recent->n < recent->cap)
        recent->n++;
    else
        recent->first = recent->first + 1u == recent->cap ? 0 : (uint16_t)(recent->first + 1u);
}

void recent_done(struct recent *recent)
{
    free(recent->slot);
    *recent = (struct recent){.slot = NULL};
}

void recent_save(const struct recent *recent, struct saver *saver)
{
    save_u32(saver, recent->cap);
    save_u32(saver, recent->n);
    save_i64(saver, recent->base_ns);
    for (uint32_t i = 0; i < recent->n; i++) {
        const struct recent_slot *slot = &recent->slot[place_of(recent, i)];
        uint32_t bits;
        memcpy(&bits, &slot->value, sizeof(bits));
        save_u32(saver, slot->ms);
        save_u32(saver, bits);
    }
}

void recent_load(struct recent *recent, struct loader *loader)
{
    uint32_t cap = load_u32(loader);
    uint32_t n = load_u32(loader);
    recent->base_ns = load_i64(loader);
    if (cap > MAX_RECENT || n > cap || loader->failed) {
        loader->failed = true;
        return;
    }
    if (cap)
        resize(recent, cap);
    for (uint32_t i = 0; i < n; i++) {
        recent->slot[i].ms = load_u32(loader);
        uint32_t bits = load_u32(loader);
        memcpy(&recent->slot[i].value, &bits, sizeof(bits));
    }
    recent->n = (uint16_t)n;
}
