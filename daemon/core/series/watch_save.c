/*
 * watch_save.c - watches into a snapshot and back.
 *
 * A watch is saved with the name and fingerprint of its rule. When the rule is gone at
 * loading, so is the watch; when it changed, its detector starts anew, as after a change of
 * the configuration.
 */
#include <errno.h>
#include <string.h>

#include "core/series/watch.h"
#include "core/view/snapshot.h"

static void save_one(const struct fold *fold, const struct watch *watch, struct saver *saver)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    save_str(saver, str_of(plan->rule->name));
    save_u64(saver, plan->rule->fingerprint);
    save_u32(saver, plan->detector->state_version);
    save_u32(saver, plan->scope);
    save_u32(saver, watch->site);
    save_u32(saver, watch->device);
    save_str(saver, watch->metric ? watch->metric->name : CW_STR(""));
    save_str(saver, str_of(watch->keyed ? watch->keyed->key : ""));
    save_i64(saver, watch->timer.armed_ns);
    save_i64(saver, watch->deadline_ns);
    save_i64(saver, watch->sample_ns);
    save_f64(saver, watch->limit);
    save_u8(saver, watch->level);
    save_u8(saver, watch->told);
    save_u8(saver, watch->loose);
    save_u8(saver, watch->late);
    save_str(saver, (struct cw_str){(const char *)watch->state, plan->state_size});
}

void watch_save(const struct fold *fold, struct saver *saver)
{
    const struct watch_table *table = fold->series->watches;
    save_u32(saver, table->n_numbers);
    for (uint32_t i = 0; i < table->n_numbers; i++) {
        save_u8(saver, table->by_number[i] != NULL);
        if (table->by_number[i])
            save_one(fold, table->by_number[i], saver);
    }
    save_u32(saver, table->n_free);
    for (uint32_t i = 0; i < table->n_free; i++)
        save_u32(saver, table->free_number[i]);
}

/* A watch as the file has it, before it is known whether it has a place. */
struct saved {
    struct cw_str rule, metric, key, state;
    uint64_t fingerprint;
    uint32_t state_version, scope, site, device;
    int64_t armed_ns, deadline_ns, sample_ns;
    double limit;
    uint8_t level;
    bool told, loose, late;
};

static void load_one(struct saved *saved, struct loader *loader)
{
    saved->rule = load_str(loader);
    saved->fingerprint = load_u64(loader);
    saved->state_version = load_u32(loader);
    saved->scope = load_u32(loader);
    saved->site = load_u32(loader);
    saved->device = load_u32(loader);
    saved->metric = load_str(loader);
    saved->key = load_str(loader);
    saved->armed_ns = load_i64(loader);
    saved->deadline_ns = load_i64(loader);
    saved->sample_ns = load_i64(loader);
    saved->limit = load_f64(loader);
    saved->level = load_u8(loader);
    saved->told = load_u8(loader);
    saved->loose = load_u8(loader);
    saved->late = load_u8(loader);
    saved->state = load_str(loader);
}

static uint32_t find_plan(const struct watch_table *table, const struct saved *saved)
{
    for (uint32_t i = 0; i < table->n_plans; i++) {
        if (str_is(saved->rule, table->plan[i].rule->name) &&
            table->plan[i].scope == saved->scope)
            return i;
    }
    return UINT32_MAX;
}

static void take_over(struct fold *fold, struct watch *watch, const struct plan *plan,
                      const struct saved *saved)
{
    watch->deadline_ns = CW_NEVER;
    watch->sample_ns = saved->sample_ns;
    watch->limit = saved->limit;
    watch->told = saved->told;
    watch->late = saved->late;
    watch->loose = watch->told;
    if (plan->rule->fingerprint != saved->fingerprint ||
        plan->detector->state_version != saved->state_version ||
        plan->state_size != saved->state.n)
        return;
    watch->loose = saved->loose;
    watch->level = saved->level;
    watch->deadline_ns = saved->deadline_ns;
    memcpy(watch->state, saved->state.p, saved->state.n);
    if (saved->armed_ns)
        timer_arm(&fold->timers, &watch->timer, TIMER_WATCH, watch->number, saved->armed_ns);
}

/* Whether the file's site and device are there, as the scope needs them. */
static bool has_place(const struct fold *fold, const struct saved *saved)
{
    const struct registry *registry = &fold->registry;
    uint32_t number = saved->device;
    if (saved->site >= registry->n_sites)
        return false;
    if (number == NO_DEVICE)
        return saved->scope == CW_SCOPE_SITE || saved->scope == CW_SCOPE_RESIDENT;
    return number < registry->n_devices && registry->device[number];
}

static int place(struct fold *fold, uint32_t number, const struct saved *saved)
{
    struct watch_table *table = fold->series->watches;
    if (!has_place(fold, saved))
        return -EBADMSG;
    struct site *site = fold->registry.site[saved->site];
    struct device *device =
        saved->device == NO_DEVICE ? NULL : fold->registry.device[saved->device];
    uint32_t plan_index = find_plan(table, saved);
    const struct plan *plan = plan_index < table->n_plans ? &table->plan[plan_index] : NULL;
    struct series *series =
        device && saved->metric.n ? series_find(device, saved->metric) : NULL;
    bool own = saved->scope == CW_SCOPE_SERIES;
    if (own && !series)
        return -EBADMSG;
    if (!plan || (device && !plan_matches(plan, site, device)) ||
        (own && plan_slot(plan, CW_INPUT_METRIC, saved->metric) < 0)) {
        table->free_number[table->n_free++] = number;
        return 0;
    }
    struct owner owner = {.list = NULL};
    if (!own)
        owner = watch_owner_saved(fold, saved->scope, site, device, saved->key);
    struct watch *watch =
        watch_new_at(table, number, plan_index, site, device, own ? NULL : &owner);
    if (own)
        watch_hang(watch, series);
    take_over(fold, watch, plan, saved);
    return 0;
}

static int load_free_numbers(struct watch_table *table, struct loader *loader)
{
    uint32_t n = load_count(loader, 4);
    if (table->n_free + n > table->n_numbers)
        return -EBADMSG;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = load_u32(loader);
        if (number >= table->n_numbers || table->by_number[number])
            return -EBADMSG;
        table->free_number[table->n_free++] = number;
    }
    return loader->failed ? -EBADMSG : 0;
}

int watch_load(struct fold *fold, struct loader *loader)
{
    struct watch_table *table = fold->series->watches;
    uint32_t n = load_count(loader, 1);
    watch_table_room(table, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!load_u8(loader))
            continue;
        struct saved saved = {.scope = 0};
        load_one(&saved, loader);
        if (loader->failed || place(fold, i, &saved))
            return -EBADMSG;
    }
    if (load_free_numbers(table, loader))
        return -EBADMSG;
    watch_match_all(fold);
    return 0;
}
