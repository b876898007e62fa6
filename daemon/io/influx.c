/*
 * influx.c - the way in, and what is where.
 *
 *   influx_add -> filling -> waiting (2) -> live lane ----> database
 *                               | full                        ^
 *                               v                             |
 *                         unwritten intervals -> again() -> backlog lane
 *
 *   influx_rows -> rows lane ----> database                   rows of the store, as they are
 *
 * A batch covers whole records: it is closed where the next record begins, so an interval
 * can always be read from its start, and no record has lines in two batches.
 */
#include "io/influx.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/influx_lane.h"

static void arm(struct influx *influx, bool soon);

#define OPTION(field) offsetof(struct influx_options, field)
const struct cw_option influx_options[] = {
    {"url", CW_OPT_TEXT, OPTION(url), 0, 0, "", "base address; empty: no database", NULL},
    {"api", CW_OPT_TEXT, OPTION(api), 0, 0, "v1", "dialect", "v1|v2|victoriametrics"},
    {"database", CW_OPT_TEXT, OPTION(database), 0, 0, "care", "v1: created when missing", NULL},
    {"retention_policy", CW_OPT_TEXT, OPTION(retention_policy), 0, 0, "", "v1", NULL},
    {"org", CW_OPT_TEXT, OPTION(org), 0, 0, "", "v2", NULL},
    {"bucket", CW_OPT_TEXT, OPTION(bucket), 0, 0, "", "v2", NULL},
    {"user", CW_OPT_TEXT, OPTION(user), 0, 0, "", "v1, victoriametrics", NULL},
    {"password", CW_OPT_SECRET, OPTION(password), 0, 0, "", "of the user", NULL},
    {"token", CW_OPT_SECRET, OPTION(token), 0, 0, "", "v2", NULL},
    {"ca_file", CW_OPT_TEXT, OPTION(ca_file), 0, 0, "",
     "certificates to trust; empty: the system's", NULL},
    {"flush_interval", CW_OPT_TIME, OPTION(flush_interval_ns), 0.001, 60, "1s",
     "a line waits no longer for others", NULL},
    {"batch_bytes", CW_OPT_SIZE, OPTION(batch_bytes), 1024, 16 * 1048576, "1MiB",
     "a request's size before compression", NULL},
    {"batch_lines", CW_OPT_INT, OPTION(batch_lines), 1, 100000, "5000", "lines in a request",
     NULL},
    {"timeout", CW_OPT_TIME, OPTION(timeout_ns), 0.01, 300, "10s", "of a request", NULL},
    {"max_backoff", CW_OPT_TIME, OPTION(max_backoff_ns), 0.001, 3600, "60s",
     "longest pause after errors", NULL},
    {"hold", CW_OPT_TIME, OPTION(hold_ns), 0.001, 3600, "30s",
     "pause while credentials or database are refused", NULL},
    {"gzip", CW_OPT_BOOL, OPTION(gzip), 0, 0, "true", "compress requests", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

/* ---- what is where ---- */

static struct position position_max(struct position a, struct position b)
{
    return position_cmp(a, b) > 0 ? a : b;
}

/* Everything the database may not have yet, wherever it is. */
static void all_unwritten(const struct influx *influx, struct intervals *set)
{
    const struct influx_batch *live = influx->lane[LIVE].batch;

    *set = influx->unwritten;
    if (live)
        intervals_add(set, live->from, live->to);
    for (uint32_t i = 0; i < influx->n_waiting; i++)
        intervals_add(set, influx->waiting[i]->from, influx->waiting[i]->to);
    /* The record at `passed` may still be giving lines: the open interval has it. */
    if (influx->filling)
        intervals_add(set, influx->filling->from, influx->passed);
    intervals_add(set, influx->passed, POSITION_END);
    intervals_remove(set, (struct position){0}, influx->floor);
}

struct position influx_cursor(const struct influx *influx)
{
    struct intervals set;

    all_unwritten(influx, &set);
    return set.n > 0 ? set.item[0].from : POSITION_END;
}

void influx_state(const struct influx *influx, struct buf *out)
{
    struct intervals set;

    all_unwritten(influx, &set);
    intervals_print(&set, out);
}

static int read_state(struct cw_str state, struct position from, struct intervals *set,
                      struct cw_error *err)
{
    char text[POSITION_MAX];
    int rc = intervals_parse(state, set, err);

    if (rc)
        return rc;
    if (set->n == 0 || position_cmp(set->item[set->n - 1].to, POSITION_END) != 0)
        return err_set(err, -EINVAL, "The kept state of the database writer has no end.");
    if (position_cmp(set->item[set->n - 1].from, from) <= 0)
        return 0;
    (void)position_format(from, text);
    return err_set(err, -EINVAL,
                   "The kept state of the database writer is ahead of the journal, which ends "
                   "at %s: it belongs to another one.",
                   text);
}

int influx_restore(struct influx *influx, struct cw_str state, struct position from,
                   struct cw_error *err)
{
    struct intervals *set = &influx->unwritten;
    int rc = state.n > 0 ? read_state(state, from, set, err) : 0;

    if (state.n == 0 || rc) {
        *set = (struct intervals){0};
        intervals_add(set, (struct position){0}, from);
    }
    intervals_remove(set, from, POSITION_END);
    influx->passed = position_max(influx->passed, from);
    arm(influx, true);
    return rc;
}

void influx_put_off(struct influx *influx, struct influx_batch *batch)
{
    const struct position from = position_max(batch->from, influx->floor);

    if (position_cmp(from, batch->to) >= 0)
        influx->status.n_given_up++;
    intervals_add(&influx->unwritten, from, batch->to);
    influx_batch_free(batch);
    influx->hooks.progress(influx->hooks.ctx);
}

uint32_t influx_give_up(struct influx *influx, struct position before)
{
    const struct position start = {0};
    const uint32_t n = intervals_touched(&influx->unwritten, start, before);

    influx->floor = position_max(influx->floor, before);
    intervals_remove(&influx->unwritten, start, before);
    influx_backlog_forget(influx, before);
    influx->status.n_given_up += n;
    if (n > 0)
        influx->hooks.progress(influx->hooks.ctx);
    return n;
}

/* ---- live lines ---- */

static bool filling_is_full(const struct influx *influx, uint32_t n_more, size_t bytes_more)
{
    const struct influx_batch *batch = influx->filling;

    return batch->n_lines + n_more > influx->options.batch_lines ||
           (int64_t)(batch->lines.n + bytes_more) > influx->options.batch_bytes;
}

/* The record that came last must be through, or it would have lines in two batches. */
static bool filling_can_close(const struct influx *influx)
{
    return influx->filling && position_cmp(influx->filling->last_at, influx->passed) < 0;
}

static struct influx_batch *close_filling(struct influx *influx)
{
    struct influx_batch *batch = influx->filling;

    batch->to = influx->passed;
    influx->filling = NULL;
    influx_batch_begin(batch);
    return batch;
}

/* The oldest live batch that is not being sent goes back to the journal. */
static void make_room(struct influx *influx)
{
    struct lane *lane = &influx->lane[LIVE];
    struct influx_batch *oldest = influx->waiting[0];

    if (influx->n_waiting < MAX_WAITING)
        return;
    if (lane->batch && !lane->call) {
        oldest = lane->batch;
        lane->batch = influx->waiting[0];
        lane->probing = false;
    }
    for (uint32_t i = 1; i < influx->n_waiting; i++)
        influx->waiting[i - 1] = influx->waiting[i];
    influx->n_waiting--;
    influx_put_off(influx, oldest);
}

static void queue_filling(struct influx *influx)
{
    make_room(influx);
    influx->waiting[influx->n_waiting++] = close_filling(influx);
    arm(influx, true);
}

void influx_add(struct influx *influx, struct position at, struct cw_str lines,
                uint32_t n_lines)
{
    if (position_cmp(at, influx->passed) < 0) {
        /* Against the contract, but no reason to lose a line: the journal has it. */
        intervals_add(&influx->unwritten, at, influx->passed);
        return;
    }
    influx->passed = at;
    if (filling_can_close(influx) && filling_is_full(influx, n_lines, lines.n))
        queue_filling(influx);
    if (!influx->filling) {
        influx->filling = influx_batch_new(at, influx->options.batch_bytes);
        influx->filling_since_ns = clock_monotonic_ns();
        influx->overdue = false;
        arm(influx, false);
    }
    if (!influx_batch_add(influx->filling, at, lines, n_lines))
        influx->status.n_too_long++;
}

void influx_passed(struct influx *influx, struct position upto)
{
    if (position_cmp(upto, influx->passed) <= 0)
        return;
    influx->passed = upto;
    if (influx->filling && filling_is_full(influx, 1, 0))
        queue_filling(influx);
    else if (influx->overdue)
        arm(influx, true);
}

/* ---- rows ---- */

bool influx_rows_free(const struct influx *influx)
{
    return !influx->lane[ROWS].batch;
}

bool influx_rows(struct influx *influx, struct cw_str lines, uint32_t n_lines)
{
    struct influx_batch *batch;

    if (influx->closing || !influx_rows_free(influx))
        return false;
    batch = influx_batch_new((struct position){0}, influx->options.batch_bytes);
    if (!influx_batch_add(batch, batch->from, lines, n_lines) || batch->n_lines == 0) {
        influx_batch_free(batch);
        return false;
    }
    influx_batch_begin(batch);
    influx->lane[ROWS].batch = batch;
    arm(influx, true);
    return true;
}

/* ---- what to do next ---- */

static bool filling_is_due(const struct influx *influx, int64_t now_ns)
{
    return influx->flushing ||
           now_ns - influx->filling_since_ns >= influx->options.flush_interval_ns;
}

static void pump_live(struct influx *influx, int64_t now_ns)
{
    struct lane *lane = &influx->lane[LIVE];

    if (lane->call)
        return;
    if (!lane->batch && influx->n_waiting > 0) {
        lane->batch = influx->waiting[0];
        influx->n_waiting--;
        for (uint32_t i = 0; i < influx->n_waiting; i++)
            influx->waiting[i] = influx->waiting[i + 1];
    }
    if (!lane->batch && influx->filling && filling_is_due(influx, now_ns)) {
        influx->overdue = !filling_can_close(influx);
        if (!influx->overdue)
            lane->batch = close_filling(influx);
    }
    if (lane->batch && influx_batch_is_sent(lane->batch) && !lane->probing) {
        /* Not one line in it: its records were beyond any limit. */
        influx_batch_free(lane->batch);
        lane->batch = NULL;
    }
    if (lane->batch)
        lane_send(lane);
}

/* While the database is down, the live lane alone finds out when it is back. */
static bool others_may_go(const struct influx *influx)
{
    return !influx->flushing && (influx->status.up || !influx->lane[LIVE].batch);
}

static bool rows_may_go(const struct influx *influx)
{
    const struct lane *lane = &influx->lane[ROWS];

    return lane->batch && !lane->call && others_may_go(influx);
}

/* True when it wants another turn soon. */
static bool pump_backlog(struct influx *influx, int64_t now_ns)
{
    struct lane *lane = &influx->lane[BACKLOG];

    if (lane->call || !others_may_go(influx))
        return false;
    if (!lane->batch && influx_backlog_make(influx, now_ns))
        return true;
    if (lane->batch)
        lane_send(lane);
    return false;
}

static bool flush_is_over(const struct influx *influx, int64_t now_ns)
{
    const bool on_its_way = influx->lane[LIVE].call || influx->lane[BACKLOG].call ||
                            influx->lane[ROWS].call || influx->create_call;

    return now_ns >= influx->flush_deadline_ns || !on_its_way;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When the timer has to call, if no answer comes before. */
static int64_t next_turn_ns(const struct influx *influx)
{
    const struct lane *live = &influx->lane[LIVE], *backlog = &influx->lane[BACKLOG];
    const int64_t rested_ns = influx->not_before_ns;
    int64_t next_ns = INT64_MAX;

    if (influx->flushing)
        next_ns = influx->flush_deadline_ns;
    if (influx->create_call)
        return next_ns;
    if (!live->call && (live->batch || influx->n_waiting > 0))
        next_ns = sooner(next_ns, rested_ns);
    else if (!live->call && influx->filling && !influx->overdue)
        next_ns = sooner(next_ns, later(rested_ns, influx->filling_since_ns +
                                                       influx->options.flush_interval_ns));
    if (rows_may_go(influx))
        next_ns = sooner(next_ns, rested_ns);
    if (!backlog->call && others_may_go(influx)) {
        if (backlog->batch)
            next_ns = sooner(next_ns, rested_ns);
        else if (influx->unwritten.n > 0)
            next_ns = sooner(next_ns, later(rested_ns, influx->making_not_before_ns));
    }
    return next_ns;
}

static void on_timer(uv_timer_t *timer)
{
    struct influx *influx = timer->data;

    influx_pump(influx);
    if (influx->flushing && flush_is_over(influx, clock_monotonic_ns())) {
        influx->flushing = false;
        influx->flushed(influx->flush_ctx);
    }
}

static void arm(struct influx *influx, bool soon)
{
    const int64_t now_ns = clock_monotonic_ns();
    const int64_t next_ns = soon ? now_ns : next_turn_ns(influx);

    if (influx->closing)
        return;
    if (next_ns == INT64_MAX)
        (void)uv_timer_stop(&influx->timer);
    else if (next_ns <= now_ns)
        (void)uv_timer_start(&influx->timer, on_timer, 0, 0);
    else
        (void)uv_timer_start(&influx->timer, on_timer,
                             (uint64_t)((next_ns - now_ns) / NS_PER_MS + 1), 0);
}

void influx_pump(struct influx *influx)
{
    const int64_t now_ns = clock_monotonic_ns();
    bool soon = false;

    if (now_ns >= influx->not_before_ns && !influx->create_call) {
        pump_live(influx, now_ns);
        if (rows_may_go(influx))
            lane_send(&influx->lane[ROWS]);
        soon = pump_backlog(influx, now_ns);
    }
    soon = soon || (influx->flushing && flush_is_over(influx, now_ns));
    arm(influx, soon);
}

void influx_flush(struct influx *influx, int64_t timeout_ns, void (*done)(void *), void *ctx)
{
    influx->flushing = true;
    influx->flush_deadline_ns = clock_monotonic_ns() + timeout_ns;
    influx->flushed = done;
    influx->flush_ctx = ctx;
    arm(influx, true);
}

/* ---- life ---- */

int influx_new(struct influx **influx_out, uv_loop_t *loop, struct http_client *client,
               const struct influx_options *options, const struct influx_hooks *hooks,
               struct cw_error *err)
{
    struct influx *influx = xcalloc(1, sizeof(*influx));
    int rc = influx_target_init(&influx->target, options, err);

    *influx_out = NULL;
    if (!rc && uv_timer_init(loop, &influx->timer))
        rc = err_set(err, -ENOMEM, "The loop has no timer for section influx.");
    if (rc) {
        influx_target_done(&influx->target);
        free(influx);
        return rc;
    }
    influx->timer.data = influx;
    influx->loop = loop;
    influx->client = client;
    influx->options = *options;
    influx->hooks = *hooks;
    influx->queries = (struct influx_queries){
        .client = client, .target = &influx->target, .timeout_ns = options->timeout_ns};
    for (int i = 0; i < N_LANES; i++) {
        influx->lane[i].influx = influx;
        influx->lane[i].name = (enum lane_name)i;
    }
    *influx_out = influx;
    return 0;
}

static void on_close(uv_handle_t *handle)
{
    free(handle->data);
}

void influx_free(struct influx *influx)
{
    if (!influx || influx->closing)
        return;
    influx->closing = true;
    influx_queries_done(&influx->queries);
    http_client_cancel(influx->client, influx->create_call);
    for (int i = 0; i < N_LANES; i++)
        lane_drop(&influx->lane[i]);
    for (uint32_t i = 0; i < influx->n_waiting; i++)
        influx_batch_free(influx->waiting[i]);
    influx_batch_free(influx->filling);
    influx_batch_free(influx->making);
    influx_target_done(&influx->target);
    free((char *)(uintptr_t)influx->witness.p);
    uv_close((uv_handle_t *)&influx->timer, on_close);
}

void influx_status(const struct influx *influx, struct influx_status *status)
{
    uint64_t bytes = influx->filling ? influx->filling->lines.n : 0;

    for (int i = 0; i < N_LANES; i++)
        bytes += influx->lane[i].batch ? influx->lane[i].batch->lines.n : 0;
    for (uint32_t i = 0; i < influx->n_waiting; i++)
        bytes += influx->waiting[i]->lines.n;
    bytes += influx->making ? influx->making->lines.n : 0;
    *status = influx->status;
    status->behind_intervals = influx->unwritten.n;
    status->buffer_bytes = bytes;
}

int influx_query_series(struct influx *influx, const struct influx_series_query *query,
                        influx_series_fn done, void *ctx, uint64_t *id, struct cw_error *err)
{
    return influx_queries_ask(&influx->queries, query, done, ctx, id, err);
}

void influx_query_cancel(struct influx *influx, uint64_t id)
{
    influx_queries_cancel(&influx->queries, id);
}
