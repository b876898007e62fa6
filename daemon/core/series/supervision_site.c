/*
 * supervision_site.c - a site's outage: judged from times and counts, told once.
 *
 *   cut    nobody heard for the smallest class, all rostered devices gone and nobody heard
 *          since, or its gateways lost and nobody behind them heard since
 *                                                          alarm site_silent
 *   mute   the gateway lives, no device behind it does     alarm alive_no_data
 *
 * When it begins, alarms that its devices raised since the last sign of life are cleared
 * ("folded"). When it ends, with the first device heard, the others get a drain and a class
 * to come back before they are told singly.
 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "core/alarm/note.h"
#include "core/series/supervision_private.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool site_folds(const struct fold *fold)
{
    return ruleset_builtin(fold->rules, CONDITION_SITE_SILENT)->fold_site;
}

/* ---- deadlines; INT64_MAX: none ---- */

static int64_t cut_at(const struct site *site)
{
    if (site->class_ns == 0)
        return INT64_MAX;
    return later(site->heard_ns, site->supervised_from_ns) + site->class_ns;
}

static int64_t mute_at(const struct site *site)
{
    if (site->n_field < 2 || site->n_gateways == 0)
        return INT64_MAX;
    return later(site->field_ns, site->supervised_from_ns) + site->field_class_ns;
}

static int64_t no_data_at(const struct site *site)
{
    if (site->n_data < 2)
        return INT64_MAX;
    return later(site->data_ns, site->supervised_from_ns) +
           SUPERVISION_NO_DATA_CLASSES * site->data_class_ns;
}

/* A site without supervised devices has no class; it only becomes unknown. */
static int64_t unknown_at(const struct fold *fold, const struct site *site)
{
    if (site->class_ns != 0)
        return INT64_MAX;
    return later(site->heard_ns, site->supervised_from_ns) +
           fold->rules->settings.default_class_ns;
}

static bool gateways_gone(const struct site *site)
{
    return site->n_gateways > 0 && site->n_gateways_silent == site->n_gateways;
}

/* All rostered devices are, by their last wills or because they were not heard; and nobody was
 * heard after the last of them: a device that is in no roster shows that the site lives. */
static bool all_gone(const struct site *site)
{
    int64_t gone_ns = 0;
    if (site->n_rostered == 0 || site->n_silent < site->n_rostered)
        return false;
    for (const struct device *it = site->first_device; it; it = it->next_of_site) {
        if (it->rostered)
            gone_ns = later(gone_ns, it->goodbye ? it->lapsed_ns : it->heard_ns);
    }
    return site->heard_ns <= gone_ns;
}

void site_arm(struct fold *fold, struct site *site)
{
    int64_t due_ns = cut_at(site);
    if (site->outage == OUTAGE_NONE && all_gone(site)) {
        due_ns = fold->now_ns; /* by last wills that came while we were deaf */
    } else if (site->outage == OUTAGE_NONE) {
        due_ns = earlier(earlier(due_ns, mute_at(site)),
                         earlier(no_data_at(site), unknown_at(fold, site)));
        if (gateways_gone(site) && site->gateway_confirm_ns > fold->now_ns)
            due_ns = earlier(due_ns, site->gateway_confirm_ns);
    }
    if (due_ns != INT64_MAX)
        timer_arm(&fold->timers, &site->timer, TIMER_SITE, site->number,
                  later(due_ns, fold->now_ns + 1));
}

/* ---- the verdict ---- */

static enum site_outage verdict(const struct fold *fold, const struct site *site)
{
    int64_t now_ns = fold->now_ns;
    if (all_gone(site))
        return OUTAGE_CUT;
    if (now_ns >= cut_at(site))
        return OUTAGE_CUT;
    if (gateways_gone(site) && now_ns >= site->gateway_confirm_ns &&
        site->field_ns <= site->gateway_quiet_ns)
        return OUTAGE_CUT;
    if (now_ns >= mute_at(site) || now_ns >= no_data_at(site))
        return OUTAGE_MUTE;
    return OUTAGE_NONE;
}

static const char *condition_of(uint32_t outage)
{
    return outage == OUTAGE_CUT ? CONDITION_SITE_SILENT : CONDITION_ALIVE_NO_DATA;
}

static void raise_site(struct fold *fold, const struct site *site)
{
    const struct rule *rule = ruleset_builtin(fold->rules, condition_of(site->outage));
    if (!rule_pattern_matches(rule->site, str_of(site->id)))
        return;
    struct alarm_desc desc = {.rule = rule,
                              .subject = str_of(site->id),
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .value = (double)NAN,
                              .limit = (double)NAN};
    alarm_raise(fold, &desc);
}

static void clear_site(struct fold *fold, const struct site *site, uint32_t outage,
                       const char *note)
{
    struct cw_str rule = str_of(ruleset_builtin(fold->rules, condition_of(outage))->name);
    struct alarm *alarm = alarm_open(&fold->alarms, rule, str_of(site->id));
    if (alarm && alarm->active)
        alarm_clear(fold, alarm, str_of(note));
}

/* Clears what devices raised after since_ns, the site's last sign of life. */
static void fold_devices(struct fold *fold, struct site *site, int64_t since_ns)
{
    static const char *const condition[] = {CONDITION_DEVICE_SILENT, CONDITION_ALIVE_NO_DATA};
    if (!site_folds(fold))
        return;
    for (struct device *it = site->first_device; it; it = it->next_of_site) {
        if (it->lapsed_ns == 0)
            continue;
        for (size_t i = 0; i < 2; i++) {
            struct alarm *alarm = device_alarm(fold, site, it, condition[i]);
            if (alarm && alarm->raised_ns > since_ns)
                alarm_clear(fold, alarm, str_of(note_text(NOTE_FOLDED)));
        }
    }
}

static void outage_begin(struct fold *fold, struct site *site)
{
    int64_t since_ns = site->heard_ns;
    site->connection = CONNECTION_SILENT;
    if (site->outage == OUTAGE_MUTE) {
        since_ns = fold->now_ns >= mute_at(site) ? site->field_ns : site->data_ns;
        site->connection = CONNECTION_ALIVE_NO_DATA;
    }
    raise_site(fold, site);
    fold_devices(fold, site, since_ns);
}

/* Devices that were folded have not been told: they may come back first. */
static void unfold_devices(struct fold *fold, struct site *site)
{
    int64_t from_ns = fold->now_ns + SUPERVISION_DRAIN_NS;
    site->supervised_from_ns = later(site->supervised_from_ns, from_ns);
    for (struct device *it = site->first_device; it; it = it->next_of_site) {
        if (it->retired)
            continue;
        it->supervised_from_ns = later(it->supervised_from_ns, from_ns);
        if (it->lapsed_ns && !device_alarm(fold, site, it, CONDITION_DEVICE_SILENT) &&
            !device_alarm(fold, site, it, CONDITION_ALIVE_NO_DATA)) {
            it->lapsed_ns = 0;
            it->goodbye = false;
            device_connect(&fold->registry, it, CONNECTION_UNKNOWN);
        }
        timer_arm(&fold->timers, &it->timer, TIMER_DEVICE, it->number, from_ns + it->class_ns);
    }
}

void site_judge(struct fold *fold, struct site *site)
{
    uint32_t was = site->outage, is = verdict(fold, site);
    if (was == is || fold->registry.deaf)
        return;
    if (was == OUTAGE_CUT)
        is = OUTAGE_NONE; /* whoever came back, the others get their time */
    site->outage = is;
    if (was)
        clear_site(fold, site, was, is ? note_text(NOTE_FOLDED) : note_text(NOTE_HEARD));
    if (is) {
        outage_begin(fold, site);
    } else {
        bool is_heard = site->heard_ns == fold->now_ns; /* else its roster changed */
        site->connection = is_heard ? CONNECTION_ONLINE : CONNECTION_UNKNOWN;
        unfold_devices(fold, site);
        quiet_site_back(fold, str_of(site->id));
    }
}

void site_back(struct fold *fold, struct site *site)
{
    if (site->outage)
        site_judge(fold, site);
    else
        site->connection = CONNECTION_ONLINE;
}

void site_lost_gateway(struct fold *fold, struct site *site, bool goodbye, int64_t margin_ns)
{
    site->gateway_confirm_ns = fold->now_ns + (goodbye ? SUPERVISION_CONFIRM_NS : 0);
    site->gateway_quiet_ns = fold->now_ns - (goodbye ? 0 : margin_ns);
    if (!gateways_gone(site) || site->outage)
        return;
    site->connection = CONNECTION_UNKNOWN;
    if (goodbye)
        site_arm(fold, site);
}

/* ---- after maintenance ---- */

static void device_anew(struct fold *fold, struct site *site, struct device *device)
{
    static const char *const condition[] = {CONDITION_DEVICE_SILENT, CONDITION_ALIVE_NO_DATA};
    device->supervised_from_ns = later(device->supervised_from_ns, fold->now_ns);
    if (device->lapsed_ns == 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        struct alarm *alarm = device_alarm(fold, site, device, condition[i]);
        if (alarm)
            alarm_clear(fold, alarm, str_of(note_text(NOTE_MAINTAINED)));
    }
    device->lapsed_ns = 0;
    device->goodbye = false;
    device_connect(&fold->registry, device, CONNECTION_UNKNOWN);
    timer_arm(&fold->timers, &device->timer, TIMER_DEVICE, device->number,
              fold->now_ns + device->class_ns);
}

static void site_anew(struct fold *fold, struct site *site)
{
    uint32_t was = site->outage;
    site->supervised_from_ns = later(site->supervised_from_ns, fold->now_ns);
    if (was) {
        site->outage = OUTAGE_NONE;
        site->connection = CONNECTION_UNKNOWN;
        clear_site(fold, site, was, note_text(NOTE_MAINTAINED));
    }
    site_arm(fold, site);
}

void supervision_anew(struct fold *fold, const char *site_id, const char *device_id)
{
    struct site *site = registry_site(&fold->registry, str_of(site_id));
    if (!site || fold->registry.deaf)
        return;
    for (struct device *it = site->first_device; it; it = it->next_of_site) {
        if (!it->retired && (!device_id[0] || strcmp(device_id, it->id) == 0))
            device_anew(fold, site, it);
    }
    if (!device_id[0])
        site_anew(fold, site);
}

void supervision_due_site(struct fold *fold, struct site *site)
{
    if (fold->registry.deaf)
        return;
    site_judge(fold, site);
    if (!site->outage && fold->now_ns >= unknown_at(fold, site)) {
        site->connection = CONNECTION_UNKNOWN;
        return; /* until it is heard */
    }
    if (site->outage != OUTAGE_CUT)
        site_arm(fold, site);
}
