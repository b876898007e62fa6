/*
 * alarm.c - raise, clear, acknowledge: every step of an alarm's life is a function here, and
 * every one that changes something ends in step(), which counts the revision and emits.
 */
#include "core/alarm/alarm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fold.h"

#define MAX_KEY (MAX_ID + 1 + MAX_ALARM_SUBJECT)

void alarm_set_init(struct alarm_set *set)
{
    *set = (struct alarm_set){0};
    map_init(&set->by_id);
    map_init(&set->by_key);
}

void alarm_set_done(struct alarm_set *set)
{
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&set->by_id, &i, NULL));)
        free(alarm);
    map_done(&set->by_id);
    map_done(&set->by_key);
    *set = (struct alarm_set){0};
}

/* Cuts to what fits, at a character. */
static void copy_cut(char *dst, size_t cap, struct cw_str s)
{
    size_t n = s.n < cap ? s.n : utf8_cut(s, cap - 1);
    if (n)
        memcpy(dst, s.p, n);
    dst[n] = '\0';
}

/* "rule subject", both cut as the alarm's fields are, so that key and fields agree. */
static struct cw_str alarm_key(struct cw_str rule, struct cw_str subject, char room[MAX_KEY])
{
    copy_cut(room, MAX_ID + 1, rule);
    size_t n = strlen(room);
    room[n++] = ' ';
    copy_cut(room + n, MAX_ALARM_SUBJECT, subject);
    return (struct cw_str){room, n + strlen(room + n)};
}

struct alarm *alarm_find(const struct alarm_set *set, struct cw_str id)
{
    return map_get(&set->by_id, id);
}

struct alarm *alarm_open(const struct alarm_set *set, struct cw_str rule, struct cw_str subject)
{
    char room[MAX_KEY];
    return map_get(&set->by_key, alarm_key(rule, subject, room));
}

static void step(struct fold *fold, struct alarm *alarm, enum alarm_change change,
                 struct cw_str by, struct cw_str note)
{
    if (change != CHANGE_NOTIFIED)
        alarm->rev++;
    alarm->changed_ns = fold->now_ns;
    fold_emit(fold, alarm, change, by, note);
}

/* A hash of rule, subject, raised_ns and an ordinal: 0 unless that id is taken already. */
static void give_id(const struct alarm_set *set, struct alarm *alarm, int64_t raised_ns)
{
    char text[MAX_KEY + 48];
    for (unsigned ordinal = 0;; ordinal++) {
        int n = snprintf(text, sizeof(text), "%s %s\n%lld\n%u", alarm->rule, alarm->subject,
                         (long long)raised_ns, ordinal);
        hash_id((struct cw_str){text, (size_t)n}, alarm->id);
        if (!alarm_find(set, str_of(alarm->id)))
            return;
    }
}

static void copy_text(char dst[MAX_ALARM_TEXT], const char *text, struct cw_str about)
{
    char room[2 * MAX_ALARM_TEXT];
    if (about.n == 0 || about.n + strlen(text) + 4 > sizeof(room)) {
        copy_cut(dst, MAX_ALARM_TEXT, str_of(text));
        return;
    }
    (void)snprintf(room, sizeof(room), "%s (%.*s)", text, (int)about.n, about.p);
    copy_cut(dst, MAX_ALARM_TEXT, str_of(room));
}

/* What is said about an alarm comes from the raise that made it active. */
static void describe(struct alarm *alarm, const struct alarm_desc *desc)
{
    const struct rule *rule = desc->rule;
    alarm->priority = rule->priority;
    alarm->category = rule->category;
    alarm->historical = desc->historical;
    alarm->delayed = desc->delayed;
    copy_cut(alarm->kind, sizeof(alarm->kind), str_of(rule->kind_name));
    copy_cut(alarm->risk, sizeof(alarm->risk), str_of(rule->risk));
    copy_cut(alarm->site, sizeof(alarm->site), desc->site);
    copy_cut(alarm->district, sizeof(alarm->district), desc->district);
    copy_cut(alarm->device, sizeof(alarm->device), desc->device);
    copy_cut(alarm->resident, sizeof(alarm->resident), desc->resident);
    copy_cut(alarm->bed, sizeof(alarm->bed), desc->bed);
    copy_text(alarm->text_zh, rule->text_zh, desc->about);
    copy_text(alarm->text_en, rule->text_en, desc->about);
    copy_cut(alarm->action_zh, sizeof(alarm->action_zh), str_of(rule->action_zh));
    copy_cut(alarm->action_en, sizeof(alarm->action_en), str_of(rule->action_en));
    alarm->value = desc->value;
    alarm->limit = desc->limit;
    alarm->device_ns = desc->device_ns;
}

static struct alarm *alarm_new(struct fold *fold, const struct alarm_desc *desc)
{
    struct alarm_set *set = &fold->alarms;
    struct alarm *alarm = xcalloc(1, sizeof(*alarm));
    copy_cut(alarm->rule, sizeof(alarm->rule), str_of(desc->rule->name));
    copy_cut(alarm->subject, sizeof(alarm->subject), desc->subject);
    describe(alarm, desc);
    give_id(set, alarm, fold->now_ns);
    alarm->raised_ns = fold->now_ns;
    alarm->count = 1;
    alarm->state = ALARM_UNACK;
    alarm->active = true;
    char room[MAX_KEY];
    map_put(&set->by_id, str_of(alarm->id), alarm);
    map_put(&set->by_key, alarm_key(str_of(alarm->rule), str_of(alarm->subject), room), alarm);
    set->n_open++;
    set->n_raised++;
    return alarm;
}

struct alarm *alarm_raise(struct fold *fold, const struct alarm_desc *desc)
{
    struct alarm *alarm = alarm_open(&fold->alarms, str_of(desc->rule->name), desc->subject);
    if (!alarm) {
        alarm = alarm_new(fold, desc);
        step(fold, alarm, CHANGE_RAISED, CW_STR(""), desc->note);
        return alarm;
    }
    if (alarm->active && !desc->count_repeats)
        return alarm;
    if (!alarm->active) {
        alarm->active = true;
        alarm->state = ALARM_UNACK;
        alarm->cleared_ns = 0;
    }
    describe(alarm, desc);
    alarm->count++;
    step(fold, alarm, CHANGE_REPEATED, CW_STR(""), desc->note);
    return alarm;
}

/* Over and known to a person: no longer open, kept for a while to be looked at. */
static void close_alarm(struct fold *fold, struct alarm *alarm)
{
    struct alarm_set *set = &fold->alarms;
    char room[MAX_KEY];
    alarm->state = ALARM_CLOSED;
    alarm->closed_ns = fold->now_ns;
    map_remove(&set->by_key, alarm_key(str_of(alarm->rule), str_of(alarm->subject), room));
    set->n_open--;
    uint32_t place = (set->closed_first + set->closed_kept) % MAX_CLOSED_ALARMS;
    if (set->closed_kept == MAX_CLOSED_ALARMS) {
        struct alarm *oldest = set->closed[place];
        map_remove(&set->by_id, str_of(oldest->id));
        free(oldest);
        set->closed_first = (set->closed_first + 1) % MAX_CLOSED_ALARMS;
    } else {
        set->closed_kept++;
    }
    set->closed[place] = alarm;
}

void alarm_clear(struct fold *fold, struct alarm *alarm, struct cw_str note)
{
    if (!alarm->active)
        return;
    alarm->active = false;
    alarm->cleared_ns = fold->now_ns;
    if (alarm->state == ALARM_ACKED)
        close_alarm(fold, alarm);
    else
        alarm->state = ALARM_RTN_UNACK;
    step(fold, alarm, CHANGE_CLEARED, CW_STR(""), note);
}

void alarm_clear_key(struct fold *fold, const struct rule *rule, struct cw_str subject)
{
    struct alarm *alarm = alarm_open(&fold->alarms, str_of(rule->name), subject);
    if (alarm)
        alarm_clear(fold, alarm, CW_STR(""));
}

int alarm_ack(struct fold *fold, struct cw_str id, uint32_t rev, struct cw_str by,
              struct cw_str note)
{
    struct alarm *alarm = alarm_find(&fold->alarms, id);
    if (!alarm)
        return -ENOENT;
    if (rev && rev != alarm->rev)
        return -ESTALE;
    if (alarm->state != ALARM_UNACK && alarm->state != ALARM_RTN_UNACK)
        return -EBUSY;
    alarm->acked_ns = fold->now_ns;
    copy_cut(alarm->acked_by, sizeof(alarm->acked_by), by);
    if (alarm->active)
        alarm->state = ALARM_ACKED;
    else
        close_alarm(fold, alarm);
    step(fold, alarm, CHANGE_ACKED, by, note);
    return 0;
}

void alarm_notified(struct fold *fold, struct cw_str id, struct cw_str channel,
                    struct cw_str to, bool ok)
{
    struct alarm *alarm = alarm_find(&fold->alarms, id);
    if (!alarm)
        return; /* Closed and forgotten meanwhile: the store has the outcome. */
    if (alarm->n_notified == MAX_NOTIFIED) {
        memmove(&alarm->notified[0], &alarm->notified[1],
                (MAX_NOTIFIED - 1) * sizeof(alarm->notified[0]));
        alarm->n_notified--;
    }
    struct alarm_delivery *delivery = &alarm->notified[alarm->n_notified++];
    *delivery = (struct alarm_delivery){.at_ns = fold->now_ns, .ok = ok};
    copy_cut(delivery->channel, sizeof(delivery->channel), channel);
    copy_cut(delivery->to, sizeof(delivery->to), to);
    step(fold, alarm, CHANGE_NOTIFIED, CW_STR(""), CW_STR(""));
}
