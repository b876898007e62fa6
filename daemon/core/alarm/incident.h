/*
 * incident.h - what belongs together: alarms of one resident, one bed or room, one device, or
 * (technical ones) one site, within a short time. The first is the first-out, most often the
 * cause; the others fold under it. Part of the fold.
 *
 *   site-silent  first-out          10:00:00      told
 *     gateway battery (low)         10:00:12      folded: not told by itself
 *   fall         first-out          10:03:00      told
 *     spo2-low (high)               10:03:40      same incident, told: high ones always are
 *     help call, pressed 4 times    10:04 - 10:11 one alarm after the other, one count
 *
 * An alarm folds only under one of its incident that is told, is no less urgent and still
 * stands: what is silenced, put aside or closed swallows nothing, a drill nothing real. When
 * the last such leaves, the most urgent of those that were folded stands up in its place.
 *
 * Help calls join within ten minutes also when the one before is closed.
 */
#ifndef CORE_ALARM_INCIDENT_H
#define CORE_ALARM_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"

struct alarm;
struct fold;
struct saver;
struct loader;

#define MAX_INCIDENT_KEYS 4
#define MAX_INCIDENT_KEY (2 * MAX_ID + 4)

struct incident {
    char id[HASH_ID_MAX]; /* of its first-out */
    char site[MAX_ID + 1], district[MAX_ID + 1];
    char key[MAX_INCIDENT_KEYS][MAX_INCIDENT_KEY]; /* what it is found by; "" unused */
    uint32_t n_alarms;                             /* ever */
    uint32_t n_open, n_kept;                       /* not closed; not forgotten */
    uint32_t count;             /* raised and repeated, all its alarms together */
    uint32_t priority;          /* the worst so far */
    int64_t opened_ns, last_ns; /* first and last alarm that was raised or repeated */
    struct alarm *first, *last; /* those that are kept, in order of raising; not saved */
};

struct incident_set {
    struct map by_id, by_key;
};

void incident_set_init(struct incident_set *set);
void incident_set_done(struct incident_set *set);
struct incident *incident_find(const struct incident_set *set, struct cw_str id); /* or NULL */
/* A new alarm finds its incident, or becomes the first-out of one. */
void incident_join(struct fold *fold, struct alarm *alarm);
/* It was raised again. */
void incident_repeat(struct fold *fold, const struct alarm *alarm);
void incident_closed(struct fold *fold, const struct alarm *alarm);
/* It stands no more: what was folded under it may have to stand up. */
void incident_left(struct fold *fold, const struct alarm *alarm);
/* The alarm is forgotten, and with the last one the incident. */
void incident_forget(struct incident_set *set, const struct alarm *alarm);

void incident_set_save(const struct incident_set *set, struct saver *saver);
/* Behind the alarms, which name their incidents. loader->failed tells. */
struct alarm_set;
void incident_set_load(struct alarm_set *alarms, struct loader *loader);
/* Alarms of a state that knew no incidents: each is one of its own. */
void incident_adopt(struct alarm_set *alarms, struct alarm *alarm);

/* The API's incident object. */
void incident_json(const struct incident *incident, struct json_out *out);

#endif
