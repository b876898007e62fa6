/*
 * test_influx.c - the writer against a scripted database and a journal that is an array.
 *
 * The database keeps the set of lines it has stored; the test knows the set it gave. Each
 * record i of the journal lies at offset 64 + 8 * i and makes one line "m,d=I v=..".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/log.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "core/journal/intervals.h"
#include "io/influx.h"
#include "stub_http.h"

#define MAX_LINES 60000u
#define FIRST_OFFSET 64u
#define RECORD_SIZE 8u

/* How the database answers a write. */
enum say {
    OK,
    SAY_500,
    SAY_503,
    SAY_429,
    SAY_401,
    SAY_403,
    SAY_404,
    SAY_413,
    HANG,
    RESET,
    STORE_THEN_RESET,
    REFUSE_ALL,
    NO_DATABASE
};

struct world {
    uv_loop_t loop;
    struct stub_http server;
    struct http_client *client;
    struct influx_options options;
    struct influx *influx;
    uv_timer_t watchdog;

    /* the database */
    enum say script[64]; /* one per write; then `rest` */
    unsigned n_script, at_script;
    enum say rest;
    size_t max_body; /* more is 413; 0: any */
    bool partial;    /* as InfluxDB 1: the good lines of a refused write are stored */
    bool stored[MAX_LINES];
    unsigned n_stores[MAX_LINES];
    unsigned order[MAX_LINES], n_order; /* in which lines were stored first */
    bool bad[MAX_LINES];                /* lines it refuses */
    unsigned n_writes, n_creates;
    char last_target[2048], last_head[8192], last_form[256];
    bool gzipped;

    /* the journal */
    unsigned n_given; /* live, so far */
    unsigned trimmed; /* records that are gone */
    unsigned n_again, n_progress;
    unsigned slice; /* records per call of again() */

    unsigned n_bad, bad_line[MAX_LINES];
    char bad_answer[256];
    bool flushed;
    struct buf state; /* as kept at the last progress() */
};

static struct position offset_of(unsigned i)
{
    return (struct position){1, FIRST_OFFSET + RECORD_SIZE * (uint64_t)i};
}

static unsigned index_of(struct position at)
{
    if (at.offset <= FIRST_OFFSET || at.epoch < 1)
        return 0;
    return (unsigned)((at.offset - FIRST_OFFSET + RECORD_SIZE - 1) / RECORD_SIZE);
}

static size_t make_line(unsigned i, char dst[64])
{
    return (size_t)snprintf(dst, 64, "m,d=%u v=%u %u\n", i, i, i);
}

/* ---- the database ---- */

static unsigned line_index(const char *line)
{
    unsigned i;

    if (sscanf(line, "m,d=%u v=", &i) != 1 || i >= MAX_LINES)
        BUG("not a line of ours: %.40s", line);
    return i;
}

/* Stores lines if `keep`; true when one of them is bad. */
static bool store(struct world *world, struct buf *body, bool keep)
{
    bool refused = false;

    for (const char *p = buf_text(body); *p; p = strchr(p, '\n') + 1) {
        const unsigned i = line_index(p);

        if (!strchr(p, '\n'))
            BUG("a line without an end");
        if (world->bad[i]) {
            refused = true;
            continue;
        }
        if (!keep)
            continue;
        if (!world->stored[i])
            world->order[world->n_order++] = i;
        world->stored[i] = true;
        world->n_stores[i]++;
    }
    return refused;
}

static void take_write(struct world *world, struct stub_request *request)
{
    const bool refused = store(world, &request->body, false);

    if (refused && !world->partial) {
        stub_answer(request, 422, "", "{\"message\":\"unable to parse\"}");
        return;
    }
    (void)store(world, &request->body, true);
    if (refused)
        stub_answer(request, 400, "", "{\"error\":\"partial write: dropped=1\"}");
    else
        stub_answer(request, 204, "", "");
}

static void on_write(struct world *world, struct stub_request *request)
{
    const enum say say =
        world->at_script < world->n_script ? world->script[world->at_script++] : world->rest;

    world->n_writes++;
    if (world->max_body && request->body.n > world->max_body) {
        stub_answer(request, 413, "", "too large");
        return;
    }
    switch (say) {
    case OK:
        take_write(world, request);
        break;
    case HANG:
        break;
    case STORE_THEN_RESET:
        (void)store(world, &request->body, true);
        stub_reset(request);
        break;
    case RESET:
        stub_reset(request);
        break;
    case REFUSE_ALL:
        stub_answer(request, 400, "", "a proxy that understands nothing");
        break;
    case NO_DATABASE:
        stub_answer(request, 404, "", "{\"error\":\"database not found: \\\"care\\\"\"}");
        break;
    case SAY_429:
        stub_answer(request, 429, "Retry-After: 1\r\n", "");
        break;
    default:
        stub_answer(request,
                    say == SAY_500   ? 500
                    : say == SAY_503 ? 503
                    : say == SAY_401 ? 401
                    : say == SAY_403 ? 403
                    : say == SAY_404 ? 404
                                     : 413,
                    "", "scripted");
    }
}

static void on_request(void *ctx, struct stub_request *request)
{
    struct world *world = ctx;

    (void)snprintf(world->last_target, sizeof(world->last_target), "%s", request->target);
    (void)snprintf(world->last_head, sizeof(world->last_head), "%s", request->head);
    world->gzipped = request->gzipped;
    if (strncmp(request->target, "/query", 6) != 0) {
        on_write(world, request);
        return;
    }
    (void)snprintf(world->last_form, sizeof(world->last_form), "%s", buf_text(&request->body));
    world->n_creates++;
    world->rest = OK;
    stub_answer(request, 200, "", "{\"results\":[{\"statement_id\":0}]}");
}

/* ---- the journal and the other hooks ---- */

static int again(void *ctx, struct position from, struct position to, struct position *next)
{
    struct world *world = ctx;
    const unsigned end = index_of(to);
    unsigned i = index_of(from);
    bool more = true;

    world->n_again++;
    if (i < world->trimmed) {
        *next = offset_of(world->trimmed);
        return -ENOENT;
    }
    for (unsigned n = 0; i < end && more && n < world->slice; i++, n++) {
        char line[64];
        const size_t length = make_line(i, line);

        more = influx_backlog(world->influx, offset_of(i), (struct cw_str){line, length}, 1);
    }
    *next = offset_of(i);
    return 0;
}

static void on_progress(void *ctx)
{
    struct world *world = ctx;

    world->n_progress++;
    buf_clear(&world->state);
    influx_state(world->influx, &world->state);
    uv_stop(&world->loop);
}

static void on_bad_line(void *ctx, struct cw_str line, struct cw_str answer)
{
    struct world *world = ctx;
    char text[64];

    assert_true(str_copy(text, sizeof(text), line));
    assert_true(str_copy(world->bad_answer, sizeof(world->bad_answer), answer));
    world->bad_line[world->n_bad++] = line_index(text);
}

static void on_flushed(void *ctx)
{
    struct world *world = ctx;

    world->flushed = true;
    uv_stop(&world->loop);
}

/* ---- the frame ---- */

static void watchdog_bites(uv_timer_t *timer)
{
    (void)timer;
    BUG("the test hangs");
}

static void set_option(struct world *world, const char *name, const char *value)
{
    struct cw_error err;
    const int i = option_find(influx_options, name);

    assert_true(i >= 0);
    if (option_set(&influx_options[i], &world->options, str_of(value), &err))
        fail_msg("%s", err.text);
}

static void start(struct world *world)
{
    const struct influx_hooks hooks = {
        .ctx = world, .again = again, .progress = on_progress, .bad_line = on_bad_line};
    struct cw_error err;

    if (influx_new(&world->influx, &world->loop, world->client, &world->options, &hooks, &err))
        fail_msg("%s", err.text);
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));

    log_set_level(LOG_LEVEL_ERR); /* complaints are not looked at here */
    assert_int_equal(uv_loop_init(&world->loop), 0);
    assert_int_equal(uv_timer_init(&world->loop, &world->watchdog), 0);
    (void)uv_timer_start(&world->watchdog, watchdog_bites, 20000, 0);
    stub_start(&world->server, &world->loop, on_request, world);
    assert_int_equal(http_client_new(&world->client, &world->loop), 0);
    buf_init(&world->state, 1 << 16);
    world->slice = 300;
    option_presets(influx_options, &world->options);
    set_option(world, "url", world->server.url);
    set_option(world, "flush_interval", "2ms");
    set_option(world, "batch_lines", "100");
    set_option(world, "max_backoff", "4ms");
    set_option(world, "hold", "4ms");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    influx_free(world->influx);
    http_client_free(world->client);
    stub_stop(&world->server);
    uv_close((uv_handle_t *)&world->watchdog, NULL);
    while (uv_run(&world->loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&world->loop), 0);
    option_free(influx_options, &world->options);
    buf_done(&world->state);
    free(world);
    return 0;
}

/* Live records from where we are, up to and without `end`. */
static void give(struct world *world, unsigned end)
{
    for (; world->n_given < end; world->n_given++) {
        char line[64];
        const size_t length = make_line(world->n_given, line);

        influx_add(world->influx, offset_of(world->n_given), (struct cw_str){line, length}, 1);
    }
    influx_passed(world->influx, offset_of(end));
}

static void begin(struct world *world)
{
    struct cw_error err;

    start(world);
    assert_int_equal(influx_restore(world->influx, CW_STR("v1 1.64-"), offset_of(0), &err), 0);
}

static bool all_dealt_with(const struct world *world)
{
    return position_cmp(influx_cursor(world->influx), offset_of(world->n_given)) == 0;
}

static void run_until_written(struct world *world)
{
    while (!all_dealt_with(world))
        (void)uv_run(&world->loop, UV_RUN_ONCE);
}

static void assert_all_stored(const struct world *world)
{
    unsigned n_bad = 0;

    for (unsigned i = 0; i < world->n_given; i++) {
        if (world->stored[i] == world->bad[i])
            fail_msg("line %u: stored %d, bad %d", i, world->stored[i], world->bad[i]);
        n_bad += world->bad[i];
    }
    assert_int_equal(world->n_bad, n_bad);
    for (unsigned i = 0; i < world->n_bad; i++)
        assert_true(world->bad[world->bad_line[i]]);
}

/* ---- tests ---- */

static void lines_go_out_in_batches_and_order(void **state)
{
    struct world *world = *state;

    begin(world);
    give(world, 250);
    run_until_written(world);
    assert_all_stored(world);
    assert_int_equal(world->n_writes, 3);
    for (unsigned i = 0; i < 250; i++)
        assert_int_equal(world->order[i], i);
    assert_string_equal(world->last_target, "/write?db=care&precision=ns");
    assert_true(world->gzipped);
    assert_string_equal(buf_text(&world->state), "v1 1.2064-");
}

static void each_dialect_has_its_address(void **state)
{
    static const struct {
        const char *option[12];
        const char *target, *header;
    } row[] = {
        {{"retention_policy", "one week", "database", "a&b"},
         "/write?db=a%26b&rp=one%20week&precision=ns",
         NULL},
        {{"user", "ann", "password", "secret"},
         "/write?db=",
         "Authorization: Basic YW5uOnNlY3JldA=="},
        {{"user", "", "api", "v2", "org", "our org", "bucket", "b/1", "token", "t0k"},
         "/api/v2/write?org=our%20org&bucket=b%2F1&precision=ns",
         "Authorization: Token t0k"},
        {{"api", "victoriametrics", "gzip", "false"}, "/write?precision=ns", NULL},
    };
    struct world *world = *state;

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        for (unsigned k = 0; row[i].option[k]; k += 2)
            set_option(world, row[i].option[k], row[i].option[k + 1]);
        world->n_given = 0;
        begin(world);
        give(world, 1);
        run_until_written(world);
        assert_non_null(strstr(world->last_target, row[i].target));
        if (row[i].header)
            assert_non_null(strstr(world->last_head, row[i].header));
        else
            assert_null(strstr(world->last_head, "Authorization"));
        influx_free(world->influx);
        world->influx = NULL;
    }
    assert_false(world->gzipped);
}

static void mistakes_in_the_options_are_told(void **state)
{
    static const struct {
        const char *name, *value, *said;
    } row[] = {
        {"url", "", "http://"},
        {"url", "ftp://x", "ftp://x"},
        {"url", "http://a:b@c", "credentials"},
        {"url", "http://c/?db=x", "query"},
        {"database", "", "database"},
        {"api", "v2", "bucket"},
    };
    struct world *world = *state;

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct influx_options options = world->options;
        const int k = option_find(influx_options, row[i].name);
        const struct influx_hooks hooks = {0};
        struct cw_error err;

        *(const char **)(void *)((char *)&options + influx_options[k].offset) = row[i].value;
        assert_int_equal(
            influx_new(&world->influx, &world->loop, world->client, &options, &hooks, &err),
            -EINVAL);
        assert_non_null(strstr(err.text, row[i].said));
    }
}

static void whatever_it_answers_nothing_is_lost(void **state)
{
    static const struct {
        const char *name;
        enum say script[8];
        unsigned n, max_stores;
        bool by_curl; /* which may send again by itself */
    } row[] = {
        {"500", {SAY_500, SAY_500, SAY_500}, 3, 1, false},
        {"503 without a time", {SAY_503}, 1, 1, false},
        {"401", {SAY_401, SAY_401}, 2, 1, false},
        {"403", {SAY_403}, 1, 1, false},
        {"404 of something else", {SAY_404}, 1, 1, false},
        {"reset", {RESET, RESET}, 2, 1, false},
        {"reset after storing", {STORE_THEN_RESET}, 1, 3, true},
        {"hang", {HANG}, 1, 1, false},
        {"flapping",
         {SAY_500, OK, RESET, OK, HANG, SAY_401, OK, STORE_THEN_RESET},
         8,
         3,
         false},
        {"refuses everything", {REFUSE_ALL, REFUSE_ALL, REFUSE_ALL}, 3, 1, true},
    };
    struct world *world = *state;

    set_option(world, "timeout", "30ms");
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct influx_status status;

        memset(world->n_stores, 0, sizeof(world->n_stores));
        memset(world->stored, 0, sizeof(world->stored));
        memcpy(world->script, row[i].script, sizeof(row[i].script));
        world->n_script = row[i].n;
        world->at_script = world->n_order = world->n_given = 0;
        begin(world);
        give(world, 250);
        run_until_written(world);
        assert_all_stored(world);
        for (unsigned k = 0; k < 250; k++) {
            if (world->n_stores[k] > row[i].max_stores)
                fail_msg("%s: line %u stored %u times", row[i].name, k, world->n_stores[k]);
        }
        influx_status(world->influx, &status);
        assert_true(status.up);
        assert_true(row[i].by_curl || status.n_retries > 0);
        assert_true(row[i].by_curl || status.last_error[0] != '\0');
        assert_int_equal(status.n_given_up, 0);
        influx_free(world->influx);
        world->influx = NULL;
    }
}

static void a_busy_database_gets_the_rest_it_asks_for(void **state)
{
    struct world *world = *state;
    uint64_t before;

    world->script[world->n_script++] = SAY_429;
    begin(world);
    give(world, 10);
    before = uv_hrtime();
    run_until_written(world);
    assert_true(uv_hrtime() - before >= 1000 * 1000 * 1000);
    assert_all_stored(world);
    assert_int_equal(world->n_writes, 2);
}

static void a_missing_database_is_created_once(void **state)
{
    struct world *world = *state;

    world->rest = NO_DATABASE;
    begin(world);
    give(world, 250);
    run_until_written(world);
    assert_all_stored(world);
    assert_int_equal(world->n_creates, 1);
    assert_string_equal(world->last_form, "q=CREATE%20DATABASE%20%22care%22");
}

static void bad_lines_are_found_one_by_one(void **state)
{
    static const unsigned bad[][6] = {
        {17}, {0}, {99}, {0, 99, 100, 249}, {3, 4, 5, 6, 7}, {100, 101, 102, 103, 104, 249}};
    struct world *world = *state;

    for (unsigned i = 0; i < 12; i++) {
        memset(world->bad, 0, sizeof(world->bad));
        memset(world->stored, 0, sizeof(world->stored));
        for (unsigned k = 0; k < 6; k++)
            world->bad[bad[i / 2][k]] |= k == 0 || bad[i / 2][k] > 0;
        world->partial = i % 2;
        world->n_bad = world->n_order = world->n_given = 0;
        begin(world);
        give(world, 250);
        run_until_written(world);
        assert_all_stored(world);
        assert_non_null(strstr(world->bad_answer, world->partial ? "partial" : "parse"));
        influx_free(world->influx);
        world->influx = NULL;
    }
}

/* A long run of them needs the witness: nothing in between is taken. */
static void a_run_of_bad_lines_is_told_apart_from_a_bad_proxy(void **state)
{
    struct world *world = *state;
    unsigned n_stores = 0;

    for (unsigned i = 110; i < 350; i++)
        world->bad[i] = true;
    begin(world);
    give(world, 500);
    run_until_written(world);
    assert_all_stored(world);
    for (unsigned i = 0; i < 110; i++)
        n_stores += world->n_stores[i];
    assert_true(n_stores > 110);
}

static void a_proxy_that_refuses_all_is_not_believed(void **state)
{
    struct world *world = *state;

    begin(world);
    give(world, 100);
    run_until_written(world);
    world->rest = REFUSE_ALL;
    give(world, 1000);
    while (world->n_writes < 300)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    assert_int_equal(world->n_bad, 0);
    world->rest = OK;
    run_until_written(world);
    assert_all_stored(world);
}

static void a_batch_that_is_too_large_is_split(void **state)
{
    struct world *world = *state;

    world->max_body = 200;
    begin(world);
    give(world, 250);
    run_until_written(world);
    assert_all_stored(world);
    assert_true(world->n_writes > 20);
}

/* Down for long: memory stays bounded, and the rest comes from the journal, live first. */
static void after_an_outage_live_lines_go_first_and_the_rest_follows(void **state)
{
    struct world *world = *state;
    struct influx_status status;

    world->rest = SAY_500;
    begin(world);
    for (unsigned i = 1; i <= 100; i++) {
        give(world, i * 100);
        while (world->n_writes < i)
            (void)uv_run(&world->loop, UV_RUN_ONCE);
        influx_status(world->influx, &status);
        assert_true(status.buffer_bytes < 5 * 100 * 40);
        assert_true(status.behind_intervals <= 1);
    }
    assert_false(status.up);
    assert_int_equal(world->n_order, 0);
    assert_int_equal(world->n_again, 0);
    world->rest = OK;
    run_until_written(world);
    assert_all_stored(world);
    /* At most one batch was being tried all the time; then come the newest. */
    assert_true(world->order[100] > 9000);
    assert_true(world->n_again > 20);
    influx_status(world->influx, &status);
    assert_int_equal(status.behind_intervals, 0);
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(world->n_stores[i], 1);
}

/* Stops dead at a random moment, again and again, and starts from the state last kept: a
 * lazily kept state, a database that flaps, and still every line arrives. */
static void stopped_at_any_moment_nothing_is_lost(void **state)
{
    static const enum say mood[] = {OK, OK, SAY_500, OK, STORE_THEN_RESET, OK, RESET, SAY_413};
    struct world *world = *state;
    uint32_t seed = 7;

    set_option(world, "timeout", "50ms");
    buf_add_text(&world->state, "v1 1.64-");
    for (unsigned life = 0; life < 60; life++) {
        struct cw_error err;
        const unsigned n_steps = 1 + (seed = seed * 1664525u + 1013904223u) % 1000 / 25;
        struct buf kept;

        buf_init(&kept, 1 << 16);
        buf_add_str(&kept, buf_str(&world->state));
        start(world);
        assert_int_equal(
            influx_restore(world->influx, buf_str(&kept), offset_of(world->n_given), &err), 0);
        buf_done(&kept);
        for (unsigned step = 0; step < n_steps; step++) {
            seed = seed * 1664525u + 1013904223u;
            world->rest = mood[seed >> 20 & 7];
            give(world, world->n_given + (seed >> 8) % 40);
            (void)uv_run(&world->loop, UV_RUN_NOWAIT);
        }
        influx_free(world->influx);
        world->influx = NULL;
    }
    world->rest = OK;
    start(world);
    {
        struct cw_error err;
        struct buf kept = world->state;

        buf_init(&world->state, 1 << 16);
        assert_int_equal(
            influx_restore(world->influx, buf_str(&kept), offset_of(world->n_given), &err), 0);
        buf_done(&kept);
    }
    run_until_written(world);
    assert_all_stored(world);
}

static void lines_given_again_after_a_start_are_not_written_twice(void **state)
{
    struct world *world = *state;
    struct cw_error err;

    start(world);
    /* The database has all up to record 50 but 10 to 20; the fold starts again at 0. */
    assert_int_equal(
        influx_restore(world->influx, CW_STR("v1 1.144-1.224,1.464-"), offset_of(0), &err), 0);
    give(world, 60);
    run_until_written(world);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(world->n_stores[i], (i >= 10 && i < 20) || i >= 50);
}

static void without_a_state_everything_before_is_backlog(void **state)
{
    static const char *const kept[] = {"", "nonsense"};
    struct world *world = *state;
    struct cw_error err;

    for (unsigned i = 0; i < 2; i++) {
        memset(world->stored, 0, sizeof(world->stored));
        world->n_order = 0;
        start(world);
        assert_int_equal(influx_restore(world->influx, str_of(kept[i]), offset_of(700), &err),
                         i ? -EINVAL : 0);
        world->n_given = 700;
        give(world, 750);
        run_until_written(world);
        assert_all_stored(world);
        influx_free(world->influx);
        world->influx = NULL;
    }
}

static void what_the_journal_lost_is_given_up_and_counted(void **state)
{
    struct world *world = *state;
    struct influx_status status;
    struct cw_error err;

    start(world);
    world->trimmed = 100;
    assert_int_equal(
        influx_restore(world->influx, CW_STR("v1 1.64-1.1600,1.1664-"), offset_of(200), &err),
        0);
    world->n_given = 200;
    run_until_written(world);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(world->stored[i], i >= 100 && i < 192);
    influx_status(world->influx, &status);
    assert_int_equal(status.n_given_up, 1);
}

static void the_quota_gives_up_the_oldest(void **state)
{
    struct world *world = *state;
    struct influx_status status;

    world->rest = SAY_500;
    begin(world);
    give(world, 1000);
    while (world->n_writes < 3)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    assert_int_equal(index_of(influx_cursor(world->influx)), 0);
    assert_int_equal(influx_give_up(world->influx, offset_of(300)), 1);
    assert_int_equal(index_of(influx_cursor(world->influx)), 300);
    world->rest = OK;
    run_until_written(world);
    for (unsigned i = 300; i < 1000; i++)
        assert_true(world->stored[i]);
    assert_true(world->n_order < 1000);
    influx_status(world->influx, &status);
    assert_int_equal(status.n_given_up, 1);
    /* Also when what is given up is still in memory. */
    world->rest = SAY_500;
    give(world, 1400);
    while (world->n_writes < 60)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    (void)influx_give_up(world->influx, offset_of(1390));
    assert_int_equal(index_of(influx_cursor(world->influx)), 1390);
}

static void a_record_has_its_lines_in_one_batch(void **state)
{
    struct world *world = *state;
    char line[64];

    set_option(world, "batch_lines", "10");
    begin(world);
    give(world, 5);
    for (unsigned i = 5; i < 95; i++)
        influx_add(world->influx, offset_of(5), (struct cw_str){line, make_line(i, line)}, 1);
    assert_int_equal(index_of(influx_cursor(world->influx)), 0);
    influx_passed(world->influx, offset_of(6));
    world->n_given = 6;
    run_until_written(world);
    assert_int_equal(world->n_order, 95);
    assert_int_equal(world->n_writes, 1);
}

static void records_without_lines_count_as_written(void **state)
{
    struct world *world = *state;

    begin(world);
    influx_passed(world->influx, offset_of(12));
    assert_int_equal(index_of(influx_cursor(world->influx)), 12);
    assert_int_equal(world->n_writes, 0);
}

static void a_flush_sends_at_once_and_says_when(void **state)
{
    static const struct {
        enum say rest;
        bool stored;
    } row[] = {{OK, true}, {SAY_500, false}, {HANG, false}};
    struct world *world = *state;

    set_option(world, "flush_interval", "60s");
    for (unsigned i = 0; i < 3; i++) {
        memset(world->stored, 0, sizeof(world->stored));
        world->n_order = world->n_given = 0;
        world->rest = row[i].rest;
        world->flushed = false;
        begin(world);
        give(world, 250);
        influx_flush(world->influx, 50 * NS_PER_MS, on_flushed, world);
        assert_false(world->flushed);
        while (!world->flushed)
            (void)uv_run(&world->loop, UV_RUN_ONCE);
        assert_int_equal(world->n_order, row[i].stored ? 250 : 0);
        influx_free(world->influx);
        world->influx = NULL;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lines_go_out_in_batches_and_order),
        TEST(each_dialect_has_its_address),
        TEST(mistakes_in_the_options_are_told),
        TEST(whatever_it_answers_nothing_is_lost),
        TEST(a_busy_database_gets_the_rest_it_asks_for),
        TEST(a_missing_database_is_created_once),
        TEST(bad_lines_are_found_one_by_one),
        TEST(a_run_of_bad_lines_is_told_apart_from_a_bad_proxy),
        TEST(a_proxy_that_refuses_all_is_not_believed),
        TEST(a_batch_that_is_too_large_is_split),
        TEST(after_an_outage_live_lines_go_first_and_the_rest_follows),
        TEST(stopped_at_any_moment_nothing_is_lost),
        TEST(lines_given_again_after_a_start_are_not_written_twice),
        TEST(without_a_state_everything_before_is_backlog),
        TEST(what_the_journal_lost_is_given_up_and_counted),
        TEST(the_quota_gives_up_the_oldest),
        TEST(a_record_has_its_lines_in_one_batch),
        TEST(records_without_lines_count_as_written),
        TEST(a_flush_sends_at_once_and_says_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
