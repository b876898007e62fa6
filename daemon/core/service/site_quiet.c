/*
 * site_quiet.c - the wait begins anew with every session and visit; while we hear nobody it is
 * put off. Without opening hours it is told when it is over. With them a whole opening has to
 * pass first: who opens once a week is not quiet an hour before this week's session. Nor is who
 * has a session planned within a month, before that is overdue itself.
 */
#include "core/service/site_quiet.h"

#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "core/alarm/schedule.h"
#include "core/fold.h"
#include "core/service/activity_plan.h"

#define PUT_OFF_NS (3600 * NS_PER_S)

static bool is_waited_for(const struct site *site)
{
    return site->kind == SITE_STATION || site->kind == SITE_BASE;
}

static struct cw_str subject_of(const struct site *site, char text[MAX_ID + 16])
{
    int n = snprintf(text, MAX_ID + 16, "%s/quiet", site->id);
    return (struct cw_str){text, (size_t)n};
}

static const struct rule *rule_of(const struct fold *fold)
{
    return ruleset_builtin(fold->rules, CONDITION_SITE_QUIET);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void wait(struct fold *fold, struct site *site, int64_t until_ns)
{
    timer_arm(&fold->timers, &site->quiet_timer, TIMER_QUIET, site->number,
              until_ns > fold->now_ns ? until_ns : fold->now_ns + 1);
}

static void clear(struct fold *fold, struct site *site)
{
    char text[MAX_ID + 16];
    if (site->is_quiet)
        alarm_clear_key(fold, rule_of(fold), subject_of(site, text));
    site->is_quiet = false;
}

void site_served(struct fold *fold, struct site *site)
{
    clear(fold, site);
    if (!is_waited_for(site))
        return;
    site->served_ns = fold->now_ns;
    wait(fold, site, fold->now_ns + rule_of(fold)->after_ns);
}

void site_quiet_look(struct fold *fold, struct site *site)
{
    if (fold->now_ns == 0)
        return; /* nothing has come yet: the first midnight looks again */
    if (!is_waited_for(site))
        clear(fold, site);
    else if (site->served_ns == 0)
        site_served(fold, site);
    else if (!site->is_quiet)
        wait(fold, site, site->served_ns + rule_of(fold)->after_ns);
}

/* Its hours as registered: spans with ';' between. False: none that can be read. */
static bool hours_of(const struct fold *fold, const struct site *site,
                     struct schedule *schedule)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    struct cw_str rest = registration ? entry_text(registration, "hours") : CW_STR(""), span;
    *schedule = (struct schedule){.name = "hours"};
    while (rest.n > 0 && schedule->n_spans < MAX_SPANS && str_split(&rest, ';', &span))
        if (schedule_parse_span(span, &schedule->span[schedule->n_spans], NULL) == 0)
            schedule->n_spans++;
    return schedule->n_spans > 0;
}

/* When the first opening that began after it served is over. */
static int64_t opening_over_ns(const struct fold *fold, const struct site *site,
                               const struct schedule *hours)
{
    const struct zone *zone = &fold->rules->zone;
    int64_t at_ns = site->served_ns;
    if (schedule_covers(hours, zone, at_ns))
        at_ns = schedule_next_ns(hours, zone, at_ns);
    for (int i = 0; i < 2 && at_ns != INT64_MAX; i++)
        at_ns = schedule_next_ns(hours, zone, at_ns);
    return at_ns == INT64_MAX ? 0 : at_ns;
}

static void raise_it(struct fold *fold, struct site *site)
{
    char text[MAX_ID + 16];
    double days = (double)(fold->now_ns - site->served_ns) / 86400e9;
    struct alarm_desc desc = {.rule = rule_of(fold),
                              .subject = subject_of(site, text),
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .value = floor(days * 10) / 10,
                              .limit = (double)rule_of(fold)->after_ns / 86400e9};
    site->is_quiet = true;
    (void)alarm_raise(fold, &desc);
}

void site_quiet_due(struct fold *fold, struct site *site)
{
    int64_t due_ns = site->served_ns + rule_of(fold)->after_ns;
    struct schedule hours;
    if (!is_waited_for(site) || site->is_quiet)
        return;
    bool has_hours = hours_of(fold, site, &hours);
    due_ns = later(due_ns, plan_next_ns(fold, site));
    if (has_hours)
        due_ns = later(due_ns, opening_over_ns(fold, site, &hours));
    if (fold->now_ns < due_ns) {
        wait(fold, site, due_ns);
    } else if (fold->registry.deaf) {
        wait(fold, site, fold->now_ns + PUT_OFF_NS);
    } else if (has_hours && !schedule_covers(&hours, &fold->rules->zone, fold->now_ns)) {
        int64_t opens_ns = schedule_next_ns(&hours, &fold->rules->zone, fold->now_ns);
        if (opens_ns != INT64_MAX)
            wait(fold, site, opens_ns);
    } else {
        raise_it(fold, site);
    }
}
