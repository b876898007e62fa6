/*
 * mqtt_session.c - Paho's side of a session: its callbacks, and the calls into it.
 *
 * A callback appends to the journal and leaves word for the loop in atomics; it never
 * decides. What is refused is not acknowledged (mqtt_session.h).
 */
#include "io/mqtt_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "core/ingest/topic.h"

#define SESSION_EXPIRES_NEVER 0xffffffffu
/* ---- what the loop sees ---- */

static void count(atomic_uint_fast64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void note_error(struct mqtt_session *session, enum session_error kind, int code)
{
    atomic_store(&session->error_code, code);
    atomic_store(&session->error_kind, (int)kind);
    atomic_store(&session->last_error_ns, journal_now(session->journal));
}

static void attempt_ended(struct mqtt_session *session)
{
    mqtt_connecting(session->mqtt, -1);
    atomic_fetch_add(&session->n_outcomes, 1);
    mqtt_wake(session->mqtt);
}

void session_error_text(const struct mqtt_session *session, char *dst, size_t cap)
{
    int kind = atomic_load(&session->error_kind), code = atomic_load(&session->error_code);

    switch ((enum session_error)kind) {
    case ERROR_NONE:
        snprintf(dst, cap, "%s", "");
        break;
    case ERROR_CONNECT:
        snprintf(dst, cap, "cannot connect: %s (%d)", paho_reason(code), code);
        break;
    case ERROR_LOST:
        snprintf(dst, cap, "the connection was lost");
        break;
    case ERROR_SUBSCRIBE:
        snprintf(dst, cap, "the broker refused a subscription (%d)", code);
        break;
    case ERROR_APPEND:
        snprintf(dst, cap, "the journal refused a message, it was not acknowledged (%s)",
                 strerror(-code));
        break;
    }
}

/* ---- records ---- */

static void append_link(struct mqtt_session *session, const char *state)
{
    struct record record = {
        .kind = RECORD_LINK,
        .source = session->source,
        .topic = str_of(session->role),
        .payload = str_of(state),
    };
    int r = journal_append(session->journal, &record, journal_now(session->journal), SYNC_NOW,
                           NULL);

    if (r < 0)
        note_error(session, ERROR_APPEND, r);
}

/* False when the connection's socket is not known. */
static bool end_connection(struct mqtt_session *session)
{
    int fd = atomic_load(&session->socket);

    session->broken = true;
    return fd >= 0 && shutdown(fd, SHUT_RDWR) == 0;
}

/* See mqtt_session.h: ends the connection so that no PUBACK can leave on it. Without the
 * socket's number, holds Paho's thread until the broker has given the connection up, which
 * it does after one and a half keep-alives. */
static void forbid_acknowledgement(struct mqtt_session *session)
{
    int64_t wait_ns = 2 * session->options->keepalive_ns;
    struct timespec wait = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};

    if (end_connection(session))
        return;
    log_warning("cannot end a connection at once, holding it broker=%s role=%s",
                session->options->url, session->role);
    (void)nanosleep(&wait, NULL);
}

static int append_message(struct mqtt_session *session, const struct record *record)
{
    enum sync_class sync = session->waits_for_sync ? SYNC_NOW : SYNC_LATER;
    struct position at;
    int r = journal_append(session->journal, record, journal_now(session->journal), sync, &at);

    if (r == 0 && session->waits_for_sync)
        r = journal_wait(session->journal, at);
    return r;
}

static void refused(struct mqtt_session *session, int code, int qos)
{
    count(&session->n_refused_append);
    note_error(session, ERROR_APPEND, code);
    /* At QoS 0 there is nothing to hold back. */
    if (qos > 0)
        forbid_acknowledgement(session);
}

static struct cw_str payload_of(const struct mqtt_session *session,
                                const MQTTAsync_message *message)
{
    size_t n = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    size_t max = (size_t)session->options->max_payload_bytes;

    /* One byte more than allowed tells the fold that it was too large. */
    return (struct cw_str){message->payload, n > max ? max + 1 : n};
}

/* A filter of the -data session may match what the -events session hears as well: that is for
 * the session that syncs first. */
static bool is_for_events(const struct mqtt_session *session, struct cw_str topic)
{
    const struct cw_str usual = CW_STR("/telemetry");
    const char *const *filter = session->options->topics_events;

    if (session->waits_for_sync ||
        (topic.n > usual.n && memcmp(topic.p + topic.n - usual.n, usual.p, usual.n) == 0))
        return false;
    while (*filter && !topic_matches(str_of(*filter), topic))
        filter++;
    return *filter != NULL;
}

/* Paho's receive thread, under its library-wide mutex. Always 1: see mqtt_session.h. */
static int message_arrived(void *context, char *topic, int topic_n, MQTTAsync_message *message)
{
    struct mqtt_session *session = context;
    struct record record = {
        .kind = RECORD_MESSAGE,
        .source = session->source,
        .message_id = (uint16_t)message->msgid,
        .topic = {topic, topic_n > 0 ? (size_t)topic_n : strlen(topic)},
        .payload = payload_of(session, message),
    };

    if (message->dup)
        record.flags |= RECORD_DUP;
    if (message->retained)
        record.flags |= RECORD_RETAIN;
    if (message->qos == 1)
        record.flags |= RECORD_QOS1;
    if (message->qos == 2)
        record.flags |= RECORD_QOS2;
    if (is_for_events(session, record.topic)) {
        MQTTAsync_freeMessage(&message);
        MQTTAsync_free(topic);
        return 1;
    }
    count(&session->n_messages);
    if (session->broken) {
        count(&session->n_refused_append);
    } else {
        int r = append_message(session, &record);
        if (r < 0)
            refused(session, r, message->qos);
    }
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* ---- subscribing: a refusal ends the connection, so that it is tried again ---- */

static void subscribe_failed(struct mqtt_session *session, int code)
{
    /* Also called for what was pending when the connection ended. */
    if (!atomic_load(&session->up) || session->broken)
        return;
    note_error(session, ERROR_SUBSCRIBE, code);
    (void)end_connection(session);
}

static size_t n_of(const char *const *topics)
{
    size_t n = 0;

    while (topics[n])
        n++;
    return n;
}

static size_t n_topics(const struct mqtt_session *session)
{
    return n_of(session->topics);
}

static void subscribed(void *context, MQTTAsync_successData *data)
{
    struct mqtt_session *session = context;
    size_t n = n_topics(session);
    const int *granted = n > 1 ? data->alt.qosList : &data->alt.qos;

    for (size_t i = 0; i < n; i++) {
        if (granted[i] & 0x80) {
            subscribe_failed(session, granted[i]);
            return;
        }
    }
    atomic_store(&session->subscribed, true);
}

static void subscribed5(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt_session *session = context;
    size_t n = n_topics(session);

    if (n == 1 && (int)data->reasonCode >= 0x80) {
        subscribe_failed(session, (int)data->reasonCode);
        return;
    }
    /* Paho leaves the list uninitialised when there is one topic only. */
    for (size_t i = 0; n > 1 && i < n; i++) {
        if ((int)data->alt.sub.reasonCodes[i] >= 0x80) {
            subscribe_failed(session, (int)data->alt.sub.reasonCodes[i]);
            return;
        }
    }
    atomic_store(&session->subscribed, true);
}

static void not_subscribed(void *context, MQTTAsync_failureData *data)
{
    subscribe_failed(context, data ? data->code : 0);
}

static void not_subscribed5(void *context, MQTTAsync_failureData5 *data)
{
    subscribe_failed(context, data ? (int)data->reasonCode : 0);
}

static void unsubscribed(void *context, MQTTAsync_successData *data)
{
    struct mqtt_session *session = context;

    (void)data;
    atomic_store(&session->subscribed, true);
}

static void unsubscribed5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    unsubscribed(context, NULL);
}

/* A session of an earlier run may have them still. When nothing is subscribed after them, the
 * broker's answer to this is what makes the session ready; else the one to that, for it
 * answers in order. */
static int unsubscribe(struct mqtt_session *session)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    size_t n = n_of(session->left);

    if (n_topics(session) == 0) {
        response.context = session;
        if (session->is_v5) {
            response.onSuccess5 = unsubscribed5;
            response.onFailure5 = not_subscribed5;
        } else {
            response.onSuccess = unsubscribed;
            response.onFailure = not_subscribed;
        }
    }
    return MQTTAsync_unsubscribeMany(session->client, (int)n, (char *const *)session->left,
                                     &response);
}

static void subscribe(struct mqtt_session *session)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    size_t n = n_topics(session);
    int rc = n_of(session->left) ? unsubscribe(session) : MQTTASYNC_SUCCESS;

    if (rc != MQTTASYNC_SUCCESS) {
        subscribe_failed(session, rc);
        return;
    }
    if (n == 0) {
        if (n_of(session->left) == 0)
            atomic_store(&session->subscribed, true);
        return;
    }
    int *qos = xcalloc(n, sizeof(*qos));

    for (size_t i = 0; i < n; i++)
        qos[i] = 1;
    response.context = session;
    if (session->is_v5) {
        response.onSuccess5 = subscribed5;
        response.onFailure5 = not_subscribed5;
    } else {
        response.onSuccess = subscribed;
        response.onFailure = not_subscribed;
    }
    rc = MQTTAsync_subscribeMany(session->client, (int)n, (char *const *)session->topics, qos,
                                 &response);
    if (rc != MQTTASYNC_SUCCESS)
        subscribe_failed(session, rc);
    free(qos);
}

/* ---- link ---- */

/* Paho's receive thread. */
static void connected(void *context, char *cause)
{
    struct mqtt_session *session = context;

    (void)cause;
    atomic_store(&session->socket, paho_socket(session->client_id));
    session->broken = false;
    append_link(session, "up");
    count(&session->n_connects);
    atomic_store(&session->connected_since_ns, journal_now(session->journal));
    atomic_store(&session->up, true);
    subscribe(session);
    attempt_ended(session);
}

static void went_down(struct mqtt_session *session)
{
    atomic_store(&session->socket, -1);
    atomic_store(&session->subscribed, false);
    if (!atomic_exchange(&session->up, false))
        return;
    atomic_store(&session->connected_since_ns, 0);
    append_link(session, "down");
    mqtt_wake(session->mqtt);
}

static void connection_lost(void *context, char *cause)
{
    struct mqtt_session *session = context;

    (void)cause;
    /* A reason that we gave ourselves says more. */
    if (!session->broken)
        note_error(session, ERROR_LOST, 0);
    went_down(session);
}

static void disconnect_done(void *context, MQTTAsync_successData *data)
{
    (void)data;
    went_down(context);
}

static void disconnect_done5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    went_down(context);
}

static void log_session(const struct mqtt_session *session, int session_present)
{
    log_info("connected to the broker broker=%s role=%s session_present=%d",
             session->options->url, session->role, session_present);
}

static void connect_done(void *context, MQTTAsync_successData *data)
{
    log_session(context, data->alt.connect.sessionPresent);
}

static void connect_done5(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt_session *session = context;

    atomic_store(&session->max_in_flight, paho_receive_maximum(&data->properties));
    log_session(context, data->alt.connect.sessionPresent);
}

static void not_connected(struct mqtt_session *session, int code)
{
    note_error(session, ERROR_CONNECT, code);
    attempt_ended(session);
}

static void connect_failed(void *context, MQTTAsync_failureData *data)
{
    not_connected(context, data ? data->code : 0);
}

static void connect_failed5(void *context, MQTTAsync_failureData5 *data)
{
    not_connected(context, !data ? 0 : data->code ? data->code : (int)data->reasonCode);
}

/* ---- calls into Paho ---- */

int session_open(struct mqtt_session *session, struct cw_error *err)
{
    MQTTAsync_createOptions plain = MQTTAsync_createOptions_initializer;
    MQTTAsync_createOptions v5 = MQTTAsync_createOptions_initializer5;

    paho_start();
    session->is_v5 = paho_is_v5(session->options);
    atomic_store(&session->socket, -1);
    atomic_store(&session->max_in_flight, UINT16_MAX);
    plain.MQTTVersion = MQTTVERSION_3_1_1;
    plain.maxBufferedMessages = v5.maxBufferedMessages = (int)MAX_DOWNLINK;
    int rc = MQTTAsync_createWithOptions(&session->client, session->options->url,
                                         session->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                         session->is_v5 ? &v5 : &plain);
    if (rc != MQTTASYNC_SUCCESS) {
        session->client = NULL;
        return err_set(err, -EINVAL, "\"%s\" is not the URL of an MQTT broker (%s)",
                       session->options->url, paho_reason(rc));
    }
    (void)MQTTAsync_setCallbacks(session->client, session, connection_lost, message_arrived,
                                 NULL);
    (void)MQTTAsync_setConnected(session->client, session, connected);
    return 0;
}

void session_close(struct mqtt_session *session)
{
    if (!session->client)
        return;
    MQTTAsync_destroy(&session->client);
    if (atomic_exchange(&session->up, false))
        append_link(session, "down");
}

static void add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t value)
{
    MQTTProperty property = {.identifier = code};

    if (code == MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)
        property.value.integer2 = (uint16_t)value;
    else
        property.value.integer4 = value;
    (void)MQTTProperties_add(properties, &property);
}

void session_connect(struct mqtt_session *session)
{
    MQTTAsync_connectOptions connect = paho_connect_options(session->options);
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTAsync_SSLOptions ssl;

    connect.context = session;
    if (paho_tls(session->options, &ssl))
        connect.ssl = &ssl;
    if (session->is_v5) {
        connect.cleanstart = 0;
        connect.onSuccess5 = connect_done5;
        connect.onFailure5 = connect_failed5;
        add_number(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
                   SESSION_EXPIRES_NEVER);
        add_number(&properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
                   (uint32_t)session->options->receive_maximum);
        connect.connectProperties = &properties;
    } else {
        connect.cleansession = 0;
        connect.onSuccess = connect_done;
        connect.onFailure = connect_failed;
    }
    mqtt_connecting(session->mqtt, 1);
    int rc = MQTTAsync_connect(session->client, &connect);
    MQTTProperties_free(&properties);
    if (rc != MQTTASYNC_SUCCESS)
        not_connected(session, rc);
}

void session_disconnect(struct mqtt_session *session)
{
    MQTTAsync_disconnectOptions plain = MQTTAsync_disconnectOptions_initializer;
    MQTTAsync_disconnectOptions v5 = MQTTAsync_disconnectOptions_initializer5;
    MQTTAsync_disconnectOptions options = session->is_v5 ? v5 : plain;

    options.context = session;
    if (session->is_v5)
        options.onSuccess5 = disconnect_done5;
    else
        options.onSuccess = disconnect_done;
    if (MQTTAsync_disconnect(session->client, &options) != MQTTASYNC_SUCCESS)
        went_down(session);
}

static void publish_ended(struct mqtt_session *session)
{
    atomic_fetch_sub(&session->n_in_flight, 1);
    count(&session->n_ended);
    mqtt_wake(session->mqtt);
}

static void published(void *context, MQTTAsync_successData *data)
{
    (void)data;
    publish_ended(context);
}

static void published5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    publish_ended(context);
}

static void not_published(void *context, MQTTAsync_failureData *data)
{
    struct mqtt_session *session = context;

    (void)data;
    count(&session->n_not_sent);
    publish_ended(session);
}

static void not_published5(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    not_published(context, NULL);
}

void session_publish(struct mqtt_session *session, const char *topic, struct cw_str payload,
                     bool retain)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    MQTTAsync_message message = MQTTAsync_message_initializer;

    message.payload = (void *)payload.p;
    message.payloadlen = (int)payload.n;
    message.qos = 1;
    message.retained = retain;
    response.context = session;
    if (session->is_v5) {
        response.onSuccess5 = published5;
        response.onFailure5 = not_published5;
    } else {
        response.onSuccess = published;
        response.onFailure = not_published;
    }
    if (MQTTAsync_sendMessage(session->client, topic, &message, &response) == MQTTASYNC_SUCCESS)
        return;
    count(&session->n_not_sent);
    publish_ended(session);
}
