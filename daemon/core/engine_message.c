/*
 * engine_message.c - one MQTT message: telemetry, event, status or roster.
 *
 *   redelivered? -> topic -> site -> decode -> device -> apply -> signs of life
 *
 * A payload is refused whole or applied whole: a device is born by one that was taken.
 */
#include "base/hash.h"
#include "base/str.h"
#include "base/units.h"
#include "core/engine_private.h"
#include "core/ingest/document.h"
#include "core/ingest/topic.h"
#include "core/series/context.h"
#include "core/series/series.h"
#include "core/series/supervision.h"
#include "core/series/watch.h"
#include "core/service/service.h"

/* An event is on its way for a while; older ones were kept back somewhere. */
#define LATE_EVENT_NS (60 * NS_PER_S)

static void refuse(struct engine *engine, enum cw_refusal refusal, const struct record *record)
{
    const struct engine_sink *sink = engine->fold.sink;
    engine->fold.counters.refused[refusal]++;
    if (sink->refused)
        sink->refused(sink->ctx, refusal, record, &engine->err);
}

/* ---- telemetry ---- */

/* The points of the batch as lines; their fields have the types of their metrics. */
static void write_lines(struct engine *engine, const struct site *site, int64_t arrived_ns)
{
    struct fold *fold = &engine->fold;
    const struct cw_batch *batch = &engine->batch;
    const struct series_table *table = fold->series;
    int64_t tolerance_ns = fold->rules->settings.clock_tolerance_ns;
    uint64_t n_before = engine->lines.n_written;
    lines_begin(&engine->lines, fold->sink, fold->at, fold->registry.generation);
    for (uint32_t i = 0; i < batch->n_points; i++) {
        const struct cw_point *point = &batch->point[i];
        struct device *owner = table->owner[i];
        size_t first = (size_t)(point->field - batch->field);
        for (uint32_t j = 0; !table->layout && j < point->n_fields; j++)
            engine->metric[j] = owner->series[table->found[first + j]].metric;
        struct sample_time time = sample_time_of(point, i, arrived_ns, tolerance_ns);
        lines_point(&engine->lines, fold->rules, site, (struct cw_str){owner->id, owner->n_id},
                    &owner->reading.line, point,
                    table->layout ? table->layout->metric : engine->metric, table->layout,
                    time.line_ns);
    }
    lines_flush(&engine->lines);
    fold->counters.n_lines += engine->lines.n_written - n_before;
}

/* A gateway that speaks for others lives, but sends no data itself. */
static void hear(struct fold *fold, struct site *site, struct device *device,
                 const struct cw_batch *batch)
{
    bool own_data = false;
    for (uint32_t i = 0; i < batch->n_points; i++) {
        struct device *owner = fold->series->owner[i];
        own_data = own_data || owner == device;
        if (owner != device && (i == 0 || owner != fold->series->owner[i - 1]))
            supervision_heard(fold, site, owner, true);
    }
    supervision_heard(fold, site, device, own_data);
}

/* device NULL: `topic` names it, and it is met when the payload is good. Refused: false. */
static bool telemetry(struct engine *engine, const struct record *record, struct site *site,
                      struct device *device, const struct topic *topic, uint16_t source,
                      uint64_t topic_hash)
{
    struct fold *fold = &engine->fold;
    fold->counters.n_telemetry++;
    bool is_known = device || registry_device(&fold->registry, str_of(site->id), topic->device);
    bool has_route = device;
    enum cw_refusal refusal =
        decode_points(engine, record->payload, source, device ? device->reading.pattern : 0);
    if (!refusal && !device)
        refusal = registry_meet_device(fold, site, topic->device, &device);
    if (!refusal)
        refusal =
            series_points(fold, site, device, &engine->batch, record->arrived_ns, &engine->err);
    if (!refusal && !has_route)
        route_keep(&engine->routes, &fold->registry, device, source, topic_hash);
    if (refusal) {
        if (device && !is_known)
            registry_unmeet_device(fold, site, device);
        refuse(engine, refusal, record);
        return false;
    }
    device->reading.pattern = engine->batch.pattern;
    write_lines(engine, site, record->arrived_ns);
    hear(fold, site, device, &engine->batch);
    return true;
}

/* ---- documents ---- */

static enum cw_refusal of_this_site(struct engine *engine, const struct site *site,
                                    const struct cw_doc *doc)
{
    const struct cw_node *root = document_object(doc);
    const struct cw_node *named = root ? document_member(doc, root, "site") : NULL;
    if (!named || named->type != CW_NODE_TEXT || str_is(named->v.text, site->id))
        return CW_ACCEPTED;
    err_set(&engine->err, 0, "The payload speaks for another site than its topic, %s.",
            site->id);
    return CW_REFUSED_WRONG_SITE;
}

static struct cw_str id_member(const struct cw_doc *doc, const char *key)
{
    struct cw_str id = CW_STR("");
    if (document_id(doc, document_object(doc), key, &id, NULL))
        return CW_STR("");
    return id;
}

/* Shows the event to the detectors that asked for its type. */
static void show_event(struct fold *fold, struct site *site, struct device *device,
                       const struct cw_doc *doc, int64_t arrived_ns)
{
    struct cw_point moment = {.time_ns = 0};
    (void)document_time(doc, document_object(doc), "ts", &moment.time_ns, NULL);
    struct sample_time time =
        sample_time_of(&moment, 0, arrived_ns, fold->rules->settings.clock_tolerance_ns);
    int64_t age_ns = fold->now_ns - time.sample_ns;
    if (series_clock_fault(device) && device->skew_ns < 0)
        age_ns += device->skew_ns;
    struct observed observed = {
        .site = site,
        .device = device,
        .sample = {.value = 1, .sample_ns = time.sample_ns, .arrived_ns = fold->now_ns},
        .late = age_ns > LATE_EVENT_NS,
        .is_event = true,
    };
    if (observed.late)
        fold->counters.n_late++;
    if (!observed.late)
        context_event(fold, &observed, doc);
    watch_event(fold, id_member(doc, "type"), id_member(doc, "resident"), id_member(doc, "bed"),
                &observed);
}

static enum cw_refusal event(struct engine *engine, const struct record *record,
                             struct site *site, struct device *device, const struct cw_doc *doc)
{
    struct fold *fold = &engine->fold;
    bool is_repeat = false;
    enum cw_refusal refusal = service_event(fold, site, device, doc, &is_repeat, &engine->err);
    if (refusal)
        return refusal;
    supervision_heard(fold, site, device, true);
    if (!is_repeat)
        show_event(fold, site, device, doc, record->arrived_ns);
    return CW_ACCEPTED;
}

static enum cw_refusal apply_document(struct engine *engine, const struct record *record,
                                      struct site *site, struct device *device,
                                      const struct topic *topic, const struct cw_doc *doc)
{
    struct fold *fold = &engine->fold;
    bool retained = record->flags & RECORD_RETAIN;
    if (topic->kind == TOPIC_EVENT)
        return event(engine, record, site, device, doc);
    if (topic->kind == TOPIC_STATUS)
        return supervision_status(fold, site, device, doc, retained, &engine->err);
    enum cw_refusal refusal = registry_roster(fold, site, device, doc, &engine->err);
    if (!refusal && !retained)
        supervision_heard(fold, site, device, false);
    return refusal;
}

static uint64_t *counter_of(struct fold_counters *counters, enum topic_kind kind)
{
    if (kind == TOPIC_EVENT)
        return &counters->n_events;
    return kind == TOPIC_STATUS ? &counters->n_status : &counters->n_rosters;
}

/* device NULL: as for telemetry(). */
static bool document(struct engine *engine, const struct record *record, struct site *site,
                     struct device *device, const struct topic *topic, uint64_t topic_hash)
{
    struct fold *fold = &engine->fold;
    bool has_route = device, is_new = false;
    struct cw_doc doc;
    *counter_of(&fold->counters, topic->kind) += 1;
    enum cw_refusal refusal = decode_document(engine, record->payload, &doc);
    if (!refusal && topic->kind == TOPIC_STATUS) /* the others look for themselves */
        refusal = of_this_site(engine, site, &doc);
    if (!refusal && !has_route) {
        is_new = !registry_device(&fold->registry, str_of(site->id), topic->device);
        refusal = registry_meet_device(fold, site, topic->device, &device);
    }
    if (!refusal)
        refusal = apply_document(engine, record, site, device, topic, &doc);
    if (!refusal && !has_route && topic->kind == TOPIC_EVENT)
        route_keep(&engine->routes, &fold->registry, device, EVENT_SOURCE, topic_hash);
    if (!refusal)
        return true;
    if (device && is_new)
        registry_unmeet_device(fold, site, device);
    refuse(engine, refusal, record);
    return false;
}

/* ---- looking ahead ---- */

/* Of a hundred thousand devices none is in the caches. From a topic to all that its message
 * touches are three steps, each of which needs what the one before fetched; so each call
 * does one step for each of three messages. */
void engine_expect(struct engine *engine, struct cw_str topic)
{
    const struct registry *registry = &engine->fold.registry;
    const struct device *device = registry_numbered(registry, engine->expected);
    if (device) {
        registry_expect_site(registry, device);
        series_expect(device);
    }
    engine->expected = route_guess(&engine->routes, engine->expected_hash);
    device = registry_numbered(registry, engine->expected);
    if (device)
        registry_expect_device(device);
    engine->expected_hash = topic.n ? hash64(topic, 0) : 0;
    route_expect(&engine->routes, engine->expected_hash);
}

/* ---- any message ---- */

/* What can be said of a message before its payload is looked at. */
static enum cw_refusal admit(struct engine *engine, const struct record *record,
                             struct topic *topic, struct site **site)
{
    enum cw_refusal refusal = topic_parse(record->topic, topic);
    if (refusal) {
        err_set(&engine->err, 0, "The topic is not care/v1/SITE/DEVICE/KIND.");
        return refusal;
    }
    if (record->payload.n == 0) {
        err_set(&engine->err, 0, "The payload is empty.");
        return CW_REFUSED_EMPTY;
    }
    bool lives_on = topic->kind == TOPIC_STATUS || topic->kind == TOPIC_ROSTER;
    if ((record->flags & RECORD_RETAIN) && !lives_on) {
        err_set(&engine->err, 0, "Telemetry and events must not be retained.");
        return CW_REFUSED_RETAINED;
    }
    return registry_meet_site(&engine->fold, topic->site, site);
}

static bool too_large(struct engine *engine, const struct record *record)
{
    int64_t max_bytes = engine->fold.rules->settings.max_payload_bytes;
    if ((int64_t)record->payload.n <= max_bytes)
        return false;
    err_set(&engine->err, 0, "The payload has %zu bytes, allowed are %lld.", record->payload.n,
            (long long)max_bytes);
    return true;
}

static void follow(struct engine *engine, const struct record *record,
                   const struct route *route, uint64_t topic_hash)
{
    struct registry *registry = &engine->fold.registry;
    struct device *device = registry->device[route->device - 1];
    struct site *site = registry->site[device->site];
    struct topic event = {.device = {device->id, device->n_id}, .kind = TOPIC_EVENT};
    if (route->source == EVENT_SOURCE)
        (void)document(engine, record, site, device, &event, topic_hash);
    else
        (void)telemetry(engine, record, site, device, NULL, route->source, topic_hash);
}

void engine_message(struct engine *engine, const struct record *record)
{
    struct fold *fold = &engine->fold;
    uint64_t topic_hash = hash64(record->topic, 0);
    fold->counters.n_messages++;
    engine->err.text[0] = '\0';
    if (redelivery_check(&engine->redelivery, record, topic_hash)) {
        fold->counters.n_redelivered++;
        return;
    }
    if (too_large(engine, record)) {
        refuse(engine, CW_REFUSED_TOO_LARGE, record);
        return;
    }
    const struct route *route =
        route_find(&engine->routes, &fold->registry, record->topic, topic_hash);
    if (route && record->payload.n && !(record->flags & RECORD_RETAIN)) {
        follow(engine, record, route, topic_hash);
        return;
    }
    struct topic topic;
    struct site *site = NULL;
    uint32_t n_sites = fold->registry.n_sites;
    enum cw_refusal refusal = admit(engine, record, &topic, &site);
    bool taken = false;
    if (refusal)
        refuse(engine, refusal, record);
    else if (topic.kind == TOPIC_TELEMETRY)
        taken = telemetry(engine, record, site, NULL, &topic,
                          decode_source(engine, record->topic), topic_hash);
    else
        taken = document(engine, record, site, NULL, &topic, topic_hash);
    if (!taken && fold->registry.n_sites > n_sites)
        registry_unmeet_site(fold, site);
}

/* ---- lines again ---- */

/* Brings the fields to the types of their metrics; false when the message was refused. */
static bool settle(struct engine *engine, const struct site *site, const struct cw_point *point)
{
    const struct cw_batch *batch = &engine->batch;
    size_t first = (size_t)(point->field - batch->field);
    for (uint32_t j = 0; j < point->n_fields; j++) {
        struct cw_field *field = &batch->field[first + j];
        const struct metric *metric = metric_find(&engine->fold.series->metrics, field->key);
        if (!metric || !metric_takes(metric, field->type) ||
            metric_names_other(metric, field, site->id))
            return false;
        (void)metric_settle(metric, field);
        engine->metric[first + j] = metric;
    }
    return true;
}

void engine_lines_again(struct engine *engine, const struct record *record, struct position at,
                        const struct engine_sink *sink)
{
    const struct fold *fold = &engine->fold;
    const struct cw_batch *batch = &engine->batch;
    struct topic topic;
    if (record->kind != RECORD_MESSAGE || (record->flags & RECORD_RETAIN) ||
        record->payload.n == 0 || too_large(engine, record) ||
        topic_parse(record->topic, &topic) || topic.kind != TOPIC_TELEMETRY)
        return;
    const struct site *site = registry_site(&fold->registry, topic.site);
    const struct device *sender = registry_device(&fold->registry, topic.site, topic.device);
    if (!site || decode_points(engine, record->payload, decode_source(engine, record->topic),
                               sender ? sender->reading.pattern : 0))
        return;
    for (uint32_t i = 0; i < batch->n_points; i++) {
        if (!settle(engine, site, &batch->point[i]))
            return;
    }
    lines_begin(&engine->lines, sink, at, fold->registry.generation);
    for (uint32_t i = 0; i < batch->n_points; i++) {
        const struct cw_point *point = &batch->point[i];
        struct cw_str id = point->device.n ? point->device : topic.device;
        struct device *owner = registry_device(&fold->registry, topic.site, id);
        struct sample_time time = sample_time_of(point, i, record->arrived_ns,
                                                 fold->rules->settings.clock_tolerance_ns);
        lines_point(&engine->lines, fold->rules, site, id, owner ? &owner->reading.line : NULL,
                    point, engine->metric + (point->field - batch->field), NULL, time.line_ns);
    }
    lines_flush(&engine->lines);
}
