/*
 * api_alarms.c - alarms: open ones from the fold, closed ones and history from the store.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/series/alarm_shown.h"
#include "core/service/visit.h"
#include "io/json_read.h"

#define DEFAULT_LIMIT 200
#define MAX_PAGE 1000u /* what ?limit= may say */

bool may_see_alarm(const struct exchange *exchange, const struct alarm *alarm)
{
    bool is_hidden = caller_is_scoped(&exchange->caller) &&
                     visit_alarm_is_private(api_fold(exchange->api), alarm);
    return !is_hidden && caller_may_see(&exchange->caller, alarm->site, alarm->district);
}

/* The alarm of the path if the caller may see it; else answered with 404. */
const struct alarm *alarm_or_404(struct exchange *exchange)
{
    const struct alarm *alarm =
        alarm_find(&api_fold(exchange->api)->alarms, str_of(exchange->id));
    if (alarm && may_see_alarm(exchange, alarm))
        return alarm;
    api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no alarm %s.",
                exchange->id);
    return NULL;
}

/* ---- open alarms ---- */

/* Most urgent first, then first come; the id makes the order total. */
static int by_urgency(const void *a, const void *b)
{
    const struct alarm *x = *(const struct alarm *const *)a;
    const struct alarm *y = *(const struct alarm *const *)b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    if (x->raised_ns != y->raised_ns)
        return x->raised_ns < y->raised_ns ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* "priority.raised_ns.id" of the last one shown. */
static bool cursor_parse(const char *text, struct alarm *after)
{
    struct cw_str rest = str_of(text), priority, raised;
    int64_t number = 0;
    if (!str_split(&rest, '.', &priority) || !str_split(&rest, '.', &raised) ||
        num_parse_i64(priority, &number) < 0 || num_parse_i64(raised, &after->raised_ns) < 0)
        return false;
    after->priority = (uint32_t)number;
    return str_copy(after->id, sizeof(after->id), rest);
}

/* "first_out": what is folded stays under it. "live": the same, without what is put aside;
 * and in a flood only what is high. */
static bool is_in_view(const struct exchange *exchange, const struct alarm *alarm)
{
    const char *view = parameter(exchange, "view");
    if (view[0] == '\0' || strcmp(view, "all") == 0)
        return true;
    if (alarm->folded)
        return false;
    if (strcmp(view, "first_out") == 0)
        return true;
    bool flood = api_fold(exchange->api)->load.flood;
    return alarm_stands(alarm) &&
           (!flood || alarm->vital || alarm->priority == CW_PRIORITY_HIGH);
}

static bool is_wanted(const struct exchange *exchange, const struct alarm *alarm)
{
    const char *priority = parameter(exchange, "priority");
    const char *site = parameter(exchange, "site");
    const char *district = parameter(exchange, "district");
    const char *incident = parameter(exchange, "incident");
    return may_see_alarm(exchange, alarm) &&
           (!incident[0] || strcmp(incident, alarm->incident) == 0) &&
           is_in_view(exchange, alarm) &&
           (!priority[0] || strcmp(priority, priority_name(alarm->priority)) == 0) &&
           (!site[0] || strcmp(site, alarm->site) == 0) &&
           (!district[0] || strcmp(district, alarm->district) == 0);
}

static void list_open(struct exchange *exchange)
{
    const struct alarm_set *set = &api_fold(exchange->api)->alarms;
    size_t limit = (size_t)parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0;
    const char *cursor = parameter(exchange, "after");
    struct alarm after = {.raised_ns = 0};
    if (cursor[0] && !cursor_parse(cursor, &after)) {
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "after=\"%.60s\" is not a \"next\" of this list.", cursor);
        return;
    }
    const struct alarm **found = xcalloc(map_count(&set->by_key) + 1, sizeof(*found));
    const struct alarm *alarm, *from = &after;
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL));) {
        if (is_wanted(exchange, alarm) && (!cursor[0] || by_urgency(&from, &alarm) < 0))
            found[n++] = alarm;
    }
    qsort(found, n, sizeof(*found), by_urgency);
    struct json_out out;
    char next[128] = "";
    api_list_begin(exchange->api, &out);
    for (size_t i = 0; i < n && i < limit; i++)
        alarm_shown_json(api_fold(exchange->api), found[i], &out);
    if (n > limit)
        (void)snprintf(next, sizeof(next), "%u.%lld.%s", found[limit - 1]->priority,
                       (long long)found[limit - 1]->raised_ns, found[limit - 1]->id);
    free(found);
    api_list_end(exchange, &out, next);
}

/* ---- closed alarms and history ---- */

static void on_rows(void *ctx, struct cw_str rows, uint64_t next)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    struct buf shown;
    buf_init(&shown, rows.n + (MAX_PAGE + 1) * WITHHELD_ROOM);
    if (api)
        alarm_shown_text(api_fold(api), rows, &shown);
    struct cw_str items = buf_str(&shown);
    if (api && pending->is_one && items.n == 0) {
        api_problem(api, pending->request, 404, NULL, "There is no such alarm.");
    } else if (api && pending->is_one) {
        api_answer(api, pending->request, 200, NULL, items);
    } else if (api) {
        api_items_answer(api, pending->request, items, next);
    }
    buf_done(&shown);
    free(pending);
}

/* The scope of the caller into the question, so that the store never gives out more. False
 * when what is asked for lies outside of it. */
static bool narrow(const struct exchange *exchange, struct alarm_query *query)
{
    const struct caller *caller = &exchange->caller;
    const char *site = parameter(exchange, "site"), *district = parameter(exchange, "district");
    if (!caller_is_narrow(caller) && !caller_may_see(caller, caller->site, caller->district))
        return false;
    if ((caller->site[0] && site[0] && strcmp(site, caller->site) != 0) ||
        (caller->district[0] && district[0] && strcmp(district, caller->district) != 0))
        return false;
    return str_copy(query->site, sizeof(query->site), str_of(site[0] ? site : caller->site)) &&
           str_copy(query->district, sizeof(query->district),
                    str_of(district[0] ? district : caller->district));
}

static void list_stored(struct exchange *exchange, const char *state)
{
    struct alarm_query query = {.limit =
                                    (uint32_t)parameter_int(exchange, "limit", DEFAULT_LIMIT)};
    const char *after = parameter(exchange, "after");
    if (after[0] && num_parse_u64(str_of(after), &query.after) < 0) {
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "after=\"%.60s\" is not a \"next\" of this list.", after);
        return;
    }
    (void)str_copy(query.state, sizeof(query.state), str_of(state));
    (void)str_copy(query.priority, sizeof(query.priority),
                   str_of(parameter(exchange, "priority")));
    if (!narrow(exchange, &query)) {
        struct json_out out;
        api_list_begin(exchange->api, &out);
        api_list_end(exchange, &out, NULL);
        return;
    }
    query.sites = scope_sites(exchange);
    (void)str_copy(query.hidden, sizeof(query.hidden), str_of(scope_hidden_rule(exchange)));
    store_query_alarms(exchange->api->daemon->store, &query, on_rows,
                       pending_new(exchange->api, exchange->request->id));
}

void handle_alarms(struct exchange *exchange)
{
    const char *state = parameter(exchange, "state");
    if (state[0] == '\0' || strcmp(state, "open") == 0)
        list_open(exchange);
    else
        list_stored(exchange, state);
}

void answer_alarm(struct api *api, uint64_t request, int status, const struct alarm *alarm)
{
    struct json_out out;
    char headers[64];
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    alarm_shown_json(api_fold(api), alarm, &out);
    (void)snprintf(headers, sizeof(headers), "ETag: \"%u\"\r\n", alarm->rev);
    api_answer(api, request, status, headers, buf_str(&api->scratch));
}

void handle_alarm(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct alarm *alarm = alarm_find(&api_fold(api)->alarms, str_of(exchange->id));
    struct alarm_query query = {.state = "all", .limit = 1};
    if (alarm && may_see_alarm(exchange, alarm)) {
        answer_alarm(api, exchange->request->id, 200, alarm);
    } else if (!alarm && narrow(exchange, &query) &&
               str_copy(query.id, sizeof(query.id), str_of(exchange->id))) {
        struct pending *pending = pending_new(api, exchange->request->id);
        pending->is_one = true;
        store_query_alarms(api->daemon->store, &query, on_rows, pending);
    } else {
        (void)alarm_or_404(exchange);
    }
}

/* History is asked for by id alone, so whose alarm it is has to be known first: the fold knows
 * the open ones and those closed lately. Older ones are left to those who may see all. */
void handle_alarm_history(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct alarm *alarm = alarm_find(&api_fold(api)->alarms, str_of(exchange->id));
    bool may = alarm ? may_see_alarm(exchange, alarm) : !caller_is_scoped(&exchange->caller);
    if (!may) {
        (void)alarm_or_404(exchange);
        return;
    }
    store_query_history(api->daemon->store, exchange->id, on_rows,
                        pending_new(api, exchange->request->id));
}
