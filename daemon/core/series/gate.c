/*
 * gate.c - see gate.h. One timer for all: it fires when the next schedule begins or the next
 * fact is over; who waited is found from the plan or from the place.
 */
#include "core/series/gate.h"

#include <string.h>

#include "core/alarm/schedule.h"
#include "core/series/context.h"

/* How long the rule believes a fact. */
static int64_t end_of(const struct rule *rule, const struct fact *fact)
{
    int64_t end_ns = rule->unless_for_ns ? fact->since_ns + rule->unless_for_ns : INT64_MAX;
    return fact->until_ns < end_ns ? fact->until_ns : end_ns;
}

static const struct fact *holding(const struct rule *rule, const struct keyed *place,
                                  int64_t now_ns)
{
    for (uint32_t i = 0; place && place->fact && i < rule->n_unless; i++) {
        const struct fact *fact = context_fact(place, &rule->unless[i], now_ns);
        if (fact && now_ns < end_of(rule, fact))
            return fact;
    }
    return NULL;
}

/* What is so for anybody or anything in the room. */
static const struct fact *fact_of_room(const struct fold *fold, const struct rule *rule,
                                       const struct outlook *outlook)
{
    const struct fact *fact = NULL;
    struct cw_str room = str_of(outlook->keyed->key + sizeof("room:") - 1);
    const struct device *device = outlook->site->first_device;
    for (; device && !fact; device = device->next_of_site) {
        if (str_is(room, device->room))
            fact =
                holding(rule, watch_place(fold, outlook->site, device, CW_STR(""), CW_STR("")),
                        fold->now_ns);
    }
    return fact;
}

static const struct fact *fact_against(const struct fold *fold, const struct rule *rule,
                                       const struct outlook *outlook)
{
    const struct site *site = outlook->site;
    const struct device *device = outlook->device;
    const struct keyed *place = outlook->keyed;
    if (outlook->scope == CW_SCOPE_SITE)
        return holding(rule, watch_place_of_site(fold, site), fold->now_ns);
    if (!place && device)
        place = watch_place(fold, site, device, CW_STR(""), CW_STR(""));
    const struct fact *fact = place && str_starts(str_of(place->key), "room:")
                                  ? fact_of_room(fold, rule, outlook)
                                  : holding(rule, place, fold->now_ns);
    if (!fact && place && device && str_starts(str_of(place->key), "bed:"))
        fact = holding(rule,
                       watch_place(fold, site, device, CW_STR(""),
                                   str_of(place->key + sizeof("bed:") - 1)),
                       fold->now_ns);
    if (!fact && site->kind == SITE_HOME)
        fact = holding(rule, watch_place_of_site(fold, site), fold->now_ns);
    return fact;
}

/* A schedule holds or not until it changes; remembered, for it is asked per sample. */
static bool within_when(const struct fold *fold, struct plan *plan)
{
    if (fold->now_ns < plan->when_from_ns || fold->now_ns >= plan->when_until_ns) {
        const struct rule *rule = plan->rule;
        plan->when_holds = schedule_covers(rule->when, &fold->rules->zone, fold->now_ns);
        plan->when_from_ns = fold->now_ns;
        plan->when_until_ns = schedule_next_ns(rule->when, &fold->rules->zone, fold->now_ns);
    }
    return plan->when_holds;
}

uint32_t gate_reason(const struct fold *fold, uint32_t plan_index,
                     const struct outlook *outlook, const struct term **term, int64_t *until_ns)
{
    struct plan *plan = &fold->series->watches->plan[plan_index];
    *term = NULL;
    *until_ns = INT64_MAX;
    if (plan->rule->when && !within_when(fold, plan)) {
        *until_ns = plan->when_until_ns;
        return CW_RESUME_WHEN;
    }
    const struct fact *fact =
        plan->rule->n_unless ? fact_against(fold, plan->rule, outlook) : NULL;
    if (!fact)
        return 0;
    *term = &fact->term;
    *until_ns = end_of(plan->rule, fact);
    return CW_RESUME_UNLESS;
}

uint32_t gate_of(const struct fold *fold, uint32_t plan, const struct outlook *outlook)
{
    const struct term *term;
    int64_t until_ns;
    return gate_reason(fold, plan, outlook, &term, &until_ns);
}

/* Its last value, as long as it says anything. */
static bool excused_by_value(const struct device *device, const struct term *term,
                             int64_t now_ns, int64_t *until_ns)
{
    const struct series *series = series_find(device, str_of(term->name));
    if (!series || series->n_values == 0 || series->metric->type == CW_TEXT)
        return false;
    *until_ns = device->heard_ns + CONTEXT_METRIC_LASTS_NS;
    return term_holds(term, series->last.number, series->last.number) && now_ns < *until_ns;
}

bool gate_excuses(struct fold *fold, const struct rule *rule, const struct site *site,
                  const struct device *device, int64_t *until_ns)
{
    if (rule->n_unless == 0)
        return false;
    const struct outlook outlook = {.site = site, .device = device, .scope = CW_SCOPE_DEVICE};
    for (uint32_t i = 0; i < rule->n_unless; i++) {
        const struct term *term = &rule->unless[i];
        if (!term_is_event(term)) {
            if (excused_by_value(device, term, fold->now_ns, until_ns))
                return true;
            continue;
        }
        struct rule one = *rule;
        one.unless = term;
        one.n_unless = 1;
        const struct fact *fact = fact_against(fold, &one, &outlook);
        if (fact) {
            *until_ns = end_of(rule, fact);
            return true;
        }
    }
    return false;
}

/* ---- in force again ---- */

/* Which watches a change is about. */
struct over {
    uint32_t why;            /* enum cw_resume */
    uint32_t plan;           /* WHEN: of this plan */
    const struct keyed *at;  /* UNLESS: a fact of this place is over, */
    const struct term *term; /* this one; NULL: those that end */
    int64_t from_ns, to_ns;  /* ... in this time */
};

static bool waited_for(const struct rule *rule, const struct over *over)
{
    for (uint32_t i = 0; i < rule->n_unless; i++) {
        const struct term *term = &rule->unless[i];
        if (over->term && term->kind == over->term->kind &&
            strcmp(term->name, over->term->name) == 0)
            return true;
        /* Asked as if it were long ago: a fact that is over is still there. */
        const struct fact *fact = over->term ? NULL : context_fact(over->at, term, INT64_MIN);
        if (fact && end_of(rule, fact) > over->from_ns && end_of(rule, fact) <= over->to_ns)
            return true;
    }
    return false;
}

static void release(struct fold *fold, struct watch *watch, const struct outlook *outlook,
                    const struct over *over)
{
    const struct plan *plan = &fold->series->watches->plan[watch->plan];
    bool concerned =
        over->why == CW_RESUME_WHEN ? watch->plan == over->plan : waited_for(plan->rule, over);
    if (concerned && gate_of(fold, watch->plan, outlook) == 0)
        watch_resume(fold, watch, outlook, over->why);
}

static void release_list(struct fold *fold, struct shared *shared, const struct over *over)
{
    for (; shared; shared = shared->next) {
        struct outlook outlook = outlook_of_shared(fold, shared);
        release(fold, &shared->watch, &outlook, over);
    }
}

static void release_device(struct fold *fold, struct device *device, const struct over *over)
{
    const struct plan *plans = fold->series->watches->plan;
    release_list(fold, device->watch, over);
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        struct outlook outlook = outlook_of_series(fold, device, series->metric);
        struct watch *watch = watch_first(device, series);
        for (uint32_t k = 0; k < series->n_watches; k++, watch = watch_next(plans, watch)) {
            if (plans[watch->plan].scope == CW_SCOPE_SERIES)
                release(fold, watch, &outlook, over);
        }
    }
}

/* A schedule begins: seldom, so all are asked. */
static void release_plan(struct fold *fold, uint32_t plan)
{
    struct over over = {.why = CW_RESUME_WHEN, .plan = plan};
    struct keyed *place;
    for (uint32_t i = 0; i < fold->registry.n_devices; i++) {
        if (fold->registry.device[i])
            release_device(fold, fold->registry.device[i], &over);
    }
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        release_list(fold, fold->registry.site[i]->watch, &over);
    for (uint32_t i = 0; (place = map_next(&fold->series->watches->keyed, &i, NULL));)
        release_list(fold, place->watch, &over);
}

static void release_place(struct fold *fold, const struct over *over)
{
    const struct keyed *place = over->at;
    struct site *site = fold->registry.site[place->site];
    bool whole_site = place == watch_place_of_site(fold, site);
    bool whole_home = whole_site && site->kind == SITE_HOME;
    release_list(fold, whole_site ? site->watch : place->watch, over);
    for (struct device *device = site->first_device; device; device = device->next_of_site) {
        struct keyed *of = watch_place(fold, site, device, CW_STR(""), CW_STR(""));
        if (of != place && !whole_home)
            continue;
        release_device(fold, device, over);
        const struct keyed *room = watch_place_of_room(fold, site, device);
        if (room)
            release_list(fold, room->watch, over);
        const struct keyed *bed = watch_place_of_bed(fold, site, device);
        if (bed && bed != place)
            release_list(fold, bed->watch, over);
        if (whole_home && of)
            release_list(fold, of->watch, over);
    }
}

void gate_released(struct fold *fold, struct keyed *place, const struct term *term)
{
    struct over over = {.why = CW_RESUME_UNLESS, .at = place, .term = term};
    release_place(fold, &over);
}

/* ---- by time ---- */

void gate_arm(struct fold *fold, int64_t due_ns)
{
    if (due_ns != INT64_MAX)
        timer_arm(&fold->timers, &fold->series->watches->gate_timer, TIMER_GATE, 0, due_ns);
}

int64_t gate_end_ns(const struct fold *fold, const struct fact *fact, int64_t after_ns)
{
    const struct ruleset *rules = fold->rules;
    int64_t next_ns = fact->until_ns > after_ns ? fact->until_ns : INT64_MAX;
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        if (rules->rule[i].unless_for_ns == 0)
            continue;
        int64_t end_ns = end_of(&rules->rule[i], fact);
        if (end_ns > after_ns && end_ns < next_ns)
            next_ns = end_ns;
    }
    return next_ns;
}

static int64_t next_of_place(const struct fold *fold, const struct keyed *place,
                             int64_t after_ns)
{
    int64_t next_ns = INT64_MAX;
    for (const struct fact *fact = place->fact; fact; fact = fact->next) {
        int64_t end_ns = gate_end_ns(fold, fact, after_ns);
        next_ns = end_ns < next_ns ? end_ns : next_ns;
    }
    return next_ns;
}

int64_t gate_next_ns(const struct fold *fold)
{
    struct watch_table *table = fold->series->watches;
    const struct keyed *place;
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        struct plan *plan = &table->plan[i];
        if (plan->rule->when) {
            (void)within_when(fold, plan);
            next_ns = plan->when_until_ns < next_ns ? plan->when_until_ns : next_ns;
        }
    }
    for (uint32_t i = 0; (place = map_next(&table->keyed, &i, NULL));) {
        int64_t end_ns = next_of_place(fold, place, fold->now_ns);
        next_ns = end_ns < next_ns ? end_ns : next_ns;
    }
    return next_ns;
}

void gate_due(struct fold *fold, const struct timer_entry *entry)
{
    struct watch_table *table = fold->series->watches;
    struct over over = {
        .why = CW_RESUME_UNLESS, .from_ns = table->gates_ns, .to_ns = fold->now_ns};
    struct keyed *place;
    if (!timer_fired(&table->gate_timer, entry))
        return;
    table->gates_ns = fold->now_ns;
    for (uint32_t i = 0; i < table->n_plans; i++) {
        struct plan *plan = &table->plan[i];
        if (plan->rule->when && within_when(fold, plan) &&
            !schedule_covers(plan->rule->when, &fold->rules->zone, over.from_ns))
            release_plan(fold, i);
    }
    for (uint32_t i = 0; (place = map_next(&table->keyed, &i, NULL));) {
        if (next_of_place(fold, place, over.from_ns) > fold->now_ns)
            continue;
        over.at = place;
        release_place(fold, &over);
        context_expire(place, fold->now_ns);
    }
    gate_arm(fold, gate_next_ns(fold));
}

void gate_configure(struct fold *fold)
{
    fold->series->watches->gates_ns = fold->now_ns;
    context_mark_metrics(fold);
    gate_arm(fold, gate_next_ns(fold));
}

void gate_loaded(struct fold *fold)
{
    context_mark_metrics(fold);
    gate_arm(fold, gate_next_ns(fold));
}
