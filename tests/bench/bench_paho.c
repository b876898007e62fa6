/*
 * bench_paho.c - what Paho alone costs: a subscriber whose callback only counts.
 *
 *   build/tests/bench_paho PORT       prints the count so far whenever a line comes in
 */
#include <MQTTAsync.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_uint_fast64_t n_messages;
static atomic_bool is_ready;

static int count_only(void *context, char *topic, int topic_n, MQTTAsync_message *message)
{
    (void)context, (void)topic_n;
    atomic_fetch_add_explicit(&n_messages, 1, memory_order_relaxed);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

static void on_subscribed(void *context, MQTTAsync_successData *data)
{
    (void)context, (void)data;
    atomic_store(&is_ready, true);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
    MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
    (void)data;
    response.onSuccess = on_subscribed;
    (void)MQTTAsync_subscribe(context, "care/v1/+/+/telemetry", 0, &response);
}

int main(int argc, char **argv)
{
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    MQTTAsync client;
    char url[64], line[64];
    if (argc != 2)
        return 2;
    (void)snprintf(url, sizeof(url), "tcp://127.0.0.1:%s", argv[1]);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    if (MQTTAsync_create(&client, url, "bench-paho", MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
        MQTTASYNC_SUCCESS)
        return 1;
    (void)MQTTAsync_setCallbacks(client, NULL, NULL, count_only, NULL);
    options.context = client;
    options.onSuccess = on_connected;
    options.cleansession = 1;
    if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS)
        return 1;
    printf("ready\n");
    fflush(stdout);
    /* "ready" says that it runs; the count is -1 until it has subscribed. */
    while (fgets(line, sizeof(line), stdin)) {
        printf("%lld\n", atomic_load(&is_ready) ? (long long)atomic_load(&n_messages) : -1);
        fflush(stdout);
    }
    return 0;
}
