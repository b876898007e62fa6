/*
 * store_audit_tool.c - looks at the chain from outside: every line against its own hash, the
 * line before it, the number that is kept beside them, and the heads that were published.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/store_audit.h"
#include "io/store_private.h"

#define MAX_HEADS 100000u
#define BUSY_MS 10000

struct walk {
    const struct audit_check *check;
    struct audit_head last; /* the line before */
    uint64_t first;         /* the first that is to be there */
    int64_t n_bad;
};

static void bad(struct walk *walk, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void bad(struct walk *walk, const char *fmt, ...)
{
    char sentence[200];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
    va_end(ap);
    walk->n_bad++;
    if (walk->check->bad)
        walk->check->bad(walk->check->ctx, sentence);
}

/* The line begins {"n":N,"prev":"HASH", as it was written. */
static bool begins_as(struct cw_str line, uint64_t n, const char *prev)
{
    char want[AUDIT_HASH_MAX + 48];
    (void)snprintf(want, sizeof(want), "{\"n\":%llu,\"prev\":\"%s\",", (unsigned long long)n,
                   prev);
    return str_starts(line, want);
}

/* Where "prev" of line n begins and ends; empty when the line does not say that it is n. */
static struct cw_str prev_of(struct cw_str line, uint64_t n)
{
    char want[48];
    (void)snprintf(want, sizeof(want), "{\"n\":%llu,\"prev\":\"", (unsigned long long)n);
    size_t at = strlen(want), end = at;
    if (!str_starts(line, want))
        return CW_STR("");
    while (end < line.n && line.p[end] != '"')
        end++;
    return (struct cw_str){line.p + at, end - at};
}

static void compare_heads(struct walk *walk, uint64_t n, const char *hash)
{
    for (size_t i = 0; i < walk->check->n_heads; i++) {
        const struct audit_head *head = &walk->check->head[i];
        if (head->n == n && strcmp(head->hash, hash) != 0)
            bad(walk, "line %llu is not the one whose hash was published",
                (unsigned long long)n);
    }
}

static void look_at(struct walk *walk, uint64_t n, struct cw_str line, const char *hash)
{
    char is[AUDIT_HASH_MAX];
    unsigned long long number = n;
    store_audit_hash(line, CW_STR(""), is);
    bool begins = walk->last.n == 0; /* nothing in front that it could fit */
    if (strcmp(is, hash) != 0)
        bad(walk, "line %llu was changed", number);
    if (begins && n != walk->first)
        bad(walk, "lines %llu to %llu are missing", (unsigned long long)walk->first,
            number - 1);
    else if (!begins && n != walk->last.n + 1)
        bad(walk, "lines %llu to %llu are missing", (unsigned long long)walk->last.n + 1,
            number - 1);
    else if (prev_of(line, n).n == 0 && n > 1)
        bad(walk, "line %llu says that it is another one", number);
    else if (begins ? n == 1 && !begins_as(line, 1, "") : !begins_as(line, n, walk->last.hash))
        bad(walk, "line %llu does not follow line %llu", number, number - 1);
    compare_heads(walk, n, is);
    walk->last.n = n;
    (void)str_copy(walk->last.hash, sizeof(walk->last.hash), str_of(is));
}

static void look_at_end(struct walk *walk, const struct audit_head *kept)
{
    if (kept->n != walk->last.n)
        bad(walk, "the last line is %llu, but %llu were written",
            (unsigned long long)walk->last.n, (unsigned long long)kept->n);
    else if (strcmp(kept->hash, walk->last.hash) != 0)
        bad(walk, "line %llu is not the one that was written last",
            (unsigned long long)kept->n);
    for (size_t i = 0; i < walk->check->n_heads; i++) {
        if (walk->check->head[i].n > walk->last.n)
            bad(walk, "the last line is %llu, but %llu was published",
                (unsigned long long)walk->last.n, (unsigned long long)walk->check->head[i].n);
    }
}

static int open_to_read(const char *path, sqlite3 **db, struct cw_error *err)
{
    *db = NULL;
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(*db, BUSY_MS);
        return 0;
    }
    int ret = err_set(err, -EIO, "%s cannot be opened: %s", path,
                      *db ? sqlite3_errmsg(*db) : "no memory");
    sqlite3_close(*db);
    return ret;
}

static const char *text(sqlite3_stmt *s, int i)
{
    const char *value = (const char *)sqlite3_column_text(s, i);
    return value ? value : "";
}

/* Calls `row` for each row of the statement. */
static int each(sqlite3 *db, const char *sql, void (*row)(void *ctx, sqlite3_stmt *s),
                void *ctx)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW)
            row(ctx, s);
    }
    sqlite3_finalize(s);
    return rc == SQLITE_DONE ? 0 : -EIO;
}

static void on_line(void *ctx, sqlite3_stmt *s)
{
    look_at(ctx, (uint64_t)sqlite3_column_int64(s, 0), str_of(text(s, 1)), text(s, 2));
}

struct kept {
    struct audit_head head;
    uint64_t first;
};

static void on_kept(void *ctx, sqlite3_stmt *s)
{
    struct kept *kept = ctx;
    kept->head.n = (uint64_t)sqlite3_column_int64(s, 0);
    (void)str_copy(kept->head.hash, sizeof(kept->head.hash), str_of(text(s, 1)));
    kept->first = (uint64_t)sqlite3_column_int64(s, 2);
}

int64_t store_audit_verify(const char *path, const struct audit_check *check,
                           struct audit_head *newest, struct cw_error *err)
{
    sqlite3 *db;
    struct kept kept = {.first = 1};
    int ret = open_to_read(path, &db, err);
    if (ret)
        return ret;
    ret = each(db, "BEGIN", on_kept, &kept); /* a running daemon goes on writing */
    ret = ret ? ret : each(db, "SELECT n, hash, first FROM audit_head", on_kept, &kept);
    struct walk walk = {.check = check, .first = kept.first};
    ret = ret ? ret : each(db, "SELECT n, line, hash FROM audit ORDER BY n", on_line, &walk);
    if (ret)
        (void)err_set(err, ret, "%s cannot be read: %s", path, sqlite3_errmsg(db));
    else
        look_at_end(&walk, &kept.head);
    sqlite3_close(db);
    *newest = walk.last;
    return ret ? ret : walk.n_bad;
}

struct dump {
    void (*line)(void *ctx, const char *line, const char *why);
    void *ctx;
};

static void on_dump(void *ctx, sqlite3_stmt *s)
{
    struct dump *dump = ctx;
    dump->line(dump->ctx, text(s, 0), text(s, 1));
}

int store_audit_dump(const char *path,
                     void (*line)(void *ctx, const char *line, const char *why), void *ctx,
                     struct cw_error *err)
{
    sqlite3 *db;
    struct dump dump = {line, ctx};
    int ret = open_to_read(path, &db, err);
    if (ret)
        return ret;
    ret = each(db, "SELECT line, why FROM audit ORDER BY n", on_dump, &dump);
    if (ret)
        (void)err_set(err, ret, "%s cannot be read: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return ret;
}

int store_audit_heads_read(const char *path, struct audit_head **out, size_t *n_out,
                           struct cw_error *err)
{
    char line[512];
    FILE *in = fopen(path, "re");
    *out = NULL;
    *n_out = 0;
    if (!in)
        return err_set(err, -errno, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), in) && *n_out < MAX_HEADS) {
        struct cw_str rest = {line, strcspn(line, "\n")}, when, number;
        struct audit_head head = {.n = 0};
        if (!str_split(&rest, ' ', &when) || !str_split(&rest, ' ', &number) ||
            num_parse_u64(number, &head.n) < 0 || rest.n != AUDIT_HASH_MAX - 1)
            continue; /* the end of a write that a power cut stopped */
        (void)str_copy(head.hash, sizeof(head.hash), rest);
        *out = xrealloc(*out, (*n_out + 1) * sizeof(head));
        (*out)[(*n_out)++] = head;
    }
    (void)fclose(in);
    return 0;
}
