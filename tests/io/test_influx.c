/* test_influx.c - what goes out, and what becomes of each answer of the database. */
#include "influx_world.h"

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
        TEST(a_record_has_its_lines_in_one_batch),
        TEST(a_flush_sends_at_once_and_says_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
