/*
 * pruner.c - the loop asks for one page at a time; see io/store_prune.h.
 */
#include "pruner.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "daemon.h"
#include "io/store_prune.h"

#define DAY_NS (86400 * NS_PER_S)

struct pruner {
    struct daemon *daemon; /* NULL: it has stopped */
    int64_t next_ns;
    bool is_asking;
    uint64_t n_rows, n_of_run;
};

static void done(void *ctx, const uint32_t n[N_PRUNES])
{
    struct pruner *pruner = ctx;
    bool more = false;
    if (!pruner->daemon) {
        free(pruner);
        return;
    }
    pruner->is_asking = false;
    for (int i = 0; i < N_PRUNES; i++) {
        pruner->n_of_run += n[i];
        more = more || n[i] == PRUNE_PAGE;
    }
    if (more) {
        pruner->next_ns = 0;
        return;
    }
    if (pruner->n_of_run > 0)
        log_info("rows older than the policy keeps are gone rows=%llu",
                 (unsigned long long)pruner->n_of_run);
    pruner->n_rows += pruner->n_of_run;
    pruner->n_of_run = 0;
}

void pruner_tick(struct pruner *pruner, int64_t now_ns)
{
    const struct store_section *section = &pruner->daemon->config->store;
    const struct prune_policy policy = {.years = {[PRUNE_VISITS] = section->keep_visits,
                                                  [PRUNE_ALARMS] = section->keep_alarms,
                                                  [PRUNE_TRAIL] = section->keep_trail}};
    bool is_on = section->keep_visits || section->keep_alarms || section->keep_trail;
    if (!is_on || pruner->is_asking || now_ns < pruner->next_ns)
        return;
    pruner->is_asking = true;
    pruner->next_ns = now_ns + DAY_NS;
    store_prune(pruner->daemon->store, &policy, clock_wall_ns(), done, pruner);
}

uint64_t pruner_rows(const struct pruner *pruner)
{
    return pruner->n_rows + pruner->n_of_run;
}

void pruner_start(struct pruner **pruner, struct daemon *daemon)
{
    *pruner = xcalloc(1, sizeof(**pruner));
    (*pruner)->daemon = daemon;
}

/* A page on its way is answered when the store closes; it frees what is left. */
void pruner_stop(struct pruner *pruner)
{
    if (!pruner)
        return;
    pruner->daemon = NULL;
    if (!pruner->is_asking)
        free(pruner);
}
