/*
 * store_facts.c - lines for the time-series database, in the order in which they became true.
 *
 *   n   1 2 3 4 5 6 7 8
 *       ----+-- ----+--
 *      kept |       | to be written, from the cursor "influx.facts" on
 *           forgotten after a while: until then a lost database can be filled again
 *
 * A row is written with the cursor of the fold, so replaying the journal adds none twice.
 */
#include <errno.h>

#include "io/store_private.h"

#define ROWS_PER_BOUND 1024
#define MAX_PAGE_BYTES (32u << 20)

int store_read_facts_at_open(struct store *store)
{
    static const char sql[] =
        "SELECT coalesce((SELECT offset FROM cursors"
        " WHERE name = 'influx.facts'), 0),"
        " coalesce((SELECT time_ns FROM facts ORDER BY n DESC LIMIT 1), 0)";
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        store->facts_cursor_at_open = (uint64_t)sqlite3_column_int64(s, 0);
        store->facts_time_at_open = sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? 0 : -EIO;
}

int store_apply_fact(struct store *store, const struct store_op *op)
{
    if (position_cmp(op->upto, store->committed) < 0)
        return 0;
    sqlite3_stmt *s = store->statement[STMT_FACT];
    sqlite3_bind_int64(s, 1, op->upto.epoch);
    sqlite3_bind_int64(s, 2, (int64_t)op->upto.offset);
    sqlite3_bind_int64(s, 3, op->ordinal);
    sqlite3_bind_int64(s, 4, op->now_ns);
    store_bind_text(s, 5, op->text);
    int ret = store_step(s);
    if (ret || sqlite3_last_insert_rowid(store->db) % ROWS_PER_BOUND != 0)
        return ret;
    s = store->statement[STMT_FACTS_BOUND];
    sqlite3_bind_int64(s, 1, MAX_FACTS);
    return store_step(s);
}

int store_apply_facts(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_FACTS];
    struct fact_page *page = &op->page;
    sqlite3_bind_int64(s, 1, (int64_t)op->fact);
    sqlite3_bind_int64(s, 2, op->max);
    buf_init(&op->items, MAX_PAGE_BYTES);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        size_t n = (size_t)sqlite3_column_bytes(s, 1);
        if (page->n_lines > 0 && op->items.n + n > op->max_bytes)
            break;
        buf_add(&op->items, sqlite3_column_text(s, 1), n);
        page->last = (uint64_t)sqlite3_column_int64(s, 0);
        if (page->n_lines++ == 0)
            page->first = page->last;
    }
    sqlite3_reset(s);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        return -EIO;
    s = store->statement[STMT_FACTS_NEWEST];
    rc = sqlite3_step(s);
    page->newest = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? 0 : -EIO;
}

int store_apply_facts_written(struct store *store, const struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_FACTS_WRITTEN];
    sqlite3_bind_int64(s, 1, (int64_t)op->fact);
    if (store_step(s))
        return -EIO;
    s = store->statement[STMT_FACTS_FORGET];
    sqlite3_bind_int64(s, 1, (int64_t)op->fact);
    sqlite3_bind_int64(s, 2, op->now_ns);
    return store_step(s);
}
