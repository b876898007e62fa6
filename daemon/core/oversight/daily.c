/*
 * daily.c - one walk over the book a day. Of a site there is one alarm for all recipients who
 * are missing: their names are in the monthly report.
 */
#include "core/oversight/daily.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/oversight/closed.h"
#include "core/oversight/ledger.h"
#include "core/service/service.h"
#include "core/service/site_quiet.h"

#define TOLD_CERTIFICATE (1u << 30) /* behind the bits of the ledgers */

bool recipient_is_due(const struct entry *entry)
{
    if (entry->kind != &kind_residents || entry_json_of(entry, "category").n <= 2)
        return false;
    struct cw_str status = entry_text(entry, "status");
    return !str_is(status, "discharged") && !str_is(status, "transferred");
}

bool recipient_was_seen(const struct fold *fold, const struct entry *resident, int32_t month)
{
    const struct site *site = registry_site(&fold->registry, entry_site(resident));
    const struct recipient_seen *seen =
        site ? recipient_seen(&fold->service->tallies, site->number, entry_own_id(resident))
             : NULL;
    for (size_t i = 0; seen && i < SEEN_MONTHS; i++)
        if (seen->month[i] == month)
            return true;
    return false;
}

/* ---- monthly visits ---- */

static void set_unvisited(struct fold *fold, struct site *site, uint32_t n)
{
    uint32_t before = site->n_unvisited;
    char text[MAX_ID + 16];
    site->n_unvisited = n;
    if (!before == !n)
        return;
    const struct rule *rule = ruleset_builtin(fold->rules, CONDITION_UNVISITED);
    int length = snprintf(text, sizeof(text), "%s/unvisited", site->id);
    struct cw_str subject = {text, (size_t)length};
    if (!n)
        alarm_clear_key(fold, rule, subject);
    if (!n)
        return;
    struct alarm_desc desc = {.rule = rule,
                              .subject = subject,
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .value = (double)n,
                              .limit = 0};
    (void)alarm_raise(fold, &desc);
}

static void count_unvisited(const struct fold *fold, int32_t month, uint32_t *n_of_site)
{
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || !recipient_is_due(entry) || recipient_was_seen(fold, entry, month))
            continue;
        const struct site *site = registry_site(&fold->registry, entry_site(entry));
        if (site)
            n_of_site[site->number]++;
    }
}

static void look_for_unvisited(struct fold *fold, int day_of_month)
{
    uint32_t n_sites = fold->registry.n_sites;
    uint32_t *n_of_site = xcalloc(n_sites + 1, sizeof(*n_of_site));
    if (day_of_month >= LISTED_FROM_DAY)
        count_unvisited(fold, month_of(fold, fold->now_ns), n_of_site);
    for (uint32_t i = 0; i < n_sites; i++)
        set_unvisited(fold, fold->registry.site[i], n_of_site[i]);
    free(n_of_site);
}

/* ---- certificates ---- */

/* The earliest date of {"name":"2026-01-31",...}, and whose it is. */
static int64_t earliest(struct cw_str json, struct cw_str *name)
{
    struct cw_str key, date;
    int64_t day, first = INT64_MAX;
    while (json_next_text(&json, &key) && json_next_text(&json, &date)) {
        if (civil_parse(date, &day) || day >= first)
            continue;
        first = day;
        *name = key;
    }
    return first;
}

static bool works_no_more(const struct entry *entry)
{
    struct cw_str status = entry_text(entry, "status");
    return str_is(status, "left") || str_is(status, "deregistered") ||
           str_is(status, "revoked");
}

static void look_at_certificates(struct fold *fold, struct entry *entry, int64_t today)
{
    const struct rule *rule = ruleset_builtin(fold->rules, CONDITION_CERTIFICATE);
    struct cw_str name = CW_STR("");
    char note[MAX_ID + 40], date[CIVIL_MAX];
    int64_t day = earliest(entry_json_of(entry, "certificates"), &name);
    bool expires = day != INT64_MAX && !works_no_more(entry) &&
                   day - today <= rule->after_ns / (86400 * NS_PER_S);
    if (expires == !!(entry->told & TOLD_CERTIFICATE))
        return;
    note[0] = '\0';
    if (expires) {
        (void)civil_format(day, date);
        (void)snprintf(note, sizeof(note), "%.*s %s", (int)(name.n < MAX_ID ? name.n : MAX_ID),
                       name.p, date);
    }
    ledger_alarm(fold, entry, CONDITION_CERTIFICATE, TOLD_CERTIFICATE, expires,
                 expires ? (double)(day - today) : (double)NAN, 0, note);
}

static bool has_certificates(const struct entry_kind *kind)
{
    for (const struct entry_field *field = kind->field; field->name; field++)
        if (strcmp(field->name, "certificates") == 0)
            return true;
    return false;
}

static void look_for_certificates(struct fold *fold, int64_t today)
{
    const struct entry_kind *kind = NULL;
    bool may_have = false;
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        struct entry *entry = fold->book->entry[i];
        if (!entry)
            continue;
        if (entry->kind != kind) { /* those of a kind mostly stand together */
            kind = entry->kind;
            may_have = has_certificates(kind);
        }
        if (may_have &&
            (entry->told & TOLD_CERTIFICATE || entry_json_of(entry, "certificates").n > 2))
            look_at_certificates(fold, entry, today);
    }
}

/* ---- the day ---- */

void daily_wait(struct fold *fold)
{
    if (fold->service->day.armed_ns || fold->now_ns == 0)
        return;
    int64_t today = local_day(fold->rules, fold->now_ns);
    timer_arm(&fold->timers, &fold->service->day, TIMER_DAY, 0,
              end_of_day_ns(fold->rules, today) + 1);
}

void daily_due(struct fold *fold)
{
    int year, month, day;
    int64_t today = local_day(fold->rules, fold->now_ns);
    instant_date(today, &year, &month, &day);
    today_turn(fold);
    look_for_certificates(fold, today);
    look_for_unvisited(fold, day);
    closed_leave(fold);
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        site_quiet_look(fold, fold->registry.site[i]);
    daily_wait(fold);
}
