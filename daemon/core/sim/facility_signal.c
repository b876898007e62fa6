/*
 * facility_signal.c - what the sensors at the body show: bed mat and wristband. Slow drifts
 * around each resident's own base, day and night, activity, and what acts make of it.
 * Integers; temperatures in tenths.
 */
#include "base/instant.h"
#include "base/units.h"
#include "core/sim/facility_private.h"

enum which { OF_HR, OF_RESP, OF_SPO2, OF_TEMP, OF_BATTERY, OF_SMALL };

static struct draw_key signal_key(const struct facility *facility, uint32_t bed,
                                  enum which which)
{
    return bed_key(facility, bed, CH_SIGNAL + 8 * (uint32_t)which);
}

int64_t noise_width(const struct facility *facility, uint64_t bits, int64_t width)
{
    int64_t wide = width * facility->options.noise;

    return wide / 100 + ((int64_t)(bits % 100) < wide % 100);
}

/* -width..width, most often near 0. */
static int64_t noise(const struct facility *facility, uint32_t bed, enum which which,
                     int64_t at_ms, int64_t width)
{
    uint64_t bits = draw(signal_key(facility, bed, which), (uint64_t)at_ms);
    uint64_t range = (uint64_t)noise_width(facility, bits >> 20, width) + 1;

    return (int64_t)((bits & 0xffffffff) % range) - (int64_t)((bits >> 32) % range);
}

static int64_t base(const struct facility *facility, uint32_t bed, enum which which,
                    int64_t low, int64_t high)
{
    struct draw_key key = bed_key(facility, bed, CH_BASE);

    return draw_between(key, (uint64_t)which, low, high);
}

static int64_t drifting(const struct facility *facility, uint32_t bed, enum which which,
                        int64_t at_ms, int64_t period_ms, int64_t width)
{
    struct draw_key key = signal_key(facility, bed, which);

    key.channel++;
    return draw_drift(key, at_ms + facility->options.start_ms % DAY_MS, period_ms) * width /
           1000;
}

static int64_t spo2_base(const struct facility *facility, uint32_t bed)
{
    return base(facility, bed, OF_SPO2, 95, 97) - (facility->bed[bed].copd ? 6 : 0);
}

/* -1000 at three at night, 1000 at three in the afternoon. */
static int64_t daytime(const struct facility *facility, int64_t at_ms)
{
    int64_t from_three = (local_of(facility, at_ms) + DAY_MS - 3 * HOUR_MS) % DAY_MS;
    int64_t half = DAY_MS / 2;

    return (from_three < half ? from_three : DAY_MS - from_three) * 2000 / half - 1000;
}

/* How ill, in thousandths: 1000 is what the literature calls a bad day, 1500 the worst. */
static int64_t illness(const struct act *act, int64_t at_ms)
{
    int64_t over_ms = (int64_t)(12 + act->variant % 24) * HOUR_MS;
    int64_t ill = (at_ms - act->t0_ms) * 1000 / over_ms;

    return ill < 1500 ? ill : 1500;
}

/* Breath stops after t0; the oxygen follows 20 s later, 1 % in 4 s, and comes back. */
#define APNOEA_DELAY_MS (20 * SECOND_MS)

static int64_t breathless_ms(const struct act *act)
{
    return (50 + (int64_t)act->variant % 25) * SECOND_MS;
}

static int64_t desaturated(const struct act *act, int64_t at_ms)
{
    int64_t since_ms = at_ms - act->t0_ms - APNOEA_DELAY_MS, stops_ms = breathless_ms(act);
    int64_t depth = (since_ms < stops_ms ? since_ms : stops_ms) / (4 * SECOND_MS);

    if (since_ms > stops_ms)
        depth -= (since_ms - stops_ms) / (2 * SECOND_MS);
    return depth > 0 ? depth : 0;
}

static void acted(const struct facility *facility, uint32_t bed, int64_t at_ms,
                  struct vitals *vitals)
{
    const struct act *act;

    if ((act = act_at(facility, bed, ACT_DETERIORATION, at_ms))) {
        int64_t ill = illness(act, at_ms);
        vitals->resp += 6 * ill / 1000;
        vitals->hr += 20 * ill / 1000;
        vitals->temp += 15 * ill / 1000;
        vitals->spo2 -= 4 * ill / 1000;
    }
    if ((act = act_at(facility, bed, ACT_APNOEA, at_ms))) {
        vitals->spo2 -= desaturated(act, at_ms);
        if (at_ms - act->t0_ms < breathless_ms(act)) {
            int64_t left_ms = 15 * SECOND_MS - (at_ms - act->t0_ms);
            vitals->resp = left_ms > 0 ? vitals->resp * left_ms / (15 * SECOND_MS) : 0;
            vitals->hr -= 10;
        }
    }
    if (act_at(facility, bed, ACT_EXERCISE, at_ms)) {
        vitals->hr += 32;
        vitals->resp += 6;
    }
    if ((act = act_at(facility, bed, ACT_VACCINATION, at_ms)))
        vitals->temp += 13;
    if (act_at(facility, bed, ACT_FALL, at_ms))
        vitals->hr += 18;
    if ((act = act_at(facility, bed, ACT_FLAT_SLEEP, at_ms))) {
        vitals->spo2 = spo2_base(facility, bed);
        vitals->temp = base(facility, bed, OF_TEMP, 365, 369);
    }
    if ((act = act_at(facility, bed, ACT_MOTION_ARTEFACT, at_ms)) &&
        at_ms - act->t0_ms < 8 * SECOND_MS)
        vitals->spo2 = 84;
}

void vitals_at(struct facility *facility, uint32_t bed, int64_t at_ms, struct vitals *vitals)
{
    struct life life;

    life_at(facility, bed, at_ms, &life);
    *vitals = (struct vitals){
        .hr = base(facility, bed, OF_HR, 62, 76) + (life.asleep ? -9 : 0) +
              (life.place == WALKING ? 16 : 0) + (life.staff ? 4 : 0) +
              drifting(facility, bed, OF_HR, at_ms, MINUTE_MS, 4) +
              noise(facility, bed, OF_HR, at_ms, 2),
        .resp = base(facility, bed, OF_RESP, 14, 17) + (life.asleep ? -2 : 0) +
                drifting(facility, bed, OF_RESP, at_ms, 5 * MINUTE_MS, 2) +
                noise(facility, bed, OF_RESP, at_ms, 1),
        .spo2 = spo2_base(facility, bed) + noise(facility, bed, OF_SPO2, at_ms, 1),
        .temp = base(facility, bed, OF_TEMP, 365, 369) + daytime(facility, at_ms) * 3 / 1000 +
                drifting(facility, bed, OF_TEMP, at_ms, 3 * HOUR_MS, 1) +
                noise(facility, bed, OF_TEMP, at_ms, 1),
    };
    acted(facility, bed, at_ms, vitals);
}

/* ---- messages ---- */

static void begin(struct facility *facility, int64_t at_ms, int64_t clock_off_ms)
{
    buf_printf(&facility->payload, "{\"ts\":%lld",
               facility_epoch_ms(facility, at_ms) + (long long)clock_off_ms);
}

/* The band tells local time. In the middle of the act its offset goes on by an hour, or back:
 * the text jumps, the moment does not. */
static void begin_local(struct facility *facility, const struct act *act, int64_t at_ms)
{
    bool is_late = at_ms - act->t0_ms >= (act->end_ms - act->t0_ms) / 2;
    bool is_summer = is_late != (act->variant % 2 == 1);
    int64_t local_ms = facility_epoch_ms(facility, at_ms) + LOCAL_MS + is_summer * HOUR_MS;
    char text[INSTANT_MAX];
    size_t n = instant_format(local_ms * NS_PER_MS, text);

    buf_printf(&facility->payload, "{\"ts\":\"%.*s%s\"", (int)n - 1, text,
               is_summer ? "+09:00" : "+08:00");
}

/* A change is worth a message of its own only to whom it concerns. */
static bool quiet_moment(struct facility *facility, const struct stream *stream)
{
    struct life now, before;

    if (stream->regular || bed_is_odd(facility, stream->bed, stream->at_ms))
        return false;
    life_at(facility, stream->bed, stream->at_ms, &now);
    life_at(facility, stream->bed, stream->at_ms - 1, &before);
    return (now.place == IN_BED) == (before.place == IN_BED);
}

/* While something is odd the mat looks every five seconds, and tells what is not ordinary. */
static bool mat_says_nothing(struct facility *facility, const struct stream *stream,
                             const struct life *life, const struct vitals *vitals)
{
    struct life before;

    if (stream->regular)
        return false;
    life_at(facility, stream->bed, stream->at_ms - FAST_MS, &before);
    bool same = (life->place == IN_BED) == (before.place == IN_BED);
    return same && (life->place != IN_BED || vitals->resp >= 10);
}

bool mat_payload(struct facility *facility, const struct stream *stream)
{
    int64_t at_ms = stream->at_ms;
    struct vitals vitals;
    struct life life;

    if (quiet_moment(facility, stream))
        return false;
    life_at(facility, stream->bed, at_ms, &life);
    vitals_at(facility, stream->bed, at_ms, &vitals);
    if (mat_says_nothing(facility, stream, &life, &vitals))
        return false;
    begin(facility, at_ms, 0);
    if (life.place == IN_BED)
        buf_printf(&facility->payload, ",\"hr\":%lld,\"resp\":%lld,\"in_bed\":true}",
                   (long long)vitals.hr, (long long)vitals.resp);
    else
        buf_add_text(&facility->payload, ",\"in_bed\":false}");
    return true;
}

/* 2026 or 1970; the hour forth and back. */
static int64_t clock_off(const struct facility *facility, uint32_t bed, int64_t at_ms)
{
    const struct act *act = act_at(facility, bed, ACT_CLOCK_FAULT, at_ms);

    if (act && act->variant % 3 == 2)
        return -facility_epoch_ms(facility, act->t0_ms);
    if (act)
        return act->variant % 3 ? HOUR_MS : -HOUR_MS;
    return act_at(facility, bed, ACT_CLOCK_OFF_A_LITTLE, at_ms) ? 12 * SECOND_MS : 0;
}

static bool band_is_off(const struct facility *facility, uint32_t bed, int64_t at_ms)
{
    const struct act *act = act_at(facility, bed, ACT_FINGER_OFF, at_ms);

    if (act)
        return at_ms - act->t0_ms > 5 * SECOND_MS;
    return act_at(facility, bed, ACT_BAND_DROPPED, at_ms) ||
           act_at(facility, bed, ACT_CHARGING, at_ms);
}

static void band_condition(struct facility *facility, const struct stream *stream)
{
    int64_t days = local_of(facility, stream->at_ms) / DAY_MS;
    int64_t battery = 100 - (days + base(facility, stream->bed, OF_BATTERY, 0, 13)) % 14 * 5;

    buf_printf(&facility->payload, ",\"charging\":%s,\"battery\":%lld}",
               act_at(facility, stream->bed, ACT_CHARGING, stream->at_ms) ? "true" : "false",
               (long long)battery);
}

bool band_payload(struct facility *facility, const struct stream *stream)
{
    int64_t at_ms = stream->at_ms;
    const struct act *off = act_at(facility, stream->bed, ACT_FINGER_OFF, at_ms);
    struct vitals vitals;

    if (!stream->regular && !bed_is_odd(facility, stream->bed, at_ms))
        return false;
    vitals_at(facility, stream->bed, at_ms, &vitals);
    if (off)
        vitals.spo2 = 76; /* the last before it notices */
    bool worn = !band_is_off(facility, stream->bed, at_ms);
    int64_t ordinary = facility->bed[stream->bed].copd ? 86 : 92;
    if (!stream->regular && vitals.spo2 >= ordinary && worn)
        return false;
    const struct act *local = act_at(facility, stream->bed, ACT_SUMMER_TIME, at_ms);
    if (local)
        begin_local(facility, local, at_ms);
    else
        begin(facility, at_ms, clock_off(facility, stream->bed, at_ms));
    buf_printf(&facility->payload, ",\"worn\":%s", worn ? "true" : "false");
    if (worn)
        buf_printf(&facility->payload, ",\"hr\":%lld,\"spo2\":%lld,\"temp\":%lld.%lld",
                   (long long)vitals.hr, (long long)vitals.spo2, (long long)(vitals.temp / 10),
                   (long long)(vitals.temp % 10));
    band_condition(facility, stream);
    return true;
}
