/*
 * api_series.c - values of one metric of one device, in columns as a chart wants them:
 * {"t":[ms,..],"v":[..]}. From the recent window in memory, or from InfluxDB when `from` lies
 * before it. More values than points become pairs of the smallest and the largest of each
 * bucket, so that peaks survive.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/registry/consent.h"
#include "core/series/series.h"

#define MAX_RECENT 4096u
#define DEFAULT_POINTS 600

/* One question, which may wait for the database. It is answered before the API stops. */
struct asked {
    struct api *api;
    uint64_t request;
    char site[MAX_ID + 1], device[MAX_ID + 1], metric[MAX_ID + 1];
    int64_t from_ns, to_ns;
    uint32_t points;
};

bool api_moment(const char *text, int64_t *ns)
{
    int64_t ms = 0;
    if (text[0] == '\0')
        return true;
    if (num_parse_i64(str_of(text), &ms) == 0 && ms >= 0 && ms < INT64_MAX / NS_PER_MS) {
        *ns = ms * NS_PER_MS;
        return true;
    }
    return instant_parse(str_of(text), ns) == 0;
}

/* The only device of that id the caller may see, or NULL. */
static const struct device *find_device(const struct exchange *exchange, const char *id)
{
    const struct registry *registry = &api_fold(exchange->api)->registry;
    const struct device *found = NULL;
    for (uint32_t i = 0; i < registry->n_devices; i++) {
        const struct device *device = registry->device[i];
        if (!device || strcmp(device->id, id) != 0)
            continue;
        const struct site *site = registry->site[device->site];
        if (!caller_may_see(&exchange->caller, site->id, site->district))
            continue;
        if (found)
            return NULL; /* two sites have one: say which */
        found = device;
    }
    return found;
}

const struct device *api_device(const struct exchange *exchange)
{
    const char *site = parameter(exchange, "site"), *device = parameter(exchange, "device");
    if (site[0] == '\0')
        return find_device(exchange, device);
    if (!site_for(exchange, site))
        return NULL;
    return registry_device(&api_fold(exchange->api)->registry, str_of(site), str_of(device));
}

/* In place: keeps of every `bucket` values the smallest and the largest, in their order. */
static uint32_t thin_out(struct recent_value *value, uint32_t n, uint32_t points)
{
    uint32_t buckets = points / 2, kept = 0;
    if (n <= points)
        return n;
    for (uint32_t b = 0; b < buckets; b++) {
        uint32_t from = (uint32_t)((uint64_t)n * b / buckets);
        uint32_t to = (uint32_t)((uint64_t)n * (b + 1) / buckets);
        uint32_t low = from, high = from;
        for (uint32_t i = from; i < to; i++) {
            low = value[i].value < value[low].value ? i : low;
            high = value[i].value > value[high].value ? i : high;
        }
        struct recent_value first = value[low < high ? low : high];
        struct recent_value second = value[low < high ? high : low];
        value[kept++] = first;
        if (low != high)
            value[kept++] = second;
    }
    return kept;
}

/* The answer's first half; the caller writes the columns. */
static void begin_answer(struct api *api, struct json_out *out, const struct asked *asked,
                         const char *source, bool is_thinned)
{
    buf_clear(&api->scratch);
    json_out_init(out, &api->scratch);
    json_object(out);
    json_member_text(out, "site", str_of(asked->site));
    json_member_text(out, "device", str_of(asked->device));
    json_member_text(out, "metric", str_of(asked->metric));
    json_member_text(out, "source", str_of(source));
    json_member_text(out, "agg", str_of(is_thinned ? "min-max" : "none"));
    json_key(out, "t");
    json_array(out);
}

static void answer_recent(struct api *api, const struct asked *asked)
{
    const struct device *device =
        registry_device(&api_fold(api)->registry, str_of(asked->site), str_of(asked->device));
    const struct series *series = device ? series_find(device, str_of(asked->metric)) : NULL;
    struct recent_value *value = xcalloc(MAX_RECENT, sizeof(*value));
    uint32_t n = series ? series_recent(series, value, MAX_RECENT) : 0, kept = 0;
    struct json_out out;
    for (uint32_t i = 0; i < n; i++) {
        if (value[i].time_ns >= asked->from_ns && value[i].time_ns <= asked->to_ns)
            value[kept++] = value[i];
    }
    bool is_thinned = kept > asked->points;
    n = thin_out(value, kept, asked->points);
    begin_answer(api, &out, asked, "memory", is_thinned);
    for (uint32_t i = 0; i < n; i++)
        json_int(&out, value[i].time_ns / NS_PER_MS);
    json_array_end(&out);
    json_key(&out, "v");
    json_array(&out);
    for (uint32_t i = 0; i < n; i++)
        json_real(&out, value[i].value);
    json_array_end(&out);
    json_object_end(&out);
    api_answer(api, asked->request, 200, NULL, buf_str(&api->scratch));
    free(value);
}

/* The database's steps as pairs; when it cannot answer, what is in memory. */
static void on_series(void *ctx, int code, const struct influx_series *series,
                      const struct cw_error *err)
{
    struct asked *asked = ctx;
    struct api *api = asked->api;
    struct json_out out;
    (void)err;
    if (code) {
        answer_recent(api, asked);
        free(asked);
        return;
    }
    begin_answer(api, &out, asked, "influxdb", true);
    for (size_t i = 0; i < series->n; i++) {
        json_int(&out, series->t_ms[i]);
        if (series->min[i] < series->max[i])
            json_int(&out, series->t_ms[i]);
    }
    json_array_end(&out);
    json_key(&out, "v");
    json_array(&out);
    for (size_t i = 0; i < series->n; i++) {
        json_real(&out, series->min[i]);
        if (series->min[i] < series->max[i])
            json_real(&out, series->max[i]);
    }
    json_array_end(&out);
    json_object_end(&out);
    api_answer(api, asked->request, 200, NULL, buf_str(&api->scratch));
    free(asked);
}

/* Does the window in memory begin behind `from`? */
static bool needs_database(const struct series *series, int64_t from_ns)
{
    struct recent_value *value = xcalloc(MAX_RECENT, sizeof(*value));
    uint32_t n = series_recent(series, value, MAX_RECENT);
    bool needs = from_ns > 0 && (n == 0 || value[0].time_ns > from_ns);
    free(value);
    return needs;
}

static bool ask_database(struct asked *asked)
{
    struct influx *influx = asked->api->daemon->influx;
    struct cw_error err;
    uint64_t id;
    struct influx_series_query query = {
        .site = str_of(asked->site),
        .device = str_of(asked->device),
        .metric = str_of(asked->metric),
        .from_ns = asked->from_ns,
        .to_ns = asked->to_ns,
        .n_points = asked->points,
    };
    return influx && influx_query_series(influx, &query, on_series, asked, &id, &err) == 0;
}

void handle_series(struct exchange *exchange)
{
    int64_t from_ns = 0, to_ns = clock_wall_ns() + 60 * NS_PER_S;
    const char *metric = parameter(exchange, "metric");
    struct api *api = exchange->api;
    if (parameter(exchange, "device")[0] == '\0' || metric[0] == '\0' ||
        !api_moment(parameter(exchange, "from"), &from_ns) ||
        !api_moment(parameter(exchange, "to"), &to_ns)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "Give device and metric; from and to are RFC 3339 or milliseconds.");
        return;
    }
    const struct device *device = api_device(exchange);
    const struct series *series = device ? series_find(device, str_of(metric)) : NULL;
    if (!series) {
        api_problem(api, exchange->request->id, 404, NULL,
                    "There is no such series; when several sites have the device, say site=.");
        return;
    }
    const char *withheld = consent_withholds(device, series->metric);
    if (withheld) {
        api_problem(api, exchange->request->id, 403, NULL,
                    "The resident has not consented to data of the kind \"%s\".", withheld);
        return;
    }
    struct asked *asked = xcalloc(1, sizeof(*asked));
    *asked = (struct asked){.api = api, .request = exchange->request->id, .from_ns = from_ns};
    asked->to_ns = to_ns;
    asked->points = (uint32_t)parameter_int(exchange, "points", DEFAULT_POINTS);
    (void)str_copy(asked->site, sizeof(asked->site),
                   str_of(api_fold(api)->registry.site[device->site]->id));
    (void)str_copy(asked->device, sizeof(asked->device), str_of(device->id));
    (void)str_copy(asked->metric, sizeof(asked->metric), str_of(metric));
    if (needs_database(series, from_ns) && ask_database(asked))
        return;
    answer_recent(api, asked);
    free(asked);
}
