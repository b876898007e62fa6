/*
 * physiology.c - what the sensors show: slow drifts around each resident's own base, noise,
 * day and night, and what an incident makes of it. Integers; tenths where a digit matters.
 */
#include "core/sim/city_private.h"

#define DAY_MS (24 * 3600 * SECOND_MS)
#define LOCAL_MS (8 * 3600 * SECOND_MS) /* China's one time zone */

enum draw_of { OF_HR = 32, OF_RESP, OF_SPO2, OF_TEMP, OF_ROOM, OF_HUMIDITY, OF_CO2, OF_BASE };

static struct draw_key key_of(const struct city *city, const struct sim_stream *stream,
                              enum draw_of what)
{
    return stream_key(city, stream->site, stream->device, what);
}

/* -1000 at three at night, 1000 at three in the afternoon. */
static int64_t daytime(const struct city *city, int64_t at_ms)
{
    int64_t local = (city->options.start_ms + at_ms + LOCAL_MS) % DAY_MS;
    int64_t from_three = (local + DAY_MS - 3 * 3600 * SECOND_MS) % DAY_MS;
    int64_t half = DAY_MS / 2;

    return (from_three < half ? from_three : DAY_MS - from_three) * 2000 / half - 1000;
}

static int64_t noise(const struct city *city, const struct sim_stream *stream,
                     enum draw_of what, uint64_t tick, int64_t width)
{
    return draw_between(key_of(city, stream, what), tick, -width, width);
}

static int64_t drift(const struct city *city, const struct sim_stream *stream,
                     enum draw_of what, int64_t at_ms, int64_t width)
{
    struct draw_key key = key_of(city, stream, what);

    key.channel += 64; /* not the noise's numbers */
    return draw_drift(key, at_ms, 60 * SECOND_MS) * width / 1000;
}

static int64_t base(const struct city *city, const struct sim_stream *stream, uint64_t which,
                    int64_t low, int64_t high)
{
    return draw_between(key_of(city, stream, OF_BASE), which, low, high);
}

/* How far the oxygen has fallen by now. */
static int64_t desaturated(const struct sim_incident *incident, int64_t at_ms)
{
    int64_t since = at_ms - incident->t0_ms, left = incident->t1_ms - at_ms;
    int64_t fall = since / 350, rise = left / 500;
    int64_t depth = fall < rise ? fall : rise;

    return depth < 14 ? depth : 14;
}

static int64_t pulse(const struct city *city, const struct sim_stream *stream, uint64_t tick,
                     int64_t at_ms)
{
    return base(city, stream, OF_HR, 60, 78) + daytime(city, at_ms) * 5 / 1000 +
           drift(city, stream, OF_HR, at_ms, 4) + noise(city, stream, OF_HR, tick, 2);
}

int64_t band_spo2(const struct city *city, const struct sim_stream *stream, uint64_t tick,
                  int64_t at_ms)
{
    const struct sim_device *device = &city->device[stream->device];
    const struct sim_incident *incident;
    int64_t spo2 = base(city, stream, OF_SPO2, 96, 97) + noise(city, stream, OF_SPO2, tick, 1);

    if ((incident = incident_at(city, device, INCIDENT_DESATURATION, at_ms)))
        spo2 -= desaturated(incident, at_ms);
    if (incident_at(city, device, INCIDENT_SPO2_SPIKE, at_ms))
        spo2 = 84;
    return spo2;
}

static void band(struct city *city, const struct sim_stream *stream, uint64_t tick,
                 int64_t at_ms)
{
    const struct sim_device *device = &city->device[stream->device];
    const struct sim_incident *desaturation =
        incident_at(city, device, INCIDENT_DESATURATION, at_ms);
    int64_t hr = pulse(city, stream, tick, at_ms);
    int64_t temp = base(city, stream, OF_TEMP, 364, 367) + daytime(city, at_ms) * 2 / 1000 +
                   noise(city, stream, OF_TEMP, tick, 1);

    if (desaturation)
        hr += desaturated(desaturation, at_ms);
    if (incident_at(city, device, INCIDENT_FEVER, at_ms)) {
        temp += 26;
        hr += 12;
    }
    buf_printf(&city->payload, ",\"hr\":%lld,\"spo2\":%lld,\"temp\":%lld.%lld,\"fall\":%s",
               (long long)hr, (long long)band_spo2(city, stream, tick, at_ms),
               (long long)(temp / 10), (long long)(temp % 10),
               incident_at(city, device, INCIDENT_FALL, at_ms) ? "true" : "false");
}

/* At night nearly always, by day half of the time; changes every 20 minutes at most. */
static bool in_bed(const struct city *city, const struct sim_stream *stream, int64_t at_ms)
{
    int64_t block = (city->options.start_ms + at_ms) / (20 * 60 * SECOND_MS);
    int64_t likely = daytime(city, at_ms) < -300 ? 96 : 50;

    return draw_between(key_of(city, stream, OF_BASE), (uint64_t)block, 1, 100) <= likely;
}

static void body(struct city *city, const struct sim_stream *stream, uint64_t tick,
                 int64_t at_ms)
{
    int64_t resp = base(city, stream, OF_RESP, 13, 17) +
                   drift(city, stream, OF_RESP, at_ms, 2) +
                   noise(city, stream, OF_RESP, tick, 1);

    buf_printf(&city->payload, ",\"hr\":%lld,\"resp\":%lld",
               (long long)pulse(city, stream, tick, at_ms), (long long)resp);
}

static void bed(struct city *city, const struct sim_stream *stream, uint64_t tick,
                int64_t at_ms)
{
    (void)tick;
    buf_printf(&city->payload, ",\"in_bed\":%s",
               in_bed(city, stream, at_ms) ? "true" : "false");
}

static void room(struct city *city, const struct sim_stream *stream, uint64_t tick,
                 int64_t at_ms)
{
    int64_t temp = base(city, stream, OF_ROOM, 205, 235) + daytime(city, at_ms) * 10 / 1000 +
                   drift(city, stream, OF_ROOM, at_ms, 4);
    int64_t humidity =
        base(city, stream, OF_HUMIDITY, 42, 58) + drift(city, stream, OF_HUMIDITY, at_ms, 4);
    int64_t co2 = base(city, stream, OF_CO2, 550, 850) +
                  drift(city, stream, OF_CO2, at_ms, 120) +
                  noise(city, stream, OF_CO2, tick, 10);
    int64_t motion = draw_between(key_of(city, stream, OF_BASE), tick, -6, 4);

    buf_printf(&city->payload,
               ",\"room_temp\":%lld.%lld,\"humidity\":%lld,\"co2\":%lld,\"motion\":%lld",
               (long long)(temp / 10), (long long)(temp % 10), (long long)humidity,
               (long long)co2, (long long)(motion > 0 ? motion : 0));
}

static void door(struct city *city, const struct sim_stream *stream, uint64_t tick,
                 int64_t at_ms)
{
    (void)at_ms;
    buf_printf(&city->payload, ",\"door\":%s",
               draw_between(key_of(city, stream, OF_BASE), tick, 1, 10) == 1 ? "true"
                                                                             : "false");
}

static void smoke(struct city *city, const struct sim_stream *stream, uint64_t tick,
                  int64_t at_ms)
{
    const struct sim_device *device = &city->device[stream->device];

    (void)tick;
    buf_printf(&city->payload, ",\"smoke\":%s",
               incident_at(city, device, INCIDENT_SMOKE, at_ms) ? "true" : "false");
}

static void pressure(struct city *city, const struct sim_stream *stream, uint64_t tick,
                     int64_t at_ms)
{
    (void)at_ms;
    buf_printf(&city->payload, ",\"sys\":%lld,\"dia\":%lld",
               (long long)draw_between(key_of(city, stream, OF_BASE), 2 * tick, 112, 148),
               (long long)draw_between(key_of(city, stream, OF_BASE), 2 * tick + 1, 64, 88));
}

static void condition(struct city *city, const struct sim_stream *stream, uint64_t tick,
                      int64_t at_ms)
{
    int64_t battery = base(city, stream, 1, 70, 100) - at_ms / DAY_MS;

    buf_printf(
        &city->payload, ",\"battery\":%lld,\"rssi\":%lld",
        (long long)(battery > 25 ? battery : 25),
        (long long)(base(city, stream, 2, -75, -50) + noise(city, stream, OF_BASE, tick, 3)));
}

static const struct {
    const char *measurement;
    void (*write)(struct city *, const struct sim_stream *, uint64_t, int64_t);
} channels[N_CHANNELS] = {
    [CHANNEL_BODY] = {"vitals", body},         [CHANNEL_IN_BED] = {"bed", bed},
    [CHANNEL_BAND] = {"vitals", band},         [CHANNEL_ROOM] = {"room", room},
    [CHANNEL_DOOR] = {"room", door},           [CHANNEL_SMOKE] = {"room", smoke},
    [CHANNEL_PRESSURE] = {"vitals", pressure}, [CHANNEL_DEVICE] = {"device", condition},
};

const char *telemetry_payload(struct city *city, const struct sim_stream *stream, uint64_t tick,
                              int64_t at_ms)
{
    buf_printf(&city->payload, "{\"ts\":%lld", (long long)(city->options.start_ms + at_ms));
    channels[stream->channel].write(city, stream, tick, at_ms);
    buf_add_char(&city->payload, '}');
    return channels[stream->channel].measurement;
}
