/*
 * sim.h - the machinery of a simulated world: one seed, a virtual clock, a heap of what will
 * happen, and a disk that holds the journal. Nothing here reads a clock or a real file, so a
 * seed gives the same thirty days every time.
 *
 *   city (sim_city.h) -> network -> broker -> journal -> fold -> checks (sim_check.h)
 *                           ^ faults by the same seed ^
 */
#ifndef TESTS_FAULTS_SIM_H
#define TESTS_FAULTS_SIM_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alarm/escalation.h"
#include "flow/flow_run.h"

#define SIM_MINUTE (60 * NS_PER_S)
#define SIM_HOUR (60 * SIM_MINUTE)
#define SIM_DAY (24 * SIM_HOUR)
#define SIM_START INT64_C(1763865851000000000)
#define SIM_SITES 3
#define SIM_SENSORS 4 /* of a site, beside its gateway and its desk */
#define SIM_BEDS 4
#define SIM_MAX_PRESSES 8192
#define SIM_RULESETS 2
#define SIM_CHAIN_NS SIM_MINUTE /* help calls: the first step, and it again */
#define SIM_REPEAT_NS (5 * SIM_MINUTE)
#define SIM_FORGET_NS (2 * SIM_HOUR) /* how long their acknowledgement lasts */

enum sim_what {
    SIM_BEAT = 1, /* a sensor's next values; who: sensor */
    SIM_PRESS,    /* a help call; who: site */
    SIM_ANSWER,   /* arg: number of the press */
    SIM_VISIT,    /* a visit is planned; who: site */
    SIM_ROSTER,   /* who: site */
    SIM_MEND,     /* a cut site is back; who: site */
    SIM_ARRIVE,   /* message at the broker */
    SIM_TICK,
    SIM_ORDER, /* a person looks at the alarms */
    SIM_SNAPSHOT,
    SIM_FAULT,
    SIM_START_DAEMON,
    SIM_BROKER_BACK,
};

struct sim_message {
    char topic[80];
    char payload[320];
    uint8_t flags;
    uint16_t id; /* 0 until the broker first sends it */
};

struct sim_event {
    int64_t due_ns;
    uint64_t order; /* of planning: makes equal times unequal */
    uint32_t what, who;
    int64_t arg;
    struct sim_message *message; /* owned by the event */
};

/* Messages in order, each owned. */
struct sim_queue {
    struct sim_message **item;
    uint32_t n;
};

struct sim_sensor {
    char id[16];
    uint32_t site;
    int64_t clock_off_ns;
    double spo2;
    bool stopped, listed;
    int64_t maintained_ns; /* engine time until which it is */
};

struct sim_site {
    char id[8];
    bool cut;
    struct sim_queue held; /* at the gateway while cut */
    int64_t maintained_ns; /* the whole of it, engine time until which it is */
};

/* A help call, from the button to the alarm. */
struct sim_press {
    uint32_t site, bed;
    int64_t pressed_ns, answered_ns; /* the world's time; 0 never */
    int64_t taken_ns;                /* engine time at which the fold took it in; 0 not yet */
    bool told, answer_taken;
};

struct sim_snapshot {
    struct buf file; /* empty: none */
    uint32_t index, n_told, ruleset;
};

struct sim_check; /* sim_check.h */

struct sim {
    uint64_t seed, random;
    int64_t now_ns;
    uint64_t n_planned;
    struct sim_event *heap;
    uint32_t n_heap, cap_heap;
    /* the city */
    struct sim_site site[SIM_SITES];
    struct sim_sensor sensor[SIM_SITES * SIM_SENSORS];
    struct sim_press press[SIM_MAX_PRESSES];
    uint32_t n_presses, n_visits;
    /* the broker */
    bool broker_away;
    struct sim_queue waiting;   /* nobody connected */
    struct sim_queue in_flight; /* the last ones sent, for sending again */
    uint16_t last_id;
    bool has_second_link; /* of the daemon's two sessions both are up */
    bool may_be_dup;      /* of what comes next the broker says dup, seen or not */
    /* the disk */
    struct flow_records journal;
    struct position *at;
    uint32_t epoch, n_synced, n_applied;
    uint64_t offset;
    struct sim_snapshot snapshot[2]; /* the newest, the one before */
    /* the daemon */
    bool alive;
    struct flow_rules rules[SIM_RULESETS];
    struct chain chain;
    uint32_t ruleset, wanted_ruleset;
    struct engine *engine;
    struct engine_sink sink;
    struct sim_check *check;
    uint32_t n_kills, n_cuts, n_restarts, n_reloads;
};

/* ---- chance ---- never twice in one list of arguments: their order is the compiler's */

static inline uint64_t sim_random(struct sim *sim)
{
    uint64_t z = sim->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint32_t sim_below(struct sim *sim, uint32_t n)
{
    return (uint32_t)(sim_random(sim) % n);
}

static inline bool sim_chance(struct sim *sim, double p)
{
    return (double)(sim_random(sim) >> 11) * 0x1p-53 < p;
}

static inline int64_t sim_between(struct sim *sim, int64_t from_ns, int64_t to_ns)
{
    return from_ns + (int64_t)(sim_random(sim) % (uint64_t)(to_ns - from_ns));
}

/* ---- what will happen ---- */

static inline bool sim_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static inline void sim_plan_event(struct sim *sim, struct sim_event event)
{
    event.order = sim->n_planned++;
    if (sim->n_heap == sim->cap_heap) {
        sim->cap_heap = sim->cap_heap ? 2 * sim->cap_heap : 256;
        sim->heap = xrealloc(sim->heap, sim->cap_heap * sizeof(*sim->heap));
    }
    uint32_t i = sim->n_heap++;
    for (; i && sim_before(&event, &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
        sim->heap[i] = sim->heap[(i - 1) / 2];
    sim->heap[i] = event;
}

static inline void sim_plan(struct sim *sim, int64_t in_ns, enum sim_what what, uint32_t who,
                            int64_t arg)
{
    struct sim_event event = {sim->now_ns + in_ns, 0, what, who, arg, NULL};
    sim_plan_event(sim, event);
}

static inline struct sim_event sim_next(struct sim *sim)
{
    struct sim_event first = sim->heap[0], last = sim->heap[--sim->n_heap];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= sim->n_heap)
            break;
        if (child + 1 < sim->n_heap && sim_before(&sim->heap[child + 1], &sim->heap[child]))
            child++;
        if (!sim_before(&sim->heap[child], &last))
            break;
        sim->heap[i] = sim->heap[child];
        i = child;
    }
    sim->heap[i] = last;
    return first;
}

/* ---- queues ---- */

static inline void sim_queue_add(struct sim_queue *queue, struct sim_message *message)
{
    queue->item = xrealloc(queue->item, (queue->n + 1) * sizeof(struct sim_message *));
    queue->item[queue->n++] = message;
}

static inline void sim_queue_done(struct sim_queue *queue)
{
    for (uint32_t i = 0; i < queue->n; i++)
        free(queue->item[i]);
    free(queue->item);
    *queue = (struct sim_queue){0};
}

static inline struct sim_message *sim_copy(const struct sim_message *message)
{
    struct sim_message *copy = xcalloc(1, sizeof(*copy));
    *copy = *message;
    return copy;
}

/* ---- the disk ---- */

/* Telemetry and ticks wait for the next sync; everything else asks for it at once. */
static inline void sim_append(struct sim *sim, struct record record, bool sync)
{
    struct flow_records *journal = &sim->journal;
    int64_t last_ns = journal->n ? journal->record[journal->n - 1].arrived_ns : 0;
    record.arrived_ns = sim->now_ns > last_ns ? sim->now_ns : last_ns + 1;
    if (journal->n % 1024 == 0)
        sim->at = xrealloc(sim->at, (journal->n + 1024) * sizeof(*sim->at));
    sim->at[journal->n] = (struct position){sim->epoch, sim->offset};
    sim->offset += record_size(&record);
    flow_records_add(journal, &record);
    if (sync)
        sim->n_synced = journal->n;
}

/* What was behind `n` is gone; positions are not used again. */
static inline void sim_cut_journal(struct sim *sim, uint32_t n)
{
    struct flow_records *journal = &sim->journal;
    if (n == journal->n)
        return;
    for (; journal->n > n; journal->n--) {
        free((char *)journal->record[journal->n - 1].topic.p);
        free((char *)journal->record[journal->n - 1].payload.p);
    }
    sim->at = xrealloc(sim->at, (n / 1024 + 1) * 1024 * sizeof(*sim->at));
    sim->epoch++;
}

#endif
