/*
 * test_notify_feishu.c - Feishu's messages to the byte, its signature against a value made
 * with openssl, and its answers.
 */
#define TESTED carewatch_plugin_notify_feishu
#include "notifying.h"

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "hook", "abc-1");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

static void an_alarm_is_one_line_of_text(void **state)
{
    struct notifying *f = *state;
    render(f);
    assert_string_equal(f->request.url, "https://open.feishu.cn/open-apis/bot/v2/hook/abc-1");
    assert_string_equal(f->request.body, "{\"msg_type\":\"text\",\"content\":{\"text\":"
                                         "\"【高】s-17 3-12 血氧过低 06:13:15\"}}");
}

static void it_says_what_to_do_while_nobody_does(void **state)
{
    robot_says_what_to_do(*state, "card");
}

/* openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '1700000000\nSECtest' | xxd -p) */
static void the_signature_is_in_the_body(void **state)
{
    struct notifying *f = *state;
    set(f, "secret", "SECtest");
    set(f, "mention", "all,ou_1");
    render(f);
    assert_string_equal(f->request.body,
                        "{\"timestamp\":\"1700000000\",\"sign\":"
                        "\"G7XpBpG8NgG02fJOAhX6FRAObIljmFoxVReo8I62pEk=\","
                        "\"msg_type\":\"text\",\"content\":{\"text\":"
                        "\"\\u003cat user_id=\\\"all\\\"\\u003e所有人\\u003c/at\\u003e "
                        "\\u003cat user_id=\\\"ou_1\\\"\\u003e\\u003c/at\\u003e "
                        "【高】s-17 3-12 血氧过低 06:13:15\"}}");
}

static void a_card_has_colour_and_button(void **state)
{
    struct notifying *f = *state;
    set(f, "format", "card");
    set(f, "page", "http://10.0.0.5:8480");
    render(f);
    assert_string_equal(
        f->request.body,
        "{\"msg_type\":\"interactive\",\"card\":{\"header\":{\"template\":\"red\","
        "\"title\":{\"tag\":\"plain_text\",\"content\":\"高 血氧过低\"}},\"elements\":["
        "{\"tag\":\"div\",\"text\":{\"tag\":\"lark_md\",\"content\":\"**s-17 3-12** "
        "06:13:15\"}},"
        "{\"tag\":\"action\",\"actions\":[{\"tag\":\"button\",\"text\":{\"tag\":\"plain_text\","
        "\"content\":\"处理\"},\"type\":\"primary\","
        "\"url\":\"http://10.0.0.5:8480/#/alarms?id=01ABC\"}]}]}}");
    cleared(f);
    render(f);
    assert_non_null(strstr(f->request.body, "\"template\":\"green\""));
}

static void the_longest_body_stays_below_20_kb(void **state)
{
    struct notifying *f = *state;
    static char text[9000], bed[9000];
    static const char *const format[] = {"text", "card"};
    memset(text, '&', sizeof(text));
    memset(bed, '&', sizeof(bed));
    f->alarm.text_zh = (struct cw_str){text, sizeof(text)};
    f->alarm.bed = (struct cw_str){bed, sizeof(bed)};
    for (size_t i = 0; i < N(format); i++) {
        set(f, "format", format[i]);
        render(f);
        assert_in_range(f->request.n_body, 3000, 20000);
    }
}

static void the_answer_is_in_the_body(void **state)
{
    static const struct answer_row row[] = {
        {200, "{\"code\":0,\"msg\":\"success\",\"data\":{}}", CW_DONE},
        {200, "{\"data\":{\"code\":7,\"x\":[{}]},\"code\":0}", CW_DONE},
        {200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", CW_DONE},
        {200, "{\"code\":11232,\"msg\":\"frequency limited\"}", CW_RETRY},
        {400, "{\"code\":99991400,\"msg\":\"frequency limit\"}", CW_RETRY},
        {200, "{\"code\":19021,\"msg\":\"sign match fail\"}", CW_REJECTED},
        {200, "{\"code\":19022}", CW_REJECTED},
        {200, "{\"code\":19024,\"msg\":\"Key Words Not Found\"}", CW_REJECTED},
        {200, "{\"code\":9499,\"msg\":\"Bad Request\"}", CW_REJECTED},
        {200, "{\"code\":{\"code\":0}}", CW_RETRY},
        {200, "[{\"code\":0}]", CW_RETRY},
        {502, "{\"code\":0}", CW_RETRY},
    };
    judge_rows(*state, row, N(row));
    judge_prefixes_and_garbage(*state, row[0].body);
}

static void a_mention_that_could_be_markup_is_refused(void **state)
{
    struct notifying *f = *state;
    set(f, "mention", "all,ou_1");
    assert_int_equal(TESTED.open(f->self, &f->err), 0);
    set(f, "mention", "x\">");
    assert_true(TESTED.open(f->self, &f->err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_alarm_is_one_line_of_text),
        CASE(it_says_what_to_do_while_nobody_does),
        CASE(the_signature_is_in_the_body),
        CASE(a_card_has_colour_and_button),
        CASE(the_longest_body_stays_below_20_kb),
        CASE(the_answer_is_in_the_body),
        CASE(a_mention_that_could_be_markup_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
