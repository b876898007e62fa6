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
#include "core/series/gate.h"
#include "core/series/supervision.h"

/* Whom an alarm of a room is about: its one resident, or one bed; else the room alone. */
static void of_room(const struct outlook *outlook, struct alarm_desc *desc)
{
    struct cw_str room = str_of(outlook->keyed->key + sizeof("room:") - 1);
    const char *resident = "", *bed = "";
    bool several = false, beds = false;
    const struct device *device = outlook->site->first_device;
    for (; device; device = device->next_of_site) {
        if (!str_is(room, device->room))
            continue;
        several |= *resident && *device->resident && strcmp(resident, device->resident) != 0;
        beds |= *bed && *device->bed && strcmp(bed, device->bed) != 0;
        resident = *device->resident ? device->resident : resident;
        bed = *device->bed ? device->bed : bed;
    }
    desc->resident = str_of(several ? "" : resident);
    desc->bed = str_of(several || beds ? "" : bed);
}

static void tell(struct fold *fold, struct watch *watch, const struct outlook *outlook,
                 const struct observed *observed, double value, double limit,
                 bool count_repeats)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    char room[MAX_ALARM_SUBJECT];
    struct alarm_desc desc = {
        .rule = plan->rule,
        .subject = outlook_subject(outlook, room),
        .site = str_of(outlook->site->id),
        .district = str_of(outlook->site->district),
        .value = value,
        .limit = limit,
        .device_ns = observed->sample.sample_ns,
        .delayed = observed->late,
        .count_repeats = count_repeats,
    };
    if (plan->scope != CW_SCOPE_SITE && outlook->device) {
        desc.device = str_of(outlook->device->id);
        desc.resident = str_of(outlook->device->resident);
        desc.bed = str_of(outlook->device->bed);
    }
    const char *key = outlook->keyed ? outlook->keyed->key : "";
    if (str_starts(str_of(key), "resident:"))
        desc.resident = str_of(key + sizeof("resident:") - 1);
    if (str_starts(str_of(key), "bed:"))
        desc.bed = str_of(key + sizeof("bed:") - 1);
    if (str_starts(str_of(key), "room:"))
        of_room(outlook, &desc);
    alarm_raise(fold, &desc);
    watch->flags |= WATCH_TOLD;
}

static void untell(struct fold *fold, struct watch *watch, const struct outlook *outlook)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    char room[MAX_ALARM_SUBJECT];
    alarm_clear_key(fold, plan->rule, outlook_subject(outlook, room));
    watch->flags &= (uint8_t) ~(WATCH_TOLD | WATCH_LOOSE);
}

static void set_level(struct watch_table *table, struct watch *watch,
                      const struct cw_verdict *verdict, uint32_t device)
{
    bool alarm = verdict->level == CW_ALARM;
    watch->flags &= (uint8_t) ~(alarm ? WATCH_LOOSE : WATCH_ALARM);
    if (alarm) {
        watch->flags |= WATCH_ALARM;
        waiting_of(table, watch, device)->limit = verdict->limit;
    } else if (watch->flags & WATCH_WAITS) {
        waiting_of(table, watch, device)->limit = 0;
    }
}

/* What follows from the level after a sample or a deadline. */
static void follow(struct fold *fold, struct watch *watch, const struct outlook *outlook,
                   const struct cw_verdict *verdict, const struct observed *observed)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[watch->plan];
    uint32_t device = outlook->device ? outlook->device->number : NO_DEVICE;
    if (verdict)
        set_level(table, watch, verdict, device);
    bool may_tell = !observed->late || plan->rule->pages_late;
    bool told = watch->flags & WATCH_TOLD;
    if (watch->flags & WATCH_ALARM) {
        bool again = verdict && observed->is_event;
        bool wants = may_tell && (!told || again);
        if (wants && plan->has_gate && gate_of(fold, watch->plan, outlook))
            fold->counters.n_held_back += verdict != NULL;
        else if (wants)
            tell(fold, watch, outlook, observed,
                 verdict ? verdict->value : observed->sample.value,
                 waiting_of(table, watch, device)->limit, observed->is_event);
    } else if (told && (verdict || (watch->flags & WATCH_LOOSE && !observed->late))) {
        untell(fold, watch, outlook);
    }
}

static void set_deadline(struct fold *fold, const struct watch *watch, struct waiting *waiting,
                         int64_t deadline_ns)
{
    waiting->deadline_ns = deadline_ns;
    if (deadline_ns != CW_NEVER)
        timer_arm(&fold->timers, &waiting->timer, TIMER_WATCH, watch->number, deadline_ns);
}

/* A value behind newer ones: a fresh state looks at it alone. */
static void observe_old(struct fold *fold, struct watch *watch, uint32_t slot,
                        const struct outlook *outlook, const struct observed *observed)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[watch->plan];
    struct cw_verdict verdict;
    int32_t spoke = 0;
    if (!plan->rule->pages_late || plan->against_siblings || watch->flags & WATCH_TOLD)
        return;
    plan->detector->reset(plan->self, table->scratch);
    plan->step(plan->self, table->scratch, slot, &observed->sample, &verdict, &spoke);
    if (!spoke || verdict.level != CW_ALARM)
        return;
    tell(fold, watch, outlook, observed, verdict.value, verdict.limit, false);
    watch->flags |= WATCH_LOOSE;
}

static void mark_late(struct watch *watch, bool late)
{
    watch->flags = (uint8_t)((watch->flags & ~WATCH_LATE) | (late ? WATCH_LATE : 0));
}

static void wait_on(struct fold *fold, struct watch *watch, const struct observed *observed,
                    int64_t deadline_ns)
{
    struct waiting *waiting =
        waiting_of(fold->series->watches, watch, observed->device->number);
    waiting->sample_ns = observed->sample.sample_ns;
    if (deadline_ns != waiting->deadline_ns)
        set_deadline(fold, watch, waiting, deadline_ns);
}

/* The sample as the watch is to see it. */
static const struct cw_sample *gated(struct fold *fold, const struct watch *watch,
                                     const struct outlook *outlook,
                                     const struct observed *observed, struct cw_sample *room)
{
    *room = observed->sample;
    room->idle = gate_of(fold, watch->plan, outlook) != 0;
    return room;
}

/* The sample as its distance to what its siblings show. False: they show too little. */
static bool compared(const struct cw_sample *sample, struct cw_sample *room)
{
    if (isnan(sample->siblings))
        return false;
    *room = *sample;
    room->value -= sample->siblings;
    return true;
}

/* A watch of scope SERIES. */
static void observe(struct fold *fold, struct watch *watch, const struct plan *plan,
                    const struct metric *metric, const struct observed *observed)
{
    struct cw_verdict verdict;
    struct cw_sample room;
    const struct cw_sample *sample = &observed->sample;
    int32_t spoke = 0;
    if (plan->has_gate) {
        struct outlook outlook = outlook_of_series(fold, observed->device, metric);
        sample = gated(fold, watch, &outlook, observed, &room);
    }
    if (plan->against_siblings) {
        if (!compared(sample, &room))
            return;
        sample = &room;
    }
    int64_t deadline_ns =
        plan->step(plan->self, watch_state(watch), watch->slot, sample, &verdict, &spoke);
    mark_late(watch, observed->late);
    if (deadline_ns != CW_NEVER || watch->flags & WATCH_WAITS)
        wait_on(fold, watch, observed, deadline_ns);
    bool normal = !spoke || verdict.level == CW_NORMAL;
    if (normal && !(watch->flags & (WATCH_TOLD | WATCH_ALARM | WATCH_WAITS)))
        return;
    struct outlook outlook = outlook_of_series(fold, observed->device, metric);
    if (spoke || watch->flags & (WATCH_TOLD | WATCH_ALARM))
        follow(fold, watch, &outlook, spoke ? &verdict : NULL, observed);
    if (!(watch->flags & WATCH_WAITS))
        return;
    struct waiting *waiting = waiting_find(fold->series->watches, watch->number);
    waiting->sample_ns = observed->sample.sample_ns;
    waiting_settle(fold->series->watches, watch, waiting);
}

/* One of a wider scope. */
static void observe_shared(struct fold *fold, struct shared *shared, uint32_t slot,
                           const struct observed *observed)
{
    struct watch *watch = &shared->watch;
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    struct cw_verdict verdict;
    struct cw_sample room;
    const struct cw_sample *sample = &observed->sample;
    int32_t spoke = 0;
    shared->waiting.device = observed->device->number;
    if (plan->has_gate) {
        struct outlook outlook = outlook_of_shared(fold, shared);
        sample = gated(fold, watch, &outlook, observed, &room);
    }
    int64_t deadline_ns =
        plan->step(plan->self, watch_state(watch), slot, sample, &verdict, &spoke);
    mark_late(watch, observed->late);
    wait_on(fold, watch, observed, deadline_ns);
    if (!spoke && !(watch->flags & (WATCH_TOLD | WATCH_ALARM)))
        return;
    struct outlook outlook = outlook_of_shared(fold, shared);
    follow(fold, watch, &outlook, spoke ? &verdict : NULL, observed);
}

static void observe_shared_old(struct fold *fold, struct shared *shared, uint32_t slot,
                               const struct observed *observed)
{
    struct outlook outlook = outlook_of_shared(fold, shared);
    outlook.device = observed->device;
    bool was_told = shared->watch.flags & WATCH_TOLD;
    observe_old(fold, &shared->watch, slot, &outlook, observed);
    if (!was_told && shared->watch.flags & WATCH_TOLD)
        shared->waiting.device = observed->device->number;
}

void watch_observe(struct fold *fold, const struct series *series, const struct observed *seen)
{
    struct cw_own room;
    struct observed with_own;
    const struct observed *observed = seen;
    const struct cw_own *of = own_limits_any(&fold->own)
                                  ? own_of(fold, seen->device, series->metric->name, &room)
                                  : NULL;
    if (of) {
        with_own = *seen;
        with_own.sample.own = of;
        observed = &with_own;
    }
    const struct plan *plans = fold->series->watches->plan;
    struct watch *watch = watch_first(observed->device, series);
    for (uint32_t i = 0; i < series->n_watches; i++, watch = watch_next(plans, watch)) {
        const struct plan *plan = &plans[watch->plan];
        bool own = plan->scope == CW_SCOPE_SERIES;
        if (own && !observed->old_value) {
            observe(fold, watch, plan, series->metric, observed);
        } else if (own) {
            struct outlook outlook = outlook_of_series(fold, observed->device, series->metric);
            observe_old(fold, watch, watch->slot, &outlook, observed);
        } else if (!observed->old_value) {
            observe_shared(fold, watch_tapped(watch), watch->slot, observed);
        } else {
            observe_shared_old(fold, watch_tapped(watch), watch->slot, observed);
        }
    }
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
            watch_owner(fold, plan, observed->site, observed->device, resident, bed);
        struct shared *shared = shared_of(&owner, i);
        if (!shared)
            shared = shared_new(table, watch_number_take(table), i, observed->site,
                                observed->device, &owner);
        observe_shared(fold, shared, (uint32_t)slot, observed);
    }
}

/* ---- deadlines ---- */

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

/* Its deadline was reached, or was put off. */
static void due(struct fold *fold, struct watch *watch, struct waiting *waiting,
                const struct outlook *outlook)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    if (!plan->detector->due)
        return;
    if (must_wait_for_link(fold, plan) && waiting->deadline_ns <= fold->now_ns)
        waiting->deadline_ns = fold->now_ns + SUPERVISION_DRAIN_NS;
    if (waiting->deadline_ns > fold_due_ns(fold)) {
        set_deadline(fold, watch, waiting, waiting->deadline_ns);
        return;
    }
    if (plan->has_gate && gate_of(fold, watch->plan, outlook))
        return; /* watch_resume() goes on from here */
    struct cw_verdict verdict;
    int32_t spoke = 0;
    int64_t deadline_ns =
        plan->detector->due(plan->self, watch_state(watch), fold->now_ns, &verdict, &spoke);
    set_deadline(fold, watch, waiting, deadline_ns);
    struct observed observed = {
        .sample = {.value = (double)NAN,
                   .sample_ns = waiting->sample_ns,
                   .arrived_ns = fold->now_ns},
        .late = watch->flags & WATCH_LATE,
    };
    if (spoke)
        follow(fold, watch, outlook, &verdict, &observed);
}

void watch_due(struct fold *fold, const struct timer_entry *entry)
{
    struct watch_table *table = fold->series->watches;
    uint32_t number = (uint32_t)entry->owner;
    struct waiting *waiting = waiting_find(table, number);
    if (!waiting || !timer_fired(&waiting->timer, entry))
        return;
    if (waiting->shared) {
        struct outlook outlook = outlook_of_shared(fold, waiting->shared);
        if (waiting->deadline_ns != CW_NEVER)
            due(fold, &waiting->shared->watch, waiting, &outlook);
        return;
    }
    const struct device *device = fold->registry.device[waiting->device];
    const struct series *series;
    struct watch *watch = watch_numbered(fold, device, number, &series);
    if (!watch)
        BUG("nobody waits as number %u", number);
    struct outlook outlook = outlook_of_series(fold, device, series->metric);
    if (waiting->deadline_ns != CW_NEVER)
        due(fold, watch, waiting, &outlook);
    waiting_settle(table, watch, waiting);
}

/* ---- in force again ---- */

void watch_resume(struct fold *fold, struct watch *watch, const struct outlook *outlook,
                  uint32_t why)
{
    struct watch_table *table = fold->series->watches;
    const struct plan *plan = &table->plan[watch->plan];
    struct waiting *waiting = waiting_find(table, watch->number);
    struct cw_verdict verdict;
    int32_t spoke = 0;
    int64_t deadline_ns = waiting ? waiting->deadline_ns : CW_NEVER;
    if (plan->detector->resume)
        deadline_ns = plan->detector->resume(plan->self, watch_state(watch), why, fold->now_ns,
                                             &verdict, &spoke);
    if (!waiting && deadline_ns != CW_NEVER)
        waiting = waiting_of(table, watch, outlook->device->number);
    if (waiting)
        set_deadline(fold, watch, waiting, deadline_ns);
    struct observed observed = {
        .sample = {.value = (double)NAN,
                   .sample_ns = waiting ? waiting->sample_ns : 0,
                   .arrived_ns = fold->now_ns},
        .late = watch->flags & WATCH_LATE,
    };
    if (spoke || watch->flags & WATCH_ALARM)
        follow(fold, watch, outlook, spoke ? &verdict : NULL, &observed);
    if (waiting && !waiting->shared)
        waiting_settle(table, watch, waiting);
}
