/*
 * outbox.c - rows of the store through the notifier plugins to the world.
 *
 * A row stays in the store until its outcome is committed there, so a crash between a
 * target's answer and that commit sends it again, with the same id. Each row backs off by
 * itself (1 s doubling, jitter by its id), so a dead target delays no other.
 */
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "daemon.h"
#include "outbox_request.h"

#define MAX_DUE 256u
#define MAX_IN_FLIGHT_EACH 16u /* of a channel: one that hangs holds up no other */

struct channel_state {
    struct outbox_status status;
    struct complaint complaint;
};

struct outbox {
    struct daemon *daemon;
    struct channel_state *channel; /* as in config->channel */
    size_t n_channels;
    struct map in_flight; /* "alarm rev channel to" -> struct delivery */
    bool asking, again;
    bool stopped; /* waits only for the store's answer, to be freed */
    struct request_writer writer;
};

/* One row on its way. */
struct delivery {
    struct outbox *outbox;
    struct outbox_row row;
    char key[200];
    uint64_t call;
    /* Answered, its result handed to the store. A question that was under way by then still
     * finds the row due: it stays in in_flight until the next question is asked. */
    bool concluded;
};

/* ---- routes ---- */

static bool list_has(const char *const *list, const char *name)
{
    for (; list && *list; list++) {
        if (strcmp(*list, name) == 0)
            return true;
    }
    return false;
}

/* "" matches all; "a|b" one of them. */
static bool words_have(const char *words, const char *name)
{
    struct cw_str rest = str_of(words), word;
    if (rest.n == 0)
        return true;
    while (str_split(&rest, '|', &word)) {
        if (str_is(word, name))
            return true;
    }
    return false;
}

static bool route_matches(const struct route *route, const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    const char *change = alarm_change_name(transition->change);
    bool wanted = route->changes && route->changes[0]
                      ? list_has(route->changes, change)
                      : transition->change == CHANGE_RAISED ||
                            transition->change == CHANGE_REPEATED ||
                            transition->change == CHANGE_CLEARED;
    return wanted && words_have(route->priority, priority_name(alarm->priority)) &&
           words_have(route->category, category_name(alarm->category)) &&
           rule_pattern_matches(route->site ? route->site : "", str_of(alarm->site)) &&
           words_have(route->district, alarm->district);
}

size_t outbox_routes(const struct config *config, const struct transition *transition,
                     const char **channel, size_t max)
{
    size_t n = 0;
    if (transition->alarm->historical)
        return 0; /* shown, never paged */
    for (size_t i = 0; i < config->n_routes; i++) {
        const struct route *route = &config->route[i];
        if (!route_matches(route, transition))
            continue;
        for (const char *const *name = route->channel; name && *name && n < max; name++) {
            bool there = false;
            for (size_t k = 0; k < n; k++)
                there = there || strcmp(channel[k], *name) == 0;
            if (!there)
                channel[n++] = *name;
        }
    }
    return n;
}

/* ---- one delivery ---- */

static struct channel_state *state_of(struct outbox *outbox, const char *name)
{
    for (size_t i = 0; i < outbox->n_channels; i++) {
        if (strcmp(outbox->channel[i].status.channel, name) == 0)
            return &outbox->channel[i];
    }
    return NULL;
}

static const struct channel *channel_of(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channel[i].name, name) == 0)
            return &config->channel[i];
    }
    return NULL;
}

static void record_outcome(struct outbox *outbox, const struct outbox_row *row, bool ok)
{
    struct buf json;
    struct json_out out;
    buf_init(&json, 2048);
    json_out_init(&out, &json);
    json_object(&out);
    json_member_text(&out, "alarm", str_of(row->alarm));
    json_member_int(&out, "rev", row->rev);
    json_member_text(&out, "channel", str_of(row->channel));
    json_member_text(&out, "to", str_of(row->to));
    json_member_bool(&out, "ok", ok);
    json_object_end(&out);
    if (pipeline_append(outbox->daemon->pipeline, RECORD_DELIVERY, "delivery",
                        buf_str(&json)) != 0)
        log_warning("a delivery's outcome is not in the journal alarm=%s channel=%s",
                    row->alarm, row->channel);
    buf_done(&json);
}

/* 1 s doubling up to the channel's maximum, less up to a quarter by the row's own id. */
static int64_t backoff_ns(const struct outbox_row *row, int64_t max_ns)
{
    int64_t ns = NS_PER_S << (row->tries < 20 ? row->tries : 20);
    ns = ns < max_ns ? ns : max_ns;
    uint64_t jitter = hash64(str_of(row->alarm), row->tries + row->rev) & 0xffff;
    return ns - (int64_t)((uint64_t)(ns / 4) * jitter >> 16);
}

static void conclude(struct outbox *outbox, const struct outbox_row *row, uint32_t outcome,
                     const char *why)
{
    struct channel_state *state = state_of(outbox, row->channel);
    const struct channel *channel = channel_of(outbox->daemon->config, row->channel);
    int64_t now_ns = clock_wall_ns(), next_ns = now_ns;
    if (outcome == CW_RETRY)
        next_ns += backoff_ns(row, channel ? channel->max_backoff_ns : 60 * NS_PER_S);
    store_outbox_result(outbox->daemon->store, row, outcome, next_ns, why);
    if (outcome != CW_RETRY)
        record_outcome(outbox, row, outcome == CW_DONE);
    if (!state)
        return;
    state->status.ok = outcome == CW_DONE;
    if (state->status.ok)
        state->status.failing_since_ns = 0;
    else if (state->status.failing_since_ns == 0)
        state->status.failing_since_ns = clock_monotonic_ns();
    state->status.n_done += outcome == CW_DONE;
    state->status.n_failed += outcome == CW_REJECTED;
    state->status.n_retries += outcome == CW_RETRY;
    (void)str_copy(state->status.last_error, sizeof(state->status.last_error),
                   (struct cw_str){why, utf8_cut(str_of(why), 150)});
    if (outcome == CW_DONE)
        complaint_over(&state->complaint, "channel %s delivers again", row->channel);
    else
        complain(&state->complaint, clock_monotonic_ns(),
                 "channel %s does not deliver, %s (%s)", row->channel,
                 outcome == CW_RETRY ? "trying again" : "given up for this alarm", why);
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct delivery *delivery = ctx;
    struct outbox *outbox = delivery->outbox;
    const struct channel *channel = channel_of(outbox->daemon->config, delivery->row.channel);
    struct cw_error err = {""};
    uint32_t outcome = CW_RETRY;
    if (channel)
        outcome = channel->plugin->ops.notifier->judge(channel->self, answer->status,
                                                       answer->body, &err);
    conclude(outbox, &delivery->row, outcome,
             answer->status == 0 && answer->error ? answer->error : err.text);
    delivery->concluded = true;
    outbox_wake(outbox);
}

static void deliver(struct outbox *outbox, const struct outbox_row *row, const char *key)
{
    const struct channel *channel = channel_of(outbox->daemon->config, row->channel);
    struct cw_error err = {""};
    if (!channel) {
        conclude(outbox, row, CW_REJECTED, "the configuration has no such channel any more");
        return;
    }
    struct cw_request request;
    request_room(&request);
    if (request_write(&outbox->writer, channel, row, clock_wall_ns(), &request, &err) != 0) {
        conclude(outbox, row, CW_REJECTED, err.text);
    } else {
        struct delivery *delivery = xcalloc(1, sizeof(*delivery));
        delivery->outbox = outbox;
        delivery->row = *row;
        delivery->row.alarm_json = NULL;
        (void)str_copy(delivery->key, sizeof(delivery->key), str_of(key));
        (void)map_put(&outbox->in_flight, str_of(key), delivery);
        struct http_call call = {
            .method = request.method,
            .url = request.url,
            .header = request.header,
            .n_headers = request.n_headers,
            .body = {request.body, request.n_body},
            .timeout_ns = channel->timeout_ns,
            .max_answer = 4096,
        };
        delivery->call =
            http_client_call(outbox->daemon->http_client, &call, on_answer, delivery);
    }
    request_free(&request);
}

/* ---- what is due ---- */

static bool has_room(const struct outbox *outbox, const char *channel)
{
    const struct delivery *delivery;
    uint32_t n = 0;
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));)
        n += !delivery->concluded && strcmp(delivery->row.channel, channel) == 0;
    return n < MAX_IN_FLIGHT_EACH;
}

static void on_due(void *ctx, const struct outbox_row *row, size_t n)
{
    struct outbox *outbox = ctx;
    char key[200];
    outbox->asking = false;
    if (outbox->stopped) {
        free(outbox);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(key, sizeof(key), "%s %u %s %s", row[i].alarm, row[i].rev,
                       row[i].channel, row[i].to);
        if (!map_get(&outbox->in_flight, str_of(key)) && has_room(outbox, row[i].channel))
            deliver(outbox, &row[i], key);
    }
    if (outbox->again)
        outbox_wake(outbox);
}

static void forget_concluded(struct outbox *outbox)
{
    struct delivery *delivery;
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));) {
        if (!delivery->concluded)
            continue;
        (void)map_remove(&outbox->in_flight, str_of(delivery->key));
        free(delivery);
    }
}

void outbox_wake(struct outbox *outbox)
{
    outbox->again = outbox->asking;
    if (outbox->asking || outbox->n_channels == 0)
        return;
    outbox->asking = true;
    forget_concluded(outbox); /* the store works in order: results before this question */
    store_outbox_due(outbox->daemon->store, clock_wall_ns(), MAX_DUE, MAX_IN_FLIGHT_EACH,
                     on_due, outbox);
}

static void on_commit(void *ctx)
{
    outbox_wake(ctx);
}

size_t outbox_status(const struct outbox *outbox, struct outbox_status *status, size_t max)
{
    size_t n = 0;
    for (; n < outbox->n_channels && n < max; n++)
        status[n] = outbox->channel[n].status;
    return n;
}

void outbox_reload(struct outbox *outbox)
{
    const struct config *config = outbox->daemon->config;
    free(outbox->channel);
    outbox->n_channels = config->n_channels;
    outbox->channel = xcalloc(outbox->n_channels + 1, sizeof(*outbox->channel));
    for (size_t i = 0; i < outbox->n_channels; i++) {
        outbox->channel[i].status.channel = config->channel[i].name;
        outbox->channel[i].status.ok = true;
    }
}

int outbox_start(struct outbox **out, struct daemon *daemon, struct cw_error *err)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));
    outbox->daemon = daemon;
    outbox_reload(outbox);
    map_init(&outbox->in_flight);
    *out = outbox;
    int ret = request_writer_init(&outbox->writer, err);
    store_on_commit(daemon->store, on_commit, outbox);
    return ret;
}

void outbox_stop(struct outbox *outbox)
{
    if (!outbox)
        return;
    struct delivery *delivery;
    store_on_commit(outbox->daemon->store, NULL, NULL);
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));) {
        if (!delivery->concluded)
            http_client_cancel(outbox->daemon->http_client, delivery->call);
        free(delivery);
    }
    map_done(&outbox->in_flight);
    request_writer_done(&outbox->writer);
    free(outbox->channel);
    outbox->stopped = true;
    if (!outbox->asking)
        free(outbox);
}
