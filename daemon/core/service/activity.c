/*
 * activity.c - activity.held: sessions and person-times of a site, by category.
 *
 * Beneficiaries, trainees and audience are never summed. A correction repeats the activity
 * with a higher rev and takes the place of what was counted; each activity is kept for that,
 * the oldest of a site goes first when there are too many.
 */
#include "core/service/activity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/ingest/document.h"
#include "core/service/event_types.h"
#include "core/view/snapshot.h"

#define MAX_ACTIVITIES_OF_SITE 4096u
#define MAX_PERSONS 1000000

struct activity {
    uint32_t category; /* enum activity_category */
    int64_t rev, persons;
};

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

static void count(struct site *site, const struct activity *activity)
{
    site->held[activity->category].n_sessions++;
    site->held[activity->category].n_persons += (uint64_t)activity->persons;
}

static void uncount(struct site *site, const struct activity *activity)
{
    site->held[activity->category].n_sessions--;
    site->held[activity->category].n_persons -= (uint64_t)activity->persons;
}

/* What was counted stays counted; only a correction comes too late then. */
static void forget_oldest(struct site *site)
{
    struct cw_str key;
    uint32_t i = 0;
    if (map_count(&site->activity) < MAX_ACTIVITIES_OF_SITE)
        return;
    struct activity *oldest = map_next(&site->activity, &i, &key);
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

enum cw_refusal activity_held(struct event *event)
{
    struct cw_str id = {0}, category = {0};
    struct activity held = {.rev = 1};
    int64_t start_ns = 0, end_ns = 0;
    const struct cw_doc *doc = event->doc;
    if (document_id(doc, event->root, "activity", &id, event->err) ||
        document_text(doc, event->root, "category", &category, event->err) ||
        document_int(doc, event->root, "persons", &held.persons, event->err) ||
        document_int(doc, event->root, "rev", &held.rev, event->err) == -EINVAL ||
        document_time(doc, event->root, "start", &start_ns, event->err) == -EINVAL ||
        document_time(doc, event->root, "end", &end_ns, event->err) == -EINVAL)
        return CW_REFUSED_EVENT;
    int found = category_of(category);
    if (found < 0 || held.persons > MAX_PERSONS || (end_ns && end_ns < start_ns)) {
        err_set(event->err, 0,
                found < 0 ? "The member \"category\" must be service, training or publicity."
                : held.persons > MAX_PERSONS ? "The member \"persons\" is too large."
                                             : "The activity's \"end\" is before its "
                                               "\"start\".");
        return CW_REFUSED_EVENT;
    }
    held.category = (uint32_t)found;
    struct activity *known = map_get(&event->site->activity, id);
    if (known && held.rev <= known->rev)
        return CW_ACCEPTED;
    tell_change(event, id, known, &held);
    if (known) {
        note_correction(event, id, known, &held);
        uncount(event->site, known);
    } else {
        forget_oldest(event->site);
        known = xcalloc(1, sizeof(*known));
        map_put(&event->site->activity, id, known);
        event->fold->counters.n_activities++;
    }
    *known = held;
    count(event->site, known);
    return CW_ACCEPTED;
}

void activity_save(const struct site *site, struct saver *saver)
{
    for (size_t i = 0; i < N_ACTIVITY_CATEGORIES; i++) {
        save_u64(saver, site->held[i].n_sessions);
        save_u64(saver, site->held[i].n_persons);
    }
    save_u32(saver, map_count(&site->activity));
    struct cw_str id;
    const struct activity *activity;
    for (uint32_t i = 0; (activity = map_next(&site->activity, &i, &id));) {
        save_str(saver, id);
        save_u32(saver, activity->category);
        save_i64(saver, activity->rev);
        save_i64(saver, activity->persons);
    }
}

void activity_load(struct site *site, struct loader *loader)
{
    for (size_t i = 0; i < N_ACTIVITY_CATEGORIES; i++) {
        site->held[i].n_sessions = load_u64(loader);
        site->held[i].n_persons = load_u64(loader);
    }
    uint32_t n = load_count(loader, 24);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct cw_str id = load_str(loader);
        struct activity read = {.category = load_u32(loader)};
        read.rev = load_i64(loader);
        read.persons = load_i64(loader);
        if (loader->failed || !id_valid(id) || read.category >= N_ACTIVITY_CATEGORIES ||
            map_get(&site->activity, id)) {
            loader->failed = true;
            return;
        }
        struct activity *activity = xcalloc(1, sizeof(*activity));
        *activity = read;
        map_put(&site->activity, id, activity);
    }
}
