/*
 * test_escalation.c - chains run until a person acts, over kills, and no longer.
 */
#include <errno.h>

#include "unit/life_bench.h"

static void steps_are_taken_until_somebody_acts(void **state)
{
    (void)state;
    static const struct {
        int64_t ack_ns; /* 0: nobody */
        int64_t upto_ns;
        const char *told;
    } rows[] = {
        {30 * S, 20 * MIN, "acked:acked"},
        {MIN - 1, 20 * MIN, "acked:acked"},
        {2 * MIN, 20 * MIN, "escalated@desk:unack acked:acked"},
        {4 * MIN, 20 * MIN, "escalated@desk:unack escalated@night:unack acked:acked"},
        {0, 8 * MIN - 1, "escalated@desk:unack escalated@night:unack"},
        {0, 13 * MIN,
         "escalated@desk:unack escalated@night:unack escalated@night:unack "
         "escalated@night:unack"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        (void)life_chain(life);
        struct alarm *alarm = life_raise(life, HR_HIGH);
        char id[HASH_ID_MAX];
        memcpy(id, alarm->id, sizeof(id));
        (void)life_told(life);
        if (rows[i].ack_ns) {
            life_at(life, rows[i].ack_ns);
            life_kill(life);
            alarm = alarm_find(&life->fold.alarms, str_of(id));
            assert_int_equal(life_ack(life, alarm, "li"), 0);
        }
        life_at(life, rows[i].upto_ns);
        const char *told = life_told(life);
        if (strcmp(told, rows[i].told) != 0)
            fail_msg("row %zu: %s", i, told);
        life_free(life);
    }
}

/* Whom the next step tells is known before it is taken. */
static void whom_the_next_step_tells_is_known(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm_target tell[MAX_TELL];
    (void)life_chain(life);
    struct alarm *alarm = life_raise(life, HR_HIGH);
    static const char *const next[] = {"desk", "night", "night"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(escalation_next(&life->fold, alarm, tell), 1);
        assert_string_equal(tell[0].to, next[i]);
        escalation_step(&life->fold, alarm, CW_STR(""), CW_STR(""));
    }
    assert_int_equal(life_ack(life, alarm, "li"), 0);
    assert_int_equal(escalation_next(&life->fold, alarm, tell), 0);
    life_free(life);
}

static const char *told_when_unreached(struct life *life, struct alarm *alarm, const char *to,
                                       int64_t at_ns)
{
    alarm_notified(&life->fold, str_of(alarm->id), str_of(to), str_of(to), false);
    escalation_unreached(&life->fold, alarm);
    life_at(life, at_ns); /* what is due is done */
    return life_told(life);
}

/* Nobody of a step has an address: the next one does not wait for its time. The one that is
 * taken again and again does, and a step of which somebody else may be told, too. */
static void a_step_that_reaches_nobody_is_followed_at_once(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct chain *chain = life_chain(life);
    chain->step[0].target[1] = (struct step_target){.channel = "second"};
    chain->step[0].n_targets = 2;
    struct alarm *alarm = life_raise(life, HR_HIGH);
    (void)life_told(life);
    assert_null(strstr(told_when_unreached(life, alarm, "route", S), "escalated"));
    life_at(life, MIN);
    assert_non_null(strstr(life_told(life), "escalated@desk"));
    assert_null(strstr(told_when_unreached(life, alarm, "desk", MIN + S), "escalated"));
    life_kill(life);
    alarm = alarm_open(&life->fold.alarms, CW_STR("hr-high"), CW_STR("s1/bed-1/r-1"));
    assert_non_null(
        strstr(told_when_unreached(life, alarm, "second", MIN + 2 * S), "escalated@night"));
    for (int i = 0; i < 3; i++)
        assert_null(
            strstr(told_when_unreached(life, alarm, "night", MIN + (3 + i) * S), "escalated"));
    life_at(life, 2 * MIN);
    assert_null(strstr(life_told(life), "escalated"));
    life_at(life, 7 * MIN);
    assert_non_null(strstr(life_told(life), "escalated@night"));
    life_free(life);
}

/* Whatever happens that is no act of a person, the next step comes. */
static void nothing_but_a_person_ends_a_chain(void **state)
{
    (void)state;
    struct life *life = life_new();
    (void)life_chain(life);
    struct alarm *alarm = life_raise(life, HR_HIGH);
    alarm_clear(&life->fold, alarm, CW_STR("")); /* it recovered: nobody has seen it yet */
    life_at(life, 5 * HOUR);
    life_kill(life);
    uint32_t n = life->n_escalated;
    life_at(life, 10 * HOUR);
    assert_int_equal(life->n_escalated - n, 60);
    alarm = alarm_open(&life->fold.alarms, CW_STR("hr-high"), CW_STR("s1/bed-1/r-1"));
    assert_int_equal(alarm->state, ALARM_RTN_UNACK);
    assert_int_equal(life_ack(life, alarm, "li"), 0);
    n = life->n_escalated;
    life_at(life, 20 * HOUR);
    assert_int_equal(life->n_escalated, n);
    life_free(life);
}

static void after_a_pause_what_is_due_is_done_at_once_and_once(void **state)
{
    (void)state;
    struct life *life = life_new();
    (void)life_chain(life);
    life_raise(life, HR_HIGH);
    struct timer_entry entry;
    life->fold.now_ns = T0 + HOUR; /* nobody ran the timers */
    while (timers_pop(&life->fold.timers, life->fold.now_ns, &entry))
        alarm_due(&life->fold, &entry);
    assert_int_equal(life->n_escalated, 2);
    life_free(life);
}

static void hear_rule(void *ctx, const struct transition *t)
{
    struct life *life = ctx;
    if (t->change == CHANGE_ESCALATED)
        buf_printf(&life->told, "%s ", t->alarm->rule);
}

/* The time has jumped, as over a boot: what is due first goes first, whether the timers were
 * armed anew by a restart or are those that were armed too early. */
static void a_restart_changes_no_order(void **state)
{
    (void)state;
    for (int kill = 0; kill < 2; kill++) {
        struct life *life = life_new();
        (void)life_chain(life);
        struct alarm *alarm = life_raise(life, HR_HIGH);
        life_at(life, 40 * S);
        (void)life_raise(life, HELP_CALL); /* due at 100 s */
        life_at(life, 50 * S);
        alarm_clear(&life->fold, alarm, CW_STR(""));
        (void)life_raise(life, HR_HIGH); /* due at 110 s, its timer fires at 60 s */
        (void)life_told(life);
        if (kill)
            life_kill(life);
        life->sink.transition = hear_rule;
        life->fold.now_ns = T0 + 2 * MIN;
        life_at(life, 2 * MIN);
        assert_string_equal(life_told(life), "help-call hr-high ");
        life_free(life);
    }
}

static void two_persons_where_two_are_wanted(void **state)
{
    (void)state;
    struct life *life = life_new();
    life_chain(life)->persons = 2;
    struct alarm *alarm = life_raise(life, HR_HIGH);
    (void)life_told(life);
    assert_int_equal(life_ack(life, alarm, "li"), 0);
    assert_int_equal(life_ack(life, alarm, "li"), -EBUSY);
    assert_non_null(strstr(life->err.text, "second person"));
    life_at(life, MIN);
    assert_int_equal(life_ack(life, alarm, "wang"), 0);
    life_at(life, HOUR);
    assert_string_equal(life_told(life), "partly_acked:unack escalated@desk:unack acked:acked");
    life_free(life);
}

static void a_forgotten_acknowledgement_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *then, *told;
    } rows[] = {
        {"", "acked:acked unacked:unack escalated@desk:unack"},
        {"assign", "acked:acked assigned:acked"},
        {"close", "acked:acked closed:closed"},
        {"clear", "acked:acked cleared:closed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        life_chain(life)->ack_for_ns = 15 * MIN;
        struct alarm *alarm = life_raise(life, HR_HIGH);
        (void)life_told(life);
        struct alarm_order order = {.assignee = CW_STR("wang"), .cause = CW_STR("handled")};
        assert_int_equal(life_ack(life, alarm, "li"), 0);
        if (strcmp(rows[i].then, "clear") == 0)
            alarm_clear(&life->fold, alarm, CW_STR(""));
        else if (rows[i].then[0])
            assert_int_equal(life_order(life, rows[i].then, alarm, order), 0);
        life_at(life, 5 * MIN);
        life_kill(life);
        life_at(life, 16 * MIN);
        const char *told = life_told(life);
        if (strcmp(told, rows[i].told) != 0)
            fail_msg("%s: %s", rows[i].then, told);
        life_free(life);
    }
}

static void a_person_may_hurry_the_chain(void **state)
{
    (void)state;
    struct life *life = life_new();
    (void)life_chain(life);
    struct alarm *alarm = life_raise(life, HR_HIGH);
    (void)life_told(life);
    assert_int_equal(life_order(life, "escalate", alarm, (struct alarm_order){.rev = 0}), 0);
    assert_string_equal(life_told(life), "escalated@desk:unack");
    life_at(life, 3 * MIN); /* time goes on behind it */
    assert_string_equal(life_told(life), "escalated@night:unack");
    assert_int_equal(life_ack(life, alarm, "li"), 0);
    assert_int_equal(life_order(life, "escalate", alarm, (struct alarm_order){.rev = 0}), 0);
    life_at(life, HOUR); /* but not for what is acknowledged */
    assert_string_equal(life_told(life), "acked:acked escalated@night:acked");
    assert_int_equal(alarm->escalation, 3);
    life_free(life);
}

static void the_first_chain_that_matches_is_the_alarms(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct chain *chain = life_chain(life);
    life->chain[1] = life->chain[0];
    life->rules.n_chains = 2;
    chain->name = "calls";
    chain->kind = "help-call|fall";
    chain->site = "s1*";
    assert_string_equal(life_raise(life, HELP_CALL)->chain, "calls");
    assert_string_equal(life_raise_at(life, HELP_CALL, "s2", "b", "r")->chain, "all");
    assert_string_equal(life_raise_at(life, HR_HIGH, "s1", "c", "q")->chain, "all");
    /* What is historical has none. */
    struct alarm_desc desc = {
        .rule = &life->rule[HR_HIGH], .subject = CW_STR("old"), .historical = true};
    assert_string_equal(alarm_raise(&life->fold, &desc)->chain, "");
    life_free(life);
}

/* ---- rosters ---- */

static const char *const members[] = {"li", "wang", "zhao", NULL};
static const char *const channels[] = {"sms", "voice", NULL};

static struct roster roster_of(const char *name)
{
    return (struct roster){.name = name,
                           .member = members,
                           .n_members = 3,
                           .channel = channels,
                           .rotate_s = 86400,
                           .from_s = INT64_C(1763884800)}; /* 2025-11-23 08:00 by the clock */
}

static void turns_go_by_the_wall_clock(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *rule;
        int64_t rotate_s, at_s;
        const char *who;
    } rows[] = {
        {"CST-8", "", 86400, INT64_C(1763856000), "li"}, /* 08:00 in Chengdu */
        {"CST-8", "", 86400, INT64_C(1763855999), "zhao"},
        {"CST-8", "", 86400, INT64_C(1763856000) + 86400, "wang"},
        {"CST-8", "", 43200, INT64_C(1763856000) + 43200, "wang"},
        {"CST-8", "", 604800, INT64_C(1763856000) + 3 * 604800, "li"},
        {"CST-8", "", 0, INT64_C(1763856000) + 12345678, "li"},
        /* In spring the turn begins at 08:00, too, 23 hours after the last one. */
        {"CET-1CEST,M3.5.0,M10.5.0/3", "", 86400, INT64_C(1774764000) - 1, "li"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "", 86400, INT64_C(1774764000), "wang"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct roster roster = roster_of("r");
        struct zone zone;
        assert_int_equal(zone_parse(&zone, str_of(rows[i].zone), NULL), 0);
        roster.rotate_s = rows[i].rotate_s;
        const char *who = roster_turn(&roster, &zone, rows[i].at_s * S);
        if (i >= 6) { /* the day before and the day of the change differ by one turn */
            const char *other = roster_turn(&roster, &zone, (rows[i].at_s + 1) * S);
            assert_true((strcmp(who, other) == 0) == (i == 7));
        } else if (strcmp(who, rows[i].who) != 0) {
            fail_msg("row %zu: %s", i, who);
        }
    }
}

static void a_step_reaches_who_is_on_duty(void **state)
{
    (void)state;
    struct life *life = life_new();
    static struct schedule night = {.name = "night"};
    static struct roster roster[2];
    struct chain *chain = life_chain(life);
    night.n_spans = 1;
    assert_int_equal(schedule_parse_span(CW_STR("20:00-08:00"), &night.span[0], NULL), 0);
    roster[0] = roster_of("day");
    roster[1] = roster_of("night");
    roster[1].when = &night;
    roster[1].otherwise = &roster[0];
    static const char *const others[] = {"qian", NULL};
    roster[1].member = others;
    roster[1].n_members = 1;
    life->rules.roster = roster;
    life->rules.n_rosters = 2;
    chain->step[0].target[0] = (struct step_target){.roster = &roster[1]};
    life_raise(life, HR_HIGH); /* 10:44: by day the first member's first day */
    life_at(life, MIN);
    assert_string_equal(life_told(life), "raised:unack escalated@li,li:unack");
    life_at(life, 11 * HOUR); /* 21:44 */
    (void)life_told(life);
    life_raise_at(life, HR_HIGH, "s1", "b2", "r2");
    life_at(life, 11 * HOUR + MIN);
    assert_non_null(strstr(life_told(life), "escalated@qian,qian:unack"));
    life_free(life);
}

static void somebody_else_takes_over_for_a_time(void **state)
{
    (void)state;
    struct life *life = life_new();
    static struct roster roster;
    roster = roster_of("day");
    life->rules.roster = &roster;
    life->rules.n_rosters = 1;
    struct fold *fold = &life->fold;
    struct cw_str day = CW_STR("day"), qian = CW_STR("qian");
    assert_string_equal(duty_person(fold, &roster), "li");
    assert_int_equal(duty_override(fold, CW_STR("none"), qian, 0, T0 + HOUR, &life->err),
                     -ENOENT);
    assert_int_equal(duty_override(fold, day, CW_STR("a b"), 0, T0 + HOUR, &life->err),
                     -EINVAL);
    assert_int_equal(duty_override(fold, day, qian, 0, T0, &life->err), -EINVAL);
    assert_int_equal(duty_override(fold, day, qian, 0, T0 + 40 * 24 * HOUR, &life->err),
                     -EINVAL);
    assert_int_equal(duty_override(fold, day, qian, T0 + MIN, T0 + HOUR, &life->err), 0);
    assert_string_equal(duty_person(fold, &roster), "li");
    life_at(life, MIN);
    life_kill(life);
    assert_string_equal(duty_person(fold, &roster), "qian");
    assert_int_equal(duty_override(fold, day, CW_STR(""), 0, T0 + 2 * HOUR, &life->err), 0);
    assert_string_equal(duty_person(fold, &roster), "li");
    for (uint32_t i = 0; i < MAX_TAKEOVERS; i++)
        assert_int_equal(duty_override(fold, day, qian, 0, T0 + 2 * HOUR, &life->err), 0);
    assert_int_equal(duty_override(fold, day, qian, 0, T0 + 2 * HOUR, &life->err), -E2BIG);
    life_at(life, 3 * HOUR); /* those that are over make room */
    assert_string_equal(duty_person(fold, &roster), "li");
    assert_int_equal(duty_override(fold, day, qian, 0, T0 + 4 * HOUR, &life->err), 0);
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_taken_until_somebody_acts),
        cmocka_unit_test(whom_the_next_step_tells_is_known),
        cmocka_unit_test(a_step_that_reaches_nobody_is_followed_at_once),
        cmocka_unit_test(nothing_but_a_person_ends_a_chain),
        cmocka_unit_test(after_a_pause_what_is_due_is_done_at_once_and_once),
        cmocka_unit_test(a_restart_changes_no_order),
        cmocka_unit_test(two_persons_where_two_are_wanted),
        cmocka_unit_test(a_forgotten_acknowledgement_comes_back),
        cmocka_unit_test(a_person_may_hurry_the_chain),
        cmocka_unit_test(the_first_chain_that_matches_is_the_alarms),
        cmocka_unit_test(turns_go_by_the_wall_clock),
        cmocka_unit_test(a_step_reaches_who_is_on_duty),
        cmocka_unit_test(somebody_else_takes_over_for_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
