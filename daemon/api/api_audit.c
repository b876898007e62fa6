/*
 * api_audit.c - everybody who changes something, and everybody who looks at what is about a
 * person by name, leaves a line: made when the request comes, written when its answer goes.
 *
 * One place for all routes: what is not a GET is audited, and a GET whose row says
 * ROUTE_AUDITED. Strangers leave none (they could fill it): a failed sign-in is counted and
 * limited by address, see api_auth.c. Once a day the newest line's hash is published.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/json_read.h"
#include "io/store_audit.h"

#define DAY_NS (INT64_C(24) * 3600 * NS_PER_S)

/* A request whose answer is still to come; one per connection at most. */
struct audited {
    struct audited *next;
    uint64_t request;
    char by[MAX_ID + 1], from[64], what[160], of[2 * MAX_ID + 2];
    uint32_t role;
    char why[MAX_AUDIT_WHY + 1];
};

/* The reason a person gives with a command: "note", "reason" or "comment" of the body. */
static void read_why(struct cw_str body, char why[MAX_AUDIT_WHY + 1])
{
    static const char *const names[] = {"note", "reason", "cause", "comment"};
    struct json_node *root = body.n > 0 ? json_read(body, NULL) : NULL;
    const char *text = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && text[0] == '\0'; i++)
        text = node_text(node_get(root, names[i]), "");
    (void)str_copy(why, MAX_AUDIT_WHY + 1,
                   (struct cw_str){text, utf8_cut(str_of(text), MAX_AUDIT_WHY)});
    json_read_free(root);
}

static bool is_audited(const struct exchange *exchange)
{
    struct cw_str method = exchange->request->method;
    uint32_t roles = exchange->route->roles;
    if (exchange->caller.role == ROLE_PUBLIC && !(roles & ROLE_PUBLIC))
        return false;
    if (roles & ROUTE_MACHINE)
        return false;
    return roles & ROUTE_AUDITED || !(str_is(method, "GET") || str_is(method, "HEAD"));
}

void audit_begin(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    const struct api_route *route = exchange->route;
    if (!is_audited(exchange))
        return;
    struct audited *audited = xcalloc(1, sizeof(*audited));
    audited->request = request->id;
    audited->role = exchange->caller.role;
    (void)str_copy(audited->by, sizeof(audited->by), str_of(exchange->caller.by));
    (void)str_copy(audited->from, sizeof(audited->from), str_of(exchange->peer));
    (void)snprintf(audited->what, sizeof(audited->what), "%s %s", route->method,
                   route->pattern);
    char site[MAX_ID + 1] = "";
    bool has_site = http_query(request->query, "site", site, sizeof(site));
    (void)snprintf(audited->of, sizeof(audited->of), "%s%s%s", has_site ? site : "",
                   has_site && exchange->id[0] ? " " : "", exchange->id);
    if (!(route->roles & ROUTE_PERSONAL))
        read_why(request->body, audited->why);
    audited->next = exchange->api->audited;
    exchange->api->audited = audited;
}

void audit_who(struct exchange *exchange)
{
    struct audited *audited = exchange->api->audited;
    while (audited && audited->request != exchange->request->id)
        audited = audited->next;
    if (!audited)
        return;
    audited->role = exchange->caller.role;
    (void)str_copy(audited->by, sizeof(audited->by), str_of(exchange->caller.by));
}

static void write_line(struct api *api, const struct audited *audited, int status,
                       void (*kept)(void *ctx), void *ctx)
{
    struct audit_entry entry = {.at_ns = clock_wall_ns(),
                                .by = audited->by,
                                .role = role_name(audited->role),
                                .from = audited->from,
                                .what = audited->what,
                                .of = audited->of,
                                .status = status,
                                .why = str_of(audited->why)};
    /* Whoever fails to sign in is nobody. */
    if (audited->role == ROLE_PUBLIC)
        return;
    api->n_audited++;
    store_audit(api->daemon->store, &entry, kept, ctx);
}

/* False when the request leaves no line. */
static bool write_of(struct api *api, uint64_t request, int status, void (*kept)(void *ctx),
                     void *ctx)
{
    for (struct audited **at = &api->audited; *at; at = &(*at)->next) {
        struct audited *audited = *at;
        if (audited->request != request)
            continue;
        *at = audited->next;
        write_line(api, audited, status, kept, ctx);
        free(audited);
        return true;
    }
    return false;
}

void audit_answered(struct api *api, uint64_t request, int status)
{
    (void)write_of(api, request, status, NULL, NULL);
}

/* Who has gone meanwhile has left a line without an answer; nobody is to be told. */
void audit_then(struct api *api, uint64_t request, int status, void (*then)(void *ctx),
                void *ctx)
{
    if (!write_of(api, request, status, then, ctx))
        then(ctx);
}

void api_note(struct api *api, const char *by, const char *what, const char *of)
{
    struct audited audited = {.role = ROLE_ADMIN};
    (void)str_copy(audited.by, sizeof(audited.by), str_of(by));
    (void)str_copy(audited.from, sizeof(audited.from), CW_STR("local"));
    (void)str_copy(audited.what, sizeof(audited.what), str_of(what));
    (void)str_copy(audited.of, sizeof(audited.of), str_of(of));
    write_line(api, &audited, 200, NULL, NULL);
}

void audit_free(struct api *api)
{
    while (api->audited) {
        struct audited *next = api->audited->next;
        free(api->audited);
        api->audited = next;
    }
}

/* ---- the head ---- */

static void on_head(void *ctx, const struct audit_head *head)
{
    struct api *api = pending_take(ctx);
    free(ctx);
    if (!api || head->n == 0)
        return;
    struct daemon *daemon = api->daemon;
    const char *topic = daemon->config->store.audit_topic;
    api->audit_head = *head;
    api->audit_head_ns = clock_wall_ns();
    log_info("audit head n=%llu sha256=%s", (unsigned long long)head->n, head->hash);
    if (!topic || !topic[0] || !daemon->mqtt)
        return;
    struct buf json;
    struct json_out out;
    buf_init(&json, 1024);
    json_out_init(&out, &json);
    json_object(&out);
    json_member_time(&out, "at", api->audit_head_ns);
    json_member_int(&out, "n", (int64_t)head->n);
    json_member_text(&out, "sha256", str_of(head->hash));
    json_object_end(&out);
    if (mqtt_publish(daemon->mqtt, topic, buf_str(&json), true) != 0)
        api->audit_day = 0; /* not connected yet: again with the next tick */
    buf_done(&json);
}

/* At the start and with each new day (UTC). */
void audit_tick(struct api *api, int64_t now_ns)
{
    int64_t day = now_ns / DAY_NS;
    if (day == api->audit_day || now_ns - api->audit_asked_ns < 60 * NS_PER_S)
        return;
    api->audit_day = day;
    api->audit_asked_ns = now_ns;
    store_audit_publish(api->daemon->store, now_ns, on_head, pending_new(api, 0));
}

/* ---- reading it ---- */

static void on_lines(void *ctx, struct cw_str items, uint64_t next)
{
    struct pending *pending = ctx;
    struct api *api = pending_take(pending);
    if (api)
        api_items_answer(api, pending->request, items, next);
    free(pending);
}

void handle_audit(struct exchange *exchange)
{
    struct api *api = exchange->api;
    if (caller_is_scoped(&exchange->caller)) {
        api_problem(api, exchange->request->id, 403, NULL, "The audit is about all sites.");
        return;
    }
    int64_t after = parameter_int(exchange, "after", 0);
    store_query_audit(api->daemon->store, after > 0 ? (uint64_t)after : 0,
                      (uint32_t)parameter_int(exchange, "limit", 200), on_lines,
                      pending_new(api, exchange->request->id));
}
