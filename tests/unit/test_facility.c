/*
 * The simulated facility: the same twice, in order of arrival, an act left out changes
 * nothing outside of itself, transport as asked for, the truth as a scorer reads it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/instant.h"
#include "base/str.h"
#include "core/ingest/topic.h"
#include "core/sim/facility.h"

#define START_MS INT64_C(1767571200000)
#define HOUR_MS INT64_C(3600000)

static struct facility_options small_house(void)
{
    return (struct facility_options){
        .seed = 3,
        .n_beds = 4,
        .start_ms = START_MS,
        .end_ms = START_MS + 30 * HOUR_MS,
        .lost = 50,
        .copd = 20,
        .noise = 100,
        .late = 50,
        .twice = 10,
    };
}

/* One line a message; how many. */
static size_t tell(const struct facility_options *options, struct buf *text)
{
    struct facility *facility = facility_new(options);
    struct city_message message;
    size_t n = 0;

    buf_init(text, 256u << 20);
    for (; facility_due_ms(facility) < options->end_ms; n++) {
        facility_next(facility, &message);
        buf_printf(text, "%lld %s %.*s\n", (long long)message.time_ms, message.topic,
                   (int)message.payload.n, message.payload.p);
    }
    facility_free(facility);
    assert_false(text->full);
    return n;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    struct facility_options options = small_house();
    struct buf a, b;

    (void)state;
    options.per_kind = 1;
    options.end_ms = START_MS + 12 * HOUR_MS;
    assert_true(tell(&options, &a) > 5000);
    tell(&options, &b);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    buf_done(&b);
    options.seed++;
    tell(&options, &b);
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    buf_done(&a);
    buf_done(&b);
}

static void messages_come_in_order_of_arrival_on_good_topics(void **state)
{
    static const enum topic_kind kinds[] = {0, TOPIC_TELEMETRY, TOPIC_EVENT, TOPIC_STATUS,
                                            TOPIC_ROSTER};
    struct facility_options options = small_house();
    struct city_message m;
    struct topic topic;
    int64_t last_ms = 0;

    (void)state;
    options.per_kind = 2;
    struct facility *facility = facility_new(&options);
    assert_true(facility_n_acts(facility) > 20);
    for (size_t i = 0; i < 20000; i++) {
        int64_t due_ms = facility_due_ms(facility);
        facility_next(facility, &m);
        assert_int_equal(due_ms, m.time_ms);
        assert_true(m.time_ms >= last_ms);
        last_ms = m.time_ms;
        assert_int_equal(CW_ACCEPTED, topic_parse(str_of(m.topic), &topic));
        assert_int_equal(kinds[m.kind], topic.kind);
        assert_true(m.payload.n > 2);
    }
    facility_free(facility);
}

/* ---- paired runs ---- */

struct difference {
    size_t n_lines;
    int64_t first_ms, last_ms;
    char topics[2048]; /* of what is only in one of both, each once */
};

static void note_difference(struct difference *difference, struct cw_str line)
{
    char copy[160];
    char *topic, *end;

    snprintf(copy, sizeof(copy), "%.*s", (int)(line.n < 150 ? line.n : 150), line.p);
    int64_t at_ms = strtoll(copy, &topic, 10);
    if (difference->n_lines++ == 0 || at_ms < difference->first_ms)
        difference->first_ms = at_ms;
    if (at_ms > difference->last_ms)
        difference->last_ms = at_ms;
    topic++;
    if ((end = strchr(topic, ' ')))
        *end = 0;
    size_t n = strlen(difference->topics);
    if (!strstr(difference->topics, topic))
        snprintf(difference->topics + n, sizeof(difference->topics) - n, "%s ", topic);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct cw_str *)a, *(const struct cw_str *)b);
}

static struct cw_str *sorted_lines(const struct buf *text, size_t n)
{
    struct cw_str *line = calloc(n + 1, sizeof(*line)), rest = buf_str(text);

    for (size_t i = 0; i < n; i++)
        assert_true(str_split(&rest, '\n', &line[i]));
    qsort(line, n, sizeof(*line), by_text);
    return line;
}

static void compare(const struct facility_options *a, const struct facility_options *b,
                    struct difference *difference)
{
    struct buf text_a, text_b;
    size_t n_a = tell(a, &text_a), n_b = tell(b, &text_b), i = 0, j = 0;
    struct cw_str *line_a = sorted_lines(&text_a, n_a), *line_b = sorted_lines(&text_b, n_b);

    *difference = (struct difference){0};
    while (i < n_a || j < n_b) {
        int order = i == n_a ? 1 : j == n_b ? -1 : str_cmp(line_a[i], line_b[j]);
        if (order < 0)
            note_difference(difference, line_a[i]);
        else if (order > 0)
            note_difference(difference, line_b[j]);
        i += order <= 0;
        j += order >= 0;
    }
    free(line_a);
    free(line_b);
    buf_done(&text_a);
    buf_done(&text_b);
}

/* Each kind alone, against a house in which nothing happens. */
static void an_act_changes_only_what_it_is_about(void **state)
{
    static const struct {
        const char *kind;
        bool of_ward;
        const char *device; /* one that must have changed */
    } rows[] = {{"fall", false, "band-1"},
                {"fall_room", false, "room-2"},
                {"bed_exit", false, "bed-1"},
                {"wandering", false, "door-1"},
                {"apnoea", false, "bed-1"},
                {"deterioration", false, "band-1"},
                {"dropout", false, "-1"},
                {"stuck", false, "room-1"},
                {"drift", false, "room-1"},
                {"gateway_loss", true, "bed-4"},
                {"clock_fault", false, "band-1"},
                {"visit_missed", false, "gw/event"},
                {"visit_ghost", false, "gw/event"},
                {"call_ignored", false, "call-1"},
                {"environment", false, "room-1"},
                {"charging", false, "band-1"},
                {"heating", true, "room-3"},
                {"planned_restart", true, "gw/event"},
                {"exit_with_badge", true, "exit-1"},
                {"coarse", false, "room-1"},
                {"season", true, "room-3"},
                {"summer_time", false, "band-1"}};
    struct facility_options quiet = small_house(), with;
    struct difference difference;

    (void)state;
    quiet.end_ms = START_MS + 21 * HOUR_MS;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct city_scripted script = {.t0_ms = 15 * HOUR_MS, .length_ms = 3 * HOUR_MS};
        (void)str_copy(script.kind, sizeof(script.kind), str_of(rows[i].kind));
        with = quiet;
        with.script = &script;
        with.n_script = 1;
        compare(&with, &quiet, &difference);
        if (difference.n_lines == 0 || !strstr(difference.topics, rows[i].device))
            fail_msg("%s changed %zu lines of %s", rows[i].kind, difference.n_lines,
                     difference.topics);
        if (!rows[i].of_ward && strstr(difference.topics, "-3/"))
            fail_msg("%s of the first bed changed %s", rows[i].kind, difference.topics);
        /* Two hours ahead a visit is planned; two hours behind it the air remembers. */
        if (difference.first_ms < START_MS + 13 * HOUR_MS - 1000 ||
            difference.last_ms > START_MS + 20 * HOUR_MS)
            fail_msg("%s changed messages from %lld s to %lld s", rows[i].kind,
                     (long long)(difference.first_ms - START_MS) / 1000,
                     (long long)(difference.last_ms - START_MS) / 1000);
    }
}

static void what_is_left_out_leaves_the_others_where_they_are(void **state)
{
    struct facility_options options = small_house(), less;
    uint8_t without[FACILITY_MAX_ACTS / 8] = {0};
    struct buf all, rest;

    (void)state;
    options.per_kind = 1;
    less = options;
    without[0] = 0xff; /* numbers 0 to 7 */
    less.without = without;
    struct facility *a = facility_new(&options), *b = facility_new(&less);
    assert_true(facility_n_acts(b) < facility_n_acts(a));
    buf_init(&all, 1u << 20);
    buf_init(&rest, 1u << 20);
    facility_truth(a, "", &all);
    facility_truth(b, "", &rest);
    /* Every act that is left is in the whole truth, word by word. */
    char *at = (char *)(uintptr_t)buf_text(&rest);
    size_t n = 0;
    while ((at = strstr(at, "{\"kind\""))) {
        char act[256];
        size_t length = strcspn(at, "}");
        snprintf(act, sizeof(act), "%.*s", (int)length, at);
        if (!strstr(buf_text(&all), act))
            fail_msg("moved: %s", act);
        at += length;
        n++;
    }
    assert_int_equal(n, facility_n_acts(b));
    buf_done(&all);
    buf_done(&rest);
    facility_free(a);
    facility_free(b);
}

/* ---- transport ---- */

static size_t count_of(const struct facility_options *options)
{
    struct buf text;
    size_t n = tell(options, &text);

    buf_done(&text);
    return n;
}

static void transport_loses_and_repeats_as_it_is_told(void **state)
{
    struct facility_options options = small_house();

    (void)state;
    options.lost = options.late = options.twice = 0;
    size_t whole = count_of(&options);
    options.lost = 100;
    size_t fewer = count_of(&options);
    options.lost = 0;
    options.twice = 100;
    size_t more = count_of(&options);
    /* Status, events and changes are not lost. */
    assert_in_range(whole - fewer, whole * 7 / 100, whole * 10 / 100);
    assert_in_range(more - whole, whole * 7 / 100, whole * 11 / 100);
}

/* While its gateway is down nothing comes; then all of it does. */
static void a_lost_gateway_says_nothing_and_then_everything(void **state)
{
    struct facility_options options = small_house();
    struct city_scripted script = {
        .kind = "gateway_loss", .t0_ms = HOUR_MS, .length_ms = HOUR_MS / 6};
    struct city_message m;
    size_t within = 0, burst = 0;

    (void)state;
    options.script = &script;
    options.n_script = 1;
    struct facility *facility = facility_new(&options);
    int64_t from_ms = START_MS + HOUR_MS, to_ms = from_ms + HOUR_MS / 6;
    while (facility_due_ms(facility) < to_ms + 60000) {
        facility_next(facility, &m);
        within += m.time_ms >= from_ms && m.time_ms < to_ms && m.kind != CITY_STATUS;
        burst += m.time_ms >= to_ms && m.time_ms < to_ms + 25000;
    }
    assert_int_equal(within, 0);
    assert_true(burst > 60);
    facility_free(facility);
}

/* ---- decoys of sensors ---- */

/* The house with one act in its first bed from the 15th to the 18th hour. */
static void tell_with(const char *kind, struct buf *text)
{
    struct facility_options options = small_house();
    struct city_scripted script = {.t0_ms = 15 * HOUR_MS, .length_ms = 3 * HOUR_MS};

    (void)str_copy(script.kind, sizeof(script.kind), str_of(kind));
    options.end_ms = START_MS + 18 * HOUR_MS;
    options.late = 0;
    options.script = &script;
    options.n_script = 1;
    tell(&options, text);
}

/* The next line of the device from start_ms on; its member's text, and when it came. */
static bool next_of(struct cw_str *rest, const char *device, const char *member,
                    int64_t start_ms, int64_t *at_ms, char value[40])
{
    struct cw_str line;

    while (str_split(rest, '\n', &line)) {
        char copy[512];
        snprintf(copy, sizeof(copy), "%.*s", (int)(line.n < 500 ? line.n : 500), line.p);
        const char *found = strstr(copy, member);
        *at_ms = strtoll(copy, NULL, 10);
        if (*at_ms < start_ms || !strstr(copy, device) || !found)
            continue;
        snprintf(value, 40, "%.*s", (int)strcspn(found + strlen(member), ",}"),
                 found + strlen(member));
        return true;
    }
    return false;
}

static void a_coarse_sensor_hardly_changes(void **state)
{
    struct buf fine, coarse;
    struct cw_str rest;
    char value[40], before[40] = "";
    size_t n = 0, changes[2] = {0};
    int64_t at_ms;

    (void)state;
    tell_with("coarse", &coarse);
    tell_with("shower", &fine); /* leaves the temperature alone */
    for (size_t i = 0; i < 2; i++) {
        rest = buf_str(i ? &fine : &coarse);
        while (next_of(&rest, "room-1/", "\"room_temp\":", START_MS + 15 * HOUR_MS, &at_ms,
                       value)) {
            changes[i] += strcmp(value, before) != 0;
            memcpy(before, value, sizeof(before));
            char last = value[strlen(value) - 1];
            assert_true(i || last == '0' || last == '5');
            n += i == 0;
        }
    }
    assert_true(n > 150);
    if (changes[0] > 12 || changes[1] < 50)
        fail_msg("%zu changes of %zu", changes[0], changes[1]);
    buf_done(&fine);
    buf_done(&coarse);
}

static void summer_time_moves_the_text_and_not_the_moment(void **state)
{
    struct buf text;
    char value[40];
    size_t n_summer = 0, n_winter = 0;
    int64_t at_ms, ns;

    (void)state;
    tell_with("summer_time", &text);
    struct cw_str rest = buf_str(&text);
    while (next_of(&rest, "band-1/", "\"ts\":", START_MS + 15 * HOUR_MS, &at_ms, value)) {
        size_t length = strlen(value);
        if (value[0] != '"')
            continue; /* sent before */
        assert_int_equal(instant_parse((struct cw_str){value + 1, length - 2}, &ns), 0);
        assert_in_range(at_ms - ns / 1000000, 0, 5000);
        n_summer += strstr(value, "+09:00") != NULL;
        n_winter += strstr(value, "+08:00") != NULL;
    }
    assert_true(n_summer > 60 && n_winter > 60);
    buf_done(&text);
}

/* ---- truth ---- */

static void the_truth_names_all_kinds_and_as_many_decoys(void **state)
{
    struct facility_options options = small_house();
    struct buf text;
    size_t n_events = 0, n_decoys = 0;

    (void)state;
    options.n_beds = 20;
    options.per_kind = 1;
    options.end_ms = START_MS + 168 * HOUR_MS;
    struct facility *facility = facility_new(&options);
    buf_init(&text, 4u << 20);
    facility_truth(facility, "abc", &text);
    const char *truth = buf_text(&text);
    for (uint32_t i = 0; i < 15; i++) {
        char word[64];
        snprintf(word, sizeof(word), "\"kind\":\"%s\",", facility_act_name(i));
        if (!strstr(truth, word))
            fail_msg("no %s", facility_act_name(i));
    }
    for (const char *at = truth; (at = strstr(at, "\"critical\"")); at++)
        n_events++;
    for (const char *at = truth; (at = strstr(at, "\"near\"")); at++)
        n_decoys++;
    assert_int_equal(n_events, 15);
    assert_int_equal(n_decoys, 15);
    assert_non_null(strstr(truth, "\"ward-2\":{\"duration_s\":604800,\"beds\":0"));
    assert_non_null(strstr(truth, "\"ward-2/2-10\":{\"duration_s\":604800,\"beds\":1"));
    assert_non_null(strstr(truth, "\"sha256\":\"abc\""));
    buf_done(&text);
    facility_free(facility);
}

static void a_script_without_a_place_is_refused(void **state)
{
    struct facility_options options = small_house();
    struct city_scripted script[] = {
        {.kind = "fall", .site = "ward-1", .device = "1-03", .t0_ms = HOUR_MS},
        {.kind = "fall", .device = "1-02", .t0_ms = HOUR_MS}, /* wears no band */
    };

    (void)state;
    options.script = script;
    options.n_script = 2;
    struct facility *facility = facility_new(&options);
    assert_int_equal(facility_script_refused(facility), 1);
    assert_int_equal(facility_n_acts(facility), 1);
    facility_free(facility);
}

static size_t count(const struct buf *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text->p, *end = text->p + text->n;
         (at = memmem(at, (size_t)(end - at), what, strlen(what))); at++)
        n++;
    return n;
}

static void a_house_may_differ_from_others(void **state)
{
    struct facility_options options = small_house(), other;
    struct buf text, with;

    (void)state;
    options.end_ms = START_MS + 3 * HOUR_MS;
    options.copd = 0;
    (void)tell(&options, &text);
    assert_int_equal(count(&text, "\"spo2_scale\":1"), 4);
    assert_int_equal(count(&text, "\"spo2_scale\":2"), 0);
    assert_int_equal(count(&text, "\"spo2\":9"), count(&text, "\"spo2\":"));
    other = options;
    other.copd = 100;
    (void)tell(&other, &with);
    assert_int_equal(count(&with, "\"spo2_scale\":2"), 4);
    assert_int_equal(count(&with, "\"spo2\":95"), 0);
    assert_true(count(&with, "\"spo2\":90") > 20);
    buf_done(&with);
    for (int i = 0; i < 2; i++) {
        other = options;
        other.noise += i ? 0 : 20;
        other.rota_min += i ? 60 : 0;
        (void)tell(&other, &with);
        assert_false(str_eq(buf_str(&text), buf_str(&with)));
        buf_done(&with);
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(messages_come_in_order_of_arrival_on_good_topics),
        cmocka_unit_test(an_act_changes_only_what_it_is_about),
        cmocka_unit_test(what_is_left_out_leaves_the_others_where_they_are),
        cmocka_unit_test(transport_loses_and_repeats_as_it_is_told),
        cmocka_unit_test(a_lost_gateway_says_nothing_and_then_everything),
        cmocka_unit_test(a_coarse_sensor_hardly_changes),
        cmocka_unit_test(summer_time_moves_the_text_and_not_the_moment),
        cmocka_unit_test(the_truth_names_all_kinds_and_as_many_decoys),
        cmocka_unit_test(a_script_without_a_place_is_refused),
        cmocka_unit_test(a_house_may_differ_from_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
