/*
 * test_partner_feed.c - lines of another's feed: a gap is told and heals, repeats and disorder
 * change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "core/oversight/partner_feed.h"
#include "unit/fold_bench.h"

static struct bench *with_rule(void)
{
    struct bench *bench = bench_new();
    struct rule *rule = &bench->rule[bench->rules.n_rules++];
    *rule = bench->rule[bench->rules.n_rules - 2];
    rule->name = rule->kind_name = rule->condition = CONDITION_FEED_GAP;
    return bench;
}

static int receive(struct bench *bench, const char *seqs)
{
    char text[300];
    snprintf(text, sizeof(text), "{'by':'li','feed':'region','seqs':[%s]}", seqs);
    return feed_command(&bench->fold, doc_of(&bench->doc, text), &bench->err);
}

static void a_line_that_was_passed_over_is_told_until_it_comes(void **state)
{
    static const struct {
        const char *seqs, *told;
        int64_t complete_to;
    } row[] = {
        {"5,6", "", 6}, /* what was before the first is not waited for */
        {"6,5", "", 6},
        {"7", "", 7},
        {"10,11", "raised feed_gap feeds:region 8 to 9;", 7},
        {"9", "", 7},
        {"13", "", 7},
        {"8", "", 11}, /* 12 is missing still */
        {"12", "cleared feed_gap feeds:region;", 13},
        {"14", "", 14},
    };
    (void)state;
    struct bench *bench = with_rule();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(receive(bench, row[i].seqs), 0);
        assert_string_equal(bench_told(bench), row[i].told);
        const struct entry *feed = book_find(&bench->book, &kind_feeds, CW_STR("region"));
        assert_int_equal(entry_int(feed, "complete_to", -1), row[i].complete_to);
        assert_true(bench_reload(bench));
    }
    bench_free(bench);
}

static void nonsense_is_refused_and_much_is_bounded(void **state)
{
    struct bench *bench = with_rule();
    (void)state;
    assert_int_equal(receive(bench, "0"), -EINVAL);
    assert_int_equal(receive(bench, "'x'"), -EINVAL);
    assert_int_equal(receive(bench, ""), 0);
    assert_null(book_find(&bench->book, &kind_feeds, CW_STR("region")));
    assert_int_equal(receive(bench, "1"), 0);
    for (int i = 0; i < 600; i++) { /* every other one */
        char seq[16];
        snprintf(seq, sizeof(seq), "%d", 3 + 2 * i);
        assert_int_equal(receive(bench, seq), 0);
    }
    const struct entry *feed = book_find(&bench->book, &kind_feeds, CW_STR("region"));
    assert_int_equal(entry_int(feed, "last", 0), 1201);
    assert_int_equal(entry_int(feed, "complete_to", 0), 1);
    assert_true(bench_reload(bench));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_was_passed_over_is_told_until_it_comes),
        cmocka_unit_test(nonsense_is_refused_and_much_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
