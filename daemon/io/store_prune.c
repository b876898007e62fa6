/*
 * store_prune.c - see store_prune.h. A row that goes is written into the hash as SQLite gives
 * it, column by column, so that a copy of the rows proves that they were these.
 */
#include "io/store_prune.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/instant.h"
#include "base/mem.h"
#include "base/units.h"
#include "io/store_private.h"

#define YEAR_NS (INT64_C(36525) * 864 * NS_PER_S)

/* `sql` deletes a page of what is older than ?1 and gives its rows, their time first. */
static const struct {
    const char *name, *option;
    int64_t unit_ns;        /* of that time */
    const char *sql, *also; /* also: run behind it */
} kinds[N_PRUNES] = {
    [PRUNE_VISITS] =
        {"visits", "store.keep_visits", NS_PER_MS,
         "DELETE FROM visits WHERE n IN (SELECT n FROM visits WHERE start_ms < ?1"
         " AND changed_ms < ?1 ORDER BY start_ms LIMIT ?2) RETURNING changed_ms, *",
         NULL},
    /* Open ones stay however old. */
    [PRUNE_ALARMS] = {"alarms", "store.keep_alarms", 1,
                      "DELETE FROM alarms WHERE n IN (SELECT n FROM alarms WHERE"
                      " state = 'closed' AND changed_ns < ?1 ORDER BY n LIMIT ?2)"
                      " RETURNING changed_ns, *",
                      "DELETE FROM transitions WHERE at_ns < ?1 AND NOT EXISTS"
                      " (SELECT 1 FROM alarms WHERE id = alarm)"},
    /* The newest change of each stays: what it says is still so. */
    [PRUNE_TRAIL] =
        {"entry_trail", "store.keep_trail", 1,
         "DELETE FROM entry_trail WHERE (epoch, offset, ordinal) IN"
         " (SELECT t.epoch, t.offset, t.ordinal FROM entry_trail t WHERE t.at_ns < ?1"
         " AND EXISTS (SELECT 1 FROM entry_trail l WHERE l.kind = t.kind"
         " AND l.id = t.id AND l.rev > t.rev) LIMIT ?2) RETURNING at_ns, *",
         NULL},
};

struct page {
    EVP_MD_CTX *sum;
    uint32_t n;
    int64_t first_ns, last_ns;
};

static void add_row(struct page *page, sqlite3_stmt *s, int64_t unit_ns)
{
    int64_t at_ns = sqlite3_column_int64(s, 0) * unit_ns;
    for (int i = 1; i < sqlite3_column_count(s); i++) {
        const void *text = sqlite3_column_text(s, i);
        size_t n = (size_t)sqlite3_column_bytes(s, i);
        EVP_DigestUpdate(page->sum, text ? text : "", text ? n : 0);
        EVP_DigestUpdate(page->sum, i + 1 < sqlite3_column_count(s) ? "\x1f" : "\n", 1);
    }
    if (page->n == 0 || at_ns < page->first_ns)
        page->first_ns = at_ns;
    if (page->n == 0 || at_ns > page->last_ns)
        page->last_ns = at_ns;
    page->n++;
}

static int delete_page(sqlite3 *db, int what, int64_t before_ns, struct page *page)
{
    sqlite3_stmt *s = NULL;
    int rc;
    if (sqlite3_prepare_v2(db, kinds[what].sql, -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int64(s, 1, before_ns / kinds[what].unit_ns);
    sqlite3_bind_int64(s, 2, PRUNE_PAGE);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        add_row(page, s, kinds[what].unit_ns);
    sqlite3_finalize(s);
    if (rc != SQLITE_DONE)
        return -EIO;
    if (page->n == 0 || !kinds[what].also)
        return 0;
    if (sqlite3_prepare_v2(db, kinds[what].also, -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int64(s, 1, before_ns);
    rc = sqlite3_step(s);
    sqlite3_finalize(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

static int add_proof(sqlite3 *db, int what, int64_t years, int64_t now_ns,
                     const struct page *page, const unsigned char sum[32])
{
    char of[300], first[INSTANT_MAX], last[INSTANT_MAX], hex[65];
    for (int i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", sum[i]);
    (void)instant_format(page->first_ns, first);
    (void)instant_format(page->last_ns, last);
    (void)snprintf(of, sizeof(of), "%s: %u rows from %.10s to %.10s by %s = %lld, sha256 %s",
                   kinds[what].name, page->n, first, last, kinds[what].option, (long long)years,
                   hex);
    const struct audit_entry entry = {.at_ns = now_ns,
                                      .by = "carewatch",
                                      .role = "policy",
                                      .from = "local",
                                      .what = "prune",
                                      .of = of,
                                      .status = 200};
    return store_audit_add_now(db, &entry);
}

static int prune(sqlite3 *db, int what, int64_t years, int64_t now_ns, uint32_t *n)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    struct page page = {.sum = EVP_MD_CTX_new()};
    if (!page.sum || EVP_DigestInit_ex(page.sum, EVP_sha256(), NULL) != 1)
        BUG("libcrypto has no SHA-256");
    int ret = delete_page(db, what, now_ns - years * YEAR_NS, &page);
    if (EVP_DigestFinal_ex(page.sum, sum, NULL) != 1)
        BUG("libcrypto gives no SHA-256");
    EVP_MD_CTX_free(page.sum);
    if (ret == 0 && page.n > 0)
        ret = add_proof(db, what, years, now_ns, &page, sum);
    *n = page.n;
    return ret;
}

int store_apply_prune(struct store *store, struct store_op *op)
{
    int ret = 0;
    for (int what = 0; what < N_PRUNES && ret == 0; what++)
        if (op->prune.years[what] > 0)
            ret = prune(store->db, what, op->prune.years[what], op->now_ns, &op->pruned[what]);
    return ret;
}

void store_prune(struct store *store, const struct prune_policy *policy, int64_t now_ns,
                 void (*done)(void *ctx, const uint32_t n[N_PRUNES]), void *ctx)
{
    struct store_op *op = store_op_new(OP_PRUNE);
    op->prune = *policy;
    op->now_ns = now_ns;
    op->prune_done = done;
    op->ctx = ctx;
    store_op_submit(store, op);
}
