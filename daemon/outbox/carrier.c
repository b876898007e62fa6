/*
 * carrier.c - see carrier.h. A parcel is one call under way; what answers it (curl, a child,
 * the broker's acknowledgement) finds the parcel by pointer and tells its owner once.
 */
#include "outbox/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/mqtt.h"
#include "io/program.h"

#define MAX_ARGUMENTS 16u
#define EX_DATAERR 65
#define LOOK_MS 20u

struct parcel {
    struct parcel *next;
    struct carrier *carrier;
    uint64_t id, http; /* http: the client's id */
    struct program *program;
    http_done_fn done;
    void *ctx;
    int64_t started_ns, until_ns; /* monotonic */
    uint64_t ticket, n_not_sent;  /* mqtt: see mqtt_downlink() */
    bool by_broker, failed;       /* failed: tell it with the next look */
    const char *error;
};

struct carrier {
    uv_loop_t *loop;
    struct http_client *client;
    struct mqtt *const *mqtt;
    uv_timer_t timer; /* looks at what the broker has acknowledged */
    struct parcel *parcels;
    uint64_t last_id;
};

static struct parcel *take(struct carrier *carrier, const struct parcel *parcel)
{
    for (struct parcel **at = &carrier->parcels; *at; at = &(*at)->next) {
        if (*at != parcel)
            continue;
        struct parcel *taken = *at;
        *at = taken->next;
        return taken;
    }
    return NULL;
}

static void finish(struct parcel *parcel, const struct http_answer *answer)
{
    http_done_fn done = parcel->done;
    void *ctx = parcel->ctx;
    (void)take(parcel->carrier, parcel);
    free(parcel);
    done(ctx, answer);
}

static void on_http(void *ctx, const struct http_answer *answer)
{
    finish(ctx, answer);
}

static void on_program(void *ctx, const struct program_end *end)
{
    const struct http_answer answer = {
        .status = end->code < 0             ? 0
                  : end->code == 0          ? 200
                  : end->code == EX_DATAERR ? 400
                                            : 500,
        .body = end->output,
        .error = end->error,
        .elapsed_ns = end->elapsed_ns,
    };
    finish(ctx, &answer);
}

/* ---- programs ---- */

/* What stands behind "Name: " of each header that has it; ends with NULL. */
static void values_of(const struct http_call *call, const char *name, const char **value)
{
    size_t n = 0, length = strlen(name);
    for (size_t i = 0; i < call->n_headers && n < MAX_ARGUMENTS; i++) {
        if (strncmp(call->header[i], name, length) == 0)
            value[n++] = call->header[i] + length;
    }
    value[n] = NULL;
}

static void run_program(struct parcel *parcel, const struct http_call *call)
{
    const char *argument[MAX_ARGUMENTS + 1], *environment[MAX_ARGUMENTS + 1];
    values_of(call, "Argument: ", argument);
    values_of(call, "Environment: ", environment);
    const struct program_call program = {
        .path = call->url + strlen("exec:"),
        .argument = argument,
        .environment = environment,
        .input = call->body,
        .timeout_ns = call->timeout_ns,
        .max_output = call->max_answer,
    };
    program_run(parcel->carrier->loop, &program, on_program, parcel, &parcel->program);
}

/* ---- the broker ---- */

static bool is_over(const struct parcel *parcel, const struct mqtt_downlink *now,
                    struct http_answer *answer)
{
    int64_t now_ns = clock_monotonic_ns();
    *answer = (struct http_answer){.elapsed_ns = now_ns - parcel->started_ns};
    if (parcel->failed)
        answer->error = parcel->error;
    else if (now->n_not_sent != parcel->n_not_sent)
        answer->error = "the broker did not take it";
    else if (now->n_ended >= parcel->ticket)
        answer->status = 200;
    else if (now_ns >= parcel->until_ns)
        answer->error = "the broker did not acknowledge it in time";
    else
        return false;
    return true;
}

static void look(uv_timer_t *timer)
{
    struct carrier *carrier = timer->data;
    struct mqtt_downlink now = {0};
    struct http_answer answer;
    bool waiting = true;
    if (carrier->mqtt && *carrier->mqtt)
        mqtt_downlink(*carrier->mqtt, &now);
    while (waiting) {
        struct parcel *parcel = carrier->parcels;
        while (parcel && !(parcel->by_broker && is_over(parcel, &now, &answer)))
            parcel = parcel->next;
        waiting = parcel != NULL;
        if (parcel)
            finish(parcel, &answer); /* may add and remove others */
    }
    for (struct parcel *parcel = carrier->parcels; parcel; parcel = parcel->next)
        waiting = waiting || parcel->by_broker;
    if (!waiting)
        (void)uv_timer_stop(timer);
}

static void publish(struct parcel *parcel, const struct http_call *call)
{
    struct carrier *carrier = parcel->carrier;
    struct mqtt *mqtt = carrier->mqtt ? *carrier->mqtt : NULL;
    struct mqtt_downlink before = {0};
    bool retain = call->n_headers > 0 && strcmp(call->header[0], "Retain: true") == 0;
    parcel->by_broker = true;
    parcel->until_ns = parcel->started_ns + call->timeout_ns;
    if (mqtt)
        mqtt_downlink(mqtt, &before);
    int ret = mqtt ? mqtt_publish(mqtt, call->url + strlen("mqtt:"), call->body, retain) : -1;
    parcel->failed = ret != 0;
    parcel->error = mqtt && ret == -EAGAIN ? "too many messages wait for the broker"
                                           : "no broker is connected";
    parcel->ticket = before.n_handed + 1;
    parcel->n_not_sent = before.n_not_sent;
    if (!uv_is_active((const uv_handle_t *)&carrier->timer))
        (void)uv_timer_start(&carrier->timer, look, ret ? 0 : LOOK_MS, LOOK_MS);
}

/* ---- all of them ---- */

uint64_t carrier_call(struct carrier *carrier, const struct http_call *call, http_done_fn done,
                      void *ctx)
{
    struct parcel *parcel = xcalloc(1, sizeof(*parcel));
    struct cw_str url = str_of(call->url);
    parcel->carrier = carrier;
    parcel->id = ++carrier->last_id;
    parcel->done = done;
    parcel->ctx = ctx;
    parcel->started_ns = clock_monotonic_ns();
    parcel->next = carrier->parcels;
    carrier->parcels = parcel;
    if (str_starts(url, "exec:"))
        run_program(parcel, call);
    else if (str_starts(url, "mqtt:"))
        publish(parcel, call);
    else
        parcel->http = http_client_call(carrier->client, call, on_http, parcel);
    return parcel->id;
}

static void drop(struct parcel *parcel)
{
    if (parcel->program)
        program_cancel(parcel->program);
    else if (!parcel->by_broker)
        http_client_cancel(parcel->carrier->client, parcel->http);
    (void)take(parcel->carrier, parcel);
    free(parcel);
}

void carrier_cancel(struct carrier *carrier, uint64_t id)
{
    struct parcel *parcel = carrier->parcels;
    while (parcel && parcel->id != id)
        parcel = parcel->next;
    if (parcel)
        drop(parcel);
}

void carrier_start(struct carrier **out, uv_loop_t *loop, struct http_client *client,
                   struct mqtt *const *mqtt)
{
    struct carrier *carrier = xcalloc(1, sizeof(*carrier));
    carrier->loop = loop;
    carrier->client = client;
    carrier->mqtt = mqtt;
    carrier->timer.data = carrier;
    if (uv_timer_init(loop, &carrier->timer) != 0)
        BUG("the loop refused the carrier's timer");
    *out = carrier;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void carrier_stop(struct carrier *carrier)
{
    if (!carrier)
        return;
    while (carrier->parcels)
        drop(carrier->parcels);
    uv_close((uv_handle_t *)&carrier->timer, on_closed);
}
