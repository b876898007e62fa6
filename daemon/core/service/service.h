/*
 * service.h - the state of the room: visits, ids of events, counts. Who only asks about visits
 * needs visit.h alone.
 */
#ifndef CORE_SERVICE_SERVICE_H
#define CORE_SERVICE_SERVICE_H

#include "core/service/activity.h"
#include "core/service/seen.h"
#include "core/service/tally.h"
#include "core/service/visit.h"
#include "core/service/visit_ids.h"
#include "core/service/visit_peers.h"

struct service {
    struct map visit; /* "site/visit" -> struct visit */
    struct visit_ids by_id;
    struct visit **by_number; /* NULL while the number is free */
    uint32_t n_visits;        /* length of by_number */
    uint32_t *free_number;
    uint32_t n_free;
    struct map by_worker; /* "site worker" -> struct worker_visits (visit_peers.h) */
    struct seen_set seen; /* ids of events, for 7 days */
    struct tallies tallies;
    struct activity_months months;
    struct timer day; /* core/oversight/daily.h */
    /* Called when what was verified of a project may be another; set by the engine. */
    void (*counted)(struct fold *fold, struct cw_str project);
    /* Called when an event of a site was taken in; set by the engine. */
    void (*happened)(struct fold *fold, const struct site *site, const char *type,
                     const struct cw_doc *doc, int64_t at_ns);
    uint64_t n_by_type[MAX_EVENT_TYPES]; /* taken in, by row of the table of types */
};

#endif
