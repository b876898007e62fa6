/*
 * alarm_order.c - one function per order; what all of them check is checked once.
 */
#include "core/alarm/alarm_order.h"

#include <errno.h>
#include <string.h>

#include "core/alarm/alarm_private.h"
#include "core/alarm/escalation.h"
#include "core/fold.h"

struct task {
    struct fold *fold;
    struct alarm *alarm;
    const struct alarm_order *order;
    struct cw_error *err;
};

static int wrong_state(const struct task *task, const char *what)
{
    return err_set(task->err, -EBUSY, "The alarm is %s: %s.",
                   alarm_state_name(task->alarm->state), what);
}

static bool waits(const struct alarm *alarm)
{
    return alarm->state == ALARM_UNACK || alarm->state == ALARM_RTN_UNACK;
}

/* ---- acknowledging ---- */

/* One more person has seen it; true when that is enough. -EBUSY with err when it is the same
 * person again. */
static int count_person(const struct task *task, bool *enough)
{
    struct alarm *alarm = task->alarm;
    uint32_t persons = escalation_persons(task->fold, alarm);
    if (alarm->n_acks > 0 && persons > 1 && str_is(task->order->by, alarm->acked_by))
        return err_set(task->err, -EBUSY,
                       "The alarm needs a second person: %s has acknowledged it already.",
                       alarm->acked_by);
    alarm->n_acks++;
    *enough = alarm->n_acks >= persons;
    alarm_copy(alarm->acked_by, sizeof(alarm->acked_by), task->order->by);
    if (alarm->answered_ns == 0)
        alarm->answered_ns = task->fold->now_ns;
    return 0;
}

static void settle(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    alarm->state = ALARM_ACKED;
    alarm->acked_ns = task->fold->now_ns;
    escalation_acked(task->fold, alarm);
}

static int order_ack(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    bool enough = false, is_over = alarm->state == ALARM_RTN_UNACK;
    if (!waits(alarm))
        return wrong_state(task, "there is nothing to acknowledge");
    int ret = count_person(task, &enough);
    if (ret)
        return ret;
    if (enough) {
        settle(task);
        if (is_over)
            alarm_close(task->fold, alarm);
        alarm_target_due(task->fold, alarm);
    }
    alarm_step(task->fold, alarm, enough ? CHANGE_ACKED : CHANGE_PARTLY_ACKED, task->order->by,
               task->order->note);
    return 0;
}

/* Pressed by mistake: it waits again, and the time to answer it runs on. */
static int order_unack(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    if (alarm->state != ALARM_ACKED || alarm->assigned_ns || !alarm->active)
        return wrong_state(task, "there is no acknowledgement to take back");
    if (!str_is(task->order->by, alarm->acked_by))
        return err_set(task->err, -EBUSY, "Only %s, who acknowledged it, takes that back.",
                       alarm->acked_by);
    if (task->fold->now_ns - alarm->acked_ns > MAX_UNACK_NS)
        return err_set(task->err, -EBUSY,
                       "An acknowledgement is taken back within ten seconds.");
    alarm->state = ALARM_UNACK;
    alarm->n_acks = 0;
    if (alarm->answered_ns == alarm->acked_ns)
        alarm->answered_ns = 0;
    alarm->acked_ns = 0;
    alarm->acked_by[0] = '\0';
    escalation_begin(task->fold, alarm);
    alarm_target_due(task->fold, alarm);
    alarm_step(task->fold, alarm, CHANGE_UNACKED, task->order->by, task->order->note);
    alarm_arm(task->fold, alarm);
    return 0;
}

/* A person acts without having acknowledged: that is one. */
static int act(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    bool enough = true;
    if (alarm->state == ALARM_CLOSED || alarm_is_aside(alarm))
        return wrong_state(task, "nobody can be sent");
    if (!waits(alarm))
        return 0;
    if (escalation_persons(task->fold, alarm) > alarm->n_acks + 1)
        return err_set(task->err, -EBUSY, "The alarm has to be acknowledged by two persons.");
    int ret = count_person(task, &enough);
    if (ret == 0)
        settle(task);
    return ret;
}

/* ---- dispatch ---- */

static int order_assign(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    if (!id_valid(task->order->assignee))
        return err_set(task->err, -EINVAL, "Whom to send (\"assignee\") is an id.");
    int ret = act(task);
    if (ret)
        return ret;
    alarm_copy(alarm->owner, sizeof(alarm->owner), task->order->assignee);
    alarm->assigned_ns = task->fold->now_ns;
    alarm->arrived_ns = 0;
    alarm->forget_ns = 0;
    alarm_target_due(task->fold, alarm);
    alarm_step(task->fold, alarm, CHANGE_ASSIGNED, task->order->by, task->order->note);
    return 0;
}

static int order_arrive(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    if (alarm->arrived_ns)
        return err_set(task->err, -EBUSY, "Somebody is on the scene already.");
    int ret = act(task);
    if (ret)
        return ret;
    if (!alarm->owner[0])
        alarm_copy(alarm->owner, sizeof(alarm->owner), task->order->by);
    if (alarm->assigned_ns == 0)
        alarm->assigned_ns = task->fold->now_ns;
    alarm->arrived_ns = task->fold->now_ns;
    alarm->forget_ns = 0;
    alarm_target_due(task->fold, alarm);
    alarm_step(task->fold, alarm, CHANGE_ARRIVED, task->order->by, task->order->note);
    return 0;
}

static int order_handover(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    const struct alarm_order *order = task->order;
    if (!id_valid(order->to))
        return err_set(task->err, -EINVAL, "To whom (\"to\") is 120, 119, 110 or another id.");
    if (!id_valid(order->answerer))
        return err_set(task->err, -EINVAL,
                       "Who answered there (\"answerer\") is a name or number, as an id.");
    int ret = act(task);
    if (ret)
        return ret;
    alarm_copy(alarm->handed_to, sizeof(alarm->handed_to), order->to);
    alarm_copy(alarm->answerer, sizeof(alarm->answerer), order->answerer);
    alarm->handed_ns = task->fold->now_ns;
    if (alarm->assigned_ns == 0)
        alarm->assigned_ns = task->fold->now_ns;
    alarm->forget_ns = 0;
    alarm_target_due(task->fold, alarm);
    alarm_step(task->fold, alarm, CHANGE_HANDED_OVER, order->by, order->note);
    return 0;
}

static int order_escalate(const struct task *task)
{
    if (task->alarm->state == ALARM_CLOSED || alarm_is_aside(task->alarm))
        return wrong_state(task, "it cannot be escalated");
    escalation_step(task->fold, task->alarm, task->order->by, task->order->note);
    alarm_arm(task->fold, task->alarm);
    return 0;
}

/* ---- the shelf ---- */

static int order_shelve(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    int64_t now_ns = task->fold->now_ns;
    int64_t until_ns = task->order->until_ns ? task->order->until_ns : now_ns + PRESET_SHELF_NS;
    if (alarm->priority == CW_PRIORITY_HIGH || alarm->vital)
        return err_set(task->err, -EBUSY,
                       "High alarms, calls, smoke and gas cannot be shelved.");
    if (alarm->state == ALARM_CLOSED || alarm_is_aside(alarm))
        return wrong_state(task, "it cannot be shelved");
    if (task->order->note.n == 0)
        return err_set(task->err, -EINVAL, "Shelving needs a reason (\"note\").");
    if (until_ns <= now_ns || until_ns - now_ns > MAX_SHELF_NS)
        return err_set(task->err, -EINVAL, "A shelf ends (\"until\") within 8 hours from now.");
    alarm->state = ALARM_SHELVED;
    alarm->shelved_until_ns = until_ns;
    alarm_copy(alarm->shelved_by, sizeof(alarm->shelved_by), task->order->by);
    escalation_stop(alarm);
    alarm->due_ns = 0;
    alarm_step(task->fold, alarm, CHANGE_SHELVED, task->order->by, task->order->note);
    alarm_arm(task->fold, alarm);
    return 0;
}

static int order_unshelve(const struct task *task)
{
    if (task->alarm->state != ALARM_SHELVED)
        return wrong_state(task, "it is on no shelf");
    alarm_back(task->fold, task->alarm, CHANGE_UNSHELVED, task->order->by, task->order->note);
    return 0;
}

/* ---- the end, and words ---- */

static int order_close(const struct task *task)
{
    struct alarm *alarm = task->alarm;
    if (!id_valid(task->order->cause))
        return err_set(task->err, -EINVAL,
                       "Closing needs a cause (\"cause\"), such as handled or false_alarm.");
    if (alarm->state == ALARM_UNACK)
        return wrong_state(task, "acknowledge it before it is closed");
    if (alarm->state == ALARM_RTN_UNACK) {
        int ret = act(task);
        if (ret)
            return ret;
    } else if (alarm->state != ALARM_ACKED && alarm->state != ALARM_SHELVED) {
        return wrong_state(task, "it cannot be closed");
    }
    alarm_copy(alarm->cause, sizeof(alarm->cause), task->order->cause);
    alarm_copy(alarm->closed_by, sizeof(alarm->closed_by), task->order->by);
    alarm_close(task->fold, alarm);
    alarm_step(task->fold, alarm, CHANGE_CLOSED, task->order->by, task->order->note);
    return 0;
}

static int order_note(const struct task *task)
{
    if (task->order->note.n == 0)
        return err_set(task->err, -EINVAL, "There are no words in the note.");
    alarm_step(task->fold, task->alarm, CHANGE_NOTED, task->order->by, task->order->note);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(const struct task *task);
} orders[] = {
    {"ack", order_ack},       {"unack", order_unack},       {"escalate", order_escalate},
    {"assign", order_assign}, {"arrive", order_arrive},     {"handover", order_handover},
    {"shelve", order_shelve}, {"unshelve", order_unshelve}, {"close", order_close},
    {"note", order_note},
};
#define N_ORDERS (sizeof(orders) / sizeof(orders[0]))

bool alarm_order_exists(struct cw_str name)
{
    for (size_t i = 0; i < N_ORDERS; i++) {
        if (str_is(name, orders[i].name))
            return true;
    }
    return false;
}

int alarm_order(struct fold *fold, struct cw_str name, const struct alarm_order *order,
                const struct alarm **alarm, struct cw_error *err)
{
    struct task task = {fold, alarm_find(&fold->alarms, order->alarm), order, err};
    *alarm = task.alarm;
    if (!task.alarm)
        return err_set(err, -ENOENT, "There is no alarm \"%.*s\".",
                       (int)utf8_cut(order->alarm, 80), order->alarm.p);
    if (order->rev && order->rev != task.alarm->rev)
        return err_set(err, -ESTALE, "The alarm has changed meanwhile: its revision is %u.",
                       task.alarm->rev);
    for (size_t i = 0; i < N_ORDERS; i++) {
        if (str_is(name, orders[i].name))
            return orders[i].run(&task);
    }
    return err_set(err, -ENOSYS, "There is no order \"%.*s\".", (int)utf8_cut(name, 80),
                   name.p);
}

int alarm_ack(struct fold *fold, struct cw_str id, uint32_t rev, struct cw_str by,
              struct cw_str note)
{
    const struct alarm *alarm;
    const struct alarm_order order = {.alarm = id, .by = by, .note = note, .rev = rev};
    return alarm_order(fold, CW_STR("ack"), &order, &alarm, NULL);
}
