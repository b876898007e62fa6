/*
 * api_ledger_reports.c - reports of service and supervision, as JSON or, with Accept:
 * text/csv, as a table.
 */
#include <errno.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/oversight/report.h"
#include "core/service/service.h"
#include "io/json_read.h"

#define MAX_REPORT_BYTES ((size_t)32 << 20)

/* A month, or a day or moment in it. */
static bool month_given(const struct exchange *exchange, const char *name, int32_t *month)
{
    struct cw_str text = str_of(parameter(exchange, name));
    if (text.n == 0)
        return true;
    return text.n >= 7 && month_parse((struct cw_str){text.p, 7}, month) == 0;
}

/* ---- CSV ---- */

/* A cell that a spreadsheet would take for a formula is made a text. */
static void add_cell(struct buf *out, struct cw_str text)
{
    bool formula = text.n > 0 && strchr("=+-@\t\r", text.p[0]);
    bool quoted =
        formula || (text.n && (memchr(text.p, ',', text.n) || memchr(text.p, '"', text.n) ||
                               memchr(text.p, '\n', text.n)));
    if (!quoted) {
        buf_add_str(out, text);
        return;
    }
    buf_add_text(out, formula ? "\"'" : "\"");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_add_char(out, '"');
        buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, '"');
}

static void add_value(struct buf *out, const struct json_node *value)
{
    if (node_is_text(value)) {
        add_cell(out, str_of(node_text(value, "")));
        return;
    }
    struct buf json;
    buf_init(&json, 65536);
    if (value)
        node_write(value, &json);
    if (!str_is(buf_str(&json), "null"))
        buf_add_str(out, buf_str(&json));
    buf_done(&json);
}

/* The columns are the members of the first row and what later ones have besides, in order. */
static void write_csv(const struct json_node *rows, struct buf *out)
{
    struct map columns;
    const struct json_node *row;
    const char *key;
    struct cw_str name;
    map_init(&columns);
    for (size_t i = 0; (row = node_at(rows, i)); i++)
        for (size_t k = 0; node_member(row, k, &key); k++)
            (void)map_put(&columns, str_of(key), &columns);
    for (uint32_t i = 0, n = 0; map_next(&columns, &i, &name); n++) {
        buf_add_text(out, n ? "," : "");
        buf_add_str(out, name);
    }
    buf_add_text(out, "\r\n");
    for (size_t i = 0; (row = node_at(rows, i)); i++) {
        for (uint32_t k = 0, n = 0; map_next(&columns, &k, &name); n++) {
            buf_add_text(out, n ? "," : "");
            add_value(out, node_get(row, name.p));
        }
        buf_add_text(out, "\r\n");
    }
    map_done(&columns);
}

static void answer_csv(struct exchange *exchange, struct cw_str json)
{
    struct cw_error err = {""};
    struct json_node *root = json_read(json, &err);
    struct buf out;
    buf_init(&out, MAX_REPORT_BYTES);
    write_csv(node_get(root, "items"), &out);
    exchange->api->answered[2]++;
    (void)http_answer(exchange->api->daemon->http_server, exchange->request->id, 200,
                      "text/csv; charset=utf-8", NULL, buf_str(&out));
    buf_done(&out);
    json_read_free(root);
}

/* ---- a report ---- */

static bool narrow(const char *asked, const char *scope, struct cw_str *wanted)
{
    *wanted = str_of(asked[0] ? asked : scope);
    return !(asked[0] && scope[0] && strcmp(asked, scope) != 0);
}

static bool may_site(void *ctx, const struct site *site)
{
    const struct exchange *exchange = ctx;
    return caller_may_see(&exchange->caller, site->id, site->district);
}

static bool may_entry(void *ctx, const struct entry *entry)
{
    return entry_visible(ctx, entry);
}

/* Its name is the last word of the route. */
void handle_ledger_report(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const struct report *report =
        report_find(str_of(strrchr(exchange->route->pattern, '/') + 1));
    struct report_query query = {.from = 0, .to = month_of(fold, fold->now_ns)};
    query.may_site = may_site;
    query.may_entry = may_entry;
    query.ctx = exchange;
    query.by = str_of(parameter(exchange, "by"));
    if (!report)
        BUG("the route %s is no report", exchange->route->pattern);
    if (!month_given(exchange, "from", &query.from) ||
        !month_given(exchange, "to", &query.to)) {
        api_problem(api, exchange->request->id, 400, NULL, "from and to are months: 2026-11.");
        return;
    }
    struct json_out out;
    api_list_begin(api, &out);
    if (narrow(parameter(exchange, "site"), exchange->caller.site, &query.site) &&
        narrow(parameter(exchange, "district"), exchange->caller.district, &query.district))
        report->write(fold, &query, &out);
    struct cw_str accept = exchange->request->accept;
    bool is_csv = strcmp(parameter(exchange, "format"), "csv") == 0 ||
                  (accept.n > 0 && memmem(accept.p, accept.n, "text/csv", 8));
    if (!is_csv) {
        api_list_end(exchange, &out, NULL);
        return;
    }
    json_array_end(&out);
    json_object_end(&out);
    answer_csv(exchange, buf_str(&api->scratch));
}
