/*
 * store_prune.h - what is older than the policy keeps goes, a page at a time, each page with
 * its proof: a line of the audit that says what, by which policy, how many rows of which time,
 * and the SHA-256 of them all. Rows and line are one transaction.
 */
#ifndef IO_STORE_PRUNE_H
#define IO_STORE_PRUNE_H

#include "io/store.h"

enum prune_what { PRUNE_VISITS, PRUNE_ALARMS, PRUNE_TRAIL, N_PRUNES };

/* What is kept: years of each, 0 for ever. */
struct prune_policy {
    int64_t years[N_PRUNES];
};
/* The law keeps files of residents for five years after their end (Order 66 art. 32). */
#define MIN_KEEP_YEARS 5

/* One page of each kind, before now_ns by its policy. `done` on the loop: rows that went; a
 * full page means that there may be more. */
#define PRUNE_PAGE 1000
void store_prune(struct store *store, const struct prune_policy *policy, int64_t now_ns,
                 void (*done)(void *ctx, const uint32_t n[N_PRUNES]), void *ctx);

#endif
