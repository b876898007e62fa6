/*
 * notify_sms.c - an alarm to a gateway for short messages, each of which is different: URL,
 * headers and body are templates.
 *
 *   body = "{\"to\":\"{{phone}}\",\"vars\":{\"fac\":\"{{site}}\",\"ev\":\"{{text}}\"}}"
 *
 * A value is escaped for where it stands: percent escapes in the URL, and what `escape` says
 * in the body. The gateway took it when the status is 2xx and the answer contains `ok_body`.
 */
#include <errno.h>
#include <string.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/json_out.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_VALUE (64u << 10)
#define MAX_TOLD 120

struct sms {
    const char *url, *method, *content_type, *body, *escape, *phone, *secret, *ok_body;
    const char *const *headers, *const *busy_body;
    int64_t max_text;
    struct alarm_words words;
};

#define AT(field) offsetof(struct sms, field)

static const struct cw_option sms_options[] = {
    {"url", CW_OPT_TEXT, AT(url), 0, 0, CW_REQUIRED,
     "of the gateway; a template with {{text}} {{line}} {{action}} {{site}} {{bed}} "
     "{{device}} {{priority}} {{time}} {{id}} {{phone}} {{secret}}",
     NULL},
    {"method", CW_OPT_TEXT, AT(method), 0, 0, "POST", "of the request", "POST|PUT|GET"},
    {"headers", CW_OPT_LIST, AT(headers), 0, 0, CW_OPTIONAL,
     "further headers \"Name: value\", templates too", NULL},
    {"content_type", CW_OPT_TEXT, AT(content_type), 0, 0, "application/json; charset=utf-8",
     "the header Content-Type", NULL},
    {"body", CW_OPT_TEXT, AT(body), 0, 0, CW_OPTIONAL, "of the request; a template", NULL},
    {"escape", CW_OPT_TEXT, AT(escape), 0, 0, "json",
     "how values are written in the body: inside a JSON string, percent escapes, as they are",
     "json|form|none"},
    {"phone", CW_OPT_TEXT, AT(phone), 0, 0, CW_OPTIONAL,
     "{{phone}} when it goes to nobody on duty, or to one whose number is not known", NULL},
    {"secret", CW_OPT_SECRET, AT(secret), 0, 0, CW_OPTIONAL, "{{secret}}: the gateway's key",
     NULL},
    {"max_text", CW_OPT_INT, AT(max_text), 1, 2000, "210",
     "{{text}}, {{line}} and {{action}} are cut to so many bytes (a Chinese character has 3)",
     NULL},
    {"ok_body", CW_OPT_TEXT, AT(ok_body), 0, 0, CW_OPTIONAL,
     "text of a good answer, such as \"Code\":\"OK\"; left out: any 2xx is good", NULL},
    {"busy_body", CW_OPT_LIST, AT(busy_body), 0, 0, CW_OPTIONAL,
     "texts of answers after which it is tried again", NULL},
    ALARM_WORDS_OPTIONS(sms, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

/* What there is to fill in. */
struct fill {
    const struct sms *sms;
    const struct cw_alarm *alarm;
    int64_t now_ns;
};

typedef void (*write_fn)(const struct fill *fill, struct buf *out);

static void write_text(const struct fill *fill, struct buf *out)
{
    alarm_text_event_alone(&fill->sms->words, fill->alarm, out);
    alarm_text_cut(out, (size_t)fill->sms->max_text);
}

static void write_line(const struct fill *fill, struct buf *out)
{
    alarm_text_line(&fill->sms->words, fill->alarm, fill->now_ns, out);
    alarm_text_cut(out, (size_t)fill->sms->max_text);
}

/* With a blank before it, so that "{{text}}{{action}}" reads well with and without. */
static void write_action(const struct fill *fill, struct buf *out)
{
    alarm_text_action(&fill->sms->words, fill->alarm, " ", out);
    alarm_text_cut(out, (size_t)fill->sms->max_text);
}

static void write_site(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, fill->alarm->site);
}

static void write_bed(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, fill->alarm->bed);
}

static void write_device(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, fill->alarm->device);
}

static void write_priority(const struct fill *fill, struct buf *out)
{
    alarm_text_grade(&fill->sms->words, fill->alarm, out);
}

static void write_time(const struct fill *fill, struct buf *out)
{
    alarm_text_time(&fill->sms->words, fill->alarm, fill->now_ns, out);
}

static void write_id(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, fill->alarm->id);
}

/* Of the person on duty, else the channel's own. */
static struct cw_str number_of(const struct fill *fill)
{
    return fill->alarm->address.n > 0 ? fill->alarm->address : str_of(fill->sms->phone);
}

static void write_phone(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, number_of(fill));
}

static void write_secret(const struct fill *fill, struct buf *out)
{
    buf_add_str(out, str_of(fill->sms->secret));
}

static const struct placeholder {
    const char *name;
    write_fn write;
} placeholders[] = {
    {"text", write_text},     {"line", write_line},         {"site", write_site},
    {"bed", write_bed},       {"device", write_device},     {"time", write_time},
    {"id", write_id},         {"priority", write_priority}, {"phone", write_phone},
    {"secret", write_secret}, {"action", write_action},
};

static const struct placeholder *placeholder_find(struct cw_str name)
{
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        if (str_is(name, placeholders[i].name))
            return &placeholders[i];
    }
    return NULL;
}

/* Cuts the text before the next {{name}} off *rest; false when there is none and *before is
 * all that was left. */
static bool next_placeholder(struct cw_str *rest, struct cw_str *before, struct cw_str *name)
{
    const char *open = rest->n ? memmem(rest->p, rest->n, "{{", 2) : NULL;
    size_t behind = open ? rest->n - (size_t)(open - rest->p) : 0;
    const char *close = open ? memmem(open, behind, "}}", 2) : NULL;
    *before = *rest;
    if (!close)
        return false;
    before->n = (size_t)(open - rest->p);
    *name = (struct cw_str){open + 2, (size_t)(close - open) - 2};
    rest->n -= (size_t)(close - rest->p) + 2;
    rest->p = close + 2;
    return true;
}

static int template_check(const char *what, const char *template, struct cw_error *err)
{
    struct cw_str rest = str_of(template), before, name;
    while (next_placeholder(&rest, &before, &name)) {
        if (!placeholder_find(name))
            return err_set(err, -EINVAL,
                           "%s has {{%.*s}}; there are text, line, site, bed, device, "
                           "priority, time, id, phone, secret, action",
                           what, (int)utf8_cut(name, 40), name.p);
    }
    return 0;
}

static bool template_has(const char *template, const char *wanted)
{
    struct cw_str rest = str_of(template), before, name;
    while (next_placeholder(&rest, &before, &name)) {
        if (str_is(name, wanted))
            return true;
    }
    return false;
}

static bool asks_for_number(const struct sms *sms)
{
    bool asks = template_has(sms->url, "phone") || template_has(sms->body, "phone");
    for (const char *const *header = sms->headers; !asks && header && *header; header++)
        asks = template_has(*header, "phone");
    return asks;
}

static uint32_t sms_address(const void *self)
{
    return asks_for_number(self) ? CW_ADDRESS_PHONE : CW_ADDRESS_NONE;
}

static int32_t sms_open(void *self, struct cw_error *err)
{
    const struct sms *sms = self;
    int ret = url_check(sms->url, err);
    ret = ret ? ret : template_check("url", sms->url, err);
    ret = ret ? ret : template_check("body", sms->body, err);
    for (const char *const *header = sms->headers; ret == 0 && header && *header; header++) {
        ret = template_check("headers", *header, err);
        if (ret == 0 && !strchr(*header, ':'))
            ret =
                err_set(err, -EINVAL, "header \"%.60s\" is not like \"Name: value\"", *header);
    }
    return ret ? ret : alarm_words_check(&sms->words, err);
}

enum escape { ESCAPE_NONE, ESCAPE_JSON, ESCAPE_FORM };

static void add_escaped(struct buf *out, struct cw_str value, enum escape escape)
{
    if (escape == ESCAPE_NONE) {
        buf_add_str(out, value);
    } else if (escape == ESCAPE_FORM) {
        url_escape(out, value);
    } else {
        struct buf quoted;
        struct json_out json;
        buf_init(&quoted, MAX_VALUE);
        json_out_init(&json, &quoted);
        json_text(&json, value);
        if (quoted.n >= 2)
            buf_add(out, quoted.p + 1, quoted.n - 2);
        buf_done(&quoted);
    }
}

static void expand(const struct fill *fill, const char *template, enum escape escape,
                   struct buf *out)
{
    struct cw_str rest = str_of(template), before, name;
    struct buf value;
    buf_init(&value, MAX_VALUE);
    while (next_placeholder(&rest, &before, &name)) {
        const struct placeholder *placeholder = placeholder_find(name);
        buf_add_str(out, before);
        buf_clear(&value);
        if (placeholder)
            placeholder->write(fill, &value);
        add_escaped(out, buf_str(&value), escape);
    }
    buf_add_str(out, before);
    buf_done(&value);
}

static int add_headers(const struct fill *fill, struct cw_request *request)
{
    int ret = 0;
    struct buf line;
    buf_init(&line, request->max_text);
    for (const char *const *header = fill->sms->headers; ret == 0 && header && *header;
         header++) {
        buf_clear(&line);
        expand(fill, *header, ESCAPE_NONE, &line);
        char *text = line.full ? NULL : line.p;
        char *colon = text ? memchr(text, ':', line.n) : NULL;
        if (!colon) {
            ret = -E2BIG;
            break;
        }
        *colon = '\0';
        size_t at = (size_t)(colon - text) + 1;
        while (at < line.n && text[at] == ' ')
            at++;
        ret = request_header(request, text, (struct cw_str){text + at, line.n - at});
    }
    buf_done(&line);
    return ret;
}

static int32_t sms_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                          struct cw_request *request, struct cw_error *err)
{
    const struct sms *sms = self;
    struct fill fill = {sms, alarm, now_ns};
    struct cw_str escape = str_of(sms->escape);
    struct buf url, body;
    if (number_of(&fill).n == 0 && asks_for_number(sms))
        return nobody_to_tell("telephone number", "phone", alarm, err);
    buf_init(&url, request->max_text);
    buf_init(&body, request->max_body);
    expand(&fill, sms->url, ESCAPE_FORM, &url);
    expand(&fill, sms->body,
           str_is(escape, "form")   ? ESCAPE_FORM
           : str_is(escape, "none") ? ESCAPE_NONE
                                    : ESCAPE_JSON,
           &body);
    int ret = request_post(request, sms->content_type, &url, &body, err);
    request->method = sms->method;
    if (ret == 0 && add_headers(&fill, request) != 0)
        ret = err_set(err, -E2BIG, "the request's headers do not fit, or have a line end");
    buf_done(&url);
    buf_done(&body);
    return ret;
}

static bool contains(struct cw_str body, const char *text)
{
    return body.n && memmem(body.p, body.n, text, strlen(text));
}

static uint32_t sms_judge(const void *self, int32_t status, struct cw_str body,
                          struct cw_error *err)
{
    const struct sms *sms = self;
    uint32_t outcome = answer_by_status(status, body, err);
    for (const char *const *text = sms->busy_body; text && *text; text++) {
        if (!contains(body, *text))
            continue;
        (void)err_set(err, 0, "answered %d: %.60s", (int)status, *text);
        return CW_RETRY;
    }
    if (outcome != CW_DONE || !sms->ok_body || !sms->ok_body[0] || contains(body, sms->ok_body))
        return outcome;
    /* Again would be paid for again, if it was sent after all. */
    (void)err_set(err, 0, "answered %d without %.40s: %.*s", (int)status, sms->ok_body,
                  (int)utf8_cut(body, MAX_TOLD), body.n ? body.p : "");
    return CW_REJECTED;
}

static const struct cw_notifier sms_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = sms_render,
    .judge = sms_judge,
    .address = sms_address,
};

CW_PLUGIN(notify_sms) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "sms",
    .help = "a gateway for short messages, by templates",
    .self_size = sizeof(struct sms),
    .option = sms_options,
    .open = sms_open,
    .ops.notifier = &sms_notifier,
};
