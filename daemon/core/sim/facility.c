/*
 * facility.c - streams in a heap by the time of their next message, parcels in a heap by
 * arrival: the earlier of both is what happens next.
 *
 * A stream's next message is due by the clock (each minute), or at the next moment at which
 * the resident's day changes something, or every five seconds while something is odd; what
 * has nothing to say at such a moment says nothing.
 */
#include "core/sim/facility.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/sim/facility_private.h"

#define MAX_PAYLOAD (1u << 20)
#define JITTER_MS 1500

/* ---- when ---- */

static int64_t regular_after(struct facility *facility, const struct stream *stream,
                             int64_t after_ms)
{
    struct draw_key key = bed_key(facility, stream->bed, stream->channel);
    int64_t tick = (after_ms - stream->phase_ms) / REPORT_MS - 1;

    for (;; tick++) {
        int64_t at_ms = stream->phase_ms + tick * REPORT_MS +
                        draw_between(key, (uint64_t)tick, 0, JITTER_MS);
        if (at_ms > after_ms && tick >= 0)
            return at_ms;
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Regular reports, changes of the plan, and quick looks during acts. */
static void next_report(struct facility *facility, struct stream *stream)
{
    int64_t now_ms = stream->at_ms;
    int64_t fast_ms = (now_ms / FAST_MS + 1) * FAST_MS;
    int64_t at_ms = life_edge(facility, stream->bed, now_ms);
    int64_t regular_ms =
        stream->channel == CH_DOOR ? NEVER : regular_after(facility, stream, now_ms);

    at_ms = earlier(at_ms, act_begins(facility, stream->bed, now_ms));
    if (bed_is_odd(facility, stream->bed, fast_ms) ||
        bed_is_odd(facility, stream->bed, fast_ms - FAST_MS))
        at_ms = earlier(at_ms, fast_ms);
    stream->regular = regular_ms <= at_ms;
    stream->at_ms = earlier(at_ms, regular_ms);
    stream->tick++;
}

static void next_impact(struct facility *facility, struct stream *stream)
{
    /* Ticks: day, which of its sits, second. */
    for (;;) {
        uint64_t tick = ++stream->tick;
        int64_t day = day_of(facility, 0) + (int64_t)(tick / (8 * IMPACT_SECONDS));
        const struct day_plan *plan = plan_of(facility, stream->bed, noon_of(facility, day));
        uint64_t which = tick / IMPACT_SECONDS % 8;
        if (which >= plan->n_sits) {
            stream->tick += IMPACT_SECONDS - 1 - tick % IMPACT_SECONDS;
            continue;
        }
        stream->at_ms = motion_time(plan->sit[which], tick % IMPACT_SECONDS);
        if (stream->at_ms >= 0)
            return;
    }
}

static void advance(struct facility *facility, struct stream *stream)
{
    switch ((enum channel_of)stream->channel) {
    case CH_ROSTER:
        stream->at_ms = NEVER;
        break;
    case CH_STATUS:
        stream->at_ms += STATUS_MS;
        break;
    case CH_MAT:
    case CH_BAND:
    case CH_ROOM:
    case CH_DOOR:
        next_report(facility, stream);
        break;
    case CH_ROUND:
        stream->at_ms = round_tick_ms(facility, stream, ++stream->tick);
        break;
    case CH_VISIT:
        stream->at_ms = visit_tick_ms(facility, stream, ++stream->tick);
        break;
    case CH_CALL:
        stream->at_ms = call_tick_ms(facility, stream, ++stream->tick);
        break;
    case CH_IMPACT:
        next_impact(facility, stream);
        break;
    default:
        stream->at_ms = act_tick_ms(facility, &facility->act[stream->act], ++stream->tick);
    }
}

/* ---- what ---- */

static bool say_impact(struct facility *facility, const struct stream *stream)
{
    int64_t day = day_of(facility, 0) + (int64_t)(stream->tick / (8 * IMPACT_SECONDS));
    const struct day_plan *plan = plan_of(facility, stream->bed, noon_of(facility, day));
    int64_t sits_ms = plan->sit[stream->tick / IMPACT_SECONDS % 8];

    /* Not while an act has the resident, and one that begins in between has its own. */
    if (bed_is_odd(facility, stream->bed, sits_ms) || device_is_silent(facility, stream))
        return false;
    motion_payload(facility, stream->bed, sits_ms, (int64_t)(stream->tick % IMPACT_SECONDS) - 2,
                   N_ACTS);
    return true;
}

static bool say_status(struct facility *facility, const struct stream *stream)
{
    buf_printf(&facility->payload, "{\"ts\":%lld,\"online\":true,\"class\":\"90s\"}",
               facility_epoch_ms(facility, stream->at_ms));
    return true;
}

static enum city_kind kind_of(const struct stream *stream)
{
    switch ((enum channel_of)stream->channel) {
    case CH_ROSTER:
        return CITY_ROSTER;
    case CH_STATUS:
        return CITY_STATUS;
    case CH_VISIT:
    case CH_CALL:
        return CITY_EVENT;
    default:
        return CITY_TELEMETRY;
    }
}

static bool say(struct facility *facility, const struct stream *stream)
{
    switch ((enum channel_of)stream->channel) {
    case CH_ROSTER:
        facility_roster(facility, stream->ward);
        return true;
    case CH_STATUS:
        return say_status(facility, stream);
    case CH_MAT:
        return mat_payload(facility, stream);
    case CH_BAND:
        return band_payload(facility, stream);
    case CH_ROOM:
        return room_payload(facility, stream);
    case CH_DOOR:
        return door_payload(facility, stream);
    case CH_ROUND:
        return round_payload(facility, stream);
    case CH_VISIT:
        return rota_payload(facility, stream);
    case CH_CALL:
        return call_payload(facility, stream);
    default:
        return say_impact(facility, stream);
    }
}

static void speak(struct facility *facility)
{
    struct stream *stream = &facility->stream[heap_first(&facility->next)->item];
    uint8_t channel = stream->channel == CH_IMPACT ? CH_BAND : stream->channel;

    buf_clear(&facility->payload);
    if (stream->channel == CH_ACT) {
        enum city_kind kind = act_payload(facility, stream, &channel);
        transport_send(facility, stream, channel, kind);
    } else if (!device_is_silent(facility, stream) && say(facility, stream)) {
        transport_send(facility, stream, channel, kind_of(stream));
    }
    advance(facility, stream);
    heap_move_first(&facility->next, stream->at_ms);
}

/* Until the next parcel arrives before anybody speaks again. */
static void speak_until_due(struct facility *facility)
{
    while (facility->on_way.n == 0 ||
           heap_first(&facility->next)->at_ms <= heap_first(&facility->on_way)->at_ms)
        speak(facility);
}

int64_t facility_due_ms(struct facility *facility)
{
    speak_until_due(facility);
    return facility->options.start_ms + heap_first(&facility->on_way)->at_ms;
}

void facility_next(struct facility *facility, struct city_message *message)
{
    char device[24];

    speak_until_due(facility);
    if (facility->told != NOBODY)
        facility->free_parcel[facility->n_free++] = facility->told;
    facility->told = heap_first(&facility->on_way)->item;
    heap_drop_first(&facility->on_way);
    const struct parcel *parcel = &facility->parcel[facility->told];
    *message = (struct city_message){
        .time_ms = facility->options.start_ms + parcel->arrives_ms,
        .kind = (enum city_kind)parcel->kind,
        .topic = facility->topic,
        .payload = buf_str(&parcel->payload),
        .qos = 1,
        .retain = parcel->kind == CITY_STATUS || parcel->kind == CITY_ROSTER,
    };
    snprintf(facility->topic, sizeof(facility->topic), "care/v1/%s/%s/%s",
             facility->ward[parcel->ward].id,
             device_of(facility, parcel->channel, parcel->ward, parcel->bed, device),
             city_kind_name(message->kind));
}

/* ---- building ---- */

static void add_stream(struct facility *facility, struct stream stream)
{
    if (stream.at_ms == NEVER)
        return;
    if (facility->n_streams == facility->cap_streams) {
        facility->cap_streams = facility->cap_streams ? 2 * facility->cap_streams : 256;
        facility->stream =
            xrealloc(facility->stream, facility->cap_streams * sizeof(*facility->stream));
    }
    uint32_t i = facility->n_streams++;
    facility->stream[i] = stream;
    heap_add(&facility->next, &(struct heap_entry){stream.at_ms, i, i});
}

static void add_of_bed(struct facility *facility, uint32_t b, enum channel_of channel)
{
    struct stream stream = {
        .bed = b,
        .ward = facility->bed[b].ward,
        .channel = (uint8_t)channel,
        .phase_ms = draw_between(bed_key(facility, b, CH_BASE), 100 + (uint64_t)channel,
                                 2 * SECOND_MS, REPORT_MS),
    };

    stream.at_ms = SECOND_MS;
    switch (channel) {
    case CH_DOOR:
    case CH_MAT:
    case CH_BAND:
    case CH_ROOM:
        stream.regular = true;
        break;
    default: /* by ticks: the first that is not before our time */
        stream.tick = UINT64_MAX;
        do {
            advance(facility, &stream);
        } while (stream.at_ms < SECOND_MS);
    }
    add_stream(facility, stream);
}

static void add_streams(struct facility *facility)
{
    for (uint32_t w = 0; w < facility->n_wards; w++) {
        struct stream stream = {.ward = w, .bed = NOBODY, .at_ms = w % 100};
        stream.channel = CH_ROSTER;
        add_stream(facility, stream);
        stream.channel = CH_STATUS;
        stream.at_ms += 200;
        add_stream(facility, stream);
    }
    for (uint32_t b = 0; b < facility->n_beds; b++) {
        for (int channel = CH_MAT; channel <= CH_IMPACT; channel++) {
            if (facility->bed[b].has_band || (channel != CH_BAND && channel != CH_IMPACT))
                add_of_bed(facility, b, (enum channel_of)channel);
        }
    }
    for (uint32_t i = 0; i < facility->n_acts; i++) {
        const struct act *act = &facility->act[i];
        bool of_ward = act_rows[act->kind].where == WHOLE_WARD;
        add_stream(facility, (struct stream){
                                 .at_ms = act_tick_ms(facility, act, 0),
                                 .bed = of_ward ? NOBODY : act->bed,
                                 .ward = act->ward,
                                 .act = i,
                                 .channel = CH_ACT,
                             });
    }
}

static void build_house(struct facility *facility)
{
    uint32_t n_beds = facility->options.n_beds;

    facility->n_beds = n_beds;
    facility->n_wards = (n_beds + FACILITY_BEDS_PER_WARD - 1) / FACILITY_BEDS_PER_WARD;
    facility->bed = xcalloc(n_beds, sizeof(*facility->bed));
    facility->ward = xcalloc(facility->n_wards, sizeof(*facility->ward));
    for (uint32_t b = 0; b < n_beds; b++) {
        struct bed *bed = &facility->bed[b];
        struct ward *ward = &facility->ward[b / FACILITY_BEDS_PER_WARD];
        bed->ward = b / FACILITY_BEDS_PER_WARD;
        bed->number = b % FACILITY_BEDS_PER_WARD + 1;
        bed->has_band = bed->number % 2 == 1;
        bed->copd = draw_between(bed_key(facility, b, CH_BASE), 300, 0, 99) <
                    (int64_t)facility->options.copd;
        bed->first_act = NOBODY;
        bed->plan[0].day = bed->plan[1].day = INT64_MIN;
        snprintf(bed->name, sizeof(bed->name), "%u-%02u", bed->ward + 1, bed->number);
        snprintf(bed->resident, sizeof(bed->resident), "r-%u-%u", bed->ward + 1, bed->number);
        if (ward->n_beds++ > 0)
            continue;
        ward->first_bed = b;
        ward->first_act = NOBODY;
        snprintf(ward->id, sizeof(ward->id), "ward-%u", bed->ward + 1);
    }
}

struct facility *facility_new(const struct facility_options *options)
{
    struct facility *facility = xcalloc(1, sizeof(*facility));

    if (options->n_beds < 1 || options->n_beds > FACILITY_MAX_BEDS)
        BUG("a facility of %u beds", options->n_beds);
    facility->options = *options;
    facility->told = NOBODY;
    buf_init(&facility->payload, MAX_PAYLOAD);
    build_house(facility);
    acts_build(facility);
    add_streams(facility);
    return facility;
}

void facility_free(struct facility *facility)
{
    if (!facility)
        return;
    transport_done(facility);
    heap_done(&facility->next);
    buf_done(&facility->payload);
    free(facility->ward);
    free(facility->bed);
    free(facility->stream);
    free(facility->act);
    free(facility);
}
