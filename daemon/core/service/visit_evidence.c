/*
 * visit_evidence.c - what the recipient's own home saw of a visit: its door, its motion.
 *
 * Only what was alive can speak by its silence. A home without such sensors, one whose sensors
 * were dead, or our own outage excuse: then nothing is held against anybody.
 */
#include <string.h>

#include "base/units.h"
#include "core/series/series.h"
#include "core/service/visit_private.h"

/* A clock is a little off, and a door is opened before the check-in. */
#define AROUND_NS (10 * 60 * NS_PER_S)

static const struct {
    const char *metric;
    enum visit_evidence evidence;
} seen_by[] = {{"door", EVIDENCE_DOOR}, {"motion", EVIDENCE_MOTION}};
#define N_SEEN_BY (sizeof(seen_by) / sizeof(seen_by[0]))

static bool saw_something(const struct series *series, int64_t from_ns, int64_t to_ns)
{
    for (uint32_t i = 0; i < series->recent.n; i++) {
        int64_t at_ns = recent_time_ns(&series->recent, i);
        if (recent_value_at(&series->recent, i) > 0 && at_ns >= from_ns && at_ns <= to_ns)
            return true;
    }
    return false;
}

/* Over the whole visit, as far as we can tell now. */
static bool was_alive(const struct device *device, int64_t from_ns)
{
    return !device->retired && device->connection == CONNECTION_ONLINE &&
           device->supervised_from_ns < from_ns;
}

static bool visit_sensors(struct fold *fold, struct visit *visit)
{
    const struct site *site = fold->registry.site[visit->site];
    int64_t from_ns = visit->checkin_ns - AROUND_NS, to_ns = visit->checkout_ns + AROUND_NS;
    bool alive = false;
    if (!*visit->recipient)
        return false;
    for (const struct device *it = site->first_device; it; it = it->next_of_site) {
        if (strcmp(it->resident, visit->recipient) != 0)
            continue;
        for (uint32_t i = 0; i < it->n_series; i++) {
            for (size_t k = 0; k < N_SEEN_BY; k++) {
                if (!str_is(it->series[i].metric->name, seen_by[k].metric))
                    continue;
                alive = alive || was_alive(it, from_ns);
                if (saw_something(&it->series[i], from_ns, to_ns))
                    visit->evidence |= seen_by[k].evidence;
            }
        }
    }
    return alive;
}

/* A tag at the place or the recipient's own telephone and voice speak as loud as a sensor; the
 * worker's position alone does not. */
#define SPEAKS_FOR_IT                                                                         \
    (EVIDENCE_TAG | EVIDENCE_LANDLINE | EVIDENCE_DOOR | EVIDENCE_MOTION | EVIDENCE_FEEDBACK | \
     EVIDENCE_FOLLOWUP)

void visit_await(struct fold *fold, struct visit *visit)
{
    bool alive = visit_sensors(fold, visit);
    visit->checked_ns = fold->now_ns + visit_grace_ns(fold, EXCEPTION_UNCORROBORATED);
    if (alive && !(visit->evidence & SPEAKS_FOR_IT))
        visit->steps |= STEP_AWAITED;
    else
        visit->steps &= ~(uint32_t)STEP_AWAITED;
}

void visit_corroborate(struct fold *fold, struct visit *visit)
{
    const struct site *site = fold->registry.site[visit->site];
    bool alive = visit_sensors(fold, visit);
    bool excused = fold->registry.deaf || site->supervised_from_ns > visit->checkin_ns;
    bool silent = alive && !excused && !(visit->evidence & SPEAKS_FOR_IT);
    visit->checked_ns = 0;
    visit->steps &= ~(uint32_t)STEP_AWAITED;
    visit_set(fold, visit, EXCEPTION_UNCORROBORATED, silent ? EXCEPTION_UNCORROBORATED : 0,
              "corroborated");
    visit_verify(visit);
    visit_changed(fold, visit);
}
