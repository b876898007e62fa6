/*
 * test_episode.c - what is told and what is kept quiet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/episode.h"

static void an_episode_is_told_once(void **state)
{
    (void)state;
    static const struct {
        const char *rarity; /* one digit a value */
        const char *told;   /* x told, . below, - kept quiet */
        int64_t silent;     /* so many values at the begin */
    } rows[] = {
        {"0111011", ".......", 0}, {"0133311", "..x--..", 0},
        {"0300003", ".x....x", 0},                            /* quiet for five values */
        {"0300030", ".x...-.", 0}, {"0346000", ".x-x...", 0}, /* much worse begins another */
        {"3333333", "..x----", 2}, {"2222222", "x----x-", 0},
    };
    const struct episode_rule rule = {.from = 2, .worse = 1.5, .quiet = 5};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct episode episode = {0};
        char told[16] = "";
        for (size_t j = 0; rows[i].rarity[j]; j++) {
            double rarity = rows[i].rarity[j] - '0';
            double score = episode_score(&episode, &rule, rarity, (int64_t)j < rows[i].silent);
            assert_true(score >= 0 && score <= 1);
            told[j] = score >= 0.5 ? 'x' : score > 0 || rarity < rule.from ? '.' : '-';
        }
        if (strcmp(told, rows[i].told) != 0)
            fail_msg("row %zu: %s, wanted %s", i, told, rows[i].told);
    }
}

static void the_score_grows_with_the_rarity(void **state)
{
    (void)state;
    const struct episode_rule rule = {.from = 2, .worse = 1, .quiet = 5};
    double before = -1;
    for (double rarity = 0; rarity < 30; rarity += 0.1) {
        struct episode episode = {0};
        double score = episode_score(&episode, &rule, rarity, false);
        assert_true(score > before && score <= 1);
        before = score;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_episode_is_told_once),
        cmocka_unit_test(the_score_grows_with_the_rarity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
