/*
 * test_redelivery.c - what the broker sends again, and what only looks like it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/str.h"
#include "core/ingest/redelivery.h"

static bool check(struct redelivery *redelivery, uint16_t source, uint16_t id, bool dup,
                  const char *topic, const char *payload)
{
    struct record record = {
        .kind = RECORD_MESSAGE,
        .flags = (uint8_t)(RECORD_QOS1 | (dup ? RECORD_DUP : 0)),
        .source = source,
        .message_id = id,
        .topic = str_of(topic),
        .payload = str_of(payload),
    };
    return redelivery_check(redelivery, &record, hash64(record.topic, 0));
}

static void the_same_message_with_dup_is_a_redelivery(void **state)
{
    (void)state;
    static const struct {
        uint16_t source, id;
        bool dup;
        const char *topic, *payload;
        bool again;
    } rows[] = {
        {1, 7, true, "t", "p", true},   {1, 7, false, "t", "p", false},
        {1, 8, true, "t", "p", false},  {1, 7, true, "u", "p", false},
        {1, 7, true, "t", "q", false},  {2, 7, true, "t", "p", false},
        {65, 7, true, "t", "p", false}, {1, 0, true, "t", "p", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct redelivery redelivery = {.ring = {NULL}};
        assert_false(check(&redelivery, 1, 7, false, "t", "p"));
        if (check(&redelivery, rows[i].source, rows[i].id, rows[i].dup, rows[i].topic,
                  rows[i].payload) != rows[i].again)
            fail_msg("row %zu", i);
        redelivery_done(&redelivery);
    }
}

static void a_message_never_seen_is_new_though_it_says_dup(void **state)
{
    (void)state;
    struct redelivery redelivery = {.ring = {NULL}};
    assert_false(check(&redelivery, 1, 7, true, "t", "p"));
    assert_true(check(&redelivery, 1, 7, true, "t", "p"));
    redelivery_done(&redelivery);
}

static void the_window_is_the_last_thousand(void **state)
{
    (void)state;
    for (uint32_t n = REDELIVERY_WINDOW - 1; n <= REDELIVERY_WINDOW; n++) {
        struct redelivery redelivery = {.ring = {NULL}};
        assert_false(check(&redelivery, 1, 60000, false, "t", "p"));
        for (uint32_t i = 1; i <= n; i++)
            assert_false(check(&redelivery, 1, (uint16_t)i, false, "t", "p"));
        assert_int_equal(check(&redelivery, 1, 60000, true, "t", "p"), n < REDELIVERY_WINDOW);
        redelivery_done(&redelivery);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_message_with_dup_is_a_redelivery),
        cmocka_unit_test(a_message_never_seen_is_new_though_it_says_dup),
        cmocka_unit_test(the_window_is_the_last_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
