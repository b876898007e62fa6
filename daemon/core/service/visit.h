/*
 * visit.h - a service order from planned to checked out, and the exceptions on its way.
 * Part of the fold. First form: planned, checkin, checkout, cancelled.
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

enum visit_exception { EXCEPTION_LATE = 1, EXCEPTION_MISSED = 2, EXCEPTION_NO_CHECKOUT = 4 };

struct visit {
    uint32_t number; /* owner of its timer */
    uint32_t site;   /* number in the registry */
    char id[MAX_ID + 1], service[MAX_ID + 1], recipient[MAX_ID + 1], worker[MAX_ID + 1];
    uint32_t state;           /* enum visit_state */
    uint32_t exceptions;      /* set of enum visit_exception: the trail, never erased */
    uint32_t told;            /* those of which the alarm is active */
    int64_t start_ns, end_ns; /* planned */
    int64_t plan_ns;       /* ts of the plan that counts (clamped): an older one is ignored */
    int64_t planned_at_ns; /* engine time at which we learnt of the plan */
    int64_t checkin_ns, checkout_ns; /* as the device says, clamped to arrival; 0 not yet */
    int64_t changed_ns;              /* engine time of the last event */
    char method[16];
    struct timer timer;
};

#define MAX_EVENT_TYPES 64

struct service {
    struct map visit;         /* "site/visit" -> struct visit */
    struct visit **by_number; /* NULL while the number is free */
    uint32_t n_visits;        /* length of by_number */
    uint32_t *free_number;
    uint32_t n_free;
    struct seen_set seen;                /* ids of events, for 7 days */
    uint64_t n_by_type[MAX_EVENT_TYPES]; /* taken in, by row of the table of types */
};

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
/* "late|missed"; returns dst. */
#define MAX_EXCEPTIONS_TEXT 64
const char *visit_exceptions_text(uint32_t exceptions, char dst[MAX_EXCEPTIONS_TEXT]);
void visit_json(const struct registry *registry, const struct visit *visit,
                struct json_out *out);

#endif
