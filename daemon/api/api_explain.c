/*
 * api_explain.c - why: what stands behind an alarm, and why a rule spoke or did not.
 *
 *   GET /alarms/{id}/why              inputs, thresholds, what was learned, timers,
 *                                     suppressors, routing, deliveries
 *   GET /explain?device=&rule=&at=    the same of a rule over a device, also when it is silent
 */
#include "api/api_private.h"
#include "core/alarm/escalation.h"
#include "core/series/alarm_shown.h"
#include "core/series/explain.h"
#include "outbox/outbox.h"

#define MAX_CHANNELS_SHOWN 64u

/* ---- an alarm ---- */

/* Channels that are told of it when it is raised. */
static void routing_json(const struct api *api, const struct alarm *alarm, struct json_out *out)
{
    const char *channel[MAX_CHANNELS_SHOWN];
    struct transition raised = {.change = CHANGE_RAISED, .alarm = alarm};
    size_t n = outbox_routes(api->daemon->config, &raised, channel, MAX_CHANNELS_SHOWN);
    json_key(out, "routing");
    json_array(out);
    for (size_t i = 0; i < n; i++)
        json_text(out, str_of(channel[i]));
    json_array_end(out);
}

/* Whom the next step tells: the persons who are on duty now. */
static void next_json(const struct fold *fold, const struct alarm *alarm, struct json_out *out)
{
    struct alarm_target tell[MAX_TELL];
    uint32_t n = escalation_next(fold, alarm, tell);
    json_key(out, "next");
    json_array(out);
    for (uint32_t i = 0; i < n; i++) {
        json_object(out);
        json_member_text(out, "channel", str_of(tell[i].channel));
        json_member_text(out, "to", str_of(tell[i].to));
        json_object_end(out);
    }
    json_array_end(out);
}

/* What keeps it from being told now, and what will tell it next. */
static void telling_json(const struct fold *fold, const struct alarm *alarm,
                         struct json_out *out)
{
    const struct inhibition *rule = NULL;
    const struct alarm *source = inhibit_source(fold, alarm, &rule);
    const struct silence *silence = quiet_silence(fold, alarm);
    const struct window *window =
        quiet_window(fold, str_of(alarm->site), str_of(alarm->device));
    if (!window)
        window = quiet_window(fold, str_of(alarm->site), CW_STR(""));
    json_key(out, "telling");
    json_object(out);
    json_member_bool(out, "folded", alarm->folded);
    json_member_opt(out, "silence", str_of(silence ? silence->id : ""));
    json_member_bool(out, "muted", quiet_mutes(fold, alarm));
    json_member_opt(out, "maintenance", str_of(window && !alarm->vital ? window->id : ""));
    json_member_opt(out, "inhibition", str_of(source ? rule->name : ""));
    json_member_opt(out, "inhibited_by", str_of(source ? source->id : ""));
    json_member_opt(out, "chain", str_of(alarm->chain));
    json_member_int(out, "step", alarm->step);
    json_member_time_opt(out, "escalates_at", alarm->step_ns);
    next_json(fold, alarm, out);
    json_object_end(out);
}

/* What was set for the resident instead of the rule's limits. */
static void own_limit_of(const struct fold *fold, const struct explained *explained,
                         const struct alarm *alarm, struct json_out *out)
{
    const struct metric *metric = explained->watch ? explained->outlook.metric : NULL;
    const struct own_limit *limit =
        own_limit_find(fold, str_of(alarm->site), str_of(alarm->resident),
                       metric ? metric->name : CW_STR(OWN_LIMIT_NEWS2));
    if (!limit)
        return;
    json_key(out, "own_limit");
    own_limit_json(limit, out);
}

/* What its detector is told of the resident of the device: limits that were set, and the scale
 * of the record. */
static void own_json(const struct fold *fold, const struct explained *explained,
                     struct json_out *out)
{
    const struct metric *metric = explained->watch ? explained->outlook.metric : NULL;
    struct cw_own room;
    const struct cw_own *own =
        explained->device ? own_of(fold, explained->device,
                                   metric ? metric->name : CW_STR(OWN_LIMIT_NEWS2), &room)
                          : NULL;
    if (!own)
        return;
    json_key(out, "own");
    json_object(out);
    json_member_real_opt(out, "low", own->low);
    json_member_real_opt(out, "high", own->high);
    json_member_real_opt(out, "news2_from", own->score);
    json_member_int(out, "spo2_scale", own->spo2_scale ? own->spo2_scale : 1);
    json_object_end(out);
}

void handle_alarm_why(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const struct alarm *alarm = alarm_find(&fold->alarms, str_of(exchange->id));
    struct explained explained = {.watch = NULL};
    struct json_out out;
    if (!alarm || !caller_may_see(&exchange->caller, alarm->site, alarm->district)) {
        api_problem(api, exchange->request->id, 404, NULL,
                    "There is no alarm %s in memory; of old ones only the history is kept.",
                    exchange->id);
        return;
    }
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    bool has_rule = explain_alarm(fold, alarm, &explained);
    json_key(&out, "alarm");
    alarm_shown_json(fold, alarm, &out);
    if (has_rule)
        explain_json(fold, &explained, &out);
    else
        json_member_text(&out, "rule", str_of(alarm->rule));
    own_limit_of(fold, &explained, alarm, &out);
    own_json(fold, &explained, &out);
    telling_json(fold, alarm, &out);
    routing_json(api, alarm, &out);
    deliveries_json("deliveries", alarm, &out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

/* ---- a rule over a device ---- */

void handle_explain(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const char *name = parameter(exchange, "rule");
    int64_t at_ns = fold->now_ns;
    struct explained explained;
    struct json_out out;
    if (!api_moment(parameter(exchange, "at"), &at_ns) || name[0] == '\0' ||
        parameter(exchange, "device")[0] == '\0') {
        api_problem(api, exchange->request->id, 400, NULL,
                    "Give device and rule; at is RFC 3339 or milliseconds.");
        return;
    }
    const struct rule *rule = ruleset_find(fold->rules, str_of(name));
    const struct device *device = api_device(exchange);
    if (!rule || !device) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no %s \"%s\"%s.",
                    rule ? "device" : "rule", rule ? parameter(exchange, "device") : name,
                    rule ? ", or several sites have one: say site=" : "");
        return;
    }
    explain_device(fold, rule, device, at_ns, &explained);
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "site", str_of(explained.site->id));
    json_member_text(&out, "device", str_of(device->id));
    explain_json(fold, &explained, &out);
    own_json(fold, &explained, &out);
    if (explained.alarm) {
        json_key(&out, "alarm");
        alarm_shown_json(fold, explained.alarm, &out);
    }
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

/* ---- the rules themselves ---- */

void handle_rules(struct exchange *exchange)
{
    const struct ruleset *rules = api_fold(exchange->api)->rules;
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < rules->n_rules; i++)
        rule_json(&rules->rule[i], &out);
    api_list_end(exchange, &out, NULL);
}
