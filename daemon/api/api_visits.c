/*
 * api_visits.c - service orders: those at hand as the fold has them now; with a time, a
 * project, a recipient or an exception asked for, all that ever were, from the store.
 *
 * That a visit is uncorroborated stays among those who look into it, until a person has: a
 * facility or district does not see it before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/instant.h"
#include "base/num.h"
#include "core/service/service.h"

#define DEFAULT_LIMIT 200

static struct visit masked(const struct exchange *exchange, const struct visit *visit)
{
    struct visit shown = *visit;
    if (caller_is_scoped(&exchange->caller) &&
        !visit_was_looked_at(api_fold(exchange->api), visit)) {
        shown.exceptions &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
        shown.standing &= ~(uint32_t)EXCEPTION_UNCORROBORATED;
    }
    return shown;
}

static bool is_wanted(const struct exchange *exchange, const struct visit *visit,
                      const char *only_site)
{
    const char *state = parameter(exchange, "state"), *worker = parameter(exchange, "worker");
    const struct site *site =
        visit ? api_fold(exchange->api)->registry.site[visit->site] : NULL;
    return site && caller_may_see(&exchange->caller, site->id, site->district) &&
           (!only_site[0] || strcmp(only_site, site->id) == 0) &&
           (!state[0] || strcmp(state, visit_state_name(visit->state)) == 0) &&
           (!worker[0] || strcmp(worker, visit->worker) == 0);
}

static void list_live(struct exchange *exchange, const char *only_site)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const char *after = parameter(exchange, "after");
    int64_t limit = parameter_int(exchange, "limit", DEFAULT_LIMIT), n = 0, from = -1;
    struct json_out out;
    char next[NUM_MAX] = "";
    if (after[0] && (num_parse_i64(str_of(after), &from) || from < 0)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "after=\"%.60s\" is not a \"next\" of this list.", after);
        return;
    }
    api_list_begin(api, &out);
    for (int64_t i = from + 1; i < fold->service->n_visits; i++) {
        const struct visit *visit = fold->service->by_number[i];
        if (!is_wanted(exchange, visit, only_site))
            continue;
        if (n++ == limit)
            break;
        struct visit shown = masked(exchange, visit);
        visit_json(&fold->registry, &shown, &out);
        (void)snprintf(next, sizeof(next), "%lld", (long long)i);
    }
    api_list_end(exchange, &out, n > limit ? next : NULL);
}

/* ---- all that were ---- */

static bool add_time(struct store_list *list, const struct exchange *exchange, const char *name,
                     enum store_test test)
{
    const char *text = parameter(exchange, name);
    int64_t ns, ms;
    if (!text[0])
        return true;
    if (instant_parse(str_of(text), &ns) == 0)
        ms = ns / NS_PER_MS;
    else if (num_parse_i64(str_of(text), &ms) < 0)
        return false;
    store_list_number(list, "start_ms", test, ms);
    return true;
}

static uint32_t exception_of(const char *name)
{
    for (uint32_t i = 0; visit_exception_name(i); i++)
        if (strcmp(name, visit_exception_name(i)) == 0)
            return 1u << i;
    return 0;
}

/* A scoped caller does not learn by filtering what is not shown. */
static bool add_exception(struct store_list *list, const struct exchange *exchange)
{
    const char *name = parameter(exchange, "exception");
    uint32_t bits = exception_of(name);
    if (!name[0])
        return true;
    if (!bits || (bits == EXCEPTION_UNCORROBORATED && caller_is_scoped(&exchange->caller)))
        return false;
    store_list_number(list, "exceptions", TEST_NOT_ZERO, 0); /* its index */
    store_list_number(list, "exceptions", TEST_BITS, bits);
    return true;
}

static void list_stored(struct exchange *exchange, const char *site)
{
    struct api *api = exchange->api;
    const struct caller *caller = &exchange->caller;
    const char *state = parameter(exchange, "state");
    struct store_list list = {.of = LIST_VISITS,
                              .limit =
                                  (uint32_t)parameter_int(exchange, "limit", DEFAULT_LIMIT),
                              .is_masked = caller_is_scoped(caller)};
    store_list_is(&list, "site", site[0] ? site : caller->site);
    store_list_is(&list, "district", caller->district);
    store_list_among(&list, "site", scope_sites(exchange));
    store_list_is(&list, "worker", parameter(exchange, "worker"));
    store_list_is(&list, "project", parameter(exchange, "project"));
    if (parameter(exchange, "project")[0])
        store_list_number(&list, "project", TEST_NOT_EMPTY, 0); /* its index */
    store_list_is(&list, "recipient", parameter(exchange, "recipient"));
    if (state[0])
        store_list_number(&list, "state", TEST_IS, visit_state_of(str_of(state)));
    if (!add_time(&list, exchange, "from", TEST_FROM) ||
        !add_time(&list, exchange, "to", TEST_BEFORE) || !add_exception(&list, exchange) ||
        !store_list_after(&list, parameter(exchange, "after"))) {
        free(list.among);
        api_problem(api, exchange->request->id, 400, NULL,
                    "from and to are RFC 3339 or milliseconds, exception is one of those that "
                    "are shown, after is a \"next\" of this list.");
    } else {
        store_query_list(api->daemon->store, &list, answer_rows,
                         pending_new(api, exchange->request->id));
    }
}

static void list_visits(struct exchange *exchange, const char *site)
{
    static const char *const of_the_store[] = {"from", "to", "project", "recipient",
                                               "exception"};
    for (size_t i = 0; i < sizeof(of_the_store) / sizeof(of_the_store[0]); i++) {
        if (parameter(exchange, of_the_store[i])[0]) {
            list_stored(exchange, site);
            return;
        }
    }
    list_live(exchange, site);
}

static void site_or_404(struct exchange *exchange, const char *site)
{
    if (site[0] && !site_for(exchange, site))
        api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no site %s.",
                    site);
    else
        list_visits(exchange, site);
}

void handle_visits(struct exchange *exchange)
{
    site_or_404(exchange, parameter(exchange, "site"));
}

void handle_site_visits(struct exchange *exchange)
{
    site_or_404(exchange, exchange->id);
}
