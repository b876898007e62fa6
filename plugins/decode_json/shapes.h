/*
 * shapes.h - the shapes a JSON payload may have, each read by one file.
 *
 * All functions expect the cursor at the root, leave it behind the root, and fill the reader's
 * batch. They return false after a refusal.
 */
#ifndef PLUGINS_DECODE_JSON_SHAPES_H
#define PLUGINS_DECODE_JSON_SHAPES_H

#include "reader.h"

namespace json
{

constexpr uint32_t max_depth = 16;
constexpr uint32_t max_value_bytes = 256;    /* a text in telemetry */
constexpr uint32_t max_text_bytes = 1 << 16; /* a text in a document */

/* {"ts":..,"hr":72}, {"ts":..,"values":{..}}, arrays of them, SenML, or a bare value. */
bool read_telemetry(struct reader *reader, struct cw_str metric);
/* RFC 8428: an array of records. `metric` names records whose name is only a device. */
bool read_senml(struct reader *reader, struct cw_str metric);
/* Any object or array, as nodes. */
bool read_document(struct reader *reader);

/* The string at the cursor, at most max_value_bytes long. */
bool read_short_text(struct reader *reader, struct cw_str *text);
/* A name may become a field of a line and a word in a rule. */
bool check_name(struct reader *reader, struct cw_str name);
bool refuse_fields(struct reader *reader) __attribute__((cold));
/* A new point without fields, or NULL after a refusal. */
struct cw_point *add_point(struct reader *reader);

/* The next field of the batch, not counted yet, or NULL after a refusal. */
inline struct cw_field *next_field(struct reader *reader, struct cw_str name)
{
    struct cw_batch *batch = reader->batch;
    /* Control characters can only come from escapes. */
    bool usual = name.n && name.n <= max_name_bytes && !reader->has_escapes;
    if (!usual && !check_name(reader, name))
        return nullptr;
    if (batch->n_fields == batch->max_fields) {
        (void)refuse_fields(reader);
        return nullptr;
    }
    struct cw_field *field = &batch->field[batch->n_fields];
    field->key = name;
    field->raw = {};
    return field;
}

} // namespace json

#endif
