/*
 * store_attachments.c - see store_attachments.h.
 */
#include "io/store_attachments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/mem.h"
#include "io/store_private.h"

#define MAX_ATTACHMENT ((size_t)16 << 20)

const char *attachment_type(struct cw_str bytes)
{
    if (bytes.n > 3 && memcmp(bytes.p, "\xff\xd8\xff", 3) == 0)
        return "image/jpeg";
    if (bytes.n > 8 && memcmp(bytes.p, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "image/png";
    if (bytes.n > 12 && memcmp(bytes.p, "RIFF", 4) == 0 && memcmp(bytes.p + 8, "WEBP", 4) == 0)
        return "image/webp";
    return NULL;
}

void attachment_id(struct cw_str bytes, char id[ATTACHMENT_ID + 1])
{
    static const char digit[] = "0123456789abcdef";
    unsigned char sum[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)bytes.p, bytes.n, sum);
    for (size_t i = 0; i < sizeof(sum); i++) {
        id[2 * i] = digit[sum[i] >> 4];
        id[2 * i + 1] = digit[sum[i] & 15];
    }
    id[ATTACHMENT_ID] = '\0';
}

void store_attach(struct store *store, struct cw_str bytes, int64_t quota_bytes, const char *by,
                  int64_t now_ns, void (*done)(void *ctx, int code), void *ctx)
{
    struct store_op *op = store_op_new(OP_ATTACH);
    char id[ATTACHMENT_ID + 1];
    attachment_id(bytes, id);
    buf_init(&op->items, MAX_ATTACHMENT);
    buf_add(&op->items, bytes.p, bytes.n);
    op->name = xstrdup(id);
    op->text = xstrdup(by);
    op->max_bytes = (size_t)quota_bytes;
    op->now_ns = now_ns;
    op->attached = done;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_attachment(struct store *store, const char *id,
                      void (*answer)(void *ctx, struct cw_str bytes), void *ctx)
{
    struct store_op *op = store_op_new(OP_ATTACHMENT);
    buf_init(&op->items, MAX_ATTACHMENT);
    op->name = xstrdup(id);
    op->attachment_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

/* ---- worker ---- */

/* One that is there already takes no more room. */
static bool fits(struct store *store, const struct store_op *op)
{
    sqlite3_stmt *s = NULL;
    bool fits = false;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT coalesce(sum(size), 0) + ?2 <= ?3 OR"
                           " EXISTS (SELECT 1 FROM attachments WHERE id = ?1) FROM attachments",
                           -1, &s, NULL) != SQLITE_OK)
        return false;
    store_bind_text(s, 1, op->name);
    sqlite3_bind_int64(s, 2, (int64_t)op->items.n);
    sqlite3_bind_int64(s, 3, (int64_t)op->max_bytes);
    if (sqlite3_step(s) == SQLITE_ROW)
        fits = sqlite3_column_int(s, 0) != 0;
    sqlite3_finalize(s);
    return fits;
}

int store_apply_attach(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = NULL;
    if (!fits(store, op)) {
        op->code = -ENOSPC;
        return 0;
    }
    if (sqlite3_prepare_v2(store->db,
                           "INSERT INTO attachments (id, size, by, at_ns, bytes)"
                           " VALUES (?1,?2,?3,?4,?5) ON CONFLICT DO NOTHING",
                           -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    store_bind_text(s, 1, op->name);
    sqlite3_bind_int64(s, 2, (int64_t)op->items.n);
    store_bind_text(s, 3, op->text);
    sqlite3_bind_int64(s, 4, op->now_ns);
    sqlite3_bind_blob(s, 5, op->items.p, (int)op->items.n, SQLITE_STATIC);
    int rc = sqlite3_step(s);
    sqlite3_finalize(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

int store_apply_attachment(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(store->db, "SELECT bytes FROM attachments WHERE id = ?1", -1, &s,
                           NULL) != SQLITE_OK)
        return -EIO;
    store_bind_text(s, 1, op->name);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        buf_add(&op->items, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    sqlite3_finalize(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}
