/*
 * mqtt_session.h - one session with a broker, between Paho's threads and the loop. Private
 * to io/mqtt*.c.
 *
 *   Paho's threads   messages into the journal; link state into the atomics below
 *   loop             looks at the atomics when woken, decides when to connect again
 *   libuv worker     calls into Paho for the loop: such a call waits for Paho's library-wide
 *                    mutex, which a callback holds while it waits for the disk
 *
 * What was not appended is not acknowledged. Paho writes the PUBACK as soon as the callback
 * returns, whatever it returns, and cannot be disconnected from inside it. So a callback
 * whose append was refused shuts the session's socket down and then returns: the PUBACK
 * fails, Paho reports the connection lost, the broker keeps the message and sends it again.
 */
#ifndef IO_MQTT_SESSION_H
#define IO_MQTT_SESSION_H

#include <MQTTAsync.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/log.h"
#include "io/mqtt.h"

#define MAX_DOWNLINK 256u /* messages waiting or in flight */

enum session_error { ERROR_NONE = 0, ERROR_CONNECT, ERROR_LOST, ERROR_SUBSCRIBE, ERROR_APPEND };

struct mqtt_session {
    struct mqtt *mqtt;
    const struct mqtt_broker_options *options; /* owned by struct mqtt */
    const char *role;                          /* "events", "data" */
    const char **topics;                       /* to subscribe, NULL-terminated; owned */
    const char **left;                         /* to unsubscribe: its door brings them */
    struct journal *journal;
    char *client_id;
    MQTTAsync client;
    uint16_t source;
    bool waits_for_sync; /* events: PUBACK only behind the sync */
    bool is_v5;

    /* Written by Paho's threads, read by the loop. */
    atomic_bool up;
    atomic_bool subscribed; /* the broker has granted our topics, and taken back `left` */
    atomic_uint n_outcomes; /* attempts that ended, either way */
    atomic_uint_fast64_t n_messages, n_connects, n_refused_append, n_not_sent;
    atomic_uint_fast64_t n_ended; /* publications whose end came, either way */
    atomic_int_fast64_t connected_since_ns, last_error_ns;
    atomic_int error_kind, error_code; /* enum session_error; Paho's, reason or errno */
    atomic_int n_in_flight;            /* downlink: accepted and not yet acknowledged */
    atomic_int max_in_flight;          /* what the broker takes unacknowledged (MQTT 5) */

    /* Paho's threads only. */
    atomic_int socket; /* of the connection the messages come from; -1 unknown */
    bool broken;       /* an append was refused on this connection: no more PUBACK on it */

    /* Loop only. */
    unsigned n_attempts;
    bool held, wants_connect, wants_disconnect, was_up;
    int64_t backoff_ns, up_since_ns; /* monotonic */
    uv_timer_t timer;
    struct complaint complaint;
};

/* Creates Paho's client. 0 or negative with err. */
int session_open(struct mqtt_session *session, struct cw_error *err);
/* Never more callbacks behind this. May wait for Paho's mutex. */
void session_close(struct mqtt_session *session);
/* Starts an attempt; its outcome is counted in n_outcomes, also when it fails at once. */
void session_connect(struct mqtt_session *session);
/* Starts to disconnect; `up` turns false. */
void session_disconnect(struct mqtt_session *session);
/* Its end, either way, is taken off n_in_flight. */
void session_publish(struct mqtt_session *session, const char *topic, struct cw_str payload,
                     bool retain);
/* The last error as a sentence; "" when there was none. */
void session_error_text(const struct mqtt_session *session, char *dst, size_t cap);

/* ---- shared with the publisher ---- */

void paho_start(void); /* once for the process, from any thread */
bool paho_is_v5(const struct mqtt_broker_options *options);
MQTTAsync_connectOptions paho_connect_options(const struct mqtt_broker_options *options);
/* Fills ssl from the options; true when the URL asks for TLS. */
bool paho_tls(const struct mqtt_broker_options *options, MQTTAsync_SSLOptions *ssl);
/* The broker's receive maximum, from its CONNACK. Whoever publishes keeps to it: what Paho
 * has to queue beyond it leaves at twenty messages a second (1.3.12). */
int paho_receive_maximum(MQTTProperties *connack);
const char *paho_reason(int code); /* static text */
/* In connected(), on the thread that calls it: the connection's socket; -1 unknown. */
int paho_socket(const char *client_id);

/* mqtt.c: something in the atomics changed; any thread. */
void mqtt_wake(struct mqtt *mqtt);
/* mqtt.c: an attempt begins or has ended, as Paho's trace is only read meanwhile. */
void mqtt_connecting(struct mqtt *mqtt, int change);

#endif
