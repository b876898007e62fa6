/*
 * Who may do what by the API of an Alertmanager.
 */
#include "api/api_v2.h"
#include "io/api_fixture.h"

/* Alerts of another site are not shown, silences of all are not for who sees a part. */
static void scopes_hold_here_too(void **state)
{
    struct fixture *f = *state;
    char id[HASH_ID_MAX];
    const char *json = "Content-Type: application/json\r\n";
    const char *silence =
        "{\"matchers\":[{\"name\":\"site\",\"value\":\"home-1\"}],"
        "\"startsAt\":\"2020-01-01T00:00:00Z\",\"endsAt\":\"2020-01-02T00:00:00Z\","
        "\"createdBy\":\"x\",\"comment\":\"y\"}";
    populate(f);
    raise_alarm(f, "home-1", id);
    assert_int_equal(ask(f, "GET", "/api/v2/alerts", f->secret[5], NULL, NULL), 200);
    assert_non_null(strstr(answer_text, id));
    assert_int_equal(ask(f, "GET", "/api/v2/alerts", f->other_site, NULL, NULL), 200);
    assert_null(strstr(answer_text, id));
    assert_int_equal(ask(f, "GET", "/api/v2/alerts?filter=a", f->secret[1], NULL, NULL), 400);
    assert_int_equal(ask(f, "GET",
                         "/api/v2/alerts?filter=site%3Dhome-1&filter=priority%3D%22high%22",
                         f->secret[1], NULL, NULL),
                     200);
    assert_non_null(strstr(answer_text, id));
    assert_int_equal(ask(f, "POST", "/api/v2/silences", f->secret[1], json, silence), 403);
    assert_int_equal(ask(f, "POST", "/api/v2/silences", f->secret[3], json, silence), 400);
    assert_int_equal(ask(f, "DELETE", "/api/v2/silence/x", f->secret[3], NULL, NULL), 404);
    assert_int_equal(ask(f, "POST", "/api/v2/alerts", f->secret[1], json, "[]"), 403);
    assert_int_equal(ask(f, "POST", "/api/v2/alerts", f->secret[2], json, "[]"), 200);
    assert_int_equal(ask(f, "GET", "/api/v2/silence/x", f->secret[1], NULL, NULL), 404);
}

/* The alarm that a push made, or NULL. */
static const struct alarm *pushed(struct fixture *f, const char *kind)
{
    const struct alarm *alarm;
    const struct alarm_set *set = &api_fold(f->daemon.api)->alarms;
    for (uint32_t i = 0; (alarm = map_next(&set->by_key, &i, NULL));) {
        if (strcmp(alarm->rule, "external-alert") == 0 && strcmp(alarm->kind, kind) == 0)
            return alarm;
    }
    return NULL;
}

static int push(struct fixture *f, const char *body)
{
    return ask(f, "POST", "/api/v2/alerts", f->secret[2], "Content-Type: application/json\r\n",
               body);
}

static void what_is_pushed_is_an_alarm_of_its_place(void **state)
{
    struct fixture *f = *state;
    const char *first = "[{\"labels\":{\"alertname\":\"Fire\",\"severity\":\"critical\","
                        "\"site\":\"home-1\"},\"annotations\":{\"summary\":\"Smoke\"}}]";
    const char *again = "[{\"labels\":{\"site\":\"home-1\",\"severity\":\"critical\","
                        "\"alertname\":\"Fire\"},\"annotations\":{\"summary\":\"Smoke\"}}]";
    populate(f);
    assert_int_equal(push(f, first), 200);
    const struct alarm *alarm = pushed(f, "Fire");
    assert_non_null(alarm);
    assert_int_equal(alarm->priority, CW_PRIORITY_HIGH);
    assert_string_equal(alarm->site, "home-1");
    assert_string_equal(alarm->district, "510104");
    assert_string_equal(alarm->text_en, "Smoke");
    /* Said again, in whatever order, it is the same and no record. */
    struct position end = journal_end(f->daemon.journal);
    assert_int_equal(push(f, again), 200);
    assert_int_equal(position_cmp(journal_end(f->daemon.journal), end), 0);
    /* A site that is not ours is no site; labels that are no ids are left out. */
    assert_int_equal(push(f, "[{\"labels\":{\"alertname\":\"Other\",\"site\":\"nowhere\","
                             "\"instance\":\"10.0.0.1:9100 x\"}}]"),
                     200);
    assert_string_equal(pushed(f, "Other")->site, "");
    assert_string_equal(pushed(f, "Other")->device, "");
    assert_int_equal(pushed(f, "Other")->priority, CW_PRIORITY_LOW);
    /* Resolved by its end. */
    assert_int_equal(push(f, "[{\"labels\":{\"alertname\":\"Other\",\"site\":\"nowhere\","
                             "\"instance\":\"10.0.0.1:9100 x\"},"
                             "\"endsAt\":\"2020-01-01T00:00:00Z\"}]"),
                     200);
    assert_false(pushed(f, "Other")->active);
}

/* After a start nobody knows until when it was to be believed: ten minutes from then on. */
static void what_is_not_said_again_ends_also_after_a_start(void **state)
{
    struct fixture *f = *state;
    populate(f);
    assert_int_equal(push(f, "[{\"labels\":{\"alertname\":\"Fire\"}}]"), 200);
    restart(f);
    v2_tick(f->daemon.api, clock_wall_ns() + 500 * NS_PER_S);
    message(f, "care/v1/home-1/bed-1/telemetry", "{\"hr\":70}");
    assert_true(pushed(f, "Fire")->active);
    v2_tick(f->daemon.api, clock_wall_ns() + 700 * NS_PER_S);
    message(f, "care/v1/home-1/bed-1/telemetry", "{\"hr\":71}");
    assert_false(pushed(f, "Fire")->active);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scopes_hold_here_too, start, stop),
        cmocka_unit_test_setup_teardown(what_is_pushed_is_an_alarm_of_its_place, start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_said_again_ends_also_after_a_start, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
