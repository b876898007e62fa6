/*
 * activity_plan.c - one timer of a site for all its plans: it fires for the earliest, looks
 * through them, and waits for the next one.
 *
 *   plan -- start .. end -- `after` -- not held: told -- held | cancelled | moved: over
 *
 * What a plan says no time of belongs to its month, and is waited for until that is over.
 */
#include "core/service/activity_plan.h"

#include "base/instant.h"
#include "base/units.h"
#include "core/fold.h"
#include "core/oversight/legal_clock.h"
#include "core/service/activity.h"

#define PUT_OFF_NS (3600 * NS_PER_S)
/* A plan that comes late gets this long for the rest of its upload. */
#define SETTLE_NS (60 * NS_PER_S)
#define AHEAD_NS (INT64_C(31) * 86400 * NS_PER_S)

static bool is_open(const struct activity *activity)
{
    return activity->planned && !activity->held && !activity->cancelled;
}

static int64_t end_of_month_ns(const struct fold *fold, int32_t month)
{
    int32_t next = month + 1;
    int64_t day = instant_days(1970 + next / 12, next % 12 + 1, 1) - 1;
    return end_of_day_ns(fold->rules, day);
}

static int64_t due_of(const struct fold *fold, const struct activity *activity)
{
    int64_t end_ns =
        activity->end_ns > activity->start_ns ? activity->end_ns : activity->start_ns;
    if (end_ns == 0)
        end_ns = end_of_month_ns(fold, activity->plan_month);
    return end_ns + ruleset_builtin(fold->rules, CONDITION_ACTIVITY_NOT_HELD)->after_ns;
}

bool plan_is_overdue(const struct fold *fold, const struct activity *activity)
{
    return is_open(activity) && fold_due_ns(fold) >= due_of(fold, activity);
}

static void wait(struct fold *fold, struct site *site, int64_t until_ns)
{
    timer_arm(&fold->timers, &site->plan_timer, TIMER_PLAN, site->number,
              until_ns > fold->now_ns ? until_ns : fold->now_ns + 1);
}

void plan_wait(struct fold *fold, struct site *site, const struct activity *activity)
{
    int64_t due_ns = due_of(fold, activity), settled_ns = fold->now_ns + SETTLE_NS;
    if (is_open(activity))
        wait(fold, site, due_ns > settled_ns ? due_ns : settled_ns);
}

/* Until when nothing may be called missing: we are deaf, or so is the site, or what they kept
 * meanwhile is still coming. */
static int64_t excused_until(const struct fold *fold, const struct site *site)
{
    if (fold->registry.deaf || site->connection == CONNECTION_SILENT)
        return fold->now_ns + PUT_OFF_NS;
    return site->supervised_from_ns;
}

void plan_due(struct fold *fold, struct site *site)
{
    struct activity *it;
    struct cw_str id;
    int64_t next_ns = 0;
    bool excused = excused_until(fold, site) > fold->now_ns;
    for (uint32_t i = 0; (it = map_next(&site->activity, &i, &id));) {
        if (!is_open(it) || it->standing & ACTIVITY_NOT_HELD)
            continue;
        int64_t due_ns = due_of(fold, it);
        if (due_ns <= fold_due_ns(fold) && !excused)
            activity_missed(fold, site, id, it);
        else if (next_ns == 0 || due_ns < next_ns)
            next_ns = due_ns;
    }
    if (next_ns && next_ns <= fold_due_ns(fold))
        next_ns = excused_until(fold, site);
    if (next_ns)
        wait(fold, site, next_ns);
}

int64_t plan_next_ns(const struct fold *fold, const struct site *site)
{
    const struct activity *it;
    int64_t next_ns = 0;
    for (uint32_t i = 0; (it = map_next(&site->activity, &i, NULL));) {
        int64_t due_ns = is_open(it) ? due_of(fold, it) : 0;
        if (due_ns > fold->now_ns && due_ns - fold->now_ns < AHEAD_NS &&
            (next_ns == 0 || due_ns < next_ns))
            next_ns = due_ns;
    }
    return next_ns;
}
