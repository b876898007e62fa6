/*
 * outbox_resend.c - see outbox_resend.h. A round is the list of ids as they were at its begin;
 * each alarm is asked for again when it is its turn.
 */
#include "outbox/outbox_resend.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/series/alarm_shown.h"
#include "daemon.h"
#include "outbox/carrier.h"
#include "outbox/outbox.h"

#define MAX_ROUND 20000u
#define MAX_ROUNDS 64u   /* channels that resend */
#define MAX_IN_FLIGHT 4u /* of one channel */
#define MAX_CHANNELS 16u
#define MAX_JSON (64u << 10)

/* One alarm under way. */
struct again {
    struct round *round;
    uint64_t call; /* 0: free */
};

/* One channel's. */
struct round {
    struct resend *resend;
    char channel[MAX_ID + 1];
    int64_t next_ns; /* monotonic */
    char (*id)[HASH_ID_MAX];
    size_t n, at;
    struct again again[MAX_IN_FLIGHT];
    bool failed; /* in this round: the rest waits for the next */
};

struct resend {
    struct daemon *daemon;
    struct request_writer *writer;
    struct round *round[MAX_ROUNDS];
    uint64_t n_sent;
};

static struct round *round_of(struct resend *resend, const char *channel)
{
    for (size_t i = 0; i < MAX_ROUNDS; i++) {
        if (!resend->round[i]) {
            struct round *round = xcalloc(1, sizeof(*round));
            round->resend = resend;
            (void)str_copy(round->channel, sizeof(round->channel), str_of(channel));
            resend->round[i] = round;
        }
        if (strcmp(resend->round[i]->channel, channel) == 0)
            return resend->round[i];
    }
    return NULL;
}

static const struct fold *fold_of(const struct resend *resend)
{
    return engine_fold(pipeline_engine(resend->daemon->pipeline));
}

/* Would this channel be told that the alarm begins? */
static bool is_told(const struct resend *resend, const struct round *round,
                    const struct alarm *alarm)
{
    const char *channel[MAX_CHANNELS];
    const struct transition transition = {.change = CHANGE_RAISED, .alarm = alarm};
    size_t n = outbox_routes(resend->daemon->config, &transition, channel, MAX_CHANNELS);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(channel[i], round->channel) == 0)
            return true;
    }
    return false;
}

static void begin(struct resend *resend, struct round *round)
{
    const struct alarm_set *set = &fold_of(resend)->alarms;
    const struct alarm *alarm;
    free(round->id);
    round->id = xcalloc(map_count(&set->by_key) + 1, sizeof(*round->id));
    round->n = round->at = 0;
    round->failed = false;
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL)) && round->n < MAX_ROUND;) {
        if (alarm->active && is_told(resend, round, alarm))
            (void)str_copy(round->id[round->n++], HASH_ID_MAX, str_of(alarm->id));
    }
}

static void go_on(struct resend *resend, struct round *round);

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct again *again = ctx;
    struct round *round = again->round;
    again->call = 0;
    round->failed = round->failed || answer->status < 200 || answer->status > 299;
    go_on(round->resend, round);
}

static const struct channel *channel_of(const struct resend *resend, const char *name)
{
    const struct config *config = resend->daemon->config;
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channel[i].name, name) == 0)
            return &config->channel[i];
    }
    return NULL;
}

static void tell(struct resend *resend, struct round *round, const struct alarm *alarm,
                 struct again *again)
{
    const struct channel *channel = channel_of(resend, round->channel);
    struct outbox_row row = {.rev = alarm->rev, .change = "raised", .at_ns = clock_wall_ns()};
    struct cw_request request;
    struct cw_error err;
    struct json_out out;
    struct buf json;
    buf_init(&json, MAX_JSON);
    json_out_init(&out, &json);
    alarm_shown_json(fold_of(resend), alarm, &out);
    (void)str_copy(row.alarm, sizeof(row.alarm), str_of(alarm->id));
    (void)str_copy(row.channel, sizeof(row.channel), str_of(round->channel));
    row.alarm_json = buf_take(&json);
    request_room(&request);
    const struct telling telling = {&row, NULL, row.at_ns, row.at_ns};
    if (channel && request_write(resend->writer, channel, &telling, &request, &err) == 0) {
        struct http_call call;
        request_call(&request, channel, &call);
        again->call = carrier_call(resend->daemon->carrier, &call, on_answer, again);
        resend->n_sent++;
    }
    request_free(&request);
    free(row.alarm_json);
}

static void go_on(struct resend *resend, struct round *round)
{
    if (round->failed)
        round->at = round->n;
    for (size_t slot = 0; slot < MAX_IN_FLIGHT; slot++) {
        struct again *again = &round->again[slot];
        again->round = round;
        while (again->call == 0 && round->at < round->n) {
            const struct alarm *alarm =
                alarm_find(&fold_of(resend)->alarms, str_of(round->id[round->at++]));
            if (alarm && alarm->active)
                tell(resend, round, alarm, again);
        }
    }
}

void resend_tick(struct resend *resend)
{
    const struct config *config = resend->daemon->config;
    int64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < config->n_channels; i++) {
        const struct channel *channel = &config->channel[i];
        struct round *round = channel->resend_ns > 0 ? round_of(resend, channel->name) : NULL;
        if (!round || now_ns < round->next_ns)
            continue;
        bool first = round->next_ns == 0;
        round->next_ns = now_ns + channel->resend_ns;
        if (first || round->at < round->n)
            continue; /* the first telling is the outbox's; or the last round is not over */
        begin(resend, round);
        go_on(resend, round);
    }
}

uint64_t resend_count(const struct resend *resend)
{
    return resend->n_sent;
}

void resend_start(struct resend **out, struct daemon *daemon, struct request_writer *writer)
{
    struct resend *resend = xcalloc(1, sizeof(*resend));
    resend->daemon = daemon;
    resend->writer = writer;
    *out = resend;
}

void resend_stop(struct resend *resend)
{
    if (!resend)
        return;
    for (size_t i = 0; i < MAX_ROUNDS && resend->round[i]; i++) {
        for (size_t slot = 0; slot < MAX_IN_FLIGHT; slot++)
            carrier_cancel(resend->daemon->carrier, resend->round[i]->again[slot].call);
        free(resend->round[i]->id);
        free(resend->round[i]);
    }
    free(resend);
}
