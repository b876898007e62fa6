/*
 * engine_control.c - records that are neither messages nor commands: registry changes, links,
 * deliveries, boots, ticks.
 */
#include <errno.h>

#include "base/str.h"
#include "core/alarm/escalation.h"
#include "core/engine_private.h"
#include "core/health.h"
#include "core/ingest/document.h"
#include "core/series/supervision.h"
#include "core/service/service.h"

void engine_answer(struct engine *engine, int code, const struct alarm *alarm)
{
    const struct engine_sink *sink = engine->fold.sink;
    if (sink->command)
        sink->command(sink->ctx, engine->fold.at, code, alarm, &engine->err);
}

/* In the registry, which acts on it, and in the book, which keeps its history: both or none. */
static int apply_site(struct fold *fold, const struct cw_doc *doc, enum draft_mode mode,
                      struct cw_error *err)
{
    int code = book_check(fold, &kind_sites, doc, mode, err);
    if (code == 0)
        code = registry_check(fold, doc, err);
    if (code)
        return code;
    registry_keep_known(fold, doc);
    code = registry_apply(fold, doc, err);
    return code ? code : book_record(fold, &kind_sites, doc, mode, err);
}

/* The topic says of what it is: "site" alone is the place of a site, "sites" all of it. */
static int apply_registry(struct fold *fold, struct cw_str topic, const struct cw_doc *doc,
                          struct cw_error *err)
{
    if (topic.n == 0 || str_is(topic, "site"))
        return apply_site(fold, doc, DRAFT_EVENT, err);
    const struct entry_kind *kind = entry_kind_of(topic);
    if (!kind)
        return err_set(err, -EINVAL, "There is nothing to register called \"%.*s\".",
                       (int)utf8_cut(topic, 60), topic.p);
    return kind == &kind_sites ? apply_site(fold, doc, DRAFT_STRICT, err)
                               : book_record(fold, kind, doc, DRAFT_STRICT, err);
}

void engine_registry_record(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    int code = -EINVAL;
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
        code = apply_registry(&engine->fold, record->topic, &doc, &engine->err);
    engine_answer(engine, code, NULL);
}

int engine_check_registry(struct engine *engine, struct cw_str kind, struct cw_str row,
                          struct cw_error *err)
{
    struct cw_doc doc;
    const struct entry_kind *entry_kind = entry_kind_of(kind);
    if (decode_document(engine, row, &doc)) {
        *err = engine->err;
        return -EINVAL;
    }
    if (!entry_kind)
        return err_set(err, -EINVAL, "There is nothing to register called \"%.*s\".",
                       (int)utf8_cut(kind, 60), kind.p);
    int code = book_check(&engine->fold, entry_kind, &doc, DRAFT_STRICT, err);
    if (code == 0 && entry_kind == &kind_sites)
        code = registry_check(&engine->fold, &doc, err);
    return code;
}

void engine_link(struct engine *engine, const struct record *record)
{
    uint64_t bit = UINT64_C(1) << (record->source & 63);
    if (str_is(record->payload, "up"))
        engine->sources_up |= bit;
    else
        engine->sources_up &= ~bit;
    supervision_link(&engine->fold, engine->sources_up != 0);
}

void engine_delivery(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    struct cw_str id = CW_STR(""), channel = CW_STR(""), to = CW_STR("");
    bool ok = false, unreached = false;
    if (decode_document(engine, record->payload, &doc))
        return;
    const struct cw_node *root = document_object(&doc);
    if (!root || document_text(&doc, root, "alarm", &id, NULL) ||
        document_text(&doc, root, "channel", &channel, NULL) ||
        document_bool(&doc, root, "ok", &ok, NULL))
        return;
    (void)document_text(&doc, root, "to", &to, NULL);
    (void)document_bool(&doc, root, "unreached", &unreached, NULL);
    alarm_notified(&engine->fold, id, channel, to, ok);
    struct alarm *alarm = unreached ? alarm_find(&engine->fold.alarms, id) : NULL;
    if (alarm)
        escalation_unreached(&engine->fold, alarm);
}

/* Of kind disk or clock step: what the daemon noticed about itself. */
void engine_health(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    if (decode_document(engine, record->payload, &doc))
        return;
    if (record->kind == RECORD_CLOCK_STEP)
        health_clock_step(&engine->fold, &doc);
    else
        health_disk(&engine->fold, &doc);
}

void engine_boot(struct engine *engine)
{
    engine->sources_up = 0;
    supervision_boot(&engine->fold);
    today_turn(&engine->fold);
}

void engine_tick(struct engine *engine)
{
    registry_housekeeping(&engine->fold);
    service_housekeeping(&engine->fold);
    if (engine->fold.rules->settings.operators > 0)
        load_advance(&engine->fold.load, engine->fold.now_ns,
                     engine->fold.rules->settings.operators);
}
