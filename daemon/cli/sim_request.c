/*
 * sim_request.c - the options of `carewatch sim`.
 */
#include "cli/sim_request.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/sim_scenario.h"

#define VIRTUAL_START_MS INT64_C(1767571200000) /* 2026-01-05T00:00:00Z */
#define VIRTUAL_LENGTH_NS (600 * NS_PER_S)
#define FACILITY_LENGTH_NS (7 * 86400 * NS_PER_S)
#define FACILITY_BEDS 60
#define BUREAU_LENGTH_NS (120 * 86400 * NS_PER_S)

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

static int set_broker(struct sim_request *request, const char *name, const char *text)
{
    int i = option_find(mqtt_options, name);
    struct cw_error err;

    if (i >= 0 && option_set(&mqtt_options[i], &request->broker, str_of(text), &err) == 0)
        return 0;
    fprintf(stderr, "carewatch: %s\n", err.text);
    return EXIT_USAGE;
}

static int read_password(struct sim_request *request, const char *path)
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

static int read_incidents(struct sim_request *request, const char *text)
{
    static const char *const names[] = {"none", "demo", "all"};
    request->facility.per_kind = strcmp(text, "none") == 0 ? 0 : FACILITY_NATURAL;

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            request->city.incidents = (enum city_incidents)i;
            return 0;
        }
    }
    return bad_usage("--incidents", text, "none, demo or all");
}

/* "3,7": numbers as in the truth file. The city has room for the first 64. */
static int read_without(struct sim_request *request, const char *text)
{
    struct cw_str rest = str_of(text), part;
    uint64_t number;

    while (str_split(&rest, ',', &part)) {
        if (num_parse_u64(part, &number) < 0 || number >= FACILITY_MAX_ACTS)
            return bad_usage("--without", text, "numbers of incidents");
        request->without[number / 8] |= (uint8_t)(1u << number % 8);
        request->city.without |= number < 64 ? UINT64_C(1) << number : 0;
    }
    return 0;
}

static int read_scenario(struct sim_request *request)
{
    struct cw_error err;
    const char *(*kind_at)(uint32_t) =
        request->is_facility ? facility_act_name : city_incident_kind;

    if (!request->scenario_file)
        return 0;
    if (sim_scenario_read(request->scenario_file, kind_at, &request->script,
                          &request->city.n_script, &err) < 0) {
        fprintf(stderr, "carewatch: %s\n", err.text);
        return EXIT_USAGE;
    }
    request->city.script = request->script;
    return 0;
}

static int read_format(struct sim_request *request, const char *text)
{
    if (strcmp(text, "ndjson") != 0 && strcmp(text, "sites") != 0)
        return bad_usage("-o", text, "ndjson or sites");
    request->format = text;
    return 0;
}

static int read_for(struct sim_request *request, const char *text)
{
    struct cw_error err;

    if (duration_parse(str_of(text), &request->for_ns, &err) == 0 && request->for_ns > 0)
        return 0;
    return bad_usage("--for", text, "a duration such as 60s");
}

static const char help[] =
    "usage: carewatch sim [--facility|--bureau] --broker URL | -o ndjson | -o sites\n"
    "                     [OPTION]...\n"
    "\n"
    "A simulated city: the same seed gives the same city, message by message. With --facility\n"
    "one nursing home at its natural pace instead, with its residents' days and nights, for\n"
    "judging rules (tests/quality). With --bureau what a civil affairs bureau supervises:\n"
    "registry records, then months of visits, sessions, projects, inspections, duties and\n"
    "lists at the same sites.\n"
    "\n"
    "  --broker URL          publish there in real time; then print counts as JSON\n"
    "  -o ndjson             write capture lines for replay, on a clock of its own\n"
    "  -o sites              write the sites as a piece of configuration\n"
    "  --sites N             sites (20)\n"
    "  --beds N              beds of each institution (12), of the facility (60)\n"
    "  --rate R              telemetry messages per second, roughly; 0: as devices do (0)\n"
    "  --seed S              (1)\n"
    "  --incidents WHICH     none, demo (each kind once) or all (every five minutes) (demo);\n"
    "                        of a facility: none, else of each kind one per ten bed-days, and\n"
    "                        as many decoys\n"
    "  --per-kind N          of a facility: so many instead\n"
    "  --lost N --late N --twice N\n"
    "                        of a facility: so many of a thousand messages (50, 50, 10)\n"
    "  --copd PERCENT        of a facility: residents with an SpO2 of 88-92 %, scale 2 (10)\n"
    "  --noise PERCENT --rota MINUTES\n"
    "                        of a facility: its sensors' noise, how much later its day is\n"
    "                        (100, 0): another house than the one that rules were written for\n"
    "  --institutions N --stations N --homes N --bases N --organisations N --projects N\n"
    "                        of a bureau (8, 10, 12, 2, 40, 12)\n"
    "  --visits N            of a bureau: of each station a day (4)\n"
    "  --scenario FILE       exactly these: "
    "{\"incidents\":[{\"kind\":\"fall\",\"at\":\"20s\"}]}\n"
    "                        (site, device, for: optional; kinds as in the truth)\n"
    "  --without N,...       leave out these incidents, by their number in the truth\n"
    "  --truth FILE          write what must and must not be told, and by when; of a facility\n"
    "                        with the SHA-256 of the stream that was written\n"
    "  --stats FILE          write the counts\n"
    "  --for DURATION        how long (ndjson: 10m, a facility 7d, a bureau 120d; broker: "
    "until\n"
    "                        a signal)\n"
    "  --start-ms MS         the city's clock at its start; a bureau that began in the past "
    "says\n"
    "                        to a broker only what comes from now on\n"
    "  --user NAME --password-file FILE --ca-file FILE --mqtt 5|3.1.1   at the broker\n";

enum long_option {
    OPTION_BROKER = 256,
    OPTION_FACILITY,
    OPTION_BUREAU,
    OPTION_INSTITUTIONS,
    OPTION_STATIONS,
    OPTION_HOMES,
    OPTION_BASES,
    OPTION_ORGANISATIONS,
    OPTION_PROJECTS,
    OPTION_VISITS,
    OPTION_COPD,
    OPTION_NOISE,
    OPTION_ROTA,
    OPTION_PER_KIND,
    OPTION_LOST,
    OPTION_LATE,
    OPTION_TWICE,
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
    {"facility", no_argument, NULL, OPTION_FACILITY},
    {"bureau", no_argument, NULL, OPTION_BUREAU},
    {"institutions", required_argument, NULL, OPTION_INSTITUTIONS},
    {"stations", required_argument, NULL, OPTION_STATIONS},
    {"homes", required_argument, NULL, OPTION_HOMES},
    {"bases", required_argument, NULL, OPTION_BASES},
    {"organisations", required_argument, NULL, OPTION_ORGANISATIONS},
    {"projects", required_argument, NULL, OPTION_PROJECTS},
    {"visits", required_argument, NULL, OPTION_VISITS},
    {"per-kind", required_argument, NULL, OPTION_PER_KIND},
    {"copd", required_argument, NULL, OPTION_COPD},
    {"noise", required_argument, NULL, OPTION_NOISE},
    {"rota", required_argument, NULL, OPTION_ROTA},
    {"lost", required_argument, NULL, OPTION_LOST},
    {"late", required_argument, NULL, OPTION_LATE},
    {"twice", required_argument, NULL, OPTION_TWICE},
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

static int read_broker_option(struct sim_request *request, int option)
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

static int read_bureau_option(struct sim_request *request, int option)
{
    struct bureau_options *bureau = &request->bureau;
    const struct {
        int option;
        const char *name;
        uint32_t min, max, *value;
    } counts[] = {
        {OPTION_INSTITUTIONS, "--institutions", 1, BUREAU_MAX_SITES, &bureau->n_institutions},
        {OPTION_STATIONS, "--stations", 1, BUREAU_MAX_SITES, &bureau->n_stations},
        {OPTION_HOMES, "--homes", 0, BUREAU_MAX_SITES, &bureau->n_homes},
        {OPTION_BASES, "--bases", 0, BUREAU_MAX_SITES, &bureau->n_bases},
        {OPTION_ORGANISATIONS, "--organisations", 1, BUREAU_MAX_ORGANISATIONS,
         &bureau->n_organisations},
        {OPTION_PROJECTS, "--projects", 0, BUREAU_MAX_PROJECTS, &bureau->n_projects},
        {OPTION_VISITS, "--visits", 1, BUREAU_MAX_VISITS, &bureau->n_visits},
    };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (option == counts[i].option)
            return read_count(counts[i].name, optarg, counts[i].min, counts[i].max,
                              counts[i].value);
    request->is_bureau = request->is_bureau || option == OPTION_BUREAU;
    return option == OPTION_BUREAU ? 0 : read_broker_option(request, option);
}

static int read_facility_option(struct sim_request *request, int option)
{
    struct facility_options *facility = &request->facility;

    switch (option) {
    case OPTION_FACILITY:
        request->is_facility = true;
        return 0;
    case OPTION_PER_KIND:
        return read_count("--per-kind", optarg, 0, 1000, &facility->per_kind);
    case OPTION_LOST:
        return read_count("--lost", optarg, 0, 1000, &facility->lost);
    case OPTION_LATE:
        return read_count("--late", optarg, 0, 1000, &facility->late);
    case OPTION_TWICE:
        return read_count("--twice", optarg, 0, 1000, &facility->twice);
    case OPTION_COPD:
        return read_count("--copd", optarg, 0, 100, &facility->copd);
    case OPTION_NOISE:
        return read_count("--noise", optarg, 0, 1000, &facility->noise);
    case OPTION_ROTA:
        return read_count("--rota", optarg, 0, 720, &facility->rota_min);
    default:
        return read_bureau_option(request, option);
    }
}

static int read_option(struct sim_request *request, int option)
{
    uint64_t start_ms;
    int code;

    switch (option) {
    case 'o':
        return read_format(request, optarg);
    case OPTION_SITES:
        return read_count("--sites", optarg, 1, CITY_MAX_SITES, &request->city.n_sites);
    case OPTION_BEDS:
        request->has_beds = true;
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
        request->scenario_file = optarg;
        return 0;
    case OPTION_TRUTH:
        request->truth_file = optarg;
        return 0;
    case OPTION_STATS:
        request->stats_file = optarg;
        return 0;
    case OPTION_FOR:
        return read_for(request, optarg);
    case OPTION_START:
        code = read_number("--start-ms", optarg, 0, INT64_MAX / NS_PER_MS, &start_ms);
        request->city.start_ms = (int64_t)start_ms;
        request->has_start = true;
        return code;
    default:
        return read_facility_option(request, option);
    }
}

/* EXIT_OK, or the exit code; *done: help was asked for. */
static int read_arguments(int argc, char **argv, struct sim_request *request, bool *done)
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

static void settle(struct sim_request *request)
{
    struct city_options *city = &request->city;

    if (!request->has_start)
        city->start_ms = request->has_broker ? clock_wall_ns() / NS_PER_MS : VIRTUAL_START_MS;
    if (request->format && !request->for_ns)
        request->for_ns = request->is_facility ? FACILITY_LENGTH_NS
                          : request->is_bureau ? BUREAU_LENGTH_NS
                                               : VIRTUAL_LENGTH_NS;
    if (request->for_ns)
        city->end_ms = city->start_ms + request->for_ns / NS_PER_MS;
    if (request->is_facility && !request->has_beds)
        city->n_beds = FACILITY_BEDS;
}

static void settle_facility(struct sim_request *request)
{
    const struct city_options *city = &request->city;
    struct facility_options *facility = &request->facility;

    facility->seed = city->seed;
    facility->n_beds = city->n_beds;
    facility->start_ms = city->start_ms;
    facility->end_ms =
        city->end_ms ? city->end_ms : city->start_ms + FACILITY_LENGTH_NS / NS_PER_MS;
    facility->without = request->without;
    facility->script = city->script;
    facility->n_script = city->n_script;
}

static void settle_bureau(struct sim_request *request)
{
    const struct city_options *city = &request->city;

    request->bureau.seed = city->seed;
    request->bureau.start_ms = city->start_ms;
    request->bureau.end_ms =
        city->end_ms ? city->end_ms : city->start_ms + BUREAU_LENGTH_NS / NS_PER_MS;
}

int sim_request_read(int argc, char **argv, struct sim_request *request, bool *done)
{
    *request = (struct sim_request){
        .city = {.seed = 1, .n_sites = 20, .n_beds = 12, .incidents = CITY_DEMO},
        .facility = {.per_kind = FACILITY_NATURAL,
                     .lost = 50,
                     .late = 50,
                     .twice = 10,
                     .copd = 10,
                     .noise = 100},
        .bureau = {.n_institutions = 8,
                   .n_stations = 10,
                   .n_homes = 12,
                   .n_bases = 2,
                   .n_organisations = 40,
                   .n_projects = 12,
                   .n_visits = 4},
    };
    option_presets(mqtt_options, &request->broker);
    int code = set_broker(request, "client_id", "carewatch-sim");
    if (code == EXIT_OK)
        code = read_arguments(argc, argv, request, done);
    if (code || *done)
        return code;
    settle(request);
    code = read_scenario(request);
    settle_facility(request);
    settle_bureau(request);
    return code;
}

void sim_request_free(struct sim_request *request)
{
    option_free(mqtt_options, &request->broker);
    free(request->script);
}
