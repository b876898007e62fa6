/*
 * watch_save.c - watches into a snapshot, part "series" from version 2 on:
 *
 *   rules: name, fingerprint, ...     shared watches     own watches, device by device
 *   numbers that are free
 */
#include "core/series/watch.h"
#include "core/view/snapshot.h"

/* ---- saving ---- */

static void save_plan(const struct plan *plan, struct saver *saver)
{
    save_str(saver, str_of(plan->rule->name));
    save_u64(saver, plan->rule->fingerprint);
    save_u32(saver, plan->detector->state_version);
    save_u32(saver, plan->scope);
    save_u32(saver, (uint32_t)plan->state_size);
}

static void save_waiting(const struct waiting *waiting, struct saver *saver)
{
    save_i64(saver, waiting->timer.armed_ns);
    save_i64(saver, waiting->deadline_ns);
    save_i64(saver, waiting->sample_ns);
    save_f64(saver, waiting->limit);
}

static void save_watch(const struct watch_table *table, struct watch *watch,
                       struct saver *saver)
{
    save_u32(saver, watch->number);
    save_u32(saver, watch->plan);
    save_u8(saver, watch->flags);
    if (watch->flags & WATCH_WAITS)
        save_waiting(waiting_find(table, watch->number), saver);
    save_bytes(saver, watch_state(watch), table->plan[watch->plan].state_size);
}

static void save_shared(const struct fold *fold, struct saver *saver)
{
    const struct watch_table *table = fold->series->watches;
    const struct waiting *waiting;
    uint32_t n = 0;
    for (uint32_t i = 0; (waiting = map_next(&table->waiting, &i, NULL));)
        n += waiting->shared != NULL;
    save_u32(saver, n);
    for (uint32_t i = 0; (waiting = map_next(&table->waiting, &i, NULL));) {
        struct shared *shared = waiting->shared;
        if (!shared)
            continue;
        save_u32(saver, shared->site);
        save_u32(saver, waiting->device);
        save_str(saver, str_of(shared->keyed ? shared->keyed->key : ""));
        save_watch(table, &shared->watch, saver);
    }
}

static void save_own(const struct watch_table *table, const struct device *device,
                     struct saver *saver)
{
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        struct watch *watch = watch_first(device, series);
        for (uint32_t j = 0; j < series->n_watches; j++) {
            if (table->plan[watch->plan].scope == CW_SCOPE_SERIES) {
                save_u8(saver, 1);
                save_watch(table, watch, saver);
            }
            watch = watch_next(table->plan, watch);
        }
        save_u8(saver, 0);
    }
}

void watch_save(const struct fold *fold, struct saver *saver)
{
    const struct watch_table *table = fold->series->watches;
    save_u32(saver, table->n_plans);
    for (uint32_t i = 0; i < table->n_plans; i++)
        save_plan(&table->plan[i], saver);
    save_u32(saver, table->n_numbers);
    save_shared(fold, saver);
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        if (fold->registry.device[i])
            save_own(table, fold->registry.device[i], saver);
    }
    save_u32(saver, table->n_free);
    for (uint32_t i = 0; i < table->n_free; i++)
        save_u32(saver, table->free_number[i]);
}
