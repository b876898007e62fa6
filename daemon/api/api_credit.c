/*
 * api_credit.c - lists of organisations: proposed by one person, approved by another, and
 * what the public may read of those that count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/oversight/credit.h"
#include "io/json_read.h"

#define MAX_COMMAND_BYTES (64u << 10)

/* On a list that is published, and counting. */
static bool is_listed(const struct fold *fold, const struct entry *entry)
{
    return ON_LIST & IN(entry->state) && credit_rule(fold, entry_text(entry, "list")).is_public;
}

/* As the newest line of what was published says it, with the organisation's name. */
static void write_public(const struct fold *fold, const struct entry *entry,
                         struct json_out *out)
{
    const struct entry *org = book_find(fold->book, &kind_organisations, entry_org(entry));
    static const char *const own[] = {"org",    "list", "decision", "authority",
                                      "clause", "from", "until"};
    static const char *const of_org[] = {"name", "unified_code"};
    struct list_rule rule = credit_rule(fold, entry_text(entry, "list"));
    json_object(out);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        struct cw_str json = entry_json_of(entry, own[i]);
        if (json.n) {
            json_key(out, own[i]);
            json_raw(out, json);
        }
    }
    for (size_t i = 0; org && i < sizeof(of_org) / sizeof(of_org[0]); i++)
        json_member_opt(out, of_org[i], entry_text(org, of_org[i]));
    json_member_opt(out, "title", str_of(rule.title));
    json_member_opt(out, "source", str_of(rule.source));
    json_member_bool(out, "honour", rule.is_honour);
    json_key(out, "measures");
    json_array(out);
    for (size_t i = 0; rule.measures && rule.measures[i]; i++)
        json_text(out, str_of(rule.measures[i]));
    json_array_end(out);
    json_member_text(out, "state", str_of(entry->kind->state[entry->state]));
    json_member_time_opt(out, "since", entry_time(entry, "counts_since"));
    json_object_end(out);
}

static bool is_asked_for(const struct exchange *exchange, const struct entry *entry)
{
    const char *list = parameter(exchange, "list"), *org = parameter(exchange, "org");
    return entry->kind == &kind_credit &&
           (!list[0] || str_is(entry_text(entry, "list"), list)) &&
           (!org[0] || str_is(entry_org(entry), org));
}

static bool is_for_the_caller(const struct exchange *exchange, const struct entry *entry,
                              const char *site)
{
    (void)site; /* an organisation's, not a site's */
    return is_asked_for(exchange, entry) && entry_visible(exchange, entry);
}

static bool is_for_anybody(const struct exchange *exchange, const struct entry *entry,
                           const char *site)
{
    (void)site;
    return is_asked_for(exchange, entry) && is_listed(api_fold(exchange->api), entry);
}

void handle_credit(struct exchange *exchange)
{
    const struct entry_page page = {is_for_the_caller, entry_into_list, ""};
    answer_entries(exchange, &page);
}

void handle_public_credit(struct exchange *exchange)
{
    const struct entry_page page = {is_for_anybody, write_public, ""};
    answer_entries(exchange, &page);
}

/* ---- deciding ---- */

/* The verb is the last word of the route's path. */
void handle_credit_decide(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct json_node *body = json_read(exchange->request->body, &err);
    const char *list = node_text(node_get(body, "list"), "");
    if (!caller_covers(exchange, CW_STR(""), str_of(exchange->id))) {
        api_problem(api, exchange->request->id, 404, NULL, "There is no organisation %s.",
                    exchange->id);
        json_read_free(body);
        return;
    }
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
