/*
 * city.h - a simulated city: institutions with beds, homes, stations, and what goes wrong
 * in them, as the messages their gateways push (contract section 2). Pure, integers only.
 *
 *   layout -> streams (one per device and channel) -> heap by time -> messages
 *                     incidents change values, silence streams, add events
 *
 * Deterministic: the same options give the same bytes, and because every number is drawn by
 * its own key, an incident that is left out changes no other message. So alarms(with) minus
 * alarms(without) are the alarms it caused.
 *
 * Each telemetry message holds the values of one measurement, and the times of a device
 * strictly increase: one message is one point in the time-series database.
 */
#ifndef CORE_SIM_CITY_H
#define CORE_SIM_CITY_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/str.h>

#include "base/buf.h"

enum city_incidents {
    CITY_QUIET, /* nothing goes wrong */
    CITY_DEMO,  /* each kind once, within two minutes */
    CITY_ALL,   /* again every five minutes, elsewhere */
};

struct city_options {
    uint64_t seed;
    uint32_t n_sites;
    uint32_t n_beds; /* of each institution */
    uint32_t rate;   /* telemetry messages per second, roughly; 0: as devices naturally are */
    int64_t start_ms;
    int64_t end_ms; /* how far incidents are planned; 0: a day */
    enum city_incidents incidents;
    uint64_t without; /* set of incidents by number (bit 0: the first) that do not happen */
    /* A scenario: exactly these, instead of `incidents`. Borrowed until city_new() returns. */
    const struct city_scripted *script;
    uint32_t n_script;
};

/* One incident of a scenario. */
struct city_scripted {
    char kind[32];     /* as in the truth: desaturation, gateway_loss, ... */
    char site[65];     /* "": the first site that has such a device */
    char device[65];   /* "": the first device of the kind it needs */
    int64_t t0_ms;     /* since the city's start */
    int64_t length_ms; /* 0: as long as it usually is */
};

enum city_kind {
    CITY_TELEMETRY = 1,
    CITY_EVENT,
    CITY_STATUS,
    CITY_ROSTER,
    CITY_REGISTRY,
    CITY_COMMAND
};

struct city_message {
    int64_t time_ms; /* since the epoch; never decreases */
    enum city_kind kind;
    const char *measurement; /* of telemetry: "vitals", "bed", "room", "device" */
    const char *topic;
    struct cw_str payload;
    int qos;
    bool retain;
};

#define CITY_MAX_SITES 20000u
#define CITY_MAX_BEDS 1000u

struct city;
/* n_sites and n_beds within the limits above, at least 1. */
struct city *city_new(const struct city_options *options);
void city_free(struct city *city);
/* The next message; there always is one. Borrowed until the next call. */
void city_next(struct city *city, struct city_message *message);
/* When the next message is due. */
int64_t city_due_ms(struct city *city);

/* The ground truth as one JSON object: seed, incidents (what must become an alarm, and by
 * when at the latest), decoys (what must not). Times as the rules of conf/demo.conf have it. */
void city_truth(const struct city *city, struct buf *out);
/* The sites for the configuration file: sites = ( { site = ..; kind = ..; .. }, .. ); */
void city_sites(const struct city *city, struct buf *out);
uint32_t city_n_incidents(const struct city *city);
/* The first entry of the script that this city cannot play: no such kind, site or device; its
 * index, or n_script when all are played. */
uint32_t city_script_refused(const struct city *city);
/* The kinds of incidents: i from 0, NULL at the end. */
const char *city_incident_kind(uint32_t i);
const char *city_kind_name(enum city_kind kind);

#endif
