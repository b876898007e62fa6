/*
 * kpi.h - the few numbers that say how the whole stands: what the page shows in its corner and
 * what goes to the database every ten seconds. Counted from the fold; changes nothing.
 */
#ifndef CORE_VIEW_KPI_H
#define CORE_VIEW_KPI_H

#include "core/fold.h"

struct kpi_places {
    uint32_t total, online; /* online: heard, and not silent, mute or unknown since */
};

struct kpi {
    uint32_t open[4];                               /* by priority */
    uint32_t unacked, raised_lately, online, sites; /* lately: in ten minutes */
    int64_t oldest_unacked_ns;
    int64_t oldest_high_ns;     /* of those that call somebody now: nothing late */
    uint32_t shelved, aside;    /* aside: shelved, suppressed, out of service */
    uint32_t due_soon, overdue; /* 80 % of a target's time has passed; all of it */
    uint32_t stale;             /* active for more than a day */
    uint32_t drills;            /* open ones; none of them is in any other number */
    bool flood;                 /* more than people can follow */
    struct kpi_places institutions, stations;
    struct today_figures today;
    int64_t day; /* local, which that is */
};

/* Only of what may_see() allows; NULL: of everything. */
void kpi_count(const struct fold *fold, int64_t now_ns,
               bool (*may_see)(const void *ctx, const char *site, const char *district),
               const void *ctx, struct kpi *kpi);
/* The members "institutions", "stations" and "today". */
void kpi_day_json(const struct kpi *kpi, struct json_out *out);

#endif
