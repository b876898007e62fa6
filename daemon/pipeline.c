/*
 * pipeline.c - records in, facts out, a bounded piece per turn of the loop.
 *
 * Only synced records are read, so whatever the fold says may be told at once. During the
 * replay of a start (`live` is false) facts that the store already has are skipped and
 * nobody is told anything: streams have no listeners yet, lines are made again as backlog.
 */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/slice.h"
#include "core/alarm/escalation.h"
#include "core/series/alarm_shown.h"
#include "core/service/service.h"
#include "entry_rows.h"
#include "facts.h"
#include "outbox/outbox.h"
#include "pipeline_private.h"

#define MAX_CHANNELS 16
#define BYTES_PER_WEIGHT 256u /* of a message: as long as a usual one, or so many times */
#define OTHER_WEIGHT 16u      /* a command, a configuration, a tick */
#define MAX_ACCEPT_BYTES (48u << 10)
#define MAX_ACCEPT_SITES 4096u

/* ---- the sink: what the fold says ---- */

static void on_transition(void *ctx, const struct transition *transition)
{
    struct pipeline *pipeline = ctx;
    struct daemon *daemon = pipeline->daemon;
    const char *channel[MAX_CHANNELS + MAX_TELL], *to[MAX_CHANNELS + MAX_TELL];
    pipeline->n_rows++;
    if (position_cmp(transition->at, store_cursor_at_open(daemon->store)) >= 0) {
        size_t n = outbox_routes(daemon->config, transition, channel, MAX_CHANNELS);
        for (size_t i = 0; i < n; i++)
            to[i] = channel[i];
        for (uint32_t i = 0; i < transition->n_tell; i++, n++) {
            channel[n] = transition->tell[i].channel;
            to[n] = transition->tell[i].to;
        }
        store_add(daemon->store, transition, channel, to, n);
    }
    struct alarm room;
    struct transition shown = *transition;
    shown.alarm = alarm_shown(engine_fold(pipeline->engine), transition->alarm, &room);
    (void)facts_transition(daemon->facts, &pipeline->config->rules, &shown);
    if (pipeline->live)
        api_transition(daemon->api, transition);
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    struct pipeline *pipeline = ctx;
    if (pipeline->live && pipeline->daemon->influx)
        influx_add(pipeline->daemon->influx, at, lines, n_lines);
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct pipeline *pipeline = ctx;
    if (pipeline->live)
        quarantine_add(pipeline->daemon->quarantine, reason, record, err);
}

static void on_command(void *ctx, struct position at, int code, const struct alarm *alarm,
                       const struct cw_error *err)
{
    struct pipeline *pipeline = ctx;
    for (struct waiting_command **link = &pipeline->waiting; *link; link = &(*link)->next) {
        struct waiting_command *command = *link;
        if (position_cmp(command->at, at) != 0)
            continue;
        *link = command->next;
        if (!*link)
            pipeline->waiting_last = link;
        command->done(command->ctx, code, alarm, err);
        free(command);
        return;
    }
}

/* A gateway keeps an event until it reads its id on care-down/v1/SITE/accept. */
static void on_accepted(void *ctx, struct cw_str site, struct cw_str event_id)
{
    struct pipeline *pipeline = ctx;
    if (!pipeline->live)
        return;
    struct buf *ids = map_get(&pipeline->accepted, site);
    if (!ids) {
        if (map_count(&pipeline->accepted) >= MAX_ACCEPT_SITES)
            return;
        ids = xcalloc(1, sizeof(*ids));
        buf_init(ids, MAX_ACCEPT_BYTES);
        (void)map_put(&pipeline->accepted, site, ids);
    }
    buf_add_text(ids, ids->n ? ",\"" : "{\"ids\":[\"");
    buf_add_str(ids, event_id);
    buf_add_char(ids, '"');
}

static void send_accepted(struct pipeline *pipeline)
{
    struct buf *ids;
    struct cw_str site;
    char topic[MAX_ID + 32];
    for (uint32_t i = 0; (ids = map_next(&pipeline->accepted, &i, &site));) {
        buf_add_text(ids, "]}");
        (void)snprintf(topic, sizeof(topic), "care-down/v1/%.*s/accept", (int)site.n, site.p);
        if (!ids->full && pipeline->daemon->mqtt)
            (void)mqtt_publish(pipeline->daemon->mqtt, topic, buf_str(ids), false);
        buf_done(ids);
        free(ids);
        (void)map_remove(&pipeline->accepted, site);
    }
}

/* The number of a row within its record. */
static uint32_t ordinal_of(struct pipeline *pipeline, struct rows_of *rows, struct position at)
{
    pipeline->n_rows++;
    if (position_cmp(at, rows->at) != 0)
        rows->n = 0;
    rows->at = at;
    return rows->n++;
}

static void on_visit(void *ctx, struct position at, const void *about)
{
    struct pipeline *pipeline = ctx;
    const struct visit *visit = about;
    const struct fold *fold = engine_fold(pipeline->engine);
    pipeline->n_rows += facts_visit(pipeline->daemon->facts, &pipeline->config->rules, at,
                                    fold->registry.site[visit->site], visit, fold->now_ns);
    uint32_t ordinal = ordinal_of(pipeline, &pipeline->visits, at);
    if (position_cmp(at, store_cursor_at_open(pipeline->daemon->store)) >= 0)
        store_add_visit(pipeline->daemon->store, at, ordinal, fold->registry.site[visit->site],
                        visit);
    if (pipeline->live)
        api_visit(pipeline->daemon->api, at, ordinal, visit);
}

static bool is_of_consent(const struct entry_change *change)
{
    static const char consent[] = "\"consent\":";
    return change->entry->kind == &kind_residents &&
           memmem(change->changes.p, change->changes.n, consent, sizeof(consent) - 1);
}

/* The entry as it is now, and what was changed, into the store. */
static void on_entry(void *ctx, struct position at, const struct entry_change *change)
{
    struct pipeline *pipeline = ctx;
    struct store *store = pipeline->daemon->store;
    const struct fold *fold = engine_fold(pipeline->engine);
    uint32_t ordinal = ordinal_of(pipeline, &pipeline->trail, at);
    if (position_cmp(at, store_cursor_at_open(store)) >= 0)
        entry_rows_add(store, at, ordinal, fold, change);
    const struct site *site = registry_site(&fold->registry, entry_site(change->entry));
    if (pipeline->live && site && is_of_consent(change))
        api_consent(pipeline->daemon->api, site->id, site->district);
}

static void on_trail(void *ctx, struct position at, const struct trail_change *change)
{
    struct pipeline *pipeline = ctx;
    struct store *store = pipeline->daemon->store;
    uint32_t ordinal = ordinal_of(pipeline, &pipeline->trail, at);
    if (position_cmp(at, store_cursor_at_open(store)) >= 0)
        entry_rows_add_trail(store, at, ordinal, change);
}

static void on_activity(void *ctx, struct position at, const void *change)
{
    struct pipeline *pipeline = ctx;
    pipeline->n_rows +=
        facts_activity(pipeline->daemon->facts, &pipeline->config->rules, at, change);
}

/* ---- one turn ---- */

static void look_ahead(struct pipeline *pipeline)
{
    struct cw_str topic;
    bool found = merge_reader_ahead(pipeline->reader, ENGINE_AHEAD, &topic);
    engine_expect(pipeline->engine, found ? topic : CW_STR(""));
}

static void pipeline_record(struct pipeline *pipeline, const struct record *record,
                            struct position at, bool merged)
{
    look_ahead(pipeline);
    pipeline->n_since_snapshot++;
    if (merged) {
        engine_apply_merged(pipeline->engine, record);
        return;
    }
    engine_apply(pipeline->engine, record, at);
    /* Behind it: what the new rules clear happened at this record, not at the one before. */
    if (record->kind == RECORD_CONFIG)
        (void)pipeline_take_config(pipeline, record->payload);
}

/* Damage inside the journal is said, counted, and passed over: never guessed at. */
static void pipeline_damage(struct pipeline *pipeline, const struct cw_error *err)
{
    pipeline->n_damaged++;
    pipeline->damaged_at = merge_reader_position(pipeline->reader);
    (void)str_copy(pipeline->damage_text, sizeof(pipeline->damage_text),
                   (struct cw_str){err->text, utf8_cut(str_of(err->text), 150)});
    complain(&pipeline->damage, clock_monotonic_ns(),
             "journal damaged, going on behind it (%s)", err->text);
}

/* Nothing is passed over: the fold waits here, and the next sync (there is one a second)
 * tries again. */
static void pipeline_unreadable(struct pipeline *pipeline, int ret, const struct cw_error *err)
{
    pipeline->read_error = ret == -ENODATA ? 0 : ret;
    if (pipeline->read_error)
        complain(&pipeline->unreadable, clock_monotonic_ns(),
                 "the journal cannot be read on, trying again (%s)", err->text);
    else
        complaint_over(&pipeline->unreadable, "the journal can be read again");
}

bool pipeline_is_stuck(const struct pipeline *pipeline)
{
    return pipeline->read_error != 0;
}

/* Against a usual message of telemetry. */
static uint32_t weight_of(const struct record *record)
{
    if (record->kind == RECORD_MERGE)
        return 1; /* what is merged comes by itself */
    uint32_t weight = 1 + (uint32_t)(record->payload.n / BYTES_PER_WEIGHT);
    return record->kind == RECORD_MESSAGE ? weight : weight + OTHER_WEIGHT;
}

bool pipeline_turn(struct pipeline *pipeline, int64_t turn_ns)
{
    struct record record;
    struct position at;
    struct cw_error err;
    int64_t begin_ns = clock_monotonic_ns();
    struct slice slice = {.until_ns = turn_ns ? begin_ns + turn_ns : INT64_MAX,
                          .now_ns = clock_monotonic_ns};
    bool more = true, merged;
    pipeline->n_rows = 0;
    for (;;) {
        int ret = merge_reader_next(pipeline->reader, &record, &at, &merged, &err);
        if (ret == 0)
            pipeline_record(pipeline, &record, at, merged);
        else if (ret == -EBADMSG)
            pipeline_damage(pipeline, &err);
        else
            pipeline_unreadable(pipeline, ret, &err);
        if (ret && ret != -EBADMSG) {
            more = false; /* nothing for now, or not readable now: the next sync wakes us */
            break;
        }
        /* What was merged by one record is applied in one go: it has one position. */
        bool over = slice_over(&slice, ret == 0 ? weight_of(&record) : 1);
        if (over && !merge_reader_within(pipeline->reader))
            break;
    }
    pipeline->position = merge_reader_position(pipeline->reader);
    if (pipeline->n_rows > 0)
        store_commit(pipeline->daemon->store, pipeline->position);
    if (pipeline->live) {
        if (pipeline->daemon->influx)
            influx_passed(pipeline->daemon->influx, pipeline->position);
        send_accepted(pipeline);
        busy_add(&pipeline->daemon->busy, BUSY_RECORDS, begin_ns, clock_monotonic_ns());
    }
    return more;
}

static void on_more(uv_idle_t *idle)
{
    struct pipeline *pipeline = idle->data;
    if (!pipeline_turn(pipeline, pipeline->daemon->config->limits.turn_ns))
        uv_idle_stop(idle);
}

static void on_wake(uv_async_t *async)
{
    struct daemon *daemon = async->data;
    struct pipeline *pipeline = daemon->pipeline;
    daemon->n_wakes.journal++;
    if (!pipeline || pipeline->stopping || uv_is_active((const uv_handle_t *)pipeline->more))
        return;
    if (pipeline_turn(pipeline, daemon->config->limits.turn_ns))
        (void)uv_idle_start(pipeline->more, on_more);
}

void pipeline_wake_init(struct daemon *daemon)
{
    daemon->wake.data = daemon;
    if (uv_async_init(&daemon->loop, &daemon->wake, on_wake) != 0)
        BUG("the loop refused the pipeline's waker");
}

void pipeline_wake_done(struct daemon *daemon)
{
    uv_close((uv_handle_t *)&daemon->wake, NULL);
}

void pipeline_synced(void *daemon)
{
    (void)uv_async_send(&((struct daemon *)daemon)->wake);
}

struct engine *pipeline_engine_room(struct pipeline *pipeline)
{
    return pipeline->engine;
}

const struct engine *pipeline_engine(const struct pipeline *pipeline)
{
    return pipeline->engine;
}

struct position pipeline_position(const struct pipeline *pipeline)
{
    return pipeline->position;
}

/* ---- records of our own ---- */

static void append_awaited(struct pipeline *pipeline, const struct record *record,
                           command_done_fn done, void *ctx)
{
    struct waiting_command *command = xcalloc(1, sizeof(*command));
    int ret = journal_append(pipeline->daemon->journal, record,
                             journal_now(pipeline->daemon->journal), SYNC_NOW, &command->at);
    if (ret) {
        struct cw_error err;
        (void)err_set(&err, ret, "the journal cannot take the command now, nothing was done");
        free(command);
        done(ctx, ret, NULL, &err);
        return;
    }
    command->done = done;
    command->ctx = ctx;
    *pipeline->waiting_last = command;
    pipeline->waiting_last = &command->next;
}

void pipeline_command(struct pipeline *pipeline, const char *name, struct cw_str json,
                      command_done_fn done, void *ctx)
{
    struct record record = {.kind = RECORD_COMMAND, .topic = str_of(name), .payload = json};
    append_awaited(pipeline, &record, done, ctx);
}

void pipeline_register(struct pipeline *pipeline, const char *what, struct cw_str json,
                       command_done_fn done, void *ctx)
{
    struct record record = {.kind = RECORD_REGISTRY, .topic = str_of(what), .payload = json};
    append_awaited(pipeline, &record, done, ctx);
}

int pipeline_append(struct pipeline *pipeline, enum record_kind kind, const char *topic,
                    struct cw_str payload, struct position *at)
{
    struct record record = {.kind = (uint8_t)kind, .topic = str_of(topic), .payload = payload};
    enum sync_class sync = kind == RECORD_TICK ? SYNC_LATER : SYNC_NOW;
    return journal_append(pipeline->daemon->journal, &record,
                          journal_now(pipeline->daemon->journal), sync, at);
}

/* ---- life ---- */

static void pipeline_sink(struct pipeline *pipeline)
{
    pipeline->sink = (struct engine_sink){.ctx = pipeline,
                                          .transition = on_transition,
                                          .lines = on_lines,
                                          .refused = on_refused,
                                          .command = on_command,
                                          .accepted = on_accepted,
                                          .visit = on_visit,
                                          .activity = on_activity,
                                          .entry = on_entry,
                                          .trail = on_trail};
}

int pipeline_start(struct pipeline **out, struct daemon *daemon, struct cw_error *err)
{
    struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));
    pipeline->daemon = daemon;
    pipeline->waiting_last = &pipeline->waiting;
    map_init(&pipeline->accepted);
    buf_init(&pipeline->config_text, MAX_RECORD_PAYLOAD);
    pipeline_sink(pipeline);
    pipeline->more = xcalloc(1, sizeof(*pipeline->more));
    pipeline->more->data = pipeline;
    if (uv_idle_init(&daemon->loop, pipeline->more))
        BUG("the loop refused the pipeline's handles");
    *out = pipeline;
    return pipeline_load(pipeline, err);
}

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

void pipeline_stop(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    pipeline->stopping = true;
    uv_close((uv_handle_t *)pipeline->more, handle_closed);
    while (pipeline->waiting) {
        struct waiting_command *command = pipeline->waiting;
        struct cw_error err;
        pipeline->waiting = command->next;
        (void)err_set(&err, 0, "the daemon stops; the command is in the journal");
        command->done(command->ctx, -ECANCELED, NULL, &err);
        free(command);
    }
    merge_reader_close(pipeline->reader);
    merge_reader_close(pipeline->again_reader);
    engine_free(pipeline->engine);
    config_free(pipeline->config);
    buf_done(&pipeline->config_text);
    map_done(&pipeline->accepted);
    free(pipeline);
}
