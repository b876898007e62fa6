/*
 * engine_control.c - records that are no messages: commands of people, registry changes,
 * links, deliveries, boots, ticks.
 */
#include <errno.h>

#include "base/str.h"
#include "core/engine_private.h"
#include "core/health.h"
#include "core/ingest/document.h"
#include "core/series/supervision.h"
#include "core/service/visit.h"

static void answer(struct engine *engine, int code, const struct alarm *alarm)
{
    const struct engine_sink *sink = engine->fold.sink;
    if (sink->command)
        sink->command(sink->ctx, engine->fold.at, code, alarm, &engine->err);
}

/* {"alarm":..,"rev":..,"by":..,"note":..}; rev is optional. */
static int command_ack(struct engine *engine, const struct cw_doc *doc,
                       const struct alarm **alarm)
{
    struct fold *fold = &engine->fold;
    const struct cw_node *root = document_object(doc);
    struct cw_str id = CW_STR(""), by = CW_STR(""), note = CW_STR("");
    int64_t rev = 0;
    if (!root || document_text(doc, root, "alarm", &id, &engine->err) ||
        document_text(doc, root, "by", &by, &engine->err) || by.n == 0)
        return err_set(&engine->err, -EINVAL, "An ack needs \"alarm\" and \"by\".");
    if (document_int(doc, root, "rev", &rev, &engine->err) == -EINVAL ||
        document_text(doc, root, "note", &note, &engine->err) == -EINVAL)
        return -EINVAL;
    if (rev < 0 || rev > UINT32_MAX)
        return err_set(&engine->err, -EINVAL, "There is no revision %lld.", (long long)rev);
    *alarm = alarm_find(&fold->alarms, id);
    int code = alarm_ack(fold, id, (uint32_t)rev, by, note);
    if (code == -ENOENT)
        err_set(&engine->err, code, "There is no alarm \"%.*s\".", (int)(id.n < 80 ? id.n : 80),
                id.p);
    else if (code == -ESTALE)
        err_set(&engine->err, code, "The alarm has changed meanwhile: its revision is %u.",
                (*alarm)->rev);
    else if (code == -EBUSY)
        err_set(&engine->err, code, "The alarm is %s: there is nothing to acknowledge.",
                alarm_state_name((*alarm)->state));
    return code;
}

static const struct {
    const char *name;
    int (*run)(struct engine *engine, const struct cw_doc *doc, const struct alarm **alarm);
} commands[] = {
    {"ack", command_ack},
};

void engine_command(struct engine *engine, const struct record *record)
{
    const struct alarm *alarm = NULL;
    struct cw_doc doc;
    engine->fold.counters.n_commands++;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!str_is(record->topic, commands[i].name))
            continue;
        int code = -EINVAL;
        if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
            code = commands[i].run(engine, &doc, &alarm);
        answer(engine, code, alarm);
        return;
    }
    err_set(&engine->err, 0, "There is no command \"%.*s\".",
            (int)(record->topic.n < 80 ? record->topic.n : 80), record->topic.p);
    answer(engine, -ENOSYS, NULL);
}

void engine_registry_record(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    int code = -EINVAL;
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
        code = registry_apply(&engine->fold, &doc, &engine->err);
    answer(engine, code, NULL);
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
    bool ok = false;
    if (decode_document(engine, record->payload, &doc))
        return;
    const struct cw_node *root = document_object(&doc);
    if (!root || document_text(&doc, root, "alarm", &id, NULL) ||
        document_text(&doc, root, "channel", &channel, NULL) ||
        document_bool(&doc, root, "ok", &ok, NULL))
        return;
    (void)document_text(&doc, root, "to", &to, NULL);
    alarm_notified(&engine->fold, id, channel, to, ok);
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
}

void engine_tick(struct engine *engine)
{
    registry_housekeeping(&engine->fold);
    service_housekeeping(&engine->fold);
}
