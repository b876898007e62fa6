/*
 * test_alarm_order.c - what persons do to alarms, and what they may not.
 */
#include <errno.h>

#include "unit/life_bench.h"

/* Steps: r raise, c clear, a ack, b unack, s assign, v arrive, h hand over, l shelve,
 * u unshelve, x close, n note, e escalate; +N minutes pass. */
static int do_step(struct life *life, struct alarm *alarm, char step)
{
    struct alarm_order order = {.note = CW_STR("why"),
                                .assignee = CW_STR("wang"),
                                .to = CW_STR("120"),
                                .answerer = CW_STR("no7"),
                                .cause = CW_STR("handled")};
    static const char *const name[] = {
        ['a'] = "ack",      ['s'] = "assign",   ['v'] = "arrive", ['h'] = "handover",
        ['l'] = "shelve",   ['u'] = "unshelve", ['x'] = "close",  ['n'] = "note",
        ['e'] = "escalate", ['b'] = "unack"};
    return life_order(life, name[(int)step], alarm, order);
}

static void a_life_is_told_step_by_step(void **state)
{
    (void)state;
    static const struct {
        const char *steps, *told;
    } rows[] = {
        {"rasvx", "raised:unack acked:acked assigned:acked arrived:acked closed:closed"},
        /* Sending somebody is acknowledging; what is under way is not closed by recovery. */
        {"rsc", "raised:unack assigned:acked cleared:acked"},
        {"rscx", "raised:unack assigned:acked cleared:acked closed:closed"},
        {"rscr", "raised:unack assigned:acked cleared:acked repeated:acked"},
        {"rv", "raised:unack arrived:acked"},
        {"rh", "raised:unack handed_over:acked"},
        {"rcs", "raised:unack cleared:rtn_unack assigned:acked"},
        {"rcx", "raised:unack cleared:rtn_unack closed:closed"},
        {"ran", "raised:unack acked:acked noted:acked"},
        {"racn", "raised:unack acked:acked cleared:closed noted:closed"},
        {"rlu", "raised:unack shelved:shelved unshelved:unack"},
        {"rlcu", "raised:unack shelved:shelved cleared!:shelved unshelved:closed"},
        {"rlcr", "raised:unack shelved:shelved cleared!:shelved repeated!:shelved"},
        {"rlx", "raised:unack shelved:shelved closed:closed"},
        {"re", "raised:unack escalated:unack"},
        {"rab", "raised:unack acked:acked unacked:unack"},
        {"raba", "raised:unack acked:acked unacked:unack acked:acked"},
        {"rae", "raised:unack acked:acked escalated:acked"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        struct alarm *alarm = NULL;
        for (const char *step = rows[i].steps; *step; step++) {
            if (*step == 'r')
                alarm = life_raise(life, HR_MEDIUM);
            else if (*step == 'c')
                alarm_clear(&life->fold, alarm, CW_STR(""));
            else if (do_step(life, alarm, *step) != 0)
                fail_msg("%s: %c: %s", rows[i].steps, *step, life->err.text);
        }
        const char *told = life_told(life);
        if (strcmp(told, rows[i].told) != 0)
            fail_msg("%s: %s", rows[i].steps, told);
        life_kill(life);
        life_free(life);
    }
}

static void what_is_not_possible_is_said(void **state)
{
    (void)state;
    static const struct {
        enum life_rule rule;
        const char *before;
        char step;
        int code;
        const char *why;
    } rows[] = {
        {HR_MEDIUM, "r", 'x', -EBUSY, "acknowledge it before"},
        {HR_MEDIUM, "r", 'u', -EBUSY, "on no shelf"},
        {HR_MEDIUM, "ra", 'a', -EBUSY, "nothing to acknowledge"},
        {HR_MEDIUM, "r", 'b', -EBUSY, "no acknowledgement"},
        {HR_MEDIUM, "ras", 'b', -EBUSY, "no acknowledgement"},
        {HR_MEDIUM, "rax", 'b', -EBUSY, "no acknowledgement"},
        {HR_MEDIUM, "rv", 'v', -EBUSY, "already"},
        {HR_MEDIUM, "rl", 'a', -EBUSY, "shelved"},
        {HR_MEDIUM, "rl", 'l', -EBUSY, "shelved"},
        {HR_MEDIUM, "rl", 's', -EBUSY, "shelved"},
        {HR_MEDIUM, "rax", 'x', -EBUSY, "closed"},
        {HR_MEDIUM, "rax", 's', -EBUSY, "closed"},
        {HR_HIGH, "r", 'l', -EBUSY, "cannot be shelved"},
        {HR_HIGH, "ra", 'l', -EBUSY, "cannot be shelved"},
        {HELP_CALL, "r", 'l', -EBUSY, "cannot be shelved"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        struct alarm *alarm = NULL;
        for (const char *step = rows[i].before; *step; step++)
            if (*step == 'r')
                alarm = life_raise(life, rows[i].rule);
            else
                assert_int_equal(do_step(life, alarm, *step), 0);
        uint32_t rev = alarm->rev;
        assert_int_equal(do_step(life, alarm, rows[i].step), rows[i].code);
        if (!strstr(life->err.text, rows[i].why))
            fail_msg("%s%c: %s", rows[i].before, rows[i].step, life->err.text);
        assert_int_equal(alarm->rev, rev);
        life_free(life);
    }
}

static void orders_that_lack_something_are_refused(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm *alarm = life_raise(life, HR_MEDIUM);
    const struct {
        const char *name;
        struct alarm_order order;
        int code;
    } rows[] = {
        {"assign", {.assignee = CW_STR("no id!")}, -EINVAL},
        {"handover", {.to = CW_STR("120")}, -EINVAL},
        {"handover", {.answerer = CW_STR("no7")}, -EINVAL},
        {"shelve", {.until_ns = T0 + HOUR}, -EINVAL},
        {"shelve", {.note = CW_STR("x"), .until_ns = T0 + 8 * HOUR + 1}, -EINVAL},
        {"shelve", {.note = CW_STR("x"), .until_ns = T0}, -EINVAL},
        {"close", {.note = CW_STR("x")}, -EINVAL},
        {"note", {.cause = CW_STR("x")}, -EINVAL},
        {"ack", {.rev = 7}, -ESTALE},
        {"dance", {.rev = 1}, -ENOSYS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (life_order(life, rows[i].name, alarm, rows[i].order) != rows[i].code)
            fail_msg("row %zu: %s", i, life->err.text);
        assert_string_not_equal(life->err.text, "");
    }
    assert_string_equal(life_told(life), "raised:unack");
    life_free(life);
}

static void a_mistake_is_taken_back_by_its_maker_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *by;
        int64_t after_ns;
        int code;
    } rows[] = {
        {"li", INT64_C(5) * 1000000000, 0},
        {"li", INT64_C(11) * 1000000000, -EBUSY},
        {"wang", INT64_C(5) * 1000000000, -EBUSY},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct life *life = life_new();
        struct alarm *alarm = life_raise(life, HR_HIGH);
        int64_t due_ns = alarm->due_ns;
        assert_int_equal(life_ack(life, alarm, "li"), 0);
        life_at(life, rows[i].after_ns);
        const struct alarm_order order = {.by = str_of(rows[i].by)};
        assert_int_equal(life_order(life, "unack", alarm, order), rows[i].code);
        if (rows[i].code == 0) {
            assert_string_equal(alarm->acked_by, "");
            assert_int_equal(alarm->answered_ns, 0);
            assert_int_equal(alarm->due_ns, due_ns); /* the time to answer runs on */
        }
        life_free(life);
    }
}

/* Who still holds it, as a rule that goes does, has nothing more to say. */
static void what_a_person_closed_is_not_cleared(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm *alarm = life_raise(life, HR_MEDIUM);
    assert_int_equal(life_ack(life, alarm, "li"), 0);
    const struct alarm_order order = {.cause = CW_STR("handled")};
    assert_int_equal(life_order(life, "close", alarm, order), 0);
    assert_string_equal(life_told(life), "raised:unack acked:acked closed:closed");
    uint32_t rev = alarm->rev;
    alarm_clear(&life->fold, alarm, CW_STR("the rule is gone"));
    assert_string_equal(life_told(life), "");
    assert_int_equal(alarm->rev, rev);
    life_free(life);
}

static void a_shelf_ends_by_itself(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm *alarm = life_raise(life, HR_MEDIUM);
    struct alarm_order order = {.note = CW_STR("being washed"), .until_ns = T0 + 8 * HOUR};
    assert_int_equal(life_order(life, "shelve", alarm, order), 0);
    life_at(life, 8 * HOUR - 1);
    life_kill(life);
    assert_string_equal(life_told(life), "raised:unack shelved:shelved");
    life_at(life, 8 * HOUR);
    assert_string_equal(life_told(life), "unshelved:unack");
    /* It may be shelved again, and over is over. */
    alarm = alarm_open(&life->fold.alarms, CW_STR("hr-medium"), CW_STR("s1/bed-1/r-1"));
    order.until_ns = 0;
    assert_int_equal(life_order(life, "shelve", alarm, order), 0);
    alarm_clear(&life->fold, alarm, CW_STR(""));
    life_at(life, 9 * HOUR);
    assert_string_equal(life_told(life), "shelved:shelved cleared!:shelved unshelved:closed");
    life_free(life);
}

static void what_persons_did_is_in_the_object(void **state)
{
    (void)state;
    struct life *life = life_new();
    struct alarm *alarm = life_raise(life, HELP_CALL);
    struct buf buf;
    struct json_out out;
    life->rules.settings.answer_ns = MIN;
    life->rules.settings.scene_ns = 45 * MIN;
    life_at(life, 30 * S);
    assert_int_equal(do_step(life, alarm, 's'), 0);
    assert_int_equal(alarm->due_ns, T0 + 45 * MIN);
    assert_int_equal(do_step(life, alarm, 'h'), 0);
    assert_int_equal(do_step(life, alarm, 'v'), 0);
    assert_int_equal(alarm->due_ns, 0);
    assert_int_equal(do_step(life, alarm, 'x'), 0);
    buf_init(&buf, 8192);
    json_out_init(&out, &buf);
    alarm_json(alarm, &out);
    static const char *const parts[] = {
        "\"state\":\"closed\"",
        "\"vital\":true",
        "\"owner\":\"wang\"",
        "\"answered_at\":",
        "\"assigned_at\":",
        "\"arrived_at\":",
        "\"closed_by\":\"li\"",
        "\"cause\":\"handled\"",
        "\"handover\":{\"to\":\"120\",\"answerer\":\"no7\",\"at\":",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!strstr(buf_text(&buf), parts[i]))
            fail_msg("no %s in %s", parts[i], buf_text(&buf));
    buf_done(&buf);
    life_free(life);
}

/* ---- time ---- */

static void a_priority_rises_while_it_lasts_and_sinks_when_it_is_over(void **state)
{
    (void)state;
    struct life *life = life_new();
    life->rule[BATTERY].rise_ns = 10 * MIN;
    life->rule[HR_HIGH].sink_ns = 2 * MIN;
    struct alarm *low = life_raise_at(life, BATTERY, "s1", "bed-9", "");
    life_at(life, 10 * MIN);
    assert_int_equal(low->priority, CW_PRIORITY_MEDIUM);
    struct alarm_order order = {.note = CW_STR("ordered"), .until_ns = T0 + HOUR};
    assert_int_equal(life_order(life, "shelve", low, order), 0);
    life_kill(life);
    life_at(life, 20 * MIN); /* high ones stay on no shelf */
    assert_string_equal(life_told(life), "raised:unack regraded:unack shelved:shelved "
                                         "unshelved:unack");
    struct alarm *high = life_raise(life, HR_HIGH);
    alarm_clear(&life->fold, high, CW_STR(""));
    life_at(life, 23 * MIN);
    assert_int_equal(high->priority, CW_PRIORITY_MEDIUM);
    life_raise(life, HR_HIGH);
    assert_int_equal(high->priority, CW_PRIORITY_HIGH);
    life_free(life);
}

static void recoveries_of_what_flaps_are_held_longer_each_time(void **state)
{
    (void)state;
    struct life *life = life_new();
    life->rules.settings.flap_slot_ns = MIN;
    struct alarm *alarm = NULL;
    for (int i = 0; i < 6; i++) { /* six slots of twenty: it flaps */
        life_at(life, i * MIN);
        alarm = life_raise(life, HR_MEDIUM);
        assert_int_equal(life_ack(life, alarm, "li"), 0);
        if (i < 5)
            alarm_clear(&life->fold, alarm, CW_STR(""));
    }
    (void)life_told(life);
    alarm_clear(&life->fold, alarm, CW_STR(""));
    assert_true(alarm->active);
    life_at(life, 6 * MIN - 1);
    life_kill(life);
    alarm = life_raise(life, HR_MEDIUM); /* back before it was believed */
    assert_int_equal(alarm->count, 2);
    alarm_clear(&life->fold, alarm, CW_STR(""));
    life_at(life, 8 * MIN - 2); /* now for two slots */
    assert_true(alarm->active);
    assert_string_equal(life_told(life), "");
    life_at(life, 8 * MIN);
    assert_string_equal(life_told(life), "cleared:closed");
    assert_int_equal(life->fold.alarms.n_damped, 3);
    life_free(life);
}

static void a_call_is_never_damped(void **state)
{
    (void)state;
    struct life *life = life_new();
    life->rules.settings.flap_slot_ns = MIN;
    for (int i = 0; i < 12; i++) {
        life_at(life, i * MIN);
        struct alarm *alarm = life_raise(life, HELP_CALL);
        alarm_clear(&life->fold, alarm, CW_STR(""));
        assert_false(alarm->active);
    }
    life_free(life);
}

static void a_call_of_long_ago_is_for_the_record(void **state)
{
    (void)state;
    struct life *life = life_new();
    life->rules.settings.page_within_ns = 24 * HOUR;
    struct alarm_desc desc = {.rule = &life->rule[HELP_CALL],
                              .subject = CW_STR("x"),
                              .site = CW_STR("s1"),
                              .delayed = true,
                              .device_ns = T0 - 23 * HOUR};
    assert_false(alarm_raise(&life->fold, &desc)->historical);
    desc.subject = CW_STR("y");
    desc.device_ns = T0 - 25 * HOUR;
    assert_true(alarm_raise(&life->fold, &desc)->historical);
    assert_string_equal(life_told(life), "raised:unack raised!:unack");
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_is_told_step_by_step),
        cmocka_unit_test(what_is_not_possible_is_said),
        cmocka_unit_test(orders_that_lack_something_are_refused),
        cmocka_unit_test(what_a_person_closed_is_not_cleared),
        cmocka_unit_test(a_mistake_is_taken_back_by_its_maker_at_once),
        cmocka_unit_test(a_shelf_ends_by_itself),
        cmocka_unit_test(what_persons_did_is_in_the_object),
        cmocka_unit_test(a_priority_rises_while_it_lasts_and_sinks_when_it_is_over),
        cmocka_unit_test(recoveries_of_what_flaps_are_held_longer_each_time),
        cmocka_unit_test(a_call_is_never_damped),
        cmocka_unit_test(a_call_of_long_ago_is_for_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
