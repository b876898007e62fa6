/*
 * The simulated city: the same twice, in order of time, one point a message; an incident
 * left out changes nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "core/ingest/topic.h"
#include "core/sim/city.h"

#define START_MS INT64_C(1767571200000)
#define MINUTE_MS INT64_C(60000)

static struct city_options small_city(void)
{
    return (struct city_options){
        .seed = 7,
        .n_sites = 11,
        .n_beds = 4,
        .rate = 15,
        .start_ms = START_MS,
        .end_ms = START_MS + 5 * MINUTE_MS,
        .incidents = CITY_DEMO,
    };
}

/* One line a message, until end_ms; what speaks of itself alone: no order of equals. */
static void tell(const struct city_options *options, struct buf *text)
{
    struct city *city = city_new(options);
    struct city_message message;

    buf_init(text, 64u << 20);
    while (city_due_ms(city) < options->end_ms) {
        city_next(city, &message);
        buf_printf(text, "%lld %s %d %.*s\n", (long long)message.time_ms, message.topic,
                   message.retain, (int)message.payload.n, message.payload.p);
    }
    city_free(city);
    assert_false(text->full);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct city_options options = small_city();
    struct buf a, b;

    (void)state;
    tell(&options, &a);
    tell(&options, &b);
    assert_true(a.n > 50000);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    buf_done(&b);
    options.seed++;
    tell(&options, &b);
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    buf_done(&a);
    buf_done(&b);
}

/* How many lines of `a` are not in `b`, in order. Both are sorted by time. */
static size_t lines_missing(const struct buf *a, const struct buf *b, struct cw_str *first)
{
    struct cw_str rest_a = buf_str(a), rest_b = buf_str(b), line, other = {NULL, 0};
    bool more = str_split(&rest_b, '\n', &other);
    size_t n = 0;

    while (str_split(&rest_a, '\n', &line)) {
        struct cw_str rest = rest_b, candidate = other;
        bool found = false;
        /* Equal lines are at most a few hundred apart. */
        for (int i = 0; more && i < 300 && !found; i++) {
            found = str_eq(line, candidate);
            if (!found && !str_split(&rest, '\n', &candidate))
                break;
        }
        if (found) {
            rest_b = rest;
            more = str_split(&rest_b, '\n', &other);
        } else if (n++ == 0) {
            *first = line;
        }
    }
    return n;
}

/* What each incident may change: the lines of its device or site, and its own. */
static void an_incident_left_out_changes_no_other_message(void **state)
{
    static const struct {
        unsigned number;
        size_t at_least, at_most;
    } rows[] = {
        {0, 1, 1},    /* a missed visit is its plan */
        {1, 5, 200},  /* a desaturation changes one wristband's values */
        {2, 3, 3},    /* a healed visit: three events */
        {3, 1, 1},    /* a spike: one value */
        {4, 2, 2},    /* a call and its answer */
        {5, 10, 400}, /* a fever */
        {6, 1, 1},    /* a gateway's last will; its silence is the other way round */
        {7, 1, 1},    /* a fall */
        {8, 0, 0},    /* a dropout only silences */
        {9, 2, 2},    /* a call that is answered */
        {10, 5, 100}, /* smoke */
    };
    struct city_options options = small_city();
    struct cw_str first = {NULL, 0};
    struct buf with, without;

    (void)state;
    tell(&options, &with);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        options.without = UINT64_C(1) << rows[i].number;
        tell(&options, &without);
        size_t n = lines_missing(&with, &without, &first);
        if (n < rows[i].at_least || n > rows[i].at_most)
            fail_msg("incident %u changed %zu messages, the first: %.*s", rows[i].number, n,
                     (int)first.n, first.p);
        buf_done(&without);
    }
    buf_done(&with);
}

static void a_quiet_city_and_a_loud_one_share_all_that_is_quiet(void **state)
{
    struct city_options options = small_city();
    struct cw_str first;
    struct buf loud, quiet;
    size_t n_lines = 0;

    (void)state;
    tell(&options, &loud);
    options.incidents = CITY_QUIET;
    tell(&options, &quiet);
    size_t n = lines_missing(&loud, &quiet, &first);
    for (size_t i = 0; i < loud.n; i++)
        n_lines += loud.p[i] == '\n';
    assert_true(n > 20);
    assert_true(n < n_lines / 10);
    buf_done(&loud);
    buf_done(&quiet);
}

/* The value behind "ts": in a payload. */
static int64_t ts_of(struct cw_str payload)
{
    char text[32];

    assert_true(payload.n > 26);
    memcpy(text, payload.p + 6, 13);
    text[13] = 0;
    return strtoll(text, NULL, 10);
}

static bool has(struct cw_str payload, const char *name)
{
    return memmem(payload.p, payload.n, name, strlen(name)) != NULL;
}

/* Names of metrics of one measurement only; see core/series/metric.c. */
static void check_one_measurement(const struct city_message *m)
{
    static const struct {
        const char *measurement, *name;
    } rows[] = {
        {"vitals", "\"hr\""},   {"vitals", "\"resp\""},    {"vitals", "\"spo2\""},
        {"vitals", "\"temp\""}, {"vitals", "\"sys\""},     {"vitals", "\"fall\""},
        {"bed", "\"in_bed\""},  {"room", "\"room_temp\""}, {"room", "\"humidity\""},
        {"room", "\"co2\""},    {"room", "\"motion\""},    {"room", "\"door\""},
        {"room", "\"smoke\""},  {"device", "\"battery\""}, {"device", "\"rssi\""},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (!has(m->payload, rows[i].name))
            continue;
        n++;
        if (strcmp(rows[i].measurement, m->measurement) != 0)
            fail_msg("%s is no %s: %.*s", rows[i].name, m->measurement, (int)m->payload.n,
                     m->payload.p);
    }
    assert_int_not_equal(0, n);
}

static void check_device_time(struct map *last_of_device, const struct city_message *m)
{
    int64_t *last = map_get(last_of_device, str_of(m->topic));

    if (!last) {
        last = calloc(1, sizeof(*last));
        map_put(last_of_device, str_of(m->topic), last);
    }
    if (ts_of(m->payload) <= *last)
        fail_msg("%s goes back to %lld", m->topic, (long long)ts_of(m->payload));
    *last = ts_of(m->payload);
    assert_int_equal(m->time_ms, *last);
}

static void each_message_is_one_point_in_order_of_time(void **state)
{
    static const enum topic_kind kinds[] = {0, TOPIC_TELEMETRY, TOPIC_EVENT, TOPIC_STATUS,
                                            TOPIC_ROSTER};
    struct city_options options = small_city();
    struct city_message m;
    struct map last_of_device;
    struct topic topic;
    int64_t last_ms = 0, *last;
    size_t n = 0;

    (void)state;
    options.rate = 5000; /* as close together as they come */
    map_init(&last_of_device);
    struct city *city = city_new(&options);
    for (; n < 20000; n++) {
        int64_t due_ms = city_due_ms(city);
        city_next(city, &m);
        assert_int_equal(due_ms, m.time_ms);
        assert_true(m.time_ms >= last_ms);
        last_ms = m.time_ms;
        assert_int_equal(CW_ACCEPTED, topic_parse(str_of(m.topic), &topic));
        assert_int_equal(kinds[m.kind], topic.kind);
        assert_int_equal(m.kind == CITY_STATUS || m.kind == CITY_ROSTER, m.retain);
        assert_int_equal(m.kind == CITY_TELEMETRY, m.measurement != NULL);
        if (m.kind != CITY_TELEMETRY)
            continue;
        check_one_measurement(&m);
        check_device_time(&last_of_device, &m);
    }
    city_free(city);
    for (uint32_t i = 0; (last = map_next(&last_of_device, &i, NULL));)
        free(last);
    map_done(&last_of_device);
}

static void the_rate_is_met(void **state)
{
    static const uint32_t rates[] = {10, 200, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        struct city_options options = small_city();
        struct city_message m;
        uint64_t n = 0;

        options.n_sites = 40;
        options.rate = rates[i];
        struct city *city = city_new(&options);
        while (city_due_ms(city) < START_MS + MINUTE_MS) {
            city_next(city, &m);
            n += m.kind == CITY_TELEMETRY;
        }
        city_free(city);
        assert_in_range(n, rates[i] * 60 * 70 / 100, rates[i] * 60 * 110 / 100);
    }
}

static void the_truth_names_what_happens(void **state)
{
    struct city_options options = small_city();
    struct city *city = city_new(&options);
    struct buf text;

    (void)state;
    buf_init(&text, 1 << 20);
    city_truth(city, &text);
    assert_int_equal(11, city_n_incidents(city));
    assert_true(has(buf_str(&text), "\"kind\":\"visit_missed\""));
    assert_true(has(buf_str(&text), "\"decoys\":[{\"number\":2"));
    buf_done(&text);
    city_free(city);

    options.incidents = CITY_ALL;
    options.end_ms = START_MS + 60 * MINUTE_MS;
    city = city_new(&options);
    assert_in_range(city_n_incidents(city), 100, 12 * 11);
    city_free(city);

    options.incidents = CITY_QUIET;
    city = city_new(&options);
    assert_int_equal(0, city_n_incidents(city));
    city_free(city);
}

static void the_smallest_city_has_incidents_too(void **state)
{
    struct city_options options = small_city();
    struct city_message m;

    (void)state;
    options.n_sites = options.n_beds = 1;
    struct city *city = city_new(&options);
    assert_in_range(city_n_incidents(city), 3, 11);
    for (int i = 0; i < 1000; i++)
        city_next(city, &m);
    city_free(city);
}

static void a_scenario_plays_exactly_its_incidents(void **state)
{
    struct city_options options = small_city();
    struct city_scripted script[] = {
        {.kind = "smoke", .t0_ms = 20000},
        {.kind = "gateway_loss", .t0_ms = 30000, .length_ms = 90000},
        {.kind = "smoke", .site = "nowhere", .t0_ms = 40000},
    };
    struct buf truth;

    (void)state;
    options.script = script;
    options.n_script = 2;
    struct city *city = city_new(&options);
    assert_int_equal(city_script_refused(city), 2);
    assert_int_equal(city_n_incidents(city), 2);
    buf_init(&truth, 65536);
    city_truth(city, &truth);
    assert_non_null(strstr(buf_text(&truth), "\"gateway_loss\""));
    assert_null(strstr(buf_text(&truth), "\"desaturation\""));
    buf_done(&truth);
    city_free(city);

    options.n_script = 3;
    city = city_new(&options);
    assert_int_equal(city_script_refused(city), 2);
    city_free(city);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(an_incident_left_out_changes_no_other_message),
        cmocka_unit_test(a_quiet_city_and_a_loud_one_share_all_that_is_quiet),
        cmocka_unit_test(each_message_is_one_point_in_order_of_time),
        cmocka_unit_test(the_rate_is_met),
        cmocka_unit_test(the_truth_names_what_happens),
        cmocka_unit_test(the_smallest_city_has_incidents_too),
        cmocka_unit_test(a_scenario_plays_exactly_its_incidents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
