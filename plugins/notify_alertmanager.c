/*
 * notify_alertmanager.c - an alarm pushed to an Alertmanager (POST /api/v2/alerts).
 *
 * Labels identify, so they never change while the alarm lives and hold no value and no time:
 * the alarm's own id is one of them, so that two alarms of a place are never taken for one.
 * An alarm that holds ends `hold` from now and is sent again every `resend`, one that is over
 * ended when it was cleared. Each member of a cluster is a channel of its own.
 */
#include <errno.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_CONTENT (64u << 10)

struct alertmanager {
    const char *url, *token, *job;
    int64_t hold_ns;
    struct alarm_words words;
};

#define AT(field) offsetof(struct alertmanager, field)

static const struct cw_option alertmanager_options[] = {
    {"url", CW_OPT_TEXT, AT(url), 0, 0, CW_REQUIRED,
     "of one Alertmanager, without /api/v2: http://127.0.0.1:9093", NULL},
    {"token", CW_OPT_SECRET, AT(token), 0, 0, CW_OPTIONAL,
     "bearer token for the Authorization header", NULL},
    {"job", CW_OPT_TEXT, AT(job), 0, 0, "carewatch", "the label job", NULL},
    {"hold", CW_OPT_TIME, AT(hold_ns), 60, 31536000, "7d",
     "how long an alarm that nobody clears stays firing there", NULL},
    ALARM_WORDS_OPTIONS(alertmanager, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t alertmanager_open(void *self, struct cw_error *err)
{
    const struct alertmanager *target = self;
    int ret = url_check(target->url, err);
    return ret ? ret : alarm_words_check(&target->words, err);
}

static void write_labels(const struct alertmanager *target, const struct cw_alarm *alarm,
                         struct json_out *out)
{
    static const char *const severity[] = {
        [CW_PRIORITY_HIGH] = "critical",
        [CW_PRIORITY_MEDIUM] = "warning",
        [CW_PRIORITY_LOW] = "info",
    };
    uint32_t priority =
        alarm->priority >= CW_PRIORITY_HIGH && alarm->priority <= CW_PRIORITY_LOW
            ? alarm->priority
            : CW_PRIORITY_LOW;
    json_key(out, "labels");
    json_object(out);
    json_member_text(out, "alertname", alarm->rule);
    json_member_text(out, "severity", str_of(severity[priority]));
    json_member_opt(out, "category", alarm->category);
    json_member_opt(out, "facility", alarm->site);
    json_member_opt(out, "zone", alarm->district);
    json_member_opt(out, "device", alarm->device);
    json_member_opt(out, "bed", alarm->bed);
    json_member_text(out, "alarm", alarm->id);
    if (alarm->drill)
        json_member_text(out, "drill", CW_STR("true"));
    json_member_text(out, "job", str_of(target->job));
    json_object_end(out);
}

static void write_annotations(const struct alertmanager *target, const struct cw_alarm *alarm,
                              struct json_out *out)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    alarm_text_place(alarm, &text);
    buf_add_char(&text, ' ');
    alarm_text_event_alone(&target->words, alarm, &text);
    json_key(out, "annotations");
    json_object(out);
    json_member_text(out, "summary", buf_str(&text));
    json_object_end(out);
    buf_clear(&text);
    alarm_text_link(&target->words, alarm, &text);
    json_member_opt(out, "generatorURL", buf_str(&text));
    buf_done(&text);
}

static int32_t alertmanager_render(const void *self, const struct cw_alarm *alarm,
                                   int64_t now_ns, struct cw_request *request,
                                   struct cw_error *err)
{
    const struct alertmanager *target = self;
    int64_t ended_ns =
        alarm->changed_ns > alarm->raised_ns ? alarm->changed_ns : alarm->raised_ns;
    struct cw_str base = str_of(target->url);
    struct buf url, body;
    struct json_out out;
    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "%.*s/api/v2/alerts", (int)base.n, base.p);
    json_out_init(&out, &body);
    json_array(&out);
    json_object(&out);
    write_labels(target, alarm, &out);
    write_annotations(target, alarm, &out);
    json_member_time(&out, "startsAt", alarm->raised_ns);
    json_member_time(&out, "endsAt", alarm->active ? now_ns + target->hold_ns : ended_ns);
    json_object_end(&out);
    json_array_end(&out);
    int ret = request_post(request, "application/json", &url, &body, err);
    if (ret == 0 && target->token && target->token[0]) {
        buf_clear(&url);
        buf_printf(&url, "Bearer %s", target->token);
        if (url.full || request_header(request, "Authorization", buf_str(&url)) != 0)
            ret = err_set(err, -E2BIG, "the token does not fit into a header");
    }
    buf_done(&url);
    buf_done(&body);
    return ret;
}

static uint32_t alertmanager_judge(const void *self, int32_t status, struct cw_str body,
                                   struct cw_error *err)
{
    (void)self;
    return answer_by_status(status, body, err);
}

static const struct cw_notifier alertmanager_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = alertmanager_render,
    .judge = alertmanager_judge,
    .resend = "1m", /* it keeps nothing over a restart of its own */
};

CW_PLUGIN(notify_alertmanager) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "alertmanager",
    .help = "pushes alarms to a Prometheus Alertmanager (API v2)",
    .self_size = sizeof(struct alertmanager),
    .option = alertmanager_options,
    .open = alertmanager_open,
    .ops.notifier = &alertmanager_notifier,
};
