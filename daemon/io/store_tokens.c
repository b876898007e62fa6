/*
 * store_tokens.c - bearer tokens: made once, kept as SHA-256, compared in constant time.
 *
 * The command line writes them through a connection of its own; the daemon looks at PRAGMA
 * data_version once a second and reads them again when somebody else changed the file.
 */
#include "io/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/mem.h"

#define MAX_TOKENS 4096u
#define SECRET_BYTES 24u

static void hash_secret(struct cw_str secret, char hex[65])
{
    static const char digit[] = "0123456789abcdef";
    unsigned char sum[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)secret.p, secret.n, sum);
    for (size_t i = 0; i < sizeof(sum); i++) {
        hex[2 * i] = digit[sum[i] >> 4];
        hex[2 * i + 1] = digit[sum[i] & 15];
    }
    hex[64] = '\0';
}

static void column_copy(sqlite3_stmt *s, int i, char *dst, size_t cap)
{
    (void)str_copy(dst, cap, str_of((const char *)sqlite3_column_text(s, i)));
}

static int tokens_from(sqlite3_stmt *s, struct token **out, size_t *n_out)
{
    struct token *token = NULL;
    size_t n = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && n < MAX_TOKENS) {
        token = xrealloc(token, (n + 1) * sizeof(*token));
        struct token *t = &token[n++];
        memset(t, 0, sizeof(*t));
        column_copy(s, 0, t->hash, sizeof(t->hash));
        column_copy(s, 1, t->role, sizeof(t->role));
        column_copy(s, 2, t->district, sizeof(t->district));
        column_copy(s, 3, t->site, sizeof(t->site));
        column_copy(s, 4, t->label, sizeof(t->label));
        t->created_ns = sqlite3_column_int64(s, 5);
        t->expires_ns = sqlite3_column_int64(s, 6);
        column_copy(s, 7, t->area, sizeof(t->area));
        column_copy(s, 8, t->department, sizeof(t->department));
    }
    sqlite3_reset(s);
    *out = token;
    *n_out = n;
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

int store_tokens_read(sqlite3 *db, struct token **token, size_t *n)
{
    sqlite3_stmt *s = NULL;
    *token = NULL;
    *n = 0;
    if (sqlite3_prepare_v2(
            db,
            "SELECT hash, role, district, site, label, created_ns,"
            " expires_ns, area, department FROM tokens ORDER BY created_ns, hash",
            -1, &s, NULL) != SQLITE_OK)
        return -EIO;
    int ret = tokens_from(s, token, n);
    sqlite3_finalize(s);
    return ret;
}

int store_apply_tokens(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_DATA_VERSION];
    int64_t version = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    sqlite3_reset(s);
    if (version == store->data_version)
        return 0;
    int ret = tokens_from(store->statement[STMT_TOKENS], &op->token, &op->n_tokens);
    op->tokens_read = ret == 0;
    if (ret == 0)
        store->data_version = version;
    return ret;
}

const struct token *store_token_find(const struct store *store, struct cw_str secret,
                                     int64_t now_ns)
{
    char hash[65];
    const struct token *found = NULL;
    hash_secret(secret, hash);
    for (size_t i = 0; i < store->n_tokens; i++) {
        if (CRYPTO_memcmp(store->token[i].hash, hash, 64) == 0)
            found = &store->token[i];
    }
    return found && (found->expires_ns == 0 || found->expires_ns > now_ns) ? found : NULL;
}

static void make_secret(char secret[TOKEN_SECRET_MAX])
{
    static const char digit[] = "0123456789abcdef";
    unsigned char random[SECRET_BYTES];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        BUG("getrandom gave less than %u bytes", SECRET_BYTES);
    memcpy(secret, "cw_", 3);
    for (size_t i = 0; i < sizeof(random); i++) {
        secret[3 + 2 * i] = digit[random[i] >> 4];
        secret[4 + 2 * i] = digit[random[i] & 15];
    }
    secret[3 + 2 * sizeof(random)] = '\0';
}

/* Whoever may write the file may make tokens: who it was is in the audit, with the token. */
static int change(sqlite3 *db, sqlite3_stmt *s, const char *what, const char *of)
{
    char by[32];
    (void)snprintf(by, sizeof(by), "uid-%ld", (long)getuid());
    const struct audit_entry entry = {.at_ns = clock_wall_ns(),
                                      .by = by,
                                      .role = "shell",
                                      .from = "local",
                                      .what = what,
                                      .of = of,
                                      .status = 200};
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return -EIO;
    int ret = store_step(s);
    if (ret == 0 && sqlite3_changes(db) == 0)
        ret = -ENOENT;
    if (ret == 0)
        ret = store_audit_add_now(db, &entry);
    if (sqlite3_exec(db, ret ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        ret = ret ? ret : -EIO;
    return ret;
}

int store_token_add(const char *path, const struct token *token, char secret[TOKEN_SECRET_MAX],
                    struct cw_error *err)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    int ret = store_schema_open(path, &db, err);
    if (ret)
        return ret;
    char hash[65];
    make_secret(secret);
    hash_secret(str_of(secret), hash);
    if (sqlite3_prepare_v2(db, "INSERT INTO tokens VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)", -1, &s,
                           NULL) == SQLITE_OK) {
        store_bind_text(s, 1, hash);
        store_bind_text(s, 2, token->role);
        store_bind_text(s, 3, token->district);
        store_bind_text(s, 4, token->site);
        store_bind_text(s, 5, token->label);
        store_bind_text(s, 8, token->area);
        store_bind_text(s, 9, token->department);
        sqlite3_bind_int64(s, 6, token->created_ns ? token->created_ns : clock_wall_ns());
        sqlite3_bind_int64(s, 7, token->expires_ns);
        char of[2 * MAX_ID];
        (void)snprintf(of, sizeof(of), "%.16s %s %s", hash, token->role, token->label);
        ret = change(db, s, "token add", of);
    } else {
        ret = -EIO;
    }
    if (ret)
        err_set(err, ret, "cannot add the token to %s: %s", path, sqlite3_errmsg(db));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ret;
}

int store_token_revoke(const char *path, const char *hash_prefix, struct cw_error *err)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    if (strlen(hash_prefix) < 8)
        return err_set(err, -EINVAL,
                       "\"%s\" is too short: give at least 8 characters of the token's hash",
                       hash_prefix);
    int ret = store_schema_open(path, &db, err);
    if (ret)
        return ret;
    if (sqlite3_prepare_v2(db, "DELETE FROM tokens WHERE substr(hash, 1, length(?1)) = ?1", -1,
                           &s, NULL) == SQLITE_OK) {
        store_bind_text(s, 1, hash_prefix);
        ret = change(db, s, "token revoke", hash_prefix);
        if (ret == -ENOENT)
            ret = err_set(err, -ENOENT, "no token's hash begins with \"%s\"", hash_prefix);
    } else {
        ret = -EIO;
    }
    if (ret == -EIO)
        err_set(err, ret, "cannot revoke in %s: %s", path, sqlite3_errmsg(db));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ret;
}

int store_token_list(const char *path, struct buf *json, struct cw_error *err)
{
    sqlite3 *db;
    struct token *token;
    size_t n;
    int ret = store_schema_open(path, &db, err);
    if (ret)
        return ret;
    ret = store_tokens_read(db, &token, &n);
    if (ret)
        err_set(err, ret, "cannot read the tokens of %s: %s", path, sqlite3_errmsg(db));
    struct json_out out;
    json_out_init(&out, json);
    json_array(&out);
    for (size_t i = 0; i < n; i++) {
        json_object(&out);
        json_member_text(&out, "hash", (struct cw_str){token[i].hash, 16});
        json_member_text(&out, "role", str_of(token[i].role));
        json_member_text(&out, "label", str_of(token[i].label));
        json_member_opt(&out, "district", str_of(token[i].district));
        json_member_opt(&out, "area", str_of(token[i].area));
        json_member_opt(&out, "department", str_of(token[i].department));
        json_member_opt(&out, "site", str_of(token[i].site));
        json_member_time(&out, "created", token[i].created_ns);
        json_member_time_opt(&out, "expires", token[i].expires_ns);
        json_object_end(&out);
    }
    json_array_end(&out);
    free(token);
    sqlite3_close(db);
    return ret;
}
