/*
 * watch_load.c - watches from a snapshot. When the rule of a watch is gone, so is the watch;
 * when it changed, its detector starts anew, as after a change of the configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/watch.h"
#include "core/view/snapshot.h"

/* A rule as the file has it. */
struct saved_plan {
    uint32_t plan; /* today's, or NO_PLAN */
    uint32_t scope, state_size, state_version;
    bool same; /* the state means what it meant, or can be brought to that */
};

/* A watch as the file has it, before it is known whether it has a place. */
struct saved {
    struct saved_plan of;
    uint32_t number, site, device, series;
    uint8_t flags;
    struct waiting waiting;
    struct cw_str key, state;
};

struct loading {
    struct fold *fold;
    struct loader *loader;
    uint32_t n_numbers, n_plans;
    struct saved_plan *plan;
    unsigned char *taken; /* a bit per number */
    struct kept *kept;    /* of one device */
    uint32_t n_kept, cap_kept;
};

static bool take_number(struct loading *loading, uint32_t number)
{
    unsigned char bit = (unsigned char)(1u << (number % 8));
    if (number >= loading->n_numbers || loading->taken[number / 8] & bit) {
        loading->loader->failed = true;
        return false;
    }
    loading->taken[number / 8] |= bit;
    return true;
}

static uint32_t find_plan(const struct watch_table *table, struct cw_str rule, uint32_t scope)
{
    for (uint32_t i = 0; i < table->n_plans; i++) {
        if (str_is(rule, table->plan[i].rule->name) && table->plan[i].scope == scope)
            return i;
    }
    return NO_PLAN;
}

static struct saved_plan plan_saved(const struct watch_table *table, struct cw_str rule,
                                    uint64_t fingerprint, uint32_t state_version,
                                    uint32_t scope, uint32_t state_size)
{
    struct saved_plan saved = {.plan = find_plan(table, rule, scope),
                               .scope = scope,
                               .state_size = state_size,
                               .state_version = state_version};
    if (saved.plan == NO_PLAN)
        return saved;
    const struct plan *plan = &table->plan[saved.plan];
    bool is_todays =
        plan->detector->state_version == state_version && plan->state_size == state_size;
    bool is_older = plan->detector->state_version > state_version && plan->detector->take_state;
    saved.same = plan->rule->fingerprint == fingerprint && (is_todays || is_older);
    return saved;
}

/* What of the flags and the waiting outlives a change of the rule. */
static void forget_state(struct saved *saved)
{
    bool told = saved->flags & WATCH_TOLD;
    saved->flags &= WATCH_TOLD | WATCH_LATE;
    saved->flags |= told ? WATCH_LOOSE : 0;
    saved->waiting.deadline_ns = CW_NEVER;
    saved->waiting.timer.armed_ns = 0;
    saved->waiting.limit = 0;
}

static void arm(struct fold *fold, const struct watch *watch, struct waiting *waiting,
                const struct saved *saved)
{
    waiting->deadline_ns = saved->waiting.deadline_ns;
    waiting->sample_ns = saved->waiting.sample_ns;
    waiting->limit = saved->waiting.limit;
    if (saved->waiting.timer.armed_ns)
        timer_arm(&fold->timers, &waiting->timer, TIMER_WATCH, watch->number,
                  saved->waiting.timer.armed_ns);
}

/* Whether the file's site and device are there, as the scope needs them. */
static bool has_place(const struct fold *fold, const struct saved *saved)
{
    const struct registry *registry = &fold->registry;
    if (saved->site >= registry->n_sites)
        return false;
    if (saved->device == NO_DEVICE)
        return saved->of.scope == CW_SCOPE_SITE || scope_is_keyed(saved->of.scope);
    return saved->device < registry->n_devices && registry->device[saved->device];
}

static void place_shared(struct loading *loading, struct saved *saved)
{
    struct fold *fold = loading->fold;
    struct watch_table *table = fold->series->watches;
    if (!has_place(fold, saved) || saved->of.scope == CW_SCOPE_SERIES) {
        loading->loader->failed = true;
        return;
    }
    struct site *site = fold->registry.site[saved->site];
    struct device *device =
        saved->device == NO_DEVICE ? NULL : fold->registry.device[saved->device];
    if (saved->of.plan == NO_PLAN ||
        (device && !plan_matches(&table->plan[saved->of.plan], site, device))) {
        watch_number_give(table, saved->number);
        return;
    }
    struct owner owner =
        watch_owner_saved(fold, &table->plan[saved->of.plan], site, device, saved->key);
    struct shared *shared =
        shared_new(table, saved->number, saved->of.plan, site, device, &owner);
    const struct plan *plan = &table->plan[saved->of.plan];
    if (saved->of.same &&
        !watch_take_state(plan, &shared->watch, saved->of.state_version, saved->state))
        plan->detector->reset(plan->self, watch_state(&shared->watch));
    shared->watch.flags = (uint8_t)((saved->flags & WATCH_SAVED) | WATCH_WAITS);
    arm(fold, &shared->watch, &shared->waiting, saved);
}

/* An own watch on its way into its device's block. */
static void keep_own(struct loading *loading, struct device *device, struct saved *saved)
{
    struct fold *fold = loading->fold;
    struct watch_table *table = fold->series->watches;
    struct site *site = fold->registry.site[device->site];
    struct cw_str name = device->series[saved->series].metric->name;
    const struct plan *plan = saved->of.plan == NO_PLAN ? NULL : &table->plan[saved->of.plan];
    if (!plan || !plan_matches(plan, site, device) ||
        plan_slot(plan, CW_INPUT_METRIC, name) < 0) {
        watch_number_give(table, saved->number);
        return;
    }
    if (loading->n_kept == loading->cap_kept) {
        loading->cap_kept = loading->cap_kept ? loading->cap_kept * 2 : 64;
        loading->kept = xrealloc(loading->kept, loading->cap_kept * sizeof(*loading->kept));
    }
    struct watch watch = {.number = saved->number};
    watch.flags = saved->flags & WATCH_SAVED;
    bool waits = saved->waiting.deadline_ns != CW_NEVER || saved->waiting.timer.armed_ns ||
                 saved->flags & WATCH_ALARM;
    if (waits)
        arm(fold, &watch, waiting_of(table, &watch, device->number), saved);
    loading->kept[loading->n_kept++] = (struct kept){
        .series = saved->series,
        .plan = saved->of.plan,
        .number = saved->number,
        .flags = watch.flags,
        .state_version = saved->of.state_version,
        .state = saved->of.same ? saved->state : CW_STR(""),
    };
}

static struct cw_str load_state(struct loader *loader, size_t n)
{
    if (n > loader->n - loader->at)
        loader->failed = true;
    if (loader->failed)
        return CW_STR("");
    struct cw_str state = {loader->p + loader->at, n};
    loader->at += n;
    return state;
}

static void load_waiting(struct waiting *waiting, struct loader *loader)
{
    waiting->timer.armed_ns = load_i64(loader);
    waiting->deadline_ns = load_i64(loader);
    waiting->sample_ns = load_i64(loader);
    waiting->limit = load_f64(loader);
}

static bool load_watch(struct loading *loading, struct saved *saved)
{
    struct loader *loader = loading->loader;
    saved->number = load_u32(loader);
    uint32_t plan = load_u32(loader);
    saved->flags = load_u8(loader);
    saved->waiting = (struct waiting){.deadline_ns = CW_NEVER};
    if (saved->flags & WATCH_WAITS)
        load_waiting(&saved->waiting, loader);
    if (plan >= loading->n_plans || loader->failed || !take_number(loading, saved->number)) {
        loader->failed = true;
        return false;
    }
    saved->of = loading->plan[plan];
    saved->state = load_state(loader, saved->of.state_size);
    if (!saved->of.same)
        forget_state(saved);
    return !loader->failed;
}

static void load_shared(struct loading *loading)
{
    struct loader *loader = loading->loader;
    uint32_t n = load_count(loader, 16);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct saved saved = {.site = load_u32(loader)};
        saved.device = load_u32(loader);
        saved.key = load_str(loader);
        if (load_watch(loading, &saved))
            place_shared(loading, &saved);
    }
}

static void load_device(struct loading *loading, struct device *device)
{
    struct loader *loader = loading->loader;
    loading->n_kept = 0;
    for (uint32_t i = 0; i < device->n_series; i++) {
        while (load_u8(loader) && !loader->failed) {
            struct saved saved = {.series = i};
            if (!load_watch(loading, &saved) || saved.of.scope != CW_SCOPE_SERIES) {
                loader->failed = true;
                return;
            }
            keep_own(loading, device, &saved);
        }
    }
    if (!loader->failed)
        watch_match(loading->fold, loading->fold->registry.site[device->site], device,
                    loading->kept, loading->n_kept);
}

static void load_plans(struct loading *loading)
{
    struct loader *loader = loading->loader;
    loading->n_plans = load_count(loader, 24);
    loading->plan = xcalloc(loading->n_plans + 1, sizeof(*loading->plan));
    for (uint32_t i = 0; i < loading->n_plans && !loader->failed; i++) {
        struct cw_str rule = load_str(loader);
        uint64_t fingerprint = load_u64(loader);
        uint32_t version = load_u32(loader), scope = load_u32(loader);
        uint32_t state_size = load_u32(loader);
        loading->plan[i] = plan_saved(loading->fold->series->watches, rule, fingerprint,
                                      version, scope, state_size);
    }
}

/* Numbers are about as many as watches, and a watch takes bytes. */
static void make_room(struct loading *loading)
{
    struct loader *loader = loading->loader;
    if (loading->n_numbers > loader->n - loader->at)
        loader->failed = true;
    if (loader->failed)
        loading->n_numbers = 0;
    loading->taken = xcalloc(loading->n_numbers / 8 + 1, 1);
    loading->fold->series->watches->n_numbers = loading->n_numbers;
}

static void load_free_numbers(struct loading *loading)
{
    struct loader *loader = loading->loader;
    uint32_t n = load_count(loader, 4);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        uint32_t number = load_u32(loader);
        if (take_number(loading, number))
            watch_number_give(loading->fold->series->watches, number);
    }
}

static void load_2(struct loading *loading)
{
    struct registry *registry = &loading->fold->registry;
    load_plans(loading);
    loading->n_numbers = load_u32(loading->loader);
    make_room(loading);
    load_shared(loading);
    for (uint32_t i = 0; i < registry->n_devices && !loading->loader->failed; i++) {
        if (registry->device[i])
            load_device(loading, registry->device[i]);
    }
    load_free_numbers(loading);
}

/* ---- version 1: all watches by number, each with its rule ---- */

static struct saved load_one_1(struct loading *loading)
{
    struct loader *loader = loading->loader;
    struct saved saved = {.flags = 0};
    struct cw_str rule = load_str(loader);
    uint64_t fingerprint = load_u64(loader);
    uint32_t version = load_u32(loader), scope = load_u32(loader);
    saved.site = load_u32(loader);
    saved.device = load_u32(loader);
    struct cw_str metric = load_str(loader);
    saved.key = load_str(loader);
    load_waiting(&saved.waiting, loader);
    saved.flags |= load_u8(loader) ? WATCH_ALARM : 0;
    saved.flags |= load_u8(loader) ? WATCH_TOLD : 0;
    saved.flags |= load_u8(loader) ? WATCH_LOOSE : 0;
    saved.flags |= load_u8(loader) ? WATCH_LATE : 0;
    saved.state = load_str(loader);
    saved.of = plan_saved(loading->fold->series->watches, rule, fingerprint, version, scope,
                          (uint32_t)saved.state.n);
    if (!saved.of.same)
        forget_state(&saved);
    if (!(saved.flags & WATCH_ALARM))
        saved.waiting.limit = 0;
    const struct registry *registry = &loading->fold->registry;
    if (scope != CW_SCOPE_SERIES || loader->failed)
        return saved;
    const struct device *device =
        saved.device < registry->n_devices ? registry->device[saved.device] : NULL;
    const struct series *series = device ? series_find(device, metric) : NULL;
    if (series)
        saved.series = (uint32_t)(series - device->series);
    else
        loader->failed = true;
    return saved;
}

static int by_device(const void *a, const void *b)
{
    const struct saved *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Those of one device after the other, into their blocks. */
static void place_own_1(struct loading *loading, struct saved *own, size_t n)
{
    struct registry *registry = &loading->fold->registry;
    size_t next = 0;
    if (n)
        qsort(own, n, sizeof(*own), by_device);
    for (uint32_t i = 0; i < registry->n_devices; i++) {
        struct device *device = registry->device[i];
        loading->n_kept = 0;
        for (; device && next < n && own[next].device == i; next++)
            keep_own(loading, device, &own[next]);
        if (device)
            watch_match(loading->fold, registry->site[device->site], device, loading->kept,
                        loading->n_kept);
    }
}

static void load_1(struct loading *loading)
{
    struct loader *loader = loading->loader;
    loading->n_numbers = load_count(loader, 1);
    make_room(loading);
    struct saved *own = xcalloc(loading->n_numbers + 1u, sizeof(*own));
    size_t n_own = 0;
    for (uint32_t i = 0; i < loading->n_numbers && !loader->failed; i++) {
        if (!load_u8(loader))
            continue;
        struct saved saved = load_one_1(loading);
        saved.number = i;
        if (loader->failed || !take_number(loading, i))
            break;
        if (saved.of.scope == CW_SCOPE_SERIES)
            own[n_own++] = saved;
        else
            place_shared(loading, &saved);
    }
    if (!loader->failed)
        place_own_1(loading, own, n_own);
    load_free_numbers(loading);
    free(own);
}

int watch_load(struct fold *fold, struct loader *loader)
{
    struct loading loading = {.fold = fold, .loader = loader};
    if (loader->version == 1)
        load_1(&loading);
    else
        load_2(&loading);
    free(loading.plan);
    free(loading.taken);
    free(loading.kept);
    return loader->failed ? -EBADMSG : 0;
}
