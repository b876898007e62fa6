/*
 * influx.h - lines to a time-series database: batches, gzip, the answer table of contract
 * section 6, and catching up from the journal after an outage.
 *
 * There is no spool: what is not written is a set of at most 64 journal intervals, and their
 * lines are made again from the journal. Live batches go first, then the backlog.
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
    int64_t flush_interval_ns, batch_bytes, batch_lines, timeout_ns, max_backoff_ns;
    int32_t gzip;
};
extern const struct cw_option influx_options[];

struct influx;

struct influx_hooks {
    void *ctx;
    /* Make the lines of the journal from `from` on again: call influx_backlog() for each
     * record's lines, stop when it returns false or at `to`. Returns where to go on. Must
     * not take longer than 5 ms. -EBADMSG or -ENOENT when the journal has them no more. */
    int (*again)(void *ctx, struct position from, struct position to, struct position *next);
    /* The set of unwritten intervals changed: keep it (text form of influx_state()). */
    void (*progress)(void *ctx);
    /* A line the database refused. */
    void (*bad_line)(void *ctx, struct cw_str line, struct cw_str answer);
};

int influx_new(struct influx **influx, uv_loop_t *loop, struct http_client *client,
               const struct influx_options *options, const struct influx_hooks *hooks,
               struct cw_error *err);
void influx_free(struct influx *influx);
/* Live lines made from the record at `at`; copied. */
void influx_add(struct influx *influx, struct position at, struct cw_str lines,
                uint32_t n_lines);
/* The fold has passed `upto`: also records without lines count as written. */
void influx_passed(struct influx *influx, struct position upto);
/* From again(): lines of the backlog; false when the batch is full after taking these. */
bool influx_backlog(struct influx *influx, struct position at, struct cw_str lines,
                    uint32_t n_lines);
/* Everything before this is written (or given up): the journal may go up to here. */
struct position influx_cursor(const struct influx *influx);
/* Unwritten intervals as text, to keep and to load after a start; the part up to `passed`
 * that is not in them is written. */
void influx_state(const struct influx *influx, struct buf *out);
int influx_restore(struct influx *influx, struct cw_str state, struct position from,
                   struct cw_error *err);
/* Gives up what lies before `before` (quota); returns how many intervals that touched. */
uint32_t influx_give_up(struct influx *influx, struct position before);
/* Sends what is there now; `done` when nothing is in flight or after the time-out. */
void influx_flush(struct influx *influx, int64_t timeout_ns, void (*done)(void *), void *ctx);

struct influx_status {
    bool up; /* the last answer was good */
    uint64_t n_written, n_bad_lines, n_given_up, n_requests, n_retries;
    uint64_t behind_intervals, buffer_bytes;
    int64_t last_write_ns, last_latency_ns;
    char last_error[200];
};
void influx_status(const struct influx *influx, struct influx_status *status);

#endif
