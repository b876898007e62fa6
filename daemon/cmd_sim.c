/*
 * cmd_sim.c - `carewatch sim`: a simulated city (core/sim) that pushes over MQTT in real
 * time, or writes capture lines as fast as it can on its own clock.
 *
 *   --broker URL   publishes until --for is over or a signal comes; then waits for the
 *                  acknowledgements and prints one JSON line of what was published
 *   -o ndjson      capture lines (contract section 4) for `replay`
 *   -o sites       the city's sites as a piece of configuration
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "cli.h"
#include "core/sim/city.h"
#include "io/mqtt.h"
#include "sim_scenario.h"

#define MAX_TEXT (64u << 20)
#define VIRTUAL_START_MS INT64_C(1767571200000) /* 2026-01-05T00:00:00Z */
#define VIRTUAL_LENGTH_NS (600 * NS_PER_S)

struct request {
    struct city_options city;
    struct mqtt_broker_options broker;
    const char *truth_file, *stats_file, *format;
    struct city_scripted *script; /* --scenario; owned */
    int64_t for_ns;               /* 0: until a signal */
    bool has_broker, has_start;
};

struct counts {
    uint64_t published, of_kind[CITY_ROSTER + 1];
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

static int report(const struct request *request, const struct counts *counts)
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

static int publish_all(const struct request *request, struct city *city,
                       struct mqtt_publisher *publisher, struct counts *counts)
{
    int64_t began_ns = clock_monotonic_ns();
    struct city_message message;

    for (;;) {
        int64_t due_ns = (city_due_ms(city) - request->city.start_ms) * NS_PER_MS;
        if (request->for_ns && due_ns >= request->for_ns) {
            (void)wait_until(began_ns + request->for_ns);
            return EXIT_OK;
        }
        if (!wait_until(began_ns + due_ns))
            return EXIT_OK;
        city_next(city, &message);
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

static int run_broker(const struct request *request, struct city *city)
{
    struct counts counts = {0};
    struct mqtt_publisher *publisher;
    struct cw_error err = {""};

    if (mqtt_publisher_open(&publisher, &request->broker, &err) < 0) {
        fprintf(stderr, "carewatch: %s\n", err.text);
        return EXIT_UNREACHABLE;
    }
    int code = publish_all(request, city, publisher, &counts);
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
    json_member_text(&out, "topic", str_of(message->topic));
    json_key(&out, "payload");
    json_raw(&out, message->payload);
    json_member_int(&out, "qos", message->qos);
    /* As a subscriber hears it: the broker sets the flag only on what it kept. */
    json_member_bool(&out, "retain", false);
    json_member_bool(&out, "dup", false);
    json_object_end(&out);
    buf_add_char(text, '\n');
}

static int run_capture(const struct request *request, struct city *city)
{
    int64_t end_ms = request->city.start_ms + request->for_ns / NS_PER_MS;
    struct counts counts = {0};
    struct city_message message;
    struct buf text;
    bool ok = true;

    buf_init(&text, MAX_TEXT);
    while (ok && !stop_asked && city_due_ms(city) < end_ms) {
        city_next(city, &message);
        capture_line(&message, &text);
        ok = fwrite(text.p, 1, text.n, stdout) == text.n;
        count(&counts, &message);
    }
    buf_done(&text);
    if (!ok || fflush(stdout) != 0) {
        fprintf(stderr, "carewatch: cannot write: %s\n", strerror(errno));
        return EXIT_NEGATIVE;
    }
    return report(request, &counts);
}

static int run_sites(struct city *city)
{
    struct buf text;

    buf_init(&text, MAX_TEXT);
    city_sites(city, &text);
    int code = write_file("-", &text);
    buf_done(&text);
    return code;
}

/* ---- the command line ---- */

static int bad_usage(const char *option, const char *value, const char *wanted)
{
    fprintf(stderr, "carewatch: %s takes %s, not \"%s\"\n", option, wanted, value);
    return EXIT_USAGE;
}

static int read_number(const char *option, const char *text, uint64_t min, uint64_t max,
                       uint64_t *value)
{
    char wanted[80];

    if (num_parse_u64(str_of(text), value) == 0 && *value >= min && *value <= max)
        return 0;
    snprintf(wanted, sizeof(wanted), "a number from %llu to %llu", (unsigned long long)min,
             (unsigned long long)max);
    return bad_usage(option, text, wanted);
}

static int read_count(const char *option, const char *text, uint32_t min, uint32_t max,
                      uint32_t *value)
{
    uint64_t wide;
    int code = read_number(option, text, min, max, &wide);

    if (code == 0)
        *value = (uint32_t)wide;
    return code;
}

static int set_broker(struct request *request, const char *name, const char *text)
{
    int i = option_find(mqtt_options, name);
    struct cw_error err;

    if (i >= 0 && option_set(&mqtt_options[i], &request->broker, str_of(text), &err) == 0)
        return 0;
    fprintf(stderr, "carewatch: %s\n", err.text);
    return EXIT_USAGE;
}

static int read_password(struct request *request, const char *path)
{
    char line[512] = "";
    FILE *f = fopen(path, "r");

    if (!f || !fgets(line, sizeof(line), f)) {
        fprintf(stderr, "carewatch: cannot read the password from %s: %s\n", path,
                strerror(errno));
        if (f)
            fclose(f);
        return EXIT_USAGE;
    }
    fclose(f);
    line[strcspn(line, "\r\n")] = 0;
    return set_broker(request, "password", line);
}

static int read_incidents(struct request *request, const char *text)
{
    static const char *const names[] = {"none", "demo", "all"};

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            request->city.incidents = (enum city_incidents)i;
            return 0;
        }
    }
    return bad_usage("--incidents", text, "none, demo or all");
}

/* "3,7": numbers as in the truth file. */
static int read_without(struct request *request, const char *text)
{
    struct cw_str rest = str_of(text), part;
    uint64_t number;

    while (str_split(&rest, ',', &part)) {
        if (num_parse_u64(part, &number) < 0 || number > 63)
            return bad_usage("--without", text, "numbers of incidents from 0 to 63");
        request->city.without |= UINT64_C(1) << number;
    }
    return 0;
}

static int read_scenario(struct request *request, const char *file)
{
    struct cw_error err;

    free(request->script);
    if (sim_scenario_read(file, &request->script, &request->city.n_script, &err) < 0) {
        fprintf(stderr, "carewatch: %s\n", err.text);
        return EXIT_USAGE;
    }
    request->city.script = request->script;
    return 0;
}

static int read_format(struct request *request, const char *text)
{
    if (strcmp(text, "ndjson") != 0 && strcmp(text, "sites") != 0)
        return bad_usage("-o", text, "ndjson or sites");
    request->format = text;
    return 0;
}

static int read_for(struct request *request, const char *text)
{
    struct cw_error err;

    if (duration_parse(str_of(text), &request->for_ns, &err) == 0 && request->for_ns > 0)
        return 0;
    return bad_usage("--for", text, "a duration such as 60s");
}

static const char help[] =
    "usage: carewatch sim --broker URL | -o ndjson | -o sites [OPTION]...\n"
    "\n"
    "A simulated city: the same seed gives the same city, message by message.\n"
    "\n"
    "  --broker URL          publish there in real time; then print counts as JSON\n"
    "  -o ndjson             write capture lines for replay, on a clock of its own\n"
    "  -o sites              write the sites as a piece of configuration\n"
    "  --sites N             sites (20)\n"
    "  --beds N              beds of each institution (12)\n"
    "  --rate R              telemetry messages per second, roughly; 0: as devices do (0)\n"
    "  --seed S              (1)\n"
    "  --incidents WHICH     none, demo (each kind once) or all (every five minutes) (demo)\n"
    "  --scenario FILE       exactly these: "
    "{\"incidents\":[{\"kind\":\"fall\",\"at\":\"20s\"}]}\n"
    "                        (site, device, for: optional; kinds as in the truth)\n"
    "  --without N,...       leave out these incidents, by their number in the truth\n"
    "  --truth FILE          write what must and must not be told, and by when\n"
    "  --stats FILE          write the counts\n"
    "  --for DURATION        how long (ndjson: 10m; broker: until a signal)\n"
    "  --start-ms MS         the city's clock at its start\n"
    "  --user NAME --password-file FILE --ca-file FILE --mqtt 5|3.1.1   at the broker\n";

enum long_option {
    OPTION_BROKER = 256,
    OPTION_SITES,
    OPTION_BEDS,
    OPTION_RATE,
    OPTION_SEED,
    OPTION_INCIDENTS,
    OPTION_WITHOUT,
    OPTION_SCENARIO,
    OPTION_TRUTH,
    OPTION_STATS,
    OPTION_FOR,
    OPTION_START,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_CA,
    OPTION_MQTT,
};

static const struct option long_options[] = {
    {"broker", required_argument, NULL, OPTION_BROKER},
    {"sites", required_argument, NULL, OPTION_SITES},
    {"beds", required_argument, NULL, OPTION_BEDS},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"incidents", required_argument, NULL, OPTION_INCIDENTS},
    {"without", required_argument, NULL, OPTION_WITHOUT},
    {"scenario", required_argument, NULL, OPTION_SCENARIO},
    {"truth", required_argument, NULL, OPTION_TRUTH},
    {"stats", required_argument, NULL, OPTION_STATS},
    {"for", required_argument, NULL, OPTION_FOR},
    {"start-ms", required_argument, NULL, OPTION_START},
    {"user", required_argument, NULL, OPTION_USER},
    {"password-file", required_argument, NULL, OPTION_PASSWORD},
    {"ca-file", required_argument, NULL, OPTION_CA},
    {"mqtt", required_argument, NULL, OPTION_MQTT},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int read_broker_option(struct request *request, int option)
{
    switch (option) {
    case OPTION_BROKER:
        request->has_broker = true;
        return set_broker(request, "url", optarg);
    case OPTION_USER:
        return set_broker(request, "user", optarg);
    case OPTION_PASSWORD:
        return read_password(request, optarg);
    case OPTION_CA:
        return set_broker(request, "ca_file", optarg);
    case OPTION_MQTT:
        return set_broker(request, "version", optarg);
    default:
        fputs("carewatch: carewatch sim --help says more\n", stderr);
        return EXIT_USAGE;
    }
}

static int read_option(struct request *request, int option)
{
    uint64_t start_ms;
    int code;

    switch (option) {
    case 'o':
        return read_format(request, optarg);
    case OPTION_SITES:
        return read_count("--sites", optarg, 1, CITY_MAX_SITES, &request->city.n_sites);
    case OPTION_BEDS:
        return read_count("--beds", optarg, 1, CITY_MAX_BEDS, &request->city.n_beds);
    case OPTION_RATE:
        return read_count("--rate", optarg, 0, 1000000, &request->city.rate);
    case OPTION_SEED:
        return read_number("--seed", optarg, 0, INT64_MAX, &request->city.seed);
    case OPTION_INCIDENTS:
        return read_incidents(request, optarg);
    case OPTION_WITHOUT:
        return read_without(request, optarg);
    case OPTION_SCENARIO:
        return read_scenario(request, optarg);
    case OPTION_TRUTH:
        request->truth_file = optarg;
        return 0;
    case OPTION_STATS:
        request->stats_file = optarg;
        return 0;
    case OPTION_FOR:
        return read_for(request, optarg);
    case OPTION_START:
        code = read_number("--start-ms", optarg, 0, INT64_MAX / NS_PER_S, &start_ms);
        request->city.start_ms = (int64_t)start_ms;
        request->has_start = true;
        return code;
    default:
        return read_broker_option(request, option);
    }
}

/* EXIT_OK, or the exit code; *done: help was asked for. */
static int read_arguments(int argc, char **argv, struct request *request, bool *done)
{
    int option, code;

    *done = false;
    while ((option = getopt_long(argc, argv, "o:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            *done = true;
            return EXIT_OK;
        }
        if ((code = read_option(request, option)))
            return code;
    }
    if (optind < argc || request->has_broker == (request->format != NULL)) {
        fputs("carewatch: sim needs either --broker URL or -o ndjson|sites\n", stderr);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static void settle(struct request *request)
{
    struct city_options *city = &request->city;

    if (!request->has_start)
        city->start_ms = request->has_broker ? clock_wall_ns() / NS_PER_MS : VIRTUAL_START_MS;
    if (request->format && !request->for_ns)
        request->for_ns = VIRTUAL_LENGTH_NS;
    if (request->for_ns)
        city->end_ms = city->start_ms + request->for_ns / NS_PER_MS;
}

static int run(struct request *request)
{
    struct city *city = city_new(&request->city);
    int code = EXIT_OK;
    struct buf text;

    if (request->script && city_script_refused(city) < request->city.n_script) {
        fprintf(stderr, "carewatch: incident %u of the scenario: this city has no such place\n",
                city_script_refused(city) + 1);
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK && request->truth_file) {
        buf_init(&text, MAX_TEXT);
        city_truth(city, &text);
        buf_add_char(&text, '\n');
        code = write_file(request->truth_file, &text);
        buf_done(&text);
    }
    if (code == EXIT_OK && request->has_broker)
        code = run_broker(request, city);
    else if (code == EXIT_OK && strcmp(request->format, "sites") == 0)
        code = run_sites(city);
    else if (code == EXIT_OK)
        code = run_capture(request, city);
    city_free(city);
    return code;
}

int cmd_sim(int argc, char **argv)
{
    struct request request = {
        .city = {.seed = 1, .n_sites = 20, .n_beds = 12, .incidents = CITY_DEMO},
    };
    bool done;

    option_presets(mqtt_options, &request.broker);
    int code = set_broker(&request, "client_id", "carewatch-sim");
    if (code == EXIT_OK)
        code = read_arguments(argc, argv, &request, &done);
    if (code == EXIT_OK && !done) {
        catch_signals();
        settle(&request);
        code = run(&request);
    }
    option_free(mqtt_options, &request.broker);
    free(request.script);
    return code;
}
