/*
 * load_report.c - the same ring of slots that guards the live load runs over the past.
 */
#include "core/view/load_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "core/alarm/load.h"

#define PERIOD_NS (600 * NS_PER_S)
#define CHATTER_NS (60 * NS_PER_S)
#define CHATTER_TIMES 3 /* within CHATTER_NS */
#define TOP 10

const char *const load_columns[] = {"group",
                                    "alarms",
                                    "per_operator_10min",
                                    "most_in_10min",
                                    "flood_periods",
                                    "floods",
                                    "flood_share",
                                    "high_share",
                                    "medium_share",
                                    "low_share",
                                    "chattering",
                                    "stale",
                                    NULL};
const char *const actor_columns[] = {"actor", "alarms", "share", "chattering", NULL};

struct group {
    uint32_t n, priority[4], n_stale, n_chattering;
    uint32_t most, n_flood_periods; /* of one ten-minute period */
    int64_t period;                 /* the one being counted */
    uint32_t n_in_period;
    struct load load;
};

struct actor {
    struct cw_str name; /* the map's */
    uint32_t n, n_chattering;
    int64_t last_ns[CHATTER_TIMES]; /* a ring */
};

struct load_report {
    int64_t from_ns, to_ns, operators;
    uint32_t n;
    struct map groups, actors;
};

struct load_report *load_report_new(int64_t from_ns, int64_t to_ns, int64_t operators)
{
    struct load_report *report = xcalloc(1, sizeof(*report));
    report->from_ns = from_ns;
    report->to_ns = to_ns;
    report->operators = operators > 0 ? operators : 1;
    map_init(&report->groups);
    map_init(&report->actors);
    return report;
}

void load_report_free(struct load_report *report)
{
    void *value;
    if (!report)
        return;
    for (uint32_t i = 0; (value = map_next(&report->groups, &i, NULL));)
        free(value);
    for (uint32_t i = 0; (value = map_next(&report->actors, &i, NULL));)
        free(value);
    map_done(&report->groups);
    map_done(&report->actors);
    free(report);
}

static struct group *group_of(struct load_report *report, struct cw_str name)
{
    struct group *group = map_get(&report->groups, name);
    if (group)
        return group;
    group = xcalloc(1, sizeof(*group));
    group->period = -1;
    (void)map_put(&report->groups, name, group);
    return group;
}

static void end_period(const struct load_report *report, struct group *group)
{
    if (group->n_in_period > group->most)
        group->most = group->n_in_period;
    group->n_flood_periods += group->n_in_period > FLOOD_BEGINS * (uint32_t)report->operators;
    group->n_in_period = 0;
}

/* Third within a minute: it chatters. */
static bool note_actor(struct load_report *report, const struct load_case *one)
{
    struct actor *actor = map_get(&report->actors, one->actor);
    if (!actor) {
        actor = xcalloc(1, sizeof(*actor));
        (void)map_put(&report->actors, one->actor, actor);
    }
    int64_t *oldest = &actor->last_ns[actor->n++ % CHATTER_TIMES];
    *oldest = one->at_ns;
    int64_t first_ns = actor->last_ns[actor->n % CHATTER_TIMES];
    bool chatters = actor->n >= CHATTER_TIMES && one->at_ns - first_ns <= CHATTER_NS;
    actor->n_chattering += chatters;
    return chatters;
}

void load_report_add(struct load_report *report, const struct load_case *one)
{
    struct group *group = group_of(report, one->group);
    int64_t period = (one->at_ns - report->from_ns) / PERIOD_NS;
    if (period != group->period)
        end_period(report, group);
    group->period = period;
    group->n_in_period++;
    group->n++;
    report->n++;
    group->priority[one->priority & 3]++;
    /* The end of a flood lies between two alarms: look every slot, at most ten minutes. */
    int64_t idle_ns = group->load.newest * LOAD_SLOT_NS;
    for (int i = 0; i <= LOAD_SLOTS && group->load.flood && idle_ns < one->at_ns; i++) {
        load_advance(&group->load, idle_ns, report->operators);
        idle_ns += LOAD_SLOT_NS;
    }
    load_note(&group->load, one->at_ns, report->operators);
    group->n_chattering += note_actor(report, one);
}

void load_report_stale(struct load_report *report, struct cw_str group)
{
    group_of(report, group)->n_stale++;
}

static double share_of(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static double flooded_ns(const struct load_report *report, const struct group *group)
{
    struct load load = group->load;
    for (int i = 0; i <= LOAD_SLOTS && load.flood; i++)
        load_advance(&load, (load.newest + 1) * LOAD_SLOT_NS, report->operators);
    return (double)load.flooded_ns;
}

void load_report_write(const struct load_report *report, struct table_out *table)
{
    const struct group *each;
    struct cw_str name;
    double span_ns = (double)(report->to_ns - report->from_ns);
    for (uint32_t i = 0; (each = map_next(&report->groups, &i, &name));) {
        struct group group = *each;
        end_period(report, &group);
        double periods = span_ns / (double)PERIOD_NS;
        table_text(table, name);
        table_int(table, group.n);
        table_real(table, share_of(group.n, periods * (double)report->operators));
        table_int(table, group.most);
        table_int(table, group.n_flood_periods);
        table_int(table, (int64_t)group.load.n_floods);
        table_real(table, share_of(flooded_ns(report, each), span_ns));
        table_real(table, share_of(group.priority[1], group.n));
        table_real(table, share_of(group.priority[2], group.n));
        table_real(table, share_of(group.priority[3], group.n));
        table_int(table, group.n_chattering);
        table_int(table, group.n_stale);
    }
}

/* Most first; those who rang as often, in the order of their first. */
void load_report_actors(const struct load_report *report, struct table_out *table)
{
    const struct actor *actor;
    uint32_t below = UINT32_MAX, n_written = 0;
    while (n_written < TOP) {
        uint32_t most = 0;
        for (uint32_t i = 0; (actor = map_next(&report->actors, &i, NULL));)
            most = actor->n < below && actor->n > most ? actor->n : most;
        struct cw_str name;
        for (uint32_t i = 0; (actor = map_next(&report->actors, &i, &name)) && most > 0;) {
            if (actor->n != most || n_written == TOP)
                continue;
            n_written++;
            table_text(table, name);
            table_int(table, actor->n);
            table_real(table, share_of(actor->n, report->n));
            table_int(table, actor->n_chattering);
        }
        below = most;
        if (most == 0)
            break;
    }
}
