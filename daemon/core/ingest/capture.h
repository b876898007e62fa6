/*
 * capture.h - a recorded message as one line of JSON, read into a record (contract section 4):
 *
 *   {"ns":..,"topic":"..","payload":{..} or "text" or "payload_b64":"..","qos":1,..}
 *   {"ns":..,"command":"ack","alarm":"..","by":".."}    {"ns":..,"link":"down"}
 *   {"ns":..,"registry":"organisations","payload":{"org":"..",..}}
 *
 * Pure: the line comes decoded; what has to be written again goes into a buffer.
 */
#ifndef CORE_INGEST_CAPTURE_H
#define CORE_INGEST_CAPTURE_H

#include "base/buf.h"
#include "core/journal/record.h"

/* Fills the record; its strings lie in doc or in `room` (cleared first). 0 or -EINVAL with
 * err. */
int capture_read(const struct cw_doc *doc, struct record *record, struct buf *room,
                 struct cw_error *err);
/* A document as JSON text again: members in their order, numbers as they were written. */
void capture_write_json(const struct cw_doc *doc, uint32_t node, struct buf *out);

#endif
