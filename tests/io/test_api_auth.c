/*
 * Who may ask what: every route with every role, scopes, sessions, other origins.
 */
#include "io/api_fixture.h"

/* ---- the table of routes ---- */

/* What may never be given to whom, whatever the table says. */
static void no_route_goes_beyond_its_role(void **state)
{
    (void)state;
    const uint32_t supervisors = ROLE_SUPERVISOR | ROLE_ADMIN;
    const uint32_t readers = ROLE_VIEWER | ROLE_INSPECTOR | ROLE_METRICS | ROLE_PUBLIC;
    for (const struct api_route *r = api_routes; r->method; r++) {
        bool changes = strcmp(r->method, "GET") != 0;
        bool inspects = (strstr(r->pattern, "/inspections/") && r->handle == handle_case) ||
                        r->handle == handle_attachment_put;
        uint32_t lookers = inspects ? readers & ~(uint32_t)ROLE_INSPECTOR : readers;
        if (changes && (r->roles & lookers) && !strstr(r->pattern, "/session"))
            fail_msg("%s %s is open to who only looks", r->method, r->pattern);
        if ((r->roles & ROLE_METRICS) && (r->roles & ROLES_ALL) != ROLES_ALL &&
            strcmp(r->pattern, "/metrics") != 0)
            fail_msg("%s %s is open to the role metrics", r->method, r->pattern);
        if ((r->roles & ROUTE_PERSONAL) && (r->roles & ROLE_MASK & ~supervisors))
            fail_msg("%s %s is about a person and open to others than supervisors", r->method,
                     r->pattern);
    }
}

static void every_route_has_a_role_rule(void **state)
{
    (void)state;
    struct cw_error err;
    struct api_route bad[] = {api_routes[0], {.method = NULL}};
    assert_int_equal(api_routes_check(api_routes, &err), 0);
    bad[0].roles = 0;
    assert_true(api_routes_check(bad, &err) < 0);
    assert_non_null(strstr(err.text, bad[0].pattern));
}

static void paths_find_their_route(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *pattern, *id, *allow;
    } row[] = {
        {"GET", "/healthz", "/healthz", "", ""},
        {"HEAD", "/healthz", "/healthz", "", ""},
        {"GET", "/api/v1/alarms", "/api/v1/alarms", "", ""},
        {"GET", "/api/v1/alarms/A1", "/api/v1/alarms/{id}", "A1", ""},
        {"POST", "/api/v1/alarms/A1/ack", "/api/v1/alarms/{id}/ack", "A1", ""},
        {"GET", "/api/v1/alarms/A1/ack", NULL, "", "POST"},
        {"PATCH", "/api/v1/sites/x", NULL, "", "GET, HEAD, PUT"},
        {"GET", "/api/v1/alarms/", NULL, "", ""},
        {"GET", "/api/v1/alarms/a b", NULL, "", ""},
        {"GET", "/api/v1/alarms/../x", NULL, "", ""},
        {"GET", "/api/v1/nothing", NULL, "", ""},
        {"GET", "/api/v1", NULL, "", ""},
        {"GET", "//healthz", NULL, "", ""},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char id[MAX_ID + 1], allow[64];
        const struct api_route *route = api_route_find(
            str_of(row[i].method), str_of(row[i].path), id, allow, sizeof(allow));
        if (!row[i].pattern && route)
            fail_msg("%s %s found %s", row[i].method, row[i].path, route->pattern);
        if (row[i].pattern) {
            if (!route)
                fail_msg("%s %s found nothing", row[i].method, row[i].path);
            assert_string_equal(route->pattern, row[i].pattern);
            assert_string_equal(id, row[i].id);
        }
        assert_string_equal(allow, row[i].allow);
    }
}

static void sign_in_may_only_be_off_on_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *listen, *auth;
        bool good;
    } row[] = {
        {"127.0.0.1:8480", "none", true}, {"[::1]:0", "none", true},
        {"localhost:1", "none", true},    {"0.0.0.0:8480", "none", false},
        {"[::]:8480", "none", false},     {"10.0.0.1:8480", "none", false},
        {"0.0.0.0:8480", "token", true},  {"127.0.0.1.evil:1", "token", true},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct cw_error err;
        struct http_section http = {.listen = row[i].listen, .auth = row[i].auth};
        if ((auth_check_listen(&http, &err) == 0) != row[i].good)
            fail_msg("row %zu", i);
    }
}

/* ---- who may ask what ---- */

static void fill_path(const char *pattern, const char *alarm, char *path, size_t cap)
{
    static const struct {
        const char *in, *id; /* of the fixture's */
    } ids[] = {{"/evaluations", "home-1.s"},
               {"/duties", "home-1.report.2025"},
               {"/credit/{id}/history", "home-1.red"},
               {"/areas", "510104"},
               {"/reports", "response"}};
    const char *at = strstr(pattern, "{id}"), *id = "home-1";
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (strstr(pattern, ids[i].in))
            id = ids[i].id;
    if (!at)
        (void)snprintf(path, cap, "%s", pattern);
    else
        (void)snprintf(path, cap, "%.*s%s%s", (int)(at - pattern), pattern,
                       strstr(pattern, "alarms") || strstr(pattern, "incidents") ? alarm : id,
                       at + 4);
    static const char *const own[] = {"/residents/{id}",      "/staff/{id}",
                                      "/beds/{id}",           "/tenancies/{id}",
                                      "/visits/{id}/history", "/activities/{id}/history"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (!strstr(pattern, own[i]))
            continue;
        bool is_registry = !at[4] || strcmp(at + 4, "/history") == 0;
        (void)snprintf(path, cap, "%.*s%s%s?site=home-1", (int)(at - pattern), pattern,
                       is_registry ? "home-1" : "r-88", at + 4);
    }
    if (strstr(path, "/explain"))
        (void)snprintf(path, cap, "%s?site=home-1&device=bed-1&rule=spo2-low", pattern);
    if (strstr(path, "/series"))
        (void)snprintf(path, cap, "%s?site=home-1&device=bed-1&metric=hr", pattern);
}

static bool is_allowed(int status)
{
    return status != 401 && status != 403 && status != 429 && status != 0;
}

/* Every route, every role: allowed exactly when the table says so. Bad and expired tokens are
 * nobody; a facility sees nothing of another. */
static void every_route_keeps_its_roles(void **state)
{
    struct fixture *f = *state;
    char alarm[HASH_ID_MAX], path[256];
    const char *json = "Content-Type: application/json\r\n";
    populate(f);
    entry(f, "residents", "{\"site\":\"home-1\",\"resident\":\"home-1\"}");
    entry(f, "staff", "{\"site\":\"home-1\",\"staff\":\"home-1\"}");
    entry(f, "beds", "{\"site\":\"home-1\",\"bed\":\"home-1\"}");
    entry(f, "tenancies", "{\"site\":\"home-1\",\"org\":\"home-1\"}");
    entry(f, "areas", "{\"area\":\"510104\",\"level\":\"district\"}");
    raise_alarm(f, "home-1", alarm);
    assert_int_equal(ask(f, "PUT", "/api/v1/residents/r-88/name?site=home-1", f->secret[3],
                         json, "{\"name\":\"x\"}"),
                     204);
    assert_int_equal(
        ask(f, "PUT", "/api/v1/duty/home-1/contact", f->secret[3], json, "{\"phone\":\"120\"}"),
        204);
    for (const struct api_route *r = api_routes; r->method; r++) {
        const char *body = strcmp(r->method, "PUT") == 0    ? "{\"kind\":\"institution\","
                                                              "\"district\":\"510104\"}"
                           : strcmp(r->method, "POST") == 0 ? "{}"
                                                            : "";
        fill_path(r->pattern, alarm, path, sizeof(path));
        if (strstr(path, "/session") && strcmp(r->method, "POST") == 0)
            continue; /* has a test of its own */
        for (uint32_t i = 0; i < N_ROLES; i++) {
            int status = ask(f, r->method, path, f->secret[i], json, body);
            bool want = r->roles & 1u << i;
            if (is_allowed(status) != want)
                fail_msg("%s %s as %s: %d", r->method, path, i ? role_word[i] : "nobody",
                         status);
            if (strcmp(r->method, "GET") == 0 && want && status != 200 &&
                !strstr(path, "quarantine") && !strstr(path, "readyz") &&
                !strstr(path, "/person") && !strstr(path, "/attachments/") &&
                !strstr(path, "/silence/") && !strstr(path, "/incidents/") &&
                !strstr(path, "/map.geojson"))
                fail_msg("%s %s as %s: %s", r->method, path, role_word[i], answer_text);
        }
        bool is_public = r->roles & ROLE_PUBLIC;
        memset(f->daemon.api->peer, 0, sizeof(f->daemon.api->peer));
        assert_int_equal(is_allowed(ask(f, r->method, path, "wrong", json, body)), is_public);
        assert_int_equal(is_allowed(ask(f, r->method, path, f->expired, json, body)),
                         is_public);
        int other = ask(f, r->method, path, f->other_site, json, body);
        if ((r->roles & ROLE_FACILITY) && !is_public && strstr(path, alarm) && other != 404)
            fail_msg("%s %s from the other site: %d", r->method, path, other);
        if ((r->roles & ROLE_FACILITY) && !is_public && strstr(answer_text, "\"home-1\""))
            fail_msg("%s %s shows home-1 to home-2: %s", r->method, path, answer_text);
    }
}

static void a_scope_hides_other_sites(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path;
        int facility, other, district;
    } row[] = {
        {"/api/v1/sites/home-1", 200, 404, 200},
        {"/api/v1/sites/home-2", 404, 200, 404},
        {"/api/v1/sites/home-1/devices", 200, 404, 200},
        {"/api/v1/sites/home-1/visits", 200, 404, 200},
        {"/api/v1/visits?site=home-1", 200, 404, 200},
        {"/api/v1/series?device=bed-1&metric=hr", 200, 404, 200},
        {"/api/v1/series?site=home-1&device=bed-1&metric=hr", 200, 404, 200},
        {"/api/v1/explain?device=bed-1&rule=spo2-low", 200, 404, 200},
        {"/api/v1/explain?site=home-1&device=bed-1&rule=spo2-low", 200, 404, 200},
        {"/api/v1/explain?device=bed-1&rule=nonsense", 404, 404, 404},
        {"/api/v1/sites/nowhere", 404, 404, 404},
    };
    populate(f);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[5], NULL, NULL), row[i].facility);
        assert_int_equal(ask(f, "GET", row[i].path, f->other_site, NULL, NULL), row[i].other);
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[6], NULL, NULL), row[i].district);
    }
    assert_int_equal(ask(f, "GET", "/api/v1/sites", f->secret[5], NULL, NULL), 200);
    struct json_node *root = answer_json();
    assert_int_equal(count_of(node_get(root, "items")), 1);
    json_read_free(root);
}

static void a_facility_sees_what_of_its_own_was_refused(void **state)
{
    struct fixture *f = *state;
    static const char own[] = "/api/v1/sites/home-1/refused";
    populate(f);
    message(f, "care/v1/home-1/bed-1/telemetry", "{\"hr\":");
    message(f, "care/v1/home-2/bed-2/telemetry", "{\"hr\":");
    message(f, "care/v1/home-2/bed-2/event", "{\"type\":\"visit.settled\",\"visit\":\"v\"}");
    message(f, "care/v1/home-1", "{\"hr\":1}");
    assert_int_equal(ask(f, "GET", own, f->secret[5], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "{\"n\":1,\"reasons\":[{\"reason\":"));
    assert_non_null(strstr(answer_text, "\"topic\":\"care/v1/home-1/bed-1/telemetry\""));
    assert_null(strstr(answer_text, "home-2"));
    assert_null(strstr(answer_text, "payload"));
    assert_int_equal(ask(f, "GET", own, f->other_site, NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", own, f->secret[1], NULL, NULL), 403);
    assert_int_equal(
        ask(f, "GET", "/api/v1/sites/home-2/refused?limit=1", f->other_site, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "{\"n\":2,"));
    assert_null(strstr(answer_text, "home-1"));
}

static void failed_sign_ins_are_limited_but_a_good_token_passes(void **state)
{
    struct fixture *f = *state;
    int last = 0;
    for (int i = 0; i < 12; i++)
        last = ask(f, "GET", "/api/v1/status", "wrong", NULL, NULL);
    assert_int_equal(last, 429);
    assert_non_null(strstr(answer_text, "Retry-After:"));
    assert_int_equal(ask(f, "GET", "/api/v1/status", f->secret[1], NULL, NULL), 200);
}

static void a_session_is_a_cookie_until_it_is_ended(void **state)
{
    struct fixture *f = *state;
    char body[200], cookie[200];
    const char *json = "Content-Type: application/json\r\n";
    (void)snprintf(body, sizeof(body), "{\"token\":\"%s\"}", f->secret[2]);
    assert_int_equal(ask(f, "POST", "/api/v1/session", NULL, json, "{\"token\":\"x\"}"), 401);
    assert_int_equal(ask(f, "POST", "/api/v1/session", NULL, json, body), 200);
    assert_non_null(strstr(answer_text, "HttpOnly; SameSite=Strict"));
    assert_non_null(strstr(answer_text, "\"role\":\"dispatcher\""));
    assert_null(strstr(answer_text, f->secret[2]));
    const char *set = strstr(answer_text, "Set-Cookie: ");
    assert_non_null(set);
    (void)snprintf(cookie, sizeof(cookie), "Cookie: a=b; %.*s\r\n", (int)strcspn(set + 12, ";"),
                   set + 12);
    assert_int_equal(ask(f, "GET", "/api/v1/status", NULL, cookie, NULL), 200);
    assert_int_equal(ask(f, "DELETE", "/api/v1/session", NULL, cookie, NULL), 204);
    assert_int_equal(ask(f, "GET", "/api/v1/status", NULL, cookie, NULL), 401);
}

static void requests_of_other_origins_change_nothing(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *headers;
        int want;
    } row[] = {
        {"Content-Type: application/json\r\nOrigin: http://localhost\r\n", 404},
        {"Content-Type: application/json\r\nOrigin: http://evil\r\n", 403},
        {"Content-Type: application/json\r\nOrigin: null\r\n", 403},
        {"Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n", 403},
        {"Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n", 404},
        {"Content-Type: text/plain\r\n", 415},
        {"Content-Type: application/x-www-form-urlencoded\r\n", 415},
        {"", 415},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        int status = ask(f, "POST", "/api/v1/alarms/X/ack", f->secret[2], row[i].headers, "{}");
        if (status != row[i].want)
            fail_msg("row %zu: %d", i, status);
    }
    assert_int_equal(ask(f, "GET", "/api/v1/alarms/X/ack", f->secret[2], NULL, NULL), 405);
    assert_non_null(strstr(answer_text, "Allow: POST\r\n"));
    assert_int_equal(ask(f, "OPTIONS", "/api/v1/alarms", NULL, "Origin: http://evil\r\n", NULL),
                     405);
    assert_null(strstr(answer_text, "Access-Control"));
}

/* ---- the audit ---- */

/* The newest lines, as an administrator reads them (which is one more line). */
static void read_audit(struct fixture *f)
{
    assert_int_equal(ask(f, "GET", "/api/v1/audit?limit=20", f->secret[4], NULL, NULL), 200);
}

static void who_changes_something_leaves_a_line(void **state)
{
    struct fixture *f = *state;
    const char *json = "Content-Type: application/json\r\n";
    char alarm[HASH_ID_MAX], path[100], want[300];
    populate(f);
    raise_alarm(f, "home-1", alarm);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", alarm);
    assert_int_equal(ask(f, "POST", path, f->secret[1], json, "{}"), 403);
    assert_int_equal(ask(f, "POST", path, "wrong", json, "{}"), 401);
    assert_int_equal(ask(f, "POST", path, f->secret[2], json, "{\"note\":\"on my way\"}"), 200);
    assert_int_equal(ask(f, "GET", "/api/v1/alarms", f->secret[1], NULL, NULL), 200);
    read_audit(f);
    (void)snprintf(want, sizeof(want),
                   "\"by\":\"the-dispatcher\",\"role\":\"dispatcher\",\"from\":\"127.0.0.1\","
                   "\"what\":\"POST /api/v1/alarms/{id}/ack\",\"of\":\"%s\",\"status\":200,",
                   alarm);
    if (!strstr(answer_text, want) || !strstr(answer_text, "\"why\":\"on my way\"}"))
        fail_msg("%s is not in %s", want, answer_text);
    assert_non_null(strstr(answer_text, "\"by\":\"the-viewer\",\"role\":\"viewer\""));
    assert_non_null(strstr(answer_text, "\"status\":403"));
    assert_null(strstr(answer_text, "\"status\":401")); /* a stranger cannot fill it */
    assert_null(strstr(answer_text, "GET /api/v1/alarms"));
    read_audit(f);
    assert_non_null(strstr(answer_text, "\"what\":\"GET /api/v1/audit\""));
    assert_int_equal(ask(f, "GET", "/api/v1/audit", f->secret[2], NULL, NULL), 403);
}

static void a_sign_in_is_a_line_of_whoever_signed_in(void **state)
{
    struct fixture *f = *state;
    const char *json = "Content-Type: application/json\r\n";
    char body[200];
    (void)snprintf(body, sizeof(body), "{\"token\":\"%s\"}", f->secret[2]);
    assert_int_equal(ask(f, "POST", "/api/v1/session", NULL, json, body), 200);
    assert_int_equal(ask(f, "POST", "/api/v1/session", NULL, json, "{\"token\":\"x\"}"), 401);
    read_audit(f);
    assert_non_null(strstr(answer_text, "\"by\":\"the-dispatcher\",\"role\":\"dispatcher\","
                                        "\"from\":\"127.0.0.1\",\"what\":\"POST "
                                        "/api/v1/session\",\"status\":200"));
    assert_null(strstr(answer_text, "\"status\":401"));
    assert_null(strstr(answer_text, f->secret[2]));
}

static void only_a_proxy_of_ours_says_who_asks(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *header, *proxy[3], *from;
    } row[] = {
        {"X-Forwarded-For: 1.2.3.4\r\n", {NULL}, "127.0.0.1"},
        {"X-Forwarded-For: 1.2.3.4\r\n", {"10.0.0.1", NULL}, "127.0.0.1"},
        {"X-Forwarded-For: 1.2.3.4\r\n", {"127.0.0.1", NULL}, "1.2.3.4"},
        {"X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n", {"127.0.0.1", NULL}, "1.2.3.4"},
        {"X-Forwarded-For: 1.2.3.4, 10.0.0.1\r\n", {"127.0.0.1", "10.0.0.1"}, "1.2.3.4"},
        {"X-Forwarded-For: 2001:db8::7\r\n", {"127.0.0.1", NULL}, "2001:db8::7"},
        {"X-Forwarded-For: <script>\r\n", {"127.0.0.1", NULL}, "127.0.0.1"},
        {"X-Forwarded-User: admin\r\n", {"127.0.0.1", NULL}, "127.0.0.1"},
        {"", {"127.0.0.1", NULL}, "127.0.0.1"},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char headers[200], want[100];
        f->daemon.config->http.proxy = row[i].proxy;
        (void)snprintf(headers, sizeof(headers), "Content-Type: application/json\r\n%s",
                       row[i].header);
        assert_int_equal(ask(f, "POST", "/api/v1/alarms/X/ack", f->secret[2], headers, "{}"),
                         404);
        assert_int_equal(ask(f, "GET", "/api/v1/status", NULL, headers, NULL), 401);
        read_audit(f);
        (void)snprintf(want, sizeof(want), "\"from\":\"%s\",\"what\":\"POST", row[i].from);
        const char *newest = strstr(answer_text, "\"role\":\"dispatcher\"");
        if (!newest || strstr(newest, want) != strstr(newest, "\"from\":"))
            fail_msg("row %zu: %.300s", i, newest);
    }
    f->daemon.config->http.proxy = NULL;
}

static void who_changes_too_much_is_told_to_wait(void **state)
{
    struct fixture *f = *state;
    const char *json = "Content-Type: application/json\r\n";
    f->daemon.config->http.command_limit =
        (struct pace_limit){.n = 3, .period_ns = 3600 * NS_PER_S, .burst = 3};
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(f, "POST", "/api/v1/alarms/X/ack", f->secret[2], json, "{}"), 404);
    assert_int_equal(ask(f, "POST", "/api/v1/alarms/X/ack", f->secret[2], json, "{}"), 429);
    assert_non_null(strstr(answer_text, "Retry-After:"));
    assert_int_equal(f->daemon.api->n_command_limited, 1);
    assert_int_equal(ask(f, "POST", "/api/v1/alarms/X/ack", f->secret[3], json, "{}"), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/alarms", f->secret[2], NULL, NULL), 200);
}

static void without_sign_in_only_localhost_is_served(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f, "GET", "/api/v1/status", NULL, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"auth\":\"none\""));
    struct peer *peer = peer_open(&f->daemon.loop, http_server_port(f->daemon.http_server), 0);
    peer_send(peer, "GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_true(peer_sees(peer, "HTTP/1.1 403"));
    peer_close(peer);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_has_a_role_rule),
        cmocka_unit_test(no_route_goes_beyond_its_role),
        cmocka_unit_test(paths_find_their_route),
        cmocka_unit_test(sign_in_may_only_be_off_on_loopback),
        CASE(every_route_keeps_its_roles),
        CASE(a_scope_hides_other_sites),
        CASE(a_facility_sees_what_of_its_own_was_refused),
        CASE(failed_sign_ins_are_limited_but_a_good_token_passes),
        CASE(a_session_is_a_cookie_until_it_is_ended),
        CASE(requests_of_other_origins_change_nothing),
        CASE(who_changes_something_leaves_a_line),
        CASE(a_sign_in_is_a_line_of_whoever_signed_in),
        CASE(only_a_proxy_of_ours_says_who_asks),
        CASE(who_changes_too_much_is_told_to_wait),
        cmocka_unit_test_setup_teardown(without_sign_in_only_localhost_is_served, start_open,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
