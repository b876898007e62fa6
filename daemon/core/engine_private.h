/*
 * engine_private.h - what the engine's own files share: the fold, and the room in which one
 * record after the other is taken apart. Only the fold is state.
 */
#ifndef CORE_ENGINE_PRIVATE_H
#define CORE_ENGINE_PRIVATE_H

#include "core/alarm/done.h"
#include "core/engine.h"
#include "core/ingest/redelivery.h"
#include "core/ingest/route.h"
#include "core/journal/merge.h"
#include "core/series/lines.h"

struct engine {
    struct fold fold;
    struct done done;
    struct redelivery redelivery;
    uint64_t sources_up; /* bit per source: its session is up */
    /* Not saved: two ticks after a start it is known again. */
    int64_t tick_ns, tick_period_ns; /* of the last tick, and to it from the one before */
    struct merge merge;              /* Not saved: the one whose records are being applied. */
    struct routes routes;
    uint64_t expected_hash; /* of a topic: its route is on the way; 0 none */
    uint32_t expected;      /* number of a device that is on the way, + 1; 0 none */
    struct lines lines;
    struct cw_batch batch;
    const struct metric **metric; /* by index of the batch's fields */
    struct cw_error err;
};

void fold_init(struct fold *fold, const struct ruleset *rules, const struct engine_sink *sink);
void fold_done(struct fold *fold);

/* ---- engine_decode.c ---- */

/* Room for what the limits allow. */
void decode_room(struct engine *engine);
void decode_room_done(struct engine *engine);
/* The first source whose filter matches, or NO_SOURCE. */
uint16_t decode_source(const struct engine *engine, struct cw_str topic);
/* Telemetry into engine->batch; NO_SOURCE: recognised by shape. like: the pattern of the
 * sender's last message, or 0. */
enum cw_refusal decode_points(struct engine *engine, struct cw_str payload, uint16_t source,
                              uint64_t like);
/* Anything else, as a document in the batch's room. */
enum cw_refusal decode_document(struct engine *engine, struct cw_str payload,
                                struct cw_doc *doc);

/* ---- engine_message.c, engine_control.c, engine_command.c, engine_merge.c ---- */

void engine_message(struct engine *engine, const struct record *record);
void engine_command(struct engine *engine, const struct record *record); /* _command.c */
/* The outcome of a command or registry record; engine->err says why. */
void engine_answer(struct engine *engine, int code, const struct alarm *alarm);
void engine_registry_record(struct engine *engine, const struct record *record);
void engine_link(struct engine *engine, const struct record *record);
void engine_delivery(struct engine *engine, const struct record *record);
void engine_health(struct engine *engine, const struct record *record);
void engine_boot(struct engine *engine);
void engine_tick(struct engine *engine);
void engine_merge(struct engine *engine, const struct record *record);

#endif
