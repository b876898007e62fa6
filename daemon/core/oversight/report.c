/*
 * report.c - sums over counts that the fold keeps.
 *
 * Beneficiaries, trainees and audience are columns of their own and never summed. An average
 * of ratings stands beside the number of ratings it is of.
 */
#include "core/oversight/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/zone.h"
#include "core/oversight/daily.h"
#include "core/oversight/ledger.h"
#include "core/service/service.h"

#define MAX_GROUP (2 * MAX_ID + 2)

/* ---- visits ---- */

struct group {
    char name[MAX_GROUP];
    struct visit_tally sum;
};

struct groups {
    struct map by_name;
    struct group **group;
    uint32_t n;
};

static struct group *group_of(struct groups *groups, const char *name)
{
    struct group *group = map_get(&groups->by_name, str_of(name));
    if (group)
        return group;
    group = xcalloc(1, sizeof(*group));
    (void)str_copy(group->name, sizeof(group->name), str_of(name));
    groups->group = xrealloc(groups->group, (groups->n + 1) * sizeof(*groups->group));
    groups->group[groups->n++] = group;
    map_put(&groups->by_name, str_of(name), group);
    return group;
}

static void groups_done(struct groups *groups)
{
    for (uint32_t i = 0; i < groups->n; i++)
        free(groups->group[i]);
    free(groups->group);
    map_done(&groups->by_name);
}

/* The first operator of the site, or the site itself. */
static void org_of(const struct fold *fold, const struct site *site, char dst[MAX_GROUP])
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site->id));
    struct cw_str operators =
        registration ? entry_json_of(registration, "operators") : CW_STR("");
    struct cw_str org = str_of(site->id);
    (void)json_next_text(&operators, &org);
    (void)str_copy(dst, MAX_GROUP, org);
}

static void name_of(const struct fold *fold, const struct visit_tally *tally, struct cw_str by,
                    char dst[MAX_GROUP])
{
    const struct site *site = fold->registry.site[tally->site];
    if (str_is(by, "district"))
        (void)str_copy(dst, MAX_GROUP, str_of(site->district));
    else if (str_is(by, "project"))
        (void)str_copy(dst, MAX_GROUP, str_of(tally->project));
    else if (str_is(by, "month"))
        (void)month_format(tally->month, dst);
    else if (str_is(by, "org"))
        org_of(fold, site, dst);
    else
        (void)str_copy(dst, MAX_GROUP, str_of(site->id));
}

static bool is_wanted(const struct report_query *query, const struct site *site)
{
    return (query->site.n == 0 || str_is(query->site, site->id)) &&
           (query->district.n == 0 || str_is(query->district, site->district)) &&
           (!query->may_site || query->may_site(query->ctx, site));
}

static void number(struct json_out *out, const char *key, uint64_t value)
{
    json_member_int(out, key, (int64_t)value);
}

/* What is private until a person has looked is in no report. */
static void write_sum(const struct visit_tally *sum, struct json_out *out)
{
    number(out, "planned", sum->planned);
    number(out, "done", sum->done);
    number(out, "verified", sum->verified);
    number(out, "cancelled", sum->cancelled);
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++)
        if ((1u << i) != EXCEPTION_UNCORROBORATED)
            number(out, visit_exception_name(i), sum->exception[i]);
    number(out, "minutes", sum->minutes);
    number(out, "verified_minutes", sum->verified_minutes);
    number(out, "settled", sum->settled);
    number(out, "settled_fen", sum->settled_fen);
    number(out, "rated", sum->rated);
    if (sum->rated)
        json_member_real(out, "score", (double)sum->score / (double)sum->rated);
    else {
        json_key(out, "score");
        json_null(out);
    }
}

static void write_visits(const struct fold *fold, const struct report_query *query,
                         struct json_out *out)
{
    const struct tallies *tallies = &fold->service->tallies;
    struct groups groups = {.n = 0};
    map_init(&groups.by_name);
    for (uint32_t i = 0; i < tallies->n; i++) {
        const struct visit_tally *one = tallies->tally[i];
        char name[MAX_GROUP];
        if (one->month < query->from || one->month > query->to ||
            !is_wanted(query, fold->registry.site[one->site]) ||
            (str_is(query->by, "project") && !*one->project))
            continue;
        name_of(fold, one, query->by, name);
        tally_add(&group_of(&groups, name)->sum, one);
    }
    for (uint32_t i = 0; i < groups.n; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%.*s", query->by.n ? (int)query->by.n : 4,
                       query->by.n ? query->by.p : "site");
        json_object(out);
        json_member_text(out, key, str_of(groups.group[i]->name));
        write_sum(&groups.group[i]->sum, out);
        json_object_end(out);
    }
    groups_done(&groups);
}

/* ---- monthly visits ---- */

/* One row per recipient and category: who of them was visited this month, by community. From
 * the 20th on who was not is to be listed. */
static void write_monthly(const struct fold *fold, const struct report_query *query,
                          struct json_out *out)
{
    int64_t local_s = zone_local_s(&fold->rules->zone, fold->now_ns / NS_PER_S);
    int year, month, day;
    instant_date(local_s / 86400, &year, &month, &day);
    bool is_over = query->to < month_of(fold, fold->now_ns) || day >= LISTED_FROM_DAY;
    char text[MONTH_MAX];
    (void)month_format(query->to, text);
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || !recipient_is_due(entry))
            continue;
        const struct site *site = registry_site(&fold->registry, entry_site(entry));
        struct cw_str rest = entry_json_of(entry, "category"), category;
        if (!site || !is_wanted(query, site))
            continue;
        while (json_next_text(&rest, &category)) {
            bool seen = recipient_was_seen(fold, entry, query->to);
            json_object(out);
            json_member_text(out, "month", str_of(text));
            json_member_text(out, "category", category);
            json_member_text(out, "community", entry_text(entry, "community"));
            json_member_text(out, "site", str_of(site->id));
            json_member_text(out, "district", str_of(site->district));
            json_member_text(out, "recipient", entry_own_id(entry));
            json_member_bool(out, "visited", seen);
            json_member_bool(out, "listed", !seen && is_over);
            json_object_end(out);
        }
    }
}

/* ---- sessions, projects, duties ---- */

struct sessions {
    const struct site *site; /* of the first row of it */
    struct activity_month sum;
};

static void add_sessions(struct activity_month *sum, const struct activity_month *one)
{
    for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
        sum->of[k].sessions += one->of[k].sessions;
        sum->of[k].persons += one->of[k].persons;
        sum->of[k].planned += one->of[k].planned;
        sum->of[k].kept += one->of[k].kept;
        sum->of[k].cancelled += one->of[k].cancelled;
        sum->of[k].missed += one->of[k].missed;
    }
}

static void write_session_row(const struct report_query *query, const char *name,
                              const struct sessions *sessions, struct json_out *out)
{
    static const char *const column[N_ACTIVITY_CATEGORIES][2] = {
        {"service", "beneficiaries"}, {"training", "trainees"}, {"publicity", "audience"}};
    char key[40];
    bool of_site = query->by.n == 0 || str_is(query->by, "site");
    json_object(out);
    (void)snprintf(key, sizeof(key), "%.*s", of_site ? 4 : (int)query->by.n,
                   of_site ? "site" : query->by.p);
    json_member_text(out, key, str_of(name));
    if (of_site) {
        json_member_text(out, "kind", str_of(sessions->site->kind_text));
        json_member_text(out, "district", str_of(sessions->site->district));
    }
    for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
        (void)snprintf(key, sizeof(key), "%s_sessions", column[k][0]);
        number(out, key, sessions->sum.of[k].sessions);
        number(out, column[k][1], sessions->sum.of[k].persons);
    }
    /* Plans of the month, and what became of them. */
    for (size_t k = 0; k < N_ACTIVITY_CATEGORIES; k++) {
        (void)snprintf(key, sizeof(key), "%s_planned", column[k][0]);
        number(out, key, sessions->sum.of[k].planned);
        (void)snprintf(key, sizeof(key), "%s_planned_held", column[k][0]);
        number(out, key, sessions->sum.of[k].kept);
        (void)snprintf(key, sizeof(key), "%s_planned_cancelled", column[k][0]);
        number(out, key, sessions->sum.of[k].cancelled);
        (void)snprintf(key, sizeof(key), "%s_planned_missed", column[k][0]);
        number(out, key, sessions->sum.of[k].missed);
    }
    json_object_end(out);
}

static struct sessions *sessions_of(struct map *by_name, const char *name,
                                    const struct site *site)
{
    struct sessions *sessions = map_get(by_name, str_of(name));
    if (sessions)
        return sessions;
    sessions = xcalloc(1, sizeof(*sessions));
    sessions->site = site;
    map_put(by_name, str_of(name), sessions);
    return sessions;
}

static void write_sessions(const struct fold *fold, const struct report_query *query,
                           struct json_out *out)
{
    const struct activity_months *months = &fold->service->months;
    struct map by_name;
    struct sessions *sessions;
    struct cw_str key;
    map_init(&by_name);
    for (uint32_t i = 0; i < months->n; i++) {
        const struct activity_month *one = months->month[i];
        const struct site *site = fold->registry.site[one->site];
        const struct visit_tally where = {.month = one->month, .site = one->site};
        char name[MAX_GROUP];
        if (one->month < query->from || one->month > query->to || !is_wanted(query, site) ||
            str_is(query->by, "project"))
            continue;
        name_of(fold, &where, query->by, name);
        add_sessions(&sessions_of(&by_name, name, site)->sum, one);
    }
    for (uint32_t i = 0; (sessions = map_next(&by_name, &i, &key));) {
        char name[MAX_GROUP];
        (void)str_copy(name, sizeof(name), key);
        write_session_row(query, name, sessions, out);
        free(sessions);
    }
    map_done(&by_name);
}

static bool entry_wanted(const struct fold *fold, const struct report_query *query,
                         const struct entry *entry)
{
    struct cw_str org = entry_org(entry);
    const struct entry *registration =
        query->site.n ? book_find(fold->book, &kind_sites, query->site) : NULL;
    bool own = query->site.n == 0 || str_eq(entry_site(entry), query->site) ||
               str_eq(org, query->site) ||
               (registration && entry_lists(registration, "operators", org));
    return own &&
           (query->district.n == 0 || str_eq(entry_district(fold, entry), query->district)) &&
           (!query->may_entry || query->may_entry(query->ctx, entry));
}

static void write_entries(const struct fold *fold, const struct report_query *query,
                          const struct entry_kind *kind, const char *const *column,
                          struct json_out *out)
{
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || entry->kind != kind || !entry_wanted(fold, query, entry))
            continue;
        json_object(out);
        json_member_text(out, "id", str_of(entry->id));
        for (size_t k = 0; column[k]; k++) {
            struct cw_str json = entry_json_of(entry, column[k]);
            json_key(out, column[k]);
            json_raw(out, json.n ? json : CW_STR("null"));
        }
        json_member_text(out, "state", str_of(kind->state[entry->state]));
        if (kind->more)
            kind->more(fold, entry, out);
        json_object_end(out);
    }
}

static void write_projects(const struct fold *fold, const struct report_query *query,
                           struct json_out *out)
{
    static const char *const column[] = {
        "org",        "purchaser", "source",   "target_persons",
        "budget_fen", "unit_fen",  "paid_fen", NULL};
    write_entries(fold, query, &kind_projects, column, out);
}

static void write_duties(const struct fold *fold, const struct report_query *query,
                         struct json_out *out)
{
    static const char *const column[] = {"org",         "site", "duty",   "period",
                                         "expected_by", "late", "result", NULL};
    write_entries(fold, query, &kind_duties, column, out);
}

const struct report reports[] = {
    {"visits", "visits planned, done, verified, with each exception", write_visits},
    {"monthly_visits", "who of each recipient category was visited in the month of `to`",
     write_monthly},
    {"sessions", "sessions held, service, training and publicity apart", write_sessions},
    {"projects", "claimed against verified", write_projects},
    {"duties", "what was filed, and its result", write_duties},
    {.name = NULL},
};

const struct report *report_find(struct cw_str name)
{
    for (const struct report *report = reports; report->name; report++)
        if (str_is(name, report->name))
            return report;
    return NULL;
}
