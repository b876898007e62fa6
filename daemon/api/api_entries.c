/*
 * api_entries.c - entries of registry and supervision: lists, one of them, its history, and
 * registering one. The route's row says of which kind.
 *
 * What lies outside the caller's scope does not exist for the caller: 404, not 403.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/oversight/ledger.h"
#include "io/json_read.h"

#define DEFAULT_LIMIT 200
#define MAX_RECORD_BYTES (64u << 10)

const struct entry_kind *route_kind(const struct api_route *route)
{
    struct cw_str rest = str_of(route->pattern), word;
    const struct entry_kind *kind = NULL;
    while (str_split(&rest, '/', &word)) {
        const struct entry_kind *named = entry_kind_of(word);
        kind = named ? named : kind;
    }
    return kind;
}

static const struct entry *entry_by_key(struct exchange *exchange, const char *id)
{
    const struct entry *entry =
        book_find(api_fold(exchange->api)->book, route_kind(exchange->route), str_of(id));
    if (entry && entry_visible(exchange, entry))
        return entry;
    api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no %s in %s.",
                exchange->id, route_kind(exchange->route)->name);
    return NULL;
}

const struct entry *entry_or_404(struct exchange *exchange)
{
    return entry_by_key(exchange, exchange->id);
}

/* ---- rows of the store ---- */

void answer_rows(void *ctx, struct cw_str items, uint32_t n, const char *next)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api && pending->is_one && n == 0) {
        api_problem(api, pending->request, 404, NULL, "There is no such entry.");
    } else if (api && pending->is_one) {
        api_answer(api, pending->request, 200, NULL, items);
    } else if (api) {
        struct buf body;
        struct json_out out;
        buf_init(&body, items.n + 200);
        json_out_init(&out, &body);
        json_object(&out);
        json_key(&out, "items");
        json_array(&out);
        json_raw(&out, items);
        json_array_end(&out);
        json_key(&out, "next");
        if (next && next[0])
            json_text(&out, str_of(next));
        else
            json_null(&out);
        json_member_int(&out, "rev", api_rev(api));
        json_object_end(&out);
        api_answer(api, pending->request, 200, NULL, buf_str(&body));
        buf_done(&body);
    }
    free(pending);
}

/* The narrower of what is asked for and what may be seen; false when they exclude each
 * other. */
static bool narrow(struct store_list *list, const char *column, const char *asked,
                   const char *scope)
{
    if (asked[0] && scope[0] && strcmp(asked, scope) != 0)
        return false;
    store_list_is(list, column, asked[0] ? asked : scope);
    return true;
}

/* As narrow_sees_entry() has it: a resident is of the area that the own entry says, and where
 * that says none, of the site's. */
static void scope_homes_of(const struct exchange *exchange, struct store_list *list)
{
    store_list_among(list,
                     "CASE WHEN json_extract(json, '$.community') IS NULL AND"
                     " json_extract(json, '$.grid') IS NULL THEN '" SCOPE_SITE "' || site END",
                     scope_homes(exchange));
    store_list_or_among(list, "'" SCOPE_AREA "' || json_extract(json, '$.community')");
    store_list_or_among(list, "'" SCOPE_AREA "' || json_extract(json, '$.grid')");
}

bool scope_list(const struct exchange *exchange, const struct entry_kind *kind,
                struct store_list *list, const char *site)
{
    const struct caller *caller = &exchange->caller;
    bool is_person = kind == &kind_residents;
    store_list_is(list, "kind", kind->name);
    if ((caller->site[0] && site[0] && strcmp(site, caller->site) != 0) ||
        !narrow(list, "district", parameter(exchange, "district"), caller->district))
        return false;
    store_list_is(list, "site", site);
    if (is_person && caller->area[0] && !caller->department[0] && !caller->site[0])
        scope_homes_of(exchange, list);
    else
        store_list_among(list, "CASE site WHEN '' THEN org ELSE site END",
                         scope_sites(exchange));
    return true;
}

/* A field of the kind that the route has a parameter for; what every list has is no field. */
static const char *field_wanted(const struct exchange *exchange,
                                const struct entry_field *field)
{
    static const char *const scope[] = {"site", "org", "district"};
    for (size_t i = 0; i < sizeof(scope) / sizeof(scope[0]); i++)
        if (strcmp(field->name, scope[i]) == 0)
            return "";
    return parameter(exchange, field->name);
}

static void fields_into(const struct exchange *exchange, struct store_list *list)
{
    const struct entry_field *field = route_kind(exchange->route)->field;
    for (; field->name; field++)
        store_list_text(list, field->name, TEST_LISTED, field_wanted(exchange, field));
}

static void list_archived(struct exchange *exchange, const char *site)
{
    struct api *api = exchange->api;
    const struct entry_kind *kind = route_kind(exchange->route);
    struct store_list list = {
        .of = LIST_ENTRIES, .limit = (uint32_t)parameter_int(exchange, "limit", DEFAULT_LIMIT)};
    struct json_out out;
    fields_into(exchange, &list);
    store_list_is(&list, "org", parameter(exchange, "org"));
    store_list_is(&list, "state", parameter(exchange, "state"));
    if (!store_list_after(&list, parameter(exchange, "after"))) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "after is not a \"next\" of this list.");
    } else if (!scope_list(exchange, kind, &list, site)) {
        api_list_begin(api, &out);
        api_list_end(exchange, &out, NULL);
    } else {
        store_query_list(api->daemon->store, &list, answer_rows,
                         pending_new(api, exchange->request->id));
    }
}

/* ---- lists of the fold ---- */

/* Equal, or in its list. */
static bool fields_wanted(const struct exchange *exchange, const struct entry *entry)
{
    for (const struct entry_field *field = entry->kind->field; field->name; field++) {
        const char *value = field_wanted(exchange, field);
        if (value[0] && !entry_lists(entry, field->name, str_of(value)))
            return false;
    }
    return true;
}

static bool is_wanted(const struct exchange *exchange, const struct entry *entry,
                      const char *site)
{
    const struct fold *fold = api_fold(exchange->api);
    const char *org = parameter(exchange, "org"), *state = parameter(exchange, "state");
    const char *district = parameter(exchange, "district");
    const char *overdue = parameter(exchange, "overdue");
    return entry->kind == route_kind(exchange->route) &&
           (!site[0] || str_is(entry_site(entry), site)) &&
           (!org[0] || str_is(entry_org(entry), org)) &&
           (!state[0] ||
            (entry->state && strcmp(state, entry->kind->state[entry->state]) == 0)) &&
           (!district[0] || str_is(entry_district(fold, entry), district)) &&
           (!overdue[0] || (entry->told & TOLD_OVERDUE) == (strcmp(overdue, "yes") == 0)) &&
           fields_wanted(exchange, entry) && entry_visible(exchange, entry);
}

void answer_entries(struct exchange *exchange, const struct entry_page *page)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const char *after = parameter(exchange, "after");
    int64_t limit = parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0, from = -1;
    char next[NUM_MAX] = "";
    struct json_out out;
    if (after[0] && (num_parse_i64(str_of(after), &from) || from < 0)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "after=\"%.60s\" is not a \"next\" of this list.", after);
        return;
    }
    api_list_begin(api, &out);
    for (int64_t i = from + 1; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || !page->is_wanted(exchange, entry, page->site))
            continue;
        if (n++ == limit)
            break;
        page->write(fold, entry, &out);
        (void)snprintf(next, sizeof(next), "%lld", (long long)i);
    }
    api_list_end(exchange, &out, n > limit ? next : NULL);
}

void entry_into_list(const struct fold *fold, const struct entry *entry, struct json_out *out)
{
    entry_json(fold, entry, false, out);
}

static void list_entries(struct exchange *exchange, const char *site)
{
    const struct entry_page page = {is_wanted, entry_into_list, site};
    if (strcmp(parameter(exchange, "archived"), "yes") == 0)
        list_archived(exchange, site);
    else
        answer_entries(exchange, &page);
}

void handle_entries(struct exchange *exchange)
{
    list_entries(exchange, parameter(exchange, "site"));
}

void handle_site_entries(struct exchange *exchange)
{
    if (site_for(exchange, exchange->id))
        list_entries(exchange, exchange->id);
    else
        api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no site %s.",
                    exchange->id);
}

/* ---- one of them ---- */

/* The site whose own the id is, or NULL: answered. Nobody learns of another's. */
static const char *own_site(struct exchange *exchange)
{
    const char *asked = parameter(exchange, "site");
    const char *site = asked[0] ? asked : exchange->caller.site;
    if (!site[0])
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "site is missing: the id is a site's own.");
    else if (!site_for(exchange, site))
        api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no site %s.",
                    site);
    else
        return site;
    return NULL;
}

/* The key of the entry that the path names: "site/id" of what is a site's own. False:
 * answered. */
static bool entry_key(struct exchange *exchange, const struct entry_kind *kind,
                      char id[MAX_ENTRY_ID + 1])
{
    const char *site = kind && !kind->of_site ? "" : own_site(exchange);
    if (site)
        (void)snprintf(id, MAX_ENTRY_ID + 1, "%s%s%s", site, site[0] ? "/" : "", exchange->id);
    return site != NULL;
}

void answer_entry(struct api *api, uint64_t request, int status, const struct entry *entry)
{
    struct json_out out;
    char headers[64];
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    entry_json(api_fold(api), entry, false, &out);
    (void)snprintf(headers, sizeof(headers), "ETag: \"%u\"\r\n", entry->rev);
    api_answer(api, request, status, headers, buf_str(&api->scratch));
}

void handle_entry(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct entry_kind *kind = route_kind(exchange->route);
    char id[MAX_ENTRY_ID + 1];
    if (!entry_key(exchange, kind, id))
        return;
    const struct entry *entry = book_find(api_fold(api)->book, kind, str_of(id));
    struct store_list list = {.of = LIST_ENTRIES, .limit = 1};
    if (entry || !scope_list(exchange, kind, &list, "")) {
        entry = entry_by_key(exchange, id);
        if (entry)
            answer_entry(api, exchange->request->id, 200, entry);
        return;
    }
    /* Closed long ago: the store still knows it. */
    struct pending *pending = pending_new(api, exchange->request->id);
    pending->is_one = true;
    store_list_is(&list, "id", id);
    store_query_list(api->daemon->store, &list, answer_rows, pending);
}

/* ---- history ---- */

/* The word of the pattern that says of what: "/api/v1/visits/{id}/history". */
static struct cw_str route_word(const struct api_route *route)
{
    struct cw_str rest = str_of(route->pattern), word = CW_STR(""), before = word;
    while (str_split(&rest, '/', &word) && !str_is(word, "{id}"))
        before = word;
    return before;
}

void handle_history(struct exchange *exchange)
{
    struct api *api = exchange->api;
    char word[MAX_ID + 1], id[MAX_ENTRY_ID + 1];
    struct store_list list = {
        .of = LIST_TRAIL, .limit = (uint32_t)parameter_int(exchange, "limit", DEFAULT_LIMIT)};
    (void)str_copy(word, sizeof(word), route_word(exchange->route));
    const struct entry_kind *kind = entry_kind_of(str_of(word));
    if (!entry_key(exchange, kind, id))
        return;
    if (kind && !kind->of_site && caller_is_scoped(&exchange->caller) &&
        !entry_by_key(exchange, id))
        return;
    store_list_is(&list, "kind", word);
    store_list_is(&list, "id", id);
    if (!store_list_after(&list, parameter(exchange, "after")))
        api_problem(api, exchange->request->id, 400, NULL,
                    "after is not a \"next\" of this list.");
    else
        store_query_list(api->daemon->store, &list, answer_rows,
                         pending_new(api, exchange->request->id));
}

/* ---- registering ---- */

static void on_put(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)alarm;
    if (api && code == 0)
        answer_entry(api, pending->request, pending->is_new ? 201 : 200,
                     book_find(api_fold(api)->book, pending->kind, str_of(pending->entry)));
    else if (api && code == -ESTALE)
        api_problem(api, pending->request, 412, NULL, "%s", err->text);
    else if (api && (code == -EINVAL || code == -ENOSPC))
        api_problem(api, pending->request, 400, NULL, "%s", err->text);
    else if (api)
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the record: %s.", strerror(-code));
    free(pending);
}

/* What the caller may not see is not the caller's to write, either. */
static bool may_put(struct exchange *exchange, const struct entry *entry)
{
    const struct entry_kind *kind = route_kind(exchange->route);
    struct cw_str id = str_of(exchange->id), none = CW_STR("");
    struct cw_str site = kind == &kind_sites ? id : str_of(parameter(exchange, "site"));
    if (entry ? entry_visible(exchange, entry)
              : caller_covers(exchange, site, kind == &kind_organisations ? id : none))
        return true;
    api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no %s in %s.",
                exchange->id, kind->name);
    return false;
}

static void put(struct exchange *exchange, const struct entry_kind *kind, const char *key,
                bool is_new, struct cw_str record)
{
    struct pending *pending = pending_new(exchange->api, exchange->request->id);
    pending->kind = kind;
    pending->is_new = is_new;
    (void)str_copy(pending->entry, sizeof(pending->entry), str_of(key));
    pipeline_register(exchange->api->daemon->pipeline, kind->name, record, on_put, pending);
}

void handle_entry_put(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct entry_kind *kind = route_kind(exchange->route);
    struct entry_author author = {.by = exchange->caller.by, .id = exchange->id, .site = ""};
    struct cw_error err = {""};
    char key[MAX_ENTRY_ID + 1];
    struct buf record;
    if (!entry_key(exchange, kind, key))
        return;
    const struct entry *entry = book_find(api_fold(api)->book, kind, str_of(key));
    if (!may_put(exchange, entry))
        return;
    if (if_match(exchange->request->if_match, &author.rev)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "If-Match must be \"REV\" in quotes, or *.");
        return;
    }
    struct json_node *body = json_read(exchange->request->body, &err);
    buf_init(&record, MAX_RECORD_BYTES);
    if (kind->of_site)
        author.site = own_site(exchange);
    if (!body || entry_record(body, kind, &author, &record, &err))
        api_problem(api, exchange->request->id, 400, NULL, "%s", err.text);
    else
        put(exchange, kind, key, !entry, buf_str(&record));
    json_read_free(body);
    buf_done(&record);
}
