/*
 * http_parse.c - one pass over the head, line by line; names are looked up in a table.
 */
#include "io/http_parse.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/str.h"

#define MAX_HEADER_LINES 64u

static const char *const header_name[HTTP_N_HEADERS] = {
    [HTTP_HOST] = "host",
    [HTTP_CONNECTION] = "connection",
    [HTTP_CONTENT_LENGTH] = "content-length",
    [HTTP_TRANSFER_ENCODING] = "transfer-encoding",
    [HTTP_EXPECT] = "expect",
    [HTTP_AUTHORIZATION] = "authorization",
    [HTTP_COOKIE] = "cookie",
    [HTTP_IF_MATCH] = "if-match",
    [HTTP_IF_NONE_MATCH] = "if-none-match",
    [HTTP_ACCEPT] = "accept",
    [HTTP_ORIGIN] = "origin",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_LAST_EVENT_ID] = "last-event-id",
    [HTTP_SEC_FETCH_SITE] = "sec-fetch-site",
    [HTTP_IDEMPOTENCY_KEY] = "idempotency-key",
    [HTTP_ACCEPT_ENCODING] = "accept-encoding",
    [HTTP_FORWARDED_FOR] = "x-forwarded-for",
    [HTTP_FORWARDED_PROTO] = "x-forwarded-proto",
};

/* May be given more than once (lists); of all others a second one is refused. */
static bool may_repeat(size_t header)
{
    return header == HTTP_CONNECTION || header == HTTP_ACCEPT ||
           header == HTTP_ACCEPT_ENCODING || header == HTTP_COOKIE;
}

/* RFC 9110 5.6.2. */
static bool is_token(struct cw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        if (!alnum && (c == 0 || c >= 128 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool same_word(struct cw_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static struct cw_str trimmed(struct cw_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (struct cw_str){s.p + 1, s.n - 1};
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool list_has(struct cw_str list, const char *word)
{
    struct cw_str part;
    while (str_split(&list, ',', &part)) {
        if (same_word(trimmed(part), word))
            return true;
    }
    return false;
}

/* Visible characters only: no control character, no space. */
static bool is_visible(struct cw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 127)
            return false;
    }
    return true;
}

/* "GET /path?query HTTP/1.1" */
static int parse_request_line(struct cw_str line, struct http_head *head, bool *is_1_1)
{
    struct cw_str rest = line, target = {0};
    if (!str_split(&rest, ' ', &head->method) || !str_split(&rest, ' ', &target) ||
        !is_token(head->method) || head->method.n > 16)
        return 400;
    if (!str_starts(rest, "HTTP/") || rest.n != 8)
        return 400;
    if (!str_is(rest, "HTTP/1.1") && !str_is(rest, "HTTP/1.0"))
        return 505;
    *is_1_1 = rest.p[7] == '1';
    if (target.n == 0 || target.p[0] != '/' || !is_visible(target))
        return 400;
    const char *mark = memchr(target.p, '?', target.n);
    head->path = target;
    head->query = (struct cw_str){"", 0};
    if (mark) {
        head->path.n = (size_t)(mark - target.p);
        head->query = (struct cw_str){mark + 1, target.n - head->path.n - 1};
    }
    return 0;
}

static int parse_header_line(struct cw_str line, struct http_head *head)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon)
        return 400;
    struct cw_str name = {line.p, (size_t)(colon - line.p)};
    struct cw_str value = trimmed((struct cw_str){colon + 1, line.n - name.n - 1});
    if (!is_token(name))
        return 400;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return 400;
    }
    for (size_t i = 0; i < HTTP_N_HEADERS; i++) {
        if (!same_word(name, header_name[i]))
            continue;
        if (head->header[i].p && !may_repeat(i))
            return 400;
        /* Of a list in several lines the first is kept; nothing that matters is in the rest,
         * but for "close", which is looked for in each. */
        if (!head->header[i].p)
            head->header[i] = value;
        if (i == HTTP_CONNECTION && list_has(value, "close"))
            head->keep_alive = false;
    }
    return 0;
}

static int judge(struct http_head *head, bool is_1_1)
{
    if (is_1_1 && !head->header[HTTP_HOST].p)
        return 400;
    if (!is_1_1 && !list_has(head->header[HTTP_CONNECTION], "keep-alive"))
        head->keep_alive = false;
    if (head->header[HTTP_TRANSFER_ENCODING].p)
        return head->header[HTTP_CONTENT_LENGTH].p ? 400 : 411;
    struct cw_str length = head->header[HTTP_CONTENT_LENGTH];
    if (length.p) {
        for (size_t i = 0; i < length.n; i++) {
            if (length.p[i] < '0' || length.p[i] > '9')
                return 400;
        }
        if (length.n > 18 || num_parse_u64(length, &head->content_length) < 0)
            return 400;
    }
    if (head->header[HTTP_EXPECT].p) {
        if (!same_word(head->header[HTTP_EXPECT], "100-continue"))
            return 417;
        head->expects_continue = is_1_1;
    }
    return 0;
}

/* The next line of *rest without its CRLF; false when there is none. */
static bool cut_line(struct cw_str *rest, struct cw_str *line)
{
    const char *end = memmem(rest->p, rest->n, "\r\n", 2);
    if (!end)
        return false;
    *line = (struct cw_str){rest->p, (size_t)(end - rest->p)};
    *rest = (struct cw_str){end + 2, rest->n - line->n - 2};
    return true;
}

int http_parse_head(struct cw_str in, size_t *scanned, struct http_head *head, size_t *size)
{
    size_t from = *scanned > 3 ? *scanned - 3 : 0;
    const char *end = in.n > from ? memmem(in.p + from, in.n - from, "\r\n\r\n", 4) : NULL;
    *scanned = in.n;
    if (!end || (size_t)(end - in.p) + 4 > HTTP_MAX_HEAD) {
        if (!end && in.n < HTTP_MAX_HEAD)
            return HTTP_INCOMPLETE;
        return memmem(in.p, HTTP_MAX_HEAD, "\r\n", 2) ? 431 : 414;
    }
    *size = (size_t)(end - in.p) + 4;
    *head = (struct http_head){.keep_alive = true};
    struct cw_str rest = {in.p, *size - 2}, line;
    bool is_1_1 = false;
    if (!cut_line(&rest, &line))
        return 400;
    int status = parse_request_line(line, head, &is_1_1);
    for (unsigned n = 0; status == 0 && cut_line(&rest, &line); n++)
        status = n < MAX_HEADER_LINES ? parse_header_line(line, head) : 431;
    return status ? status : judge(head, is_1_1);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decoded length, or -1. */
static int decode(struct cw_str raw, bool plus_is_space, char *dst, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '%') {
            if (i + 2 >= raw.n)
                return -1;
            int high = hex_digit(raw.p[i + 1]), low = hex_digit(raw.p[i + 2]);
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if ((unsigned char)c < ' ' || c == 127 || n + 1 >= cap)
            return -1;
        dst[n++] = c;
    }
    dst[n] = '\0';
    return (int)n;
}

bool http_path_decode(struct cw_str raw, char *dst, size_t cap)
{
    if (cap == 0 || decode(raw, false, dst, cap) < 1 || dst[0] != '/' || strchr(dst, '\\'))
        return false;
    struct cw_str rest = str_of(dst), segment;
    while (str_split(&rest, '/', &segment)) {
        if (str_is(segment, ".") || str_is(segment, ".."))
            return false;
    }
    return true;
}

int http_query_next(struct cw_str *rest, char *key, size_t key_cap, char *value,
                    size_t value_cap)
{
    struct cw_str part;
    do {
        if (!str_split(rest, '&', &part))
            return 0;
    } while (part.n == 0);
    const char *equals = memchr(part.p, '=', part.n);
    struct cw_str name = {part.p, equals ? (size_t)(equals - part.p) : part.n};
    struct cw_str text = {equals ? equals + 1 : "", equals ? part.n - name.n - 1 : 0};
    if (decode(name, true, key, key_cap) < 0 || decode(text, true, value, value_cap) < 0)
        return -1;
    return 1;
}

bool http_query(struct cw_str query, const char *key, char *dst, size_t cap)
{
    struct cw_str part;
    while (str_split(&query, '&', &part)) {
        const char *equals = memchr(part.p, '=', part.n);
        size_t n = equals ? (size_t)(equals - part.p) : part.n;
        if (n != strlen(key) || memcmp(part.p, key, n) != 0)
            continue;
        struct cw_str text = {equals ? equals + 1 : "", equals ? part.n - n - 1 : 0};
        return decode(text, true, dst, cap) >= 0;
    }
    return false;
}
