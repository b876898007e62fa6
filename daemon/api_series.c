/*
 * api_series.c - values of one metric of one device, in columns as a chart wants them:
 * {"t":[ms,..],"v":[..]}. From the recent window in memory. More values than points become
 * pairs of the smallest and the largest of each bucket, so that peaks survive.
 */
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/series/series.h"

#define MAX_RECENT 4096u
#define DEFAULT_POINTS 600

/* RFC 3339 or milliseconds; false when it is neither. */
static bool parse_moment(const char *text, int64_t *ns)
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

static const struct device *device_of(const struct exchange *exchange)
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

static void write_columns(struct exchange *exchange, const struct device *device,
                          const struct recent_value *value, uint32_t n, bool is_thinned)
{
    struct api *api = exchange->api;
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_member_text(&out, "site", str_of(api_fold(api)->registry.site[device->site]->id));
    json_member_text(&out, "device", str_of(device->id));
    json_member_text(&out, "metric", str_of(parameter(exchange, "metric")));
    json_member_text(&out, "source", CW_STR("memory"));
    json_member_text(&out, "agg", str_of(is_thinned ? "min-max" : "none"));
    json_key(&out, "t");
    json_array(&out);
    for (uint32_t i = 0; i < n; i++)
        json_int(&out, value[i].time_ns / NS_PER_MS);
    json_array_end(&out);
    json_key(&out, "v");
    json_array(&out);
    for (uint32_t i = 0; i < n; i++)
        json_real(&out, value[i].value);
    json_array_end(&out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void handle_series(struct exchange *exchange)
{
    int64_t from_ns = 0, to_ns = INT64_MAX;
    const char *metric = parameter(exchange, "metric");
    struct api *api = exchange->api;
    if (parameter(exchange, "device")[0] == '\0' || metric[0] == '\0' ||
        !parse_moment(parameter(exchange, "from"), &from_ns) ||
        !parse_moment(parameter(exchange, "to"), &to_ns)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "Give device and metric; from and to are RFC 3339 or milliseconds.");
        return;
    }
    const struct device *device = device_of(exchange);
    const struct series *series = device ? series_find(device, str_of(metric)) : NULL;
    if (!series) {
        api_problem(api, exchange->request->id, 404, NULL,
                    "There is no such series; when several sites have the device, say site=.");
        return;
    }
    struct recent_value *value = xcalloc(MAX_RECENT, sizeof(*value));
    uint32_t n = series_recent(series, value, MAX_RECENT), kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (value[i].time_ns >= from_ns && value[i].time_ns <= to_ns)
            value[kept++] = value[i];
    }
    uint32_t points = (uint32_t)parameter_int(exchange, "points", DEFAULT_POINTS);
    write_columns(exchange, device, value, thin_out(value, kept, points), kept > points);
    free(value);
}
