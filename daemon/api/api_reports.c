/*
 * api_reports.c - GET /api/v1/reports/{kind}?from=&to=&by=: figures of a time, as JSON, or as
 * CSV with Accept: text/csv. A kind is a row of the table; its rows are counted where they are
 * read, on the store's thread.
 *
 *   response   the chain from raised to closed against its targets; high alarms and calls
 *   drills     the same of exercises, which are in no other figure
 *   load       what reached the dispatchers; by=actor: who rings most
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/json_find.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/view/load_report.h"
#include "core/view/response.h"
#include "io/store_report.h"

#define PRESET_SPAN_NS (INT64_C(7) * 86400 * NS_PER_S)
#define MAX_SPAN_NS (INT64_C(400) * 86400 * NS_PER_S)
#define MAX_REPORT_BYTES (8u << 20)

#define MAX_GROUP 32u

enum report_by {
    BY_ALL = 1,
    BY_DAY,
    BY_HOUR,
    BY_SITE,
    BY_DISTRICT,
    BY_PRIORITY,
    BY_RULE,
    BY_ACTOR
};

struct job {
    struct pending *pending;
    enum report_by by;
    bool csv, whole;
    struct zone zone;
    struct report_query query;
    struct map seen; /* ids of the sites that count; unless is_narrow all do */
    char *sites;     /* their JSON; owned */
    bool is_narrow;
    char hidden[MAX_ID + 1]; /* rule that is not counted before a person has looked */
    struct response *response;
    bool of_drills;
    struct load_report *load;
};

/* ---- on the store's thread ---- */

static int64_t time_in(struct cw_str json, const char *key)
{
    struct cw_str text;
    int64_t ns = 0;
    if (!json_find(json, key, &text) || instant_parse(text, &ns) != 0)
        return 0;
    return ns;
}

static bool is_true(struct cw_str json, const char *key)
{
    struct cw_str text;
    return json_find(json, key, &text) && str_is(text, "true");
}

static struct cw_str day_of(const struct job *job, int64_t at_ns, char room[MAX_GROUP])
{
    int year, month, day;
    int64_t local_s = zone_local_s(&job->zone, at_ns / NS_PER_S);
    instant_date(local_s / 86400, &year, &month, &day);
    int n = snprintf(room, MAX_GROUP, "%04d-%02d-%02d", year % 10000, month, day);
    return (struct cw_str){room, (size_t)n};
}

/* "2026-11-23T07:00+08:00": of the clock on the wall, and no other hour anywhere. */
static struct cw_str hour_of(const struct job *job, int64_t at_ns, char room[MAX_GROUP])
{
    int64_t local_s = zone_local_s(&job->zone, at_ns / NS_PER_S);
    int offset_min = (int)((local_s - at_ns / NS_PER_S) / 60);
    size_t n = day_of(job, at_ns, room).n;
    n += (size_t)snprintf(room + n, MAX_GROUP - n, "T%02d:00%c%02d:%02d",
                          (int)(local_s % 86400 / 3600), offset_min < 0 ? '-' : '+',
                          abs(offset_min) / 60, abs(offset_min) % 60);
    return (struct cw_str){room, n};
}

static struct cw_str group_of(const struct job *job, const struct report_row *row,
                              char room[MAX_GROUP])
{
    switch (job->by) {
    case BY_DAY:
        return day_of(job, row->at_ns, room);
    case BY_HOUR:
        return hour_of(job, row->at_ns, room);
    case BY_SITE:
        return row->site;
    case BY_DISTRICT:
        return row->district;
    case BY_PRIORITY:
        return row->priority;
    case BY_RULE:
        return row->rule;
    default:
        return CW_STR("all");
    }
}

/* An exercise and what came late say nothing about the response. */
static bool counts(struct cw_str json)
{
    return !is_true(json, "drill") && !is_true(json, "historical");
}

/* Of what the caller sees: the columns know no areas, and not what is private. */
static bool is_seen(const struct job *job, const struct report_row *row)
{
    bool is_private =
        job->hidden[0] && str_is(row->rule, job->hidden) && !time_in(row->json, "acked_at");
    return !is_private && (!job->is_narrow || map_get(&job->seen, row->site));
}

static void count_response(void *ctx, const struct report_row *row)
{
    struct job *job = ctx;
    char room[MAX_GROUP];
    bool is_meant = job->of_drills ? is_true(row->json, "drill")
                                   : counts(row->json) && (str_is(row->priority, "high") ||
                                                           is_true(row->json, "vital"));
    if (!is_meant || !is_seen(job, row))
        return;
    const struct response_case one = {.group = group_of(job, row, room),
                                      .raised_ns = row->at_ns,
                                      .told_ns = time_in(row->json, "told_at"),
                                      .answered_ns = time_in(row->json, "answered_at"),
                                      .assigned_ns = time_in(row->json, "assigned_at"),
                                      .arrived_ns = time_in(row->json, "arrived_at"),
                                      .closed_ns = time_in(row->json, "closed_at")};
    response_add(job->response, &one);
}

static uint32_t priority_number(struct cw_str name)
{
    return str_is(name, "high") ? 1 : str_is(name, "medium") ? 2 : 3;
}

static void count_load(void *ctx, const struct report_row *row)
{
    struct job *job = ctx;
    char room[MAX_GROUP], actor[3 * MAX_ID + 8];
    struct cw_str device = CW_STR("");
    if (!counts(row->json) || !is_seen(job, row) || is_true(row->json, "folded"))
        return;
    (void)json_find(row->json, "device", &device);
    int n = snprintf(actor, sizeof(actor), "%.*s %.*s %.*s", (int)row->rule.n, row->rule.p,
                     (int)row->site.n, row->site.p, (int)utf8_cut(device, MAX_ID), device.p);
    const struct load_case one = {.group = group_of(job, row, room),
                                  .actor = {actor, (size_t)n},
                                  .at_ns = row->at_ns,
                                  .priority = priority_number(row->priority)};
    load_report_add(job->load, &one);
}

static void count_stale(void *ctx, const struct report_row *row)
{
    struct job *job = ctx;
    char room[MAX_GROUP];
    if (counts(row->json) && is_seen(job, row))
        load_report_stale(job->load, group_of(job, row, room));
}

/* ---- on the loop ---- */

static void write_table(struct job *job, struct buf *out, int64_t rev)
{
    struct table_out table;
    const char *const *columns = job->response         ? response_columns
                                 : job->by == BY_ACTOR ? actor_columns
                                                       : load_columns;
    if (!job->csv)
        buf_add_text(out, "{\"items\":[");
    table_out_init(&table, out, columns, job->csv);
    if (job->response)
        response_write(job->response, &table);
    else if (job->by == BY_ACTOR)
        load_report_actors(job->load, &table);
    else
        load_report_write(job->load, &table);
    if (!job->csv)
        buf_printf(out, "],\"next\":null,\"whole\":%s,\"rev\":%lld}",
                   job->whole ? "true" : "false", (long long)rev);
}

static void job_free(struct job *job)
{
    response_free(job->response);
    load_report_free(job->load);
    map_done(&job->seen);
    free(job->sites);
    free(job->pending);
    free(job);
}

static void answer_report(void *ctx, uint32_t n, bool whole)
{
    struct job *job = ctx;
    struct api *api = pending_take(job->pending);
    struct buf out;
    (void)n;
    job->whole = job->whole && whole;
    buf_init(&out, MAX_REPORT_BYTES);
    if (api) {
        write_table(job, &out, api_rev(api));
        api_answer_as(api, job->pending->request, 200,
                      job->csv ? "text/csv; charset=utf-8" : "application/json", NULL,
                      buf_str(&out));
    }
    buf_done(&out);
    job_free(job);
}

static void then_stale(void *ctx, uint32_t n, bool whole)
{
    struct job *job = ctx;
    (void)n;
    job->whole = job->whole && whole;
    if (!job->pending->api) { /* the API has stopped */
        (void)pending_take(job->pending);
        job_free(job);
        return;
    }
    struct report_query query = job->query;
    query.of = REPORT_STALE;
    store_report(job->pending->api->daemon->store, &query, count_stale, answer_report, job);
}

static void start_response(struct exchange *exchange, struct job *job)
{
    const struct settings *settings = &api_fold(exchange->api)->rules->settings;
    const struct response_targets targets = {.answer_ns = settings->answer_ns,
                                             .late_answer_ns = settings->late_answer_ns,
                                             .scene_ns = settings->scene_ns,
                                             .now_ns = clock_wall_ns()};
    job->response = response_new(&targets);
    job->query.of = REPORT_ALARMS;
    store_report(exchange->api->daemon->store, &job->query, count_response, answer_report, job);
}

static void start_drills(struct exchange *exchange, struct job *job)
{
    job->of_drills = true;
    start_response(exchange, job);
}

static void start_load(struct exchange *exchange, struct job *job)
{
    int64_t operators = api_fold(exchange->api)->rules->settings.operators;
    job->load = load_report_new(job->query.from_ns, job->query.to_ns, operators);
    job->query.of = REPORT_CALLS;
    store_report(exchange->api->daemon->store, &job->query, count_load, then_stale, job);
}

static const struct report_kind {
    const char *name;
    void (*start)(struct exchange *exchange, struct job *job);
    bool by_actor;
} kinds[] = {
    {"response", start_response, false},
    {"drills", start_drills, false},
    {"load", start_load, true},
};

/* RFC 3339, or milliseconds; false when it is neither. */
static bool read_time(const char *text, int64_t fallback_ns, int64_t *ns)
{
    int64_t ms;
    *ns = fallback_ns;
    if (text[0] == '\0')
        return true;
    if (num_parse_i64(str_of(text), &ms) == 0 && ms >= 0 && ms < INT64_MAX / NS_PER_MS) {
        *ns = ms * NS_PER_MS;
        return true;
    }
    return instant_parse(str_of(text), ns) == 0;
}

static bool read_span(struct exchange *exchange, struct report_query *query)
{
    int64_t now_ns = api_fold(exchange->api)->now_ns;
    bool ok =
        read_time(parameter(exchange, "to"), now_ns, &query->to_ns) &&
        read_time(parameter(exchange, "from"), query->to_ns - PRESET_SPAN_NS, &query->from_ns);
    if (ok && query->from_ns < query->to_ns && query->to_ns - query->from_ns <= MAX_SPAN_NS)
        return true;
    api_problem(exchange->api, exchange->request->id, 400, NULL,
                "from and to are times, from before to, at most 400 days apart.");
    return false;
}

/* The caller's scope into the question. False: it lies outside; answered. */
static bool read_scope(struct exchange *exchange, struct report_query *query)
{
    const struct caller *caller = &exchange->caller;
    const char *site = parameter(exchange, "site"), *district = parameter(exchange, "district");
    bool outside =
        (caller->site[0] && site[0] && strcmp(site, caller->site) != 0) ||
        (caller->district[0] && district[0] && strcmp(district, caller->district) != 0);
    if (outside) {
        api_problem(exchange->api, exchange->request->id, 404, NULL,
                    "There is no such site or district.");
        return false;
    }
    (void)str_copy(query->site, sizeof(query->site), str_of(site[0] ? site : caller->site));
    (void)str_copy(query->district, sizeof(query->district),
                   str_of(district[0] ? district : caller->district));
    return true;
}

static void set_scope(const struct exchange *exchange, struct job *job)
{
    struct cw_str rest, id;
    map_init(&job->seen);
    job->is_narrow = caller_is_narrow(&exchange->caller);
    job->sites = scope_sites(exchange);
    (void)str_copy(job->hidden, sizeof(job->hidden), str_of(scope_hidden_rule(exchange)));
    rest = str_of(job->sites);
    while (json_next_text(&rest, &id))
        map_put(&job->seen, id, job);
}

static enum report_by by_of(const char *word)
{
    static const char *const words[] = {
        [BY_DAY] = "day",           [BY_HOUR] = "hour",         [BY_SITE] = "site",
        [BY_DISTRICT] = "district", [BY_PRIORITY] = "priority", [BY_RULE] = "rule",
        [BY_ACTOR] = "actor"};
    for (int by = BY_DAY; by <= BY_ACTOR; by++) {
        if (strcmp(words[by], word) == 0)
            return (enum report_by)by;
    }
    return BY_ALL;
}

static bool wants_csv(struct cw_str accept)
{
    static const char csv[] = "text/csv";
    return accept.n > 0 && memmem(accept.p, accept.n, csv, sizeof(csv) - 1);
}

void handle_report(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct report_query query = {.of = REPORT_ALARMS};
    const struct report_kind *kind = NULL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        kind = strcmp(exchange->id, kinds[i].name) == 0 ? &kinds[i] : kind;
    enum report_by by = by_of(parameter(exchange, "by"));
    if (!kind) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no report %s.",
                    exchange->id);
    } else if (by == BY_ACTOR && !kind->by_actor) {
        api_problem(api, exchange->request->id, 400, NULL, "by=actor is for the load alone.");
    } else if (read_span(exchange, &query) && read_scope(exchange, &query)) {
        struct job *job = xcalloc(1, sizeof(*job));
        job->pending = pending_new(api, exchange->request->id);
        job->by = by;
        job->csv = wants_csv(exchange->request->accept);
        job->whole = true;
        job->zone = api_fold(api)->rules->zone;
        job->query = query;
        set_scope(exchange, job);
        kind->start(exchange, job);
    }
}
