/*
 * influx_lane.h - the InfluxDB writer from inside: what its three files share. Private.
 *
 *   influx.c          the way in, live batches, what is unwritten, the one timer
 *   influx_lane.c     one batch on its way: requests, answers, back-off, bad lines
 *   influx_backlog.c  batches made again from the journal
 *
 * Every line that was given is, at any moment, in exactly one of: the filling batch, a
 * waiting batch, the live lane's batch, an unwritten interval, or the database. The backlog
 * lane's lines stay in their interval until the database has them; the rows lane's stay with
 * who gave them.
 */
#ifndef IO_INFLUX_LANE_H
#define IO_INFLUX_LANE_H

#include "base/log.h"
#include "core/journal/intervals.h"
#include "io/influx.h"
#include "io/influx_batch.h"
#include "io/influx_query.h"
#include "io/influx_target.h"

#define MAX_WAITING 2
#define MAX_WITNESS 4096

enum lane_name { LIVE, BACKLOG, ROWS, N_LANES };

struct lane {
    struct influx *influx;
    enum lane_name name;
    struct influx_batch *batch; /* NULL: free */
    uint64_t call;              /* the request on its way, or 0 */
    bool probing;               /* it is the witness again */
};

struct influx {
    uv_loop_t *loop;
    struct http_client *client;
    struct influx_options options; /* numbers only; texts are in the target */
    struct influx_hooks hooks;
    struct influx_target target;
    uv_timer_t timer;
    bool closing, flushing;
    int64_t flush_deadline_ns;
    void (*flushed)(void *ctx);
    void *flush_ctx;

    struct lane lane[N_LANES];
    struct influx_batch *filling; /* NULL: empty */
    int64_t filling_since_ns;
    bool overdue;                              /* but its last record is not through */
    struct influx_batch *waiting[MAX_WAITING]; /* oldest first */
    uint32_t n_waiting;

    struct influx_batch *making;  /* the backlog's next batch */
    struct position making_next;  /* where it goes on */
    int64_t making_not_before_ns; /* the journal had nothing, though it should */

    struct intervals unwritten; /* not in memory */
    struct position passed;     /* lines before it have been given */
    struct position floor;      /* what lies before it is given up */

    int64_t not_before_ns; /* the database wants rest */
    uint32_t n_failures;   /* in a row */
    uint64_t create_call;
    int64_t next_create_ns;
    struct cw_str witness; /* a line the database took; owned */

    struct influx_queries queries;
    struct influx_status status;
    struct complaint complaint, making_complaint;
};

/* influx.c. Only from the timer and from answers: it may call again(), and that must not
 * happen inside influx_add(), which the fold calls. */
void influx_pump(struct influx *influx);
/* Writes all that is in the batch off as an unwritten interval, and frees it. */
void influx_put_off(struct influx *influx, struct influx_batch *batch);

/* influx_lane.c: the lane must be free of a call and have a batch. */
void lane_send(struct lane *lane);
void lane_drop(struct lane *lane); /* cancels and frees, for the end */

/* influx_backlog.c: one slice; true when it wants another one soon. */
bool influx_backlog_make(struct influx *influx, int64_t now_ns);
/* After something was given up: what is half made of it is forgotten. */
void influx_backlog_forget(struct influx *influx, struct position before);

#endif
