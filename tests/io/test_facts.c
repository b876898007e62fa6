/*
 * test_facts.c - from the fold's facts over rows of the store to a scripted database: each
 * line arrives, with the same bytes however often it is sent, and the cursor never runs ahead.
 */
#include "store_fixture.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/option.h"
#include "core/engine.h"
#include "facts.h"
#include "io/config.h"
#include "stub_http.h"

struct world {
    struct fixture *store; /* with the loop */
    struct stub_http server;
    struct http_client *client;
    struct influx_options options;
    struct influx *influx;
    struct facts *facts;
    struct config *config;
    struct engine *engine;
    struct engine_sink sink;
    unsigned n_refuse; /* writes to answer 500 */
    bool silent;       /* gives no answer at all */
    bool stores_silently;
    struct buf got; /* all lines taken, in order of arrival */
    unsigned n_writes;
};

static void on_request(void *ctx, struct stub_request *request)
{
    struct world *world = ctx;
    bool refuse = world->n_writes++ < world->n_refuse;
    if (!refuse && (!world->silent || world->stores_silently))
        buf_add_str(&world->got, buf_str(&request->body));
    if (!world->silent)
        stub_answer(request, refuse ? 500 : 204, "", refuse ? "scripted" : "");
}

static void on_rows_written(void *ctx)
{
    facts_written(((struct world *)ctx)->facts);
}

static void on_progress(void *ctx)
{
    (void)ctx;
}

static void begin(struct world *world)
{
    const struct influx_hooks hooks = {
        .ctx = world, .progress = on_progress, .rows_written = on_rows_written};
    struct cw_error err;
    open_store(world->store);
    if (influx_new(&world->influx, &world->store->loop, world->client, &world->options, &hooks,
                   &err))
        fail_msg("%s", err.text);
    world->facts = facts_new(world->store->store, world->influx, &world->options);
}

/* As a stop or a kill would: what was on its way is not told. */
static void end(struct world *world)
{
    facts_stop(world->facts);
    influx_free(world->influx);
    store_close(world->store->store);
    world->store->store = NULL;
    facts_free(world->facts);
    world->facts = NULL;
}

static int world_set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    void *store;
    log_set_level(LOG_LEVEL_ERR);
    assert_int_equal(setup(&store), 0);
    world->store = store;
    stub_start(&world->server, &world->store->loop, on_request, world);
    assert_int_equal(http_client_new(&world->client, &world->store->loop), 0);
    assert_int_equal(config_load(&world->config, NULL, NULL, 0, NULL, NULL), 0);
    option_presets(influx_options, &world->options);
    world->options.url = world->server.url;
    world->options.max_backoff_ns = world->options.hold_ns = 4000000;
    world->engine = engine_new(&world->config->rules, &world->sink);
    buf_init(&world->got, 1 << 22);
    *state = world;
    return 0;
}

static int world_tear_down(void **state)
{
    struct world *world = *state;
    void *store = world->store;
    if (world->facts)
        end(world);
    http_client_free(world->client);
    stub_stop(&world->server);
    engine_free(world->engine);
    config_free(world->config);
    buf_done(&world->got);
    world->options.url = NULL;
    option_free(influx_options, &world->options);
    int ret = teardown(&store); /* runs the loop: the server's peers end in it */
    free(world);
    return ret;
}

/* Step i is of the record at offset 10 * (i / 2): two of each; all of the same instant. */
static bool say(struct world *world, unsigned i)
{
    struct alarm alarm = {.id = "A", .rev = i, .site = "s-1", .value = 1, .limit = 2};
    struct transition step = {
        .at = {1, 10 * (i / 2)}, .at_ns = 5000, .change = CHANGE_RAISED, .alarm = &alarm};
    return facts_transition(world->facts, &world->config->rules, &step);
}

static void say_all(struct world *world, unsigned from, unsigned to)
{
    struct position upto = {1, 10 * ((to + 1) / 2)};
    for (unsigned i = from; i < to; i++)
        (void)say(world, i);
    store_commit(world->store->store, upto);
    run_until_committed(world->store, upto);
}

static uint64_t waiting(const struct world *world)
{
    struct facts_status status;
    facts_status(world->facts, &status);
    return status.n_waiting;
}

static uint64_t written(const struct world *world)
{
    struct facts_status status;
    facts_status(world->facts, &status);
    return status.n_written;
}

static void run_until_written(struct world *world, uint64_t n)
{
    facts_tick(world->facts, engine_fold(world->engine));
    while (written(world) < n) {
        (void)uv_run(&world->store->loop, UV_RUN_ONCE);
        facts_tick(world->facts, engine_fold(world->engine));
    }
}

/* Steps from..to-1, each at its own time, in this order and nothing else. */
static void assert_got(struct world *world, unsigned from, unsigned to)
{
    const char *p = buf_text(&world->got);
    for (unsigned i = from; i < to; i++) {
        char rev[16], time[24];
        const char *line_end = strchr(p, '\n');
        int n_time = snprintf(time, sizeof(time), " %u\n", 5000 + i);
        (void)snprintf(rev, sizeof(rev), ",rev=%u,", i);
        assert_non_null(line_end);
        const char *at = strstr(p, rev);
        if (!at || at > line_end || memcmp(line_end + 1 - n_time, time, (size_t)n_time) != 0)
            fail_msg("step %u is not \"%.*s\"", i, (int)(line_end - p), p);
        p = line_end + 1;
    }
    assert_string_equal(p, "");
}

static void steps_arrive_in_order_each_at_its_own_time(void **state)
{
    struct world *world = *state;
    begin(world);
    say_all(world, 0, 1200);
    run_until_written(world, 1200);
    assert_got(world, 0, 1200);
    assert_int_equal(world->n_writes, 3); /* of 500 at most */
    assert_int_equal(waiting(world), 0);
    end(world);
    begin(world);
    assert_int_equal(store_facts_cursor_at_open(world->store->store), 1200);
}

static void the_cursor_waits_for_a_good_answer(void **state)
{
    struct world *world = *state;
    world->n_refuse = 3;
    begin(world);
    say_all(world, 0, 10);
    while (world->n_writes < 3) {
        facts_tick(world->facts, engine_fold(world->engine));
        (void)uv_run(&world->store->loop, UV_RUN_ONCE);
        assert_int_equal(written(world), 0);
    }
    run_until_written(world, 10);
    assert_got(world, 0, 10);
}

/* The database had stored the lines when we were killed: the same bytes are the same points. */
static void what_is_sent_again_is_the_same(void **state)
{
    struct world *world = *state;
    struct buf first;
    world->silent = world->stores_silently = true;
    begin(world);
    say_all(world, 0, 10);
    while (world->n_writes == 0) {
        facts_tick(world->facts, engine_fold(world->engine));
        (void)uv_run(&world->store->loop, UV_RUN_ONCE);
    }
    end(world);
    first = world->got;
    buf_init(&world->got, 1 << 22);
    world->silent = false;
    begin(world);
    assert_int_equal(store_facts_cursor_at_open(world->store->store), 0);
    assert_false(say(world, 3)); /* the journal again, from before the store's cursor */
    run_until_written(world, 10);
    assert_got(world, 0, 10);
    assert_string_equal(buf_text(&world->got), buf_text(&first));
    buf_done(&first);
}

static void what_waits_is_known_while_the_database_is_away(void **state)
{
    struct world *world = *state;
    world->silent = true;
    begin(world);
    say_all(world, 0, 4);
    while (waiting(world) < 4) {
        facts_tick(world->facts, engine_fold(world->engine));
        (void)uv_run(&world->store->loop, UV_RUN_ONCE);
    }
    say_all(world, 4, 10);
    while (waiting(world) < 10) {
        facts_tick(world->facts, engine_fold(world->engine));
        (void)uv_run(&world->store->loop, UV_RUN_ONCE);
    }
    assert_int_equal(written(world), 0);
}

static void rows_that_are_gone_are_counted(void **state)
{
    struct world *world = *state;
    struct facts_status status;
    begin(world);
    say_all(world, 0, 10);
    end(world);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(world->store->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM facts WHERE n < 5", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    begin(world);
    run_until_written(world, 6);
    assert_got(world, 4, 10);
    facts_status(world->facts, &status);
    assert_int_equal(status.n_given_up, 4);
    assert_int_equal(status.n_written, 6);
}

static void without_a_database_nothing_happens(void **state)
{
    struct world *world = *state;
    assert_false(say(world, 1));
    facts_tick(NULL, engine_fold(world->engine));
    facts_written(NULL);
    facts_stop(NULL);
    facts_free(NULL);
    assert_int_equal(world->n_writes, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(steps_arrive_in_order_each_at_its_own_time),
        CASE(the_cursor_waits_for_a_good_answer),
        CASE(what_is_sent_again_is_the_same),
        CASE(what_waits_is_known_while_the_database_is_away),
        CASE(rows_that_are_gone_are_counted),
        CASE(without_a_database_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
