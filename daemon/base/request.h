/*
 * request.h - what every notifier does with its request and its answer: URL, headers and
 * body into the room the host gave (struct cw_request), and what an HTTP status means.
 */
#ifndef BASE_REQUEST_H
#define BASE_REQUEST_H

#include "base/buf.h"
#include <carewatch/plugin.h>

/* Each copies; 0, -E2BIG when the room is used up, -EINVAL for a value with a line end. */
int request_url(struct cw_request *request, const struct buf *url);
int request_header(struct cw_request *request, const char *name, struct cw_str value);
int request_body(struct cw_request *request, const struct buf *body);
/* The common case: POST, Content-Type, body. 0, or the first failure with err. */
int request_post(struct cw_request *request, const char *content_type, const struct buf *url,
                 const struct buf *body, struct cw_error *err);

/* -ENOENT with err: of whom `what` is not known, and that the channel has no `option`. */
int nobody_to_tell(const char *what, const char *option, const struct cw_alarm *alarm,
                   struct cw_error *err);

/* Everything but RFC 3986's unreserved characters as %XX. */
void url_escape(struct buf *out, struct cw_str text);
/* 0, or -EINVAL when it is none that a channel can be sent to. */
int url_check(const char *url, struct cw_error *err);

/* 2xx is CW_DONE; no answer, 408, 425, 429 and 5xx CW_RETRY; else CW_REJECTED. */
uint32_t answer_by_status(int32_t status, struct cw_str body, struct cw_error *err);

/* Robots answer 200 also when they did not deliver: the truth is a number in the body. */
struct answer_rule {
    const char *code, *other_code; /* members, the second for older answers or NULL */
    const char *message;           /* the member with the words */
    const int64_t *busy;           /* codes that mean "later", ends with 0 */
};
uint32_t answer_by_code(const struct answer_rule *rule, int32_t status, struct cw_str body,
                        struct cw_error *err);

#endif
