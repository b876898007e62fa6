/*
 * facility_plan.c - a resident's day, drawn from (bed, day) alone: when they sleep, eat, get
 * up at night, are cared for, go out, and which doors that opens.
 *
 *   12    13      15         18    20:30        23 ......... 6    7:30   9          12
 *   meal  nap     chair,walk meal  chair  bed   night exits     meal   care, chair, walk
 */
#include "core/sim/facility_private.h"

#define DOOR_OPEN_MS (8 * SECOND_MS)
#define AT(hours, minutes) ((hours)*HOUR_MS + (minutes)*MINUTE_MS)

/* Offsets from noon. */
#define BED_TIME AT(8, 30)
#define NIGHT AT(11, 0)
#define MORNING AT(17, 30)
#define BREAKFAST AT(19, 30)
#define NEXT_NOON AT(24, 0)

struct planner {
    struct day_plan *plan;
    struct draw_key key;
    int64_t noon_ms; /* all offsets count from here */
    uint64_t n_draws;
};

struct draw_key bed_key(const struct facility *facility, uint32_t bed, uint32_t channel)
{
    return (struct draw_key){facility->options.seed, facility->bed[bed].ward, bed, channel};
}

struct draw_key ward_key(const struct facility *facility, uint32_t ward, uint32_t channel)
{
    return (struct draw_key){facility->options.seed, ward, NOBODY, channel};
}

static int64_t rota_ms(const struct facility *facility)
{
    return facility->options.rota_min * MINUTE_MS;
}

int64_t local_of(const struct facility *facility, int64_t at_ms)
{
    return facility->options.start_ms + at_ms + LOCAL_MS - rota_ms(facility);
}

int64_t day_of(const struct facility *facility, int64_t at_ms)
{
    return (local_of(facility, at_ms) - DAY_MS / 2) / DAY_MS;
}

int64_t noon_of(const struct facility *facility, int64_t day)
{
    return day * DAY_MS + DAY_MS / 2 - LOCAL_MS + rota_ms(facility) -
           facility->options.start_ms;
}

static int64_t pick(struct planner *planner, int64_t low, int64_t high)
{
    return draw_between(planner->key, planner->n_draws++, low, high);
}

static void span(struct planner *planner, int64_t offset_ms, enum place place, bool asleep)
{
    struct day_plan *plan = planner->plan;

    if (plan->n_spans < MAX_SPANS)
        plan->span[plan->n_spans++] =
            (struct span){planner->noon_ms + offset_ms, (uint8_t)place, asleep};
}

static void open_door(struct planner *planner, int64_t offset_ms)
{
    struct day_plan *plan = planner->plan;
    int64_t at_ms = planner->noon_ms + offset_ms;

    if (plan->n_doors < MAX_DOORS)
        plan->door[plan->n_doors++] = (struct stretch){at_ms, at_ms + DOOR_OPEN_MS};
}

static void care(struct planner *planner, int64_t offset_ms, int64_t length_ms)
{
    struct day_plan *plan = planner->plan;
    int64_t at_ms = planner->noon_ms + offset_ms;

    if (plan->n_cares == MAX_CARES)
        return;
    plan->care[plan->n_cares++] = (struct stretch){at_ms, at_ms + length_ms};
    open_door(planner, offset_ms - DOOR_OPEN_MS / 2);
    open_door(planner, offset_ms + length_ms - DOOR_OPEN_MS / 2);
}

static void away(struct planner *planner, int64_t offset_ms, int64_t length_ms,
                 enum place place)
{
    span(planner, offset_ms, place, false);
    open_door(planner, offset_ms - DOOR_OPEN_MS / 2);
    open_door(planner, offset_ms + length_ms - DOOR_OPEN_MS / 2);
}

/* A visit to the toilet: the third of a few draws, so that long ones are rare. */
static int64_t toilet_ms(struct planner *planner)
{
    int64_t base = pick(planner, 3, 6) * MINUTE_MS, extra = pick(planner, 0, 100);

    return base +
           (extra > 90   ? pick(planner, 3, 6)
            : extra > 60 ? 2
                         : 0) *
               MINUTE_MS +
           pick(planner, 0, 59) * SECOND_MS;
}

/* Sitting in the chair, now and then on the feet. */
static void awake(struct planner *planner, int64_t from, int64_t to)
{
    struct day_plan *plan = planner->plan;
    int64_t at = from;

    span(planner, at, IN_CHAIR, false);
    for (;;) {
        at += pick(planner, 35, 80) * MINUTE_MS;
        int64_t walk = pick(planner, 4, 12) * MINUTE_MS, rest = toilet_ms(planner);
        if (at + walk + rest + 5 * MINUTE_MS >= to)
            return;
        span(planner, at, WALKING, false);
        if (pick(planner, 0, 1)) {
            span(planner, at + walk / 2, IN_TOILET, false);
            span(planner, at + walk / 2 + rest, WALKING, false);
            walk += rest;
        }
        at += walk;
        span(planner, at, IN_CHAIR, false);
        if (plan->n_sits < 8 && pick(planner, 0, 3) == 0)
            plan->sit[plan->n_sits++] = planner->noon_ms + at;
    }
}

static void night(struct planner *planner)
{
    int64_t at = NIGHT, n = pick(planner, 0, 3);

    for (int64_t i = 0; i < n; i++) {
        at += pick(planner, 40, 100) * MINUTE_MS;
        int64_t length = toilet_ms(planner);
        if (at + length + 10 * MINUTE_MS > MORNING)
            break;
        span(planner, at, IN_TOILET, false);
        span(planner, at + length, IN_BED, false);
        span(planner, at + length + 8 * MINUTE_MS, IN_BED, true);
        at += length + 8 * MINUTE_MS;
    }
}

static void make_day(struct planner *planner)
{
    int64_t meal = pick(planner, 25, 45) * MINUTE_MS;
    int64_t bed_time = BED_TIME + pick(planner, 0, 80) * MINUTE_MS;
    int64_t up = MORNING + pick(planner, 10, 75) * MINUTE_MS;
    bool goes_out = pick(planner, 0, 99) < 8;

    away(planner, 0, meal, AT_MEAL);
    span(planner, meal, IN_BED, false);
    span(planner, meal + 12 * MINUTE_MS, IN_BED, true);
    int64_t nap_ends = AT(2, 0) + pick(planner, 0, 45) * MINUTE_MS;
    if (goes_out) {
        int64_t length = pick(planner, 60, 130) * MINUTE_MS;
        span(planner, nap_ends, IN_CHAIR, false);
        away(planner, nap_ends + 10 * MINUTE_MS, length, OUTSIDE);
        nap_ends += 10 * MINUTE_MS + length;
    }
    awake(planner, nap_ends, AT(5, 30));
    int64_t supper = pick(planner, 25, 40) * MINUTE_MS;
    away(planner, AT(5, 30), supper, AT_MEAL);
    care(planner, AT(6, 20) + pick(planner, 0, 50) * MINUTE_MS,
         pick(planner, 20, 30) * MINUTE_MS);
    awake(planner, AT(5, 30) + supper, bed_time);
    span(planner, bed_time, IN_BED, false);
    span(planner, bed_time + pick(planner, 10, 30) * MINUTE_MS, IN_BED, true);
    night(planner);
    span(planner, up, IN_TOILET, false);
    awake(planner, up + toilet_ms(planner) + 2 * MINUTE_MS, BREAKFAST);
    int64_t breakfast = pick(planner, 25, 40) * MINUTE_MS;
    away(planner, BREAKFAST, breakfast, AT_MEAL);
    care(planner, AT(20, 30) + pick(planner, 0, 90) * MINUTE_MS,
         pick(planner, 20, 30) * MINUTE_MS);
    awake(planner, BREAKFAST + breakfast, NEXT_NOON);
    care(planner, AT(11, 40) + pick(planner, 0, 40) * MINUTE_MS, 2 * MINUTE_MS);
    care(planner, AT(15, 0) + pick(planner, 0, 40) * MINUTE_MS, 2 * MINUTE_MS);
}

/* ---- edges ---- */

static void add_edge(struct day_plan *plan, int64_t at_ms)
{
    uint32_t i = plan->n_edges++;

    for (; i > 0 && plan->edge[i - 1] > at_ms; i--)
        plan->edge[i] = plan->edge[i - 1];
    plan->edge[i] = at_ms;
}

static void add_edges(struct day_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_spans; i++)
        add_edge(plan, plan->span[i].from_ms);
    for (uint32_t i = 0; i < plan->n_cares; i++) {
        add_edge(plan, plan->care[i].from_ms);
        add_edge(plan, plan->care[i].to_ms);
    }
    for (uint32_t i = 0; i < plan->n_doors; i++) {
        add_edge(plan, plan->door[i].from_ms);
        add_edge(plan, plan->door[i].to_ms);
    }
}

const struct day_plan *plan_of(struct facility *facility, uint32_t bed, int64_t at_ms)
{
    int64_t day = day_of(facility, at_ms);
    struct day_plan *plan = &facility->bed[bed].plan[day & 1];

    if (plan->day == day)
        return plan;
    struct planner planner = {
        .plan = plan,
        .key = bed_key(facility, bed, CH_PLAN),
        .noon_ms = noon_of(facility, day),
        .n_draws = (uint64_t)day << 10,
    };
    plan->day = day;
    plan->n_spans = plan->n_cares = plan->n_doors = plan->n_edges = plan->n_sits = 0;
    make_day(&planner);
    add_edges(plan);
    return plan;
}
