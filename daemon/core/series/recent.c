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
/* Values this far behind the base are from another time: the ring starts anew. */
#define MAX_SPAN_MS ((int64_t)UINT32_MAX)

static struct recent_slot *slot_at(struct recent *recent, uint32_t i)
{
    return &recent->slot[(recent->first + i) % recent->cap];
}

int64_t recent_time_ns(const struct recent *recent, uint32_t i)
{
    return recent->base_ns +
           (int64_t)recent->slot[(recent->first + i) % recent->cap].ms * NS_PER_MS;
}

double recent_value_at(const struct recent *recent, uint32_t i)
{
    return (double)recent->slot[(recent->first + i) % recent->cap].value;
}

static struct recent *grow(struct recent *old, uint32_t cap, int64_t base_ns)
{
    struct recent *recent = xmalloc(sizeof(*recent) + cap * sizeof(recent->slot[0]));
    *recent = (struct recent){.base_ns = base_ns, .cap = cap};
    if (!old)
        return recent;
    recent->base_ns = old->base_ns;
    while (recent->n < old->n && recent->n < cap) {
        recent->slot[recent->n] = *slot_at(old, recent->n);
        recent->n++;
    }
    free(old);
    return recent;
}

/* Moves the base to the oldest value, so that time_ns can be told from it. */
static void move_base(struct recent *recent, int64_t time_ns)
{
    int64_t oldest_ns = recent_time_ns(recent, 0);
    if (recent->n == 0 || (time_ns - oldest_ns) / NS_PER_MS > MAX_SPAN_MS) {
        recent->base_ns = time_ns;
        recent->n = 0;
        recent->first = 0;
        return;
    }
    uint32_t by_ms = slot_at(recent, 0)->ms;
    for (uint32_t i = 0; i < recent->n; i++)
        slot_at(recent, i)->ms -= by_ms;
    recent->base_ns = oldest_ns;
}

void recent_add(struct recent **recent_in_out, uint32_t max, int64_t time_ns, double value)
{
    struct recent *recent = *recent_in_out;
    if (max == 0)
        return;
    if (!recent || (recent->n == recent->cap && recent->cap < max)) {
        uint32_t cap = recent ? recent->cap * 2 : LEAST;
        recent = grow(recent, cap < max ? cap : max, time_ns);
        *recent_in_out = recent;
    }
    int64_t ms = (time_ns - recent->base_ns) / NS_PER_MS;
    if (ms > MAX_SPAN_MS) {
        move_base(recent, time_ns);
        ms = (time_ns - recent->base_ns) / NS_PER_MS;
    }
    struct recent_slot slot = {.ms = ms > 0 ? (uint32_t)ms : 0, .value = (float)value};
    if (recent->n < recent->cap) {
        *slot_at(recent, recent->n++) = slot;
        return;
    }
    recent->slot[recent->first] = slot;
    recent->first = recent->first + 1 == recent->cap ? 0 : recent->first + 1;
}

void recent_save(const struct recent *recent, struct saver *saver)
{
    save_u32(saver, recent ? recent->cap : 0);
    if (!recent)
        return;
    save_i64(saver, recent->base_ns);
    save_u32(saver, recent->n);
    for (uint32_t i = 0; i < recent->n; i++) {
        const struct recent_slot *slot = &recent->slot[(recent->first + i) % recent->cap];
        uint32_t bits;
        memcpy(&bits, &slot->value, sizeof(bits));
        save_u32(saver, slot->ms);
        save_u32(saver, bits);
    }
}

struct recent *recent_load(struct loader *loader)
{
    uint32_t cap = load_u32(loader);
    if (cap == 0)
        return NULL;
    int64_t base_ns = load_i64(loader);
    uint32_t n = load_count(loader, 8);
    if (cap > MAX_RECENT || n > cap || loader->failed) {
        loader->failed = true;
        return NULL;
    }
    struct recent *recent = grow(NULL, cap, base_ns);
    recent->n = n;
    for (uint32_t i = 0; i < n; i++) {
        recent->slot[i].ms = load_u32(loader);
        uint32_t bits = load_u32(loader);
        memcpy(&recent->slot[i].value, &bits, sizeof(bits));
    }
    return recent;
}
