/*
 * duty.c - turns by arithmetic on what the wall clock shows, so that they begin at the same
 * hour all year.
 */
#include "core/alarm/duty.h"

#include <errno.h>
#include <string.h>

#include "base/units.h"
#include "core/alarm/schedule.h"
#include "core/fold.h"
#include "core/view/snapshot.h"

#define MAX_OVERRIDE_NS (INT64_C(31) * 86400 * NS_PER_S)

const char *roster_turn(const struct roster *roster, const struct zone *zone, int64_t now_ns)
{
    if (roster->n_members == 0)
        return "";
    if (roster->rotate_s == 0)
        return roster->member[0];
    int64_t since_s = zone_local_s(zone, now_ns / NS_PER_S) - roster->from_s;
    int64_t turn = since_s / roster->rotate_s - (since_s % roster->rotate_s < 0);
    int64_t n = roster->n_members;
    return roster->member[(turn % n + n) % n];
}

const struct roster *roster_now(const struct roster *roster, const struct zone *zone,
                                int64_t now_ns)
{
    const struct roster *first = roster;
    for (int i = 0; i < MAX_ROSTER_DEPTH && roster; i++) {
        if (!roster->when || schedule_covers(roster->when, zone, now_ns))
            return roster;
        roster = roster->otherwise;
    }
    return first; /* better somebody who is off duty than nobody */
}

const char *duty_person(const struct fold *fold, const struct roster *roster)
{
    const struct duty *duty = &fold->duty;
    for (uint32_t i = duty->n_overrides; i > 0; i--) {
        const struct override *o = &duty->override[i - 1];
        if (strcmp(o->roster, roster->name) == 0 && o->from_ns <= fold->now_ns &&
            fold->now_ns < o->until_ns)
            return o->person;
    }
    return roster_turn(roster, &fold->rules->zone, fold->now_ns);
}

static void drop(struct duty *duty, uint32_t i)
{
    duty->n_overrides--;
    memmove(&duty->override[i], &duty->override[i + 1],
            (duty->n_overrides - i) * sizeof(duty->override[0]));
}

static void forget_past(struct fold *fold)
{
    struct duty *duty = &fold->duty;
    for (uint32_t i = duty->n_overrides; i > 0; i--) {
        if (duty->override[i - 1].until_ns <= fold->now_ns)
            drop(duty, i - 1);
    }
}

static void take_back(struct duty *duty, struct cw_str roster, int64_t from_ns,
                      int64_t until_ns)
{
    for (uint32_t i = duty->n_overrides; i > 0; i--) {
        const struct override *o = &duty->override[i - 1];
        if (str_is(roster, o->roster) && o->from_ns < until_ns && from_ns < o->until_ns)
            drop(duty, i - 1);
    }
}

int duty_override(struct fold *fold, struct cw_str roster, struct cw_str person,
                  int64_t from_ns, int64_t until_ns, struct cw_error *err)
{
    struct duty *duty = &fold->duty;
    struct override o = {.from_ns = from_ns ? from_ns : fold->now_ns, .until_ns = until_ns};
    if (!ruleset_roster(fold->rules, roster))
        return err_set(err, -ENOENT, "There is no roster \"%.*s\".", (int)utf8_cut(roster, 64),
                       roster.p);
    if (person.n > 0 && !id_valid(person))
        return err_set(err, -EINVAL, "Who takes over (\"person\") is an id.");
    if (o.until_ns <= fold->now_ns || o.until_ns <= o.from_ns ||
        o.until_ns - o.from_ns > MAX_OVERRIDE_NS)
        return err_set(err, -EINVAL,
                       "It ends (\"until\") behind its begin, within 31 days of it.");
    forget_past(fold);
    if (person.n == 0) {
        take_back(duty, roster, o.from_ns, o.until_ns);
        return 0;
    }
    if (duty->n_overrides == MAX_TAKEOVERS)
        return err_set(err, -E2BIG, "There are %u overrides already.", MAX_TAKEOVERS);
    (void)str_copy(o.roster, sizeof(o.roster), roster);
    (void)str_copy(o.person, sizeof(o.person), person);
    duty->override[duty->n_overrides++] = o;
    return 0;
}

void duty_save(const struct duty *duty, struct saver *saver)
{
    save_u32(saver, duty->n_overrides);
    for (uint32_t i = 0; i < duty->n_overrides; i++) {
        save_str(saver, str_of(duty->override[i].roster));
        save_str(saver, str_of(duty->override[i].person));
        save_i64(saver, duty->override[i].from_ns);
        save_i64(saver, duty->override[i].until_ns);
    }
}

void duty_load(struct duty *duty, struct loader *loader)
{
    uint32_t n = load_count(loader, 24);
    if (n > MAX_TAKEOVERS)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct override *o = &duty->override[i];
        load_field(loader, o->roster, sizeof(o->roster));
        load_field(loader, o->person, sizeof(o->person));
        o->from_ns = load_i64(loader);
        o->until_ns = load_i64(loader);
        duty->n_overrides++;
    }
}

static void words_json(const char *key, const char *const *word, struct json_out *out)
{
    json_key(out, key);
    json_array(out);
    for (; word && *word; word++)
        json_text(out, str_of(*word));
    json_array_end(out);
}

void roster_members_json(const struct fold *fold, const struct roster *roster,
                         struct json_out *out)
{
    const struct duty *duty = &fold->duty;
    const struct roster *now = roster_now(roster, &fold->rules->zone, fold->now_ns);
    json_member_text(out, "roster", str_of(roster->name));
    json_member_bool(out, "holds", now == roster);
    json_member_text(out, "answers", str_of(now->name));
    json_member_text(out, "on_duty", str_of(duty_person(fold, now)));
    words_json("members", roster->member, out);
    words_json("channels", roster->channel, out);
    json_key(out, "overrides");
    json_array(out);
    for (uint32_t i = 0; i < duty->n_overrides; i++) {
        const struct override *o = &duty->override[i];
        if (strcmp(o->roster, roster->name) != 0 || o->until_ns <= fold->now_ns)
            continue;
        json_object(out);
        json_member_text(out, "person", str_of(o->person));
        json_member_time(out, "from", o->from_ns);
        json_member_time(out, "until", o->until_ns);
        json_object_end(out);
    }
    json_array_end(out);
}
