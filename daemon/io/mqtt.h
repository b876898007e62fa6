/*
 * mqtt.h - sessions with MQTT brokers (Eclipse Paho MQTTAsync; its only door).
 *
 * Each configured broker gets two sessions: "-events" (event, status, roster; the callback
 * appends, waits for the sync, returns 1) and "-data" (telemetry; appends, returns 1), so
 * that a stall of the one does not stop the other. Paho sends PUBACK after the callback
 * returns. Persistent sessions, reconnect with decorrelated jitter, subscriptions made in
 * the connected callback. Link up and down are records.
 *
 * Of a broker with a door (doors.h) neither session subscribes to telemetry or events, and both
 * take back what an earlier run subscribed: what the broker had queued until then still comes.
 * What is published while the door is open and the old subscription stands comes both ways.
 */
#ifndef IO_MQTT_H
#define IO_MQTT_H

#include <carewatch/plugin.h>

#include "base/buf.h"
#include "io/journal_file.h"

/* One broker of the configuration (section mqtt, or an entry of mqtt.brokers). The table
 * `mqtt_options` describes it; offsets are in this struct. */
struct mqtt_broker_options {
    const char *url;             /* tcp://host:1883, ssl://host:8883 */
    const char *client_id;       /* "-events" and "-data" are added */
    const char *user, *password; /* password: secret */
    const char *version;         /* "5" or "3.1.1" */
    int64_t keepalive_ns, connect_timeout_ns, reconnect_min_ns, reconnect_max_ns;
    int64_t receive_maximum; /* MQTT 5 */
    int64_t max_payload_bytes;
    const char *ca_file, *cert_file, *key_file, *key_password; /* key_password: secret */
    int32_t verify;                   /* server certificate and host name */
    const char *const *topics_events; /* default care/v1/+/+/event, status, roster */
    const char *const *topics_data;   /* default care/v1/#, but for what is events' */
    const char *door; /* "" or NULL: none; else that brings telemetry and events */
};
extern const struct cw_option mqtt_options[];

struct mqtt;
struct uv_loop_s; /* uv_loop_t */
struct mqtt_session_status {
    const char *broker, *role; /* "events", "data"; borrowed */
    uint16_t source;           /* record.source of its messages; from 1 */
    bool connected;            /* and subscribed: what is published now arrives */
    uint64_t n_messages, n_connects, n_refused_append;
    uint64_t n_not_sent; /* downlink given up */
    int64_t connected_since_ns, last_error_ns;
    char last_error[160];
};

/* Starts connecting; never blocks. Keeps a copy of `broker`; `journal` is borrowed until
 * mqtt_stop(), `loop` until its handles are closed. 0 or negative with err. Loop. */
int mqtt_start(struct mqtt **mqtt, struct uv_loop_s *loop,
               const struct mqtt_broker_options *broker, size_t n_brokers,
               struct journal *journal, struct cw_error *err);
/* Disconnects in bounded time: nothing is appended behind it. The memory goes when the loop
 * has closed the handles. NULL is fine. Loop. */
void mqtt_stop(struct mqtt *mqtt);
size_t mqtt_status(const struct mqtt *mqtt, struct mqtt_session_status *status, size_t max);
/* High water of the journal: -data sessions are disconnected (their broker holds the rest)
 * or connected again. Loop. */
void mqtt_hold_data(struct mqtt *mqtt, bool hold);
/* Downlink, QoS 1, through the first broker's -events session: keeps a copy. Best effort:
 * 0, -ENOTCONN, -EAGAIN (too many in flight). Loop. */
int mqtt_publish(struct mqtt *mqtt, const char *topic, struct cw_str payload, bool retain);

/* What became of publications: how many were handed over, how many have ended (in order), how
 * many of those were not acknowledged by the broker. Loop. */
struct mqtt_downlink {
    uint64_t n_handed, n_ended, n_not_sent;
};
void mqtt_downlink(const struct mqtt *mqtt, struct mqtt_downlink *downlink);

/* ---- a publisher for `sim` and tests: one plain session, no journal ---- */
struct mqtt_publisher;
/* Blocks until connected or timeout. 0 or negative with err. */
int mqtt_publisher_open(struct mqtt_publisher **publisher,
                        const struct mqtt_broker_options *broker, struct cw_error *err);
/* Blocks while more than `window` messages are in flight. 0 or negative. */
int mqtt_publisher_send(struct mqtt_publisher *publisher, const char *topic,
                        struct cw_str payload, int qos, bool retain);
/* Waits until all are acknowledged or timeout; closes. Returns how many were not. */
int64_t mqtt_publisher_close(struct mqtt_publisher *publisher);

#endif
