/*
 * The HTTP server on a real loop and real sockets: answers, limits, slow and rude clients,
 * event streams, and an end that leaves no handle behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/http_connection.h"
#include "io/http_peer.h"
#include "io/http_server.h"

struct fixture {
    uv_loop_t loop;
    struct http_server *server;
    uint32_t n_requests, n_gone;
    uint64_t id, gone_id; /* of the last request; of the last that was gone */
    char path[256], body[256];
};

static const struct http_server_options limits = {
    .listen = "127.0.0.1:0",
    .max_body_bytes = 4096,
    .large_path = "/photos/",
    .max_large_bytes = 100000,
    .max_large = 2,
    .max_clients = 8,
    .max_sse_clients = 2,
    .sse_backlog_bytes = 65536,
    .header_timeout_ns = 300 * NS_PER_MS,
};

static void on_request(void *ctx, const struct http_request *request)
{
    struct fixture *f = ctx;
    f->n_requests++;
    f->id = request->id;
    assert_true(str_copy(f->path, sizeof(f->path), request->path));
    (void)str_copy(f->body, sizeof(f->body), request->body);
    assert_true(request->peer_is_loopback);
    if (str_is(request->path, "/stream"))
        (void)http_stream_begin(f->server, request->id);
    else if (!str_is(request->path, "/later"))
        assert_true(
            http_answer(f->server, request->id, 200, "text/plain", NULL,
                        str_is(request->path, "/echo") ? request->body : CW_STR("hello")));
}

static void on_gone(void *ctx, uint64_t id)
{
    struct fixture *f = ctx;
    f->gone_id = id;
    f->n_gone++;
}

static int start_with(void **state, const struct http_server_options *options)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct cw_error err;
    uv_loop_init(&f->loop);
    struct http_handlers handlers = {.ctx = f, .request = on_request, .gone = on_gone};
    if (http_server_start(&f->server, &f->loop, options, &handlers, &err) < 0)
        return -1;
    *state = f;
    return 0;
}

static int start(void **state)
{
    return start_with(state, &limits);
}

static int start_with_address_limit(void **state)
{
    struct http_server_options options = limits;
    options.max_per_address = 2;
    return start_with(state, &options);
}

static int start_behind_proxy(void **state)
{
    static const char *const proxy[] = {"10.0.0.1", "127.0.0.1", NULL};
    struct http_server_options options = limits;
    options.max_per_address = 2;
    options.proxy = proxy;
    return start_with(state, &options);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    http_server_stop(f->server);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    int r = uv_loop_close(&f->loop);
    free(f);
    return r;
}

static struct peer *connect_to(struct fixture *f)
{
    return peer_open(&f->loop, http_server_port(f->server), 0);
}

static void a_request_is_answered_with_security_headers(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(peer_sees(peer, "\r\n\r\nhello"));
    assert_string_equal(f->path, "/a b");
    static const char *const wanted[] = {
        "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n",
        "default-src 'none'",  "nosniff",
        "no-referrer",         "no-store",
        "frame-ancestors",     "Date: ",
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_non_null(strstr(peer->text, wanted[i]));
    peer_close(peer);
}

static void one_connection_carries_many_requests_also_sent_ahead(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 3\r\n\r\nabcHEAD /3 HTTP/1.1\r\nHost: h\r\n\r\n"
                    "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_true(peer_sees_close(peer));
    assert_int_equal(f->n_requests, 4);
    assert_non_null(strstr(peer->text, "\r\n\r\nabcHTTP/1.1"));
    /* The answer to HEAD has a length and no body. */
    assert_null(strstr(strstr(peer->text, "abcHTTP/1.1"), "helloHTTP"));
    assert_non_null(strstr(peer->text, "Connection: close"));
    peer_close(peer);
}

static void bad_requests_are_refused_by_status(void **state)
{
    static const struct {
        const char *request, *want;
    } row[] = {
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400"},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
        {"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
        {"GET /%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
        {"GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "HTTP/1.1 400"},
        {"GET / HTTP/1.1\r\nHost: a\r\n folded: y\r\n\r\n", "HTTP/1.1 400"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
         "HTTP/1.1 400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 411"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n"
         "\r\n",
         "HTTP/1.1 400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", "HTTP/1.1 413"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
         "HTTP/1.1 400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "HTTP/1.1 417"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct peer *peer = connect_to(f);
        peer_send(peer, row[i].request);
        if (!peer_sees(peer, row[i].want))
            fail_msg("row %zu wanted %s, got %.60s", i, row[i].want, peer->text);
        assert_true(peer_sees_close(peer));
        peer_close(peer);
    }
    assert_int_equal(f->n_requests, 0);
}

static void a_head_over_8_KiB_is_refused(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    char filler[9000];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    peer_send(peer, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
    peer_send(peer, filler);
    assert_true(peer_sees(peer, "HTTP/1.1 431"));
    peer_close(peer);
    peer = connect_to(f);
    peer_send(peer, "GET /");
    peer_send(peer, filler);
    assert_true(peer_sees(peer, "HTTP/1.1 414"));
    peer_close(peer);
}

static void a_body_still_on_its_way_gets_its_413(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    char filler[4096];
    memset(filler, 'x', sizeof(filler));
    peer_send(peer, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 100; i++)
        peer_send_n(peer, filler, sizeof(filler));
    assert_true(peer_sees(peer, "HTTP/1.1 413"));
    peer_close(peer);
}

static void expect_100_continue_is_told_to_go_on(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_true(peer_sees(peer, "HTTP/1.1 100 Continue\r\n\r\n"));
    peer_send(peer, "ok");
    assert_true(peer_sees(peer, "\r\n\r\nok"));
    peer_close(peer);
}

static void slow_clients_are_closed(void **state)
{
    struct fixture *f = *state;
    struct peer *silent = connect_to(f), *head = connect_to(f), *body = connect_to(f);
    peer_send(head, "GET / HTTP/1.1\r\nHo");
    peer_send(body, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
    assert_true(peer_sees(head, "HTTP/1.1 408"));
    assert_true(peer_sees(body, "HTTP/1.1 408"));
    assert_true(peer_sees_close(silent));
    assert_int_equal(silent->n, 0);
    peer_close(silent);
    peer_close(head);
    peer_close(body);
    assert_int_equal(f->n_requests, 0);
}

static void clients_beyond_the_limit_get_503(void **state)
{
    struct fixture *f = *state;
    struct peer *peer[9];
    for (int i = 0; i < 9; i++) {
        peer[i] = connect_to(f);
        peer_send(peer[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(peer_sees(peer[i], i < 8 ? "HTTP/1.1 200" : "HTTP/1.1 503"));
    }
    for (int i = 0; i < 9; i++)
        peer_close(peer[i]);
}

static void one_address_may_not_take_all_connections(void **state)
{
    struct fixture *f = *state;
    struct peer *peer[4];
    for (int i = 0; i < 4; i++) {
        peer[i] = connect_to(f);
        peer_send(peer[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(peer_sees(peer[i], i < 2 ? "HTTP/1.1 200" : "HTTP/1.1 503"));
    }
    for (int i = 0; i < 4; i++)
        peer_close(peer[i]);
}

static void a_proxy_may_since_it_speaks_for_many(void **state)
{
    struct fixture *f = *state;
    struct peer *peer[4];
    for (int i = 0; i < 4; i++) {
        peer[i] = connect_to(f);
        peer_send(peer[i], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(peer_sees(peer[i], "HTTP/1.1 200"));
    }
    for (int i = 0; i < 4; i++)
        peer_close(peer[i]);
}

static void an_answer_may_come_later_by_id(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(loop_reaches(&f->loop, &f->n_requests, 1));
    assert_true(http_answer(f->server, f->id, 404, "text/plain", "X-A: b\r\n", CW_STR("no")));
    assert_false(http_answer(f->server, f->id, 200, "text/plain", NULL, CW_STR("twice")));
    assert_true(peer_sees(peer, "X-A: b\r\n"));
    assert_true(peer_sees(peer, "\r\n\r\nno"));
    peer_close(peer);
}

/* ---- bodies of their own limit ---- */

static void send_body(struct peer *peer, const char *line, size_t n, size_t now)
{
    char *text = calloc(1, now + 200);
    int head =
        snprintf(text, 200, "%s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", line, n);
    memset(text + head, 'x', now);
    peer_send(peer, text);
    free(text);
}

static void a_photo_may_be_larger_than_other_bodies(void **state)
{
    static const struct {
        const char *line;
        size_t n;
        const char *answer;
    } row[] = {
        {"PUT /photos/a", 100000, "HTTP/1.1 200"}, {"PUT /photos/a", 100001, "HTTP/1.1 413"},
        {"POST /photos/a", 5000, "HTTP/1.1 413"},  {"PUT /photo", 5000, "HTTP/1.1 413"},
        {"PUT /photos/a", 10, "HTTP/1.1 200"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct peer *peer = peer_open(&f->loop, http_server_port(f->server), 0);
        send_body(peer, row[i].line, row[i].n, row[i].n);
        assert_true(peer_sees(peer, row[i].answer));
        peer_close(peer);
    }
}

/* Two at a time; and one that goes away in the middle makes room. */
static void only_a_few_large_bodies_are_read_at_once(void **state)
{
    struct fixture *f = *state;
    struct peer *peer[3];
    for (int i = 0; i < 3; i++) {
        peer[i] = peer_open(&f->loop, http_server_port(f->server), 0);
        send_body(peer[i], "PUT /photos/a", 50000, i < 2 ? 100 : 50000);
        while (i < 2 && f->server->n_large < (uint32_t)i + 1)
            uv_run(&f->loop, UV_RUN_ONCE);
    }
    assert_true(peer_sees(peer[2], "HTTP/1.1 503"));
    peer_close(peer[0]);
    while (f->server->n_large > 1)
        uv_run(&f->loop, UV_RUN_ONCE);
    struct peer *again = peer_open(&f->loop, http_server_port(f->server), 0);
    send_body(again, "PUT /photos/a", 50000, 50000);
    assert_true(peer_sees(again, "HTTP/1.1 200"));
    peer_close(again);
    peer_close(peer[1]);
    peer_close(peer[2]);
}

static void a_large_answer_arrives_whole(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = peer_open(&f->loop, http_server_port(f->server), 4096);
    peer_send(peer, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(loop_reaches(&f->loop, &f->n_requests, 1));
    size_t n = 900000;
    char *body = malloc(n);
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i % 23);
    memcpy(body + n - 7, "THE END", 7);
    assert_true(
        http_answer(f->server, f->id, 200, "text/plain", NULL, (struct cw_str){body, n}));
    assert_true(peer_sees(peer, "THE END"));
    assert_memory_equal(peer->text + peer->n - n, body, n);
    free(body);
    peer_close(peer);
}

static void who_waits_and_leaves_is_gone(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(loop_reaches(&f->loop, &f->n_requests, 1));
    peer_close(peer);
    assert_true(loop_reaches(&f->loop, &f->n_gone, 1));
    assert_int_equal(f->gone_id, f->id);
    assert_false(http_answer(f->server, f->id, 200, "text/plain", NULL, CW_STR("x")));
}

static void a_stream_gets_its_frames(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(peer_sees(peer, "Content-Type: text/event-stream\r\n"));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: 1\n\n"), NULL));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: 2\n\n"), NULL));
    assert_true(peer_sees(peer, "data: 1\n\ndata: 2\n\n"));
    /* A byte from the client disturbs nothing. */
    peer_send(peer, "x");
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: 3\n\n"), NULL));
    assert_true(peer_sees(peer, "data: 3\n\n"));
    http_stream_end(f->server, f->id);
    assert_true(peer_sees_close(peer));
    assert_int_equal(f->n_gone, 0);
    peer_close(peer);
}

static void a_droppable_frame_replaces_the_unsent_one(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = connect_to(f);
    peer_send(peer, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(peer_sees(peer, "text/event-stream"));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: kpi1\n\n"), "kpi"));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: alarm\n\n"), NULL));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: marks\n\n"), "marks"));
    assert_true(http_stream_send(f->server, f->id, CW_STR("data: kpi2\n\n"), "kpi"));
    assert_true(peer_sees(peer, "data: alarm\n\ndata: marks\n\ndata: kpi2\n\n"));
    assert_null(strstr(peer->text, "kpi1"));
    peer_close(peer);
    assert_true(loop_reaches(&f->loop, &f->n_gone, 1));
}

static void a_stream_that_does_not_read_is_cut(void **state)
{
    struct fixture *f = *state;
    struct peer *peer = peer_open(&f->loop, http_server_port(f->server), 4096);
    peer_send(peer, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(loop_reaches(&f->loop, &f->n_requests, 1));
    char frame[8192];
    memset(frame, 'x', sizeof(frame));
    bool alive = true;
    for (int i = 0; i < 10000 && alive; i++) {
        alive = http_stream_send(f->server, f->id, (struct cw_str){frame, sizeof(frame)}, NULL);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    assert_false(alive);
    assert_true(loop_reaches(&f->loop, &f->n_gone, 1));
    struct http_server_status status;
    http_server_status(f->server, &status);
    assert_int_equal(status.n_sse_cut, 1);
    assert_int_equal(status.n_sse, 0);
    peer_close(peer);
}

static void streams_beyond_the_limit_get_503(void **state)
{
    struct fixture *f = *state;
    struct peer *peer[3];
    for (int i = 0; i < 3; i++) {
        peer[i] = connect_to(f);
        peer_send(peer[i], "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_true(peer_sees(peer[i], i < 2 ? "HTTP/1.1 200" : "HTTP/1.1 503"));
    }
    for (int i = 0; i < 3; i++)
        peer_close(peer[i]);
    assert_true(loop_reaches(&f->loop, &f->n_gone, 2));
}

static void it_stops_with_clients_connected(void **state)
{
    struct fixture *f = *state;
    struct peer *idle = connect_to(f), *stream = connect_to(f), *half = connect_to(f);
    peer_send(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(peer_sees(idle, "hello"));
    peer_send(half, "GET /");
    peer_send(stream, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(peer_sees(stream, "text/event-stream"));
    http_server_stop(f->server);
    f->server = NULL;
    assert_true(peer_sees_close(idle));
    assert_true(peer_sees_close(stream));
    assert_true(peer_sees_close(half));
    assert_int_equal(f->n_gone, 1);
    peer_close(idle);
    peer_close(stream);
    peer_close(half);
}

static void what_prevents_a_start_is_told(void **state)
{
    struct fixture *f = *state;
    char listen[32];
    struct cw_error err = {""};
    struct http_server *second = NULL;
    struct http_server_options options = limits;
    struct http_handlers handlers = {.ctx = f, .request = on_request};
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%d", http_server_port(f->server));
    options.listen = listen;
    assert_true(http_server_start(&second, &f->loop, &options, &handlers, &err) < 0);
    assert_non_null(strstr(err.text, listen));
    options.listen = "nonsense";
    assert_true(http_server_start(&second, &f->loop, &options, &handlers, &err) < 0);
    assert_non_null(strstr(err.text, "nonsense"));
    options.listen = "127.0.0.1:0";
    options.cert_file = options.key_file = "/nonexistent/cert.pem";
    assert_true(http_server_start(&second, &f->loop, &options, &handlers, &err) < 0);
    assert_non_null(strstr(err.text, "/nonexistent/cert.pem"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(a_request_is_answered_with_security_headers),
        CASE(one_connection_carries_many_requests_also_sent_ahead),
        CASE(bad_requests_are_refused_by_status),
        CASE(a_head_over_8_KiB_is_refused),
        CASE(a_body_still_on_its_way_gets_its_413),
        CASE(expect_100_continue_is_told_to_go_on),
        CASE(slow_clients_are_closed),
        CASE(clients_beyond_the_limit_get_503),
        cmocka_unit_test_setup_teardown(one_address_may_not_take_all_connections,
                                        start_with_address_limit, stop),
        cmocka_unit_test_setup_teardown(a_proxy_may_since_it_speaks_for_many,
                                        start_behind_proxy, stop),
        CASE(an_answer_may_come_later_by_id),
        CASE(a_photo_may_be_larger_than_other_bodies),
        CASE(only_a_few_large_bodies_are_read_at_once),
        CASE(a_large_answer_arrives_whole),
        CASE(who_waits_and_leaves_is_gone),
        CASE(a_stream_gets_its_frames),
        CASE(a_droppable_frame_replaces_the_unsent_one),
        CASE(a_stream_that_does_not_read_is_cut),
        CASE(streams_beyond_the_limit_get_503),
        CASE(it_stops_with_clients_connected),
        CASE(what_prevents_a_start_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
