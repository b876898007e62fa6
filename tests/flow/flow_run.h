/*
 * flow_run.h - records through an engine, and what it tells as lines of JSON.
 *
 * A capture is read into records of memory of their own; an engine on a bench writes down
 * transitions, lines, refusals and outcomes of commands in the order it tells them.
 */
#ifndef TESTS_FLOW_RUN_H
#define TESTS_FLOW_RUN_H

#include <stdio.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "core/engine.h"
#include "core/ingest/capture.h"
#include "core/ingest/refusal.h"
#include "core/view/snapshot.h"
#include "flow/flow_rules.h"

#define FLOW_PADDING 64

/* ---- records ---- */

struct flow_records {
    struct record *record;
    uint32_t n;
};

static inline struct cw_str flow_keep(struct cw_str s)
{
    char *p = xcalloc(1, s.n + FLOW_PADDING);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

static inline void flow_records_add(struct flow_records *records, const struct record *record)
{
    records->record = xrealloc(records->record, (records->n + 1) * sizeof(*records->record));
    struct record *kept = &records->record[records->n++];
    *kept = *record;
    kept->topic = flow_keep(record->topic);
    kept->payload = flow_keep(record->payload);
}

static inline void flow_records_done(struct flow_records *records)
{
    for (uint32_t i = 0; i < records->n; i++) {
        free((char *)records->record[i].topic.p);
        free((char *)records->record[i].payload.p);
    }
    free(records->record);
    *records = (struct flow_records){0};
}

static inline char *flow_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    struct buf all;
    buf_init(&all, 64 << 20);
    char room[65536];
    size_t some;
    while ((some = fread(room, 1, sizeof(room), file)) > 0)
        buf_add(&all, room, some);
    fclose(file);
    *n = all.n;
    return buf_take(&all);
}

static inline void flow_read_line(struct flow_records *records, struct cw_str line,
                                  struct cw_batch *batch, void *json, struct buf *room)
{
    struct cw_error err = {.text = ""};
    struct record record;
    struct cw_str padded = flow_keep(line);
    batch->n_nodes = batch->n_text = batch->n_fields = batch->n_points = 0;
    if (carewatch_plugin_decode_json.ops.decoder->document(json, padded, batch, &err))
        BUG("%.*s: %s", (int)line.n, line.p, err.text);
    struct cw_doc doc = {.node = batch->node, .n_nodes = batch->n_nodes};
    if (capture_read(&doc, &record, room, &err))
        BUG("%.*s: %s", (int)line.n, line.p, err.text);
    flow_records_add(records, &record);
    free((char *)padded.p);
}

/* The capture's lines; empty ones are skipped. */
static inline void flow_records_read(struct flow_records *records, struct cw_str text)
{
    struct cw_batch batch = {
        .node = xcalloc(65536, sizeof(struct cw_node)),
        .text = xcalloc(1, 1 << 20),
        .max_nodes = 65536,
        .max_text = 1 << 20,
    };
    void *json = flow_instance(&carewatch_plugin_decode_json, "");
    struct buf room;
    struct cw_str line;
    buf_init(&room, 1 << 20);
    *records = (struct flow_records){0};
    while (str_split(&text, '\n', &line)) {
        if (line.n)
            flow_read_line(records, line, &batch, json, &room);
    }
    buf_done(&room);
    flow_instance_free(&carewatch_plugin_decode_json, json);
    free(batch.node);
    free(batch.text);
}

/* ---- an engine that writes down what it tells ---- */

struct flow {
    struct flow_rules *rules;
    struct engine *engine;
    struct engine_sink sink;
    struct buf told;
    struct buf lines; /* of the database alone */
    struct json_out json;
};

static inline void flow_begin(struct flow *flow)
{
    json_out_init(&flow->json, &flow->told);
    json_object(&flow->json);
}

static inline void flow_end(struct flow *flow)
{
    json_object_end(&flow->json);
    buf_add_char(&flow->told, '\n');
}

static inline void flow_on_transition(void *ctx, const struct transition *transition)
{
    struct flow *flow = ctx;
    const struct alarm *alarm = transition->alarm;
    flow_begin(flow);
    json_member_time(&flow->json, "at", transition->at_ns);
    json_member_text(&flow->json, "change", str_of(alarm_change_name(transition->change)));
    json_member_text(&flow->json, "state", str_of(alarm_state_name(alarm->state)));
    json_member_text(&flow->json, "rule", str_of(alarm->rule));
    json_member_text(&flow->json, "subject", str_of(alarm->subject));
    json_member_text(&flow->json, "alarm", str_of(alarm->id));
    json_member_int(&flow->json, "rev", alarm->rev);
    json_member_int(&flow->json, "count", alarm->count);
    json_member_real_opt(&flow->json, "value", alarm->value);
    json_member_real_opt(&flow->json, "limit", alarm->limit);
    json_member_time_opt(&flow->json, "device_at", alarm->device_ns);
    if (alarm->delayed)
        json_member_bool(&flow->json, "delayed", true);
    json_member_opt(&flow->json, "by", transition->by);
    json_member_opt(&flow->json, "note", transition->note);
    flow_end(flow);
}

static inline void flow_on_lines(void *ctx, struct position at, struct cw_str lines,
                                 uint32_t n_lines)
{
    struct flow *flow = ctx;
    (void)at;
    (void)n_lines;
    buf_add_str(&flow->lines, lines);
    struct cw_str line;
    while (str_split(&lines, '\n', &line)) {
        if (line.n == 0)
            continue;
        flow_begin(flow);
        json_member_text(&flow->json, "line", line);
        flow_end(flow);
    }
}

static inline void flow_on_refused(void *ctx, enum cw_refusal reason,
                                   const struct record *record, const struct cw_error *err)
{
    struct flow *flow = ctx;
    (void)err;
    flow_begin(flow);
    json_member_text(&flow->json, "refused", str_of(refusal_name(reason)));
    json_member_text(&flow->json, "topic", record->topic);
    flow_end(flow);
}

static inline void flow_on_command(void *ctx, struct position at, int code,
                                   const struct alarm *alarm, const struct cw_error *err)
{
    struct flow *flow = ctx;
    (void)at;
    (void)alarm;
    flow_begin(flow);
    json_member_int(&flow->json, "command", code);
    json_member_opt(&flow->json, "error", str_of(err->text));
    flow_end(flow);
}

static inline void flow_on_accepted(void *ctx, struct cw_str site, struct cw_str event_id)
{
    struct flow *flow = ctx;
    flow_begin(flow);
    json_member_text(&flow->json, "accepted", event_id);
    json_member_text(&flow->json, "site", site);
    flow_end(flow);
}

static inline void flow_on_visit(void *ctx, struct position at, const void *visit)
{
    (void)ctx;
    (void)at;
    (void)visit;
}

static inline void flow_init(struct flow *flow, struct flow_rules *rules)
{
    *flow = (struct flow){.rules = rules};
    flow->sink = (struct engine_sink){
        .ctx = flow,
        .transition = flow_on_transition,
        .lines = flow_on_lines,
        .refused = flow_on_refused,
        .command = flow_on_command,
        .accepted = flow_on_accepted,
        .visit = flow_on_visit,
    };
    buf_init(&flow->told, 64 << 20);
    buf_init(&flow->lines, 64 << 20);
    flow->engine = engine_new(&rules->set, &flow->sink);
}

static inline void flow_done(struct flow *flow)
{
    engine_free(flow->engine);
    buf_done(&flow->told);
    buf_done(&flow->lines);
}

static inline struct position flow_position(uint32_t i)
{
    return (struct position){.epoch = 1, .offset = 64 + 100 * (uint64_t)i};
}

static inline void flow_apply(struct flow *flow, const struct flow_records *records,
                              uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        engine_apply(flow->engine, &records->record[i], flow_position(i));
}

static inline int flow_write(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

/* The state as a snapshot, in file (initialised here). */
static inline void flow_save(const struct flow *flow, struct buf *file)
{
    struct saver *saver = xcalloc(1, sizeof(*saver));
    buf_init(file, 256 << 20);
    saver_init(saver, flow_write, file);
    saver_begin(saver, STATE_VERSION, (struct position){.epoch = 1});
    engine_save(flow->engine, saver);
    if (saver_end(saver) || file->full)
        BUG("the snapshot was not written");
    free(saver);
}

static inline int flow_load(struct flow *flow, const struct buf *file, struct cw_error *err)
{
    struct loader loader;
    uint32_t version;
    struct position at;
    int ret = loader_begin(&loader, file->p, file->n, &version, &at);
    if (ret)
        return ret;
    ret = engine_load(flow->engine, &loader, err);
    if (ret == 0 && loader.at != loader.n)
        BUG("%zu bytes of the snapshot were not read", loader.n - loader.at);
    return ret;
}

#endif
