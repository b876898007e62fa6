/*
 * rules.h - what the configuration tells the fold: rules and settings, as plain data.
 *
 * Built by io/config from the file (or from the configuration recorded in the journal) and
 * handed to the engine whole. Immutable once handed over. The built-in rules (names below)
 * always exist; the file may change their priority, texts and options.
 */
#ifndef CORE_RULES_H
#define CORE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/term.h"
#include "base/zone.h"

struct schedule;  /* core/alarm/schedule.h */
struct roster;    /* core/alarm/duty.h */
struct chain;     /* core/alarm/escalation.h */
struct duty_rule; /* core/oversight/statute.h */
struct check_item;
struct list_rule;
struct scheme;
struct inhibition; /* core/alarm/inhibit.h */

enum rule_kind {
    RULE_DETECTOR = 1, /* a detector plugin over metrics and events */
    RULE_SUPERVISION,  /* built in: heartbeat of devices, sites; alive but no data */
    RULE_VISIT,        /* built in: exceptions of visits */
    RULE_SYSTEM,       /* built in: unknown site, clock fault, own health */
};

enum alarm_category {
    CATEGORY_PHYSIOLOGICAL = 1,
    CATEGORY_TECHNICAL,
    CATEGORY_SAFETY,
    CATEGORY_SERVICE,
    CATEGORY_COMPLIANCE,
};

struct rule {
    const char *name;      /* explicit id: state and alarms follow it over reloads */
    const char *kind_name; /* alarm.kind in the API; default: the rule's name */
    enum rule_kind kind;
    enum cw_priority priority;
    enum alarm_category category;
    const char *text_zh, *text_en;     /* what happened */
    const char *action_zh, *action_en; /* what to do, whom to call; "" none */
    const char *risk;                  /* GB 38600 code or "" */
    const char *site, *device;   /* only these: exact, or a prefix ending in '*'; "" all */
    const struct schedule *when; /* in force only then; NULL always */
    const struct term *unless;   /* and not while one of these is so (core/series/context.h) */
    uint32_t n_unless;
    int64_t unless_for_ns; /* ... for this long at most; 0: as long as it is so */
    bool against_siblings; /* judged is the distance to like sensors of the site */
    bool pages_late; /* calls, falls, smoke: also historical values page, marked delayed */
    bool vital;      /* calls, smoke, gas and what pages late: never shelved, muted or folded */
    bool is_call;    /* a help call: the next one joins its incident */
    int64_t rise_ns, sink_ns; /* one priority up while it lasts, down when it is over; 0 no */
    /* RULE_DETECTOR */
    const struct cw_plugin *plugin;
    void *self; /* the plugin's options; owned by the ruleset */
    /* RULE_SUPERVISION: which condition; RULE_VISIT: which exception; RULE_SYSTEM: what */
    const char *condition;
    int64_t after_ns; /* visit: grace behind the planned moment; system: how long own trouble
                         lasts before the daemon tells it */
    bool fold_site;   /* supervision: a site's outage is one alarm, its devices fold under it */
    uint64_t fingerprint; /* of everything above: equal means "did not change" */
};

/* Conditions of the built-in rules; each has one rule, "device-silent" and so on. */
#define CONDITION_DEVICE_SILENT "device_silent"
#define CONDITION_ALIVE_NO_DATA "alive_no_data"
#define CONDITION_SITE_SILENT "site_silent"
#define CONDITION_VISIT_LATE "late"
#define CONDITION_VISIT_MISSED "missed"
#define CONDITION_VISIT_NO_CHECKOUT "no_checkout"
#define CONDITION_VISIT_SHORT "short"
#define CONDITION_VISIT_OFF_SITE "off_site"
#define CONDITION_VISIT_OVERLAP "overlap"
#define CONDITION_VISIT_TRAVEL "impossible_travel"
#define CONDITION_VISIT_DUPLICATE "duplicate"
#define CONDITION_VISIT_UNCORROBORATED "uncorroborated"
#define CONDITION_VISIT_NOT_AT_HOME "not_at_home"
#define CONDITION_VISIT_COPIED "copied"
#define CONDITION_VISIT_BULK "bulk"
#define CONDITION_BY_HAND "by_hand" /* a dispatcher opened it */
#define CONDITION_PROJECT_OVER_CLAIM "project_over_claim"
#define CONDITION_PROJECT_UNDER_DELIVERY "project_under_delivery"
#define CONDITION_PROJECT_OVER_CLAIM_AHEAD "project_over_claim_ahead"
#define CONDITION_INSPECTION_OVERDUE "inspection_overdue"
#define CONDITION_FINDING_REPEATED "finding_repeated"
#define CONDITION_COMPLAINT_OVERDUE "complaint_overdue"
#define CONDITION_DUTY_OVERDUE "duty_overdue"
#define CONDITION_RESULT_OVERDUE "result_overdue"
#define CONDITION_CREDIT_OVERDUE "credit_overdue"
#define CONDITION_CREDIT_SUGGESTED "credit_suggested"
#define CONDITION_SITE_QUIET "quiet"
#define CONDITION_ACTIVITY_CAPACITY "over_capacity"
#define CONDITION_ACTIVITY_ROOM "room_taken_twice"
#define CONDITION_ACTIVITY_WORKER "worker_in_two_places"
#define CONDITION_ACTIVITY_NOT_HELD "not_held"
#define CONDITION_UNVISITED "unvisited"
#define CONDITION_CERTIFICATE "certificate_expires"
#define CONDITION_UNKNOWN_SITE "unknown_site"
#define CONDITION_CLOCK_FAULT "clock_fault"
#define CONDITION_DUPLICATE_IDENTITY "duplicate_identity"
#define CONDITION_EXTERNAL "external" /* pushed by another program (Prometheus) */
/* The daemon's own health (core/health.h). */
#define CONDITION_JOURNAL_RECOVERED "journal_recovered"
#define CONDITION_JOURNAL_FAILED "journal_failed"
#define CONDITION_JOURNAL_DAMAGED "journal_damaged"
#define CONDITION_JOURNAL_FULL "journal_full"
#define CONDITION_STORE_FAILED "store_failed"
#define CONDITION_SNAPSHOT_FAILED "snapshot_failed"
#define CONDITION_INFLUX_BEHIND "influx_behind"
#define CONDITION_INFLUX_REFUSES "influx_refuses"
#define CONDITION_INFLUX_GAVE_UP "influx_gave_up"
#define CONDITION_CHANNEL_DEAD "channel_dead"
#define CONDITION_BROKER_DOWN "broker_down"
#define CONDITION_LAGGING "lagging"
#define CONDITION_UNWATCHED "unwatched"
#define CONDITION_UNTESTED "untested"
#define CONDITION_DOOR_DOWN "door_down"
#define CONDITION_DOOR_FULL "door_full"
#define CONDITION_DOOR_DAMAGED "door_damaged"
#define CONDITION_DOOR_RECOVERED "door_recovered"
#define CONDITION_CLOCK_STEPPED "clock_stepped"

/* A source: how messages of some topics are read. The first that matches counts. */
struct source {
    const char *topic;               /* MQTT filter */
    const char *metric;              /* names a bare value; "" none */
    const struct cw_plugin *decoder; /* NULL: recognised by shape */
};

/* A site of the configuration file: the registry's first word. */
struct configured_site {
    const char *site, *kind, *district, *name;
    double lat, lon; /* NAN: none; WGS-84 */
};

/* Supervision: its calendar and its legal periods, in days. */
struct oversight_settings {
    const char *const *holidays, *const *workdays; /* dates; NULL ends, NULL none */
    int64_t rectify_days, recheck_days, complaint_days;
    int64_t credit_answer_days, credit_objection_days, duty_result_days;
    int64_t repeat_months; /* a clause found again within them is an alarm */
    int64_t night_patrols, patrol_nights, residents_per_carer,
        fire_silent_ns;     /* 0: not seen to */
    int64_t keep_closed_ns; /* then a case that is over leaves the fold; 0: never */
    double delivery_share;  /* of a project's target, below which its forecast is an alarm */
};

struct settings {
    int64_t max_payload_bytes; /* limits.payload */
    int64_t max_fields;        /* limits.fields, per payload */
    int64_t max_sites, max_devices, max_series, max_unrostered_per_site, max_visits;
    int64_t max_entries;         /* of the registry and of supervision, all kinds together */
    int64_t recent_values;       /* limits.recent: kept per series for the page */
    int64_t recent_bytes;        /* limits.recent_memory: of all series together */
    int64_t reorder_window_ns;   /* later values are historical */
    int64_t clock_tolerance_ns;  /* a device clock farther off is a fault */
    int64_t default_class_ns;    /* supervision class of a device that names none */
    bool register_unknown_sites; /* registry.unknown_sites = "register" */
    const char *default_district;
    /* service: what a visit is measured by */
    double visit_share; /* shorter than this part of the plan is short */
    int64_t fence_m, max_speed_kmh, bulk_visits;
    int64_t overlap_ns;      /* two visits of one worker may share so much */
    int64_t position_for_ns; /* then only the distance is kept */
    /* alarms; 0: none */
    int64_t incident_window_ns; /* of one resident, bed, device */
    int64_t site_window_ns;     /* technical ones of one site */
    int64_t call_window_ns;     /* help calls of one resident or bed */
    int64_t flap_slot_ns;       /* a twentieth of what flapping is judged by */
    int64_t page_within_ns;     /* late calls that are older are for the record */
    int64_t max_maintenance_ns;
    int64_t answer_ns, late_answer_ns, scene_ns; /* targets of the response */
    int64_t operators; /* dispatchers at work: what load is judged by */
    struct oversight_settings oversight;
};

struct ruleset {
    struct settings settings;
    struct zone zone; /* local time; of the schedules */
    const struct schedule *schedule;
    uint32_t n_schedules;
    const struct roster *roster;
    uint32_t n_rosters;
    const struct chain *chain; /* escalations; the first that matches counts */
    uint32_t n_chains;
    const struct duty_rule *duty;
    uint32_t n_duties;
    const struct check_item *check;
    uint32_t n_checks;
    const struct list_rule *list;
    uint32_t n_lists;
    const struct scheme *scheme;
    uint32_t n_schemes;
    const struct inhibition *inhibition; /* at most MAX_INHIBITIONS */
    uint32_t n_inhibitions;
    struct rule *rule; /* in the order of the file, built-in ones last */
    uint32_t n_rules;
    const struct source *source;
    uint32_t n_sources;
    const struct configured_site *site;
    uint32_t n_sites;
    /* Decoders to ask in turn; `self` beside each. The first named "json" also reads
     * events, status, rosters and commands. */
    const struct cw_plugin *const *decoder;
    void *const *decoder_self;
    uint32_t n_decoders;
    const struct cw_plugin *encoder;
    const void *encoder_self;
};

/* The built-in rule of a condition; never NULL for the names above. */
const struct rule *ruleset_builtin(const struct ruleset *rules, const char *condition);
const struct rule *ruleset_find(const struct ruleset *rules, struct cw_str name);
const struct schedule *ruleset_schedule(const struct ruleset *rules, struct cw_str name);
const struct roster *ruleset_roster(const struct ruleset *rules, struct cw_str name);
/* Exact, or a prefix ending in '*'; "" matches all. */
bool rule_pattern_matches(const char *pattern, struct cw_str id);
const char *category_name(enum alarm_category category);
const char *priority_name(enum cw_priority priority);

#endif
