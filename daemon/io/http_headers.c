/*
 * http_headers.c - the head of an answer: status, date, and the headers that every answer
 * carries so that a page of ours runs nothing but our own files (CSP), is framed by nobody
 * and leaks no address.
 */
#include <string.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/units.h"
#include "io/http_connection.h"

static const struct {
    int status;
    const char *text;
} status_text[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

static const char security_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; manifest-src 'self'; worker-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

const char *http_status_text(int status)
{
    for (size_t i = 0; i < sizeof(status_text) / sizeof(status_text[0]); i++) {
        if (status_text[i].status == status)
            return status_text[i].text;
    }
    return "Unknown";
}

/* RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", cut out of our own RFC 3339 text. */
static void write_date(struct buf *out, int64_t now_ns)
{
    static const char day[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[INSTANT_MAX];
    if (instant_format(now_ns, text) < 19)
        return;
    int64_t days = now_ns / (86400 * NS_PER_S);
    int m = (text[5] - '0') * 10 + (text[6] - '0') - 1;
    buf_printf(out, "Date: %.3s, %.2s %.3s %.4s %.8s GMT\r\n", day + 3 * (days % 7), text + 8,
               month + 3 * (m % 12), text, text + 11);
}

void http_head_write(struct buf *out, int status, const char *content_type, const char *headers,
                     int64_t content_length, bool keep_alive)
{
    buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_status_text(status));
    write_date(out, clock_wall_ns());
    if (content_type)
        buf_printf(out, "Content-Type: %s\r\n", content_type);
    if (content_length >= 0 && status != 204 && status != 304)
        buf_printf(out, "Content-Length: %lld\r\n", (long long)content_length);
    buf_add_text(out, security_headers);
    if (headers)
        buf_add_text(out, headers);
    if (!headers || !strstr(headers, "Cache-Control:"))
        buf_add_text(out, "Cache-Control: no-store\r\n");
    buf_printf(out, "Connection: %s\r\n\r\n", keep_alive ? "keep-alive" : "close");
}
