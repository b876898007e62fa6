/*
 * test_tail.c - rarity as rank among what was before, and its bounds.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/tail.h"

/* Magnitudes 1..8 in a fixed disorder. */
static double magnitude(uint32_t i)
{
    return 1 + (double)(i * 2654435761u >> 16) / 65536 * 7;
}

static void feed(struct tail *tail, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        (void)tail_rarity(tail, magnitude(i));
}

static double rarity_of(const struct tail *tail, double value)
{
    struct tail copy = *tail;
    return tail_rarity(&copy, value);
}

static void rarity_is_the_share_above_in_decades(void **state)
{
    (void)state;
    struct tail tail = {0};
    feed(&tail, 10000);
    static const struct {
        double value, rarity;
    } rows[] = {
        {0.01, 0}, {1, 0}, {4.5, 0.301}, {7.3, 1}, {100, 4.3}, {1e9, 4.3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double rarity = rarity_of(&tail, rows[i].value);
        if (fabs(rarity - rows[i].rarity) > 0.15)
            fail_msg("row %zu: %g, wanted %g", i, rarity, rows[i].rarity);
    }
}

static void the_unit_does_not_matter(void **state)
{
    (void)state;
    struct tail small = {0}, large = {0};
    for (uint32_t i = 0; i < 3000; i++) {
        double a = tail_rarity(&small, magnitude(i) * 1e-6);
        double b = tail_rarity(&large, magnitude(i) * 1e6);
        assert_true(fabs(a - b) < 0.02);
    }
}

static void the_first_values_are_ordinary(void **state)
{
    (void)state;
    struct tail tail = {0};
    for (uint32_t i = 0; i < TAIL_WARM; i++)
        assert_true(tail_rarity(&tail, i % 2 ? 1e9 : 1) == 0);
}

static void movement_after_long_rest_is_rare(void **state)
{
    (void)state;
    struct tail tail = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(tail_rarity(&tail, 0) == 0);
    assert_true(tail_rarity(&tail, 1) > 2.9);
}

static void counts_stay_within_their_bound(void **state)
{
    (void)state;
    struct tail tail = {0};
    feed(&tail, 100000);
    assert_true(tail.at_least[0] < TAIL_CAP);
    assert_true(fabs(rarity_of(&tail, 7.3) - 1) < 0.15);
    for (int i = 0; i < 100000; i++)
        (void)tail_rarity(&tail, 0);
    assert_true(tail.at_least[0] < TAIL_CAP);
}

/* From the first value on, with zeros, and one that goes to its end alone. */
static void many_tails_are_the_same_bits(void **state)
{
    (void)state;
    struct tail one[TAIL_MOST] = {0}, all[TAIL_MOST] = {0};
    for (uint32_t i = 0; i < 3000; i++) {
        double value[TAIL_MOST], rarity[TAIL_MOST];
        for (uint32_t j = 0; j < TAIL_MOST; j++)
            value[j] = (i + j) % (7 + j * j) ? magnitude(i * 31 + j) * (j + 1) : 0;
        value[3] = i % 500 ? value[3] : (double)INFINITY;
        tail_rarities(all, value, rarity, i % 2 ? TAIL_MOST : TAIL_MOST - 1);
        for (uint32_t j = 0; j < TAIL_MOST - !(i % 2); j++) {
            double alone = tail_rarity(&one[j], value[j]);
            assert_memory_equal(&rarity[j], &alone, sizeof(alone));
        }
        assert_memory_equal(one, all, sizeof(one));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rarity_is_the_share_above_in_decades),
        cmocka_unit_test(the_unit_does_not_matter),
        cmocka_unit_test(the_first_values_are_ordinary),
        cmocka_unit_test(movement_after_long_rest_is_rare),
        cmocka_unit_test(counts_stay_within_their_bound),
        cmocka_unit_test(many_tails_are_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
