/*
 * stub_http.h - a small HTTP server on 127.0.0.1:0, on the test's own loop: the other end of
 * the real client, whose answers the test decides one by one.
 *
 * The test's function is called with each whole request (body unpacked if it was gzipped)
 * and says what happens: stub_answer(), stub_reset() (RST), or nothing at all (a hang).
 */
#ifndef TESTS_IO_STUB_HTTP_H
#define TESTS_IO_STUB_HTTP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <uv.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

#define STUB_MAX (8u << 20)

struct stub_peer;

struct stub_request {
    struct stub_peer *peer;
    char method[16], target[2048];
    char head[8192]; /* header lines, as they came */
    struct buf body; /* unpacked */
    bool gzipped;
};

struct stub_http {
    uv_loop_t *loop;
    uv_tcp_t listener;
    void (*on_request)(void *ctx, struct stub_request *request);
    void *ctx;
    struct stub_peer *peers;
    unsigned n_requests;
    char url[64];
};

struct stub_peer {
    uv_tcp_t tcp;
    struct stub_http *server;
    struct stub_peer *next;
    struct buf in;
    bool closing;
};

struct stub_write {
    uv_write_t req;
    char *bytes;
};

static void stub_peer_closed(uv_handle_t *handle)
{
    struct stub_peer *peer = handle->data;
    struct stub_peer **at = &peer->server->peers;

    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    buf_done(&peer->in);
    free(peer);
}

static inline void stub_close(struct stub_peer *peer)
{
    if (!peer->closing)
        uv_close((uv_handle_t *)&peer->tcp, stub_peer_closed);
    peer->closing = true;
}

/* The connection ends with RST, as when a server dies. */
static inline void stub_reset(struct stub_request *request)
{
    if (!request->peer->closing)
        (void)uv_tcp_close_reset(&request->peer->tcp, stub_peer_closed);
    request->peer->closing = true;
}

static void stub_written(uv_write_t *req, int status)
{
    struct stub_write *write = req->data;

    (void)status;
    free(write->bytes);
    free(write);
}

static inline void stub_send(struct stub_peer *peer, struct buf *bytes)
{
    struct stub_write *write = xcalloc(1, sizeof(*write));
    uv_buf_t part;

    part.len = bytes->n;
    part.base = write->bytes = buf_take(bytes);
    write->req.data = write;
    if (uv_write(&write->req, (uv_stream_t *)&peer->tcp, &part, 1, stub_written))
        stub_written(&write->req, -1);
}

/* `headers` are whole lines ("Retry-After: 2\r\n") or "". */
static inline void stub_answer(struct stub_request *request, int status, const char *headers,
                               const char *body)
{
    struct buf out;

    if (request->peer->closing)
        return;
    buf_init(&out, STUB_MAX);
    buf_printf(&out, "HTTP/1.1 %d Scripted\r\n%s", status, headers);
    if (status != 204)
        buf_printf(&out, "Content-Length: %zu\r\n", strlen(body));
    buf_add_text(&out, "\r\n");
    if (status != 204)
        buf_add_text(&out, body);
    stub_send(request->peer, &out);
}

static inline bool stub_unpack(struct buf *body)
{
    z_stream stream = {0};
    unsigned char *out = xmalloc(STUB_MAX);
    int rc;

    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        return false;
    stream.next_in = (unsigned char *)body->p;
    stream.avail_in = (uInt)body->n;
    stream.next_out = out;
    stream.avail_out = STUB_MAX;
    rc = inflate(&stream, Z_FINISH);
    buf_clear(body);
    buf_add(body, out, stream.total_out);
    (void)inflateEnd(&stream);
    free(out);
    return rc == Z_STREAM_END;
}

/* Takes one whole request off `in`; false when it is not all there. */
static bool stub_take(struct stub_peer *peer, struct stub_request *request)
{
    const char *end = peer->in.n ? memmem(peer->in.p, peer->in.n, "\r\n\r\n", 4) : NULL;
    const char *text = buf_text(&peer->in);
    const char *length_at;
    size_t head, length = 0;

    if (!end)
        return false;
    head = (size_t)(end - peer->in.p) + 4;
    length_at = strcasestr(text, "content-length:");
    if (length_at && length_at < text + head)
        length = strtoul(length_at + 15, NULL, 10);
    if (peer->in.n < head + length)
        return false;
    *request = (struct stub_request){.peer = peer};
    (void)sscanf(text, "%15s %2047s", request->method, request->target);
    (void)snprintf(request->head, sizeof(request->head), "%.*s", (int)head, text);
    request->gzipped = strcasestr(request->head, "content-encoding: gzip") != NULL;
    buf_init(&request->body, STUB_MAX);
    buf_add(&request->body, text + head, length);
    if (request->gzipped && !stub_unpack(&request->body))
        BUG("the body does not unpack");
    buf_consume(&peer->in, head + length);
    return true;
}

static void stub_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(xmalloc(hint), (unsigned)hint);
}

static void stub_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct stub_peer *peer = stream->data;
    struct stub_request request;

    if (n > 0)
        buf_add(&peer->in, buf->base, (size_t)n);
    free(buf->base);
    if (n < 0)
        stub_close(peer);
    while (!peer->closing && stub_take(peer, &request)) {
        peer->server->n_requests++;
        peer->server->on_request(peer->server->ctx, &request);
        buf_done(&request.body);
    }
}

static void stub_accept(uv_stream_t *listener, int status)
{
    struct stub_http *server = listener->data;
    struct stub_peer *peer = xcalloc(1, sizeof(*peer));

    if (status || uv_tcp_init(server->loop, &peer->tcp))
        BUG("accept");
    peer->server = server;
    peer->tcp.data = peer;
    peer->next = server->peers;
    server->peers = peer;
    buf_init(&peer->in, STUB_MAX);
    if (uv_accept(listener, (uv_stream_t *)&peer->tcp) ||
        uv_read_start((uv_stream_t *)&peer->tcp, stub_alloc, stub_read))
        BUG("accept");
}

static inline void stub_start(struct stub_http *server, uv_loop_t *loop,
                              void (*on_request)(void *ctx, struct stub_request *request),
                              void *ctx)
{
    struct sockaddr_in address;
    int n = sizeof(address);

    *server = (struct stub_http){.loop = loop, .on_request = on_request, .ctx = ctx};
    if (uv_ip4_addr("127.0.0.1", 0, &address) || uv_tcp_init(loop, &server->listener))
        BUG("stub");
    server->listener.data = server;
    if (uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0) ||
        uv_listen((uv_stream_t *)&server->listener, 16, stub_accept) ||
        uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &n))
        BUG("stub");
    (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d",
                   (int)ntohs(address.sin_port));
}

/* Closes everything; run the loop afterwards. */
static inline void stub_stop(struct stub_http *server)
{
    for (struct stub_peer *peer = server->peers; peer; peer = peer->next)
        stub_close(peer);
    if (!uv_is_closing((uv_handle_t *)&server->listener))
        uv_close((uv_handle_t *)&server->listener, NULL);
}

#endif
