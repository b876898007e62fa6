/*
 * api_statement.c - the account of one project: contract and money, and by month and site what
 * was planned, done, verified and why the rest was not, each with the visits behind it.
 */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "base/instant.h"
#include "base/units.h"
#include "core/oversight/legal_clock.h"
#include "core/service/service.h"

#define MAX_PATH 400u

/* Midnight of the first day of a month, by the local calendar. */
static int64_t month_begins_ms(const struct ruleset *rules, int32_t month)
{
    int64_t day = instant_days(1970 + month / 12, month % 12 + 1, 1);
    return end_of_day_ns(rules, day - 1) / NS_PER_MS;
}

/* The list of all visits of the row, in the store. */
static void write_visits_path(const struct fold *fold, const struct visit_tally *row,
                              struct json_out *out)
{
    char path[MAX_PATH];
    (void)snprintf(path, sizeof(path), "/api/v1/visits?project=%s&site=%s&from=%lld&to=%lld",
                   row->project, fold->registry.site[row->site]->id,
                   (long long)month_begins_ms(fold->rules, row->month),
                   (long long)month_begins_ms(fold->rules, row->month + 1));
    json_member_text(out, "visits", str_of(path));
}

static void write_row(const struct exchange *exchange, const struct visit_tally *row,
                      int64_t unit_fen, struct json_out *out)
{
    const struct site *site = api_fold(exchange->api)->registry.site[row->site];
    char month[MONTH_MAX];
    (void)month_format(row->month, month);
    json_object(out);
    json_member_text(out, "month", str_of(month));
    json_member_text(out, "site", str_of(site->id));
    json_member_int(out, "planned", (int64_t)row->planned);
    json_member_int(out, "done", (int64_t)row->done);
    json_member_int(out, "verified", (int64_t)row->verified);
    json_member_int(out, "verified_amount_fen", (int64_t)row->verified * unit_fen);
    json_member_int(out, "cancelled", (int64_t)row->cancelled);
    json_key(out, "exceptions");
    json_object(out);
    /* What is private until a person has looked is in no account. */
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++)
        if ((1u << i) != EXCEPTION_UNCORROBORATED && row->exception[i])
            json_member_int(out, visit_exception_name(i), (int64_t)row->exception[i]);
    json_object_end(out);
    write_visits_path(api_fold(exchange->api), row, out);
    json_object_end(out);
}

void handle_project_statement(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct fold *fold = api_fold(api);
    const struct entry *project = entry_or_404(exchange);
    const struct tallies *tallies = &fold->service->tallies;
    struct json_out out;
    if (!project)
        return;
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    json_object(&out);
    json_key(&out, "project");
    entry_json(fold, project, false, &out);
    json_key(&out, "items");
    json_array(&out);
    for (uint32_t i = 0; i < tallies->n; i++)
        if (strcmp(tallies->tally[i]->project, project->id) == 0)
            write_row(exchange, tallies->tally[i], entry_int(project, "unit_fen", 0), &out);
    json_array_end(&out);
    json_object_end(&out);
    api_answer(api, exchange->request->id, 200, NULL, buf_str(&api->scratch));
}
