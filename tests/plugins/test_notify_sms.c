/*
 * test_notify_sms.c - templates for gateways: where a value stands decides how it is escaped.
 */
#define TESTED carewatch_plugin_notify_sms
#include "notifying.h"

#include <errno.h>

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "url", "https://gw/send");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

static void a_template_is_filled_in(void **state)
{
    struct notifying *f = *state;
    set(f, "body",
        "{\"to\":\"{{phone}}\",\"tpl\":\"SMS_1234\",\"vars\":{\"fac\":\"{{site}}\","
        "\"bed\":\"{{bed}}\",\"ev\":\"{{text}}\",\"p\":\"{{priority}}\",\"t\":\"{{time}}\","
        "\"id\":\"{{id}}\",\"dev\":\"{{device}}\"}}");
    set(f, "phone", "13800001111");
    set(f, "secret", "app 1");
    set(f, "headers", "X-App: {{secret}},X-Id:{{id}}");
    f->alarm.bed = CW_STR("3\"12\n");
    render(f);
    assert_string_equal(f->request.method, "POST");
    assert_string_equal(f->request.url, "https://gw/send");
    assert_string_equal(f->request.header[0], "Content-Type: application/json; charset=utf-8");
    assert_string_equal(f->request.header[1], "X-App: app 1");
    assert_string_equal(f->request.header[2], "X-Id: 01ABC");
    assert_string_equal(f->request.body,
                        "{\"to\":\"13800001111\",\"tpl\":\"SMS_1234\",\"vars\":{"
                        "\"fac\":\"s-17\",\"bed\":\"3\\\"12\\n\",\"ev\":\"血氧过低\","
                        "\"p\":\"高\",\"t\":\"06:13:15\",\"id\":\"01ABC\","
                        "\"dev\":\"bed-312\"}}");
}

static void what_to_do_has_its_place(void **state)
{
    struct notifying *f = *state;
    set(f, "body", "{{text}}{{action}}");
    render(f);
    assert_string_equal(f->request.body, "血氧过低");
    says_what_to_do(f);
    render(f);
    assert_string_equal(f->request.body, "血氧过低 处置：请立即查看老人＊,呼叫医护");
    set(f, "max_text", "20");
    render(f);
    assert_string_equal(f->request.body, "血氧过低 处置：请立即");
    cleared(f);
    render(f);
    assert_string_equal(f->request.body, "血氧过低");
}

/* Whatever the template shows of it, nobody runs because of an exercise. */
static void a_drill_says_that_it_is_one(void **state)
{
    struct notifying *f = *state;
    f->alarm.drill = 1;
    set(f, "body", "{{text}}|{{line}}");
    render(f);
    assert_string_equal(f->request.body,
                        "演练：血氧过低|【演练·高】s-17 3-12 血氧过低 06:13:15");
    set(f, "language", "en");
    set(f, "body", "{{text}}");
    render(f);
    assert_string_equal(f->request.body, "DRILL: Low oxygen saturation");
}

static void values_are_escaped_for_where_they_stand(void **state)
{
    static const struct {
        const char *url, *body, *escape, *want_url, *want_body;
    } row[] = {
        {"https://gw/?k={{secret}}&t={{text}}", "", "json",
         "https://gw/?k=a%26b&t=%E8%A1%80%E6%B0%A7%E8%BF%87%E4%BD%8E", ""},
        {"https://gw/", "m={{text}}&k={{secret}}", "form", "https://gw/",
         "m=%E8%A1%80%E6%B0%A7%E8%BF%87%E4%BD%8E&k=a%26b"},
        {"https://gw/", "{{line}} {{secret}}", "none", "https://gw/",
         "【高】s-17 3-12 血氧过低 06:13:15 a&b"},
        {"https://gw/", "{{secret}}{{id}}{{", "json", "https://gw/", "a\\u0026b01ABC{{"},
    };
    struct notifying *f = *state;
    set(f, "secret", "a&b");
    for (size_t i = 0; i < N(row); i++) {
        set(f, "url", row[i].url);
        set(f, "body", row[i].body);
        set(f, "escape", row[i].escape);
        render(f);
        assert_string_equal(f->request.url, row[i].want_url);
        assert_string_equal(f->request.body, row[i].want_body);
    }
}

static void a_value_is_no_template(void **state)
{
    struct notifying *f = *state;
    set(f, "secret", "hidden");
    set(f, "body", "{{bed}}");
    set(f, "escape", "none");
    f->alarm.bed = CW_STR("{{secret}}");
    render(f);
    assert_string_equal(f->request.body, "{{secret}}");
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    struct notifying *f = *state;
    set(f, "max_text", "10");
    set(f, "body", "{{text}}");
    render(f);
    assert_string_equal(f->request.body, "血氧过");
}

/* The number of who is on duty goes before the channel's own; without any nothing is sent. */
static void a_person_on_duty_is_told_by_number(void **state)
{
    struct notifying *f = *state;
    set(f, "body", "{{text}}");
    assert_int_equal(TESTED.ops.notifier->address(f->self), CW_ADDRESS_NONE);
    set(f, "body", "{\"to\":\"{{phone}}\"}");
    assert_int_equal(TESTED.ops.notifier->address(f->self), CW_ADDRESS_PHONE);
    assert_int_equal(
        TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err), -ENOENT);
    assert_non_null(strstr(f->err.text, "nobody on duty"));
    f->alarm.to = CW_STR("li");
    assert_int_equal(
        TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err), -ENOENT);
    assert_non_null(strstr(f->err.text, "no telephone number of li is known"));
    set(f, "phone", "120");
    render(f);
    assert_string_equal(f->request.body, "{\"to\":\"120\"}");
    f->alarm.address = CW_STR("+86 138");
    render(f);
    assert_string_equal(f->request.body, "{\"to\":\"+86 138\"}");
    set(f, "body", "");
    set(f, "url", "https://gw/?n={{phone}}");
    assert_int_equal(TESTED.ops.notifier->address(f->self), CW_ADDRESS_PHONE);
    render(f);
    assert_string_equal(f->request.url, "https://gw/?n=%2B86%20138");
    set(f, "url", "https://gw/");
    set(f, "headers", "X-To: {{phone}}");
    assert_int_equal(TESTED.ops.notifier->address(f->self), CW_ADDRESS_PHONE);
}

static void wrong_templates_are_refused(void **state)
{
    static const struct {
        const char *option, *value, *said;
    } row[] = {
        {"body", "{{name}}", "{{name}}"}, {"url", "https://gw/{{resident}}", "{{resident}}"},
        {"headers", "X: {{x}}", "{{x}}"}, {"headers", "no colon", "no colon"},
        {"url", "gw/send", "gw/send"},
    };
    for (size_t i = 0; i < N(row); i++) {
        void *state_of_row;
        (void)setup(&state_of_row);
        struct notifying *f = state_of_row;
        set(f, row[i].option, row[i].value);
        assert_true(TESTED.open(f->self, &f->err) < 0);
        assert_non_null(strstr(f->err.text, row[i].said));
        (void)notifying_teardown(&state_of_row);
    }
    assert_int_equal(TESTED.open(((struct notifying *)*state)->self, NULL), 0);
}

static void a_value_cannot_add_a_header(void **state)
{
    struct notifying *f = *state;
    set(f, "headers", "X-Bed: {{bed}}");
    f->alarm.bed = CW_STR("1\r\nHost: evil");
    assert_true(TESTED.ops.notifier->render(f->self, &f->alarm, NOW_NS, &f->request, &f->err) <
                0);
}

static void the_gateways_own_word_decides(void **state)
{
    struct notifying *f = *state;
    static const struct answer_row by_status[] = {
        {200, "anything", CW_DONE}, {500, "", CW_RETRY}, {403, "", CW_REJECTED}};
    static const struct answer_row by_body[] = {
        {200, "{\"Code\":\"OK\",\"BizId\":\"1\"}", CW_DONE},
        {200, "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}", CW_RETRY},
        {400, "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\"}", CW_RETRY},
        {200, "{\"Code\":\"isv.TEMPLATE_MISSING\"}", CW_REJECTED},
        {200, "", CW_REJECTED},
        {503, "{\"Code\":\"OK\"}", CW_RETRY},
        {0, "", CW_RETRY},
    };
    judge_rows(f, by_status, N(by_status));
    set(f, "ok_body", "\"Code\":\"OK\"");
    set(f, "busy_body", "LIMIT_CONTROL,SYSTEM_BUSY");
    judge_rows(f, by_body, N(by_body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_template_is_filled_in),
        CASE(what_to_do_has_its_place),
        CASE(a_drill_says_that_it_is_one),
        CASE(values_are_escaped_for_where_they_stand),
        CASE(a_value_is_no_template),
        CASE(a_long_text_is_cut_at_a_character),
        CASE(a_person_on_duty_is_told_by_number),
        CASE(wrong_templates_are_refused),
        CASE(a_value_cannot_add_a_header),
        CASE(the_gateways_own_word_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
