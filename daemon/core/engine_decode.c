/*
 * engine_decode.c - payloads through the decoder plugins into the engine's batch.
 *
 * The room is as large as the limits allow and made once: a message allocates nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/engine_private.h"
#include "core/ingest/topic.h"
#include "core/series/series.h"

/* A roster of a thousand devices has some ten thousand nodes. */
#define MAX_NODES 65536u

void decode_room_done(struct engine *engine)
{
    free(engine->batch.point);
    free(engine->batch.field);
    free(engine->batch.node);
    free(engine->batch.text);
    free(engine->metric);
    engine->batch = (struct cw_batch){.point = NULL};
    engine->metric = NULL;
}

void decode_room(struct engine *engine)
{
    const struct settings *settings = &engine->fold.rules->settings;
    uint32_t max_fields = (uint32_t)settings->max_fields;
    uint32_t max_text = (uint32_t)settings->max_payload_bytes + 64;
    if (engine->batch.max_fields == max_fields && engine->batch.max_text == max_text)
        return;
    decode_room_done(engine);
    engine->batch = (struct cw_batch){
        .point = xmalloc(max_fields * sizeof(struct cw_point)),
        .field = xmalloc(max_fields * sizeof(struct cw_field)),
        .node = xmalloc(MAX_NODES * sizeof(struct cw_node)),
        .text = xmalloc(max_text),
        .max_points = max_fields,
        .max_fields = max_fields,
        .max_nodes = MAX_NODES,
        .max_text = max_text,
    };
    engine->metric = xmalloc(max_fields * sizeof(const struct metric *));
}

static void begin(struct engine *engine)
{
    engine->batch.n_points = 0;
    engine->batch.n_fields = 0;
    engine->batch.n_nodes = 0;
    engine->batch.n_text = 0;
    engine->batch.pattern = 0;
    engine->err.text[0] = '\0';
}

uint16_t decode_source(const struct engine *engine, struct cw_str topic)
{
    const struct ruleset *rules = engine->fold.rules;
    for (uint32_t i = 0; i < rules->n_sources && i < NO_SOURCE; i++) {
        if (topic_matches(str_of(rules->source[i].topic), topic))
            return (uint16_t)i;
    }
    return NO_SOURCE;
}

/* The decoder's index, or -1. */
static int choose(const struct ruleset *rules, const struct cw_plugin *wanted,
                  struct cw_str payload)
{
    for (uint32_t i = 0; i < rules->n_decoders; i++) {
        const struct cw_decoder *decoder = rules->decoder[i]->ops.decoder;
        if (wanted ? rules->decoder[i] == wanted
                   : decoder->recognise && decoder->recognise(rules->decoder_self[i], payload))
            return (int)i;
    }
    return -1;
}

enum cw_refusal decode_points(struct engine *engine, struct cw_str payload, uint16_t source,
                              uint64_t like)
{
    const struct ruleset *rules = engine->fold.rules;
    const struct source *from = source == NO_SOURCE ? NULL : &rules->source[source];
    begin(engine);
    int i = choose(rules, from ? from->decoder : NULL, payload);
    if (i < 0) {
        err_set(&engine->err, 0, "No decoder knows the shape of this payload.");
        return CW_REFUSED_SHAPE;
    }
    engine->batch.like = like;
    engine->fold.series->decoder = (uint32_t)i;
    struct cw_str metric = from ? str_of(from->metric) : CW_STR("");
    return (enum cw_refusal)rules->decoder[i]->ops.decoder->points(
        rules->decoder_self[i], payload, metric, &engine->batch, &engine->err);
}

enum cw_refusal decode_document(struct engine *engine, struct cw_str payload,
                                struct cw_doc *doc)
{
    const struct ruleset *rules = engine->fold.rules;
    begin(engine);
    for (uint32_t i = 0; i < rules->n_decoders; i++) {
        const struct cw_decoder *decoder = rules->decoder[i]->ops.decoder;
        if (strcmp(rules->decoder[i]->name, "json") != 0 || !decoder->document)
            continue;
        enum cw_refusal refusal = (enum cw_refusal)decoder->document(
            rules->decoder_self[i], payload, &engine->batch, &engine->err);
        *doc = (struct cw_doc){.node = engine->batch.node, .n_nodes = engine->batch.n_nodes};
        return refusal;
    }
    BUG("there is no decoder \"json\" for documents");
}
