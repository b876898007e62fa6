/*
 * influx_world.h - for tests of the writer: a scripted database and a journal that is an
 * array, both on the test's loop.
 *
 * The database keeps the set of lines it has stored; the test knows the set it gave. Record i
 * of the journal lies at offset 64 + 8 * i and makes one line "m,d=I v=..".
 */
#ifndef TESTS_IO_INFLUX_WORLD_H
#define TESTS_IO_INFLUX_WORLD_H

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

static inline struct position offset_of(unsigned i)
{
    return (struct position){1, FIRST_OFFSET + RECORD_SIZE * (uint64_t)i};
}

static inline unsigned index_of(struct position at)
{
    if (at.offset <= FIRST_OFFSET || at.epoch < 1)
        return 0;
    return (unsigned)((at.offset - FIRST_OFFSET + RECORD_SIZE - 1) / RECORD_SIZE);
}

static inline size_t make_line(unsigned i, char dst[64])
{
    return (size_t)snprintf(dst, 64, "m,d=%u v=%u %u\n", i, i, i);
}

/* ---- the database ---- */

static inline unsigned line_index(const char *line)
{
    unsigned i;

    if (sscanf(line, "m,d=%u v=", &i) != 1 || i >= MAX_LINES)
        BUG("not a line of ours: %.40s", line);
    return i;
}

/* Stores lines if `keep`; true when one of them is bad. */
static inline bool store(struct world *world, struct buf *body, bool keep)
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

static inline void take_write(struct world *world, struct stub_request *request)
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

static inline void on_write(struct world *world, struct stub_request *request)
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

static inline void on_request(void *ctx, struct stub_request *request)
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

static inline int again(void *ctx, struct position from, struct position to,
                        struct position *next)
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

static inline void on_progress(void *ctx)
{
    struct world *world = ctx;

    world->n_progress++;
    buf_clear(&world->state);
    influx_state(world->influx, &world->state);
    uv_stop(&world->loop);
}

static inline void on_bad_line(void *ctx, struct cw_str line, struct cw_str answer)
{
    struct world *world = ctx;
    char text[64];

    assert_true(str_copy(text, sizeof(text), line));
    assert_true(str_copy(world->bad_answer, sizeof(world->bad_answer), answer));
    world->bad_line[world->n_bad++] = line_index(text);
}

static inline void on_flushed(void *ctx)
{
    struct world *world = ctx;

    world->flushed = true;
    uv_stop(&world->loop);
}

/* ---- the frame ---- */

static inline void watchdog_bites(uv_timer_t *timer)
{
    (void)timer;
    BUG("the test hangs");
}

static inline void set_option(struct world *world, const char *name, const char *value)
{
    struct cw_error err;
    const int i = option_find(influx_options, name);

    assert_true(i >= 0);
    if (option_set(&influx_options[i], &world->options, str_of(value), &err))
        fail_msg("%s", err.text);
}

static inline void start(struct world *world)
{
    const struct influx_hooks hooks = {
        .ctx = world, .again = again, .progress = on_progress, .bad_line = on_bad_line};
    struct cw_error err;

    if (influx_new(&world->influx, &world->loop, world->client, &world->options, &hooks, &err))
        fail_msg("%s", err.text);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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
static inline void give(struct world *world, unsigned end)
{
    for (; world->n_given < end; world->n_given++) {
        char line[64];
        const size_t length = make_line(world->n_given, line);

        influx_add(world->influx, offset_of(world->n_given), (struct cw_str){line, length}, 1);
    }
    influx_passed(world->influx, offset_of(end));
}

static inline void begin(struct world *world)
{
    struct cw_error err;

    start(world);
    assert_int_equal(influx_restore(world->influx, CW_STR("v1 1.64-"), offset_of(0), &err), 0);
}

static inline bool all_dealt_with(const struct world *world)
{
    return position_cmp(influx_cursor(world->influx), offset_of(world->n_given)) == 0;
}

static inline void run_until_written(struct world *world)
{
    while (!all_dealt_with(world))
        (void)uv_run(&world->loop, UV_RUN_ONCE);
}

static inline void assert_all_stored(const struct world *world)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
