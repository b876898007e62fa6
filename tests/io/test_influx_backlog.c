/* test_influx_backlog.c - outages, restarts, quota: what is not written, and comes later. */
#include "influx_world.h"

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
    /* What was in memory comes first, the newest line with it; then the backlog. */
    unsigned newest = 0;
    while (world->order[newest] != 9999)
        newest++;
    assert_true(newest < 1500);
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

static void only_what_is_unwritten_is_written_after_a_start(void **state)
{
    struct world *world = *state;
    struct cw_error err;

    start(world);
    assert_int_equal(
        influx_restore(world->influx, CW_STR("v1 1.144-1.224,1.464-"), offset_of(55), &err), 0);
    world->n_given = 55;
    give(world, 60);
    run_until_written(world);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(world->n_stores[i], (i >= 10 && i < 20) || i >= 50);
}

/* "v1 1.8000-" is ahead of the journal: that was another journal. */
static void without_a_good_state_everything_before_is_backlog(void **state)
{
    static const char *const kept[] = {"", "nonsense", "v1 1.8000-", "v1 1.64-1.72", "v1 "};
    struct world *world = *state;
    struct cw_error err;

    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
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

static void records_without_lines_count_as_written(void **state)
{
    struct world *world = *state;

    begin(world);
    influx_passed(world->influx, offset_of(12));
    assert_int_equal(index_of(influx_cursor(world->influx)), 12);
    assert_int_equal(world->n_writes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_an_outage_live_lines_go_first_and_the_rest_follows),
        TEST(stopped_at_any_moment_nothing_is_lost),
        TEST(only_what_is_unwritten_is_written_after_a_start),
        TEST(without_a_good_state_everything_before_is_backlog),
        TEST(what_the_journal_lost_is_given_up_and_counted),
        TEST(the_quota_gives_up_the_oldest),
        TEST(records_without_lines_count_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
