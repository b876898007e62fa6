/*
 * outbox.c - rows of the store through the notifier plugins to the world.
 *
 * A row stays in the store until its outcome is committed there, so a crash between a
 * target's answer and that commit sends it again, with the same id. An outcome is a record of
 * the journal first: only when that is on the disk does the row end, so that whom the store
 * does not tell again is in the alarm's history. Each channel is asked for
 * by itself and has its own pace (core/alarm/pace.h): how many at once, how many in a time,
 * and one probe after another while its target is dead. So no target delays another. Where a
 * rate would hold messages back, those that are not of high alarms become one, the digest.
 *
 * When a row is due is written in the journal's time: a wall clock that is set neither holds a
 * notification back for hours nor makes it too old to be told.
 */
#include "outbox/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"
#include "daemon.h"
#include "outbox/carrier.h"
#include "outbox/outbox_digest.h"
#include "outbox/outbox_request.h"
#include "outbox/outbox_resend.h"

#define MAX_STRAYS 64u
#define MAX_DIGEST 100u
#define DIGEST_EVERY_NS (30 * NS_PER_S)
#define MAX_KEY 200

struct channel_state {
    char name[MAX_ID + 1]; /* outlives the configuration it is from */
    struct outbox_status status;
    struct complaint complaint;
    struct pace pace;     /* on the monotonic clock */
    uint32_t n_in_flight; /* not answered yet */
    bool asking, again;   /* the store is asked; and is to be asked once more */
    bool counting;        /* and how much waits */
    int64_t counted_ns;   /* monotonic */
    int64_t digest_ns;    /* monotonic: when the last digest went out; 0 none */
};

struct outbox {
    struct daemon *daemon;
    struct channel_state *channel; /* as in config->channel */
    size_t n_channels;
    struct map in_flight; /* "alarm rev channel to" -> struct delivery */
    uint32_t n_asking;
    bool stopped; /* waits only for the store's answers, to be freed */
    struct request_writer writer;
    struct resend *resend;
};

/* One row on its way, or those of a digest. */
struct delivery {
    struct outbox *outbox;
    struct outbox_row *row;
    size_t n_rows, n_keys; /* keys that in_flight still has of it */
    uint64_t call;
    bool answered;
    /* Answered for good: what the store is told when the journal is synced past `upto`. */
    uint32_t outcome;
    struct position upto;
    int64_t at_ns;
    char why[160];
    /* Its result is handed to the store. A question that was under way by then still finds the
     * row due: it stays in in_flight until the next question is asked. */
    bool concluded;
    bool drill;
};

/* ---- one delivery ---- */

static const char no_channel[] = "the configuration has no such channel any more";

static void wake_channel(struct outbox *outbox, struct channel_state *state);
static void ask_for_strays(struct outbox *outbox);

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

/* Where the journal has it; zero: it could not take it, the store alone knows. */
static struct position record_outcome(struct outbox *outbox, const struct outbox_row *row,
                                      bool ok)
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
    struct channel_state *state = state_of(outbox, row->channel);
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
static void conclude(struct outbox *outbox, const struct outbox_row *row, uint32_t outcome,
                     const char *why)
{
    int64_t now_ns = journal_now(outbox->daemon->journal), next_ns = now_ns;
    if (outcome == CW_RETRY)
        next_ns = next_try_ns(state_of(outbox, row->channel),
                              channel_of(outbox->daemon->config, row->channel), row, now_ns);
    else
        (void)record_outcome(outbox, row, false);
    store_outbox_result(outbox->daemon->store, row, outcome, next_ns, why);
    take_note(outbox, row, outcome, why);
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
        struct position at = record_outcome(outbox, &delivery->row[i], outcome == CW_DONE);
        if (position_cmp(at, delivery->upto) > 0)
            delivery->upto = at;
        take_note(outbox, &delivery->row[i], outcome, why);
    }
}

/* Hands to the store what the journal has on the disk; all of it when we stop. */
static void hand_over(struct outbox *outbox, bool all)
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
static void recall_test(struct outbox *outbox, struct channel_state *state)
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
    const struct channel *channel = channel_of(outbox->daemon->config, name);
    struct cw_error err = {""};
    struct channel_state *state = state_of(outbox, name);
    uint32_t outcome = CW_REJECTED;
    if (!channel)
        (void)err_set(&err, 0, "%s", no_channel);
    else
        outcome = channel->plugin->ops.notifier->judge(channel->self, answer->status,
                                                       answer->body, &err);
    if (state && outcome == CW_RETRY)
        pace_failed(&state->pace, clock_monotonic_ns(), answer->retry_after_ns,
                    channel ? channel->max_backoff_ns : 0);
    else if (state)
        pace_worked(&state->pace);
    const char *why = answer->status == 0 && answer->error ? answer->error : err.text;
    delivery->answered = true;
    delivery->concluded = outcome == CW_RETRY;
    for (size_t i = 0; outcome == CW_RETRY && i < delivery->n_rows; i++)
        conclude(outbox, &delivery->row[i], outcome, why);
    if (outcome != CW_RETRY)
        conclude_delivery(outbox, delivery, outcome, why);
    if (state && delivery->drill && outcome == CW_DONE)
        remember_test(outbox, state, clock_wall_ns());
    if (state) {
        state->n_in_flight -= state->n_in_flight > 0;
        wake_channel(outbox, state);
    }
}

static void row_key(const struct outbox_row *row, char key[MAX_KEY])
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
        row_key(row[i], key);
        (void)map_put(&outbox->in_flight, str_of(key), delivery);
    }
    return delivery;
}

static void delivery_free(struct delivery *delivery)
{
    free(delivery->row);
    free(delivery);
}

/* Tells `told`: the one row, or what stands for all of them. */
static void deliver(struct outbox *outbox, struct channel_state *state,
                    const struct outbox_row *told, const struct outbox_row *const *row,
                    size_t n)
{
    const struct channel *channel = channel_of(outbox->daemon->config, row[0]->channel);
    struct cw_error err = {""};
    struct cw_request request;
    request_room(&request);
    int ret = channel ? request_write(&outbox->writer, channel, told,
                                      journal_now(outbox->daemon->journal), clock_wall_ns(),
                                      &request, &err)
                      : err_set(&err, -ENOENT, "%s", no_channel);
    for (size_t i = 0; ret && i < n; i++)
        conclude(outbox, row[i], CW_REJECTED, err.text);
    if (ret == 0) {
        struct delivery *delivery = delivery_new(outbox, row, n);
        delivery->drill = strstr(told->alarm_json, "\"drill\":true") != NULL;
        pace_take(&state->pace, clock_monotonic_ns());
        state->n_in_flight++;
        struct http_call call;
        request_call(&request, channel, &call);
        delivery->call = carrier_call(outbox->daemon->carrier, &call, on_answer, delivery);
    }
    request_free(&request);
}

/* ---- what is due ---- */

/* True when that was the last thing a stopped outbox waited for; it is gone then. */
static bool answered(struct outbox *outbox)
{
    outbox->n_asking--;
    if (!outbox->stopped || outbox->n_asking > 0)
        return outbox->stopped;
    free(outbox);
    return true;
}

/* How many of the rows go together, the first one not being of a high alarm: 1 alone, 0 none
 * now. What a rate would hold back for long is told in few words soon. */
static size_t in_one(const struct outbox *outbox, const struct channel_state *state,
                     const struct outbox_row *const *row, size_t n)
{
    const struct channel *channel = channel_of(outbox->daemon->config, state->status.channel);
    int64_t now_ns = clock_monotonic_ns();
    int64_t room = pace_room(&state->pace, now_ns);
    bool stale =
        channel && journal_now(outbox->daemon->journal) - row[0]->at_ns > channel->give_up_ns;
    if (!channel || row[0]->high || stale || channel->digest == 0 ||
        (int64_t)n < channel->digest || (int64_t)n <= room)
        return 1;
    if (room == 0 || (state->digest_ns && now_ns - state->digest_ns < DIGEST_EVERY_NS))
        return 0;
    return n < MAX_DIGEST ? n : MAX_DIGEST;
}

static void deliver_digest(struct outbox *outbox, struct channel_state *state,
                           const struct outbox_row *const *row, size_t n)
{
    struct outbox_row told;
    digest_write(row, n, journal_now(outbox->daemon->journal), &told);
    state->digest_ns = clock_monotonic_ns();
    state->status.n_digests++;
    deliver(outbox, state, &told, row, n);
    free(told.alarm_json);
}

static void on_due(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    char key[MAX_KEY];
    if (answered(outbox))
        return;
    struct channel_state *state = state_of(outbox, due->channel);
    if (!state)
        return; /* the configuration changed meanwhile */
    state->asking = false;
    const struct outbox_row **row = xcalloc(due->n + 1, sizeof(*row));
    size_t n = 0, at = 0;
    for (size_t i = 0; i < due->n; i++) {
        row_key(&due->row[i], key);
        if (!map_get(&outbox->in_flight, str_of(key)))
            row[n++] = &due->row[i];
    }
    while (at < n && state->n_in_flight < pace_width(&state->pace)) {
        size_t together = in_one(outbox, state, row + at, n - at);
        if (together > 1) {
            deliver_digest(outbox, state, row + at, together);
        } else if (together == 0 ||
                   !pace_allows(&state->pace, clock_monotonic_ns(), row[at]->high)) {
            state->status.n_held++;
            break; /* high ones come first: none of the rest may go either */
        } else {
            deliver(outbox, state, row[at], row + at, 1);
        }
        at += together;
    }
    free(row);
    if (state->again)
        wake_channel(outbox, state);
}

static void forget_concluded(struct outbox *outbox, const char *channel)
{
    struct delivery *delivery;
    struct cw_str key;
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, &key));) {
        if (!delivery->concluded || strcmp(delivery->row[0].channel, channel) != 0)
            continue;
        (void)map_remove(&outbox->in_flight, key);
        if (--delivery->n_keys == 0)
            delivery_free(delivery);
    }
}

/* Where a rate holds back, enough for a digest. */
static uint32_t due_wanted(const struct outbox *outbox, const struct channel_state *state)
{
    const struct channel *channel = channel_of(outbox->daemon->config, state->status.channel);
    bool digests = channel && channel->digest > 0 && state->pace.limit.n > 0;
    return (digests ? MAX_DIGEST : PACE_WIDTH) + (uint32_t)map_count(&outbox->in_flight);
}

static void on_waiting(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    if (answered(outbox))
        return;
    struct channel_state *state = state_of(outbox, due->channel);
    if (!state)
        return;
    state->counting = false;
    state->status.n_waiting = due->n_waiting;
}

/* Asks what is due, if something may go out now. */
static void wake_channel(struct outbox *outbox, struct channel_state *state)
{
    int64_t now_ns = clock_monotonic_ns();
    bool held = state->n_in_flight >= pace_width(&state->pace) ||
                !pace_allows(&state->pace, now_ns, true);
    if (!state->counting && now_ns - state->counted_ns >= NS_PER_S) {
        state->counting = true;
        state->counted_ns = now_ns;
        outbox->n_asking++;
        store_outbox_waiting(outbox->daemon->store, state->status.channel, on_waiting, outbox);
    }
    state->again = state->asking;
    if (state->asking || held)
        return;
    state->asking = true;
    outbox->n_asking++;
    /* The store works in order: results before this question. */
    forget_concluded(outbox, state->status.channel);
    store_outbox_due(outbox->daemon->store, state->status.channel,
                     journal_now(outbox->daemon->journal), due_wanted(outbox, state), on_due,
                     outbox);
}

void outbox_wake(struct outbox *outbox)
{
    hand_over(outbox, false);
    for (size_t i = 0; i < outbox->n_channels; i++)
        wake_channel(outbox, &outbox->channel[i]);
    resend_tick(outbox->resend);
}

/* Rows of channels that the configuration no longer has: nobody will ever be told. */
static void on_strays(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    char key[MAX_KEY];
    if (answered(outbox))
        return;
    for (size_t i = 0; i < due->n; i++) {
        row_key(&due->row[i], key);
        if (!map_get(&outbox->in_flight, str_of(key)))
            conclude(outbox, &due->row[i], CW_REJECTED, no_channel);
    }
    if (due->n == MAX_STRAYS)
        ask_for_strays(outbox);
}

static void ask_for_strays(struct outbox *outbox)
{
    struct buf names;
    struct json_out out;
    buf_init(&names, 1 << 20);
    json_out_init(&out, &names);
    json_array(&out);
    for (size_t i = 0; i < outbox->n_channels; i++)
        json_text(&out, str_of(outbox->channel[i].status.channel));
    json_array_end(&out);
    outbox->n_asking++;
    store_outbox_strays(outbox->daemon->store, buf_text(&names), MAX_STRAYS, on_strays, outbox);
    buf_done(&names);
}

static void on_commit(void *ctx)
{
    outbox_wake(ctx);
}

size_t outbox_status(const struct outbox *outbox, struct outbox_status *status, size_t max)
{
    size_t n = 0;
    for (; n < outbox->n_channels && n < max; n++) {
        status[n] = outbox->channel[n].status;
        status[n].paused = pace_width(&outbox->channel[n].pace) == 1;
        const struct channel *channel = channel_of(outbox->daemon->config, status[n].channel);
        status[n].untested = channel && channel->test_every_ns > 0 &&
                             clock_wall_ns() - status[n].tested_ns > channel->test_every_ns;
    }
    return n;
}

void outbox_reload(struct outbox *outbox)
{
    const struct config *config = outbox->daemon->config;
    struct channel_state *old = outbox->channel;
    size_t n_old = outbox->n_channels;
    int64_t now_ns = clock_monotonic_ns();
    outbox->channel = xcalloc(config->n_channels + 1, sizeof(*outbox->channel));
    outbox->n_channels = config->n_channels;
    for (size_t i = 0; i < config->n_channels; i++) {
        const struct channel *channel = &config->channel[i];
        struct channel_state *state = &outbox->channel[i];
        state->status.ok = true;
        pace_init(&state->pace, &channel->limit, now_ns);
        for (size_t k = 0; k < n_old; k++) {
            if (strcmp(old[k].name, channel->name) == 0)
                *state = old[k];
        }
        pace_limit_set(&state->pace, &channel->limit, now_ns);
        (void)str_copy(state->name, sizeof(state->name), str_of(channel->name));
        state->status.channel = channel->name;
        if (state->status.tested_ns == 0)
            recall_test(outbox, state);
    }
    free(old);
    ask_for_strays(outbox);
}

int outbox_start(struct outbox **out, struct daemon *daemon, struct cw_error *err)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));
    outbox->daemon = daemon;
    map_init(&outbox->in_flight);
    resend_start(&outbox->resend, daemon, &outbox->writer);
    outbox_reload(outbox);
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
    resend_stop(outbox->resend);
    hand_over(outbox, !journal_failed(outbox->daemon->journal));
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));) {
        if (!delivery->answered)
            carrier_cancel(outbox->daemon->carrier, delivery->call);
        delivery->answered = delivery->concluded = true;
        if (--delivery->n_keys == 0)
            delivery_free(delivery);
    }
    map_done(&outbox->in_flight);
    request_writer_done(&outbox->writer);
    free(outbox->channel);
    outbox->stopped = true;
    if (outbox->n_asking == 0)
        free(outbox);
}
