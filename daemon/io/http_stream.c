/*
 * http_stream.c - what handlers call: answers by id, and event streams.
 *
 * A stream's frames wait in a list until the socket takes them. A droppable frame replaces an
 * unsent one of its key, so a slow reader sees the latest state; what must not be lost counts
 * against the backlog, and a client beyond it is cut: it comes back with Last-Event-ID.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/http_connection.h"

bool http_answer(struct http_server *server, uint64_t id, int status, const char *content_type,
                 const char *headers, struct cw_str body)
{
    struct http_connection *c = connection_find(server, id);
    if (!c || c->phase != PHASE_ANSWER)
        return false;
    connection_answer(c, status, content_type, headers, body);
    return true;
}

bool http_stream_begin(struct http_server *server, uint64_t id)
{
    struct http_connection *c = connection_find(server, id);
    if (!c || c->phase != PHASE_ANSWER)
        return false;
    if ((int64_t)server->status.n_sse >= server->options.max_sse_clients) {
        server->status.n_refused++;
        static const char body[] =
            "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
            "\"status\":503,\"detail\":\"All event streams are taken.\"}";
        connection_answer(c, 503, "application/problem+json", "Retry-After: 5\r\n",
                          CW_STR(body));
        return false;
    }
    c->keep_alive = false;
    if (c->head_only) {
        connection_answer(c, 200, "text/event-stream", NULL, CW_STR(""));
        return false;
    }
    http_head_write(&c->out, 200, "text/event-stream", "X-Accel-Buffering: no\r\n", -1, false);
    c->phase = PHASE_STREAM;
    c->moved = false;
    server->status.n_sse++;
    transport_timer(c, 30 * NS_PER_S);
    transport_write(c);
    return true;
}

/* The frame of that key that has not begun to go out, or NULL. */
static struct http_frame **find_key(struct http_connection *c, const char *key)
{
    struct http_frame **at = &c->first;
    if (*at && c->first_at > 0)
        at = &(*at)->next;
    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

static void drop_key(struct http_connection *c, const char *key)
{
    struct http_frame **at = find_key(c, key);
    struct http_frame *old = *at;
    if (!old)
        return;
    *at = old->next;
    c->frames_bytes -= old->n;
    if (c->last == old) {
        c->last = c->first;
        while (c->last && c->last->next)
            c->last = c->last->next;
    }
    free(old);
}

bool http_stream_send(struct http_server *server, uint64_t id, struct cw_str text,
                      const char *droppable_key)
{
    struct http_connection *c = connection_find(server, id);
    if (!c || c->phase != PHASE_STREAM || c->ending)
        return false;
    if (droppable_key)
        drop_key(c, droppable_key);
    if (c->frames_bytes + text.n > (size_t)server->options.sse_backlog_bytes) {
        server->status.n_sse_cut++;
        transport_close(c);
        return false;
    }
    struct http_frame *frame = xmalloc(sizeof(*frame) + text.n);
    *frame = (struct http_frame){.n = text.n};
    if (droppable_key)
        (void)str_copy(frame->key, sizeof(frame->key), str_of(droppable_key));
    memcpy(frame->text, text.p, text.n);
    if (c->last)
        c->last->next = frame;
    else
        c->first = frame;
    c->last = frame;
    c->frames_bytes += text.n;
    transport_write(c);
    return true;
}

void http_stream_end(struct http_server *server, uint64_t id)
{
    struct http_connection *c = connection_find(server, id);
    if (!c || c->phase != PHASE_STREAM || c->ending)
        return;
    c->ending = true;
    transport_write(c);
}
