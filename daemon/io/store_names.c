/*
 * store_names.c - names sealed with a key for each resident, and all traces of one erased.
 * Worker thread, but for the calls at the end.
 *
 * Erased is also what a page held before: PRAGMA secure_delete overwrites it, and the log of
 * changes (WAL) is written back and cut to nothing before anybody is told.
 */
#include "io/store_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "io/name_cipher.h"
#include "io/store_private.h"

#define MAX_ITEMS_BYTES (16u << 20)
#define ERASED "[erased]"

size_t store_name_about(const char *site, const char *resident, char about[2 * MAX_ID + 2])
{
    int n = snprintf(about, 2 * MAX_ID + 2, "%s/%s", site, resident);
    return n > 0 ? (size_t)n : 0;
}

/* ---- set and get ---- */

int store_apply_name_set(struct store *store, const struct store_op *op)
{
    unsigned char key[NAME_KEY_BYTES];
    char about[2 * MAX_ID + 2];
    struct buf sealed;
    size_t n = store_name_about(op->query.site, op->resident, about);
    int ret = store_key_make(store, op->query.site, op->resident, key);
    if (ret)
        return ret;
    buf_init(&sealed, MAX_NAME_BYTES + NAME_OVERHEAD);
    name_seal(key, (struct cw_str){about, n}, str_of(op->text), &sealed);
    explicit_bzero(key, sizeof(key));
    sqlite3_stmt *s = store->statement[STMT_NAME_SET];
    store_bind_text(s, 1, op->query.site);
    store_bind_text(s, 2, op->resident);
    sqlite3_bind_blob(s, 3, sealed.p, (int)sealed.n, SQLITE_STATIC);
    ret = store_step(s);
    buf_done(&sealed);
    return ret;
}

int store_apply_name_get(struct store *store, struct store_op *op)
{
    unsigned char key[NAME_KEY_BYTES];
    char about[2 * MAX_ID + 2];
    size_t n = store_name_about(op->query.site, op->resident, about);
    sqlite3_stmt *s = store->statement[STMT_NAME];
    buf_init(&op->items, MAX_NAME_BYTES);
    store_bind_text(s, 1, op->query.site);
    store_bind_text(s, 2, op->resident);
    int rc = sqlite3_step(s);
    int ret = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
    if (rc == SQLITE_ROW) {
        struct cw_str sealed = {sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)};
        int found = store_key_read(store, op->query.site, op->resident, key);
        /* Without its key, or with another one, it is as if it was not there. */
        if (found == 0)
            (void)name_open(key, (struct cw_str){about, n}, sealed, &op->items);
        ret = found == -EIO ? -EIO : 0;
        explicit_bzero(key, sizeof(key));
    }
    sqlite3_reset(s);
    op->next_cursor = ret == 0;
    return ret;
}

int store_apply_name_forget(struct store *store, struct store_op *op)
{
    static const enum store_statement steps[] = {STMT_NAME_FORGET, STMT_KEY_DESTROY};
    int ret = 0;
    op->next_cursor = 0;
    for (size_t i = 0; ret == 0 && i < 2; i++) {
        sqlite3_stmt *s = store->statement[steps[i]];
        store_bind_text(s, 1, op->query.site);
        store_bind_text(s, 2, op->resident);
        ret = store_step(s);
        if (i == 0 && ret == 0)
            op->next_cursor = (uint64_t)sqlite3_changes(store->db);
    }
    store->cut_log = store->cut_log || ret == 0;
    return ret;
}

/* ---- what the store has of a resident ---- */

static int add_rows(sqlite3_stmt *s, const struct store_op *op, struct buf *items,
                    const char *between)
{
    int rc;
    bool first = true;
    store_bind_text(s, 1, op->query.site);
    store_bind_text(s, 2, op->resident);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!first)
            buf_add_text(items, between);
        first = false;
        buf_add_text(items, (const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

int store_apply_resident(struct store *store, struct store_op *op)
{
    buf_init(&op->items, MAX_ITEMS_BYTES);
    op->next_cursor = 1; /* it was read; without this answer it was not */
    if (op->kind == OP_RESIDENT_ALARMS)
        return add_rows(store->statement[STMT_RESIDENT_ALARM_IDS], op, &op->items, " ");
    buf_add_text(&op->items, "\"alarms\":[");
    int ret = add_rows(store->statement[STMT_RESIDENT_ALARMS], op, &op->items, ",");
    buf_add_text(&op->items, "],\"history\":[");
    ret = ret ? ret : add_rows(store->statement[STMT_RESIDENT_HISTORY], op, &op->items, ",");
    buf_add_text(&op->items, "]");
    return ret;
}

/* ---- erasing ---- */

/* Free text that is about the resident. */
static const char *const scrub_sql[] = {
    "UPDATE transitions SET note = '" ERASED "' WHERE note <> '' AND alarm IN"
    " (SELECT id FROM alarms WHERE site = ?1 AND json_extract(json, '$.resident') = ?2)",
    "UPDATE audit SET why = '', salt = '' WHERE why <> ''"
    " AND (instr(line, '\"of\":\"' || ?1 || ' ' || ?2 || '\"') > 0 OR EXISTS (SELECT 1 FROM "
    "alarms WHERE site = ?1"
    "  AND json_extract(json, '$.resident') = ?2 AND instr(line, id) > 0))",
    "UPDATE entry_trail SET reason = '" ERASED "' WHERE reason <> '' AND kind = 'residents'"
    " AND id = ?1 || '/' || ?2",
    "DELETE FROM names WHERE site = ?1 AND resident = ?2",
};
/* Words, wherever they stand: ?1 one of them, ?2 as many '#'. */
static const char *const words_sql[] = {
    "UPDATE transitions SET note = replace(note, ?1, ?2) WHERE instr(note, ?1) > 0",
    "UPDATE audit SET why = '', salt = '' WHERE instr(why, ?1) > 0",
    "UPDATE alarms SET json = replace(json, ?1, ?2) WHERE instr(json, ?1) > 0",
    ("UPDATE outbox SET json = replace(json, ?1, ?2), error = replace(error, ?1, ?2)"
     " WHERE instr(json, ?1) > 0 OR instr(error, ?1) > 0"),
    "UPDATE facts SET line = replace(line, ?1, ?2) WHERE instr(line, ?1) > 0",
    "UPDATE entries SET json = replace(json, ?1, ?2) WHERE instr(json, ?1) > 0",
    ("UPDATE entry_trail SET reason = replace(reason, ?1, ?2), changes = replace(changes, ?1,"
     " ?2) WHERE instr(reason, ?1) > 0 OR instr(changes, ?1) > 0"),
};

/* Runs the statement with two texts; adds the rows it changed. */
static int run_with(sqlite3 *db, const char *sql, const char *first, const char *second,
                    uint64_t *n)
{
    sqlite3_stmt *s = NULL;
    int ret = -EIO;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        if (sqlite3_bind_parameter_count(s) >= 1)
            store_bind_text(s, 1, first);
        if (sqlite3_bind_parameter_count(s) >= 2)
            store_bind_text(s, 2, second);
        ret = store_step(s);
        *n += ret == 0 ? (uint64_t)sqlite3_changes(db) : 0;
    }
    sqlite3_finalize(s);
    return ret;
}

static int scrub(sqlite3 *db, const char *site, const char *resident,
                 const struct mask_words *words, uint64_t *n)
{
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < sizeof(scrub_sql) / sizeof(scrub_sql[0]); i++)
        ret = run_with(db, scrub_sql[i], site, resident, n);
    for (uint32_t w = 0; w < words->n; w++) {
        size_t length = strlen(words->word[w]);
        char *mask = xmalloc(length + 1);
        memset(mask, '#', length);
        mask[length] = '\0';
        for (size_t i = 0; ret == 0 && i < sizeof(words_sql) / sizeof(words_sql[0]); i++)
            ret = run_with(db, words_sql[i], words->word[w], mask, n);
        free(mask);
    }
    return ret;
}

int store_apply_resident_erase(struct store *store, struct store_op *op)
{
    op->next_cursor = 0;
    int ret = scrub(store->db, op->query.site, op->resident, op->words, &op->next_cursor);
    sqlite3_stmt *s = store->statement[STMT_KEY_DESTROY];
    store_bind_text(s, 1, op->query.site);
    store_bind_text(s, 2, op->resident);
    ret = ret ? ret : store_step(s);
    store->cut_log = store->cut_log || ret == 0;
    return ret;
}

int store_cut_log(sqlite3 *db)
{
    return sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
                   SQLITE_OK
               ? 0
               : -EIO;
}

int64_t store_copy_erase(const char *path, const char *site, const char *resident,
                         const struct mask_words *words, struct cw_error *err)
{
    sqlite3 *db;
    uint64_t n = 0;
    int ret = store_schema_open(path, &db, err);
    if (ret)
        return ret;
    ret = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
    ret = ret ? ret : scrub(db, site, resident, words, &n);
    if (ret == 0)
        ret = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
    ret = ret ? ret : store_cut_log(db);
    if (ret)
        (void)err_set(err, ret, "%s is not erased: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return ret ? ret : (int64_t)n;
}

/* ---- the loop ---- */

static struct store_op *op_of(enum store_op_kind kind, const char *site, const char *resident,
                              void (*answer)(void *ctx, struct cw_str text, uint64_t next),
                              void *ctx)
{
    struct store_op *op = store_op_new(kind);
    (void)str_copy(op->query.site, sizeof(op->query.site), str_of(site));
    (void)str_copy(op->resident, sizeof(op->resident), str_of(resident));
    op->query_answer = answer;
    op->ctx = ctx;
    return op;
}

void store_name_set(struct store *store, const char *site, const char *resident,
                    struct cw_str text, void (*kept)(void *ctx), void *ctx)
{
    struct store_op *op = op_of(OP_NAME_SET, site, resident, NULL, ctx);
    op->text = xstrndup(text.p, text.n);
    op->kept = kept;
    store_op_submit(store, op);
}

void store_name_get(struct store *store, const char *site, const char *resident,
                    void (*answer)(void *ctx, struct cw_str text, uint64_t was_read), void *ctx)
{
    store_op_submit(store, op_of(OP_NAME_GET, site, resident, answer, ctx));
}

void store_name_forget(struct store *store, const char *site, const char *resident,
                       void (*answer)(void *ctx, struct cw_str none, uint64_t n), void *ctx)
{
    store_op_submit(store, op_of(OP_NAME_FORGET, site, resident, answer, ctx));
}

void store_resident_export(struct store *store, const char *site, const char *resident,
                           void (*answer)(void *ctx, struct cw_str members, uint64_t was_read),
                           void *ctx)
{
    store_op_submit(store, op_of(OP_RESIDENT_EXPORT, site, resident, answer, ctx));
}

void store_resident_alarms(struct store *store, const char *site, const char *resident,
                           void (*answer)(void *ctx, struct cw_str ids, uint64_t was_read),
                           void *ctx)
{
    store_op_submit(store, op_of(OP_RESIDENT_ALARMS, site, resident, answer, ctx));
}

void store_resident_erase(struct store *store, const char *site, const char *resident,
                          const struct mask_words *words,
                          void (*answer)(void *ctx, struct cw_str none, uint64_t n), void *ctx)
{
    struct store_op *op = op_of(OP_RESIDENT_ERASE, site, resident, answer, ctx);
    op->words = xcalloc(1, sizeof(*op->words));
    for (uint32_t i = 0; i < words->n; i++)
        op->words->word[op->words->n++] = xstrdup(words->word[i]);
    store_op_submit(store, op);
}
