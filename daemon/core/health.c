/*
 * health.c - records of the daemon's own trouble become alarms by one table.
 */
#include "core/health.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/units.h"
#include "core/ingest/document.h"

const struct health_condition health_conditions[] = {
    {CONDITION_JOURNAL_RECOVERED, "journal", true},
    {CONDITION_JOURNAL_FAILED, "journal", true},
    {CONDITION_JOURNAL_DAMAGED, "journal", false},
    {CONDITION_JOURNAL_FULL, "journal", false},
    {CONDITION_STORE_FAILED, "store", false},
    {CONDITION_SNAPSHOT_FAILED, "snapshot", false},
    {CONDITION_INFLUX_BEHIND, "influx", false},
    {CONDITION_INFLUX_REFUSES, "influx", false},
    {CONDITION_INFLUX_GAVE_UP, "influx", false},
    {CONDITION_CHANNEL_DEAD, "channel", false},
    {CONDITION_BROKER_DOWN, "broker", false},
    {CONDITION_LAGGING, "fold", false},
    {CONDITION_UNWATCHED, "heartbeat", false},
    {CONDITION_UNTESTED, "channel", false},
    {CONDITION_DOOR_DOWN, "door", false},
    {CONDITION_DOOR_FULL, "door", false},
    {CONDITION_DOOR_DAMAGED, "door", false},
    {CONDITION_DOOR_RECOVERED, "door", true},
    {CONDITION_CLOCK_STEPPED, "clock", true},
    {NULL, NULL, false},
};

static const struct health_condition *find(struct cw_str what)
{
    for (const struct health_condition *c = health_conditions; c->what; c++) {
        if (str_is(what, c->what))
            return c;
    }
    return NULL;
}

static const struct rule *rule_of(const struct fold *fold,
                                  const struct health_condition *condition)
{
    return ruleset_builtin(fold->rules, condition->what);
}

struct cw_str health_subject(const struct health_condition *condition, struct cw_str of,
                             char room[MAX_ALARM_SUBJECT])
{
    size_t max = utf8_cut(of, MAX_ALARM_SUBJECT / 2);
    (void)snprintf(room, MAX_ALARM_SUBJECT, "daemon:%s%s%.*s", condition->part, max ? ":" : "",
                   (int)max, max ? of.p : "");
    return str_of(room);
}

const struct health_condition *health_of_alarm(const struct fold *fold,
                                               const struct alarm *alarm, struct cw_str *of)
{
    char room[MAX_ALARM_SUBJECT];
    const struct rule *rule = ruleset_find(fold->rules, str_of(alarm->rule));
    const struct health_condition *condition =
        rule && rule->kind == RULE_SYSTEM ? find(str_of(rule->condition)) : NULL;
    if (!condition)
        return NULL;
    struct cw_str whole = health_subject(condition, CW_STR(""), room);
    if (strncmp(alarm->subject, whole.p, whole.n) != 0)
        return NULL;
    const char *rest = alarm->subject + whole.n;
    *of = str_of(*rest == ':' ? rest + 1 : rest);
    return condition;
}

bool health_is_bad(const struct fold *fold, const struct health_condition *condition,
                   struct cw_str of)
{
    char room[MAX_ALARM_SUBJECT];
    const struct alarm *alarm =
        alarm_open(&fold->alarms, str_of(rule_of(fold, condition)->name),
                   health_subject(condition, of, room));
    return alarm && alarm->active;
}

static void tell(struct fold *fold, const struct health_condition *condition, struct cw_str of,
                 struct cw_str detail, double value)
{
    char room[MAX_ALARM_SUBJECT];
    struct alarm_desc desc = {
        .rule = rule_of(fold, condition),
        .subject = health_subject(condition, of, room),
        .value = value,
        .limit = (double)NAN,
        .about = of,
        .note = detail,
    };
    struct alarm *alarm = alarm_raise(fold, &desc);
    if (condition->passes)
        alarm_clear(fold, alarm, CW_STR(""));
}

void health_disk(struct fold *fold, const struct cw_doc *doc)
{
    const struct cw_node *root = document_object(doc);
    struct cw_str what = CW_STR(""), of = CW_STR(""), state = CW_STR(""), detail = CW_STR("");
    if (!root || document_text(doc, root, "state", &state, NULL))
        return;
    (void)document_text(doc, root, "what", &what, NULL);
    (void)document_text(doc, root, "of", &of, NULL);
    (void)document_text(doc, root, "detail", &detail, NULL);
    if (str_is(state, "recovered")) {
        struct cw_str why = CW_STR("");
        (void)document_text(doc, root, "why", &why, NULL);
        (void)document_text(doc, root, "segment", &detail, NULL);
        what = str_is(why, "failed") ? CW_STR(CONDITION_JOURNAL_FAILED)
                                     : CW_STR(CONDITION_JOURNAL_RECOVERED);
    }
    const struct health_condition *condition = find(what);
    if (!condition)
        return;
    char room[MAX_ALARM_SUBJECT];
    if (str_is(state, "good"))
        alarm_clear_key(fold, rule_of(fold, condition), health_subject(condition, of, room));
    else
        tell(fold, condition, of, detail, (double)NAN);
}

void health_door(struct fold *fold, struct cw_str door, const struct cw_doc *doc)
{
    const struct cw_node *root = document_object(doc);
    struct cw_str state = CW_STR(""), segment = CW_STR("");
    if (!root || document_text(doc, root, "state", &state, NULL) || !str_is(state, "recovered"))
        return;
    (void)document_text(doc, root, "segment", &segment, NULL);
    tell(fold, find(CW_STR(CONDITION_DOOR_RECOVERED)), door, segment, (double)NAN);
}

void health_clock_step(struct fold *fold, const struct cw_doc *doc)
{
    const struct cw_node *root = document_object(doc);
    int64_t step_ns = 0;
    if (root && document_int(doc, root, "step_ns", &step_ns, NULL) == 0)
        tell(fold, find(CW_STR(CONDITION_CLOCK_STEPPED)), CW_STR(""), CW_STR(""),
             (double)step_ns / (double)NS_PER_S);
}
