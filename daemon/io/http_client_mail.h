/*
 * http_client_mail.h - private to http_client*.c: a call that is a mail, as libcurl takes it.
 */
#ifndef IO_HTTP_CLIENT_MAIL_H
#define IO_HTTP_CLIENT_MAIL_H

#include <curl/curl.h>

#include "io/http_client.h"

struct http_mail;

/* Sets envelope, login, TLS and text; free it after the handle is cleaned up. */
struct http_mail *http_mail_new(CURL *easy, const struct http_call *wanted);
void http_mail_free(struct http_mail *mail); /* NULL is fine */

#endif
