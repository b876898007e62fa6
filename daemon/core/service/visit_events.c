/*
 * visit_events.c - what events do to a visit. They may come late and in any order: a check-in
 * counts at its own time (never after arrival), an older plan does not undo a newer one.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/geo.h"
#include "base/num.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/service/site_quiet.h"
#include "core/service/visit_private.h"

#define MAX_AHEAD_NS (INT64_C(2) * 366 * 86400 * NS_PER_S)
/* Older than this when it arrives: written down afterwards, or kept back for days. */
#define BACKFILL_NS (INT64_C(3) * 86400 * NS_PER_S)

static void take_id(const struct event *event, const char *member, char dst[MAX_ID + 1])
{
    struct cw_str id;
    if (document_id(event->doc, event->root, member, &id, NULL) == 0)
        (void)str_copy(dst, MAX_ID + 1, id);
}

static void take_common(const struct event *event, struct visit *visit)
{
    take_id(event, "service", visit->service);
    take_id(event, "recipient", visit->recipient);
    take_id(event, "worker", visit->worker);
    take_id(event, "project", visit->project);
}

static bool is_done(const struct visit *visit)
{
    return visit->state == VISIT_CHECKED_OUT || visit->state == VISIT_VERIFIED ||
           visit->state == VISIT_SETTLED;
}

static bool has_begun(const struct visit *visit)
{
    return visit->state == VISIT_IN_SERVICE || is_done(visit);
}

/* ---- places ---- */

static int read_at(const struct event *event, const char *member, double *lat, double *lon)
{
    const struct cw_node *place = document_member(event->doc, event->root, member);
    *lat = *lon = (double)NAN;
    if (!place)
        return -ENOENT;
    int code[2] = {document_real(event->doc, place, "lat", lat, event->err),
                   document_real(event->doc, place, "lon", lon, event->err)};
    if (place->type != CW_NODE_OBJECT || code[0] || code[1] || !(fabs(*lat) <= 90) ||
        !(fabs(*lon) <= 180))
        return err_set(event->err, -EINVAL,
                       "\"%s\" must be a place with \"lat\" within 90 and \"lon\" within 180.",
                       member);
    return 0;
}

/* Where it is to be: as planned, else where the recipient is registered. */
static void find_place(const struct fold *fold, const struct visit *visit, double *lat,
                       double *lon)
{
    const struct site *site = fold->registry.site[visit->site];
    const struct entry *recipient = book_find_of_site(
        fold->book, &kind_residents, str_of(site->id), str_of(visit->recipient));
    *lat = visit->lat;
    *lon = visit->lon;
    if (!isnan(*lat) || !recipient)
        return;
    if (num_parse_f64(entry_json_of(recipient, "lat"), lat) ||
        num_parse_f64(entry_json_of(recipient, "lon"), lon))
        *lat = *lon = (double)NAN;
}

static void measure(const struct fold *fold, struct visit *visit, double lat, double lon)
{
    double to_lat, to_lon;
    find_place(fold, visit, &to_lat, &to_lon);
    double metres = geo_distance_m(lat, lon, to_lat, to_lon);
    if (isnan(metres))
        return;
    visit->distance_m = metres > 2e9 ? 2000000000 : (int32_t)metres;
}

/* ---- before it begins ---- */

/* Of several the last that was said, which need not be the last that came. */
static void note_moment(const struct event *event, struct visit *visit, enum visit_moment which)
{
    if (visit->moment_ns[which] < event->at_ns)
        visit->moment_ns[which] = event->at_ns;
}

static void note_step(const struct event *event, struct visit *visit, enum visit_step which)
{
    static const struct {
        enum visit_step step;
        enum visit_moment moment;
    } noted[] = {{STEP_REQUESTED, MOMENT_REQUESTED},
                 {STEP_ASSESSED, MOMENT_ASSESSED},
                 {STEP_ASSIGNED, MOMENT_ASSIGNED},
                 {STEP_ACCEPTED, MOMENT_ACCEPTED}};
    visit->steps |= which;
    for (size_t i = 0; i < sizeof(noted) / sizeof(noted[0]); i++)
        if (noted[i].step == which)
            note_moment(event, visit, noted[i].moment);
}

/* A step without effect on deadlines: it is noted, with what it says of the visit. */
static enum cw_refusal step(struct event *event, enum visit_step which)
{
    struct visit *visit = visit_meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    take_common(event, visit);
    note_step(event, visit, which);
    if (!visit->state)
        visit->state = VISIT_REQUESTED;
    if (visit->state == VISIT_PLANNED && (which == STEP_ASSIGNED || which == STEP_ACCEPTED))
        visit->state = VISIT_ASSIGNED;
    if (visit->state == VISIT_ASSIGNED && which == STEP_REFUSED) {
        visit->state = visit->start_ns ? VISIT_PLANNED : VISIT_REQUESTED;
        visit->steps &= ~(uint32_t)(STEP_ASSIGNED | STEP_ACCEPTED);
        visit->moment_ns[MOMENT_ASSIGNED] = visit->moment_ns[MOMENT_ACCEPTED] = 0;
    }
    visit_changed(event->fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_requested(struct event *event)
{
    return step(event, STEP_REQUESTED);
}

enum cw_refusal visit_assessed(struct event *event)
{
    return step(event, STEP_ASSESSED);
}

enum cw_refusal visit_assigned(struct event *event)
{
    return step(event, STEP_ASSIGNED);
}

enum cw_refusal visit_accepted(struct event *event)
{
    return step(event, STEP_ACCEPTED);
}

enum cw_refusal visit_refused(struct event *event)
{
    return step(event, STEP_REFUSED);
}

static void judge_checkin(struct fold *fold, struct visit *visit)
{
    bool in_time = visit->start_ns == 0 || visit->checkin_ns == 0 ||
                   visit->checkin_ns <= visit->start_ns + visit_grace_ns(fold, EXCEPTION_LATE);
    if (!in_time)
        visit->exceptions |= EXCEPTION_LATE;
    visit_settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED,
                 in_time ? "healed" : "arrived late");
    if (!in_time)
        visit->standing |= EXCEPTION_LATE; /* it is not told again: somebody came */
}

static int read_plan(const struct event *event, int64_t *start_ns, int64_t *end_ns)
{
    if (document_time(event->doc, event->root, "start", start_ns, event->err) ||
        document_time(event->doc, event->root, "end", end_ns, event->err))
        return -EINVAL;
    if (*end_ns > *start_ns && *end_ns <= event->fold->now_ns + MAX_AHEAD_NS)
        return 0;
    return err_set(event->err, -EINVAL,
                   *end_ns <= *start_ns ? "The visit's \"end\" is not after its \"start\"."
                                        : "The visit's \"end\" is more than two years ahead.");
}

enum cw_refusal visit_planned(struct event *event)
{
    struct fold *fold = event->fold;
    int64_t start_ns = 0, end_ns = 0;
    double lat, lon;
    if (read_plan(event, &start_ns, &end_ns) || read_at(event, "place", &lat, &lon) == -EINVAL)
        return CW_REFUSED_EVENT;
    struct visit *visit = visit_meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    if (event->at_ns < visit->plan_ns)
        return CW_ACCEPTED; /* an older plan that was held up on its way */
    visit->plan_ns = event->at_ns;
    visit->planned_at_ns = fold->now_ns;
    visit->moment_ns[MOMENT_PLANNED] = event->at_ns;
    visit->start_ns = start_ns;
    visit->end_ns = end_ns;
    visit->steps |= STEP_PLANNED;
    if (!isnan(lat)) {
        visit->lat = lat;
        visit->lon = lon;
    }
    take_common(event, visit);
    if (has_begun(visit)) {
        judge_checkin(fold, visit);
        visit_judge(fold, visit);
    } else {
        visit_settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED, "rescheduled");
        visit->state = visit->steps & STEP_ACCEPTED ? VISIT_ASSIGNED : VISIT_PLANNED;
    }
    visit_changed(fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_cancelled(struct event *event)
{
    struct fold *fold = event->fold;
    struct visit *visit = visit_meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    visit_settle(fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED | EXCEPTION_NO_CHECKOUT,
                 "cancelled");
    if (!is_done(visit))
        visit->state = VISIT_CANCELLED;
    if (visit->plan_ns < event->at_ns)
        visit->plan_ns = event->at_ns;
    visit_changed(fold, visit);
    return CW_ACCEPTED;
}

/* ---- service ---- */

static const struct {
    const char *method;
    enum visit_evidence evidence;
} methods[] = {{"nfc", EVIDENCE_TAG},
               {"qr", EVIDENCE_TAG},
               {"badge", EVIDENCE_TAG},
               {"landline", EVIDENCE_LANDLINE}};

/* What the way of signing in proves. A position proves what can be compared; where the place
 * is not known, that it was said. */
void visit_prove(const struct fold *fold, struct visit *visit, struct cw_str method,
                 bool has_position)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_is(method, methods[i].method))
            visit->evidence |= methods[i].evidence;
    bool near = visit->distance_m >= 0 && visit->distance_m <= fold->rules->settings.fence_m;
    bool unknown = visit->distance_m < 0 && str_is(method, "gps");
    if ((has_position && near) || unknown)
        visit->evidence |= EVIDENCE_POSITION;
}

static int read_method(const struct event *event, struct cw_str *method)
{
    if (document_id(event->doc, event->root, "method", method, event->err) == -EINVAL)
        return -EINVAL;
    if (method->n >= sizeof(((struct visit *)NULL)->method))
        return err_set(event->err, -EINVAL, "The member \"method\" is too long.");
    return 0;
}

static void judge_done(struct fold *fold, struct visit *visit)
{
    if (visit->checkin_ns && visit->checkout_ns)
        visit_await(fold, visit);
    visit_judge(fold, visit);
}

/* What check-in and check-out both say: how, and where. */
static enum cw_refusal meet_checked(struct event *event, struct cw_str *method, double *lat,
                                    double *lon, struct visit **visit)
{
    if (read_method(event, method) || read_at(event, "at", lat, lon) == -EINVAL)
        return CW_REFUSED_EVENT;
    *visit = visit_meet(event);
    return *visit ? CW_ACCEPTED : CW_REFUSED_LIMIT;
}

enum cw_refusal visit_checkin(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str method = {0};
    double lat, lon;
    struct visit *visit = NULL;
    enum cw_refusal refusal = meet_checked(event, &method, &lat, &lon, &visit);
    if (refusal != CW_ACCEPTED)
        return refusal;
    if (visit->checkin_ns == 0 || event->at_ns < visit->checkin_ns)
        visit->checkin_ns = event->at_ns;
    if (fold->now_ns - event->at_ns > BACKFILL_NS) {
        visit->backfilled_ns = fold->now_ns;
        visit_backfilled_link(event->site, visit);
    }
    if (method.n)
        (void)str_copy(visit->method, sizeof(visit->method), method);
    take_common(event, visit);
    visit->at_lat = lat;
    visit->at_lon = lon;
    measure(fold, visit, lat, lon);
    visit->evidence |= EVIDENCE_CHECKIN;
    site_served(fold, event->site);
    visit_prove(fold, visit, method, !isnan(lat));
    if (!is_done(visit))
        visit->state = VISIT_IN_SERVICE;
    judge_checkin(fold, visit);
    judge_done(fold, visit);
    visit_changed(fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_checkout(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str method = {0};
    double lat, lon;
    struct visit *visit = NULL;
    enum cw_refusal refusal = meet_checked(event, &method, &lat, &lon, &visit);
    if (refusal != CW_ACCEPTED)
        return refusal;
    visit->checkout_ns = event->at_ns;
    take_common(event, visit);
    visit->evidence |= EVIDENCE_CHECKOUT;
    if (visit->distance_m < 0 && !isnan(lat))
        measure(fold, visit, lat, lon);
    visit_prove(fold, visit, method, !isnan(lat));
    bool in_time = visit->end_ns == 0 ||
                   event->at_ns <= visit->end_ns + visit_grace_ns(fold, EXCEPTION_NO_CHECKOUT);
    visit_settle(fold, visit, EXCEPTION_NO_CHECKOUT, in_time ? "healed" : "checked out late");
    /* Who went has come: when exactly, a check-in may still tell. */
    visit_settle(fold, visit, EXCEPTION_MISSED, "checked out");
    uint32_t late = visit->standing & EXCEPTION_LATE;
    visit_settle(fold, visit, EXCEPTION_LATE, "checked out");
    visit->standing |= visit->checkin_ns ? late : 0;
    if (!is_done(visit))
        visit->state = VISIT_CHECKED_OUT;
    judge_done(fold, visit);
    visit_changed(fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_not_at_home(struct event *event)
{
    struct visit *visit = visit_meet(event);
    if (!visit)
        return CW_REFUSED_LIMIT;
    take_common(event, visit);
    visit->steps |= STEP_NOT_AT_HOME;
    if (!has_begun(visit))
        visit->state =
            VISIT_MISSED; /* not for want of coming: that is no exception of its own */
    visit_settle(event->fold, visit, EXCEPTION_LATE | EXCEPTION_MISSED, "nobody was at home");
    visit_set(event->fold, visit, EXCEPTION_NOT_AT_HOME, EXCEPTION_NOT_AT_HOME, "");
    visit_changed(event->fold, visit);
    return CW_ACCEPTED;
}

/* ---- after it ---- */

static enum cw_refusal prove(struct event *event, struct visit *visit,
                             enum visit_evidence evidence, enum visit_moment moment)
{
    visit->evidence |= evidence;
    note_moment(event, visit, moment);
    if (evidence != EVIDENCE_CONFIRMED)
        visit->steps &= ~(uint32_t)STEP_AWAITED;
    visit_set(event->fold, visit, evidence == EVIDENCE_CONFIRMED ? 0 : EXCEPTION_UNCORROBORATED,
              0, "corroborated");
    visit_verify(visit);
    visit_changed(event->fold, visit);
    return CW_ACCEPTED;
}

enum cw_refusal visit_confirmed(struct event *event)
{
    struct visit *visit = visit_meet(event);
    return visit ? prove(event, visit, EVIDENCE_CONFIRMED, MOMENT_CONFIRMED) : CW_REFUSED_LIMIT;
}

static bool is_recipient(const struct event *event, const struct visit *visit)
{
    const struct site *home = event->sender;
    return visit->site == home->number || strcmp(visit->recipient, home->id) == 0 ||
           book_find_of_site(event->fold->book, &kind_residents, str_of(home->id),
                             str_of(visit->recipient)) != NULL;
}

/* A visit of that id of any site, and in *n how many may be meant: for a home those that were
 * to it, if there are any. */
static struct visit *find_anywhere(const struct event *event, struct cw_str id, uint32_t *n)
{
    const struct visit_ids *ids = &event->fold->service->by_id;
    bool is_home = event->sender->kind == SITE_HOME;
    struct visit *found = NULL, *own = NULL;
    uint32_t n_own = 0;
    for (struct visit *it = NULL; (it = visit_ids_next(ids, id, it)); *n += 1) {
        found = it;
        if (!is_home || !is_recipient(event, it))
            continue;
        own = it;
        n_own++;
    }
    if (is_home)
        *n = n_own;
    return own ? own : found;
}

/* The visit somebody else speaks of: of the site that is named, else of any. NULL with err. */
static struct visit *find_visit(const struct event *event, struct cw_str id)
{
    uint32_t n = 0;
    struct visit *visit = service_find(event->fold->service, str_of(event->site->id), id);
    if (!visit && event->site == event->sender)
        visit = find_anywhere(event, id, &n);
    if (!visit)
        err_set(event->err, 0, "There is no visit \"%.*s\" that could be spoken of.", (int)id.n,
                id.p);
    if (n < 2)
        return visit;
    err_set(event->err, 0, "%u sites have a visit \"%.*s\": \"site\" says which.", n, (int)id.n,
            id.p);
    return NULL;
}

/* NULL with *refusal and err: there is none, or it is not this home's to judge. */
static struct visit *visit_of_others(struct event *event, enum cw_refusal *refusal)
{
    struct cw_str id = {0};
    *refusal = CW_REFUSED_EVENT;
    if (document_id(event->doc, event->root, "visit", &id, event->err))
        return NULL;
    struct visit *visit = find_visit(event, id);
    if (!visit)
        return NULL;
    visit_met(event, visit);
    if (event->sender->kind != SITE_HOME || is_recipient(event, visit))
        return visit;
    err_set(event->err, 0, "The home %s is not the recipient of visit \"%.*s\".",
            event->sender->id, (int)id.n, id.p);
    *refusal = CW_REFUSED_NOT_AUTHORISED;
    return NULL;
}

static int read_score(const struct event *event, int64_t *score)
{
    int code = document_int(event->doc, event->root, "score", score, event->err);
    if (code == 0 && (*score < 1 || *score > 5))
        code = err_set(event->err, -EINVAL, "\"score\" must be from 1 to 5.");
    return code;
}

enum cw_refusal visit_feedback(struct event *event)
{
    int64_t score = 0;
    enum cw_refusal refusal = CW_REFUSED_EVENT;
    if (read_score(event, &score))
        return refusal;
    struct visit *visit = visit_of_others(event, &refusal);
    if (!visit)
        return refusal;
    visit->score = (uint8_t)score;
    return prove(event, visit, EVIDENCE_FEEDBACK, MOMENT_FEEDBACK);
}

enum cw_refusal visit_followup(struct event *event)
{
    int64_t score = 0;
    enum cw_refusal refusal = CW_REFUSED_EVENT;
    if (read_score(event, &score) == -EINVAL)
        return refusal;
    struct visit *visit = visit_of_others(event, &refusal);
    if (!visit)
        return refusal;
    if (score)
        visit->score = (uint8_t)score;
    return prove(event, visit, EVIDENCE_FOLLOWUP, MOMENT_FOLLOWUP);
}

enum cw_refusal visit_settled(struct event *event)
{
    int64_t amount_fen = 0;
    enum cw_refusal refusal = CW_REFUSED_EVENT;
    if (document_int(event->doc, event->root, "amount_fen", &amount_fen, event->err))
        return refusal;
    struct visit *visit = visit_of_others(event, &refusal);
    if (!visit)
        return refusal;
    if (!visit_is_verified(visit)) {
        err_set(event->err, 0, "The visit is %s: only a verified one is settled.",
                visit_state_name(visit->state));
        return CW_REFUSED_EVENT;
    }
    visit->settled_ns = event->at_ns;
    visit->amount_fen = amount_fen;
    visit->state = VISIT_SETTLED;
    visit_changed(event->fold, visit);
    return CW_ACCEPTED;
}
