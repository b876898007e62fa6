/*
 * The sheet for the change of shift: every open alarm stands on it once, in its part, in three
 * forms; nobody reads another's site on it.
 */
#include "io/api_fixture.h"

static void every_open_alarm_is_on_the_sheet(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX], path[100];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(ask(f, "GET", "/api/v1/handover", f->secret[1], NULL, NULL), 200);
    struct json_node *root = answer_json();
    assert_int_equal(count_of(node_get(root, "open")), 1);
    assert_int_equal(node_int(node_get(node_get(root, "counts"), "open"), 0), 1);
    assert_int_equal(count_of(node_get(root, "overdue")), 0);
    const struct json_node *row = node_at(node_get(root, "open"), 0);
    assert_string_equal(node_text(node_get(row, "id"), ""), id);
    assert_string_equal(node_text(node_get(row, "where"), ""), "bed-9");
    assert_null(node_get(row, "who"));
    json_read_free(root);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", id);
    assert_int_equal(
        ask(f, "POST", path, f->secret[2], "Content-Type: application/json\r\n", "{}"), 200);
    assert_int_equal(ask(f, "GET", "/api/v1/handover", f->secret[5], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, "\"who\":\"the-dispatcher\""));
    assert_int_equal(ask(f, "GET", "/api/v1/handover", f->other_site, NULL, NULL), 200);
    assert_null(strstr(answer_text, id));
    assert_null(strstr(answer_text, "home-1"));
}

static void of_each_part_the_high_ones_come_first(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    assert_int_equal(ask(f, "POST", "/api/v1/alarms", f->secret[2],
                         "Content-Type: application/json\r\n",
                         "{\"site\":\"home-2\",\"priority\":\"low\","
                         "\"text\":{\"zh\":\"door\",\"en\":\"door\"}}"),
                     201);
    raise_alarm(f, "home-1", id);
    assert_int_equal(ask(f, "GET", "/api/v1/handover", f->secret[1], NULL, NULL), 200);
    struct json_node *root = answer_json();
    const struct json_node *open = node_get(root, "open");
    assert_int_equal(count_of(open), 2);
    assert_string_equal(node_text(node_get(node_at(open, 0), "id"), ""), id);
    assert_string_equal(node_text(node_get(node_at(open, 1), "priority"), ""), "low");
    json_read_free(root);
}

static void the_sheet_has_three_forms(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(
        ask(f, "GET", "/api/v1/handover", f->secret[1], "Accept: text/csv\r\n", NULL), 200);
    assert_non_null(strstr(answer_text, "Content-Type: text/csv; charset=utf-8\r\n"));
    assert_non_null(strstr(answer_text, "\r\n\r\npart,priority,what,site,where,state,who,since,"
                                        "id\r\n\"open\",\"high\",\"low\",\"home-1\",\"bed-9\","
                                        "\"unack\",\"\",\""));
    assert_int_equal(
        ask(f, "GET", "/api/v1/handover", f->secret[1], "Accept: text/markdown\r\n", NULL),
        200);
    assert_non_null(strstr(answer_text, "# 交接班 · Hand-over "));
    assert_non_null(strstr(answer_text, "| high | low | home-1 | bed-9 | unack |  | "));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(every_open_alarm_is_on_the_sheet),
        CASE(of_each_part_the_high_ones_come_first),
        CASE(the_sheet_has_three_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
