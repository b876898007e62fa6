/*
 * activity_state.c - of each site its sessions, and since when it serves nobody, in a snapshot.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/service/activity.h"
#include "core/service/activity_peers.h"
#include "core/service/activity_plan.h"
#include "core/service/site_quiet.h"
#include "core/view/snapshot.h"

enum activity_bit { BIT_HELD = 1, BIT_PLANNED = 2, BIT_CANCELLED = 4 };

static void save_one(struct cw_str id, const struct activity *activity, struct saver *saver)
{
    save_str(saver, id);
    save_u32(saver, activity->category);
    save_i64(saver, activity->rev);
    save_i64(saver, activity->persons);
    /* version 5 */
    save_i64(saver, activity->start_ns);
    save_i64(saver, activity->end_ns);
    save_i64(saver, activity->expected);
    save_u64(saver, activity->room);
    save_u64(saver, activity->worker);
    save_str(saver, str_of(activity->room_id));
    save_u32(saver, activity->standing);
    save_u32(saver, activity->kept); /* version 7 */
    save_i64(saver, activity->month);
    save_i64(saver, activity->plan_month);
    save_u32(saver, (activity->held ? BIT_HELD : 0u) | (activity->planned ? BIT_PLANNED : 0u) |
                        (activity->cancelled ? BIT_CANCELLED : 0u));
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
    for (uint32_t i = 0; (activity = map_next(&site->activity, &i, &id));)
        save_one(id, activity, saver);
    /* version 5 */
    save_i64(saver, site->served_ns);
    save_u32(saver, site->is_quiet);
    save_u32(saver, site->n_unvisited);
    save_i64(saver, site->quiet_timer.armed_ns);
    save_i64(saver, site->plan_timer.armed_ns); /* version 6 */
}

static void load_more(struct activity *activity, struct loader *loader)
{
    activity->start_ns = load_i64(loader);
    activity->end_ns = load_i64(loader);
    activity->expected = load_i64(loader);
    activity->room = load_u64(loader);
    activity->worker = load_u64(loader);
    load_field(loader, activity->room_id, sizeof(activity->room_id));
    activity->standing = load_u32(loader);
    activity->kept = loader->version >= 7 ? load_u32(loader) : 0;
    activity->month = (int32_t)load_i64(loader);
    activity->plan_month = (int32_t)load_i64(loader);
    uint32_t bits = load_u32(loader);
    activity->held = bits & BIT_HELD;
    activity->planned = bits & BIT_PLANNED;
    activity->cancelled = bits & BIT_CANCELLED;
}

static bool load_one(struct site *site, struct loader *loader)
{
    struct cw_str id = load_str(loader);
    struct activity read = {.category = load_u32(loader), .held = true};
    read.rev = load_i64(loader);
    read.persons = load_i64(loader);
    if (loader->version >= 5)
        load_more(&read, loader);
    if (loader->failed || !id_valid(id) || read.category >= N_ACTIVITY_CATEGORIES ||
        map_get(&site->activity, id))
        return false;
    struct activity *activity = xcalloc(1, sizeof(*activity));
    *activity = read;
    map_put(&site->activity, id, activity);
    activity_peers_link(site, activity);
    return true;
}

/* Those of a state that was written before anybody waited for them. */
static void plans_wait(struct fold *fold, struct site *site)
{
    const struct activity *it;
    for (uint32_t i = 0; (it = map_next(&site->activity, &i, NULL));)
        plan_wait(fold, site, it);
}

void activity_load(struct fold *fold, struct site *site, struct loader *loader)
{
    for (size_t i = 0; i < N_ACTIVITY_CATEGORIES; i++) {
        site->held[i].n_sessions = load_u64(loader);
        site->held[i].n_persons = load_u64(loader);
    }
    uint32_t n = load_count(loader, 24);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        if (!load_one(site, loader))
            loader->failed = true;
    if (loader->version < 5 || loader->failed)
        return;
    site->served_ns = load_i64(loader);
    site->is_quiet = load_u32(loader) != 0;
    site->n_unvisited = load_u32(loader);
    int64_t armed_ns = load_i64(loader);
    if (armed_ns)
        timer_arm(&fold->timers, &site->quiet_timer, TIMER_QUIET, site->number, armed_ns);
    if (loader->version < 6) {
        plans_wait(fold, site);
        return;
    }
    armed_ns = load_i64(loader);
    if (armed_ns)
        timer_arm(&fold->timers, &site->plan_timer, TIMER_PLAN, site->number, armed_ns);
}
