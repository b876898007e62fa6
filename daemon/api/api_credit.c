/*
 * api_credit.c - lists of organisations: proposed by one person, approved by another, and
 * what the public may read of those that count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/oversight/ledger.h"
#include "io/json_read.h"

#define MAX_COMMAND_BYTES (64u << 10)

static bool is_listed(const struct entry *entry)
{
    const char *state = entry->kind->state[entry->state];
    return strcmp(state, "listed") == 0 || strcmp(state, "repairing") == 0;
}

static void list_credit(struct exchange *exchange, bool is_public)
{
    const struct fold *fold = api_fold(exchange->api);
    const char *wanted = parameter(exchange, "list"), *org = parameter(exchange, "org");
    struct json_out out;
    api_list_begin(exchange->api, &out);
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (!entry || entry->kind != &kind_credit ||
            (wanted[0] && !str_is(entry_text(entry, "list"), wanted)) ||
            (org[0] && !str_is(entry_org(entry), org)) ||
            (is_public ? !is_listed(entry) : !entry_visible(exchange, entry)))
            continue;
        entry_json(fold, entry, is_public, &out);
    }
    api_list_end(exchange, &out, NULL);
}

void handle_credit(struct exchange *exchange)
{
    list_credit(exchange, false);
}

void handle_public_credit(struct exchange *exchange)
{
    list_credit(exchange, true);
}

/* ---- deciding ---- */

/* The verb is the last word of the route's path. */
void handle_credit_decide(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct json_node *body = json_read(exchange->request->body, &err);
    const char *list = node_text(node_get(body, "list"), "");
    const struct entry_author author = {
        .by = exchange->caller.by, .id = exchange->id, .site = ""};
    char name[80];
    struct buf record;
    buf_init(&record, MAX_COMMAND_BYTES);
    if (!body || !list[0] || entry_record(body, &kind_credit, &author, &record, &err)) {
        api_problem(api, exchange->request->id, 400, NULL, "%s",
                    err.text[0] ? err.text : "The body must name the \"list\".");
    } else {
        struct pending *pending = pending_new(api, exchange->request->id);
        pending->kind = &kind_credit;
        (void)snprintf(pending->entry, sizeof(pending->entry), "%s.%.64s", exchange->id, list);
        (void)snprintf(name, sizeof(name), "credit.%s",
                       strrchr(exchange->route->pattern, '/') + 1);
        api->n_commands++;
        pipeline_command(api->daemon->pipeline, name, buf_str(&record), on_case_done, pending);
    }
    json_read_free(body);
    buf_done(&record);
}
