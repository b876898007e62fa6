/*
 * http_client_mail.c - the headers of a call become the mail's text, From and To its envelope;
 * what is for the server alone (login, TLS) is taken out.
 */
#include "io/http_client_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define MAX_ADDRESS 320u
#define MAX_HEADERS (64u << 10)

struct http_mail {
    struct curl_slist *recipients;
    char *text;
    size_t n, n_read; /* how much curl has fetched */
};

static size_t mail_on_read(char *p, size_t size, size_t n, void *ctx)
{
    struct http_mail *mail = ctx;
    size_t left = mail->n - mail->n_read;
    size_t length = size * n < left ? size * n : left;

    if (length > 0)
        memcpy(p, mail->text + mail->n_read, length);
    mail->n_read += length;
    return length;
}

/* "Name <a@b>" or "a@b" as "<a@b>". */
static bool bare_address(struct cw_str text, char address[MAX_ADDRESS])
{
    const char *open = memchr(text.p, '<', text.n);
    struct cw_str bare =
        open ? (struct cw_str){open + 1, (size_t)(text.p + text.n - open - 1)} : text;
    const char *close = memchr(bare.p, '>', bare.n);

    if (close)
        bare.n = (size_t)(close - bare.p);
    while (bare.n > 0 && bare.p[0] == ' ')
        bare = (struct cw_str){bare.p + 1, bare.n - 1};
    while (bare.n > 0 && bare.p[bare.n - 1] == ' ')
        bare.n--;
    if (bare.n == 0 || bare.n + 3 > MAX_ADDRESS)
        return false;
    (void)snprintf(address, MAX_ADDRESS, "<%.*s>", (int)bare.n, bare.p);
    return true;
}

static void add_recipients(struct http_mail *mail, struct cw_str list)
{
    struct cw_str one;
    char address[MAX_ADDRESS];

    while (str_split(&list, ',', &one)) {
        struct curl_slist *added = NULL;
        if (bare_address(one, address))
            added = curl_slist_append(mail->recipients, address);
        if (added)
            mail->recipients = added;
    }
}

static void set_login(CURL *easy, struct cw_str login)
{
    char text[512];
    struct cw_str user, password = login;

    if (!str_split(&password, ' ', &user))
        return;
    if (str_copy(text, sizeof(text), user))
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, text);
    if (str_copy(text, sizeof(text), password))
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, text);
    explicit_bzero(text, sizeof(text));
}

static void set_tls(CURL *easy, struct cw_str how)
{
    long level = str_is(how, "no")    ? (long)CURLUSESSL_NONE
                 : str_is(how, "try") ? (long)CURLUSESSL_TRY
                                      : (long)CURLUSESSL_ALL;
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, level);
}

/* One header: into the text, the envelope, or the handle. */
static void take_header(CURL *easy, struct http_mail *mail, const char *line, struct buf *text,
                        char from[MAX_ADDRESS])
{
    struct cw_str value = str_of(line), name;

    (void)str_split(&value, ':', &name);
    while (value.n > 0 && value.p[0] == ' ')
        value = (struct cw_str){value.p + 1, value.n - 1};
    if (str_is(name, "X-Server-Login"))
        set_login(easy, value);
    else if (str_is(name, "X-Server-Tls"))
        set_tls(easy, value);
    else
        buf_printf(text, "%s\r\n", line);
    if (str_is(name, "From"))
        (void)bare_address(value, from);
    else if (str_is(name, "To"))
        add_recipients(mail, value);
}

struct http_mail *http_mail_new(CURL *easy, const struct http_call *wanted)
{
    struct http_mail *mail = xcalloc(1, sizeof(*mail));
    struct buf text;
    char from[MAX_ADDRESS] = "";

    buf_init(&text, wanted->body.n + MAX_HEADERS);
    for (size_t i = 0; i < wanted->n_headers; i++)
        take_header(easy, mail, wanted->header[i], &text, from);
    buf_add_text(&text, "\r\n");
    buf_add_str(&text, wanted->body);
    mail->n = text.n;
    mail->text = buf_take(&text);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, mail->recipients);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->n);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, mail_on_read);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, mail);
    return mail;
}

void http_mail_free(struct http_mail *mail)
{
    if (!mail)
        return;
    curl_slist_free_all(mail->recipients);
    free(mail->text);
    free(mail);
}
