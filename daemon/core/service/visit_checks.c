/*
 * visit_checks.c - what can be seen of a visit once it was made: too short, not there, two at
 * once, faster than one can travel, the same twice, copied, entered in bulk.
 *
 * A check is a row. The visits of one worker are compared with each other, and of two that
 * cannot both be true the later one is the exception, so that the order in which they arrive
 * changes nothing. A worker's id is the site's own. Bulk is of the whole site.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/geo.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/service/activity_peers.h"
#include "core/service/visit_private.h"

#define DAY_NS (INT64_C(86400) * NS_PER_S)
/* Late is not well done, but done. */
#define EXCUSED EXCEPTION_LATE
/* Nobody drives faster through a city, door to door; and a place is known to a few hundred
 * metres only. */
#define TRAVEL_SLACK_M 500.0
#define COPIES 3u
#define BULK_WITHIN_NS DAY_NS

static bool is_done(const struct visit *visit)
{
    return visit->checkin_ns && visit->checkout_ns && visit->state != VISIT_CANCELLED;
}

static bool same(const char *a, const char *b)
{
    return *a && strcmp(a, b) == 0;
}

/* Both were; when they began at once, the names decide. */
static bool is_later(const struct visit *a, const struct visit *b)
{
    if (a->checkin_ns != b->checkin_ns)
        return a->checkin_ns > b->checkin_ns;
    return strcmp(a->id, b->id) > 0;
}

static int64_t shared_ns(const struct visit *a, const struct visit *b)
{
    int64_t from = a->checkin_ns > b->checkin_ns ? a->checkin_ns : b->checkin_ns;
    int64_t to = a->checkout_ns < b->checkout_ns ? a->checkout_ns : b->checkout_ns;
    return to - from;
}

/* ---- alone ---- */

static bool too_short(const struct fold *fold, const struct visit *visit)
{
    double planned = (double)(visit->end_ns - visit->start_ns);
    return is_done(visit) && visit->end_ns > visit->start_ns &&
           (double)(visit->checkout_ns - visit->checkin_ns) <
               planned * fold->rules->settings.visit_share;
}

static bool off_site(const struct fold *fold, const struct visit *visit)
{
    return visit->distance_m >= 0 && visit->checkin_ns &&
           visit->distance_m > fold->rules->settings.fence_m;
}

/* ---- against another ---- */

/* Both are of one worker: only those are compared. */
static bool doubles(const struct visit *visit, const struct visit *other)
{
    return same(visit->recipient, other->recipient) &&
           strcmp(visit->service, other->service) == 0;
}

static bool overlaps(const struct fold *fold, const struct visit *visit,
                     const struct visit *other)
{
    return shared_ns(visit, other) > fold->rules->settings.overlap_ns && !doubles(visit, other);
}

static bool duplicates(const struct fold *fold, const struct visit *visit,
                       const struct visit *other)
{
    return shared_ns(visit, other) > fold->rules->settings.overlap_ns && doubles(visit, other);
}

/* From where the worker was before to where they are said to be now. */
static bool flies(const struct fold *fold, const struct visit *visit, const struct visit *other)
{
    double from_lat = isnan(other->at_lat) ? other->lat : other->at_lat;
    double from_lon = isnan(other->at_lon) ? other->lon : other->at_lon;
    double to_lat = isnan(visit->at_lat) ? visit->lat : visit->at_lat;
    double to_lon = isnan(visit->at_lon) ? visit->lon : visit->at_lon;
    int64_t gap_ns = visit->checkin_ns - other->checkout_ns;
    if (gap_ns < 0 || gap_ns >= DAY_NS)
        return false;
    double metres = geo_distance_m(from_lat, from_lon, to_lat, to_lon) - TRAVEL_SLACK_M;
    double per_second = (double)fold->rules->settings.max_speed_kmh / 3.6;
    return metres > 0 && metres > per_second * (double)gap_ns / (double)NS_PER_S;
}

/* Lengths that agree to the millisecond, and are no whole seconds, were not measured. */
static bool copies(const struct fold *fold, const struct visit *visit,
                   const struct visit *other)
{
    int64_t length_ms = (visit->checkout_ns - visit->checkin_ns) / NS_PER_MS;
    (void)fold;
    return length_ms % 1000 != 0 &&
           length_ms == (other->checkout_ns - other->checkin_ns) / NS_PER_MS;
}

static bool in_bulk(const struct fold *fold, const struct visit *visit,
                    const struct visit *other)
{
    int64_t apart_ns = visit->backfilled_ns - other->backfilled_ns;
    (void)fold;
    return visit->backfilled_ns && other->backfilled_ns && apart_ns < BULK_WITHIN_NS &&
           apart_ns > -BULK_WITHIN_NS;
}

static const struct {
    enum visit_exception exception;
    bool (*alone)(const struct fold *fold, const struct visit *visit);
    bool (*against)(const struct fold *fold, const struct visit *visit,
                    const struct visit *other);
    bool later_only; /* of two, the later one is the exception */
    uint32_t others; /* so many are needed; 0: limits.bulk */
} check[] = {
    {EXCEPTION_SHORT, too_short, NULL, false, 0},
    {EXCEPTION_OFF_SITE, off_site, NULL, false, 0},
    {EXCEPTION_OVERLAP, NULL, overlaps, true, 1},
    {EXCEPTION_DUPLICATE, NULL, duplicates, true, 1},
    {EXCEPTION_IMPOSSIBLE_TRAVEL, NULL, flies, true, 1},
    {EXCEPTION_COPIED, NULL, copies, false, COPIES - 1},
    {EXCEPTION_BULK, NULL, in_bulk, false, 0},
};
#define N_CHECKS (sizeof(check) / sizeof(check[0]))

static uint32_t needed(const struct fold *fold, size_t i)
{
    return check[i].others ? check[i].others : (uint32_t)fold->rules->settings.bulk_visits - 1;
}

/* So far apart that only copied values can be found by comparing the two. */
static bool is_far(const struct visit *visit, const struct visit *it)
{
    return visit->checkin_ns - it->checkout_ns > DAY_NS ||
           it->checkin_ns - visit->checkout_ns > DAY_NS;
}

/* Against those of its worker. */
static void count_worker(const struct fold *fold, const struct visit *visit, uint32_t *n)
{
    const struct visit *it;
    for (uint32_t k = 0; (it = worker_visits_next(visit->of_worker, &k));) {
        if (it == visit || !is_done(it) || (is_far(visit, it) && !copies(fold, visit, it)))
            continue;
        for (size_t i = 0; i < N_CHECKS; i++)
            n[i] += check[i].against && check[i].against != in_bulk &&
                    (!check[i].later_only || is_later(visit, it)) &&
                    check[i].against(fold, visit, it);
    }
}

/* How many came days late about when it did, on one side; more than `most` make no odds. */
static uint32_t count_bulk(const struct fold *fold, const struct visit *visit, bool newer,
                           uint32_t most)
{
    uint32_t n = 0;
    const struct visit *it = newer ? visit->newer_backfilled : visit->older_backfilled;
    while (it && n < most && in_bulk(fold, visit, it)) {
        n += is_done(it);
        it = newer ? it->newer_backfilled : it->older_backfilled;
    }
    return n;
}

static uint32_t found_of(const struct fold *fold, const struct visit *visit)
{
    uint32_t n[N_CHECKS] = {0}, found = 0;
    bool done = is_done(visit);
    if (done)
        count_worker(fold, visit, n);
    for (size_t i = 0; i < N_CHECKS; i++) {
        if (done && check[i].against == in_bulk)
            n[i] = count_bulk(fold, visit, false, needed(fold, i)) +
                   count_bulk(fold, visit, true, needed(fold, i));
        if (check[i].alone ? check[i].alone(fold, visit) : n[i] >= needed(fold, i))
            found |= check[i].exception;
    }
    if (done && visit_has_session(fold, fold->registry.site[visit->site], visit))
        found |= EXCEPTION_OVERLAP;
    return found | visit->kept;
}

static uint32_t all_checks(void)
{
    uint32_t all = 0;
    for (size_t i = 0; i < N_CHECKS; i++)
        all |= check[i].exception;
    return all;
}

/* Is the answer for `it` touched by a change of `visit`? Of the same worker those about the
 * same time, those of the same odd length, and those that something was found of before. */
static bool concerns(const struct visit *visit, const struct visit *it)
{
    int64_t apart_ns = visit->checkin_ns - it->checkin_ns;
    return it != visit && is_done(it) &&
           ((apart_ns < DAY_NS && apart_ns > -DAY_NS) || it->standing & ~(uint32_t)EXCUSED ||
            copies(NULL, visit, it));
}

/* ---- those whose answer may be another now ---- */

struct touched {
    uint32_t *number; /* of visits; room grows */
    uint32_t n;
};

static void touch(struct touched *touched, const struct visit *it)
{
    if (touched->n % 64 == 0)
        touched->number =
            xrealloc(touched->number, (touched->n + 64) * sizeof(*touched->number));
    touched->number[touched->n++] = it->number;
}

static void touch_worker(struct touched *touched, const struct visit *visit,
                         const struct worker_visits *of)
{
    const struct visit *it;
    for (uint32_t i = 0; (it = worker_visits_next(of, &i));)
        if (concerns(visit, it))
            touch(touched, it);
}

/* Farther ones have enough others beside themselves, with or without this one. */
static void touch_backfilled(struct fold *fold, struct touched *touched,
                             const struct visit *visit)
{
    uint32_t most = (uint32_t)fold->rules->settings.bulk_visits;
    const struct visit *it = visit->backfilled_ns ? visit->older_backfilled : NULL;
    for (uint32_t n = 0; it && n < most; n++, it = it->older_backfilled)
        touch(touched, it);
    it = visit->backfilled_ns ? visit->newer_backfilled : NULL;
    for (uint32_t n = 0; it && n < most; n++, it = it->newer_backfilled)
        touch(touched, it);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* In order of number, so that the lists' order tells nothing. */
static void judge_touched(struct fold *fold, struct touched *touched)
{
    if (touched->n > 1)
        qsort(touched->number, touched->n, sizeof(*touched->number), by_number);
    for (uint32_t i = 0; i < touched->n; i++) {
        struct visit *it = service_visit(fold->service, touched->number[i]);
        uint32_t found = found_of(fold, it);
        if (found == (it->standing & all_checks()))
            continue;
        visit_set(fold, it, all_checks(), found, "healed");
        visit_verify(it);
        visit_changed(fold, it);
    }
    free(touched->number);
}

void visit_judge(struct fold *fold, struct visit *visit)
{
    struct site *site = fold->registry.site[visit->site];
    struct worker_visits *before = visit_peers_link(fold->service, site, visit);
    struct touched touched = {.n = 0};
    visit->kept = 0; /* what it says itself now is looked at anew */
    touch_worker(&touched, visit, before);
    worker_visits_drop(fold->service, before);
    touch_worker(&touched, visit, visit->of_worker);
    touch_backfilled(fold, &touched, visit);
    visit_set(fold, visit, all_checks(), found_of(fold, visit), "healed");
    visit_verify(visit);
    judge_touched(fold, &touched);
    activity_met_visit(fold, site, visit);
}

static bool meets(const struct visit *visit, const struct activity *session)
{
    return session->held && session->worker && visit->checkin_ns <= session->end_ns &&
           visit->checkout_ns >= session->start_ns;
}

void visit_met_session(struct fold *fold, struct site *site, const struct activity *before,
                       const struct activity *now)
{
    struct touched touched = {.n = 0};
    for (const struct visit *it = site->newest_visit; it; it = it->older_of_site)
        if (is_done(it) && (meets(it, before) || meets(it, now)))
            touch(&touched, it);
    judge_touched(fold, &touched);
}

/* What was found by comparing stands, though the other visit is not at hand any more. */
static void keep(const struct fold *fold, const struct visit *gone, struct visit *it)
{
    if (!(it->standing & ~(uint32_t)EXCUSED))
        return;
    for (size_t i = 0; i < N_CHECKS; i++)
        if (it != gone && it->standing & check[i].exception && check[i].against &&
            (check[i].against == in_bulk || check[i].against(fold, it, gone)))
            it->kept |= check[i].exception;
}

void visit_unjudge(struct fold *fold, struct visit *visit)
{
    struct site *site = fold->registry.site[visit->site];
    uint32_t most = (uint32_t)fold->rules->settings.bulk_visits;
    struct visit *it;
    for (uint32_t i = 0; (it = worker_visits_next(visit->of_worker, &i));)
        keep(fold, visit, it);
    it = visit->newer_backfilled;
    for (uint32_t n = 0; it && n < most; n++, it = it->newer_backfilled)
        keep(fold, visit, it);
    it = visit->older_backfilled;
    for (uint32_t n = 0; it && n < most; n++, it = it->older_backfilled)
        keep(fold, visit, it);
    activity_lost_visit(fold, site, visit);
    visit_peers_unlink(fold->service, site, visit);
}

/* ---- verified ---- */

#define PROOF                                                                                 \
    (EVIDENCE_TAG | EVIDENCE_POSITION | EVIDENCE_LANDLINE | EVIDENCE_DOOR | EVIDENCE_MOTION | \
     EVIDENCE_FEEDBACK | EVIDENCE_FOLLOWUP | EVIDENCE_CONFIRMED)

void visit_verify(struct visit *visit)
{
    bool good = is_done(visit) && !(visit->steps & STEP_AWAITED) &&
                !(visit->standing & ~(uint32_t)EXCUSED) && (visit->evidence & PROOF);
    if (visit->state == VISIT_CHECKED_OUT && good)
        visit->state = VISIT_VERIFIED;
    else if (visit->state == VISIT_VERIFIED && !good)
        visit->state = VISIT_CHECKED_OUT;
}

bool visit_is_verified(const struct visit *visit)
{
    return visit->state == VISIT_VERIFIED || visit->state == VISIT_SETTLED;
}
