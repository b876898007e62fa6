/*
 * api_alarms.c - alarms: open ones from the fold, closed ones and history from the store; and
 * the one command, acknowledge, which is a record in the journal before it is anything else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api_private.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "core/service/visit.h"
#include "io/json_read.h"

#define DEFAULT_LIMIT 200
#define MAX_NOTE 500u

static bool may_see_alarm(const struct exchange *exchange, const struct alarm *alarm)
{
    bool is_hidden = caller_is_scoped(&exchange->caller) &&
                     visit_alarm_is_private(api_fold(exchange->api), alarm);
    return !is_hidden && caller_may_see(&exchange->caller, alarm->site, alarm->district);
}

/* The alarm of the path if the caller may see it; else answered with 404. */
static const struct alarm *find_or_404(struct exchange *exchange)
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

static bool is_wanted(const struct exchange *exchange, const struct alarm *alarm)
{
    const char *priority = parameter(exchange, "priority");
    const char *site = parameter(exchange, "site");
    const char *district = parameter(exchange, "district");
    return may_see_alarm(exchange, alarm) &&
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
        alarm_json(found[i], &out);
    if (n > limit)
        (void)snprintf(next, sizeof(next), "%u.%lld.%s", found[limit - 1]->priority,
                       (long long)found[limit - 1]->raised_ns, found[limit - 1]->id);
    free(found);
    api_list_end(exchange, &out, next);
}

/* ---- closed alarms and history ---- */

static void on_rows(void *ctx, struct cw_str items, uint64_t next)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api && pending->is_one && items.n == 0) {
        api_problem(api, pending->request, 404, NULL, "There is no such alarm.");
    } else if (api && pending->is_one) {
        api_answer(api, pending->request, 200, NULL, items);
    } else if (api) {
        api_items_answer(api, pending->request, items, next);
    }
    free(pending);
}

/* The scope of the caller into the question, so that the store never gives out more. False
 * when what is asked for lies outside of it. */
static bool narrow(const struct exchange *exchange, struct alarm_query *query)
{
    const struct caller *caller = &exchange->caller;
    const char *site = parameter(exchange, "site"), *district = parameter(exchange, "district");
    if (!caller_may_see(caller, caller->site, caller->district))
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

static void answer_alarm(struct api *api, uint64_t request, const struct alarm *alarm)
{
    struct json_out out;
    char headers[64];
    buf_clear(&api->scratch);
    json_out_init(&out, &api->scratch);
    alarm_json(alarm, &out);
    (void)snprintf(headers, sizeof(headers), "ETag: \"%u\"\r\n", alarm->rev);
    api_answer(api, request, 200, headers, buf_str(&api->scratch));
}

void handle_alarm(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct alarm *alarm = alarm_find(&api_fold(api)->alarms, str_of(exchange->id));
    struct alarm_query query = {.state = "all", .limit = 1};
    if (alarm && may_see_alarm(exchange, alarm)) {
        answer_alarm(api, exchange->request->id, alarm);
    } else if (!alarm && narrow(exchange, &query) &&
               str_copy(query.id, sizeof(query.id), str_of(exchange->id))) {
        struct pending *pending = pending_new(api, exchange->request->id);
        pending->is_one = true;
        store_query_alarms(api->daemon->store, &query, on_rows, pending);
    } else {
        (void)find_or_404(exchange);
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
        (void)find_or_404(exchange);
        return;
    }
    store_query_history(api->daemon->store, exchange->id, on_rows,
                        pending_new(api, exchange->request->id));
}

/* ---- acknowledge ---- */

/* If-Match: "3" or *. 0 when absent or *; -EINVAL when it is something else. */
static int if_match(struct cw_str header, uint32_t *rev)
{
    int64_t number = 0;
    *rev = 0;
    if (header.n == 0 || str_is(header, "*"))
        return 0;
    if (header.n < 3 || header.p[0] != '"' || header.p[header.n - 1] != '"' ||
        num_parse_i64((struct cw_str){header.p + 1, header.n - 2}, &number) < 0 || number < 1 ||
        number > UINT32_MAX)
        return -EINVAL;
    *rev = (uint32_t)number;
    return 0;
}

/* 0 and the note (in `note`), or -EINVAL with err. */
static int read_note(struct cw_str body, struct buf *note, struct cw_error *err)
{
    if (body.n == 0)
        return 0;
    struct json_node *root = json_read(body, err);
    if (!root)
        return -EINVAL;
    const struct json_node *member = node_get(root, "note");
    struct cw_str text = str_of(node_text(member, ""));
    int r = 0;
    if (!node_is_object(root) || (member && !node_is_text(member)))
        r = err_set(err, -EINVAL, "the body must be an object {\"note\": \"...\"}");
    else if (text.n > MAX_NOTE)
        r = err_set(err, -EINVAL, "the note is longer than %u bytes", MAX_NOTE);
    else
        buf_add_str(note, text);
    json_read_free(root);
    return r;
}

static struct remembered *find_remembered(struct api *api, uint64_t key)
{
    for (uint32_t i = 0; key && i < MAX_REMEMBERED; i++) {
        if (api->remembered[i].key == key)
            return &api->remembered[i];
    }
    return NULL;
}

static void remember(struct api *api, uint64_t key, int status, struct cw_str body)
{
    if (!key)
        return;
    struct remembered *at = &api->remembered[api->n_remembered++ % MAX_REMEMBERED];
    free(at->body);
    *at = (struct remembered){key, status, xstrndup(body.p, body.n), body.n};
}

static void command_failed(struct api *api, const struct pending *pending, int code,
                           const struct alarm *alarm, const struct cw_error *err)
{
    uint64_t id = pending->request;
    const char *state = alarm ? alarm_state_name(alarm->state) : "unknown";
    const char *who = alarm && alarm->acked_by[0] ? alarm->acked_by : "the daemon";
    api->n_commands_failed++;
    if (code == -ENOENT)
        api_problem(api, id, 404, NULL, "There is no such alarm any more.");
    else if (code == -EBUSY)
        api_problem(api, id, 409, NULL, "The alarm is %s (by %s) and cannot be acknowledged.",
                    state, who);
    else if (code == -ESTALE)
        api_problem(api, id, 412, NULL,
                    "The alarm was changed by %s meanwhile: it is %s, revision %u.", who, state,
                    alarm ? alarm->rev : 0);
    else if (code == -EINVAL)
        api_problem(api, id, 400, NULL, "%s", err ? err->text : "The command is not valid.");
    else
        api_problem(api, id, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the command: %s.", strerror(-code));
}

static void on_ack(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api && code == 0 && alarm) {
        answer_alarm(api, pending->request, alarm);
        remember(api, pending->remember, 200, buf_str(&api->scratch));
        histogram_add(&api->raise_to_ack_seconds,
                      (double)(alarm->acked_ns - alarm->raised_ns) / (double)NS_PER_S);
    } else if (api) {
        command_failed(api, pending, code, alarm, err);
    }
    free(pending);
}

static void send_ack(struct exchange *exchange, uint32_t rev, struct cw_str note, uint64_t key)
{
    struct api *api = exchange->api;
    struct buf command;
    struct json_out out;
    buf_init(&command, 8192);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "alarm", str_of(exchange->id));
    json_member_int(&out, "rev", rev);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    json_member_opt(&out, "note", note);
    json_object_end(&out);
    struct pending *pending = pending_new(api, exchange->request->id);
    pending->remember = key;
    api->n_commands++;
    pipeline_command(api->daemon->pipeline, "ack", buf_str(&command), on_ack, pending);
    buf_done(&command);
}

void handle_alarm_ack(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct cw_error err = {""};
    uint32_t rev = 0;
    uint64_t key = 0;
    struct buf note;
    if (!find_or_404(exchange))
        return;
    if (request->idempotency_key.n > 0)
        key = hash64(request->idempotency_key,
                     hash64(str_of(exchange->id), hash64(str_of(exchange->caller.by), 1))) |
              1;
    const struct remembered *before = find_remembered(api, key);
    if (before) {
        api_answer(api, request->id, before->status, NULL,
                   (struct cw_str){before->body, before->n_body});
        return;
    }
    if (if_match(request->if_match, &rev) < 0) {
        api_problem(api, request->id, 400, NULL, "If-Match must be \"REV\" in quotes, or *.");
        return;
    }
    buf_init(&note, MAX_NOTE + 1);
    if (read_note(request->body, &note, &err) < 0)
        api_problem(api, request->id, 400, NULL, "%s.", err.text);
    else
        send_ack(exchange, rev, buf_str(&note), key);
    buf_done(&note);
}
