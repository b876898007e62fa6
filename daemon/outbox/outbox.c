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

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/units.h"
#include "outbox/carrier.h"
#include "outbox/outbox_digest.h"
#include "outbox/outbox_private.h"
#include "outbox/outbox_resend.h"

#define MAX_STRAYS 64u
#define MAX_DIGEST 100u
#define DIGEST_EVERY_NS (30 * NS_PER_S)

static void ask_for_strays(struct outbox *outbox);

/* ---- what is due ---- */

/* True when that was the last thing a stopped outbox waited for; it is gone then. */
bool outbox_answered(struct outbox *outbox)
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
    const struct channel *channel =
        outbox_channel(outbox->daemon->config, state->status.channel);
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

/* Rows to whom the first one is go right behind it, in their order, where the channel asks for
 * addresses: one message has one. How many there are; high ones go alone. */
static size_t bring_together(const struct outbox *outbox, const struct outbox_row **row,
                             size_t n)
{
    const struct channel *channel = outbox_channel(outbox->daemon->config, row[0]->channel);
    size_t together = 1;
    if (!channel || !channel->plugin->ops.notifier->address)
        return n;
    for (size_t i = 1; i < n && !row[0]->high; i++) {
        const struct outbox_row *same = row[i];
        if (strcmp(same->to, row[0]->to) != 0)
            continue;
        memmove(&row[together + 1], &row[together], (i - together) * sizeof(*row));
        row[together++] = same;
    }
    return together;
}

static void deliver_digest(struct outbox *outbox, struct channel_state *state,
                           const struct outbox_row *const *row, size_t n)
{
    struct outbox_row told;
    digest_write(row, n, journal_now(outbox->daemon->journal), &told);
    state->digest_ns = clock_monotonic_ns();
    state->status.n_digests++;
    outbox_deliver(outbox, state, &told, row, n);
    free(told.alarm_json);
}

static void on_due(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    char key[MAX_KEY];
    if (outbox_answered(outbox))
        return;
    struct channel_state *state = outbox_state_of(outbox, due->channel);
    if (!state)
        return; /* the configuration changed meanwhile */
    state->asking = false;
    const struct outbox_row **row = xcalloc(due->n + 1, sizeof(*row));
    size_t n = 0, at = 0;
    for (size_t i = 0; i < due->n; i++) {
        outbox_row_key(&due->row[i], key);
        if (!map_get(&outbox->in_flight, str_of(key)))
            row[n++] = &due->row[i];
    }
    while (at < n && state->n_in_flight < pace_width(&state->pace)) {
        size_t same = bring_together(outbox, row + at, n - at);
        size_t together = in_one(outbox, state, row + at, same);
        if (together > 1) {
            deliver_digest(outbox, state, row + at, together);
        } else if (together == 0 ||
                   !pace_allows(&state->pace, clock_monotonic_ns(), row[at]->high)) {
            state->status.n_held++;
            break; /* high ones come first: none of the rest may go either */
        } else {
            outbox_deliver(outbox, state, row[at], row + at, 1);
        }
        at += together;
    }
    free(row);
    if (state->again)
        outbox_wake_channel(outbox, state);
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
    const struct channel *channel =
        outbox_channel(outbox->daemon->config, state->status.channel);
    bool digests = channel && channel->digest > 0 && state->pace.limit.n > 0;
    return (digests ? MAX_DIGEST : PACE_WIDTH) + (uint32_t)map_count(&outbox->in_flight);
}

static void on_waiting(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    if (outbox_answered(outbox))
        return;
    struct channel_state *state = outbox_state_of(outbox, due->channel);
    if (!state)
        return;
    state->counting = false;
    state->status.n_waiting = due->n_waiting;
}

/* Asks what is due, if something may go out now. */
void outbox_wake_channel(struct outbox *outbox, struct channel_state *state)
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
    outbox_hand_over(outbox, false);
    for (size_t i = 0; i < outbox->n_channels; i++)
        outbox_wake_channel(outbox, &outbox->channel[i]);
    resend_tick(outbox->resend);
    reach_tick(outbox);
}

/* Rows of channels that the configuration no longer has: nobody will ever be told. */
static void on_strays(void *ctx, const struct outbox_due *due)
{
    struct outbox *outbox = ctx;
    char key[MAX_KEY];
    if (outbox_answered(outbox))
        return;
    for (size_t i = 0; i < due->n; i++) {
        outbox_row_key(&due->row[i], key);
        if (!map_get(&outbox->in_flight, str_of(key)))
            outbox_conclude(outbox, &due->row[i], CW_REJECTED, OUTBOX_NO_CHANNEL);
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
        const struct channel *channel =
            outbox_channel(outbox->daemon->config, status[n].channel);
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
            outbox_recall_test(outbox, state);
    }
    free(old);
    outbox_look_again(outbox);
    ask_for_strays(outbox);
}

int outbox_start(struct outbox **out, struct daemon *daemon, struct cw_error *err)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));
    outbox->daemon = daemon;
    map_init(&outbox->in_flight);
    map_init(&outbox->reach.person);
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
    outbox_hand_over(outbox, !journal_failed(outbox->daemon->journal));
    for (uint32_t i = 0; (delivery = map_next(&outbox->in_flight, &i, NULL));) {
        if (!delivery->answered)
            carrier_cancel(outbox->daemon->carrier, delivery->call);
        delivery->answered = delivery->concluded = true;
        if (--delivery->n_keys == 0)
            delivery_free(delivery);
    }
    map_done(&outbox->in_flight);
    request_writer_done(&outbox->writer);
    reach_done(&outbox->reach);
    free(outbox->channel);
    outbox->stopped = true;
    if (outbox->n_asking == 0)
        free(outbox);
}
