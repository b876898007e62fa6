/*
 * bench_load.c - the load of scripts/bench: so many devices push a document of nine numbers
 * to a broker, at a rate or as fast as it takes them.
 *
 *   build/tests/bench_load PORT MESSAGES DEVICES RATE QOS [collectd]     RATE 0: no limit
 *
 * One value in a thousand is an alarm. Packets are made before; a burst a millisecond, not a
 * packet, is written at a time. Times are now, by the wall clock. Prints one JSON line.
 */
#include <sys/timerfd.h>

#include "bench/wire.h"

#define MAX_PACKET 256u
#define MAX_WINDOW 1000
#define ROOM 65536u

struct packet {
    char bytes[MAX_PACKET];
    uint16_t n, at_ts, at_hr, at_id; /* at_id 0: none */
};

struct load {
    struct packet *packet;
    uint64_t n_devices, n_sent, n_acked;
    int fd, qos;
    char room[ROOM];
    size_t n_room;
};

/* collectd reads topics and values of its own. */
static void make_packet(struct packet *packet, uint64_t device, int qos, int for_collectd)
{
    char topic[64], payload[192];
    int n_topic, n;
    if (for_collectd) {
        n_topic = snprintf(topic, sizeof(topic), "collectd/h%06u/vitals-x/gauge-hr",
                           (unsigned)device);
        n = snprintf(payload, sizeof(payload), "N:72");
    } else {
        n_topic = snprintf(topic, sizeof(topic), "care/v1/site%05u/dev%06u/telemetry",
                           (unsigned)(device / 50), (unsigned)device);
        n = snprintf(payload, sizeof(payload),
                     "{\"ts\":1732300000123,\"hr\":72,\"spo2\":97,\"resp\":16,\"temp\":36.5,"
                     "\"sys\":120,\"dia\":75,\"steps\":%u,\"seq\":1000000}",
                     1000 + (unsigned)(device % 9000));
    }
    size_t rest = 2 + (size_t)n_topic + (qos ? 2 : 0) + (size_t)n, at = 0;
    char *p = packet->bytes;
    p[at++] = (char)(0x30 | qos << 1);
    if (rest >= 128)
        p[at++] = (char)(0x80 | rest % 128);
    p[at++] = (char)(rest >= 128 ? rest / 128 : rest);
    p[at++] = 0;
    p[at++] = (char)n_topic;
    memcpy(p + at, topic, (size_t)n_topic);
    at += (size_t)n_topic;
    packet->at_id = (uint16_t)(qos ? at : 0);
    at += qos ? 2 : 0;
    memcpy(p + at, payload, (size_t)n);
    packet->at_ts = (uint16_t)(for_collectd ? 0 : at + 6);
    packet->at_hr = (uint16_t)(for_collectd ? at + 2 : at + 25);
    packet->n = (uint16_t)(at + (size_t)n);
}

static void put_ms(char *dst, int64_t ms)
{
    for (int i = 12; i >= 0; i--, ms /= 10)
        dst[i] = (char)('0' + ms % 10);
}

/* Acknowledgements are 40 02 ID ID; nothing else comes. */
static void take_acks(struct load *load, int flags)
{
    char acks[8192];
    static uint64_t n_bytes;
    ssize_t n = recv(load->fd, acks, sizeof(acks), flags);
    if (n > 0)
        n_bytes += (uint64_t)n;
    load->n_acked = n_bytes / 4;
}

static void flush(struct load *load)
{
    wire_send(load->fd, load->room, load->n_room);
    load->n_room = 0;
    if (load->qos)
        take_acks(load, MSG_DONTWAIT);
}

static void add(struct load *load, int64_t now_ms)
{
    struct packet *packet = &load->packet[load->n_sent % load->n_devices];
    char *hr = packet->bytes + packet->at_hr;
    unsigned value = load->n_sent % 1000 == 999 ? 25 : 60 + (unsigned)(load->n_sent % 39);
    hr[0] = (char)('0' + value / 10);
    hr[1] = (char)('0' + value % 10);
    if (packet->at_ts)
        put_ms(packet->bytes + packet->at_ts, now_ms);
    if (packet->at_id) {
        unsigned id = (unsigned)(load->n_sent % 65535 + 1);
        packet->bytes[packet->at_id] = (char)(id >> 8);
        packet->bytes[packet->at_id + 1] = (char)id;
    }
    if (load->n_room + packet->n > ROOM)
        flush(load);
    memcpy(load->room + load->n_room, packet->bytes, packet->n);
    load->n_room += packet->n;
    load->n_sent++;
}

/* Ticks each millisecond. One that is missed is not lost: time tells what is due. */
static int pacemaker(void)
{
    struct itimerspec pace = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer < 0 || timerfd_settime(timer, 0, &pace, NULL) < 0)
        wire_die("there is no timer for the pace");
    return timer;
}

static void run(struct load *load, uint64_t n_messages, uint64_t rate)
{
    int timer = pacemaker();
    int64_t begin_ns = wire_clock_ns(CLOCK_MONOTONIC);
    while (load->n_sent < n_messages) {
        double passed_s = (double)(wire_clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
        uint64_t due = rate ? (uint64_t)(passed_s * (double)rate) : load->n_sent + 256;
        int64_t now_ms = wire_clock_ns(CLOCK_REALTIME) / 1000000;
        while (load->n_sent < due && load->n_sent < n_messages) {
            while (load->qos && load->n_sent - load->n_acked >= MAX_WINDOW) {
                if (load->n_room)
                    flush(load);
                else
                    take_acks(load, 0);
            }
            add(load, now_ms);
        }
        if (load->n_room)
            flush(load);
        uint64_t n_ticks;
        if (rate && read(timer, &n_ticks, sizeof(n_ticks)) != sizeof(n_ticks))
            wire_die("the pace is lost");
    }
    while (load->qos && load->n_acked < n_messages)
        take_acks(load, 0);
    close(timer);
}

int main(int argc, char **argv)
{
    static struct load load;
    if (argc < 6) {
        fprintf(stderr, "usage: bench_load PORT MESSAGES DEVICES RATE QOS [collectd]\n");
        return 2;
    }
    uint64_t n_messages = strtoull(argv[2], NULL, 10);
    load.n_devices = strtoull(argv[3], NULL, 10);
    load.qos = (int)strtol(argv[5], NULL, 10);
    load.packet = calloc(load.n_devices, sizeof(*load.packet));
    if (!load.packet)
        wire_die("no memory for so many devices");
    for (uint64_t i = 0; i < load.n_devices; i++)
        make_packet(&load.packet[i], i, load.qos, argc > 6);
    load.fd = wire_connect((int)strtol(argv[1], NULL, 10), "bench-load");
    int64_t begin_ns = wire_clock_ns(CLOCK_MONOTONIC);
    run(&load, n_messages, strtoull(argv[4], NULL, 10));
    double took_s = (double)(wire_clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
    wire_send(load.fd, "\xe0", 2);
    /* Closing with acknowledgements unread would reset the connection and lose the rest. */
    while (recv(load.fd, load.room, ROOM, 0) > 0)
        ;
    printf("{\"sent\":%llu,\"seconds\":%.3f}\n", (unsigned long long)load.n_sent, took_s);
    free(load.packet);
    return 0;
}
