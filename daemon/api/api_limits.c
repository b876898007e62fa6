/*
 * api_limits.c - limits of one resident: seen by whoever sees the resident's alarms, set by
 * supervisors, with a reason, as a command of the journal.
 */
#include <string.h>

#include "api/api_private.h"
#include "core/series/own_limit.h"

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
    const struct site *site = person_site(exchange);
    struct json_out out;
    if (!site)
        return;
    api_list_begin(exchange->api, &out);
    limits_json(api_fold(exchange->api), site->id, exchange->id, &out);
    api_list_end(exchange, &out, NULL);
}

void handle_limit_post(struct exchange *exchange)
{
    const struct site *site = person_site(exchange);
    const struct order order = {.name = "limit",
                                .id_member = "resident",
                                .id = exchange->id,
                                .site = site ? site->id : NULL};
    if (site)
        order_send(exchange, &order);
}

void handle_limit_delete(struct exchange *exchange)
{
    const struct site *site = person_site(exchange);
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
