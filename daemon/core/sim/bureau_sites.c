/*
 * bureau_sites.c - what institutions, stations and bases do: beds taken, shifts and rounds of
 * the night, sessions held. One station in fifty stops one day; one session in a hundred has
 * more people than room.
 */
#include <stdio.h>

#include "core/sim/bureau_private.h"

#define BASE_CAPACITY 120u
#define CORRECTED_PER_MILLE 50u
#define CROWDED_PER_MILLE 10u
#define CALLED_OFF_PER_MILLE 200u /* of a base's: planned and not held; never two in a row */
#define PLANNED_AHEAD_MS (10 * DAY_MS)
#define QUIET_SEEN_MS (14 * DAY_MS)

bool station_falls_quiet(const struct bureau *bureau, uint32_t station)
{
    return station % 50 == 7 && bureau->options.n_stations > 7;
}

int64_t station_quiet_ms(const struct bureau *bureau)
{
    const struct bureau_options *options = &bureau->options;
    return options->start_ms + (options->end_ms - options->start_ms) / 10 * 6;
}

/* ---- sessions: tick 2n is the n-th one, 2n + 1 its correction, if it has one ---- */

static int64_t session_end_ms(const struct bureau *bureau, const struct act *act, uint32_t n)
{
    /* Tuesdays and Fridays of a week that begins anywhere; bases three times a week. */
    uint32_t day = act->number ? n / 3 * 7 + n % 3 * 2 + 1 : n / 2 * 7 + (n % 2 ? 5 : 2);
    return bureau_day_ms(bureau, day) + 16 * HOUR_MS + act->owner % 60 * MINUTE_MS;
}

int64_t held_time(const struct bureau *bureau, const struct act *act)
{
    int64_t at_ms = session_end_ms(bureau, act, act->tick / 2);
    return act->tick % 2 ? at_ms + 18 * HOUR_MS : at_ms;
}

static uint32_t session_persons(const struct bureau *bureau, const struct act *act, uint32_t n,
                                uint32_t capacity, bool *is_crowded)
{
    struct draw_key key = bureau_key(bureau, DRAW_SESSION, act->owner + act->number * 1000000);
    *is_crowded = bureau_chance(bureau, DRAW_SESSION, act->owner + act->number * 1000000,
                                4 * n + 1, CROWDED_PER_MILLE);
    if (*is_crowded)
        return capacity + (uint32_t)draw_between(key, 4 * n + 2, 5, 40);
    return (uint32_t)draw_between(key, 4 * n + 2, 8, (int64_t)capacity * 9 / 10);
}

/* The first session that was not held and by which that is to be seen. */
static bool is_seen_quiet(const struct bureau *bureau, const struct act *act, uint32_t n)
{
    int64_t seen_ms = station_quiet_ms(bureau) + QUIET_SEEN_MS;
    return act->tick % 2 == 0 && n > 0 && session_end_ms(bureau, act, n) > seen_ms &&
           session_end_ms(bureau, act, n - 1) <= seen_ms;
}

static bool is_called_off(const struct bureau *bureau, const struct act *act, uint32_t n)
{
    return act->number && n % 3 == 1 &&
           bureau_chance(bureau, DRAW_SESSION, act->owner + 1000000, 4 * n + 3,
                         CALLED_OFF_PER_MILLE);
}

void held_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    static const char *const category[] = {"service", "service", "training", "service",
                                           "publicity"};
    static const char *const service[] = {"health_check", "activity", "training", "mental",
                                          "consult"};
    uint32_t n = act->tick / 2, owner = act->owner + act->number * 1000000;
    uint32_t which = act->number ? 2 : (n + act->owner) % 5;
    uint32_t capacity = act->number ? BASE_CAPACITY : station_capacity(bureau, act->owner);
    int64_t end_ms = session_end_ms(bureau, act, n);
    char site[MAX_SIM_ID];
    bool is_crowded;
    if (is_called_off(bureau, act, n))
        return;
    if (!act->number && station_falls_quiet(bureau, act->owner) &&
        at_ms > station_quiet_ms(bureau)) {
        station_id(act->owner, site);
        if (is_seen_quiet(bureau, act, n))
            bureau_found(bureau, TRUTH_QUIET, "%s/quiet", site);
        return;
    }
    if (act->tick % 2 &&
        !bureau_chance(bureau, DRAW_SESSION, owner, 4 * n, CORRECTED_PER_MILLE))
        return;
    uint32_t persons = session_persons(bureau, act, n, capacity, &is_crowded);
    if (act->number)
        base_id(act->owner, site);
    else
        station_id(act->owner, site);
    if (is_crowded && act->tick % 2 == 0)
        bureau_found(bureau, TRUTH_OVER_CAPACITY, "%s/a-%u", site, n);
    bureau_say(bureau, site, "activity.held", at_ms,
               ",\"activity\":\"a-%u\",\"rev\":%u,\"category\":\"%s\",\"service\":\"%s\","
               "\"start\":%lld,\"end\":%lld,\"persons\":%u,\"room\":\"hall\"",
               n, act->tick % 2 + 1, category[which], service[which],
               (long long)(end_ms - 2 * HOUR_MS), (long long)end_ms,
               act->tick % 2 ? persons - 1 : persons);
}

/* A base says what it plans ten days ahead. */
int64_t planned_time(const struct bureau *bureau, const struct act *act)
{
    return session_end_ms(bureau, act, act->tick) - PLANNED_AHEAD_MS;
}

void planned_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    int64_t end_ms = session_end_ms(bureau, act, act->tick);
    char site[MAX_SIM_ID];
    base_id(act->owner, site);
    bureau_say(bureau, site, "activity.planned", at_ms,
               ",\"activity\":\"a-%u\",\"category\":\"training\",\"service\":\"training\","
               "\"start\":%lld,\"end\":%lld,\"persons\":60,\"room\":\"hall\"",
               act->tick, (long long)(end_ms - 2 * HOUR_MS), (long long)end_ms);
}

/* ---- beds ---- */

int64_t occupancy_time(const struct bureau *bureau, const struct act *act)
{
    return bureau_day_ms(bureau, act->tick + 1) + 7 * HOUR_MS + act->owner % 60 * MINUTE_MS;
}

void occupancy_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    struct draw_key key = bureau_key(bureau, DRAW_OCCUPANCY, act->owner);
    int64_t drift = draw_drift(key, (int64_t)act->tick * DAY_MS, 20 * DAY_MS);
    char site[MAX_SIM_ID];
    institution_id(act->owner, site);
    bureau_say(bureau, site, "occupancy.changed", at_ms, ",\"beds\":20,\"occupied\":%lld",
               (long long)(16 + drift * 4 / 1000));
}

/* ---- shifts: who is there by day and by night, and the rounds of the night ---- */

static const struct shift_step {
    int64_t after_ms;
    const char *type, *members;
} shift_step[] = {
    {7 * HOUR_MS, "staff.present", ",\"role\":\"carer\",\"count\":3"},
    {7 * HOUR_MS + MINUTE_MS, "staff.present", ",\"role\":\"nurse\",\"count\":1"},
    {19 * HOUR_MS, "staff.present", ",\"role\":\"carer\",\"count\":2"},
    {22 * HOUR_MS, "patrol.done", ",\"by\":\"carer-1\""},
    {26 * HOUR_MS, "patrol.done", ",\"by\":\"carer-2\""},
    {28 * HOUR_MS, "patrol.done", ",\"by\":\"carer-1\""},
};
#define N_SHIFT_STEPS (sizeof(shift_step) / sizeof(shift_step[0]))

int64_t shift_time(const struct bureau *bureau, const struct act *act)
{
    return bureau_day_ms(bureau, (uint32_t)(act->tick / N_SHIFT_STEPS)) +
           shift_step[act->tick % N_SHIFT_STEPS].after_ms + act->owner % 60 * MINUTE_MS / 2;
}

void shift_say(struct bureau *bureau, const struct act *act, int64_t at_ms)
{
    const struct shift_step *step = &shift_step[act->tick % N_SHIFT_STEPS];
    char site[MAX_SIM_ID];
    institution_id(act->owner, site);
    bureau_say(bureau, site, step->type, at_ms, "%s", step->members);
}
