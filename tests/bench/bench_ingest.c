/*
 * bench_ingest.c - what the daemon adds to Paho for each message: the same load on the same
 * broker, taken by Paho with a callback that only counts, and by our sessions into a journal.
 * Prints NAME VALUE UNIT, one a line; never fails on time. Without mosquitto it says so.
 *
 *   bare     counts only, Paho as it comes (its trace lines are formatted and thrown away)
 *   quiet    counts only, Paho's trace off, as our sessions have it
 *   ingest   mqtt_start() with a journal, synced every 20 ms
 *
 * Each run is a process of its own; CPU is that process's, all threads.
 */
#include <MQTTAsync.h>
#include <stdatomic.h>
#include <sys/timerfd.h>
#include <time.h>
#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/broker.h"
#include "io/mqtt.h"

enum { N_MESSAGES = 40000, BURST = 100, N_DEVICES = 1000, N_ROUNDS = 3 };
#define BURST_EVERY_NS (5 * NS_PER_MS) /* 20,000 messages a second */
#define PATIENCE_NS (60 * NS_PER_S)

enum variant { BARE, QUIET, INGEST, N_VARIANTS };
static const char *const variant_name[N_VARIANTS] = {"bare", "quiet", "ingest"};

static void die(const char *what)
{
    fprintf(stderr, "bench_ingest: %s\n", what);
    exit(1);
}

static int64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- the load: MQTT 3.1.1 by hand, so that it costs the measured process nothing ---- */

static size_t packet(char *dst, int device, int qos)
{
    char topic[64], payload[256];
    int n_topic = snprintf(topic, sizeof(topic), "care/v1/site%02d/dev%06d/telemetry",
                           device % 16, device);
    int n_payload = snprintf(payload, sizeof(payload),
                             "{\"ts\":1763865851000,\"hr\":%d,\"spo2\":97,\"resp\":16,"
                             "\"temp\":36.5,\"sys\":121,\"dia\":78,\"battery\":88,\"rssi\":-61,"
                             "\"seq\":100000}",
                             60 + device % 30);
    int rest = 2 + n_topic + (qos ? 2 : 0) + n_payload;
    size_t n = 0;

    dst[n++] = (char)(0x30 | qos << 1);
    dst[n++] = (char)(0x80 | rest % 128);
    dst[n++] = (char)(rest / 128);
    dst[n++] = 0;
    dst[n++] = (char)n_topic;
    memcpy(dst + n, topic, (size_t)n_topic);
    n += (size_t)n_topic;
    if (qos) {
        dst[n++] = (char)((device + 1) >> 8);
        dst[n++] = (char)(device + 1);
    }
    memcpy(dst + n, payload, (size_t)n_payload);
    return n + (size_t)n_payload;
}

static int load_connect(int port)
{
    static const char connect_packet[] = {0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4,
                                          2,    0,  0, 0, 4,   'l', 'o', 'a', 'd'};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char connack[4];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        write(fd, connect_packet, sizeof(connect_packet)) < 0 ||
        recv(fd, connack, sizeof(connack), MSG_WAITALL) != sizeof(connack))
        die("the load cannot connect");
    return fd;
}

static void send_all(int fd, const char *p, size_t n)
{
    char acks[4096];

    while (recv(fd, acks, sizeof(acks), MSG_DONTWAIT) > 0)
        ;
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            die("the broker hung up on the load");
        p += sent;
        n -= (size_t)sent;
    }
}

static void load(int port, int qos)
{
    static char burst[BURST * 512];
    struct itimerspec pace = {.it_interval.tv_nsec = BURST_EVERY_NS,
                              .it_value.tv_nsec = BURST_EVERY_NS};
    int fd = load_connect(port), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    uint64_t n_due = 0;

    if (timer < 0 || timerfd_settime(timer, 0, &pace, NULL) < 0)
        die("no timer for the load");
    for (int i = 0; i < N_MESSAGES; i += BURST) {
        uint64_t passed = 0;
        size_t n = 0;
        for (int k = 0; k < BURST; k++)
            n += packet(burst + n, (i + k) % N_DEVICES, qos);
        if (n_due == 0 && read(timer, &passed, sizeof(passed)) != sizeof(passed))
            die("no pace for the load");
        n_due += passed;
        n_due--;
        send_all(fd, burst, n);
    }
    send_all(fd, "\xe0", 2);
    /* Closing with acknowledgements unread would reset the connection and lose the rest. */
    while (recv(fd, burst, sizeof(burst), 0) > 0)
        ;
    close(timer);
    close(fd);
}

/* ---- Paho with a callback that only counts ---- */

static atomic_int_fast64_t n_counted;
static atomic_int is_subscribed;

static int count_only(void *context, char *topic, int topic_n, MQTTAsync_message *message)
{
    (void)context, (void)topic_n;
    atomic_fetch_add_explicit(&n_counted, 1, memory_order_relaxed);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_subscribed(void *context, MQTTAsync_successData5 *data)
{
    (void)context, (void)data;
    atomic_store(&is_subscribed, 1);
}

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;

    (void)data;
    response.onSuccess5 = on_subscribed;
    (void)MQTTAsync_subscribe(context, "care/v1/+/+/telemetry", 1, &response);
}

static void *bare_start(const char *url, bool quiet)
{
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
    MQTTAsync client;

    if (quiet)
        MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    if (MQTTAsync_createWithOptions(&client, url, "bare", MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                    &create) != MQTTASYNC_SUCCESS)
        die("Paho cannot start");
    (void)MQTTAsync_setCallbacks(client, NULL, NULL, count_only, NULL);
    options.context = client;
    options.onSuccess5 = on_connected;
    options.cleanstart = 1;
    if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS)
        die("Paho cannot connect");
    return client;
}

/* ---- one run ---- */

struct run {
    enum variant variant;
    int qos, port;
    const char *url, *dir;
    uv_loop_t loop;
    uv_timer_t tick;
    struct mqtt *mqtt;
    struct journal *journal;
    struct mqtt_broker_options options;
};

static void ticked(uv_timer_t *timer)
{
    (void)timer;
}

static int64_t n_received(const struct run *run)
{
    struct mqtt_session_status status[2];

    if (run->variant != INGEST)
        return atomic_load(&n_counted);
    (void)mqtt_status(run->mqtt, status, 2);
    return (int64_t)status[1].n_messages;
}

static bool ready(const struct run *run)
{
    struct mqtt_session_status status[2];

    if (run->variant != INGEST)
        return atomic_load(&is_subscribed);
    (void)mqtt_status(run->mqtt, status, 2);
    return status[0].connected && status[1].connected;
}

static void run_start(struct run *run)
{
    struct journal_options journal = {
        .dir = run->dir,
        .segment_bytes = 64 << 20,
        .quota_bytes = INT64_C(4) << 30,
        .reserve_bytes = 1 << 20,
        .sync_interval_ns = 20 * NS_PER_MS,
    };
    struct cw_error err = {""};

    (void)uv_loop_init(&run->loop);
    (void)uv_timer_init(&run->loop, &run->tick);
    (void)uv_timer_start(&run->tick, ticked, 20, 20);
    if (run->variant != INGEST) {
        (void)bare_start(run->url, run->variant == QUIET);
        return;
    }
    option_presets(mqtt_options, &run->options);
    run->options.url = run->url;
    if (journal_open(&run->journal, &journal, &err) < 0 ||
        mqtt_start(&run->mqtt, &run->loop, &run->options, 1, run->journal, &err) < 0)
        die(err.text);
}

/* In a process of its own; the result goes through the pipe. */
static void measure(struct run *run, int result_fd)
{
    int64_t deadline_ns = clock_monotonic_ns() + PATIENCE_NS;

    run_start(run);
    while (!ready(run) && clock_monotonic_ns() < deadline_ns)
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    /* A second more: subscriptions, and Paho turns its trace off. */
    for (int i = 0; i < 50; i++)
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    pid_t pid = fork();
    if (pid == 0) {
        load(run->port, run->qos);
        _exit(0);
    }
    int64_t before_ns = cpu_ns();
    while (n_received(run) < N_MESSAGES && clock_monotonic_ns() < deadline_ns)
        (void)uv_run(&run->loop, UV_RUN_ONCE);
    int64_t used_ns = cpu_ns() - before_ns;
    (void)waitpid(pid, NULL, 0);
    if (n_received(run) < N_MESSAGES)
        die("messages are missing");
    int64_t each_ns = used_ns / N_MESSAGES;
    if (write(result_fd, &each_ns, sizeof(each_ns)) != sizeof(each_ns))
        die("cannot tell the result");
    _exit(0);
}

/* A broker of its own: sessions of the run before would get this one's messages too. */
static int64_t measure_apart(enum variant variant, int qos)
{
    struct broker broker;
    char dir[] = "/tmp/carewatch-bench-XXXXXX", command[64];
    struct run run = {.variant = variant, .qos = qos};
    int64_t each_ns = 0;
    int fd[2];

    if (pipe(fd) < 0 || !mkdtemp(dir))
        die("no pipe or folder");
    broker_init(&broker);
    broker_start(&broker, "max_inflight_messages 1000\n");
    run.dir = dir;
    run.port = broker.port;
    run.url = broker.url;
    pid_t pid = fork();
    if (pid == 0)
        measure(&run, fd[1]);
    close(fd[1]);
    if (read(fd[0], &each_ns, sizeof(each_ns)) != sizeof(each_ns))
        die("a run failed");
    close(fd[0]);
    (void)waitpid(pid, NULL, 0);
    broker_stop(&broker);
    broker_remove(&broker);
    snprintf(command, sizeof(command), "rm -r '%s'", dir);
    if (system(command) != 0)
        die("cannot clean up");
    return each_ns;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Rounds are interleaved, so that what else the machine does hits all alike. */
static void bench_qos(int qos)
{
    int64_t ns[N_VARIANTS][N_ROUNDS];

    for (int round = 0; round < N_ROUNDS; round++) {
        for (int variant = 0; variant < N_VARIANTS; variant++)
            ns[variant][round] = measure_apart((enum variant)variant, qos);
    }
    for (int variant = 0; variant < N_VARIANTS; variant++) {
        qsort(ns[variant], N_ROUNDS, sizeof(ns[variant][0]), by_value);
        printf("%s_qos%d %lld ns/message (%lld-%lld)\n", variant_name[variant], qos,
               (long long)ns[variant][N_ROUNDS / 2], (long long)ns[variant][0],
               (long long)ns[variant][N_ROUNDS - 1]);
    }
    printf("added_qos%d %lld ns/message over bare, %lld over quiet\n", qos,
           (long long)(ns[INGEST][N_ROUNDS / 2] - ns[BARE][N_ROUNDS / 2]),
           (long long)(ns[INGEST][N_ROUNDS / 2] - ns[QUIET][N_ROUNDS / 2]));
    fflush(stdout);
}

int main(void)
{
    if (!broker_installed())
        return 0;
    log_set_level(LOG_LEVEL_WARNING);
    bench_qos(0);
    bench_qos(1);
    return 0;
}
