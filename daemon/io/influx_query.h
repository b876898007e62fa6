/*
 * influx_query.h - questions to the database that are on their way. Private to the InfluxDB
 * writer, which embeds it; the interface is influx_query_series() of influx.h.
 */
#ifndef IO_INFLUX_QUERY_H
#define IO_INFLUX_QUERY_H

#include "io/influx_target.h"

#define MAX_QUERIES 16

struct query;

struct influx_queries {
    struct http_client *client;         /* borrowed */
    const struct influx_target *target; /* borrowed */
    int64_t timeout_ns;
    struct query *first;
    uint32_t n;
    uint64_t last_id;
};

int influx_queries_ask(struct influx_queries *queries, const struct influx_series_query *query,
                       influx_series_fn done, void *ctx, uint64_t *id, struct cw_error *err);
void influx_queries_cancel(struct influx_queries *queries, uint64_t id);
/* Every question still open is answered -ECANCELED. */
void influx_queries_done(struct influx_queries *queries);

#endif
