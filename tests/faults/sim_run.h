/*
 * sim_run.h - the daemon of the simulation: how it lives, dies and comes back, and one run of
 * it over some days.
 *
 * A crash throws the fold away. Its successor starts from the last snapshot, or the one before,
 * or nothing, reads the journal, and must say again exactly what was said, end in the same
 * bytes of state, and go on.
 */
#ifndef TESTS_FAULTS_SIM_RUN_H
#define TESTS_FAULTS_SIM_RUN_H

#include "faults/sim_city.h"

#define MAX_SENT_AGAIN 40

/* ---- the daemon ---- */

static inline void sim_take(struct sim *sim, uint32_t index)
{
    const struct record *record = &sim->journal.record[index];
    engine_apply(sim->engine, record, sim->at[index]);
    if (record->kind == RECORD_CONFIG) {
        sim->ruleset = (uint32_t)(record->payload.p[0] - '0');
        engine_configure(sim->engine, &sim->rules[sim->ruleset].set);
    }
}

/* Everything that is synced. */
static inline void sim_fold(struct sim *sim)
{
    while (sim->n_applied < sim->n_synced) {
        sim_take(sim, sim->n_applied++);
        sim_check_redelivery(sim->check, sim->n_applied - 1);
        sim_check_link(sim->check, &sim->journal.record[sim->n_applied - 1]);
        sim_check_fold(sim->check);
    }
}

static inline void sim_save(const struct sim *sim, struct buf *file)
{
    struct flow flow = {.engine = sim->engine};
    flow_save(&flow, file);
}

static inline void sim_snapshot(struct sim *sim)
{
    buf_done(&sim->snapshot[1].file);
    sim->snapshot[1] = sim->snapshot[0];
    sim->snapshot[0] =
        (struct sim_snapshot){.index = sim->n_applied, .n_told = sim->check->n_told};
    sim->snapshot[0].ruleset = sim->ruleset;
    sim_save(sim, &sim->snapshot[0].file);
}

/* The fold as it was at a snapshot; NULL or an empty one: before the first record. */
static inline void sim_restore(struct sim *sim, const struct sim_snapshot *snapshot)
{
    bool none = !snapshot || snapshot->file.n == 0;
    struct cw_error err = {""};
    engine_free(sim->engine);
    sim->ruleset = none ? 0 : snapshot->ruleset;
    sim->engine = engine_new(&sim->rules[sim->ruleset].set, &sim->sink);
    sim->n_applied = none ? 0 : snapshot->index;
    sim->check->again = none ? 0 : snapshot->n_told;
    struct flow flow = {.engine = sim->engine};
    if (!none && flow_load(&flow, &snapshot->file, &err))
        sim_broken(sim, "the snapshot is not read: %s", err.text);
}

/* From `snapshot` through the journal to where the fold was: the same words, the same bytes. */
static inline void sim_replay(struct sim *sim, const struct sim_snapshot *snapshot)
{
    struct buf before, after;
    uint32_t upto = sim->n_applied;
    sim_save(sim, &before);
    sim->check->again_on = true;
    sim_restore(sim, snapshot);
    while (sim->n_applied < upto)
        sim_take(sim, sim->n_applied++);
    sim->check->again_on = false;
    SIM_CHECK(sim, sim->check->again == sim->check->n_told, "%u of %u were said again",
              sim->check->again, sim->check->n_told);
    sim_save(sim, &after);
    SIM_CHECK(sim, str_eq(buf_str(&before), buf_str(&after)),
              "the state differs after the crash");
    buf_done(&before);
    buf_done(&after);
}

/* ---- broker ---- */

static inline void sim_record_own(struct sim *sim, uint8_t kind, const char *topic,
                                  const char *payload)
{
    struct record record = {.kind = kind, .topic = str_of(topic), .payload = str_of(payload)};
    sim_append(sim, record, kind != RECORD_TICK);
}

/* Of one of the two sessions. */
static inline void sim_link(struct sim *sim, uint16_t source, const char *state)
{
    struct record record = {.kind = RECORD_LINK, .source = source, .payload = str_of(state)};
    sim_append(sim, record, true);
}

static inline void sim_receive(struct sim *sim, const struct sim_message *message, bool dup)
{
    struct record record = {.kind = RECORD_MESSAGE,
                            .source = 1,
                            .message_id = message->id,
                            .flags = message->flags | (dup ? RECORD_DUP : 0),
                            .topic = str_of(message->topic),
                            .payload = str_of(message->payload)};
    sim_append(sim, record, !strstr(message->topic, "/telemetry"));
}

/* The broker gives a message its packet id when it first sends it. */
static inline void sim_first_send(struct sim *sim, struct sim_message *message)
{
    struct sim_queue *sent = &sim->in_flight;
    sim->last_id = (uint16_t)(sim->last_id % 65535 + 1);
    message->id = sim->last_id;
    sim_receive(sim, message, sim->may_be_dup && sim_chance(sim, 0.5));
    sim_queue_add(sent, message);
    if (sent->n > MAX_SENT_AGAIN) {
        free(sent->item[0]);
        memmove(&sent->item[0], &sent->item[1], --sent->n * sizeof(sent->item[0]));
        sim->may_be_dup = false;
    }
}

static inline void sim_at_broker(struct sim *sim, struct sim_message *message)
{
    if (sim->alive && !sim->broker_away)
        sim_first_send(sim, message);
    else
        sim_queue_add(&sim->waiting, message);
}

/* A session is back: the unacknowledged ones first, then what has waited. */
static inline void sim_connect(struct sim *sim, bool again)
{
    struct sim_queue waiting = sim->waiting;
    sim->waiting = (struct sim_queue){0};
    sim_link(sim, 1, "up");
    sim->has_second_link = sim_chance(sim, 0.7); /* it may be refused, or take its time */
    if (sim->has_second_link)
        sim_link(sim, 2, "up");
    uint32_t n = sim->in_flight.n ? sim_below(sim, sim->in_flight.n + 1) : 0;
    for (uint32_t i = sim->in_flight.n - n; again && i < sim->in_flight.n; i++)
        sim_receive(sim, sim->in_flight.item[i], true);
    sim->may_be_dup = again;
    for (uint32_t i = 0; i < waiting.n; i++)
        sim_first_send(sim, waiting.item[i]);
    free(waiting.item);
}

/* ---- faults ---- */

static inline void sim_start(struct sim *sim)
{
    char text[2] = {(char)('0' + sim->wanted_ruleset), '\0'};
    sim->alive = true;
    sim_record_own(sim, RECORD_BOOT, "boot", "{}");
    if (sim->wanted_ruleset != sim->ruleset)
        sim_record_own(sim, RECORD_CONFIG, "", text);
    if (!sim->broker_away)
        sim_connect(sim, true);
}

/* Down at once, up after a while. A killed daemon's journal is whole; a power cut takes some of
 * what was not synced. */
static inline void sim_crash(struct sim *sim, bool power)
{
    const struct sim_snapshot *from[] = {&sim->snapshot[0], &sim->snapshot[0],
                                         &sim->snapshot[1], NULL};
    uint32_t n_pending = sim->journal.n - sim->n_synced;
    if (power)
        sim_cut_journal(sim, sim->n_synced + (n_pending ? sim_below(sim, n_pending + 1) : 0));
    sim->n_synced = sim->journal.n;
    sim_replay(sim, from[sim_below(sim, sim_chance(sim, 0.05) ? 4 : 3)]);
    sim->alive = false;
    sim->check->command_waits = false;
    sim_plan(sim, sim_between(sim, NS_PER_S, sim_chance(sim, 0.2) ? SIM_HOUR : SIM_MINUTE),
             SIM_START_DAEMON, 0, 0);
    sim->n_kills += !power;
    sim->n_cuts += power;
}

static inline void sim_restart(struct sim *sim)
{
    sim->n_synced = sim->journal.n;
    sim_fold(sim);
    sim_snapshot(sim);
    sim_restore(sim, &sim->snapshot[0]);
    sim->alive = false;
    sim_plan(sim, sim_between(sim, NS_PER_S, SIM_MINUTE), SIM_START_DAEMON, 0, 0);
    sim->n_restarts++;
}

static inline void sim_reload(struct sim *sim)
{
    char text[2] = "0";
    sim->wanted_ruleset = sim_below(sim, SIM_RULESETS);
    text[0] = (char)('0' + sim->wanted_ruleset);
    sim_record_own(sim, RECORD_CONFIG, "", text);
    sim->n_reloads++;
}

static inline void sim_fault(struct sim *sim)
{
    sim_plan(sim, sim_between(sim, SIM_HOUR, 7 * SIM_HOUR), SIM_FAULT, 0, 0);
    uint32_t which = sim_below(sim, 8);
    if (which == 0)
        sim_cut(sim, sim_below(sim, SIM_SITES));
    else if (which == 1)
        sim_wrong_clock(sim);
    if (!sim->alive || which < 2)
        return;
    if (which <= 3)
        sim_crash(sim, false);
    else if (which == 4)
        sim_crash(sim, true);
    else if (which == 5)
        sim_restart(sim);
    else if (which == 6)
        sim_reload(sim);
    else if (!sim->broker_away) {
        sim->broker_away = true;
        sim_link(sim, 1, "down");
        if (sim->has_second_link)
            sim_link(sim, 2, "down");
        sim_plan(sim, sim_between(sim, NS_PER_S, SIM_HOUR), SIM_BROKER_BACK, 0, 0);
    }
}

/* ---- a run ---- */

static inline void sim_happen(struct sim *sim, const struct sim_event *event)
{
    switch ((enum sim_what)event->what) {
    case SIM_BEAT:
        sim_beat(sim, event->who);
        return;
    case SIM_PRESS:
        sim_press(sim, event->who);
        return;
    case SIM_ANSWER:
        sim_answer(sim, (uint32_t)event->arg);
        return;
    case SIM_VISIT:
        sim_visit(sim, event->who, event->arg);
        return;
    case SIM_ROSTER:
        sim_roster(sim, event->who);
        return;
    case SIM_MEND:
        sim_mend(sim, event->who);
        return;
    case SIM_ARRIVE:
        sim_at_broker(sim, event->message);
        return;
    case SIM_TICK:
        sim_plan(sim, SIM_MINUTE, SIM_TICK, 0, 0);
        if (sim->alive) {
            sim_record_own(sim, RECORD_TICK, "", "");
            sim->n_synced = sim->journal.n;
        }
        return;
    case SIM_ORDER:
        sim_order(sim);
        return;
    case SIM_SNAPSHOT:
        sim_plan(sim, sim_between(sim, SIM_HOUR, SIM_DAY), SIM_SNAPSHOT, 0, 0);
        if (sim->alive)
            sim_snapshot(sim);
        return;
    case SIM_FAULT:
        sim_fault(sim);
        return;
    case SIM_START_DAEMON:
        sim_start(sim);
        return;
    case SIM_BROKER_BACK:
        sim->broker_away = false;
        if (sim->alive)
            sim_connect(sim, sim_chance(sim, 0.5));
        return;
    }
}

/* The second set lacks a rule and has another limit. */
static inline void sim_rules(struct sim *sim)
{
    for (uint32_t i = 0; i < SIM_RULESETS; i++)
        flow_rules_usual(&sim->rules[i]);
    struct rule *rule = &sim->rules[1].rule[0];
    flow_instance_free(rule->plugin, rule->self);
    rule->self = flow_instance(rule->plugin, "metric=spo2 below=88 clear=92 for=15s");
    rule->fingerprint++;
    sim->chain = (struct chain){
        .name = "calls",
        .site = "",
        .district = "",
        .kind = "help-call",
        .priority = "",
        .category = "",
        .step = {{.after_ns = SIM_CHAIN_NS, .target = {{.channel = "desk"}}, .n_targets = 1}},
        .n_steps = 1,
        .repeat_ns = SIM_REPEAT_NS,
        .ack_for_ns = SIM_FORGET_NS,
        .persons = 1};
    for (uint32_t i = 0; i < SIM_RULESETS; i++) {
        for (uint32_t j = 0; j < sim->rules[i].set.n_rules; j++) {
            rule = &sim->rules[i].rule[j];
            rule->vital = rule->pages_late; /* smoke and calls */
        }
        sim->rules[i].set.chain = &sim->chain;
        sim->rules[i].set.n_chains = 1;
    }
    sim->rules[1].rule[1].name = "hr-very-high";
    sim->rules[1].rule[1].fingerprint++;
}

static inline struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = xcalloc(1, sizeof(*sim));
    sim->seed = sim->random = seed;
    sim->now_ns = SIM_START;
    sim->epoch = 1;
    sim->offset = SEGMENT_HEADER;
    sim_rules(sim);
    sim_check_init(xcalloc(1, sizeof(*sim->check)), sim);
    sim->engine = engine_new(&sim->rules[0].set, &sim->sink);
    sim_city_begin(sim);
    sim_plan(sim, 0, SIM_START_DAEMON, 0, 0);
    sim_plan(sim, SIM_MINUTE, SIM_TICK, 0, 0);
    sim_plan(sim, SIM_HOUR, SIM_FAULT, 0, 0);
    sim_plan(sim, SIM_HOUR, SIM_SNAPSHOT, 0, 0);
    return sim;
}

static inline void sim_days(struct sim *sim, int64_t days)
{
    for (int64_t end_ns = sim->now_ns + days * SIM_DAY; sim->now_ns < end_ns;) {
        struct sim_event event = sim_next(sim);
        sim->now_ns = event.due_ns;
        sim_happen(sim, &event);
        if (sim->alive)
            sim_fold(sim);
    }
}

static inline void sim_free(struct sim *sim)
{
    engine_free(sim->engine);
    for (uint32_t i = 0; i < sim->n_heap; i++)
        free(sim->heap[i].message);
    free(sim->heap);
    for (uint32_t i = 0; i < SIM_SITES; i++)
        sim_queue_done(&sim->site[i].held);
    sim_queue_done(&sim->waiting);
    sim_queue_done(&sim->in_flight);
    buf_done(&sim->snapshot[0].file);
    buf_done(&sim->snapshot[1].file);
    flow_records_done(&sim->journal);
    for (uint32_t i = 0; i < SIM_RULESETS; i++)
        flow_rules_done(&sim->rules[i]);
    free(sim->at);
    sim_check_done(sim->check);
    free(sim->check);
    free(sim);
}

#endif
