/*
 * visits.c - service at homes and stations: visits that are planned, kept and closed in
 * time, and the sessions that stations hold.
 */
#include <stdio.h>

#include "core/sim/city_private.h"

#define START_MS (20 * SECOND_MS) /* behind the planning */
#define LENGTH_MS (40 * SECOND_MS)

long long since_epoch_ms(const struct city *city, int64_t at_ms)
{
    return (long long)(city->options.start_ms + at_ms);
}

static struct sim_visit visit_of(const struct city *city, const struct sim_stream *stream,
                                 uint64_t tick)
{
    uint64_t number = tick / N_VISIT_PARTS;
    struct draw_key key = stream_key(city, stream->site, 0, CHANNEL_VISIT);
    struct sim_visit visit = {
        .planned_ms = stream->phase_ms + (int64_t)number * stream->interval_ms,
    };

    visit.start_ms = visit.planned_ms + START_MS;
    visit.end_ms = visit.start_ms + LENGTH_MS;
    visit.checkin_ms = visit.start_ms + draw_between(key, 2 * number + 2, -2000, 3000);
    visit.checkout_ms = visit.end_ms + draw_between(key, 2 * number + 3, -4000, 3000);
    snprintf(visit.id, sizeof(visit.id), "visit-%lld-%llu",
             (long long)(city->options.start_ms / SECOND_MS), (unsigned long long)number);
    return visit;
}

int64_t visit_time(const struct city *city, const struct sim_stream *stream, uint64_t tick)
{
    struct sim_visit visit = visit_of(city, stream, tick);
    const int64_t time[N_VISIT_PARTS] = {visit.planned_ms, visit.checkin_ms, visit.checkout_ms};

    return time[tick % N_VISIT_PARTS];
}

void visit_event(struct city *city, const struct sim_site *site, const struct sim_visit *visit,
                 enum visit_part part)
{
    static const char *const type[] = {"planned", "checkin", "checkout"};
    static const char *const service[] = {"bath", "meal", "clean", "rehab"};
    const int64_t time[] = {visit->planned_ms, visit->checkin_ms, visit->checkout_ms};
    uint64_t which = (uint64_t)visit->start_ms / SECOND_MS + site->number;

    buf_printf(&city->payload,
               "{\"id\":\"%s-%s\",\"ts\":%lld,\"type\":\"visit.%s\",\"visit\":\"%s\","
               "\"worker\":\"w-%u\"",
               visit->id, type[part], since_epoch_ms(city, time[part]), type[part], visit->id,
               site->number % 40 + 1);
    if (part == VISIT_IS_PLANNED)
        buf_printf(&city->payload,
                   ",\"service\":\"%s\",\"recipient\":\"r-%u-1\",\"start\":%lld,\"end\":%lld}",
                   service[which % 4], site->number + 1, since_epoch_ms(city, visit->start_ms),
                   since_epoch_ms(city, visit->end_ms));
    else
        buf_printf(&city->payload, ",\"method\":\"%s\"}", which % 3 ? "nfc" : "qr");
}

void visit_payload(struct city *city, const struct sim_stream *stream, uint64_t tick)
{
    struct sim_visit visit = visit_of(city, stream, tick);

    visit_event(city, &city->site[stream->site], &visit,
                (enum visit_part)(tick % N_VISIT_PARTS));
}

void activity_payload(struct city *city, const struct sim_stream *stream, uint64_t tick,
                      int64_t at_ms)
{
    static const char *const category[] = {"service", "training", "publicity"};
    static const char *const service[] = {"health-check", "first-aid", "policy-lecture"};
    struct draw_key key = stream_key(city, stream->site, 0, CHANNEL_ACTIVITY);
    char id[48];

    snprintf(id, sizeof(id), "act-%lld-%llu", (long long)(city->options.start_ms / SECOND_MS),
             (unsigned long long)tick);
    buf_printf(&city->payload,
               "{\"id\":\"%s\",\"ts\":%lld,\"type\":\"activity.held\",\"activity\":\"%s\","
               "\"category\":\"%s\",\"service\":\"%s\",\"start\":%lld,\"end\":%lld,"
               "\"persons\":%lld}",
               id, since_epoch_ms(city, at_ms), id, category[tick % 3], service[tick % 3],
               since_epoch_ms(city, at_ms - 3600 * SECOND_MS), since_epoch_ms(city, at_ms),
               (long long)draw_between(key, tick + 2, 6, 40));
}
