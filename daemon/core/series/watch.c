/*
 * watch.c - from a value to its alarm: detector step, verdict, change of level.
 *
 * A late value of a series that has newer ones is judged on its own, by a fresh state, so
 * that the live state never goes back in time. A late value that is the newest (a backlog)
 * moves the live state, but tells nobody unless the rule pages late; what still holds when
 * the backlog ends is told then.
 */
#include "core/series/watch.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/supervision.h"

static void tell(struct fold *fold, struct watch *watch, double value,
                 const struct observed *observed, bool count_repeats)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    const struct site *site = fold->registry.site[watch->site];
    const struct device *device =
        watch->device == NO_DEVICE ? NULL : fold->registry.device[watch->device];
    char room[MAX_ALARM_SUBJECT];
    struct alarm_desc desc = {
        .rule = plan->rule,
        .subject = watch_subject(fold, watch, room),
        .site = str_of(site->id),
        .district = str_of(site->district),
        .value = value,
        .limit = watch->limit,
        .device_ns = observed->sample.sample_ns,
        .delayed = observed->late,
        .count_repeats = count_repeats,
    };
    if (plan->scope != CW_SCOPE_SITE && device) {
        desc.device = str_of(device->id);
        desc.resident = str_of(device->resident);
        desc.bed = str_of(device->bed);
    }
    if (watch->keyed && str_starts(str_of(watch->keyed->key), "resident:"))
        desc.resident = str_of(watch->keyed->key + sizeof("resident:") - 1);
    if (watch->keyed && str_starts(str_of(watch->keyed->key), "bed:"))
        desc.bed = str_of(watch->keyed->key + sizeof("bed:") - 1);
    alarm_raise(fold, &desc);
    watch->told = true;
}

static void untell(struct fold *fold, struct watch *watch)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    char room[MAX_ALARM_SUBJECT];
    alarm_clear_key(fold, plan->rule, watch_subject(fold, watch, room));
    watch->told = false;
    watch->loose = false;
}

/* What follows from the level after a sample or a deadline. */
static void follow(struct fold *fold, struct watch *watch, const struct cw_verdict *verdict,
                   const struct observed *observed)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    if (verdict) {
        watch->level = (uint8_t)verdict->level;
        watch->limit = verdict->limit;
        if (verdict->level == CW_ALARM)
            watch->loose = false;
    }
    bool may_tell = !observed->late || plan->rule->pages_late;
    if (watch->level == CW_ALARM) {
        bool again = verdict && observed->is_event;
        if (may_tell && (!watch->told || again))
            tell(fold, watch, verdict ? verdict->value : observed->sample.value, observed,
                 observed->is_event);
    } else if (watch->told && (verdict || (watch->loose && !observed->late))) {
        untell(fold, watch);
    }
}

static void set_deadline(struct fold *fold, struct watch *watch, int64_t deadline_ns)
{
    watch->deadline_ns = deadline_ns;
    if (deadline_ns != CW_NEVER)
        timer_arm(&fold->timers, &watch->timer, TIMER_WATCH, watch->number, deadline_ns);
}

/* A value behind newer ones: a fresh state looks at it alone. */
static void observe_old(struct fold *fold, struct watch *watch, uint32_t slot,
                        const struct observed *observed)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[watch->plan];
    struct cw_verdict verdict;
    int32_t spoke = 0;
    if (!plan->rule->pages_late || watch->told)
        return;
    plan->detector->reset(plan->rule->self, table->scratch);
    plan->detector->step(plan->rule->self, table->scratch, slot, &observed->sample, &verdict,
                         &spoke);
    if (!spoke || verdict.level != CW_ALARM)
        return;
    watch->limit = verdict.limit;
    watch->device = observed->device->number;
    tell(fold, watch, verdict.value, observed, false);
    watch->loose = true;
}

void watch_observe(struct fold *fold, struct watch *watch, uint32_t slot,
                   const struct observed *observed)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    struct cw_verdict verdict;
    int32_t spoke = 0;
    if (observed->old_value) {
        observe_old(fold, watch, slot, observed);
        return;
    }
    int64_t deadline_ns = plan->detector->step(plan->rule->self, watch->state, slot,
                                               &observed->sample, &verdict, &spoke);
    watch->device = observed->device->number;
    watch->sample_ns = observed->sample.sample_ns;
    watch->late = observed->late;
    if (deadline_ns != watch->deadline_ns)
        set_deadline(fold, watch, deadline_ns);
    if (spoke || watch->told || watch->level != CW_NORMAL)
        follow(fold, watch, spoke ? &verdict : NULL, observed);
}

/* While we are deaf, silence proves nothing; but a call or an alarm of smoke goes on. */
static bool must_wait_for_link(const struct fold *fold, const struct plan *plan)
{
    if (fold->linked || plan->rule->pages_late)
        return false;
    for (uint32_t i = 0; i < plan->n_inputs; i++) {
        if (plan->input[i].kind == CW_INPUT_EVENT)
            return false;
    }
    return true;
}

void watch_due(struct fold *fold, const struct timer_entry *entry)
{
    struct watch_table *table = fold->series->watches;
    struct watch *watch =
        entry->owner < table->n_numbers ? table->by_number[entry->owner] : NULL;
    if (!watch || !timer_fired(&watch->timer, entry) || watch->deadline_ns == CW_NEVER)
        return;
    const struct plan *plan = &table->plan[watch->plan];
    if (!plan->detector->due)
        return;
    if (must_wait_for_link(fold, plan) && watch->deadline_ns <= fold->now_ns)
        watch->deadline_ns = fold->now_ns + SUPERVISION_DRAIN_NS;
    if (watch->deadline_ns > fold->now_ns) {
        set_deadline(fold, watch, watch->deadline_ns);
        return;
    }
    struct cw_verdict verdict;
    int32_t spoke = 0;
    int64_t deadline_ns =
        plan->detector->due(plan->rule->self, watch->state, fold->now_ns, &verdict, &spoke);
    set_deadline(fold, watch, deadline_ns);
    struct observed observed = {
        .sample = {.value = NAN, .sample_ns = watch->sample_ns, .arrived_ns = fold->now_ns},
        .late = watch->late,
    };
    if (spoke)
        follow(fold, watch, &verdict, &observed);
}

/* ---- birth ---- */

/* The tap of the old list that a watch of its own hangs on, taken out of it; or NULL. */
static struct tap *take_tap(struct tap **list, uint32_t plan_index)
{
    for (; *list; list = &(*list)->next) {
        struct tap *tap = *list;
        if (tap->watch->plan != plan_index)
            continue;
        *list = tap->next;
        return tap;
    }
    return NULL;
}

static struct tap *tap_new(struct fold *fold, uint32_t plan_index, struct site *site,
                           struct device *device, struct series *series)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[plan_index];
    if (plan->scope == CW_SCOPE_SERIES) {
        struct watch *watch = watch_new(table, plan_index, site, device, NULL);
        watch->metric = series->metric;
        watch->own.watch = watch;
        return &watch->own;
    }
    struct tap *tap = xcalloc(1, sizeof(*tap));
    struct owner owner = watch_owner(fold, plan->scope, site, device, CW_STR(""), CW_STR(""));
    tap->watch = watch_of(&owner, plan_index);
    if (!tap->watch)
        tap->watch = watch_new(table, plan_index, site, device, &owner);
    return tap;
}

void watch_match(struct fold *fold, struct site *site, struct device *device,
                 struct series *series)
{
    const struct watch_table *table = fold->series->watches;
    struct tap *old = series->tap;
    struct tap **tail = &series->tap;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        const struct plan *plan = &table->plan[i];
        int slot = plan_slot(plan, CW_INPUT_METRIC, series->metric->name);
        if (slot < 0 || !plan_matches(plan, site, device))
            continue;
        if (strcmp(plan->input[slot].name, "*") == 0 && series->metric->type != CW_F64)
            continue;
        struct tap *tap = take_tap(&old, i);
        if (!tap)
            tap = tap_new(fold, i, site, device, series);
        tap->slot = (uint32_t)slot;
        *tail = tap;
        tail = &tap->next;
    }
    *tail = NULL;
    if (old)
        BUG("a watch of rule \"%s\" has lost its rule",
            table->plan[old->watch->plan].rule->name);
}

void watch_event(struct fold *fold, struct cw_str type, struct cw_str resident,
                 struct cw_str bed, const struct observed *observed)
{
    struct watch_table *table = fold->series->watches;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        const struct plan *plan = &table->plan[i];
        int slot = plan_slot(plan, CW_INPUT_EVENT, type);
        if (slot < 0 || !plan_matches(plan, observed->site, observed->device))
            continue;
        struct owner owner =
            watch_owner(fold, plan->scope, observed->site, observed->device, resident, bed);
        struct watch *watch = watch_of(&owner, i);
        if (!watch)
            watch = watch_new(table, i, observed->site, observed->device, &owner);
        watch_observe(fold, watch, (uint32_t)slot, observed);
    }
}
