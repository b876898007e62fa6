/*
 * api_v2_push.c - what is given to us by the API of an Alertmanager: alerts of a Prometheus,
 * and silences.
 *
 * A Prometheus says every minute what fires, and until when that is to be believed. Only what
 * changes becomes a command of the journal ("external"); until when is kept here, and what was
 * not said again in time is cleared. After a start all of them have ten minutes to be said.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/api_v2.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/mem.h"
#include "io/json_read.h"

#define MAX_EXTERNAL 4096u
#define MAX_COMMAND (256u << 10)
#define AFTER_START_NS (600 * NS_PER_S)
#define HOLDS_NS (300 * NS_PER_S) /* an alert that names no end */

struct external {
    int64_t ends_ns; /* wall clock */
    char subject[MAX_ALARM_SUBJECT];
};

static const struct rule *rule_of(const struct api *api)
{
    return ruleset_builtin(api_fold(api)->rules, CONDITION_EXTERNAL);
}

static bool is_open(const struct api *api, const char *subject)
{
    const struct rule *rule = rule_of(api);
    const struct alarm *alarm =
        rule ? alarm_open(&api_fold(api)->alarms, str_of(rule->name), str_of(subject)) : NULL;
    return alarm && alarm->active;
}

/* ---- alerts ---- */

/* Labels identify: the same ones are the same alert, in whatever order they come. */
static void subject_of(const struct json_node *labels, char subject[MAX_ALARM_SUBJECT])
{
    uint64_t sum[2] = {0, 0};
    char id[HASH_ID_MAX];
    const char *key;
    struct buf text;
    for (size_t i = 0; node_member(labels, i, &key); i++) {
        struct cw_str value = str_of(node_text(node_get(labels, key), ""));
        sum[0] += hash64(value, hash64(str_of(key), 1));
        sum[1] += hash64(value, hash64(str_of(key), 2));
    }
    buf_init(&text, 64);
    buf_printf(&text, "%016llx%016llx", (unsigned long long)sum[0], (unsigned long long)sum[1]);
    hash_id(buf_str(&text), id);
    buf_done(&text);
    (void)snprintf(subject, MAX_ALARM_SUBJECT, "external:%s", id);
}

static const char *label(const struct json_node *labels, const char *a, const char *b)
{
    const char *value = node_text(node_get(labels, a), NULL);
    return value ? value : node_text(node_get(labels, b), "");
}

static const char *priority_of(const char *severity)
{
    static const struct {
        const char *severity, *priority;
    } row[] = {{"critical", "high"}, {"page", "high"},      {"high", "high"},
               {"error", "medium"},  {"warning", "medium"}, {"medium", "medium"}};
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        if (strcmp(severity, row[i].severity) == 0)
            return row[i].priority;
    }
    return "low";
}

static void id_member(struct json_out *out, const char *key, const char *value)
{
    if (id_valid(str_of(value)))
        json_member_text(out, key, str_of(value));
}

static void alert_write(const struct json_node *alert, const char *subject, bool active,
                        struct json_out *out)
{
    const struct json_node *labels = node_get(alert, "labels");
    const struct json_node *annotations = node_get(alert, "annotations");
    const char *name = label(labels, "alertname", "alertname");
    const char *summary = label(annotations, "summary", "description");
    json_object(out);
    json_member_text(out, "subject", str_of(subject));
    json_member_bool(out, "active", active);
    id_member(out, "kind", name);
    json_member_text(out, "priority",
                     str_of(priority_of(label(labels, "severity", "priority"))));
    id_member(out, "site", label(labels, "site", "facility"));
    id_member(out, "device", label(labels, "device", "instance"));
    json_member_text(out, "text",
                     (struct cw_str){summary[0] ? summary : name,
                                     utf8_cut(str_of(summary[0] ? summary : name), 180)});
    json_object_end(out);
}

static int64_t end_of(const struct json_node *alert, int64_t now_ns)
{
    int64_t ends_ns = 0;
    const char *text = node_text(node_get(alert, "endsAt"), "");
    if (instant_parse(str_of(text), &ends_ns) != 0 || ends_ns <= 0)
        return now_ns + HOLDS_NS;
    return ends_ns;
}

static void remember_end(struct api *api, const char *subject, int64_t ends_ns)
{
    struct external *external = map_get(&api->external, str_of(subject));
    if (!external) {
        if (map_count(&api->external) >= MAX_EXTERNAL) {
            api->n_external_refused++;
            return;
        }
        external = xcalloc(1, sizeof(*external));
        (void)str_copy(external->subject, sizeof(external->subject), str_of(subject));
        (void)map_put(&api->external, str_of(external->subject), external);
    }
    external->ends_ns = ends_ns;
}

static void forget_end(struct api *api, const char *subject)
{
    free(map_remove(&api->external, str_of(subject)));
}

/* True when it is news: the fold does not have it like this. */
static bool alert_take(struct api *api, const struct json_node *alert, int64_t now_ns,
                       struct json_out *out)
{
    char subject[MAX_ALARM_SUBJECT];
    int64_t ends_ns = end_of(alert, now_ns);
    bool active = ends_ns > now_ns;
    subject_of(node_get(alert, "labels"), subject);
    if (active)
        remember_end(api, subject, ends_ns);
    else
        forget_end(api, subject);
    if (is_open(api, subject) == active ||
        (active && !map_get(&api->external, str_of(subject))))
        return false;
    alert_write(alert, subject, active, out);
    return true;
}

static void on_taken(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)alarm;
    if (api && pending->request && code == 0)
        api_answer(api, pending->request, 200, NULL, CW_STR("{}"));
    else if (api && pending->request && code == -EINVAL)
        api_problem(api, pending->request, 400, NULL, "%s", err->text);
    else if (api && pending->request)
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the command: %s.", strerror(-code));
    free(pending);
}

static bool is_alert(const struct json_node *alert)
{
    const struct json_node *labels = node_get(alert, "labels");
    const char *key;
    size_t n = 0;
    while (node_member(labels, n, &key) && node_is_text(node_get(labels, key)))
        n++;
    return node_is_object(labels) && n > 0 && !node_member(labels, n, &key);
}

void handle_v2_alerts_post(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct json_node *body = json_read(exchange->request->body, &err);
    const struct json_node *alert;
    struct buf command;
    struct json_out out;
    size_t n = 0, n_news = 0;
    while ((alert = node_at(body, n)) && is_alert(alert))
        n++;
    if (!body || node_is_object(body) || alert) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "The body must be a list of alerts with labels of text%s%s.",
                    err.text[0] ? ": " : "", err.text);
        json_read_free(body);
        return;
    }
    buf_init(&command, MAX_COMMAND);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_key(&out, "alerts");
    json_array(&out);
    for (size_t i = 0; i < n; i++)
        n_news += alert_take(api, node_at(body, i), clock_wall_ns(), &out);
    json_array_end(&out);
    json_object_end(&out);
    if (n_news == 0)
        api_answer(api, exchange->request->id, 200, NULL, CW_STR("{}"));
    else
        pipeline_command(api->daemon->pipeline, "external", buf_str(&command), on_taken,
                         pending_new(api, exchange->request->id));
    buf_done(&command);
    json_read_free(body);
}

/* ---- what is not said again ---- */

static void clear(struct api *api, const char *subject)
{
    struct buf command;
    struct json_out out;
    buf_init(&command, 4096);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "by", CW_STR("carewatch"));
    json_key(&out, "alerts");
    json_array(&out);
    json_object(&out);
    json_member_text(&out, "subject", str_of(subject));
    json_member_bool(&out, "active", false);
    json_object_end(&out);
    json_array_end(&out);
    json_object_end(&out);
    pipeline_command(api->daemon->pipeline, "external", buf_str(&command), on_taken,
                     pending_new(api, 0));
    buf_done(&command);
}

void v2_tick(struct api *api, int64_t now_ns)
{
    struct external *external;
    for (uint32_t i = 0; (external = map_next(&api->external, &i, NULL));) {
        if (external->ends_ns > now_ns)
            continue;
        if (is_open(api, external->subject))
            clear(api, external->subject);
        (void)map_remove(&api->external, str_of(external->subject));
        free(external);
    }
}

void v2_start(struct api *api)
{
    const struct rule *rule = rule_of(api);
    const struct alarm_set *set = &api_fold(api)->alarms;
    const struct alarm *alarm;
    map_init(&api->external);
    for (uint32_t i = 0; rule && (alarm = map_next(&set->by_key, &i, NULL));) {
        if (alarm->active && strcmp(alarm->rule, rule->name) == 0)
            remember_end(api, alarm->subject, clock_wall_ns() + AFTER_START_NS);
    }
}

void v2_stop(struct api *api)
{
    struct external *external;
    for (uint32_t i = 0; (external = map_next(&api->external, &i, NULL));)
        free(external);
    map_done(&api->external);
}

/* ---- silences ---- */

static void on_silenced(void *ctx, int code, const struct alarm *alarm,
                        const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    char body[MAX_ID + 32];
    (void)alarm;
    (void)snprintf(body, sizeof(body), "{\"silenceID\":\"%s\"}", pending->id);
    if (api && code == 0)
        api_answer(api, pending->request, 200, NULL, str_of(body));
    else if (api && (code == -EINVAL || code == -E2BIG || code == -ENOENT))
        api_problem(api, pending->request, code == -ENOENT ? 404 : 400, NULL, "%s", err->text);
    else if (api)
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the command: %s.", strerror(-code));
    free(pending);
}

static void matchers_write(const struct json_node *list, struct json_out *out)
{
    const struct json_node *matcher;
    json_key(out, "matchers");
    json_array(out);
    for (size_t i = 0; (matcher = node_at(list, i)); i++) {
        json_object(out);
        json_member_text(out, "name", str_of(node_text(node_get(matcher, "name"), "")));
        json_member_text(out, "value", str_of(node_text(node_get(matcher, "value"), "")));
        json_member_bool(out, "isRegex", node_bool(node_get(matcher, "isRegex"), false));
        json_member_bool(out, "isEqual", node_bool(node_get(matcher, "isEqual"), true));
        json_object_end(out);
    }
    json_array_end(out);
}

void handle_v2_silences_post(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct buf command;
    struct json_out out;
    if (!is_for_all(exchange))
        return;
    struct json_node *body = json_read(exchange->request->body, &err);
    if (!node_is_object(body)) {
        api_problem(api, exchange->request->id, 400, NULL, "The body must be a silence.");
        json_read_free(body);
        return;
    }
    struct pending *pending = pending_new(api, exchange->request->id);
    const char *id = node_text(node_get(body, "id"), "");
    if (!id_valid(str_of(id)) || !str_copy(pending->id, sizeof(pending->id), str_of(id)))
        api_new_id(pending->id);
    buf_init(&command, MAX_COMMAND);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_text(&out, "id", str_of(pending->id));
    json_member_opt(&out, "from", str_of(node_text(node_get(body, "startsAt"), "")));
    json_member_opt(&out, "until", str_of(node_text(node_get(body, "endsAt"), "")));
    json_member_opt(&out, "reason", str_of(node_text(node_get(body, "comment"), "")));
    matchers_write(node_get(body, "matchers"), &out);
    json_object_end(&out);
    api->n_commands++;
    pipeline_command(api->daemon->pipeline, "silence", buf_str(&command), on_silenced, pending);
    buf_done(&command);
    json_read_free(body);
}

void handle_v2_silence_delete(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct buf command;
    struct json_out out;
    if (!is_for_all(exchange))
        return;
    struct pending *pending = pending_new(api, exchange->request->id);
    (void)str_copy(pending->id, sizeof(pending->id), str_of(exchange->id));
    buf_init(&command, 1024);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_text(&out, "id", str_of(exchange->id));
    json_object_end(&out);
    api->n_commands++;
    pipeline_command(api->daemon->pipeline, "expire", buf_str(&command), on_silenced, pending);
    buf_done(&command);
}
