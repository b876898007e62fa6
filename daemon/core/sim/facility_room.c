/*
 * facility_room.c - what the room shows: motion, presence, badges, climate, doors.
 */
#include "core/sim/facility_private.h"

enum which { OF_MOTION, OF_AIR, OF_CLIMATE, OF_LEVEL };

#define OUTDOOR_TENTHS 20
#define LOOK_BACK_MS (15 * MINUTE_MS)

static struct draw_key room_key(const struct facility *facility, uint32_t bed, enum which which)
{
    return bed_key(facility, bed, CH_SIGNAL + 96 + 8 * (uint32_t)which);
}

static bool is_in_room(enum place place)
{
    return place == IN_BED || place == IN_CHAIR || place == WALKING || place == ON_FLOOR;
}

/* Triggers of the motion sensor in the last minute. */
static int64_t motion_at(struct facility *facility, uint32_t bed, int64_t at_ms,
                         const struct life *life)
{
    int64_t chance = draw_between(room_key(facility, bed, OF_MOTION), (uint64_t)at_ms, 0, 99);

    if (act_at(facility, bed, ACT_DEAD_PIR, at_ms) || life->place == ON_FLOOR)
        return life->staff && life->place == ON_FLOOR ? 3 : 0;
    if (life->staff || life->place == WALKING)
        return 2 + chance % 5;
    if (life->place == IN_CHAIR && !life->asleep)
        return chance < 55 ? 1 + chance % 3 : 0;
    if (life->place == IN_BED)
        return chance < (life->asleep ? 3 : 25) ? 1 : 0;
    return 0;
}

/* People in the room, in eighths, over the last two hours: what the air remembers. */
static int64_t occupancy(struct facility *facility, uint32_t bed, int64_t at_ms)
{
    int64_t eighths = 0;
    struct life life;

    for (int64_t i = 0; i < 8; i++) {
        life_at(facility, bed, at_ms - i * LOOK_BACK_MS, &life);
        eighths += is_in_room((enum place)life.place);
    }
    return eighths;
}

struct climate {
    int64_t temp, humidity, co2; /* tenths, %, ppm */
    bool leak;
};

/* The window is open (variant 0), the heating is off (1), the air is used up (2), a pipe
 * leaks (3). Values move away and, at the end, back. */
static void environment(const struct act *act, int64_t at_ms, struct climate *climate)
{
    int64_t minutes = (at_ms - act->t0_ms) / MINUTE_MS;

    switch (act->variant % 4) {
    case 0:
        climate->temp -= minutes * 3 < 140 ? minutes * 3 : 140;
        climate->co2 -= minutes * 15 < 150 ? minutes * 15 : 150;
        break;
    case 1:
        climate->temp -= minutes < 65 ? minutes : 65;
        break;
    case 2:
        climate->co2 += minutes * 40 < 1900 ? minutes * 40 : 1900;
        break;
    default:
        climate->leak = true;
    }
}

static int64_t drifted(const struct act *act, int64_t at_ms)
{
    int64_t hours = (at_ms - act->t0_ms) / HOUR_MS;

    return act->variant % 2 ? 11 : hours / 2; /* a step of 5 %, or 0.05 K an hour */
}

/* Warm days: within hours a kelvin more in every room of the ward, and back. */
static int64_t season(const struct act *act, int64_t at_ms)
{
    int64_t half_ms = (act->end_ms - act->t0_ms) / 2, since_ms = at_ms - act->t0_ms;

    return (since_ms < half_ms ? since_ms : 2 * half_ms - since_ms) * 10 / half_ms;
}

static void acted(const struct facility *facility, uint32_t bed, int64_t at_ms,
                  struct climate *climate)
{
    const struct act *act;

    if ((act = act_at(facility, bed, ACT_ENVIRONMENT, at_ms)))
        environment(act, at_ms, climate);
    if ((act = act_at(facility, bed, ACT_DRIFT, at_ms)))
        climate->temp += drifted(act, at_ms);
    if ((act = act_at(facility, bed, ACT_AIRING, at_ms))) {
        int64_t minutes = (at_ms - act->t0_ms) / MINUTE_MS;
        climate->temp -= minutes < 10           ? minutes * 5
                         : 80 - minutes * 3 > 0 ? 80 - minutes * 3
                                                : 0;
    }
    if ((act = act_at(facility, bed, ACT_SHOWER, at_ms)))
        climate->humidity = 95;
    if ((act = act_at(facility, bed, ACT_VISITORS, at_ms))) {
        int64_t minutes = (at_ms - act->t0_ms) / MINUTE_MS;
        int64_t more = minutes < 40 ? minutes * 35 : 1400 - (minutes - 40) * 120;
        climate->co2 += more > 0 ? more : 0;
    }
    if ((act = ward_act_at(facility, facility->bed[bed].ward, ACT_HEATING, at_ms))) {
        int64_t minutes = (at_ms - act->t0_ms) / MINUTE_MS;
        climate->temp -= minutes / 9 < 20 ? minutes / 9 : 20;
    }
    if ((act = ward_act_at(facility, facility->bed[bed].ward, ACT_SEASON, at_ms)))
        climate->temp += season(act, at_ms);
    if (act_at(facility, bed, ACT_COARSE, at_ms)) /* means of minutes, in half kelvins */
        climate->temp = (climate->temp + 2) / 5 * 5;
}

static int64_t air_noise(const struct facility *facility, struct draw_key key, uint64_t n,
                         int64_t width)
{
    int64_t wide = noise_width(facility, draw(key, n) >> 20, width);

    return draw_between(key, n, -wide, wide);
}

static void climate_at(struct facility *facility, uint32_t bed, int64_t at_ms,
                       struct climate *climate)
{
    struct draw_key level = room_key(facility, bed, OF_LEVEL);
    struct draw_key air = room_key(facility, bed, OF_AIR);
    struct draw_key slow = ward_key(facility, facility->bed[bed].ward, CH_SIGNAL);
    struct draw_key own = room_key(facility, bed, OF_CLIMATE);
    int64_t epoch_ms = facility_epoch_ms(facility, at_ms);
    uint64_t tick = (uint64_t)at_ms;
    bool smooths = act_at(facility, bed, ACT_COARSE, at_ms);

    *climate = (struct climate){
        .temp = draw_between(level, 0, 218, 232) +
                draw_drift(slow, epoch_ms, 5 * HOUR_MS) * 4 / 1000 +
                draw_drift(own, epoch_ms, 2 * HOUR_MS) * 2 / 1000 +
                (smooths ? 0 : air_noise(facility, air, 3 * tick, 1)),
        .humidity = draw_between(level, 1, 42, 55) +
                    draw_drift(own, epoch_ms + DAY_MS, 3 * HOUR_MS) * 4 / 1000,
        .co2 = 480 + draw_between(level, 2, 0, 60) + 45 * occupancy(facility, bed, at_ms) +
               draw_drift(own, epoch_ms + 2 * DAY_MS, 40 * MINUTE_MS) * 40 / 1000 +
               air_noise(facility, air, 3 * tick + 1, 12),
    };
    acted(facility, bed, at_ms, climate);
}

/* A frozen sensor shows one moment for ever, or its last twenty again and again, or hardly
 * any of its noise. */
static int64_t frozen_ms(const struct facility *facility, const struct stream *stream)
{
    const struct act *act = act_at(facility, stream->bed, ACT_STUCK, stream->at_ms);

    if (!act)
        return stream->at_ms;
    int64_t since_ms = stream->at_ms - act->t0_ms;
    if (act->variant % 5 < 3)
        return act->t0_ms;
    if (act->variant % 5 == 3)
        return act->t0_ms - 20 * REPORT_MS + since_ms / REPORT_MS % 20 * REPORT_MS;
    return act->t0_ms + since_ms / (10 * MINUTE_MS) * (10 * MINUTE_MS);
}

static void write_room(struct facility *facility, const struct stream *stream,
                       const struct life *life, int64_t motion)
{
    struct climate climate;
    bool chair = life->place == IN_CHAIR;
    bool present = is_in_room((enum place)life->place);

    climate_at(facility, stream->bed, frozen_ms(facility, stream), &climate);
    buf_printf(&facility->payload,
               "{\"ts\":%lld,\"presence\":%s,\"in_chair\":%s,\"staff\":%u,\"motion\":%lld",
               facility_epoch_ms(facility, stream->at_ms),
               present || life->staff ? "true" : "false", chair ? "true" : "false", life->staff,
               (long long)motion);
    buf_printf(&facility->payload,
               ",\"room_temp\":%lld.%lld,\"humidity\":%lld,\"co2\":%lld,\"leak\":%s}",
               (long long)(climate.temp / 10), (long long)(climate.temp % 10),
               (long long)climate.humidity, (long long)climate.co2,
               climate.leak ? "true" : "false");
}

bool room_payload(struct facility *facility, const struct stream *stream)
{
    uint32_t bed = stream->bed;
    struct life now, before;
    bool odd = bed_is_odd(facility, bed, stream->at_ms);

    life_at(facility, bed, stream->at_ms, &now);
    if (!stream->regular) {
        int64_t step_ms = odd ? FAST_MS : 1;
        const struct act *leak = act_at(facility, bed, ACT_ENVIRONMENT, stream->at_ms);
        bool first_leak =
            leak && leak->variant % 4 == 3 && stream->at_ms - step_ms < leak->t0_ms;
        life_at(facility, bed, stream->at_ms - step_ms, &before);
        if (now.place == before.place && now.staff == before.staff && !first_leak)
            return false;
    }
    write_room(facility, stream, &now, motion_at(facility, bed, stream->at_ms, &now));
    return true;
}

/* ---- doors: changes only ---- */

bool door_payload(struct facility *facility, const struct stream *stream)
{
    int64_t step_ms = bed_is_odd(facility, stream->bed, stream->at_ms) ? FAST_MS : 1;
    struct life now, before;

    life_at(facility, stream->bed, stream->at_ms, &now);
    life_at(facility, stream->bed, stream->at_ms - step_ms, &before);
    if (now.door_open == before.door_open && stream->tick > 0)
        return false;
    buf_printf(&facility->payload, "{\"ts\":%lld,\"door\":%s}",
               facility_epoch_ms(facility, stream->at_ms), now.door_open ? "true" : "false");
    return true;
}
