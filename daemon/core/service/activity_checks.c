/*
 * activity_checks.c - sessions that cannot be as they were told: more people than places, two
 * in one room, one worker in two or on a visit, planned and not held. Each is an alarm about
 * the session; a correction clears it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "core/fold.h"
#include "core/service/activity.h"
#include "core/service/activity_peers.h"
#include "core/service/activity_plan.h"

static const struct {
    const char *name, *condition;
} kinds[N_ACTIVITY_EXCEPTIONS] = {
    {"over_capacity", CONDITION_ACTIVITY_CAPACITY},
    {"room", CONDITION_ACTIVITY_ROOM},
    {"worker", CONDITION_ACTIVITY_WORKER},
    {"not_held", CONDITION_ACTIVITY_NOT_HELD},
};

const char *activity_exception_name(uint32_t bit)
{
    return bit < N_ACTIVITY_EXCEPTIONS ? kinds[bit].name : "unknown";
}

/* The number of a member of {"id":number,...}; -1 when it is not there. */
static int64_t number_of(struct cw_str json, const char *id)
{
    char wanted[MAX_ID + 4];
    int n = snprintf(wanted, sizeof(wanted), "\"%s\":", id);
    const char *at = json.n ? memmem(json.p, json.n, wanted, (size_t)n) : NULL;
    if (!at)
        return -1;
    struct cw_str rest = {at + n, json.n - (size_t)(at + n - json.p)}, number = rest;
    number.n = 0;
    while (number.n < rest.n && rest.p[number.n] != ',' && rest.p[number.n] != '}')
        number.n++;
    double value = -1;
    return num_parse_f64(number, &value) == 0 ? (int64_t)value : -1;
}

/* Of its room, when that is registered, else of the site; -1 unknown. */
static int64_t places(const struct fold *fold, const struct site *site,
                      const struct activity *activity)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    if (!registration)
        return -1;
    int64_t room = *activity->room_id
                       ? number_of(entry_json_of(registration, "rooms"), activity->room_id)
                       : -1;
    return room >= 0 ? room : entry_int(registration, "capacity", -1);
}

static bool at_once(const struct fold *fold, const struct activity *a, const struct activity *b)
{
    int64_t from_ns = a->start_ns > b->start_ns ? a->start_ns : b->start_ns;
    int64_t to_ns = a->end_ns < b->end_ns ? a->end_ns : b->end_ns;
    return a->held && b->held && a->start_ns && b->start_ns &&
           to_ns - from_ns > fold->rules->settings.overlap_ns;
}

static bool is_later(const struct activity *a, struct cw_str a_id, const struct activity *b,
                     struct cw_str b_id)
{
    return a->start_ns != b->start_ns ? a->start_ns > b->start_ns : str_cmp(a_id, b_id) > 0;
}

static uint32_t found_of(const struct fold *fold, const struct site *site, struct cw_str id,
                         const struct activity *activity, int64_t *most)
{
    const struct activity *it;
    struct cw_str other;
    uint32_t found = 0;
    *most = places(fold, site, activity);
    if (activity->held && *most >= 0 && activity->persons > *most)
        found |= ACTIVITY_OVER_CAPACITY;
    if (activity->standing & ACTIVITY_NOT_HELD && plan_is_overdue(fold, activity))
        found |= ACTIVITY_NOT_HELD;
    found |= activity->kept;
    if (!activity->held || !(activity->room || activity->worker))
        return found;
    if (activity_has_visit(fold, site, activity))
        found |= ACTIVITY_WORKER;
    for (uint32_t i = 0; (it = map_next(&site->activity, &i, &other));) {
        if (it == activity || !at_once(fold, activity, it) ||
            !is_later(activity, id, it, other))
            continue;
        if (activity->room && activity->room == it->room)
            found |= ACTIVITY_ROOM;
        if (activity->worker && activity->worker == it->worker)
            found |= ACTIVITY_WORKER;
    }
    return found;
}

static void set(struct fold *fold, const struct site *site, struct cw_str id,
                struct activity *activity, uint32_t found, int64_t most)
{
    char subject[MAX_ALARM_SUBJECT];
    int n = snprintf(subject, sizeof(subject), "%s/activity:%.*s", site->id, (int)id.n, id.p);
    struct cw_str key = {subject, (size_t)n};
    for (uint32_t i = 0; i < N_ACTIVITY_EXCEPTIONS; i++) {
        uint32_t bit = 1u << i;
        const struct rule *rule = ruleset_builtin(fold->rules, kinds[i].condition);
        if (activity->standing & bit && !(found & bit))
            alarm_clear_key(fold, rule, key);
        if (!(found & bit) || activity->standing & bit)
            continue;
        bool is_count = bit == ACTIVITY_OVER_CAPACITY;
        struct alarm_desc desc = {.rule = rule,
                                  .subject = key,
                                  .site = str_of(site->id),
                                  .district = str_of(site->district),
                                  .value = is_count ? (double)activity->persons : (double)NAN,
                                  .limit = is_count ? (double)most : (double)NAN};
        (void)alarm_raise(fold, &desc);
    }
    activity->standing = found;
}

static void set_counted(struct fold *fold, const struct site *site, struct cw_str id,
                        struct activity *activity, uint32_t found, int64_t most)
{
    activity_count(fold, site, activity, -1);
    set(fold, site, id, activity, found, most);
    activity_count(fold, site, activity, 1);
}

static bool is_near(const struct activity *activity, int64_t from_ns, int64_t to_ns)
{
    return from_ns && activity->start_ns && activity->end_ns >= from_ns &&
           activity->start_ns <= to_ns;
}

void activity_judge(struct fold *fold, struct site *site, const struct activity *changed,
                    int64_t from_ns, int64_t to_ns)
{
    struct activity *it;
    struct cw_str id;
    for (uint32_t i = 0; (it = map_next(&site->activity, &i, &id));) {
        int64_t most = -1;
        if (it != changed && !is_near(it, from_ns, to_ns))
            continue;
        uint32_t found = found_of(fold, site, id, it, &most);
        if (found != it->standing)
            set_counted(fold, site, id, it, found, most);
    }
}

void activity_missed(struct fold *fold, struct site *site, struct cw_str id,
                     struct activity *activity)
{
    set_counted(fold, site, id, activity, activity->standing | ACTIVITY_NOT_HELD, -1);
}

void activity_unjudge(struct fold *fold, const struct site *site, struct cw_str id,
                      struct activity *activity)
{
    if (activity->standing)
        set(fold, site, id, activity, 0, -1);
}
