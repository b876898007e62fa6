/*
 * store_lists.c - pages of rows by whatever is asked for. Only conditions that are given
 * become part of the statement, so that an index serves them; names of columns are constants
 * of ours, values are bound.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"
#include "core/service/visit.h"
#include "io/store_private.h"

#define MAX_SQL 2048u
#define MAX_LIST_BYTES (15u << 20)

static void write_json(const struct store_list *list, sqlite3_stmt *s, struct buf *out)
{
    (void)list;
    buf_add_text(out, (const char *)sqlite3_column_text(s, 2));
}

static void column_copy(sqlite3_stmt *s, int i, char *dst, size_t cap)
{
    (void)str_copy(dst, cap, str_of((const char *)sqlite3_column_text(s, i)));
}

static int64_t column_ns(sqlite3_stmt *s, int i)
{
    return sqlite3_column_int64(s, i) * NS_PER_MS;
}

void store_visit_json(sqlite3_stmt *s, bool is_masked, struct buf *out)
{
    struct visit visit = {.changed_ns = column_ns(s, 21)};
    char site[MAX_ID + 1], district[MAX_ID + 1];
    column_copy(s, 2, site, sizeof(site));
    column_copy(s, 3, visit.id, sizeof(visit.id));
    column_copy(s, 4, district, sizeof(district));
    column_copy(s, 5, visit.service, sizeof(visit.service));
    column_copy(s, 6, visit.recipient, sizeof(visit.recipient));
    column_copy(s, 7, visit.worker, sizeof(visit.worker));
    column_copy(s, 8, visit.project, sizeof(visit.project));
    column_copy(s, 9, visit.method, sizeof(visit.method));
    visit.state = (uint32_t)sqlite3_column_int64(s, 10);
    visit.exceptions = (uint32_t)sqlite3_column_int64(s, 11);
    visit.standing = (uint32_t)sqlite3_column_int64(s, 12);
    visit.evidence = (uint32_t)sqlite3_column_int64(s, 13);
    visit.start_ns = column_ns(s, 14);
    visit.end_ns = column_ns(s, 15);
    visit.checkin_ns = column_ns(s, 16);
    visit.checkout_ns = column_ns(s, 17);
    visit.distance_m = (int32_t)sqlite3_column_int64(s, 18);
    visit.score = (uint8_t)sqlite3_column_int64(s, 19);
    visit.amount_fen = sqlite3_column_int64(s, 20);
    visit.settled_ns = column_ns(s, 22);
    for (int i = 0; i < N_MOMENTS; i++)
        visit.moment_ns[i] = column_ns(s, 23 + i);
    if (is_masked) {
        visit.exceptions &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
        visit.standing &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
    }
    struct json_out json;
    json_out_init(&json, out);
    visit_json_of(site, district, &visit, &json);
}

static void write_visit(const struct store_list *list, sqlite3_stmt *s, struct buf *out)
{
    store_visit_json(s, list->is_masked, out);
}

static const struct {
    const char *columns, *table, *key; /* key: by what it is ordered, before n */
    void (*write)(const struct store_list *list, sqlite3_stmt *s, struct buf *out);
} lists[] = {
    [LIST_ENTRIES] = {"json", "entries", "0", write_json},
    [LIST_TRAIL] =
        {"json_object('rev',nullif(rev,0),'at',strftime('%Y-%m-%dT%H:%M:%fZ',at_ns/1e9,"
         "'unixepoch'),'by',by,'what',what,'reason',reason,'changes',json(changes))",
         "entry_trail", "at_ns", write_json},
    [LIST_VISITS] = {VISIT_COLUMNS, "visits", "start_ms", write_visit},
};

static struct store_filter *filter_new(struct store_list *list, const char *column)
{
    if (list->n_filters == MAX_FILTERS)
        BUG("a list with more than %d conditions", MAX_FILTERS);
    struct store_filter *filter = &list->filter[list->n_filters++];
    *filter = (struct store_filter){.column = column, .test = TEST_IS};
    return filter;
}

void store_list_text(struct store_list *list, const char *column, enum store_test test,
                     const char *text)
{
    if (!text[0])
        return;
    struct store_filter *filter = filter_new(list, column);
    filter->test = test;
    (void)str_copy(filter->text, sizeof(filter->text), str_of(text));
}

void store_list_is(struct store_list *list, const char *column, const char *text)
{
    store_list_text(list, column, TEST_IS, text);
}

void store_list_number(struct store_list *list, const char *column, enum store_test test,
                       int64_t number)
{
    struct store_filter *filter = filter_new(list, column);
    filter->test = test;
    filter->number = number;
    filter->is_number = true;
}

void store_list_among(struct store_list *list, const char *column, char *json)
{
    list->among = json;
    list->n_among = 0;
    store_list_or_among(list, column);
}

void store_list_or_among(struct store_list *list, const char *column)
{
    if (list->n_among == MAX_AMONG)
        BUG("a list among more than %d columns", MAX_AMONG);
    list->among_column[list->n_among++] = column;
}

bool store_list_after(struct store_list *list, const char *next)
{
    struct cw_str rest = str_of(next), key, n;
    if (rest.n == 0)
        return true;
    list->goes_on = true;
    return str_split(&rest, '.', &key) && str_split(&rest, '.', &n) &&
           num_parse_i64(key, &list->after_key) == 0 && num_parse_i64(n, &list->after_n) == 0;
}

void store_query_list(struct store *store, const struct store_list *list, store_list_fn answer,
                      void *ctx)
{
    struct store_op *op = store_op_new(OP_LIST);
    op->list = xmalloc(sizeof(*list));
    *op->list = *list;
    op->list_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

/* ---- worker ---- */

static const struct {
    const char *before, *behind; /* of the column */
} tests[] = {
    [TEST_IS] = {"", " = ?"},
    [TEST_FROM] = {"", " >= ?"},
    [TEST_BEFORE] = {"", " < ?"},
    [TEST_BITS] = {"(", " & ?) <> 0"},
    [TEST_NOT_ZERO] = {"", " <> 0"},
    [TEST_NOT_EMPTY] = {"", " <> ''"},
    [TEST_LISTED] = {"? IN (SELECT value FROM json_each(entries.json, '$.", "'))"},
    [TEST_CHOSEN] = {"? IN (", ")"},
    [TEST_HAS] = {"instr(", ", ?) > 0"},
};

static void write_among(const struct store_list *list, const char *word, struct buf *sql)
{
    for (uint32_t i = 0; i < list->n_among; i++)
        buf_printf(sql, "%s%s%s IN (SELECT value FROM json_each(?))", i ? " OR " : word,
                   i ? "" : "(", list->among_column[i]);
    buf_add_char(sql, ')');
}

static void write_sql(const struct store_list *list, struct buf *sql)
{
    const char *n = list->of == LIST_TRAIL ? "offset" : "n", *key = lists[list->of].key;
    const char *word = " WHERE ";
    buf_printf(sql, "SELECT %s, %s, %s FROM %s", key, n, lists[list->of].columns,
               lists[list->of].table);
    for (uint32_t i = 0; i < list->n_filters; i++, word = " AND ") {
        const struct store_filter *filter = &list->filter[i];
        buf_printf(sql, "%s%s%s%s", word, tests[filter->test].before, filter->column,
                   tests[filter->test].behind);
    }
    if (list->among) {
        write_among(list, word, sql);
        word = " AND ";
    }
    if (list->goes_on)
        buf_printf(sql, "%s(%s, %s) < (?, ?)", word, key, n);
    if (strcmp(key, "0") == 0)
        buf_printf(sql, " ORDER BY %s DESC LIMIT ?", n);
    else
        buf_printf(sql, " ORDER BY %s DESC, %s DESC LIMIT ?", key, n);
}

static void bind_values(sqlite3_stmt *s, const struct store_list *list)
{
    int at = 1;
    for (uint32_t i = 0; i < list->n_filters; i++) {
        const struct store_filter *filter = &list->filter[i];
        if (filter->test == TEST_NOT_ZERO || filter->test == TEST_NOT_EMPTY)
            continue;
        if (filter->is_number)
            sqlite3_bind_int64(s, at++, filter->number);
        else
            store_bind_text(s, at++, filter->text);
    }
    for (uint32_t i = 0; list->among && i < list->n_among; i++)
        store_bind_text(s, at++, list->among);
    if (list->goes_on) {
        sqlite3_bind_int64(s, at++, list->after_key);
        sqlite3_bind_int64(s, at++, list->after_n);
    }
    sqlite3_bind_int64(s, at, (int64_t)list->limit + 1);
}

/* Rows until the page is full; op->name becomes the cursor behind the last one. */
static int take_rows(sqlite3_stmt *s, struct store_op *op)
{
    char next[64] = "";
    int rc;
    buf_init(&op->items, MAX_LIST_BYTES);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && op->max < op->list->limit) {
        if (op->max++ > 0)
            buf_add_char(&op->items, ',');
        lists[op->list->of].write(op->list, s, &op->items);
        (void)snprintf(next, sizeof(next), "%lld.%lld", sqlite3_column_int64(s, 0),
                       sqlite3_column_int64(s, 1));
    }
    op->name = xstrdup(rc == SQLITE_ROW ? next : "");
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

int store_apply_list(struct store *store, struct store_op *op)
{
    struct buf sql;
    sqlite3_stmt *s = NULL;
    buf_init(&sql, MAX_SQL);
    write_sql(op->list, &sql);
    int rc = sqlite3_prepare_v2(store->db, buf_text(&sql), -1, &s, NULL);
    buf_done(&sql);
    if (rc != SQLITE_OK)
        return -EIO;
    bind_values(s, op->list);
    int ret = take_rows(s, op);
    sqlite3_finalize(s);
    return ret;
}
