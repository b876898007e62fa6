/*
 * store.c - the store's life: operations wait in a list on the loop, a worker runs the whole
 * list in one transaction, answers and on_commit run on the loop after.
 *
 * If a run fails (disk full, I/O error) its transitions, cursors and results stay in front of
 * the list and are tried again: the commit that the journal waits for is late, never lost.
 */
#include "io/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"

#define MAX_ALARM_JSON (64u << 10)
#define RETRY_MS 1000u

static void store_kick(struct store *store);

/* ---- worker ---- */

static int set_text(struct store *store, const struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_TEXT];
    store_bind_text(s, 1, op->name);
    store_bind_text(s, 2, op->text);
    return store_step(s);
}

static int set_cursor(struct store *store, const struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_CURSOR];
    sqlite3_bind_int64(s, 1, op->upto.epoch);
    sqlite3_bind_int64(s, 2, (int64_t)op->upto.offset);
    return store_step(s);
}

static int op_run(struct store *store, struct store_op *op)
{
    switch (op->kind) {
    case OP_TRANSITION:
        return store_apply_transition(store, op->transition);
    case OP_FACT:
        return store_apply_fact(store, op);
    case OP_FACTS:
        return store_apply_facts(store, op);
    case OP_FACTS_WRITTEN:
        return store_apply_facts_written(store, op);
    case OP_CURSOR:
        return set_cursor(store, op);
    case OP_TEXT:
        return set_text(store, op);
    case OP_OUTBOX_DUE:
        return store_apply_outbox_due(store, op);
    case OP_OUTBOX_WAITING:
        return store_apply_outbox_waiting(store, op);
    case OP_OUTBOX_RESULT:
        return store_apply_outbox_result(store, op);
    case OP_QUERY_ALARMS:
        return store_apply_query_alarms(store, op);
    case OP_QUERY_HISTORY:
        return store_apply_query_history(store, op);
    case OP_AUDIT:
        return store_apply_audit(store, op);
    case OP_AUDIT_PUBLISH:
        return store_apply_audit_publish(store, op);
    case OP_QUERY_AUDIT:
        return store_apply_query_audit(store, op);
    case OP_NAME_SET:
        return store_apply_name_set(store, op);
    case OP_NAME_GET:
        return store_apply_name_get(store, op);
    case OP_NAME_FORGET:
        return store_apply_name_forget(store, op);
    case OP_RESIDENT_EXPORT:
    case OP_RESIDENT_ALARMS:
        return store_apply_resident(store, op);
    case OP_RESIDENT_ERASE:
        return store_apply_resident_erase(store, op);
    case OP_ENTRY:
        return store_apply_entry(store, op);
    case OP_VISIT:
        return store_apply_visit(store, op);
    case OP_ATTACH:
        return store_apply_attach(store, op);
    case OP_ATTACHMENT:
        return store_apply_attachment(store, op);
    case OP_PRUNE:
        return store_apply_prune(store, op);
    case OP_REPORT:
        return store_apply_report(store, op);
    case OP_LIST:
        return store_apply_list(store, op);
    case OP_RECENT:
        return store_apply_recent(store, op);
    case OP_TOKENS:
        return store_apply_tokens(store, op);
    }
    BUG("store operation %d", (int)op->kind);
}

static bool op_writes(const struct store_op *op)
{
    return op->kind == OP_TRANSITION || op->kind == OP_FACT || op->kind == OP_CURSOR ||
           op->kind == OP_TEXT || op->kind == OP_OUTBOX_RESULT ||
           op->kind == OP_FACTS_WRITTEN || op->kind == OP_AUDIT || op->kind == OP_NAME_SET ||
           op->kind == OP_NAME_FORGET || op->kind == OP_RESIDENT_ERASE ||
           op->kind == OP_ENTRY || op->kind == OP_VISIT || op->kind == OP_PRUNE ||
           op->kind == OP_ATTACH;
}

/* Worker: the list in one transaction. */
static void store_work(uv_work_t *work)
{
    struct store *store = work->data;
    bool writes = false;
    int ret = 0;
    for (struct store_op *op = store->running; op; op = op->next)
        writes = writes || op_writes(op);
    if (writes)
        ret = store_step(store->statement[STMT_BEGIN]);
    for (struct store_op *op = store->running; op && ret == 0; op = op->next)
        ret = op_run(store, op);
    if (writes && ret == 0)
        ret = store_step(store->statement[STMT_COMMIT]);
    if (ret == 0 && store->cut_log && store_cut_log(store->db) == 0)
        store->cut_log = false; /* else with the next run: somebody reads the old log */
    if (ret) {
        (void)snprintf(store->error, sizeof(store->error), "%s", sqlite3_errmsg(store->db));
        if (writes && !sqlite3_get_autocommit(store->db))
            (void)store_step(store->statement[STMT_ROLLBACK]);
    }
    store->run_error = ret;
}

/* ---- loop ---- */

static void op_answer(struct store *store, struct store_op *op)
{
    if (op->kind == OP_CURSOR && position_cmp(op->upto, store->committed) > 0)
        store->committed = op->upto;
    if (op->attached)
        op->attached(op->ctx, op->code);
    if (op->attachment_answer)
        op->attachment_answer(op->ctx, buf_str(&op->items));
    if (op->prune_done)
        op->prune_done(op->ctx, op->pruned);
    if (op->due_answer)
        op->due_answer(op->ctx, &(struct outbox_due){.channel = op->name,
                                                     .row = op->due,
                                                     .n = op->n_due,
                                                     .n_waiting = op->n_waiting});
    if (op->facts_answer) {
        op->page.lines = buf_str(&op->items);
        op->facts_answer(op->ctx, &op->page);
    }
    if (op->report_done)
        op->report_done(op->ctx, op->n_rows, op->report_whole);
    if (op->ratings_answer)
        op->ratings_answer(op->ctx, &op->ratings);
    if (op->list_answer)
        op->list_answer(op->ctx, buf_str(&op->items), op->max, op->name);
    if (op->recent_answer)
        op->recent_answer(op->ctx, &op->steps, &op->visit_steps);
    if (op->query_answer)
        op->query_answer(op->ctx, buf_str(&op->items), op->next_cursor);
    if (op->head_answer)
        op->head_answer(op->ctx, &op->head);
    if (op->kept)
        op->kept(op->ctx);
    if (op->tokens_read) {
        free(store->token);
        store->token = op->token;
        store->n_tokens = op->n_tokens;
        op->token = NULL;
    }
}

/* Writes go back to the front of the list, in order; questions are answered empty. In this
 * order: whoever hears "nothing" may ask again at once, and the question must find behind it
 * what the failed run was to write, or a row whose outcome waits is due once more. */
static void run_failed(struct store *store, struct store_op *op)
{
    struct store_op *keep = NULL, **tail = &keep, *asked = NULL, **asked_tail = &asked;
    for (; op; op = op->next) {
        struct store_op ***end = op_writes(op) ? &tail : &asked_tail;
        **end = op;
        *end = &op->next;
    }
    *asked_tail = NULL;
    *tail = store->first;
    if (keep && !store->first)
        store->last = tail;
    if (keep)
        store->first = keep;
    while (asked) {
        struct store_op *next = asked->next;
        op_answer(store, asked);
        store_op_free(asked);
        asked = next;
    }
}

static void store_after(uv_work_t *work, int status)
{
    struct store *store = work->data;
    (void)status;
    struct store_op *op = store->running;
    store->running = NULL;
    store->busy = false;
    if (store->run_error) {
        if (!store->failed)
            log_err("the store cannot write, trying again every second (%s)", store->error);
        store->failed = true;
        run_failed(store, op);
        return; /* the timer tries again */
    }
    if (store->failed)
        log_info("the store writes again");
    store->failed = false;
    bool committed = false;
    while (op) {
        struct store_op *next = op->next;
        committed = committed || op_writes(op);
        op_answer(store, op);
        store_op_free(op);
        op = next;
    }
    if (committed && store->on_commit && !store->closing)
        store->on_commit(store->on_commit_ctx);
    store_kick(store);
}

static void store_kick(struct store *store)
{
    if (store->busy || !store->first || store->closing)
        return;
    store->busy = true;
    store->running = store->first;
    store->first = NULL;
    store->last = &store->first;
    store->work.data = store;
    if (uv_queue_work(store->loop, &store->work, store_work, store_after) != 0)
        BUG("uv_queue_work refused the store's work");
}

struct store_op *store_op_new(enum store_op_kind kind)
{
    struct store_op *op = xcalloc(1, sizeof(*op));
    op->kind = kind;
    return op;
}

void store_op_submit(struct store *store, struct store_op *op)
{
    *store->last = op;
    store->last = &op->next;
    store_kick(store);
}

/* Not kicked: store_commit() follows at the end of the turn. */
void store_op_wait(struct store *store, struct store_op *op)
{
    *store->last = op;
    store->last = &op->next;
}

static void on_timer(uv_timer_t *timer)
{
    struct store *store = timer->data;
    if (!store->busy && !store->first)
        store_op_submit(store, store_op_new(OP_TOKENS));
    else
        store_kick(store);
}

void store_add(struct store *store, const struct transition *transition,
               const char *const *channel, const char *const *to, size_t n_channels)
{
    const struct alarm *alarm = transition->alarm;
    struct op_transition *t = xcalloc(1, sizeof(*t));
    t->at = transition->at;
    t->ordinal = transition->ordinal;
    t->rev = alarm->rev;
    t->priority = alarm->priority;
    t->change = transition->change;
    t->state = alarm->state;
    t->at_ns = transition->at_ns;
    t->raised_ns = alarm->raised_ns;
    (void)str_copy(t->id, sizeof(t->id), str_of(alarm->id));
    (void)str_copy(t->rule, sizeof(t->rule), str_of(alarm->rule));
    (void)str_copy(t->site, sizeof(t->site), str_of(alarm->site));
    (void)str_copy(t->district, sizeof(t->district), str_of(alarm->district));
    t->by = xstrndup(transition->by.p ? transition->by.p : "", transition->by.n);
    t->note = xstrndup(transition->note.p ? transition->note.p : "", transition->note.n);
    struct buf json;
    struct json_out out;
    buf_init(&json, MAX_ALARM_JSON);
    json_out_init(&out, &json);
    alarm_json(alarm, &out);
    t->json = buf_take(&json);
    t->row = n_channels ? xcalloc(n_channels, sizeof(*t->row)) : NULL;
    t->n_rows = n_channels;
    for (size_t i = 0; i < n_channels; i++) {
        (void)str_copy(t->row[i].channel, sizeof(t->row[i].channel), str_of(channel[i]));
        (void)str_copy(t->row[i].to, sizeof(t->row[i].to), str_of(to[i]));
    }
    struct store_op *op = store_op_new(OP_TRANSITION);
    op->transition = t;
    store_op_wait(store, op);
}

void store_add_fact(struct store *store, struct position at, uint32_t ordinal, int64_t time_ns,
                    struct cw_str line)
{
    struct store_op *op = store_op_new(OP_FACT);
    op->upto = at;
    op->ordinal = ordinal;
    op->now_ns = time_ns;
    op->text = xstrndup(line.p, line.n);
    store_op_wait(store, op);
}

void store_facts(struct store *store, uint64_t after, uint32_t max, size_t max_bytes,
                 void (*answer)(void *ctx, const struct fact_page *page), void *ctx)
{
    struct store_op *op = store_op_new(OP_FACTS);
    op->fact = after;
    op->max = max;
    op->max_bytes = max_bytes;
    op->facts_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_facts_written(struct store *store, uint64_t upto, int64_t forget_ns)
{
    struct store_op *op = store_op_new(OP_FACTS_WRITTEN);
    op->fact = upto;
    op->now_ns = forget_ns;
    store_op_submit(store, op);
}

uint64_t store_facts_cursor_at_open(const struct store *store)
{
    return store->facts_cursor_at_open;
}

int64_t store_facts_time_at_open(const struct store *store)
{
    return store->facts_time_at_open;
}

void store_commit(struct store *store, struct position upto)
{
    struct store_op *op = store_op_new(OP_CURSOR);
    op->upto = upto;
    if (position_cmp(upto, store->asked) > 0)
        store->asked = upto;
    store_op_submit(store, op);
}

void store_on_commit(struct store *store, void (*committed)(void *), void *ctx)
{
    store->on_commit = committed;
    store->on_commit_ctx = ctx;
}

void store_outbox_strays(struct store *store, const char *channels, uint32_t max,
                         outbox_due_fn answer, void *ctx)
{
    struct store_op *op = store_op_new(OP_OUTBOX_DUE);
    op->text = xstrdup(channels);
    op->max = max;
    op->due_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_outbox_due(struct store *store, const char *channel, int64_t now_ns, uint32_t max,
                      outbox_due_fn answer, void *ctx)
{
    struct store_op *op = store_op_new(OP_OUTBOX_DUE);
    op->name = xstrdup(channel);
    op->now_ns = now_ns;
    op->max = max;
    op->due_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_outbox_waiting(struct store *store, const char *channel, outbox_due_fn answer,
                          void *ctx)
{
    struct store_op *op = store_op_new(OP_OUTBOX_WAITING);
    op->name = xstrdup(channel);
    op->due_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_outbox_result(struct store *store, const struct outbox_row *row, uint32_t outcome,
                         int64_t next_ns, const char *error)
{
    struct store_op *op = store_op_new(OP_OUTBOX_RESULT);
    op->row = *row;
    op->row.alarm_json = NULL;
    op->outcome = outcome;
    op->next_ns = next_ns;
    op->text = xstrdup(error ? error : "");
    store_op_submit(store, op);
}

void store_text_set(struct store *store, const char *name, struct cw_str value)
{
    struct store_op *op = store_op_new(OP_TEXT);
    op->name = xstrdup(name);
    op->text = xstrndup(value.n ? value.p : "", value.n);
    store_op_submit(store, op);
}

const char *store_text_at_open(const struct store *store, const char *name)
{
    for (const struct store_text *t = store->texts; t; t = t->next) {
        if (str_is(str_of(t->name), name))
            return t->value;
    }
    return NULL;
}

void store_query_alarms(struct store *store, const struct alarm_query *query,
                        void (*answer)(void *ctx, struct cw_str items, uint64_t next),
                        void *ctx)
{
    struct store_op *op = store_op_new(OP_QUERY_ALARMS);
    op->query = *query;
    op->query_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_recent(struct store *store, uint32_t max, recent_steps_fn answer, void *ctx)
{
    struct store_op *op = store_op_new(OP_RECENT);
    op->max = max;
    op->recent_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_query_history(struct store *store, const char *alarm_id,
                         void (*answer)(void *ctx, struct cw_str items, uint64_t next),
                         void *ctx)
{
    struct store_op *op = store_op_new(OP_QUERY_HISTORY);
    op->name = xstrdup(alarm_id);
    op->query_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

struct position store_cursor_at_open(const struct store *store)
{
    return store->cursor_at_open;
}

struct position store_committed(const struct store *store)
{
    return store->committed;
}

bool store_idle(const struct store *store)
{
    return position_cmp(store->committed, store->asked) >= 0;
}

bool store_failed(const struct store *store, char *why, size_t cap)
{
    (void)str_copy(why, cap, str_of(store->failed ? store->error : ""));
    return store->failed;
}

/* ---- open and close ---- */

static int read_at_open(struct store *store)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(store->db, "SELECT epoch, offset FROM cursors WHERE name = 'fold'",
                           -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    if (sqlite3_step(s) == SQLITE_ROW) {
        store->committed.epoch = (uint32_t)sqlite3_column_int64(s, 0);
        store->committed.offset = (uint64_t)sqlite3_column_int64(s, 1);
    }
    store->cursor_at_open = store->committed;
    sqlite3_finalize(s);
    if (sqlite3_prepare_v2(store->db, "SELECT name, value FROM texts", -1, &s, NULL) !=
        SQLITE_OK)
        return -EIO;
    while (sqlite3_step(s) == SQLITE_ROW) {
        struct store_text *t = xcalloc(1, sizeof(*t));
        t->name = xstrdup((const char *)sqlite3_column_text(s, 0));
        t->value = xstrdup((const char *)sqlite3_column_text(s, 1));
        t->next = store->texts;
        store->texts = t;
    }
    sqlite3_finalize(s);
    if (store_read_facts_at_open(store))
        return -EIO;
    return store_tokens_read(store->db, &store->token, &store->n_tokens);
}

static void store_free(struct store *store)
{
    while (store->texts) {
        struct store_text *t = store->texts;
        store->texts = t->next;
        free(t->name);
        free(t->value);
        free(t);
    }
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(store->statement[i]);
    sqlite3_close(store->db);
    explicit_bzero(store->keys_master, sizeof(store->keys_master));
    free(store->token);
    free(store);
}

int store_open(struct store **out, const char *path, uv_loop_t *loop, struct cw_error *err)
{
    struct store *store = xcalloc(1, sizeof(*store));
    store->loop = loop;
    store->last = &store->first;
    store->data_version = -1;
    int ret = store_schema_open(path, &store->db, err);
    if (!ret)
        ret = store_keys_attach(store->db, path, err);
    if (!ret)
        ret = store_prepare(store, err);
    if (!ret && read_at_open(store))
        ret =
            err_set(err, -EIO, "cannot read the store %s: %s", path, sqlite3_errmsg(store->db));
    if (ret) {
        store_free(store);
        return ret;
    }
    store->timer = xcalloc(1, sizeof(*store->timer));
    store->timer->data = store;
    if (uv_timer_init(loop, store->timer) ||
        uv_timer_start(store->timer, on_timer, RETRY_MS, RETRY_MS))
        BUG("uv_timer refused the store's timer");
    *out = store;
    return 0;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->closing = true;
    uv_close((uv_handle_t *)store->timer, timer_closed);
    while (store->busy)
        (void)uv_run(store->loop, UV_RUN_ONCE);
    /* What was handed over since: run here, as the worker would. */
    store->running = store->first;
    store->first = NULL;
    if (store->running) {
        store->work.data = store;
        store_work(&store->work);
        if (store->run_error)
            log_err("the store could not write its last rows, they come again from the journal "
                    "(%s)",
                    store->error);
    }
    while (store->running) {
        struct store_op *op = store->running;
        store->running = op->next;
        op_answer(store, op);
        store_op_free(op);
    }
    store_free(store);
}
