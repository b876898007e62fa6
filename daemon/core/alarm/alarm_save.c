/*
 * alarm_save.c - the table of alarms into a snapshot and back. Alarms go in the order of
 * their raising, then the closed ones again by id in the order of their closing, so that
 * the tables come back in the order they had.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/alarm/alarm.h"
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
#undef FIELD
};
#define N_TEXT_FIELDS (sizeof(text_fields) / sizeof(text_fields[0]))
#define LEAST_BYTES (N_TEXT_FIELDS * 4u)

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

void alarm_set_save(const struct alarm_set *set, struct saver *saver)
{
    struct alarm *alarm;
    save_u64(saver, set->n_raised);
    save_u32(saver, map_count(&set->by_id));
    for (uint32_t i = 0; (alarm = map_next(&set->by_id, &i, NULL));)
        alarm_save(alarm, saver);
    save_u32(saver, set->closed_kept);
    for (uint32_t i = 0; i < set->closed_kept; i++) {
        uint32_t place = (set->closed_first + i) % MAX_CLOSED_ALARMS;
        save_str(saver, str_of(set->closed[place]->id));
    }
}

/* Puts a loaded alarm into the tables; false when it cannot belong there. */
static bool take_in(struct alarm_set *set, struct alarm *alarm)
{
    if (alarm_find(set, str_of(alarm->id)))
        return false;
    if (alarm->state < ALARM_UNACK || alarm->state > ALARM_CLOSED)
        return false;
    bool open = alarm->state != ALARM_CLOSED;
    if (open && alarm_open(set, str_of(alarm->rule), str_of(alarm->subject)))
        return false;
    map_put(&set->by_id, str_of(alarm->id), alarm);
    if (open) {
        char key[MAX_ID + 1 + MAX_ALARM_SUBJECT];
        snprintf(key, sizeof(key), "%s %s", alarm->rule, alarm->subject);
        map_put(&set->by_key, str_of(key), alarm);
        set->n_open++;
    }
    return true;
}

int alarm_set_load(struct alarm_set *set, struct loader *loader)
{
    set->n_raised = load_u64(loader);
    uint32_t n = load_count(loader, LEAST_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct alarm *alarm = xcalloc(1, sizeof(*alarm));
        alarm_load(alarm, loader);
        if (loader->failed || !take_in(set, alarm)) {
            free(alarm);
            loader->failed = true;
        }
    }
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
    return loader->failed ? -EBADMSG : 0;
}
