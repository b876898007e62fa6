/*
 * test_api_entries.c - the registry over HTTP: who may register and see what, imports with a
 * verdict for each row, and a history that names author, reason and what was before.
 */
#include "io/api_fixture.h"

#define JSON "Content-Type: application/json\r\n"
#define SUPERVISOR 3
#define ADMIN 4
#define FACILITY 5
#define DISTRICT_ 6

/* What is asked of the store comes when its rows are committed. */
static int ask_until(struct fixture *f, const char *path, const char *secret,
                     const char *wanted)
{
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    int status;
    do {
        status = ask(f, "GET", path, secret, NULL, NULL);
    } while (!strstr(answer_text, wanted) && clock_monotonic_ns() < until);
    return status;
}

static int put(struct fixture *f, const char *path, uint32_t role, const char *body)
{
    return ask(f, "PUT", path, f->secret[role], JSON, body);
}

static int import(struct fixture *f, const char *path, const char *body)
{
    return ask(f, "POST", path, f->secret[ADMIN], JSON, body);
}

static void a_correction_never_erases(void **state)
{
    struct fixture *f = *state;
    const char *path = "/api/v1/organisations/o-1";
    assert_int_equal(put(f, path, SUPERVISOR, "{\"name\":\"First\"}"), 201);
    assert_int_equal(put(f, path, ADMIN, "{\"name\":\"Second\",\"reason\":\"a slip\"}"), 200);
    assert_int_equal(put(f, path, ADMIN, "{\"name\":\"Third\",\"by\":\"god\"}"), 400);
    assert_int_equal(put(f, path, ADMIN, "{\"unified_code\":\"123\"}"), 400);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"name\":\"Second\""));
    assert_non_null(strstr(answer_text, "ETag: \"2\""));
    assert_int_equal(ask_until(f, "/api/v1/organisations/o-1/history", f->secret[1], "a slip"),
                     200);
    assert_non_null(strstr(answer_text, "\"name\":[\"First\",\"Second\"]"));
    assert_non_null(strstr(answer_text, "\"by\":\"the-supervisor\""));
    assert_non_null(strstr(answer_text, "\"by\":\"the-admin\",\"what\":\"set\",\"reason\":"
                                        "\"a slip\""));
}

static void only_supervisor_and_admin_register(void **state)
{
    struct fixture *f = *state;
    for (uint32_t role = 0; role < N_ROLES; role++) {
        bool may = role == SUPERVISOR || role == ADMIN;
        int status = put(f, "/api/v1/organisations/o-1", role, "{\"name\":\"X\"}");
        assert_true(may ? status == 200 || status == 201 : status == 401 || status == 403);
        status = ask(f, "POST", "/api/v1/import/areas", f->secret[role], JSON,
                     "{\"rows\":[{\"area\":\"a\",\"level\":\"grid\"}]}");
        assert_true(may ? status == 200 : status == 401 || status == 403);
    }
}

static void each_row_of_an_import_has_its_verdict(void **state)
{
    static const char rows[] =
        "{\"rows\":[{\"org\":\"o-1\",\"name\":\"A\",\"type\":\"社团\"},{\"org\":\"o-2\"},"
        "{\"org\":\"o-3\",\"name\":\"C\",\"unified_code\":\"9144030071526726XH\"}]}";
    struct fixture *f = *state;
    assert_int_equal(import(f, "/api/v1/import/organisations?dry_run=yes", rows), 200);
    assert_non_null(strstr(answer_text, "{\"row\":0,\"id\":\"o-1\",\"verdict\":\"new\"}"));
    assert_non_null(strstr(answer_text, "\"row\":1,\"id\":\"o-2\",\"verdict\":\"refused\","
                                        "\"why\":\"\\\"name\\\" is missing.\""));
    assert_non_null(strstr(answer_text, "its check digit does not fit"));
    assert_int_equal(ask(f, "GET", "/api/v1/organisations/o-1", f->secret[1], NULL, NULL), 404);
    assert_int_equal(import(f, "/api/v1/import/organisations", rows), 200);
    assert_non_null(strstr(answer_text, "\"refused\":2"));
    assert_int_equal(ask(f, "GET", "/api/v1/organisations/o-1", f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"type\":\"social_group\""));
    assert_int_equal(import(f, "/api/v1/import/organisations", rows), 200);
    assert_non_null(strstr(answer_text, "\"verdict\":\"unchanged\""));
    assert_int_equal(import(f, "/api/v1/import/nothing", rows), 404);
    assert_int_equal(import(f, "/api/v1/import/organisations", "{\"rows\":[]}"), 400);
}

static void an_import_of_sites_sets_their_kind(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        import(f, "/api/v1/import/sites",
               "{\"rows\":[{\"site\":\"st-1\",\"kind\":\"station.health\",\"district\":\"d\","
               "\"lat\":\"30.6\",\"lon\":\"104.1\",\"capacity\":\"40\",\"services\":"
               "\"meal;bath\"},{\"site\":\"st-2\",\"kind\":\"castle\"}]}"),
        200);
    assert_non_null(strstr(answer_text, "There is no kind of site called"));
    assert_int_equal(ask(f, "GET", "/api/v1/sites/st-1", f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"kind\":\"station.health\""));
    assert_int_equal(ask(f, "GET", "/api/v1/sites/st-1/registration", f->secret[1], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"services\":[\"meal\",\"bath\"]"));
    assert_int_equal(ask(f, "GET", "/api/v1/sites/st-2", f->secret[1], NULL, NULL), 404);
}

static void another_ones_records_do_not_exist(void **state)
{
    struct fixture *f = *state;
    populate(f);
    assert_int_equal(import(f, "/api/v1/import/residents",
                            "{\"rows\":[{\"site\":\"home-1\",\"resident\":\"r-1\"},"
                            "{\"site\":\"home-2\",\"resident\":\"r-2\"}]}"),
                     200);
    assert_int_equal(import(f, "/api/v1/import/organisations",
                            "{\"rows\":[{\"org\":\"o-1\",\"name\":\"A\",\"district\":"
                            "\"510104\"},{\"org\":\"o-2\",\"name\":\"B\",\"district\":"
                            "\"510105\"}]}"),
                     200);
    assert_int_equal(import(f, "/api/v1/import/sites",
                            "{\"rows\":[{\"site\":\"home-1\",\"operators\":\"o-1\"}]}"),
                     200);
    static const struct {
        const char *path;
        int facility, district; /* of home-1 and 510104 */
    } row[] = {
        {"/api/v1/sites/home-1/residents", 200, 200},
        {"/api/v1/sites/home-2/residents", 404, 404},
        {"/api/v1/sites/home-1/registration", 200, 200},
        {"/api/v1/organisations/o-1", 200, 200},
        {"/api/v1/organisations/o-2", 404, 404},
        {"/api/v1/organisations/o-2/history", 404, 404},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[FACILITY], NULL, NULL),
                         row[i].facility);
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[DISTRICT_], NULL, NULL),
                         row[i].district);
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[SUPERVISOR], NULL, NULL), 200);
        int status = ask(f, "GET", row[i].path, "", NULL, NULL);
        assert_int_equal(status, 401);
    }
    assert_int_equal(ask(f, "GET", "/api/v1/organisations", f->secret[DISTRICT_], NULL, NULL),
                     200);
    struct json_node *root = answer_json();
    assert_int_equal(count_of(node_get(root, "items")), 2); /* one of the fixture's */
    json_read_free(root);
    /* The store gives out no more than the fold. */
    assert_int_equal(
        ask_until(f, "/api/v1/organisations?archived=yes", f->secret[SUPERVISOR], "\"o-2\""),
        200);
    assert_int_equal(
        ask(f, "GET", "/api/v1/organisations?archived=yes", f->secret[DISTRICT_], NULL, NULL),
        200);
    assert_null(strstr(answer_text, "\"o-2\""));
    assert_non_null(strstr(answer_text, "\"o-1\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_correction_never_erases, start, stop),
        cmocka_unit_test_setup_teardown(only_supervisor_and_admin_register, start, stop),
        cmocka_unit_test_setup_teardown(each_row_of_an_import_has_its_verdict, start, stop),
        cmocka_unit_test_setup_teardown(an_import_of_sites_sets_their_kind, start, stop),
        cmocka_unit_test_setup_teardown(another_ones_records_do_not_exist, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
