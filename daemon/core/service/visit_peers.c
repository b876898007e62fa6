/*
 * visit_peers.c - those of a worker in an array, those of a site that came days late in a list
 * through the visits themselves. The order of both decides nothing: who walks them counts, or
 * takes what was found in order of number.
 */
#include "core/service/visit_peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/mem.h"
#include "core/service/service.h"

#define MAX_KEY (2 * MAX_ID + 2)

static size_t key_of(const struct site *site, const struct visit *visit, char dst[MAX_KEY])
{
    return key_join(dst, MAX_KEY, str_of(site->id), ' ', str_of(visit->worker)).n;
}

static void take_out(struct visit *visit)
{
    struct worker_visits *of = visit->of_worker;
    if (!of)
        return;
    struct visit *last = of->visit[--of->n];
    of->visit[visit->place_of_worker] = last;
    last->place_of_worker = visit->place_of_worker;
    visit->of_worker = NULL;
}

static void put_in(struct worker_visits *of, struct visit *visit)
{
    if (of->n == of->cap) {
        of->cap = of->cap ? 2 * of->cap : 8;
        of->visit = xrealloc(of->visit, of->cap * sizeof(struct visit *));
    }
    visit->of_worker = of;
    visit->place_of_worker = of->n;
    of->visit[of->n++] = visit;
}

static void group_free(struct worker_visits *of)
{
    free(of->visit);
    free(of->key);
    free(of);
}

static struct worker_visits *group_of(struct service *service, struct cw_str key)
{
    struct worker_visits *of = map_get(&service->by_worker, key);
    if (of)
        return of;
    of = xcalloc(1, sizeof(*of));
    of->key = xstrndup(key.p, key.n);
    map_put(&service->by_worker, key, of);
    return of;
}

bool visit_peers_moved(const struct fold *fold, const struct visit *visit)
{
    char key[MAX_KEY];
    if (!visit->of_worker)
        return false;
    (void)key_of(fold->registry.site[visit->site], visit, key);
    return strcmp(visit->of_worker->key, key) != 0;
}

struct worker_visits *visit_peers_link(struct service *service, struct site *site,
                                       struct visit *visit)
{
    struct worker_visits *before = visit->of_worker;
    char key[MAX_KEY];
    size_t n = key_of(site, visit, key);
    if (!visit->checkin_ns || !visit->checkout_ns || (before && strcmp(before->key, key) == 0))
        return NULL;
    take_out(visit);
    if (!*visit->worker)
        return before;
    put_in(group_of(service, (struct cw_str){key, n}), visit);
    return before;
}

void worker_visits_drop(struct service *service, struct worker_visits *of)
{
    if (!of || of->n)
        return;
    map_remove(&service->by_worker, str_of(of->key));
    group_free(of);
}

/* ---- what came days late ---- */

static void take_out_backfilled(struct site *site, struct visit *visit)
{
    if (visit->newer_backfilled)
        visit->newer_backfilled->older_backfilled = visit->older_backfilled;
    else if (site->backfilled.newest == visit)
        site->backfilled.newest = visit->older_backfilled;
    if (visit->older_backfilled)
        visit->older_backfilled->newer_backfilled = visit->newer_backfilled;
    visit->newer_backfilled = visit->older_backfilled = NULL;
}

void visit_backfilled_link(struct site *site, struct visit *visit)
{
    struct visit *newer = NULL, *older;
    take_out_backfilled(site, visit);
    older = site->backfilled.newest;
    while (older && older->backfilled_ns > visit->backfilled_ns) {
        newer = older;
        older = older->older_backfilled;
    }
    visit->newer_backfilled = newer;
    visit->older_backfilled = older;
    if (older)
        older->newer_backfilled = visit;
    if (newer)
        newer->older_backfilled = visit;
    else
        site->backfilled.newest = visit;
}

void visit_peers_unlink(struct service *service, struct site *site, struct visit *visit)
{
    struct worker_visits *of = visit->of_worker;
    take_out(visit);
    worker_visits_drop(service, of);
    take_out_backfilled(site, visit);
}

void visit_peers_done(struct service *service)
{
    struct worker_visits *of;
    for (uint32_t i = 0; (of = map_next(&service->by_worker, &i, NULL));)
        group_free(of);
    map_done(&service->by_worker);
}
