/*
 * test_notify_alertmanager.c - the pushed alert to the byte: what identifies it, and when it
 * begins and ends.
 */
#define TESTED carewatch_plugin_notify_alertmanager
#include "notifying.h"

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "url", "http://am:9093/");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

#define LABELS                                                                            \
    "[{\"labels\":{\"alertname\":\"spo2-low\",\"severity\":\"critical\","                 \
    "\"category\":\"physiological\",\"facility\":\"s-17\",\"zone\":\"510104\","           \
    "\"device\":\"bed-312\",\"bed\":\"3-12\",\"alarm\":\"01ABC\",\"job\":\"carewatch\"}," \
    "\"annotations\":{\"summary\":\"s-17 3-12 血氧过低\"},"

static void an_alarm_that_holds_ends_later(void **state)
{
    struct notifying *f = *state;
    set(f, "page", "http://10.0.0.5:8480");
    set(f, "hold", "1d");
    render(f);
    assert_string_equal(f->request.url, "http://am:9093/api/v2/alerts");
    assert_string_equal(f->request.header[0], "Content-Type: application/json");
    assert_string_equal(f->request.body,
                        LABELS "\"generatorURL\":\"http://10.0.0.5:8480/#/alarms?id=01ABC\","
                               "\"startsAt\":\"2023-11-14T22:13:15.000Z\","
                               "\"endsAt\":\"2023-11-15T22:13:20.000Z\"}]");
}

static void an_alarm_that_is_over_has_the_same_labels(void **state)
{
    struct notifying *f = *state;
    cleared(f);
    f->alarm.value = 95;
    render(f);
    assert_string_equal(f->request.body, LABELS "\"startsAt\":\"2023-11-14T22:13:15.000Z\","
                                                "\"endsAt\":\"2023-11-14T22:13:20.000Z\"}]");
}

static void what_is_unknown_is_no_label_and_a_token_is_a_header(void **state)
{
    struct notifying *f = *state;
    f->alarm.device = f->alarm.bed = f->alarm.district = CW_STR("");
    f->alarm.drill = 1;
    f->alarm.priority = CW_PRIORITY_LOW;
    set(f, "token", "t1");
    render(f);
    assert_non_null(strstr(f->request.body,
                           "{\"alertname\":\"spo2-low\",\"severity\":\"info\","
                           "\"category\":\"physiological\",\"facility\":\"s-17\","
                           "\"alarm\":\"01ABC\",\"drill\":\"true\",\"job\":\"carewatch\"}"));
    assert_string_equal(f->request.header[1], "Authorization: Bearer t1");
}

static void answers_are_judged_by_status(void **state)
{
    static const struct answer_row row[] = {
        {200, "", CW_DONE},  {0, "", CW_RETRY},         {503, "x", CW_RETRY},
        {429, "", CW_RETRY}, {400, "bad", CW_REJECTED}, {404, "", CW_REJECTED},
    };
    judge_rows(*state, row, N(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_alarm_that_holds_ends_later),
        CASE(an_alarm_that_is_over_has_the_same_labels),
        CASE(what_is_unknown_is_no_label_and_a_token_is_a_header),
        CASE(answers_are_judged_by_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
