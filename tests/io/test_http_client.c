/* test_http_client.c - the real client against a scripted server on the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "io/http_client.h"
#include "stub_http.h"

/* What the server does with the request, by its path. */
enum { SAY_OK, SAY_500, HANG, RESET, SAY_MUCH, SAY_BUSY, SAY_MOVED, SAY_LONG_HEAD };

struct world {
    uv_loop_t loop;
    struct stub_http server;
    struct http_client *client;
    int what;
    char *body, *head, method[16];
    size_t n_body;
    bool gzipped;
    unsigned n_done;
    int status;
    char error[256], answer[256];
    bool cut;
    size_t n_answer;
    int64_t retry_after_ns;
    bool free_on_request, free_on_done;
};

static char much[200000];

static void on_request(void *ctx, struct stub_request *request)
{
    struct world *world = ctx;

    free(world->body);
    free(world->head);
    world->n_body = request->body.n;
    world->body = xstrndup(request->body.p ? request->body.p : "", request->body.n);
    world->head = xstrdup(request->head);
    world->gzipped = request->gzipped;
    (void)snprintf(world->method, sizeof(world->method), "%s", request->method);
    switch (world->what) {
    case SAY_OK:
        stub_answer(request, 200, "", "hello");
        break;
    case SAY_500:
        stub_answer(request, 500, "", "broken");
        break;
    case RESET:
        stub_reset(request);
        break;
    case SAY_MUCH:
        stub_answer(request, 200, "", much);
        break;
    case SAY_BUSY:
        stub_answer(request, 429, "Retry-After: 7\r\n", "");
        break;
    case SAY_MOVED:
        stub_answer(request, 302, "Location: /elsewhere\r\n", "");
        break;
    case SAY_LONG_HEAD:
        stub_answer(request, 200, much, "");
        break;
    case HANG:
    default:
        break;
    }
    if (world->free_on_request) {
        http_client_free(world->client);
        world->client = NULL;
    }
}

static void on_done(void *ctx, const struct http_answer *answer)
{
    struct world *world = ctx;

    uv_stop(&world->loop); /* or a turn that began with this would go on to wait */
    world->n_done++;
    world->status = answer->status;
    world->n_answer = answer->body.n;
    world->cut = answer->cut;
    world->retry_after_ns = answer->retry_after_ns;
    (void)snprintf(world->answer, sizeof(world->answer), "%.*s",
                   (int)(answer->body.n < 200 ? answer->body.n : 200),
                   answer->body.p ? answer->body.p : "");
    (void)snprintf(world->error, sizeof(world->error), "%s",
                   answer->error ? answer->error : "");
    if (world->free_on_done) {
        http_client_free(world->client);
        world->client = NULL;
    }
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));

    assert_int_equal(uv_loop_init(&world->loop), 0);
    stub_start(&world->server, &world->loop, on_request, world);
    assert_int_equal(http_client_new(&world->client, &world->loop), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    http_client_free(world->client);
    stub_stop(&world->server);
    while (uv_run(&world->loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world->body);
    free(world->head);
    free(world);
    return 0;
}

static uint64_t call(struct world *world, const char *method, struct cw_str body, bool gzip,
                     int64_t timeout_ns)
{
    static const char *const header[] = {"X-Test: yes"};
    const struct http_call wanted = {
        .method = method,
        .url = world->server.url,
        .header = header,
        .n_headers = 1,
        .body = body,
        .gzip = gzip,
        .timeout_ns = timeout_ns,
        .max_answer = 1000,
    };
    const unsigned n_done = world->n_done;
    const uint64_t id = http_client_call(world->client, &wanted, on_done, world);

    assert_int_equal(world->n_done, n_done);
    return id;
}

static void run_until_done(struct world *world, unsigned n)
{
    while (world->n_done < n)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
}

static void each_kind_of_answer_arrives(void **state)
{
    static const struct {
        int what, status;
        const char *answer;
        int64_t retry_after_ns;
    } row[] = {
        {SAY_OK, 200, "hello", 0},
        {SAY_500, 500, "broken", 0},
        {SAY_BUSY, 429, "", 7 * NS_PER_S},
        {SAY_MOVED, 302, "", 0},
    };
    struct world *world = *state;

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        world->what = row[i].what;
        assert_true(call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S) > 0);
        run_until_done(world, i + 1);
        assert_int_equal(world->status, row[i].status);
        assert_string_equal(world->answer, row[i].answer);
        assert_int_equal(world->retry_after_ns, row[i].retry_after_ns);
        assert_string_equal(world->error, "");
    }
    /* None was followed, all went over one connection. */
    assert_int_equal(world->server.n_requests, 4);
    assert_null(world->server.peers->next);
}

static void the_request_is_what_was_asked_for(void **state)
{
    static const char *const method[] = {"GET", "POST", "PUT", "DELETE"};
    struct world *world = *state;

    for (unsigned i = 0; i < 4; i++) {
        call(world, method[i], i == 1 || i == 2 ? CW_STR("body") : CW_STR(""), false, NS_PER_S);
        run_until_done(world, i + 1);
        assert_string_equal(world->method, method[i]);
        assert_string_equal(world->body, i == 1 || i == 2 ? "body" : "");
        assert_non_null(strstr(world->head, "X-Test: yes\r\n"));
        assert_null(strcasestr(world->head, "expect:"));
        assert_null(strcasestr(world->head, "content-type:"));
        assert_int_equal(world->status, 200);
    }
    call(world, "POST", CW_STR(""), true, NS_PER_S);
    run_until_done(world, 5);
    assert_non_null(strstr(world->head, "Content-Length: 0\r\n"));
    assert_false(world->gzipped);
}

static void a_slow_server_is_given_up_in_time(void **state)
{
    struct world *world = *state;

    world->what = HANG;
    call(world, "POST", CW_STR("x"), false, 50 * NS_PER_MS);
    run_until_done(world, 1);
    assert_int_equal(world->status, 0);
    assert_non_null(strstr(world->error, "timed out"));
}

static void a_reset_is_an_error_in_words(void **state)
{
    struct world *world = *state;

    world->what = RESET;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 0);
    assert_non_null(strstr(world->error, "reset"));
}

static void nobody_listening_is_an_error_in_words(void **state)
{
    struct world *world = *state;

    stub_stop(&world->server);
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 0);
    assert_non_null(strstr(world->error, "connect"));
}

static void other_protocols_are_refused(void **state)
{
    struct world *world = *state;
    const struct http_call wanted = {
        .method = "GET", .url = "file:///etc/hostname", .timeout_ns = NS_PER_S};

    assert_true(http_client_call(world->client, &wanted, on_done, world) > 0);
    assert_int_equal(world->n_done, 0);
    run_until_done(world, 1);
    assert_int_equal(world->status, 0);
    assert_non_null(strstr(world->error, "not supported"));
}

static void a_big_answer_is_cut(void **state)
{
    struct world *world = *state;

    world->what = SAY_MUCH;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 200);
    assert_int_equal(world->n_answer, 1000);
    assert_true(world->cut);
    world->what = SAY_OK;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 2);
    assert_string_equal(world->answer, "hello");
    assert_false(world->cut);
}

static void endless_headers_end_the_call(void **state)
{
    struct world *world = *state;

    (void)memcpy(much, "X: ", 3);
    for (size_t i = 1000; i < sizeof(much) - 10; i += 1000)
        (void)memcpy(much + i, "\r\nX: ", 5);
    (void)memcpy(much + sizeof(much) - 3, "\r\n", 2);
    world->what = SAY_LONG_HEAD;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 0);
}

static void a_compressed_body_unpacks_to_the_same_bytes(void **state)
{
    struct world *world = *state;
    const size_t n = 1000000;
    char *body = xmalloc(n);
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        body[i] = (char)(i % 1000 < 900 ? 'a' : seed >> 24);
    }
    call(world, "POST", (struct cw_str){body, n}, true, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 200);
    assert_true(world->gzipped);
    assert_int_equal(world->n_body, n);
    assert_memory_equal(world->body, body, n);
    free(body);
}

static void a_cancelled_call_is_not_heard_of_again(void **state)
{
    struct world *world = *state;
    uint64_t id[4];

    world->what = HANG;
    for (int i = 0; i < 4; i++) /* two of them are with a worker when cancelled */
        id[i] = call(world, "POST", CW_STR("x"), i >= 2, 5 * NS_PER_S);
    http_client_cancel(world->client, id[1]);
    while (world->server.n_requests < 1)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    http_client_cancel(world->client, id[0]);
    http_client_cancel(world->client, id[2]);
    http_client_cancel(world->client, id[3]);
    http_client_cancel(world->client, id[3]);
    world->what = SAY_OK;
    call(world, "POST", CW_STR("x"), true, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_int_equal(world->status, 200);
    http_client_free(world->client);
    world->client = NULL;
    assert_int_equal(world->n_done, 1);
}

static void freeing_answers_what_is_on_its_way(void **state)
{
    struct world *world = *state;

    world->what = HANG;
    world->free_on_request = true;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    call(world, "POST", CW_STR("x"), true, 5 * NS_PER_S);
    run_until_done(world, 3);
    assert_null(world->client);
    assert_int_equal(world->status, 0);
    assert_string_equal(world->error, "cancelled");
}

static void freeing_before_the_loop_ran_is_clean(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 8; i++)
        call(world, "POST", CW_STR("x"), i & 1, 5 * NS_PER_S);
    http_client_free(world->client);
    world->client = NULL;
    assert_int_equal(world->n_done, 8);
}

static void freeing_from_an_answer_is_clean(void **state)
{
    struct world *world = *state;

    world->free_on_done = true;
    call(world, "POST", CW_STR("x"), false, 5 * NS_PER_S);
    run_until_done(world, 1);
    assert_null(world->client);
    assert_int_equal(world->status, 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_answer_arrives),
        TEST(the_request_is_what_was_asked_for),
        TEST(a_slow_server_is_given_up_in_time),
        TEST(a_reset_is_an_error_in_words),
        TEST(nobody_listening_is_an_error_in_words),
        TEST(other_protocols_are_refused),
        TEST(a_big_answer_is_cut),
        TEST(endless_headers_end_the_call),
        TEST(a_compressed_body_unpacks_to_the_same_bytes),
        TEST(a_cancelled_call_is_not_heard_of_again),
        TEST(freeing_answers_what_is_on_its_way),
        TEST(freeing_before_the_loop_ran_is_clean),
        TEST(freeing_from_an_answer_is_clean),
    };

    (void)memset(much, 'a', sizeof(much) - 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
