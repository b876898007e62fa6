/*
 * mqtt_publisher.c - one plain session that publishes and blocks, for `sim` and tests.
 *
 * A semaphore is the window: a message takes one, its acknowledgement gives it back; at the
 * end whoever can take the whole window knows that nothing is under way. Paho reconnects by
 * itself and sends again what was not acknowledged.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/mqtt_session.h"

#define WINDOW 1000 /* at most; less when the broker takes less */
#define PATIENCE_NS (10 * NS_PER_S)
#define SESSION_EXPIRES_S 300u

struct mqtt_publisher {
    MQTTAsync client;
    bool is_v5;
    sem_t window, connected;
    int n_window;            /* size of the window */
    atomic_int connect_code; /* Paho's, when it failed */
    atomic_bool up;
    atomic_int_fast64_t n_failed;
};

static bool take(sem_t *semaphore, int64_t deadline_ns)
{
    struct timespec until = {.tv_sec = deadline_ns / NS_PER_S,
                             .tv_nsec = deadline_ns % NS_PER_S};

    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) < 0) {
        if (errno != EINTR)
            return false;
    }
    return true;
}

static void connect_done(void *context, MQTTAsync_successData *data)
{
    struct mqtt_publisher *publisher = context;

    (void)data;
    atomic_store(&publisher->up, true);
    (void)sem_post(&publisher->connected);
}

static void connect_done5(void *context, MQTTAsync_successData5 *data)
{
    struct mqtt_publisher *publisher = context;
    int max = paho_receive_maximum(&data->properties);

    if (max < publisher->n_window)
        publisher->n_window = max;
    connect_done(context, NULL);
}

static void connect_failed(void *context, MQTTAsync_failureData *data)
{
    struct mqtt_publisher *publisher = context;

    atomic_store(&publisher->connect_code, data ? data->code : 0);
    (void)sem_post(&publisher->connected);
}

static void connect_failed5(void *context, MQTTAsync_failureData5 *data)
{
    struct mqtt_publisher *publisher = context;

    if (data)
        atomic_store(&publisher->connect_code, data->code ? data->code : (int)data->reasonCode);
    (void)sem_post(&publisher->connected);
}

static void published(void *context, MQTTAsync_successData *data)
{
    struct mqtt_publisher *publisher = context;

    (void)data;
    (void)sem_post(&publisher->window);
}

static void published5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    published(context, NULL);
}

static void not_published(void *context, MQTTAsync_failureData *data)
{
    struct mqtt_publisher *publisher = context;

    (void)data;
    atomic_fetch_add(&publisher->n_failed, 1);
    (void)sem_post(&publisher->window);
}

static void not_published5(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    not_published(context, NULL);
}

static void publisher_free(struct mqtt_publisher *publisher)
{
    if (publisher->client)
        MQTTAsync_destroy(&publisher->client);
    (void)sem_destroy(&publisher->window);
    (void)sem_destroy(&publisher->connected);
    free(publisher);
}

static int create(struct mqtt_publisher *publisher, const struct mqtt_broker_options *broker)
{
    MQTTAsync_createOptions plain = MQTTAsync_createOptions_initializer;
    MQTTAsync_createOptions v5 = MQTTAsync_createOptions_initializer5;
    MQTTAsync_createOptions *options = publisher->is_v5 ? &v5 : &plain;
    char id[128];

    plain.MQTTVersion = MQTTVERSION_3_1_1;
    options->sendWhileDisconnected = 1;
    options->maxBufferedMessages = 2 * WINDOW;
    /* Two publishers of one name would throw each other out without end. */
    snprintf(id, sizeof(id), "%.80s-%d-%llx", broker->client_id, (int)getpid(),
             (unsigned long long)clock_monotonic_ns());
    return MQTTAsync_createWithOptions(&publisher->client, broker->url, id,
                                       MQTTCLIENT_PERSISTENCE_NONE, NULL, options);
}

static int start_connecting(struct mqtt_publisher *publisher,
                            const struct mqtt_broker_options *broker)
{
    MQTTAsync_connectOptions connect = paho_connect_options(broker);
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
                           .value.integer4 = SESSION_EXPIRES_S};
    MQTTAsync_SSLOptions ssl;

    connect.context = publisher;
    connect.automaticReconnect = 1;
    connect.minRetryInterval = 1;
    connect.maxRetryInterval = 5;
    connect.maxInflight = WINDOW;
    if (paho_tls(broker, &ssl))
        connect.ssl = &ssl;
    if (publisher->is_v5) {
        connect.cleanstart = 0;
        connect.onSuccess5 = connect_done5;
        connect.onFailure5 = connect_failed5;
        (void)MQTTProperties_add(&properties, &expiry);
        connect.connectProperties = &properties;
    } else {
        connect.cleansession = 1;
        connect.onSuccess = connect_done;
        connect.onFailure = connect_failed;
    }
    int rc = MQTTAsync_connect(publisher->client, &connect);
    MQTTProperties_free(&properties);
    return rc;
}

int mqtt_publisher_open(struct mqtt_publisher **publisher,
                        const struct mqtt_broker_options *broker, struct cw_error *err)
{
    struct mqtt_publisher *p = xcalloc(1, sizeof(*p));

    *publisher = NULL;
    paho_start();
    p->is_v5 = paho_is_v5(broker);
    p->n_window = WINDOW;
    (void)sem_init(&p->window, 0, 0);
    (void)sem_init(&p->connected, 0, 0);
    int rc = create(p, broker);
    if (rc != MQTTASYNC_SUCCESS) {
        publisher_free(p);
        return err_set(err, -EINVAL, "\"%s\" is not the URL of an MQTT broker (%s)",
                       broker->url, paho_reason(rc));
    }
    atomic_store(&p->connect_code, start_connecting(p, broker));
    if (atomic_load(&p->connect_code) == MQTTASYNC_SUCCESS)
        (void)take(&p->connected, clock_monotonic_ns() + broker->connect_timeout_ns);
    if (!atomic_load(&p->up)) {
        rc = atomic_load(&p->connect_code);
        publisher_free(p);
        return err_set(err, -ECONNREFUSED, "cannot connect to the broker \"%s\": %s",
                       broker->url, paho_reason(rc));
    }
    for (int i = 0; i < p->n_window; i++)
        (void)sem_post(&p->window);
    *publisher = p;
    return 0;
}

int mqtt_publisher_send(struct mqtt_publisher *publisher, const char *topic,
                        struct cw_str payload, int qos, bool retain)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    MQTTAsync_message message = MQTTAsync_message_initializer;

    if (!take(&publisher->window, clock_monotonic_ns() + PATIENCE_NS))
        return -ETIMEDOUT;
    message.payload = (void *)payload.p;
    message.payloadlen = (int)payload.n;
    message.qos = qos;
    message.retained = retain;
    response.context = publisher;
    if (publisher->is_v5) {
        response.onSuccess5 = published5;
        response.onFailure5 = not_published5;
    } else {
        response.onSuccess = published;
        response.onFailure = not_published;
    }
    if (MQTTAsync_sendMessage(publisher->client, topic, &message, &response) ==
        MQTTASYNC_SUCCESS)
        return 0;
    (void)sem_post(&publisher->window);
    return -ENOTCONN;
}

int64_t mqtt_publisher_close(struct mqtt_publisher *publisher)
{
    int64_t deadline_ns = clock_monotonic_ns() + PATIENCE_NS, n_missing = 0;

    if (!publisher)
        return 0;
    n_missing = publisher->n_window;
    while (n_missing > 0 && take(&publisher->window, deadline_ns))
        n_missing--;
    MQTTAsync_destroy(&publisher->client);
    n_missing += atomic_load(&publisher->n_failed);
    publisher_free(publisher);
    return n_missing;
}
