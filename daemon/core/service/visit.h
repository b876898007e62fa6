/*
 * visit.h - a service order from requested to settled, what speaks for it, and the exceptions
 * on its way. Part of the fold.
 *
 *   requested - assessed - planned - assigned - accepted - checkin - checkout - confirmed
 *                                            \ refused               - feedback, followup
 *                                                                    - settled
 *
 * An exception is an alarm of the built-in rule of its name; its subject is
 * "site/visit:ID", so the alarm has a stable id. A late upload that heals the exception
 * (a check-in whose own time was in time) clears the alarm and keeps the trail.
 */
#ifndef CORE_SERVICE_VISIT_H
#define CORE_SERVICE_VISIT_H

#include "base/json_out.h"
#include "core/fold.h"
#include "core/service/seen.h"

enum visit_state {
    VISIT_REQUESTED = 1,
    VISIT_PLANNED,
    VISIT_ASSIGNED,
    VISIT_DUE,
    VISIT_IN_SERVICE,
    VISIT_CHECKED_OUT,
    VISIT_VERIFIED,
    VISIT_SETTLED,
    VISIT_MISSED,
    VISIT_CANCELLED,
};

/* Steps that are no state of their own. */
enum visit_step {
    STEP_REQUESTED = 1,
    STEP_ASSESSED = 2,
    STEP_PLANNED = 4,
    STEP_ASSIGNED = 8,
    STEP_ACCEPTED = 16,
    STEP_REFUSED = 32,
    STEP_NOT_AT_HOME = 64,
    STEP_AWAITED = 128, /* sensors that are alive have not seen anything yet */
};

/* In the order of the table in visit_words.c. */
enum visit_exception {
    EXCEPTION_LATE = 1,
    EXCEPTION_MISSED = 2,
    EXCEPTION_NO_CHECKOUT = 4,
    EXCEPTION_SHORT = 8,
    EXCEPTION_OFF_SITE = 16,
    EXCEPTION_OVERLAP = 32,
    EXCEPTION_IMPOSSIBLE_TRAVEL = 64,
    EXCEPTION_DUPLICATE = 128,
    EXCEPTION_UNCORROBORATED = 256,
    EXCEPTION_NOT_AT_HOME = 512,
    EXCEPTION_COPIED = 1024,
    EXCEPTION_BULK = 2048,
};
#define N_EXCEPTIONS 12u

/* What speaks for a visit; verified means that enough of it is there. */
enum visit_evidence {
    EVIDENCE_CHECKIN = 1,
    EVIDENCE_CHECKOUT = 2,
    EVIDENCE_TAG = 4,       /* nfc or qr at the recipient's */
    EVIDENCE_POSITION = 8,  /* within the fence at check-in or check-out */
    EVIDENCE_LANDLINE = 16, /* called from the recipient's telephone */
    EVIDENCE_CONFIRMED = 32,
    EVIDENCE_DOOR = 64,
    EVIDENCE_MOTION = 128,
    EVIDENCE_FEEDBACK = 256, /* by the recipient's channel */
    EVIDENCE_FOLLOWUP = 512,
};
#define N_EVIDENCES 10u

/* When it was said, as far as it changes nothing else: in the order of visit_words.c, of
 * snapshots and of the store's columns. */
enum visit_moment {
    MOMENT_REQUESTED,
    MOMENT_ASSESSED,
    MOMENT_PLANNED, /* of the plan that counts */
    MOMENT_ASSIGNED,
    MOMENT_ACCEPTED,
    MOMENT_CONFIRMED,
    MOMENT_FEEDBACK,
    MOMENT_FOLLOWUP,
    N_MOMENTS
};

struct visit {
    uint32_t number; /* owner of its timer */
    uint32_t site;   /* number in the registry */
    /* What is looked at of each other visit of the same worker stands together. */
    uint32_t state;                  /* enum visit_state */
    uint32_t standing;               /* those of exceptions that hold now */
    int64_t checkin_ns, checkout_ns; /* as the device says, clamped to arrival; 0 not yet */
    struct worker_visits *of_worker; /* those of its worker (visit_peers.h), or NULL */
    uint32_t place_of_worker;        /* among them */
    uint32_t kept;                   /* exceptions whose other visit is forgotten: they stand */
    struct timer timer;

    char id[MAX_ID + 1], service[MAX_ID + 1], recipient[MAX_ID + 1], worker[MAX_ID + 1];
    uint32_t exceptions;      /* set of enum visit_exception: the trail, never erased */
    uint32_t told;            /* those of which the alarm is active */
    int64_t start_ns, end_ns; /* planned */
    int64_t plan_ns;       /* ts of the plan that counts (clamped): an older one is ignored */
    int64_t planned_at_ns; /* engine time at which we learnt of the plan */
    int64_t changed_ns;    /* engine time of the last event */
    int64_t settled_ns, amount_fen; /* 0: not yet */
    int64_t moment_ns[N_MOMENTS];   /* ts of the last that was said (clamped); 0 never */
    uint32_t evidence;              /* set of enum visit_evidence */
    int32_t distance_m;             /* from the place at check-in; -1 unknown */
    uint8_t score;                  /* 1 to 5 by the recipient; 0 none */
    uint8_t today;                  /* the figures of today it is in (core/today.h) */
    double lat, lon;                /* where it is to be; NAN unknown */
    double at_lat, at_lon;          /* check-in; NAN unknown, or reduced to distance_m */
    /* How it is counted (tally.h). tally 0: it is not. */
    uint32_t tally, counted, counted_min, counted_score;
    int64_t counted_fen;
    int64_t backfilled_ns; /* when a check-in arrived that was days old; 0 it was not */
    int64_t checked_ns;    /* until when what corroborates it may come; 0 it was looked at */
    uint32_t steps;        /* set of enum visit_step: what was said of it */
    struct visit *newer_of_site, *older_of_site;
    struct visit *newer_backfilled, *older_backfilled;
    struct visit *next_of_id; /* visit_ids.h */
    char project[MAX_ID + 1];
    char method[16];
};

#define MAX_EVENT_TYPES 96

struct service;
void service_init(struct service *service);
void service_done(struct service *service);
/* One event document of a site: checks authority, repeats, members; applies it. The reason
 * when refused, with err. `device` is the topic's. A repeat is CW_ACCEPTED, counted, sets
 * *is_repeat and must have no further effect. Calls sink->accepted() for what is taken in
 * or repeated. */
enum cw_refusal service_event(struct fold *fold, struct site *site, struct device *device,
                              const struct cw_doc *doc, bool *is_repeat, struct cw_error *err);
/* On ticks: forgets event ids older than 7 days. O(1) when there are none. */
void service_housekeeping(struct fold *fold);
/* A TIMER_VISIT fired. The visit may be forgotten by it. */
void visit_due(struct fold *fold, struct visit *visit);
/* The visit of a timer's owner, or NULL. */
struct visit *service_visit(const struct service *service, uint64_t number);
struct visit *service_find(const struct service *service, struct cw_str site,
                           struct cw_str visit); /* or NULL */
/* Visits, activities, ids. After registry_load(). Loading arms the timers. */
void service_save(const struct fold *fold, struct saver *saver);
void service_load(struct fold *fold, struct loader *loader); /* loader->failed tells */
const char *visit_state_name(uint32_t state);
uint32_t visit_state_of(struct cw_str name);    /* 0: none */
const char *visit_exception_name(uint32_t bit); /* of 1 << bit; NULL behind the last */
/* A person has acknowledged that it is uncorroborated: no longer private. */
bool visit_was_looked_at(const struct fold *fold, const struct visit *visit);
/* The alarm of one that nobody has looked at: not for who is judged by it. */
bool visit_alarm_is_private(const struct fold *fold, const struct alarm *alarm);
/* It took place, and what speaks for that is enough. */
bool visit_is_verified(const struct visit *visit);
/* "late|missed"; returns dst. */
#define MAX_EXCEPTIONS_TEXT 160
const char *visit_exceptions_text(uint32_t exceptions, char dst[MAX_EXCEPTIONS_TEXT]);
/* The same by names, for rows of the store. */
void visit_json_of(const char *site, const char *district, const struct visit *visit,
                   struct json_out *out);
void visit_json(const struct registry *registry, const struct visit *visit,
                struct json_out *out);

#endif
