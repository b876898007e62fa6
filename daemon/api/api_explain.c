/*
 * api_explain.c - why: what stands behind an alarm, and why a rule spoke or did not.
 *
 *   GET /alarms/{id}/why              inputs, thresholds, timers, suppressors, routing,
 *                                     deliveries
 *   GET /explain?device=&rule=&at=    the same of a rule over a device, also when it is silent
 */
#include "api/api_private.h"
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

static void deliveries_json(const struct alarm *alarm, struct json_out *out)
{
    json_key(out, "deliveries");
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

void handle_alarm_why(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const struct alarm *alarm = alarm_find(&fold->alarms, str_of(exchange->id));
    struct explained explained;
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
    json_key(&out, "alarm");
    alarm_json(alarm, &out);
    if (explain_alarm(fold, alarm, &explained))
        explain_json(fold, &explained, &out);
    else
        json_member_text(&out, "rule", str_of(alarm->rule));
    routing_json(api, alarm, &out);
    deliveries_json(alarm, &out);
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
    if (explained.alarm) {
        json_key(&out, "alarm");
        alarm_json(explained.alarm, &out);
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
