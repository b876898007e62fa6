/*
 * api_orders.c - what people do to alarms: each is a record in the journal before it is
 * anything else, and answered when the fold has applied it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/api_shapes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/json_read.h"

#define MAX_NOTE 500u
#define MAX_COMMAND 16384u

/* ---- headers ---- */

int if_match(struct cw_str header, uint32_t *rev)
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

uint64_t request_key(const struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    if (request->idempotency_key.n == 0)
        return 0;
    uint64_t key = hash64(str_of(exchange->caller.by), 1);
    key = hash64(str_of(exchange->id), key);
    key = hash64(str_of(exchange->route->pattern), key);
    return (hash64(request->idempotency_key, key) & INT64_MAX) | 1;
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

/* ---- outcomes ---- */

static void command_failed(struct api *api, const struct pending *pending, int code,
                           const struct alarm *alarm, const struct cw_error *err)
{
    uint64_t id = pending->request;
    const char *state = alarm ? alarm_state_name(alarm->state) : "unknown";
    const char *who = alarm && alarm->changed_by[0] ? alarm->changed_by : "the daemon";
    const char *why = err && err->text[0] ? err->text : "The command is not valid.";
    api->n_commands_failed++;
    if (code == -ENOENT)
        api_problem(api, id, 404, NULL, "%s", why);
    else if (code == -EBUSY && alarm)
        api_problem(api, id, 409, NULL, "%s It is %s, changed last by %s, revision %u.", why,
                    state, who, alarm->rev);
    else if (code == -EBUSY || code == -E2BIG)
        api_problem(api, id, 409, NULL, "%s", why);
    else if (code == -ESTALE)
        api_problem(api, id, 412, NULL,
                    "The alarm was changed by %s meanwhile: it is %s, revision %u.", who, state,
                    alarm ? alarm->rev : 0);
    else if (code == -EINVAL)
        api_problem(api, id, 400, NULL, "%s", why);
    else
        api_problem(api, id, 503, "Retry-After: 5\r\n",
                    "The journal cannot take the command: %s.", strerror(-code));
}

static void on_done(void *ctx, int code, const struct alarm *alarm, const struct cw_error *err)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api && code == 0) {
        int status = pending->is_new ? 201 : 200;
        if (alarm)
            answer_alarm(api, pending->request, status, alarm);
        else if (pending->tell && pending->tell(api, pending))
            api_answer(api, pending->request, status, NULL, buf_str(&api->scratch));
        else
            api_answer(api, pending->request, status = 204, NULL, CW_STR(""));
        remember(api, pending->remember, status,
                 status == 204 ? CW_STR("") : buf_str(&api->scratch));
        if (alarm && alarm->acked_ns == alarm->changed_ns)
            histogram_add(&api->raise_to_ack_seconds,
                          (double)(alarm->acked_ns - alarm->raised_ns) / (double)NS_PER_S);
    } else if (api) {
        command_failed(api, pending, code, alarm, err);
    }
    free(pending);
}

/* ---- the body ---- */

static void copy_text(const struct json_node *text, struct json_out *out)
{
    json_object(out);
    json_member_opt(out, "zh", str_of(node_text(node_get(text, "zh"), "")));
    json_member_opt(out, "en", str_of(node_text(node_get(text, "en"), "")));
    json_object_end(out);
}

static void copy_matchers(const struct json_node *list, struct json_out *out)
{
    const struct json_node *item;
    json_array(out);
    for (size_t i = 0; (item = node_at(list, i)); i++) {
        json_object(out);
        json_member_text(out, "name", str_of(node_text(node_get(item, "name"), "")));
        json_member_text(out, "value", str_of(node_text(node_get(item, "value"), "")));
        json_member_bool(out, "isRegex", node_bool(node_get(item, "isRegex"), false));
        json_member_bool(out, "isEqual", node_bool(node_get(item, "isEqual"), true));
        json_object_end(out);
    }
    json_array_end(out);
}

/* One member of the body into the command; -EINVAL with err when it is none. */
static int copy_member(const struct route_shape *route, const char *key,
                       const struct json_node *value, struct json_out *out,
                       struct cw_error *err)
{
    const struct member *member = body_member_find(route, key);
    uint32_t type = member ? member->type : 0;
    bool is_moment = type == MEMBER_TIME || type == MEMBER_DURATION;
    bool is_words = type == MEMBER_TEXT || type == MEMBER_ID || type == MEMBER_TEXTS;
    if (node_is_text(value) && (is_words || is_moment)) {
        struct cw_str text = str_of(node_text(value, ""));
        if (text.n > MAX_NOTE)
            return err_set(err, -EINVAL, "the %s is longer than %u bytes", key, MAX_NOTE);
        json_member_opt(out, strcmp(key, "comment") == 0 ? "note" : key, text);
    } else if (is_moment && node_is_number(value)) {
        json_member_int(out, key, node_int(value, 0));
    } else if ((type == MEMBER_REAL || type == MEMBER_INT) && node_is_number(value)) {
        json_member_real(out, key, node_real(value, 0));
    } else if (type == MEMBER_BOOL) {
        json_member_bool(out, key, node_bool(value, false));
    } else if (type == MEMBER_TEXTS && node_is_object(value)) {
        json_key(out, key);
        copy_text(value, out);
    } else if (type == MEMBER_MATCHERS) {
        json_key(out, key);
        copy_matchers(value, out);
    } else {
        return err_set(err, -EINVAL, "\"%.40s\" is not known or of the wrong type", key);
    }
    return 0;
}

static int copy_body(const struct api_route *route, struct cw_str body, struct json_out *out,
                     struct cw_error *err)
{
    const struct route_shape *shape = route_shape_find(route->method, route->pattern);
    const struct json_node *value;
    const char *key;
    if (body.n == 0)
        return 0;
    struct json_node *root = json_read(body, err);
    if (!root)
        return -EINVAL;
    int ret = node_is_object(root) ? 0 : err_set(err, -EINVAL, "the body must be an object");
    for (size_t i = 0; ret == 0 && (value = node_member(root, i, &key)); i++)
        ret = copy_member(shape, key, value, out, err);
    json_read_free(root);
    return ret;
}

/* ---- sending ---- */

void order_send(struct exchange *exchange, const struct order *order)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct cw_error err = {""};
    struct buf command;
    struct json_out out;
    uint32_t rev = 0;
    uint64_t key = request_key(exchange);
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
    buf_init(&command, MAX_COMMAND);
    json_out_init(&out, &command);
    json_object(&out);
    json_member_text(&out, "by", str_of(exchange->caller.by));
    if (order->id_member)
        json_member_text(&out, order->id_member, str_of(order->id));
    if (order->site)
        json_member_text(&out, "site", str_of(order->site));
    if (order->metric)
        json_member_text(&out, "metric", str_of(order->metric));
    if (rev)
        json_member_int(&out, "rev", rev);
    if (key)
        json_member_int(&out, "key", (int64_t)key);
    int ret = copy_body(exchange->route, request->body, &out, &err);
    json_object_end(&out);
    if (ret < 0 || command.full) {
        api_problem(api, request->id, 400, NULL, "%s.",
                    ret < 0 ? err.text : "The command is too long");
    } else {
        struct pending *pending = pending_new(api, request->id);
        pending->remember = key;
        pending->is_new = order->is_new;
        pending->tell = order->tell;
        (void)str_copy(pending->id, sizeof(pending->id), str_of(order->id));
        api->n_commands++;
        pipeline_command(api->daemon->pipeline, order->name, buf_str(&command), on_done,
                         pending);
    }
    buf_done(&command);
}

/* POST /api/v1/alarms/{id}/NAME */
void handle_alarm_order(struct exchange *exchange)
{
    const struct order order = {.name = strrchr(exchange->route->pattern, '/') + 1,
                                .id_member = "alarm",
                                .id = exchange->id};
    if (alarm_or_404(exchange))
        order_send(exchange, &order);
}

/* Of whose site a body is; false: answered with 404. */
bool order_may_reach(struct exchange *exchange)
{
    struct json_node *root = json_read(exchange->request->body, NULL);
    char id[MAX_ID + 1] = "";
    (void)str_copy(id, sizeof(id), str_of(node_text(node_get(root, "site"), "")));
    json_read_free(root);
    const struct site *site = site_for(exchange, id);
    if (!site)
        api_problem(exchange->api, exchange->request->id, id[0] ? 404 : 400, NULL,
                    id[0] ? "There is no site %s." : "\"site\" says of which site%s.", id);
    return site != NULL;
}

void handle_alarm_open(struct exchange *exchange)
{
    const struct order order = {.name = "open", .id = "", .is_new = true};
    if (order_may_reach(exchange))
        order_send(exchange, &order);
}
