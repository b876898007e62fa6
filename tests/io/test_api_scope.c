/*
 * test_api_scope.c - areas and roles cell by cell, generated from the table of routes: two
 * halves of a city with everything in each, and tokens for a district, a street, a community,
 * a department and a site. What is of the other half appears in no answer and has no address.
 */
#include "core/oversight/ledger.h"
#include "io/api_fixture.h"

#define JSON "Content-Type: application/json\r\n"

/* '@' stands for the half. */
static void fill(char *dst, size_t cap, const char *with, const char *half)
{
    size_t n = 0;
    for (; *with && n + strlen(half) + 1 < cap; with++) {
        if (*with == '@')
            n += (size_t)snprintf(dst + n, cap - n, "%s", half);
        else
            dst[n++] = *with;
    }
    dst[n] = '\0';
}

static void say(struct fixture *f, const char *topic, const char *members, const char *half)
{
    static int n;
    char text[700], where[100], rest[600];
    fill(where, sizeof(where), topic, half);
    fill(rest, sizeof(rest), members, half);
    (void)snprintf(text, sizeof(text), "{\"id\":\"s%d\",%s}", ++n, rest);
    message(f, where, text);
}

static void register_half(struct fixture *f, const char *half, int i)
{
    char row[500];
    (void)snprintf(row, sizeof(row),
                   "{\"area\":\"d%d\",\"level\":\"district\"},"
                   "{\"area\":\"st%d\",\"level\":\"street\",\"parent\":\"d%d\"},"
                   "{\"area\":\"c%d\",\"level\":\"community\",\"parent\":\"st%d\"}",
                   i, i, i, i, i);
    entry(f, "areas", row);
    (void)snprintf(row, sizeof(row),
                   "{\"org\":\"%s\",\"name\":\"%s\",\"district\":\"d%d\",\"community\":\"c%d\","
                   "\"department\":\"office %s\"}",
                   half, half, i, i, i == 1 ? "one" : "two");
    entry(f, "organisations", row);
    (void)snprintf(row, sizeof(row),
                   "{\"site\":\"%s\",\"kind\":\"institution\",\"district\":\"d%d\","
                   "\"community\":\"c%d\",\"name\":\"%s\",\"lat\":30.6,\"lon\":104.1,"
                   "\"operators\":[\"%s\"]}",
                   half, i, i, half, half);
    entry(f, "sites", row);
    (void)snprintf(row, sizeof(row), "{\"resident\":\"%s\",\"site\":\"%s\"}", half, half);
    entry(f, "residents", row);
    (void)snprintf(row, sizeof(row), "{\"staff\":\"%s\",\"site\":\"%s\"}", half, half);
    entry(f, "staff", row);
    (void)snprintf(row, sizeof(row), "{\"bed\":\"%s\",\"site\":\"%s\"}", half, half);
    entry(f, "beds", row);
    (void)snprintf(row, sizeof(row), "{\"project\":\"%s\",\"org\":\"%s\"}", half, half);
    entry(f, "projects", row);
}

static void live_half(struct fixture *f, const char *half)
{
    static const char dept[] = "care/v1/dept-1/desk/event";
    say(f, "care/v1/@/bed-1/event",
        "\"type\":\"visit.planned\",\"visit\":\"@\",\"start\":\"2026-01-01T00:00:00Z\","
        "\"end\":\"2026-01-01T01:00:00Z\",\"recipient\":\"@\",\"service\":\"meal\"",
        half);
    say(f, dept,
        "\"type\":\"inspection.finding\",\"inspection\":\"@\",\"org\":\"@\",\"site\":\"@\"",
        half);
    say(f, dept, "\"type\":\"evaluation.scored\",\"org\":\"@\",\"scheme\":\"s\"", half);
    say(f, dept,
        "\"type\":\"duty.result\",\"org\":\"@\",\"duty\":\"report\",\"period\":\"2025\","
        "\"result\":\"passed\"",
        half);
    say(f, dept, "\"type\":\"complaint.filed\",\"complaint\":\"@\",\"about\":\"@\"", half);
    say(f, dept,
        "\"type\":\"credit.listed\",\"org\":\"@\",\"list\":\"inner\","
        "\"evidence\":\"x\"",
        half);
}

static void two_halves(struct fixture *f, char alarm[2][HASH_ID_MAX])
{
    static const char *const half[] = {"qnear", "qfar"};
    (void)ask(f, "PUT", "/api/v1/sites/dept-1", f->secret[4], JSON,
              "{\"kind\":\"department\",\"district\":\"city\"}");
    for (int i = 0; i < 2; i++) {
        register_half(f, half[i], i + 1);
        live_half(f, half[i]);
        raise_alarm(f, half[i], alarm[i]);
    }
}

/* ---- addresses ---- */

static void address(const struct api_route *route, const char *half, const char *alarm,
                    char *path, size_t cap)
{
    const char *id = strstr(route->pattern, "{id}");
    bool of_alarm = strstr(route->pattern, "/alarms/") || strstr(route->pattern, "/incidents/");
    char own[140];
    (void)snprintf(own, sizeof(own), "%s", of_alarm ? alarm : half);
    if (strstr(route->pattern, "/duties/"))
        (void)snprintf(own, sizeof(own), "%s.report.2025", half);
    if (strstr(route->pattern, "/evaluations/"))
        (void)snprintf(own, sizeof(own), "%s.s", half);
    if (strstr(route->pattern, "/credit/{id}/history"))
        (void)snprintf(own, sizeof(own), "%s.inner", half);
    bool of_site =
        strstr(route->pattern, "/residents/{id}") || strstr(route->pattern, "/staff/{id}") ||
        strstr(route->pattern, "/beds/{id}") || strstr(route->pattern, "/visits/{id}");
    const char *query = of_site ? "?site=" : "";
    if (id)
        (void)snprintf(path, cap, "%.*s%s%s%s%s", (int)(id - route->pattern), route->pattern,
                       own, id + 4, query, of_site ? half : "");
    else
        (void)snprintf(path, cap, "%s", route->pattern);
    if (strstr(path, "/series"))
        (void)snprintf(path, cap, "%s?site=%s&device=bed-9&metric=spo2", route->pattern, half);
    if (strstr(path, "/explain"))
        (void)snprintf(path, cap, "%s?site=%s&device=bed-9&rule=spo2-low", route->pattern,
                       half);
}

static bool is_one(const struct api_route *route)
{
    return strstr(route->pattern, "{id}") || strstr(route->pattern, "/series") ||
           strstr(route->pattern, "/explain");
}

static bool may_use(const struct api_route *route, const struct token *token)
{
    bool narrow = token->area[0] || token->department[0];
    return route->roles & role_of(token->role) && (!narrow || route_knows_areas(route));
}

/* Every GET of the table, every scope: nothing of the other half in any answer. */
static void nothing_of_the_other_half_is_shown(void **state)
{
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX], path[300];
    uint32_t n_cells = 0, n_shown = 0;
    two_halves(f, alarm);
    for (const struct api_route *r = api_routes; r->method; r++) {
        if (strcmp(r->method, "GET") != 0 || r->roles & ROLE_PUBLIC ||
            strstr(r->pattern, "/metrics"))
            continue;
        for (size_t i = 0; i < N_SCOPES; i++, n_cells++) {
            address(r, "qfar", alarm[1], path, sizeof(path));
            int status = ask(f, "GET", path, f->scoped[i], NULL, NULL);
            if (!may_use(r, &scopes[i])) {
                if (status != 403)
                    fail_msg("%s, scope %zu: %d", path, i, status);
                continue;
            }
            if (is_one(r) && status == 200 && !strstr(r->pattern, "/reports/{id}") &&
                strstr(answer_text, "\"items\":[{"))
                fail_msg("%s, scope %zu: %s", path, i, answer_text);
            const char *body = strstr(answer_text, "\r\n\r\n");
            if (status == 200 && body && (strstr(body, "qfar") || strstr(body, alarm[1])))
                fail_msg("%s, scope %zu shows the other half: %s", path, i, body);
            address(r, "qnear", alarm[0], path, sizeof(path));
            status = ask(f, "GET", path, f->scoped[i], NULL, NULL);
            body = strstr(answer_text, "\r\n\r\n");
            n_shown += status == 200 && body && strstr(body, "qnear");
            if (status == 200 && body && (strstr(body, "qfar") || strstr(body, alarm[1])))
                fail_msg("%s, scope %zu shows the other half: %s", path, i, body);
        }
    }
    print_message("%u cells, %u answers with the own half\n", n_cells, n_shown);
    assert_true(n_cells > 300 && n_shown > 100);
}

/* What has an address of its own answers 404 to another's scope, and 200 to its own. */
static void anothers_record_has_no_address(void **state)
{
    static const char *const one[] = {
        "/sites/{id}",
        "/sites/{id}/devices",
        "/sites/{id}/residents",
        "/sites/{id}/staff",
        "/sites/{id}/visits",
        "/organisations/{id}",
        "/organisations/{id}/account",
        "/projects/{id}",
        "/inspections/{id}",
        "/evaluations/{id}",
        "/duties/{id}",
        "/complaints/{id}",
        "/alarms/{id}",
        "/alarms/{id}/why",
    };
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX], path[300], allow[64], id[MAX_ID + 1], pattern[100];
    two_halves(f, alarm);
    for (size_t k = 0; k < sizeof(one) / sizeof(one[0]); k++) {
        (void)snprintf(pattern, sizeof(pattern), "/api/v1%s", one[k]);
        char *at = strstr(pattern, "{id}");
        memcpy(at, "x-id", 4);
        const struct api_route *route =
            api_route_find(CW_STR("GET"), str_of(pattern), id, allow, sizeof(allow));
        assert_non_null(route);
        for (size_t i = 0; i < N_SCOPES; i++) {
            address(route, "qfar", alarm[1], path, sizeof(path));
            int far = ask(f, "GET", path, f->scoped[i], NULL, NULL);
            address(route, "qnear", alarm[0], path, sizeof(path));
            int near = ask(f, "GET", path, f->scoped[i], NULL, NULL);
            if (far != 404 || near != 200)
                fail_msg("%s, scope %zu: near %d, far %d", path, i, near, far);
        }
    }
}

/* Every change of the table: another's is 404 or forbidden, and changes nothing. */
static void anothers_record_cannot_be_changed(void **state)
{
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX], path[300], before[16384];
    uint32_t n = 0;
    two_halves(f, alarm);
    assert_int_equal(
        ask(f, "GET", "/api/v1/organisations/qfar/account", f->secret[1], NULL, NULL), 200);
    (void)snprintf(before, sizeof(before), "%s", strstr(answer_text, "{\"organisation"));
    for (const struct api_route *r = api_routes; r->method; r++) {
        if (strcmp(r->method, "GET") == 0 || !strstr(r->pattern, "{id}"))
            continue;
        for (size_t i = 0; i < N_SCOPES; i++, n++) {
            address(r, "qfar", alarm[1], path, sizeof(path));
            if (strstr(path, "/silence") || strstr(path, "/maintenance") ||
                strstr(path, "/attachments/") || strstr(path, "/rosters") ||
                strstr(path, "/sites/") || strstr(path, "/import"))
                continue; /* not of one record, or with tests of their own */
            int status = ask(f, r->method, path, f->scoped[i], JSON,
                             "{\"org\":\"qfar\",\"list\":\"inner\",\"evidence\":\"x\","
                             "\"text\":\"x\",\"reason\":\"x\",\"cause\":\"handled\"}");
            if (status != 404 && status != 403 && status != 400)
                fail_msg("%s %s, scope %zu: %s", r->method, path, i, answer_text);
        }
    }
    assert_true(n > 200);
    assert_int_equal(
        ask(f, "GET", "/api/v1/organisations/qfar/account", f->secret[1], NULL, NULL), 200);
    const char *after = strstr(answer_text, "{\"organisation");
    if (strncmp(before, after, strlen(before)) != 0)
        fail_msg("changed:\n%s\n%s", before, after);
}

/* Limits of a resident: set and seen where the resident is, and nowhere else. */
static void limits_are_of_the_own_half(void **state)
{
    static const char *const body =
        "{\"metric\":\"spo2\",\"low\":85,\"note\":\"COPD, Dr. Li\"}";
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX];
    two_halves(f, alarm);
    entry(f, "residents",
          "{\"resident\":\"out\",\"site\":\"qfar\",\"community\":\"c1\"},"
          "{\"resident\":\"away\",\"site\":\"qnear\",\"community\":\"c2\"}");
    for (size_t i = 0; i < N_SCOPES; i++) {
        bool sets = scopes[i].role[0] == 's', by_area = scopes[i].area[0] != '\0';
        bool by_home = by_area && !scopes[i].department[0];
        const struct {
            const char *path;
            bool sees;
        } row[] = {
            {"/api/v1/residents/qnear/limits?site=qnear", true},
            {"/api/v1/residents/qfar/limits?site=qfar", false},
            {"/api/v1/residents/out/limits?site=qfar", by_home},
            {"/api/v1/residents/away/limits?site=qnear", !by_home},
        };
        for (size_t k = 0; k < sizeof(row) / sizeof(row[0]); k++) {
            int want = row[k].sees ? 204 : 404;
            int status = ask(f, "POST", row[k].path, f->scoped[i], JSON, body);
            if (status != (sets ? want : 403))
                fail_msg("POST %s, scope %zu: %s", row[k].path, i, answer_text);
            status = ask(f, "GET", row[k].path, f->scoped[i], NULL, NULL);
            if (status != (row[k].sees ? 200 : 404))
                fail_msg("GET %s, scope %zu: %s", row[k].path, i, answer_text);
        }
    }
}

/* What only the store knows, and figures of the past: of the own half, and all of it. */
static void the_archive_and_the_figures_are_of_the_own_half(void **state)
{
    static const char *const path[] = {
        "/api/v1/alarms?state=all",         "/api/v1/visits?from=2020-01-01T00:00:00Z",
        "/api/v1/inspections?archived=yes", "/api/v1/complaints?archived=yes",
        "/api/v1/projects?archived=yes",    "/api/v1/reports/load?by=site",
        "/api/v1/reports/load?by=actor",    "/api/v1/reports/response?by=site",
    };
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX];
    two_halves(f, alarm);
    message(f, "care/v1/dept-1/desk/telemetry", "{\"hr\":70}"); /* time goes on */
    for (size_t k = 0; k < sizeof(path) / sizeof(path[0]); k++) {
        assert_int_equal(ask(f, "GET", path[k], f->secret[3], NULL, NULL), 200);
        if (!strstr(answer_text, "qfar") || !strstr(answer_text, "qnear"))
            fail_msg("%s, of the city: %s", path[k], answer_text);
        for (size_t i = 0; i < N_SCOPES; i++) {
            int status = ask(f, "GET", path[k], f->scoped[i], NULL, NULL);
            if (status == 403 && scopes[i].role[0] != 's')
                continue; /* not for the role at all */
            if (status != 200 || strstr(answer_text, "qfar") || !strstr(answer_text, "qnear"))
                fail_msg("%s, scope %zu: %s", path[k], i, answer_text);
        }
    }
}

/* Who is shown now is who is found in the archive, by every scope: a resident is of the area
 * that the own entry says, also below it, and else of the site's. */
static void the_archive_of_residents_is_of_the_own_half(void **state)
{
    static const char *const resident[] = {"qnear", "qfar",  "out",    "away",
                                           "grid1", "grid2", "street", "nowhere"};
    static const char *const path[] = {"/api/v1/residents", "/api/v1/residents?site=qnear",
                                       "/api/v1/residents?site=qfar"};
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX], archived[100], word[40];
    uint32_t n_seen = 0;
    two_halves(f, alarm);
    entry(f, "areas", "{\"area\":\"g1\",\"level\":\"grid\",\"parent\":\"c1\"}");
    entry(f, "residents",
          "{\"resident\":\"out\",\"site\":\"qfar\",\"community\":\"c1\"},"
          "{\"resident\":\"away\",\"site\":\"qnear\",\"community\":\"c2\"},"
          "{\"resident\":\"grid1\",\"site\":\"qfar\",\"grid\":\"g1\"},"
          "{\"resident\":\"grid2\",\"site\":\"qnear\",\"community\":\"c2\",\"grid\":\"g9\"},"
          "{\"resident\":\"street\",\"site\":\"qfar\",\"community\":\"st1\"},"
          "{\"resident\":\"nowhere\",\"site\":\"qnear\",\"grid\":\"g9\"}");
    message(f, "care/v1/dept-1/desk/telemetry", "{\"hr\":70}"); /* time goes on */
    for (size_t i = 0; i < N_SCOPES; i++) {
        for (size_t k = 0; k < sizeof(path) / sizeof(path[0]); k++) {
            uint32_t now = 0, then = 0;
            int status = ask(f, "GET", path[k], f->scoped[i], NULL, NULL);
            for (uint32_t r = 0; r < sizeof(resident) / sizeof(resident[0]); r++) {
                (void)snprintf(word, sizeof(word), "\"resident\":\"%s\"", resident[r]);
                now |= (uint32_t)(strstr(answer_text, word) != NULL) << r;
            }
            (void)snprintf(archived, sizeof(archived), "%s%carchived=yes", path[k],
                           k ? '&' : '?');
            if (ask(f, "GET", archived, f->scoped[i], NULL, NULL) != status)
                fail_msg("%s, scope %zu: %s", archived, i, answer_text);
            for (uint32_t r = 0; r < sizeof(resident) / sizeof(resident[0]); r++) {
                (void)snprintf(word, sizeof(word), "\"resident\":\"%s\"", resident[r]);
                then |= (uint32_t)(strstr(answer_text, word) != NULL) << r;
            }
            if (now != then)
                fail_msg("%s, scope %zu: %x now, %x in the archive", path[k], i, now, then);
            n_seen += now != 0;
            if (k == 0 && scopes[i].area[0] && !scopes[i].department[0] && status == 200)
                assert_int_equal(now, 1 | 4 | 16 | (strcmp(scopes[i].area, "c1") ? 64 : 0));
        }
    }
    assert_true(n_seen > N_SCOPES);
    /* What the list is asked for, the archive is asked for, too. */
    const char *by = "/api/v1/residents?archived=yes&community=c2";
    assert_int_equal(ask(f, "GET", by, f->secret[3], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"away\""));
    assert_non_null(strstr(answer_text, "\"grid2\""));
    assert_null(strstr(answer_text, "\"out\""));
}

/* The load of the desk is the city's; a part of it sees what rang there. */
static void the_load_is_of_the_own_half(void **state)
{
    struct fixture *f = *state;
    char alarm[2][HASH_ID_MAX];
    two_halves(f, alarm);
    assert_int_equal(ask(f, "GET", "/api/v1/load", f->secret[3], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"high\":2"));
    assert_non_null(strstr(answer_text, "\"floods\":"));
    for (size_t i = 0; i < N_SCOPES; i++) {
        int status = ask(f, "GET", "/api/v1/load", f->scoped[i], NULL, NULL);
        if (status == 403 && scopes[i].role[0] != 's')
            continue;
        if (status != 200 || !strstr(answer_text, "\"high\":1") ||
            strstr(answer_text, "\"floods\":"))
            fail_msg("scope %zu: %s", i, answer_text);
    }
}

static void a_token_says_of_what_part_it_is(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f, "GET", "/api/v1/session", f->scoped[5], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"area\":\"st1\""));
    assert_non_null(strstr(answer_text, "\"department\":\"office one\""));
}

/* The figures of the day are those of the own half. */
static void the_day_is_of_the_own_half(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *site, *want;
    } row[] = {
        {"qnear", "\"high\":1,\"medium\":0,\"low\":0,\"closed\":1,"},
        {"qfar", "\"high\":0,\"medium\":0,\"low\":0,\"closed\":0,"},
    };
    char alarm[HASH_ID_MAX], secret[2][TOKEN_SECRET_MAX], path[120];
    for (int i = 0; i < 2; i++) {
        site(f, row[i].site, "510104");
        add_token(f, "viewer", row[i].site, "", 0, secret[i]);
    }
    restart(f);
    raise_alarm(f, "qnear", alarm);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", alarm);
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON, "{}"), 200);
    message(f, "care/v1/qnear/bed-9/telemetry", "{\"spo2\":98}"); /* over, and closed by it */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(f, "GET", "/api/v1/load", secret[i], NULL, NULL), 200);
        const char *today = strstr(answer_text, "\"today\":{");
        assert_non_null(today);
        if (!strstr(today, row[i].want))
            fail_msg("%s is shown %s", row[i].site, today);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_of_the_other_half_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(anothers_record_has_no_address, start, stop),
        cmocka_unit_test_setup_teardown(anothers_record_cannot_be_changed, start, stop),
        cmocka_unit_test_setup_teardown(limits_are_of_the_own_half, start, stop),
        cmocka_unit_test_setup_teardown(the_day_is_of_the_own_half, start, stop),
        cmocka_unit_test_setup_teardown(the_archive_and_the_figures_are_of_the_own_half, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_archive_of_residents_is_of_the_own_half, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_load_is_of_the_own_half, start, stop),
        cmocka_unit_test_setup_teardown(a_token_says_of_what_part_it_is, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
