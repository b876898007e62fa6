/*
 * mqtt_paho.c - what every client of Paho here needs: its start, our options in its words,
 * its codes in ours, and the socket it does not show.
 *
 * Which socket a client's messages come from, Paho only says in its trace: the line
 * "SOCKET CLIENT <- CONNACK rc: 0" is written by the thread that then calls connected().
 * So the trace is on while a session connects, and off (and cheaper) otherwise.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "base/units.h"
#include "io/mqtt_session.h"

#define MAX_TRACE_LINE 256u

/* The last CONNACK line that Paho traced on this thread; read by connected(), which Paho
 * calls next on the same thread. */
static _Thread_local char connack_line[MAX_TRACE_LINE];

static void trace(enum MQTTASYNC_TRACE_LEVELS level, char *message)
{
    (void)level;
    if (strstr(message, " <- CONNACK rc: 0"))
        (void)str_copy(connack_line, sizeof(connack_line), str_of(message));
}

static void start_once(void)
{
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;

    options.do_openssl_init = 1;
    MQTTAsync_global_init(&options);
    MQTTAsync_setTraceCallback(trace);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
}

void paho_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, start_once);
}

/* The socket in "... SOCKET CLIENT <- CONNACK rc: 0", or -1. */
int paho_socket(const char *client_id)
{
    char wanted[MAX_TRACE_LINE];
    int number = -1, type = 0;
    socklen_t size = sizeof(type);

    snprintf(wanted, sizeof(wanted), " %s <- CONNACK rc: 0", client_id);
    const char *end = strstr(connack_line, wanted), *p = end;
    if (!end)
        return -1;
    while (p > connack_line && p[-1] >= '0' && p[-1] <= '9')
        p--;
    if (p < end)
        number = 0;
    for (; p < end && number < 1 << 24; p++)
        number = number * 10 + (*p - '0');
    connack_line[0] = 0;
    if (getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM)
        return -1;
    return number;
}

const char *paho_reason(int code)
{
    const char *text = NULL;

    if (code < 0)
        text = MQTTAsync_strerror(code);
    else if (code >= 0x80)
        text = MQTTReasonCode_toString((enum MQTTReasonCodes)code);
    else if (code >= 1 && code <= 5) {
        static const char *const connack[] = {"protocol version refused", "client id refused",
                                              "server unavailable", "wrong user or password",
                                              "not authorised"};
        text = connack[code - 1];
    }
    return text ? text : "no answer";
}

bool paho_is_v5(const struct mqtt_broker_options *options)
{
    return strcmp(options->version, "5") == 0;
}

static int seconds(int64_t ns)
{
    return (int)((ns + NS_PER_S - 1) / NS_PER_S);
}

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

MQTTAsync_connectOptions paho_connect_options(const struct mqtt_broker_options *options)
{
    MQTTAsync_connectOptions plain = MQTTAsync_connectOptions_initializer;
    MQTTAsync_connectOptions v5 = MQTTAsync_connectOptions_initializer5;
    bool is_v5 = paho_is_v5(options);
    MQTTAsync_connectOptions connect = is_v5 ? v5 : plain;

    connect.MQTTVersion = is_v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    connect.keepAliveInterval = seconds(options->keepalive_ns);
    connect.connectTimeout = seconds(options->connect_timeout_ns);
    connect.username = or_null(options->user);
    connect.password = or_null(options->password);
    return connect;
}

bool paho_tls(const struct mqtt_broker_options *options, MQTTAsync_SSLOptions *ssl)
{
    const MQTTAsync_SSLOptions initial = MQTTAsync_SSLOptions_initializer;
    struct cw_str url = str_of(options->url);

    *ssl = initial;
    if (!str_starts(url, "ssl://") && !str_starts(url, "mqtts://") &&
        !str_starts(url, "wss://"))
        return false;
    ssl->trustStore = or_null(options->ca_file);
    ssl->disableDefaultTrustStore = ssl->trustStore != NULL;
    ssl->keyStore = or_null(options->cert_file);
    ssl->privateKey = or_null(options->key_file);
    ssl->privateKeyPassword = or_null(options->key_password);
    ssl->enableServerCertAuth = options->verify ? 1 : 0;
    ssl->verify = options->verify ? 1 : 0;
    return true;
}

int paho_receive_maximum(MQTTProperties *connack)
{
    if (!MQTTProperties_hasProperty(connack, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM))
        return UINT16_MAX;
    int value = (int)MQTTProperties_getNumericValue(connack, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
    return value > 0 ? value : 1;
}
