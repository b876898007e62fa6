/*
 * incident_event.c - the messages that an incident sends itself, beside those it changes:
 * calls, visits that go wrong, the last will of a gateway.
 */
#include <stdio.h>
#include <string.h>

#include "core/sim/city_private.h"

#define ANSWER_AFTER_MS (8 * SECOND_MS)

static bool is_visit(enum incident_kind kind)
{
    return kind == INCIDENT_VISIT_MISSED || kind == INCIDENT_VISIT_HEALED;
}

/* t0 is the planned start. The healed one was in time; only its check-in came late. */
static struct sim_visit visit_of(const struct city *city, const struct sim_incident *incident)
{
    struct sim_visit visit = {
        .planned_ms = incident->t0_ms - 400,
        .start_ms = incident->t0_ms,
        .end_ms = incident->t0_ms + 40 * SECOND_MS,
        .checkin_ms = incident->t0_ms + 2 * SECOND_MS,
        .checkout_ms = incident->t0_ms + 39 * SECOND_MS,
    };

    snprintf(visit.id, sizeof(visit.id), "visit-%lld-i%u",
             (long long)(city->options.start_ms / SECOND_MS), incident->number);
    return visit;
}

int64_t incident_event_time(const struct city *city, const struct sim_incident *incident,
                            uint64_t tick)
{
    struct sim_visit visit = visit_of(city, incident);
    int64_t time[3] = {INT64_MAX, INT64_MAX, INT64_MAX};

    if (is_visit(incident->kind))
        time[0] = visit.planned_ms;
    if (incident->kind == INCIDENT_VISIT_HEALED) {
        time[1] = visit.start_ms + 7 * SECOND_MS;
        time[2] = visit.checkout_ms;
    }
    if (incident->kind == INCIDENT_CALL_UNANSWERED ||
        incident->kind == INCIDENT_CALL_ANSWERED) {
        time[0] = incident->t0_ms;
        time[1] = incident->t1_ms;
    }
    if (incident->kind == INCIDENT_GATEWAY_LOSS)
        time[0] = incident->t0_ms;
    return tick < 3 ? time[tick] : INT64_MAX;
}

static void call_event(struct city *city, const struct sim_incident *incident, uint64_t tick)
{
    const struct sim_device *device = &city->device[incident->device];
    const char *type = tick == 0 ? "pressed" : "answered";
    int64_t at_ms = tick == 0 ? incident->t0_ms : incident->t1_ms;

    buf_printf(&city->payload, "{\"id\":\"call-%lld-%u-%s\",\"ts\":%lld,\"type\":\"call.%s\"",
               (long long)(city->options.start_ms / SECOND_MS), incident->number, type,
               since_epoch_ms(city, at_ms), type);
    buf_printf(&city->payload, ",\"resident\":\"%s\"", device->resident);
    if (device->bed[0])
        buf_printf(&city->payload, ",\"bed\":\"%s\"", device->bed);
    if (tick > 0)
        buf_printf(&city->payload, ",\"by\":\"w-%u\"", incident->site % 40 + 1);
    buf_add_char(&city->payload, '}');
}

enum city_kind incident_payload(struct city *city, const struct sim_incident *incident,
                                uint64_t tick)
{
    struct sim_visit visit = visit_of(city, incident);

    if (incident->kind == INCIDENT_GATEWAY_LOSS) {
        buf_printf(&city->payload, "{\"ts\":%lld,\"online\":false,\"class\":\"90s\"}",
                   since_epoch_ms(city, incident->t0_ms));
        return CITY_STATUS;
    }
    if (is_visit(incident->kind))
        visit_event(city, &city->site[incident->site], &visit, (enum visit_part)tick);
    else
        call_event(city, incident, tick);
    return CITY_EVENT;
}
