/*
 * http_server.h - HTTP and server-sent events (libwebsockets on the libuv loop; its only door).
 *
 * It knows bytes, headers, limits and streams, not routes or roles. A request is handed over
 * when its body is complete and within limits; the answer may come at once or later, by the
 * request's id. Everything that waits keeps the id, never the pointer.
 */
#ifndef IO_HTTP_SERVER_H
#define IO_HTTP_SERVER_H

#include <uv.h>

#include <carewatch/plugin.h>

#include "base/buf.h"

struct http_server;

struct http_server_options {
    const char *listen; /* "127.0.0.1:8480" (port 0: the system picks), "[::1]:8480" */
    const char *cert_file, *key_file;
    int64_t max_body_bytes, max_clients, max_sse_clients, sse_backlog_bytes;
    /* What is PUT below this path may be larger, a few at a time; NULL: nothing. */
    const char *large_path;
    int64_t max_large_bytes;
    uint32_t max_large;        /* at a time; one more is answered 503 */
    int64_t header_timeout_ns; /* slow clients are closed */
    int64_t max_per_address;   /* connections; 0: no limit but max_clients */
    const char *const *proxy;  /* addresses that max_per_address is not for; borrowed */
};

/* Borrowed until the handler returns. */
struct http_request {
    uint64_t id;
    struct cw_str method, path; /* path decoded, without the query */
    struct cw_str query;        /* raw */
    struct cw_str body;
    struct cw_str authorization, cookie, if_match, if_none_match, accept, origin, host,
        content_type, last_event_id, sec_fetch_site, idempotency_key, accept_encoding,
        forwarded_for, forwarded_proto; /* X-Forwarded-*: what a client claims */
    char peer[64];                      /* address; "" unknown */
    bool peer_is_loopback;
};

struct http_handlers {
    void *ctx;
    void (*request)(void *ctx, const struct http_request *request);
    void (*gone)(void *ctx, uint64_t id); /* a stream or waiting request was closed */
};

int http_server_start(struct http_server **server, uv_loop_t *loop,
                      const struct http_server_options *options,
                      const struct http_handlers *handlers, struct cw_error *err);
/* Closes all (waiting requests and streams get `gone`); memory goes when the loop has run its
 * handles down. NULL is fine. */
void http_server_stop(struct http_server *server);
int http_server_port(const struct http_server *server);

/* The whole answer; body is copied. `headers` is "Name: value\r\n" lines or NULL; security
 * headers and Content-Length are added here. False when the request is gone. */
bool http_answer(struct http_server *server, uint64_t id, int status, const char *content_type,
                 const char *headers, struct cw_str body);
/* Turns the request into an event stream. False when it is gone, or when all streams are
 * taken: then it has been answered with 503. */
bool http_stream_begin(struct http_server *server, uint64_t id);
/* One whole SSE frame (with its final blank line); copied. droppable frames (kpi, marks)
 * with the same key replace an unsent one. A client over its backlog is closed (it resumes
 * by Last-Event-ID). False when gone. */
bool http_stream_send(struct http_server *server, uint64_t id, struct cw_str frame,
                      const char *droppable_key);
void http_stream_end(struct http_server *server, uint64_t id);

struct http_server_status {
    uint64_t n_requests, n_refused, n_sse_cut;
    uint64_t n_rests; /* times that no client could be taken: no descriptor was left */
    uint32_t n_clients, n_sse;
};
void http_server_status(const struct http_server *server, struct http_server_status *status);

#endif
