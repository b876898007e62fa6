/*
 * api_cases.c - what people say of cases of supervision: POST /api/v1/LEDGER/ID/STEP, the steps
 * being those of the events (core/oversight). A department's people speak for it; a facility's
 * token for its site alone; what came on paper a supervisor records as its sender's word.
 *
 * The client chooses the id of a new case, so that what a phone kept while it had no network
 * can be sent again: twice is once. What lies outside the caller's scope does not exist: 404.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/mem.h"
#include "core/oversight/ledger.h"
#include "io/json_read.h"

#define MAX_RECORD_BYTES (64u << 10)

/* ---- answers ---- */

static const struct {
    int code, status;
} statuses[] = {{-EINVAL, 400}, {-ENOENT, 404},  {-EBUSY, 409},  {-EPERM, 409},
                {-EACCES, 403}, {-ENODATA, 422}, {-ENOSPC, 409}, {-EEXIST, 409}};

void case_answer_failed(struct api *api, const struct pending *pending, int code,
                        const struct cw_error *err)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].code != code)
            continue;
        api_problem(api, pending->request, statuses[i].status, NULL, "%s",
                    err && err->text[0] ? err->text : "This is not possible.");
        return;
    }
    api_problem(api, pending->request, 503, "Retry-After: 5\r\n",
                "The journal cannot take the command: %s.", strerror(-code));
}

void on_case_done(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    (void)alarm;
    if (api && code == 0) {
        answer_entry(api, pending->request, pending->is_new ? 201 : 200,
                     book_find(api_fold(api)->book, pending->kind, str_of(pending->entry)));
    } else if (api) {
        api->n_commands_failed++;
        case_answer_failed(api, pending, code, err);
    }
    free(pending);
}

/* ---- the record ---- */

/* What says of which case it is, in the ledgers whose ids are made of several members. */
static const char *const identity[] = {"org",    "site", "duty",    "period",
                                       "scheme", "list", "decision"};

static bool is_reserved(const char *key)
{
    static const char *const ours[] = {"by", "as", "case", "key", "type", "id"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcmp(key, ours[i]) == 0)
            return true;
    return false;
}

static int copy_body(const struct json_node *body, struct json_out *out, struct cw_error *err)
{
    const char *key;
    const struct json_node *member;
    for (size_t i = 0; (member = node_member(body, i, &key)); i++) {
        if (is_reserved(key))
            return err_set(err, -EINVAL, "\"%s\" is not yours to say.", key);
        struct buf value;
        buf_init(&value, MAX_RECORD_BYTES);
        node_write(member, &value);
        json_key(out, key);
        json_raw(out, buf_str(&value));
        buf_done(&value);
    }
    return 0;
}

/* As it stands, unless the body says it. */
static void copy_identity(const struct entry *entry, const struct json_node *body,
                          struct json_out *out)
{
    for (size_t i = 0; entry && i < sizeof(identity) / sizeof(identity[0]); i++) {
        struct cw_str json = entry_json_of(entry, identity[i]);
        if (json.n == 0 || node_get(body, identity[i]))
            continue;
        json_key(out, identity[i]);
        json_raw(out, json);
    }
}

/* Whose word it is: of the department "", else a site or an organisation. */
static struct cw_str speaks_as(const struct exchange *exchange, const struct entry *entry,
                               const struct json_node *body)
{
    if (!(exchange->route->roles & ROUTE_OF_THE_JUDGED))
        return CW_STR("");
    if (exchange->caller.site[0])
        return str_of(exchange->caller.site);
    if (!entry)
        return str_of(node_text(node_get(body, "org"), "nobody"));
    return entry_site(entry).n ? entry_site(entry) : entry_org(entry);
}

static int write_record(const struct exchange *exchange, const struct ledger *ledger,
                        const struct entry *entry, const struct json_node *body,
                        struct buf *record, struct cw_error *err)
{
    struct cw_str as = speaks_as(exchange, entry, body);
    uint64_t key = request_key(exchange);
    struct json_out out;
    json_out_init(&out, record);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_text(&out, "case", str_of(exchange->id));
    json_member_opt(&out, "as", as);
    if (key)
        json_member_int(&out, "key", (int64_t)key);
    if (!ledger->make_id && !node_get(body, ledger->kind->member))
        json_member_text(&out, ledger->kind->member, str_of(exchange->id));
    if (ledger->make_id)
        copy_identity(entry, body, &out);
    int code = body ? copy_body(body, &out, err) : 0;
    json_object_end(&out);
    if (code == 0 && record->full)
        code = err_set(err, -EINVAL, "The body is too long.");
    return code;
}

/* ---- one step ---- */

/* "inspection.finding": the ledger's events, and the last word of the path. */
static void event_name(const struct exchange *exchange, const struct ledger *ledger,
                       char dst[80])
{
    struct cw_str rest = str_of(ledger->step->event), room = CW_STR("");
    (void)str_split(&rest, '.', &room);
    const char *step = strrchr(exchange->route->pattern, '/') + 1;
    /* One event, said by either side: each has its own route and roles. */
    if (strcmp(step, "answered") == 0)
        step = "replied";
    (void)snprintf(dst, 80, "%.*s.%.40s", (int)room.n, room.p, step);
}

static bool may_begin(const struct exchange *exchange, const struct json_node *body)
{
    return caller_covers(exchange, str_of(node_text(node_get(body, "site"), "")),
                         str_of(node_text(node_get(body, "org"), "")));
}

static void send_step(struct exchange *exchange, const struct ledger *ledger,
                      const struct entry *entry, const struct json_node *body)
{
    struct api *api = exchange->api;
    struct cw_error err = {""};
    struct buf record;
    char name[80];
    buf_init(&record, MAX_RECORD_BYTES);
    event_name(exchange, ledger, name);
    if (!ledger_command_exists(str_of(name)))
        BUG("the route %s is of no step", exchange->route->pattern);
    if (write_record(exchange, ledger, entry, body, &record, &err)) {
        api_problem(api, exchange->request->id, 400, NULL, "%s", err.text);
    } else {
        struct pending *pending = pending_new(api, exchange->request->id);
        pending->kind = ledger->kind;
        pending->is_new = !entry;
        (void)str_copy(pending->entry, sizeof(pending->entry), str_of(exchange->id));
        api->n_commands++;
        pipeline_command(api->daemon->pipeline, name, buf_str(&record), on_case_done, pending);
    }
    buf_done(&record);
}

void handle_case(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct ledger *ledger = ledger_of_kind(route_kind(exchange->route));
    struct cw_error err = {""};
    struct cw_str text = exchange->request->body;
    struct json_node *body = text.n ? json_read(text, &err) : NULL;
    const struct entry *entry =
        book_find(api_fold(api)->book, ledger->kind, str_of(exchange->id));
    if ((text.n && !body) || (body && !node_is_object(body)))
        api_problem(api, exchange->request->id, 400, NULL, "%s",
                    err.text[0] ? err.text : "The body must be an object.");
    else if (entry ? !entry_visible(exchange, entry) : !may_begin(exchange, body))
        api_problem(api, exchange->request->id, 404, NULL, "There is no %s in %s.",
                    exchange->id, ledger->kind->name);
    else
        send_step(exchange, ledger, entry, body);
    json_read_free(body);
}
