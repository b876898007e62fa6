/*
 * city.c - the streams in a heap by the time of their next message: takes the earliest,
 * writes its message, puts it back.
 */
#include "core/sim/city.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/sim/city_private.h"

#define MAX_PAYLOAD (1u << 20)
/* Times of a device's streams differ by their slot, so no two of its messages share one. */
#define SLOTS 8

struct draw_key stream_key(const struct city *city, uint32_t site, uint32_t device,
                           uint32_t channel)
{
    return (struct draw_key){city->options.seed, site, device, channel};
}

int64_t stream_time(const struct city *city, const struct sim_stream *stream, uint64_t tick)
{
    struct draw_key key = stream_key(city, stream->site, stream->device, stream->channel);

    switch ((enum channel)stream->channel) {
    case CHANNEL_ROSTER:
        return tick == 0 ? stream->phase_ms : INT64_MAX;
    case CHANNEL_STATUS:
    case CHANNEL_ACTIVITY:
        return stream->phase_ms + (int64_t)tick * stream->interval_ms;
    case CHANNEL_VISIT:
        return visit_time(city, stream, tick);
    case CHANNEL_INCIDENT:
        return incident_event_time(city, &city->incident[stream->incident], tick);
    default:
        break;
    }
    int64_t jitter = draw_between(key, tick, 0, stream->interval_ms / 8);
    int64_t at_ms = stream->phase_ms + (int64_t)tick * stream->interval_ms + jitter;
    return at_ms / SLOTS * SLOTS + stream->slot;
}

uint64_t stream_tick_from(const struct city *city, const struct sim_stream *stream,
                          int64_t at_ms)
{
    int64_t guess = (at_ms - stream->phase_ms) / stream->interval_ms - 2;
    uint64_t tick = guess > 0 ? (uint64_t)guess : 0;

    while (stream_time(city, stream, tick) < at_ms)
        tick++;
    return tick;
}

/* ---- which is next ---- */

static void fill_heap(struct city *city)
{
    for (uint32_t i = 0; i < city->n_streams; i++) {
        city->stream[i].at_ms = stream_time(city, &city->stream[i], 0);
        heap_add(&city->heap, &(struct heap_entry){city->stream[i].at_ms, i, i});
    }
}

static struct sim_stream *first(struct city *city)
{
    return &city->stream[heap_first(&city->heap)->item];
}

static void advance(struct city *city)
{
    struct sim_stream *stream = first(city);

    stream->at_ms = stream_time(city, stream, ++stream->tick);
    heap_move_first(&city->heap, stream->at_ms);
}

/* ---- messages ---- */

static void status_payload(struct city *city, int64_t at_ms)
{
    buf_printf(&city->payload, "{\"ts\":%lld,\"online\":true,\"class\":\"90s\"}",
               since_epoch_ms(city, at_ms));
}

static void write_payload(struct city *city, const struct sim_stream *stream,
                          struct city_message *message)
{
    int64_t at_ms = stream->at_ms;

    message->kind = CITY_EVENT;
    switch ((enum channel)stream->channel) {
    case CHANNEL_ROSTER:
        message->kind = CITY_ROSTER;
        layout_roster(city, &city->site[stream->site]);
        return;
    case CHANNEL_STATUS:
        message->kind = CITY_STATUS;
        status_payload(city, at_ms);
        return;
    case CHANNEL_VISIT:
        visit_payload(city, stream, stream->tick);
        return;
    case CHANNEL_ACTIVITY:
        activity_payload(city, stream, stream->tick, at_ms);
        return;
    case CHANNEL_INCIDENT:
        message->kind = incident_payload(city, &city->incident[stream->incident], stream->tick);
        return;
    default:
        message->kind = CITY_TELEMETRY;
        message->measurement = telemetry_payload(city, stream, stream->tick, at_ms);
    }
}

const char *city_kind_name(enum city_kind kind)
{
    static const char *const name[] = {"",       "telemetry", "event",
                                       "status", "roster",    "registry"};

    return name[kind];
}

static const struct sim_stream *next_that_speaks(struct city *city)
{
    const struct sim_stream *stream = first(city);

    while (stream->channel != CHANNEL_INCIDENT &&
           incident_silences(city, stream, stream->at_ms)) {
        advance(city);
        stream = first(city);
    }
    return stream;
}

int64_t city_due_ms(struct city *city)
{
    return city->options.start_ms + next_that_speaks(city)->at_ms;
}

void city_next(struct city *city, struct city_message *message)
{
    const struct sim_stream *stream = next_that_speaks(city);
    const struct sim_device *device = &city->device[stream->device];

    buf_clear(&city->payload);
    *message = (struct city_message){
        .time_ms = city->options.start_ms + stream->at_ms,
        .qos = 1,
    };
    write_payload(city, stream, message);
    snprintf(city->topic, sizeof(city->topic), "care/v1/%s/%s/%s", city->site[stream->site].id,
             device->id, city_kind_name(message->kind));
    message->retain = message->kind == CITY_STATUS || message->kind == CITY_ROSTER;
    message->topic = city->topic;
    message->payload = buf_str(&city->payload);
    advance(city);
}

/* ---- the whole ---- */

struct city *city_new(const struct city_options *options)
{
    struct city *city = xcalloc(1, sizeof(*city));

    if (options->n_sites < 1 || options->n_sites > CITY_MAX_SITES || options->n_beds < 1 ||
        options->n_beds > CITY_MAX_BEDS)
        BUG("a city of %u sites with %u beds", options->n_sites, options->n_beds);
    city->options = *options;
    buf_init(&city->payload, MAX_PAYLOAD);
    layout_build(city);
    incidents_build(city);
    fill_heap(city);
    return city;
}

void city_free(struct city *city)
{
    if (!city)
        return;
    buf_done(&city->payload);
    free(city->site);
    free(city->device);
    free(city->stream);
    free(city->incident);
    heap_done(&city->heap);
    free(city);
}

void city_sites(const struct city *city, struct buf *out)
{
    buf_add_text(out, "sites = (\n");
    for (uint32_t s = 0; s < city->n_sites; s++) {
        const struct sim_site *site = &city->site[s];
        int64_t lat_e6, lon_e6;

        layout_place(city, site, &lat_e6, &lon_e6);
        buf_printf(
            out,
            "  { site = \"%s\"; kind = \"%s\"; lat = %lld.%06lld; lon = %lld.%06lld; }%s\n",
            site->id, site_kind_text(site->kind), (long long)(lat_e6 / 1000000),
            (long long)(lat_e6 % 1000000), (long long)(lon_e6 / 1000000),
            (long long)(lon_e6 % 1000000), s + 1 < city->n_sites ? "," : "");
    }
    buf_add_text(out, ");\n");
}
