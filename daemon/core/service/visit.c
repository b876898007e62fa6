/*
 * visit.c - one service order: what events do to it, and what its deadlines find.
 *
 *                start            late_at             missed_at
 *   PLANNED ------|---- DUE --------|------ "late" ------|---- MISSED, "missed"
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

#include "base/mem.h"
#include "core/ingest/document.h"
#include "core/service/event_types.h"

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

static const char *condition_of(enum visit_exception exception)
{
    return exception == EXCEPTION_LATE     ? CONDITION_VISIT_LATE
           : exception == EXCEPTION_MISSED ? CONDITION_VISIT_MISSED
                                           : CONDITION_VISIT_NO_CHECKOUT;
}

static int64_t grace_ns(const struct fold *fold, enum visit_exception exception)
{
    return ruleset_builtin(fold->rules, condition_of(exception))->after_ns;
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

static int64_t next_deadline(const struct fold *fold, const struct visit *visit)
{
    switch (visit->state) {
    case VISIT_PLANNED:
        return visit->start_ns;
    case VISIT_DUE:
        return visit->told & EXCEPTION_LATE
                   ? missed_at(fold, visit)
                   : earlier(late_at(fold, visit), missed_at(fold, visit));
    case VISIT_IN_SERVICE:
        return visit->told & EXCEPTION_NO_CHECKOUT ? visit->changed_ns + KEEP_OPEN_NS
                                                   : no_checkout_at(fold, visit);
    default:
        return visit->changed_ns + KEEP_NS;
    }
}

static void arm(struct fold *fold, struct visit *visit, int64_t due_ns)
{
    timer_arm(&fold->timers, &visit->timer, TIMER_VISIT, visit->number,
              later(due_ns, fold->now_ns + 1));
}

/* ---- alarms ---- */

static size_t subject_of(const struct site *site, const struct visit *visit,
                         char dst[MAX_ALARM_SUBJECT])
{
    return (size_t)snprintf(dst, MAX_ALARM_SUBJECT, "%s/visit:%s", site->id, visit->id);
}

static void except(struct fold *fold, struct visit *visit, enum visit_exception exception)
{
    const struct site *site = fold->registry.site[visit->site];
    const struct rule *rule = ruleset_builtin(fold->rules, condition_of(exception));
    visit->exceptions |= exception;
    visit->told |= exception;
    if (!rule_pattern_matches(rule->site, str_of(site->id)))
        return;
    char subject[MAX_ALARM_SUBJECT];
    size_t n = subject_of(site, visit, subject);
    struct alarm_desc desc = {.rule = rule,
                              .subject = {subject, n},
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .resident = str_of(visit->recipient),
                              .value = (double)NAN,
                              .limit = (double)NAN};
    alarm_raise(fold, &desc);
}

static void settle(struct fold *fold, struct visit *visit, uint32_t exceptions,
                   const char *note)
{
    static const enum visit_exception each[] = {EXCEPTION_LATE, EXCEPTION_MISSED,
                                                EXCEPTION_NO_CHECKOUT};
    const struct site *site = fold->registry.site[visit->site];
    char subject[MAX_ALARM_SUBJECT];
    size_t n = subject_of(site, visit, subject);
    for (size_t i = 0; i < 3; i++) {
        if (!(visit->told & exceptions & each[i]))
            continue;
        const struct rule *rule = ruleset_builtin(fold->rules, condition_of(each[i]));
        struct alarm *alarm =
            alarm_open(&fold->alarms, str_of(rule->name), (struct cw_str){subject, n});
        if (alarm)
            alarm_clear(fold, alarm, str_of(note));
    }
    visit->told &= ~exceptions;
}

/* ---- the table ---- */

struct visit *service_visit(const struct service *service, uint64_t number)
{
    return number < service->n_visits ? service->by_number[number] : NULL;
}

static size_t visit_key(const char *site, struct cw_str id, char *dst, size_t cap)
{
    return (size_t)snprintf(dst, cap, "%s/%.*s", site, (int)id.n, id.p);
}

struct visit *service_find(const struct service *service, struct cw_str site,
                           struct cw_str visit)
{
    char key[2 * MAX_ID + 2];
    if (site.n > MAX_ID || visit.n > MAX_ID)
        return NULL;
    int n = snprintf(key, sizeof(key), "%.*s/%.*s", (int)site.n, site.p, (int)visit.n, visit.p);
    return map_get(&service->visit, (struct cw_str){key, (size_t)n});
}

void visit_link(struct service *service, const struct site *site, struct visit *visit)
{
    char key[2 * MAX_ID + 2];
    size_t n = visit_key(site->id, str_of(visit->id), key, sizeof(key));
    visit->site = site->number;
    service->by_number[visit->number] = visit;
    map_put(&service->visit, (struct cw_str){key, n}, visit);
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

static void forget(struct fold *fold, struct visit *visit)
{
    struct service *service = fold->service;
    char key[2 * MAX_ID + 2];
    size_t n =
        visit_key(fold->registry.site[visit->site]->id, str_of(visit->id), key, sizeof(key));
    map_remove(&service->visit, (struct cw_str){key, n});
    service->by_number[visit->number] = NULL;
    service->free_number =
        xrealloc(service->free_number, (service->n_free + 1) * sizeof(*service->free_number));
    service->free_number[service->n_free++] = visit->number;
    free(visit);
}

/* The event's visit, born if it is new; NULL and err when there are too many. */
static struct visit *meet(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str id = {0};
    if (document_id(event->doc, event->root, "visit", &id, event->err))
        BUG("an event of a visit came without its required member");
    struct visit *visit = service_find(fold->service, str_of(event->site->id), id);
    if (visit)
        return visit;
    if (map_count(&fold->service->visit) >= (uint64_t)fold->rules->settings.max_visits) {
        err_set(event->err, 0, "There are %u visits already: limits.visits is reached.",
                map_count(&fold->service->visit));
        return NULL;
    }
    visit = xcalloc(1, sizeof(*visit));
    visit->number = next_number(fold->service);
    (void)str_copy(visit->id, sizeof(visit->id), id);
    visit->distance_m = -1;
    visit_link(fold->service, event->site, visit);
    return visit;
}

/* ---- events ---- */

static void take_id(const struct event *event, const char *member, char dst[MAX_ID + 1])
{
    struct cw_str id;
    if (document_id(event->doc, event->root, member, &id, NULL) == 0)
        (void)str_copy(dst, MAX_ID + 1, id);
}

static void changed(struct fold *fold, struct visit *visit)
{
    visit->changed_ns = fold->now_ns;
    arm(fold, visit, next_deadline(fold, visit));
    if (fold->sink->visit)
        fold->sink->visit(fold->sink->ctx, fold->at, visit);
}

static void take_common(const struct event *event, struct visit *visit)
{
    take_id(event, "service", visit->service);
    take_id(event, "recipient", visit->recipient);
    take_id(event, "worker", visit->worker);
}

static bool has_begun(const struct visit *visit)
{
    return visit->state == VISIT_IN_SERVICE || visit->state == VISIT_CHECKED_OUT;
}

static void judge_checkin(struct fold *fold, struct visit *visit)
{
    bool in_time = visit->start_ns == 0 || visit->checkin_ns == 0 ||
                   visit->checkin_ns <= visit->start_ns + grace_ns(fold, EXCEPTION_LATE);
    if (!in_time)
        visit->exceptions |= EXCEPTION_LATE;
    settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED, in_time ? "healed" : "arrived late");
}

enum cw_refusal visit_planned(struct event *event)
{
    struct fold *fold = event->fold;
    int64_t start_ns = 0, end_ns = 0;
    if (document_time(event->doc, event->root, "start", &start_ns, event->err) ||
        document_time(event->doc, event->root, "end", &end_ns, event->err))
        return CW_REFUSED_EVENT;
    if (end_ns <= start_ns || end_ns > fold->now_ns + MAX_AHEAD_NS) {
        err_set(event->err, 0,
                end_ns <= start_ns ? "The visit's \"end\" is not after its \"start\"."
                                   : "The visit's \"end\" is more than two years ahead.");
        return CW_REFUSED_EVENT;
    }
    struct visit *visit = meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    if (event->at_ns < visit->plan_ns)
        return CW_ACCEPTED; /* an older plan that was held up on its way */
    visit->plan_ns = event->at_ns;
    visit->planned_at_ns = fold->now_ns;
    visit->start_ns = start_ns;
    visit->end_ns = end_ns;
    take_common(event, visit);
    if (has_begun(visit)) {
        judge_checkin(fold, visit);
    } else {
        settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED, "rescheduled");
        visit->state = VISIT_PLANNED;
    }
    changed(fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_checkin(struct event *event)
{
    struct cw_str method = {0};
    int code = document_id(event->doc, event->root, "method", &method, event->err);
    if (code == -EINVAL)
        return CW_REFUSED_EVENT;
    if (method.n >= sizeof(((struct visit *)NULL)->method)) {
        err_set(event->err, 0, "The member \"method\" is too long.");
        return CW_REFUSED_EVENT;
    }
    struct visit *visit = meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    if (visit->checkin_ns == 0 || event->at_ns < visit->checkin_ns)
        visit->checkin_ns = event->at_ns;
    if (method.n)
        (void)str_copy(visit->method, sizeof(visit->method), method);
    take_common(event, visit);
    if (visit->state != VISIT_CHECKED_OUT)
        visit->state = VISIT_IN_SERVICE;
    judge_checkin(event->fold, visit);
    changed(event->fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_checkout(struct event *event)
{
    struct fold *fold = event->fold;
    struct visit *visit = meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    visit->checkout_ns = event->at_ns;
    take_common(event, visit);
    bool in_time = visit->end_ns == 0 ||
                   event->at_ns <= visit->end_ns + grace_ns(fold, EXCEPTION_NO_CHECKOUT);
    settle(fold, visit, EXCEPTION_NO_CHECKOUT, in_time ? "healed" : "checked out late");
    /* Who went has come: when exactly, a check-in may still tell. */
    settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED, "checked out");
    visit->state = VISIT_CHECKED_OUT;
    changed(fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_cancelled(struct event *event)
{
    struct visit *visit = meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    settle(event->fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED | EXCEPTION_NO_CHECKOUT,
           "cancelled");
    if (visit->state != VISIT_CHECKED_OUT)
        visit->state = VISIT_CANCELLED;
    if (visit->plan_ns < event->at_ns)
        visit->plan_ns = event->at_ns;
    changed(event->fold, visit);
    return CW_ACCEPTED;
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
        settle(fold, visit, EXCEPTION_LATE, "missed");
        visit->state = VISIT_MISSED;
        except(fold, visit, EXCEPTION_MISSED);
    } else if (now_ns >= late_at(fold, visit)) {
        visit->state = VISIT_DUE;
        if (!(visit->told & EXCEPTION_LATE))
            except(fold, visit, EXCEPTION_LATE);
    } else {
        visit->state = VISIT_DUE;
    }
    changed(fold, visit);
}

void visit_due(struct fold *fold, struct visit *visit)
{
    if (fold->now_ns < next_deadline(fold, visit)) {
        arm(fold, visit, next_deadline(fold, visit));
        return;
    }
    bool is_open = visit->state == VISIT_PLANNED || visit->state == VISIT_DUE ||
                   (visit->state == VISIT_IN_SERVICE && !(visit->told & EXCEPTION_NO_CHECKOUT));
    if (!is_open) {
        forget(fold, visit);
    } else if (fold->now_ns < excused_until(fold, visit)) {
        arm(fold, visit, excused_until(fold, visit));
    } else if (visit->state == VISIT_IN_SERVICE) {
        except(fold, visit, EXCEPTION_NO_CHECKOUT);
        changed(fold, visit);
    } else {
        due_planned(fold, visit);
    }
}

bool visit_is_verified(const struct visit *visit)
{
    return visit->state == VISIT_VERIFIED || visit->state == VISIT_SETTLED;
}
