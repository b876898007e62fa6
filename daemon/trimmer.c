/*
 * trimmer.c - the loop does the books, a worker the files; see io/journal_grave.h.
 */
#include "trimmer.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon.h"
#include "doors.h"
#include "io/journal_grave.h"

struct trimmer {
    struct daemon *daemon;
    uv_work_t work;
    bool busy;
    struct journal_grave grave[1 + MAX_DOORS]; /* the journal's, and one for each door */
    size_t n_graves;
};

static void fill(uv_work_t *work)
{
    struct trimmer *trimmer = work->data;
    for (size_t i = 0; i < trimmer->n_graves; i++)
        (void)journal_grave_fill(&trimmer->grave[i]);
}

static void filled(uv_work_t *work, int status)
{
    struct trimmer *trimmer = work->data;
    (void)status;
    trimmer->busy = false;
}

void trimmer_trim(struct trimmer *trimmer, struct position keep)
{
    if (!trimmer || trimmer->busy)
        return;
    struct daemon *daemon = trimmer->daemon;
    trimmer->n_graves = 0;
    if (keep.offset > 0 && journal_trim(daemon->journal, keep, &trimmer->grave[0]) > 0)
        trimmer->n_graves = 1;
    trimmer->n_graves += doors_trim(daemon->doors, keep, trimmer->grave + trimmer->n_graves);
    if (trimmer->n_graves == 0)
        return;
    trimmer->busy = true;
    trimmer->work.data = trimmer;
    if (uv_queue_work(&daemon->loop, &trimmer->work, fill, filled) != 0)
        BUG("uv_queue_work refused to remove segments");
}

bool trimmer_busy(const struct trimmer *trimmer)
{
    return trimmer->busy;
}

void trimmer_start(struct trimmer **trimmer, struct daemon *daemon)
{
    *trimmer = xcalloc(1, sizeof(**trimmer));
    (*trimmer)->daemon = daemon;
}

void trimmer_stop(struct trimmer *trimmer)
{
    if (!trimmer)
        return;
    while (trimmer->busy)
        (void)uv_run(&trimmer->daemon->loop, UV_RUN_ONCE);
    free(trimmer);
}
