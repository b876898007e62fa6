/*
 * alarm.c - the table; raise and clear: what happens to an alarm by itself. What persons do
 * is in alarm_order.c, what time does in alarm_time.c. Everything that changes something ends
 * in alarm_step(), which counts the revision and emits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/alarm_private.h"
#include "core/alarm/escalation.h"
#include "core/alarm/flap.h"
#include "core/alarm/quiet.h"
#include "core/fold.h"

#define MAX_KEY (MAX_ID + 1 + MAX_ALARM_SUBJECT)

void alarm_set_init(struct alarm_set *set)
{
    *set = (struct alarm_set){0};
    map_init(&set->by_id);
    map_init(&set->by_key);
    map_init(&set->by_number);
    map_init(&set->flap);
    incident_set_init(&set->incidents);
}

void alarm_set_done(struct alarm_set *set)
{
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&set->by_id, &i, NULL));)
        free(alarm);
    struct flap *flap;
    for (uint32_t i = 0; (flap = map_next(&set->flap, &i, NULL));)
        free(flap);
    map_done(&set->by_id);
    map_done(&set->by_key);
    map_done(&set->by_number);
    map_done(&set->flap);
    incident_set_done(&set->incidents);
    *set = (struct alarm_set){0};
}

void alarm_copy(char *dst, size_t cap, struct cw_str s)
{
    size_t n = s.n < cap ? s.n : utf8_cut(s, cap - 1);
    if (n)
        memcpy(dst, s.p, n);
    dst[n] = '\0';
}

/* "rule subject", both cut as the alarm's fields are, so that key and fields agree. */
static struct cw_str alarm_key(struct cw_str rule, struct cw_str subject, char room[MAX_KEY])
{
    alarm_copy(room, MAX_ID + 1, rule);
    size_t n = strlen(room);
    room[n++] = ' ';
    alarm_copy(room + n, MAX_ALARM_SUBJECT, subject);
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

static void step_to(struct fold *fold, struct alarm *alarm, struct transition *transition)
{
    uint32_t change = transition->change;
    if (change != CHANGE_NOTIFIED) {
        alarm->rev++;
        alarm_copy(alarm->changed_by, sizeof(alarm->changed_by), transition->by);
    }
    alarm->changed_ns = fold->now_ns;
    transition->alarm = alarm;
    transition->quiet = quiet_change(fold, alarm, change);
    if (alarm_change_calls(change) && alarm->state != ALARM_CLOSED && !transition->quiet) {
        alarm->told = true;
        if (change != CHANGE_REGRADED && !alarm->drill && fold->rules->settings.operators > 0)
            load_note(&fold->load, fold->now_ns, fold->rules->settings.operators);
    }
    fold_emit(fold, transition);
    inhibit_note(fold, alarm);
    if (!alarm_stands(alarm))
        incident_left(fold, alarm);
}

void alarm_step(struct fold *fold, struct alarm *alarm, enum alarm_change change,
                struct cw_str by, struct cw_str note)
{
    step_to(fold, alarm, &(struct transition){.change = change, .by = by, .note = note});
}

void alarm_step_to(struct fold *fold, struct alarm *alarm, struct cw_str by, struct cw_str note,
                   const struct alarm_target *tell, uint32_t n_tell)
{
    step_to(fold, alarm,
            &(struct transition){.change = CHANGE_ESCALATED,
                                 .by = by,
                                 .note = note,
                                 .tell = tell,
                                 .n_tell = n_tell});
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
        alarm_copy(dst, MAX_ALARM_TEXT, str_of(text));
        return;
    }
    (void)snprintf(room, sizeof(room), "%s (%.*s)", text, (int)about.n, about.p);
    alarm_copy(dst, MAX_ALARM_TEXT, str_of(room));
}

/* What is said about an alarm comes from the raise that made it active. */
static void describe(struct alarm *alarm, const struct alarm_desc *desc)
{
    const struct rule *rule = desc->rule;
    uint32_t priority = desc->priority ? desc->priority : rule->priority;
    /* What rose with time stays where it is until it is over. */
    if (!alarm->active || alarm->priority == 0 || priority < alarm->priority)
        alarm->priority = priority;
    alarm->vital = rule->vital || desc->vital;
    alarm->drill = desc->drill;
    alarm->category = rule->category;
    alarm->historical = desc->historical;
    alarm->delayed = desc->delayed;
    alarm_copy(alarm->kind, sizeof(alarm->kind),
               desc->kind.n ? desc->kind : str_of(rule->kind_name));
    alarm_copy(alarm->risk, sizeof(alarm->risk), str_of(rule->risk));
    alarm_copy(alarm->site, sizeof(alarm->site), desc->site);
    alarm_copy(alarm->district, sizeof(alarm->district), desc->district);
    alarm_copy(alarm->device, sizeof(alarm->device), desc->device);
    alarm_copy(alarm->resident, sizeof(alarm->resident), desc->resident);
    alarm_copy(alarm->bed, sizeof(alarm->bed), desc->bed);
    if (desc->text_zh.n || desc->text_en.n) {
        alarm_copy(alarm->text_zh, sizeof(alarm->text_zh), desc->text_zh);
        alarm_copy(alarm->text_en, sizeof(alarm->text_en), desc->text_en);
    } else {
        copy_text(alarm->text_zh, rule->text_zh, desc->about);
        copy_text(alarm->text_en, rule->text_en, desc->about);
    }
    alarm_copy(alarm->action_zh, sizeof(alarm->action_zh), str_of(rule->action_zh));
    alarm_copy(alarm->action_en, sizeof(alarm->action_en), str_of(rule->action_en));
    alarm->value = desc->value;
    alarm->limit = desc->limit;
    alarm->device_ns = desc->device_ns;
}

/* A call of the day before yesterday is for the record: nobody runs for it any more. */
static bool is_too_old(const struct fold *fold, const struct alarm_desc *desc)
{
    int64_t most_ns = fold->rules->settings.page_within_ns;
    return most_ns > 0 && desc->delayed && desc->device_ns > 0 &&
           fold->now_ns - desc->device_ns > most_ns;
}

void alarm_link(struct alarm_set *set, struct alarm *alarm)
{
    char room[MAX_KEY];
    map_put(&set->by_id, str_of(alarm->id), alarm);
    map_put(&set->by_number,
            (struct cw_str){(const char *)&alarm->number, sizeof(alarm->number)}, alarm);
    if (alarm->state == ALARM_CLOSED)
        return;
    map_put(&set->by_key, alarm_key(str_of(alarm->rule), str_of(alarm->subject), room), alarm);
    set->n_open++;
}

/* From now on it waits for a person; its chain begins. */
static void begin_waiting(struct fold *fold, struct alarm *alarm)
{
    alarm->begun_ns = fold->now_ns;
    alarm->n_acks = 0;
    escalation_begin(fold, alarm);
    alarm_target_due(fold, alarm);
}

static struct alarm *alarm_new(struct fold *fold, const struct alarm_desc *desc)
{
    struct alarm_set *set = &fold->alarms;
    struct alarm *alarm = xcalloc(1, sizeof(*alarm));
    alarm_copy(alarm->rule, sizeof(alarm->rule), str_of(desc->rule->name));
    alarm_copy(alarm->subject, sizeof(alarm->subject), desc->subject);
    describe(alarm, desc);
    alarm->historical = alarm->historical || is_too_old(fold, desc);
    give_id(set, alarm, fold->now_ns);
    alarm->raised_ns = fold->now_ns;
    alarm->count = 1;
    alarm->active = true;
    alarm->number = set->n_raised++;
    alarm->state = quiet_state(fold, alarm);
    alarm_link(set, alarm);
    incident_join(fold, alarm);
    begin_waiting(fold, alarm);
    return alarm;
}

/* ---- flapping ---- */

/* The history of the alarm's key; NULL when it is not damped. */
static struct flap *flap_of(struct fold *fold, const struct alarm *alarm, bool make)
{
    struct map *map = &fold->alarms.flap;
    int64_t slot_ns = fold->rules->settings.flap_slot_ns;
    char room[MAX_KEY];
    struct cw_str key = alarm_key(str_of(alarm->rule), str_of(alarm->subject), room);
    struct flap *flap = map_get(map, key);
    if (flap || !make || slot_ns == 0 || alarm->vital)
        return alarm->vital ? NULL : flap;
    if (map_count(map) >= MAX_FLAPS) {
        struct cw_str old;
        for (uint32_t i = 0; (flap = map_next(map, &i, &old));) {
            if (flap_is_over(flap, fold->now_ns, slot_ns)) {
                (void)map_remove(map, old);
                free(flap);
            }
        }
    }
    if (map_count(map) >= MAX_FLAPS)
        return NULL;
    flap = xcalloc(1, sizeof(*flap));
    (void)map_put(map, key, flap);
    return flap;
}

static void note_toggle(struct fold *fold, const struct alarm *alarm)
{
    struct flap *flap = flap_of(fold, alarm, true);
    if (flap && fold->rules->settings.flap_slot_ns > 0)
        flap_note(flap, fold->now_ns, fold->rules->settings.flap_slot_ns);
}

/* True when the recovery is held back for a while. */
static bool hold_recovery(struct fold *fold, struct alarm *alarm)
{
    struct flap *flap = flap_of(fold, alarm, false);
    int64_t slot_ns = fold->rules->settings.flap_slot_ns;
    int64_t hold_ns = flap && slot_ns > 0 ? flap_hold_ns(flap, slot_ns) : 0;
    if (hold_ns == 0)
        return false;
    alarm->clear_due_ns = fold->now_ns + hold_ns;
    fold->alarms.n_damped++;
    alarm_arm(fold, alarm);
    return true;
}

/* It came back while its recovery was held: nothing has happened, but it is counted. */
static void raise_held(struct fold *fold, struct alarm *alarm)
{
    struct flap *flap = flap_of(fold, alarm, false);
    alarm->clear_due_ns = 0;
    alarm->count++;
    fold->alarms.n_damped++;
    if (flap)
        flap->n_held++;
}

/* ---- raise and clear ---- */

static void raise_again(struct fold *fold, struct alarm *alarm, const struct alarm_desc *desc)
{
    bool was_active = alarm->active;
    describe(alarm, desc);
    alarm->active = true;
    alarm->count++;
    incident_repeat(fold, alarm);
    if (!was_active) {
        alarm->cleared_ns = 0;
        if (alarm->state == ALARM_RTN_UNACK)
            alarm->state = ALARM_UNACK;
        if (alarm->state == ALARM_UNACK)
            begin_waiting(fold, alarm);
    }
    alarm_step(fold, alarm, CHANGE_REPEATED, desc->by, desc->note);
    alarm_arm(fold, alarm);
}

struct alarm *alarm_raise(struct fold *fold, const struct alarm_desc *desc)
{
    struct alarm *alarm = alarm_open(&fold->alarms, str_of(desc->rule->name), desc->subject);
    if (!alarm) {
        alarm = alarm_new(fold, desc);
        note_toggle(fold, alarm);
        alarm_regrade_due(fold, alarm);
        alarm_step(fold, alarm, CHANGE_RAISED, desc->by, desc->note);
        alarm_arm(fold, alarm);
        return alarm;
    }
    if (alarm->active && !alarm->clear_due_ns && !desc->count_repeats)
        return alarm;
    if (!alarm->active || alarm->clear_due_ns)
        note_toggle(fold, alarm);
    if (alarm->clear_due_ns) {
        raise_held(fold, alarm);
        return alarm;
    }
    raise_again(fold, alarm, desc);
    return alarm;
}

static void forget(struct alarm_set *set, struct alarm *alarm)
{
    incident_forget(&set->incidents, alarm);
    map_remove(&set->by_number,
               (struct cw_str){(const char *)&alarm->number, sizeof(alarm->number)});
    map_remove(&set->by_id, str_of(alarm->id));
    free(alarm);
}

/* No longer open, kept for a while to be looked at. */
void alarm_close(struct fold *fold, struct alarm *alarm)
{
    struct alarm_set *set = &fold->alarms;
    char room[MAX_KEY];
    alarm->state = ALARM_CLOSED;
    alarm->closed_ns = fold->now_ns;
    alarm->clear_due_ns = alarm->regrade_ns = alarm->due_ns = alarm->shelved_until_ns = 0;
    escalation_stop(alarm);
    incident_closed(fold, alarm);
    map_remove(&set->by_key, alarm_key(str_of(alarm->rule), str_of(alarm->subject), room));
    set->n_open--;
    uint32_t place = (set->closed_first + set->closed_kept) % MAX_CLOSED_ALARMS;
    if (set->closed_kept == MAX_CLOSED_ALARMS) {
        forget(set, set->closed[place]);
        set->closed_first = (set->closed_first + 1) % MAX_CLOSED_ALARMS;
    } else {
        set->closed_kept++;
    }
    set->closed[place] = alarm;
}

void alarm_recover(struct fold *fold, struct alarm *alarm, struct cw_str note)
{
    alarm->active = false;
    alarm->clear_due_ns = 0;
    alarm->cleared_ns = fold->now_ns;
    if (alarm->state == ALARM_UNACK)
        alarm->state = ALARM_RTN_UNACK;
    else if (alarm->state == ALARM_SUPPRESSED || alarm->state == ALARM_OUT_OF_SERVICE ||
             (alarm->state == ALARM_ACKED && alarm->assigned_ns == 0))
        alarm_close(fold, alarm);
    if (alarm->state != ALARM_CLOSED)
        alarm_regrade_due(fold, alarm);
    alarm_step(fold, alarm, CHANGE_CLEARED, CW_STR(""), note);
    alarm_arm(fold, alarm);
}

void alarm_clear(struct fold *fold, struct alarm *alarm, struct cw_str note)
{
    if (!alarm->active || alarm->clear_due_ns || alarm->state == ALARM_CLOSED)
        return;
    note_toggle(fold, alarm);
    if (!hold_recovery(fold, alarm))
        alarm_recover(fold, alarm, note);
}

void alarm_clear_key(struct fold *fold, const struct rule *rule, struct cw_str subject)
{
    struct alarm *alarm = alarm_open(&fold->alarms, str_of(rule->name), subject);
    if (alarm)
        alarm_clear(fold, alarm, CW_STR(""));
}

/* ---- deliveries ---- */

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
    alarm_copy(delivery->channel, sizeof(delivery->channel), channel);
    alarm_copy(delivery->to, sizeof(delivery->to), to);
    if (ok && alarm->heard_ns == 0)
        alarm->heard_ns = fold->now_ns;
    alarm_step(fold, alarm, CHANGE_NOTIFIED, CW_STR(""), CW_STR(""));
}

/* ---- forgetting ---- */

static void forget_text(struct alarm *alarm, const struct rule *rule)
{
    memset(alarm->text_zh, 0, sizeof(alarm->text_zh));
    memset(alarm->text_en, 0, sizeof(alarm->text_en));
    if (!rule)
        return;
    copy_text(alarm->text_zh, rule->text_zh, CW_STR(""));
    copy_text(alarm->text_en, rule->text_en, CW_STR(""));
}

void alarm_forget_words(struct fold *fold, struct cw_str site, struct cw_str resident)
{
    const struct rule *rule = ruleset_builtin(fold->rules, CONDITION_BY_HAND);
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (strcmp(alarm->rule, rule->name) == 0 && str_is(site, alarm->site) &&
            str_is(resident, alarm->resident))
            forget_text(alarm, rule);
    }
}

void alarm_forget_text(struct fold *fold, struct cw_str id)
{
    struct alarm *alarm = alarm_find(&fold->alarms, id);
    if (alarm)
        forget_text(alarm, ruleset_find(fold->rules, str_of(alarm->rule)));
}

bool alarm_text_is_given(const struct fold *fold, const struct alarm *alarm, const char *text)
{
    const struct rule *rule = ruleset_find(fold->rules, str_of(alarm->rule));
    char of_rule[MAX_ALARM_TEXT] = "";
    if (rule)
        copy_text(of_rule, text == alarm->text_zh ? rule->text_zh : rule->text_en, CW_STR(""));
    return strcmp(text, of_rule) != 0;
}
