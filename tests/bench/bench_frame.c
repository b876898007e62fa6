/*
 * bench_frame.c - the limit: a subscriber that only cuts the stream of a broker into packets
 * and counts them. What no program that listens to this broker can beat.
 *
 *   build/tests/bench_frame PORT      prints the count so far whenever a line comes in
 */
#include <poll.h>

#include "bench/wire.h"

#define FILTER "care/v1/+/+/telemetry"

struct stream {
    unsigned char *bytes;
    size_t n, cap;
    uint64_t n_packets;
};

/* Takes whole PUBLISH packets off the front. */
static void take_packets(struct stream *stream)
{
    size_t at = 0;
    while (stream->n - at >= 2) {
        size_t p = at + 1, rest = 0;
        unsigned shift = 0;
        unsigned char byte = 0x80;
        for (; byte & 0x80 && p < stream->n && shift < 28; shift += 7) {
            byte = stream->bytes[p++];
            rest |= (size_t)(byte & 0x7f) << shift;
        }
        if (byte & 0x80 || stream->n - p < rest)
            break;
        stream->n_packets += stream->bytes[at] >> 4 == 3;
        at = p + rest;
    }
    memmove(stream->bytes, stream->bytes + at, stream->n - at);
    stream->n -= at;
}

static int subscribe(int port)
{
    char packet[64] = {(char)0x82, sizeof(FILTER) + 4, 0, 1, 0, sizeof(FILTER) - 1}, suback[5];
    int fd = wire_connect(port, "bench-frame");
    memcpy(packet + 6, FILTER, sizeof(FILTER) - 1);
    wire_send(fd, packet, sizeof(FILTER) + 6);
    if (recv(fd, suback, sizeof(suback), MSG_WAITALL) != sizeof(suback))
        wire_die("the broker refused the subscription");
    return fd;
}

int main(int argc, char **argv)
{
    struct stream stream = {.cap = 1 << 18};
    char line[64];
    if (argc != 2)
        return 2;
    stream.bytes = malloc(stream.cap);
    struct pollfd fds[2] = {{.fd = subscribe((int)strtol(argv[1], NULL, 10)), .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN}};
    printf("ready\n");
    fflush(stdout);
    while (stream.bytes && poll(fds, 2, -1) > 0) {
        if (fds[0].revents) {
            ssize_t n =
                recv(fds[0].fd, stream.bytes + stream.n, stream.cap - stream.n, MSG_DONTWAIT);
            if (n == 0)
                break;
            stream.n += n > 0 ? (size_t)n : 0;
            take_packets(&stream);
        }
        if (fds[1].revents) {
            if (!fgets(line, sizeof(line), stdin))
                break;
            printf("%llu\n", (unsigned long long)stream.n_packets);
            fflush(stdout);
        }
    }
    free(stream.bytes);
    return 0;
}
