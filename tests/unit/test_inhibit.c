/*
 * test_inhibit.c - what is explained is not told; what must be told always is.
 */
#include <errno.h>

#include "unit/life_bench.h"

static const struct matcher battery = {"rule", "battery", false, true};
static const struct matcher medium = {"rule", "hr-medium", false, true};
static const struct matcher anything = {"site", "s1", false, true};
static const char *const by_device[] = {"device", NULL};
static const char *const by_nothing[] = {NULL};

/* The medium alarm explains whatever is like it in its device. */
static struct inhibition rules[2];
static struct life *explaining(const char *const *equal)
{
    struct life *life = life_new();
    rules[0] = (struct inhibition){.name = "one",
                                   .source = &medium,
                                   .n_source = 1,
                                   .target = &anything,
                                   .n_target = 1,
                                   .equal = equal};
    life->rules.inhibition = rules;
    life->rules.n_inhibitions = 1;
    return life;
}

/* Killed and loaded: the sources are found again. */
static void kill_and_find(struct life *life)
{
    life_kill(life);
    inhibit_find(&life->fold);
}

static void the_target_is_suppressed_while_the_source_stands(void **state)
{
    (void)state;
    struct life *life = explaining(by_device);
    struct alarm *before = life_raise_at(life, BATTERY, "s1", "bed-1", "");
    (void)before;
    struct alarm *source = life_raise_at(life, HR_MEDIUM, "s1", "bed-1", "r-1");
    assert_string_equal(life_told(life), "raised:unack raised:unack suppressed:suppressed");
    life_raise_at(life, BATTERY, "s1", "bed-2", ""); /* of another device */
    assert_string_equal(life_told(life), "raised:unack");
    kill_and_find(life);
    source = alarm_open(&life->fold.alarms, CW_STR("hr-medium"), CW_STR("s1/bed-1/r-1"));
    life_raise_at(life, BATTERY, "s1", "bed-1", "r-9"); /* another one of it, behind it */
    assert_string_equal(life_told(life), "raised!:suppressed");
    const struct inhibition *which = NULL;
    const struct alarm *target =
        alarm_open(&life->fold.alarms, CW_STR("battery"), CW_STR("s1/bed-1/r-9"));
    assert_ptr_equal(inhibit_source(&life->fold, target, &which), source);
    assert_string_equal(which->name, "one");
    alarm_clear(&life->fold, source, CW_STR(""));
    assert_string_equal(life_told(life),
                        "cleared:rtn_unack unsuppressed:unack unsuppressed:unack");
    assert_int_equal(life->fold.quiet.sources.n, 0);
    life_free(life);
}

static void some_are_never_suppressed(void **state)
{
    (void)state;
    struct life *life = explaining(by_nothing);
    struct alarm *sent = life_raise_at(life, BATTERY, "s1", "a", "");
    struct alarm *acked = life_raise_at(life, BATTERY, "s1", "b", "");
    assert_int_equal(
        life_order(life, "assign", sent, (struct alarm_order){.assignee = CW_STR("w")}), 0);
    assert_int_equal(life_ack(life, acked, "li"), 0);
    (void)life_told(life);
    life_raise(life, HR_MEDIUM);
    life_raise(life, HELP_CALL);                     /* vital */
    life_raise(life, HR_HIGH);                       /* more urgent */
    life_raise_at(life, BATTERY, "s2", "bed-1", ""); /* no target */
    assert_string_equal(life_told(life), "raised:unack raised:unack raised:unack raised:unack");
    life_raise_at(life, BATTERY, "s1", "c", "");
    assert_string_equal(life_told(life), "raised!:suppressed");
    life_free(life);
}

static void a_source_that_nobody_hears_explains_nothing(void **state)
{
    (void)state;
    struct life *life = explaining(by_nothing);
    struct silence silence = {.id = "a",
                              .from_ns = T0,
                              .until_ns = T0 + MIN,
                              .n_matchers = 1,
                              .matcher = {{"rule", "hr-medium", false, true}}};
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    life_raise(life, HR_MEDIUM);
    life_raise_at(life, BATTERY, "s1", "a", "");
    assert_string_equal(life_told(life), "raised!:unack raised:unack");
    life_free(life);
    /* Told, and silenced later, at a time that was set before. */
    life = explaining(by_nothing);
    silence.from_ns = T0 + MIN;
    silence.until_ns = T0 + 2 * MIN;
    struct alarm *source = life_raise(life, HR_MEDIUM);
    life_raise_at(life, BATTERY, "s1", "a", "");
    assert_int_equal(quiet_add_silence(&life->fold, &silence, &life->err), 0);
    assert_string_equal(life_told(life), "raised:unack raised!:suppressed");
    kill_and_find(life);
    life_at(life, MIN);
    assert_string_equal(life_told(life), "unsuppressed:unack");
    life_at(life, 2 * MIN);
    assert_string_equal(life_told(life), "suppressed:suppressed");
    /* On a shelf. */
    source = alarm_open(&life->fold.alarms, CW_STR("hr-medium"), CW_STR("s1/bed-1/r-1"));
    assert_int_equal(
        life_order(life, "shelve", source, (struct alarm_order){.note = CW_STR("x")}), 0);
    assert_string_equal(life_told(life), "shelved:shelved unsuppressed:unack");
    life_free(life);
    /* A drill, and what is real. */
    life = explaining(by_nothing);
    struct alarm_desc desc = {.rule = &life->rule[HR_MEDIUM],
                              .subject = CW_STR("x"),
                              .site = CW_STR("s1"),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .drill = true};
    alarm_raise(&life->fold, &desc);
    life_raise_at(life, BATTERY, "s1", "a", "");
    assert_string_equal(life_told(life), "raised:unack raised:unack");
    life_free(life);
}

/* Two that explain each other: one of them is told, whichever came first. */
static void a_circle_hides_nothing(void **state)
{
    (void)state;
    struct life *life = explaining(by_nothing);
    life->rule[BATTERY].priority = CW_PRIORITY_MEDIUM;
    rules[1] = (struct inhibition){
        .name = "two", .source = &battery, .n_source = 1, .target = &medium, .n_target = 1};
    life->rules.n_inhibitions = 2;
    struct alarm *first = life_raise_at(life, BATTERY, "s1", "a", "");
    life_raise(life, HR_MEDIUM);
    assert_string_equal(life_told(life), "raised:unack raised!:suppressed");
    alarm_clear(&life->fold, first, CW_STR(""));
    assert_string_equal(life_told(life),
                        "cleared:rtn_unack unsuppressed:unack suppressed:suppressed");
    life_free(life);
}

static void other_rules_explain_other_things(void **state)
{
    (void)state;
    struct life *life = explaining(by_nothing);
    life_raise(life, HR_MEDIUM);
    life_raise_at(life, BATTERY, "s1", "a", "");
    (void)life_told(life);
    life->rules.n_inhibitions = 0;
    quiet_configure(&life->fold);
    assert_string_equal(life_told(life), "unsuppressed:unack");
    life->rules.n_inhibitions = 1;
    quiet_configure(&life->fold);
    assert_string_equal(life_told(life), "suppressed:suppressed");
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_is_suppressed_while_the_source_stands),
        cmocka_unit_test(some_are_never_suppressed),
        cmocka_unit_test(a_source_that_nobody_hears_explains_nothing),
        cmocka_unit_test(a_circle_hides_nothing),
        cmocka_unit_test(other_rules_explain_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
