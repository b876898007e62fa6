/*
 * watch_table.c - where watches live: plans, numbers, the lists of their owners, their
 * birth and end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/series/watch.h"

struct watch_table *watch_table_new(void)
{
    struct watch_table *table = xcalloc(1, sizeof(*table));
    map_init(&table->keyed);
    return table;
}

void watch_table_free(struct watch_table *table)
{
    if (!table)
        return;
    struct keyed *keyed;
    for (uint32_t i = 0; (keyed = map_next(&table->keyed, &i, NULL));)
        free(keyed);
    map_done(&table->keyed);
    for (uint32_t i = 0; i < table->n_numbers; i++)
        free(table->by_number[i]);
    free(table->by_number);
    free(table->free_number);
    free(table->plan);
    free(table);
}

static void plan_init(struct plan *plan, const struct rule *rule)
{
    const struct cw_detector *detector = rule->plugin->ops.detector;
    *plan = (struct plan){.rule = rule, .detector = detector, .scope = detector->scope};
    plan->n_inputs = detector->inputs(rule->self, plan->input, CW_MAX_INPUTS);
    plan->state_size = detector->state_size(rule->self);
    if (detector->scope_of)
        plan->scope = detector->scope_of(rule->self);
    if (plan->n_inputs > CW_MAX_INPUTS || plan->state_size > MAX_DETECTOR_STATE)
        BUG("detector \"%s\" wants %u inputs and %zu bytes of state", rule->plugin->name,
            (unsigned)plan->n_inputs, plan->state_size);
}

struct plan *plans_of(const struct ruleset *rules, uint32_t *n)
{
    struct plan *plan = xcalloc(rules->n_rules + 1, sizeof(*plan));
    *n = 0;
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

struct owner watch_owner(struct fold *fold, uint32_t scope, struct site *site,
                         struct device *device, struct cw_str resident, struct cw_str bed)
{
    if (scope == CW_SCOPE_SITE)
        return (struct owner){.list = &site->watch};
    if (scope != CW_SCOPE_RESIDENT)
        return (struct owner){.list = &device->watch};
    struct keyed *keyed = keyed_place(fold, site, device, resident, bed);
    return (struct owner){.list = &keyed->watch, .keyed = keyed};
}

struct owner watch_owner_saved(struct fold *fold, uint32_t scope, struct site *site,
                               struct device *device, struct cw_str key)
{
    if (scope != CW_SCOPE_RESIDENT)
        return watch_owner(fold, scope, site, device, CW_STR(""), CW_STR(""));
    struct keyed *keyed = keyed_at(fold, site, key);
    return (struct owner){.list = &keyed->watch, .keyed = keyed};
}

struct watch *watch_of(const struct owner *owner, uint32_t plan)
{
    struct watch *watch = *owner->list;
    while (watch && watch->plan != plan)
        watch = watch->next;
    return watch;
}

/* ---- birth and end ---- */

void watch_table_room(struct watch_table *table, uint32_t n)
{
    if (n <= table->cap_numbers) {
        table->n_numbers = n > table->n_numbers ? n : table->n_numbers;
        return;
    }
    uint32_t cap = n < 32 ? 64 : n * 2;
    table->by_number = xrealloc(table->by_number, cap * sizeof(*table->by_number));
    table->free_number = xrealloc(table->free_number, cap * sizeof(*table->free_number));
    memset(table->by_number + table->cap_numbers, 0,
           (cap - table->cap_numbers) * sizeof(*table->by_number));
    table->cap_numbers = cap;
    table->n_numbers = n;
}

static uint32_t take_number(struct watch_table *table)
{
    if (table->n_free)
        return table->free_number[--table->n_free];
    watch_table_room(table, table->n_numbers + 1);
    return table->n_numbers - 1;
}

struct watch *watch_new_at(struct watch_table *table, uint32_t number, uint32_t plan_index,
                           const struct site *site, const struct device *device,
                           const struct owner *owner)
{
    const struct plan *plan = &table->plan[plan_index];
    struct watch *watch = xcalloc(1, sizeof(*watch) + plan->state_size);
    watch->number = number;
    watch->plan = plan_index;
    watch->site = site->number;
    watch->device = device ? device->number : NO_DEVICE;
    watch->deadline_ns = CW_NEVER;
    plan->detector->reset(plan->rule->self, watch->state);
    table->by_number[watch->number] = watch;
    if (owner) {
        watch->keyed = owner->keyed;
        watch->next = *owner->list;
        *owner->list = watch;
    }
    return watch;
}

struct watch *watch_new(struct watch_table *table, uint32_t plan_index, const struct site *site,
                        const struct device *device, const struct owner *owner)
{
    return watch_new_at(table, take_number(table), plan_index, site, device, owner);
}

void watch_end(struct fold *fold, struct watch *watch, struct cw_str note)
{
    struct watch_table *table = fold->series->watches;
    if (watch->told) {
        char room[MAX_ALARM_SUBJECT];
        struct alarm *alarm =
            alarm_open(&fold->alarms, str_of(table->plan[watch->plan].rule->name),
                       watch_subject(fold, watch, room));
        if (alarm)
            alarm_clear(fold, alarm, note);
    }
    table->by_number[watch->number] = NULL;
    table->free_number[table->n_free++] = watch->number;
    free(watch);
}

struct cw_str watch_subject(const struct fold *fold, const struct watch *watch,
                            char room[MAX_ALARM_SUBJECT])
{
    const char *site = fold->registry.site[watch->site]->id;
    uint32_t scope = fold->series->watches->plan[watch->plan].scope;
    int n;
    if (scope == CW_SCOPE_SITE) {
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s", site);
    } else if (watch->keyed) {
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s/%s", site, watch->keyed->key);
    } else {
        const char *device = fold->registry.device[watch->device]->id;
        const struct metric *metric = watch->metric;
        n = snprintf(room, MAX_ALARM_SUBJECT, "%s/%s%s%.*s", site, device, metric ? "/" : "",
                     metric ? (int)metric->name.n : 0, metric ? metric->name.p : "");
    }
    return (struct cw_str){room, (size_t)n};
}

void taps_free(struct series *series)
{
    while (series->tap) {
        struct tap *tap = series->tap;
        series->tap = tap->next;
        if (tap != &tap->watch->own)
            free(tap);
    }
}

void watch_hang(struct watch *watch, struct series *series)
{
    watch->metric = series->metric;
    watch->own = (struct tap){.next = series->tap, .watch = watch};
    series->tap = &watch->own;
}

void watch_series_gone(struct fold *fold, struct series *series)
{
    while (series->tap) {
        struct tap *tap = series->tap;
        series->tap = tap->next;
        if (tap == &tap->watch->own)
            watch_end(fold, tap->watch, CW_STR("the device is gone"));
        else
            free(tap);
    }
}

void watch_device_gone(struct fold *fold, struct device *device)
{
    struct watch_table *table = fold->series->watches;
    while (device->watch) {
        struct watch *watch = device->watch;
        device->watch = watch->next;
        watch_end(fold, watch, CW_STR("the device is gone"));
    }
    for (uint32_t i = 0; i < table->n_numbers; i++) {
        struct watch *watch = table->by_number[i];
        if (watch && watch->device == device->number)
            watch->device = NO_DEVICE;
    }
}
