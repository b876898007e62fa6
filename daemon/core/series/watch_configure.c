/*
 * watch_configure.c - watches under new rules.
 *
 * Every watch, in the order of the numbers, is judged against the new plans and ended or kept;
 * then the devices' blocks are made anew. A rule that changed starts its detector anew; its
 * open alarm stays, and the first live value that is no alarm under the new rule clears it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/note.h"
#include "core/series/gate.h"
#include "core/series/sibling.h"

/* One watch and where it is. */
struct found {
    struct watch *watch;
    struct shared *shared; /* NULL: it is a series' own, */
    struct device *device; /* ... of this device */
    uint32_t series;
};

struct change {
    struct fold *fold;
    const struct plan *old;
    struct plan *plan; /* the new ones */
    uint32_t n_plans;
    uint32_t *now; /* by old plan: the new one of the same rule, or NO_PLAN */
    struct found *found;
    size_t n_found, cap_found;
};

static void add_found(struct change *change, struct found found)
{
    if (change->n_found == change->cap_found) {
        change->cap_found = change->cap_found ? change->cap_found * 2 : 256;
        change->found = xrealloc(change->found, change->cap_found * sizeof(*change->found));
    }
    change->found[change->n_found++] = found;
}

static void find_own(struct change *change, struct device *device, uint32_t index)
{
    const struct series *series = &device->series[index];
    struct watch *watch = watch_first(device, series);
    for (uint32_t i = 0; i < series->n_watches; i++) {
        if (change->old[watch->plan].scope == CW_SCOPE_SERIES)
            add_found(change, (struct found){watch, NULL, device, index});
        watch = watch_next(change->old, watch);
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = ((const struct found *)a)->watch->number;
    uint32_t y = ((const struct found *)b)->watch->number;
    return (x > y) - (x < y);
}

static void find_all(struct change *change)
{
    const struct fold *fold = change->fold;
    struct waiting *waiting;
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        struct device *device = fold->registry.device[i];
        for (uint32_t j = 0; device && j < device->n_series; j++)
            find_own(change, device, j);
    }
    for (uint32_t i = 0; (waiting = map_next(&fold->series->watches->waiting, &i, NULL));) {
        if (waiting->shared)
            add_found(change,
                      (struct found){&waiting->shared->watch, waiting->shared, NULL, 0});
    }
    if (change->n_found)
        qsort(change->found, change->n_found, sizeof(*change->found), by_number);
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

static uint32_t successor_of(const struct change *change, const struct plan *old)
{
    for (uint32_t i = 0; i < change->n_plans; i++) {
        const struct plan *plan = &change->plan[i];
        if (strcmp(plan->rule->name, old->rule->name) == 0)
            return plan->detector == old->detector && plan->scope == old->scope ? i : NO_PLAN;
    }
    return NO_PLAN;
}

/* Whether the watch may live on under the plan. */
static bool fits(const struct plan *plan, const struct outlook *outlook)
{
    if (outlook->metric && plan_slot(plan, CW_INPUT_METRIC, outlook->metric->name) < 0)
        return false;
    if (!rule_pattern_matches(plan->rule->site, str_of(outlook->site->id)))
        return false;
    return !outlook->device ||
           rule_pattern_matches(plan->rule->device, str_of(outlook->device->id));
}

/* A rule that changed: the state is another one from now on. */
static void start_anew(struct watch_table *table, struct watch *watch)
{
    bool told = watch->flags & WATCH_TOLD;
    watch->flags &= (uint8_t) ~(WATCH_ALARM | WATCH_LOOSE);
    watch->flags |= told ? WATCH_LOOSE : 0;
    if (!(watch->flags & WATCH_WAITS))
        return;
    struct waiting *waiting = waiting_find(table, watch->number);
    waiting->deadline_ns = CW_NEVER;
    waiting->limit = 0;
    if (!waiting->shared)
        waiting_settle(table, watch, waiting);
}

static bool is_anew(const struct change *change, const struct watch *watch)
{
    return change->plan[change->now[watch->plan]].rule->fingerprint !=
           change->old[watch->plan].rule->fingerprint;
}

/* The shared watch under its new plan, in its owner's list again. */
static void keep_shared(struct change *change, struct shared *was)
{
    struct fold *fold = change->fold;
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &change->plan[change->now[was->watch.plan]];
    struct device *device =
        was->waiting.device == NO_DEVICE ? NULL : fold->registry.device[was->waiting.device];
    struct owner owner = {.keyed = was->keyed};
    if (was->keyed)
        owner.list = &was->keyed->watch;
    else if (plan->scope == CW_SCOPE_SITE)
        owner.list = &fold->registry.site[was->site]->watch;
    else
        owner.list = &device->watch;
    if (!is_anew(change, &was->watch)) {
        was->watch.plan = (uint16_t)change->now[was->watch.plan];
        was->next = *owner.list;
        *owner.list = was;
        return;
    }
    start_anew(table, &was->watch);
    struct waiting waiting = was->waiting;
    struct watch watch = was->watch;
    const struct site *site = fold->registry.site[was->site];
    uint32_t plan_index = change->now[watch.plan];
    shared_free(table, was);
    struct shared *shared = shared_new(table, watch.number, plan_index, site, device, &owner);
    shared->waiting = waiting;
    shared->waiting.shared = shared;
    shared->watch.flags = watch.flags;
}

/* Ends what has no place under the new plans; what stays is left in change->found. */
static void judge_all(struct change *change)
{
    struct fold *fold = change->fold;
    size_t n = 0;
    for (size_t i = 0; i < change->n_found; i++) {
        struct found *found = &change->found[i];
        uint32_t now = change->now[found->watch->plan];
        struct outlook outlook =
            found->shared ? outlook_of_shared(fold, found->shared)
                          : outlook_of_series(fold, found->device,
                                              found->device->series[found->series].metric);
        if (now != NO_PLAN && fits(&change->plan[now], &outlook)) {
            change->found[n++] = *found;
            continue;
        }
        watch_end(fold, found->watch, &outlook, str_of(note_text(NOTE_RULE_OFF)));
        if (found->shared)
            shared_free(fold->series->watches, found->shared);
    }
    change->n_found = n;
}

static int by_place(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    uint32_t i = x->device->number, j = y->device->number;
    return (i > j) - (i < j);
}

/* The kept own watches of the device, of which the first is *next. */
static uint32_t take_kept(struct change *change, const struct device *device, size_t *next,
                          struct kept **kept)
{
    size_t first = *next;
    while (*next < change->n_found && change->found[*next].device == device)
        ++*next;
    *kept = xcalloc(*next - first + 1, sizeof(**kept));
    for (size_t i = first; i < *next; i++) {
        struct watch *watch = change->found[i].watch;
        bool anew = is_anew(change, watch);
        if (anew)
            start_anew(change->fold->series->watches, watch);
        (*kept)[i - first] = (struct kept){
            .series = change->found[i].series,
            .plan = change->now[watch->plan],
            .number = watch->number,
            .flags = watch->flags,
        };
        if (anew)
            continue;
        const struct plan *plan = &change->old[watch->plan];
        (*kept)[i - first].state_version = plan->detector->state_version;
        (*kept)[i - first].state =
            (struct cw_str){(const char *)watch_state(watch), plan->state_size};
    }
    return (uint32_t)(*next - first);
}

static void rebuild_all(struct change *change)
{
    struct fold *fold = change->fold;
    size_t next = 0;
    if (change->n_found)
        qsort(change->found, change->n_found, sizeof(*change->found), by_place);
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        struct device *device = fold->registry.device[i];
        struct kept *kept;
        if (!device)
            continue;
        uint32_t n = take_kept(change, device, &next, &kept);
        watch_match(fold, fold->registry.site[device->site], device, kept, n);
        free(kept);
    }
}

/* Lists are in the order in which watches were hung up again. */
static void keep_all_shared(struct change *change)
{
    size_t n = 0;
    empty_lists(change->fold);
    for (size_t i = 0; i < change->n_found; i++) {
        if (change->found[i].shared)
            keep_shared(change, change->found[i].shared);
        else
            change->found[n++] = change->found[i];
    }
    change->n_found = n;
}

void watch_configure(struct fold *fold)
{
    struct watch_table *table = fold->series->watches;
    struct change change = {.fold = fold, .old = table->plan};
    struct plan *old = table->plan;
    change.plan = plans_of(fold->rules, &change.n_plans);
    change.now = xcalloc(table->n_plans + 1, sizeof(*change.now));
    for (uint32_t i = 0; i < table->n_plans; i++)
        change.now[i] = successor_of(&change, &old[i]);
    find_all(&change);
    judge_all(&change);
    /* The table has the new plans only now: ending a watch asks for its old rule. */
    table->plan = change.plan;
    table->n_plans = change.n_plans;
    keep_all_shared(&change);
    rebuild_all(&change);
    sibling_configure(fold);
    gate_configure(fold);
    free(change.found);
    free(change.now);
    free(old);
}
