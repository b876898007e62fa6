/*
 * influx_query.c - one metric of one device as a curve: the greatest and the least value of
 * each step, asked in InfluxQL.
 *
 * Only names of [A-Za-z0-9_.-] get into the statement, so there is nothing to escape.
 */
#include "io/influx_query.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"
#include "core/series/metric.h"

#define MAX_ANSWER (1u << 20) /* a point takes about 40 bytes */
#define MAX_STATEMENT 4096

struct query {
    struct query *next;
    struct influx_queries *queries;
    uint64_t id, call;
    influx_series_fn done;
    void *ctx;
};

/* ---- the answer ---- */

/* min() and max() of booleans are booleans: false before true. */
static bool read_number(const json_t *value, double *number)
{
    if (json_is_number(value))
        *number = json_number_value(value);
    else if (json_is_boolean(value))
        *number = json_is_true(value) ? 1 : 0;
    else
        return false;
    return true;
}

static int read_point(const json_t *row, struct influx_series *series, int64_t *t_ms,
                      double *min, double *max)
{
    const json_t *time = json_array_get(row, 0);

    if (!json_is_integer(time))
        return -EIO;
    if (!read_number(json_array_get(row, 1), &max[series->n]) ||
        !read_number(json_array_get(row, 2), &min[series->n]))
        return 0; /* null: nothing in this step */
    t_ms[series->n] = (int64_t)json_integer_value(time);
    series->n++;
    return 0;
}

/* The first series that has values: a metric belongs to one measurement. */
static int give_series(const struct query *query, const json_t *result)
{
    const json_t *values =
        json_object_get(json_array_get(json_object_get(result, "series"), 0), "values");
    const size_t n = json_array_size(values);
    int64_t *t_ms = xcalloc(n + 1, sizeof(*t_ms));
    double *min = xcalloc(n + 1, sizeof(*min));
    double *max = xcalloc(n + 1, sizeof(*max));
    struct influx_series series = {.t_ms = t_ms, .min = min, .max = max};
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++)
        rc = read_point(json_array_get(values, i), &series, t_ms, min, max);
    if (!rc)
        query->done(query->ctx, 0, &series, NULL);
    free(t_ms);
    free(min);
    free(max);
    return rc;
}

static int read_answer(const struct query *query, const struct http_answer *answer,
                       struct cw_error *err)
{
    const json_t *result;
    const char *error;
    json_t *root;
    int rc;

    if (answer->status == 0)
        return err_set(err, -EIO, "The database did not answer: %s.", answer->error);
    if (answer->cut)
        return err_set(err, -E2BIG, "The database's answer is longer than %u bytes.",
                       MAX_ANSWER);
    root = json_loadb(answer->body.n ? answer->body.p : "", answer->body.n, 0, NULL);
    result = json_array_get(json_object_get(root, "results"), 0);
    error = json_string_value(json_object_get(result ? result : root, "error"));
    if (error)
        rc = err_set(err, -EIO, "The database refused the question: %.150s.", error);
    else if (answer->status != 200 || !result)
        rc = err_set(err, -EIO, "The database answered HTTP %d and no result.", answer->status);
    else
        rc = give_series(query, result)
                 ? err_set(err, -EIO, "The database's answer has an unknown form.")
                 : 0;
    json_decref(root);
    return rc;
}

static void query_unlink(struct query *query)
{
    struct query **at = &query->queries->first;

    while (*at != query)
        at = &(*at)->next;
    *at = query->next;
    query->queries->n--;
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct query *query = ctx;
    struct cw_error err = {""};
    int rc;

    query_unlink(query);
    rc = read_answer(query, answer, &err);
    if (rc)
        query->done(query->ctx, rc, NULL, &err);
    free(query);
}

/* ---- the question ---- */

static int check(const struct influx_series_query *query, struct cw_error *err)
{
    const struct {
        const char *name;
        struct cw_str value;
        bool optional;
    } text[] = {
        {"site", query->site, false},
        {"device", query->device, false},
        {"metric", query->metric, false},
        {"measurement", query->measurement, true},
    };

    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        if (text[i].optional && text[i].value.n == 0)
            continue;
        if (!id_valid(text[i].value))
            return err_set(err, -EINVAL, "\"%.*s\" is not the name of a %s.",
                           (int)utf8_cut(text[i].value, 80),
                           text[i].value.n ? text[i].value.p : "", text[i].name);
    }
    if (query->from_ns < 0 || query->to_ns <= query->from_ns)
        return err_set(err, -EINVAL, "A series ends after it begins.");
    if (query->n_points == 0 || query->n_points > MAX_SERIES_POINTS)
        return err_set(err, -EINVAL, "A series has 1 to %d points, not %" PRIu32 ".",
                       MAX_SERIES_POINTS, query->n_points);
    return 0;
}

static void add_text(struct buf *out, const char *before, struct cw_str text,
                     const char *behind)
{
    buf_add_text(out, before);
    buf_add_str(out, text);
    buf_add_text(out, behind);
}

/* Metrics are in these; alarm, service and kpi have fields of the same names. */
static void add_measurements(struct buf *out)
{
    buf_add_text(out, "/^(");
    for (unsigned m = 0; m < N_MEASUREMENTS; m++)
        buf_printf(out, "%s%s", m > 0 ? "|" : "", measurement_name((enum measurement)m));
    buf_add_text(out, ")$/");
}

/* The steps lie on multiples of their length, so there may be one more than fits evenly. */
static int64_t step_ms(const struct influx_series_query *query)
{
    const int64_t span_ms = (query->to_ns - query->from_ns) / NS_PER_MS;
    const int64_t n = query->n_points > 1 ? query->n_points - 1 : 1;

    return span_ms / n + 1;
}

static void print_statement(const struct influx_series_query *query, struct buf *out)
{
    add_text(out, "SELECT max(\"", query->metric, "\"),");
    add_text(out, "min(\"", query->metric, "\") FROM ");
    if (query->measurement.n > 0)
        add_text(out, "\"", query->measurement, "\"");
    else
        add_measurements(out);
    add_text(out, " WHERE \"site\"='", query->site, "'");
    add_text(out, " AND \"device\"='", query->device, "'");
    buf_printf(out, " AND time>=%" PRId64 " AND time<%" PRId64, query->from_ns, query->to_ns);
    buf_printf(out, " GROUP BY time(%" PRId64 "ms) fill(none) LIMIT %d", step_ms(query),
               MAX_SERIES_POINTS + 1);
}

static void print_form(const struct influx_target *target,
                       const struct influx_series_query *query, struct buf *out)
{
    struct buf statement;

    buf_init(&statement, MAX_STATEMENT);
    print_statement(query, &statement);
    buf_add_text(out, "epoch=ms&db=");
    url_escape(out, str_of(target->database));
    buf_add_text(out, "&q=");
    url_escape(out, buf_str(&statement));
    buf_done(&statement);
}

int influx_queries_ask(struct influx_queries *queries, const struct influx_series_query *wanted,
                       influx_series_fn done, void *ctx, uint64_t *id, struct cw_error *err)
{
    const char *header[2];
    struct http_call call = {.timeout_ns = queries->timeout_ns, .max_answer = MAX_ANSWER};
    struct query *query;
    struct buf form;
    int rc;

    if (queries->target->api != INFLUX_V1)
        return err_set(err, -ENOTSUP, "Series are read back from InfluxDB 1 only.");
    rc = check(wanted, err);
    if (rc)
        return rc;
    if (queries->n >= MAX_QUERIES)
        return err_set(err, -EBUSY, "%d questions to the database are open already.",
                       MAX_QUERIES);
    buf_init(&form, 64u * 1024);
    print_form(queries->target, wanted, &form);
    call.body = buf_str(&form);
    influx_target_form(queries->target, &call, header);
    query = xcalloc(1, sizeof(*query));
    *query = (struct query){.next = queries->first,
                            .queries = queries,
                            .id = ++queries->last_id,
                            .done = done,
                            .ctx = ctx};
    queries->first = query;
    queries->n++;
    query->call = http_client_call(queries->client, &call, on_answer, query);
    buf_done(&form);
    *id = query->id;
    return 0;
}

void influx_queries_cancel(struct influx_queries *queries, uint64_t id)
{
    for (struct query *query = queries->first; query; query = query->next) {
        if (query->id != id)
            continue;
        http_client_cancel(queries->client, query->call);
        query_unlink(query);
        free(query);
        return;
    }
}

void influx_queries_done(struct influx_queries *queries)
{
    struct cw_error err;

    (void)err_set(&err, -ECANCELED, "The connection to the database is being closed.");
    while (queries->first) {
        struct query *query = queries->first;

        http_client_cancel(queries->client, query->call);
        query_unlink(query);
        query->done(query->ctx, -ECANCELED, NULL, &err);
        free(query);
    }
}
