/*
 * outbox_delivery.c - one delivery: from a row to a request on its way, from the target's
 * answer to the record of the journal, and from there to the end of the row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"
#include "core/series/alarm_shown.h"
#include "outbox/carrier.h"
#include "outbox/outbox_private.h"

struct channel_state *outbox_state_of(struct outbox *outbox, const char *name)
{
    for (size_t i = 0; i < outbox->n_channels; i++) {
        if (strcmp(outbox->channel[i].status.channel, name) == 0)
            return &outbox->channel[i];
    }
    return NULL;
}

const struct channel *outbox_channel(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channel[i].name, name) == 0)
            return &config->channel[i];
    }
    return NULL;
}

/* Where the journal has it; zero: it could not take it, the store alone knows. */
static struct position record_outcome(struct outbox *outbox, const struct outbox_row *row,
                                      bool ok, bool unreached)
{
    struct position at = {0, 0};
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
    if (unreached)
        json_member_bool(&out, "unreached", true);
    json_object_end(&out);
    if (pipeline_append(outbox->daemon->pipeline, RECORD_DELIVERY, "delivery", buf_str(&json),
                        &at) != 0)
        log_warning("a delivery's outcome is not in the journal alarm=%s channel=%s",
                    row->alarm, row->channel);
    buf_done(&json);
    return at;
}

/* 1 s doubling up to the channel's maximum, less up to a quarter by the row's own id. */
static int64_t backoff_ns(const struct outbox_row *row, int64_t max_ns)
{
    int64_t ns = NS_PER_S << (row->tries < 20 ? row->tries : 20);
    ns = ns < max_ns ? ns : max_ns;
    uint64_t jitter = hash64(str_of(row->alarm), row->tries + row->rev) & 0xffff;
    return ns - (int64_t)((uint64_t)(ns / 4) * jitter >> 16);
}

/* A row that failed comes again after its own pause, or when its channel does. */
static int64_t next_try_ns(const struct channel_state *state, const struct channel *channel,
                           const struct outbox_row *row, int64_t now_ns)
{
    int64_t monotonic_ns = clock_monotonic_ns();
    if (state && state->pace.paused_until_ns > monotonic_ns)
        return now_ns + state->pace.paused_until_ns - monotonic_ns;
    return now_ns + backoff_ns(row, channel ? channel->max_backoff_ns : 60 * NS_PER_S);
}

/* How the channel does, after the outcome of one row. */
static void take_note(struct outbox *outbox, const struct outbox_row *row, uint32_t outcome,
                      const char *why)
{
    struct channel_state *state = outbox_state_of(outbox, row->channel);
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

/* A row that was never on its way, or is to go again: the store is told at once. */
void outbox_conclude(struct outbox *outbox, const struct outbox_row *row, uint32_t outcome,
                     const char *why)
{
    int64_t now_ns = journal_now(outbox->daemon->journal), next_ns = now_ns;
    if (outcome == CW_RETRY)
        next_ns =
            next_try_ns(outbox_state_of(outbox, row->channel),
                        outbox_channel(outbox->daemon->config, row->channel), row, now_ns);
    else
        (void)record_outcome(outbox, row, false, false);
    store_outbox_result(outbox->daemon->store, row, outcome, next_ns, why);
    take_note(outbox, row, outcome, why);
}

/* Nobody knows where the person is reached. That is no fault of the channel, so it counts apart
 * and says nothing of how the channel does; the chain goes on (escalation_unreached()). */
static void conclude_unreached(struct outbox *outbox, const struct outbox_row *row,
                               const char *why)
{
    struct channel_state *state = outbox_state_of(outbox, row->channel);
    (void)record_outcome(outbox, row, false, true);
    store_outbox_result(outbox->daemon->store, row, CW_REJECTED,
                        journal_now(outbox->daemon->journal), why);
    if (state && state->status.n_unreached++ == 0)
        log_warning("somebody on duty cannot be told, going on with the next step channel=%s "
                    "(no address is known, see /api/v1/rosters)",
                    row->channel);
}

/* Told, or refused for good: the journal first. */
static void conclude_delivery(struct outbox *outbox, struct delivery *delivery,
                              uint32_t outcome, const char *why)
{
    delivery->outcome = outcome;
    delivery->at_ns = journal_now(outbox->daemon->journal);
    (void)str_copy(delivery->why, sizeof(delivery->why),
                   (struct cw_str){why, utf8_cut(str_of(why), sizeof(delivery->why) - 1)});
    for (size_t i = 0; i < delivery->n_rows; i++) {
        struct position at =
            record_outcome(outbox, &delivery->row[i], outcome == CW_DONE, false);
        if (position_cmp(at, delivery->upto) > 0)
            delivery->upto = at;
        take_note(outbox, &delivery->row[i], outcome, why);
    }
}

/* Hands to the store what the journal has on the disk; all of it when we stop. */
void outbox_hand_over(struct outbox *outbox, bool all)
{
    struct position synced = journal_synced(outbox->daemon->journal);
    struct delivery *delivery;
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));) {
        bool is_final = delivery->answered && !delivery->concluded;
        if (!is_final || (!all && position_cmp(delivery->upto, synced) >= 0))
            continue;
        for (size_t k = 0; k < delivery->n_rows; k++)
            store_outbox_result(outbox->daemon->store, &delivery->row[k], delivery->outcome,
                                delivery->at_ns, delivery->why);
        delivery->concluded = true;
    }
}

/* A drill went through: kept in the store, since a month is longer than we run. */
static void remember_test(struct outbox *outbox, struct channel_state *state, int64_t now_ns)
{
    char name[MAX_ID + 8], value[NUM_MAX];
    state->status.tested_ns = now_ns;
    (void)snprintf(name, sizeof(name), "tested.%s", state->name);
    (void)snprintf(value, sizeof(value), "%lld", (long long)now_ns);
    store_text_set(outbox->daemon->store, name, str_of(value));
}

/* As the store has it; a channel that is new counts from now on. */
void outbox_recall_test(struct outbox *outbox, struct channel_state *state)
{
    char name[MAX_ID + 8];
    (void)snprintf(name, sizeof(name), "tested.%s", state->name);
    const char *value = store_text_at_open(outbox->daemon->store, name);
    if (!value || num_parse_i64(str_of(value), &state->status.tested_ns) < 0)
        remember_test(outbox, state, clock_wall_ns());
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct delivery *delivery = ctx;
    struct outbox *outbox = delivery->outbox;
    const char *name = delivery->row[0].channel;
    const struct channel *channel = outbox_channel(outbox->daemon->config, name);
    struct cw_error err = {""};
    struct channel_state *state = outbox_state_of(outbox, name);
    uint32_t outcome = CW_REJECTED;
    if (!channel)
        (void)err_set(&err, 0, "%s", OUTBOX_NO_CHANNEL);
    else
        outcome = channel->plugin->ops.notifier->judge(channel->self, answer->status,
                                                       answer->body, &err);
    if (state && outcome == CW_RETRY)
        pace_failed(&state->pace, clock_monotonic_ns(), answer->retry_after_ns,
                    channel ? channel->max_backoff_ns : 0);
    else if (state)
        pace_worked(&state->pace);
    char why[sizeof(err.text)];
    (void)snprintf(why, sizeof(why), "%s",
                   answer->status == 0 && answer->error ? answer->error : err.text);
    address_hide(delivery->address, why);
    delivery->answered = true;
    delivery->concluded = outcome == CW_RETRY;
    for (size_t i = 0; outcome == CW_RETRY && i < delivery->n_rows; i++)
        outbox_conclude(outbox, &delivery->row[i], outcome, why);
    if (outcome != CW_RETRY)
        conclude_delivery(outbox, delivery, outcome, why);
    if (state && delivery->drill && outcome == CW_DONE)
        remember_test(outbox, state, clock_wall_ns());
    if (state) {
        state->n_in_flight -= state->n_in_flight > 0;
        outbox_wake_channel(outbox, state);
    }
}

void outbox_row_key(const struct outbox_row *row, char key[MAX_KEY])
{
    (void)snprintf(key, MAX_KEY, "%s %u %s %s", row->alarm, row->rev, row->channel, row->to);
}

/* The rows are on their way together. */
static struct delivery *delivery_new(struct outbox *outbox, const struct outbox_row *const *row,
                                     size_t n)
{
    struct delivery *delivery = xcalloc(1, sizeof(*delivery));
    char key[MAX_KEY];
    delivery->outbox = outbox;
    delivery->row = xcalloc(n, sizeof(*delivery->row));
    delivery->n_rows = delivery->n_keys = n;
    for (size_t i = 0; i < n; i++) {
        delivery->row[i] = *row[i];
        delivery->row[i].alarm_json = NULL;
        outbox_row_key(row[i], key);
        (void)map_put(&outbox->in_flight, str_of(key), delivery);
    }
    return delivery;
}

static void told_free(struct delivery *delivery)
{
    if (delivery->told)
        free(delivery->told->alarm_json);
    free(delivery->told);
    delivery->told = NULL;
}

void delivery_free(struct delivery *delivery)
{
    told_free(delivery);
    explicit_bzero(delivery->address, sizeof(delivery->address));
    free(delivery->row);
    free(delivery);
}

/* Rows that are on their way, as far as pace and others are concerned. */
static struct delivery *delivery_begin(struct outbox *outbox, struct channel_state *state,
                                       const struct outbox_row *told,
                                       const struct outbox_row *const *row, size_t n)
{
    struct delivery *delivery = delivery_new(outbox, row, n);
    delivery->drill = strstr(told->alarm_json, "\"drill\":true") != NULL;
    pace_take(&state->pace, clock_monotonic_ns());
    state->n_in_flight++;
    return delivery;
}

static int write_request(struct outbox *outbox, const struct channel *channel,
                         const struct outbox_row *told, const char *address,
                         struct cw_request *request, struct cw_error *err)
{
    const struct fold *fold = engine_fold(pipeline_engine(outbox->daemon->pipeline));
    struct outbox_row shown = *told;
    struct buf json;
    const struct telling telling = {&shown, address, journal_now(outbox->daemon->journal),
                                    clock_wall_ns()};
    if (!channel)
        return err_set(err, -ENOENT, "%s", OUTBOX_NO_CHANNEL);
    /* It may have waited for long: what may be told of it is of now. */
    buf_init(&json, strlen(told->alarm_json) + WITHHELD_ROOM);
    alarm_shown_text(fold, str_of(told->alarm_json), &json);
    shown.alarm_json = buf_take(&json);
    int ret = request_write(&outbox->writer, channel, &telling, request, err);
    free(shown.alarm_json);
    return ret;
}

static void carry(struct outbox *outbox, const struct channel *channel,
                  const struct cw_request *request, struct delivery *delivery)
{
    struct http_call call;
    request_call(request, channel, &call);
    delivery->call = carrier_call(outbox->daemon->carrier, &call, on_answer, delivery);
}

void outbox_deliver(struct outbox *outbox, struct channel_state *state,
                    const struct outbox_row *told, const struct outbox_row *const *row,
                    size_t n)
{
    const struct channel *channel = outbox_channel(outbox->daemon->config, row[0]->channel);
    uint32_t address = channel ? request_address(channel, told) : CW_ADDRESS_NONE;
    struct cw_error err = {""};
    struct cw_request request;
    char key[MAX_KEY];
    if (address != CW_ADDRESS_NONE) {
        struct delivery *delivery = delivery_begin(outbox, state, told, row, n);
        delivery->told = xcalloc(1, sizeof(*delivery->told));
        *delivery->told = *told;
        delivery->told->alarm_json = xstrdup(told->alarm_json);
        outbox_row_key(row[0], key);
        outbox_address_find(outbox, told, address, key);
        return;
    }
    request_room(&request);
    int ret = write_request(outbox, channel, told, NULL, &request, &err);
    for (size_t i = 0; ret && i < n; i++)
        outbox_conclude(outbox, row[i], CW_REJECTED, err.text);
    if (ret == 0)
        carry(outbox, channel, &request, delivery_begin(outbox, state, told, row, n));
    request_free(&request);
}

/* It never left: nobody to ask, or no request to make. Outcome 0: no address is known. */
static void not_sent(struct outbox *outbox, struct delivery *delivery, uint32_t outcome,
                     const char *why)
{
    struct channel_state *state = outbox_state_of(outbox, delivery->row[0].channel);
    delivery->answered = delivery->concluded = true;
    for (size_t i = 0; i < delivery->n_rows; i++) {
        if (outcome)
            outbox_conclude(outbox, &delivery->row[i], outcome, why);
        else
            conclude_unreached(outbox, &delivery->row[i], why);
    }
    if (state) {
        state->n_in_flight -= state->n_in_flight > 0;
        outbox_wake_channel(outbox, state);
    }
}

void outbox_addressed(struct outbox *outbox, const char *key, const char *address)
{
    struct delivery *delivery = map_get(&outbox->in_flight, str_of(key));
    struct cw_error err = {""};
    struct cw_request request;
    if (!delivery || !delivery->told)
        return;
    if (!address) {
        not_sent(outbox, delivery, CW_RETRY, "the table of names could not be read");
        return;
    }
    const struct channel *channel =
        outbox_channel(outbox->daemon->config, delivery->row[0].channel);
    (void)str_copy(delivery->address, sizeof(delivery->address), str_of(address));
    request_room(&request);
    int ret = write_request(outbox, channel, delivery->told, address, &request, &err);
    told_free(delivery);
    if (ret == 0)
        carry(outbox, channel, &request, delivery);
    else
        not_sent(outbox, delivery, channel && ret == -ENOENT && !address[0] ? 0 : CW_REJECTED,
                 err.text);
    request_free(&request);
}
