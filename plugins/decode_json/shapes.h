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

/* The value at the cursor as a new field of the batch; null adds none. */
bool read_field(struct reader *reader, struct cw_str name);
/* The string at the cursor, at most max_value_bytes long. */
bool read_short_text(struct reader *reader, struct cw_str *text);
/* The next field of the batch, not counted yet, or NULL after a refusal. */
struct cw_field *next_field(struct reader *reader, struct cw_str name);
/* A new point without fields, or NULL after a refusal. */
struct cw_point *add_point(struct reader *reader);

} // namespace json

#endif
