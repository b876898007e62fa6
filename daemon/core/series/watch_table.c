/*
 * watch_table.c - where watches live: plans, numbers, the lists of their owners, their
 * birth and end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/context.h"

/* For the watches of one device's series; far more than they can take. */
#define MAX_ROOM (1u << 30)

struct watch_table *watch_table_new(void)
{
    struct watch_table *table = xcalloc(1, sizeof(*table));
    map_init(&table->keyed);
    map_init(&table->waiting);
    buf_init(&table->room, MAX_ROOM);
    return table;
}

void watch_table_free(struct watch_table *table)
{
    if (!table)
        return;
    struct keyed *keyed;
    struct waiting *waiting;
    for (uint32_t i = 0; (keyed = map_next(&table->keyed, &i, NULL));) {
        context_free(keyed);
        free(keyed);
    }
    for (uint32_t i = 0; (waiting = map_next(&table->waiting, &i, NULL));)
        free(waiting->shared ? (void *)waiting->shared : waiting);
    map_done(&table->keyed);
    map_done(&table->waiting);
    buf_done(&table->room);
    free(table->free_number);
    free(table->plan);
    free(table);
}

static void plan_init(struct plan *plan, const struct rule *rule)
{
    const struct cw_detector *detector = rule->plugin->ops.detector;
    *plan = (struct plan){.step = detector->step,
                          .self = rule->self,
                          .rule = rule,
                          .detector = detector,
                          .scope = detector->scope,
                          .against_siblings = rule->against_siblings,
                          .has_gate = rule->when || rule->n_unless};
    plan->n_inputs = detector->inputs(rule->self, plan->input, CW_MAX_INPUTS);
    plan->state_size = detector->state_size(rule->self);
    if (detector->scope_of)
        plan->scope = detector->scope_of(rule->self);
    size_t n_behind =
        plan->scope == CW_SCOPE_SERIES ? plan->state_size : sizeof(struct shared *);
    plan->n_bytes = (uint32_t)(sizeof(struct watch) + (n_behind + 7) / 8 * 8);
    if (plan->n_inputs > CW_MAX_INPUTS || plan->state_size > MAX_DETECTOR_STATE)
        BUG("detector \"%s\" wants %u inputs and %zu bytes of state", rule->plugin->name,
            (unsigned)plan->n_inputs, plan->state_size);
}

struct plan *plans_of(const struct ruleset *rules, uint32_t *n)
{
    struct plan *plan = xcalloc(rules->n_rules + 1, sizeof(*plan));
    *n = 0;
    if (rules->n_rules > UINT16_MAX)
        BUG("%u rules", rules->n_rules);
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        if (rules->rule[i].kind == RULE_DETECTOR)
            plan_init(&plan[(*n)++], &rules->rule[i]);
    }
    for (uint32_t i = 0; i < *n; i++) {
        plan[i].all = plan;
        plan[i].n_all = *n;
    }
    return plan;
}

bool plan_matches(const struct plan *plan, const struct site *site, const struct device *device)
{
    return rule_pattern_matches(plan->rule->site, str_of(site->id)) &&
           rule_pattern_matches(plan->rule->device, str_of(device->id));
}

static int slot_named(const struct plan *plan, uint32_t input_kind, struct cw_str name)
{
    for (uint32_t i = 0; i < plan->n_inputs; i++) {
        if (plan->input[i].kind == input_kind && str_is(name, plan->input[i].name))
            return (int)i;
    }
    return -1;
}

int plan_slot(const struct plan *plan, uint32_t input_kind, struct cw_str name)
{
    int slot = slot_named(plan, input_kind, name);
    if (slot >= 0 || input_kind != CW_INPUT_METRIC)
        return slot;
    slot = slot_named(plan, input_kind, CW_STR("*"));
    for (uint32_t i = 0; slot >= 0 && i < plan->n_all; i++) {
        if (slot_named(&plan->all[i], input_kind, name) >= 0)
            return -1;
    }
    return slot;
}

const struct plan *watch_plan(const struct watch_table *table, const struct rule *rule,
                              uint32_t *index)
{
    for (*index = 0; *index < table->n_plans; ++*index) {
        if (table->plan[*index].rule == rule)
            return &table->plan[*index];
    }
    return NULL;
}

/* ---- owners ---- */

#define MAX_KEY (MAX_ID + 16)

static struct keyed *keyed_at(struct fold *fold, const struct site *site, struct cw_str key)
{
    struct watch_table *table = fold->series->watches;
    char path[MAX_ID + 1 + MAX_KEY];
    snprintf(path, sizeof(path), "%s %.*s", site->id, (int)key.n, key.p);
    struct keyed *keyed = map_get(&table->keyed, str_of(path));
    if (keyed)
        return keyed;
    keyed = xcalloc(1, sizeof(*keyed));
    (void)str_copy(keyed->key, sizeof(keyed->key), key);
    keyed->site = site->number;
    map_put(&table->keyed, str_of(path), keyed);
    return keyed;
}

static struct keyed *keyed_of(struct fold *fold, const struct site *site, const char *kind,
                              struct cw_str id)
{
    char key[MAX_KEY];
    int n = snprintf(key, sizeof(key), "%s:%.*s", kind, (int)id.n, id.p);
    return keyed_at(fold, site, (struct cw_str){key, (size_t)n});
}

static struct cw_str resident_of_bed(const struct site *site, struct cw_str bed)
{
    const struct device *device = site->first_device;
    while (device && (!str_is(bed, device->bed) || !device->resident[0]))
        device = device->next_of_site;
    return device ? str_of(device->resident) : CW_STR("");
}

/* Who is concerned: the resident if one is known, else the bed, else the device. Names in
 * events are an outsider's to invent: past the limit all are the device's. */
static struct keyed *keyed_place(struct fold *fold, const struct site *site,
                                 const struct device *device, struct cw_str resident,
                                 struct cw_str bed)
{
    const struct map *keyed = &fold->series->watches->keyed;
    if (resident.n == 0 && bed.n == 0) {
        resident = str_of(device->resident);
        bed = str_of(device->bed);
    }
    bool full = map_count(keyed) >= (uint64_t)fold->rules->settings.max_devices;
    if (!full && resident.n && resident.n <= MAX_ID)
        return keyed_of(fold, site, "resident", resident);
    if (!full && bed.n && bed.n <= MAX_ID)
        return keyed_of(fold, site, "bed", bed);
    return keyed_of(fold, site, "device", str_of(device->id));
}

/* Whom the roster knows in the bed, when only that is named. */
static void complete(const struct site *site, const struct device *device,
                     struct cw_str *resident, struct cw_str *bed)
{
    if (resident->n == 0 && bed->n == 0) {
        *resident = str_of(device->resident);
        *bed = str_of(device->bed);
    }
    if (resident->n == 0 && bed->n)
        *resident = resident_of_bed(site, *bed);
}

struct keyed *watch_place_made(struct fold *fold, const struct site *site,
                               const struct device *device, struct cw_str resident,
                               struct cw_str bed)
{
    complete(site, device, &resident, &bed);
    return keyed_place(fold, site, device, resident, bed);
}

/* The room that the roster names for the device; an event about a resident or bed is of the
 * room of whoever is theirs. */
static struct cw_str room_of(const struct site *site, const struct device *device,
                             struct cw_str resident, struct cw_str bed)
{
    const struct device *it = resident.n || bed.n ? site->first_device : NULL;
    for (; it; it = it->next_of_site) {
        bool theirs = resident.n ? str_is(resident, it->resident) : str_is(bed, it->bed);
        if (theirs && it->room[0])
            return str_of(it->room);
    }
    return str_of(device->room);
}

static struct keyed *keyed_room(struct fold *fold, const struct site *site,
                                const struct device *device, struct cw_str resident,
                                struct cw_str bed)
{
    struct cw_str room = room_of(site, device, resident, bed);
    bool full =
        map_count(&fold->series->watches->keyed) >= (uint64_t)fold->rules->settings.max_devices;
    if (room.n && !full)
        return keyed_of(fold, site, "room", room);
    return watch_place_made(fold, site, device, resident, bed);
}

static struct keyed *find(const struct fold *fold, const struct site *site, const char *kind,
                          struct cw_str id)
{
    char path[MAX_ID + 1 + MAX_KEY];
    int n = snprintf(path, sizeof(path), "%s %s:%.*s", site->id, kind, (int)id.n, id.p);
    if (id.n == 0 || n < 0 || (size_t)n >= sizeof(path))
        return NULL;
    return map_get(&fold->series->watches->keyed, (struct cw_str){path, (size_t)n});
}

struct keyed *watch_place(const struct fold *fold, const struct site *site,
                          const struct device *device, struct cw_str resident,
                          struct cw_str bed)
{
    complete(site, device, &resident, &bed);
    struct keyed *place = find(fold, site, "resident", resident);
    if (!place && resident.n == 0)
        place = find(fold, site, "bed", bed);
    return place ? place : find(fold, site, "device", str_of(device->id));
}

struct keyed *watch_place_of_site(const struct fold *fold, const struct site *site)
{
    return find(fold, site, "site", str_of(site->id));
}

struct keyed *watch_place_of_site_made(struct fold *fold, const struct site *site)
{
    return keyed_of(fold, site, "site", str_of(site->id));
}

struct keyed *watch_place_of_bed(const struct fold *fold, const struct site *site,
                                 const struct device *device)
{
    return find(fold, site, "bed", str_of(device->bed));
}

struct keyed *watch_place_of_room(const struct fold *fold, const struct site *site,
                                  const struct device *device)
{
    return find(fold, site, "room", str_of(device->room));
}

struct keyed *watch_place_saved(struct fold *fold, const struct site *site, struct cw_str key)
{
    return keyed_at(fold, site, key);
}

/* Signals of several kinds meet by the roster: a bed's are its resident's. An event alone is
 * about whom it names. */
static bool meets_by_roster(const struct plan *plan)
{
    for (uint32_t i = 0; plan->n_inputs > 1 && i < plan->n_inputs; i++) {
        if (plan->input[i].kind == CW_INPUT_METRIC)
            return true;
    }
    return false;
}

struct owner watch_owner(struct fold *fold, const struct plan *plan, struct site *site,
                         struct device *device, struct cw_str resident, struct cw_str bed)
{
    uint32_t scope = plan->scope;
    if (scope == CW_SCOPE_SITE)
        return (struct owner){.list = &site->watch};
    if (!scope_is_keyed(scope))
        return (struct owner){.list = &device->watch};
    struct keyed *keyed;
    if (scope == CW_SCOPE_ROOM)
        keyed = keyed_room(fold, site, device, resident, bed);
    else if (meets_by_roster(plan))
        keyed = watch_place_made(fold, site, device, resident, bed);
    else
        keyed = keyed_place(fold, site, device, resident, bed);
    return (struct owner){.list = &keyed->watch, .keyed = keyed};
}

struct owner watch_owner_saved(struct fold *fold, const struct plan *plan, struct site *site,
                               struct device *device, struct cw_str key)
{
    if (!scope_is_keyed(plan->scope))
        return watch_owner(fold, plan, site, device, CW_STR(""), CW_STR(""));
    struct keyed *keyed = keyed_at(fold, site, key);
    return (struct owner){.list = &keyed->watch, .keyed = keyed};
}

struct shared *shared_of(const struct owner *owner, uint32_t plan)
{
    struct shared *shared = *owner->list;
    while (shared && shared->watch.plan != plan)
        shared = shared->next;
    return shared;
}

/* ---- numbers, and what waits under them ---- */

uint32_t watch_number_take(struct watch_table *table)
{
    return table->n_free ? table->free_number[--table->n_free] : table->n_numbers++;
}

void watch_number_give(struct watch_table *table, uint32_t number)
{
    if (table->n_free == table->cap_free) {
        table->cap_free = table->cap_free ? table->cap_free * 2 : 64;
        table->free_number =
            xrealloc(table->free_number, table->cap_free * sizeof(*table->free_number));
    }
    table->free_number[table->n_free++] = number;
}

static struct cw_str key_of(const uint32_t *number)
{
    return (struct cw_str){(const char *)number, sizeof(*number)};
}

struct waiting *waiting_find(const struct watch_table *table, uint32_t number)
{
    return map_get(&table->waiting, key_of(&number));
}

struct waiting *waiting_of(struct watch_table *table, struct watch *watch, uint32_t device)
{
    if (watch->flags & WATCH_WAITS)
        return waiting_find(table, watch->number);
    struct waiting *waiting = xcalloc(1, sizeof(*waiting));
    *waiting = (struct waiting){.deadline_ns = CW_NEVER, .device = device};
    map_put(&table->waiting, key_of(&watch->number), waiting);
    watch->flags |= WATCH_WAITS;
    return waiting;
}

static void waiting_drop(struct watch_table *table, struct watch *watch)
{
    free(map_remove(&table->waiting, key_of(&watch->number)));
    watch->flags &= (uint8_t)~WATCH_WAITS;
}

void waiting_settle(struct watch_table *table, struct watch *watch, struct waiting *waiting)
{
    if (waiting->deadline_ns == CW_NEVER && waiting->timer.armed_ns == 0 &&
        !(watch->flags & WATCH_ALARM))
        waiting_drop(table, watch);
}

/* ---- birth and end ---- */

struct shared *shared_new(struct watch_table *table, uint32_t number, uint32_t plan_index,
                          const struct site *site, const struct device *device,
                          const struct owner *owner)
{
    const struct plan *plan = &table->plan[plan_index];
    struct shared *shared = xcalloc(1, sizeof(*shared) + plan->state_size);
    shared->site = site->number;
    shared->watch = (struct watch){.number = number, .flags = WATCH_WAITS};
    shared->watch.plan = (uint16_t)plan_index;
    shared->waiting.deadline_ns = CW_NEVER;
    shared->waiting.device = device ? device->number : NO_DEVICE;
    shared->waiting.shared = shared;
    shared->keyed = owner->keyed;
    shared->next = *owner->list;
    *owner->list = shared;
    plan->detector->reset(plan->self, watch_state(&shared->watch));
    map_put(&table->waiting, key_of(&number), &shared->waiting);
    return shared;
}

void shared_free(struct watch_table *table, struct shared *shared)
{
    map_remove(&table->waiting, key_of(&shared->watch.number));
    free(shared);
}

void watch_end(struct fold *fold, struct watch *watch, const struct outlook *outlook,
               struct cw_str note)
{
    struct watch_table *table = fold->series->watches;
    if (watch->flags & WATCH_TOLD) {
        char room[MAX_ALARM_SUBJECT];
        struct alarm *alarm =
            alarm_open(&fold->alarms, str_of(table->plan[watch->plan].rule->name),
                       outlook_subject(outlook, room));
        if (alarm)
            alarm_clear(fold, alarm, note);
    }
    const struct waiting *waiting = waiting_find(table, watch->number);
    if (waiting && !waiting->shared)
        waiting_drop(table, watch);
    watch_number_give(table, watch->number);
}

/* ---- what an alarm is about ---- */

struct outlook outlook_of_shared(const struct fold *fold, const struct shared *shared)
{
    uint32_t device = shared->waiting.device;
    return (struct outlook){
        .site = fold->registry.site[shared->site],
        .device = device == NO_DEVICE ? NULL : fold->registry.device[device],
        .keyed = shared->keyed,
        .scope = fold->series->watches->plan[shared->watch.plan].scope,
    };
}

struct outlook outlook_of_series(const struct fold *fold, const struct device *device,
                                 const struct metric *metric)
{
    return (struct outlook){
        .site = fold->registry.site[device->site],
        .device = device,
        .metric = metric,
        .scope = CW_SCOPE_SERIES,
    };
}

struct cw_str outlook_subject(const struct outlook *outlook, char room[MAX_ALARM_SUBJECT])
{
    const char *site = outlook->site->id;
    int n;
    if (outlook->scope == CW_SCOPE_SITE) {
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s", site);
    } else if (outlook->keyed) {
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s/%s", site, outlook->keyed->key);
    } else {
        const struct metric *metric = outlook->metric;
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s/%s%s%.*s", site, outlook->device->id,
                     metric ? "/" : "", metric ? (int)metric->name.n : 0,
                     metric ? metric->name.p : "");
    }
    return (struct cw_str){room, (size_t)n};
}
