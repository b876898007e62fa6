/*
 * http_client.h - HTTP requests that never block the loop (libcurl multi on libuv; its only
 * door). Bodies are copied, answers bounded, redirects never followed, Expect: disabled, no
 * proxy of the environment. curl sends once more by itself when a kept-alive connection
 * turns out to be dead, so what is sent must bear being sent twice.
 *
 * A URL of smtp:// or smtps:// is a mail: the headers and the body are its text, From and To
 * its envelope; X-Server-Login ("user password") and X-Server-Tls (required, try, no) are for
 * the server and not part of it. The status is the server's last one (250 when it took it).
 */
#ifndef IO_HTTP_CLIENT_H
#define IO_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include <carewatch/plugin.h>

struct http_client;

struct http_call {
    const char *method, *url;
    const char *const *header; /* "Name: value" */
    size_t n_headers;
    struct cw_str body; /* copied */
    bool gzip;          /* compress the body in a worker first (Content-Encoding: gzip) */
    int64_t timeout_ns;
    size_t max_answer;   /* bytes kept of the answer's body */
    const char *ca_file; /* NULL: the system's */
};

struct http_answer {
    int status;             /* 0: no answer */
    struct cw_str body;     /* borrowed until the callback returns */
    bool cut;               /* the body was longer than max_answer */
    int64_t retry_after_ns; /* 0: none said */
    const char *error;      /* for a person when status is 0 */
    int64_t elapsed_ns;
};
typedef void (*http_done_fn)(void *ctx, const struct http_answer *answer);

int http_client_new(struct http_client **client, uv_loop_t *loop);
/* Cancels what runs (callbacks get status 0, error "cancelled", before this returns) and
 * closes its handles; the memory goes when the loop has run them down. NULL is fine. */
void http_client_free(struct http_client *client);
/* Starts a call; done is called once, on the loop, never from inside. Returns an id > 0; 0
 * (and done is never called) while the client is being freed. */
uint64_t http_client_call(struct http_client *client, const struct http_call *call,
                          http_done_fn done, void *ctx);
void http_client_cancel(struct http_client *client, uint64_t id); /* done is not called */

#endif
