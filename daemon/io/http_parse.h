/*
 * http_parse.h - the head of an HTTP/1.1 request, and the parts of a URL. Pure.
 *
 * Strict where leniency lets two parsers disagree (RFC 9112 section 11): lines end in CRLF,
 * no folding, no space before a colon, one Host, one Content-Length of digits only, no body
 * without a length. Everything points into the bytes that were given.
 */
#ifndef IO_HTTP_PARSE_H
#define IO_HTTP_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/str.h>

/* The headers somebody asks for; all others are checked and passed over. */
enum http_header {
    HTTP_HOST,
    HTTP_CONNECTION,
    HTTP_CONTENT_LENGTH,
    HTTP_TRANSFER_ENCODING,
    HTTP_EXPECT,
    HTTP_AUTHORIZATION,
    HTTP_COOKIE,
    HTTP_IF_MATCH,
    HTTP_IF_NONE_MATCH,
    HTTP_ACCEPT,
    HTTP_ORIGIN,
    HTTP_CONTENT_TYPE,
    HTTP_LAST_EVENT_ID,
    HTTP_SEC_FETCH_SITE,
    HTTP_IDEMPOTENCY_KEY,
    HTTP_ACCEPT_ENCODING,
    HTTP_FORWARDED_FOR,
    HTTP_FORWARDED_PROTO,
    HTTP_N_HEADERS
};

struct http_head {
    struct cw_str method, path, query; /* path and query raw */
    struct cw_str header[HTTP_N_HEADERS];
    uint64_t content_length;
    bool keep_alive, expects_continue;
};

#define HTTP_MAX_HEAD 8192u
#define HTTP_INCOMPLETE (-1)

/* Looks for a whole head at the start of `in`. 0 and *size (bytes up to the body);
 * HTTP_INCOMPLETE: more bytes are needed; else the status to refuse it with (400, 411, 414,
 * 417, 431, 501, 505). `scanned` remembers how far was looked; 0 at first. */
int http_parse_head(struct cw_str in, size_t *scanned, struct http_head *head, size_t *size);

/* Percent-decodes a path into dst (NUL-terminated). False: bad escape, control character,
 * backslash, "." or ".." as a segment, or too long. */
bool http_path_decode(struct cw_str raw, char *dst, size_t cap);
/* Cuts the next "key=value" off *rest and decodes it ('+' is a space). 1, 0 at the end,
 * -1 when an escape is bad or something does not fit. */
int http_query_next(struct cw_str *rest, char *key, size_t key_cap, char *value,
                    size_t value_cap);
/* The value of the first `key`; false when absent or bad. */
bool http_query(struct cw_str query, const char *key, char *dst, size_t cap);

#endif
