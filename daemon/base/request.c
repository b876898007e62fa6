/*
 * request.c - bounded copies, and one table of statuses for all notifiers.
 */
#include "base/request.h"

#include <errno.h>
#include <string.h>

#include "base/json_find.h"
#include "base/str.h"

#define MAX_URL 2000
#define MAX_TOLD 120

/* n bytes of the text's room with a NUL behind them, or NULL. */
static char *text_room(struct cw_request *request, size_t n)
{
    if (n >= request->max_text - request->n_text)
        return NULL;
    char *at = request->text + request->n_text;
    request->n_text += n + 1;
    at[n] = '\0';
    return at;
}

int request_url(struct cw_request *request, const struct buf *url)
{
    char *at = url->full || url->n > MAX_URL ? NULL : text_room(request, url->n);
    if (!at)
        return -E2BIG;
    memcpy(at, buf_str(url).p, url->n);
    request->url = at;
    return 0;
}

int request_header(struct cw_request *request, const char *name, struct cw_str value)
{
    size_t n_name = strlen(name);
    for (size_t i = 0; i < value.n; i++) {
        if ((unsigned char)value.p[i] < 0x20)
            return -EINVAL;
    }
    if (request->n_headers == CW_MAX_HEADERS)
        return -E2BIG;
    char *at = text_room(request, n_name + 2 + value.n);
    if (!at)
        return -E2BIG;
    memcpy(at, name, n_name);
    memcpy(at + n_name, ": ", 2);
    if (value.n)
        memcpy(at + n_name + 2, value.p, value.n);
    request->header[request->n_headers++] = at;
    return 0;
}

int request_body(struct cw_request *request, const struct buf *body)
{
    if (body->full || body->n > request->max_body)
        return -E2BIG;
    if (body->n)
        memcpy(request->body, body->p, body->n);
    request->n_body = body->n;
    return 0;
}

int request_post(struct cw_request *request, const char *content_type, const struct buf *url,
                 const struct buf *body, struct cw_error *err)
{
    request->method = "POST";
    if (request_url(request, url) != 0)
        return err_set(err, -E2BIG, "the request's URL is longer than %d bytes", MAX_URL);
    if (request_header(request, "Content-Type", str_of(content_type)) != 0)
        return err_set(err, -E2BIG, "the request's headers do not fit");
    if (request_body(request, body) != 0)
        return err_set(err, -E2BIG, "the alarm takes more than %zu bytes as a message",
                       request->max_body);
    return 0;
}

int nobody_to_tell(const char *what, const char *option, const struct cw_alarm *alarm,
                   struct cw_error *err)
{
    if (alarm->to.n == 0)
        return err_set(err, -ENOENT, "it goes to nobody on duty, and the channel has no `%s`",
                       option);
    return err_set(err, -ENOENT, "no %s of %.*s is known (PUT /api/v1/duty/{id}/contact)", what,
                   (int)utf8_cut(alarm->to, 64), alarm->to.p);
}

void url_escape(struct buf *out, struct cw_str text)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] && strchr(unreserved, text.p[i]))
            buf_add_char(out, text.p[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)text.p[i]);
    }
}

int url_check(const char *url, struct cw_error *err)
{
    struct cw_str text = str_of(url);
    if (!str_starts(text, "http://") && !str_starts(text, "https://"))
        return err_set(err, -EINVAL, "url \"%.150s\" begins with neither http:// nor https://",
                       text.n ? url : "");
    if (text.n > MAX_URL)
        return err_set(err, -EINVAL, "url is longer than %d characters", MAX_URL);
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] <= ' ')
            return err_set(err, -EINVAL, "url \"%.150s\" contains a space or a control", url);
    }
    return 0;
}

uint32_t answer_by_status(int32_t status, struct cw_str body, struct cw_error *err)
{
    if (status >= 200 && status < 300)
        return CW_DONE;
    if (status == 0)
        (void)err_set(err, 0, "no answer");
    else
        (void)err_set(err, 0, "answered %d: %.*s", (int)status, (int)utf8_cut(body, MAX_TOLD),
                      body.n ? body.p : "");
    bool again =
        status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
    return again ? CW_RETRY : CW_REJECTED;
}

uint32_t answer_by_code(const struct answer_rule *rule, int32_t status, struct cw_str body,
                        struct cw_error *err)
{
    int64_t code = 0;
    bool found = json_find_int(body, rule->code, &code) ||
                 (rule->other_code && json_find_int(body, rule->other_code, &code));
    uint32_t by_status = answer_by_status(status, body, err);
    if (by_status == CW_RETRY || (by_status == CW_REJECTED && !found))
        return by_status;
    if (!found) {
        (void)err_set(err, 0, "answered %d without \"%s\": %.*s", (int)status, rule->code,
                      (int)utf8_cut(body, MAX_TOLD), body.n ? body.p : "");
        return CW_RETRY;
    }
    if (code == 0)
        return by_status;
    struct cw_str message = CW_STR("");
    (void)json_find(body, rule->message, &message);
    (void)err_set(err, 0, "answered %s %lld: %.*s", rule->code, (long long)code,
                  (int)utf8_cut(message, MAX_TOLD), message.n ? message.p : "");
    for (const int64_t *busy = rule->busy; *busy; busy++) {
        if (code == *busy)
            return CW_RETRY;
    }
    return CW_REJECTED;
}
