/*
 * visit.c - one service order: what events do to it, and what its deadlines find.
 *
 *                start            late_at             missed_at
 *   PLANNED,
 *   ASSIGNED -----|---- DUE --------|------ "late" ------|---- MISSED, "missed"
 *        \          \ checkin         \ checkin            \ checkin: heals, or late after all
 *         `----------`-- IN_SERVICE ---`--- end + grace ----`-- "no_checkout"
 *                             \ checkout: CHECKED_OUT
 *
 * Events may come late and in any order: a check-in counts at its own time (never after
 * arrival), a plan that arrives behind its start gets a minute for the rest of its upload,
 * and while our own links are down nothing is called late.
 */
#include "core/service/visit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/key.h"
#include "base/mem.h"
#include "core/ingest/document.h"
#include "core/service/event_types.h"
#include "core/service/visit_private.h"

#define SECOND_NS INT64_C(1000000000)
#define SETTLE_NS (60 * SECOND_NS)
/* A visit without a plan has no end; nobody stays longer. */
#define LONGEST_VISIT_NS (12 * 3600 * SECOND_NS)
#define KEEP_NS (7 * 86400 * SECOND_NS)
#define KEEP_OPEN_NS (30 * 86400 * SECOND_NS)
#define MAX_AHEAD_NS (2 * 366 * 86400 * SECOND_NS)

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- deadlines ---- */

static int64_t grace_ns(const struct fold *fold, enum visit_exception exception)
{
    return visit_rule(fold, exception)->after_ns;
}

/* A plan that came late settles first, though never longer than the grace: where seconds
 * count, they count here too. */
static int64_t late_at(const struct fold *fold, const struct visit *visit)
{
    int64_t after_ns = grace_ns(fold, EXCEPTION_LATE);
    return later(visit->start_ns + after_ns,
                 visit->planned_at_ns + earlier(after_ns, SETTLE_NS));
}

static int64_t missed_at(const struct fold *fold, const struct visit *visit)
{
    int64_t due_ns = earlier(visit->start_ns + grace_ns(fold, EXCEPTION_MISSED), visit->end_ns);
    return later(due_ns, late_at(fold, visit));
}

static int64_t no_checkout_at(const struct fold *fold, const struct visit *visit)
{
    int64_t end_ns = visit->end_ns ? visit->end_ns : visit->checkin_ns + LONGEST_VISIT_NS;
    return later(end_ns + grace_ns(fold, EXCEPTION_NO_CHECKOUT), visit->changed_ns + SETTLE_NS);
}

static int64_t deadline_of_state(const struct fold *fold, const struct visit *visit)
{
    switch (visit->state) {
    case VISIT_PLANNED:
    case VISIT_ASSIGNED:
        return visit->start_ns;
    case VISIT_DUE:
        return visit->told & EXCEPTION_LATE
                   ? missed_at(fold, visit)
                   : earlier(late_at(fold, visit), missed_at(fold, visit));
    case VISIT_IN_SERVICE:
        return visit->told & EXCEPTION_NO_CHECKOUT ? visit->changed_ns + KEEP_OPEN_NS
                                                   : no_checkout_at(fold, visit);
    case VISIT_CHECKED_OUT:
    case VISIT_VERIFIED:
        return visit->checked_ns ? visit->checked_ns : visit->changed_ns + KEEP_NS;
    case VISIT_REQUESTED:
        return visit->changed_ns + KEEP_OPEN_NS;
    default:
        return visit->changed_ns + KEEP_NS;
    }
}

/* Until when the worker's position is kept; INT64_MAX when there is none. */
static int64_t position_until(const struct fold *fold, const struct visit *visit)
{
    return isnan(visit->at_lat) ? INT64_MAX
                                : visit->checkin_ns + fold->rules->settings.position_for_ns;
}

static int64_t next_deadline(const struct fold *fold, const struct visit *visit)
{
    return earlier(deadline_of_state(fold, visit), position_until(fold, visit));
}

static void arm(struct fold *fold, struct visit *visit, int64_t due_ns)
{
    timer_arm(&fold->timers, &visit->timer, TIMER_VISIT, visit->number,
              later(due_ns, fold->now_ns + 1));
}

/* ---- the table ---- */

struct visit *service_visit(const struct service *service, uint64_t number)
{
    return number < service->n_visits ? service->by_number[number] : NULL;
}

static size_t visit_key(const char *site, struct cw_str id, char *dst, size_t cap)
{
    return key_join(dst, cap, str_of(site), '/', id).n;
}

struct visit *service_find(const struct service *service, struct cw_str site,
                           struct cw_str visit)
{
    char key[2 * MAX_ID + 2];
    if (site.n > MAX_ID || visit.n > MAX_ID)
        return NULL;
    return map_get(&service->visit, key_join(key, sizeof(key), site, '/', visit));
}

void visit_link(struct service *service, struct site *site, struct visit *visit)
{
    char key[2 * MAX_ID + 2];
    size_t n = visit_key(site->id, str_of(visit->id), key, sizeof(key));
    visit->site = site->number;
    visit->older_of_site = site->newest_visit;
    if (site->newest_visit)
        site->newest_visit->newer_of_site = visit;
    else
        site->oldest_visit = visit;
    site->newest_visit = visit;
    service->by_number[visit->number] = visit;
    map_put(&service->visit, (struct cw_str){key, n}, visit);
    visit_ids_add(&service->by_id, visit);
}

static uint32_t next_number(struct service *service)
{
    if (service->n_free > 0)
        return service->free_number[--service->n_free];
    service->by_number =
        xrealloc(service->by_number, (service->n_visits + 1) * sizeof(struct visit *));
    service->by_number[service->n_visits] = NULL;
    return service->n_visits++;
}

static void unlink_of_site(struct site *site, struct visit *visit)
{
    if (visit->older_of_site)
        visit->older_of_site->newer_of_site = visit->newer_of_site;
    else
        site->oldest_visit = visit->newer_of_site;
    if (visit->newer_of_site)
        visit->newer_of_site->older_of_site = visit->older_of_site;
    else
        site->newest_visit = visit->older_of_site;
}

/* Its count stays: it is how it ended. */
static void forget(struct fold *fold, struct visit *visit)
{
    struct service *service = fold->service;
    visit_unjudge(fold, visit);
    today_forget_visit(fold, visit);
    unlink_of_site(fold->registry.site[visit->site], visit);
    char key[2 * MAX_ID + 2];
    size_t n =
        visit_key(fold->registry.site[visit->site]->id, str_of(visit->id), key, sizeof(key));
    map_remove(&service->visit, (struct cw_str){key, n});
    visit_ids_remove(&service->by_id, visit);
    service->by_number[visit->number] = NULL;
    service->free_number =
        xrealloc(service->free_number, (service->n_free + 1) * sizeof(*service->free_number));
    service->free_number[service->n_free++] = visit->number;
    free(visit);
}

struct visit *visit_meet(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str id = {0};
    if (document_id(event->doc, event->root, "visit", &id, event->err))
        BUG("an event of a visit came without its required member");
    struct visit *visit = service_find(fold->service, str_of(event->site->id), id);
    if (visit) {
        visit_met(event, visit);
        return visit;
    }
    if (map_count(&fold->service->visit) >= (uint64_t)fold->rules->settings.max_visits) {
        err_set(event->err, 0, "There are %u visits already: limits.visits is reached.",
                map_count(&fold->service->visit));
        return NULL;
    }
    visit = xcalloc(1, sizeof(*visit));
    visit->number = next_number(fold->service);
    (void)str_copy(visit->id, sizeof(visit->id), id);
    visit_init(visit);
    visit_link(fold->service, event->site, visit);
    visit_met(event, visit);
    return visit;
}

void visit_init(struct visit *visit)
{
    visit->distance_m = -1;
    visit->lat = visit->lon = visit->at_lat = visit->at_lon = (double)NAN;
}

void visit_changed(struct fold *fold, struct visit *visit)
{
    if (visit_peers_moved(fold, visit))
        visit_judge(fold, visit);
    visit->changed_ns = fold->now_ns;
    arm(fold, visit, next_deadline(fold, visit));
    tally_visit(fold, visit);
    today_note_visit(fold, visit);
    if (fold->sink->visit)
        fold->sink->visit(fold->sink->ctx, fold->at, visit);
}

int64_t visit_grace_ns(const struct fold *fold, enum visit_exception exception)
{
    return grace_ns(fold, exception);
}

/* ---- time ---- */

/* Until when nothing may be called late: we are deaf, or the backlog is still coming. */
static int64_t excused_until(const struct fold *fold, const struct visit *visit)
{
    if (fold->registry.deaf)
        return fold->now_ns + SETTLE_NS;
    return fold->registry.site[visit->site]->supervised_from_ns;
}

static void due_planned(struct fold *fold, struct visit *visit)
{
    int64_t now_ns = fold->now_ns;
    if (now_ns >= missed_at(fold, visit)) {
        visit_settle(fold, visit, EXCEPTION_LATE, "missed");
        visit->state = VISIT_MISSED;
        visit_except(fold, visit, EXCEPTION_MISSED);
    } else if (now_ns >= late_at(fold, visit)) {
        visit->state = VISIT_DUE;
        if (!(visit->told & EXCEPTION_LATE))
            visit_except(fold, visit, EXCEPTION_LATE);
    } else {
        visit->state = VISIT_DUE;
    }
    visit_changed(fold, visit);
}

void visit_due(struct fold *fold, struct visit *visit)
{
    if (fold->now_ns >= position_until(fold, visit))
        visit->at_lat = visit->at_lon = (double)NAN; /* distance_m stays */
    int64_t due_ns = next_deadline(fold, visit);
    if (fold_due_ns(fold) < due_ns) {
        timer_arm(&fold->timers, &visit->timer, TIMER_VISIT, visit->number, due_ns);
        return;
    }
    bool is_open = visit->state == VISIT_PLANNED || visit->state == VISIT_ASSIGNED ||
                   visit->state == VISIT_DUE ||
                   (visit->state == VISIT_IN_SERVICE && !(visit->told & EXCEPTION_NO_CHECKOUT));
    if (!is_open && visit->checked_ns) {
        visit_corroborate(fold, visit);
    } else if (!is_open) {
        forget(fold, visit);
    } else if (fold->now_ns < excused_until(fold, visit)) {
        arm(fold, visit, excused_until(fold, visit));
    } else if (visit->state == VISIT_IN_SERVICE) {
        visit_except(fold, visit, EXCEPTION_NO_CHECKOUT);
        visit_changed(fold, visit);
    } else {
        due_planned(fold, visit);
    }
}
