/*
 * notify_mqtt.c - an alarm back to the place it is about: care-down/v1/SITE/alarm, which the
 * facility may read (light a lamp, ring at the nurse's desk). Told once the broker has
 * acknowledged it; that a person knows, only an acknowledgement of the alarm says.
 */
#include <errno.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_PREFIX 200u

struct down {
    const char *prefix;
};

static const struct cw_option down_options[] = {
    {"prefix", CW_OPT_TEXT, offsetof(struct down, prefix), 0, 0, "care-down/v1",
     "what stands in front of /SITE/alarm", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t down_open(void *self, struct cw_error *err)
{
    const struct down *down = self;
    size_t n = strlen(down->prefix);
    if (n == 0 || n > MAX_PREFIX || strcspn(down->prefix, "+# ") != n ||
        down->prefix[n - 1] == '/')
        return err_set(err, -EINVAL, "prefix \"%.100s\" is no beginning of a topic",
                       down->prefix);
    return 0;
}

static int32_t down_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                           struct cw_request *request, struct cw_error *err)
{
    const struct down *down = self;
    struct buf url, body;
    struct json_out out;
    (void)now_ns;
    if (!id_valid(alarm->site))
        return err_set(err, -EINVAL, "the alarm is of no site, there is nobody to tell");
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    buf_printf(&url, "mqtt:%s/%.*s/alarm", down->prefix, (int)alarm->site.n, alarm->site.p);
    json_out_init(&out, &body);
    json_object(&out);
    json_member_text(&out, "change", alarm->change);
    json_member_time(&out, "at", alarm->changed_ns);
    json_key(&out, "alarm");
    json_raw(&out, alarm->json);
    json_object_end(&out);
    request->method = "PUBLISH";
    int ret = request_url(request, &url);
    ret = ret ? ret : request_body(request, &body);
    buf_done(&url);
    buf_done(&body);
    return ret ? err_set(err, ret, "the alarm does not fit") : 0;
}

static uint32_t down_judge(const void *self, int32_t status, struct cw_str body,
                           struct cw_error *err)
{
    (void)self;
    return answer_by_status(status, body, err);
}

static const struct cw_notifier down_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = down_render,
    .judge = down_judge,
};

CW_PLUGIN(notify_mqtt) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "mqtt",
    .help = "publishes an alarm to the facility it is about",
    .self_size = sizeof(struct down),
    .option = down_options,
    .open = down_open,
    .ops.notifier = &down_notifier,
};
