/*
 * http_client.c - libcurl's multi interface driven by the loop.
 *
 *   http_client_call -> [gzip in a worker] -> curl_multi_add_handle
 *   uv_poll (one per socket curl has), uv_timer (curl's only one) -> curl_multi_socket_action
 *   -> http_client_collect -> done()
 *
 * curl never runs inside a caller's frame and done() never runs inside one of curl's
 * callbacks, so a callback may start, cancel and free whatever it likes. The client counts
 * the handles and workers that still point to it; the last one to go frees it.
 */
#include "io/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/http_client_mail.h"

#define MAX_ANSWER_HEAD (64u * 1024) /* status line and headers of an answer */
#define MAX_CONNECTIONS 64L
#define MAX_IDLE_CONNECTIONS 8L

struct call {
    struct call *prev, *next;
    struct http_client *client;
    uint64_t id;
    http_done_fn done; /* NULL: cancelled while the worker had it */
    void *ctx;
    CURL *easy;
    struct curl_slist *header;
    struct http_mail *mail; /* NULL: no mail */
    char *body;             /* as sent: compressed once the worker is done */
    size_t n_body;
    uv_work_t work;
    bool working, added, cut;
    size_t n_head;
    struct buf answer;
    int64_t started_ns;
    char error[CURL_ERROR_SIZE];
};

struct socket {
    uv_poll_t poll;
    struct http_client *client;
    struct socket *prev, *next;
    curl_socket_t fd;
};

struct http_client {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    struct call *calls;     /* newest first */
    struct socket *sockets; /* those curl asked us to watch */
    uint64_t last_id;
    uint32_t n_refs; /* the timer, sockets not yet closed, calls in a worker */
    bool closing;
};

static void client_release(struct http_client *client)
{
    if (--client->n_refs > 0)
        return;
    free(client);
    curl_global_cleanup();
}

/* ---- calls ---- */

static struct call *call_find(const struct http_client *client, uint64_t id)
{
    for (struct call *call = client->calls; call; call = call->next) {
        if (call->id == id)
            return call;
    }
    return NULL;
}

static void call_unlink(struct call *call)
{
    struct http_client *client = call->client;

    if (call->prev)
        call->prev->next = call->next;
    else
        client->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    call->prev = call->next = NULL;
}

static void call_free(struct call *call)
{
    if (call->added)
        (void)curl_multi_remove_handle(call->client->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->header);
    http_mail_free(call->mail);
    buf_done(&call->answer);
    free(call->body);
    free(call);
}

/* Takes the call off its client. One in a worker stays until the worker gives it back. */
static void call_drop(struct call *call)
{
    call_unlink(call);
    if (!call->working) {
        call_free(call);
        return;
    }
    call->done = NULL;
    (void)uv_cancel((uv_req_t *)&call->work);
}

static void call_cancel(struct call *call)
{
    const struct http_answer answer = {
        .error = "cancelled",
        .elapsed_ns = clock_monotonic_ns() - call->started_ns,
    };
    http_done_fn done = call->done;
    void *ctx = call->ctx;

    call_drop(call);
    done(ctx, &answer);
}

/* Tells the owner and frees the call. */
static void call_finish(struct call *call, CURLcode result)
{
    struct http_answer answer = {.elapsed_ns = clock_monotonic_ns() - call->started_ns};
    long status = 0;
    curl_off_t retry_after = 0;

    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
    call_unlink(call);
    bool said_no = call->mail && status >= 400 && status < 600;
    if (result == CURLE_OK || said_no || (result == CURLE_WRITE_ERROR && call->cut)) {
        answer.status = (int)status;
        answer.body = buf_str(&call->answer);
        answer.cut = call->cut;
        if (retry_after > 0 && retry_after < INT64_MAX / NS_PER_S)
            answer.retry_after_ns = (int64_t)retry_after * NS_PER_S;
    }
    if (answer.status == 0)
        answer.error = call->error[0] ? call->error : curl_easy_strerror(result);
    call->done(call->ctx, &answer);
    call_free(call);
}

/* Keeps what fits; more ends the transfer, since nobody would look at it. */
static size_t call_on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct call *call = ctx;
    const size_t length = size * n;
    const size_t room = call->answer.max - call->answer.n;

    if (length <= room) {
        buf_add(&call->answer, p, length);
        return length;
    }
    buf_add(&call->answer, p, room);
    call->cut = true;
    return 0;
}

static size_t call_on_head(char *p, size_t size, size_t n, void *ctx)
{
    struct call *call = ctx;

    (void)p;
    call->n_head += size * n;
    return call->n_head > MAX_ANSWER_HEAD ? 0 : size * n;
}

/* ---- what curl asks of the loop ---- */

static void client_collect(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while (!client->closing && (message = curl_multi_info_read(client->multi, &left))) {
        struct call *call = NULL;
        const CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        /* From here on `message` is void; the next one is read after done() returned. */
        (void)curl_multi_remove_handle(client->multi, call->easy);
        call->added = false;
        call_finish(call, result);
    }
}

static void client_act(struct http_client *client, curl_socket_t fd, int flags)
{
    int running;

    if (client->closing)
        return;
    (void)curl_multi_socket_action(client->multi, fd, flags, &running);
    client_collect(client);
}

static void timer_on_time(uv_timer_t *timer)
{
    client_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_set(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http_client *client = ctx;

    (void)multi;
    if (client->closing)
        return 0;
    if (timeout_ms < 0)
        (void)uv_timer_stop(&client->timer);
    else
        (void)uv_timer_start(&client->timer, timer_on_time, (uint64_t)timeout_ms, 0);
    return 0;
}

static void socket_on_event(uv_poll_t *poll, int status, int events)
{
    struct socket *socket = poll->data;
    int flags = 0;

    /* libuv hides which error it was (EBADF for any): let curl read and find out. */
    if (status < 0)
        flags |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    client_act(socket->client, socket->fd, flags);
}

static void socket_on_close(uv_handle_t *handle)
{
    struct socket *socket = handle->data;
    struct http_client *client = socket->client;

    free(socket);
    client_release(client);
}

static struct socket *socket_new(struct http_client *client, curl_socket_t fd)
{
    struct socket *socket = xcalloc(1, sizeof(*socket));

    socket->client = client;
    socket->fd = fd;
    if (uv_poll_init_socket(client->loop, &socket->poll, fd)) {
        free(socket);
        return NULL;
    }
    socket->poll.data = socket;
    socket->next = client->sockets;
    if (socket->next)
        socket->next->prev = socket;
    client->sockets = socket;
    client->n_refs++;
    (void)curl_multi_assign(client->multi, fd, socket);
    return socket;
}

static void socket_close(struct socket *socket)
{
    if (socket->prev)
        socket->prev->next = socket->next;
    else
        socket->client->sockets = socket->next;
    if (socket->next)
        socket->next->prev = socket->prev;
    uv_close((uv_handle_t *)&socket->poll, socket_on_close);
}

static int socket_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    struct http_client *client = ctx;
    struct socket *socket = assigned;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket) {
            (void)curl_multi_assign(client->multi, fd, NULL);
            socket_close(socket);
        }
        return 0;
    }
    if (!socket)
        socket = socket_new(client, fd);
    if (!socket)
        return -1;
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&socket->poll, events, socket_on_event) ? -1 : 0;
}

/* ---- starting a call ---- */

/* In a worker: replaces the body by its gzip form (level 1: the link is near, the CPU is
 * shared). */
static void call_compress(uv_work_t *work)
{
    struct call *call = work->data;
    z_stream stream = {0};
    unsigned char *packed;
    uLong bound;

    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        BUG("deflateInit2");
    bound = deflateBound(&stream, call->n_body);
    packed = xmalloc(bound);
    stream.next_in = (unsigned char *)call->body;
    stream.avail_in = (uInt)call->n_body;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        BUG("deflate of %zu bytes", call->n_body);
    free(call->body);
    call->body = (char *)packed;
    call->n_body = stream.total_out;
    (void)deflateEnd(&stream);
}

/* Hands the call to curl, which reports even a bad address later, from the timer. */
static void call_start(struct call *call)
{
    CURL *easy = call->easy;

    if (!call->mail)
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->n_body);
    if (call->n_body > 0 && !call->mail)
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    if (curl_multi_add_handle(call->client->multi, easy) != CURLM_OK)
        BUG("curl_multi_add_handle");
    call->added = true;
}

static void call_compressed(uv_work_t *work, int status)
{
    struct call *call = work->data;
    struct http_client *client = call->client;

    call->working = false;
    if (call->done && status == 0)
        call_start(call);
    else
        call_free(call);
    client_release(client);
}

static void call_add_header(struct call *call, const char *line)
{
    struct curl_slist *header = curl_slist_append(call->header, line);

    if (!header)
        BUG("curl_slist_append");
    call->header = header;
}

static void call_set_header(struct call *call, const struct http_call *wanted)
{
    bool has_type = false;

    for (size_t i = 0; i < wanted->n_headers; i++) {
        call_add_header(call, wanted->header[i]);
        has_type = has_type || strncasecmp(wanted->header[i], "content-type:", 13) == 0;
    }
    call_add_header(call, "Expect:");
    if (!has_type) /* or curl would claim it is a form */
        call_add_header(call, "Content-Type:");
    if (wanted->gzip && wanted->body.n > 0)
        call_add_header(call, "Content-Encoding: gzip");
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->header);
}

static void call_set_method(struct call *call, const struct http_call *wanted)
{
    CURL *easy = call->easy;

    if (wanted->body.n > 0 || strcmp(wanted->method, "POST") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    if (strcmp(wanted->method, "HEAD") == 0)
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, wanted->method);
}

static void call_set_options(struct call *call, const struct http_call *wanted)
{
    CURL *easy = call->easy;
    const long timeout_ms = (long)(wanted->timeout_ns / NS_PER_MS);

    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    (void)curl_easy_setopt(easy, CURLOPT_URL, wanted->url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* The environment must not decide where residents' data goes. */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "carewatch");
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Without it a call that ends while its name is being looked up waits for the resolver. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call_on_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call_on_head);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    if (wanted->ca_file && wanted->ca_file[0])
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, wanted->ca_file);
}

static struct call *call_new(struct http_client *client, const struct http_call *wanted)
{
    struct call *call = xcalloc(1, sizeof(*call));

    call->client = client;
    call->id = ++client->last_id;
    call->work.data = call;
    call->started_ns = clock_monotonic_ns();
    call->easy = curl_easy_init();
    if (!call->easy)
        BUG("curl_easy_init");
    buf_init(&call->answer, wanted->max_answer);
    if (wanted->body.n > 0) {
        call->body = xstrndup(wanted->body.p, wanted->body.n);
        call->n_body = wanted->body.n;
    }
    call_set_options(call, wanted);
    if (strncmp(wanted->url, "smtp", 4) == 0) {
        call->mail = http_mail_new(call->easy, wanted);
    } else {
        call_set_method(call, wanted);
        call_set_header(call, wanted);
    }
    call->next = client->calls;
    if (call->next)
        call->next->prev = call;
    client->calls = call;
    return call;
}

uint64_t http_client_call(struct http_client *client, const struct http_call *wanted,
                          http_done_fn done, void *ctx)
{
    struct call *call;

    if (client->closing)
        return 0;
    call = call_new(client, wanted);
    call->done = done;
    call->ctx = ctx;
    if (!wanted->gzip || call->n_body == 0) {
        call_start(call);
        return call->id;
    }
    if (uv_queue_work(client->loop, &call->work, call_compress, call_compressed))
        BUG("uv_queue_work");
    call->working = true;
    client->n_refs++;
    return call->id;
}

void http_client_cancel(struct http_client *client, uint64_t id)
{
    struct call *call = client && id ? call_find(client, id) : NULL;

    if (call)
        call_drop(call);
}

/* ---- the client ---- */

int http_client_new(struct http_client **client_out, uv_loop_t *loop)
{
    struct http_client *client;
    int rc;

    *client_out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -EIO;
    client = xcalloc(1, sizeof(*client));
    client->loop = loop;
    rc = uv_timer_init(loop, &client->timer);
    if (rc) {
        free(client);
        curl_global_cleanup();
        return rc;
    }
    client->timer.data = client;
    client->n_refs = 1;
    client->multi = curl_multi_init();
    if (!client->multi)
        BUG("curl_multi_init");
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_watch);
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, timer_set);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, MAX_CONNECTIONS);
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
    *client_out = client;
    return 0;
}

static void client_on_close(uv_handle_t *handle)
{
    client_release(handle->data);
}

void http_client_free(struct http_client *client)
{
    if (!client || client->closing)
        return;
    client->closing = true;
    while (client->calls)
        call_cancel(client->calls);
    (void)curl_multi_cleanup(client->multi);
    while (client->sockets)
        socket_close(client->sockets);
    uv_close((uv_handle_t *)&client->timer, client_on_close);
}
