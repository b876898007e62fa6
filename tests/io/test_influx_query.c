/* test_influx_query.c - curves read back: what is asked, and what becomes of each answer. */
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
#include "io/influx.h"
#include "stub_http.h"

struct world {
    uv_loop_t loop;
    struct stub_http server;
    struct http_client *client;
    struct influx_options options;
    struct influx *influx;
    int status;
    const char *answer; /* NULL: none at all */
    char form[2048];
    unsigned n_done;
    int code;
    size_t n;
    int64_t t_ms[8];
    double min[8], max[8];
    char error[240];
};

static void on_request(void *ctx, struct stub_request *request)
{
    struct world *world = ctx;

    (void)snprintf(world->form, sizeof(world->form), "%.2000s", buf_text(&request->body));
    if (world->answer)
        stub_answer(request, world->status, "", world->answer);
    else
        uv_stop(&world->loop);
}

static int again(void *ctx, struct position from, struct position to, struct position *next)
{
    (void)ctx;
    (void)from;
    *next = to;
    return 0;
}

static void on_progress(void *ctx)
{
    (void)ctx;
}

static void on_bad_line(void *ctx, struct cw_str line, struct cw_str answer)
{
    (void)ctx;
    fail_msg("%.*s %.*s", (int)line.n, line.p, (int)answer.n, answer.p);
}

static void on_series(void *ctx, int code, const struct influx_series *series,
                      const struct cw_error *err)
{
    struct world *world = ctx;

    world->n_done++;
    world->code = code;
    world->n = series ? series->n : 0;
    for (size_t i = 0; i < world->n && i < 8; i++) {
        world->t_ms[i] = series->t_ms[i];
        world->min[i] = series->min[i];
        world->max[i] = series->max[i];
    }
    (void)snprintf(world->error, sizeof(world->error), "%s", err ? err->text : "");
    uv_stop(&world->loop);
}

static void set_option(struct world *world, const char *name, const char *value)
{
    struct cw_error err;
    const int i = option_find(influx_options, name);

    if (i < 0 || option_set(&influx_options[i], &world->options, str_of(value), &err))
        fail_msg("option %s", name);
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

    log_set_level(LOG_LEVEL_ERR);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    stub_start(&world->server, &world->loop, on_request, world);
    assert_int_equal(http_client_new(&world->client, &world->loop), 0);
    option_presets(influx_options, &world->options);
    set_option(world, "url", world->server.url);
    world->status = 200;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    influx_free(world->influx);
    http_client_free(world->client);
    stub_stop(&world->server);
    while (uv_run(&world->loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&world->loop), 0);
    option_free(influx_options, &world->options);
    free(world);
    return 0;
}

static struct influx_series_query usual(void)
{
    return (struct influx_series_query){
        .site = CW_STR("site-1"),
        .device = CW_STR("bed.3"),
        .metric = CW_STR("hr"),
        .from_ns = 1000 * NS_PER_S,
        .to_ns = 1100 * NS_PER_S,
        .n_points = 11,
    };
}

static uint64_t ask(struct world *world, const struct influx_series_query *query)
{
    struct cw_error err = {""};
    uint64_t id = 0;

    if (influx_query_series(world->influx, query, on_series, world, &id, &err))
        fail_msg("%s", err.text);
    return id;
}

static void run_until_done(struct world *world, unsigned n)
{
    while (world->n_done < n)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
}

/* Undoes the form's escapes in place. */
static const char *unescaped(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        unsigned c;

        if (*p == '%' && sscanf(p + 1, "%2x", &c) == 1) {
            *to++ = (char)c;
            p += 2;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
    return text;
}

static void the_statement_is_as_narrow_as_the_question(void **state)
{
    struct world *world = *state;
    struct influx_series_query query = usual();

    start(world);
    world->answer = "{\"results\":[{\"statement_id\":0}]}";
    ask(world, &query);
    assert_int_equal(world->n_done, 0);
    run_until_done(world, 1);
    assert_int_equal(world->code, 0);
    assert_int_equal(world->n, 0);
    assert_string_equal(unescaped(world->form),
                        "epoch=ms&db=care&q=SELECT max(\"hr\"),min(\"hr\") FROM "
                        "/^(vitals|bed|room|device)$/ WHERE \"site\"='site-1' "
                        "AND \"device\"='bed.3' AND time>=1000000000000 AND time<1100000000000 "
                        "GROUP BY time(10001ms) fill(none) LIMIT 2001");
    query.measurement = CW_STR("vitals");
    ask(world, &query);
    run_until_done(world, 2);
    assert_non_null(strstr(unescaped(world->form), "FROM \"vitals\" WHERE"));
}

static void rows_become_columns(void **state)
{
    struct world *world = *state;
    const struct influx_series_query query = usual();

    start(world);
    world->answer =
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"vitals\",\"columns\":"
        "[\"time\",\"max\",\"min\"],\"values\":[[1000000,81.5,60],[1010000,null,null],"
        "[1020000,70,70]]}]}]}";
    ask(world, &query);
    run_until_done(world, 1);
    assert_int_equal(world->code, 0);
    assert_int_equal(world->n, 2);
    assert_int_equal(world->t_ms[0], 1000000);
    assert_int_equal(world->t_ms[1], 1020000);
    assert_true(world->max[0] == 81.5 && world->min[0] == 60);
    assert_true(world->max[1] == 70 && world->min[1] == 70);
}

/* A bed that was left, a door that was opened: the database compares booleans, too. */
static void booleans_become_0_and_1(void **state)
{
    struct world *world = *state;
    const struct influx_series_query query = usual();

    start(world);
    world->answer =
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"bed\",\"columns\":"
        "[\"time\",\"max\",\"min\"],\"values\":[[1000000,true,true],[1010000,true,false],"
        "[1020000,false,false],[1030000,null,null]]}]}]}";
    ask(world, &query);
    run_until_done(world, 1);
    assert_int_equal(world->n, 3);
    assert_true(world->min[0] == 1 && world->max[0] == 1);
    assert_true(world->min[1] == 0 && world->max[1] == 1);
    assert_true(world->min[2] == 0 && world->max[2] == 0);
}

static void bad_answers_are_told_in_words(void **state)
{
    static const struct {
        int status;
        const char *answer, *said;
    } row[] = {
        {200, "{\"results\":[{\"error\":\"unsupported max iterator\"}]}", "unsupported max"},
        {400, "{\"error\":\"error parsing query\"}", "error parsing"},
        {401, "{\"error\":\"authorization failed\"}", "authorization failed"},
        {500, "oops", "HTTP 500"},
        {200, "", "no result"},
        {200, "[1,2", "no result"},
        {200, "{\"results\":[]}", "no result"},
        {200, "{\"results\":[{\"series\":[{\"values\":[[\"x\",1,2]]}]}]}", "unknown form"},
        {200, "{\"results\":[{\"series\":[{\"values\":[7]}]}]}", "unknown form"},
    };
    struct world *world = *state;
    const struct influx_series_query query = usual();

    start(world);
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        world->status = row[i].status;
        world->answer = row[i].answer;
        ask(world, &query);
        run_until_done(world, i + 1);
        assert_int_equal(world->code, -EIO);
        assert_non_null(strstr(world->error, row[i].said));
    }
}

static void an_endless_answer_is_refused(void **state)
{
    struct world *world = *state;
    const struct influx_series_query query = usual();
    char *text = xmalloc((2u << 20) + 1);

    memset(text, ' ', 2u << 20);
    text[2u << 20] = '\0';
    start(world);
    world->answer = text;
    ask(world, &query);
    run_until_done(world, 1);
    assert_int_equal(world->code, -E2BIG);
    free(text);
}

static void what_could_reach_into_the_statement_is_refused(void **state)
{
    static const struct {
        const char *site, *device, *metric, *measurement;
        int64_t from_ns, to_ns;
        uint32_t n_points;
    } row[] = {
        {"", "d", "m", "", 1, 2, 1},     {"s", "", "m", "", 1, 2, 1},
        {"s", "d", "", "", 1, 2, 1},     {"s' OR 1=1", "d", "m", "", 1, 2, 1},
        {"s", "d\"", "m", "", 1, 2, 1},  {"s", "d", "m\"),max(\"x", "", 1, 2, 1},
        {"s", "d", "m", "a b", 1, 2, 1}, {"s", "d", "m", "", 2, 2, 1},
        {"s", "d", "m", "", -1, 2, 1},   {"s", "d", "m", "", 1, 2, 0},
        {"s", "d", "m", "", 1, 2, 2001}, {"s\\", "d", "m", "", 1, 2, 1},
        {"s", "d\n", "m", "", 1, 2, 1},
    };
    struct world *world = *state;

    start(world);
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        const struct influx_series_query query = {
            .site = str_of(row[i].site),
            .device = str_of(row[i].device),
            .metric = str_of(row[i].metric),
            .measurement = str_of(row[i].measurement),
            .from_ns = row[i].from_ns,
            .to_ns = row[i].to_ns,
            .n_points = row[i].n_points,
        };
        struct cw_error err = {""};
        uint64_t id;

        assert_int_equal(
            influx_query_series(world->influx, &query, on_series, world, &id, &err), -EINVAL);
        assert_true(err.text[0] != '\0');
    }
}

static void only_so_many_questions_are_open_at_a_time(void **state)
{
    struct world *world = *state;
    const struct influx_series_query query = usual();
    struct cw_error err;
    uint64_t id = 0;

    start(world);
    for (int i = 0; i < 16; i++)
        id = ask(world, &query);
    assert_int_equal(influx_query_series(world->influx, &query, on_series, world, &id, &err),
                     -EBUSY);
    influx_query_cancel(world->influx, id);
    ask(world, &query);
    (void)uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(world->n_done, 0);
    influx_free(world->influx);
    world->influx = NULL;
    assert_int_equal(world->n_done, 16);
    assert_int_equal(world->code, -ECANCELED);
}

static void only_influxdb_1_is_asked(void **state)
{
    struct world *world = *state;
    const struct influx_series_query query = usual();
    struct cw_error err;
    uint64_t id;

    set_option(world, "api", "victoriametrics");
    start(world);
    assert_int_equal(influx_query_series(world->influx, &query, on_series, world, &id, &err),
                     -ENOTSUP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_statement_is_as_narrow_as_the_question),
        TEST(rows_become_columns),
        TEST(booleans_become_0_and_1),
        TEST(bad_answers_are_told_in_words),
        TEST(an_endless_answer_is_refused),
        TEST(what_could_reach_into_the_statement_is_refused),
        TEST(only_so_many_questions_are_open_at_a_time),
        TEST(only_influxdb_1_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
