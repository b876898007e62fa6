/*
 * alarm_time.c - what happens to an alarm because time has passed: a held recovery is
 * believed, a shelf ends, a priority rises or sinks, a step of the chain is taken, an
 * acknowledgement is forgotten. One timer per alarm, for the earliest of them.
 */
#include "core/alarm/alarm_private.h"
#include "core/alarm/escalation.h"
#include "core/alarm/note.h"
#include "core/alarm/quiet.h"
#include "core/fold.h"

static void earliest(int64_t *due_ns, int64_t at_ns)
{
    if (at_ns && (*due_ns == 0 || at_ns < *due_ns))
        *due_ns = at_ns;
}

void alarm_arm(struct fold *fold, struct alarm *alarm)
{
    int64_t due_ns = 0;
    if (alarm->state == ALARM_CLOSED)
        return;
    earliest(&due_ns, alarm->clear_due_ns);
    earliest(&due_ns, alarm->state == ALARM_SHELVED ? alarm->shelved_until_ns : 0);
    earliest(&due_ns, alarm->regrade_ns);
    earliest(&due_ns, alarm->step_ns);
    earliest(&due_ns, alarm->forget_ns);
    if (due_ns)
        timer_arm(&fold->timers, &alarm->timer, TIMER_ALARM, alarm->number, due_ns);
}

/* ---- targets ---- */

void alarm_target_due(const struct fold *fold, struct alarm *alarm)
{
    const struct settings *settings = &fold->rules->settings;
    alarm->due_ns = 0;
    if (alarm->historical || (alarm->priority != CW_PRIORITY_HIGH && !alarm->vital))
        return;
    if (alarm->state == ALARM_UNACK || alarm->state == ALARM_RTN_UNACK)
        alarm->due_ns = settings->answer_ns ? alarm->begun_ns + settings->answer_ns : 0;
    else if (alarm->state == ALARM_ACKED && alarm->assigned_ns && alarm->arrived_ns == 0)
        alarm->due_ns = settings->scene_ns ? alarm->begun_ns + settings->scene_ns : 0;
}

/* ---- priority ---- */

static const struct rule *rule_of(const struct fold *fold, const struct alarm *alarm)
{
    return ruleset_find(fold->rules, str_of(alarm->rule));
}

void alarm_regrade_due(const struct fold *fold, struct alarm *alarm)
{
    const struct rule *rule = rule_of(fold, alarm);
    alarm->regrade_ns = 0;
    if (!rule || alarm->historical)
        return;
    if (alarm->active && rule->rise_ns && alarm->priority > CW_PRIORITY_HIGH)
        alarm->regrade_ns = fold->now_ns + rule->rise_ns;
    else if (!alarm->active && rule->sink_ns && alarm->priority < CW_PRIORITY_LOW)
        alarm->regrade_ns = fold->now_ns + rule->sink_ns;
}

static void regrade(struct fold *fold, struct alarm *alarm)
{
    bool rises = alarm->active;
    alarm->priority = rises ? alarm->priority - 1 : alarm->priority + 1;
    alarm_regrade_due(fold, alarm);
    if (rises) {
        alarm->folded = false; /* it has a weight of its own now */
        if (alarm->state == ALARM_SHELVED && alarm->priority == CW_PRIORITY_HIGH) {
            alarm_back(fold, alarm, CHANGE_UNSHELVED, CW_STR(""),
                       str_of(note_text(NOTE_HIGH_NOW)));
            return;
        }
        escalation_rose(fold, alarm);
    }
    alarm_target_due(fold, alarm);
    alarm_step(fold, alarm, CHANGE_REGRADED, CW_STR(""), CW_STR(""));
}

/* ---- back ---- */

void alarm_back(struct fold *fold, struct alarm *alarm, enum alarm_change change,
                struct cw_str by, struct cw_str note)
{
    alarm->shelved_until_ns = 0;
    if (alarm->active) {
        alarm->state = quiet_state(fold, alarm);
        alarm->begun_ns = fold->now_ns;
        alarm->n_acks = 0;
        escalation_begin(fold, alarm);
        alarm_target_due(fold, alarm);
    } else {
        alarm_close(fold, alarm);
    }
    alarm_step(fold, alarm, change, by, note);
    alarm_arm(fold, alarm);
}

/* Nobody did anything after it was acknowledged. */
static void forget_ack(struct fold *fold, struct alarm *alarm)
{
    alarm->forget_ns = 0;
    if (alarm->state != ALARM_ACKED || !alarm->active || alarm->assigned_ns)
        return;
    alarm->state = ALARM_UNACK;
    alarm->begun_ns = fold->now_ns;
    alarm->n_acks = 0;
    escalation_begin(fold, alarm);
    alarm_target_due(fold, alarm);
    alarm_step(fold, alarm, CHANGE_UNACKED, CW_STR(""), str_of(note_text(NOTE_FORGOTTEN)));
}

static bool is_due(const struct fold *fold, int64_t at_ns)
{
    return at_ns && at_ns <= fold_due_ns(fold);
}

void alarm_due(struct fold *fold, const struct timer_entry *entry)
{
    struct alarm *alarm =
        map_get(&fold->alarms.by_number,
                (struct cw_str){(const char *)&entry->owner, sizeof(entry->owner)});
    if (!alarm || !timer_fired(&alarm->timer, entry) || alarm->state == ALARM_CLOSED)
        return;
    if (is_due(fold, alarm->clear_due_ns))
        alarm_recover(fold, alarm, str_of(note_text(NOTE_FLAPPED)));
    else if (alarm->state == ALARM_SHELVED && is_due(fold, alarm->shelved_until_ns))
        alarm_back(fold, alarm, CHANGE_UNSHELVED, CW_STR(""), str_of(note_text(NOTE_TIME_UP)));
    else if (is_due(fold, alarm->regrade_ns))
        regrade(fold, alarm);
    else if (is_due(fold, alarm->step_ns))
        escalation_step(fold, alarm, CW_STR(""), CW_STR(""));
    else if (is_due(fold, alarm->forget_ns))
        forget_ack(fold, alarm);
    alarm_arm(fold, alarm);
}

bool alarm_is_aside(const struct alarm *alarm)
{
    return alarm->state == ALARM_SHELVED || alarm->state == ALARM_SUPPRESSED ||
           alarm->state == ALARM_OUT_OF_SERVICE;
}

bool alarm_stands(const struct alarm *alarm)
{
    return alarm->state != ALARM_CLOSED && !alarm_is_aside(alarm);
}

bool alarm_change_calls(uint32_t change)
{
    return change == CHANGE_RAISED || change == CHANGE_REPEATED || change == CHANGE_UNACKED ||
           change == CHANGE_UNSHELVED || change == CHANGE_UNSUPPRESSED ||
           change == CHANGE_REGRADED;
}
