/*
 * store_rows.c - what each operation of the store does to its tables. Worker thread only.
 */
#include "io/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/alarm/note.h"

#define OUTBOX_HISTORY_NS (INT64_C(30) * 24 * 3600 * NS_PER_S)
#define MAX_ITEMS_BYTES (16u << 20)

int store_apply_transition(struct store *store, const struct op_transition *t)
{
    /* Applied twice is applied once: what lies before the cursor is already there. */
    if (position_cmp(t->at, store->committed) < 0)
        return 0;
    sqlite3_stmt *s = store->statement[STMT_ALARM];
    store_bind_text(s, 1, t->id);
    sqlite3_bind_int64(s, 2, t->rev);
    store_bind_text(s, 3, priority_name(t->priority));
    store_bind_text(s, 4, alarm_state_name(t->state));
    store_bind_text(s, 5, t->rule);
    store_bind_text(s, 6, t->site);
    store_bind_text(s, 7, t->district);
    sqlite3_bind_int64(s, 8, t->raised_ns);
    sqlite3_bind_int64(s, 9, t->at_ns);
    store_bind_text(s, 10, t->json);
    int ret = store_step(s);

    s = store->statement[STMT_TRANSITION];
    sqlite3_bind_int64(s, 1, t->at.epoch);
    sqlite3_bind_int64(s, 2, (int64_t)t->at.offset);
    sqlite3_bind_int64(s, 3, t->ordinal);
    store_bind_text(s, 4, t->id);
    sqlite3_bind_int64(s, 5, t->rev);
    sqlite3_bind_int64(s, 6, t->at_ns);
    store_bind_text(s, 7, alarm_change_name(t->change));
    store_bind_text(s, 8, alarm_state_name(t->state));
    store_bind_text(s, 9, t->by);
    store_bind_text(s, 10, t->note);
    ret = store_step(s) ? -EIO : ret;

    for (size_t i = 0; i < t->n_rows; i++) {
        s = store->statement[STMT_OUTBOX_ADD];
        store_bind_text(s, 1, t->id);
        sqlite3_bind_int64(s, 2, t->rev);
        store_bind_text(s, 3, t->row[i].channel);
        store_bind_text(s, 4, t->row[i].to);
        store_bind_text(s, 5, alarm_change_name(t->change));
        store_bind_text(s, 6, t->json);
        sqlite3_bind_int64(s, 7, t->priority == CW_PRIORITY_HIGH ? 0 : 1);
        sqlite3_bind_int64(s, 8, t->at_ns);
        ret = store_step(s) ? -EIO : ret;
    }
    return ret;
}

static void column_copy(sqlite3_stmt *s, int i, char *dst, size_t cap)
{
    (void)str_copy(dst, cap, str_of((const char *)sqlite3_column_text(s, i)));
}

int store_apply_outbox_waiting(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_OUTBOX_WAITING];
    store_bind_text(s, 1, op->name);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        op->n_waiting = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return rc == SQLITE_ROW ? 0 : -EIO;
}

int store_apply_outbox_due(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[op->name ? STMT_OUTBOX_DUE : STMT_OUTBOX_STRAYS];
    sqlite3_bind_int64(s, 2, op->max);
    if (op->name) {
        sqlite3_bind_int64(s, 1, op->now_ns);
        store_bind_text(s, 3, op->name);
    } else {
        store_bind_text(s, 1, op->text);
    }
    op->due = xcalloc(op->max + 1, sizeof(*op->due));
    int rc = SQLITE_DONE;
    while (op->n_due < op->max && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct outbox_row *row = &op->due[op->n_due++];
        column_copy(s, 0, row->alarm, sizeof(row->alarm));
        row->rev = (uint32_t)sqlite3_column_int64(s, 1);
        column_copy(s, 2, row->channel, sizeof(row->channel));
        column_copy(s, 3, row->to, sizeof(row->to));
        column_copy(s, 4, row->change, sizeof(row->change));
        row->alarm_json = xstrdup((const char *)sqlite3_column_text(s, 5));
        row->tries = (uint32_t)sqlite3_column_int64(s, 6);
        row->next_ns = sqlite3_column_int64(s, 7);
        row->high = sqlite3_column_int64(s, 8) == 0;
        row->at_ns = sqlite3_column_int64(s, 9);
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

int store_apply_outbox_result(struct store *store, const struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_OUTBOX_RESULT];
    store_bind_text(s, 1, op->row.alarm);
    sqlite3_bind_int64(s, 2, op->row.rev);
    store_bind_text(s, 3, op->row.channel);
    store_bind_text(s, 4, op->row.to);
    sqlite3_bind_int64(s, 5, op->outcome == CW_RETRY ? 0 : op->outcome);
    sqlite3_bind_int64(s, 6, op->next_ns);
    store_bind_text(s, 7, op->text);
    int ret = store_step(s);
    if (op->outcome == CW_RETRY)
        return ret;
    s = store->statement[STMT_OUTBOX_PRUNE];
    sqlite3_bind_int64(s, 1, op->next_ns - OUTBOX_HISTORY_NS);
    sqlite3_bind_int64(s, 2, op->outcome);
    return store_step(s) ? -EIO : ret;
}

int store_apply_query_alarms(struct store *store, struct store_op *op)
{
    const struct alarm_query *q = &op->query;
    sqlite3_stmt *s = store->statement[STMT_QUERY_ALARMS];
    sqlite3_bind_int64(s, 1, (int64_t)q->after);
    store_bind_text(s, 2, str_is(str_of(q->state), "all") ? "" : q->state);
    store_bind_text(s, 3, q->priority);
    store_bind_text(s, 4, q->site);
    store_bind_text(s, 5, q->district);
    store_bind_text(s, 6, q->id);
    sqlite3_bind_int64(s, 7, (int64_t)q->limit + 1);
    if (q->sites)
        store_bind_text(s, 8, q->sites);
    else
        sqlite3_bind_null(s, 8);
    store_bind_text(s, 9, q->hidden);
    buf_init(&op->items, MAX_ITEMS_BYTES);
    uint32_t n = 0;
    uint64_t last = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (n == q->limit) {
            op->next_cursor = last;
            break;
        }
        if (n++ > 0)
            buf_add_char(&op->items, ',');
        buf_add_text(&op->items, (const char *)sqlite3_column_text(s, 1));
        last = (uint64_t)sqlite3_column_int64(s, 0);
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

/* Rows come newest first: the room is filled from its end. */
static int apply_recent_alarms(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_RECENT];
    uint32_t n_seen = 0, at = op->max;
    int rc = SQLITE_DONE;
    op->recent = xcalloc(op->max + 1, sizeof(*op->recent));
    sqlite3_bind_int64(s, 1, op->max);
    while (at > 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct position position = {(uint32_t)sqlite3_column_int64(s, 0),
                                    (uint64_t)sqlite3_column_int64(s, 1)};
        n_seen++;
        op->steps.oldest = position;
        if (!sqlite3_column_int(s, 3))
            continue;
        struct recent_step *step = &op->recent[--at];
        step->at = position;
        step->ordinal = (uint32_t)sqlite3_column_int64(s, 2);
        column_copy(s, 4, step->site, sizeof(step->site));
        column_copy(s, 5, step->district, sizeof(step->district));
        step->json = xstrdup((const char *)sqlite3_column_text(s, 6));
        column_copy(s, 7, step->id, sizeof(step->id));
    }
    sqlite3_reset(s);
    op->steps.step = op->recent + at;
    op->steps.n = op->max - at;
    op->steps.whole = n_seen < op->max;
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

static int apply_recent_visits(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_RECENT_VISITS];
    uint32_t at = op->max;
    int rc = SQLITE_DONE;
    op->recent_visit = xcalloc(op->max + 1, sizeof(*op->recent_visit));
    sqlite3_bind_int64(s, 1, op->max);
    while (at > 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct recent_step *step = &op->recent_visit[--at];
        struct buf json;
        step->at = (struct position){(uint32_t)sqlite3_column_int64(s, 0),
                                     (uint64_t)sqlite3_column_int64(s, 1)};
        column_copy(s, 2, step->site, sizeof(step->site));
        column_copy(s, 3, step->id, sizeof(step->id));
        column_copy(s, 4, step->district, sizeof(step->district));
        step->ordinal = (uint32_t)sqlite3_column_int64(s, 2 + N_VISIT_COLUMNS);
        op->visit_steps.oldest = step->at;
        buf_init(&json, MAX_VISIT_JSON);
        store_visit_json(s, true, &json);
        step->json = buf_take(&json);
    }
    sqlite3_reset(s);
    op->visit_steps.step = op->recent_visit + at;
    op->visit_steps.n = op->max - at;
    op->visit_steps.whole = at > 0 && !store_text_at_open(store, VISITS_UNPLACED);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

int store_apply_recent(struct store *store, struct store_op *op)
{
    int ret = apply_recent_alarms(store, op);
    return ret ? ret : apply_recent_visits(store, op);
}

int store_apply_query_history(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_QUERY_HISTORY];
    store_bind_text(s, 1, op->name);
    buf_init(&op->items, MAX_ITEMS_BYTES);
    struct json_out out;
    json_out_init(&out, &op->items);
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        json_object(&out);
        json_member_time(&out, "at", sqlite3_column_int64(s, 0));
        struct cw_str change = str_of((const char *)sqlite3_column_text(s, 1));
        json_member_text(&out, "change", change);
        json_member_text(&out, "to", str_of((const char *)sqlite3_column_text(s, 2)));
        struct cw_str by = str_of((const char *)sqlite3_column_text(s, 3));
        struct cw_str note = str_of((const char *)sqlite3_column_text(s, 4));
        json_member_text(&out, "by", by);
        json_member_text(&out, "note", note);
        /* A person takes a step of a chain, and the daemon says which. */
        if (by.n == 0 || str_is(change, "escalated"))
            note_json(note, &out);
        json_member_int(&out, "rev", sqlite3_column_int64(s, 5));
        json_object_end(&out);
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

void store_op_free(struct store_op *op)
{
    if (op->transition) {
        free(op->transition->by);
        free(op->transition->note);
        free(op->transition->json);
        free(op->transition->row);
        free(op->transition);
    }
    for (size_t i = 0; i < op->n_due; i++)
        free(op->due[i].alarm_json);
    free(op->due);
    for (uint32_t i = 0; op->recent && i < op->max; i++)
        free(op->recent[i].json);
    free(op->recent);
    for (uint32_t i = 0; op->recent_visit && i < op->max; i++)
        free(op->recent_visit[i].json);
    free(op->recent_visit);
    store_op_row_free(op->entry);
    if (op->list)
        free(op->list->among);
    free(op->list);
    free(op->query.sites);
    free(op->name);
    if (op->kind == OP_NAME_SET)
        explicit_bzero(op->text, strlen(op->text));
    free(op->text);
    if (op->words)
        mask_words_done(op->words);
    free(op->words);
    if (op->kind == OP_NAME_GET && op->items.n > 0)
        explicit_bzero(op->items.p, op->items.n);
    free(op->token);
    buf_done(&op->items);
    free(op);
}
