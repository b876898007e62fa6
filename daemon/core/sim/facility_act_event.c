/*
 * facility_act_event.c - the messages an act sends itself, beside those it changes: impacts,
 * calls, visits that go wrong, absences, maintenance, a door to the street.
 */
#include <stdio.h>

#include "core/sim/facility_private.h"

#define ON_TIME 10 /* numbers of visits that belong to acts begin here */
#define WINDOW_MS (30 * MINUTE_MS)
#define GHOST_MS (40 * MINUTE_MS) /* from what it claims to its record */

static bool has_impact(enum act_kind kind)
{
    return kind == ACT_FALL || kind == ACT_SITS_HARD || kind == ACT_BAND_DROPPED ||
           kind == ACT_BED_TRANSFER;
}

/* The band is taken off a moment before it drops. */
static int64_t impact_ms(const struct act *act)
{
    return act->t0_ms + (act->kind == ACT_FALL ? 0 : 30 * SECOND_MS);
}

/* ---- visits ---- */

struct word {
    const char *type;
    int64_t after_ms;         /* since t0: when it is sent */
    int64_t start_ms, end_ms; /* planned, since t0; 0, 0: none */
    int64_t stamp_ms;         /* its ts, since t0 */
    uint32_t worker;          /* 0 the planned one, 1 another */
    bool next_door;           /* the same worker in the next room */
};

#define MAX_WORDS 5
static const struct word visit_words_of[N_ACTS][MAX_WORDS] = {
    [ACT_VISIT_MISSED] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false}},
    [ACT_VISIT_SWAPPED] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false},
                           {"checkin", 30 * SECOND_MS, 0, 0, 30 * SECOND_MS, 1, false},
                           {"checkout", 29 * MINUTE_MS, 0, 0, 29 * MINUTE_MS, 1, false}},
    [ACT_VISIT_REFUSED] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false},
                           {"cancelled", 4 * MINUTE_MS, 0, 0, 4 * MINUTE_MS, 0, false}},
    [ACT_VISIT_MOVED] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false},
                         {"rescheduled", -HOUR_MS, 24 * HOUR_MS, 25 * HOUR_MS, -HOUR_MS, 0,
                          false},
                         {"cancelled", 20 * HOUR_MS, 0, 0, 20 * HOUR_MS, 0, false}},
    [ACT_TYPED_LATE] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false},
                        {"checkin", 26 * MINUTE_MS, 0, 0, 30 * SECOND_MS, 0, false},
                        {"checkout", 31 * MINUTE_MS, 0, 0, 29 * MINUTE_MS, 0, false}},
    [ACT_DEAD_PIR] = {{"planned", -2 * HOUR_MS, 1, WINDOW_MS, -2 * HOUR_MS, 0, false},
                      {"checkin", 30 * SECOND_MS, 0, 0, 30 * SECOND_MS, 0, false},
                      {"checkout", 29 * MINUTE_MS, 0, 0, 29 * MINUTE_MS, 0, false}},
};

/* Booked without anybody there; booked in two rooms at once; far too short. */
static const struct word ghost_words[3][MAX_WORDS] = {
    {{"planned", -2 * HOUR_MS, 15 * MINUTE_MS, GHOST_MS, -2 * HOUR_MS, 0, false},
     {"checkin", GHOST_MS - 9000, 0, 0, 16 * MINUTE_MS, 0, false},
     {"checkout", GHOST_MS, 0, 0, 39 * MINUTE_MS, 0, false}},
    {{"planned", -2 * HOUR_MS, 15 * MINUTE_MS, GHOST_MS, -2 * HOUR_MS, 0, false},
     {"checkin", 15 * MINUTE_MS, 0, 0, 15 * MINUTE_MS, 0, true},
     {"checkin", GHOST_MS - 9000, 0, 0, 17 * MINUTE_MS, 0, false},
     {"checkout", GHOST_MS - 4000, 0, 0, 39 * MINUTE_MS, 0, true},
     {"checkout", GHOST_MS, 0, 0, 39 * MINUTE_MS, 0, false}},
    {{"planned", -2 * HOUR_MS, 15 * MINUTE_MS, GHOST_MS, -2 * HOUR_MS, 0, false},
     {"checkin", GHOST_MS - 2 * MINUTE_MS, 0, 0, GHOST_MS - 2 * MINUTE_MS, 0, false},
     {"checkout", GHOST_MS, 0, 0, GHOST_MS, 0, false}},
};

static const struct word *words_of(const struct act *act)
{
    return act->kind == ACT_VISIT_GHOST ? ghost_words[act->variant % 3]
                                        : visit_words_of[act->kind];
}

uint32_t next_door(const struct facility *facility, uint32_t bed)
{
    const struct ward *ward = &facility->ward[facility->bed[bed].ward];

    return (bed - ward->first_bed + 1) % ward->n_beds + ward->first_bed;
}

static void say_visit(struct facility *facility, const struct act *act, uint64_t tick)
{
    const struct word *word = &words_of(act)[tick];
    struct visit_words words = {
        .type = word->type,
        .bed = word->next_door ? next_door(facility, act->bed) : act->bed,
        .day = act->number,
        .number = ON_TIME + word->next_door,
        .worker = act->bed * 4 + 3 + word->worker,
        .said_ms = act->t0_ms + word->stamp_ms,
        .by_hand = act->kind == ACT_VISIT_GHOST || act->kind == ACT_TYPED_LATE ||
                   act->kind == ACT_DEAD_PIR,
    };

    if (word->end_ms) {
        words.start_ms = act->t0_ms + (word->start_ms == 1 ? 0 : word->start_ms);
        words.end_ms = act->t0_ms + word->end_ms;
    }
    visit_payload_of(facility, &words);
}

/* ---- calls, absences, maintenance ---- */

static void say_call(struct facility *facility, const struct act *act, uint64_t tick)
{
    const struct bed *bed = &facility->bed[act->bed];
    const char *last = act->kind == ACT_CALL_RESET ? "cancelled" : "answered";
    const char *type = tick == 0 ? "pressed" : last;

    buf_printf(&facility->payload,
               "{\"id\":\"call-a%u-%s\",\"ts\":%lld,\"type\":\"call.%s\",\"bed\":\"%s\","
               "\"resident\":\"%s\"}",
               act->number, type,
               facility_epoch_ms(facility, tick == 0 ? act->t0_ms : act->end_ms), type,
               bed->name, bed->resident);
}

static void say_absence(struct facility *facility, const struct act *act, uint64_t tick)
{
    const char *type = tick == 0 ? "away" : "back";

    buf_printf(&facility->payload,
               "{\"id\":\"%s-a%u\",\"ts\":%lld,\"type\":\"resident.%s\",\"resident\":\"%s\"}",
               type, act->number,
               facility_epoch_ms(facility, tick == 0 ? act->t0_ms : act->end_ms), type,
               facility->bed[act->bed].resident);
}

static void say_maintenance(struct facility *facility, const struct act *act, uint64_t tick)
{
    const char *type = tick == 0 ? "begin" : "end";

    buf_printf(&facility->payload,
               "{\"id\":\"m-%s-a%u\",\"ts\":%lld,\"type\":\"maintenance.%s\"", type,
               act->number, facility_epoch_ms(facility, tick == 0 ? act->t0_ms : act->end_ms),
               type);
    if (tick == 0)
        buf_printf(&facility->payload, ",\"site\":\"%s\",\"until\":%lld",
                   facility->ward[act->ward].id,
                   facility_epoch_ms(facility, act->end_ms + 2 * MINUTE_MS));
    buf_add_char(&facility->payload, '}');
}

static void say_status(struct facility *facility, const struct act *act)
{
    buf_printf(&facility->payload, "{\"ts\":%lld,\"online\":false,\"class\":\"90s\"}",
               facility_epoch_ms(facility, act->t0_ms));
}

static void say_exit(struct facility *facility, const struct act *act, uint64_t tick)
{
    buf_printf(&facility->payload, "{\"ts\":%lld,\"staff\":%d,\"door\":%s}",
               facility_epoch_ms(facility, act_tick_ms(facility, act, tick)),
               act->kind == ACT_EXIT_WITH_BADGE, tick == 0 ? "true" : "false");
}

/* ---- when, and what ---- */

static int64_t pair(const struct act *act, uint64_t tick)
{
    return tick == 0 ? act->t0_ms : tick == 1 ? act->end_ms : NEVER;
}

int64_t act_tick_ms(const struct facility *facility, const struct act *act, uint64_t tick)
{
    const struct word *word = tick < MAX_WORDS ? &words_of(act)[tick] : NULL;

    (void)facility;
    if (has_impact(act->kind))
        return motion_time(impact_ms(act), tick);
    switch (act->kind) {
    case ACT_CALL_IGNORED:
    case ACT_CALL_ANSWERED:
    case ACT_CALL_RESET:
    case ACT_RESIDENT_OUT:
    case ACT_PLANNED_RESTART:
        return pair(act, tick);
    case ACT_GATEWAY_LOSS: /* the broker tells its last will, or hears nothing at all */
        return act->variant % 2 && tick == 0 ? act->t0_ms + 45 * SECOND_MS : NEVER;
    case ACT_WANDERING:
    case ACT_EXIT_WITH_BADGE:
        if (act->kind == ACT_WANDERING && !act->at_exit)
            return NEVER;
        return tick < 2 ? act->event_ms + (int64_t)tick * 9 * SECOND_MS : NEVER;
    default:
        return word && word->type ? act->t0_ms + word->after_ms : NEVER;
    }
}

enum city_kind act_payload(struct facility *facility, const struct stream *stream,
                           uint8_t *channel)
{
    const struct act *act = &facility->act[stream->act];

    *channel = CH_STATUS;
    if (has_impact(act->kind)) {
        *channel = CH_BAND;
        motion_payload(facility, act->bed, impact_ms(act), (int64_t)stream->tick - 2,
                       act->kind);
        return CITY_TELEMETRY;
    }
    switch (act->kind) {
    case ACT_WANDERING:
    case ACT_EXIT_WITH_BADGE:
        *channel = CH_EXIT;
        say_exit(facility, act, stream->tick);
        return CITY_TELEMETRY;
    case ACT_GATEWAY_LOSS:
        say_status(facility, act);
        return CITY_STATUS;
    case ACT_CALL_IGNORED:
    case ACT_CALL_ANSWERED:
    case ACT_CALL_RESET:
        *channel = CH_CALL;
        say_call(facility, act, stream->tick);
        return CITY_EVENT;
    case ACT_RESIDENT_OUT:
        say_absence(facility, act, stream->tick);
        return CITY_EVENT;
    case ACT_PLANNED_RESTART:
        say_maintenance(facility, act, stream->tick);
        return CITY_EVENT;
    default:
        say_visit(facility, act, stream->tick);
        return CITY_EVENT;
    }
}
