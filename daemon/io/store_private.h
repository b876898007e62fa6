/*
 * store_private.h - inside the store: operations wait in a list on the loop, a worker takes
 * the whole list at once and runs it in one transaction, answers run on the loop after.
 *
 * At most one worker runs at a time, so connection and statements need no lock, and a burst
 * of operations becomes one commit (one fsync) by itself.
 */
#ifndef IO_STORE_PRIVATE_H
#define IO_STORE_PRIVATE_H

#include <sqlite3.h>

#include "io/name_cipher.h"
#include "io/store_audit.h"
#include "io/store_names.h"
#include "io/store_prune.h"
#include "io/store_report.h"

enum store_op_kind {
    OP_TRANSITION = 1,
    OP_FACT,
    OP_FACTS,
    OP_FACTS_WRITTEN,
    OP_CURSOR,
    OP_TEXT,
    OP_OUTBOX_DUE,
    OP_OUTBOX_WAITING,
    OP_OUTBOX_RESULT,
    OP_QUERY_ALARMS,
    OP_QUERY_HISTORY,
    OP_RECENT,
    OP_AUDIT,
    OP_AUDIT_PUBLISH,
    OP_QUERY_AUDIT,
    OP_NAME_SET,
    OP_NAME_GET,
    OP_NAME_FORGET,
    OP_RESIDENT_EXPORT,
    OP_RESIDENT_ALARMS,
    OP_RESIDENT_ERASE,
    OP_ENTRY,
    OP_VISIT,
    OP_LIST,
    OP_REPORT,
    OP_PRUNE,
    OP_ATTACH,
    OP_ATTACHMENT,
    OP_TOKENS, /* look whether another process changed them */
};

/* A copy of one transition and where it is to be told. */
struct op_transition {
    struct position at;
    uint32_t ordinal, rev, priority, change, state;
    int64_t at_ns, raised_ns;
    char id[HASH_ID_MAX], rule[MAX_ID + 1], site[MAX_ID + 1], district[MAX_ID + 1];
    char *by, *note, *json;
    struct outbox_row *row; /* alarm, rev, channel, to */
    size_t n_rows;
};

/* Of a visit's row: texts first, then numbers. */
#define N_VISIT_TEXTS 8
#define N_VISIT_NUMBERS 21

/* A copy of an entry or a visit on its way to its row. */
struct op_row {
    char *text[12]; /* owned */
    int64_t number[N_VISIT_NUMBERS];
};

struct store_op {
    struct store_op *next;
    enum store_op_kind kind;
    struct op_transition *transition;
    struct op_row *entry; /* OP_ENTRY, OP_VISIT */
    struct store_list *list;
    struct position upto;
    char *name, *text; /* OP_TEXT; OP_OUTBOX_RESULT: text is the error; history: name is id;
                        * OP_FACT: text is the line; OP_OUTBOX_DUE: name is the channel, or
                        * NULL and text the channels; OP_AUDIT: name is the line's
                        * members, text the reason */
    uint32_t ordinal;  /* OP_FACT; at is upto, time is now_ns */
    uint64_t fact;     /* OP_FACTS: behind it; OP_FACTS_WRITTEN: up to it; OP_QUERY_AUDIT:
                        * before it */
    size_t max_bytes;
    struct outbox_row row;
    uint32_t outcome, max;
    int64_t now_ns, next_ns;
    struct alarm_query query;
    char resident[MAX_ID + 1]; /* with query.site */
    struct mask_words *words;  /* OP_RESIDENT_ERASE; owned */
    /* results, filled by the worker */
    struct outbox_row *due;
    size_t n_due;
    uint64_t n_waiting;
    struct buf items;
    uint64_t next_cursor;
    struct fact_page page;
    struct audit_head head;
    struct recent_step *recent, *recent_visit; /* owned; room for max each */
    struct recent_steps steps, visit_steps;
    struct token *token;
    size_t n_tokens;
    bool tokens_read;
    /* answers, run on the loop */
    void (*due_answer)(void *ctx, const struct outbox_due *due);
    recent_steps_fn recent_answer;
    void (*facts_answer)(void *ctx, const struct fact_page *page);
    store_list_fn list_answer;
    struct report_query report;
    void (*report_row)(void *ctx, const struct report_row *row); /* worker */
    void (*report_done)(void *ctx, uint32_t n, bool whole);
    uint32_t n_rows;
    bool report_whole;
    struct ratings ratings; /* OP_REPORT: of the site name, when they are asked */
    void (*ratings_answer)(void *ctx, const struct ratings *ratings);
    void (*query_answer)(void *ctx, struct cw_str items, uint64_t next);
    void (*head_answer)(void *ctx, const struct audit_head *head);
    void (*kept)(void *ctx);   /* OP_AUDIT: it is committed */
    struct prune_policy prune; /* OP_PRUNE, at now_ns */
    int code;                  /* OP_ATTACH: name is the id, text who, items the bytes */
    void (*attached)(void *ctx, int code);
    void (*attachment_answer)(void *ctx, struct cw_str bytes);
    uint32_t pruned[N_PRUNES];
    void (*prune_done)(void *ctx, const uint32_t n[N_PRUNES]);
    void *ctx;
};

#define VISIT_COLUMNS                                                                         \
    "site, visit, district, service, recipient, worker, project, method, state, exceptions, " \
    "standing, evidence, start_ms, end_ms, checkin_ms, checkout_ms, distance_m, score, "      \
    "amount_fen, changed_ms, settled_ms, requested_ms, assessed_ms, planned_ms, "             \
    "assigned_ms, accepted_ms, confirmed_ms, feedback_ms, followup_ms"
/* When it was to begin; without a plan, when it did. */
#define VISIT_BEGAN "(CASE start_ms WHEN 0 THEN checkin_ms ELSE start_ms END)"
#define N_VISIT_COLUMNS (N_VISIT_TEXTS + N_VISIT_NUMBERS)
#define MAX_VISIT_JSON 8192u
/* A text that is there when visits are older than the columns that say where they changed. */
#define VISITS_UNPLACED "visits.unplaced"
/* The visit of a row whose columns from the third on are VISIT_COLUMNS. */
void store_visit_json(sqlite3_stmt *s, bool is_masked, struct buf *out);

enum store_statement {
    STMT_BEGIN,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_ALARM,
    STMT_TRANSITION,
    STMT_FACT,
    STMT_FACTS_BOUND,
    STMT_FACTS,
    STMT_FACTS_NEWEST,
    STMT_FACTS_WRITTEN,
    STMT_FACTS_FORGET,
    STMT_OUTBOX_ADD,
    STMT_OUTBOX_DUE,
    STMT_OUTBOX_WAITING,
    STMT_OUTBOX_STRAYS,
    STMT_OUTBOX_RESULT,
    STMT_OUTBOX_PRUNE,
    STMT_AUDIT_TAIL,
    STMT_AUDIT_ADD,
    STMT_AUDIT_HEAD,
    STMT_AUDIT_BOUND, /* the next one belongs to it */
    STMT_AUDIT_FIRST,
    STMT_QUERY_AUDIT,
    STMT_NAME_SET,
    STMT_NAME,
    STMT_NAME_FORGET,
    STMT_KEY,
    STMT_KEY_ADD,
    STMT_KEY_DESTROY,
    STMT_RESIDENT_ALARMS,
    STMT_RESIDENT_ALARM_IDS,
    STMT_RESIDENT_HISTORY,
    STMT_CURSOR,
    STMT_TEXT,
    STMT_TOKENS,
    STMT_DATA_VERSION,
    STMT_QUERY_ALARMS,
    STMT_QUERY_HISTORY,
    STMT_REPORT_ALARMS,
    STMT_REPORT_CALLS,
    STMT_REPORT_STALE,
    STMT_RATINGS,
    STMT_RECENT,
    STMT_RECENT_VISITS,
    STMT_ENTRY,
    STMT_ENTRY_TRAIL,
    STMT_VISIT,
    N_STATEMENTS
};

struct store_text {
    struct store_text *next;
    char *name, *value;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statement[N_STATEMENTS];
    uv_loop_t *loop;
    uv_work_t work;
    uv_timer_t *timer;              /* tokens of other processes; frees itself when closed */
    struct store_op *first, **last; /* waiting; loop */
    struct store_op *running;       /* with the worker */
    bool busy, closing;
    int run_error; /* of the last run; 0 */
    char error[200];
    bool failed;
    int64_t data_version; /* worker only */
    bool keys_are_sealed; /* with keys_master; never changes once the loop runs */
    unsigned char keys_master[NAME_KEY_BYTES];
    bool cut_log; /* worker only: what was erased is still in the log of changes */
    struct position cursor_at_open, committed, asked;
    uint64_t facts_cursor_at_open;
    int64_t facts_time_at_open;
    struct store_text *texts;
    struct token *token;
    size_t n_tokens;
    void (*on_commit)(void *);
    void *on_commit_ctx;
};

/* store_schema.c: opens the file, sets the pragmas, checks integrity, makes or migrates the
 * tables. 0 or negative with err. */
int store_schema_open(const char *path, sqlite3 **db, struct cw_error *err);
int store_prepare(struct store *store, struct cw_error *err);
const char *store_statement_sql(int statement);
/* Steps a statement that returns no rows and resets it. 0 or -EIO. */
int store_step(sqlite3_stmt *statement);
void store_bind_text(sqlite3_stmt *statement, int i, const char *text);

/* store.c */
struct store_op *store_op_new(enum store_op_kind kind);
void store_op_submit(struct store *store, struct store_op *op);

/* store_rows.c: what the operations do; worker. 0 or -EIO. */
int store_apply_transition(struct store *store, const struct op_transition *transition);
int store_apply_outbox_due(struct store *store, struct store_op *op);
int store_apply_outbox_waiting(struct store *store, struct store_op *op);
int store_apply_outbox_result(struct store *store, const struct store_op *op);
int store_apply_query_alarms(struct store *store, struct store_op *op);
int store_apply_recent(struct store *store, struct store_op *op);
int store_apply_query_history(struct store *store, struct store_op *op);
void store_op_free(struct store_op *op);

/* store_facts.c: the same for facts. */
int store_read_facts_at_open(struct store *store);
int store_apply_fact(struct store *store, const struct store_op *op);
int store_apply_facts(struct store *store, struct store_op *op);
int store_apply_facts_written(struct store *store, const struct store_op *op);

/* store_audit.c */
void store_audit_hash(struct cw_str a, struct cw_str b, char hash[AUDIT_HASH_MAX]);
int store_apply_audit(struct store *store, const struct store_op *op);
int store_apply_audit_publish(struct store *store, struct store_op *op);
int store_apply_query_audit(struct store *store, struct store_op *op);
/* A line of another process, inside a transaction of its connection. */
int store_apply_attach(struct store *store, struct store_op *op); /* store_attachments.c */
int store_apply_attachment(struct store *store, struct store_op *op);
int store_apply_prune(struct store *store, struct store_op *op); /* store_prune.c */
int store_audit_add_now(sqlite3 *db, const struct audit_entry *entry);
/* store_entries.c: registry, supervision, visits. */
int store_apply_entry(struct store *store, const struct store_op *op);
int store_apply_visit(struct store *store, const struct store_op *op);
void store_op_row_free(struct op_row *row);
/* store_lists.c */
int store_apply_list(struct store *store, struct store_op *op);
/* store.c: an operation that waits for the store_commit() of its turn; one that does not. */
struct store_op *store_op_new(enum store_op_kind kind);
void store_op_wait(struct store *store, struct store_op *op);
void store_op_submit(struct store *store, struct store_op *op);

/* store_keys.c */
int store_keys_attach(sqlite3 *db, const char *path, struct cw_error *err);
/* 0 and the key; -ENOENT; -EIO. make: a new one when there is none. */
int store_key_read(struct store *store, const char *site, const char *resident,
                   unsigned char key[NAME_KEY_BYTES]);
int store_key_make(struct store *store, const char *site, const char *resident,
                   unsigned char key[NAME_KEY_BYTES]);

/* store_names.c */
/* Whose text it is, authenticated with it; the length. */
size_t store_name_about(const char *site, const char *resident, char about[2 * MAX_ID + 2]);
int store_apply_name_set(struct store *store, const struct store_op *op);
int store_apply_name_get(struct store *store, struct store_op *op);
int store_apply_name_forget(struct store *store, struct store_op *op);
int store_apply_resident(struct store *store, struct store_op *op);
int store_apply_resident_erase(struct store *store, struct store_op *op);
/* Writes the log of changes back and cuts it to nothing; outside of a transaction. */
int store_cut_log(sqlite3 *db);

/* store_report.c */
int store_apply_report(struct store *store, struct store_op *op);

/* store_tokens.c */
int store_tokens_read(sqlite3 *db, struct token **token, size_t *n);
int store_apply_tokens(struct store *store, struct store_op *op);

#endif
