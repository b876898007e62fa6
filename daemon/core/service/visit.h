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
    uint32_t state;                  /* enum visit_state */
    uint32_t exceptions;             /* set of enum visit_exception */
    int64_t start_ns, end_ns;        /* planned */
    int64_t checkin_ns, checkout_ns; /* as the device says, clamped to arrival; 0 not yet */
    char method[16];
    struct timer timer;
};

struct service {
    struct map visit; /* "site/visit" -> struct visit */
    struct visit **by_number;
    uint32_t n_visits;
    struct map seen; /* "site id" of events -> when, for 7 days */
};

void service_init(struct service *service);
void service_done(struct service *service);
/* One event document of a site: checks authority, repeats, members; applies it. The reason
 * when refused, with err. `device` is the topic's. Repeats are CW_ACCEPTED and counted. */
enum cw_refusal service_event(struct fold *fold, struct site *site, struct device *device,
                              const struct cw_doc *doc, struct cw_error *err);
void visit_due(struct fold *fold, struct visit *visit);
const char *visit_state_name(uint32_t state);
void visit_json(const struct registry *registry, const struct visit *visit,
                struct json_out *out);

#endif
