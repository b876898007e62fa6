/*
 * api.c - from a request to its handler: route, who is asking, parameters; and the shapes of
 * all answers. The order of the questions is the same for every route and only here.
 */
#include "api/api.h"

#include <openssl/rand.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/api_v2.h"
#include "base/clock.h"
#include "base/mem.h"

#define MAX_SCRATCH ((size_t)16 << 20)

const double histogram_bounds[N_BUCKETS] = {0.001, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5, 30};

void histogram_add(struct histogram *histogram, double seconds)
{
    size_t i = 0;
    while (i < N_BUCKETS && seconds > histogram_bounds[i])
        i++;
    histogram->bucket[i]++;
    histogram->sum += seconds;
    histogram->count++;
}

/* ---- answers ---- */

static void count(struct api *api, int status)
{
    if (status >= 100 && status < 600)
        api->answered[status / 100]++;
}

void api_answer(struct api *api, uint64_t request, int status, const char *headers,
                struct cw_str json)
{
    count(api, status);
    audit_answered(api, request, status);
    (void)http_answer(api->daemon->http_server, request, status,
                      status == 204 ? NULL : "application/json", headers, json);
}

void api_answer_as(struct api *api, uint64_t request, int status, const char *type,
                   const char *headers, struct cw_str body)
{
    count(api, status);
    audit_answered(api, request, status);
    (void)http_answer(api->daemon->http_server, request, status, type, headers, body);
}

void api_new_id(char id[MAX_ID + 1])
{
    unsigned char b[16];
    if (RAND_bytes(b, (int)sizeof(b)) != 1)
        BUG("no random numbers");
    (void)snprintf(id, MAX_ID + 1,
                   "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], (b[8] & 63) | 128, b[9],
                   b[10], b[11], b[12], b[13], b[14], b[15]);
}

void api_problem(struct api *api, uint64_t request, int status, const char *headers,
                 const char *fmt, ...)
{
    char detail[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    static const struct {
        int status;
        const char *title;
    } title[] = {
        {400, "Bad request"},       {401, "Not signed in"},      {403, "Not allowed"},
        {404, "Not found"},         {405, "Method not allowed"}, {409, "Wrong state"},
        {412, "Changed meanwhile"}, {415, "Wrong content type"}, {422, "Not acceptable"},
        {429, "Too many"},          {503, "Not available"},      {500, "Error"}};
    size_t i = 0;
    while (title[i].status != status && title[i].status != 500)
        i++;
    struct buf body;
    struct json_out out;
    buf_init(&body, 4096);
    json_out_init(&out, &body);
    json_object(&out);
    json_member_text(&out, "type", CW_STR("about:blank"));
    json_member_text(&out, "title", str_of(title[i].title));
    json_member_int(&out, "status", status);
    json_member_text(&out, "detail", str_of(detail));
    json_object_end(&out);
    count(api, status);
    audit_answered(api, request, status);
    (void)http_answer(api->daemon->http_server, request, status, "application/problem+json",
                      headers, buf_str(&body));
    buf_done(&body);
}

int64_t api_rev(const struct api *api)
{
    return (int64_t)pipeline_position(api->daemon->pipeline).offset;
}

void api_list_begin(struct api *api, struct json_out *out)
{
    buf_clear(&api->scratch);
    json_out_init(out, &api->scratch);
    json_object(out);
    json_key(out, "items");
    json_array(out);
}

void api_list_end(struct exchange *exchange, struct json_out *out, const char *next)
{
    struct api *api = exchange->api;
    json_array_end(out);
    json_key(out, "next");
    if (next && next[0])
        json_text(out, str_of(next));
    else
        json_null(out);
    json_member_int(out, "rev", api_rev(api));
    json_object_end(out);
    if (api->scratch.full)
        api_problem(api, exchange->request->id, 500, NULL, "The answer is too large.");
    else
        api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}

void api_items_answer(struct api *api, uint64_t request, struct cw_str items, uint64_t next)
{
    struct buf body;
    buf_init(&body, items.n + 200);
    buf_add_text(&body, "{\"items\":[");
    buf_add_str(&body, items);
    if (next)
        buf_printf(&body, "],\"next\":\"%llu\"", (unsigned long long)next);
    else
        buf_add_text(&body, "],\"next\":null");
    buf_printf(&body, ",\"rev\":%lld}", (long long)api_rev(api));
    api_answer(api, request, 200, NULL, buf_str(&body));
    buf_done(&body);
}

/* ---- answers that come later ---- */

struct pending *pending_new(struct api *api, uint64_t request)
{
    struct pending *pending = xcalloc(1, sizeof(*pending));
    pending->api = api;
    pending->request = request;
    pending->next = api->pending;
    api->pending = pending;
    return pending;
}

struct api *pending_take(struct pending *pending)
{
    struct api *api = pending->api;
    if (!api)
        return NULL;
    struct pending **at = &api->pending;
    while (*at != pending)
        at = &(*at)->next;
    *at = pending->next;
    return api;
}

/* ---- requests ---- */

static bool is_api_path(struct cw_str path)
{
    return str_starts(path, "/api/") || str_starts(path, "/public/v1/") ||
           str_is(path, "/api") || str_is(path, "/map.geojson") || str_is(path, "/healthz") ||
           str_is(path, "/readyz") || str_is(path, "/metrics");
}

static void refuse_path(struct api *api, const struct http_request *request, const char *allow)
{
    char headers[128];
    if (allow[0] == '\0') {
        api_problem(api, request->id, 404, NULL, "There is nothing at this path.");
        return;
    }
    (void)snprintf(headers, sizeof(headers), "Allow: %s\r\n", allow);
    api_problem(api, request->id, 405, headers, "This path takes %s.", allow);
}

void api_request(void *ctx, const struct http_request *request)
{
    struct api *api = ctx;
    int64_t began_ns = clock_monotonic_ns();
    if (!is_api_path(request->path)) {
        api_page(api, request);
        return;
    }
    struct exchange exchange = {.api = api, .request = request};
    struct cw_error err = {""};
    char allow[64];
    exchange.route =
        api_route_find(request->method, request->path, exchange.id, allow, sizeof(allow));
    if (!exchange.route) {
        refuse_path(api, request, allow);
        return;
    }
    if (!auth_identify(&exchange))
        return;
    audit_begin(&exchange);
    if (!auth_admit(&exchange) || !auth_check_origin(&exchange))
        return;
    if (parameters_read(&exchange, &err) < 0) {
        api_problem(api, request->id, 400, NULL, "%s.", err.text);
        return;
    }
    exchange.route->handle(&exchange);
    int64_t ended_ns = clock_monotonic_ns();
    busy_add(&api->daemon->busy, BUSY_REQUEST, began_ns, ended_ns);
    histogram_add(&api->request_seconds, (double)(ended_ns - began_ns) / (double)NS_PER_S);
}

/* ---- start and stop ---- */

int api_start(struct api **out, struct daemon *daemon, struct cw_error *err)
{
    int r = api_routes_check(api_routes, err);
    if (r == 0)
        r = auth_check_listen(&daemon->config->http, err);
    if (r < 0)
        return r;
    struct api *api = xcalloc(1, sizeof(*api));
    api->daemon = daemon;
    api->open = strcmp(daemon->config->http.auth, "none") == 0;
    api->ring_floor = just_before(pipeline_position(daemon->pipeline));
    api->ring_floor_ordinal = UINT32_MAX;
    api->visits_floor = api->ring_floor;
    buf_init(&api->scratch, MAX_SCRATCH);
    buf_init(&api->kpi.frame, MAX_SCRATCH);
    buf_init(&api->marks.frame, MAX_SCRATCH);
    v2_start(api);
    stream_pump_open(api);
    ring_restore(api);
    *out = api;
    return 0;
}

void api_stop(struct api *api)
{
    if (!api)
        return;
    for (struct pending *pending = api->pending; pending; pending = pending->next)
        pending->api = NULL;
    stream_pump_close(api);
    while (api->streams) {
        struct stream *next = api->streams->next;
        free(api->streams);
        api->streams = next;
    }
    audit_free(api);
    v2_stop(api);
    for (uint32_t i = 0; i < MAX_RING; i++)
        free(api->ring[i].frame);
    for (uint32_t i = 0; i < MAX_REMEMBERED; i++)
        free(api->remembered[i].body);
    buf_done(&api->scratch);
    buf_done(&api->kpi.frame);
    buf_done(&api->marks.frame);
    explicit_bzero(api->session, sizeof(api->session));
    free(api);
}
