/*
 * facility_transport.c - from the device to us: radio, gateway, broker.
 *
 *   device --radio--> gateway --> broker --> we
 *           lost,      down: keeps what it has,
 *           late       then sends it in a burst
 *
 * Ordinary reports may be lost or late. What is confirmed (a change, an impact, an event) is
 * sent again until it is taken, so it only comes a few seconds later. Anything may come
 * twice. Drawn by the message's own key: independent of incidents.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/sim/facility_private.h"

#define BURST_MS (20 * SECOND_MS)
#define BACK_AFTER_MS (2 * SECOND_MS)

static bool chance(struct draw_key key, uint64_t n, uint32_t permille)
{
    return draw(key, n) % 1000 < permille;
}

/* The battery is empty, or the radio fades: the loss rises to seven in ten. */
static bool drops_out(const struct act *act, const struct stream *stream, struct draw_key key)
{
    int64_t length_ms = act->end_ms - act->t0_ms;

    if (act->variant >= 3)
        return true;
    int64_t loss = (stream->at_ms - act->t0_ms) * 1000 / length_ms;
    return chance(key, (uint64_t)stream->at_ms * 8 + 7, (uint32_t)(loss < 700 ? loss : 700));
}

static uint8_t dropped_channel(const struct facility *facility, const struct act *act)
{
    static const uint8_t channel[] = {CH_MAT, CH_ROOM, CH_BAND};
    uint8_t chosen = channel[act->variant % 3];

    return chosen == CH_BAND && !facility->bed[act->bed].has_band ? CH_ROOM : chosen;
}

bool device_is_silent(const struct facility *facility, const struct stream *stream)
{
    const struct act *act;

    if (stream->bed == NOBODY || stream->channel < CH_MAT || stream->channel > CH_ROOM)
        return false;
    if ((act = act_at(facility, stream->bed, ACT_DROPOUT, stream->at_ms)) &&
        stream->channel == dropped_channel(facility, act))
        return drops_out(act, stream, bed_key(facility, stream->bed, CH_TRANSPORT));
    if (stream->channel != CH_BAND)
        return false;
    act = act_at(facility, stream->bed, ACT_CHARGING, stream->at_ms);
    if (!act)
        act = act_at(facility, stream->bed, ACT_RESIDENT_OUT, stream->at_ms);
    return act && stream->at_ms - act->t0_ms > 90 * SECOND_MS;
}

/* ---- parcels ---- */

static uint32_t free_slot(struct facility *facility)
{
    if (facility->n_free > 0)
        return facility->free_parcel[--facility->n_free];
    uint32_t n = facility->n_parcels++;
    facility->parcel = xrealloc(facility->parcel, (n + 1) * sizeof(*facility->parcel));
    facility->free_parcel =
        xrealloc(facility->free_parcel, (n + 1) * sizeof(*facility->free_parcel));
    buf_init(&facility->parcel[n].payload, 1u << 20);
    return n;
}

/* Of two that arrive at once the order is the messages' own, too. */
static void post(struct facility *facility, const struct stream *stream, uint8_t channel,
                 enum city_kind kind, int64_t arrives_ms)
{
    struct draw_key key = {facility->options.seed, stream->ward, stream->bed, stream->channel};

    uint32_t slot = free_slot(facility);
    struct parcel *parcel = &facility->parcel[slot];

    buf_clear(&parcel->payload);
    buf_add_str(&parcel->payload, buf_str(&facility->payload));
    parcel->arrives_ms = arrives_ms;
    parcel->kind = (uint8_t)kind;
    parcel->channel = channel;
    parcel->ward = stream->ward;
    parcel->bed = stream->bed;
    heap_add(&facility->on_way,
             &(struct heap_entry){arrives_ms, draw(key, (uint64_t)stream->at_ms), slot});
}

void transport_done(struct facility *facility)
{
    for (uint32_t i = 0; i < facility->n_parcels; i++)
        buf_done(&facility->parcel[i].payload);
    free(facility->parcel);
    free(facility->free_parcel);
    heap_done(&facility->on_way);
}

/* ---- the way ---- */

static const struct act *gateway_down(const struct facility *facility, uint32_t ward,
                                      int64_t at_ms)
{
    const struct act *act = ward_act_at(facility, ward, ACT_GATEWAY_LOSS, at_ms);

    return act ? act : ward_act_at(facility, ward, ACT_PLANNED_RESTART, at_ms);
}

int64_t transport_through(const struct facility *facility, uint32_t ward, int64_t at_ms)
{
    const struct act *down = gateway_down(facility, ward, at_ms);

    if (!down)
        return at_ms;
    int64_t place = (at_ms - down->t0_ms) * BURST_MS / (down->end_ms - down->t0_ms);
    return down->end_ms + BACK_AFTER_MS + place;
}

/* Its time; not how many there were before it, which an act may change. */
static uint64_t message_number(const struct stream *stream)
{
    return (uint64_t)stream->at_ms * 8;
}

/* The gateway's own word, the broker's about it, or maintenance that is announced. */
static bool is_about_gateway(const struct facility *facility, const struct stream *stream,
                             enum city_kind kind)
{
    if (kind == CITY_STATUS || kind == CITY_ROSTER)
        return true;
    return stream->channel == CH_ACT && facility->act[stream->act].kind == ACT_PLANNED_RESTART;
}

void transport_send(struct facility *facility, const struct stream *stream, uint8_t channel,
                    enum city_kind kind)
{
    const struct facility_options *options = &facility->options;
    uint32_t sub = CH_TRANSPORT + 8 * ((uint32_t)stream->channel + 1);
    struct draw_key key = stream->bed == NOBODY ? ward_key(facility, stream->ward, sub)
                                                : bed_key(facility, stream->bed, sub);
    uint64_t n = message_number(stream);
    bool confirmed = !stream->regular || kind != CITY_TELEMETRY;
    int64_t delay_ms = draw_between(key, n, 40, 400);

    if (is_about_gateway(facility, stream, kind)) {
        if (stream->channel == CH_ACT || !gateway_down(facility, stream->ward, stream->at_ms))
            post(facility, stream, channel, kind, stream->at_ms + delay_ms);
        return;
    }
    struct draw_key fate = key;
    fate.channel += 4;
    if (chance(fate, n, options->lost)) {
        if (!confirmed)
            return;
        delay_ms += draw_between(fate, n + 1, 1000, 4000);
    }
    if (!confirmed && chance(fate, n + 2, options->late))
        delay_ms += draw_between(fate, n + 1, 1000, 29000);
    int64_t arrives_ms = transport_through(facility, stream->ward, stream->at_ms + delay_ms);
    post(facility, stream, channel, kind, arrives_ms);
    if (chance(fate, n + 3, options->twice))
        post(facility, stream, channel, kind,
             transport_through(facility, stream->ward,
                               stream->at_ms + delay_ms + draw_between(key, n + 1, 100, 5000)));
}
