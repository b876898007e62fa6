/*
 * metrics_private.h - a row of the table of metrics, for metrics.c and metrics_rows.c alone.
 */
#ifndef METRICS_PRIVATE_H
#define METRICS_PRIVATE_H

#include <stddef.h>

#include "base/buf.h"

struct api;
struct histogram;

/* One number, or a function that writes samples with labels. */
struct metric_row {
    const char *name, *type, *help;
    double (*value)(const struct api *api);
    void (*samples)(const struct metric_row *row, const struct api *api, struct buf *out);
};

extern const struct metric_row metric_rows[];
extern const size_t n_metric_rows;

/* name{key="word"} value; neither needs escaping. */
void metric_sample(const struct metric_row *row, const char *key, const char *word,
                   double value, struct buf *out);
void metric_histogram(const struct metric_row *row, const struct histogram *h, struct buf *out);

#endif
