/*
 * The simulated bureau: the same twice, in order of arrival, registry first, ids and codes as
 * the registry takes them, truth that grows with what was said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "core/ingest/topic.h"
#include "core/sim/bureau.h"

#define START_MS INT64_C(1767571200000) /* 2026-01-05 08:00 in the offices */
#define DAY_MS INT64_C(86400000)

static struct bureau_options small_bureau(void)
{
    return (struct bureau_options){.seed = 5,
                                   .n_institutions = 3,
                                   .n_stations = 4,
                                   .n_homes = 3,
                                   .n_bases = 1,
                                   .n_organisations = 12,
                                   .n_projects = 4,
                                   .n_visits = 5,
                                   .start_ms = START_MS,
                                   .end_ms = START_MS + 40 * DAY_MS};
}

/* One line a message; how many. */
static size_t tell(const struct bureau_options *options, struct buf *text, struct buf *truth)
{
    struct bureau *bureau = bureau_new(options);
    struct city_message message;
    size_t n = 0;
    buf_init(text, 256u << 20);
    buf_init(truth, 1u << 20);
    for (; bureau_due_ms(bureau) < options->end_ms; n++) {
        bureau_next(bureau, &message);
        buf_printf(text, "%lld %s %.*s\n", (long long)message.time_ms, message.topic,
                   (int)message.payload.n, message.payload.p);
    }
    bureau_truth(bureau, truth);
    bureau_free(bureau);
    assert_false(text->full);
    return n;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct bureau_options options = small_bureau();
    struct buf a, b, truth[2];
    (void)state;
    assert_int_equal(tell(&options, &a, &truth[0]), tell(&options, &b, &truth[1]));
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_true(str_eq(buf_str(&truth[0]), buf_str(&truth[1])));
    buf_done(&b);
    buf_done(&truth[1]);
    options.seed++;
    (void)tell(&options, &b, &truth[1]);
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    buf_done(&a);
    buf_done(&b);
    buf_done(&truth[0]);
    buf_done(&truth[1]);
}

static void it_registers_first_and_never_goes_back_in_time(void **state)
{
    struct bureau_options options = small_bureau();
    struct bureau *bureau = bureau_new(&options);
    struct city_message message;
    int64_t last_ms = START_MS;
    bool registering = true;
    unsigned n_registered = 0;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct topic topic;
        int64_t due_ms = bureau_due_ms(bureau);
        bureau_next(bureau, &message);
        assert_true(message.time_ms >= last_ms && message.time_ms >= due_ms);
        assert_int_equal(message.payload.p[0], '{');
        assert_int_equal(message.payload.p[message.payload.n - 1], '}');
        last_ms = message.time_ms;
        if (message.kind == CITY_REGISTRY) {
            assert_true(registering);
            n_registered++;
            continue;
        }
        registering = false;
        if (message.kind == CITY_COMMAND)
            continue; /* what a person decides has no topic */
        assert_int_equal(topic_parse(str_of(message.topic), &topic), CW_ACCEPTED);
    }
    /* 43 areas, 12 organisations with a site each, 4 authorities, ... */
    assert_int_equal(n_registered, 43 + 2 * 12 + 4 + 3 + 4 + 3 + 1 + 60 + 32 + 84 + 9);
    bureau_free(bureau);
}

static void what_goes_wrong_is_truth(void **state)
{
    struct bureau_options options = small_bureau();
    struct buf text, truth;
    (void)state;
    options.n_organisations = 200;
    options.end_ms = START_MS + 160 * DAY_MS;
    (void)tell(&options, &text, &truth);
    static const char *const wanted[] = {
        "\"late\":[\"station-0",      "\"missed\":[\"station-0",
        "\"overlap\":[\"station-0",   "\"uncorroborated\":[\"station-0",
        "\"result_overdue\":[\"org-", "\"duty_overdue\":[\"org-",
        "\"credit_overdue\":[\"org-"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(buf_text(&truth), wanted[i]))
            fail_msg("no %s in %s", wanted[i], buf_text(&truth));
    buf_done(&text);
    buf_done(&truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(it_registers_first_and_never_goes_back_in_time),
        cmocka_unit_test(what_goes_wrong_is_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
