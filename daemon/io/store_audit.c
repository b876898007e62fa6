/*
 * store_audit.c - the chain of audit lines: written by the store's worker, one transaction
 * with whatever else it does. The command line writes tokens in a process of its own, so the
 * newest line is read from the table each time and not remembered.
 */
#include "io/store_audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "io/store_private.h"

#define MAX_LINE 4096u
#define MAX_ITEMS_BYTES (8u << 20)
#define SALT_BYTES 16u
#define LINES_PER_BOUND 1024

static void hex_of(const unsigned char *p, size_t n, char *hex)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digit[p[i] >> 4];
        hex[2 * i + 1] = digit[p[i] & 15];
    }
    hex[2 * n] = '\0';
}

void store_audit_hash(struct cw_str a, struct cw_str b, char hash[AUDIT_HASH_MAX])
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    struct buf whole;
    buf_init(&whole, a.n + b.n + 1);
    buf_add_str(&whole, a);
    buf_add_str(&whole, b);
    SHA256((const unsigned char *)whole.p, whole.n, sum);
    buf_done(&whole);
    hex_of(sum, sizeof(sum), hash);
}

/* What the loop knows of a line: its members without the braces. */
static char *members_of(const struct audit_entry *entry)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, MAX_LINE);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_time(&out, "at", entry->at_ns);
    json_member_text(&out, "by", str_of(entry->by));
    json_member_text(&out, "role", str_of(entry->role));
    json_member_text(&out, "from", str_of(entry->from));
    json_member_text(&out, "what", str_of(entry->what));
    json_member_opt(&out, "of", str_of(entry->of));
    json_member_int(&out, "status", entry->status);
    char *members = xstrndup(text.n ? text.p + 1 : "", text.n ? text.n - 1 : 0);
    buf_done(&text);
    return members;
}

/* ---- the worker ---- */

static int read_tail(sqlite3_stmt *s, struct audit_head *tail)
{
    int rc = sqlite3_step(s);
    *tail = (struct audit_head){.n = 0};
    if (rc == SQLITE_ROW) {
        tail->n = (uint64_t)sqlite3_column_int64(s, 0);
        (void)str_copy(tail->hash, sizeof(tail->hash),
                       str_of((const char *)sqlite3_column_text(s, 1)));
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

struct statements {
    sqlite3_stmt *tail, *add, *head;
};

static int add_line(const struct statements *statements, const char *members, const char *why)
{
    struct audit_head tail;
    char salt[2 * SALT_BYTES + 1] = "", why_hash[AUDIT_HASH_MAX], hash[AUDIT_HASH_MAX];
    unsigned char random[SALT_BYTES];
    struct buf line;
    if (read_tail(statements->tail, &tail))
        return -EIO;
    buf_init(&line, 2 * MAX_LINE);
    buf_printf(&line, "{\"n\":%llu,\"prev\":\"%s\",%s", (unsigned long long)tail.n + 1,
               tail.hash, members);
    if (why && why[0]) {
        if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
            BUG("getrandom gave less than %u bytes", SALT_BYTES);
        hex_of(random, sizeof(random), salt);
        store_audit_hash(str_of(salt), str_of(why), why_hash);
        buf_printf(&line, ",\"why_sha256\":\"%s\"", why_hash);
    }
    buf_add_char(&line, '}');
    store_audit_hash(buf_str(&line), CW_STR(""), hash);
    sqlite3_bind_int64(statements->add, 1, (int64_t)tail.n + 1);
    store_bind_text(statements->add, 2, buf_text(&line));
    store_bind_text(statements->add, 3, hash);
    store_bind_text(statements->add, 4, salt);
    store_bind_text(statements->add, 5, why);
    int ret = store_step(statements->add);
    sqlite3_bind_int64(statements->head, 1, (int64_t)tail.n + 1);
    store_bind_text(statements->head, 2, hash);
    ret = store_step(statements->head) ? -EIO : ret;
    buf_done(&line);
    return ret;
}

int store_apply_audit(struct store *store, const struct store_op *op)
{
    const struct statements statements = {store->statement[STMT_AUDIT_TAIL],
                                          store->statement[STMT_AUDIT_ADD],
                                          store->statement[STMT_AUDIT_HEAD]};
    int ret = add_line(&statements, op->name, op->text);
    if (ret || sqlite3_last_insert_rowid(store->db) % LINES_PER_BOUND != 0)
        return ret;
    for (int i = STMT_AUDIT_BOUND; i <= STMT_AUDIT_FIRST && ret == 0; i++) {
        sqlite3_bind_int64(store->statement[i], 1, MAX_AUDIT_LINES);
        ret = store_step(store->statement[i]);
    }
    return ret;
}

int store_audit_add_now(sqlite3 *db, const struct audit_entry *entry)
{
    struct statements statements = {0};
    const struct {
        sqlite3_stmt **statement;
        int which;
    } wanted[] = {{&statements.tail, STMT_AUDIT_TAIL},
                  {&statements.add, STMT_AUDIT_ADD},
                  {&statements.head, STMT_AUDIT_HEAD}};
    int ret = 0;
    for (size_t i = 0; i < 3; i++) {
        if (sqlite3_prepare_v2(db, store_statement_sql(wanted[i].which), -1,
                               wanted[i].statement, NULL) != SQLITE_OK)
            ret = -EIO;
    }
    char *members = members_of(entry), *why = xstrndup(entry->why.p, entry->why.n);
    if (ret == 0)
        ret = add_line(&statements, members, why);
    free(members);
    free(why);
    for (size_t i = 0; i < 3; i++)
        sqlite3_finalize(*wanted[i].statement);
    return ret;
}

static int append_head(const char *store_path, int64_t now_ns, const struct audit_head *head)
{
    char path[4096], line[AUDIT_HASH_MAX + 96], when[INSTANT_MAX];
    int n = snprintf(path, sizeof(path), "%s" AUDIT_HEADS_ENDING, store_path);
    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    (void)instant_format(now_ns, when);
    n = snprintf(line, sizeof(line), "%s %llu %s\n", when, (unsigned long long)head->n,
                 head->hash);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int ret = write(fd, line, (size_t)n) == n && fsync(fd) == 0 ? 0 : -EIO;
    close(fd);
    return ret;
}

int store_apply_audit_publish(struct store *store, struct store_op *op)
{
    const char *path = sqlite3_db_filename(store->db, "main");
    if (read_tail(store->statement[STMT_AUDIT_TAIL], &op->head))
        return -EIO;
    if (op->head.n > 0 && path && path[0])
        (void)append_head(path, op->now_ns, &op->head); /* the log has it as well */
    return 0;
}

static void item(sqlite3_stmt *s, struct buf *items)
{
    struct json_out out;
    struct cw_str line = str_of((const char *)sqlite3_column_text(s, 1));
    struct cw_str why = str_of((const char *)sqlite3_column_text(s, 2));
    if (items->n > 0)
        buf_add_char(items, ',');
    buf_add(items, line.p, line.n ? line.n - 1 : 0); /* without its brace */
    json_out_init(&out, items);
    out.comma = true;
    json_member_opt(&out, "why", why);
    buf_add_char(items, '}');
}

int store_apply_query_audit(struct store *store, struct store_op *op)
{
    sqlite3_stmt *s = store->statement[STMT_QUERY_AUDIT];
    sqlite3_bind_int64(s, 1, op->fact ? (int64_t)op->fact : INT64_MAX);
    sqlite3_bind_int64(s, 2, (int64_t)op->max + 1);
    buf_init(&op->items, MAX_ITEMS_BYTES);
    uint32_t n = 0;
    uint64_t last = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (n++ == op->max) {
            op->next_cursor = last;
            break;
        }
        item(s, &op->items);
        last = (uint64_t)sqlite3_column_int64(s, 0);
    }
    sqlite3_reset(s);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

/* ---- the loop ---- */

void store_audit(struct store *store, const struct audit_entry *entry, void (*kept)(void *ctx),
                 void *ctx)
{
    struct store_op *op = store_op_new(OP_AUDIT);
    size_t n = utf8_cut(entry->why, MAX_AUDIT_WHY);
    op->name = members_of(entry);
    op->text = xstrndup(n ? entry->why.p : "", n);
    op->kept = kept;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_audit_publish(struct store *store, int64_t now_ns,
                         void (*answer)(void *ctx, const struct audit_head *head), void *ctx)
{
    struct store_op *op = store_op_new(OP_AUDIT_PUBLISH);
    op->now_ns = now_ns;
    op->head_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}

void store_query_audit(struct store *store, uint64_t before, uint32_t limit,
                       void (*answer)(void *ctx, struct cw_str items, uint64_t next), void *ctx)
{
    struct store_op *op = store_op_new(OP_QUERY_AUDIT);
    op->fact = before;
    op->max = limit;
    op->query_answer = answer;
    op->ctx = ctx;
    store_op_submit(store, op);
}
