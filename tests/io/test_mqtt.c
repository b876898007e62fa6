/*
 * Sessions against a real mosquitto: what arrives is in the journal, what is not in the
 * journal was not acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/broker.h"
#include "io/mqtt.h"

#define PATIENCE_NS (20 * NS_PER_S)
#define MAX_SEEN 4096
#define NO_QUOTA (INT64_C(1) << 40)

struct seen {
    uint8_t kind, flags;
    uint16_t source;
    char topic[128];
    char payload[80];
    size_t n_payload;
};

struct world {
    struct broker broker;
    struct mqtt_broker_options presets, options;
    uv_loop_t loop;
    uv_timer_t look_again;
    char dir[64];
    struct journal *journal;
    struct journal_reader *reader;
    struct mqtt *mqtt;
    struct mqtt_publisher *publisher;
    struct seen *seen;
    size_t n_seen;
};

static void nothing(uv_timer_t *timer)
{
    (void)timer;
}

static void open_journal(struct world *w, int64_t quota_bytes)
{
    struct journal_options options = {
        .dir = w->dir,
        .segment_bytes = 1 << 20,
        .quota_bytes = quota_bytes,
        .reserve_bytes = 1 << 20,
        .sync_interval_ns = 5 * NS_PER_MS,
    };
    struct cw_error err = {""};

    if (journal_open(&w->journal, &options, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(
        0, journal_reader_open(&w->reader, w->journal, w->dir, (struct position){0, 0}, &err));
}

static void close_journal(struct world *w)
{
    journal_reader_close(w->reader);
    journal_close(w->journal);
}

static void connect_mqtt(struct world *w)
{
    struct cw_error err = {""};

    if (mqtt_start(&w->mqtt, &w->loop, &w->options, 1, w->journal, &err) < 0)
        fail_msg("%s", err.text);
}

static void disconnect_mqtt(struct world *w)
{
    mqtt_stop(w->mqtt);
    w->mqtt = NULL;
    uv_timer_stop(&w->look_again);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_timer_start(&w->look_again, nothing, 5, 5);
}

static void world_open(struct world *w, const char *version, const char *broker_config)
{
    memset(w, 0, sizeof(*w));
    w->seen = calloc(MAX_SEEN, sizeof(*w->seen));
    snprintf(w->dir, sizeof(w->dir), "/tmp/carewatch-journal-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    broker_init(&w->broker);
    broker_start(&w->broker, broker_config);
    option_presets(mqtt_options, &w->presets);
    w->options = w->presets;
    w->options.url = w->broker.url;
    w->options.version = version;
    w->options.reconnect_min_ns = 20 * NS_PER_MS;
    w->options.reconnect_max_ns = 100 * NS_PER_MS;
    assert_int_equal(0, uv_loop_init(&w->loop));
    uv_timer_init(&w->loop, &w->look_again);
    uv_timer_start(&w->look_again, nothing, 5, 5);
}

static void world_close(struct world *w)
{
    char command[128];

    assert_int_equal(0, mqtt_publisher_close(w->publisher));
    if (w->mqtt)
        mqtt_stop(w->mqtt);
    uv_close((uv_handle_t *)&w->look_again, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&w->loop));
    close_journal(w);
    broker_stop(&w->broker);
    broker_remove(&w->broker);
    snprintf(command, sizeof(command), "rm -r '%s'", w->dir);
    assert_int_equal(0, system(command));
    option_free(mqtt_options, &w->presets);
    free(w->seen);
}

/* Takes up what is new in the journal. */
static void read_journal(struct world *w)
{
    struct record record;
    struct position at;
    struct cw_error err;

    while (w->n_seen < MAX_SEEN && journal_reader_next(w->reader, &record, &at, &err) == 0) {
        struct seen *s = &w->seen[w->n_seen++];
        size_t n = record.payload.n < sizeof(s->payload) - 1 ? record.payload.n
                                                             : sizeof(s->payload) - 1;
        s->kind = record.kind;
        s->flags = record.flags;
        s->source = record.source;
        (void)str_copy(s->topic, sizeof(s->topic), record.topic);
        memcpy(s->payload, record.payload.p, n);
        s->n_payload = record.payload.n;
    }
}

static const struct seen *find(struct world *w, const char *payload)
{
    read_journal(w);
    for (size_t i = 0; i < w->n_seen; i++) {
        if (w->seen[i].kind == RECORD_MESSAGE && strcmp(w->seen[i].payload, payload) == 0)
            return &w->seen[i];
    }
    return NULL;
}

static size_t count_links(struct world *w, const char *state)
{
    size_t n = 0;

    read_journal(w);
    for (size_t i = 0; i < w->n_seen; i++)
        n += w->seen[i].kind == RECORD_LINK && strcmp(w->seen[i].payload, state) == 0;
    return n;
}

static struct mqtt_session_status status_of(const struct world *w, const char *role)
{
    struct mqtt_session_status status[2];

    assert_int_equal(2, mqtt_status(w->mqtt, status, 2));
    return status[strcmp(role, status[0].role) == 0 ? 0 : 1];
}

/* Runs the loop until the expression is true, or fails in the end. */
#define UNTIL(world, expression)                                  \
    do {                                                          \
        int64_t deadline_ns = clock_monotonic_ns() + PATIENCE_NS; \
        while (!(expression)) {                                   \
            if (clock_monotonic_ns() > deadline_ns)               \
                fail_msg("never came true: %s", #expression);     \
            uv_run(&(world)->loop, UV_RUN_ONCE);                  \
        }                                                         \
    } while (0)

static bool both_up(const struct world *w)
{
    return status_of(w, "events").connected && status_of(w, "data").connected;
}

/* One publisher for the whole test: Paho takes its second to notice a new connection. */
static void publish(struct world *w, const char *topic, const char *payload, int qos,
                    bool retain)
{
    struct cw_error err = {""};

    if (!w->publisher && mqtt_publisher_open(&w->publisher, &w->options, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(0, mqtt_publisher_send(w->publisher, topic, str_of(payload), qos, retain));
}

/* ---- the tests; their state is the MQTT version ---- */

static void messages_end_in_the_journal_with_their_flags(void **state)
{
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    publish(&w, "care/v1/s1/gw/status", "retained", 1, true);
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    UNTIL(&w, find(&w, "retained"));
    publish(&w, "care/v1/s1/bed-1/telemetry", "reading", 1, false);
    publish(&w, "care/v1/s1/bed-1/telemetry", "fleeting", 0, false);
    publish(&w, "care/v1/s1/bed-1/event", "call", 1, false);
    UNTIL(&w, find(&w, "reading") && find(&w, "fleeting") && find(&w, "call"));

    assert_int_equal(RECORD_RETAIN | RECORD_QOS1, find(&w, "retained")->flags);
    assert_int_equal(1, find(&w, "retained")->source);
    assert_int_equal(RECORD_QOS1, find(&w, "reading")->flags);
    assert_int_equal(2, find(&w, "reading")->source);
    assert_string_equal("care/v1/s1/bed-1/telemetry", find(&w, "reading")->topic);
    assert_int_equal(0, find(&w, "fleeting")->flags);
    assert_int_equal(1, find(&w, "call")->source);
    assert_int_equal(2, count_links(&w, "up"));
    assert_int_equal(2, status_of(&w, "events").n_messages);
    assert_int_equal(2, status_of(&w, "data").n_messages);

    disconnect_mqtt(&w);
    UNTIL(&w, count_links(&w, "down") == 2);
    world_close(&w);
}

static void what_was_published_while_we_were_away_arrives(void **state)
{
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    publish(&w, "care/v1/s1/bed-1/telemetry", "before", 1, false);
    UNTIL(&w, find(&w, "before"));
    disconnect_mqtt(&w);
    publish(&w, "care/v1/s1/bed-1/telemetry", "meanwhile", 1, false);
    publish(&w, "care/v1/s1/bed-1/event", "meanwhile too", 1, false);
    assert_null(find(&w, "meanwhile"));
    connect_mqtt(&w);
    UNTIL(&w, find(&w, "meanwhile") && find(&w, "meanwhile too"));
    world_close(&w);
}

static void a_broker_that_restarts_is_found_again(void **state)
{
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    broker_stop(&w.broker);
    UNTIL(&w, !status_of(&w, "events").connected && !status_of(&w, "data").connected);
    assert_int_not_equal(0, status_of(&w, "data").last_error_ns);
    broker_start(&w.broker, "");
    UNTIL(&w, both_up(&w));
    publish(&w, "care/v1/s1/bed-1/telemetry", "after", 1, false);
    UNTIL(&w, find(&w, "after"));
    assert_int_equal(2, status_of(&w, "data").n_connects);
    assert_int_equal(2, count_links(&w, "down"));
    world_close(&w);
}

static void a_broker_that_is_not_there_yet_is_awaited(void **state)
{
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    broker_stop(&w.broker);
    connect_mqtt(&w);
    UNTIL(&w, status_of(&w, "data").last_error_ns);
    assert_non_null(strstr(status_of(&w, "data").last_error, "cannot connect"));
    broker_start(&w.broker, "");
    UNTIL(&w, both_up(&w));
    world_close(&w);
}

static void what_the_journal_refuses_is_not_acknowledged(void **state)
{
    enum { N = 300 };
    struct world w;
    char payload[1024], topic[64];

    world_open(&w, *state, "");
    open_journal(&w, 2 << 20);
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    for (int i = 0; i < 8 * N; i++) {
        /* 2 MB of ballast in front of what matters. */
        memset(payload, 'x', sizeof(payload));
        payload[sizeof(payload) - 1] = 0;
        if (i >= 7 * N)
            snprintf(payload, sizeof(payload), "precious %d", i - 7 * N);
        snprintf(topic, sizeof(topic), "care/v1/s1/bed-%d/telemetry", i);
        publish(&w, topic, payload, 1, false);
    }
    UNTIL(&w, status_of(&w, "data").n_refused_append > 0);
    /* The other session goes on. */
    publish(&w, "care/v1/s1/bed-1/event", "call", 1, false);
    UNTIL(&w, find(&w, "call"));
    disconnect_mqtt(&w);

    close_journal(&w);
    w.n_seen = 0;
    open_journal(&w, NO_QUOTA);
    connect_mqtt(&w);
    for (int i = 0; i < N; i++) {
        snprintf(payload, sizeof(payload), "precious %d", i);
        UNTIL(&w, find(&w, payload));
    }
    world_close(&w);
}

static void held_data_stays_with_the_broker(void **state)
{
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    mqtt_hold_data(w.mqtt, true);
    UNTIL(&w, !status_of(&w, "data").connected);
    publish(&w, "care/v1/s1/bed-1/telemetry", "held", 1, false);
    publish(&w, "care/v1/s1/bed-1/event", "call", 1, false);
    UNTIL(&w, find(&w, "call"));
    assert_null(find(&w, "held"));
    mqtt_hold_data(w.mqtt, false);
    UNTIL(&w, find(&w, "held"));
    world_close(&w);
}

static void an_overlong_payload_is_cut_just_beyond_the_limit(void **state)
{
    struct world w;
    char payload[200];

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    w.options.max_payload_bytes = 64;
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    memset(payload, 'x', sizeof(payload));
    payload[sizeof(payload) - 1] = 0;
    publish(&w, "care/v1/s1/bed-1/telemetry", payload, 1, false);
    payload[65] = 0;
    UNTIL(&w, find(&w, payload));
    assert_int_equal(65, find(&w, payload)->n_payload);
    world_close(&w);
}

static void what_goes_down_reaches_the_facility(void **state)
{
    static const char *const both[] = {"care/v1/+/+/telemetry", "care-down/v1/#", NULL};
    struct world w;

    world_open(&w, *state, "");
    open_journal(&w, NO_QUOTA);
    w.options.topics_data = both;
    connect_mqtt(&w);
    assert_int_equal(-ENOTCONN, mqtt_publish(w.mqtt, "care-down/v1/s1/accept", CW_STR("x"), 0));
    UNTIL(&w, both_up(&w));
    publish(&w, "care/v1/s1/b/telemetry", "subscribed", 1, false);
    UNTIL(&w, find(&w, "subscribed"));
    for (int i = 0; i < 1000; i++) {
        int r;
        UNTIL(&w, (r = mqtt_publish(w.mqtt, "care-down/v1/s1/accept", CW_STR("e-1"), false)) !=
                      -EAGAIN);
        assert_int_equal(0, r);
    }
    UNTIL(&w, status_of(&w, "data").n_messages == 1001);
    UNTIL(&w, find(&w, "e-1")); /* readable once it is synced */
    world_close(&w);
}

/* ---- once, not per version ---- */

static bool make_certificates(const char *dir)
{
    char command[2048];

    snprintf(
        command, sizeof(command),
        "cd '%s' && exec >/dev/null 2>&1 && "
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key "
        "-out ca.pem && "
        "openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.csr && "
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-copy_extensions copy -out server.pem",
        dir);
    return system(command) == 0;
}

static void tls_checks_the_brokers_certificate(void **state)
{
    struct world w;
    char ca[128], lines[512];

    (void)state;
    world_open(&w, "5", "");
    open_journal(&w, NO_QUOTA);
    broker_stop(&w.broker);
    if (!make_certificates(w.broker.dir)) {
        world_close(&w);
        skip();
    }
    snprintf(ca, sizeof(ca), "%s/ca.pem", w.broker.dir);
    snprintf(lines, sizeof(lines),
             "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\n", w.broker.dir,
             w.broker.dir, w.broker.dir);
    snprintf(w.broker.url, sizeof(w.broker.url), "ssl://127.0.0.1:%d", w.broker.port);
    broker_start(&w.broker, lines);

    /* Not signed by anyone the system knows. */
    connect_mqtt(&w);
    UNTIL(&w, status_of(&w, "data").last_error_ns && status_of(&w, "events").last_error_ns);
    assert_false(status_of(&w, "data").connected);
    disconnect_mqtt(&w);

    w.options.ca_file = ca;
    connect_mqtt(&w);
    UNTIL(&w, both_up(&w));
    publish(&w, "care/v1/s1/bed-1/event", "secret", 1, false);
    UNTIL(&w, find(&w, "secret"));
    world_close(&w);
}

static void a_url_that_is_none_is_refused(void **state)
{
    struct world w;
    struct cw_error err = {""};

    (void)state;
    world_open(&w, "5", "");
    open_journal(&w, NO_QUOTA);
    w.options.url = "carrier-pigeon://roof";
    assert_int_equal(-EINVAL, mqtt_start(&w.mqtt, &w.loop, &w.options, 1, w.journal, &err));
    assert_non_null(strstr(err.text, "carrier-pigeon://roof"));
    world_close(&w);
}

#define WITH(version, test)                                                                 \
    {                                                                                       \
        .name = #test " (" version ")", .test_func = test, .initial_state = (void *)version \
    }
#define WITH_5(test) WITH("5", test)
#define BOTH(test) WITH("5", test), WITH("3.1.1", test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(messages_end_in_the_journal_with_their_flags),
        BOTH(what_was_published_while_we_were_away_arrives),
        BOTH(a_broker_that_restarts_is_found_again),
        WITH_5(a_broker_that_is_not_there_yet_is_awaited),
        BOTH(what_the_journal_refuses_is_not_acknowledged),
        WITH_5(held_data_stays_with_the_broker),
        WITH_5(an_overlong_payload_is_cut_just_beyond_the_limit),
        WITH_5(what_goes_down_reaches_the_facility),
        cmocka_unit_test(tls_checks_the_brokers_certificate),
        cmocka_unit_test(a_url_that_is_none_is_refused),
    };

    if (!broker_installed())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
