/*
 * registry.h - sites and devices: what exists, from the configuration, rosters and messages.
 * Part of the fold.
 *
 * A site's kind comes from the configuration or a registry record, never from its own
 * roster: authority hangs on it. Unknown sites are registered as plain providers or kept
 * out, by settings.register_unknown_sites. Devices of a roster are declared: their silence
 * is an alarm; others are kept up to max_unrostered_per_site, least recently heard goes
 * first, on ticks only.
 */
#ifndef CORE_REGISTRY_REGISTRY_H
#define CORE_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"
#include "core/rules.h"
#include "core/timers.h"

enum site_kind {
    SITE_PROVIDER = 1, /* registered by itself: the least authority */
    SITE_INSTITUTION,
    SITE_HOME,
    SITE_STATION, /* any station.* */
    SITE_BASE,
    SITE_ORGANISATION,
    SITE_DISPATCH,
    SITE_DEPARTMENT,
};

enum connection {
    CONNECTION_UNKNOWN = 1, /* never heard since it was declared, or our own ingest stalled */
    CONNECTION_ONLINE,
    CONNECTION_ALIVE_NO_DATA,
    CONNECTION_SILENT,
    CONNECTION_RETIRED,
    CONNECTION_CLOCK_FAULT,
};

struct series; /* core/series/series.h */
struct watch;

struct device {
    uint32_t number; /* index in registry.device: the owner of its timers */
    uint32_t site;   /* index in registry.site */
    char id[MAX_ID + 1];
    char kind[MAX_ID + 1], bed[MAX_ID + 1], resident[MAX_ID + 1]; /* "" unknown */
    bool rostered, retired, is_gateway, online_said; /* online_said: last status message */
    uint32_t connection;                             /* enum connection */
    int64_t class_ns;                                /* supervision interval */
    int64_t heard_ns;                                /* any message; engine time; 0 never */
    int64_t data_ns;                                 /* last telemetry or event */
    int64_t supervised_from_ns; /* deadlines count from here when later than heard_ns */
    int64_t skew_ns;            /* estimate: device clock minus arrival */
    int64_t last_seq;
    struct timer timer;
    struct series **series; /* in order of birth; owned */
    uint32_t n_series;
    struct watch *watch;         /* watches of scope DEVICE; a list */
    struct device *next_of_site; /* in order of birth */
    void *prefix; /* cached line prefixes (core/series/lines.c); not part of the state */
};

struct site {
    uint32_t number;
    char id[MAX_ID + 1];
    char kind_text[MAX_ID + 1]; /* as written: "station.health" */
    uint32_t kind;              /* enum site_kind */
    char district[MAX_ID + 1];
    char *name;      /* public name of the place, or NULL; not a person's */
    double lat, lon; /* NAN: none */
    char crs[16];
    uint32_t connection; /* enum connection */
    int64_t heard_ns;
    int64_t class_ns;     /* the smallest of its devices' and gateways' classes */
    uint64_t roster_hash; /* of the roster applied last; 0 none */
    uint32_t n_devices, n_unrostered, n_silent, n_residents;
    uint64_t n_activities, n_persons; /* activity.held: sessions and person-times */
    struct timer timer;
    struct device *first_device, *last_device;
    struct map activity; /* activity id -> struct activity (core/service) */
    struct watch *watch; /* watches of scope SITE */
};

struct registry {
    struct map by_id;       /* site id -> struct site */
    struct map by_device;   /* "site/device" -> struct device */
    struct site **site;     /* by number; never reused */
    struct device **device; /* by number; NULL once forgotten */
    uint32_t n_sites, n_devices;
};

struct fold;

void registry_init(struct registry *registry);
void registry_done(struct registry *registry);
struct site *registry_site(const struct registry *registry, struct cw_str id); /* or NULL */
struct device *registry_device(const struct registry *registry, struct cw_str site,
                               struct cw_str device); /* or NULL */
/* The site of a topic, registered if new and allowed. CW_ACCEPTED, CW_REFUSED_UNKNOWN_SITE
 * (raises the unknown-site alarm) or CW_REFUSED_LIMIT. */
enum cw_refusal registry_meet_site(struct fold *fold, struct cw_str id, struct site **site);
/* The device, born if new. CW_ACCEPTED or CW_REFUSED_LIMIT. */
enum cw_refusal registry_meet_device(struct fold *fold, struct site *site, struct cw_str id,
                                     struct device **device);
/* A retained roster: declares, updates and retires devices. Refused whole or applied whole. */
enum cw_refusal registry_roster(struct fold *fold, struct site *site, struct device *sender,
                                const struct cw_doc *doc, struct cw_error *err);
/* A RECORD_REGISTRY: {"site":..,"kind":..,"district":..,"name":..,"lat":..,"lon":..,"crs":..,
 * "by":..}. 0 or -EINVAL with err. */
int registry_apply(struct fold *fold, const struct cw_doc *doc, struct cw_error *err);
/* Sites of the configuration: kinds and districts set from it. */
void registry_configure(struct fold *fold);

enum site_kind
site_kind_of(struct cw_str text); /* "station.health" -> SITE_STATION; 0 unknown */
const char *connection_name(uint32_t connection);
/* The API's site object; `full` adds devices. */
void site_json(const struct registry *registry, const struct site *site, bool full,
               struct json_out *out);

#endif
