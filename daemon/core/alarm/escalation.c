/*
 * escalation.c - an alarm remembers the name of its chain and the number of its next step, so
 * a chain that a new configuration changed goes on where it was.
 */
#include "core/alarm/escalation.h"

#include <stdio.h>
#include <string.h>

#include "core/alarm/alarm_private.h"
#include "core/alarm/duty.h"
#include "core/alarm/note.h"
#include "core/fold.h"

#define LEAST_REPEAT_NS (10 * INT64_C(1000000000))

/* "" takes all; "a|b" one of them. */
static bool words_have(const char *words, const char *word)
{
    struct cw_str rest = str_of(words), one;
    if (rest.n == 0)
        return true;
    while (str_split(&rest, '|', &one)) {
        if (str_is(one, word))
            return true;
    }
    return false;
}

static bool matches(const struct chain *chain, const struct alarm *alarm)
{
    return words_have(chain->priority, priority_name(alarm->priority)) &&
           words_have(chain->category, category_name(alarm->category)) &&
           words_have(chain->kind, alarm->kind) &&
           rule_pattern_matches(chain->site, str_of(alarm->site)) &&
           rule_pattern_matches(chain->district, str_of(alarm->district));
}

static const struct chain *find_chain(const struct fold *fold, const struct alarm *alarm)
{
    for (uint32_t i = 0; i < fold->rules->n_chains; i++) {
        if (matches(&fold->rules->chain[i], alarm))
            return &fold->rules->chain[i];
    }
    return NULL;
}

/* The one it has, by name; when that is gone, the one that matches now. */
static const struct chain *chain_of(const struct fold *fold, const struct alarm *alarm)
{
    if (!alarm->chain[0])
        return NULL;
    for (uint32_t i = 0; i < fold->rules->n_chains; i++) {
        if (strcmp(fold->rules->chain[i].name, alarm->chain) == 0)
            return &fold->rules->chain[i];
    }
    return find_chain(fold, alarm);
}

static bool wants_chain(const struct alarm *alarm)
{
    return (alarm->state == ALARM_UNACK || alarm->state == ALARM_RTN_UNACK) &&
           !alarm->historical && !alarm->folded;
}

void escalation_begin(struct fold *fold, struct alarm *alarm)
{
    const struct chain *chain = wants_chain(alarm) ? find_chain(fold, alarm) : NULL;
    escalation_stop(alarm);
    alarm->step = 0;
    alarm->chain[0] = '\0';
    if (!chain)
        return;
    alarm_copy(alarm->chain, sizeof(alarm->chain), str_of(chain->name));
    alarm->step_ns = alarm->begun_ns + chain->step[0].after_ns;
}

void escalation_stop(struct alarm *alarm)
{
    alarm->step_ns = 0;
    alarm->forget_ns = 0;
}

void escalation_acked(struct fold *fold, struct alarm *alarm)
{
    const struct chain *chain = chain_of(fold, alarm);
    escalation_stop(alarm);
    if (chain && chain->ack_for_ns && alarm->active)
        alarm->forget_ns = fold->now_ns + chain->ack_for_ns;
    alarm_arm(fold, alarm);
}

void escalation_rose(struct fold *fold, struct alarm *alarm)
{
    const struct chain *chain = wants_chain(alarm) ? find_chain(fold, alarm) : NULL;
    if (!chain || strcmp(chain->name, alarm->chain) == 0)
        return;
    alarm->begun_ns = fold->now_ns;
    escalation_begin(fold, alarm);
}

uint32_t escalation_persons(const struct fold *fold, const struct alarm *alarm)
{
    const struct chain *chain = chain_of(fold, alarm);
    return chain && chain->persons > 1 ? chain->persons : 1;
}

/* ---- a step ---- */

static void add_target(struct alarm_target tell[MAX_TELL], uint32_t *n, const char *channel,
                       const char *to)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (strcmp(tell[i].channel, channel) == 0 && strcmp(tell[i].to, to) == 0)
            return;
    }
    if (*n < MAX_TELL)
        tell[(*n)++] = (struct alarm_target){channel, to};
}

static uint32_t resolve(const struct fold *fold, const struct chain_step *step,
                        struct alarm_target tell[MAX_TELL])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < step->n_targets; i++) {
        const struct step_target *target = &step->target[i];
        if (!target->roster) {
            add_target(tell, &n, target->channel, target->channel);
            continue;
        }
        const struct roster *roster =
            roster_now(target->roster, &fold->rules->zone, fold->now_ns);
        const char *person = duty_person(fold, roster);
        for (const char *const *channel = roster->channel; channel && *channel; channel++)
            add_target(tell, &n, *channel, person);
    }
    return n;
}

uint32_t escalation_next(const struct fold *fold, const struct alarm *alarm,
                         struct alarm_target tell[MAX_TELL])
{
    const struct chain *chain = alarm->step_ns ? chain_of(fold, alarm) : NULL;
    if (!chain)
        return 0;
    uint32_t number = alarm->step < chain->n_steps ? alarm->step : chain->n_steps - 1;
    return resolve(fold, &chain->step[number], tell);
}

/* The last that is known of the target is a failure. */
static bool has_failed(const struct alarm *alarm, const struct alarm_target *target)
{
    for (uint32_t i = alarm->n_notified; i-- > 0;) {
        const struct alarm_delivery *delivery = &alarm->notified[i];
        if (strcmp(delivery->channel, target->channel) == 0 &&
            strcmp(delivery->to, target->to) == 0)
            return !delivery->ok;
    }
    return false;
}

void escalation_unreached(struct fold *fold, struct alarm *alarm)
{
    struct alarm_target tell[MAX_TELL];
    const struct chain *chain = alarm->step_ns ? chain_of(fold, alarm) : NULL;
    if (!chain || alarm->step == 0 || alarm->step >= chain->n_steps ||
        alarm->escalation >= chain->n_steps)
        return;
    uint32_t n = resolve(fold, &chain->step[alarm->step - 1], tell);
    for (uint32_t i = 0; i < n; i++) {
        if (!has_failed(alarm, &tell[i]))
            return;
    }
    if (alarm->step_ns > fold->now_ns)
        alarm->step_ns = fold->now_ns;
    alarm_arm(fold, alarm);
}

/* "step 2 of night-calls: li" */
static struct cw_str describe(const struct chain *chain, uint32_t number,
                              const struct alarm_target *tell, uint32_t n_tell, char room[160])
{
    size_t n = (size_t)snprintf(room, 160, NOTE_STEP, number + 1, chain->name);
    for (uint32_t i = 0; i < n_tell && n < 120; i++) {
        if (i > 0 && strcmp(tell[i].to, tell[i - 1].to) == 0)
            continue;
        n += (size_t)snprintf(room + n, 160 - n, "%s %.32s", i ? "," : "", tell[i].to);
    }
    return (struct cw_str){room, n};
}

static void advance(const struct fold *fold, struct alarm *alarm, const struct chain *chain)
{
    bool runs = alarm->step_ns != 0;
    int64_t repeat_ns = chain->repeat_ns > LEAST_REPEAT_NS ? chain->repeat_ns : LEAST_REPEAT_NS;
    if (alarm->step + 1 < chain->n_steps) {
        alarm->step++;
        alarm->step_ns = alarm->begun_ns + chain->step[alarm->step].after_ns;
    } else {
        alarm->step = chain->n_steps - 1;
        alarm->step_ns = fold->now_ns + repeat_ns;
    }
    if (!runs)
        alarm->step_ns = 0; /* a person took this one, time takes none */
}

void escalation_step(struct fold *fold, struct alarm *alarm, struct cw_str by,
                     struct cw_str note)
{
    struct alarm_target tell[MAX_TELL];
    char room[160];
    const struct chain *chain = chain_of(fold, alarm);
    if (!chain && by.n == 0) {
        escalation_stop(alarm); /* its configuration has no chain for it any more */
        return;
    }
    if (!chain)
        chain = find_chain(fold, alarm);
    alarm->escalation++;
    if (!chain) {
        alarm_step(fold, alarm, CHANGE_ESCALATED, by, note);
        return;
    }
    uint32_t number = alarm->step < chain->n_steps ? alarm->step : chain->n_steps - 1;
    uint32_t n = resolve(fold, &chain->step[number], tell);
    if (note.n == 0)
        note = describe(chain, number, tell, n, room);
    alarm->step = number;
    advance(fold, alarm, chain);
    alarm_step_to(fold, alarm, by, note, tell, n);
}
