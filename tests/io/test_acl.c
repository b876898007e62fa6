/*
 * conf/mosquitto.acl in a real mosquitto: a facility writes below its own topics only, and
 * hears only what goes down to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/broker.h"
#include "io/mqtt.h"

#define PATIENCE_NS (20 * NS_PER_S)

/* A user at the broker: sessions that listen, with a journal of their own. */
struct listener {
    uv_loop_t *loop;
    struct mqtt_broker_options presets, options;
    struct journal *journal;
    struct mqtt *mqtt;
    char dir[64];
};

struct world {
    struct broker broker;
    uv_loop_t loop;
    uv_timer_t look_again;
};

static void nothing(uv_timer_t *timer)
{
    (void)timer;
}

static bool make_users(const struct broker *broker)
{
    static const char *const users[] = {"carewatch", "s1", "s2"};
    char command[256];

    for (size_t i = 0; i < 3; i++) {
        snprintf(command, sizeof(command), "mosquitto_passwd %s -b '%s/passwd' %s secret",
                 i == 0 ? "-c" : "", broker->dir, users[i]);
        if (system(command) != 0)
            return false;
    }
    return true;
}

static void options_of(const struct world *w, const char *user,
                       struct mqtt_broker_options *options)
{
    options->url = w->broker.url;
    options->client_id = user;
    options->user = user;
    options->password = "secret";
}

static void listen_as(struct world *w, const char *user, const char *const *topics,
                      struct listener *listener)
{
    struct journal_options journal = {
        .dir = listener->dir,
        .segment_bytes = 1 << 20,
        .quota_bytes = 1 << 30,
        .reserve_bytes = 1 << 20,
        .sync_interval_ns = 5 * NS_PER_MS,
    };
    struct cw_error err = {""};

    memset(listener, 0, sizeof(*listener));
    listener->loop = &w->loop;
    snprintf(listener->dir, sizeof(listener->dir), "/tmp/carewatch-journal-XXXXXX");
    assert_non_null(mkdtemp(listener->dir));
    option_presets(mqtt_options, &listener->presets);
    listener->options = listener->presets;
    options_of(w, user, &listener->options);
    listener->options.topics_data = topics;
    if (journal_open(&listener->journal, &journal, &err) < 0 ||
        mqtt_start(&listener->mqtt, &w->loop, &listener->options, 1, listener->journal, &err) <
            0)
        fail_msg("%s", err.text);
}

static void listener_close(struct listener *listener)
{
    char command[128];

    mqtt_stop(listener->mqtt);
    journal_close(listener->journal);
    option_free(mqtt_options, &listener->presets);
    snprintf(command, sizeof(command), "rm -r '%s'", listener->dir);
    assert_int_equal(0, system(command));
}

static void publish_as(const struct world *w, const char *user, const char *const *topic)
{
    struct mqtt_broker_options presets = {0}, options;
    struct mqtt_publisher *publisher;
    struct cw_error err = {""};

    option_presets(mqtt_options, &presets);
    options = presets;
    options_of(w, user, &options);

    if (mqtt_publisher_open(&publisher, &options, &err) < 0)
        fail_msg("%s", err.text);
    for (; *topic; topic++)
        assert_int_equal(0, mqtt_publisher_send(publisher, *topic, str_of(user), 0, false));
    assert_int_equal(0, mqtt_publisher_close(publisher));
    option_free(mqtt_options, &presets);
}

static struct mqtt_session_status data_of(const struct listener *listener)
{
    struct mqtt_session_status status[2];

    assert_int_equal(2, mqtt_status(listener->mqtt, status, 2));
    return status[1];
}

static void run_until(struct world *w, const struct listener *listener, uint64_t n_messages)
{
    int64_t deadline_ns = clock_monotonic_ns() + PATIENCE_NS;

    while (!data_of(listener).connected || data_of(listener).n_messages < n_messages) {
        if (clock_monotonic_ns() > deadline_ns)
            fail_msg("only %d of %d messages came (%s)", (int)data_of(listener).n_messages,
                     (int)n_messages, data_of(listener).last_error);
        uv_run(&w->loop, UV_RUN_ONCE);
    }
}

static void a_facility_speaks_for_itself_alone(void **state)
{
    static const char *const all[] = {"care/v1/#", NULL};
    static const char *const down[] = {"care-down/v1/s1/#", NULL};
    static const char *const said_by_s1[] = {
        "care/v1/s2/bed-1/telemetry", "care-down/v1/s1/accept", "care/v1/s1x/bed-1/telemetry",
        "care/v1/s1/bed-1/telemetry", NULL};
    static const char *const said_by_us[] = {"care-down/v1/s2/accept", "care/v1/s1/bed-1/event",
                                             "care-down/v1/s1/accept", NULL};
    struct world *w = *state;
    struct listener daemon, facility;

    listen_as(w, "carewatch", all, &daemon);
    listen_as(w, "s1", down, &facility);
    run_until(w, &daemon, 0);
    run_until(w, &facility, 0);
    publish_as(w, "s1", said_by_s1);
    run_until(w, &daemon, 1);
    publish_as(w, "carewatch", said_by_us);
    run_until(w, &facility, 1);
    assert_int_equal(1, data_of(&daemon).n_messages);
    assert_int_equal(1, data_of(&facility).n_messages);
    listener_close(&facility);
    listener_close(&daemon);
}

static int world_open(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char lines[512];

    broker_init(&w->broker);
    if (!make_users(&w->broker))
        abort();
    snprintf(lines, sizeof(lines),
             "allow_anonymous false\npassword_file %s/passwd\nacl_file " SOURCE_DIR
             "/conf/mosquitto.acl\n",
             w->broker.dir);
    broker_start(&w->broker, lines);
    uv_loop_init(&w->loop);
    uv_timer_init(&w->loop, &w->look_again);
    uv_timer_start(&w->look_again, nothing, 5, 5);
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    char path[128];

    uv_close((uv_handle_t *)&w->look_again, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&w->loop));
    broker_stop(&w->broker);
    snprintf(path, sizeof(path), "%s/passwd", w->broker.dir);
    (void)unlink(path);
    broker_remove(&w->broker);
    free(w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_facility_speaks_for_itself_alone),
    };

    if (!broker_installed())
        return 77;
    if (system("command -v mosquitto_passwd >/dev/null") != 0) {
        fprintf(stderr, "skipped: mosquitto_passwd is not installed\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, world_open, world_close);
}
