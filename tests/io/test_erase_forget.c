/*
 * test_erase_forget.c - what persons wrote is looked through piece by piece: every place is
 * named, though the tables move meanwhile, and the walk ends once nothing is left.
 */
#include "erase_forget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/registry/book.h"
#include "core/series/own_limit.h"
#include "io/json_read.h"
#include "unit/fold_bench.h"

#define WORD "Canary Bird"
#define N_ORGS 20000u
#define N_LIMITS 12000u /* more than one command names */

struct walk {
    struct bench *bench;
    struct mask_words words;
    struct forget forget;
    struct buf command;
    uint32_t n_calls, n_named;
};

static struct bench *bench_with_texts(void)
{
    struct bench *bench = bench_new();
    bench->rules.settings.max_entries = N_ORGS + 10;
    bench->rules.settings.max_payload_bytes = 64 << 10;
    (void)bench_site(bench, "s1");
    for (uint32_t i = 0; i < N_ORGS; i++) {
        char text[200];
        (void)snprintf(text, sizeof(text), "{'org':'o-%u','name':'%s','address':'%s'}", i,
                       i % 7 ? "One" : "of " WORD, i % 11 ? "Lane 7" : WORD "\\u003c");
        assert_int_equal(bench_register(bench, &kind_organisations, text), 0);
    }
    return bench;
}

static void limit(struct bench *bench, uint32_t i, const char *why)
{
    struct own_limit limit = {
        .site = "s1", .metric = "hr", .by = "me", .low = (double)NAN, .high = 120};
    (void)snprintf(limit.resident, sizeof(limit.resident), "r-%u", i);
    (void)snprintf(limit.why, sizeof(limit.why), "%s", why);
    assert_int_equal(own_limit_set(&bench->fold, &limit, &bench->err), 0);
}

static void begin(struct walk *walk, struct bench *bench)
{
    *walk = (struct walk){.bench = bench};
    mask_words_add(&walk->words, CW_STR(WORD));
    buf_init(&walk->command, 64 << 10);
    walk->forget =
        (struct forget){.site = "s1", .resident = "r-x", .by = "me", .words = &walk->words};
}

static void end(struct walk *walk)
{
    mask_words_done(&walk->words);
    buf_done(&walk->command);
}

/* As the engine does it (core/engine_command.c). */
static void apply(struct walk *walk)
{
    struct json_node *root = json_read(buf_str(&walk->command), &walk->bench->err);
    const struct json_node *one;
    assert_non_null(root);
    for (size_t i = 0; (one = node_at(node_get(root, "limits"), i)); i++, walk->n_named++)
        own_limit_forget_why(&walk->bench->fold, str_of(node_text(one, "")));
    for (size_t i = 0; (one = node_at(node_get(root, "entries"), i)); i++, walk->n_named++) {
        const struct entry_kind *kind =
            entry_kind_of(str_of(node_text(node_get(one, "kind"), "")));
        struct entry *entry =
            book_find(walk->bench->fold.book, kind, str_of(node_text(node_get(one, "id"), "")));
        assert_non_null(entry);
        book_mask(entry, field_index(kind, node_text(node_get(one, "field"), "")),
                  str_of(node_text(node_get(one, "value"), "")));
    }
    json_read_free(root);
}

/* One look; what it named is done. */
static void look(struct walk *walk)
{
    uint32_t before = walk->n_named;
    buf_clear(&walk->command);
    uint32_t n = forget_look(&walk->forget, &walk->bench->fold, &walk->command);
    assert_false(walk->command.full);
    apply(walk);
    assert_int_equal(walk->n_named - before, n);
    walk->n_calls++;
}

static void every_place_is_named_once_and_then_it_ends(void **state)
{
    (void)state;
    struct walk walk;
    struct bench *bench = bench_with_texts();
    begin(&walk, bench);
    while (!walk.forget.is_over && walk.n_calls < 1000)
        look(&walk);
    assert_true(walk.forget.is_over);
    assert_int_equal(walk.n_named, (N_ORGS + 6) / 7 + (N_ORGS + 10) / 11);
    assert_true(walk.n_calls > 5); /* never all of it in one go */
    for (uint32_t i = 0; i < bench->book.n_entries; i++) {
        const struct entry *entry = bench->book.entry[i];
        assert_null(strstr(entry->value[field_index(entry->kind, "name")], WORD));
        assert_null(strstr(entry->value[field_index(entry->kind, "address")], WORD));
    }
    end(&walk);
    bench_free(bench);
}

/* Half of them go while the walk is among them, and new ones make the table close its gaps. */
static void what_moves_meanwhile_is_not_passed_over(void **state)
{
    (void)state;
    struct walk walk;
    struct bench *bench = bench_new();
    const struct own_limit *one;
    bench->rules.settings.max_payload_bytes = 64 << 10;
    (void)bench_site(bench, "s1");
    for (uint32_t i = 0; i < N_LIMITS; i++)
        limit(bench, i, i < N_LIMITS / 2 ? "measured" : "as " WORD " said");
    begin(&walk, bench);
    while (walk.n_named == 0)
        look(&walk);
    for (uint32_t i = 0; i < N_LIMITS / 2; i++) {
        char id[MAX_ID + 1];
        (void)snprintf(id, sizeof(id), "r-%u", i);
        assert_int_equal(
            own_limit_drop(&bench->fold, CW_STR("s1"), str_of(id), CW_STR("hr"), &bench->err),
            0);
    }
    for (uint32_t i = N_LIMITS; i < 2 * N_LIMITS; i++)
        limit(bench, i, "measured");
    uint32_t n_walk = walk.n_calls + 1000;
    for (walk.forget.n_named = 0; !walk.forget.is_over && walk.n_calls < n_walk;)
        look(&walk);
    assert_true(walk.forget.is_over);
    for (uint32_t i = 0; (one = map_next(&bench->fold.own.by_key, &i, NULL));)
        assert_null(strstr(one->why, WORD));
    end(&walk);
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_named_once_and_then_it_ends),
        cmocka_unit_test(what_moves_meanwhile_is_not_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
