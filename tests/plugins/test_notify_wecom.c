/*
 * test_notify_wecom.c - WeCom's messages to the byte, its limits, and its answers.
 */
#define TESTED carewatch_plugin_notify_wecom
#include "notifying.h"

static int setup(void **state)
{
    notifying_setup(state);
    set(*state, "key", "k+1");
    return 0;
}
#undef CASE
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, notifying_teardown)

static void an_alarm_is_one_line_of_text(void **state)
{
    struct notifying *f = *state;
    render(f);
    assert_string_equal(f->request.method, "POST");
    assert_string_equal(f->request.url,
                        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k%2B1");
    assert_int_equal(f->request.n_headers, 1);
    assert_string_equal(f->request.header[0], "Content-Type: application/json; charset=utf-8");
    assert_string_equal(f->request.body, "{\"msgtype\":\"text\",\"text\":{\"content\":"
                                         "\"【高】s-17 3-12 血氧过低 06:13:15\"}}");
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
                                         "\"【高】s-17 3-12 血氧过低 06:13:15\","
                                         "\"mentioned_list\":[\"zhangsan\",\"@all\"],"
                                         "\"mentioned_mobile_list\":[\"13800001111\"]}}");
    cleared(f);
    render(f);
    assert_string_equal(f->request.body, "{\"msgtype\":\"text\",\"text\":{\"content\":"
                                         "\"【高·恢复】s-17 3-12 血氧过低 06:13:20\"}}");
    f->alarm.change = CW_STR("raised");
    f->alarm.priority = CW_PRIORITY_MEDIUM;
    render(f);
    assert_null(strstr(f->request.body, "mentioned"));
}

static void markdown_has_colour_and_link(void **state)
{
    struct notifying *f = *state;
    set(f, "format", "markdown");
    set(f, "page", "http://10.0.0.5:8480/");
    set(f, "mention", "zhangsan");
    render(f);
    assert_string_equal(
        f->request.body,
        "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":"
        "\"### \\u003cfont color=\\\"warning\\\"\\u003e高 血氧过低\\u003c/font\\u003e\\n"
        "\\u003e地点: s-17 3-12\\n\\u003e时间: 06:13:15\\n"
        "[处理](http://10.0.0.5:8480/#/alarms?id=01ABC)\\n\\u003c@zhangsan\\u003e\"}}");
    cleared(f);
    set(f, "language", "en");
    render(f);
    assert_string_equal(
        f->request.body,
        "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":"
        "\"### \\u003cfont color=\\\"info\\\"\\u003eHIGH, over Low oxygen saturation"
        "\\u003c/font\\u003e\\n\\u003ePlace: s-17 3-12\\n\\u003eTime: 06:13:20\\n"
        "[Open](http://10.0.0.5:8480/#/alarms?id=01ABC)\"}}");
}

/* The bytes of the content, between the quotes; Chinese characters are not escaped. */
static size_t content_bytes(const struct notifying *f, struct cw_str *content)
{
    static const char key[] = "\"content\":\"";
    const char *begin = strstr(f->request.body, key) + strlen(key);
    const char *end = strrchr(f->request.body, '"');
    *content = (struct cw_str){begin, (size_t)(end - begin)};
    return content->n;
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    struct notifying *f = *state;
    static char text[9000];
    struct cw_str content;
    for (size_t i = 0; i < sizeof(text); i += 3)
        memcpy(text + i, "高", 3);
    f->alarm.text_zh = (struct cw_str){text, sizeof(text)};
    render(f);
    assert_in_range(content_bytes(f, &content), 2046, 2048);
    assert_true(utf8_valid(content));
    set(f, "format", "markdown");
    render(f);
    (void)content_bytes(f, &content);
    assert_true(utf8_valid(content));
    assert_in_range(content.n, 4094, 4096 + 6 * 6); /* six escapes of one byte each */
}

static void what_comes_from_outside_is_no_markup(void **state)
{
    struct notifying *f = *state;
    f->alarm.bed = CW_STR("<@all>\n[x](http://evil)");
    f->alarm.text_zh = CW_STR("血氧<90%");
    render(f);
    assert_non_null(strstr(f->request.body, "＜＠all＞ ［x］（http://evil）"));
    assert_non_null(strstr(f->request.body, "血氧＜90%"));
}

static void the_answer_is_in_the_body(void **state)
{
    static const struct answer_row row[] = {
        {200, "{\"errcode\":0,\"errmsg\":\"ok\"}", CW_DONE},
        {200, " { \"errmsg\" : \"ok\" , \"errcode\" : 0 } ", CW_DONE},
        {200, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}", CW_RETRY},
        {200, "{\"errcode\":-1,\"errmsg\":\"busy\"}", CW_RETRY},
        {200, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}", CW_REJECTED},
        {200, "{\"errcode\":40008}", CW_REJECTED},
        {200, "<html>sign in to the network</html>", CW_RETRY},
        {0, "", CW_RETRY},
        {500, "{\"errcode\":0}", CW_RETRY},
        {429, "", CW_RETRY},
        {404, "not here", CW_REJECTED},
        {302, "{\"errcode\":0}", CW_REJECTED},
    };
    judge_rows(*state, row, N(row));
    judge_rows(*state, &row[4], 1);
    assert_string_equal(((struct notifying *)*state)->err.text,
                        "answered errcode 93000: invalid webhook url");
    judge_prefixes_and_garbage(*state, row[0].body);
}

static void a_wrong_option_is_refused(void **state)
{
    struct notifying *f = *state;
    assert_int_equal(TESTED.open(f->self, &f->err), 0);
    set(f, "utc_offset", "8h");
    assert_true(TESTED.open(f->self, &f->err) < 0);
    assert_non_null(strstr(f->err.text, "8h"));
    set(f, "utc_offset", "-03:30");
    set(f, "url", "ftp://x");
    assert_true(TESTED.open(f->self, &f->err) < 0);
    set(f, "url", "https://x");
    set(f, "page", "10.0.0.5");
    assert_true(TESTED.open(f->self, &f->err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_alarm_is_one_line_of_text),
        CASE(it_says_what_to_do_while_nobody_does),
        CASE(only_a_high_alarm_that_begins_mentions_anybody),
        CASE(markdown_has_colour_and_link),
        CASE(a_long_text_is_cut_at_a_character),
        CASE(what_comes_from_outside_is_no_markup),
        CASE(the_answer_is_in_the_body),
        CASE(a_wrong_option_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
