/*
 * api_auth.c - who is asking: a bearer token, or the cookie of a session that was opened with
 * one; and that nobody is made to ask by another site's page.
 *
 * Sessions hold the token itself in memory and look it up at every request, so revoking it
 * ends them. Failed sign-ins are limited by address, but a good token always passes: behind
 * one proxy all share an address, and a stranger must not be able to lock them out (a token
 * has 192 random bits, so the limit is against noise, not guessing).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/api_private.h"
#include "base/clock.h"
#include "base/hash.h"
#include "io/json_read.h"

#define SESSION_NS (12 * 3600 * NS_PER_S)
#define COOKIE "carewatch="
#define BUCKET_SIZE 10.0
#define BUCKET_REFILL_NS (6 * NS_PER_S)

/* "127.0.0.1:8480", "localhost", "[::1]:0" */
static bool host_is_loopback(struct cw_str host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i]);
        if (str_starts(host, names[i]) && (host.n == n || host.p[n] == ':'))
            return true;
    }
    return false;
}

int auth_check_listen(const struct http_section *http, struct cw_error *err)
{
    if (strcmp(http->auth, "none") != 0 || host_is_loopback(str_of(http->listen)) ||
        str_starts(str_of(http->listen), "127."))
        return 0;
    return err_set(err, -EINVAL,
                   "http.auth = \"none\" is only allowed when http.listen is a loopback "
                   "address, and \"%s\" is not",
                   http->listen);
}

static void be_token(const struct api *api, struct caller *caller, const struct token *token)
{
    *caller = (struct caller){.role = role_of(token->role), .api = api};
    (void)str_copy(caller->area, sizeof(caller->area), str_of(token->area));
    (void)str_copy(caller->department, sizeof(caller->department), str_of(token->department));
    (void)str_copy(caller->site, sizeof(caller->site), str_of(token->site));
    (void)str_copy(caller->district, sizeof(caller->district), str_of(token->district));
    (void)str_copy(caller->by, sizeof(caller->by),
                   str_of(token->label[0] ? token->label : token->role));
}

static const struct token *find_token(const struct api *api, struct cw_str secret)
{
    if (secret.n == 0 || secret.n >= TOKEN_SECRET_MAX)
        return NULL;
    const struct token *token = store_token_find(api->daemon->store, secret, clock_wall_ns());
    return token && role_of(token->role) ? token : NULL;
}

/* The cookie's value, or an empty string. */
static struct cw_str cookie_of(const struct http_request *request)
{
    struct cw_str rest = request->cookie, part;
    while (str_split(&rest, ';', &part)) {
        while (part.n > 0 && part.p[0] == ' ')
            part = (struct cw_str){part.p + 1, part.n - 1};
        size_t n = strlen(COOKIE);
        if (str_starts(part, COOKIE))
            return (struct cw_str){part.p + n, part.n - n};
    }
    return CW_STR("");
}

/* Equal length secrets in a time that does not tell where they differ. */
static bool same_secret(struct cw_str a, const char *b)
{
    unsigned char different = 0;
    if (a.n != strlen(b) || a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++)
        different |= (unsigned char)(a.p[i] ^ b[i]);
    return different == 0;
}

static struct session *find_session(struct api *api, struct cw_str cookie)
{
    int64_t now_ns = clock_wall_ns();
    for (uint32_t i = 0; i < MAX_SESSIONS; i++) {
        struct session *session = &api->session[i];
        if (session->expires_ns > now_ns && same_secret(cookie, session->cookie))
            return session;
    }
    return NULL;
}

static struct peer_bucket *bucket_of(struct api *api, const char *peer, int64_t now_ns)
{
    uint64_t hash = hash64(str_of(peer), 0) | 1;
    struct peer_bucket *bucket = &api->peer[hash % MAX_PEERS];
    if (bucket->peer != hash)
        *bucket = (struct peer_bucket){hash, BUCKET_SIZE, now_ns};
    bucket->tokens += (double)(now_ns - bucket->filled_ns) / (double)BUCKET_REFILL_NS;
    if (bucket->tokens > BUCKET_SIZE)
        bucket->tokens = BUCKET_SIZE;
    bucket->filled_ns = now_ns;
    return bucket;
}

/* Answers a failed sign-in: 401, or 429 when there were too many. */
static bool refuse(struct exchange *exchange, const char *why)
{
    struct api *api = exchange->api;
    struct peer_bucket *bucket = bucket_of(api, exchange->peer, clock_monotonic_ns());
    api->n_auth_failed++;
    if (bucket->tokens < 1) {
        api->n_auth_limited++;
        api_problem(api, exchange->request->id, 429, "Retry-After: 6\r\n",
                    "Too many failed sign-ins from this address.");
        return false;
    }
    bucket->tokens -= 1;
    api_problem(api, exchange->request->id, 401, "WWW-Authenticate: Bearer\r\n", "%s", why);
    return false;
}

static bool identify_open(struct exchange *exchange)
{
    exchange->caller = (struct caller){.role = ROLES_ALL, .by = "local"};
    /* A name that somebody makes point to loopback (DNS rebinding) is not ours. */
    if (host_is_loopback(exchange->request->host) ||
        str_starts(exchange->request->host, "127."))
        return true;
    api_problem(exchange->api, exchange->request->id, 403, NULL,
                "Without sign-in this server answers to localhost only.");
    return false;
}

static bool is_proxy(const struct http_section *http, struct cw_str address)
{
    for (const char *const *proxy = http->proxy; proxy && *proxy; proxy++) {
        if (str_is(address, *proxy))
            return true;
    }
    return false;
}

static bool is_address(struct cw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr("0123456789abcdefABCDEF.:", s.p[i]) || s.p[i] == '\0')
            return false;
    }
    return s.n > 0;
}

/* The last address that no proxy of ours is: what stands before it anybody may have written. */
static void find_peer(struct exchange *exchange)
{
    const struct http_section *http = &exchange->api->daemon->config->http;
    const struct http_request *request = exchange->request;
    struct cw_str rest = request->forwarded_for, part, found = str_of(request->peer);
    exchange->is_tls = http->cert_file[0] != '\0';
    if (is_proxy(http, found)) {
        exchange->is_tls = exchange->is_tls || str_is(request->forwarded_proto, "https");
        while (str_split(&rest, ',', &part)) {
            while (part.n > 0 && part.p[0] == ' ')
                part = (struct cw_str){part.p + 1, part.n - 1};
            if (is_address(part) && !is_proxy(http, part))
                found = part;
        }
    }
    if (!str_copy(exchange->peer, sizeof(exchange->peer), found))
        (void)str_copy(exchange->peer, sizeof(exchange->peer), str_of(request->peer));
}

static uint64_t caller_hash(const struct caller *caller)
{
    return hash64(str_of(caller->by), caller->role) | 1;
}

/* One person or program that floods us with changes; GETs are not counted. */
static bool is_too_fast(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct pace_limit *limit = &api->daemon->config->http.command_limit;
    uint64_t hash = caller_hash(&exchange->caller);
    struct caller_pace *at = &api->pace[hash % MAX_CALLERS];
    int64_t now_ns = clock_monotonic_ns();
    struct cw_str method = exchange->request->method;
    if (str_is(method, "GET") || str_is(method, "HEAD"))
        return false;
    if (at->caller != hash || at->pace.limit.n != limit->n)
        pace_init(&at->pace, limit, now_ns);
    at->caller = hash;
    if (!pace_allows(&at->pace, now_ns, true)) {
        api->n_command_limited++;
        api_problem(api, exchange->request->id, 429, "Retry-After: 5\r\n",
                    "Too many changes by %s in a short time.", exchange->caller.by);
        return true;
    }
    pace_take(&at->pace, now_ns);
    return false;
}

bool auth_identify(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    find_peer(exchange);
    if (api->open)
        return identify_open(exchange);
    exchange->caller = (struct caller){.role = ROLE_PUBLIC};
    struct cw_str cookie = cookie_of(request), secret = {0};
    struct session *session = cookie.n > 0 ? find_session(api, cookie) : NULL;
    if (str_starts(request->authorization, "Bearer "))
        secret = (struct cw_str){request->authorization.p + 7, request->authorization.n - 7};
    else if (session)
        secret = str_of(session->secret);
    const struct token *token = find_token(api, secret);
    if (token) {
        be_token(api, &exchange->caller, token);
        (void)str_copy(exchange->secret, sizeof(exchange->secret), secret);
    }
    return true;
}

bool auth_admit(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    const struct caller *caller = &exchange->caller;
    if (caller->role & exchange->route->roles)
        return !is_too_fast(exchange) && scope_admits(exchange);
    if (caller->role != ROLE_PUBLIC) {
        api_problem(api, request->id, 403, NULL, "The role %s may not do this.",
                    role_name(caller->role));
        return false;
    }
    if (request->authorization.n > 0 || cookie_of(request).n > 0)
        return refuse(exchange, "The token is unknown, revoked or expired.");
    api_problem(api, request->id, 401, "WWW-Authenticate: Bearer\r\n",
                "Sign in: send a token as \"Authorization: Bearer TOKEN\".");
    return false;
}

bool auth_check_origin(struct exchange *exchange)
{
    const struct http_request *request = exchange->request;
    struct api *api = exchange->api;
    if (str_is(request->method, "GET") || str_is(request->method, "HEAD"))
        return true;
    struct cw_str origin = request->origin;
    if (origin.p) {
        size_t scheme = str_starts(origin, "https://")  ? 8
                        : str_starts(origin, "http://") ? 7
                                                        : 0;
        struct cw_str host = {origin.p + scheme, origin.n - scheme};
        if (scheme == 0 || !str_eq(host, request->host)) {
            api_problem(api, request->id, 403, NULL, "The request comes from another origin.");
            return false;
        }
    }
    if (request->sec_fetch_site.p && !str_is(request->sec_fetch_site, "same-origin") &&
        !str_is(request->sec_fetch_site, "none")) {
        api_problem(api, request->id, 403, NULL, "The request comes from another site.");
        return false;
    }
    struct cw_str type = request->content_type, word;
    if (!str_is(request->method, "DELETE") &&
        exchange->route->handle != handle_attachment_put &&
        (!str_split(&type, ';', &word) || !str_is(word, "application/json"))) {
        api_problem(api, request->id, 415, NULL, "The body must be application/json.");
        return false;
    }
    return true;
}

/* ---- sessions ---- */

static void caller_json(const struct api *api, const struct caller *caller, struct buf *body)
{
    struct json_out out;
    json_out_init(&out, body);
    json_object(&out);
    json_member_text(&out, "auth", str_of(api->open ? "none" : "token"));
    json_key(&out, "role");
    if (caller->role == ROLE_PUBLIC)
        json_null(&out);
    else
        json_text(&out, str_of(role_name(caller->role)));
    json_member_opt(&out, "by", str_of(caller->by));
    json_member_opt(&out, "site", str_of(caller->site));
    json_member_opt(&out, "district", str_of(caller->district));
    json_member_opt(&out, "area", str_of(caller->area));
    json_member_opt(&out, "department", str_of(caller->department));
    json_object_end(&out);
}

static void answer_caller(struct exchange *exchange, const char *headers)
{
    struct api *api = exchange->api;
    buf_clear(&api->scratch);
    caller_json(api, &exchange->caller, &api->scratch);
    api_answer(api, exchange->request->id, 200, headers, buf_str(&api->scratch));
}

void handle_session_get(struct exchange *exchange)
{
    answer_caller(exchange, NULL);
}

/* A free place, or the one that expires first. */
static struct session *new_session(struct api *api, struct cw_str secret, int64_t expires_ns)
{
    static const char digit[] = "0123456789abcdef";
    struct session *session = &api->session[0];
    for (uint32_t i = 1; i < MAX_SESSIONS; i++) {
        if (api->session[i].expires_ns < session->expires_ns)
            session = &api->session[i];
    }
    unsigned char random[32];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return NULL;
    for (size_t i = 0; i < sizeof(random); i++) {
        session->cookie[2 * i] = digit[random[i] >> 4];
        session->cookie[2 * i + 1] = digit[random[i] & 15];
    }
    session->cookie[64] = '\0';
    session->expires_ns = expires_ns;
    return str_copy(session->secret, sizeof(session->secret), secret) ? session : NULL;
}

void handle_session_post(struct exchange *exchange)
{
    struct api *api = exchange->api;
    const struct http_request *request = exchange->request;
    struct cw_error err;
    if (api->open) {
        answer_caller(exchange, NULL);
        return;
    }
    struct json_node *root = json_read(request->body, &err);
    const char *secret = node_text(node_get(root, "token"), "");
    const struct token *token = find_token(api, str_of(secret));
    if (!token) {
        json_read_free(root);
        (void)refuse(exchange, "The token is unknown, revoked or expired.");
        return;
    }
    int64_t expires_ns = clock_wall_ns() + SESSION_NS;
    if (token->expires_ns > 0 && token->expires_ns < expires_ns)
        expires_ns = token->expires_ns;
    struct session *session = new_session(api, str_of(secret), expires_ns);
    be_token(api, &exchange->caller, token);
    audit_who(exchange);
    json_read_free(root);
    if (!session) {
        api_problem(api, request->id, 503, NULL, "No session can be opened now.");
        return;
    }
    char headers[256];
    (void)snprintf(
        headers, sizeof(headers),
        "Set-Cookie: " COOKIE "%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s\r\n",
        session->cookie, (int)(SESSION_NS / NS_PER_S), exchange->is_tls ? "; Secure" : "");
    answer_caller(exchange, headers);
}

void handle_session_delete(struct exchange *exchange)
{
    struct api *api = exchange->api;
    struct session *session = find_session(api, cookie_of(exchange->request));
    if (session)
        *session = (struct session){.expires_ns = 0};
    api_answer(api, exchange->request->id, 204,
               "Set-Cookie: " COOKIE "; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\r\n",
               CW_STR(""));
}
