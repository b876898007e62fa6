/*
 * notify_dingtalk.c - an alarm as a message of a DingTalk (钉钉) group robot.
 *
 * Signed in the URL: timestamp in ms and base64(HMAC-SHA256(secret, "timestamp\nsecret")),
 * the other way round than Feishu's. Delivered is errcode 0. 20 messages a minute; who sends
 * more is muted for ten minutes (open.dingtalk.com, custom-robot-access).
 */
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"

/* The body's limit is said to be 20 kB, and JSON makes up to six bytes of one. */
#define MAX_TEXT 3000
#define MAX_CONTENT (64u << 10)

struct dingtalk {
    const char *url, *token, *secret, *format;
    const char *const *mention, *const *mention_mobile;
    struct alarm_words words;
};

#define AT(field) offsetof(struct dingtalk, field)

static const struct cw_option dingtalk_options[] = {
    {"token", CW_OPT_SECRET, AT(token), 0, 0, CW_REQUIRED,
     "the robot's access token, behind ?access_token= of its URL", NULL},
    {"secret", CW_OPT_SECRET, AT(secret), 0, 0, CW_OPTIONAL,
     "key of the signature (SEC...); none: the robot checks keyword or address", NULL},
    {"url", CW_OPT_TEXT, AT(url), 0, 0, "https://oapi.dingtalk.com/robot/send",
     "where the robot listens, without the token", NULL},
    {"format", CW_OPT_TEXT, AT(format), 0, 0, "text", "kind of message", "text|markdown"},
    {"mention", CW_OPT_LIST, AT(mention), 0, 0, CW_OPTIONAL,
     "user ids to mention for high alarms; @all: everyone", NULL},
    {"mention_mobile", CW_OPT_LIST, AT(mention_mobile), 0, 0, CW_OPTIONAL,
     "the same by telephone number", NULL},
    ALARM_WORDS_OPTIONS(dingtalk, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t dingtalk_open(void *self, struct cw_error *err)
{
    const struct dingtalk *robot = self;
    int ret = url_check(robot->url, err);
    return ret ? ret : alarm_words_check(&robot->words, err);
}

static int add_signature(const char *secret, int64_t now_ns, struct buf *url)
{
    unsigned char sum[EVP_MAX_MD_SIZE], base64[EVP_MAX_MD_SIZE * 2];
    unsigned int n_sum = 0;
    struct buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%lld\n%s", (long long)(now_ns / NS_PER_MS), secret);
    bool ok = !text.full && HMAC(EVP_sha256(), secret, (int)strlen(secret),
                                 (const unsigned char *)text.p, text.n, sum, &n_sum);
    buf_done(&text);
    if (!ok)
        return -EINVAL;
    int n = EVP_EncodeBlock(base64, sum, (int)n_sum);
    buf_printf(url, "&timestamp=%lld&sign=", (long long)(now_ns / NS_PER_MS));
    url_escape(url, (struct cw_str){(const char *)base64, (size_t)n});
    return 0;
}

/* The numbers of `at` have to be in the text too, or nobody's telephone rings. */
static void add_numbers(const struct dingtalk *robot, const struct cw_alarm *alarm,
                        struct buf *text)
{
    const char *const *number = alarm_text_calls(alarm) ? robot->mention_mobile : NULL;
    for (; number && *number; number++)
        buf_printf(text, " @%s", *number);
}

static void write_text(const struct dingtalk *robot, const struct cw_alarm *alarm,
                       int64_t now_ns, struct json_out *out)
{
    struct buf text, numbers;
    buf_init(&text, MAX_CONTENT);
    buf_init(&numbers, MAX_CONTENT);
    add_numbers(robot, alarm, &numbers);
    alarm_text_message(&robot->words, alarm, now_ns, buf_str(&numbers), &text);
    alarm_text_cut(&text, MAX_TEXT);
    buf_done(&numbers);
    json_member_text(out, "msgtype", CW_STR("text"));
    json_key(out, "text");
    json_object(out);
    json_member_text(out, "content", buf_str(&text));
    json_object_end(out);
    buf_done(&text);
}

static void write_markdown(const struct dingtalk *robot, const struct cw_alarm *alarm,
                           int64_t now_ns, struct json_out *out)
{
    struct buf title, text;
    buf_init(&title, MAX_CONTENT);
    buf_init(&text, MAX_CONTENT);
    alarm_text_title(&robot->words, alarm, &title);
    alarm_text_cut(&title, MAX_TEXT / 2);
    buf_add_text(&text, "### ");
    buf_add_str(&text, buf_str(&title));
    buf_add_text(&text, " \n> ");
    alarm_text_place(alarm, &text);
    buf_add_char(&text, ' ');
    alarm_text_time(&robot->words, alarm, now_ns, &text);
    alarm_text_action(&robot->words, alarm, "\n\n> ", &text);
    add_numbers(robot, alarm, &text);
    if (robot->words.page && robot->words.page[0]) {
        buf_printf(&text, "\n\n[%s](", alarm_words_english(&robot->words) ? "Open" : "处理");
        alarm_text_link(&robot->words, alarm, &text);
        buf_add_char(&text, ')');
    }
    alarm_text_cut(&title, 120);
    alarm_text_cut(&text, MAX_TEXT);
    json_member_text(out, "msgtype", CW_STR("markdown"));
    json_key(out, "markdown");
    json_object(out);
    json_member_text(out, "title", buf_str(&title));
    json_member_text(out, "text", buf_str(&text));
    json_object_end(out);
    buf_done(&title);
    buf_done(&text);
}

static void write_at(const struct dingtalk *robot, const struct cw_alarm *alarm,
                     struct json_out *out)
{
    bool calls = alarm_text_calls(alarm), all = false;
    json_key(out, "at");
    json_object(out);
    json_key(out, "atMobiles");
    json_array(out);
    for (const char *const *n = robot->mention_mobile; calls && n && *n; n++)
        json_text(out, str_of(*n));
    json_array_end(out);
    json_key(out, "atUserIds");
    json_array(out);
    for (const char *const *n = robot->mention; calls && n && *n; n++) {
        if (strcmp(*n, "@all") == 0)
            all = true;
        else
            json_text(out, str_of(*n));
    }
    json_array_end(out);
    json_member_bool(out, "isAtAll", all);
    json_object_end(out);
}

static int32_t dingtalk_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                               struct cw_request *request, struct cw_error *err)
{
    const struct dingtalk *robot = self;
    struct buf url, body;
    struct json_out out;
    int ret = 0;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "%s?access_token=", robot->url);
    url_escape(&url, str_of(robot->token));
    if (robot->secret && robot->secret[0] && add_signature(robot->secret, now_ns, &url) != 0)
        ret = err_set(err, -EINVAL, "the signature's key is too long");
    json_out_init(&out, &body);
    json_object(&out);
    if (str_is(str_of(robot->format), "markdown"))
        write_markdown(robot, alarm, now_ns, &out);
    else
        write_text(robot, alarm, now_ns, &out);
    write_at(robot, alarm, &out);
    json_object_end(&out);
    if (ret == 0)
        ret = request_post(request, "application/json; charset=utf-8", &url, &body, err);
    buf_done(&url);
    buf_done(&body);
    return ret;
}

/* 130101, 410100: too many messages; -1: the other side is busy. 310000 (signature, keyword,
 * address) is a mistake of ours that no retry heals. */
static const int64_t dingtalk_busy[] = {130101, 410100, -1, 0};
static const struct answer_rule dingtalk_answer = {"errcode", NULL, "errmsg", dingtalk_busy};

static uint32_t dingtalk_judge(const void *self, int32_t status, struct cw_str body,
                               struct cw_error *err)
{
    (void)self;
    return answer_by_code(&dingtalk_answer, status, body, err);
}

static const struct cw_notifier dingtalk_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = dingtalk_render,
    .judge = dingtalk_judge,
    .rate = "20/1m",
};

CW_PLUGIN(notify_dingtalk) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "dingtalk",
    .help = "a DingTalk (钉钉) group robot, signed with HMAC-SHA256",
    .self_size = sizeof(struct dingtalk),
    .option = dingtalk_options,
    .open = dingtalk_open,
    .ops.notifier = &dingtalk_notifier,
};
