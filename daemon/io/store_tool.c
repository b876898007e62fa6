/*
 * store_tool.c - verify, backup and stat of the store's file, each on a connection of its own.
 */
#include "io/store_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define BACKUP_PAGES 256 /* at a time: the daemon's writes go on in between */
#define BUSY_MS 10000

static int refuse(sqlite3 *db, const char *path, const char *what, struct cw_error *err)
{
    int rc = db ? sqlite3_extended_errcode(db) & 0xff : SQLITE_NOMEM;
    int code = rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT ? -EBADMSG : -EIO;
    return err_set(err, code, "%s: %s: %s", path, what, db ? sqlite3_errmsg(db) : "no memory");
}

static int open_to_read(const char *path, sqlite3 **db, struct cw_error *err)
{
    *db = NULL;
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        int ret = refuse(*db, path, "cannot be opened", err);
        sqlite3_close(*db);
        return ret;
    }
    sqlite3_busy_timeout(*db, BUSY_MS);
    return 0;
}

/* ---- verify ---- */

static int check(sqlite3 *db, const char *path, struct buf *problems, struct cw_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(100)", -1, &s, NULL);
    bool good = false;
    while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
        struct cw_str line = str_of((const char *)sqlite3_column_text(s, 0));
        good = str_is(line, "ok");
        if (good)
            continue;
        buf_add_str(problems, line);
        buf_add_char(problems, '\n');
    }
    bool asked = rc == SQLITE_OK && (good || problems->n > 0);
    int ret = asked ? 0 : refuse(db, path, "cannot be checked", err);
    sqlite3_finalize(s);
    return ret ? ret : good ? 0 : -EBADMSG;
}

int store_tool_verify(const char *path, struct buf *problems, struct cw_error *err)
{
    sqlite3 *db;
    int ret = open_to_read(path, &db, err);
    if (ret)
        return ret;
    ret = check(db, path, problems, err);
    sqlite3_close(db);
    return ret;
}

/* ---- backup ---- */

static int copy_pages(sqlite3 *from, sqlite3 *to, const char *name, struct cw_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return refuse(to, name, "cannot be written", err);
    int rc;
    while ((rc = sqlite3_backup_step(backup, BACKUP_PAGES)) == SQLITE_OK || rc == SQLITE_BUSY ||
           rc == SQLITE_LOCKED)
        sqlite3_sleep(rc == SQLITE_OK ? 0 : 10);
    (void)sqlite3_backup_finish(backup);
    return rc == SQLITE_DONE ? 0 : refuse(to, name, "the copy was not finished", err);
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int ret = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return ret;
}

static int copy_and_check(const char *path, const char *part, struct cw_error *err)
{
    sqlite3 *from, *to = NULL;
    struct buf problems;
    int ret = open_to_read(path, &from, err);
    if (ret)
        return ret;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(part, &to, flags, NULL) != SQLITE_OK)
        ret = refuse(to, part, "cannot be made", err);
    ret = ret ? ret : copy_pages(from, to, part, err);
    buf_init(&problems, 65536);
    ret = ret ? ret : check(to, part, &problems, err);
    if (problems.n > 0)
        (void)err_set(err, ret, "%s: the copy is damaged: %.100s", part, buf_text(&problems));
    buf_done(&problems);
    sqlite3_close(to);
    sqlite3_close(from);
    return ret;
}

int store_tool_backup(const char *path, const char *to, struct cw_error *err)
{
    char part[4096];
    struct stat st;
    int n = snprintf(part, sizeof(part), "%s.part", to);
    if (n < 0 || (size_t)n >= sizeof(part))
        return err_set(err, -ENAMETOOLONG, "the name %.60s... is too long", to);
    if (lstat(to, &st) == 0)
        return err_set(err, -EEXIST, "%s exists already: a backup never overwrites", to);
    (void)unlink(part);
    int ret = copy_and_check(path, part, err);
    if (ret == 0 && ((ret = sync_file(part)) || (rename(part, to) != 0 && (ret = -errno))))
        (void)err_set(err, ret, "%s cannot be finished: %s", to, strerror(-ret));
    if (ret)
        (void)unlink(part);
    return ret;
}

/* ---- stat ---- */

static int64_t number(sqlite3 *db, const char *sql, bool *failed)
{
    sqlite3_stmt *s = NULL;
    int64_t value = 0;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    *failed = *failed || (rc != SQLITE_ROW && rc != SQLITE_DONE);
    sqlite3_finalize(s);
    return value;
}

int store_tool_stat(const char *path, struct store_tool_stat *stat, struct cw_error *err)
{
    sqlite3 *db;
    bool failed = false;
    int ret = open_to_read(path, &db, err);
    if (ret)
        return ret;
    *stat = (struct store_tool_stat){
        .schema = number(db, "PRAGMA user_version", &failed),
        .bytes =
            number(db, "PRAGMA page_count", &failed) * number(db, "PRAGMA page_size", &failed),
        .n_alarms = number(db, "SELECT count(*) FROM alarms", &failed),
        .n_open = number(db, "SELECT count(*) FROM alarms WHERE state <> 'closed'", &failed),
        .n_transitions = number(db, "SELECT count(*) FROM transitions", &failed),
        .n_waiting = number(db, "SELECT count(*) FROM outbox WHERE outcome = 0", &failed),
        .n_tokens = number(db, "SELECT count(*) FROM tokens", &failed),
    };
    const char *epoch = "SELECT epoch FROM cursors WHERE name = 'fold'";
    const char *offset = "SELECT offset FROM cursors WHERE name = 'fold'";
    stat->cursor.epoch = (uint32_t)number(db, epoch, &failed);
    stat->cursor.offset = (uint64_t)number(db, offset, &failed);
    if (failed)
        ret = refuse(db, path, "is no store of carewatch", err);
    sqlite3_close(db);
    return ret;
}
