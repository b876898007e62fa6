/*
 * influx.h - lines to a time-series database: batches, gzip, the answer table of contract
 * section 6, and catching up from the journal after an outage.
 *
 * There is no spool: what is not written is a set of at most 64 journal intervals, and their
 * lines are made again from the journal. Live batches go first, then the backlog. Lines that
 * somebody else keeps (rows of the store) go beside them, one batch at a time.
 *
 *   204        done
 *   400, 422   the batch is bisected; single bad lines go to quarantine, good ones are kept
 *   401 403 404  hold, complain, try again every 30 s
 *   413        split
 *   429, 503   Retry-After
 *   other, no answer   back off with jitter, stay behind
 */
#ifndef IO_INFLUX_H
#define IO_INFLUX_H

#include <uv.h>

#include "base/buf.h"
#include "core/journal/record.h"
#include "io/http_client.h"

/* Section influx. */
struct influx_options {
    const char *url;                         /* "" disables: no database */
    const char *api;                         /* v1 | v2 | victoriametrics */
    const char *database, *retention_policy; /* v1 */
    const char *org, *bucket;                /* v2 */
    const char *user, *password, *token;     /* secrets */
    const char *ca_file;
    int64_t flush_interval_ns, batch_bytes, batch_lines, timeout_ns, max_backoff_ns, hold_ns;
    int32_t gzip;
};
extern const struct cw_option influx_options[];

struct influx;

struct influx_hooks {
    void *ctx;
    /* Make the lines of the journal from `from` on again: call influx_backlog() for each
     * record's lines, stop after the record for which it returned false, or at `to`. Sets
     * *next to where to go on, behind the last record that was made whole. Must not take
     * longer than 5 ms; 0. -EBADMSG or -ENOENT when the journal has them no more: *next is
     * then where it can be read again, or `from` if nothing up to `to` can be. */
    int (*again)(void *ctx, struct position from, struct position to, struct position *next);
    /* The set of unwritten intervals changed: keep it (text form of influx_state()), when it
     * suits: an old text only makes lines be written twice. May call influx_state(). */
    void (*progress)(void *ctx);
    /* The database has the lines of influx_rows(), all but the bad ones. May give the next. */
    void (*rows_written)(void *ctx);
    /* A line the database refused. */
    void (*bad_line)(void *ctx, struct cw_str line, struct cw_str answer);
};

/* `client` must outlive it; the options are copied. */
int influx_new(struct influx **influx, uv_loop_t *loop, struct http_client *client,
               const struct influx_options *options, const struct influx_hooks *hooks,
               struct cw_error *err);
/* Drops what is in memory (influx_state() before tells what that is). NULL is fine. */
void influx_free(struct influx *influx);
/* Live lines made from the record at `at`; copied. Positions never go back; one record may
 * come in several calls, all before influx_passed() goes beyond it. */
void influx_add(struct influx *influx, struct position at, struct cw_str lines,
                uint32_t n_lines);
/* The fold has passed `upto`: also records without lines count as written. */
void influx_passed(struct influx *influx, struct position upto);
/* From again(): lines of the backlog; false when the batch is full after taking these. */
bool influx_backlog(struct influx *influx, struct position at, struct cw_str lines,
                    uint32_t n_lines);
/* Lines that the caller keeps until rows_written() is called; copied. False while there are
 * some on their way, or when they are beyond any limit. */
bool influx_rows(struct influx *influx, struct cw_str lines, uint32_t n_lines);
bool influx_rows_free(const struct influx *influx); /* none is on its way */
/* Everything before this is written (or given up): the journal may go up to here, once the
 * state is kept that says so. */
struct position influx_cursor(const struct influx *influx);
/* Unwritten intervals as text (core/journal/intervals.h), to keep and to load after a start.
 * The last one is open: everything that was not yet passed. */
void influx_state(const struct influx *influx, struct buf *out);
/* Once, before the first line: what the state says is unwritten up to `from`, where the live
 * lines will begin, becomes backlog. An empty state makes everything before `from` backlog;
 * so does one that is damaged or ahead of `from`, which is -EINVAL with err: to be logged, not
 * a reason to stop. */
int influx_restore(struct influx *influx, struct cw_str state, struct position from,
                   struct cw_error *err);
/* Gives up what lies before `before` (quota); returns how many intervals that touched. */
uint32_t influx_give_up(struct influx *influx, struct position before);
/* Sends what is there now; `done` (never from inside) when nothing is in flight, when the
 * database does not answer well, or after the time-out. Not the backlog. */
void influx_flush(struct influx *influx, int64_t timeout_ns, void (*done)(void *), void *ctx);

struct influx_status {
    bool up;                         /* the last answer was good */
    uint64_t n_written, n_bad_lines; /* lines */
    uint64_t n_given_up;             /* intervals the journal no longer had */
    uint64_t n_too_long;             /* records whose lines are beyond any limit */
    uint64_t n_requests, n_retries;
    uint64_t behind_intervals, buffer_bytes;
    int64_t last_write_ns; /* wall clock; 0 never */
    int64_t last_latency_ns;
    char last_error[200];
};
void influx_status(const struct influx *influx, struct influx_status *status);

/* ---- reading back, for the API ---- */

#define MAX_SERIES_POINTS 2000

/* Texts hold [A-Za-z0-9_.-] only. */
struct influx_series_query {
    struct cw_str site, device, metric;
    struct cw_str measurement; /* empty: whichever has the metric */
    int64_t from_ns, to_ns;
    uint32_t n_points; /* wanted at most */
};
struct influx_series {
    const int64_t *t_ms; /* start of each step; steps without a value are left out */
    const double *min, *max;
    size_t n;
};
/* code 0, or -EIO, -E2BIG, -ECANCELED (influx_free) with err and no series; all borrowed. */
typedef void (*influx_series_fn)(void *ctx, int code, const struct influx_series *series,
                                 const struct cw_error *err);
/* Asks the database; `done` is called once, later. *id is for influx_query_cancel(). 0,
 * -ENOTSUP (only v1 is asked), -EINVAL, -EBUSY (too many at a time), with err. */
int influx_query_series(struct influx *influx, const struct influx_series_query *query,
                        influx_series_fn done, void *ctx, uint64_t *id, struct cw_error *err);
void influx_query_cancel(struct influx *influx, uint64_t id); /* done is not called */

#endif
