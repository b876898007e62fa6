/*
 * visit_trail.c - what an event corrects of a visit: a plan that is moved, another worker, a
 * check-in that was earlier, a word of the recipient that is taken back.
 *
 * Exceptions are not here: they have alarms with a history of their own. Nor is where the
 * worker stood: that is forgotten on purpose (service.position_for).
 */
#include "base/key.h"
#include "core/ingest/document.h"
#include "core/service/visit_private.h"

#define MAX_REASON 256u

void visit_met(struct event *event, struct visit *visit)
{
    event->visit = visit;
    event->before = *visit;
}

/* A visit that goes on is not corrected; one that goes back or is called off is. */
static void compare_states(struct trail *trail, const struct visit *old,
                           const struct visit *now)
{
    bool goes_on = now->state > old->state && now->state != VISIT_CANCELLED;
    if (old->state && !goes_on)
        trail_text(trail, "state", visit_state_name(old->state), visit_state_name(now->state));
}

static void compare(struct trail *trail, const struct visit *old, const struct visit *now)
{
    compare_states(trail, old, now);
    trail_text(trail, "service", old->service, now->service);
    trail_text(trail, "recipient", old->recipient, now->recipient);
    trail_text(trail, "worker", old->worker, now->worker);
    trail_text(trail, "project", old->project, now->project);
    trail_time(trail, "start", old->start_ns, now->start_ns);
    trail_time(trail, "end", old->end_ns, now->end_ns);
    trail_real(trail, "lat", old->lat, now->lat);
    trail_real(trail, "lon", old->lon, now->lon);
    trail_time(trail, "checkin", old->checkin_ns, now->checkin_ns);
    trail_time(trail, "checkout", old->checkout_ns, now->checkout_ns);
    trail_text(trail, "method", old->method, now->method);
    trail_int(trail, "score", old->score, now->score, 0);
    trail_int(trail, "amount_fen", old->amount_fen, now->amount_fen, 0);
}

void event_author(const struct event *event, struct cw_str *by, struct cw_str *reason)
{
    *by = str_of(event->sender->id);
    *reason = CW_STR("");
    (void)document_id(event->doc, event->root, "by", by, NULL);
    (void)document_text(event->doc, event->root, "reason", reason, NULL);
    reason->n = utf8_cut(*reason, MAX_REASON);
}

void visit_trail(const struct event *event, const char *what)
{
    const struct visit *visit = event->visit;
    char id[2 * MAX_ID + 2];
    struct trail trail;
    struct trail_change change = {.kind = "visits", .what = what};
    const char *site = event->fold->registry.site[visit->site]->id;
    trail_look(&trail);
    compare(&trail, &event->before, visit);
    if (!trail.corrects)
        return;
    change.id = key_join(id, sizeof(id), str_of(site), '/', str_of(visit->id));
    event_author(event, &change.by, &change.reason);
    trail_begin(&trail);
    compare(&trail, &event->before, visit);
    trail_end(&trail, event->fold, change);
}
