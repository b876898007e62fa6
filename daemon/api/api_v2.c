/*
 * api_v2.c - the API of an Alertmanager (v2), so that amtool works on us and Grafana can show
 * us: open alarms as alerts, silences as silences, who we are.
 *
 * Labels are those that silences match by (core/alarm/quiet.h). An alert is `suppressed` when a
 * silence holds for it, or when maintenance, an outage or a shelf keeps it from being told; it
 * is on the list all the same.
 */
#include <string.h>

#include "api/api_private.h"
#include "api/api_v2.h"
#include "base/clock.h"
#include "base/instant.h"
#include "io/json_read.h"

#define HOLDS_NS (180 * NS_PER_S) /* how long a firing alert is said to fire from now on */
#define MAX_V2_FILTERS 16u
#define MAX_LABELS 16u

/* ---- labels and filters ---- */

struct label {
    const char *name, *value;
};

static uint32_t labels_of(const struct alarm *alarm, struct label label[MAX_LABELS])
{
    static const char *const names[] = {
        "alertname", "bed",      "category", "device", "district", "id",  "incident",
        "kind",      "priority", "resident", "risk",   "severity", "site"};
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = alarm_label(alarm, names[i]);
        if (value[0])
            label[n++] = (struct label){names[i], value};
    }
    return n;
}

struct filters {
    struct matcher matcher[MAX_V2_FILTERS];
    uint32_t n;
    bool active, silenced, inhibited; /* wanted? */
};

static int read_filters(const struct exchange *exchange, struct filters *filters,
                        struct cw_error *err)
{
    struct cw_str rest = exchange->request->query;
    char key[64], value[MAX_VALUE];
    *filters = (struct filters){.active = true, .silenced = true, .inhibited = true};
    int r, ret = 0;
    while (ret == 0 &&
           (r = http_query_next(&rest, key, sizeof(key), value, sizeof(value))) > 0) {
        bool wanted = strcmp(value, "false") != 0;
        if (strcmp(key, "active") == 0)
            filters->active = wanted;
        else if (strcmp(key, "silenced") == 0)
            filters->silenced = wanted;
        else if (strcmp(key, "inhibited") == 0)
            filters->inhibited = wanted;
        else if (strcmp(key, "filter") == 0 && filters->n < MAX_V2_FILTERS)
            ret = matcher_parse(str_of(value), &filters->matcher[filters->n++], err);
    }
    return ret;
}

static bool matches(const struct filters *filters, const struct label *label, uint32_t n)
{
    for (uint32_t i = 0; i < filters->n; i++) {
        const struct matcher *matcher = &filters->matcher[i];
        struct cw_str value = CW_STR("");
        for (uint32_t k = 0; k < n; k++) {
            if (strcmp(label[k].name, matcher->name) == 0)
                value = str_of(label[k].value);
        }
        if (!matcher_holds(matcher, value))
            return false;
    }
    return true;
}

/* ---- alerts ---- */

static void names_json(struct json_out *out, const char *key, const char *name)
{
    json_key(out, key);
    json_array(out);
    if (name && name[0])
        json_text(out, str_of(name));
    json_array_end(out);
}

/* What keeps it from being told, besides silences; "" nothing. */
static const char *kept_back(const struct alarm *alarm)
{
    bool kept = alarm->state == ALARM_SHELVED || alarm->state == ALARM_SUPPRESSED ||
                alarm->state == ALARM_OUT_OF_SERVICE;
    return kept ? alarm_state_name(alarm->state) : "";
}

static void receivers_json(const struct alarm *alarm, struct json_out *out)
{
    json_key(out, "receivers");
    json_array(out);
    for (uint32_t i = 0; i < alarm->n_notified || i == 0; i++) {
        json_object(out);
        json_member_text(out, "name",
                         str_of(alarm->n_notified ? alarm->notified[i].channel : "carewatch"));
        json_object_end(out);
    }
    json_array_end(out);
}

static void alert_json(const struct alarm *alarm, const struct label *label, uint32_t n,
                       const struct silence *silence, struct json_out *out)
{
    bool suppressed = silence || kept_back(alarm)[0];
    json_object(out);
    json_key(out, "annotations");
    json_object(out);
    json_member_text(out, "summary", str_of(alarm->text_zh));
    json_member_text(out, "summary_en", str_of(alarm->text_en));
    json_object_end(out);
    json_member_time(out, "startsAt", alarm->raised_ns);
    json_member_time(out, "endsAt", clock_wall_ns() + HOLDS_NS);
    json_member_time(out, "updatedAt", alarm->changed_ns);
    json_member_text(out, "fingerprint", str_of(alarm->id));
    json_member_text(out, "generatorURL", CW_STR(""));
    receivers_json(alarm, out);
    json_key(out, "status");
    json_object(out);
    json_member_text(out, "state", suppressed ? CW_STR("suppressed") : CW_STR("active"));
    names_json(out, "silencedBy", silence ? silence->id : "");
    names_json(out, "inhibitedBy", kept_back(alarm));
    json_object_end(out);
    json_key(out, "labels");
    json_object(out);
    for (uint32_t i = 0; i < n; i++)
        json_member_text(out, label[i].name, str_of(label[i].value));
    json_object_end(out);
    json_object_end(out);
}

static bool filters_or_400(struct exchange *exchange, struct filters *filters)
{
    struct cw_error err = {""};
    if (read_filters(exchange, filters, &err) == 0)
        return true;
    api_problem(exchange->api, exchange->request->id, 400, NULL, "%s.", err.text);
    return false;
}

void handle_v2_alerts(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    struct filters filters;
    struct json_out out;
    const struct alarm *alarm;
    if (!filters_or_400(exchange, &filters))
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_array(&out);
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_key, &i, NULL));) {
        struct label label[MAX_LABELS];
        uint32_t n = labels_of(alarm, label);
        const struct silence *silence = quiet_silence(fold, alarm);
        bool wanted = silence               ? filters.silenced
                      : kept_back(alarm)[0] ? filters.inhibited
                                            : filters.active;
        if (alarm->active && wanted && matches(&filters, label, n) &&
            caller_may_see(&exchange->caller, alarm->site, alarm->district))
            alert_json(alarm, label, n, silence, &out);
    }
    json_array_end(&out);
    api_answer(api, exchange->request->id, api->scratch.full ? 500 : 200, NULL,
               buf_str(&api->scratch));
}

/* ---- who we are ---- */

void handle_v2_status(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_key(&out, "cluster");
    json_raw(&out, CW_STR("{\"status\":\"disabled\",\"peers\":[]}"));
    json_key(&out, "versionInfo");
    json_object(&out);
    json_member_text(&out, "version", CW_STR(CAREWATCH_VERSION));
    json_member_text(&out, "branch", CW_STR("carewatch"));
    json_member_text(&out, "revision", CW_STR(""));
    json_member_text(&out, "buildUser", CW_STR(""));
    json_member_text(&out, "buildDate", CW_STR(""));
    json_member_text(&out, "goVersion", CW_STR(""));
    json_object_end(&out);
    json_key(&out, "config");
    json_raw(&out, CW_STR("{\"original\":\"\"}"));
    json_member_time(&out, "uptime", api->daemon->started_ns);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

/* ---- silences ---- */

static void silence_v2_json(const struct silence *silence, int64_t now_ns, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "id", str_of(silence->id));
    json_key(out, "status");
    json_object(out);
    json_member_text(out, "state",
                     silence->until_ns <= now_ns ? CW_STR("expired")
                     : silence->from_ns > now_ns ? CW_STR("pending")
                                                 : CW_STR("active"));
    json_object_end(out);
    json_member_time(out, "startsAt", silence->from_ns);
    json_member_time(out, "endsAt", silence->until_ns);
    json_member_time(out, "updatedAt", silence->from_ns);
    json_member_text(out, "createdBy", str_of(silence->by));
    json_member_text(out, "comment", str_of(silence->comment));
    json_key(out, "matchers");
    matchers_json(silence->matcher, silence->n_matchers, out);
    json_object_end(out);
}

/* A silence matches a filter by its own matchers, as an Alertmanager has it. */
static bool silence_is_wanted(const struct silence *silence, const struct filters *filters)
{
    struct label label[MAX_MATCHERS];
    for (uint32_t i = 0; i < silence->n_matchers; i++)
        label[i] = (struct label){silence->matcher[i].name, silence->matcher[i].value};
    return matches(filters, label, silence->n_matchers);
}

void handle_v2_silences(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    struct filters filters;
    struct json_out out;
    if (!filters_or_400(exchange, &filters))
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_array(&out);
    for (uint32_t i = 0; i < fold->quiet.n_silences; i++) {
        if (silence_is_wanted(fold->quiet.silence[i], &filters))
            silence_v2_json(fold->quiet.silence[i], fold->now_ns, &out);
    }
    json_array_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_v2_silence(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const struct silence *silence = quiet_find_silence(&fold->quiet, str_of(exchange->id));
    struct json_out out;
    if (!silence) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no silence %s.",
                    exchange->id);
        return;
    }
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    silence_v2_json(silence, fold->now_ns, &out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
