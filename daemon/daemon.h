/*
 * daemon.h - who owns what while the daemon runs. Everything lives on the loop thread; the
 * parts know each other only through this struct.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <uv.h>

#include "base/busy.h"
#include "io/config.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "io/influx.h"
#include "io/journal_file.h"
#include "io/mqtt.h"
#include "io/quarantine.h"
#include "io/store.h"
#include "pipeline.h"

struct facts;     /* facts.h: what happened, on its way to the database */
struct api;       /* api.h: routes, roles, streams */
struct heartbeat; /* heartbeat.h: a sign of life outwards */
struct trimmer;   /* trimmer.h: files of segments that nobody needs */
struct erase;     /* erase.h: one resident is forgotten */
struct health;    /* health.h: own trouble becomes alarms */
struct doors;     /* doors.h: journals of brokers, merged into ours */
struct outbox;    /* outbox.h: notifications on their way */

struct daemon {
    uv_loop_t loop;
    struct config *config;
    const char *config_file;
    const char *const *overrides; /* -p section.key=value */
    size_t n_overrides;
    uv_async_t wake; /* the journal's sync thread to the loop: outlives journal and pipeline */
    struct journal *journal;
    struct store *store;
    struct pipeline *pipeline;
    struct mqtt *mqtt;
    struct doors *doors;
    struct http_client *http_client;
    struct carrier *carrier;     /* carrier.h: requests of notifiers, by their URL */
    struct influx *influx;       /* NULL: no database configured */
    struct position influx_kept; /* its cursor as the store knows it: trimmed only up to here */
    struct facts *facts;         /* NULL as well */
    struct quarantine *quarantine;
    struct outbox *outbox;
    struct http_server *http_server;
    struct api *api;
    struct health *health;
    struct erase *erase;
    struct heartbeat *heartbeat;
    struct trimmer *trimmer;
    bool erasing;         /* the journal is being patched: nothing is sealed or trimmed */
    bool sealing;         /* a segment is being compressed, or removed: nothing is patched */
    bool holds_telemetry; /* quota.h: -data sessions are held */
    int64_t snapshot_pressed_ns;
    int64_t started_ns, config_loaded_ns;
    uint64_t n_reloads, n_reloads_failed;
    char last_reload_error[240];
    struct busy busy; /* stretches of work on the loop */
    /* How often records made the loop wake: once a sync, however many they are. */
    struct {
        uint64_t journal, door;
    } n_wakes;
    int64_t loop_lag_ns; /* worst delay of the 1 s tick in the last minute */
};

#endif
