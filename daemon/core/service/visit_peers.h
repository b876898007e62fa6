/*
 * visit_peers.h - which visits a visit is to be compared with: those that its worker made, and
 * those that were written down days later. Part of the fold, made anew when it is loaded.
 */
#ifndef CORE_SERVICE_VISIT_PEERS_H
#define CORE_SERVICE_VISIT_PEERS_H

#include "core/fold.h"

struct service;
struct visit;

/* The visits that one worker of one site made (checked in and out), in no order that means
 * anything: one that leaves gives its place to the last. */
struct worker_visits {
    char *key; /* "site worker"; owned */
    struct visit **visit;
    uint32_t n, cap;
};

/* One after the other, each fetched before it is asked for: they lie anywhere. NULL: no more.
 * `of` may be NULL. */
#define PEERS_AHEAD 6u
static inline struct visit *worker_visits_next(const struct worker_visits *of, uint32_t *i)
{
    if (!of || *i >= of->n)
        return NULL;
    if (*i + PEERS_AHEAD < of->n)
        __builtin_prefetch(of->visit[*i + PEERS_AHEAD]);
    return of->visit[(*i)++];
}

/* Where the visit belongs now: after check-in or check-out, after its worker changed. The
 * worker's visits that it is no longer among, or NULL. */
struct worker_visits *visit_peers_link(struct service *service, struct site *site,
                                       struct visit *visit);
/* It is among those of another worker than it says. */
bool visit_peers_moved(const struct fold *fold, const struct visit *visit);
/* It came days late, again: now at backfilled_ns. Also when loading, in any order. */
void visit_backfilled_link(struct site *site, struct visit *visit);
void visit_peers_unlink(struct service *service, struct site *site, struct visit *visit);
/* The last one of a worker's is gone. */
void worker_visits_drop(struct service *service, struct worker_visits *of);
void visit_peers_done(struct service *service);

#endif
