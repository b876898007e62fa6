/*
 * notify_email.c - an alarm as a mail through a mail server (SMTP; RFC 5322, 2047, 3834).
 *
 * The mails of one alarm are one thread: the first revision's Message-ID is what the later ones
 * answer to. A mail that is sent twice has the same Message-ID. Header words in Chinese are
 * encoded, the body is base64, so nothing on the way has to know UTF-8.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include <carewatch/plugin.h>

#include "base/alarm_text.h"
#include "base/contact.h"
#include "base/instant.h"
#include "base/request.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_CONTENT (16u << 10)
#define MAX_URL 2000u
#define WORD_BYTES 45u /* as base64 and in its frame at most 75 characters (RFC 2047 2) */
#define LINE_BYTES 57u /* 76 characters of base64 (RFC 2045 6.8) */
#define DAY_S 86400

struct email {
    const char *url, *from, *user, *password, *tls, *subject;
    const char *const *to;
    struct alarm_words words;
};

#define AT(field) offsetof(struct email, field)

static const struct cw_option email_options[] = {
    {"url", CW_OPT_TEXT, AT(url), 0, 0, CW_REQUIRED,
     "the mail server: smtp://HOST:587, or smtps://HOST:465", NULL},
    {"from", CW_OPT_TEXT, AT(from), 0, 0, CW_REQUIRED,
     "the sender's address; also the domain of Message-IDs", NULL},
    {"to", CW_OPT_LIST, AT(to), 0, 0, CW_OPTIONAL,
     "receivers of what goes to nobody on duty, or to one whose mail address is not known",
     NULL},
    {"user", CW_OPT_TEXT, AT(user), 0, 0, CW_OPTIONAL,
     "name to sign in with; none: without signing in", NULL},
    {"password", CW_OPT_SECRET, AT(password), 0, 0, CW_OPTIONAL, "its password", NULL},
    {"tls", CW_OPT_TEXT, AT(tls), 0, 0, "required",
     "STARTTLS with smtp://; no is for a server on this machine", "required|try|no"},
    {"subject", CW_OPT_TEXT, AT(subject), 0, 0, CW_OPTIONAL, "words in front of each subject",
     NULL},
    ALARM_WORDS_OPTIONS(email, words),
    {NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};

static int32_t email_open(void *self, struct cw_error *err)
{
    const struct email *mail = self;
    struct cw_str url = str_of(mail->url);
    if ((!str_starts(url, "smtp://") && !str_starts(url, "smtps://")) || url.n > MAX_URL ||
        strcspn(mail->url, " \t\r\n") != url.n)
        return err_set(err, -EINVAL, "url \"%.150s\" is not smtp://HOST or smtps://HOST",
                       mail->url);
    if (!contact_is_email(str_of(mail->from)))
        return err_set(err, -EINVAL, "from \"%.150s\" is not an address such as a@b.cn",
                       mail->from);
    for (const char *const *to = mail->to; to && *to; to++) {
        if (!contact_is_email(str_of(*to)))
            return err_set(err, -EINVAL, "to \"%.150s\" is not an address such as a@b.cn", *to);
    }
    if (mail->user && strchr(mail->user, ' '))
        return err_set(err, -EINVAL, "user \"%.100s\" contains a space", mail->user);
    return alarm_words_check(&mail->words, err);
}

static void add_base64(struct buf *out, struct cw_str text)
{
    unsigned char room[4 * LINE_BYTES / 3 + 8];
    int n = EVP_EncodeBlock(room, (const unsigned char *)text.p, (int)text.n);
    buf_add(out, room, (size_t)n);
}

/* As encoded words, cut at characters. */
static void add_words(struct buf *out, struct cw_str text)
{
    for (bool first = true; text.n > 0; first = false) {
        size_t n = utf8_cut(text, WORD_BYTES);
        n = n ? n : text.n < WORD_BYTES ? text.n : WORD_BYTES;
        buf_add_text(out, first ? "=?UTF-8?B?" : " =?UTF-8?B?");
        add_base64(out, (struct cw_str){text.p, n});
        buf_add_text(out, "?=");
        text = (struct cw_str){text.p + n, text.n - n};
    }
}

/* "Tue, 14 Nov 2023 22:13:20 +0000" */
static void add_date(struct buf *out, int64_t now_ns)
{
    static const char day[] = "ThuFriSatSunMonTueWed", month[] = "JanFebMarAprMayJunJulAugSep"
                                                                 "OctNovDec";
    int64_t s = now_ns / NS_PER_S, days = s / DAY_S;
    int year, m, d;
    instant_date(days, &year, &m, &d);
    s -= days * DAY_S;
    buf_printf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000", day + days % 7 * 3, d,
               month + (m - 1) * 3, year, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static void add_message_id(const struct email *mail, const struct cw_alarm *alarm, uint32_t rev,
                           struct buf *out)
{
    buf_printf(out, "<%.*s.%u@%s>", (int)alarm->id.n, alarm->id.p, rev,
               strchr(mail->from, '@') + 1);
}

/* A header from what is in `value`, which is empty again. */
static int header(struct cw_request *request, const char *name, struct buf *value)
{
    int ret = value->full ? -E2BIG : request_header(request, name, buf_str(value));
    buf_clear(value);
    return ret;
}

static int write_server(const struct email *mail, struct cw_request *request, struct buf *value)
{
    int ret = request_header(request, "X-Server-Tls", str_of(mail->tls));
    if (ret || !mail->user || !mail->user[0])
        return ret;
    buf_printf(value, "%s %s", mail->user, mail->password ? mail->password : "");
    return header(request, "X-Server-Login", value);
}

static int write_addresses(const struct email *mail, const struct cw_alarm *alarm,
                           struct cw_request *request, struct buf *value)
{
    int ret = request_header(request, "From", str_of(mail->from));
    if (alarm->address.n > 0)
        buf_add_str(value, alarm->address);
    for (const char *const *to = value->n ? NULL : mail->to; to && *to; to++)
        buf_printf(value, "%s%s", value->n ? ", " : "", *to);
    return ret ? ret : header(request, "To", value);
}

static int write_thread(const struct email *mail, const struct cw_alarm *alarm, int64_t now_ns,
                        struct cw_request *request, struct buf *value)
{
    add_date(value, now_ns);
    int ret = header(request, "Date", value);
    add_message_id(mail, alarm, alarm->rev, value);
    ret = ret ? ret : header(request, "Message-ID", value);
    if (ret || alarm->rev <= 1)
        return ret;
    add_message_id(mail, alarm, 1, value);
    ret = header(request, "In-Reply-To", value);
    add_message_id(mail, alarm, 1, value);
    return ret ? ret : header(request, "References", value);
}

static int write_subject(const struct email *mail, const struct cw_alarm *alarm, int64_t now_ns,
                         struct cw_request *request, struct buf *value)
{
    struct buf text;
    buf_init(&text, MAX_CONTENT);
    if (mail->subject && mail->subject[0])
        buf_printf(&text, "%s ", mail->subject);
    alarm_text_line(&mail->words, alarm, now_ns, &text);
    alarm_text_cut(&text, 400);
    add_words(value, buf_str(&text));
    buf_done(&text);
    int ret = header(request, "Subject", value);
    if (ret == 0 && alarm->priority == CW_PRIORITY_HIGH)
        ret = request_header(request, "X-Priority", CW_STR("1"));
    ret = ret ? ret : request_header(request, "Auto-Submitted", CW_STR("auto-generated"));
    return ret;
}

/* What a person reads, in lines of base64. */
static void write_text(const struct email *mail, const struct cw_alarm *alarm, int64_t now_ns,
                       struct buf *body)
{
    struct buf text;
    bool english = alarm_words_english(&mail->words);
    buf_init(&text, MAX_CONTENT);
    alarm_text_line(&mail->words, alarm, now_ns, &text);
    alarm_text_action(&mail->words, alarm, "\r\n\r\n", &text);
    buf_printf(&text, "\r\n\r\n%s: ", english ? "Place" : "地点");
    alarm_text_place(alarm, &text);
    buf_printf(&text, "\r\n%s: ", english ? "Time" : "时间");
    alarm_text_time(&mail->words, alarm, now_ns, &text);
    buf_printf(&text, "\r\n%s: %.*s\r\n", english ? "Alarm" : "报警编号", (int)alarm->id.n,
               alarm->id.p);
    alarm_text_link(&mail->words, alarm, &text);
    buf_add_text(&text, "\r\n");
    struct cw_str rest = buf_str(&text);
    while (rest.n > 0) {
        size_t n = rest.n < LINE_BYTES ? rest.n : LINE_BYTES;
        add_base64(body, (struct cw_str){rest.p, n});
        buf_add_text(body, "\r\n");
        rest = (struct cw_str){rest.p + n, rest.n - n};
    }
    buf_done(&text);
}

static int32_t email_render(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                            struct cw_request *request, struct cw_error *err)
{
    const struct email *mail = self;
    struct buf value, body, url;
    if (alarm->address.n == 0 && (!mail->to || !*mail->to))
        return nobody_to_tell("mail address", "to", alarm, err);
    if (alarm->address.n > 0 && !contact_is_email(alarm->address))
        return err_set(err, -EINVAL, "the mail address of %.*s is none", (int)alarm->to.n,
                       alarm->to.p);
    buf_init(&value, request->max_text);
    buf_init(&body, request->max_body);
    buf_init(&url, request->max_text);
    buf_add_text(&url, mail->url);
    write_text(mail, alarm, now_ns, &body);
    request->method = "MAIL";
    int ret = request_url(request, &url);
    ret = ret ? ret : write_server(mail, request, &value);
    ret = ret ? ret : write_addresses(mail, alarm, request, &value);
    ret = ret ? ret : write_thread(mail, alarm, now_ns, request, &value);
    ret = ret ? ret : write_subject(mail, alarm, now_ns, request, &value);
    ret = ret ? ret : request_header(request, "MIME-Version", CW_STR("1.0"));
    ret = ret ? ret
              : request_header(request, "Content-Type", CW_STR("text/plain; charset=utf-8"));
    ret = ret ? ret : request_header(request, "Content-Transfer-Encoding", CW_STR("base64"));
    ret = ret ? ret : request_body(request, &body);
    buf_done(&value);
    buf_done(&body);
    buf_done(&url);
    return ret ? err_set(err, ret, "the mail does not fit") : 0;
}

/* 2xx: the server has it. 4xx: later. 5xx is final, but for what is about us and not about this
 * mail: signing in (530, 534, 535). */
static uint32_t email_judge(const void *self, int32_t status, struct cw_str body,
                            struct cw_error *err)
{
    (void)self;
    (void)body;
    if (status >= 200 && status < 300)
        return CW_DONE;
    if (status == 0) {
        (void)err_set(err, 0, "no answer");
        return CW_RETRY;
    }
    (void)err_set(err, 0, "the mail server answered %d", (int)status);
    bool ours = status == 530 || status == 534 || status == 535;
    return status < 500 || ours ? CW_RETRY : CW_REJECTED;
}

static uint32_t email_address(const void *self)
{
    (void)self;
    return CW_ADDRESS_EMAIL;
}

static const struct cw_notifier email_notifier = {
    .size = sizeof(struct cw_notifier),
    .render = email_render,
    .judge = email_judge,
    .rate = "60/1m",
    .address = email_address,
};

CW_PLUGIN(notify_email) = {
    .abi = CW_ABI,
    .kind = CW_NOTIFIER,
    .name = "email",
    .help = "mails through a mail server, a thread for each alarm",
    .self_size = sizeof(struct email),
    .option = email_options,
    .open = email_open,
    .ops.notifier = &email_notifier,
};
