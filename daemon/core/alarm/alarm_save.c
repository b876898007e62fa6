/*
 * alarm_save.c - the table of alarms into a snapshot and back. Alarms go in the order of
 * their raising, then the closed ones again by id in the order of their closing, so that
 * the tables come back in the order they had; then incidents and flapping keys.
 *
 * Version 1 knew the life up to "acknowledged" only: what it has not is made up by later().
 * Version 2 did not know who took the last step.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/alarm/alarm_private.h"
#include "core/alarm/flap.h"
#include "core/fold.h"
#include "core/view/snapshot.h"

/* The text fields of struct alarm, in the order of the file. */
static const struct text_field {
    size_t offset, cap;
} text_fields[] = {
#define FIELD(name)                                                     \
    {                                                                   \
        offsetof(struct alarm, name), sizeof(((struct alarm *)0)->name) \
    }
    FIELD(id),      FIELD(rule),     FIELD(kind),      FIELD(risk),      FIELD(subject),
    FIELD(site),    FIELD(district), FIELD(device),    FIELD(resident),  FIELD(bed),
    FIELD(text_zh), FIELD(text_en),  FIELD(action_zh), FIELD(action_en), FIELD(acked_by),
};
/* And those of version 2. */
static const struct text_field later_text[] = {
    FIELD(incident),  FIELD(owner), FIELD(handed_to),  FIELD(answerer),
    FIELD(closed_by), FIELD(cause), FIELD(shelved_by), FIELD(chain),
#undef FIELD
};
static const size_t later_time[] = {
#define TIME(name) offsetof(struct alarm, name)
    TIME(assigned_ns), TIME(arrived_ns), TIME(handed_ns),    TIME(shelved_until_ns),
    TIME(answered_ns), TIME(heard_ns),   TIME(begun_ns),     TIME(due_ns),
    TIME(regrade_ns),  TIME(step_ns),    TIME(clear_due_ns), TIME(forget_ns),
#undef TIME
};
#define N_TEXT_FIELDS (sizeof(text_fields) / sizeof(text_fields[0]))
#define N_LATER_TEXT (sizeof(later_text) / sizeof(later_text[0]))
#define N_LATER_TIME (sizeof(later_time) / sizeof(later_time[0]))
#define LEAST_BYTES (N_TEXT_FIELDS * 4u)

static void save_later(const struct alarm *alarm, struct saver *saver)
{
    for (size_t i = 0; i < N_LATER_TEXT; i++)
        save_str(saver, str_of((const char *)alarm + later_text[i].offset));
    for (size_t i = 0; i < N_LATER_TIME; i++)
        save_i64(saver, *(const int64_t *)(const void *)((const char *)alarm + later_time[i]));
    save_u64(saver, alarm->number);
    save_u8(saver, alarm->vital);
    save_u8(saver, alarm->told);
    save_u8(saver, alarm->first_out);
    save_u8(saver, alarm->folded);
    save_u32(saver, alarm->n_acks);
    save_u32(saver, alarm->step);
    save_u32(saver, alarm->escalation);
    save_str(saver, str_of(alarm->changed_by));
}

static void load_later(struct alarm *alarm, struct loader *loader)
{
    for (size_t i = 0; i < N_LATER_TEXT; i++)
        load_field(loader, (char *)alarm + later_text[i].offset, later_text[i].cap);
    for (size_t i = 0; i < N_LATER_TIME; i++)
        *(int64_t *)(void *)((char *)alarm + later_time[i]) = load_i64(loader);
    alarm->number = load_u64(loader);
    alarm->vital = load_u8(loader);
    alarm->told = load_u8(loader);
    alarm->first_out = load_u8(loader);
    alarm->folded = load_u8(loader);
    alarm->n_acks = load_u32(loader);
    alarm->step = load_u32(loader);
    alarm->escalation = load_u32(loader);
    if (loader->version >= 3)
        load_field(loader, alarm->changed_by, sizeof(alarm->changed_by));
}

/* What an alarm of version 1 would be had it lived under this one. */
static void make_later(const struct fold *fold, struct alarm *alarm, uint32_t i)
{
    const struct rule *rule = ruleset_find(fold->rules, str_of(alarm->rule));
    alarm->number = i;
    alarm->vital = rule && rule->vital;
    alarm->told = !alarm->historical;
    /* One that came back waits since then, which is its last change. */
    bool came_back = alarm->count > 1 && alarm->state == ALARM_UNACK;
    alarm->begun_ns = came_back ? alarm->changed_ns : alarm->raised_ns;
    alarm->answered_ns = alarm->acked_ns;
    alarm->n_acks = alarm->acked_ns != 0;
    for (uint32_t k = 0; k < alarm->n_notified && alarm->heard_ns == 0; k++)
        alarm->heard_ns = alarm->notified[k].ok ? alarm->notified[k].at_ns : 0;
}

/* Before version 3 the last person who did something was not kept: mostly it was this one. */
static void make_changed_by(struct alarm *alarm)
{
    const char *who = alarm->closed_by;
    if (!who[0] && alarm->acked_ns && alarm->acked_ns >= alarm->cleared_ns)
        who = alarm->acked_by;
    alarm_copy(alarm->changed_by, sizeof(alarm->changed_by), str_of(who));
}

static void alarm_save(const struct alarm *alarm, struct saver *saver)
{
    for (size_t i = 0; i < N_TEXT_FIELDS; i++)
        save_str(saver, str_of((const char *)alarm + text_fields[i].offset));
    save_u32(saver, alarm->rev);
    save_u32(saver, alarm->priority);
    save_u32(saver, alarm->category);
    save_u32(saver, alarm->state);
    save_u8(saver, alarm->active);
    save_u8(saver, alarm->historical);
    save_u8(saver, alarm->drill);
    save_u8(saver, alarm->delayed);
    save_f64(saver, alarm->value);
    save_f64(saver, alarm->limit);
    save_i64(saver, alarm->raised_ns);
    save_i64(saver, alarm->device_ns);
    save_i64(saver, alarm->cleared_ns);
    save_i64(saver, alarm->acked_ns);
    save_i64(saver, alarm->closed_ns);
    save_i64(saver, alarm->changed_ns);
    save_u32(saver, alarm->count);
    save_u32(saver, alarm->n_notified);
    for (uint32_t i = 0; i < alarm->n_notified; i++) {
        save_str(saver, str_of(alarm->notified[i].channel));
        save_str(saver, str_of(alarm->notified[i].to));
        save_i64(saver, alarm->notified[i].at_ns);
        save_u8(saver, alarm->notified[i].ok);
    }
}

static void alarm_load(struct alarm *alarm, struct loader *loader)
{
    for (size_t i = 0; i < N_TEXT_FIELDS; i++)
        load_field(loader, (char *)alarm + text_fields[i].offset, text_fields[i].cap);
    alarm->rev = load_u32(loader);
    alarm->priority = load_u32(loader);
    alarm->category = load_u32(loader);
    alarm->state = load_u32(loader);
    alarm->active = load_u8(loader);
    alarm->historical = load_u8(loader);
    alarm->drill = load_u8(loader);
    alarm->delayed = load_u8(loader);
    alarm->value = load_f64(loader);
    alarm->limit = load_f64(loader);
    alarm->raised_ns = load_i64(loader);
    alarm->device_ns = load_i64(loader);
    alarm->cleared_ns = load_i64(loader);
    alarm->acked_ns = load_i64(loader);
    alarm->closed_ns = load_i64(loader);
    alarm->changed_ns = load_i64(loader);
    alarm->count = load_u32(loader);
    uint32_t n = load_u32(loader);
    if (n > MAX_NOTIFIED) {
        loader->failed = true;
        return;
    }
    alarm->n_notified = n;
    for (uint32_t i = 0; i < n; i++) {
        struct alarm_delivery *delivery = &alarm->notified[i];
        load_field(loader, delivery->channel, sizeof(delivery->channel));
        load_field(loader, delivery->to, sizeof(delivery->to));
        delivery->at_ns = load_i64(loader);
        delivery->ok = load_u8(loader);
    }
}

static void save_flaps(const struct alarm_set *set, struct saver *saver)
{
    const struct flap *flap;
    struct cw_str key;
    save_u32(saver, map_count(&set->flap));
    for (uint32_t i = 0; (flap = map_next(&set->flap, &i, &key));) {
        save_str(saver, key);
        save_u32(saver, flap->slots);
        save_i64(saver, flap->slot);
        save_u32(saver, flap->n_held);
        save_u8(saver, flap->flapping);
    }
}

static void load_flaps(struct alarm_set *set, struct loader *loader)
{
    uint32_t n = load_count(loader, 21);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct cw_str key = load_str(loader);
        if (n > MAX_FLAPS || key.n == 0 || map_get(&set->flap, key)) {
            loader->failed = true;
            return;
        }
        struct flap *flap = xcalloc(1, sizeof(*flap));
        (void)map_put(&set->flap, key, flap);
        flap->slots = load_u32(loader);
        flap->slot = load_i64(loader);
        flap->n_held = load_u32(loader);
        flap->flapping = load_u8(loader);
    }
}

void alarm_set_save(const struct alarm_set *set, struct saver *saver)
{
    struct alarm *alarm;
    save_u64(saver, set->n_raised);
    save_u32(saver, map_count(&set->by_id));
    for (uint32_t i = 0; (alarm = map_next(&set->by_id, &i, NULL));) {
        alarm_save(alarm, saver);
        save_later(alarm, saver);
    }
    save_u32(saver, set->closed_kept);
    for (uint32_t i = 0; i < set->closed_kept; i++) {
        uint32_t place = (set->closed_first + i) % MAX_CLOSED_ALARMS;
        save_str(saver, str_of(set->closed[place]->id));
    }
    save_u64(saver, set->n_damped);
    save_flaps(set, saver);
    incident_set_save(&set->incidents, saver);
}

/* Can it belong into the tables? */
static bool is_fitting(const struct alarm_set *set, const struct alarm *alarm)
{
    struct cw_str number = {(const char *)&alarm->number, sizeof(alarm->number)};
    if (alarm_find(set, str_of(alarm->id)) || map_get(&set->by_number, number))
        return false;
    if (alarm->state < ALARM_UNACK || alarm->state >= N_ALARM_STATES)
        return false;
    return alarm->state == ALARM_CLOSED ||
           !alarm_open(set, str_of(alarm->rule), str_of(alarm->subject));
}

static void load_alarm(struct fold *fold, struct loader *loader, uint32_t i)
{
    struct alarm *alarm = xcalloc(1, sizeof(*alarm));
    alarm_load(alarm, loader);
    if (loader->version >= 2)
        load_later(alarm, loader);
    else
        make_later(fold, alarm, i);
    if (loader->version < 3)
        make_changed_by(alarm);
    if (loader->failed || !is_fitting(&fold->alarms, alarm)) {
        free(alarm);
        loader->failed = true;
        return;
    }
    alarm_link(&fold->alarms, alarm);
    if (loader->version < 2)
        incident_adopt(&fold->alarms, alarm);
    alarm_arm(fold, alarm);
}

static void load_closed(struct alarm_set *set, struct loader *loader)
{
    uint32_t n_closed = load_count(loader, 4);
    if (n_closed > MAX_CLOSED_ALARMS || n_closed + set->n_open != map_count(&set->by_id))
        loader->failed = true;
    for (uint32_t i = 0; i < n_closed && !loader->failed; i++) {
        struct alarm *alarm = alarm_find(set, load_str(loader));
        if (!alarm || alarm->state != ALARM_CLOSED)
            loader->failed = true;
        else
            set->closed[set->closed_kept++] = alarm;
    }
}

int alarm_set_load(struct fold *fold, struct loader *loader)
{
    struct alarm_set *set = &fold->alarms;
    set->n_raised = load_u64(loader);
    uint32_t n = load_count(loader, LEAST_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_alarm(fold, loader, i);
    load_closed(set, loader);
    if (loader->version >= 2) {
        set->n_damped = load_u64(loader);
        load_flaps(set, loader);
        incident_set_load(set, loader);
    }
    return loader->failed ? -EBADMSG : 0;
}
