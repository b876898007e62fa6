/*
 * metrics.h - what is counted, as Prometheus reads it (text format 0.0.4). Labels are words
 * of the program or the configuration: never a site, a device or a resident.
 */
#ifndef METRICS_H
#define METRICS_H

#include "base/buf.h"

struct api;

void metrics_write(const struct api *api, struct buf *out);
/* Every metric with its type and help, as JSON: `carewatch schema metrics`. */
void metrics_schema(struct buf *out);

#endif
