/*
 * http_peer.h - a client of plain sockets for tests of the HTTP server: it sends bytes as
 * they are (also wrong ones) and reads while it turns the server's loop itself.
 */
#ifndef TESTS_HTTP_PEER_H
#define TESTS_HTTP_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/units.h"

#define PEER_PATIENCE_NS (10 * NS_PER_S)

struct peer {
    uv_loop_t *loop;
    int fd;
    bool closed; /* the server closed */
    char text[1 << 20];
    size_t n;
};

/* receive_bytes > 0: a small receive buffer, for slow readers. */
static inline struct peer *peer_open(uv_loop_t *loop, int port, int receive_bytes)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    peer->loop = loop;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_bytes > 0)
        (void)setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes,
                         sizeof(receive_bytes));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(peer->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        peer->closed = true;
    (void)fcntl(peer->fd, F_SETFL, O_NONBLOCK);
    return peer;
}

static inline void peer_close(struct peer *peer)
{
    close(peer->fd);
    free(peer);
}

static inline void peer_send_n(struct peer *peer, const char *p, size_t n)
{
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (n > 0 && clock_monotonic_ns() < until) {
        ssize_t sent = send(peer->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            return;
        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        }
        uv_run(peer->loop, UV_RUN_NOWAIT);
    }
}

static inline void peer_send(struct peer *peer, const char *text)
{
    peer_send_n(peer, text, strlen(text));
}

/* One turn of the loop and what has arrived. */
static inline void peer_turn(struct peer *peer)
{
    uv_run(peer->loop, UV_RUN_NOWAIT);
    struct pollfd ready = {.fd = peer->fd, .events = POLLIN};
    (void)poll(&ready, 1, 1);
    ssize_t got = recv(peer->fd, peer->text + peer->n, sizeof(peer->text) - 1 - peer->n, 0);
    if (got > 0)
        peer->n += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        peer->closed = true;
    peer->text[peer->n] = '\0';
}

/* Reads until `want` was seen; false when the server closed or patience is over. */
static inline bool peer_sees(struct peer *peer, const char *want)
{
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (!strstr(peer->text, want)) {
        if (peer->closed || clock_monotonic_ns() > until)
            return false;
        peer_turn(peer);
    }
    return true;
}

static inline bool peer_sees_close(struct peer *peer)
{
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (!peer->closed && clock_monotonic_ns() < until)
        peer_turn(peer);
    return peer->closed;
}

/* Turns the loop until *condition is at least `want`. */
static inline bool loop_reaches(uv_loop_t *loop, const uint32_t *condition, uint32_t want)
{
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (*condition < want && clock_monotonic_ns() < until) {
        uv_run(loop, UV_RUN_NOWAIT);
        (void)poll(NULL, 0, 1);
    }
    return *condition >= want;
}

#endif
