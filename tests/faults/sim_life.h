/*
 * sim_life.h - the drawing of alarm.h and the orders of alarm_order.h as tables: where a change
 * may lead from where, what of it hangs on more than the state, and who is told.
 */
#ifndef TESTS_FAULTS_SIM_LIFE_H
#define TESTS_FAULTS_SIM_LIFE_H

#include "faults/sim.h"

#define SIM_IN(state) (1u << ALARM_##state)
#define SIM_STANDS (SIM_IN(UNACK) | SIM_IN(ACKED) | SIM_IN(RTN_UNACK))
#define SIM_BY_DESIGN (SIM_IN(SUPPRESSED) | SIM_IN(OUT_OF_SERVICE))
#define SIM_ASIDE (SIM_IN(SHELVED) | SIM_BY_DESIGN)

/* An alarm as it was last told. */
struct sim_known {
    char id[HASH_ID_MAX];
    char rule[MAX_ID + 1], subject[MAX_ALARM_SUBJECT];
    char site[MAX_ID + 1], device[MAX_ID + 1];
    uint32_t rev, state, count, priority;
    uint32_t change; /* the last one */
    bool active, vital;
    bool sent;       /* a person is on the way, or was there */
    bool told;       /* outside, that it began */
    int64_t owed_ns; /* the next step of its chain; 0: a person has acted, or it has none */
};

struct sim_order {
    const char *name;
    uint32_t change, states; /* what it makes, and in which states it is taken */
};

static const struct sim_order sim_orders[] = {
    {"ack", CHANGE_ACKED, SIM_IN(UNACK) | SIM_IN(RTN_UNACK)},
    {"escalate", CHANGE_ESCALATED, SIM_STANDS},
    {"assign", CHANGE_ASSIGNED, SIM_STANDS},
    {"arrive", CHANGE_ARRIVED, SIM_STANDS},
    {"handover", CHANGE_HANDED_OVER, SIM_STANDS},
    {"shelve", CHANGE_SHELVED, SIM_STANDS},
    {"unshelve", CHANGE_UNSHELVED, SIM_IN(SHELVED)},
    {"close", CHANGE_CLOSED, SIM_IN(RTN_UNACK) | SIM_IN(ACKED) | SIM_IN(SHELVED)},
    {"note", CHANGE_NOTED, SIM_STANDS | SIM_ASIDE | SIM_IN(CLOSED)},
};
#define SIM_ORDERS (sizeof(sim_orders) / sizeof(sim_orders[0]))

/* The states a change may lead to; 0: impossible. */
static inline uint32_t sim_states_after(uint32_t state, uint32_t change)
{
    static const uint32_t after[N_ALARM_STATES][N_ALARM_CHANGES] = {
        [0] = {[CHANGE_RAISED] = SIM_IN(UNACK) | SIM_BY_DESIGN},
        [ALARM_UNACK] = {[CHANGE_REPEATED] = SIM_IN(UNACK),
                         [CHANGE_CLEARED] = SIM_IN(RTN_UNACK),
                         [CHANGE_ACKED] = SIM_IN(ACKED),
                         [CHANGE_ESCALATED] = SIM_IN(UNACK),
                         [CHANGE_ASSIGNED] = SIM_IN(ACKED),
                         [CHANGE_ARRIVED] = SIM_IN(ACKED),
                         [CHANGE_HANDED_OVER] = SIM_IN(ACKED),
                         [CHANGE_SHELVED] = SIM_IN(SHELVED),
                         [CHANGE_SUPPRESSED] = SIM_BY_DESIGN},
        [ALARM_ACKED] = {[CHANGE_REPEATED] = SIM_IN(ACKED),
                         [CHANGE_CLEARED] = SIM_IN(CLOSED) | SIM_IN(ACKED),
                         [CHANGE_CLOSED] = SIM_IN(CLOSED),
                         [CHANGE_UNACKED] = SIM_IN(UNACK),
                         [CHANGE_ESCALATED] = SIM_IN(ACKED),
                         [CHANGE_ASSIGNED] = SIM_IN(ACKED),
                         [CHANGE_ARRIVED] = SIM_IN(ACKED),
                         [CHANGE_HANDED_OVER] = SIM_IN(ACKED),
                         [CHANGE_SHELVED] = SIM_IN(SHELVED),
                         [CHANGE_SUPPRESSED] = SIM_BY_DESIGN},
        [ALARM_RTN_UNACK] = {[CHANGE_REPEATED] = SIM_IN(UNACK),
                             [CHANGE_ACKED] = SIM_IN(CLOSED),
                             [CHANGE_CLOSED] = SIM_IN(CLOSED),
                             [CHANGE_ESCALATED] = SIM_IN(RTN_UNACK),
                             [CHANGE_ASSIGNED] = SIM_IN(ACKED),
                             [CHANGE_ARRIVED] = SIM_IN(ACKED),
                             [CHANGE_HANDED_OVER] = SIM_IN(ACKED),
                             [CHANGE_SHELVED] = SIM_IN(SHELVED),
                             [CHANGE_SUPPRESSED] = SIM_BY_DESIGN},
        [ALARM_SHELVED] = {[CHANGE_REPEATED] = SIM_IN(SHELVED),
                           [CHANGE_CLEARED] = SIM_IN(SHELVED),
                           [CHANGE_CLOSED] = SIM_IN(CLOSED),
                           [CHANGE_UNSHELVED] = SIM_IN(UNACK) | SIM_BY_DESIGN | SIM_IN(CLOSED)},
        [ALARM_SUPPRESSED] = {[CHANGE_REPEATED] = SIM_IN(SUPPRESSED),
                              [CHANGE_CLEARED] = SIM_IN(CLOSED),
                              [CHANGE_SUPPRESSED] = SIM_IN(OUT_OF_SERVICE),
                              [CHANGE_UNSUPPRESSED] = SIM_IN(UNACK) | SIM_IN(CLOSED)},
        [ALARM_OUT_OF_SERVICE] = {[CHANGE_REPEATED] = SIM_IN(OUT_OF_SERVICE),
                                  [CHANGE_CLEARED] = SIM_IN(CLOSED),
                                  [CHANGE_SUPPRESSED] = SIM_IN(SUPPRESSED),
                                  [CHANGE_UNSUPPRESSED] = SIM_IN(UNACK) | SIM_IN(CLOSED)},
    };
    bool stays = change == CHANGE_NOTIFIED || change == CHANGE_NOTED ||
                 (change == CHANGE_REGRADED && state != ALARM_CLOSED);
    if (stays && state)
        return 1u << state;
    return change < N_ALARM_CHANGES ? after[state][change] : 0;
}

/* Where the table leaves a choice: is it the right one? */
static inline bool sim_is_right(const struct sim_known *was, const struct alarm *alarm,
                                uint32_t change)
{
    bool closed = alarm->state == ALARM_CLOSED;
    if (change == CHANGE_CLEARED && was->state == ALARM_ACKED)
        return closed != was->sent;
    if (change == CHANGE_UNSHELVED || change == CHANGE_UNSUPPRESSED)
        return closed != was->active;
    if (change == CHANGE_SHELVED)
        return !was->vital && was->priority != CW_PRIORITY_HIGH;
    return true;
}

static inline bool sim_active_after(const struct sim_known *was, uint32_t change)
{
    return change == CHANGE_RAISED || change == CHANGE_REPEATED ||
           (change != CHANGE_CLEARED && was->active);
}

/* What begins to wait for a person is told outside; what is aside is not, but for being put
 * there; and an end is told to who was told the begin. There are no silences here, and no
 * incidents of more than one alarm. */
static inline bool sim_is_quiet(const struct sim_known *was, const struct alarm *alarm,
                                uint32_t change)
{
    bool put = change == CHANGE_SHELVED || change == CHANGE_SUPPRESSED;
    if (alarm->historical || ((1u << alarm->state & SIM_ASIDE) && !put))
        return true;
    return !was->told && !alarm_change_calls(change) && change != CHANGE_ESCALATED;
}

static inline void sim_learn(struct sim_known *known, const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    uint32_t change = transition->change;
    bool begins = alarm_change_calls(change) && alarm->state != ALARM_CLOSED;
    known->told = known->told || (begins && !transition->quiet);
    known->sent = known->sent || change == CHANGE_ASSIGNED || change == CHANGE_ARRIVED ||
                  change == CHANGE_HANDED_OVER;
    known->rev = alarm->rev;
    known->state = alarm->state;
    known->count = alarm->count;
    known->priority = alarm->priority;
    known->active = alarm->active;
    known->vital = alarm->vital;
    known->change = change;
    memcpy(known->site, alarm->site, sizeof(known->site));
    memcpy(known->device, alarm->device, sizeof(known->device));
}

#endif
