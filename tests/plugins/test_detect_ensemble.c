/*
 * test_detect_ensemble.c - what it tells of series that are known: it finds what changes,
 * tells it once, and nothing depends on the unit, on saving or on looking twice.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/detecting.h"

extern const struct cw_plugin carewatch_plugin_detect_ensemble;

#define N_VALUES 6000
#define CHANGE 4000

enum what { NOTHING, LEVEL, SPIKE, FROZEN, LOUDER, MISSED_DAY, N_WHATS };

/* -1..1, the same every time. */
static double noise(uint32_t i)
{
    uint32_t x = i * 2654435761u ^ 0x9e3779b9u;
    x = (x ^ x >> 15) * 2246822519u;
    x = (x ^ x >> 13) * 3266489917u;
    return (double)(x ^ x >> 16) / 2147483648.0 - 1;
}

/* A value every five minutes: a day's wave with noise, and from CHANGE on what is asked. */
static double value_at(enum what what, uint32_t i)
{
    bool changed = i >= CHANGE;
    double of_day = (i % 288) / 288.0, wave = 40 * of_day * (1 - of_day);
    switch (what) {
    case LEVEL:
        return 70 + wave + 2 * noise(i) + (changed ? 25 : 0);
    case SPIKE:
        return 70 + wave + 2 * noise(i) + (i == CHANGE ? 60 : 0);
    case FROZEN:
        return changed ? 71.3 : 70 + wave + 2 * noise(i);
    case LOUDER:
        return 70 + wave + (changed ? 20 : 2) * noise(i);
    case MISSED_DAY:
        return 70 + (changed ? 0 : 3 * wave) + 2 * noise(i);
    default:
        return 70 + wave + 2 * noise(i);
    }
}

static struct cw_verdict step(struct detecting *d, uint32_t i, double value)
{
    const int64_t at_ns = DETECT_EPOCH_NS + (int64_t)i * 300 * NS_PER_S;
    const struct cw_sample sample = {.value = value, .sample_ns = at_ns, .arrived_ns = at_ns};
    struct cw_verdict verdict = {0};
    int32_t spoke = 0;
    (void)d->plugin->ops.detector->step(d->self, d->state, 0, &sample, &verdict, &spoke);
    return verdict;
}

static void open_it(struct detecting *d, const char *settings)
{
    assert_int_equal(detecting_open(d, &carewatch_plugin_detect_ensemble, settings), 0);
}

static uint32_t n_told(enum what what, uint32_t from, uint32_t to, double limit)
{
    struct detecting d;
    uint32_t n = 0;
    open_it(&d, "metric=hr");
    for (uint32_t i = 0; i < to; i++) {
        double score = step(&d, i, value_at(what, i)).score;
        assert_true(score >= 0 && score <= 1);
        n += i >= from && score >= limit;
    }
    detecting_close(&d);
    return n;
}

static void what_changes_is_told_soon_and_rarely_again(void **state)
{
    (void)state;
    static const struct {
        enum what what;
        uint32_t within; /* values until it is told */
    } rows[] = {{LEVEL, 2}, {SPIKE, 1}, {FROZEN, 100}, {LOUDER, 10}, {MISSED_DAY, 200}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t soon = n_told(rows[i].what, CHANGE, CHANGE + rows[i].within, 0.65);
        uint32_t all = n_told(rows[i].what, CHANGE, CHANGE + 400, 0.65);
        if (soon == 0 || all > 6)
            fail_msg("row %zu: told %u times at once, %u in all", i, soon, all);
    }
}

static void what_stays_as_it_was_is_left_alone(void **state)
{
    (void)state;
    assert_in_range(n_told(NOTHING, 1000, N_VALUES, 0.65), 0, 12);
    assert_int_equal(n_told(NOTHING, 1000, N_VALUES, 0.75), 0);
}

static void the_first_values_are_only_learned_from(void **state)
{
    (void)state;
    struct detecting d;
    open_it(&d, "metric=hr learn=500");
    for (uint32_t i = 0; i < 500; i++)
        assert_true(step(&d, i, i % 100 == 99 ? 1e6 : noise(i)).score < 0.5);
    detecting_close(&d);
}

static void the_unit_does_not_matter(void **state)
{
    (void)state;
    struct detecting a, b;
    open_it(&a, "metric=hr gate=false");
    open_it(&b, "metric=hr gate=false");
    for (uint32_t i = 0; i < N_VALUES; i++) {
        double value = value_at(LEVEL, i);
        double here = step(&a, i, value).score, there = step(&b, i, -4096 * value).score;
        assert_true(fabs(here - there) < 0.01);
    }
    detecting_close(&a);
    detecting_close(&b);
}

static void an_alarm_begins_with_what_is_very_rare_and_ends(void **state)
{
    (void)state;
    struct detecting d;
    open_it(&d, "metric=hr");
    for (uint32_t i = 0; i < CHANGE; i++)
        (void)step(&d, i, value_at(LEVEL, i));
    assert_int_equal(step(&d, CHANGE, 1000).level, CW_ALARM);
    uint32_t last = CW_ALARM;
    for (uint32_t i = CHANGE + 1; i < CHANGE + 900; i++)
        last = step(&d, i, value_at(NOTHING, i)).level;
    assert_int_equal(last, CW_NORMAL);
    detecting_close(&d);
}

static void a_saved_state_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    struct detecting a, b;
    open_it(&a, "metric=hr");
    open_it(&b, "metric=hr");
    size_t size = a.plugin->ops.detector->state_size(a.self);
    assert_in_range(size, 1, 1024);
    for (uint32_t i = 0; i < N_VALUES; i++) {
        if (i == 2500)
            memcpy(b.state, a.state, size);
        double here = step(&a, i, value_at(LEVEL, i)).score;
        double there = i < 2500 ? here : step(&b, i, value_at(LEVEL, i)).score;
        assert_true(memcmp(&here, &there, sizeof(here)) == 0);
    }
    assert_memory_equal(a.state, b.state, size);
    detecting_close(&a);
    detecting_close(&b);
}

static void what_comes_late_or_is_no_number_changes_nothing(void **state)
{
    (void)state;
    struct detecting d;
    unsigned char before[1024];
    open_it(&d, "metric=hr");
    for (uint32_t i = 1; i < 300; i++)
        (void)step(&d, i, noise(i));
    memcpy(before, d.state, d.plugin->ops.detector->state_size(d.self));
    (void)step(&d, 200, 1e9);
    (void)step(&d, 301, (double)NAN);
    (void)step(&d, 301, (double)INFINITY);
    assert_memory_equal(before, d.state, d.plugin->ops.detector->state_size(d.self));
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_is_told_soon_and_rarely_again),
        cmocka_unit_test(what_stays_as_it_was_is_left_alone),
        cmocka_unit_test(the_first_values_are_only_learned_from),
        cmocka_unit_test(the_unit_does_not_matter),
        cmocka_unit_test(an_alarm_begins_with_what_is_very_rare_and_ends),
        cmocka_unit_test(a_saved_state_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(what_comes_late_or_is_no_number_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
