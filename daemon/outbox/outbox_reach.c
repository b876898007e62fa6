/*
 * outbox_reach.c - who of the rosters cannot be told, before there is an alarm: each person's
 * contact is asked for, one after the other, and only whether there is a number and a mail
 * address is kept. A round begins every minute, and at once when a contact or a roster was
 * changed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_find.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/fold.h"
#include "io/store_names.h"
#include "outbox/outbox_private.h"

#define ROUND_NS (60 * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)
#define SOON_NS (24 * HOUR_NS)
#define MAX_PERSONS 4096u

struct reach_person {
    char id[MAX_ID + 1];
    bool known, phone, email;
};

/* One person who is looked up. */
struct reach_look {
    struct outbox *outbox;
    char person[MAX_ID + 1];
};

static const struct fold *fold_of(const struct outbox *outbox)
{
    return engine_fold(pipeline_engine(outbox->daemon->pipeline));
}

static bool has_text(struct cw_str json, const char *key)
{
    struct cw_str value;
    return json_find(json, key, &value) && value.n > 0;
}

/* ---- looking up ---- */

/* Members of the rosters and who stands in for them, each time it is named; NULL: no more. */
static const char *nth_person(const struct fold *fold, uint32_t at)
{
    for (uint32_t i = 0; i < fold->rules->n_rosters; i++) {
        if (at < fold->rules->roster[i].n_members)
            return fold->rules->roster[i].member[at];
        at -= fold->rules->roster[i].n_members;
    }
    return at < fold->duty.n_overrides ? fold->duty.override[at].person : NULL;
}

static struct reach_person *person_of(struct reach *reach, const char *id)
{
    struct reach_person *person = map_get(&reach->person, str_of(id));
    if (!person && map_count(&reach->person) < MAX_PERSONS) {
        person = xcalloc(1, sizeof(*person));
        (void)str_copy(person->id, sizeof(person->id), str_of(id));
        map_put(&reach->person, str_of(person->id), person);
    }
    return person;
}

static void ask_next(struct outbox *outbox);

static void on_contact(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct reach_look *look = ctx;
    struct outbox *outbox = look->outbox;
    if (!outbox_answered(outbox)) {
        struct reach_person *person = person_of(&outbox->reach, look->person);
        outbox->reach.asking = false;
        if (person && was_read) {
            person->known = true;
            person->phone = has_text(text, "phone");
            person->email = has_text(text, "email");
        }
        ask_next(outbox);
    }
    free(look);
}

/* What was missing and is not any more, or the other way round, is said once. */
static void round_over(struct outbox *outbox)
{
    struct outbox_unreachable missing = outbox_unreachable(outbox);
    struct reach *reach = &outbox->reach;
    reach->running = false;
    if (missing.n > 0 && missing.n != reach->n_told)
        log_warning("persons of the rosters have no address for a channel of theirs persons=%u "
                    "on_duty=%u next=%u (see /api/v1/rosters)",
                    missing.n, missing.n_on_duty, missing.n_next);
    else if (missing.n == 0 && reach->n_told > 0)
        log_info("everybody of the rosters has an address");
    reach->n_told = missing.n;
}

static void ask_next(struct outbox *outbox)
{
    struct reach *reach = &outbox->reach;
    const char *person = nth_person(fold_of(outbox), reach->at++);
    if (!person || reach->at > MAX_PERSONS) {
        round_over(outbox);
        return;
    }
    struct reach_look *look = xcalloc(1, sizeof(*look));
    look->outbox = outbox;
    (void)str_copy(look->person, sizeof(look->person), str_of(person));
    reach->asking = true;
    outbox->n_asking++;
    store_name_get(outbox->daemon->store, NAMES_OF_DUTY, look->person, on_contact, look);
}

void reach_tick(struct outbox *outbox)
{
    struct reach *reach = &outbox->reach;
    int64_t now_ns = clock_monotonic_ns();
    const struct ruleset *rules = fold_of(outbox)->rules;
    if (reach->running || (now_ns < reach->next_ns && reach->rules == rules))
        return;
    reach->rules = rules;
    reach->next_ns = now_ns + ROUND_NS;
    reach->running = true;
    reach->at = 0;
    ask_next(outbox);
}

void outbox_look_again(struct outbox *outbox)
{
    if (outbox)
        outbox->reach.next_ns = 0;
}

void reach_done(struct reach *reach)
{
    struct reach_person *person;
    for (uint32_t i = 0; (person = map_next(&reach->person, &i, NULL));)
        free(person);
    map_done(&reach->person);
}

/* ---- who is missing ---- */

struct gap {
    const char *person, *channel;
    uint32_t needs; /* enum cw_address */
    bool on_duty, next;
};

/* What the channel needs of the person and nobody knows; CW_ADDRESS_NONE: nothing. */
static uint32_t needs(const struct outbox *outbox, const char *channel_name, const char *id)
{
    const struct channel *channel = outbox_channel(outbox->daemon->config, channel_name);
    const struct cw_notifier *notifier = channel ? channel->plugin->ops.notifier : NULL;
    const struct reach_person *person = map_get(&outbox->reach.person, str_of(id));
    uint32_t kind =
        notifier && notifier->address ? notifier->address(channel->self) : CW_ADDRESS_NONE;
    bool has =
        !person || !person->known || (kind == CW_ADDRESS_PHONE ? person->phone : person->email);
    return has ? CW_ADDRESS_NONE : kind;
}

static bool stands_in(const struct fold *fold, const struct override *o,
                      const struct roster *roster, const char *person)
{
    return strcmp(o->roster, roster->name) == 0 && strcmp(o->person, person) == 0 &&
           o->until_ns > fold->now_ns;
}

static bool belongs(const struct fold *fold, const struct roster *roster, const char *person)
{
    bool found = false;
    for (uint32_t i = 0; i < roster->n_members && !found; i++)
        found = strcmp(roster->member[i], person) == 0;
    for (uint32_t i = 0; i < fold->duty.n_overrides && !found; i++)
        found = stands_in(fold, &fold->duty.override[i], roster, person);
    return found;
}

/* Has a turn within a day, looked at hour by hour, or stands in for somebody then. */
static bool comes_soon(const struct fold *fold, const struct roster *roster, const char *person)
{
    const struct zone *zone = &fold->rules->zone;
    bool soon = false;
    for (int64_t ns = HOUR_NS; ns <= SOON_NS && !soon; ns += HOUR_NS)
        soon = strcmp(roster_turn(roster, zone, fold->now_ns + ns), person) == 0;
    for (uint32_t i = 0; i < fold->duty.n_overrides && !soon; i++)
        soon = stands_in(fold, &fold->duty.override[i], roster, person) &&
               fold->duty.override[i].from_ns <= fold->now_ns + SOON_NS;
    return soon;
}

/* Calls `each` for what is missing of one person for the roster. */
static void gaps_of(const struct outbox *outbox, const struct roster *roster,
                    const char *person, void (*each)(void *ctx, const struct gap *gap),
                    void *ctx)
{
    const struct fold *fold = fold_of(outbox);
    const char *const *channel = roster->channel;
    if (!belongs(fold, roster, person))
        return;
    for (; channel && *channel; channel++) {
        struct gap gap = {.person = person, .channel = *channel};
        gap.needs = needs(outbox, *channel, person);
        if (gap.needs == CW_ADDRESS_NONE)
            continue;
        gap.on_duty = roster_now(roster, &fold->rules->zone, fold->now_ns) == roster &&
                      strcmp(duty_person(fold, roster), person) == 0;
        gap.next = !gap.on_duty && comes_soon(fold, roster, person);
        each(ctx, &gap);
    }
}

static void write_gap(void *ctx, const struct gap *gap)
{
    struct json_out *out = ctx;
    json_object(out);
    json_member_text(out, "person", str_of(gap->person));
    json_member_text(out, "channel", str_of(gap->channel));
    json_member_text(out, "needs",
                     gap->needs == CW_ADDRESS_EMAIL ? CW_STR("email") : CW_STR("phone"));
    json_member_bool(out, "on_duty", gap->on_duty);
    json_member_bool(out, "next", gap->next);
    json_object_end(out);
}

void outbox_unreachable_json(const struct outbox *outbox, const struct roster *roster,
                             struct json_out *out)
{
    json_key(out, "unreachable");
    json_array(out);
    const struct reach_person *person;
    for (uint32_t i = 0; outbox && (person = map_next(&outbox->reach.person, &i, NULL));)
        gaps_of(outbox, roster, person->id, write_gap, out);
    json_array_end(out);
}

static void count_gap(void *ctx, const struct gap *gap)
{
    struct gap *sum = ctx;
    sum->person = gap->person;
    sum->on_duty |= gap->on_duty;
    sum->next |= gap->next;
}

struct outbox_unreachable outbox_unreachable(const struct outbox *outbox)
{
    struct outbox_unreachable n = {0, 0, 0};
    const struct reach_person *person;
    for (uint32_t i = 0; outbox && (person = map_next(&outbox->reach.person, &i, NULL));) {
        const struct fold *fold = fold_of(outbox);
        struct gap sum = {NULL, NULL, 0, false, false};
        for (uint32_t k = 0; k < fold->rules->n_rosters; k++)
            gaps_of(outbox, &fold->rules->roster[k], person->id, count_gap, &sum);
        n.n += sum.person != NULL;
        n.n_on_duty += sum.on_duty;
        n.n_next += sum.next;
    }
    return n;
}
