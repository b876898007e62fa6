/*
 * duty.h - who is on duty: rosters that rotate by the wall clock, and overrides ("li for wang,
 * tonight"). Part of the fold; the rosters are configuration, the overrides are commands.
 *
 *   roster   { name = "night"; members = [ "li", "wang" ]; rotate = "1d";
 *              from = "2026-01-05 20:00"; when = "night"; otherwise = "day"; channel = [..] }
 *
 *            |  li   | wang  |  li   |      each turn begins at 20:00 by the wall clock,
 *          20:00   20:00   20:00            also where a day has 23 or 25 hours
 */
#ifndef CORE_ALARM_DUTY_H
#define CORE_ALARM_DUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/str.h"
#include "base/zone.h"

struct fold;
struct saver;
struct loader;
struct schedule;

#define MAX_TAKEOVERS 256u
#define MAX_ROSTER_DEPTH 4

struct roster {
    const char *name;
    const char *const *member, *const *channel; /* end with NULL */
    uint32_t n_members;
    int64_t rotate_s;               /* 0: the first one, always */
    int64_t from_s;                 /* the first turn begins, by the wall clock */
    const struct schedule *when;    /* NULL: always */
    const struct roster *otherwise; /* who is asked while `when` does not hold; or NULL */
};

/* Somebody else, for a time. */
struct override {
    char roster[MAX_ID + 1], person[MAX_ID + 1];
    int64_t from_ns, until_ns;
};

struct duty {
    struct override override[MAX_TAKEOVERS]; /* in order of their giving; the last one counts */
    uint32_t n_overrides;
};

/* Whose turn it is by the calendar alone. "" without members. */
const char *roster_turn(const struct roster *roster, const struct zone *zone, int64_t now_ns);
/* The roster that answers now: itself, or the one it points to while it does not hold. */
const struct roster *roster_now(const struct roster *roster, const struct zone *zone,
                                int64_t now_ns);
/* With overrides. Borrowed until the duty changes. */
const char *duty_person(const struct fold *fold, const struct roster *roster);
/* A command. 0, -ENOENT (no such roster), -EINVAL, -E2BIG; with err. person "" takes the
 * overrides of that time back. */
int duty_override(struct fold *fold, struct cw_str roster, struct cw_str person,
                  int64_t from_ns, int64_t until_ns, struct cw_error *err);

void duty_save(const struct duty *duty, struct saver *saver);
void duty_load(struct duty *duty, struct loader *loader);
/* "roster":..,"on_duty":..,"members":[..],"overrides":[..] into the object being written. */
void roster_members_json(const struct fold *fold, const struct roster *roster,
                         struct json_out *out);

#endif
