/*
 * activity.c - sessions and person-times of a site, by category, and what was planned of them.
 *
 * Beneficiaries, trainees and audience are never summed. A correction repeats the activity
 * with a higher rev and takes the place of what was counted; each activity is kept for that,
 * the oldest of a site goes first when there are too many.
 */
#include "core/service/activity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/ingest/document.h"
#include "core/service/activity_peers.h"
#include "core/service/activity_plan.h"
#include "core/service/event_types.h"
#include "core/service/site_quiet.h"
#include "core/service/tally.h"
#include "core/service/visit_private.h"

#define MAX_ACTIVITIES_OF_SITE 4096u
#define MAX_PERSONS 1000000

static const char *const category_names[N_ACTIVITY_CATEGORIES] = {"service", "training",
                                                                  "publicity"};

const char *activity_category_name(uint32_t category)
{
    return category < N_ACTIVITY_CATEGORIES ? category_names[category] : "unknown";
}

static int category_of(struct cw_str text)
{
    for (int i = 0; i < N_ACTIVITY_CATEGORIES; i++)
        if (str_is(text, category_names[i]))
            return i;
    return -1;
}

/* What was counted stays counted; only a correction comes too late then. */
static void forget_oldest(struct fold *fold, struct site *site)
{
    struct cw_str key;
    uint32_t i = 0;
    if (map_count(&site->activity) < MAX_ACTIVITIES_OF_SITE)
        return;
    struct activity *oldest = map_next(&site->activity, &i, &key);
    activity_peers_unlink(site, oldest);
    activity_unjudge(fold, site, key, oldest);
    map_remove(&site->activity, key);
    free(oldest);
}

static void tell(const struct event *event, struct cw_str id, const struct activity *activity,
                 int64_t sessions, int64_t persons)
{
    const struct fold *fold = event->fold;
    struct activity_change change = {.at_ns = fold->now_ns,
                                     .site = event->site,
                                     .activity = id,
                                     .category = activity->category,
                                     .rev = activity->rev,
                                     .sessions = sessions,
                                     .persons = persons};
    if (fold->sink->activity)
        fold->sink->activity(fold->sink->ctx, fold->at, &change);
}

static void tell_change(const struct event *event, struct cw_str id,
                        const struct activity *before, const struct activity *held)
{
    if (before && before->category == held->category) {
        tell(event, id, held, 0, held->persons - before->persons);
        return;
    }
    if (before)
        tell(event, id, before, -1, -before->persons);
    tell(event, id, held, 1, held->persons);
}

static void note_correction(const struct event *event, struct cw_str activity,
                            const struct activity *before, const struct activity *held)
{
    char id[2 * MAX_ID + 2];
    struct trail trail;
    struct trail_change change = {
        .kind = "activities", .rev = held->rev, .what = "activity.held"};
    int n = snprintf(id, sizeof(id), "%s/%.*s", event->site->id, (int)activity.n, activity.p);
    change.id = (struct cw_str){id, (size_t)n};
    event_author(event, &change.by, &change.reason);
    trail_begin(&trail);
    trail_text(&trail, "category", activity_category_name(before->category),
               activity_category_name(held->category));
    trail_int(&trail, "persons", before->persons, held->persons, -1);
    trail_int(&trail, "rev", before->rev, held->rev, -1);
    trail_end(&trail, event->fold, change);
}

/* ---- reading ---- */

static void take_id(const struct event *event, const char *member, uint64_t *hash,
                    char copy[MAX_ID + 1])
{
    struct cw_str id = {0};
    *hash = 0;
    if (document_id(event->doc, event->root, member, &id, NULL) || id.n == 0)
        return;
    *hash = hash64(id, 1) | 1;
    if (copy)
        (void)str_copy(copy, MAX_ID + 1, id);
}

static const char *mistake_of(int category, const struct activity *read)
{
    if (category < 0)
        return "The member \"category\" must be service, training or publicity.";
    if (read->persons < 0 || read->persons > MAX_PERSONS)
        return "The member \"persons\" is too large.";
    if (read->end_ns && read->end_ns < read->start_ns)
        return "The activity's \"end\" is before its \"start\".";
    return NULL;
}

/* Fills what the event says. 0 or -EINVAL with err. */
static int read_activity(const struct event *event, struct cw_str *id, struct activity *read)
{
    struct cw_str category = {0};
    const struct cw_doc *doc = event->doc;
    *read = (struct activity){.rev = 1};
    if (document_id(doc, event->root, "activity", id, event->err) ||
        document_text(doc, event->root, "category", &category, event->err) ||
        document_int(doc, event->root, "persons", &read->persons, event->err) == -EINVAL ||
        document_int(doc, event->root, "rev", &read->rev, event->err) == -EINVAL ||
        document_id(doc, event->root, "room", &(struct cw_str){0}, event->err) == -EINVAL ||
        document_time(doc, event->root, "start", &read->start_ns, event->err) == -EINVAL ||
        document_time(doc, event->root, "end", &read->end_ns, event->err) == -EINVAL)
        return -EINVAL;
    int found = category_of(category);
    const char *mistake = mistake_of(found, read);
    if (mistake)
        return err_set(event->err, -EINVAL, "%s", mistake);
    read->category = (uint32_t)found;
    take_id(event, "room", &read->room, read->room_id);
    take_id(event, "worker", &read->worker, NULL);
    return 0;
}

/* When it is; what says nothing of it is when it was told. */
static int64_t begin_of(const struct activity *activity, int64_t at_ns)
{
    return activity->start_ns ? activity->start_ns
           : activity->end_ns ? activity->end_ns
                              : at_ns;
}

static struct activity *meet(struct event *event, struct cw_str id)
{
    struct activity *known = map_get(&event->site->activity, id);
    if (known)
        return known;
    forget_oldest(event->fold, event->site);
    known = xcalloc(1, sizeof(*known));
    map_put(&event->site->activity, id, known);
    return known;
}

static int64_t earlier_of(int64_t a, int64_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* ---- events ---- */

enum cw_refusal activity_held(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str id = {0};
    struct activity held;
    if (read_activity(event, &id, &held))
        return CW_REFUSED_EVENT;
    struct activity *known = map_get(&event->site->activity, id), before = {0};
    if (known && known->held && held.rev <= known->rev)
        return CW_ACCEPTED;
    if (known)
        before = *known;
    tell_change(event, id, before.held ? &before : NULL, &held);
    if (before.held)
        note_correction(event, id, &before, &held);
    else
        fold->counters.n_activities++;
    known = meet(event, id);
    activity_count(fold, event->site, known, -1);
    activity_peers_unlink(event->site, known);
    held.held = true;
    held.standing = before.standing;
    held.planned = before.planned;
    held.plan_month = before.plan_month;
    held.expected = before.expected;
    held.month = month_of(fold, begin_of(&held, event->at_ns));
    *known = held;
    activity_peers_link(event->site, known);
    activity_count(fold, event->site, known, 1);
    activity_judge(fold, event->site, known, earlier_of(before.start_ns, held.start_ns),
                   before.end_ns > held.end_ns ? before.end_ns : held.end_ns);
    visit_met_session(fold, event->site, &before, known);
    site_served(fold, event->site);
    return CW_ACCEPTED;
}

/* A plan of the month: what comes of it is held under the same id. */
enum cw_refusal activity_planned(struct event *event)
{
    struct fold *fold = event->fold;
    struct cw_str id = {0};
    struct activity plan;
    if (read_activity(event, &id, &plan))
        return CW_REFUSED_EVENT;
    struct activity *known = meet(event, id);
    activity_count(fold, event->site, known, -1);
    if (!known->held) {
        plan.standing = known->standing;
        plan.rev = 0;
        plan.expected = plan.persons;
        plan.persons = 0;
        *known = plan;
    }
    known->planned = true;
    known->plan_month = month_of(fold, begin_of(&plan, event->at_ns));
    activity_count(fold, event->site, known, 1);
    activity_judge(fold, event->site, known, 0, 0);
    plan_wait(fold, event->site, known);
    return CW_ACCEPTED;
}

enum cw_refusal activity_cancelled(struct event *event)
{
    struct cw_str id = {0};
    if (document_id(event->doc, event->root, "activity", &id, event->err))
        return CW_REFUSED_EVENT;
    struct activity *known = map_get(&event->site->activity, id);
    if (!known || known->held) {
        err_set(event->err, 0,
                known ? "The activity was held: a correction repeats it with a higher rev."
                      : "There is no such activity.");
        return CW_REFUSED_EVENT;
    }
    activity_count(event->fold, event->site, known, -1);
    known->cancelled = true;
    activity_count(event->fold, event->site, known, 1);
    activity_judge(event->fold, event->site, known, 0, 0);
    return CW_ACCEPTED;
}
