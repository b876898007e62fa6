/*
 * http_server.c - sockets and TLS by libwebsockets on our uv loop, as raw connections.
 *
 * The library's own HTTP role is not used, because it cannot be bounded (4.1.6): it does not
 * read while a request is being answered, so one byte behind the request of an event stream,
 * or a client that leaves, makes the loop spin at 100 % until something is written; it takes
 * Content-Length by atoll and a body without one as 100 MiB; it answers neither 408 nor 431.
 * Its raw role gives TLS, time-outs and writes; http_parse.c and http_connection.c
 * do the rest.
 */
#include "io/http_server.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"
#include "io/http_connection.h"

#define CHUNK 16384u
/* Connections beyond max_clients that are still told 503; any more are closed unheard. */
#define MAX_REFUSED 32u
#define MAX_ACCEPTS 64 /* in one turn of the loop */
#define REST_MS 100    /* without a descriptor for the next client */

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t n);

static const struct lws_protocols protocols[] = {
    {.name = "carewatch", .callback = on_event, .tx_packet_size = CHUNK},
    {.name = NULL},
};

static void library_log(int level, const char *line)
{
    (void)level;
    log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/* ---- the transport ---- */

void transport_write(struct http_connection *c)
{
    if (!c->closing)
        lws_callback_on_writable(c->wsi);
}

void transport_timer(struct http_connection *c, int64_t after_ns)
{
    if (!c->closing)
        lws_set_timer_usecs(c->wsi, after_ns / NS_PER_US);
}

void transport_close(struct http_connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void transport_shut_down(struct http_connection *c)
{
    if (!lws_is_ssl(c->wsi))
        (void)shutdown((int)lws_get_socket_fd(c->wsi), SHUT_WR);
}

/* ---- events of the library ---- */

/* As many connections of one address as there may be, and this is one more. */
static bool is_greedy(const struct http_server *server, const struct http_connection *c)
{
    int64_t n = 0;
    for (const char *const *proxy = server->options.proxy; proxy && *proxy; proxy++) {
        if (strcmp(*proxy, c->peer) == 0)
            return false;
    }
    for (uint32_t i = 0; i < server->n_slots; i++) {
        const struct http_connection *other = server->connection[i];
        n += other && strcmp(other->peer, c->peer) == 0;
    }
    return n > server->options.max_per_address;
}

static int accepted(struct http_server *server, struct lws *wsi)
{
    uint32_t slot = 0;
    while (slot < server->n_slots && server->connection[slot])
        slot++;
    if (slot == server->n_slots || server->stopping)
        return -1;
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); /* ours are finer */
    struct http_connection *c = connection_new(server, wsi, slot);
    server->connection[slot] = c;
    server->status.n_clients++;
    lws_set_opaque_user_data(wsi, c);
    (void)lws_get_peer_simple(wsi, c->peer, sizeof(c->peer));
    if ((int64_t)server->status.n_clients > server->options.max_clients ||
        (server->options.max_per_address > 0 && is_greedy(server, c)))
        connection_refuse(c);
    return 0;
}

/* The library sends what the kernel did not take by itself, first; but as long as it holds
 * such bytes it neither reads nor waits quietly, so reading is switched off meanwhile. */
static int writable(struct http_connection *c)
{
    unsigned char room[LWS_PRE + CHUNK];
    if (c->blocked && !lws_partial_buffered(c->wsi)) {
        c->blocked = false;
        (void)lws_rx_flow_control(c->wsi, 1);
    }
    size_t n = connection_output(c, (char *)room + LWS_PRE, CHUNK);
    if (n == 0)
        return connection_drained(c) ? 0 : -1;
    if (lws_write(c->wsi, room + LWS_PRE, n, LWS_WRITE_RAW) < 0)
        return -1;
    if (lws_partial_buffered(c->wsi) && !c->blocked) {
        c->blocked = true;
        (void)lws_rx_flow_control(c->wsi, 0);
    }
    lws_callback_on_writable(c->wsi);
    return 0;
}

static void closed(struct http_server *server, struct lws *wsi, struct http_connection *c)
{
    lws_set_opaque_user_data(wsi, NULL);
    server->status.n_clients--;
    c->closing = true;
    connection_free(c);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t n)
{
    (void)user;
    struct http_server *server = lws_context_user(lws_get_context(wsi));
    if (!server)
        return 0;
    struct http_connection *c = NULL;
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
        return accepted(server, wsi);
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_RAW_WRITEABLE:
    case LWS_CALLBACK_RAW_CLOSE:
    case LWS_CALLBACK_TIMER:
        c = lws_get_opaque_user_data(wsi);
        break;
    default:
        break;
    }
    if (!c)
        return 0;
    if (reason == LWS_CALLBACK_RAW_CLOSE)
        closed(server, wsi, c);
    else if (c->closing)
        return -1;
    else if (reason == LWS_CALLBACK_RAW_RX)
        connection_input(c, (struct cw_str){in, n});
    else if (reason == LWS_CALLBACK_RAW_WRITEABLE)
        return writable(c);
    else if (!connection_timer(c))
        return -1;
    return 0;
}

/* ---- start and stop ---- */

static void on_listener(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uv_poll_start(&server->listener, UV_READABLE, on_listener);
}

/* Whoever is not accepted stays readable: the loop would ask for it without a pause. It waits
 * in the kernel's queue until a descriptor is free. */
static void rest_if_short(struct http_server *server, int error)
{
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
        return;
    server->status.n_rests++;
    uv_poll_stop(&server->listener);
    uv_timer_start(&server->resting, on_rested, REST_MS, 0);
}

/* The listening socket is our own: a bind that fails inside the library leaves its context
 * half destroyed on a foreign loop, and the reason is lost. */
static void on_listener(uv_poll_t *poll, int status, int events)
{
    struct http_server *server = poll->data;
    (void)events;
    for (int i = 0; status == 0 && i < MAX_ACCEPTS; i++) {
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            rest_if_short(server, errno);
            return;
        }
        if (server->status.n_clients >= server->options.max_clients + MAX_REFUSED) {
            server->status.n_refused++;
            close(fd);
            continue;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
        /* Closes fd when it fails. */
        (void)lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL,
                                         (lws_sock_file_fd_type){.sockfd = fd},
                                         protocols[0].name, NULL);
    }
}

/* "127.0.0.1:8480", "[::1]:0", "0.0.0.0:80" */
static int parse_listen(const char *listen, struct addrinfo **address, struct cw_error *err)
{
    const char *colon = strrchr(listen, ':');
    struct cw_str host = {listen, colon ? (size_t)(colon - listen) : 0};
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct cw_str){host.p + 1, host.n - 2};
    char text[64];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    int64_t port = -1;
    if (!colon || host.n == 0 || !str_copy(text, sizeof(text), host) ||
        num_parse_i64(str_of(colon + 1), &port) < 0 || port < 0 || port > 65535 ||
        getaddrinfo(text, colon + 1, &hints, address) != 0)
        return err_set(err, -EINVAL, "\"%s\" is not ADDRESS:PORT, as in 127.0.0.1:8480",
                       listen);
    return 0;
}

static int start_listening(struct http_server *server, struct cw_error *err)
{
    struct addrinfo *address = NULL;
    int r = parse_listen(server->options.listen, &address, err);
    if (r < 0)
        return r;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_storage bound = {0};
    socklen_t n = sizeof(bound);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, 511) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &n) < 0)
        r = err_set(err, -errno, "cannot listen on %s: %s", server->options.listen,
                    strerror(errno));
    freeaddrinfo(address);
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        return r;
    }
    server->listen_fd = fd;
    server->port = ntohs(bound.ss_family == AF_INET6
                             ? ((const struct sockaddr_in6 *)(const void *)&bound)->sin6_port
                             : ((const struct sockaddr_in *)(const void *)&bound)->sin_port);
    return 0;
}

static int create_context(struct http_server *server, struct cw_error *err)
{
    void *loops[1] = {server->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .foreign_loops = loops,
        .user = server,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = (unsigned)server->options.max_clients + MAX_REFUSED + 16,
        .timeout_secs = (unsigned)(server->options.header_timeout_ns / NS_PER_S) + 1,
        /* Nothing that a client offers is chosen: a chosen protocol changes the role. */
        .alpn = "none",
    };
    if (server->cert_file && server->cert_file[0]) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = server->cert_file;
        info.ssl_private_key_filepath = server->key_file;
        info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
    }
    server->context = lws_create_context(&info);
    if (!server->context)
        return err_set(err, -EIO,
                       "libwebsockets does not start; its uv plugin is in the "
                       "package libwebsockets-evlib-uv");
    server->vhost = lws_create_vhost(server->context, &info);
    if (!server->vhost)
        return err_set(err, -EINVAL, "cannot use the certificate %s with the key %s",
                       server->cert_file ? server->cert_file : "",
                       server->key_file ? server->key_file : "");
    return 0;
}

static void server_free(struct http_server *server)
{
    free(server->cert_file);
    free(server->key_file);
    free(server->connection);
    free(server);
}

int http_server_start(struct http_server **out, uv_loop_t *loop,
                      const struct http_server_options *options,
                      const struct http_handlers *handlers, struct cw_error *err)
{
    struct http_server *server = xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->options = *options;
    server->handlers = *handlers;
    server->listen_fd = -1;
    int r = start_listening(server, err);
    if (r < 0) {
        server_free(server);
        return r;
    }
    server->cert_file = options->cert_file ? xstrdup(options->cert_file) : NULL;
    server->key_file = options->key_file ? xstrdup(options->key_file) : NULL;
    server->n_slots = (uint32_t)options->max_clients + MAX_REFUSED;
    server->connection = xcalloc(server->n_slots, sizeof(struct http_connection *));
    lws_set_log_level(LLL_ERR | LLL_WARN, library_log);
    uv_timer_init(loop, &server->ender);
    uv_unref((uv_handle_t *)&server->ender);
    uv_timer_init(loop, &server->resting);
    uv_poll_init(loop, &server->listener, server->listen_fd);
    server->ender.data = server;
    server->resting.data = server;
    server->listener.data = server;
    r = create_context(server, err);
    if (r < 0) {
        http_server_stop(server);
        return r;
    }
    uv_poll_start(&server->listener, UV_READABLE, on_listener);
    *out = server;
    return 0;
}

struct search {
    const struct http_server *server;
    bool found;
};

static void look_for_library(uv_handle_t *handle, void *ctx)
{
    struct search *search = ctx;
    const struct http_server *server = search->server;
    search->found = search->found || handle == (const uv_handle_t *)&server->listener ||
                    handle == (const uv_handle_t *)&server->resting ||
                    (server->context && handle->data == server->context);
}

static void listener_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    close(server->listen_fd);
}

static void ender_closed(uv_handle_t *handle)
{
    server_free(handle->data);
}

/* The library closes its handles through the loop and, on a loop that is not its own, tells
 * nobody when the last is gone; its two static ones carry the context in `data`. */
static void look_whether_over(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    struct search search = {.server = server};
    uv_walk(server->loop, look_for_library, &search);
    if (search.found)
        return;
    if (server->context)
        lws_context_destroy(server->context);
    uv_close((uv_handle_t *)timer, ender_closed);
}

void http_server_stop(struct http_server *server)
{
    if (!server || server->stopping)
        return;
    server->stopping = true;
    uv_close((uv_handle_t *)&server->listener, listener_closed);
    uv_close((uv_handle_t *)&server->resting, NULL);
    if (server->context)
        lws_context_destroy(server->context);
    uv_ref((uv_handle_t *)&server->ender);
    uv_timer_start(&server->ender, look_whether_over, 0, 1);
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_status(const struct http_server *server, struct http_server_status *status)
{
    *status = server->status;
}
