/*
 * test_notify_dingtalk.c - DingTalk's messages to the byte, its signature against a value
 * made with openssl, and its answers.
 */
#define TESTED carewatch_plugin_notify_dingtalk
#include "notifying.h"

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "token", "tok");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

/* printf '1700000000000\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64 */
static void the_signature_is_in_the_url(void **state)
{
    struct notifying *f = *state;
    render(f);
    assert_string_equal(f->request.url,
                        "https://oapi.dingtalk.com/robot/send?access_token=tok");
    set(f, "secret", "SECtest");
    render(f);
    assert_string_equal(f->request.url, "https://oapi.dingtalk.com/robot/send?access_token=tok"
                                        "&timestamp=1700000000000"
                                        "&sign=aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D");
}

static void an_alarm_is_one_line_of_text(void **state)
{
    struct notifying *f = *state;
    render(f);
    assert_string_equal(f->request.body,
                        "{\"msgtype\":\"text\",\"text\":{\"content\":"
                        "\"【高】s-17 3-12 血氧过低 06:13:15\"},"
                        "\"at\":{\"atMobiles\":[],\"atUserIds\":[],\"isAtAll\":false}}");
}

static void it_says_what_to_do_while_nobody_does(void **state)
{
    robot_says_what_to_do(*state, "markdown");
}

static void only_a_high_alarm_that_begins_mentions_anybody(void **state)
{
    struct notifying *f = *state;
    set(f, "mention", "zhangsan,@all");
    set(f, "mention_mobile", "13800001111");
    render(f);
    assert_string_equal(f->request.body, "{\"msgtype\":\"text\",\"text\":{\"content\":"
                                         "\"【高】s-17 3-12 血氧过低 06:13:15 @13800001111\"},"
                                         "\"at\":{\"atMobiles\":[\"13800001111\"],"
                                         "\"atUserIds\":[\"zhangsan\"],\"isAtAll\":true}}");
    cleared(f);
    render(f);
    assert_string_equal(f->request.body,
                        "{\"msgtype\":\"text\",\"text\":{\"content\":"
                        "\"【高·恢复】s-17 3-12 血氧过低 06:13:20\"},"
                        "\"at\":{\"atMobiles\":[],\"atUserIds\":[],\"isAtAll\":false}}");
}

static void markdown_has_title_and_link(void **state)
{
    struct notifying *f = *state;
    set(f, "format", "markdown");
    set(f, "mention_mobile", "13800001111");
    set(f, "page", "http://10.0.0.5:8480");
    f->alarm.drill = 1;
    render(f);
    assert_string_equal(f->request.body,
                        "{\"msgtype\":\"markdown\",\"markdown\":{"
                        "\"title\":\"演练·高 血氧过低\",\"text\":"
                        "\"### 演练·高 血氧过低 \\n\\u003e s-17 3-12 06:13:15 @13800001111"
                        "\\n\\n[处理](http://10.0.0.5:8480/#/alarms?id=01ABC)\"},"
                        "\"at\":{\"atMobiles\":[\"13800001111\"],\"atUserIds\":[],"
                        "\"isAtAll\":false}}");
}

static void the_longest_body_stays_below_20_kb(void **state)
{
    struct notifying *f = *state;
    static char text[9000];
    static const char *const format[] = {"text", "markdown"};
    memset(text, '&', sizeof(text)); /* six bytes each in JSON */
    f->alarm.text_zh = (struct cw_str){text, sizeof(text)};
    for (size_t i = 0; i < N(format); i++) {
        set(f, "format", format[i]);
        render(f);
        assert_in_range(f->request.n_body, 3000, 20000);
    }
}

static void the_answer_is_in_the_body(void **state)
{
    static const struct answer_row row[] = {
        {200, "{\"errcode\":0,\"errmsg\":\"ok\"}", CW_DONE},
        {200, "{\"errcode\":130101,\"errmsg\":\"send too fast\"}", CW_RETRY},
        {200, "{\"errcode\":410100,\"errmsg\":\"send too fast\"}", CW_RETRY},
        {200, "{\"errcode\":310000,\"errmsg\":\"sign not match\"}", CW_REJECTED},
        {200, "{\"errcode\":300001,\"errmsg\":\"token is not exist\"}", CW_REJECTED},
        {200, "{\"errmsg\":\"ok\"}", CW_RETRY},
        {200, "{\"errcode\":\"0\"}", CW_DONE},
        {200, "{\"data\":{\"errcode\":0}}", CW_RETRY},
        {503, "", CW_RETRY},
        {0, "", CW_RETRY},
        {400, "", CW_REJECTED},
    };
    judge_rows(*state, row, N(row));
    judge_prefixes_and_garbage(*state, row[0].body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_signature_is_in_the_url),
        CASE(an_alarm_is_one_line_of_text),
        CASE(it_says_what_to_do_while_nobody_does),
        CASE(only_a_high_alarm_that_begins_mentions_anybody),
        CASE(markdown_has_title_and_link),
        CASE(the_longest_body_stays_below_20_kb),
        CASE(the_answer_is_in_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
