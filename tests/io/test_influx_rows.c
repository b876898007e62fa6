/*
 * test_influx_rows.c - lines that somebody else keeps: one batch at a time, told when the
 * database has them, whatever it answers, beside live lines and never instead of them.
 */
#include "influx_world.h"

static unsigned n_written;

static void on_rows_written(void *ctx)
{
    (void)ctx;
    n_written++;
}

static void begin_with_rows(struct world *world)
{
    const struct influx_hooks hooks = {.ctx = world,
                                       .again = again,
                                       .progress = on_progress,
                                       .rows_written = on_rows_written,
                                       .bad_line = on_bad_line};
    struct cw_error err;

    n_written = 0;
    if (influx_new(&world->influx, &world->loop, world->client, &world->options, &hooks, &err))
        fail_msg("%s", err.text);
    assert_int_equal(influx_restore(world->influx, CW_STR("v1 1.64-"), offset_of(0), &err), 0);
}

/* Lines from..to-1, which are nobody's record. */
static bool give_rows(struct world *world, unsigned from, unsigned to)
{
    struct buf lines;
    bool taken;

    buf_init(&lines, 1 << 20);
    for (unsigned i = from; i < to; i++) {
        char line[64];

        buf_add(&lines, line, make_line(i, line));
    }
    taken = influx_rows(world->influx, buf_str(&lines), to - from);
    buf_done(&lines);
    return taken;
}

static void run_until_rows_written(struct world *world, unsigned n)
{
    while (n_written < n)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
}

static void assert_stored(const struct world *world, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (world->stored[i] == world->bad[i])
            fail_msg("line %u: stored %d, bad %d", i, world->stored[i], world->bad[i]);
    }
}

static void rows_are_told_when_the_database_has_them(void **state)
{
    static const struct {
        const char *name;
        enum say script[6];
        unsigned n;
    } row[] = {
        {"204", {OK}, 1},
        {"500", {SAY_500, SAY_500}, 2},
        {"503", {SAY_503}, 1},
        {"401", {SAY_401, SAY_401}, 2},
        {"404", {SAY_404}, 1},
        {"413", {SAY_413}, 1},
        {"reset", {RESET, RESET}, 2},
        {"reset after storing", {STORE_THEN_RESET}, 1},
        {"hang", {HANG}, 1},
        {"no database", {NO_DATABASE}, 1},
        {"refuses everything", {REFUSE_ALL, REFUSE_ALL, REFUSE_ALL}, 3},
    };
    struct world *world = *state;

    set_option(world, "timeout", "30ms");
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        memset(world->stored, 0, sizeof(world->stored));
        memcpy(world->script, row[i].script, sizeof(row[i].script));
        world->n_script = row[i].n;
        world->at_script = world->n_order = 0;
        begin_with_rows(world);
        assert_true(give_rows(world, 100, 150));
        assert_false(influx_rows_free(world->influx));
        assert_false(give_rows(world, 200, 201)); /* one batch at a time */
        run_until_rows_written(world, 1);
        assert_true(influx_rows_free(world->influx));
        assert_stored(world, 100, 150);
        assert_false(world->stored[200]);
        assert_int_equal(n_written, 1);
        assert_int_equal(world->n_bad, 0);
        influx_free(world->influx);
        world->influx = NULL;
    }
}

static void bad_rows_are_told_apart_and_the_others_written(void **state)
{
    struct world *world = *state;

    world->bad[103] = world->bad[149] = true;
    begin_with_rows(world);
    assert_true(give_rows(world, 100, 150));
    run_until_rows_written(world, 1);
    assert_stored(world, 100, 150);
    assert_int_equal(world->n_bad, 2);
}

static void rows_and_live_lines_do_not_wait_for_each_other(void **state)
{
    struct world *world = *state;

    begin_with_rows(world);
    give(world, 250);
    assert_true(give_rows(world, 1000, 1050));
    run_until_written(world);
    run_until_rows_written(world, 1);
    assert_stored(world, 0, 250);
    assert_stored(world, 1000, 1050);
    /* Rows say nothing about the journal. */
    assert_string_equal(buf_text(&world->state), "v1 1.2064-");
}

static void nothing_and_too_much_are_not_taken(void **state)
{
    struct world *world = *state;
    struct buf lines;

    begin_with_rows(world);
    assert_false(influx_rows(world->influx, CW_STR(""), 0));
    buf_init(&lines, 16u << 20);
    while (lines.n < (10u << 20))
        buf_add_text(&lines, "m,d=1 v=1 1\n");
    assert_false(influx_rows(world->influx, buf_str(&lines), 1));
    assert_true(influx_rows_free(world->influx));
    buf_done(&lines);
}

static void a_stop_in_between_tells_nobody(void **state)
{
    struct world *world = *state;

    world->rest = HANG;
    begin_with_rows(world);
    assert_true(give_rows(world, 100, 150));
    while (world->n_writes == 0)
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    influx_free(world->influx);
    world->influx = NULL;
    (void)uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(n_written, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_are_told_when_the_database_has_them),
        TEST(bad_rows_are_told_apart_and_the_others_written),
        TEST(rows_and_live_lines_do_not_wait_for_each_other),
        TEST(nothing_and_too_much_are_not_taken),
        TEST(a_stop_in_between_tells_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
