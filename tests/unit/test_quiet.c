/*
 * test_quiet.c - maintenance, outages and silences: what is not told, and what always is.
 */
#include <errno.h>

#include "unit/life_bench.h"

#define ID(text) CW_STR(text)

static int maintain(struct life *life, const char *device, int64_t until_ns)
{
    return quiet_maintain(&life->fold, ID("s1"), str_of(device), T0 + until_ns, ID("li"),
                          &life->err);
}

static void what_is_maintained_is_out_of_service_until_it_ends(void **state)
{
    (void)state;
    struct life *life = life_new();
    assert_int_equal(maintain(life, "bed-1", HOUR), 0);
    life_raise(life, HR_HIGH);
    life_raise_at(life, HR_HIGH, "s1", "bed-2", "r-2");
    assert_string_equal(life_told(life), "raised!:out_of_service raised:unack");
    life_at(life, HOUR - 1);
    life_kill(life);
    assert_string_equal(life_told(life), "");
    life_at(life, HOUR);
    assert_string_equal(life_told(life), "unsuppressed:unack");
    assert_int_equal(life->fold.quiet.n_windows, 0);
    life_free(life);
}

static void what_stands_is_put_aside_and_over_is_over(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm *alarm = life_raise(life, HR_MEDIUM);
    assert_int_equal(maintain(life, "", HOUR), 0); /* the whole site */
    assert_string_equal(life_told(life), "raised:unack suppressed:out_of_service");
    alarm_clear(&life->fold, alarm, CW_STR(""));
    assert_string_equal(life_told(life), "cleared:closed");
    assert_int_equal(quiet_maintained(&life->fold, ID("s1"), ID("")), 0);
    assert_int_equal(quiet_maintained(&life->fold, ID("s1"), ID("")), -ENOENT);
    life_free(life);
}

static void a_shelf_that_ends_in_a_maintenance_tells_nobody(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm_order order = {.note = CW_STR("x"), .until_ns = T0 + HOUR};
    struct alarm *on_shelf = life_raise(life, HR_MEDIUM);
    assert_int_equal(life_order(life, "shelve", on_shelf, order), 0);
    struct alarm *sent = life_raise(life, BATTERY);
    order.assignee = CW_STR("wang");
    assert_int_equal(life_order(life, "assign", sent, order), 0);
    assert_int_equal(life_order(life, "shelve", sent, order), 0);
    (void)life_told(life);
    assert_int_equal(maintain(life, "bed-1", 2 * HOUR), 0);
    assert_string_equal(life_told(life), "");
    life_at(life, HOUR); /* the one to which somebody was sent goes on */
    assert_string_equal(life_told(life), "unshelved!:out_of_service unshelved:unack");
    life_at(life, 2 * HOUR);
    assert_string_equal(life_told(life), "unsuppressed:unack");
    life_free(life);
}

static void calls_are_never_muted(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct silence silence = {.id = "a",
                              .until_ns = T0 + HOUR,
                              .from_ns = T0,
                              .n_matchers = 1,
                              .matcher = {{.name = "site", .value = "s1", .is_equal = true}}};
    assert_int_equal(maintain(life, "", HOUR), 0);
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    life_raise(life, HELP_CALL);
    assert_string_equal(life_told(life), "raised:unack");
    life_free(life);
}

static void a_maintenance_is_bounded(void **state)
{
    (void)state;
    struct life *life = life_new();
    char device[16];
    life->rules.settings.max_maintenance_ns = 2 * HOUR;
    assert_int_equal(maintain(life, "d", 0), -EINVAL);
    assert_int_equal(maintain(life, "d", 100 * HOUR), 0);
    const struct window *window = quiet_window(&life->fold, ID("s1"), ID("d"));
    assert_int_equal(window->until_ns, T0 + 2 * HOUR);
    assert_int_equal(maintain(life, "d", MIN), 0); /* said again: the same one, shorter */
    assert_int_equal(life->fold.quiet.n_windows, 1);
    life_at(life, MIN);
    assert_int_equal(life->fold.quiet.n_windows, 0);
    for (uint32_t i = 0; i < MAX_WINDOWS; i++) {
        (void)snprintf(device, sizeof(device), "d%u", i);
        assert_int_equal(maintain(life, device, HOUR), 0);
    }
    assert_int_equal(maintain(life, "one-more", HOUR), -E2BIG);
    life_free(life);
}

static void an_outage_explains_the_technical_alarms_of_its_devices(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct site *site;
    assert_int_equal(registry_meet_site(&life->fold, ID("s1"), &site), CW_ACCEPTED);
    site->outage = OUTAGE_CUT;
    (void)life_told(life);
    life_raise_at(life, BATTERY, "s1", "bed-1", "");
    life_raise_at(life, HR_HIGH, "s1", "bed-1", "");
    life_raise_at(life, BATTERY, "s2", "bed-1", "");
    assert_string_equal(life_told(life), "raised!:suppressed raised:unack raised:unack");
    site->outage = OUTAGE_NONE;
    quiet_site_back(&life->fold, ID("s1"));
    assert_string_equal(life_told(life), "unsuppressed:unack");
    life_free(life);
}

/* ---- silences ---- */

static void a_silence_mutes_what_matches_and_is_not_high(void **state)
{
    (void)state;
    static const struct {
        struct matcher matcher[2];
        const char *told; /* a medium alarm of r-1 in s1, a high one, a low one of s2 */
    } rows[] = {
        {{{"rule", "hr-medium", false, true}}, "raised!:unack raised:unack raised:unack"},
        {{{"alertname", "hr-.*", true, true}}, "raised!:unack raised:unack raised:unack"},
        {{{"site", "s2|s3", true, true}}, "raised:unack raised:unack raised!:unack"},
        {{{"site", "s1", false, false}}, NULL},
        {{{"site", "s1", false, true}, {"resident", "r-2", false, true}},
         "raised:unack raised:unack raised:unack"},
        {{{"priority", "high", false, true}}, "raised:unack raised:unack raised:unack"},
        {{{"nobody-knows", "x", false, false}}, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        struct silence silence = {.id = "a", .from_ns = T0, .until_ns = T0 + HOUR};
        memcpy(silence.matcher, rows[i].matcher, sizeof(rows[i].matcher));
        silence.n_matchers = 1 + (rows[i].matcher[1].name[0] != '\0');
        int ret = quiet_add_silence(&life->fold, &silence, &life->err);
        assert_int_equal(ret, rows[i].told ? 0 : -EINVAL); /* it would match everything */
        life_kill(life);
        life_raise(life, HR_MEDIUM);
        life_raise_at(life, HR_HIGH, "s1", "x", "r-9");
        life_raise_at(life, BATTERY, "s2", "x", "");
        const char *told = life_told(life);
        if (rows[i].told && strcmp(told, rows[i].told) != 0)
            fail_msg("row %zu: %s", i, told);
        life_free(life);
    }
}

static void a_silence_begins_and_ends(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct silence silence = {.id = "a",
                              .from_ns = T0 + MIN,
                              .until_ns = T0 + HOUR,
                              .n_matchers = 1,
                              .matcher = {{"rule", "battery", false, true}}};
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    struct alarm *alarm = life_raise(life, BATTERY);
    assert_null(quiet_silence(&life->fold, alarm));
    life_at(life, MIN);
    assert_string_equal(quiet_silence(&life->fold, alarm)->id, "a");
    life_at(life, HOUR);
    assert_null(quiet_silence(&life->fold, alarm));
    silence.from_ns = T0 + HOUR;
    silence.until_ns = T0 + 2 * HOUR;
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    assert_int_equal(life->fold.quiet.n_silences, 1);
    assert_non_null(quiet_silence(&life->fold, alarm));
    assert_int_equal(quiet_expire(&life->fold, ID("a"), &life->err), 0);
    assert_null(quiet_silence(&life->fold, alarm));
    assert_int_equal(quiet_expire(&life->fold, ID("b"), &life->err), -ENOENT);
    silence.until_ns = T0 + 9 * 24 * HOUR;
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), -EINVAL);
    life_free(life);
}

static void silences_are_so_many_and_ended_ones_make_room(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct silence silence = {
        .from_ns = T0, .n_matchers = 1, .matcher = {{"rule", "battery", false, true}}};
    for (uint32_t i = 0; i <= MAX_SILENCES; i++) {
        (void)snprintf(silence.id, sizeof(silence.id), "s%u", i);
        silence.until_ns = T0 + (i == 7 ? MIN : HOUR);
        int ret = quiet_add_silence(&life->fold, &silence, &life->err);
        assert_int_equal(ret, i < MAX_SILENCES ? 0 : -E2BIG);
    }
    life_at(life, MIN);
    silence.until_ns = T0 + HOUR;
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    assert_null(quiet_find_silence(&life->fold.quiet, ID("s7")));
    life_free(life);
}

/* What nobody was told of as begun is not told as over. */
static void an_end_without_a_begin_is_not_told(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct silence silence = {.id = "a",
                              .from_ns = T0,
                              .until_ns = T0 + MIN,
                              .n_matchers = 1,
                              .matcher = {{"rule", "battery", false, true}}};
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    struct alarm *alarm = life_raise(life, BATTERY);
    life_at(life, HOUR);
    alarm_clear(&life->fold, alarm, CW_STR(""));
    assert_string_equal(life_told(life), "raised!:unack cleared!:rtn_unack");
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_maintained_is_out_of_service_until_it_ends),
        cmocka_unit_test(what_stands_is_put_aside_and_over_is_over),
        cmocka_unit_test(a_shelf_that_ends_in_a_maintenance_tells_nobody),
        cmocka_unit_test(calls_are_never_muted),
        cmocka_unit_test(a_maintenance_is_bounded),
        cmocka_unit_test(an_outage_explains_the_technical_alarms_of_its_devices),
        cmocka_unit_test(a_silence_mutes_what_matches_and_is_not_high),
        cmocka_unit_test(a_silence_begins_and_ends),
        cmocka_unit_test(silences_are_so_many_and_ended_ones_make_room),
        cmocka_unit_test(an_end_without_a_begin_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
