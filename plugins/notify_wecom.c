/*
 * notify_wecom.c - an alarm as a message of a WeCom (企业微信) group robot.
 *
 * The key is part of the URL; there is no signature. 200 says nothing: delivered is
 * errcode 0. 20 messages a minute; text up to 2048 bytes, markdown up to 4096
 * (developer.work.weixin.qq.com/document/path/99110).
 */
#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_TEXT 2048
#define MAX_MARKDOWN 4096
#define MAX_CONTENT (64u << 10)

struct wecom {
    const char *url, *key, *format;
    const char *const *mention, *const *mention_mobile;
    struct alarm_words words;
};

#define AT(field) offsetof(struct wecom, field)

static const struct cw_option wecom_options[] = {
    {"key", CW_OPT_SECRET, AT(key), 0, 0, CW_REQUIRED,
     "the robot's key, behind ?key= of its URL", NULL},
    {"url", CW_OPT_TEXT, AT(url), 0, 0, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
     "where the robot listens, without the key", NULL},
    {"format", CW_OPT_TEXT, AT(format), 0, 0, "text",
     "text mentions persons; markdown has colours and a link", "text|markdown"},
    {"mention", CW_OPT_LIST, AT(mention), 0, 0, CW_OPTIONAL,
     "user ids to mention for high alarms; @all: everyone", NULL},
    {"mention_mobile", CW_OPT_LIST, AT(mention_mobile), 0, 0, CW_OPTIONAL,
     "the same by telephone number", NULL},
    ALARM_WORDS_OPTIONS(wecom, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t wecom_open(void *self, struct cw_error *err)
{
    const struct wecom *robot = self;
    int ret = url_check(robot->url, err);
    return ret ? ret : alarm_words_check(&robot->words, err);
}

static void write_names(struct json_out *out, const char *key, const char *const *name)
{
    if (!name || !name[0])
        return;
    json_key(out, key);
    json_array(out);
    for (; *name; name++)
        json_text(out, str_of(*name));
    json_array_end(out);
}

static void write_text(const struct wecom *robot, const struct cw_alarm *alarm, int64_t now_ns,
                       struct json_out *out)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    alarm_text_message(&robot->words, alarm, now_ns, CW_STR(""), &text);
    alarm_text_cut(&text, MAX_TEXT);
    json_member_text(out, "msgtype", CW_STR("text"));
    json_key(out, "text");
    json_object(out);
    json_member_text(out, "content", buf_str(&text));
    if (alarm_text_calls(alarm)) {
        write_names(out, "mentioned_list", robot->mention);
        write_names(out, "mentioned_mobile_list", robot->mention_mobile);
    }
    json_object_end(out);
    buf_done(&text);
}

static void write_markdown(const struct wecom *robot, const struct cw_alarm *alarm,
                           int64_t now_ns, struct json_out *out)
{
    bool english = alarm_words_english(&robot->words);
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    buf_printf(&text, "### <font color=\"%s\">",
               !alarm->active                        ? "info"
               : alarm->priority == CW_PRIORITY_HIGH ? "warning"
                                                     : "comment");
    alarm_text_title(&robot->words, alarm, &text);
    buf_printf(&text, "</font>\n>%s: ", english ? "Place" : "地点");
    alarm_text_place(alarm, &text);
    buf_printf(&text, "\n>%s: ", english ? "Time" : "时间");
    alarm_text_time(&robot->words, alarm, now_ns, &text);
    alarm_text_action(&robot->words, alarm, "\n>", &text);
    if (robot->words.page && robot->words.page[0]) {
        buf_printf(&text, "\n[%s](", english ? "Open" : "处理");
        alarm_text_link(&robot->words, alarm, &text);
        buf_add_char(&text, ')');
    }
    for (const char *const *name = robot->mention; name && *name && alarm_text_calls(alarm);
         name++)
        buf_printf(&text, "\n<@%s>", *name);
    alarm_text_cut(&text, MAX_MARKDOWN);
    json_member_text(out, "msgtype", CW_STR("markdown"));
    json_key(out, "markdown");
    json_object(out);
    json_member_text(out, "content", buf_str(&text));
    json_object_end(out);
    buf_done(&text);
}

static int32_t wecom_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                            struct cw_request *request, struct cw_error *err)
{
    const struct wecom *robot = self;
    struct buf url, body;
    struct json_out out;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "%s?key=", robot->url);
    url_escape(&url, str_of(robot->key));
    json_out_init(&out, &body);
    json_object(&out);
    if (str_is(str_of(robot->format), "markdown"))
        write_markdown(robot, alarm, now_ns, &out);
    else
        write_text(robot, alarm, now_ns, &out);
    json_object_end(&out);
    int ret = request_post(request, "application/json; charset=utf-8", &url, &body, err);
    buf_done(&url);
    buf_done(&body);
    return ret;
}

/* 45009: too many messages; 45033: too many at once; -1: the other side is busy. */
static const int64_t wecom_busy[] = {45009, 45033, -1, 0};
static const struct answer_rule wecom_answer = {"errcode", NULL, "errmsg", wecom_busy};

static uint32_t wecom_judge(const void *self, int32_t status, struct cw_str body,
                            struct cw_error *err)
{
    (void)self;
    return answer_by_code(&wecom_answer, status, body, err);
}

static const struct cw_notifier wecom_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = wecom_render,
    .judge = wecom_judge,
    .rate = "20/1m",
};

CW_PLUGIN(notify_wecom) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "wecom",
    .help = "a WeCom (企业微信) group robot",
    .self_size = sizeof(struct wecom),
    .option = wecom_options,
    .open = wecom_open,
    .ops.notifier = &wecom_notifier,
};
