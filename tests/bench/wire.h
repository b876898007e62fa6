/*
 * wire.h - just enough MQTT 3.1.1 by hand to load a broker, or to listen to it, at next to no
 * cost of its own.
 */
#ifndef TESTS_BENCH_WIRE_H
#define TESTS_BENCH_WIRE_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void wire_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static inline int64_t wire_clock_ns(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline void wire_send(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            wire_die("the broker hung up");
        p += sent;
        n -= (size_t)sent;
    }
}

/* A clean session of that name. */
static inline int wire_connect(int port, const char *id)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char packet[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0}, connack[4];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    size_t n_id = strlen(id);
    packet[1] = (char)(12 + n_id);
    packet[13] = (char)n_id;
    memcpy(packet + 14, id, n_id);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        wire_die("cannot connect to the broker");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    wire_send(fd, packet, 14 + n_id);
    if (recv(fd, connack, sizeof(connack), MSG_WAITALL) != sizeof(connack) || connack[3])
        wire_die("the broker refused the connection");
    return fd;
}

#endif
