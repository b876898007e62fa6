/*
 * store_report.c - the past for reports, read on the store's thread: rows are given one by one
 * to whoever counts them, ratings are counted by an index; nothing but the count comes to the
 * loop.
 */
#include "io/store_report.h"

#include <errno.h>

#include "base/mem.h"
#include "base/units.h"
#include "io/store_private.h"

/* A question that would take longer holds up what is to be written. */
#define MAX_REPORT_ROWS 500000

void store_report(struct store *store, const struct report_query *query,
                  void (*row)(void *ctx, const struct report_row *row),
                  void (*done)(void *ctx, uint32_t n, bool whole), void *ctx)
{
    struct store_op *op = store_op_new(OP_REPORT);
    op->report = *query;
    op->report_row = row;
    op->report_done = done;
    op->ctx = ctx;
    store_op_submit(store, op);
}

static struct cw_str column(sqlite3_stmt *s, int i)
{
    const char *text = (const char *)sqlite3_column_text(s, i);
    return (struct cw_str){text ? text : "", (size_t)sqlite3_column_bytes(s, i)};
}

static int count_ratings(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_RATINGS];
    store_bind_text(s, 1, op->name);
    sqlite3_bind_int64(s, 2, op->report.from_ns / NS_PER_MS);
    sqlite3_bind_int64(s, 3, op->report.to_ns / NS_PER_MS);
    op->ratings.whole = sqlite3_step(s) == SQLITE_ROW;
    for (int score = 1; score <= MAX_SCORE && op->ratings.whole; score++)
        op->ratings.n[score] = (uint64_t)sqlite3_column_int64(s, score - 1);
    sqlite3_reset(s);
    return op->ratings.whole ? 0 : -EIO;
}

int store_apply_report(struct store *store, struct store_op *op)
{
    static const enum store_statement statement[] = {[REPORT_ALARMS] = STMT_REPORT_ALARMS,
                                                     [REPORT_CALLS] = STMT_REPORT_CALLS,
                                                     [REPORT_STALE] = STMT_REPORT_STALE};
    const struct report_query *query = &op->report;
    if (op->ratings_answer)
        return count_ratings(store, op);
    sqlite3_stmt *s = store->statement[statement[query->of]];
    sqlite3_bind_int64(s, 1, query->from_ns);
    sqlite3_bind_int64(s, 2, query->to_ns);
    store_bind_text(s, 3, query->site);
    store_bind_text(s, 4, query->district);
    sqlite3_bind_int64(s, 5, MAX_REPORT_ROWS);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        const struct report_row row = {.at_ns = sqlite3_column_int64(s, 0),
                                       .rule = column(s, 1),
                                       .site = column(s, 2),
                                       .district = column(s, 3),
                                       .priority = column(s, 4),
                                       .json = column(s, 5)};
        op->report_row(op->ctx, &row);
        op->n_rows++;
    }
    op->report_whole = op->n_rows < MAX_REPORT_ROWS;
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

/* ---- ratings ---- */

void store_ratings(struct store *store, const char *site, int64_t from_ns, int64_t to_ns,
                   void (*answer)(void *ctx, const struct ratings *ratings), void *ctx)
{
    struct store_op *op = store_op_new(OP_REPORT);
    op->name = xstrdup(site);
    op->report.from_ns = from_ns;
    op->report.to_ns = to_ns;
    op->ratings_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}
