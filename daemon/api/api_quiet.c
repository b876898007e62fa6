/*
 * api_quiet.c - why nobody is told and who is on duty: silences, maintenance, rosters; and
 * what belongs together: incidents.
 */
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "outbox/outbox.h"

bool is_for_all(struct exchange *exchange)
{
    if (!caller_is_scoped(&exchange->caller))
        return true;
    api_problem(exchange->api, exchange->request->id, 403, NULL,
                "This is about all sites: it needs a token for all of them.");
    return false;
}

/* ---- silences ---- */

void handle_silences(struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    const char *state = parameter(exchange, "state");
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < fold->quiet.n_silences; i++) {
        const struct silence *silence = fold->quiet.silence[i];
        bool expired = silence->until_ns <= fold->now_ns;
        if (strcmp(state, "all") == 0 || expired == (strcmp(state, "expired") == 0))
            silence_json(silence, fold->now_ns, &out);
    }
    api_list_end(exchange, &out, NULL);
}

static bool tell_silence(struct api *api, const struct pending *pending)
{
    const struct fold *fold = api_fold(api);
    const struct silence *silence = quiet_find_silence(&fold->quiet, str_of(pending->id));
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    if (silence)
        silence_json(silence, fold->now_ns, &out);
    return silence != NULL;
}

void handle_silence_post(struct exchange *exchange)
{
    char id[MAX_ID + 1];
    struct order order = {
        .name = "silence", .id_member = "id", .id = id, .is_new = true, .tell = tell_silence};
    api_new_id(id);
    if (is_for_all(exchange))
        order_send(exchange, &order);
}

void handle_silence_delete(struct exchange *exchange)
{
    const struct order order = {.name = "expire", .id_member = "id", .id = exchange->id};
    if (is_for_all(exchange))
        order_send(exchange, &order);
}

/* ---- maintenance ---- */

static bool may_see_window(const struct exchange *exchange, const struct window *window)
{
    const struct site *site =
        registry_site(&api_fold(exchange->api)->registry, str_of(window->site));
    return caller_may_see(&exchange->caller, window->site, site ? site->district : "");
}

void handle_maintenance(struct exchange *exchange)
{
    const struct quiet *quiet = &api_fold(exchange->api)->quiet;
    const char *site = parameter(exchange, "site");
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        const struct window *window = quiet->window[i];
        if (may_see_window(exchange, window) && (!site[0] || strcmp(site, window->site) == 0))
            window_json(window, &out);
    }
    api_list_end(exchange, &out, NULL);
}

void handle_maintenance_post(struct exchange *exchange)
{
    const struct order order = {.name = "maintain", .id = "", .is_new = true};
    if (order_may_reach(exchange))
        order_send(exchange, &order);
}

void handle_maintenance_delete(struct exchange *exchange)
{
    const struct quiet *quiet = &api_fold(exchange->api)->quiet;
    const struct order order = {.name = "maintained", .id_member = "id", .id = exchange->id};
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        if (strcmp(quiet->window[i]->id, exchange->id) == 0 &&
            may_see_window(exchange, quiet->window[i])) {
            order_send(exchange, &order);
            return;
        }
    }
    api_problem(exchange->api, exchange->request->id, 404, NULL,
                "There is no such maintenance.");
}

/* ---- rosters ---- */

static void roster_json(const struct api *api, const struct roster *roster,
                        struct json_out *out)
{
    json_object(out);
    roster_members_json(api_fold(api), roster, out);
    outbox_unreachable_json(api->daemon->outbox, roster, out);
    json_object_end(out);
}

void handle_rosters(struct exchange *exchange)
{
    const struct fold *fold = api_fold(exchange->api);
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < fold->rules->n_rosters; i++)
        roster_json(exchange->api, &fold->rules->roster[i], &out);
    api_list_end(exchange, &out, NULL);
}

static bool tell_roster(struct api *api, const struct pending *pending)
{
    const struct fold *fold = api_fold(api);
    const struct roster *roster = ruleset_roster(fold->rules, str_of(pending->id));
    struct json_out out;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    outbox_look_again(api->daemon->outbox); /* somebody else may be asked now */
    if (roster)
        roster_json(api, roster, &out);
    return roster != NULL;
}

void handle_roster_override(struct exchange *exchange)
{
    const struct order order = {
        .name = "override", .id_member = "roster", .id = exchange->id, .tell = tell_roster};
    if (is_for_all(exchange))
        order_send(exchange, &order);
}

/* ---- incidents ---- */

void handle_incidents(struct exchange *exchange)
{
    const struct incident_set *set = &api_fold(exchange->api)->alarms.incidents;
    const struct incident *incident;
    const char *state = parameter(exchange, "state"), *site = parameter(exchange, "site");
    int64_t limit = parameter_int(exchange, "limit", 200);
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; limit > 0 && (incident = map_next(&set->by_id, &i, NULL));) {
        bool open = incident->n_open > 0;
        if (!caller_may_see(&exchange->caller, incident->site, incident->district) ||
            (site[0] && strcmp(site, incident->site) != 0) ||
            (strcmp(state, "all") != 0 && open == (strcmp(state, "closed") == 0)))
            continue;
        incident_json(incident, &out);
        limit--;
    }
    api_list_end(exchange, &out, NULL);
}

void handle_incident(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct incident *incident =
        incident_find(&api_fold(api)->alarms.incidents, str_of(exchange->id));
    struct json_out out;
    if (!incident || !caller_may_see(&exchange->caller, incident->site, incident->district)) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no incident %s.",
                    exchange->id);
        return;
    }
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    incident_json(incident, &out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
