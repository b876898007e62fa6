/*
 * test_incident.c - what belongs together, which came first, and what folds under it; and how
 * much of it reaches a dispatcher.
 */
#include "unit/life_bench.h"

static struct life *grouping(void)
{
    struct life *life = life_new();
    life->rules.settings.incident_window_ns = 5 * MIN;
    life->rules.settings.site_window_ns = MIN;
    life->rules.settings.call_window_ns = 10 * MIN;
    life->rules.settings.operators = 1;
    return life;
}

static void alarms_of_one_person_within_a_time_are_one_incident(void **state)
{
    (void)state;
    static const struct {
        enum life_rule first, second;
        const char *device, *resident; /* of the second; the first is bed-1, r-1 */
        int64_t after_ns;
        bool together, folded;
    } rows[] = {
        {HR_HIGH, HR_MEDIUM, "bed-1", "r-1", MIN, true, true},
        {HR_HIGH, HR_MEDIUM, "watch", "r-1", MIN, true, true},
        {HR_HIGH, HR_MEDIUM, "bed-1", "", MIN, true, true},
        {HR_HIGH, HR_MEDIUM, "bed-2", "r-2", MIN, false, false},
        {HR_HIGH, HR_MEDIUM, "bed-1", "r-1", 6 * MIN, false, false},
        /* What is worse than what was told is told; so is everything high, and every call. */
        {HR_MEDIUM, HR_HIGH, "bed-1", "r-1", MIN, true, false},
        {BATTERY, HR_MEDIUM, "bed-1", "r-1", MIN, true, false},
        {HR_HIGH, HELP_CALL, "button", "r-1", MIN, true, false},
        /* Technical trouble of one site, whatever the device. */
        {SITE_SILENT, BATTERY, "bed-7", "r-7", 50 * S, true, true},
        {SITE_SILENT, BATTERY, "bed-7", "r-7", 70 * S, false, false},
        {SITE_SILENT, HR_MEDIUM, "bed-7", "r-7", 50 * S, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = grouping();
        bool site = rows[i].first == SITE_SILENT;
        struct alarm *first =
            life_raise_at(life, rows[i].first, "s1", site ? "" : "bed-1", site ? "" : "r-1");
        life_at(life, rows[i].after_ns);
        life_kill(life);
        first = map_next(&life->fold.alarms.by_id, &(uint32_t){0}, NULL);
        struct alarm *second =
            life_raise_at(life, rows[i].second, "s1", rows[i].device, rows[i].resident);
        bool together = strcmp(first->incident, second->incident) == 0;
        if (together != rows[i].together || second->folded != rows[i].folded ||
            second->first_out == together || !first->first_out)
            fail_msg("row %zu: together %d, folded %d", i, together, second->folded);
        assert_string_equal(first->incident, first->id);
        life_free(life);
    }
}

static void silence_battery(struct life *life)
{
    struct silence silence = {.id = "a",
                              .from_ns = T0,
                              .until_ns = T0 + HOUR,
                              .n_matchers = 1,
                              .matcher = {{"rule", "battery", false, true}}};
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
}

static void what_is_not_told_swallows_nothing(void **state)
{
    (void)state;
    struct life *life = grouping();
    silence_battery(life);
    struct alarm *first = life_raise_at(life, BATTERY, "s1", "bed-1", "r-1");
    struct alarm *second = life_raise_at(life, SITE_SILENT, "s1", "", "");
    assert_string_equal(first->incident, second->incident);
    second->priority = CW_PRIORITY_LOW; /* as one of the device's own would be */
    (void)life_told(life);
    /* Under the silenced one it would be lost; under the other it may fold. */
    struct alarm *third = life_raise_at(life, HR_MEDIUM, "s1", "bed-1", "r-1");
    assert_false(third->folded);
    assert_string_equal(life_told(life), "raised:unack");
    life_free(life);
    /* One that is put aside from its beginning. */
    life = grouping();
    assert_int_equal(quiet_maintain(&life->fold, CW_STR("s1"), CW_STR("bed-1"), T0 + HOUR,
                                    CW_STR("li"), &life->err),
                     0);
    life_raise_at(life, HR_HIGH, "s1", "bed-1", "r-1");
    third = life_raise_at(life, HR_MEDIUM, "s1", "watch", "r-1");
    assert_false(third->folded);
    assert_string_equal(life_told(life), "raised!:out_of_service raised:unack");
    life_free(life);
}

/* A drill, and what is real: they fold only under their like. */
static void a_drill_swallows_nothing_real(void **state)
{
    (void)state;
    struct life *life = grouping();
    struct alarm *drill = life_raise(life, HR_HIGH);
    drill->drill = true;
    struct alarm *real = life_raise(life, HR_MEDIUM);
    assert_string_equal(real->incident, drill->incident);
    assert_false(real->folded);
    life_free(life);
}

/* When what it was folded under leaves, the most urgent stands up, the others fold under it. */
static void what_was_folded_stands_up_when_nothing_holds_it(void **state)
{
    (void)state;
    static const char *const leaves[] = {"close", "shelve", "maintain"};
    for (size_t i = 0; i < 3; i++) {
        struct life *life = grouping();
        enum life_rule lead = i == 1 ? HR_MEDIUM : HR_HIGH;
        struct alarm *first = life_raise_at(life, lead, "s1", "bed-1", "r-1");
        struct alarm *low = life_raise_at(life, BATTERY, "s1", "watch", "r-1");
        struct alarm *medium =
            life_raise_at(life, i == 1 ? BATTERY : HR_MEDIUM, "s1", "watch-2", "r-1");
        assert_true(low->folded && medium->folded);
        assert_int_equal(life_ack(life, first, "li"), 0);
        life_kill(life);
        uint32_t at = 0;
        first = map_next(&life->fold.alarms.by_id, &at, NULL);
        low = map_next(&life->fold.alarms.by_id, &at, NULL);
        medium = map_next(&life->fold.alarms.by_id, &at, NULL);
        (void)life_told(life);
        struct alarm_order order = {.note = CW_STR("x"), .cause = CW_STR("handled")};
        if (strcmp(leaves[i], "maintain") == 0)
            assert_int_equal(quiet_maintain(&life->fold, CW_STR("s1"), CW_STR("bed-1"),
                                            T0 + HOUR, CW_STR("li"), &life->err),
                             0);
        else
            assert_int_equal(life_order(life, leaves[i], first, order), 0);
        assert_non_null(strstr(life_told(life), " unsuppressed:unack"));
        /* Of two that are alike the first. */
        assert_int_equal(low->folded, i != 1);
        assert_int_equal(medium->folded, i == 1);
        life_free(life);
    }
}

static void calls_within_ten_minutes_are_one_incident_with_a_count(void **state)
{
    (void)state;
    struct life *life = grouping();
    struct alarm *alarm = NULL;
    for (int i = 0; i < 4; i++) { /* pressed, answered, pressed again */
        life_at(life, i * 9 * MIN);
        alarm = life_raise(life, HELP_CALL);
        life_raise(life, HELP_CALL);
        alarm_clear(&life->fold, alarm, CW_STR(""));
        assert_int_equal(life_ack(life, alarm, "li"), 0);
        assert_int_equal(alarm->state, ALARM_CLOSED);
    }
    const struct incident *incident =
        incident_find(&life->fold.alarms.incidents, str_of(alarm->incident));
    assert_int_equal(incident->n_alarms, 4);
    assert_int_equal(incident->count, 8);
    assert_int_equal(incident->n_open, 0);
    life_at(life, 27 * MIN + 11 * MIN);
    assert_true(life_raise(life, HELP_CALL)->first_out);
    life_free(life);
}

static void an_incident_lives_as_long_as_its_alarms(void **state)
{
    (void)state;
    struct life *life = grouping();
    for (int i = 0; i < MAX_CLOSED_ALARMS + 50; i++) {
        char device[16];
        (void)snprintf(device, sizeof(device), "d%d", i);
        struct alarm *alarm = life_raise_at(life, HR_HIGH, "s1", device, "");
        alarm_clear(&life->fold, alarm, CW_STR(""));
        assert_int_equal(life_ack(life, alarm, "li"), 0);
    }
    assert_int_equal(map_count(&life->fold.alarms.incidents.by_id), MAX_CLOSED_ALARMS);
    assert_int_equal(map_count(&life->fold.alarms.incidents.by_key), MAX_CLOSED_ALARMS);
    life_kill(life);
    life_free(life);
}

/* ---- load ---- */

static void a_flood_begins_at_ten_and_ends_below_five(void **state)
{
    (void)state;
    struct life *life = grouping();
    struct load *load = &life->fold.load;
    char device[16];
    for (int i = 0; i < 12; i++) {
        (void)snprintf(device, sizeof(device), "d%d", i);
        life_at(life, i * 30 * S);
        life_raise_at(life, HR_MEDIUM, "s1", device, "");
        assert_int_equal(load->flood, i >= 9);
    }
    life_kill(life);
    assert_int_equal(load->lately, 12);
    for (int64_t ns = 6 * MIN; ns < 20 * MIN; ns += S) {
        life_at(life, ns);
        load_advance(load, life->fold.now_ns, 1);
        assert_int_equal(load->flood, load->lately >= 5);
    }
    assert_int_equal(load->n_floods, 1);
    assert_int_equal(load->n_presented, 12);
    assert_int_equal(load->lately, 0);
    assert_in_range(load->flooded_ns / S, 8 * 60, 10 * 60);
    life_free(life);
}

/* Two dispatchers bear twice as much; what is folded or quiet reaches none. */
static void only_what_reaches_somebody_is_load(void **state)
{
    (void)state;
    struct life *life = grouping();
    life->rules.settings.operators = 2;
    for (int i = 0; i < 19; i++) {
        char device[16];
        (void)snprintf(device, sizeof(device), "d%d", i);
        life_raise_at(life, HR_HIGH, "s1", device, "");
        life_raise_at(life, HR_MEDIUM, "s1", device, ""); /* folded */
    }
    assert_int_equal(life->fold.load.lately, 19);
    assert_false(life->fold.load.flood);
    life_raise_at(life, HR_HIGH, "s1", "d19", "");
    assert_true(life->fold.load.flood);
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alarms_of_one_person_within_a_time_are_one_incident),
        cmocka_unit_test(what_is_not_told_swallows_nothing),
        cmocka_unit_test(a_drill_swallows_nothing_real),
        cmocka_unit_test(what_was_folded_stands_up_when_nothing_holds_it),
        cmocka_unit_test(calls_within_ten_minutes_are_one_incident_with_a_count),
        cmocka_unit_test(an_incident_lives_as_long_as_its_alarms),
        cmocka_unit_test(a_flood_begins_at_ten_and_ends_below_five),
        cmocka_unit_test(only_what_reaches_somebody_is_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
