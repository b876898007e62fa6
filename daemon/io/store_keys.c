/*
 * store_keys.c - the file of keys: one for each person, sealed itself with a key that is
 * configured and lies elsewhere (names.key_file), when there is one. Worker thread, but for
 * what is done at the start.
 *
 *   names.key  ->  seals each person's key (60 bytes; without it: 32, as they are)
 *                                  ->  seals the person's name
 *
 * So who has the data folder, or a copy of it, has no name. At a start all keys are sealed with
 * the key of today, in one transaction: that is how it is introduced, changed and given up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/name_cipher.h"
#include "io/store_private.h"

#define SEALED_KEY_BYTES (NAME_KEY_BYTES + NAME_OVERHEAD)

int store_keys_attach(sqlite3 *db, const char *path, struct cw_error *err)
{
    char keys[4096];
    char *sql = NULL;
    int n = snprintf(keys, sizeof(keys), "%s" NAME_KEYS_ENDING, path);
    if (n < 0 || (size_t)n >= sizeof(keys))
        return err_set(err, -ENAMETOOLONG, "the name %.60s... is too long", path);
    int fd = open(keys, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* SQLite would let others read */
    if (fd < 0)
        return err_set(err, -errno, "cannot open %s: %s", keys, strerror(errno));
    close(fd);
    sql = sqlite3_mprintf(
        "ATTACH %Q AS keys;PRAGMA keys.journal_mode=DELETE;PRAGMA keys.synchronous=EXTRA;"
        "PRAGMA keys.secure_delete=ON;"
        "CREATE TABLE IF NOT EXISTS keys.resident (site TEXT NOT NULL,"
        " resident TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (site, resident));",
        keys);
    int rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        return err_set(err, -EIO, "cannot use %s: %s", keys, sqlite3_errmsg(db));
    return 0;
}

/* ---- one key ---- */

/* The key as it lies in the file; NULL master: as it is. */
static void seal_key(const unsigned char *master, struct cw_str about,
                     const unsigned char key[NAME_KEY_BYTES], struct buf *sealed)
{
    struct cw_str text = {(const char *)key, NAME_KEY_BYTES};
    if (master)
        name_seal(master, about, text, sealed);
    else
        buf_add_str(sealed, text);
}

/* 0, or -EBADMSG: it is sealed otherwise. */
static int open_key(const unsigned char *master, struct cw_str about, struct cw_str sealed,
                    unsigned char key[NAME_KEY_BYTES])
{
    struct buf text;
    int ret = sealed.n == (master ? SEALED_KEY_BYTES : NAME_KEY_BYTES) ? 0 : -EBADMSG;
    buf_init(&text, SEALED_KEY_BYTES);
    if (ret == 0 && master)
        ret = name_open(master, about, sealed, &text);
    else if (ret == 0)
        buf_add_str(&text, sealed);
    if (ret == 0)
        memcpy(key, text.p, NAME_KEY_BYTES);
    if (text.n > 0)
        explicit_bzero(text.p, text.n);
    buf_done(&text);
    return ret;
}

static const unsigned char *master_of(const struct store *store)
{
    return store->keys_are_sealed ? store->keys_master : NULL;
}

int store_key_read(struct store *store, const char *site, const char *resident,
                   unsigned char key[NAME_KEY_BYTES])
{
    char about[2 * MAX_ID + 2];
    size_t n = store_name_about(site, resident, about);
    sqlite3_stmt *s = store->statement[STMT_KEY];
    store_bind_text(s, 1, site);
    store_bind_text(s, 2, resident);
    int rc = sqlite3_step(s);
    int ret = rc == SQLITE_DONE ? -ENOENT : -EIO;
    if (rc == SQLITE_ROW) {
        struct cw_str sealed = {sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)};
        ret = open_key(master_of(store), (struct cw_str){about, n}, sealed, key) ? -EIO : 0;
    }
    sqlite3_reset(s);
    return ret;
}

int store_key_make(struct store *store, const char *site, const char *resident,
                   unsigned char key[NAME_KEY_BYTES])
{
    char about[2 * MAX_ID + 2];
    struct buf sealed;
    size_t n = store_name_about(site, resident, about);
    int ret = store_key_read(store, site, resident, key);
    if (ret != -ENOENT)
        return ret;
    sqlite3_stmt *s = store->statement[STMT_KEY_ADD];
    name_key_make(key);
    buf_init(&sealed, SEALED_KEY_BYTES);
    seal_key(master_of(store), (struct cw_str){about, n}, key, &sealed);
    store_bind_text(s, 1, site);
    store_bind_text(s, 2, resident);
    sqlite3_bind_blob(s, 3, sealed.p, (int)sealed.n, SQLITE_TRANSIENT);
    buf_done(&sealed);
    return store_step(s);
}

/* ---- all of them ---- */

/* The keys of before and of today; NULL: none. */
struct masters {
    const unsigned char *now, *before;
};

/* One row as it is sealed today. 0, 1 when it is already, -EBADMSG. */
static int seal_anew(const struct masters *masters, struct cw_str about, struct cw_str sealed,
                     struct buf *anew)
{
    unsigned char key[NAME_KEY_BYTES];
    buf_clear(anew);
    if (open_key(masters->now, about, sealed, key) == 0) {
        explicit_bzero(key, sizeof(key));
        return 1;
    }
    int ret = masters->now ? open_key(NULL, about, sealed, key) : -EBADMSG;
    if (ret && masters->before)
        ret = open_key(masters->before, about, sealed, key);
    if (ret == 0)
        seal_key(masters->now, about, key, anew);
    explicit_bzero(key, sizeof(key));
    return ret;
}

static int seal_rows(sqlite3 *db, const struct masters *masters, uint32_t *n_sealed,
                     uint32_t *n_closed)
{
    sqlite3_stmt *read = NULL, *write = NULL;
    char about[2 * MAX_ID + 2];
    struct buf anew;
    int rc = sqlite3_prepare_v2(db, "SELECT rowid, site, resident, key FROM keys.resident", -1,
                                &read, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, "UPDATE keys.resident SET key = ?1 WHERE rowid = ?2", -1,
                                &write, NULL);
    buf_init(&anew, SEALED_KEY_BYTES);
    while (rc == SQLITE_OK && (rc = sqlite3_step(read)) == SQLITE_ROW) {
        rc = SQLITE_OK;
        size_t n = store_name_about((const char *)sqlite3_column_text(read, 1),
                                    (const char *)sqlite3_column_text(read, 2), about);
        struct cw_str sealed = {sqlite3_column_blob(read, 3),
                                (size_t)sqlite3_column_bytes(read, 3)};
        int ret = seal_anew(masters, (struct cw_str){about, n}, sealed, &anew);
        *n_closed += ret < 0;
        if (ret)
            continue;
        sqlite3_bind_blob(write, 1, anew.p, (int)anew.n, SQLITE_TRANSIENT);
        sqlite3_bind_int64(write, 2, sqlite3_column_int64(read, 0));
        rc = store_step(write) ? SQLITE_IOERR : SQLITE_OK;
        *n_sealed += rc == SQLITE_OK;
    }
    buf_done(&anew);
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

int store_keys_seal(struct store *store, const char *now_hex, const char *before_hex,
                    struct cw_error *err)
{
    unsigned char before[NAME_KEY_BYTES];
    uint32_t n_sealed = 0, n_closed = 0;
    store->keys_are_sealed = now_hex && name_key_parse(now_hex, store->keys_master);
    bool has_before = before_hex && name_key_parse(before_hex, before);
    const struct masters masters = {master_of(store), has_before ? before : NULL};
    int ret =
        sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : -EIO;
    ret = ret ? ret : seal_rows(store->db, &masters, &n_sealed, &n_closed);
    explicit_bzero(before, sizeof(before));
    bool keep = ret == 0 && n_closed == 0;
    if (!sqlite3_get_autocommit(store->db) &&
        sqlite3_exec(store->db, keep ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        ret = -EIO;
    if (ret)
        return err_set(err, ret, "the keys of names cannot be sealed: %s",
                       sqlite3_errmsg(store->db));
    if (n_closed > 0)
        return err_set(err, -EACCES,
                       "%u keys of names open neither with names.key_file nor with "
                       "names.old_key_file",
                       n_closed);
    if (n_sealed > 0)
        log_info("keys of names sealed anew n=%u", n_sealed);
    return 0;
}
