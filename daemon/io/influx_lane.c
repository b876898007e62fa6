/*
 * influx_lane.c - one batch on its way to the database.
 *
 *   send -> taken      next span; when none is left the batch is done
 *        -> refused    halves; a single line becomes a suspect
 *        -> otherwise  nothing is sent by either lane until the database had its rest
 *
 * A suspect is a bad line only if the database still takes others: a proxy with a wrong
 * setting refuses good lines too. So something else must be taken first: another line of the
 * batch, or else the witness (the last line that was taken, once more; writing it twice
 * changes nothing). Then the suspect is sent again, and if it is refused again it is bad. If
 * the witness is refused too, the whole batch waits.
 */
#include "io/influx_lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_ANSWER (16u * 1024)
#define MAX_REST_NS (3600 * NS_PER_S) /* of what a Retry-After may ask */
#define FIRST_BACKOFF_NS (250 * NS_PER_MS)

static void lane_on_answer(void *ctx, const struct http_answer *answer);

/* ---- when the database is not well ---- */

/* Full jitter: many daemons must not come back at the same moment. */
static int64_t random_below(int64_t bound)
{
    uint64_t bits = 0;

    (void)uv_random(NULL, NULL, &bits, sizeof(bits), 0, NULL);
    return bound > 0 ? (int64_t)(bits % (uint64_t)bound) : 0;
}

static int64_t backoff(const struct influx *influx)
{
    int64_t bound = FIRST_BACKOFF_NS;

    for (uint32_t i = 1; i < influx->n_failures && bound < influx->options.max_backoff_ns; i++)
        bound *= 2;
    if (bound > influx->options.max_backoff_ns)
        bound = influx->options.max_backoff_ns;
    return NS_PER_MS + random_below(bound);
}

static void say_failure(struct influx *influx, const struct http_answer *answer,
                        const char *what, int64_t rest_ns)
{
    struct influx_status *status = &influx->status;
    char rest[DURATION_MAX];

    status->up = false;
    if (answer->status == 0)
        (void)snprintf(status->last_error, sizeof(status->last_error), "%s", answer->error);
    else
        (void)snprintf(status->last_error, sizeof(status->last_error), "HTTP %d%s: %.*s",
                       answer->status, what, (int)utf8_cut(answer->body, 120),
                       answer->body.n ? answer->body.p : "");
    (void)duration_format(rest_ns / NS_PER_MS * NS_PER_MS, rest);
    complain(&influx->complaint, clock_monotonic_ns(),
             "influx: not written, trying again in %s (%s)", rest, status->last_error);
}

static void rest(struct influx *influx, const struct http_answer *answer, const char *what,
                 int64_t rest_ns)
{
    influx->n_failures++;
    influx->status.n_retries++;
    influx->not_before_ns = clock_monotonic_ns() + rest_ns;
    say_failure(influx, answer, what, rest_ns);
}

static void rest_as_asked(struct influx *influx, const struct http_answer *answer)
{
    const int64_t asked = answer->retry_after_ns;

    if ((answer->status == 429 || answer->status == 503) && asked > 0)
        rest(influx, answer, "", asked < MAX_REST_NS ? asked : MAX_REST_NS);
    else
        rest(influx, answer, "", backoff(influx));
}

/* ---- creating the database ---- */

static void on_created(void *ctx, const struct http_answer *answer)
{
    struct influx *influx = ctx;

    influx->create_call = 0;
    if (influx->closing)
        return;
    /* Whether it worked the next write tells; a refusal also comes with status 200. */
    if (answer->status == 200)
        log_info("influx: database created name=%s", influx->target.database);
    else
        rest(influx, answer, " when creating the database", influx->options.hold_ns);
    influx_pump(influx);
}

static void create_database(struct influx *influx, const struct http_answer *why)
{
    const int64_t now_ns = clock_monotonic_ns();
    const char *header[2];
    struct http_call call = {
        .body = str_of(influx->target.create_body),
        .timeout_ns = influx->options.timeout_ns,
        .max_answer = MAX_ANSWER,
    };

    if (influx->create_call)
        return;
    if (now_ns < influx->next_create_ns) {
        rest(influx, why, "", influx->options.hold_ns);
        return;
    }
    influx->next_create_ns = now_ns + influx->options.hold_ns;
    influx_target_form(&influx->target, &call, header);
    influx->create_call = http_client_call(influx->client, &call, on_created, influx);
    influx->status.n_requests++;
}

/* ---- lines the database refuses ---- */

static void finish_batch(struct lane *lane)
{
    struct influx *influx = lane->influx;
    const struct influx_batch *batch = lane->batch;

    if (lane->name == ROWS) {
        influx_batch_free(lane->batch);
        lane->batch = NULL;
        influx->hooks.rows_written(influx->hooks.ctx);
        return;
    }
    /* Also for live lines: intervals that grew together may have covered them. */
    intervals_remove(&influx->unwritten, batch->from, batch->to);
    influx_batch_free(lane->batch);
    lane->batch = NULL;
    influx->hooks.progress(influx->hooks.ctx);
}

static void tell_bad_line(struct lane *lane, struct cw_str answer)
{
    struct influx *influx = lane->influx;
    struct cw_str line = influx_batch_next(lane->batch);

    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line.n--;
    influx->status.n_bad_lines++;
    influx->hooks.bad_line(influx->hooks.ctx, line, answer);
    (void)influx_batch_taken(lane->batch);
}

static void refuse_batch(struct lane *lane, const struct http_answer *answer)
{
    struct influx *influx = lane->influx;
    struct influx_batch *batch = lane->batch;

    lane->probing = false;
    rest(influx, answer, " to every line", backoff(influx));
    if (lane->name == LIVE) {
        /* Others may fare better; this one comes back with the backlog. */
        lane->batch = NULL;
        influx_put_off(influx, batch);
    } else {
        influx_batch_begin(batch);
    }
}

static void on_refused(struct lane *lane, const struct http_answer *answer)
{
    struct influx_batch *batch = lane->batch;

    if (lane->probing) {
        refuse_batch(lane, answer);
        return;
    }
    if (influx_batch_split(batch))
        return;
    if (!influx_batch_suspect(batch)) {
        tell_bad_line(lane, answer->body);
        if (influx_batch_is_sent(batch))
            finish_batch(lane);
        return;
    }
    if (batch->n_suspects < MAX_SUSPECTS && !influx_batch_is_sent(batch))
        return;
    if (lane->influx->witness.n > 0)
        lane->probing = true;
    else
        refuse_batch(lane, answer);
}

/* ---- lines the database takes ---- */

static void keep_witness(struct influx *influx, struct cw_str lines)
{
    const char *end = memchr(lines.p, '\n', lines.n);
    const size_t n = end ? (size_t)(end - lines.p) + 1 : lines.n;

    if (n > MAX_WITNESS)
        return;
    free((char *)(uintptr_t)influx->witness.p);
    influx->witness = (struct cw_str){xstrndup(lines.p, n), n};
}

static void on_taken(struct lane *lane, const struct http_answer *answer)
{
    struct influx *influx = lane->influx;
    struct influx_batch *batch = lane->batch;

    influx->n_failures = 0;
    influx->not_before_ns = 0;
    influx->status.up = true;
    influx->status.last_write_ns = clock_wall_ns();
    influx->status.last_latency_ns = answer->elapsed_ns;
    complaint_over(&influx->complaint, "influx: writing again");
    if (lane->probing) {
        lane->probing = false;
    } else {
        keep_witness(influx, influx_batch_next(batch));
        influx->status.n_written += influx_batch_taken(batch);
    }
    influx_batch_try_suspects(batch);
    if (influx_batch_is_sent(batch))
        finish_batch(lane);
}

/* ---- requests ---- */

static void lane_on_answer(void *ctx, const struct http_answer *answer)
{
    struct lane *lane = ctx;
    struct influx *influx = lane->influx;

    lane->call = 0;
    if (influx->closing)
        return;
    switch (influx_judge(&influx->target, answer)) {
    case INFLUX_TAKEN:
        on_taken(lane, answer);
        break;
    case INFLUX_REFUSED:
    case INFLUX_TOO_LARGE:
        on_refused(lane, answer);
        break;
    case INFLUX_NO_DATABASE:
        create_database(influx, answer);
        break;
    case INFLUX_HELD:
        rest(influx, answer, "", influx->options.hold_ns);
        break;
    case INFLUX_LATER:
        rest_as_asked(influx, answer);
        break;
    }
    influx_pump(influx);
}

void lane_send(struct lane *lane)
{
    struct influx *influx = lane->influx;
    const char *header[2];
    struct http_call call = {
        .body = lane->probing ? influx->witness : influx_batch_next(lane->batch),
        .gzip = influx->options.gzip != 0,
        .timeout_ns = influx->options.timeout_ns,
        .max_answer = MAX_ANSWER,
    };

    influx_target_write(&influx->target, &call, header);
    lane->call = http_client_call(influx->client, &call, lane_on_answer, lane);
    influx->status.n_requests++;
}

void lane_drop(struct lane *lane)
{
    http_client_cancel(lane->influx->client, lane->call);
    lane->call = 0;
    influx_batch_free(lane->batch);
    lane->batch = NULL;
}
