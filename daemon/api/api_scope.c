/*
 * api_scope.c - what a caller sees of the city: all of it, a district, a street, community or
 * grid, what a department is responsible for, or one site. What lies outside does not exist:
 * 404, not 403.
 *
 * A site or an organisation is in an area when its registration says so, or names one below
 * it. A route is open to a token of an area or a department only when its handler is in the
 * table here, which is to say that it asks for everything that it shows; the others are 403.
 */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/oversight/ledger.h"

#define MAX_SITES_BYTES (4u << 20)
#define MAX_LEVELS 8 /* city, district, street, community, grid */

bool caller_is_narrow(const struct caller *caller)
{
    return caller->area[0] != '\0' || caller->department[0] != '\0';
}

bool caller_is_scoped(const struct caller *caller)
{
    return caller->role == ROLE_FACILITY || caller->role == ROLE_DISTRICT ||
           caller->site[0] != '\0' || caller->district[0] != '\0' || caller_is_narrow(caller);
}

/* ---- areas ---- */

/* Is `id` the area, or one below it? */
static bool lies_in(const struct fold *fold, struct cw_str id, const char *area)
{
    for (int level = 0; id.n > 0 && level < MAX_LEVELS; level++) {
        if (str_is(id, area))
            return true;
        const struct entry *entry = book_find(fold->book, &kind_areas, id);
        id = entry ? entry_text(entry, "parent") : CW_STR("");
    }
    return false;
}

static bool entry_lies_in(const struct fold *fold, const struct entry *entry, const char *area)
{
    static const char *const field[] = {"grid", "community", "street", "district"};
    for (size_t i = 0; entry && i < sizeof(field) / sizeof(field[0]); i++)
        if (lies_in(fold, entry_text(entry, field[i]), area))
            return true;
    return false;
}

static bool is_responsible(const struct entry *org, const char *department)
{
    return org && (str_is(entry_text(org, "department"), department) ||
                   str_is(entry_text(org, "registrar"), department));
}

static const struct entry *organisation(const struct fold *fold, struct cw_str id)
{
    return book_find(fold->book, &kind_organisations, id);
}

/* One of the organisations that run the site, or that it is called by. */
static bool is_run_under(const struct fold *fold, const struct entry *site, struct cw_str id,
                         const char *department)
{
    struct cw_str rest = site ? entry_json_of(site, "operators") : CW_STR(""), org;
    while (json_next_text(&rest, &org))
        if (is_responsible(organisation(fold, org), department))
            return true;
    return is_responsible(organisation(fold, id), department);
}

/* Of a site, or of an organisation that stands where a site would (alarms of ledgers). */
static bool narrow_sees(const struct caller *caller, struct cw_str id)
{
    const struct fold *fold = api_fold(caller->api);
    const struct entry *site = book_find(fold->book, &kind_sites, id);
    const struct site *heard = registry_site(&fold->registry, id);
    if (caller->area[0] && !entry_lies_in(fold, site, caller->area) &&
        !(heard && lies_in(fold, str_of(heard->district), caller->area)) &&
        !entry_lies_in(fold, site ? NULL : organisation(fold, id), caller->area))
        return false;
    return !caller->department[0] || is_run_under(fold, site, id, caller->department);
}

bool caller_may_see(const struct caller *caller, const char *site, const char *district)
{
    if (caller->role == ROLE_FACILITY && caller->site[0] == '\0')
        return false;
    if (caller->role == ROLE_DISTRICT && caller->district[0] == '\0' && !caller->area[0])
        return false;
    if (caller_is_narrow(caller) && !narrow_sees(caller, str_of(site)))
        return false;
    return (caller->site[0] == '\0' || strcmp(caller->site, site) == 0) &&
           (caller->district[0] == '\0' || strcmp(caller->district, district) == 0);
}

/* ---- entries ---- */

static bool works_at(const struct fold *fold, const char *site, struct cw_str org)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site));
    return org.n > 0 &&
           (str_is(org, site) || (registration && entry_lists(registration, "operators", org)));
}

/* Of a case the site says where it is, and the organisation when there is none. */
bool caller_covers(const struct exchange *exchange, struct cw_str site, struct cw_str org)
{
    const struct fold *fold = api_fold(exchange->api);
    const struct caller *caller = &exchange->caller;
    struct cw_str id = site.n ? site : org;
    const struct site *at = registry_site(&fold->registry, id);
    const struct entry *of = organisation(fold, org);
    if (!caller_is_scoped(caller))
        return true;
    if (caller->site[0] && !str_is(site, caller->site) && !works_at(fold, caller->site, org))
        return false;
    if (caller_is_narrow(caller) && (id.n == 0 || !narrow_sees(caller, id)))
        return false;
    if (caller->district[0])
        return (at && strcmp(at->district, caller->district) == 0) ||
               (of && str_is(entry_text(of, "district"), caller->district));
    return caller->site[0] || caller_is_narrow(caller);
}

/* A resident lives where the own entry says, and not where the site is that serves. */
static bool narrow_sees_entry(const struct caller *caller, const struct entry *entry)
{
    const struct fold *fold = api_fold(caller->api);
    struct cw_str site = entry_site(entry), org = entry_org(entry);
    bool has_own = entry->kind == &kind_residents &&
                   (entry_text(entry, "community").n || entry_text(entry, "grid").n);
    if (has_own && caller->area[0] && !caller->department[0])
        return entry_lies_in(fold, entry, caller->area);
    if (site.n == 0 && org.n == 0)
        return caller->area[0] && !caller->department[0] &&
               entry_lies_in(fold, entry, caller->area);
    return narrow_sees(caller, site.n ? site : org);
}

bool entry_visible(const struct exchange *exchange, const struct entry *entry)
{
    const struct fold *fold = api_fold(exchange->api);
    const struct caller *caller = &exchange->caller;
    if (!caller_is_scoped(caller) || entry->kind == &kind_areas)
        return true;
    if (caller->site[0])
        return str_is(entry_site(entry), caller->site) ||
               works_at(fold, caller->site, entry_org(entry));
    if (caller_is_narrow(caller) && !narrow_sees_entry(caller, entry))
        return false;
    return caller->district[0] ? str_is(entry_district(fold, entry), caller->district)
                               : caller_is_narrow(caller);
}

/* ---- routes ---- */

static void (*const by_area[])(struct exchange *) = {
    handle_session_get,   handle_session_post,   handle_session_delete, handle_openapi,
    handle_healthz,       handle_readyz,         handle_status,         handle_stream,
    handle_alarms,        handle_alarm,          handle_alarm_history,  handle_alarm_why,
    handle_alarm_order,   handle_alarm_open,     handle_incidents,      handle_incident,
    handle_sites,         handle_site,           handle_site_devices,   handle_unknown_devices,
    handle_map_points,    handle_map_geojson,    handle_public_map,     handle_entries,
    handle_entry,         handle_history,        handle_site_entries,   handle_account,
    handle_credit,        handle_public_credit,  handle_feed,           handle_feed_key,
    handle_case,          handle_statutes,       handle_visits,         handle_site_visits,
    handle_attachment,    handle_attachment_put, handle_handover,       handle_series,
    handle_ledger_report, handle_map_outline,    handle_causes,         handle_rules,
    handle_limits,        handle_limit_post,     handle_limit_delete,   handle_report,
    handle_load,
};

bool route_knows_areas(const struct api_route *route)
{
    for (size_t i = 0; i < sizeof(by_area) / sizeof(by_area[0]); i++)
        if (route->handle == by_area[i])
            return true;
    return false;
}

/* What changes the registry of the whole city. False: answered. */
bool scope_admits(struct exchange *exchange)
{
    const struct caller *caller = &exchange->caller;
    bool of_the_city =
        exchange->route->handle == handle_entry_put || exchange->route->handle == handle_import;
    if (caller_is_narrow(caller) && !route_knows_areas(exchange->route)) {
        api_problem(exchange->api, exchange->request->id, 403, NULL,
                    "This is not open to a token of an area or a department.");
        return false;
    }
    if (caller_is_scoped(caller) && of_the_city) {
        api_problem(exchange->api, exchange->request->id, 403, NULL,
                    "The registry is not open to a token of a site, district or area.");
        return false;
    }
    return true;
}

static void add_seen(const struct caller *caller, const char *before, const char *id,
                     struct json_out *out)
{
    char text[sizeof(SCOPE_SITE) + MAX_ENTRY_ID];
    (void)snprintf(text, sizeof(text), "%s%s", before, id);
    if (narrow_sees(caller, str_of(id)))
        json_text(out, str_of(text));
}

/* The site, and who runs it: cases of an organisation name no site. */
static void add_own(const struct fold *fold, const char *site, struct json_out *out)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(site));
    struct cw_str rest = registration ? entry_json_of(registration, "operators") : CW_STR("");
    struct cw_str org;
    json_text(out, str_of(site));
    while (json_next_text(&rest, &org))
        json_text(out, org);
}

/* Sites that are registered or were heard, and organisations, that stand where a site would;
 * each with a word before it. */
static void add_all_seen(const struct caller *caller, const struct fold *fold,
                         const char *before, struct json_out *out)
{
    for (uint32_t i = 0; i < fold->registry.n_sites; i++)
        add_seen(caller, before, fold->registry.site[i]->id, out);
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        bool is_heard = entry && registry_site(&fold->registry, str_of(entry->id));
        if (entry && !is_heard &&
            (entry->kind == &kind_organisations || entry->kind == &kind_sites))
            add_seen(caller, before, entry->id, out);
    }
}

/* The list as text; the buffer is gone. One that is too long is none. */
static char *list_take(struct json_out *out, struct buf *json)
{
    json_array_end(out);
    char *list = xstrdup(json->full ? "[]" : buf_text(json));
    buf_done(json);
    return list;
}

static void list_begin(struct json_out *out, struct buf *json)
{
    buf_init(json, MAX_SITES_BYTES);
    json_out_init(out, json);
    json_array(out);
}

char *scope_sites(const struct exchange *exchange)
{
    const struct caller *caller = &exchange->caller;
    const struct fold *fold = api_fold(exchange->api);
    struct json_out out;
    struct buf json;
    if (!caller_is_narrow(caller) && !caller->site[0])
        return NULL;
    list_begin(&out, &json);
    if (caller->site[0])
        add_own(fold, caller->site, &out);
    else
        add_all_seen(caller, fold, "", &out);
    return list_take(&out, &json);
}

char *scope_homes(const struct exchange *exchange)
{
    const struct caller *caller = &exchange->caller;
    const struct fold *fold = api_fold(exchange->api);
    char area[sizeof(SCOPE_AREA) + MAX_ENTRY_ID];
    struct json_out out;
    struct buf json;
    list_begin(&out, &json);
    add_all_seen(caller, fold, SCOPE_SITE, &out);
    (void)snprintf(area, sizeof(area), SCOPE_AREA "%s", caller->area);
    json_text(&out, str_of(area)); /* also one that is not registered */
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || entry->kind != &kind_areas ||
            !lies_in(fold, str_of(entry->id), caller->area))
            continue;
        (void)snprintf(area, sizeof(area), SCOPE_AREA "%s", entry->id);
        json_text(&out, str_of(area));
    }
    return list_take(&out, &json);
}

const char *scope_hidden_rule(const struct exchange *exchange)
{
    const struct rule *rule =
        ruleset_builtin(api_fold(exchange->api)->rules, CONDITION_VISIT_UNCORROBORATED);
    return caller_is_scoped(&exchange->caller) ? rule->name : "";
}
