/*
 * cmd_sim.c - `carewatch sim`: a simulated city, facility or bureau (core/sim) that pushes over
 * MQTT in real time, or writes capture lines as fast as it can on its own clock.
 *
 *   --broker URL   publishes until --for is over or a signal comes; then waits for the
 *                  acknowledgements and prints one JSON line of what was published
 *   -o ndjson      capture lines (contract section 4) for `replay`
 *   -o sites       the city's sites as a piece of configuration
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/sim_world.h"
#include "io/mqtt.h"

#define MAX_TEXT (64u << 20)

struct counts {
    uint64_t published, of_kind[CITY_COMMAND + 1];
    struct {
        const char *name;
        uint64_t n;
    } point[4];
};

/* ---- stopping ---- */

static volatile sig_atomic_t stop_asked;

static void ask_to_stop(int signal)
{
    (void)signal;
    stop_asked = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_to_stop};

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* ---- what was published ---- */

static void count(struct counts *counts, const struct city_message *message)
{
    counts->published++;
    counts->of_kind[message->kind]++;
    for (size_t i = 0; message->measurement && i < 4; i++) {
        if (!counts->point[i].name)
            counts->point[i].name = message->measurement;
        if (strcmp(counts->point[i].name, message->measurement) == 0) {
            counts->point[i].n++;
            return;
        }
    }
}

static void write_counts(const struct counts *counts, struct buf *text)
{
    struct json_out out;

    json_out_init(&out, text);
    json_object(&out);
    json_member_int(&out, "published", (int64_t)counts->published);
    json_member_int(&out, "telemetry", (int64_t)counts->of_kind[CITY_TELEMETRY]);
    json_member_int(&out, "events", (int64_t)counts->of_kind[CITY_EVENT]);
    json_member_int(&out, "status", (int64_t)counts->of_kind[CITY_STATUS]);
    json_member_int(&out, "rosters", (int64_t)counts->of_kind[CITY_ROSTER]);
    if (counts->of_kind[CITY_REGISTRY])
        json_member_int(&out, "registered", (int64_t)counts->of_kind[CITY_REGISTRY]);
    if (counts->of_kind[CITY_COMMAND])
        json_member_int(&out, "commands", (int64_t)counts->of_kind[CITY_COMMAND]);
    json_key(&out, "points");
    json_object(&out);
    for (size_t i = 0; i < 4 && counts->point[i].name; i++)
        json_member_int(&out, counts->point[i].name, (int64_t)counts->point[i].n);
    json_object_end(&out);
    json_object_end(&out);
    buf_add_char(text, '\n');
}

/* "-": standard output. */
static int write_file(const char *path, const struct buf *text)
{
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    struct cw_str s = buf_str(text);

    if (!f || fwrite(s.p, 1, s.n, f) != s.n || fflush(f) != 0) {
        fprintf(stderr, "carewatch: cannot write %s: %s\n", path, strerror(errno));
        if (f && f != stdout)
            fclose(f);
        return EXIT_NEGATIVE;
    }
    if (f != stdout && fclose(f) != 0)
        return EXIT_NEGATIVE;
    return EXIT_OK;
}

static int report(const struct sim_request *request, const struct counts *counts)
{
    struct buf text;
    int code = EXIT_OK;

    buf_init(&text, MAX_TEXT);
    write_counts(counts, &text);
    if (request->stats_file)
        code = write_file(request->stats_file, &text);
    if (!request->format && code == EXIT_OK)
        code = write_file("-", &text);
    buf_done(&text);
    return code;
}

/* ---- publishing ---- */

/* False when a signal came. */
static bool wait_until(int64_t monotonic_ns)
{
    struct timespec until = {.tv_sec = monotonic_ns / NS_PER_S,
                             .tv_nsec = monotonic_ns % NS_PER_S};

    while (!stop_asked && clock_monotonic_ns() < monotonic_ns)
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    return !stop_asked;
}

/* What was to be registered is, and the past is over: it goes on from now. */
static void pass_over(const struct sim_request *request, struct sim_world *world,
                      int64_t *began_ns)
{
    int64_t past_ms = clock_wall_ns() / NS_PER_MS - request->city.start_ms;
    struct city_message message;

    while (world_due_ms(world) < request->city.start_ms + past_ms)
        world_next(world, &message);
    *began_ns -= past_ms * NS_PER_MS;
}

static int publish_all(const struct sim_request *request, struct sim_world *world,
                       struct mqtt_publisher *publisher, struct counts *counts)
{
    int64_t began_ns = clock_monotonic_ns();
    int64_t end_ns = request->for_ns ? began_ns + request->for_ns : INT64_MAX;
    struct city_message message;

    if (world->bureau)
        pass_over(request, world, &began_ns);
    for (;;) {
        int64_t due_ns = (world_due_ms(world) - request->city.start_ms) * NS_PER_MS;
        if (began_ns + due_ns >= end_ns) {
            (void)wait_until(end_ns);
            return EXIT_OK;
        }
        if (!wait_until(began_ns + due_ns))
            return EXIT_OK;
        world_next(world, &message);
        if (message.kind == CITY_COMMAND)
            continue; /* what a person decides does not come by the broker */
        int r = mqtt_publisher_send(publisher, message.topic, message.payload, message.qos,
                                    message.retain);
        if (r < 0) {
            fprintf(stderr, "carewatch: the broker takes no more messages (%s)\n",
                    strerror(-r));
            return EXIT_UNREACHABLE;
        }
        count(counts, &message);
    }
}

static int run_broker(const struct sim_request *request, struct sim_world *world)
{
    struct counts counts = {0};
    struct mqtt_publisher *publisher;
    struct cw_error err = {""};

    if (mqtt_publisher_open(&publisher, &request->broker, &err) < 0) {
        fprintf(stderr, "carewatch: %s\n", err.text);
        return EXIT_UNREACHABLE;
    }
    int code = publish_all(request, world, publisher, &counts);
    int64_t n_lost = mqtt_publisher_close(publisher);
    if (n_lost > 0) {
        fprintf(stderr, "carewatch: %lld messages were not acknowledged\n", (long long)n_lost);
        code = EXIT_UNREACHABLE;
    }
    int reported = report(request, &counts);
    return code ? code : reported;
}

/* ---- capture lines ---- */

static void capture_line(const struct city_message *message, struct buf *text)
{
    struct json_out out;

    buf_clear(text);
    json_out_init(&out, text);
    json_object(&out);
    json_member_int(&out, "ns", message->time_ms * NS_PER_MS);
    if (message->kind == CITY_COMMAND) { /* {"ns":..,"command":"..", and what it says */
        json_member_text(&out, "command", str_of(message->topic));
        buf_printf(text, ",%.*s\n", (int)message->payload.n - 1, message->payload.p + 1);
        return;
    }
    json_member_text(&out, message->kind == CITY_REGISTRY ? "registry" : "topic",
                     str_of(message->topic));
    json_key(&out, "payload");
    json_raw(&out, message->payload);
    if (message->kind == CITY_REGISTRY) {
        json_object_end(&out);
        buf_add_char(text, '\n');
        return;
    }
    json_member_int(&out, "qos", message->qos);
    /* As a subscriber hears it: the broker sets the flag only on what it kept. */
    json_member_bool(&out, "retain", false);
    json_member_bool(&out, "dup", false);
    json_object_end(&out);
    buf_add_char(text, '\n');
}

static int write_truth(const struct sim_request *request, struct sim_world *world,
                       const char *sha256)
{
    struct buf text;

    if (!request->truth_file)
        return EXIT_OK;
    buf_init(&text, MAX_TEXT);
    world_truth(world, sha256, &text);
    buf_add_char(&text, '\n');
    int code = write_file(request->truth_file, &text);
    buf_done(&text);
    return code;
}

static void hex_digest(EVP_MD_CTX *hash, char hex[2 * EVP_MAX_MD_SIZE + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (EVP_DigestFinal_ex(hash, digest, &n) != 1)
        BUG("SHA-256 failed");
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static bool write_messages(const struct sim_request *request, struct sim_world *world,
                           struct counts *counts, EVP_MD_CTX *hash)
{
    int64_t end_ms = request->city.start_ms + request->for_ns / NS_PER_MS;
    struct city_message message;
    struct buf text;
    bool ok = true;

    buf_init(&text, MAX_TEXT);
    while (ok && !stop_asked && world_due_ms(world) < end_ms) {
        world_next(world, &message);
        capture_line(&message, &text);
        ok = fwrite(text.p, 1, text.n, stdout) == text.n &&
             EVP_DigestUpdate(hash, text.p, text.n) == 1;
        count(counts, &message);
    }
    buf_done(&text);
    return ok && fflush(stdout) == 0;
}

static int run_capture(const struct sim_request *request, struct sim_world *world)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    struct counts counts = {0};

    if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        BUG("SHA-256 failed");
    bool ok = write_messages(request, world, &counts, hash);
    hex_digest(hash, hex);
    EVP_MD_CTX_free(hash);
    if (!ok) {
        fprintf(stderr, "carewatch: cannot write: %s\n", strerror(errno));
        return EXIT_NEGATIVE;
    }
    int code = write_truth(request, world, hex);
    return code ? code : report(request, &counts);
}

static int run_sites(struct sim_world *world)
{
    struct buf text;

    buf_init(&text, MAX_TEXT);
    world_sites(world, &text);
    int code = write_file("-", &text);
    buf_done(&text);
    return code;
}

static int run(struct sim_request *request)
{
    struct sim_world world;
    uint32_t n_script = request->city.n_script;
    int code = EXIT_OK;

    world_build(&world, request);
    if (request->script && world_script_refused(&world) < n_script) {
        fprintf(stderr, "carewatch: incident %u of the scenario has no such place here\n",
                world_script_refused(&world) + 1);
        code = EXIT_USAGE;
    }
    bool is_capture = request->format && strcmp(request->format, "ndjson") == 0;
    if (code == EXIT_OK && !is_capture)
        code = write_truth(request, &world, "");
    if (code == EXIT_OK && request->has_broker)
        code = run_broker(request, &world);
    else if (code == EXIT_OK && is_capture)
        code = run_capture(request, &world);
    else if (code == EXIT_OK)
        code = run_sites(&world);
    world_done(&world);
    return code;
}

int cmd_sim(int argc, char **argv)
{
    struct sim_request request;
    bool done = false;

    int code = sim_request_read(argc, argv, &request, &done);
    if (code == EXIT_OK && !done) {
        catch_signals();
        code = run(&request);
    }
    sim_request_free(&request);
    return code;
}
