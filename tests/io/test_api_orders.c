/*
 * test_api_orders.c - what people do to alarms, through the interface: every order, who may
 * give it, what is said when it cannot be done; silences, maintenance, incidents, reports.
 */
#include "io/api_fixture.h"

#define JSON "Content-Type: application/json\r\n"

/* POST to an alarm as a dispatcher (2) or another role by its place. */
static int order(struct fixture *f, const char *id, const char *name, int role,
                 const char *headers, const char *body)
{
    char path[120], all[200];
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/%s", id, name);
    (void)snprintf(all, sizeof(all), JSON "%s", headers);
    return ask(f, "POST", path, f->secret[role], all, body);
}

static void says(const char *what)
{
    if (!strstr(answer_text, what))
        fail_msg("no %s in %s", what, answer_text);
}

static void an_alarm_goes_from_raised_to_closed(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *body, *says;
        int status;
    } rows[] = {
        {"shelve", "{\"note\":\"x\",\"for\":\"1h\"}", "cannot be shelved", 409},
        {"close", "{\"cause\":\"handled\"}", "acknowledge", 409},
        {"note", "{\"note\":\"rang twice\"}", "\"state\":\"unack\"", 200},
        {"escalate", "{}", "\"escalation\":1", 200},
        {"ack", "{\"note\":\"on my way\"}", "\"acked_by\":\"the-", 200},
        {"assign", "{}", "assignee", 400},
        {"assign", "{\"assignee\":\"wang\"}", "\"owner\":\"wang\"", 200},
        {"handover", "{\"to\":\"120\",\"answerer\":\"no7\"}", "\"answerer\":\"no7\"", 200},
        {"arrive", "", "\"arrived_at\":", 200},
        {"arrive", "", "already", 409},
        {"close", "{}", "cause", 400},
        {"close", "{\"cause\":\"false_alarm\",\"dance\":1}", "dance", 400},
        {"close", "{\"cause\":\"hospital\",\"note\":\"n\"}", "\"cause\":\"hospital\"", 200},
        {"ack", "{}", "closed", 409},
    };
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int role = strcmp(rows[i].name, "shelve") == 0 ? 3 : 2;
        if (order(f, id, rows[i].name, role, "", rows[i].body) != rows[i].status)
            fail_msg("%s: %s", rows[i].name, answer_text);
        says(rows[i].says);
    }
    char path[100];
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/history", id);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    static const char *const changes[] = {"raised",   "noted",       "escalated", "acked",
                                          "assigned", "handed_over", "arrived",   "closed"};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        says(changes[i]);
    says("\"note\":\"rang twice\"");
}

/* Two at one alarm: the second hears what became of it, and by whom. */
static void who_was_faster_is_named(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(order(f, id, "ack", 2, "", "{}"), 200);
    assert_int_equal(order(f, id, "assign", 3, "If-Match: \"2\"\r\n", "{\"assignee\":\"w\"}"),
                     200);
    assert_int_equal(order(f, id, "assign", 2, "If-Match: \"2\"\r\n", "{\"assignee\":\"l\"}"),
                     412);
    says("changed by the-supervisor meanwhile: it is acked, revision 3");
    assert_int_equal(order(f, id, "ack", 2, "", "{}"), 409);
    says("changed last by the-supervisor, revision 3");
}

/* What the seat has taken on, and how much reaches all of them. */
static void the_load_and_the_seats_own(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(ask(f, "GET", "/api/v1/load", f->secret[2], NULL, NULL), 200);
    says("\"operators\":1,\"presented\":1,\"per_operator\":1,\"flood\":false");
    says("\"high\":1,\"medium\":0,\"low\":0,\"unacked\":1");
    says("\"seat\":{\"by\":\"the-dispatcher\",\"answered\":0,\"open\":0,\"sent\":0}");
    assert_int_equal(order(f, id, "assign", 2, "", "{\"assignee\":\"w\"}"), 200);
    assert_int_equal(ask(f, "GET", "/api/v1/load", f->secret[2], NULL, NULL), 200);
    says("\"seat\":{\"by\":\"the-dispatcher\",\"answered\":1,\"open\":1,\"sent\":1}");
    assert_int_equal(ask(f, "GET", "/api/v1/load", f->secret[3], NULL, NULL), 200);
    says("\"seat\":{\"by\":\"the-supervisor\",\"answered\":0,\"open\":0,\"sent\":0}");
    assert_int_equal(ask(f, "GET", "/api/v1/load", f->other_site, NULL, NULL), 403);
    assert_int_equal(ask(f, "GET", "/api/v1/causes", f->secret[1], NULL, NULL), 200);
    says("{\"key\":5,\"cause\":\"false_alarm\",\"text\":{\"zh\":\"误报\",");
}

static void a_repeated_key_does_nothing_also_over_a_restart(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(order(f, id, "escalate", 2, "Idempotency-Key: k1\r\n", "{}"), 200);
    assert_int_equal(order(f, id, "escalate", 2, "Idempotency-Key: k1\r\n", "{}"), 200);
    says("\"escalation\":1");
    restart(f);
    assert_int_equal(order(f, id, "escalate", 2, "Idempotency-Key: k1\r\n", "{}"), 200);
    says("\"escalation\":1");
    assert_int_equal(order(f, id, "escalate", 2, "Idempotency-Key: k2\r\n", "{}"), 200);
    says("\"escalation\":2");
}

static void an_alarm_is_opened_by_hand(void **state)
{
    struct fixture *f = *state;
    const char *path = "/api/v1/alarms";
    populate(f);
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON,
                         "{\"site\":\"home-1\",\"resident\":\"r-7\",\"kind\":\"call\","
                         "\"text\":\"来电求助\",\"note\":\"by telephone\"}"),
                     201);
    says("\"kind\":\"call\"");
    says("\"priority\":\"high\"");
    says("\"vital\":true");
    says("来电求助");
    /* Once more of the same: one alarm, counted. */
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON,
                         "{\"site\":\"home-1\",\"resident\":\"r-7\",\"kind\":\"call\"}"),
                     201);
    says("\"count\":2");
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON, "{\"site\":\"nowhere\"}"), 404);
    assert_int_equal(ask(f, "POST", path, f->secret[2], JSON, "{\"resident\":\"r\"}"), 400);
    assert_int_equal(
        ask(f, "POST", path, f->secret[2], JSON, "{\"site\":\"home-1\",\"priority\":\"loud\"}"),
        400);
    assert_int_equal(ask(f, "POST", path, f->secret[1], JSON, "{\"site\":\"home-1\"}"), 403);
    assert_int_equal(ask(f, "GET", "/api/v1/incidents", f->secret[1], NULL, NULL), 200);
    says("\"count\":2");
    assert_int_equal(ask(f, "GET", "/api/v1/incidents", f->other_site, NULL, NULL), 200);
    says("\"items\":[]");
}

/* The id member of the answer. */
static void id_of_answer(char id[MAX_ID + 1])
{
    struct json_node *root = answer_json();
    (void)str_copy(id, MAX_ID + 1, str_of(node_text(node_get(root, "id"), "")));
    json_read_free(root);
}

static void silences_come_and_go(void **state)
{
    struct fixture *f = *state;
    char id[MAX_ID + 1], path[120];
    const char *list = "/api/v1/silences", *supervisor = f->secret[3];
    const char *body = "{\"for\":\"2h\",\"comment\":\"works\",\"matchers\":[{\"name\":\"rule\","
                       "\"value\":\"device-.*\",\"isRegex\":true}]}";
    populate(f);
    assert_int_equal(ask(f, "POST", list, f->secret[2], JSON, body), 403);
    assert_int_equal(ask(f, "POST", list, supervisor, JSON, "{\"for\":\"2h\"}"), 400);
    assert_int_equal(ask(f, "POST", list, supervisor, JSON,
                         "{\"for\":\"2h\",\"matchers\":[{\"name\":\"rule\",\"value\":\".*\","
                         "\"isRegex\":true}]}"),
                     400);
    says("everything");
    assert_int_equal(ask(f, "POST", list, supervisor, JSON, body), 201);
    says("\"state\":\"active\"");
    id_of_answer(id);
    assert_int_equal(strlen(id), 36);
    restart(f);
    assert_int_equal(ask(f, "GET", list, f->secret[1], NULL, NULL), 200);
    says(id);
    (void)snprintf(path, sizeof(path), "%s/%s", list, id);
    assert_int_equal(ask(f, "DELETE", path, f->secret[3], NULL, NULL), 204);
    assert_int_equal(ask(f, "GET", list, f->secret[1], NULL, NULL), 200);
    says("\"items\":[]");
    (void)snprintf(path, sizeof(path), "%s/none", list);
    assert_int_equal(ask(f, "DELETE", path, f->secret[3], NULL, NULL), 404);
}

static void a_maintenance_is_seen_and_bounded(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[120];
    const char *list = "/api/v1/maintenance";
    populate(f);
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"m1\",\"type\":\"maintenance.begin\",\"device\":\"bed-9\","
            "\"until\":\"2199-01-01T00:00:00Z\"}");
    assert_int_equal(ask(f, "GET", list, f->secret[1], NULL, NULL), 200);
    says("\"device\":\"bed-9\"");
    assert_null(strstr(answer_text, "2199")); /* a day is the most */
    assert_int_equal(ask(f, "GET", list, f->other_site, NULL, NULL), 200);
    says("\"items\":[]");
    raise_alarm(f, "home-1", id);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s", id);
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    says("\"state\":\"out_of_service\"");
    message(f, "care/v1/home-1/gw/event",
            "{\"id\":\"m2\",\"type\":\"maintenance.end\",\"device\":\"bed-9\"}");
    assert_int_equal(ask(f, "GET", path, f->secret[1], NULL, NULL), 200);
    says("\"state\":\"unack\"");
    assert_int_equal(
        ask(f, "POST", list, f->secret[3], JSON, "{\"site\":\"home-2\",\"for\":\"1h\"}"), 204);
    assert_int_equal(ask(f, "POST", list, f->secret[3], JSON, "{\"site\":\"home-2\"}"), 400);
}

static void reports_are_json_or_csv(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(order(f, id, "arrive", 2, "", "{}"), 200);
    assert_int_equal(order(f, id, "close", 2, "", "{\"cause\":\"handled\"}"), 200);
    const char *response = "/api/v1/reports/response?by=site";
    assert_int_equal(ask(f, "GET", response, f->secret[1], NULL, NULL), 200);
    says("\"group\":\"home-1\",\"alarms\":1");
    says("\"answered\":1,\"on_the_way\":1,\"arrived\":1,\"closed\":1");
    says("\"meets_targets\":true");
    assert_int_equal(ask(f, "GET", response, f->secret[1], "Accept: text/csv\r\n", NULL), 200);
    says("Content-Type: text/csv");
    says("group,alarms,told,answered,");
    says("\"home-1\",1,");
    assert_int_equal(ask(f, "GET", "/api/v1/reports/load", f->secret[1], NULL, NULL), 200);
    says("\"group\":\"all\",\"alarms\":1");
    assert_int_equal(ask(f, "GET", "/api/v1/reports/load?by=actor", f->secret[1], NULL, NULL),
                     200);
    says("\"actor\":\"spo2-low home-1 bed-9\",\"alarms\":1,\"share\":1");
    /* Another site's figures are nobody's business. */
    assert_int_equal(ask(f, "GET", "/api/v1/reports/load", f->other_site, NULL, NULL), 200);
    says("\"items\":[]");
    assert_int_equal(
        ask(f, "GET", "/api/v1/reports/load?site=home-1", f->other_site, NULL, NULL), 404);
    assert_int_equal(ask(f, "GET", "/api/v1/reports/weather", f->secret[1], NULL, NULL), 404);
    assert_int_equal(
        ask(f, "GET", "/api/v1/reports/response?by=actor", f->secret[1], NULL, NULL), 400);
    assert_int_equal(
        ask(f, "GET", "/api/v1/reports/load?from=yesterday", f->secret[1], NULL, NULL), 400);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_alarm_goes_from_raised_to_closed),
        CASE(who_was_faster_is_named),
        CASE(the_load_and_the_seats_own),
        CASE(a_repeated_key_does_nothing_also_over_a_restart),
        CASE(an_alarm_is_opened_by_hand),
        CASE(silences_come_and_go),
        CASE(a_maintenance_is_seen_and_bounded),
        CASE(reports_are_json_or_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
