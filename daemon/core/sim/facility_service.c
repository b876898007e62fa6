/*
 * facility_service.c - what people in the house do and type: the rota's visits, calls that
 * are answered, rounds of vital signs.
 */
#include <stdio.h>

#include "core/sim/facility_private.h"

#define WORDS_OF_VISIT 3 /* planned, check-in, check-out */
#define PLANNED_AHEAD_MS (2 * HOUR_MS)
#define MAX_CALLS 2 /* a day */
#define ROUNDS 3

long long facility_epoch_ms(const struct facility *facility, int64_t at_ms)
{
    return (long long)(facility->options.start_ms + at_ms);
}

/* ---- visits: the two long cares of a day ---- */

void visit_payload_of(struct facility *facility, const struct visit_words *words)
{
    const struct bed *bed = &facility->bed[words->bed];
    char id[64];

    snprintf(id, sizeof(id), "v-%u-%llu-%u", words->bed + 1, (unsigned long long)words->day,
             words->number);
    buf_printf(&facility->payload,
               "{\"id\":\"%s-%s-%lld\",\"ts\":%lld,\"type\":\"visit.%s\",\"visit\":\"%s\","
               "\"worker\":\"w-%u\",\"recipient\":\"%s\"",
               id, words->type, (long long)(words->said_ms / SECOND_MS),
               facility_epoch_ms(facility, words->said_ms), words->type, id, words->worker,
               bed->resident);
    if (words->end_ms)
        buf_printf(&facility->payload, ",\"service\":\"care\",\"start\":%lld,\"end\":%lld}",
                   facility_epoch_ms(facility, words->start_ms),
                   facility_epoch_ms(facility, words->end_ms));
    else
        buf_printf(&facility->payload, ",\"method\":\"%s\"}",
                   words->by_hand ? "manual" : "nfc");
}

/* Two visits a day, three words each; a day's ticks are six. */
static struct visit_words rota_words(struct facility *facility, const struct stream *stream,
                                     uint64_t tick)
{
    int64_t day = day_of(facility, 0) + (int64_t)(tick / 6);
    const struct day_plan *plan = plan_of(facility, stream->bed, noon_of(facility, day));
    uint32_t which = (uint32_t)(tick % 6);
    const struct stretch *care = &plan->care[which / WORDS_OF_VISIT];
    struct visit_words words = {
        .bed = stream->bed,
        .day = (uint64_t)day,
        .number = which / WORDS_OF_VISIT,
        .worker = stream->bed * 4 + which / WORDS_OF_VISIT + 1,
    };

    switch (which % WORDS_OF_VISIT) {
    case 0:
        words.type = "planned";
        words.said_ms = care->from_ms - PLANNED_AHEAD_MS;
        words.start_ms = care->from_ms;
        words.end_ms = care->from_ms + 25 * MINUTE_MS;
        break;
    case 1:
        words.type = "checkin";
        words.said_ms = care->from_ms + 20 * SECOND_MS;
        break;
    default:
        words.type = "checkout";
        words.said_ms = care->to_ms - 15 * SECOND_MS;
    }
    return words;
}

int64_t visit_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick)
{
    return rota_words(facility, stream, tick).said_ms;
}

bool rota_payload(struct facility *facility, const struct stream *stream)
{
    struct visit_words words = rota_words(facility, stream, stream->tick);

    if (stream->at_ms < HOUR_MS && words.number == 0 && words.end_ms == 0)
        return false; /* its plan was before our time */
    visit_payload_of(facility, &words);
    return true;
}

/* ---- calls ---- */

/* The k-th call of a day and its answer: ticks 2k and 2k + 1. */
int64_t call_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick)
{
    struct draw_key key = bed_key(facility, stream->bed, CH_CALL);
    uint64_t number = tick / 2;
    int64_t day_ms = (int64_t)(number / MAX_CALLS) * DAY_MS;
    int64_t part_ms = (int64_t)(number % MAX_CALLS) * DAY_MS / MAX_CALLS;
    int64_t at_ms =
        day_ms + part_ms + draw_between(key, 2 * number, HOUR_MS, DAY_MS / MAX_CALLS - HOUR_MS);

    return tick % 2 == 0
               ? at_ms
               : at_ms + draw_between(key, 2 * number + 1, 15 * SECOND_MS, 150 * SECOND_MS);
}

bool call_payload(struct facility *facility, const struct stream *stream)
{
    const struct bed *bed = &facility->bed[stream->bed];
    const char *type = stream->tick % 2 ? "answered" : "pressed";
    struct draw_key key = bed_key(facility, stream->bed, CH_CALL);

    if (draw_between(key, stream->tick / 2 + (UINT64_C(1) << 32), 0, 2))
        return false; /* one in three of the possible ones */
    if (bed_is_odd(facility, stream->bed, call_tick_ms(facility, stream, stream->tick & ~1ull)))
        return false;
    buf_printf(&facility->payload,
               "{\"id\":\"call-%u-%llu-%s\",\"ts\":%lld,\"type\":\"call.%s\",\"bed\":\"%s\","
               "\"resident\":\"%s\"}",
               stream->bed + 1, (unsigned long long)(stream->tick / 2), type,
               facility_epoch_ms(facility, stream->at_ms), type, bed->name, bed->resident);
    return true;
}

/* ---- rounds ---- */

int64_t round_tick_ms(struct facility *facility, const struct stream *stream, uint64_t tick)
{
    static const int64_t hour[ROUNDS] = {2, 8, 20}; /* behind noon: at 14, 20 and 8 */
    struct draw_key key = bed_key(facility, stream->bed, CH_ROUND);
    int64_t noon_ms = noon_of(facility, day_of(facility, 0) + (int64_t)(tick / ROUNDS));

    return noon_ms + hour[tick % ROUNDS] * HOUR_MS + draw_between(key, tick, 0, 20 * MINUTE_MS);
}

struct round_values {
    struct vitals vitals;
    int64_t sys, dia;
};

static void round_values(struct facility *facility, uint32_t bed, int64_t at_ms,
                         struct round_values *values)
{
    struct draw_key key = bed_key(facility, bed, CH_ROUND + 128);

    vitals_at(facility, bed, at_ms, &values->vitals);
    values->sys = draw_between(key, 2 * (uint64_t)at_ms, 114, 148);
    values->dia = draw_between(key, 2 * (uint64_t)at_ms + 1, 64, 88);
}

bool round_payload(struct facility *facility, const struct stream *stream)
{
    int64_t at_ms = stream->at_ms;
    struct round_values values;
    struct life life;

    life_at(facility, stream->bed, at_ms, &life);
    if (life.place == OUTSIDE || act_at(facility, stream->bed, ACT_EXERCISE, at_ms))
        return false; /* the nurse comes again tomorrow */
    round_values(facility, stream->bed, at_ms, &values);
    if (act_at(facility, stream->bed, ACT_MISTYPED, at_ms))
        values.vitals.hr = 176;
    buf_printf(&facility->payload, "{\"ts\":%lld,\"hr\":%lld,\"resp\":%lld,\"spo2\":%lld",
               facility_epoch_ms(facility, at_ms), (long long)values.vitals.hr,
               (long long)values.vitals.resp, (long long)values.vitals.spo2);
    buf_printf(&facility->payload,
               ",\"temp\":%lld.%lld,\"sys\":%lld,\"dia\":%lld,\"consciousness\":\"A\","
               "\"on_o2\":false}",
               (long long)(values.vitals.temp / 10), (long long)(values.vitals.temp % 10),
               (long long)values.sys, (long long)values.dia);
    return true;
}

/* NEWS2 of a round, as the Royal College's chart has it (alert, on air): points by
 * the last limit that the value does not pass. */
static int64_t points(const int16_t chart[][2], int64_t value)
{
    while (value > chart[0][0])
        chart++;
    return chart[0][1];
}

static int64_t news2_of(const struct round_values *values, bool copd)
{
    static const int16_t resp[][2] = {{8, 3}, {11, 1}, {20, 0}, {24, 2}, {INT16_MAX, 3}};
    static const int16_t spo2[][2] = {{91, 3}, {93, 2}, {95, 1}, {INT16_MAX, 0}};
    static const int16_t spo2_copd[][2] = {{83, 3}, {85, 2}, {87, 1}, {INT16_MAX, 0}};
    static const int16_t sys[][2] = {{90, 3}, {100, 2}, {110, 1}, {219, 0}, {INT16_MAX, 3}};
    static const int16_t hr[][2] = {{40, 3},  {50, 1},  {90, 0},
                                    {110, 1}, {130, 2}, {INT16_MAX, 3}};
    static const int16_t temp[][2] = {{350, 3}, {360, 1}, {380, 0}, {390, 1}, {INT16_MAX, 2}};

    return points(resp, values->vitals.resp) +
           points(copd ? spo2_copd : spo2, values->vitals.spo2) + points(sys, values->sys) +
           points(hr, values->vitals.hr) + points(temp, values->vitals.temp);
}

int64_t round_that_sees(struct facility *facility, uint32_t bed, int64_t from_ms)
{
    struct stream rounds = {.bed = bed};
    struct round_values values;

    for (uint64_t tick = 0;; tick++) {
        int64_t at_ms = round_tick_ms(facility, &rounds, tick);
        if (at_ms < from_ms)
            continue;
        if (at_ms > from_ms + 4 * DAY_MS)
            return NEVER;
        round_values(facility, bed, at_ms, &values);
        if (news2_of(&values, facility->bed[bed].copd) >= 5)
            return at_ms;
    }
}
