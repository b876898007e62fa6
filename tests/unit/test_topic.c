/*
 * Topics as facilities send them, and as an attacker would; filters against topics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/ingest/topic.h"

#define ID_64 "0123456789012345678901234567890123456789012345678901234567890123"

struct topic_row {
    struct cw_str topic;
    enum cw_refusal verdict;
    enum topic_kind kind;
    const char *site, *device;
};

#define ROW(text, ...)                          \
    {                                           \
        {(text), sizeof(text) - 1}, __VA_ARGS__ \
    }

static const struct topic_row topic_rows[] = {
    ROW("care/v1/s-1/bed-2/telemetry", CW_ACCEPTED, TOPIC_TELEMETRY, "s-1", "bed-2"),
    ROW("care/v1/s-1/bed-2/event", CW_ACCEPTED, TOPIC_EVENT, "s-1", "bed-2"),
    ROW("care/v1/S_1/b.2/status", CW_ACCEPTED, TOPIC_STATUS, "S_1", "b.2"),
    ROW("care/v1/s-1/gw/roster", CW_ACCEPTED, TOPIC_ROSTER, "s-1", "gw"),
    ROW("care/v1/" ID_64 "/" ID_64 "/event", CW_ACCEPTED, TOPIC_EVENT, ID_64, ID_64),
    ROW("care/v1/s-1/bed-2/weather", CW_REFUSED_KIND, 0, "s-1", "bed-2"),
    ROW("care/v1/s-1/bed-2/", CW_REFUSED_KIND, 0, "s-1", "bed-2"),
    ROW("care/v1/s-1/bed-2/Event", CW_REFUSED_KIND, 0, "s-1", "bed-2"),
    ROW("care/v1/s-1/bed-2/event\0", CW_REFUSED_KIND, 0, "s-1", "bed-2"),
    ROW("", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("////", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/s-1/bed-2", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/s-1/bed-2/event/", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v2/s-1/bed-2/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("Care/v1/s-1/bed-2/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1//bed-2/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/../bed-2/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/s-1/+/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/s-1\0x/bed-2/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
    ROW("care/v1/s-1/" ID_64 "x/event", CW_REFUSED_TOPIC, 0, NULL, NULL),
};

static void assert_str(struct cw_str s, const char *wanted)
{
    assert_int_equal(s.n, wanted ? strlen(wanted) : 0);
    if (wanted)
        assert_memory_equal(s.p, wanted, s.n);
}

static void a_topic_is_five_exact_levels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(topic_rows) / sizeof(topic_rows[0]); i++) {
        const struct topic_row *row = &topic_rows[i];
        struct topic topic;
        assert_int_equal(topic_parse(row->topic, &topic), row->verdict);
        assert_int_equal(topic.kind, row->kind);
        assert_str(topic.site, row->site);
        assert_str(topic.device, row->device);
    }
}

static void a_very_long_topic_is_refused(void **state)
{
    (void)state;
    const size_t n = 65535;
    char *bytes = malloc(n);
    assert_non_null(bytes);
    struct topic topic;
    memset(bytes, 'a', n);
    assert_int_equal(topic_parse((struct cw_str){bytes, n}, &topic), CW_REFUSED_TOPIC);
    memset(bytes, '/', n);
    assert_int_equal(topic_parse((struct cw_str){bytes, n}, &topic), CW_REFUSED_TOPIC);
    assert_false(topic_matches(CW_STR("care/#"), (struct cw_str){bytes, n}));
    assert_true(topic_matches(CW_STR("#"), (struct cw_str){bytes, n}));
    assert_true(topic_matches((struct cw_str){bytes, n}, (struct cw_str){bytes, n}));
    free(bytes);
}

static const struct {
    const char *filter, *topic;
    int match;
} match_rows[] = {
    {"care/v1/+/+/telemetry", "care/v1/s/d/telemetry", 1},
    {"care/v1/+/+/telemetry", "care/v1/s/d/event", 0},
    {"care/v1/+/+/telemetry", "care/v1/s/telemetry", 0},
    {"care/v1/s/#", "care/v1/s", 1},
    {"care/v1/s/#", "care/v1/s/d/event", 1},
    {"care/v1/s/#", "care/v1/sx/d/event", 0},
    {"#", "a", 1},
    {"+", "a", 1},
    {"+", "a/b", 0},
    {"a/+", "a/", 1},
    {"a/+", "a", 0},
    {"a/+/#", "a", 0},
    {"#/a", "b/a", 0},
    {"a/#/b", "a/x/b", 0},
    {"a+", "ab", 0},
    {"#", "$SYS/x", 0},
    {"+/x", "$SYS/x", 0},
    {"$SYS/#", "$SYS/x", 1},
    {"a//b", "a//b", 1},
    {"a/+/b", "a//b", 1},
    {"a", "a/", 0},
    {"a/", "a", 0},
    {"", "a", 0},
    {"#", "", 0},
};

static void a_refused_topic_may_still_say_whose_it_is(void **state)
{
    static const struct {
        const char *topic, *site; /* site "": nobody's */
    } row[] = {
        {"care/v1/s-1/d/telemetry", "s-1"},
        {"care/v1/s-1/d/what", "s-1"},
        {"care/v1/s-1/", "s-1"},
        {"care/v1/s-1/a/b/c/d", "s-1"},
        {"care/v1/s-1", ""},
        {"care/v1//d/telemetry", ""},
        {"care/v1/s 1/d/telemetry", ""},
        {"care/v2/s-1/d/telemetry", ""},
        {"xcare/v1/s-1/d/telemetry", ""},
        {"care/v1/", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct cw_str site = {"", 0};
        bool found = topic_site((struct cw_str){row[i].topic, strlen(row[i].topic)}, &site);
        if (found != (row[i].site[0] != '\0') || (found && !str_is(site, row[i].site)))
            fail_msg("%s: %.*s", row[i].topic, (int)site.n, site.p);
    }
}

static void a_filter_matches_level_by_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(match_rows) / sizeof(match_rows[0]); i++) {
        struct cw_str filter = {match_rows[i].filter, strlen(match_rows[i].filter)};
        struct cw_str topic = {match_rows[i].topic, strlen(match_rows[i].topic)};
        assert_int_equal(topic_matches(filter, topic), match_rows[i].match);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_is_five_exact_levels),
        cmocka_unit_test(a_very_long_topic_is_refused),
        cmocka_unit_test(a_filter_matches_level_by_level),
        cmocka_unit_test(a_refused_topic_may_still_say_whose_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
