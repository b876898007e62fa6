/*
 * influx_backlog.c - what the database does not have, made again from the journal.
 *
 * The oldest unwritten interval is read in slices, one per turn of the loop, until a batch is
 * full or the interval ends; then the backlog lane sends it. The interval stays in the set
 * until the database has the lines, so a stop at any moment forgets nothing.
 */
#include "io/influx_lane.h"

#include "base/clock.h"
#include "base/units.h"

#define STALL_NS NS_PER_S

static bool is_full(const struct influx *influx, const struct influx_batch *batch)
{
    return batch->n_lines >= influx->options.batch_lines ||
           (int64_t)batch->lines.n >= influx->options.batch_bytes;
}

bool influx_backlog(struct influx *influx, struct position at, struct cw_str lines,
                    uint32_t n_lines)
{
    struct influx_batch *batch = influx->making;

    if (!batch)
        return false;
    if (!influx_batch_add(batch, at, lines, n_lines))
        influx->status.n_too_long++;
    return !is_full(influx, batch);
}

/* Up to where `at` is unwritten without a break; `at` itself when it is written. */
static struct position end_of_unwritten(const struct influx *influx, struct position at)
{
    for (uint32_t i = 0; i < influx->unwritten.n; i++) {
        const struct interval *item = &influx->unwritten.item[i];

        if (position_cmp(item->from, at) <= 0 && position_cmp(at, item->to) < 0)
            return item->to;
    }
    return at;
}

static void give_up_gap(struct influx *influx, int code, struct position from,
                        struct position to)
{
    char text[2][POSITION_MAX];

    influx->status.n_given_up++;
    (void)position_format(from, text[0]);
    (void)position_format(to, text[1]);
    log_err("influx: lines given up, the journal no longer has them from=%s to=%s (%s)",
            text[0], text[1], uv_strerror(code));
}

/* Reads on; false when the journal gave nothing though it should have. */
static bool read_slice(struct influx *influx, struct position to)
{
    const struct position from = influx->making_next;
    struct position next = from;
    const int code = influx->hooks.again(influx->hooks.ctx, from, to, &next);

    if (code < 0) {
        if (position_cmp(next, from) <= 0 || position_cmp(next, to) > 0)
            next = to;
        give_up_gap(influx, code, from, next);
    } else if (position_cmp(next, from) <= 0) {
        return false;
    }
    influx->making_next = next;
    return true;
}

/* The batch is as large as it gets: off it goes, or, without lines, the interval shrinks. */
static void finish_making(struct influx *influx)
{
    struct influx_batch *batch = influx->making;

    influx->making = NULL;
    batch->to = influx->making_next;
    if (batch->n_lines > 0) {
        influx_batch_begin(batch);
        influx->lane[BACKLOG].batch = batch;
        return;
    }
    intervals_remove(&influx->unwritten, batch->from, batch->to);
    influx_batch_free(batch);
    influx->hooks.progress(influx->hooks.ctx);
}

/* A bug in the journal or in the hook: nothing is lost by waiting, and it can be seen. */
static void on_stall(struct influx *influx, int64_t now_ns)
{
    influx->making_not_before_ns = now_ns + STALL_NS;
    complain(&influx->making_complaint, now_ns,
             "influx: the journal gives nothing where lines are missing, trying again in 1s");
    if (influx->making->n_lines > 0)
        finish_making(influx);
}

bool influx_backlog_make(struct influx *influx, int64_t now_ns)
{
    struct position to;

    if (influx->unwritten.n == 0 && !influx->making)
        return false;
    if (now_ns < influx->making_not_before_ns)
        return false;
    if (!influx->making) {
        influx->making_next = influx->unwritten.item[0].from;
        influx->making = influx_batch_new(influx->making_next, influx->options.batch_bytes);
    }
    to = end_of_unwritten(influx, influx->making_next);
    if (position_cmp(influx->making_next, to) < 0) {
        if (!read_slice(influx, to)) {
            on_stall(influx, now_ns);
            return false;
        }
        complaint_over(&influx->making_complaint, "influx: the journal gives lines again");
        to = end_of_unwritten(influx, influx->making_next);
    }
    if (is_full(influx, influx->making) || position_cmp(influx->making_next, to) >= 0)
        finish_making(influx);
    return influx->making || (!influx->lane[BACKLOG].batch && influx->unwritten.n > 0);
}

void influx_backlog_forget(struct influx *influx, struct position before)
{
    struct lane *lane = &influx->lane[BACKLOG];

    if (influx->making && position_cmp(influx->making->from, before) < 0) {
        influx_batch_free(influx->making);
        influx->making = NULL;
    }
    /* One on its way gets its answer; one that waits would only be tried again. */
    if (lane->batch && !lane->call && position_cmp(lane->batch->from, before) < 0) {
        lane->probing = false;
        influx_batch_free(lane->batch);
        lane->batch = NULL;
    }
}
