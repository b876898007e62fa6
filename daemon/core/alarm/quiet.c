/*
 * quiet.c - maintenance and outages put alarms aside; the end of one brings those back that
 * nothing else holds.
 */
#include "core/alarm/quiet_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/alarm_private.h"
#include "core/alarm/escalation.h"
#include "core/alarm/note.h"
#include "core/fold.h"
#include "core/series/supervision.h"

#define PRESET_MAINTENANCE_NS (INT64_C(24) * 3600 * 1000000000)

void quiet_done(struct quiet *quiet)
{
    for (uint32_t i = 0; i < quiet->n_windows; i++)
        free(quiet->window[i]);
    for (uint32_t i = 0; i < quiet->n_silences; i++)
        free(quiet->silence[i]);
    inhibit_done(&quiet->sources);
    *quiet = (struct quiet){.n_windows = 0};
}

/* ---- what holds for an alarm ---- */

static bool is_maintained(const struct fold *fold, const struct alarm *alarm)
{
    const struct quiet *quiet = &fold->quiet;
    if (alarm->vital || !alarm->site[0])
        return false;
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        const struct window *window = quiet->window[i];
        if (strcmp(window->site, alarm->site) == 0 && window->until_ns > fold->now_ns &&
            (!window->device[0] || strcmp(window->device, alarm->device) == 0))
            return true;
    }
    return false;
}

static bool is_explained(const struct fold *fold, const struct alarm *alarm)
{
    if (alarm->vital || !alarm->device[0] || alarm->category != CATEGORY_TECHNICAL)
        return false;
    const struct site *site = registry_site(&fold->registry, str_of(alarm->site));
    return site && site->outage == OUTAGE_CUT;
}

uint32_t quiet_state(const struct fold *fold, const struct alarm *alarm)
{
    if (alarm->assigned_ns)
        return ALARM_UNACK;
    if (is_maintained(fold, alarm))
        return ALARM_OUT_OF_SERVICE;
    bool is_suppressed = is_explained(fold, alarm) || inhibit_source(fold, alarm, NULL);
    return is_suppressed ? ALARM_SUPPRESSED : ALARM_UNACK;
}

bool quiet_change(const struct fold *fold, const struct alarm *alarm, uint32_t change)
{
    if (alarm->historical || alarm->folded)
        return true;
    if (alarm_is_aside(alarm) && change != CHANGE_SHELVED && change != CHANGE_SUPPRESSED)
        return true;
    if (!alarm->told && !alarm_change_calls(change) && change != CHANGE_ESCALATED)
        return true; /* an end without a begin says nothing */
    return quiet_mutes(fold, alarm);
}

bool quiet_mutes(const struct fold *fold, const struct alarm *alarm)
{
    return !alarm->vital && alarm->priority != CW_PRIORITY_HIGH && quiet_silence(fold, alarm);
}

/* Puts a standing alarm aside, or brings it back, as things are now. */
static void judge(struct fold *fold, struct alarm *alarm, const char *why)
{
    uint32_t state = quiet_state(fold, alarm);
    bool is_aside = alarm->state == ALARM_SUPPRESSED || alarm->state == ALARM_OUT_OF_SERVICE;
    if (is_aside && state == ALARM_UNACK) {
        alarm_back(fold, alarm, CHANGE_UNSUPPRESSED, CW_STR(""), str_of(why));
    } else if (alarm->state != state && state != ALARM_UNACK &&
               (is_aside || alarm_stands(alarm))) {
        alarm->state = state;
        alarm->due_ns = 0;
        escalation_stop(alarm);
        alarm_step(fold, alarm, CHANGE_SUPPRESSED, CW_STR(""), str_of(why));
    }
}

/* Which alarms somebody asks about; what is empty or 0 leaves that open. */
struct asked {
    const char *site;
    uint32_t targets_of; /* bits of inhibitions */
};

static bool is_asked(const struct fold *fold, const struct asked *asked,
                     const struct alarm *alarm)
{
    bool is_target = asked->targets_of == 0;
    for (uint32_t i = 0; i < fold->rules->n_inhibitions && !is_target; i++) {
        const struct inhibition *rule = &fold->rules->inhibition[i];
        is_target = asked->targets_of & UINT32_C(1) << i &&
                    matchers_hold(rule->target, rule->n_target, alarm);
    }
    return is_target && (!asked->site[0] || strcmp(alarm->site, asked->site) == 0);
}

/* Emitting may close alarms and change the tables: first whose, then what. */
static void judge_all(struct fold *fold, const struct asked *asked, const char *why)
{
    struct alarm *alarm;
    char(*found)[HASH_ID_MAX] = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_key, &i, NULL));) {
        if (!is_asked(fold, asked, alarm))
            continue;
        found = xrealloc(found, (n + 1) * sizeof(*found));
        memcpy(found[n++], alarm->id, sizeof(*found));
    }
    for (uint32_t i = 0; i < n; i++) {
        alarm = alarm_find(&fold->alarms, str_of(found[i]));
        if (alarm && alarm->state != ALARM_CLOSED)
            judge(fold, alarm, why);
    }
    free(found);
}

static void judge_site(struct fold *fold, const char *site, const char *why)
{
    judge_all(fold, &(struct asked){.site = site}, why);
}

void quiet_judge_targets(struct fold *fold, uint32_t rules, const char *why)
{
    judge_all(fold, &(struct asked){.site = "", .targets_of = rules}, why);
}

void quiet_configure(struct fold *fold)
{
    bool had_sources = fold->quiet.sources.n > 0;
    inhibit_find(fold);
    if (had_sources || fold->quiet.sources.n > 0)
        judge_all(fold, &(struct asked){.site = ""}, note_text(NOTE_CONFIG));
    quiet_arm_edge(fold);
}

void quiet_site_back(struct fold *fold, struct cw_str site)
{
    char id[MAX_ID + 1];
    if (str_copy(id, sizeof(id), site))
        judge_site(fold, id, note_text(NOTE_SITE_HEARD));
}

/* ---- maintenance ---- */

static void window_id(struct cw_str site, struct cw_str device, char id[HASH_ID_MAX])
{
    char room[2 * MAX_ID + 16];
    int n = snprintf(room, sizeof(room), "window %.*s %.*s", (int)site.n, site.p, (int)device.n,
                     device.p);
    hash_id((struct cw_str){room, (size_t)n}, id);
}

static struct window *find_window(const struct quiet *quiet, struct cw_str id, uint32_t *place)
{
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        *place = i;
        if (str_is(id, quiet->window[i]->id))
            return quiet->window[i];
    }
    return NULL;
}

const struct window *quiet_window(const struct fold *fold, struct cw_str site,
                                  struct cw_str device)
{
    char id[HASH_ID_MAX];
    uint32_t place;
    window_id(site, device, id);
    return find_window(&fold->quiet, str_of(id), &place);
}

int quiet_maintain(struct fold *fold, struct cw_str site, struct cw_str device,
                   int64_t until_ns, struct cw_str by, struct cw_error *err)
{
    struct quiet *quiet = &fold->quiet;
    char id[HASH_ID_MAX];
    uint32_t place;
    int64_t most_ns = fold->rules->settings.max_maintenance_ns;
    most_ns = fold->now_ns + (most_ns ? most_ns : PRESET_MAINTENANCE_NS);
    if (until_ns <= fold->now_ns)
        return err_set(err, -EINVAL, "The maintenance ends (\"until\") in the future.");
    window_id(site, device, id);
    struct window *window = find_window(quiet, str_of(id), &place);
    if (!window && quiet->n_windows == MAX_WINDOWS)
        return err_set(err, -E2BIG, "There are %u maintenances already.", MAX_WINDOWS);
    if (!window) {
        window = xcalloc(1, sizeof(*window));
        memcpy(window->id, id, sizeof(window->id));
        alarm_copy(window->site, sizeof(window->site), site);
        alarm_copy(window->device, sizeof(window->device), device);
        window->begun_ns = fold->now_ns;
        window->number = quiet->n_begun++;
        quiet->window[quiet->n_windows++] = window;
    }
    alarm_copy(window->by, sizeof(window->by), by);
    window->until_ns = until_ns < most_ns ? until_ns : most_ns;
    timer_arm(&fold->timers, &window->timer, TIMER_WINDOW, window->number, window->until_ns);
    judge_site(fold, window->site, note_text(NOTE_MAINTENANCE));
    return 0;
}

static void end_window(struct fold *fold, uint32_t place)
{
    struct quiet *quiet = &fold->quiet;
    struct window *window = quiet->window[place];
    supervision_anew(fold, window->site, window->device);
    quiet->n_windows--;
    memmove(&quiet->window[place], &quiet->window[place + 1],
            (quiet->n_windows - place) * sizeof(quiet->window[0]));
    judge_site(fold, window->site, note_text(NOTE_MAINTENANCE_OVER));
    free(window);
}

int quiet_maintained_id(struct fold *fold, struct cw_str id, struct cw_error *err)
{
    uint32_t place;
    if (!find_window(&fold->quiet, id, &place))
        return err_set(err, -ENOENT, "There is no such maintenance.");
    end_window(fold, place);
    return 0;
}

int quiet_maintained(struct fold *fold, struct cw_str site, struct cw_str device)
{
    char id[HASH_ID_MAX];
    window_id(site, device, id);
    return quiet_maintained_id(fold, str_of(id), NULL);
}

void quiet_due(struct fold *fold, const struct timer_entry *entry)
{
    struct quiet *quiet = &fold->quiet;
    if (entry->kind == TIMER_SILENCE) {
        if (timer_fired(&quiet->edge, entry))
            quiet_edge(fold);
        return;
    }
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        struct window *window = quiet->window[i];
        if (window->number != entry->owner)
            continue;
        if (!timer_fired(&window->timer, entry))
            return;
        if (window->until_ns <= fold_due_ns(fold))
            end_window(fold, i);
        else
            timer_arm(&fold->timers, &window->timer, TIMER_WINDOW, window->number,
                      window->until_ns);
        return;
    }
}

void window_json(const struct window *window, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "id", str_of(window->id));
    json_member_text(out, "site", str_of(window->site));
    json_member_opt(out, "device", str_of(window->device));
    json_member_time(out, "begun_at", window->begun_ns);
    json_member_time(out, "until", window->until_ns);
    json_member_opt(out, "by", str_of(window->by));
    json_object_end(out);
}
