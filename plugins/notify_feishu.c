/*
 * notify_feishu.c - an alarm as a message of a Feishu (飞书) group robot.
 *
 * Signed in the body: timestamp in s and base64(HMAC-SHA256("timestamp\nsecret", "")), the
 * other way round than DingTalk's. Delivered is code 0. 100 messages a minute and 5 a second;
 * body up to 20 KB (open.feishu.cn, custom bot guide).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"

/* JSON makes up to six bytes of one. */
#define MAX_TEXT 3000
#define MAX_CONTENT (64u << 10)

struct feishu {
    const char *url, *hook, *secret, *format;
    const char *const *mention;
    struct alarm_words words;
};

#define AT(field) offsetof(struct feishu, field)

static const struct cw_option feishu_options[] = {
    {"hook", CW_OPT_SECRET, AT(hook), 0, 0, CW_REQUIRED,
     "the robot's id, the last part of its URL", NULL},
    {"secret", CW_OPT_SECRET, AT(secret), 0, 0, CW_OPTIONAL,
     "key of the signature; none: the robot checks keyword or address", NULL},
    {"url", CW_OPT_TEXT, AT(url), 0, 0, "https://open.feishu.cn/open-apis/bot/v2/hook",
     "where the robots listen, without the last part", NULL},
    {"format", CW_OPT_TEXT, AT(format), 0, 0, "text", "kind of message", "text|card"},
    {"mention", CW_OPT_LIST, AT(mention), 0, 0, CW_OPTIONAL,
     "open ids to mention for high alarms; all: everyone", NULL},
    ALARM_WORDS_OPTIONS(feishu, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t feishu_open(void *self, struct cw_error *err)
{
    const struct feishu *robot = self;
    int ret = url_check(robot->url, err);
    for (const char *const *id = robot->mention; ret == 0 && id && *id; id++) {
        if (!id_valid(str_of(*id)))
            ret = err_set(err, -EINVAL, "mention \"%.64s\" is no open id", *id);
    }
    return ret ? ret : alarm_words_check(&robot->words, err);
}

static int write_signature(const char *secret, int64_t now_ns, struct json_out *out)
{
    unsigned char sum[EVP_MAX_MD_SIZE], base64[EVP_MAX_MD_SIZE * 2];
    unsigned int n_sum = 0;
    char seconds[24];
    struct buf key;
    buf_init(&key, 1024);
    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)(now_ns / NS_PER_S));
    buf_printf(&key, "%s\n%s", seconds, secret);
    bool ok = !key.full &&
              HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)"", 0, sum, &n_sum);
    buf_done(&key);
    if (!ok)
        return -EINVAL;
    int n = EVP_EncodeBlock(base64, sum, (int)n_sum);
    json_member_text(out, "timestamp", str_of(seconds));
    json_member_text(out, "sign", (struct cw_str){(const char *)base64, (size_t)n});
    return 0;
}

static void add_mentions(const struct feishu *robot, const struct cw_alarm *alarm,
                         const char *form, struct buf *text)
{
    const char *const *id = alarm_text_calls(alarm) ? robot->mention : NULL;
    for (; id && *id; id++) {
        buf_add_text(text, "<at ");
        buf_add_text(text, form);
        bool all = strcmp(*id, "all") == 0;
        const char *everyone = alarm_words_english(&robot->words) ? "everyone" : "所有人";
        buf_printf(text, "=\"%s\">%s</at> ", *id, all ? everyone : "");
    }
}

static void write_text(const struct feishu *robot, const struct cw_alarm *alarm, int64_t now_ns,
                       struct json_out *out)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    add_mentions(robot, alarm, "user_id", &text);
    alarm_text_message(&robot->words, alarm, now_ns, CW_STR(""), &text);
    alarm_text_cut(&text, MAX_TEXT);
    json_member_text(out, "msg_type", CW_STR("text"));
    json_key(out, "content");
    json_object(out);
    json_member_text(out, "text", buf_str(&text));
    json_object_end(out);
    buf_done(&text);
}

/* {"tag":TAG,"content":TEXT} */
static void write_tagged(struct json_out *out, const char *key, const char *tag,
                         struct cw_str text)
{
    json_key(out, key);
    json_object(out);
    json_member_text(out, "tag", str_of(tag));
    json_member_text(out, "content", text);
    json_object_end(out);
}

static void write_header(const struct feishu *robot, const struct cw_alarm *alarm,
                         struct json_out *out)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    alarm_text_title(&robot->words, alarm, &text);
    alarm_text_cut(&text, MAX_TEXT / 2);
    const char *colour = !alarm->active                          ? "green"
                         : alarm->priority == CW_PRIORITY_HIGH   ? "red"
                         : alarm->priority == CW_PRIORITY_MEDIUM ? "orange"
                                                                 : "blue";
    json_key(out, "header");
    json_object(out);
    json_member_text(out, "template", str_of(colour));
    write_tagged(out, "title", "plain_text", buf_str(&text));
    json_object_end(out);
    buf_done(&text);
}

static void write_button(const struct feishu *robot, const struct cw_alarm *alarm,
                         struct json_out *out)
{
    struct buf link;
    buf_init(&link, MAX_CONTENT);
    alarm_text_link(&robot->words, alarm, &link);
    json_object(out);
    json_member_text(out, "tag", CW_STR("action"));
    json_key(out, "actions");
    json_array(out);
    json_object(out);
    json_member_text(out, "tag", CW_STR("button"));
    write_tagged(out, "text", "plain_text",
                 str_of(alarm_words_english(&robot->words) ? "Open" : "处理"));
    json_member_text(out, "type", CW_STR("primary"));
    json_member_text(out, "url", buf_str(&link));
    json_object_end(out);
    json_array_end(out);
    json_object_end(out);
    buf_done(&link);
}

static void write_card(const struct feishu *robot, const struct cw_alarm *alarm, int64_t now_ns,
                       struct json_out *out)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    add_mentions(robot, alarm, "id", &text);
    buf_add_text(&text, "**");
    alarm_text_place(alarm, &text);
    buf_add_text(&text, "** ");
    alarm_text_time(&robot->words, alarm, now_ns, &text);
    alarm_text_action(&robot->words, alarm, "\n", &text);
    alarm_text_cut(&text, MAX_TEXT / 2);
    json_member_text(out, "msg_type", CW_STR("interactive"));
    json_key(out, "card");
    json_object(out);
    write_header(robot, alarm, out);
    json_key(out, "elements");
    json_array(out);
    json_object(out);
    json_member_text(out, "tag", CW_STR("div"));
    write_tagged(out, "text", "lark_md", buf_str(&text));
    json_object_end(out);
    if (robot->words.page && robot->words.page[0])
        write_button(robot, alarm, out);
    json_array_end(out);
    json_object_end(out);
    buf_done(&text);
}

static int32_t feishu_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                             struct cw_request *request, struct cw_error *err)
{
    const struct feishu *robot = self;
    struct buf url, body;
    struct json_out out;
    int ret = 0;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "%s/", robot->url);
    url_escape(&url, str_of(robot->hook));
    json_out_init(&out, &body);
    json_object(&out);
    if (robot->secret && robot->secret[0] && write_signature(robot->secret, now_ns, &out) != 0)
        ret = err_set(err, -EINVAL, "the signature's key is too long");
    if (str_is(str_of(robot->format), "card"))
        write_card(robot, alarm, now_ns, &out);
    else
        write_text(robot, alarm, now_ns, &out);
    json_object_end(&out);
    if (ret == 0)
        ret = request_post(request, "application/json; charset=utf-8", &url, &body, err);
    buf_done(&url);
    buf_done(&body);
    return ret;
}

/* 11232, 99991400: too many messages. 19021, 19022, 19024 (signature, address, keyword) and
 * 9499 (body) are mistakes of ours that no retry heals. */
static const int64_t feishu_busy[] = {11232, 99991400, 0};
static const struct answer_rule feishu_answer = {"code", "StatusCode", "msg", feishu_busy};

static uint32_t feishu_judge(const void *self, int32_t status, struct cw_str body,
                             struct cw_error *err)
{
    (void)self;
    return answer_by_code(&feishu_answer, status, body, err);
}

static const struct cw_notifier feishu_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = feishu_render,
    .judge = feishu_judge,
    .rate = "100/1m",
};

CW_PLUGIN(notify_feishu) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "feishu",
    .help = "a Feishu (飞书) group robot, signed with HMAC-SHA256",
    .self_size = sizeof(struct feishu),
    .option = feishu_options,
    .open = feishu_open,
    .ops.notifier = &feishu_notifier,
};
