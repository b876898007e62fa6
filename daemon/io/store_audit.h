/*
 * store_audit.h - who did what, when, from where and why: lines that only ever grow, each
 * with the SHA-256 of the line before it.
 *
 *   {"n":41,"prev":"9f..","at":..,"by":..,"role":..,"from":..,"what":..,"of":..,"status":200}
 *        hash(41) = SHA-256 of that text = "prev" of line 42
 *
 * So a line that is changed, taken out, or moved does not fit its neighbours; the newest
 * number is kept beside the lines, so a missing end is seen as well. Who rewrites everything
 * is found by the heads: once a day number and hash of the newest line go to the log, to a
 * file beside the store and to a topic. The reason a person gave is free text and may have to
 * be erased: the line holds only SHA-256(salt + text), so the chain stands when both are gone.
 */
#ifndef IO_STORE_AUDIT_H
#define IO_STORE_AUDIT_H

#include "io/store.h"

/* The newest lines that are kept; older ones go, counted in the first number. */
#define MAX_AUDIT_LINES 2000000
#define AUDIT_HASH_MAX 65
#define MAX_AUDIT_WHY 500u

struct audit_entry {
    int64_t at_ns;
    const char *by, *role, *from; /* who, as what, from which address */
    const char *what, *of;        /* "POST /api/v1/alarms/{id}/ack", and of which */
    int status;                   /* of the answer; 0: nobody waited for it */
    struct cw_str why;            /* empty: none */
};

/* The newest line. */
struct audit_head {
    uint64_t n; /* 0: none */
    char hash[AUDIT_HASH_MAX];
};

/* Adds a line; copied. `kept` (may be NULL) is called on the loop when it is committed. */
void store_audit(struct store *store, const struct audit_entry *entry, void (*kept)(void *ctx),
                 void *ctx);
/* Appends the newest line's number and hash to the file of heads, synced, and answers them. */
void store_audit_publish(struct store *store, int64_t now_ns,
                         void (*answer)(void *ctx, const struct audit_head *head), void *ctx);
/* Lines before `before` (0: from the newest on), newest first, as items of a list. */
void store_query_audit(struct store *store, uint64_t before, uint32_t limit,
                       void (*answer)(void *ctx, struct cw_str items, uint64_t next),
                       void *ctx);

/* ---- for the command line: blocking, on connections of their own ---- */

#define AUDIT_HEADS_ENDING ".audit-heads"

struct audit_check {
    void *ctx;
    void (*bad)(void *ctx, const char *sentence); /* each damage, by its line */
    const struct audit_head *head;                /* published ones to compare with */
    size_t n_heads;
};
/* Goes through the whole chain of the store at `path`. The number of damages, or negative
 * errno with err; *newest is the last line. */
int64_t store_audit_verify(const char *path, const struct audit_check *check,
                           struct audit_head *newest, struct cw_error *err);
/* Every line, oldest first, with the reason beside it. 0 or negative with err. */
int store_audit_dump(const char *path,
                     void (*line)(void *ctx, const char *line, const char *why), void *ctx,
                     struct cw_error *err);
/* Reads a file of heads; the caller frees *head. 0, -ENOENT (there is none), or negative. */
int store_audit_heads_read(const char *path, struct audit_head **head, size_t *n,
                           struct cw_error *err);

#endif
