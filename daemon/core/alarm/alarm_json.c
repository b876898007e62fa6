/*
 * alarm_json.c - an alarm as words: the API's object (contract section 3) and the names of
 * states and changes.
 */
#include "core/alarm/alarm.h"

const char *alarm_state_name(uint32_t state)
{
    static const char *const name[] = {
        [ALARM_UNACK] = "unack",
        [ALARM_ACKED] = "acked",
        [ALARM_RTN_UNACK] = "rtn_unack",
        [ALARM_SHELVED] = "shelved",
        [ALARM_SUPPRESSED] = "suppressed",
        [ALARM_CLOSED] = "closed",
        [ALARM_OUT_OF_SERVICE] = "out_of_service",
    };
    if (state < ALARM_UNACK || state >= N_ALARM_STATES)
        return "unknown";
    return name[state];
}

const char *alarm_change_name(uint32_t change)
{
    static const char *const name[] = {
        [CHANGE_RAISED] = "raised",
        [CHANGE_REPEATED] = "repeated",
        [CHANGE_CLEARED] = "cleared",
        [CHANGE_ACKED] = "acked",
        [CHANGE_CLOSED] = "closed",
        [CHANGE_NOTIFIED] = "notified",
        [CHANGE_PARTLY_ACKED] = "partly_acked",
        [CHANGE_UNACKED] = "unacked",
        [CHANGE_ESCALATED] = "escalated",
        [CHANGE_ASSIGNED] = "assigned",
        [CHANGE_ARRIVED] = "arrived",
        [CHANGE_HANDED_OVER] = "handed_over",
        [CHANGE_SHELVED] = "shelved",
        [CHANGE_UNSHELVED] = "unshelved",
        [CHANGE_SUPPRESSED] = "suppressed",
        [CHANGE_UNSUPPRESSED] = "unsuppressed",
        [CHANGE_REGRADED] = "regraded",
        [CHANGE_NOTED] = "noted",
    };
    if (change < CHANGE_RAISED || change >= N_ALARM_CHANGES)
        return "unknown";
    return name[change];
}

static void identity_json(const struct alarm *alarm, struct json_out *out)
{
    json_member_text(out, "id", str_of(alarm->id));
    json_member_int(out, "rev", alarm->rev);
    json_member_text(out, "priority", str_of(priority_name(alarm->priority)));
    json_member_text(out, "state", str_of(alarm_state_name(alarm->state)));
    json_member_bool(out, "active", alarm->active);
    json_member_bool(out, "historical", alarm->historical);
    json_member_bool(out, "drill", alarm->drill);
    json_member_bool(out, "delayed", alarm->delayed);
    json_member_bool(out, "vital", alarm->vital);
    json_member_text(out, "rule", str_of(alarm->rule));
    json_member_text(out, "kind", str_of(alarm->kind));
    json_member_opt(out, "risk", str_of(alarm->risk));
    json_member_text(out, "category", str_of(category_name(alarm->category)));
}

struct cw_str alarm_metric(const struct alarm *alarm)
{
    struct cw_str rest = str_of(alarm->subject), site, device;
    if (!alarm->device[0] || !str_split(&rest, '/', &site) || !str_split(&rest, '/', &device) ||
        !str_is(site, alarm->site) || !str_is(device, alarm->device))
        return CW_STR("");
    return rest;
}

static void place_json(const struct alarm *alarm, struct json_out *out)
{
    json_member_text(out, "site", str_of(alarm->site));
    json_member_text(out, "district", str_of(alarm->district));
    json_member_opt(out, "device", str_of(alarm->device));
    json_member_opt(out, "metric", alarm_metric(alarm));
    json_member_opt(out, "resident", str_of(alarm->resident));
    json_member_opt(out, "bed", str_of(alarm->bed));
    json_member_text(out, "incident", str_of(alarm->incident[0] ? alarm->incident : alarm->id));
    json_member_bool(out, "first_out", alarm->first_out);
    json_member_bool(out, "folded", alarm->folded);
    json_member_real_opt(out, "value", alarm->value);
    json_member_real_opt(out, "limit", alarm->limit);
    json_member_opt(out, "withheld", str_of(alarm->withheld ? alarm->withheld : ""));
}

static void times_json(const struct alarm *alarm, struct json_out *out)
{
    json_member_time(out, "raised_at", alarm->raised_ns);
    json_member_time_opt(out, "device_at", alarm->device_ns);
    json_member_time_opt(out, "cleared_at", alarm->cleared_ns);
    json_member_time_opt(out, "acked_at", alarm->acked_ns);
    json_member_opt(out, "acked_by", str_of(alarm->acked_by));
    json_member_time_opt(out, "closed_at", alarm->closed_ns);
    json_member_time_opt(out, "told_at", alarm->heard_ns);
    json_member_time_opt(out, "answered_at", alarm->answered_ns);
    json_member_time_opt(out, "assigned_at", alarm->assigned_ns);
    json_member_time_opt(out, "arrived_at", alarm->arrived_ns);
    json_member_time_opt(out, "due", alarm->due_ns);
    json_member_time(out, "changed_at", alarm->changed_ns);
    json_member_opt(out, "changed_by", str_of(alarm->changed_by));
}

/* What persons did with it, and what time will do. */
static void dispatch_json(const struct alarm *alarm, struct json_out *out)
{
    json_member_opt(out, "owner", str_of(alarm->owner));
    json_member_int(out, "escalation", alarm->escalation);
    json_member_opt(out, "chain", str_of(alarm->chain));
    json_member_time_opt(out, "escalates_at", alarm->step_ns);
    json_member_time_opt(out, "ack_until", alarm->forget_ns);
    if (alarm->state == ALARM_SHELVED) {
        json_member_opt(out, "shelved_by", str_of(alarm->shelved_by));
        json_member_time_opt(out, "shelved_until", alarm->shelved_until_ns);
    }
    if (alarm->handed_ns) {
        json_key(out, "handover");
        json_object(out);
        json_member_text(out, "to", str_of(alarm->handed_to));
        json_member_text(out, "answerer", str_of(alarm->answerer));
        json_member_time(out, "at", alarm->handed_ns);
        json_object_end(out);
    }
    json_member_opt(out, "closed_by", str_of(alarm->closed_by));
    json_member_opt(out, "cause", str_of(alarm->cause));
}

static void words_json(const char *key, const char *zh, const char *en, struct json_out *out)
{
    json_key(out, key);
    json_object(out);
    json_member_text(out, "zh", str_of(zh));
    json_member_text(out, "en", str_of(en));
    json_object_end(out);
}

void deliveries_json(const char *key, const struct alarm *alarm, struct json_out *out)
{
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < alarm->n_notified; i++) {
        const struct alarm_delivery *delivery = &alarm->notified[i];
        json_object(out);
        json_member_text(out, "channel", str_of(delivery->channel));
        json_member_text(out, "to", str_of(delivery->to));
        json_member_time(out, "at", delivery->at_ns);
        json_member_bool(out, "ok", delivery->ok);
        json_object_end(out);
    }
    json_array_end(out);
}

void alarm_json(const struct alarm *alarm, struct json_out *out)
{
    json_object(out);
    identity_json(alarm, out);
    place_json(alarm, out);
    times_json(alarm, out);
    dispatch_json(alarm, out);
    json_member_int(out, "count", alarm->count);
    words_json("text", alarm->text_zh, alarm->text_en, out);
    if (alarm->action_zh[0] || alarm->action_en[0])
        words_json("action", alarm->action_zh, alarm->action_en, out);
    deliveries_json("notified", alarm, out);
    json_object_end(out);
}
