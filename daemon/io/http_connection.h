/*
 * http_connection.h - private to http_*.c: one connection, from request to request.
 *
 *   HEAD ─► BODY ─► ANSWER ─► WRITE ─► HEAD (keep-alive)
 *                      │         └───► LINGER ─► closed
 *                      └─► STREAM
 *
 * Bytes come in by connection_input() and are fetched by connection_output(); the rest is
 * asked of the transport (transport_*, http_server.c), which alone knows the socket library.
 * A request's id is (generation << 20 | slot): looking it up is an index, and an id of a
 * connection that is gone finds nothing.
 */
#ifndef IO_HTTP_CONNECTION_H
#define IO_HTTP_CONNECTION_H

#include "base/buf.h"
#include "io/http_parse.h"
#include "io/http_server.h"

struct lws;
struct lws_context;
struct lws_vhost;

enum http_phase {
    PHASE_HEAD,   /* waiting for, or inside, a head */
    PHASE_BODY,   /* head read, body on its way */
    PHASE_ANSWER, /* handed over; nobody has answered yet */
    PHASE_WRITE,  /* the answer goes out */
    PHASE_STREAM, /* an event stream */
    PHASE_LINGER, /* our side is shut; reads and drops so that the answer is not reset away */
};

/* One SSE frame that waits. */
struct http_frame {
    struct http_frame *next;
    size_t n;
    char key[32]; /* of droppable frames; "" otherwise */
    char text[];
};

struct http_connection {
    struct http_server *server;
    bool is_large; /* its body is one of server->n_large */
    struct lws *wsi;
    uint32_t slot;
    uint64_t id; /* of the request in flight or the last one; 0 none yet */
    enum http_phase phase;
    char peer[64];
    struct buf in;
    size_t scanned; /* bytes of `in` looked at for the head's end */
    struct http_head head;
    size_t head_bytes;
    bool head_only;  /* HEAD: the answer goes without its body */
    bool keep_alive; /* after this answer */
    bool ending;     /* a stream that ends when its frames are out */
    bool closing;    /* the transport was told to close it */
    bool blocked;    /* the transport holds bytes the peer does not take; reading is off */
    bool moved;      /* bytes went out since the timer was set */
    struct buf out;
    size_t out_at; /* how much of `out` is on its way */
    struct http_frame *first, *last;
    size_t frames_bytes, first_at;
};

struct http_server {
    uv_loop_t *loop;
    uv_poll_t listener;
    uv_timer_t resting; /* no descriptor for the next client: the listener waits */
    int listen_fd;
    uv_timer_t ender; /* after the stop: waits for the library's last handle */
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct http_server_options options;
    uint32_t n_large; /* bodies above max_body_bytes that are being read */
    char *cert_file, *key_file;
    int port;
    struct http_handlers handlers;
    struct http_connection **connection; /* by slot */
    uint32_t n_slots;
    uint64_t generation;
    bool stopping;
    struct http_server_status status;
};

struct http_connection *connection_new(struct http_server *server, struct lws *wsi,
                                       uint32_t slot);
/* Tells the handlers that a waiting request or stream is gone. */
void connection_free(struct http_connection *connection);
/* Beyond max_clients: says 503 instead of reading. */
void connection_refuse(struct http_connection *connection);
void connection_input(struct http_connection *connection, struct cw_str bytes);
/* Up to cap bytes to send; 0: nothing for now. */
size_t connection_output(struct http_connection *connection, char *dst, size_t cap);
/* All that connection_output() gave is with the kernel. False: close. */
bool connection_drained(struct http_connection *connection);
/* The deadline set by transport_timer() is here. False: close. */
bool connection_timer(struct http_connection *connection);
/* The connection of a request's id, or NULL. */
struct http_connection *connection_find(const struct http_server *server, uint64_t id);
/* Composes the answer and starts to send it. */
void connection_answer(struct http_connection *connection, int status, const char *content_type,
                       const char *headers, struct cw_str body);

/* ---- http_headers.c ---- */

const char *http_status_text(int status);
/* The head of an answer; content_length < 0: none (until the end of the connection). */
void http_head_write(struct buf *out, int status, const char *content_type, const char *headers,
                     int64_t content_length, bool keep_alive);

/* ---- http_server.c: the transport ---- */

void transport_write(struct http_connection *connection); /* there is output */
void transport_timer(struct http_connection *connection, int64_t after_ns);
void transport_close(struct http_connection *connection); /* soon, never from inside */
void transport_shut_down(struct http_connection *connection);

#endif
