/*
 * mqtt.c - the loop's side of the broker sessions: when to connect, what to publish, status.
 *
 * The loop looks at a session whenever Paho woke it or a timer ran (look()): all decisions
 * follow from what is now, not from which event came in which order. Calls into Paho are
 * jobs of one libuv worker at a time (kick()), see mqtt_session.h.
 *
 * Reconnect with decorrelated jitter: sleep = min(max, random between min and three times
 * the last sleep); a connection that stood for STABLE_NS starts it afresh.
 *
 * Paho asks the socket four times and polls it twice for each message; that is most of what a
 * session costs. Nothing of ours reads ahead for it: the library has no place for that, and to
 * stand in for recv() in front of it would be a bet on its inside. The door does without.
 */
#include "io/mqtt.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/mqtt_session.h"

#define STABLE_NS (30 * NS_PER_S)

struct publication {
    char *topic;
    char *payload;
    size_t n_payload;
    bool retain;
};

struct mqtt {
    uv_loop_t *loop;
    struct journal *journal;
    struct mqtt_broker_options *broker; /* our copy */
    size_t n_brokers;
    struct mqtt_session *session; /* per broker: events, data */
    size_t n_sessions;
    atomic_int n_connecting;

    uv_async_t wake;
    uv_work_t work;
    uv_sem_t work_done; /* posted by the worker, so that mqtt_stop() can wait for it */
    bool working, stopping;
    unsigned n_handles; /* not yet closed */

    /* Waiting for the worker, and in its hands. */
    struct publication waiting[MAX_DOWNLINK], taken[MAX_DOWNLINK];
    size_t n_waiting, n_taken;
    uint64_t n_handed;
    bool *connects, *disconnects; /* in the worker's hands, per session */
};

#define OPTION(field) offsetof(struct mqtt_broker_options, field)

const struct cw_option mqtt_options[] = {
    {"url", CW_OPT_TEXT, OPTION(url), 0, 0, "tcp://127.0.0.1:1883",
     "the broker: tcp://HOST:PORT, or ssl://HOST:PORT for TLS", NULL},
    {"client_id", CW_OPT_TEXT, OPTION(client_id), 0, 0, "carewatch",
     "\"-events\" and \"-data\" are added; must be unique at the broker and stay the same",
     NULL},
    {"user", CW_OPT_TEXT, OPTION(user), 0, 0, CW_OPTIONAL, "user name at the broker", NULL},
    {"password", CW_OPT_SECRET, OPTION(password), 0, 0, CW_OPTIONAL, "its password", NULL},
    {"version", CW_OPT_TEXT, OPTION(version), 0, 0, "5", "MQTT version", "5|3.1.1"},
    {"keepalive", CW_OPT_TIME, OPTION(keepalive_ns), 1, 3600, "10s",
     "a dead link is noticed after two to three of these", NULL},
    {"connect_timeout", CW_OPT_TIME, OPTION(connect_timeout_ns), 1, 300, "10s",
     "how long an attempt to connect may take", NULL},
    {"reconnect_min", CW_OPT_TIME, OPTION(reconnect_min_ns), 0.01, 3600, "500ms",
     "shortest wait before the next attempt", NULL},
    {"reconnect_max", CW_OPT_TIME, OPTION(reconnect_max_ns), 0.01, 86400, "30s",
     "longest wait before the next attempt", NULL},
    {"receive_maximum", CW_OPT_INT, OPTION(receive_maximum), 1, 65535, "1000",
     "unacknowledged messages the broker may have under way (MQTT 5)", NULL},
    {"max_payload", CW_OPT_SIZE, OPTION(max_payload_bytes), 64, 1 << 19, "64KiB",
     "a longer payload is cut and refused as too large", NULL},
    {"ca_file", CW_OPT_TEXT, OPTION(ca_file), 0, 0, CW_OPTIONAL,
     "certificates to trust (PEM); default: the system's", NULL},
    {"cert_file", CW_OPT_TEXT, OPTION(cert_file), 0, 0, CW_OPTIONAL,
     "our certificate (PEM), if the broker asks for one", NULL},
    {"key_file", CW_OPT_TEXT, OPTION(key_file), 0, 0, CW_OPTIONAL, "its private key (PEM)",
     NULL},
    {"key_password", CW_OPT_SECRET, OPTION(key_password), 0, 0, CW_OPTIONAL,
     "what the private key is encrypted with", NULL},
    {"verify", CW_OPT_BOOL, OPTION(verify), 0, 0, "true",
     "check the broker's certificate and host name", NULL},
    {"topics_events", CW_OPT_LIST, OPTION(topics_events), 0, 0,
     "care/v1/+/+/event,care/v1/+/+/status,care/v1/+/+/roster",
     "filters of the -events session: each message is on the disk before it is acknowledged",
     NULL},
    {"topics_data", CW_OPT_LIST, OPTION(topics_data), 0, 0, "care/v1/#",
     "filters of the -data session; what topics_events matches is left to the other session, "
     "so that with the default a mistyped topic is refused and counted, not unheard",
     NULL},
    {"door", CW_OPT_TEXT, OPTION(door), 0, 0, CW_OPTIONAL,
     "the door (list doors) that brings telemetry and events of this broker: they are not "
     "subscribed to",
     NULL},
    {0},
};

/* ---- our copy of the options ---- */

static const char *const *copy_list(const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    const char **copy = xcalloc(n + 1, sizeof(*copy));
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(list[i]);
    return copy;
}

static void copy_options(struct mqtt_broker_options *copy,
                         const struct mqtt_broker_options *broker)
{
    *copy = *broker;
    for (const struct cw_option *o = mqtt_options; o->name; o++) {
        char *field = (char *)copy + o->offset;

        if (o->type == CW_OPT_TEXT || o->type == CW_OPT_SECRET) {
            const char **text = (const char **)(void *)field;
            *text = xstrdup(*text ? *text : "");
        } else if (o->type == CW_OPT_LIST) {
            const char *const **list = (const char *const **)(void *)field;
            *list = copy_list(*list);
        }
    }
}

static void free_options(struct mqtt_broker_options *copy)
{
    for (const struct cw_option *o = mqtt_options; o->name; o++) {
        char *field = (char *)copy + o->offset;

        if (o->type == CW_OPT_TEXT || o->type == CW_OPT_SECRET) {
            free(*(char **)(void *)field);
        } else if (o->type == CW_OPT_LIST) {
            char **list = *(char ***)(void *)field;
            for (char **item = list; item && *item; item++)
                free(*item);
            free(list);
        }
    }
}

/* ---- for the session's side ---- */

void mqtt_wake(struct mqtt *mqtt)
{
    (void)uv_async_send(&mqtt->wake);
}

void mqtt_connecting(struct mqtt *mqtt, int change)
{
    int n = atomic_fetch_add(&mqtt->n_connecting, change) + change;

    MQTTAsync_setTraceLevel(n > 0 ? MQTTASYNC_TRACE_PROTOCOL : MQTTASYNC_TRACE_ERROR);
}

/* ---- the worker ---- */

static void free_publications(struct publication *publication, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(publication[i].topic);
        free(publication[i].payload);
    }
}

/* A libuv worker. */
static void run_jobs(uv_work_t *work)
{
    struct mqtt *mqtt = work->data;

    for (size_t i = 0; i < mqtt->n_sessions; i++) {
        if (mqtt->disconnects[i])
            session_disconnect(&mqtt->session[i]);
        if (mqtt->connects[i])
            session_connect(&mqtt->session[i]);
    }
    for (size_t i = 0; i < mqtt->n_taken; i++) {
        const struct publication *p = &mqtt->taken[i];
        struct cw_str payload = {p->payload, p->n_payload};

        /* Best effort: the gateway sends again what it does not see accepted. */
        session_publish(&mqtt->session[0], p->topic, payload, p->retain);
    }
    uv_sem_post(&mqtt->work_done);
}

static void kick(struct mqtt *mqtt);
static void free_when_closed(struct mqtt *mqtt);

static void jobs_done(uv_work_t *work, int status)
{
    struct mqtt *mqtt = work->data;

    (void)status;
    mqtt->working = false;
    free_publications(mqtt->taken, mqtt->n_taken);
    mqtt->n_taken = 0;
    if (mqtt->stopping) {
        free_when_closed(mqtt);
        return;
    }
    uv_sem_wait(&mqtt->work_done); /* posted already */
    kick(mqtt);
}

/* How many of those that wait the broker takes now, beside those under way. */
static size_t publications_to_take(struct mqtt *mqtt)
{
    struct mqtt_session *session = &mqtt->session[0];
    int under_way = atomic_load(&session->n_in_flight) - (int)mqtt->n_waiting;
    int room = atomic_load(&session->max_in_flight) - under_way;

    if (room <= 0)
        return 0;
    return (size_t)room < mqtt->n_waiting ? (size_t)room : mqtt->n_waiting;
}

/* Hands what waits to the worker, unless it is busy; then it comes when that is done. */
static void kick(struct mqtt *mqtt)
{
    if (mqtt->working || mqtt->stopping)
        return;
    mqtt->n_taken = publications_to_take(mqtt);
    bool any = mqtt->n_taken > 0;
    for (size_t i = 0; i < mqtt->n_sessions; i++) {
        struct mqtt_session *session = &mqtt->session[i];

        mqtt->connects[i] = session->wants_connect;
        mqtt->disconnects[i] = session->wants_disconnect;
        any = any || session->wants_connect || session->wants_disconnect;
        session->wants_connect = session->wants_disconnect = false;
    }
    if (!any)
        return;
    mqtt->n_waiting -= mqtt->n_taken;
    memcpy(mqtt->taken, mqtt->waiting, mqtt->n_taken * sizeof(*mqtt->taken));
    memmove(mqtt->waiting, mqtt->waiting + mqtt->n_taken,
            mqtt->n_waiting * sizeof(*mqtt->waiting));
    mqtt->working = true;
    if (uv_queue_work(mqtt->loop, &mqtt->work, run_jobs, jobs_done) < 0)
        BUG("uv_queue_work refused a job");
}

/* ---- when to connect ---- */

static int64_t random_between(int64_t low, int64_t high)
{
    uint64_t bits = 0;

    if (high <= low || getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
        return low;
    return low + (int64_t)(bits % (uint64_t)(high - low));
}

static int64_t next_backoff(struct mqtt_session *session)
{
    int64_t min = session->options->reconnect_min_ns, max = session->options->reconnect_max_ns;
    int64_t last = session->backoff_ns > min ? session->backoff_ns : min;
    int64_t wait = random_between(min, 3 * last);

    session->backoff_ns = wait < max ? wait : max;
    return session->backoff_ns;
}

static void time_to_connect(uv_timer_t *timer)
{
    struct mqtt_session *session = timer->data;

    session->n_attempts++;
    session->wants_connect = true;
    kick(session->mqtt);
}

static void connect_later(struct mqtt_session *session)
{
    char reason[160], wait[DURATION_MAX];
    int64_t wait_ns = next_backoff(session) / NS_PER_MS * NS_PER_MS;

    session_error_text(session, reason, sizeof(reason));
    (void)duration_format(wait_ns, wait);
    complain(&session->complaint, clock_monotonic_ns(),
             "no connection to the broker, retrying in %s broker=%s role=%s (%s)", wait,
             session->options->url, session->role, reason);
    (void)uv_timer_start(&session->timer, time_to_connect, (uint64_t)(wait_ns / NS_PER_MS), 0);
}

static void link_changed(struct mqtt_session *session, bool up)
{
    int64_t now = clock_monotonic_ns();

    if (up) {
        complaint_over(&session->complaint, "connected again broker=%s role=%s",
                       session->options->url, session->role);
        session->up_since_ns = now;
    } else if (now - session->up_since_ns >= STABLE_NS) {
        session->backoff_ns = 0;
    }
    session->was_up = up;
}

/* Does what the session's state asks for, whatever led to it. */
static void look(struct mqtt_session *session)
{
    bool up = atomic_load(&session->up);
    bool trying = session->n_attempts != atomic_load(&session->n_outcomes);

    if (up != session->was_up)
        link_changed(session, up);
    if (session->held) {
        (void)uv_timer_stop(&session->timer);
        session->wants_disconnect = up;
    } else if (!up && !trying && !session->wants_connect &&
               !uv_is_active((uv_handle_t *)&session->timer)) {
        connect_later(session);
    }
}

static void woken(uv_async_t *async)
{
    struct mqtt *mqtt = async->data;

    if (mqtt->stopping)
        return;
    for (size_t i = 0; i < mqtt->n_sessions; i++)
        look(&mqtt->session[i]);
    kick(mqtt);
}

/* ---- start and stop ---- */

static void free_when_closed(struct mqtt *mqtt)
{
    if (mqtt->n_handles > 0 || mqtt->working)
        return;
    free_publications(mqtt->waiting, mqtt->n_waiting);
    for (size_t i = 0; i < mqtt->n_sessions; i++) {
        free(mqtt->session[i].client_id);
        free(mqtt->session[i].topics);
        free(mqtt->session[i].left);
    }
    for (size_t i = 0; i < mqtt->n_brokers; i++)
        free_options(&mqtt->broker[i]);
    uv_sem_destroy(&mqtt->work_done);
    free(mqtt->broker);
    free(mqtt->session);
    free(mqtt->connects);
    free(mqtt->disconnects);
    free(mqtt);
}

static void timer_closed(uv_handle_t *handle)
{
    struct mqtt_session *session = handle->data;

    session->mqtt->n_handles--;
    free_when_closed(session->mqtt);
}

static void wake_closed(uv_handle_t *handle)
{
    struct mqtt *mqtt = handle->data;

    mqtt->n_handles--;
    free_when_closed(mqtt);
}

/* Whether the filter's last level asks for what a door brings. */
static bool comes_by_door(const char *filter)
{
    const char *slash = strrchr(filter, '/'), *last = slash ? slash + 1 : filter;

    return strcmp(last, "status") != 0 && strcmp(last, "roster") != 0;
}

/* What the default was once. The broker's session still has it beside the new one, and would
 * bring all telemetry twice. */
static const char former_topic[] = "care/v1/+/+/telemetry";

static bool has_topic(const char *const *topics, const char *topic)
{
    while (*topics && strcmp(*topics, topic) != 0)
        topics++;
    return *topics != NULL;
}

static void share_topics(struct mqtt_session *session, const char *const *topics)
{
    size_t n = 0, n_kept = 0, n_left = 0;
    bool has_door = session->options->door && session->options->door[0];

    while (topics[n])
        n++;
    session->topics = xcalloc(n + 1, sizeof(*session->topics));
    session->left = xcalloc(n + 2, sizeof(*session->left));
    for (size_t i = 0; i < n; i++) {
        if (has_door && comes_by_door(topics[i]))
            session->left[n_left++] = topics[i];
        else
            session->topics[n_kept++] = topics[i];
    }
    if (!session->waits_for_sync && !has_topic(topics, former_topic))
        session->left[n_left] = former_topic;
}

static void session_prepare(struct mqtt *mqtt, size_t i)
{
    struct mqtt_session *session = &mqtt->session[i];
    const struct mqtt_broker_options *options = &mqtt->broker[i / 2];
    bool events = i % 2 == 0;
    char id[256];

    session->mqtt = mqtt;
    session->options = options;
    session->role = events ? "events" : "data";
    session->waits_for_sync = events;
    share_topics(session, events ? options->topics_events : options->topics_data);
    session->journal = mqtt->journal;
    session->source = (uint16_t)(i + 1);
    snprintf(id, sizeof(id), "%.200s-%s", options->client_id, session->role);
    session->client_id = xstrdup(id);
    (void)uv_timer_init(mqtt->loop, &session->timer);
    session->timer.data = session;
    mqtt->n_handles++;
}

static struct mqtt *mqtt_new(uv_loop_t *loop, const struct mqtt_broker_options *broker,
                             size_t n_brokers, struct journal *journal)
{
    struct mqtt *mqtt = xcalloc(1, sizeof(*mqtt));

    mqtt->loop = loop;
    mqtt->journal = journal;
    mqtt->broker = xcalloc(n_brokers, sizeof(*mqtt->broker));
    mqtt->n_brokers = n_brokers;
    for (size_t i = 0; i < n_brokers; i++)
        copy_options(&mqtt->broker[i], &broker[i]);
    mqtt->n_sessions = 2 * n_brokers;
    mqtt->session = xcalloc(mqtt->n_sessions, sizeof(*mqtt->session));
    mqtt->connects = xcalloc(mqtt->n_sessions, sizeof(*mqtt->connects));
    mqtt->disconnects = xcalloc(mqtt->n_sessions, sizeof(*mqtt->disconnects));
    mqtt->work.data = mqtt;
    if (uv_async_init(loop, &mqtt->wake, woken) < 0 || uv_sem_init(&mqtt->work_done, 0) < 0)
        BUG("libuv could not make an async handle or a semaphore");
    mqtt->wake.data = mqtt;
    mqtt->n_handles = 1;
    for (size_t i = 0; i < mqtt->n_sessions; i++)
        session_prepare(mqtt, i);
    return mqtt;
}

int mqtt_start(struct mqtt **mqtt, struct uv_loop_s *loop,
               const struct mqtt_broker_options *broker, size_t n_brokers,
               struct journal *journal, struct cw_error *err)
{
    struct mqtt *m = mqtt_new(loop, broker, n_brokers, journal);

    *mqtt = NULL;
    for (size_t i = 0; i < m->n_sessions; i++) {
        int r = session_open(&m->session[i], err);
        if (r < 0) {
            mqtt_stop(m);
            return r;
        }
    }
    for (size_t i = 0; i < m->n_sessions; i++)
        time_to_connect(&m->session[i].timer);
    *mqtt = m;
    return 0;
}

void mqtt_stop(struct mqtt *mqtt)
{
    if (!mqtt)
        return;
    mqtt->stopping = true;
    if (mqtt->working)
        uv_sem_wait(&mqtt->work_done);
    for (size_t i = 0; i < mqtt->n_sessions; i++) {
        session_close(&mqtt->session[i]);
        uv_close((uv_handle_t *)&mqtt->session[i].timer, timer_closed);
    }
    uv_close((uv_handle_t *)&mqtt->wake, wake_closed);
}

/* ---- asked by the daemon ---- */

size_t mqtt_status(const struct mqtt *mqtt, struct mqtt_session_status *status, size_t max)
{
    size_t n = mqtt->n_sessions < max ? mqtt->n_sessions : max;

    for (size_t i = 0; i < n; i++) {
        const struct mqtt_session *session = &mqtt->session[i];

        status[i] = (struct mqtt_session_status){
            .broker = session->options->url,
            .role = session->role,
            .source = session->source,
            .connected = atomic_load(&session->up) && atomic_load(&session->subscribed),
            .n_messages = atomic_load(&session->n_messages),
            .n_connects = atomic_load(&session->n_connects),
            .n_refused_append = atomic_load(&session->n_refused_append),
            .n_not_sent = atomic_load(&session->n_not_sent),
            .connected_since_ns = atomic_load(&session->connected_since_ns),
            .last_error_ns = atomic_load(&session->last_error_ns),
        };
        session_error_text(session, status[i].last_error, sizeof(status[i].last_error));
    }
    return n;
}

void mqtt_hold_data(struct mqtt *mqtt, bool hold)
{
    for (size_t i = 0; i < mqtt->n_sessions; i++) {
        if (mqtt->session[i].waits_for_sync)
            continue;
        mqtt->session[i].held = hold;
        look(&mqtt->session[i]);
    }
    kick(mqtt);
}

int mqtt_publish(struct mqtt *mqtt, const char *topic, struct cw_str payload, bool retain)
{
    if (mqtt->n_sessions == 0 || !atomic_load(&mqtt->session[0].up))
        return -ENOTCONN;
    if (atomic_load(&mqtt->session[0].n_in_flight) >= (int)MAX_DOWNLINK)
        return -EAGAIN;
    atomic_fetch_add(&mqtt->session[0].n_in_flight, 1);
    mqtt->n_handed++;
    mqtt->waiting[mqtt->n_waiting++] = (struct publication){
        .topic = xstrdup(topic),
        .payload = xstrndup(payload.p, payload.n),
        .n_payload = payload.n,
        .retain = retain,
    };
    kick(mqtt);
    return 0;
}

void mqtt_downlink(const struct mqtt *mqtt, struct mqtt_downlink *downlink)
{
    *downlink = (struct mqtt_downlink){.n_handed = mqtt->n_handed};
    if (mqtt->n_sessions == 0)
        return;
    /* In this order: a failure is counted before its end. */
    downlink->n_ended = atomic_load(&mqtt->session[0].n_ended);
    downlink->n_not_sent = atomic_load(&mqtt->session[0].n_not_sent);
}
