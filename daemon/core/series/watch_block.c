/*
 * watch_block.c - the watches of a device's series, packed behind them in the device's block.
 *
 * Births and new rules are rare: then the block is made anew, the watches first in the
 * table's room, where their number and size need not be known before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/note.h"
#include "core/series/watch.h"

static unsigned char *watches_of(const struct device *device)
{
    return (unsigned char *)(device->series + device->n_series);
}

struct watch *watch_first(const struct device *device, const struct series *series)
{
    return (struct watch *)(watches_of(device) + series->watch_at);
}

struct shared *watch_tapped(struct watch *tap)
{
    struct shared *shared;
    memcpy(&shared, watch_state(tap), sizeof(shared));
    return shared;
}

static struct watch *add_watch(struct watch_table *table, uint32_t plan, uint32_t number)
{
    static const unsigned char zero[sizeof(struct watch) + MAX_DETECTOR_STATE + 8];
    size_t at = table->room.n;
    buf_add(&table->room, zero, table->plan[plan].n_bytes);
    if (table->room.full)
        BUG("the watches of a device take over %zu bytes", at);
    struct watch *watch = (struct watch *)(table->room.p + at);
    watch->number = number;
    watch->plan = (uint16_t)plan;
    return watch;
}

bool watch_take_state(const struct plan *plan, struct watch *watch, uint32_t version,
                      struct cw_str state)
{
    const struct cw_detector *detector = plan->detector;
    if (version != detector->state_version)
        return detector->take_state && detector->take_state(plan->self, version, state.p,
                                                            state.n, watch_state(watch)) == 0;
    if (state.n != plan->state_size)
        return false;
    memcpy(watch_state(watch), state.p, state.n);
    return true;
}

static void add_own(struct watch_table *table, uint32_t plan_index, const struct kept *kept,
                    uint8_t slot)
{
    const struct plan *plan = &table->plan[plan_index];
    uint32_t number = kept ? kept->number : watch_number_take(table);
    struct watch *watch = add_watch(table, plan_index, number);
    watch->slot = slot;
    watch->flags = kept ? kept->flags : 0;
    if (!kept || kept->state.n == 0 ||
        !watch_take_state(plan, watch, kept->state_version, kept->state))
        plan->detector->reset(plan->self, watch_state(watch));
}

/* The shared watch that the device's values come to. */
static void set_tap(struct fold *fold, struct watch *tap, uint32_t plan_index,
                    struct site *site, struct device *device)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[plan_index];
    struct owner owner = watch_owner(fold, plan, site, device, CW_STR(""), CW_STR(""));
    struct shared *shared = shared_of(&owner, plan_index);
    if (!shared)
        shared = shared_new(table, watch_number_take(table), plan_index, site, device, &owner);
    memcpy(watch_state(tap), &shared, sizeof(shared));
}

static void add_tap(struct fold *fold, uint32_t plan_index, struct site *site,
                    struct device *device, uint8_t slot)
{
    struct watch *tap = add_watch(fold->series->watches, plan_index, 0);
    tap->slot = slot;
    set_tap(fold, tap, plan_index, site, device);
}

static const struct kept *find_kept(const struct kept *kept, uint32_t n, uint32_t series,
                                    uint32_t plan)
{
    for (uint32_t i = 0; i < n; i++) {
        if (kept[i].series == series && kept[i].plan == plan)
            return &kept[i];
    }
    return NULL;
}

/* The input of the plan that a series of the metric is, or -1: it is none of its. */
static int slot_of(const struct plan *plan, const struct site *site,
                   const struct device *device, const struct metric *metric)
{
    int slot = plan_slot(plan, CW_INPUT_METRIC, metric->name);
    if (slot < 0 || !plan_matches(plan, site, device))
        return -1;
    bool is_any = strcmp(plan->input[slot].name, "*") == 0;
    return is_any && metric->type != CW_F64 ? -1 : slot;
}

size_t watch_bytes(const struct fold *fold, const struct site *site,
                   const struct device *device, const struct metric *metric)
{
    const struct watch_table *table = fold->series->watches;
    size_t n = 0;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        if (slot_of(&table->plan[i], site, device, metric) >= 0)
            n += table->plan[i].n_bytes;
    }
    return n;
}

/* The watches of one series into the room, `base` bytes behind the device's first. */
static void add_watches(struct fold *fold, struct site *site, struct device *device,
                        uint32_t index, size_t base, const struct kept *kept, uint32_t n_kept)
{
    struct watch_table *table = fold->series->watches;
    struct series *series = &device->series[index];
    series->watch_at = (uint32_t)(base + table->room.n);
    series->n_watches = 0;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        const struct plan *plan = &table->plan[i];
        int slot = slot_of(plan, site, device, series->metric);
        if (slot < 0)
            continue;
        if (plan->scope == CW_SCOPE_SERIES)
            add_own(table, i, find_kept(kept, n_kept, index, i), (uint8_t)slot);
        else
            add_tap(fold, i, site, device, (uint8_t)slot);
        series->n_watches++;
    }
}

void watch_match(struct fold *fold, struct site *site, struct device *device,
                 const struct kept *kept, uint32_t n_kept)
{
    struct watch_table *table = fold->series->watches;
    size_t n_series_bytes = device->n_series * sizeof(*device->series);
    buf_clear(&table->room);
    for (uint32_t i = 0; i < device->n_series; i++)
        add_watches(fold, site, device, i, 0, kept, n_kept);
    size_t n = table->room.n;
    if (n_series_bytes + n == 0)
        return;
    device->series = xrealloc(device->series, n_series_bytes + n);
    device->n_watch_bytes = (uint32_t)n;
    if (n)
        memcpy(watches_of(device), table->room.p, n);
}

void watch_births(struct fold *fold, struct site *site, struct device *device,
                  const struct metric *const *metric, uint32_t n)
{
    struct watch_table *table = fold->series->watches;
    size_t n_before = device->n_series * sizeof(*device->series);
    size_t n_watches = device->n_watch_bytes;
    unsigned char *block = xmalloc(n_before + n * sizeof(*device->series) + n_watches);
    if (device->series) {
        memcpy(block, device->series, n_before);
        memcpy(block + n_before + n * sizeof(*device->series), watches_of(device), n_watches);
    }
    free(device->series);
    device->series = (struct series *)block;
    buf_clear(&table->room);
    for (uint32_t i = 0; i < n; i++) {
        device->series[device->n_series] = (struct series){.metric = metric[i]};
        add_watches(fold, site, device, device->n_series, n_watches, NULL, 0);
        device->n_series++;
    }
    if (table->room.n == 0)
        return;
    device->n_watch_bytes += (uint32_t)table->room.n;
    device->series = xrealloc(device->series, device->n_series * sizeof(*device->series) +
                                                  device->n_watch_bytes);
    memcpy(watches_of(device) + n_watches, table->room.p, table->room.n);
}

void watch_moved(struct fold *fold, struct site *site, struct device *device)
{
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct plan *plans = fold->series->watches->plan;
        const struct series *series = &device->series[i];
        struct watch *watch = watch_first(device, series);
        for (uint32_t k = 0; k < series->n_watches; k++, watch = watch_next(plans, watch)) {
            if (scope_is_keyed(plans[watch->plan].scope))
                set_tap(fold, watch, watch->plan, site, device);
        }
    }
}

struct watch *watch_numbered(const struct fold *fold, const struct device *device,
                             uint32_t number, const struct series **of)
{
    const struct plan *plans = fold->series->watches->plan;
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        struct watch *watch = watch_first(device, series);
        for (uint32_t j = 0; j < series->n_watches; j++, watch = watch_next(plans, watch)) {
            if (watch->number != number || plans[watch->plan].scope != CW_SCOPE_SERIES)
                continue;
            *of = series;
            return watch;
        }
    }
    return NULL;
}

/* ---- end ---- */

static void end_own(struct fold *fold, const struct device *device, const struct series *series)
{
    const struct plan *plans = fold->series->watches->plan;
    struct outlook outlook = outlook_of_series(fold, device, series->metric);
    struct watch *watch = watch_first(device, series);
    for (uint32_t i = 0; i < series->n_watches; i++, watch = watch_next(plans, watch)) {
        if (plans[watch->plan].scope == CW_SCOPE_SERIES)
            watch_end(fold, watch, &outlook, str_of(note_text(NOTE_DEVICE_GONE)));
    }
}

void watch_device_gone(struct fold *fold, struct device *device)
{
    struct watch_table *table = fold->series->watches;
    struct waiting *waiting;
    for (uint32_t i = 0; i < device->n_series; i++)
        end_own(fold, device, &device->series[i]);
    while (device->watch) {
        struct shared *shared = device->watch;
        struct outlook outlook = outlook_of_shared(fold, shared);
        outlook.device = device;
        device->watch = shared->next;
        watch_end(fold, &shared->watch, &outlook, str_of(note_text(NOTE_DEVICE_GONE)));
        shared_free(table, shared);
    }
    for (uint32_t i = 0; (waiting = map_next(&table->waiting, &i, NULL));) {
        if (waiting->device == device->number)
            waiting->device = NO_DEVICE;
    }
}
