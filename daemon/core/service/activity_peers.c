/*
 * activity_peers.c - the sessions of a site that name their worker, latest first, so that a
 * visit meets only those of its day.
 */
#include "core/service/activity_peers.h"

#include "base/hash.h"
#include "base/str.h"
#include "base/units.h"
#include "core/service/activity.h"
#include "core/service/service.h"

/* No session is longer; what says so is not compared. */
#define LONGEST_NS (INT64_C(86400) * NS_PER_S)

void activity_peers_unlink(struct site *site, struct activity *activity)
{
    if (activity->later)
        activity->later->earlier = activity->earlier;
    else if (site->latest_worked == activity)
        site->latest_worked = activity->earlier;
    if (activity->earlier)
        activity->earlier->later = activity->later;
    activity->later = activity->earlier = NULL;
}

void activity_peers_link(struct site *site, struct activity *activity)
{
    struct activity *later = NULL, *earlier = site->latest_worked;
    if (!activity->held || !activity->worker || !activity->start_ns)
        return;
    while (earlier && earlier->start_ns > activity->start_ns) {
        later = earlier;
        earlier = earlier->earlier;
    }
    activity->later = later;
    activity->earlier = earlier;
    if (earlier)
        earlier->later = activity;
    if (later)
        later->earlier = activity;
    else
        site->latest_worked = activity;
}

static bool of_one_worker(const struct activity *activity, const struct visit *visit)
{
    return *visit->worker && (hash64(str_of(visit->worker), 1) | 1) == activity->worker;
}

static bool at_once(const struct fold *fold, const struct activity *activity,
                    const struct visit *visit)
{
    int64_t from_ns =
        activity->start_ns > visit->checkin_ns ? activity->start_ns : visit->checkin_ns;
    int64_t to_ns =
        activity->end_ns < visit->checkout_ns ? activity->end_ns : visit->checkout_ns;
    return visit->checkin_ns && visit->checkout_ns && visit->state != VISIT_CANCELLED &&
           to_ns - from_ns > fold->rules->settings.overlap_ns && of_one_worker(activity, visit);
}

bool activity_has_visit(const struct fold *fold, const struct site *site,
                        const struct activity *activity)
{
    if (!activity->held || !activity->worker || !activity->start_ns)
        return false;
    for (const struct visit *it = site->newest_visit; it; it = it->older_of_site)
        if (it->checkin_ns < activity->start_ns && at_once(fold, activity, it))
            return true;
    return false;
}

bool visit_has_session(const struct fold *fold, const struct site *site,
                       const struct visit *visit)
{
    const struct activity *it = site->latest_worked;
    for (; it && it->start_ns > visit->checkin_ns - LONGEST_NS; it = it->earlier)
        if (it->start_ns <= visit->checkin_ns && at_once(fold, it, visit))
            return true;
    return false;
}

void activity_met_visit(struct fold *fold, struct site *site, const struct visit *visit)
{
    int64_t from_ns = visit->checkin_ns - LONGEST_NS, to_ns = visit->checkin_ns + LONGEST_NS;
    const struct activity *it = site->latest_worked;
    while (it && it->start_ns > to_ns)
        it = it->earlier;
    for (; visit->checkin_ns && it && it->start_ns > from_ns; it = it->earlier) {
        if (!of_one_worker(it, visit) && !(it->standing & ACTIVITY_WORKER))
            continue;
        activity_judge(fold, site, NULL, from_ns, to_ns);
        return;
    }
}

void activity_lost_visit(const struct fold *fold, struct site *site, const struct visit *visit)
{
    struct activity *it = site->latest_worked;
    for (; it && it->start_ns > visit->checkin_ns - LONGEST_NS; it = it->earlier)
        if (it->standing & ACTIVITY_WORKER && at_once(fold, it, visit))
            it->kept |= ACTIVITY_WORKER;
}
