/*
 * notify_webhook.c - an alarm as a CloudEvents 1.0 HTTP request, signed.
 *
 * `source` and `id` (alarm:revision) identify the event, so that a receiver that sees it twice
 * knows it. Signature: X-Carewatch-Signature: t=SECONDS,v1=hex(HMAC-SHA256(secret, t.body)).
 * 2xx is done; 408, 425, 429, 5xx and no answer are tried again; anything else is final.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <carewatch/plugin.h>

#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"

struct webhook {
    const char *url, *secret, *token, *source;
};

static const struct cw_option webhook_options[] = {
    {"url", CW_OPT_TEXT, offsetof(struct webhook, url), 0, 0, CW_REQUIRED,
     "where to POST, http:// or https://", NULL},
    {"secret", CW_OPT_SECRET, offsetof(struct webhook, secret), 0, 0, CW_OPTIONAL,
     "key of the HMAC-SHA256 signature; none: unsigned", NULL},
    {"token", CW_OPT_SECRET, offsetof(struct webhook, token), 0, 0, CW_OPTIONAL,
     "bearer token for the Authorization header", NULL},
    {"source", CW_OPT_TEXT, offsetof(struct webhook, source), 0, 0, "/carewatch",
     "the CloudEvents source: names this installation", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t webhook_open(void *self, struct cw_error *err)
{
    const struct webhook *hook = self;
    return url_check(hook->url, err);
}

static void write_event(const struct webhook *hook, const struct cw_alarm *alarm,
                        struct buf *body)
{
    struct json_out out;
    char text[200];
    json_out_init(&out, body);
    json_object(&out);
    json_member_text(&out, "specversion", CW_STR("1.0"));
    (void)snprintf(text, sizeof(text), "%.*s:%u", (int)alarm->id.n, alarm->id.p, alarm->rev);
    json_member_text(&out, "id", str_of(text));
    json_member_text(&out, "source", str_of(hook->source));
    (void)snprintf(text, sizeof(text), "cn.carewatch.alarm.%.*s.v1", (int)alarm->change.n,
                   alarm->change.p);
    json_member_text(&out, "type", str_of(text));
    (void)snprintf(text, sizeof(text), "site/%.*s%s%.*s", (int)alarm->site.n, alarm->site.p,
                   alarm->device.n ? "/" : "", (int)alarm->device.n, alarm->device.p);
    json_member_text(&out, "subject", str_of(text));
    json_member_time(&out, "time", alarm->changed_ns);
    json_member_text(&out, "datacontenttype", CW_STR("application/json"));
    json_key(&out, "data");
    json_raw(&out, alarm->json);
    json_object_end(&out);
}

static int add_signature(const struct webhook *hook, int64_t now_ns, struct cw_request *request)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int n_sum = 0;
    char value[128];
    struct buf text;
    buf_init(&text, request->n_body + 32);
    buf_printf(&text, "%lld.", (long long)(now_ns / NS_PER_S));
    buf_add(&text, request->body, request->n_body);
    const unsigned char *p = (const unsigned char *)text.p;
    bool ok = HMAC(EVP_sha256(), hook->secret, (int)strlen(hook->secret), p, text.n, sum,
                   &n_sum) != NULL;
    buf_done(&text);
    if (!ok)
        return -EIO;
    int at = snprintf(value, sizeof(value), "t=%lld,v1=", (long long)(now_ns / NS_PER_S));
    for (unsigned int i = 0; i < n_sum; i++)
        at += snprintf(value + at, sizeof(value) - (size_t)at, "%02x", sum[i]);
    return request_header(request, "X-Carewatch-Signature", str_of(value));
}

static int32_t webhook_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                              struct cw_request *request, struct cw_error *err)
{
    const struct webhook *hook = self;
    struct buf url, body;
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_add_text(&url, hook->url);
    write_event(hook, alarm, &body);
    int ret =
        request_post(request, "application/cloudevents+json; charset=utf-8", &url, &body, err);
    buf_done(&url);
    buf_done(&body);
    if (ret)
        return ret;
    if (hook->token && hook->token[0]) {
        char value[600];
        (void)snprintf(value, sizeof(value), "Bearer %s", hook->token);
        ret = request_header(request, "Authorization", str_of(value));
    }
    if (ret == 0 && hook->secret && hook->secret[0])
        ret = add_signature(hook, now_ns, request);
    return ret ? err_set(err, ret, "the request's headers do not fit") : 0;
}

static uint32_t webhook_judge(const void *self, int32_t status, struct cw_str body,
                              struct cw_error *err)
{
    (void)self;
    return answer_by_status(status, body, err);
}

static const struct cw_notifier webhook_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = webhook_render,
    .judge = webhook_judge,
};

CW_PLUGIN(notify_webhook) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "webhook",
    .help = "POSTs alarms as CloudEvents, signed with HMAC-SHA256",
    .self_size = sizeof(struct webhook),
    .option = webhook_options,
    .open = webhook_open,
    .ops.notifier = &webhook_notifier,
};
