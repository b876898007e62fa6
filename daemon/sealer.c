/*
 * sealer.c - the loop picks and accounts, a worker compresses; see io/journal_seal.c.
 */
#include "sealer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/journal_file.h"

struct sealer {
    uv_loop_t *loop;
    struct journal *journal;
    uv_work_t work;
    bool busy;
    uint64_t base, bytes;
    int rc;
    struct complaint complaint;
};

static void seal(uv_work_t *work)
{
    struct sealer *sealer = work->data;
    sealer->rc = journal_seal(sealer->journal, sealer->base, &sealer->bytes);
}

static void sealed(uv_work_t *work, int status)
{
    struct sealer *sealer = work->data;
    (void)status;
    sealer->busy = false;
    journal_sealed(sealer->journal, sealer->base, sealer->rc, sealer->bytes);
    if (sealer->rc)
        complain(&sealer->complaint, clock_monotonic_ns(),
                 "journal segment not compressed, it stays as it is base=%016llx (%s)",
                 (unsigned long long)sealer->base, strerror(-sealer->rc));
    else
        complaint_over(&sealer->complaint, "journal segments are compressed again");
}

void sealer_tick(struct sealer *sealer)
{
    if (sealer->busy || !journal_seal_next(sealer->journal, &sealer->base))
        return;
    sealer->busy = true;
    sealer->work.data = sealer;
    if (uv_queue_work(sealer->loop, &sealer->work, seal, sealed) != 0)
        BUG("uv_queue_work refused a segment");
}

bool sealer_busy(const struct sealer *sealer)
{
    return sealer->busy;
}

void sealer_start(struct sealer **sealer, uv_loop_t *loop, struct journal *journal)
{
    *sealer = xcalloc(1, sizeof(**sealer));
    (*sealer)->loop = loop;
    (*sealer)->journal = journal;
}

void sealer_stop(struct sealer *sealer)
{
    if (!sealer)
        return;
    while (sealer->busy)
        (void)uv_run(sealer->loop, UV_RUN_ONCE);
    free(sealer);
}
