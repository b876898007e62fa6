/*
 * inhibit.h - what explains what: while an alarm stands that a rule of the configuration names
 * as the source, alarms that match the rule's target, and are alike in some labels, are
 * SUPPRESSED. As an Alertmanager's inhibit_rules. Part of the fold.
 *
 *   { name = "power"; source = [ "rule=power-failed" ]; target = [ "category=technical" ];
 *     equal = [ "site" ]; }
 *
 * Never suppressed: calls, smoke, gas, falls; what is more urgent than the source; one to which
 * somebody was sent, or that somebody has acknowledged. A source explains only as long as it is
 * told: silenced, put aside, folded, historical or closed it explains nothing, and a drill
 * explains only drills. So somebody has always been told of one of the two.
 */
#ifndef CORE_ALARM_INHIBIT_H
#define CORE_ALARM_INHIBIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alarm/matcher.h"

struct alarm;
struct fold;

#define MAX_INHIBITIONS 32u

/* A rule of the configuration. */
struct inhibition {
    const char *name;
    const struct matcher *source, *target;
    uint32_t n_source, n_target;
    const char *const *equal; /* labels; ends with NULL; may be NULL */
};

/* The alarms that are a source of some rule; not saved. */
struct inhibit_sources {
    struct alarm **alarm;
    uint32_t n, cap;
};

void inhibit_done(struct inhibit_sources *sources);
/* The alarm took a step: it may be a source now, or none any more. */
void inhibit_note(struct fold *fold, struct alarm *alarm);
/* Other rules, or a state that was loaded: finds the sources again. */
void inhibit_find(struct fold *fold);
/* The alarm that explains it, and by which rule (may be NULL); or NULL. */
const struct alarm *inhibit_source(const struct fold *fold, const struct alarm *alarm,
                                   const struct inhibition **rule);

#endif
