/*
 * test_notify_mqtt.c - the topic and the message of a downlink; never to another's topic.
 */
#define TESTED carewatch_plugin_notify_mqtt
#include "notifying.h"

static void the_facility_is_told_on_its_own_topic(void **state)
{
    struct notifying *f = *state;
    f->alarm.json = CW_STR("{\"id\":\"01ABC\"}");
    render(f);
    assert_string_equal(f->request.url, "mqtt:care-down/v1/s-17/alarm");
    assert_string_equal(f->request.body, "{\"change\":\"raised\","
                                         "\"at\":\"2023-11-14T22:13:15.000Z\","
                                         "\"alarm\":{\"id\":\"01ABC\"}}");
}

static void an_alarm_of_no_site_or_of_a_strange_one_is_not_told(void **state)
{
    struct notifying *f = *state;
    static const char *const site[] = {"", "#", "a/b", "+", ".."};
    for (size_t i = 0; i < N(site); i++) {
        f->alarm.site = str_of(site[i]);
        assert_true(
            TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err) < 0);
    }
}

static void a_prefix_is_a_beginning_of_a_topic(void **state)
{
    struct notifying *f = *state;
    static const char *const bad[] = {"", "a/#", "a/+", "a/", "a b"};
    assert_int_equal(TESTED.open(f->self, &f->err), 0);
    for (size_t i = 0; i < N(bad); i++) {
        set(f, "prefix", bad[i]);
        assert_true(TESTED.open(f->self, &f->err) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_facility_is_told_on_its_own_topic),
        CASE(an_alarm_of_no_site_or_of_a_strange_one_is_not_told),
        CASE(a_prefix_is_a_beginning_of_a_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
