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

static void a_site_that_is_registered_anew_keeps_what_was(void **state)
{
    struct fixture *f = *state;
    const char *path = "/api/v1/sites/home-1", *history = "/api/v1/sites/home-1/history";
    assert_int_equal(put(f, path, SUPERVISOR, "{\"kind\":\"provider\",\"district\":\"d\"}"),
                     201);
    assert_int_equal(put(f, path, SUPERVISOR,
                         "{\"kind\":\"home\",\"district\":\"510104\",\"reason\":\"moved\"}"),
                     200);
    assert_int_equal(put(f, path, ADMIN, "{\"lat\":30.6,\"lon\":104.1,\"crs\":\"moon\"}"), 400);
    assert_int_equal(put(f, path, ADMIN, "{\"lat\":30.6,\"lon\":104.1}"), 200);
    assert_int_equal(ask_until(f, history, f->secret[1], "\"rev\":3"), 200);
    assert_non_null(strstr(answer_text,
                           "\"by\":\"the-supervisor\",\"what\":\"set\",\"reason\":"
                           "\"moved\",\"changes\":{\"kind\":[\"provider\",\"home\"],"
                           "\"district\":[\"d\",\"510104\"]}"));
    assert_non_null(strstr(answer_text, "\"lat\":[null,30.6]"));
    assert_null(strstr(answer_text, "moon"));
}

static void rated(struct fixture *f, const char *visit, const char *start, int score)
{
    char text[300];
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"p-%s\",\"type\":\"visit.planned\",\"visit\":\"%s\",\"start\":"
                   "\"%s\",\"end\":\"2026-01-01T09:00:00Z\"}",
                   visit, visit, start);
    message(f, "care/v1/home-1/phone/event", text);
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"f-%s\",\"type\":\"visit.feedback\",\"visit\":\"%s\",\"site\":"
                   "\"home-1\",\"score\":%d}",
                   visit, visit, score);
    message(f, "care/v1/dept-1/phone/event", text);
}

static void a_place_has_its_ratings_and_their_number(void **state)
{
    struct fixture *f = *state;
    static const char path[] = "/api/v1/sites/home-1/ratings?from=2025-12-01T00:00:00Z&to=";
    char url[200];
    populate(f);
    rated(f, "v1", "2026-01-01T08:00:00Z", 5);
    rated(f, "v2", "2026-01-01T08:10:00Z", 5);
    rated(f, "v3", "2025-12-31T08:00:00Z", 2);
    (void)snprintf(url, sizeof(url), "%s2026-01-02T00:00:00Z", path);
    assert_int_equal(ask(f, "GET", url, f->secret[5], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "{\"site\":\"home-1\",\"n\":3,\"mean\":4,\"hist\":"
                                        "[0,1,0,0,2]}"));
    (void)snprintf(url, sizeof(url), "%s2026-01-01T00:00:00Z", path);
    assert_int_equal(ask(f, "GET", url, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"n\":1,\"mean\":2,\"hist\":[0,1,0,0,0]}"));
    assert_int_equal(ask(f, "GET", url, f->other_site, NULL, NULL), 404);
    (void)snprintf(url, sizeof(url), "%syesterday", path);
    assert_int_equal(ask(f, "GET", url, f->secret[1], NULL, NULL), 400);
    /* Of nothing there is no mean. */
    assert_int_equal(ask(f, "GET", "/api/v1/sites/home-2/ratings", f->other_site, NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"n\":0,\"hist\":[0,0,0,0,0]}"));
}

static void a_visit_that_is_corrected_keeps_what_was(void **state)
{
    struct fixture *f = *state;
    const char *path = "/api/v1/visits/v/history?site=home-1";
    populate(f);
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"v1\",\"type\":\"visit.assigned\",\"visit\":\"v\",\"worker\":\"w-1\"}");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"v2\",\"type\":\"visit.assigned\",\"visit\":\"v\",\"worker\":\"w-2\","
            "\"by\":\"clerk\",\"reason\":\"ill\"}");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"v3\",\"type\":\"visit.assigned\",\"visit\":\"v\",\"worker\":\"w-3\"}");
    assert_int_equal(ask_until(f, path, f->secret[1], "w-3"), 200);
    assert_non_null(strstr(answer_text, "\"by\":\"clerk\",\"what\":\"visit.assigned\","
                                        "\"reason\":\"ill\",\"changes\":{\"worker\":"
                                        "[\"w-1\",\"w-2\"]}"));
    /* Page by page, newest first. */
    assert_int_equal(
        ask(f, "GET", "/api/v1/visits/v/history?site=home-1&limit=1", f->secret[1], NULL, NULL),
        200);
    assert_non_null(strstr(answer_text, "w-3"));
    assert_null(strstr(answer_text, "w-1"));
    struct json_node *root = answer_json();
    char next[200];
    (void)snprintf(next, sizeof(next), "%s&limit=1&after=%s", path,
                   node_text(node_get(root, "next"), ""));
    json_read_free(root);
    assert_int_equal(ask(f, "GET", next, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"w-1\",\"w-2\""));
    /* The facility sees its own without naming itself; nobody another's. */
    assert_int_equal(ask(f, "GET", "/api/v1/visits/v/history", f->secret[FACILITY], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "w-3"));
    assert_int_equal(ask(f, "GET", path, f->other_site, NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/visits/v/history", f->secret[1], NULL, NULL), 400);
    assert_int_equal(
        ask(f, "GET", "/api/v1/residents/r/history?site=home-2", f->other_site, NULL, NULL),
        200);
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

static int put_if(struct fixture *f, const char *path, const char *rev, const char *body)
{
    char headers[120];
    (void)snprintf(headers, sizeof(headers), JSON "If-Match: \"%s\"\r\n", rev);
    return ask(f, "PUT", path, f->secret[SUPERVISOR], headers, body);
}

static void what_is_a_sites_own_is_registered_one_by_one(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path, *body, *again, *list, *seen;
    } row[] = {
        {"/api/v1/residents/r-9?site=home-1", "{\"category\":[\"alone\",\"disabled\"]}",
         "{\"care_level\":\"care\"}", "/api/v1/residents?category=disabled", "\"r-9\""},
        {"/api/v1/staff/s-9?site=home-1", "{\"role\":\"nurse\"}",
         "{\"certificates\":{\"health\":\"2030-01-31\"}}", "/api/v1/staff?role=nurse",
         "\"s-9\""},
        {"/api/v1/beds/b-9?site=home-1", "{\"status\":\"free\"}", "{\"room\":\"9\"}",
         "/api/v1/beds?site=home-1&status=free", "\"b-9\""},
        {"/api/v1/tenancies/o-9?site=home-1", "{\"result\":\"incubating\"}", "{\"area_m2\":20}",
         "/api/v1/tenancies?result=incubating", "\"o-9\""},
        {"/api/v1/sites/home-1/registration", "{\"kind\":\"home\",\"capacity\":3}",
         "{\"hours\":\"mon-fri 08:00-17:00\"}", "/api/v1/sites/home-1/registration",
         "\"capacity\":3"},
        {"/api/v1/projects/p-9", "{\"org\":\"o-9\"}", "{\"target_persons\":9}",
         "/api/v1/projects?org=o-9", "\"p-9\""},
    };
    populate(f);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(put_if(f, row[i].path, "7", row[i].body), 412);
        int status = put(f, row[i].path, SUPERVISOR, row[i].body);
        assert_true(status == 200 || status == 201);
        struct json_node *root = answer_json();
        char rev[24];
        (void)snprintf(rev, sizeof(rev), "%lld", (long long)node_int(node_get(root, "rev"), 0));
        json_read_free(root);
        assert_int_equal(put_if(f, row[i].path, rev, row[i].again), 200);
        assert_int_equal(put_if(f, row[i].path, rev, row[i].again), 412);
        assert_int_equal(ask(f, "GET", row[i].path, f->secret[1], NULL, NULL), 200);
        assert_non_null(strstr(answer_text, "\"by\":\"the-supervisor\""));
        assert_int_equal(ask(f, "GET", row[i].list, f->secret[1], NULL, NULL), 200);
        assert_non_null(strstr(answer_text, row[i].seen));
        assert_int_equal(ask(f, "GET", row[i].path, f->other_site, NULL, NULL), 404);
    }
    assert_int_equal(
        ask(f, "GET", "/api/v1/residents?category=alone&site=home-1", f->secret[1], NULL, NULL),
        200);
    assert_non_null(strstr(answer_text, "\"r-9\""));
    assert_int_equal(ask(f, "GET", "/api/v1/staff?role=carer", f->secret[1], NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"s-9\""));
    assert_int_equal(ask(f, "GET", "/api/v1/residents/r-9", f->secret[1], NULL, NULL), 400);
    assert_int_equal(put(f, "/api/v1/beds/b-9?site=nowhere", SUPERVISOR, "{}"), 404);
    assert_int_equal(put(f, "/api/v1/beds/b-9?site=home-1", SUPERVISOR, "{\"rev\":1}"), 400);
    assert_int_equal(put(f, "/api/v1/beds/b-9?site=home-1", FACILITY, "{}"), 403);
}

/* Why 89 % is no alarm of this person, and would be one of others. */
static void the_scale_of_a_record_is_explained(void **state)
{
    struct fixture *f = *state;
    const char *explain = "/api/v1/explain?site=home-1&device=band-1&rule=spo2-low";
    populate(f);
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"resident\":\"r-1\"}],"
            "\"residents\":[{\"resident\":\"r-1\",\"spo2_scale\":2}]}");
    message(f, "care/v1/home-1/band-1/telemetry", "{\"spo2\":99}");
    assert_int_equal(ask(f, "GET", explain, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"own\":{\"spo2_scale\":2}"));
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"resident\":\"r-1\"}],"
            "\"residents\":[{\"resident\":\"r-1\",\"spo2_scale\":1}]}");
    assert_int_equal(ask(f, "GET", explain, f->secret[1], NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"own\":"));
}

/* What was taken in before is not shown any more, either: in no list, chart, stream, and not by
 * asking why. */
static void what_is_not_consented_to_is_not_shown(void **state)
{
    struct fixture *f = *state;
    char why[96];
    const char *explain = "/api/v1/explain?site=home-1&device=band-1&rule=spo2-low";
    const char *resident = "/api/v1/residents/r-1?site=home-1";
    const char *series = "/api/v1/series?site=home-1&device=band-1&metric=hr";
    populate(f);
    message(
        f, "care/v1/home-1/gw/roster",
        "{\"devices\":[{\"device\":\"band-1\",\"kind\":\"wristband\",\"resident\":\"r-1\"}],"
        "\"residents\":[{\"resident\":\"r-1\"}]}");
    message(f, "care/v1/home-1/band-1/telemetry", "{\"hr\":71,\"spo2\":81,\"battery\":90}");
    const struct alarm *alarm =
        alarm_open(&engine_fold(pipeline_engine(f->daemon.pipeline))->alarms,
                   CW_STR("spo2-low"), CW_STR("home-1/band-1/spo2"));
    assert_non_null(alarm);
    (void)snprintf(why, sizeof(why), "/api/v1/alarms/%s/why", alarm->id);
    assert_int_equal(ask(f, "GET", why, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"value\":81"));
    assert_int_equal(ask(f, "GET", series, f->secret[1], NULL, NULL), 200);
    assert_int_equal(ask(f, "GET", explain, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"value\":81"));
    assert_int_equal(ask(f, "GET", "/api/v1/sites/home-1/devices", f->secret[1], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"hr\":71"));
    int status = put(f, resident, SUPERVISOR, "{\"consent\":{\"vitals\":false,\"room\":true}}");
    assert_int_equal(status, 200);
    assert_int_equal(ask(f, "GET", series, f->secret[1], NULL, NULL), 403);
    assert_non_null(strstr(answer_text, "vitals"));
    assert_int_equal(ask(f, "GET", explain, f->secret[1], NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"value\":"));
    assert_non_null(strstr(answer_text, "\"withheld\":\"vitals\""));
    assert_int_equal(ask(f, "GET", why, f->secret[1], NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"value\":"));
    assert_int_equal(ask(f, "GET", "/api/v1/sites/home-1/devices", f->secret[1], NULL, NULL),
                     200);
    assert_null(strstr(answer_text, "\"hr\":71"));
    assert_non_null(strstr(answer_text, "\"battery\":90"));
    assert_int_equal(put(f, resident, SUPERVISOR, "{\"consent\":{\"vitals\":true}}"), 200);
    assert_int_equal(ask(f, "GET", series, f->secret[1], NULL, NULL), 200);
}

/* The alarm stays for everyone, without what was measured. */
static void a_withdrawn_consent_takes_the_value_off_alarms(void **state)
{
    struct fixture *f = *state;
    const char *resident = "/api/v1/residents/r-1?site=home-1";
    char one[96], ack[96], id[HASH_ID_MAX];
    populate(f);
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"resident\":\"r-1\"}],"
            "\"residents\":[{\"resident\":\"r-1\"}]}");
    message(f, "care/v1/home-1/band-1/telemetry", "{\"spo2\":81}");
    message(f, "care/v1/home-2/bed-2/telemetry", "{\"spo2\":82}");
    const struct alarm_set *set = &engine_fold(pipeline_engine(f->daemon.pipeline))->alarms;
    const struct alarm *alarm =
        alarm_open(set, CW_STR("spo2-low"), CW_STR("home-1/band-1/spo2"));
    assert_non_null(alarm);
    (void)snprintf(id, sizeof(id), "%s", alarm->id);
    (void)snprintf(one, sizeof(one), "/api/v1/alarms/%s", id);
    (void)snprintf(ack, sizeof(ack), "/api/v1/alarms/%s/ack", id);
    const char *const path[] = {"/api/v1/alarms", "/api/v1/alarms?state=all", one,
                                "/api/v1/alarms?state=closed", "/api/v2/alerts"};
    static const bool closed[] = {false, false, false, true, false};
    for (int withheld = 0; withheld < 2; withheld++) {
        for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
            for (uint32_t role = 1; role < 5 && !closed[i]; role++) {
                assert_int_equal(ask(f, "GET", path[i], f->secret[role], NULL, NULL), 200);
                bool tells = i < 4 && !withheld;
                assert_non_null(strstr(answer_text, "spo2-low"));
                if ((strstr(answer_text, "\"value\":81") != NULL) != tells ||
                    (strstr(answer_text, "\"withheld\":\"vitals\"") != NULL) !=
                        (i < 4 && withheld))
                    fail_msg("%s: %s", path[i], answer_text);
                /* nobody else's */
                assert_int_equal(i < 2, strstr(answer_text, "\"value\":82") != NULL);
            }
        }
        if (!withheld)
            assert_int_equal(put(f, resident, SUPERVISOR, "{\"consent\":{\"vitals\":false}}"),
                             200);
    }
    /* What a person does to it answers the same, and so does what the store has of it. */
    const char *json = "Content-Type: application/json\r\n";
    assert_int_equal(ask(f, "POST", ack, f->secret[2], json, "{}"), 200);
    assert_null(strstr(answer_text, "\"value\":"));
    message(f, "care/v1/home-1/gw/roster",
            "{\"devices\":[{\"device\":\"band-1\",\"resident\":\"r-1\"}],"
            "\"residents\":[{\"resident\":\"r-1\"}]}");
    assert_int_equal(put(f, resident, SUPERVISOR, "{\"consent\":{\"bed\":false}}"), 200);
    assert_int_equal(ask(f, "GET", one, f->secret[1], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"value\":81")); /* given again, shown again */
}

static void the_public_map_has_no_homes_and_no_state(void **state)
{
    struct fixture *f = *state;
    populate(f);
    assert_int_equal(import(f, "/api/v1/import/sites",
                            "{\"rows\":[{\"site\":\"home-1\",\"lat\":30.6,\"lon\":104.1,"
                            "\"price_fen\":300000,\"grade\":\"3\"},{\"site\":\"flat-1\","
                            "\"kind\":\"home\",\"lat\":30.6,\"lon\":104.1}]}"),
                     200);
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"o1\",\"type\":\"occupancy.changed\",\"beds\":40,\"occupied\":33}");
    assert_int_equal(ask(f, "GET", "/api/v1/map/points", f->secret[SUPERVISOR], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"free_beds\":7"));
    assert_non_null(strstr(answer_text, "\"free_beds_as_of\""));
    assert_non_null(strstr(answer_text, "flat-1"));
    assert_int_equal(ask(f, "GET", "/public/v1/map", "", NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"grade\":\"3\""));
    assert_null(strstr(answer_text, "flat-1"));
    assert_null(strstr(answer_text, "connection"));
    assert_int_equal(ask(f, "GET", "/public/v1/map?crs=GCJ-02", "", NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"lat\":30.6,"));
    assert_int_equal(ask(f, "GET", "/api/v1/map.geojson", f->other_site, NULL, NULL), 200);
    assert_null(strstr(answer_text, "\"home-1\""));
}

static int post(struct fixture *f, const char *verb, const char *secret, const char *body)
{
    char path[100];
    (void)snprintf(path, sizeof(path), "/api/v1/credit/org-1/%s", verb);
    return ask(f, "POST", path, secret, JSON, body);
}

static void a_listing_takes_two_persons_and_evidence(void **state)
{
    struct fixture *f = *state;
    char second[TOKEN_SECRET_MAX];
    struct token token = {.role = "supervisor", .label = "second"};
    struct cw_error err = {""};
    const char *first = f->secret[SUPERVISOR];
    assert_int_equal(store_token_add(f->store_path, &token, second, &err), 0);
    assert_int_equal(post(f, "propose", first, "{\"list\":\"black\"}"), 422);
    assert_int_equal(post(f, "propose", first, "{}"), 400);
    assert_int_equal(post(f, "approve", first, "{\"list\":\"black\"}"), 404);
    assert_int_equal(post(f, "propose", first, "{\"list\":\"black\",\"evidence\":\"file 7\"}"),
                     200);
    assert_non_null(strstr(answer_text, "\"state\":\"proposed\""));
    assert_int_equal(post(f, "approve", first, "{\"list\":\"black\"}"), 409);
    /* Another process made the token: it is noticed within a second. */
    int64_t until = clock_monotonic_ns() + PEER_PATIENCE_NS;
    while (!store_token_find(f->daemon.store, str_of(second), clock_wall_ns()) &&
           clock_monotonic_ns() < until)
        (void)uv_run(&f->daemon.loop, UV_RUN_ONCE);
    int status = post(f, "approve", second, "{\"list\":\"black\"}");
    assert_int_equal(status, 200);
    assert_non_null(strstr(answer_text, "\"state\":\"noticed\""));
    /* The public sees it only once it counts. */
    assert_int_equal(ask(f, "GET", "/public/v1/credit", "", NULL, NULL), 200);
    assert_null(strstr(answer_text, "org-1"));
    populate(f);
    assert_int_equal(ask(f, "GET", "/public/v1/credit?list=red", "", NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"org\":\"home-1\""));
    assert_null(strstr(answer_text, "evidence"));
    assert_null(strstr(answer_text, "by"));
}

static void reports_are_the_live_numbers_in_both_shapes(void **state)
{
    struct fixture *f = *state;
    char text[400];
    long long start = (long long)(clock_wall_ns() / NS_PER_MS) - 7200000;
    populate(f);
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"v1\",\"type\":\"visit.planned\",\"visit\":\"v\",\"start\":%lld,"
                   "\"end\":%lld,\"project\":\"home-1\",\"worker\":\"w\"}",
                   start, start + 3600000);
    message(f, "care/v1/home-1/gw/event", text);
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"v2\",\"ts\":%lld,\"type\":\"visit.checkin\",\"visit\":\"v\","
                   "\"method\":\"nfc\"}",
                   start);
    message(f, "care/v1/home-1/gw/event", text);
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"v3\",\"ts\":%lld,\"type\":\"visit.checkout\",\"visit\":\"v\"}",
                   start + 3600000);
    message(f, "care/v1/home-1/gw/event", text);
    const char *path = "/api/v1/reports/visits?by=project";
    assert_int_equal(ask(f, "GET", path, f->secret[SUPERVISOR], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"project\":\"home-1\",\"planned\":1,\"done\":1,"
                                        "\"verified\":1"));
    assert_null(strstr(answer_text, "uncorroborated"));
    assert_int_equal(ask(f, "GET", path, f->secret[SUPERVISOR], "Accept: text/csv\r\n", NULL),
                     200);
    assert_non_null(strstr(answer_text, "project,planned,done,verified"));
    assert_non_null(strstr(answer_text, "home-1,1,1,1,"));
    /* Another's are not there. */
    assert_int_equal(ask(f, "GET", path, f->other_site, NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"items\":[]"));
    assert_int_equal(
        ask(f, "GET", "/api/v1/reports/nothing", f->secret[SUPERVISOR], NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/projects/home-1", f->secret[FACILITY], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"verified_persons\":1"));
    assert_int_equal(
        ask(f, "GET", "/api/v1/projects/home-1/statement", f->secret[FACILITY], NULL, NULL),
        200);
    assert_non_null(strstr(answer_text, "\"site\":\"home-1\",\"planned\":1,\"done\":1,"
                                        "\"verified\":1,"));
    struct json_node *statement = answer_json();
    char visits[400];
    (void)snprintf(visits, sizeof(visits), "%s",
                   node_text(node_get(node_at(node_get(statement, "items"), 0), "visits"), ""));
    json_read_free(statement);
    assert_int_equal(ask_until(f, visits, f->secret[SUPERVISOR], "\"verified\":true"), 200);
    assert_int_equal(
        ask(f, "GET", "/api/v1/projects/home-1/statement", f->other_site, NULL, NULL), 404);
    /* The same visit from the store. */
    assert_int_equal(ask_until(f, "/api/v1/visits?project=home-1", f->secret[SUPERVISOR],
                               "\"verified\":true"),
                     200);
    assert_non_null(strstr(answer_text, "\"evidence\":[\"checkin\",\"checkout\",\"tag\"]"));
    assert_int_equal(ask(f, "GET", "/api/v1/visits?project=home-1", f->other_site, NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, "\"items\":[]"));
    assert_int_equal(
        ask(f, "GET", "/api/v1/visits?exception=uncorroborated", f->other_site, NULL, NULL),
        400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_correction_never_erases, start, stop),
        cmocka_unit_test_setup_teardown(a_site_that_is_registered_anew_keeps_what_was, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_visit_that_is_corrected_keeps_what_was, start, stop),
        cmocka_unit_test_setup_teardown(a_place_has_its_ratings_and_their_number, start, stop),
        cmocka_unit_test_setup_teardown(only_supervisor_and_admin_register, start, stop),
        cmocka_unit_test_setup_teardown(each_row_of_an_import_has_its_verdict, start, stop),
        cmocka_unit_test_setup_teardown(an_import_of_sites_sets_their_kind, start, stop),
        cmocka_unit_test_setup_teardown(what_is_a_sites_own_is_registered_one_by_one, start,
                                        stop),
        cmocka_unit_test_setup_teardown(what_is_not_consented_to_is_not_shown, start, stop),
        cmocka_unit_test_setup_teardown(a_withdrawn_consent_takes_the_value_off_alarms, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_scale_of_a_record_is_explained, start, stop),
        cmocka_unit_test_setup_teardown(another_ones_records_do_not_exist, start, stop),
        cmocka_unit_test_setup_teardown(the_public_map_has_no_homes_and_no_state, start, stop),
        cmocka_unit_test_setup_teardown(a_listing_takes_two_persons_and_evidence, start, stop),
        cmocka_unit_test_setup_teardown(reports_are_the_live_numbers_in_both_shapes, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
