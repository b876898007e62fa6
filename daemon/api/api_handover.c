/*
 * api_handover.c - the sheet for the change of shift: what is open and whose it is, what is put
 * aside and until when, what is overdue, what we do not see. One look, three forms: JSON, CSV
 * for a table, Markdown to print or to send.
 *
 * It is made from the fold as it is now; nothing of it is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/instant.h"
#include "base/mem.h"
#include "core/service/service.h"
#include "core/service/visit.h"

#define MAX_SHEET ((size_t)8 << 20)
#define MAX_SECTION 1000u
/* High alarms are to be answered within three minutes (telecare), others in an hour. */
#define HIGH_DUE_NS (180 * NS_PER_S)
#define OTHER_DUE_NS (3600 * NS_PER_S)

enum part { PART_OVERDUE, PART_OPEN, PART_ASIDE, PART_VISITS, PART_UNSEEN, N_PARTS };

static const struct {
    const char *name, *title;
} parts[N_PARTS] = {
    {"overdue", "逾期未确认 · Overdue, nobody has answered"},
    {"open", "其余未关闭 · The other open ones"},
    {"aside", "搁置 · Put aside"},
    {"visits", "逾期服务 · Visits late or missed"},
    {"unseen", "看不到的站点 · Sites we do not see"},
};

/* One line of the sheet, whatever it is about. */
struct row {
    enum part part;
    const char *priority, *what, *site, *where, *state, *who;
    const char *id;
    int urgency; /* enum cw_priority: the high ones first; 0 of what has none */
    int64_t since_ns;
};

struct sheet {
    struct row *row;
    size_t n, cap;
    uint32_t n_of[N_PARTS];
};

static void add(struct sheet *sheet, const struct row *row)
{
    if (sheet->n_of[row->part]++ >= MAX_SECTION)
        return; /* counted, not listed */
    if (sheet->n == sheet->cap) {
        sheet->cap = sheet->cap ? 2 * sheet->cap : 64;
        sheet->row = xrealloc(sheet->row, sheet->cap * sizeof(*sheet->row));
    }
    sheet->row[sheet->n++] = *row;
}

static bool is_aside(const struct alarm *alarm)
{
    return alarm->state != ALARM_UNACK && alarm->state != ALARM_ACKED &&
           alarm->state != ALARM_RTN_UNACK;
}

static void add_alarm(struct sheet *sheet, const struct alarm *alarm, int64_t now_ns)
{
    int64_t due_ns = alarm->priority == CW_PRIORITY_HIGH ? HIGH_DUE_NS : OTHER_DUE_NS;
    bool overdue = alarm->state != ALARM_ACKED && now_ns - alarm->raised_ns > due_ns;
    const struct row row = {
        .part = is_aside(alarm) ? PART_ASIDE
                : overdue       ? PART_OVERDUE
                                : PART_OPEN,
        .priority = priority_name(alarm->priority),
        .what = alarm->text_zh,
        .site = alarm->site,
        .where = alarm->bed[0] ? alarm->bed : alarm->device,
        .state = alarm_state_name(alarm->state),
        .who = alarm->acked_by,
        .id = alarm->id,
        .urgency = (int)alarm->priority,
        .since_ns = alarm->raised_ns,
    };
    add(sheet, &row);
}

static void add_alarms(struct sheet *sheet, const struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    const struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_key, &i, NULL));) {
        if (caller_may_see(&exchange->caller, alarm->site, alarm->district))
            add_alarm(sheet, alarm, fold->now_ns);
    }
}

static void add_visits(struct sheet *sheet, const struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    for (uint32_t i = 0; i < fold->service->n_visits; i++) {
        const struct visit *visit = fold->service->by_number[i];
        const struct site *site = visit ? fold->registry.site[visit->site] : NULL;
        if (!site || !caller_may_see(&exchange->caller, site->id, site->district) ||
            (visit->state != VISIT_MISSED && visit->state != VISIT_DUE))
            continue;
        const struct row row = {
            .part = PART_VISITS,
            .priority = "",
            .what = visit->service,
            .site = site->id,
            .where = visit->recipient,
            .state = visit_state_name(visit->state),
            .who = visit->worker,
            .id = visit->id,
            .since_ns = visit->start_ns,
        };
        add(sheet, &row);
    }
}

static void add_sites(struct sheet *sheet, const struct exchange *exchange)
{
    const struct registry *registry = &api_fold(exchange->api)->registry;
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        const struct site *site = registry->site[i];
        if (!site || !caller_may_see(&exchange->caller, site->id, site->district) ||
            (site->connection != CONNECTION_SILENT && site->connection != CONNECTION_UNKNOWN))
            continue;
        const struct row row = {
            .part = PART_UNSEEN,
            .priority = "",
            .what = site->name ? site->name : "",
            .site = site->id,
            .where = "",
            .state = connection_name(site->connection),
            .who = "",
            .id = site->id,
            .since_ns = site->heard_ns,
        };
        add(sheet, &row);
    }
}

/* What is read first: of each part the high ones, of these the oldest. */
static int by_part(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    if (x->urgency != y->urgency)
        return x->urgency < y->urgency ? -1 : 1;
    if (x->since_ns != y->since_ns)
        return x->since_ns < y->since_ns ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* ---- forms ---- */

static void row_json(const struct row *row, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "id", str_of(row->id));
    json_member_opt(out, "priority", str_of(row->priority));
    json_member_text(out, "what", str_of(row->what));
    json_member_text(out, "site", str_of(row->site));
    json_member_opt(out, "where", str_of(row->where));
    json_member_text(out, "state", str_of(row->state));
    json_member_opt(out, "who", str_of(row->who));
    json_member_time_opt(out, "since", row->since_ns);
    json_object_end(out);
}

static void sheet_json(const struct sheet *sheet, int64_t now_ns, struct buf *body)
{
    struct json_out out;
    size_t at = 0;
    json_out_init(&out, body);
    json_object(&out);
    json_member_time(&out, "at", now_ns);
    json_key(&out, "counts");
    json_object(&out);
    for (int part = 0; part < N_PARTS; part++)
        json_member_int(&out, parts[part].name, sheet->n_of[part]);
    json_object_end(&out);
    for (int part = 0; part < N_PARTS; part++) {
        json_key(&out, parts[part].name);
        json_array(&out);
        for (; at < sheet->n && (int)sheet->row[at].part == part; at++)
            row_json(&sheet->row[at], &out);
        json_array_end(&out);
    }
    json_object_end(&out);
}

/* RFC 4180. A cell that a table program would take for a formula gets a quote in front. */
static void cell(struct buf *body, const char *text, char end)
{
    buf_add_char(body, '"');
    if (text[0] && strchr("=+-@\t\r", text[0]))
        buf_add_char(body, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_add_char(body, '"');
        buf_add_char(body, *text);
    }
    buf_add_char(body, '"');
    if (end == '\n')
        buf_add_char(body, '\r');
    buf_add_char(body, end);
}

static void since_of(const struct row *row, char when[INSTANT_MAX])
{
    when[0] = '\0';
    if (row->since_ns)
        (void)instant_format(row->since_ns, when);
}

static void sheet_csv(const struct sheet *sheet, int64_t now_ns, struct buf *body)
{
    char when[INSTANT_MAX];
    (void)now_ns;
    buf_add_text(body, "part,priority,what,site,where,state,who,since,id\r\n");
    for (size_t i = 0; i < sheet->n; i++) {
        const struct row *row = &sheet->row[i];
        since_of(row, when);
        const char *const cells[] = {parts[row->part].name,
                                     row->priority,
                                     row->what,
                                     row->site,
                                     row->where,
                                     row->state,
                                     row->who,
                                     when,
                                     row->id};
        for (size_t k = 0; k < 9; k++)
            cell(body, cells[k], k == 8 ? '\n' : ',');
    }
}

/* What would end a cell, or begin markup, is a space or stands behind a backslash. */
static void plain(struct buf *body, const char *text)
{
    for (; *text; text++) {
        if (strchr("|\\`*_<>[]#", *text))
            buf_add_char(body, '\\');
        buf_add_char(body, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

static void sheet_markdown(const struct sheet *sheet, int64_t now_ns, struct buf *body)
{
    char when[INSTANT_MAX];
    size_t at = 0;
    (void)instant_format(now_ns, when);
    buf_printf(body, "# 交接班 · Hand-over %s\n", when);
    for (int part = 0; part < N_PARTS; part++) {
        buf_printf(body, "\n## %s: %u\n\n", parts[part].title, sheet->n_of[part]);
        if (at < sheet->n && (int)sheet->row[at].part == part)
            buf_add_text(body, "| | what | site | where | state | who | since (UTC) |\n"
                               "|---|---|---|---|---|---|---|\n");
        for (; at < sheet->n && (int)sheet->row[at].part == part; at++) {
            const struct row *row = &sheet->row[at];
            since_of(row, when);
            const char *const cells[] = {row->priority, row->what, row->site, row->where,
                                         row->state,    row->who,  when};
            for (size_t k = 0; k < 7; k++) {
                buf_add_text(body, k ? " | " : "| ");
                plain(body, cells[k]);
            }
            buf_add_text(body, " |\n");
        }
    }
}

static const struct {
    const char *accept, *type;
    void (*write)(const struct sheet *sheet, int64_t now_ns, struct buf *body);
} forms[] = {
    {"text/csv", "text/csv; charset=utf-8", sheet_csv},
    {"text/markdown", "text/markdown; charset=utf-8", sheet_markdown},
    {"application/json", "application/json", sheet_json},
};

void handle_handover(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct sheet sheet = {.n = 0};
    struct buf body;
    size_t form = 0;
    while (form < 2 &&
           !(request->accept.n > 0 && str_starts(request->accept, forms[form].accept)))
        form++;
    add_alarms(&sheet, exchange);
    add_visits(&sheet, exchange);
    add_sites(&sheet, exchange);
    if (sheet.n > 1)
        qsort(sheet.row, sheet.n, sizeof(*sheet.row), by_part);
    buf_init(&body, MAX_SHEET);
    forms[form].write(&sheet, api_fold(api)->now_ns, &body);
    api->answered[2]++;
    (void)http_answer(api->daemon->http_server, request->id, 200, forms[form].type, NULL,
                      buf_str(&body));
    buf_done(&body);
    free(sheet.row);
}
