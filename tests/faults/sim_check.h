/*
 * sim_check.h - what must be true at every step of the simulation, judged by what the fold
 * says and by what the world knows, never by the fold's own tables alone.
 *
 * - an alarm's revisions have no gap, its state follows the drawing in alarm.h (sim_life.h),
 *   what is closed never changes, and a key has at most one open alarm;
 * - what is aside is so for a reason that the world knows, never a vital one, and no longer;
 *   nobody outside hears of it before it stands;
 * - an alarm is counted once per raise, also one of a late batch, which says so;
 * - the fold knows whether it hears: a session that was up before a boot is not up after it;
 * - counters and time never go back;
 * - a help call that was taken in is told within its backlog's wait, unless its answer came;
 *   and never oftener than the button was pressed;
 * - a help call that waits for a person is escalated in time, over every crash, and never ends
 *   doing so before a person acts;
 * - a command's answer agrees with the revision and state that were told;
 * - after a crash the records up to it say exactly what they said before.
 */
#ifndef TESTS_FAULTS_SIM_CHECK_H
#define TESTS_FAULTS_SIM_CHECK_H

#include "core/ingest/redelivery.h"
#include "faults/sim_life.h"

/* How long a late call waits for its answer (detect_event: backlog), and a little. */
#define SIM_CALL_WAIT_NS (6 * NS_PER_S)

struct sim_check {
    struct sim *sim;
    struct map known; /* by id */
    struct map open;  /* "rule subject" */
    struct buf told;  /* a hash per transition */
    uint32_t n_told;  /* of the run */
    uint32_t again;   /* the next one to be said again */
    bool again_on;    /* a crash is being made good */
    uint64_t n_raised, n_acks, n_late;
    uint64_t links; /* bit per session that is up, since the boot */
    bool heard;     /* a message came since the last one went down */
    uint32_t n_told_of_bed[SIM_SITES][SIM_BEDS], n_taken_of_bed[SIM_SITES][SIM_BEDS];
    int64_t last_told_ns, last_now_ns;
    struct fold_counters counters;
    uint32_t first_press; /* those before are settled */
    uint64_t n_of[N_ALARM_CHANGES], n_raised_aside;
    bool has_outage[SIM_SITES]; /* told and not over, also when a person closed the alarm */
    /* the command that is being applied */
    bool command_waits;
    const struct sim_order *command; /* NULL: a maintenance */
    uint32_t command_rev;
    char command_alarm[HASH_ID_MAX];
    int64_t *window_ns, window_for_ns; /* the maintenance's end, and how long */
    int64_t quiet_until_ns;            /* none lasts longer */
};

__attribute__((format(printf, 2, 3), noreturn)) static inline void
sim_broken(const struct sim *sim, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fail_msg(
        "seed %llu, day %.3f, record %u of %u: %s\n  again with: faults_test_simulation %llu",
        (unsigned long long)sim->seed, (double)(sim->now_ns - SIM_START) / (double)SIM_DAY,
        sim->n_applied, sim->journal.n, text, (unsigned long long)sim->seed);
    abort(); /* not reached */
}

#define SIM_CHECK(sim, ok, ...)           \
    do {                                  \
        if (!(ok))                        \
            sim_broken(sim, __VA_ARGS__); \
    } while (0)

/* ---- transitions ---- */

static inline uint64_t sim_print_of(const struct transition *transition)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, 1 << 16);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_int(&out, "epoch", transition->at.epoch);
    json_member_int(&out, "offset", (int64_t)transition->at.offset);
    json_member_int(&out, "ordinal", transition->ordinal);
    json_member_int(&out, "at", transition->at_ns);
    json_member_int(&out, "change", transition->change);
    json_member_text(&out, "by", transition->by);
    json_member_text(&out, "note", transition->note);
    json_key(&out, "alarm");
    alarm_json(transition->alarm, &out);
    json_object_end(&out);
    uint64_t print = hash64(buf_str(&text), 0);
    buf_done(&text);
    return print;
}

static inline struct sim_known *sim_meet(struct sim_check *check, const struct alarm *alarm,
                                         struct cw_str key)
{
    struct sim_known *known = map_get(&check->known, str_of(alarm->id));
    if (known)
        return known;
    SIM_CHECK(check->sim, !map_get(&check->open, key), "two open alarms of %.*s", (int)key.n,
              key.p);
    known = xcalloc(1, sizeof(*known));
    memcpy(known->id, alarm->id, sizeof(known->id));
    memcpy(known->rule, alarm->rule, sizeof(known->rule));
    memcpy(known->subject, alarm->subject, sizeof(known->subject));
    (void)map_put(&check->known, str_of(alarm->id), known);
    (void)map_put(&check->open, key, known);
    return known;
}

static inline uint32_t sim_site_of(const struct sim *sim, const char *id)
{
    uint32_t site = 0;
    while (strcmp(sim->site[site].id, id) != 0)
        site++;
    return site;
}

static inline void sim_note_call(struct sim_check *check, const struct alarm *alarm)
{
    struct sim *sim = check->sim;
    uint32_t site = sim_site_of(sim, alarm->site), bed = (uint32_t)(alarm->bed[1] - '0');
    uint32_t n = ++check->n_told_of_bed[site][bed];
    SIM_CHECK(sim, n <= check->n_taken_of_bed[site][bed], "bed %s of %s told %u times",
              alarm->bed, alarm->site, n);
    for (uint32_t i = check->first_press; i < sim->n_presses; i++) {
        struct sim_press *press = &sim->press[i];
        if (press->site == site && press->bed == bed && press->taken_ns)
            press->told = true;
    }
}

/* What the chain of a help call owes (sim_rules), by what the alarm was before. */
static inline void sim_owe(const struct sim_check *check, struct sim_known *known,
                           const struct transition *transition)
{
    uint32_t change = transition->change;
    if (strcmp(transition->alarm->rule, "help-call") != 0)
        return;
    bool begins = change == CHANGE_RAISED || change == CHANGE_UNACKED ||
                  (change == CHANGE_REPEATED && known->state == ALARM_RTN_UNACK);
    if (begins)
        known->owed_ns = transition->at_ns + SIM_CHAIN_NS;
    if (change == CHANGE_ESCALATED && transition->by.n) {
        known->owed_ns = known->owed_ns ? transition->at_ns + SIM_REPEAT_NS : 0;
    } else if (change == CHANGE_ESCALATED) {
        SIM_CHECK(check->sim, known->owed_ns, "escalated behind the act of a person");
        SIM_CHECK(check->sim, transition->at_ns >= known->owed_ns, "escalated too early");
        known->owed_ns = transition->at_ns + SIM_REPEAT_NS;
    }
    if (change == CHANGE_ACKED || change == CHANGE_ASSIGNED || change == CHANGE_ARRIVED ||
        change == CHANGE_HANDED_OVER || change == CHANGE_CLOSED)
        known->owed_ns = 0;
}

/* A site's outage, as it was told. */
static inline void sim_note_outage(struct sim_check *check, const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    if (strcmp(alarm->rule, "site-silent") != 0)
        return;
    uint32_t site = sim_site_of(check->sim, alarm->site);
    check->has_outage[site] = alarm->active;
}

/* Its state, whether it is active, and who is told. */
static inline void sim_check_life(struct sim_check *check, const struct sim_known *known,
                                  const struct transition *transition, const char *room)
{
    struct sim *sim = check->sim;
    const struct alarm *alarm = transition->alarm;
    uint32_t change = transition->change;
    const char *name = alarm_change_name(change), *is = alarm_state_name(alarm->state);
    const char *was = known->state ? alarm_state_name(known->state) : "none";
    SIM_CHECK(sim, sim_states_after(known->state, change) & 1u << alarm->state,
              "%s %s: %s makes %s of %s", alarm->id, room, name, is, was);
    SIM_CHECK(sim, sim_is_right(known, alarm, change), "%s %s: %s makes %s of %s %s", alarm->id,
              room, name, is, known->active ? "an active" : "a past", was);
    SIM_CHECK(sim, alarm->active == sim_active_after(known, change), "%s: %s leaves it %s",
              room, name, alarm->active ? "active" : "over");
    SIM_CHECK(sim, transition->quiet == sim_is_quiet(known, alarm, change), "%s: %s, %s, is %s",
              room, name, is, transition->quiet ? "kept quiet" : "told outside");
    if (alarm->state == ALARM_SUPPRESSED)
        SIM_CHECK(sim,
                  alarm->category == CATEGORY_TECHNICAL && alarm->device[0] &&
                      check->has_outage[sim_site_of(sim, alarm->site)],
                  "%s: suppressed by %s, and nothing explains it", room, name);
}

static inline void sim_step(struct sim_check *check, const struct transition *transition)
{
    struct sim *sim = check->sim;
    const struct alarm *alarm = transition->alarm;
    char room[MAX_ID + MAX_ALARM_SUBJECT + 8];
    int n = snprintf(room, sizeof(room), "%s %s", alarm->rule, alarm->subject);
    struct cw_str key = {room, (size_t)n};
    struct sim_known *known = sim_meet(check, alarm, key);
    uint32_t change = transition->change;
    const char *name = alarm_change_name(change);
    sim_check_life(check, known, transition, room);
    uint32_t rev = known->rev + (change != CHANGE_NOTIFIED);
    SIM_CHECK(sim, alarm->rev == rev, "%s %s: revision %u after %u", room, name, alarm->rev,
              known->rev);
    bool more = change == CHANGE_RAISED || change == CHANGE_REPEATED;
    SIM_CHECK(sim, alarm->count == known->count + more, "%s %s: count %u after %u", room, name,
              alarm->count, known->count);
    SIM_CHECK(sim, transition->at_ns >= check->last_told_ns, "%s: told back in time", room);
    check->last_told_ns = transition->at_ns;
    sim_owe(check, known, transition);
    sim_note_outage(check, transition);
    sim_learn(known, transition);
    check->n_of[change]++;
    check->n_raised_aside += change == CHANGE_RAISED && (1u << alarm->state & SIM_ASIDE);
    check->n_late += more && alarm->delayed;
    if (alarm->state == ALARM_CLOSED)
        (void)map_remove(&check->open, key);
    check->n_raised += more;
    if (more && strcmp(alarm->rule, "help-call") == 0)
        sim_note_call(check, alarm);
}

static inline void sim_on_transition(void *ctx, const struct transition *transition)
{
    struct sim_check *check = ctx;
    uint64_t print = sim_print_of(transition), before;
    if (check->again_on) {
        SIM_CHECK(check->sim, check->again < check->n_told, "said what was not said before");
        memcpy(&before, check->told.p + check->again++ * sizeof(before), sizeof(before));
        SIM_CHECK(check->sim, print == before, "%s of %s %s differs after the crash",
                  alarm_change_name(transition->change), transition->alarm->rule,
                  transition->alarm->subject);
        return;
    }
    buf_add(&check->told, &print, sizeof(print));
    check->n_told++;
    sim_step(check, transition);
}

/* ---- calls ---- */

static inline uint32_t sim_number_of(struct cw_str id)
{
    uint32_t number = 0;
    for (size_t i = 1; i < id.n; i++)
        number = number * 10 + (uint32_t)(id.p[i] - '0');
    return number;
}

static inline void sim_on_accepted(void *ctx, struct cw_str site, struct cw_str id)
{
    struct sim_check *check = ctx;
    struct sim *sim = check->sim;
    (void)site;
    if (check->again_on || (id.p[0] != 'p' && id.p[0] != 'a'))
        return;
    struct sim_press *press = &sim->press[sim_number_of(id)];
    if (id.p[0] == 'a') {
        press->answer_taken = true;
        return;
    }
    if (press->taken_ns)
        return; /* a repeat */
    press->taken_ns = engine_fold(sim->engine)->now_ns;
    check->n_taken_of_bed[press->site][press->bed]++;
}

/* An answer of this bed that was given after this press and was taken in. */
static inline bool sim_was_answered(const struct sim *sim, const struct sim_press *press)
{
    for (uint32_t i = 0; i < sim->n_presses; i++) {
        const struct sim_press *other = &sim->press[i];
        if (other->site == press->site && other->bed == press->bed && other->answer_taken &&
            other->answered_ns >= press->pressed_ns)
            return true;
    }
    return false;
}

static inline void sim_check_calls(struct sim_check *check, int64_t now_ns)
{
    struct sim *sim = check->sim;
    for (uint32_t i = check->first_press; i < sim->n_presses; i++) {
        struct sim_press *press = &sim->press[i];
        bool due = press->taken_ns && now_ns > press->taken_ns + SIM_CALL_WAIT_NS;
        if (due && !press->told) {
            SIM_CHECK(sim, sim_was_answered(sim, press), "call p%u of b%u at %s was not told",
                      i, press->bed, sim->site[press->site].id);
            press->told = true;
        }
    }
    while (check->first_press < sim->n_presses && sim->press[check->first_press].told &&
           sim->press[check->first_press].taken_ns)
        check->first_press++;
}

/* ---- commands ---- */

static inline void sim_on_command(void *ctx, struct position at, int code,
                                  const struct alarm *alarm, const struct cw_error *err)
{
    struct sim_check *check = ctx;
    (void)at;
    if (check->again_on || !check->command_waits)
        return;
    struct sim *sim = check->sim;
    check->command_waits = false;
    const struct sim_order *order = check->command;
    if (!order) {
        SIM_CHECK(sim, code == 0, "no maintenance: %s", err->text);
        *check->window_ns = engine_fold(sim->engine)->now_ns + check->window_for_ns;
        if (*check->window_ns > check->quiet_until_ns)
            check->quiet_until_ns = *check->window_ns;
        return;
    }
    const struct sim_known *known = map_get(&check->known, str_of(check->command_alarm));
    bool may = order->states & 1u << known->state;
    bool never = (order->change == CHANGE_SHELVED &&
                  (known->vital || known->priority == CW_PRIORITY_HIGH)) ||
                 (order->change == CHANGE_ARRIVED && known->sent);
    if (code == 0) {
        check->n_acks += order->change == CHANGE_ACKED;
        SIM_CHECK(sim, alarm && alarm->rev == known->rev && known->change == order->change,
                  "%s done, and %s told", order->name, alarm_change_name(known->change));
        SIM_CHECK(sim, order->change != CHANGE_ACKED || strcmp(alarm->acked_by, "seat1") == 0,
                  "acked by nobody");
    } else if (code == -ESTALE) {
        SIM_CHECK(sim, known->rev != check->command_rev, "stale: %s", err->text);
    } else if (code == -EBUSY) {
        SIM_CHECK(sim, !may || never, "%s of %s: %s", order->name,
                  alarm_state_name(known->state), err->text);
    } else {
        SIM_CHECK(sim, code == -ENOENT && known->state == ALARM_CLOSED, "%d: %s", code,
                  err->text);
    }
}

static inline void sim_on_refused(void *ctx, enum cw_refusal reason,
                                  const struct record *record, const struct cw_error *err)
{
    struct sim_check *check = ctx;
    /* What a clock of 1970 says after eleven days could be seconds of our years. */
    bool ambiguous = reason == CW_REFUSED_TIMESTAMP;
    SIM_CHECK(check->sim, ambiguous || str_is(record->payload, "{broken"),
              "refused %s: %.*s (%s)", refusal_name(reason), (int)record->payload.n,
              record->payload.p, err->text);
}

static inline void sim_on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n)
{
    (void)ctx;
    (void)at;
    (void)lines;
    (void)n;
}

static inline void sim_on_visit(void *ctx, struct position at, const void *visit)
{
    (void)ctx;
    (void)at;
    (void)visit;
}

/* ---- after each record ---- */

/* How many messages of the same session before it a record lies that is the same; 0: none. */
static inline uint32_t sim_sent_before(const struct flow_records *journal, uint32_t index)
{
    const struct record *record = &journal->record[index];
    uint32_t n = 0;
    for (uint32_t i = index; i > 0; i--) {
        const struct record *other = &journal->record[i - 1];
        if (other->kind != RECORD_MESSAGE || other->source != record->source ||
            other->message_id == 0)
            continue;
        n++;
        if (other->message_id == record->message_id && str_eq(other->topic, record->topic) &&
            str_eq(other->payload, record->payload))
            return n;
    }
    return 0;
}

/* A message the broker sent again counts once, if it is among the last of its session that are
 * in the journal; one that it only calls sent again is new. What lies farther back may be
 * remembered: those that came again took no place. */
static inline void sim_check_redelivery(struct sim_check *check, uint32_t index)
{
    const struct record *record = &check->sim->journal.record[index];
    uint64_t before = check->counters.n_redelivered;
    uint64_t now = engine_fold(check->sim->engine)->counters.n_redelivered;
    uint32_t back =
        record->flags & RECORD_DUP ? sim_sent_before(&check->sim->journal, index) : 0;
    bool again = back > 0 && back <= REDELIVERY_WINDOW;
    if (back > REDELIVERY_WINDOW)
        return;
    SIM_CHECK(check->sim, now - before == again, "%.*s %s", (int)record->payload.n,
              record->payload.p, again ? "counted twice" : "taken for one sent again");
}

/* With no session up the fold is deaf, but for a message that shows the contrary. */
static inline void sim_check_link(struct sim_check *check, const struct record *record)
{
    const struct fold *fold = engine_fold(check->sim->engine);
    uint64_t bit = UINT64_C(1) << record->source, before = check->links;
    if (record->kind == RECORD_BOOT)
        check->links = 0;
    else if (record->kind == RECORD_LINK && str_is(record->payload, "up"))
        check->links |= bit;
    else if (record->kind == RECORD_LINK)
        check->links &= ~bit;
    else if (record->kind == RECORD_MESSAGE)
        check->heard = true;
    if (record->kind == RECORD_BOOT || (before && !check->links))
        check->heard = false;
    SIM_CHECK(check->sim, fold->linked || !check->links, "a session is up, the fold is deaf");
    SIM_CHECK(check->sim, !fold->linked || check->links || check->heard,
              "no session is up, and the fold takes silence for the devices' own");
}

static inline bool sim_is_maintained(const struct sim_check *check,
                                     const struct sim_known *known, int64_t now_ns)
{
    if (!known->site[0] || now_ns >= check->quiet_until_ns)
        return false;
    const struct sim *sim = check->sim;
    const struct sim_site *site = &sim->site[sim_site_of(sim, known->site)];
    bool is = site->maintained_ns > now_ns;
    for (uint32_t i = 0; i < SIM_SITES * SIM_SENSORS && !is; i++)
        is = &sim->site[sim->sensor[i].site] == site &&
             strcmp(sim->sensor[i].id, known->device) == 0 &&
             sim->sensor[i].maintained_ns > now_ns;
    return is;
}

/* Aside while there is a reason, and standing when there is none. */
static inline void sim_check_aside(const struct sim_check *check, const struct sim_known *known,
                                   int64_t now_ns)
{
    struct sim *sim = check->sim;
    bool maintained = !known->vital && sim_is_maintained(check, known, now_ns);
    uint32_t in = 1u << known->state;
    SIM_CHECK(sim, known->state != ALARM_OUT_OF_SERVICE || maintained,
              "%s %s: out of service without a maintenance", known->rule, known->subject);
    SIM_CHECK(sim, !maintained || known->sent || !(in & (SIM_STANDS | SIM_IN(SUPPRESSED))),
              "%s %s: %s in a maintenance", known->rule, known->subject,
              alarm_state_name(known->state));
    if (known->state == ALARM_SUPPRESSED)
        SIM_CHECK(sim, check->has_outage[sim_site_of(sim, known->site)],
                  "%s %s: suppressed behind the outage", known->rule, known->subject);
}

static inline void sim_check_fold(struct sim_check *check)
{
    const struct fold *fold = engine_fold(check->sim->engine);
    const uint64_t *is = (const uint64_t *)&fold->counters;
    const uint64_t *was = (const uint64_t *)&check->counters;
    for (size_t i = 0; i < sizeof(fold->counters) / sizeof(*is); i++)
        SIM_CHECK(check->sim, is[i] >= was[i], "counter %zu went back", i);
    SIM_CHECK(check->sim, fold->now_ns >= check->last_now_ns, "time went back");
    SIM_CHECK(check->sim, fold->alarms.n_open == map_count(&check->open),
              "%u alarms are open, %u were told", fold->alarms.n_open, map_count(&check->open));
    SIM_CHECK(check->sim, fold->counters.n_transitions == check->n_told,
              "a transition was not told");
    const struct sim_known *known;
    for (uint32_t i = 0; (known = map_next(&check->open, &i, NULL));) {
        SIM_CHECK(check->sim, known->owed_ns == 0 || known->owed_ns > fold->now_ns,
                  "%s %s: a step was missed", known->id, alarm_state_name(known->state));
        sim_check_aside(check, known, fold->now_ns);
    }
    check->counters = fold->counters;
    check->last_now_ns = fold->now_ns;
    sim_check_calls(check, fold->now_ns);
}

static inline void sim_check_init(struct sim_check *check, struct sim *sim)
{
    *check = (struct sim_check){.sim = sim};
    map_init(&check->known);
    map_init(&check->open);
    buf_init(&check->told, 64 << 20);
    sim->check = check;
    sim->sink = (struct engine_sink){
        .ctx = check,
        .transition = sim_on_transition,
        .lines = sim_on_lines,
        .refused = sim_on_refused,
        .command = sim_on_command,
        .accepted = sim_on_accepted,
        .visit = sim_on_visit,
    };
}

static inline void sim_check_done(struct sim_check *check)
{
    struct sim_known *known;
    for (uint32_t i = 0; (known = map_next(&check->known, &i, NULL));)
        free(known);
    map_done(&check->known);
    map_done(&check->open);
    buf_done(&check->told);
}

#endif
