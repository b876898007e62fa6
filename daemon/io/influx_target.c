/*
 * influx_target.c - the dialects.
 *
 *   v1                POST url/write?db=..[&rp=..]&precision=ns       Basic
 *   v2                POST url/api/v2/write?org=..&bucket=..&precision=ns   Token
 *   victoriametrics   POST url/write?precision=ns                     Basic
 */
#include "io/influx_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/request.h"
#include "base/str.h"

#define MAX_TARGET_TEXT (64u * 1024)
#define MAX_OPTION_TEXT 4000 /* each; three times that when escaped */

static void add_base64(struct buf *out, struct cw_str text)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < text.n; i += 3) {
        uint32_t bits = 0;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < text.n ? (unsigned char)text.p[i + k] : 0);
        buf_add_char(out, digit[bits >> 18 & 63]);
        buf_add_char(out, digit[bits >> 12 & 63]);
        buf_add_char(out, i + 1 < text.n ? digit[bits >> 6 & 63] : '=');
        buf_add_char(out, i + 2 < text.n ? digit[bits & 63] : '=');
    }
}

static void add_member(struct buf *out, const char *separated_name, const char *value)
{
    buf_add_text(out, separated_name);
    url_escape(out, str_of(value));
}

static bool given(const char *text)
{
    return text && text[0];
}

/* ---- from the options ---- */

static int read_api(const char *name, enum influx_api *api, struct cw_error *err)
{
    static const char *const names[] = {"v1", "v2", "victoriametrics"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *api = (enum influx_api)i;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "influx.api is \"%s\", but must be v1, v2 or victoriametrics.",
                   name);
}

static int check(enum influx_api api, const struct influx_options *options,
                 struct cw_error *err)
{
    const char *url = given(options->url) ? options->url : "";
    const char *const text[] = {
        url,           options->database, options->retention_policy, options->org,
        options->user, options->bucket,   options->password,         options->token,
    };

    if (!str_starts(str_of(url), "http://") && !str_starts(str_of(url), "https://"))
        return err_set(err, -EINVAL,
                       "influx.url is \"%s\", but must begin with http:// or https://.", url);
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        if (text[i] && strlen(text[i]) > MAX_OPTION_TEXT)
            return err_set(err, -EINVAL, "A text of section influx is longer than %d bytes.",
                           MAX_OPTION_TEXT);
    }
    if (strpbrk(url, "?#@ "))
        return err_set(err, -EINVAL,
                       "influx.url \"%s\" must hold neither credentials nor a query.", url);
    if (api == INFLUX_V1 && !given(options->database))
        return err_set(err, -EINVAL, "influx.api v1 needs influx.database.");
    if (api == INFLUX_V2 && (!given(options->org) || !given(options->bucket)))
        return err_set(err, -EINVAL, "influx.api v2 needs influx.org and influx.bucket.");
    return 0;
}

static char *write_url(enum influx_api api, struct cw_str url,
                       const struct influx_options *options)
{
    struct buf out;

    buf_init(&out, MAX_TARGET_TEXT);
    buf_add_str(&out, url);
    if (api == INFLUX_V2) {
        add_member(&out, "/api/v2/write?org=", options->org);
        add_member(&out, "&bucket=", options->bucket);
        buf_add_char(&out, '&');
    } else {
        buf_add_text(&out, "/write?");
    }
    /* VictoriaMetrics would make a label of db. */
    if (api == INFLUX_V1) {
        add_member(&out, "db=", options->database);
        if (given(options->retention_policy))
            add_member(&out, "&rp=", options->retention_policy);
        buf_add_char(&out, '&');
    }
    buf_add_text(&out, "precision=ns");
    return buf_take(&out);
}

static char *create_body(const char *database)
{
    struct buf statement, out;

    buf_init(&statement, MAX_TARGET_TEXT);
    buf_init(&out, MAX_TARGET_TEXT);
    buf_add_text(&statement, "CREATE DATABASE \"");
    for (const char *p = database; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_add_char(&statement, '\\');
        buf_add_char(&statement, *p);
    }
    buf_add_char(&statement, '"');
    add_member(&out, "q=", buf_text(&statement));
    buf_done(&statement);
    return buf_take(&out);
}

static char *authorization(enum influx_api api, const struct influx_options *options)
{
    struct buf pair, out;

    buf_init(&pair, MAX_TARGET_TEXT);
    buf_init(&out, MAX_TARGET_TEXT);
    if (api == INFLUX_V2 && given(options->token)) {
        buf_printf(&out, "Authorization: Token %s", options->token);
    } else if (api != INFLUX_V2 && given(options->user)) {
        buf_printf(&pair, "%s:%s", options->user,
                   given(options->password) ? options->password : "");
        buf_add_text(&out, "Authorization: Basic ");
        add_base64(&out, buf_str(&pair));
    }
    buf_done(&pair);
    return out.n > 0 ? buf_take(&out) : NULL;
}

int influx_target_init(struct influx_target *target, const struct influx_options *options,
                       struct cw_error *err)
{
    struct cw_str url = str_of(options->url);
    struct buf query;
    int rc;

    *target = (struct influx_target){0};
    rc = read_api(given(options->api) ? options->api : "v1", &target->api, err);
    if (!rc)
        rc = check(target->api, options, err);
    if (rc)
        return rc;
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    target->write_url = write_url(target->api, url, options);
    target->authorization = authorization(target->api, options);
    if (given(options->ca_file))
        target->ca_file = xstrdup(options->ca_file);
    if (target->api != INFLUX_V1)
        return 0;
    buf_init(&query, MAX_TARGET_TEXT);
    buf_add_str(&query, url);
    buf_add_text(&query, "/query");
    target->query_url = buf_take(&query);
    target->database = xstrdup(options->database);
    target->create_body = create_body(options->database);
    return 0;
}

void influx_target_done(struct influx_target *target)
{
    free(target->write_url);
    free(target->query_url);
    free(target->database);
    free(target->create_body);
    free(target->authorization);
    free(target->ca_file);
    *target = (struct influx_target){0};
}

/* ---- requests and answers ---- */

static void set_call(const struct influx_target *target, struct http_call *call,
                     const char *url, const char *type, const char *header[2])
{
    call->method = "POST";
    call->url = url;
    call->ca_file = target->ca_file;
    call->header = header;
    call->n_headers = 1;
    header[0] = type;
    if (target->authorization)
        header[call->n_headers++] = target->authorization;
}

void influx_target_write(const struct influx_target *target, struct http_call *call,
                         const char *header[2])
{
    set_call(target, call, target->write_url, "Content-Type: text/plain; charset=utf-8",
             header);
}

void influx_target_form(const struct influx_target *target, struct http_call *call,
                        const char *header[2])
{
    set_call(target, call, target->query_url, "Content-Type: application/x-www-form-urlencoded",
             header);
}

static bool says(struct cw_str body, const char *text)
{
    return body.n > 0 && memmem(body.p, body.n, text, strlen(text)) != NULL;
}

enum influx_verdict influx_judge(const struct influx_target *target,
                                 const struct http_answer *answer)
{
    if (answer->status >= 200 && answer->status < 300)
        return INFLUX_TAKEN;
    switch (answer->status) {
    case 400:
    case 422:
        return INFLUX_REFUSED;
    case 413:
        return INFLUX_TOO_LARGE;
    case 404:
        if (target->api == INFLUX_V1 && says(answer->body, "database not found"))
            return INFLUX_NO_DATABASE;
        return INFLUX_HELD;
    case 401:
    case 403:
        return INFLUX_HELD;
    default:
        return INFLUX_LATER;
    }
}
