/*
 * api_sites.c - places, their devices with last values, and visits, as the fold has them now.
 *
 * A site outside the caller's scope does not exist for the caller: 404, not 403.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/num.h"
#include "core/oversight/inspection.h"
#include "core/registry/consent.h"
#include "core/series/series.h"
#include "core/service/service.h"
#include "io/json_read.h"

#define DEFAULT_LIMIT 200

const struct site *site_for(const struct exchange *exchange, const char *id)
{
    const struct site *site = registry_site(&api_fold(exchange->api)->registry, str_of(id));
    return site && caller_may_see(&exchange->caller, site->id, site->district) ? site : NULL;
}

const struct site *site_of_path(struct exchange *exchange)
{
    const struct site *site = site_for(exchange, exchange->id);
    if (!site)
        api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no site %s.",
                    exchange->id);
    return site;
}

/* The number behind which a list goes on; -1 at its start. -2: answered with 400. */
static int64_t list_after(struct exchange *exchange)
{
    const char *after = parameter(exchange, "after");
    int64_t number = -1;
    if (after[0] && (num_parse_i64(str_of(after), &number) < 0 || number < 0)) {
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "after=\"%.60s\" is not a \"next\" of this list.", after);
        return -2;
    }
    return number;
}

/* ---- sites ---- */

static bool site_is_wanted(const struct exchange *exchange, const struct site *site)
{
    const char *kind = parameter(exchange, "kind");
    const char *district = parameter(exchange, "district");
    const char *connection = parameter(exchange, "connection");
    size_t n = strlen(kind);
    bool kind_fits = n == 0 || (strncmp(site->kind_text, kind, n) == 0 &&
                                (site->kind_text[n] == '\0' || site->kind_text[n] == '.'));
    return kind_fits && caller_may_see(&exchange->caller, site->id, site->district) &&
           (!district[0] || strcmp(district, site->district) == 0) &&
           (!connection[0] || strcmp(connection, connection_name(site->connection)) == 0);
}

void handle_sites(struct exchange *exchange)
{
    const struct registry *registry = &api_fold(exchange->api)->registry;
    int64_t limit = parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0;
    int64_t after = list_after(exchange);
    if (after == -2)
        return;
    struct json_out out;
    char next[NUM_MAX] = "";
    api_list_begin(exchange->api, &out);
    for (uint32_t i = (uint32_t)(after + 1); i < registry->n_sites; i++) {
        const struct site *site = registry->site[i];
        if (!site || !site_is_wanted(exchange, site))
            continue;
        if (n++ == limit)
            break;
        site_json(registry, site, false, &out);
        (void)snprintf(next, sizeof(next), "%u", i);
    }
    api_list_end(exchange, &out, n > limit ? next : NULL);
}

static void site_state(const struct fold *fold, const struct site *site, struct json_out *out)
{
    site_json(&fold->registry, site, true, out);
}

/* The site of the path as `write` has it. */
static void answer_site(struct exchange *exchange,
                        void (*write)(const struct fold *fold, const struct site *site,
                                      struct json_out *out))
{
    struct api *api = exchange->api;
    const struct site *site = site_of_path(exchange);
    struct json_out out;
    if (!site)
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    write(api_fold(api), site, &out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_site(struct exchange *exchange)
{
    answer_site(exchange, site_state);
}

void handle_staffing(struct exchange *exchange)
{
    answer_site(exchange, conduct_json);
}

/* ---- registering ---- */

/* Writes the registry record from the body; 0 or -EINVAL with err. */
static int site_record(const struct exchange *exchange, const struct json_node *body,
                       struct json_out *out, struct cw_error *err)
{
    static const char *const texts[] = {"kind", "district", "name", "crs", "reason"};
    static const char *const reals[] = {"lat", "lon"};
    const char *key;
    if (!node_is_object(body))
        return err_set(err, -EINVAL, "the body must be an object");
    json_object(out);
    json_member_text(out, "site", str_of(exchange->id));
    for (size_t i = 0; node_member(body, i, &key); i++) {
        const struct json_node *member = node_get(body, key);
        bool done = false;
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]) && !done; k++) {
            done = strcmp(key, texts[k]) == 0 && node_is_text(member);
            if (done)
                json_member_text(out, key, str_of(node_text(member, "")));
        }
        for (size_t k = 0; k < 2 && !done; k++) {
            done = strcmp(key, reals[k]) == 0 && node_is_number(member);
            if (done)
                json_member_real(out, key, node_real(member, NAN));
        }
        if (!done)
            return err_set(err, -EINVAL, "\"%.40s\" is not known or of the wrong type", key);
    }
    json_member_text(out, "by", str_of(exchange->caller.by));
    json_object_end(out);
    const char *kind = node_text(node_get(body, "kind"), NULL);
    if (kind && site_kind_of(str_of(kind)) == 0)
        return err_set(err, -EINVAL, "\"%.40s\" is no kind of site", kind);
    return 0;
}

/* The fold has read the record: what it made of the site, or why it did not take it. */
static void on_registered(void *ctx, int code, const struct alarm *alarm,
                          const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)alarm;
    if (api && code == 0) {
        const struct registry *registry = &api_fold(api)->registry;
        struct json_out out;
        buf_clear(&api->scratch);
        json_out_init(&out, &api->scratch);
        site_json(registry, registry_site(registry, str_of(pending->id)), false, &out);
        api_answer(api, pending->request, pending->is_new ? 201 : 200, NULL,
                   buf_str(&api->scratch));
    } else if (api && code == -EINVAL) {
        api_problem(api, pending->request, 400, NULL, "%s", err->text);
    } else if (api) {
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the record: %s.", strerror(-code));
    }
    free(pending);
}

void handle_site_put(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct cw_error err = {""};
    const struct site *site = registry_site(&api_fold(api)->registry, str_of(exchange->id));
    if (caller_is_scoped(&exchange->caller) && !site_for(exchange, exchange->id)) {
        (void)site_of_path(exchange);
        return;
    }
    struct json_node *body = json_read(request->body, &err);
    struct buf record;
    struct json_out out;
    buf_init(&record, 16384);
    json_out_init(&out, &record);
    if (!body || site_record(exchange, body, &out, &err) < 0) {
        api_problem(api, request->id, 400, NULL, "%s.", err.text);
    } else {
        struct pending *pending = pending_new(api, request->id);
        (void)str_copy(pending->id, sizeof(pending->id), str_of(exchange->id));
        pending->is_new = !site;
        pipeline_register(api->daemon->pipeline, "site", buf_str(&record), on_registered,
                          pending);
    }
    json_read_free(body);
    buf_done(&record);
}

/* ---- devices ---- */

static bool is_shown(const struct device *device, const struct series *series)
{
    return series->newest_ns != 0 && !consent_withholds(device, series->metric);
}

/* By the device's own clock. values_at is of the newest value, last_at of those that are older:
 * a band that measures blood pressure once a day is heard all the time. */
static void write_moments(const struct device *device, struct json_out *out)
{
    int64_t newest_ns = 0;
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        if (is_shown(device, series) && series->newest_ns > newest_ns)
            newest_ns = series->newest_ns;
    }
    json_member_time_opt(out, "values_at", newest_ns);
    json_key(out, "last_at");
    json_object(out);
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        char name[MAX_METRIC_NAME + 1];
        if (is_shown(device, series) && series->newest_ns < newest_ns &&
            str_copy(name, sizeof(name), series->metric->name))
            json_member_time(out, name, series->newest_ns);
    }
    json_object_end(out);
}

static void write_device(const struct device *device, struct json_out *out)
{
    json_object(out);
    device_members_json(device, out);
    json_member_real(out, "class_s", (double)device->class_ns / (double)NS_PER_S);
    json_member_time_opt(out, "heard_at", device->heard_ns);
    json_member_time_opt(out, "data_at", device->data_ns);
    json_key(out, "last");
    json_object(out);
    for (uint32_t i = 0; i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        char name[MAX_METRIC_NAME + 1];
        if (!is_shown(device, series) || !str_copy(name, sizeof(name), series->metric->name))
            continue;
        if (series->metric->type == CW_TEXT)
            json_member_text(out, name, str_of(series->last.text));
        else if (series->metric->type == CW_BOOL)
            json_member_bool(out, name, series->last.number != 0);
        else
            json_member_real(out, name, series->last.number);
    }
    json_object_end(out);
    write_moments(device, out);
    json_object_end(out);
}

void handle_site_devices(struct exchange *exchange)
{
    const struct site *site = site_of_path(exchange);
    int64_t limit = parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0, index = 0;
    int64_t after = site ? list_after(exchange) : -2;
    if (after == -2)
        return;
    struct json_out out;
    char next[NUM_MAX] = "";
    api_list_begin(exchange->api, &out);
    for (const struct device *d = site->first_device; d; d = d->next_of_site, index++) {
        if (index <= after || n++ >= limit)
            continue;
        write_device(d, &out);
        (void)snprintf(next, sizeof(next), "%lld", (long long)index);
    }
    api_list_end(exchange, &out, n > limit ? next : NULL);
}

/* A device that sends and that no roster names: wrongly configured, new, or a stranger's. */
void handle_unknown_devices(struct exchange *exchange)
{
    const struct registry *registry = &api_fold(exchange->api)->registry;
    int64_t limit = parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0;
    const char *only = parameter(exchange, "site");
    int64_t after = list_after(exchange);
    if (after == -2)
        return;
    struct json_out out;
    char next[NUM_MAX] = "";
    api_list_begin(exchange->api, &out);
    for (uint32_t i = (uint32_t)(after + 1); i < registry->n_devices; i++) {
        const struct device *device = registry->device[i];
        const struct site *site = device ? registry->site[device->site] : NULL;
        if (!site || device->rostered || device->retired || device->is_gateway ||
            !caller_may_see(&exchange->caller, site->id, site->district) ||
            (only[0] && strcmp(only, site->id) != 0))
            continue;
        if (n++ == limit)
            break;
        json_object(&out);
        json_member_text(&out, "site", str_of(site->id));
        json_member_text(&out, "district", str_of(site->district));
        json_member_text(&out, "device", str_of(device->id));
        json_member_time_opt(&out, "heard_at", device->heard_ns);
        json_member_int(&out, "metrics", device->n_series);
        json_object_end(&out);
        (void)snprintf(next, sizeof(next), "%u", i);
    }
    api_list_end(exchange, &out, n > limit ? next : NULL);
}
