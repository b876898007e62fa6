/*
 * api_ratings.c - how recipients rated the visits of a place: the mean with the number it is
 * the mean of, and how often each score was given.
 */
#include <stdlib.h>

#include "api/api_private.h"
#include "io/store_report.h"

#define YEAR_NS (INT64_C(365) * 86400 * NS_PER_S)

static void ratings_json(const struct pending *pending, const struct ratings *ratings,
                         struct json_out *out)
{
    uint64_t n = 0, sum = 0;
    for (uint64_t score = 1; score <= MAX_SCORE; score++) {
        n += ratings->n[score];
        sum += score * ratings->n[score];
    }
    json_object(out);
    json_member_text(out, "site", str_of(pending->id));
    json_member_int(out, "n", (int64_t)n);
    if (n > 0) /* of nothing there is no mean */
        json_member_real(out, "mean", (double)sum / (double)n);
    json_key(out, "hist");
    json_array(out);
    for (int score = 1; score <= MAX_SCORE; score++)
        json_int(out, (int64_t)ratings->n[score]);
    json_array_end(out);
    json_object_end(out);
}

static void on_ratings(void *ctx, const struct ratings *ratings)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    struct json_out out;
    if (api && !ratings->whole) {
        api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                    "The store cannot be read now.");
    } else if (api) {
        buf_clear(&api->scratch);
        json_out_init(&out, &api->scratch);
        ratings_json(pending, ratings, &out);
        api_answer(api, pending->request, 200, NULL, buf_str(&api->scratch));
    }
    free(pending);
}

void handle_ratings(struct exchange *exchange)
{
    struct api *api = exchange->api;
    int64_t to_ns = api_fold(api)->now_ns, from_ns = INT64_MIN;
    const struct site *site = site_of_path(exchange);
    if (!site)
        return;
    if (!api_moment(parameter(exchange, "from"), &from_ns) ||
        !api_moment(parameter(exchange, "to"), &to_ns)) {
        api_problem(api, exchange->request->id, 400, NULL,
                    "from and to are RFC 3339 or milliseconds.");
        return;
    }
    struct pending *pending = pending_new(api, exchange->request->id);
    (void)str_copy(pending->id, sizeof(pending->id), str_of(site->id));
    store_ratings(api->daemon->store, site->id,
                  from_ns == INT64_MIN ? to_ns - YEAR_NS : from_ns, to_ns, on_ratings, pending);
}
