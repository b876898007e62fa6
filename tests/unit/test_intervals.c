/* test_intervals.c - the bounded set, by rows and against a plain array of booleans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/journal/intervals.h"

static struct position at(uint64_t offset)
{
    return (struct position){1, offset};
}

static void parse(const char *text, struct intervals *set)
{
    struct cw_error err;

    assert_int_equal(intervals_parse(str_of(text), set, &err), 0);
}

static void assert_is(const struct intervals *set, const char *text)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    intervals_print(set, &out);
    assert_string_equal(buf_text(&out), text);
    buf_done(&out);
}

static void adding_and_removing_by_rows(void **state)
{
    static const struct {
        const char *before;
        char what;
        uint64_t from, to;
        const char *after;
    } row[] = {
        {"v1 ", '+', 10, 20, "v1 1.10-1.20"},
        {"v1 ", '+', 20, 20, "v1 "},
        {"v1 ", '+', 20, 10, "v1 "},
        {"v1 1.10-1.20", '+', 30, 40, "v1 1.10-1.20,1.30-1.40"},
        {"v1 1.30-1.40", '+', 10, 20, "v1 1.10-1.20,1.30-1.40"},
        {"v1 1.10-1.20,1.30-1.40", '+', 20, 30, "v1 1.10-1.40"},
        {"v1 1.10-1.20,1.30-1.40", '+', 5, 50, "v1 1.5-1.50"},
        {"v1 1.10-1.20,1.30-1.40", '+', 15, 35, "v1 1.10-1.40"},
        {"v1 1.10-1.20,1.30-1.40", '+', 12, 18, "v1 1.10-1.20,1.30-1.40"},
        {"v1 1.10-1.20,2.0-2.40", '+', 20, 30, "v1 1.10-1.30,2.0-2.40"},
        {"v1 1.10-", '+', 5, 7, "v1 1.5-1.7,1.10-"},
        {"v1 1.10-", '+', 5, 17, "v1 1.5-"},
        {"v1 1.10-1.40", '-', 20, 30, "v1 1.10-1.20,1.30-1.40"},
        {"v1 1.10-1.40", '-', 10, 40, "v1 "},
        {"v1 1.10-1.40", '-', 0, 20, "v1 1.20-1.40"},
        {"v1 1.10-1.40", '-', 30, 90, "v1 1.10-1.30"},
        {"v1 1.10-1.20,1.30-1.40,1.50-1.60", '-', 15, 55, "v1 1.10-1.15,1.55-1.60"},
        {"v1 1.10-1.40", '-', 40, 50, "v1 1.10-1.40"},
        {"v1 1.10-1.40", '-', 30, 30, "v1 1.10-1.40"},
        {"v1 1.10-", '-', 30, 40, "v1 1.10-1.30,1.40-"},
        {"v1 1.10-2.5", '-', 30, 40, "v1 1.10-1.30,1.40-2.5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct intervals set;

        parse(row[i].before, &set);
        if (row[i].what == '+')
            intervals_add(&set, at(row[i].from), at(row[i].to));
        else
            intervals_remove(&set, at(row[i].from), at(row[i].to));
        assert_is(&set, row[i].after);
    }
}

static void the_nearest_two_become_one_when_there_are_too_many(void **state)
{
    struct intervals set = {0};

    (void)state;
    for (uint64_t i = 0; i < MAX_INTERVALS; i++)
        intervals_add(&set, at(i * 100), at(i * 100 + (i == 40 ? 60 : 50)));
    assert_int_equal(set.n, MAX_INTERVALS);
    intervals_add(&set, at(1000000), at(1000001));
    assert_int_equal(set.n, MAX_INTERVALS);
    assert_true(intervals_contain(&set, at(4070)));
    assert_false(intervals_contain(&set, at(3970)));
    /* Cutting one in two keeps to the maximum too. */
    intervals_remove(&set, at(10), at(30));
    assert_int_equal(set.n, MAX_INTERVALS);
}

static void damaged_text_gives_an_empty_set_and_a_reason(void **state)
{
    static const char *const text[] = {
        "",           "v1",         "v2 1.1-1.2",  "v1 x",           "v1 1.1",
        "v1 1.2-1.1", "v1 1.1-1.1", "v1 1.1-1.2,", "v1 1.1-1.2,,",   "v1 ,",
        "v1 -",       "v1 -1.5",    "v1 1.1-1.2 ", "v1 1.1-1.2-1.3", "v1  1.1-1.2",
        "v1 1.1-x",   "v1 1-2",     "v1 1.1--1.2", "1.1-1.2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        struct intervals set;
        struct cw_error err = {""};

        assert_int_equal(intervals_parse(str_of(text[i]), &set, &err), -22);
        assert_int_equal(set.n, 0);
        assert_true(err.text[0] != '\0');
    }
}

static void text_may_hold_intervals_in_any_order(void **state)
{
    struct intervals set;

    (void)state;
    parse("v1 1.50-1.60,1.10-1.20,1.15-1.30,1.60-1.61", &set);
    assert_is(&set, "v1 1.10-1.30,1.50-1.61");
    assert_int_equal(intervals_touched(&set, at(29), at(51)), 2);
    assert_int_equal(intervals_touched(&set, at(30), at(50)), 0);
    parse("v1 ", &set);
    assert_int_equal(set.n, 0);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Whole text, then back: the same set. */
static void assert_round_trip(const struct intervals *set)
{
    struct intervals again;
    struct buf out;
    struct cw_error err;

    buf_init(&out, 1 << 16);
    intervals_print(set, &out);
    assert_int_equal(intervals_parse(buf_str(&out), &again, &err), 0);
    assert_int_equal(again.n, set->n);
    for (uint32_t i = 0; i < set->n; i++) {
        assert_int_equal(position_cmp(again.item[i].from, set->item[i].from), 0);
        assert_int_equal(position_cmp(again.item[i].to, set->item[i].to), 0);
    }
    buf_done(&out);
}

/* Random steps over `space` positions. While fewer intervals are needed than the maximum the
 * set is exactly the model; after that it holds at least what the model holds. */
static void run_model(uint32_t seed, uint32_t space, uint32_t n_steps, bool exact)
{
    struct intervals set = {0};
    bool *model = calloc(space, sizeof(*model));

    for (uint32_t step = 0; step < n_steps; step++) {
        const uint32_t from = next_random(&seed) % space;
        const uint32_t to = from + next_random(&seed) % (exact ? 20 : 4);
        const bool add = next_random(&seed) % 8 < 5;

        for (uint32_t i = from; i < to && i < space; i++)
            model[i] = add;
        if (add)
            intervals_add(&set, at(from), at(to < space ? to : space));
        else
            intervals_remove(&set, at(from), at(to < space ? to : space));
        assert_true(set.n <= MAX_INTERVALS);
        for (uint32_t i = 0; i < space; i++) {
            if (intervals_contain(&set, at(i)) != model[i] && (exact || model[i]))
                fail_msg("seed step %u: position %u", step, i);
        }
        for (uint32_t i = 1; i < set.n; i++)
            assert_true(position_cmp(set.item[i - 1].to, set.item[i].from) < 0);
    }
    assert_round_trip(&set);
    free(model);
}

static void random_steps_agree_with_an_array_of_booleans(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++)
        run_model(seed, 100, 100, true);
}

static void beyond_the_maximum_nothing_is_forgotten(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 2; seed++)
        run_model(seed, 500, 200, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_and_removing_by_rows),
        cmocka_unit_test(the_nearest_two_become_one_when_there_are_too_many),
        cmocka_unit_test(damaged_text_gives_an_empty_set_and_a_reason),
        cmocka_unit_test(text_may_hold_intervals_in_any_order),
        cmocka_unit_test(random_steps_agree_with_an_array_of_booleans),
        cmocka_unit_test(beyond_the_maximum_nothing_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
