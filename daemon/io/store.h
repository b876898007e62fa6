/*
 * store.h - what must be asked for by key and outlive the journal: alarms, transitions,
 * facts, outbox, tokens, cursors (SQLite in WAL mode, synchronous=FULL; its only door).
 *
 * One connection on one thread of its own. The loop hands over jobs; answers come back on
 * the loop. A batch of transitions carries its journal position and is applied in one
 * transaction with the cursor: applying it twice is applying it once.
 */
#ifndef IO_STORE_H
#define IO_STORE_H

#include <uv.h>

#include "core/alarm/alarm.h"

struct store;
struct site;
struct visit;

/* Opens or creates, checks integrity and schema version (a newer one is refused), starts
 * the thread. Blocks; call before the loop runs. 0 or negative with err. */
int store_open(struct store **store, const char *path, uv_loop_t *loop, struct cw_error *err);
/* Finishes what was handed over, checkpoints, closes. Blocks, running the loop; whoever asked
 * gets an answer even now. NULL is fine. */
void store_close(struct store *store);
/* The cursor as it was when the store was opened: transitions before it are applied. */
struct position store_cursor_at_open(const struct store *store);
/* Everything before this is committed. Loop. */
struct position store_committed(const struct store *store);
/* Nothing that was handed over waits: the cursor is old because nothing was to be told. */
bool store_idle(const struct store *store);
bool store_failed(const struct store *store, char *why, size_t cap);

/* A notification to make: a row of the outbox, keyed (alarm, revision, recipient, channel). */
struct outbox_row {
    char alarm[HASH_ID_MAX];
    uint32_t rev;
    char channel[MAX_ID + 1], to[MAX_ID + 1];
    uint32_t tries;
    int64_t next_ns;  /* journal_now() */
    char *alarm_json; /* the alarm as it was at that revision; owned by the row's holder */
    char change[MAX_ID + 1];
    bool high;     /* the alarm's priority */
    int64_t at_ns; /* when the change happened */
};

/* Collects one transition with the channels it is to be told on; kept until store_commit(). */
void store_add(struct store *store, const struct transition *transition,
               const char *const *channel, const char *const *to, size_t n_channels);
/* Ends the batch: everything of records before `upto` was added. Commits when the thread gets
 * to it (grouped); `committed` set by store_on_commit() is called on the loop after. */
void store_commit(struct store *store, struct position upto);
void store_on_commit(struct store *store, void (*committed)(void *), void *ctx);

/* ---- facts: lines for the time-series database that wait until it has them ---- */

/* One line made of the record at `at`, the ordinal-th of it; copied. In the same transaction
 * as the transitions of the same store_commit(); added twice is added once. */
void store_add_fact(struct store *store, struct position at, uint32_t ordinal, int64_t time_ns,
                    struct cw_str line);
/* Rows are numbered from 1 without gaps. At most this many are kept; the oldest go. */
#define MAX_FACTS 1000000
struct fact_page {
    struct cw_str lines; /* whole lines; borrowed */
    uint32_t n_lines;
    uint64_t first, last; /* numbers of the rows; 0 none */
    uint64_t newest;      /* of all rows; 0 none */
};
/* Rows behind `after`: at most max, and no more than max_bytes but for the first. */
void store_facts(struct store *store, uint64_t after, uint32_t max, size_t max_bytes,
                 void (*answer)(void *ctx, const struct fact_page *page), void *ctx);
/* Rows up to this one are in the database. Of those that are, the ones from before
 * forget_ns go. */
void store_facts_written(struct store *store, uint64_t upto, int64_t forget_ns);
/* As it was when the store was opened: the last row written, the time of the newest row. */
uint64_t store_facts_cursor_at_open(const struct store *store);
int64_t store_facts_time_at_open(const struct store *store);

/* Borrowed until the answer returns. */
struct outbox_due {
    const char *channel; /* NULL: strays */
    const struct outbox_row *row;
    size_t n;
    uint64_t n_waiting; /* of the channel, due or not; store_outbox_waiting() only */
};
typedef void (*outbox_due_fn)(void *ctx, const struct outbox_due *due);
/* A channel's due rows (next_ns <= now_ns, at most max), those of high alarms first, answered
 * on the loop. A revision is not due before the earlier ones of its alarm have an outcome. */
void store_outbox_due(struct store *store, const char *channel, int64_t now_ns, uint32_t max,
                      outbox_due_fn answer, void *ctx);
/* How many rows of a channel have no outcome. Counting them costs as much as there are, so it
 * is a question of its own, for now and then. */
void store_outbox_waiting(struct store *store, const char *channel, outbox_due_fn answer,
                          void *ctx);
/* Rows without outcome of channels that are not in `channels`, a JSON array of names. */
void store_outbox_strays(struct store *store, const char *channels, uint32_t max,
                         outbox_due_fn answer, void *ctx);
/* outcome: CW_DONE and CW_REJECTED end the row (kept 30 days as history), CW_RETRY moves it. */
void store_outbox_result(struct store *store, const struct outbox_row *row, uint32_t outcome,
                         int64_t next_ns, const char *error);

/* ---- registry, supervision, visits ---- */

struct store_entry {
    const char *kind, *id, *org, *site, *district, *state, *by, *what;
    struct cw_str reason, changes;
    struct cw_str json; /* the entry now; empty: it is none, only its trail is kept */
    int64_t rev, at_ns;
};
/* One change, the ordinal-th of the record at `at`: the entry's row and one of its trail. In
 * the same transaction as store_add(); added twice is added once. Copied. */
void store_add_entry(struct store *store, struct position at, uint32_t ordinal,
                     const struct store_entry *entry);
/* As the visit is now, the ordinal-th of the record at `at`. A new row or the place of the old
 * one. */
void store_add_visit(struct store *store, struct position at, uint32_t ordinal,
                     const struct site *site, const struct visit *visit);

/* Rows as JSON, newest first, page by page. */
enum store_list_of { LIST_ENTRIES = 1, LIST_TRAIL, LIST_VISITS };
enum store_test {
    TEST_IS = 1,
    TEST_FROM,
    TEST_BEFORE,
    TEST_BITS,
    TEST_NOT_ZERO,
    TEST_NOT_EMPTY,
    TEST_LISTED, /* entries: the member `column` is the text, or a list with it */
    TEST_CHOSEN, /* the text is one of those that the SELECT `column` gives */
    TEST_HAS,    /* the text stands somewhere in it */
};
struct store_filter {
    const char *column; /* of the list's table; a constant */
    enum store_test test;
    char text[MAX_ID * 2 + 2]; /* of a test of texts */
    int64_t number;
    bool is_number;
};
#define MAX_FILTERS 10
#define MAX_AMONG 3
struct store_list {
    enum store_list_of of;
    struct store_filter filter[MAX_FILTERS];
    uint32_t n_filters, limit;
    int64_t after_key, after_n; /* the row behind which to go on */
    bool goes_on;
    const char *among_column[MAX_AMONG]; /* one of these is in a list of ids */
    uint32_t n_among;
    char *among;    /* JSON; taken by store_query_list(), also of an empty list; NULL: all */
    bool is_masked; /* visits: nothing of what is private until a person has looked */
};
/* Adds "column = text" unless the text is empty. */
void store_list_is(struct store_list *list, const char *column, const char *text);
/* The same by another test of texts. */
void store_list_text(struct store_list *list, const char *column, enum store_test test,
                     const char *text);
void store_list_number(struct store_list *list, const char *column, enum store_test test,
                       int64_t number);
/* Only what the column names of a JSON list of texts; takes it, NULL: all. */
void store_list_among(struct store_list *list, const char *column, char *json);
/* Or what another column names of the same list. */
void store_list_or_among(struct store_list *list, const char *column);
/* The `next` of an answer into the list; false when it is none. "" is the first page. */
bool store_list_after(struct store_list *list, const char *next);
typedef void (*store_list_fn)(void *ctx, struct cw_str items, uint32_t n, const char *next);
void store_query_list(struct store *store, const struct store_list *list, store_list_fn answer,
                      void *ctx);

/* Named cursors and small texts (influx intervals, SSE epoch). Loop; read at open. */
void store_text_set(struct store *store, const char *name, struct cw_str value);
const char *store_text_at_open(const struct store *store, const char *name); /* or NULL */

/* Closed alarms and history for the API: JSON bytes of {"items":[...]} parts, answered on the
 * loop. `filter` members empty: all. */
struct alarm_query {
    char state[16], priority[16], site[MAX_ID + 1],
        district[MAX_ID + 1]; /* open, closed, all */
    char id[HASH_ID_MAX];
    uint32_t limit;
    uint64_t after;          /* row cursor; 0 none */
    char *sites;             /* JSON list of those that may be seen; taken. NULL: all */
    char hidden[MAX_ID + 1]; /* a rule whose alarms nobody sees before an answer; "" none */
};
void store_query_alarms(struct store *store, const struct alarm_query *query,
                        void (*answer)(void *ctx, struct cw_str items, uint64_t next),
                        void *ctx);
void store_query_history(struct store *store, const char *alarm_id,
                         void (*answer)(void *ctx, struct cw_str items, uint64_t next),
                         void *ctx);

/* The newest steps of all alarms, each with its alarm as it is now; steps that a newer one of
 * the same alarm stands for are left out. Likewise the visits that changed last, each at its
 * last change, without what is private. Oldest first; borrowed. `whole`: there are no older
 * ones. */
struct recent_step {
    struct position at;
    uint32_t ordinal;
    char id[MAX_ID + 1]; /* of the alarm or visit */
    char site[MAX_ID + 1], district[MAX_ID + 1];
    char *json;
};
struct recent_steps {
    const struct recent_step *step;
    size_t n;
    bool whole;
    struct position oldest; /* of those that were looked at */
};
typedef void (*recent_steps_fn)(void *ctx, const struct recent_steps *alarms,
                                const struct recent_steps *visits);
/* At most `max` of each. */
void store_recent(struct store *store, uint32_t max, recent_steps_fn answer, void *ctx);

/* ---- tokens: kept hashed (SHA-256), expiring; read into memory at open and on change ---- */
#define MAX_DEPARTMENT 127
struct token {
    char role[16];
    char district[MAX_ID + 1], site[MAX_ID + 1]; /* "" any */
    char area[MAX_ID + 1], department[MAX_DEPARTMENT + 1];
    char label[MAX_ID + 1];         /* shown as `by` */
    char hash[65];                  /* hex */
    int64_t created_ns, expires_ns; /* 0 never */
};
/* For the command line: on a closed store's path, blocking. The daemon notices within 1 s
 * (PRAGMA data_version). `secret` receives the text to hand out, once. */
#define TOKEN_SECRET_MAX 64
int store_token_add(const char *path, const struct token *token, char secret[TOKEN_SECRET_MAX],
                    struct cw_error *err);
int store_token_revoke(const char *path, const char *hash_prefix, struct cw_error *err);
int store_token_list(const char *path, struct buf *json, struct cw_error *err);
/* Constant time in the secret. NULL: unknown or expired. Loop; borrowed until control
 * returns to the loop. */
const struct token *store_token_find(const struct store *store, struct cw_str secret,
                                     int64_t now_ns);

#endif
