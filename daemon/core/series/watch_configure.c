/*
 * watch_configure.c - watches under new rules.
 *
 * Every watch is taken from its owner, judged against the new plans, and hung up again or
 * ended. A rule that changed starts its detector anew; its open alarm stays, and the first
 * live value that is no alarm under the new rule clears it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/watch.h"

/* The series of every watch that is one's own, by the watch's number. Frees all taps. */
static struct series **collect_series(struct fold *fold)
{
    const struct watch_table *table = fold->series->watches;
    struct series **series_of = xcalloc(table->n_numbers + 1, sizeof(*series_of));
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        struct device *device = fold->registry.device[i];
        for (uint32_t j = 0; device && j < device->n_series; j++) {
            struct series *series = &device->series[j];
            for (struct tap *tap = series->tap; tap; tap = tap->next) {
                if (tap->watch->metric)
                    series_of[tap->watch->number] = series;
            }
            taps_free(series);
        }
    }
    return series_of;
}

static void empty_lists(struct fold *fold)
{
    struct keyed *keyed;
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        if (fold->registry.device[i])
            fold->registry.device[i]->watch = NULL;
    }
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        fold->registry.site[i]->watch = NULL;
    for (uint32_t i = 0; (keyed = map_next(&fold->series->watches->keyed, &i, NULL));)
        keyed->watch = NULL;
}

/* The new plan under which the watch may live on, or NULL. */
static const struct plan *successor(const struct fold *fold, const struct watch *watch,
                                    const struct plan *plans, uint32_t n)
{
    const struct plan *old = &fold->series->watches->plan[watch->plan];
    const struct plan *plan = NULL;
    for (uint32_t i = 0; i < n && !plan; i++) {
        if (strcmp(plans[i].rule->name, old->rule->name) == 0)
            plan = &plans[i];
    }
    if (!plan || plan->detector != old->detector || plan->scope != old->scope)
        return NULL;
    if (watch->metric && plan_slot(plan, CW_INPUT_METRIC, watch->metric->name) < 0)
        return NULL;
    if (!rule_pattern_matches(plan->rule->site, str_of(fold->registry.site[watch->site]->id)))
        return NULL;
    const struct device *device =
        watch->device == NO_DEVICE ? NULL : fold->registry.device[watch->device];
    if (device && !rule_pattern_matches(plan->rule->device, str_of(device->id)))
        return NULL;
    return plan;
}

/* The watch with room for the new state, reset. */
static struct watch *begin_anew(struct watch *watch, const struct plan *plan)
{
    watch = xrealloc(watch, sizeof(*watch) + plan->state_size);
    memset(watch->state, 0, plan->state_size);
    plan->detector->reset(plan->rule->self, watch->state);
    watch->loose = watch->told;
    watch->level = CW_NORMAL;
    watch->deadline_ns = CW_NEVER;
    return watch;
}

static void hang_up(struct fold *fold, struct watch *watch, const struct plan *plan,
                    struct series *series)
{
    struct watch **list = NULL;
    if (watch->metric) {
        watch_hang(watch, series);
        return;
    }
    if (watch->keyed)
        list = &watch->keyed->watch;
    else if (plan->scope == CW_SCOPE_SITE)
        list = &fold->registry.site[watch->site]->watch;
    else
        list = &fold->registry.device[watch->device]->watch;
    watch->next = *list;
    *list = watch;
}

void watch_match_all(struct fold *fold)
{
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        struct device *device = fold->registry.device[i];
        for (uint32_t j = 0; device && j < device->n_series; j++)
            watch_match(fold, fold->registry.site[device->site], device, &device->series[j]);
    }
}

void watch_configure(struct fold *fold)
{
    struct watch_table *table = fold->series->watches;
    uint32_t n;
    struct plan *plans = plans_of(fold->rules, &n);
    struct series **series_of = collect_series(fold);
    empty_lists(fold);
    for (uint32_t i = 0; i < table->n_numbers; i++) {
        struct watch *watch = table->by_number[i];
        if (!watch)
            continue;
        const struct plan *old = &table->plan[watch->plan];
        const struct plan *plan = successor(fold, watch, plans, n);
        if (!plan) {
            watch_end(fold, watch, CW_STR("the rule no longer applies"));
            continue;
        }
        if (plan->rule->fingerprint != old->rule->fingerprint)
            watch = begin_anew(watch, plan);
        table->by_number[i] = watch;
        hang_up(fold, watch, plan, series_of[i]);
    }
    /* Numbers of plans change only now: ending a watch asks for its old rule. */
    for (uint32_t i = 0; i < table->n_numbers; i++) {
        struct watch *watch = table->by_number[i];
        if (!watch)
            continue;
        const char *name = table->plan[watch->plan].rule->name;
        watch->plan = 0;
        while (strcmp(plans[watch->plan].rule->name, name) != 0)
            watch->plan++;
    }
    free(series_of);
    free(table->plan);
    table->plan = plans;
    table->n_plans = n;
    watch_match_all(fold);
}
