/*
 * influx_target.h - where lines go and what the answers mean: addresses, credentials and the
 * dialects of InfluxDB 1 and 2 and VictoriaMetrics. Private to the InfluxDB writer; no I/O.
 */
#ifndef IO_INFLUX_TARGET_H
#define IO_INFLUX_TARGET_H

#include "base/buf.h"
#include "io/http_client.h"
#include "io/influx.h"

enum influx_api { INFLUX_V1, INFLUX_V2, VICTORIA_METRICS };

/* Keeps copies of all it needs of the options. */
struct influx_target {
    enum influx_api api;
    char *write_url;
    char *query_url;   /* v1: .../query */
    char *database;    /* v1 */
    char *create_body; /* v1: a form that creates the database */
    char *authorization;
    char *ca_file;
};

enum influx_verdict {
    INFLUX_TAKEN,
    INFLUX_REFUSED, /* because of something in the lines */
    INFLUX_TOO_LARGE,
    INFLUX_NO_DATABASE, /* one that we may create */
    INFLUX_HELD,        /* a person has to do something */
    INFLUX_LATER
};

/* 0 or -EINVAL with err. */
int influx_target_init(struct influx_target *target, const struct influx_options *options,
                       struct cw_error *err);
void influx_target_done(struct influx_target *target);
/* Fills method, url, headers and CA of a write. `header` has room for two. */
void influx_target_write(const struct influx_target *target, struct http_call *call,
                         const char *header[2]);
/* The same for a form posted to the v1 query address. */
void influx_target_form(const struct influx_target *target, struct http_call *call,
                        const char *header[2]);
enum influx_verdict influx_judge(const struct influx_target *target,
                                 const struct http_answer *answer);

#endif
