/*
 * http_connection.c - requests in and answers out of one connection, one at a time: what a
 * client sends ahead (pipelining) waits in `in` until the answer before it is out.
 *
 * Every phase has a deadline, so nobody holds a connection by being slow: a head and a body
 * have header_timeout each, an answer and a blocked write 30 s, an idle connection 60 s.
 */
#include "io/http_connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_ANSWER ((size_t)64 << 20)
#define MAX_AHEAD (64u << 10) /* bytes kept of what comes behind the request in flight */
#define IDLE_NS (60 * NS_PER_S)
#define PATIENCE_NS (30 * NS_PER_S)
#define LINGER_NS (2 * NS_PER_S)

static size_t most_bytes(const struct http_server *server)
{
    int64_t body = server->options.max_body_bytes;
    if (server->options.large_path && server->options.max_large_bytes > body)
        body = server->options.max_large_bytes;
    return HTTP_MAX_HEAD + (size_t)body + MAX_AHEAD;
}

struct http_connection *connection_new(struct http_server *server, struct lws *wsi,
                                       uint32_t slot)
{
    struct http_connection *c = xcalloc(1, sizeof(*c));
    c->server = server;
    c->wsi = wsi;
    c->slot = slot;
    c->keep_alive = true;
    buf_init(&c->in, most_bytes(server));
    buf_init(&c->out, MAX_ANSWER);
    transport_timer(c, server->options.header_timeout_ns);
    return c;
}

void connection_free(struct http_connection *c)
{
    enum http_phase phase = c->phase;
    uint64_t id = c->id;
    const struct http_handlers handlers = c->server->handlers;
    if (phase == PHASE_STREAM)
        c->server->status.n_sse--;
    while (c->first) {
        struct http_frame *next = c->first->next;
        free(c->first);
        c->first = next;
    }
    c->server->n_large -= c->is_large;
    buf_done(&c->in);
    buf_done(&c->out);
    c->server->connection[c->slot] = NULL;
    bool told = (phase == PHASE_ANSWER || (phase == PHASE_STREAM && !c->ending));
    free(c);
    if (told && handlers.gone)
        handlers.gone(handlers.ctx, id);
}

struct http_connection *connection_find(const struct http_server *server, uint64_t id)
{
    uint32_t slot = (uint32_t)(id & 0xfffff);
    if (slot >= server->n_slots)
        return NULL;
    struct http_connection *c = server->connection[slot];
    return c && c->id == id && !c->closing ? c : NULL;
}

void connection_answer(struct http_connection *c, int status, const char *content_type,
                       const char *headers, struct cw_str body)
{
    buf_clear(&c->out);
    c->out_at = 0;
    if (body.n > MAX_ANSWER - 65536) {
        status = 500;
        body.n = 0;
    }
    http_head_write(&c->out, status, content_type, headers, (int64_t)body.n, c->keep_alive);
    if (!c->head_only && status != 204 && status != 304)
        buf_add_str(&c->out, body);
    c->phase = PHASE_WRITE;
    c->moved = false;
    transport_timer(c, PATIENCE_NS);
    transport_write(c);
}

/* A refusal that is the server's own: nothing more is read, the connection ends. */
static void refuse(struct http_connection *c, int status)
{
    c->server->status.n_refused++;
    c->keep_alive = false;
    struct buf body;
    buf_init(&body, 512);
    buf_printf(&body, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d}\n",
               http_status_text(status), status);
    buf_clear(&c->in);
    connection_answer(c, status, "application/problem+json",
                      status == 503 ? "Retry-After: 5\r\n" : NULL, buf_str(&body));
    buf_done(&body);
}

void connection_refuse(struct http_connection *c)
{
    refuse(c, 503);
}

/* A large body was read: what it took is given back, and not kept for as long as the client. */
static void give_back(struct http_connection *c)
{
    struct buf rest;
    buf_init(&rest, most_bytes(c->server));
    buf_add_str(&rest, buf_str(&c->in));
    buf_done(&c->in);
    c->in = rest;
    c->server->n_large--;
    c->is_large = false;
}

/* 0, or the status with which a body of that length is refused. */
static int admit_body(struct http_connection *c)
{
    const struct http_server_options *options = &c->server->options;
    bool may_be_large = options->large_path && str_is(c->head.method, "PUT") &&
                        str_starts(c->head.path, options->large_path);
    if (c->head.content_length <= (uint64_t)options->max_body_bytes)
        return 0;
    if (!may_be_large || c->head.content_length > (uint64_t)options->max_large_bytes)
        return 413;
    if (c->server->n_large >= options->max_large)
        return 503;
    c->is_large = true;
    c->server->n_large++;
    return 0;
}

/* Hands the request over. The strings point into `in`, which stays as it is meanwhile. */
static void dispatch(struct http_connection *c, struct cw_str body)
{
    struct http_server *server = c->server;
    const struct http_head *head = &c->head;
    char path[HTTP_MAX_HEAD];
    if (!http_path_decode(head->path, path, sizeof(path))) {
        refuse(c, 400);
        return;
    }
    c->id = ++server->generation << 20 | c->slot;
    c->head_only = str_is(head->method, "HEAD");
    c->keep_alive = head->keep_alive && !server->stopping;
    c->phase = PHASE_ANSWER;
    server->status.n_requests++;
    struct http_request request = {
        .id = c->id,
        .method = head->method,
        .path = str_of(path),
        .query = head->query,
        .body = body,
        .authorization = head->header[HTTP_AUTHORIZATION],
        .cookie = head->header[HTTP_COOKIE],
        .if_match = head->header[HTTP_IF_MATCH],
        .if_none_match = head->header[HTTP_IF_NONE_MATCH],
        .accept = head->header[HTTP_ACCEPT],
        .origin = head->header[HTTP_ORIGIN],
        .host = head->header[HTTP_HOST],
        .content_type = head->header[HTTP_CONTENT_TYPE],
        .last_event_id = head->header[HTTP_LAST_EVENT_ID],
        .sec_fetch_site = head->header[HTTP_SEC_FETCH_SITE],
        .idempotency_key = head->header[HTTP_IDEMPOTENCY_KEY],
        .accept_encoding = head->header[HTTP_ACCEPT_ENCODING],
        .forwarded_for = head->header[HTTP_FORWARDED_FOR],
        .forwarded_proto = head->header[HTTP_FORWARDED_PROTO],
    };
    (void)str_copy(request.peer, sizeof(request.peer), str_of(c->peer));
    struct cw_str peer = str_of(c->peer);
    request.peer_is_loopback = str_starts(peer, "127.") || str_is(peer, "::1") ||
                               str_starts(peer, "::ffff:127.") || peer.n == 0;
    transport_timer(c, PATIENCE_NS);
    server->handlers.request(server->handlers.ctx, &request);
    buf_consume(&c->in, c->head_bytes + body.n);
    if (c->is_large)
        give_back(c);
    c->scanned = 0;
}

/* True when there may be more to do. */
static bool read_head(struct http_connection *c)
{
    while (c->in.n >= 2 && memcmp(c->in.p, "\r\n", 2) == 0 && c->scanned < 8)
        buf_consume(&c->in, 2); /* RFC 9112 2.2: empty lines before a request */
    if (c->in.n == 0)
        return false;
    int status = http_parse_head(buf_str(&c->in), &c->scanned, &c->head, &c->head_bytes);
    if (status == HTTP_INCOMPLETE)
        return false;
    if (status == 0)
        status = admit_body(c);
    if (status != 0) {
        refuse(c, status);
        return false;
    }
    c->phase = PHASE_BODY;
    transport_timer(c, c->server->options.header_timeout_ns);
    if (c->head.expects_continue && c->in.n - c->head_bytes < c->head.content_length) {
        buf_add_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
        transport_write(c);
    }
    return true;
}

static bool read_body(struct http_connection *c)
{
    size_t n = (size_t)c->head.content_length;
    if (c->in.n < c->head_bytes + n)
        return false;
    /* `in` may have moved as it grew: what was found is found again. */
    size_t scanned = 0;
    if (http_parse_head(buf_str(&c->in), &scanned, &c->head, &c->head_bytes) != 0)
        BUG("a head that was read cannot be read again");
    dispatch(c, (struct cw_str){c->in.p + c->head_bytes, n});
    return true;
}

static void advance(struct http_connection *c)
{
    bool more = true;
    while (more && (c->phase == PHASE_HEAD || c->phase == PHASE_BODY))
        more = c->phase == PHASE_HEAD ? read_head(c) : read_body(c);
}

void connection_input(struct http_connection *c, struct cw_str bytes)
{
    if (c->phase == PHASE_LINGER || c->phase == PHASE_STREAM || !c->keep_alive)
        if (c->phase != PHASE_BODY && c->phase != PHASE_HEAD)
            return; /* nothing more will be read: dropped */
    if (c->phase == PHASE_HEAD && c->in.n == 0)
        transport_timer(c, c->server->options.header_timeout_ns);
    bool ahead = c->phase == PHASE_ANSWER || c->phase == PHASE_WRITE;
    if (ahead && c->in.n + bytes.n > MAX_AHEAD) {
        c->server->status.n_refused++;
        transport_close(c);
        return;
    }
    buf_add_str(&c->in, bytes);
    advance(c);
}

static size_t take_frames(struct http_connection *c, char *dst, size_t cap)
{
    size_t n = 0;
    while (c->first && n < cap) {
        struct http_frame *frame = c->first;
        size_t part = frame->n - c->first_at < cap - n ? frame->n - c->first_at : cap - n;
        memcpy(dst + n, frame->text + c->first_at, part);
        n += part;
        c->first_at += part;
        c->frames_bytes -= part;
        if (c->first_at < frame->n)
            break;
        c->first = frame->next;
        c->last = c->first ? c->last : NULL;
        c->first_at = 0;
        free(frame);
    }
    return n;
}

size_t connection_output(struct http_connection *c, char *dst, size_t cap)
{
    size_t left = c->out.n - c->out_at;
    size_t n = left < cap ? left : cap;
    if (n > 0) {
        memcpy(dst, c->out.p + c->out_at, n);
        c->out_at += n;
    }
    if (n == left && c->out.n > 0) {
        buf_clear(&c->out);
        c->out_at = 0;
    }
    if (c->phase == PHASE_STREAM && n < cap)
        n += take_frames(c, dst + n, cap - n);
    c->moved = c->moved || n > 0;
    return n;
}

bool connection_drained(struct http_connection *c)
{
    if (c->phase == PHASE_STREAM)
        return !c->ending;
    if (c->phase != PHASE_WRITE)
        return true;
    if (!c->keep_alive) {
        c->phase = PHASE_LINGER;
        transport_shut_down(c);
        transport_timer(c, LINGER_NS);
        return true;
    }
    buf_done(&c->out); /* an idle connection costs no buffers */
    buf_init(&c->out, MAX_ANSWER);
    c->phase = PHASE_HEAD;
    transport_timer(c, c->in.n > 0 ? c->server->options.header_timeout_ns : IDLE_NS);
    advance(c);
    return true;
}

bool connection_timer(struct http_connection *c)
{
    switch (c->phase) {
    case PHASE_HEAD:
        if (c->in.n == 0)
            return false;
        refuse(c, 408);
        return true;
    case PHASE_BODY:
        refuse(c, 408);
        return true;
    case PHASE_WRITE:
    case PHASE_STREAM:
        if (!c->moved && (c->out.n > 0 || c->first || c->blocked)) {
            c->server->status.n_sse_cut += c->phase == PHASE_STREAM;
            return false;
        }
        c->moved = false;
        transport_timer(c, PATIENCE_NS);
        return true;
    case PHASE_ANSWER:
    case PHASE_LINGER:
        return false;
    }
    return false;
}
