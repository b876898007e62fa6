/*
 * api_limits.c - limits of one resident: seen by whoever sees the resident's alarms, set by
 * supervisors, with a reason, as a command of the journal.
 */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "core/series/own_limit.h"

/* Where the resident is served, when the caller may see the resident: who lives in another
 * area than the site is in, is the matter of that area. NULL: answered. */
static const struct site *limits_site(struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    const char *site = parameter(exchange, "site");
    char id[MAX_ENTRY_ID + 1];
    (void)snprintf(id, sizeof(id), "%s/%s", site, exchange->id);
    const struct entry *entry = book_find(fold->book, &kind_residents, str_of(id));
    if (!caller_is_narrow(&exchange->caller) || !entry)
        return person_site(exchange);
    if (entry_visible(exchange, entry))
        return registry_site(&fold->registry, str_of(site));
    api_problem(exchange->api, exchange->request->id, 404, NULL, "There is no resident %s.",
                exchange->id);
    return NULL;
}

static void limits_json(const struct fold *fold, const char *site, const char *resident,
                        struct json_out *out)
{
    const struct own_limit *limit;
    for (uint32_t i = 0; (limit = map_next(&fold->own.by_key, &i, NULL));) {
        if (strcmp(limit->site, site) == 0 && strcmp(limit->resident, resident) == 0 &&
            (limit->until_ns == 0 || limit->until_ns > fold->now_ns))
            own_limit_json(limit, out);
    }
}

void handle_limits(struct exchange *exchange)
{
    const struct site *site = limits_site(exchange);
    struct json_out out;
    if (!site)
        return;
    api_list_begin(exchange->api, &out);
    limits_json(api_fold(exchange->api), site->id, exchange->id, &out);
    api_list_end(exchange, &out, NULL);
}

void handle_limit_post(struct exchange *exchange)
{
    const struct site *site = limits_site(exchange);
    const struct order order = {.name = "limit",
                                .id_member = "resident",
                                .id = exchange->id,
                                .site = site ? site->id : NULL};
    if (site)
        order_send(exchange, &order);
}

void handle_limit_delete(struct exchange *exchange)
{
    const struct site *site = limits_site(exchange);
    const char *metric = parameter(exchange, "metric");
    const struct order order = {.name = "unlimit",
                                .id_member = "resident",
                                .id = exchange->id,
                                .site = site ? site->id : NULL,
                                .metric = metric};
    if (!site)
        return;
    if (metric[0] == '\0')
        api_problem(exchange->api, exchange->request->id, 400, NULL,
                    "The parameter metric is required.");
    else
        order_send(exchange, &order);
}
