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
#include "core/series/reading.h"
#include "core/timers.h"
#include "core/today.h"

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

#define MIN_CLASS_NS (INT64_C(1) * 1000000000)
#define MAX_CLASS_NS (INT64_C(31) * 86400 * 1000000000)

enum connection {
    CONNECTION_UNKNOWN = 1, /* never heard since it was declared, or our own ingest stalled */
    CONNECTION_ONLINE,
    CONNECTION_ALIVE_NO_DATA,
    CONNECTION_SILENT,
    CONNECTION_RETIRED,
    CONNECTION_CLOCK_FAULT,
};

/* Beneficiaries, trainees and audience are different people: counted apart. */
enum activity_category {
    ACTIVITY_SERVICE,
    ACTIVITY_TRAINING,
    ACTIVITY_PUBLICITY,
    N_ACTIVITY_CATEGORIES
};

struct tally {
    uint64_t n_sessions, n_persons;
};

struct series; /* core/series/series.h */
struct shared;
struct seen;
struct activity; /* core/service/activity.h */
struct fold;
struct saver; /* core/view/snapshot.h */
struct loader;

struct device {
    uint32_t number;                   /* index in registry.device: the owner of its timers */
    uint32_t site;                     /* index in registry.site */
    const char *id;                    /* behind the device itself */
    const char *kind, *bed, *resident; /* "" unknown; in `words` */
    const char *room;                  /* the same */
    char *words;                       /* owned; NULL: nothing is known */
    uint8_t n_id;
    bool rostered, retired, is_gateway;
    bool unlisted;       /* only while a roster is applied */
    uint32_t withheld;   /* kinds of data that consent is not given to (consent.h) */
    uint32_t spo2_scale; /* 2: the resident's record says so (own_limit.h); else 0 */
    bool online_said;    /* what the last status message said; false before the first */
    bool class_said;     /* a status message named its class */
    bool goodbye;        /* its last will came and nothing since */
    uint32_t connection; /* enum connection */
    int64_t class_ns;    /* supervision interval; the default class when none was named */
    int64_t heard_ns;    /* any message; engine time; 0 never */
    int64_t data_ns;     /* last telemetry or event */
    int64_t lapsed_ns;   /* since when it is silent or without data; 0 it is not */
    int64_t supervised_from_ns; /* deadlines count from here when later than heard_ns */
    int64_t skew_ns;            /* estimate: device clock minus arrival */
    int64_t last_seq;
    struct timer timer;
    /* An array in order of birth, and their watches behind it (core/series/watch.h);
     * core/series owns and saves them. */
    struct series *series;
    uint32_t n_series, n_watch_bytes;
    struct shared *watch;        /* watches of scope DEVICE; a list */
    struct device *next_of_site; /* in order of birth */
    struct reading reading;      /* core/series saves it */
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
    bool crowded;        /* n_surplus is over the limit: the next tick forgets some */
    bool by_record;      /* a registry record set its kind: the configuration no longer does */
    uint32_t outage;     /* enum site_outage (core/series/supervision.h) */
    int64_t heard_ns;    /* any message of any device; 0 never */
    int64_t field_ns;    /* any message of a device that is no gateway */
    int64_t data_ns;     /* telemetry or event */
    int64_t supervised_from_ns;
    /* The smallest class of all its supervised devices; of those that are no gateways; of
     * those that send data by themselves. 0: there are none. */
    int64_t class_ns, field_class_ns, data_class_ns;
    uint64_t roster_hash;          /* of the roster applied last; 0 none */
    uint32_t n_devices;            /* not retired */
    uint32_t n_surplus;            /* unrostered or retired: may be forgotten */
    uint32_t n_rostered, n_silent; /* n_silent: of the rostered ones */
    uint32_t n_field, n_data;      /* supervised devices behind the smallest classes above */
    uint32_t n_gateways, n_gateways_silent; /* supervised ones */
    uint32_t n_lapses;                      /* devices that fell silent since one was heard */
    int64_t gateway_confirm_ns;             /* believed from then on, */
    int64_t gateway_quiet_ns;               /* unless a device behind it was heard after this */
    uint32_t n_residents;
    uint32_t n_withheld; /* devices of which some data may not be taken in */
    struct timer timer;
    struct device *first_device, *last_device;
    struct today_figures today;
    struct tally held[N_ACTIVITY_CATEGORIES]; /* activity.held, by category: never summed */
    int64_t served_ns;    /* last session or visit (core/service/site_quiet.h); 0 never */
    bool is_quiet;        /* its alarm is active */
    uint32_t n_unvisited; /* recipients, as told this month (core/oversight/daily.h) */
    struct timer quiet_timer;
    struct timer plan_timer; /* of the next planned session (core/service/activity_plan.h) */
    struct activity *latest_worked;      /* core/service/activity_peers.h */
    struct map activity;                 /* activity id -> struct activity (core/service) */
    struct seen *first_seen, *last_seen; /* event ids taken in (core/service/seen.c) */
    uint32_t n_seen;
    struct visit *oldest_visit, *newest_visit; /* core/service; in order of birth */
    struct {
        struct visit *newest;
    } backfilled;            /* those that came days late (core/service/visit_peers.h) */
    struct shared *watch;    /* watches of scope SITE */
    struct sibling *sibling; /* core/series/sibling.h owns and saves them */
    uint32_t n_siblings;
};

struct registry {
    struct map by_id;       /* site id -> struct site */
    struct map by_device;   /* "site/device" -> struct device */
    struct map unknown;     /* sites that were refused, max_sites at most; told once each */
    struct site **site;     /* by number; never reused */
    struct device **device; /* by number; NULL while the number is free */
    uint32_t n_sites, n_devices; /* length of the two arrays */
    uint32_t *free_number;       /* of forgotten devices, used again last in first out */
    uint32_t n_free;
    bool deaf;              /* all our links are down: nothing is judged */
    uint32_t n_crowded;     /* sites with more surplus devices than max_unrostered_per_site */
    uint32_t generation;    /* changes with any site's district and with the rules */
    uint64_t n_kind_claims; /* rosters that claimed another kind for their site */
    uint64_t n_forgotten;   /* surplus devices */
    /* Called before a device is forgotten: its series, watches and prefix go. Set by the
     * engine; may be NULL. */
    void (*forget)(struct fold *fold, struct device *device);
};

void registry_init(struct registry *registry);
void registry_done(struct registry *registry);
struct site *registry_site(const struct registry *registry, struct cw_str id); /* or NULL */
struct device *registry_device(const struct registry *registry, struct cw_str site,
                               struct cw_str device); /* or NULL */
/* The device of that number + 1, or NULL. */
struct device *registry_numbered(const struct registry *registry, uint32_t number_1);
/* Asks the processor for what a message changes of them. */
void registry_expect_device(const struct device *device);
void registry_expect_site(const struct registry *registry, const struct device *device);
/* The site of a topic, registered if new and allowed. CW_ACCEPTED, CW_REFUSED_UNKNOWN_SITE
 * (raises the unknown-site alarm) or CW_REFUSED_LIMIT. */
enum cw_refusal registry_meet_site(struct fold *fold, struct cw_str id, struct site **site);
/* The device, born if new. CW_ACCEPTED or CW_REFUSED_LIMIT. */
enum cw_refusal registry_meet_device(struct fold *fold, struct site *site, struct cw_str id,
                                     struct device **device);
/* Takes back a birth: what the payload said was refused, so it says nothing of a device, nor
 * of its site. Both only before the next one is born. */
void registry_unmeet_device(struct fold *fold, struct site *site, struct device *device);
void registry_unmeet_site(struct fold *fold, struct site *site);
/* A retained roster: declares, updates and retires devices. Refused whole or applied whole.
 * The same one again changes nothing. `sender` counts as a gateway unless its kind is
 * another. */
enum cw_refusal registry_roster(struct fold *fold, struct site *site, struct device *sender,
                                const struct cw_doc *doc, struct cw_error *err);
/* A RECORD_REGISTRY: {"site":..,"kind":..,"district":..,"name":..,"lat":..,"lon":..,"crs":..,
 * "by":..}. 0 or -EINVAL with err. */
int registry_apply(struct fold *fold, const struct cw_doc *doc, struct cw_error *err);
/* Before it: what is known of the site and not yet in its entry (from the configuration, or
 * from its first message) goes there, so that its history begins with it. */
void registry_keep_known(struct fold *fold, const struct cw_doc *doc);
/* Would it be taken? Changes nothing. */
int registry_check(const struct fold *fold, const struct cw_doc *doc, struct cw_error *err);
/* Sites of the configuration: kinds and districts set from it. */
void registry_configure(struct fold *fold);
/* On ticks: forgets surplus devices (unrostered, retired) beyond max_unrostered_per_site,
 * least recently heard first. O(1) when there are none. Between ticks a site may hold twice
 * as many, then meeting a new one is CW_REFUSED_LIMIT. */
void registry_housekeeping(struct fold *fold);

/* For supervision: the one way to change a connection (keeps site->n_silent). */
void device_connect(struct registry *registry, struct device *device, uint32_t connection);
/* Writes "site/device", the subject of its alarms; returns the length. */
#define MAX_DEVICE_SUBJECT (2 * MAX_ID + 2)
size_t device_subject(const struct site *site, const struct device *device,
                      char dst[MAX_DEVICE_SUBJECT]);
/* True when its silence is an alarm: on the roster, or its status named a class. */
bool device_supervised(const struct device *device);
/* True when telemetry is expected of it as long as it lives; a call button speaks on use. */
bool device_sends_data(const struct device *device);
/* Counts the site's devices and smallest classes anew, after its devices changed. */
void site_survey(struct site *site);

/* Sites and devices without series, watches and activities. Timers are armed again by
 * loading, so the heap itself need not be saved. */
void registry_save(const struct registry *registry, struct saver *saver);
void registry_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

enum site_kind
site_kind_of(struct cw_str text); /* "station.health" -> SITE_STATION; 0 unknown */
const char *connection_name(uint32_t connection);
/* The API's device and site objects; `full` adds "devices". */
void device_json(const struct device *device, struct json_out *out);
/* What it is, as in every object of a device. */
void device_members_json(const struct device *device, struct json_out *out);
void site_json(const struct registry *registry, const struct site *site, bool full,
               struct json_out *out);

#endif
