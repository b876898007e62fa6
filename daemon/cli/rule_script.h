/*
 * rule_script.h - unit tests of rules as text: what comes in when, and which alarms are
 * expected. `carewatch test` runs them; this reads them.
 *
 *   rules FILE                             the configuration, beside the script
 *   test NAME                              begins one; what follows belongs to it
 *     start 2026-11-23T22:00:00+08:00      the clock at 0 (a Monday noon in China)
 *     site s1 institution                  kind of a site; others are plain providers
 *     at 5m s1/bed-1 in_bed=false hr=62    telemetry
 *     at 5m s1/bed-1 {"in_bed":false}      the same as a payload
 *     at 6m s1/gw event call.pressed bed=3-12 expected=+2h    an event; +2h: a time
 *     at 0 s1/gw roster {"site":{},"devices":[...]}           roster, status
 *     at 9m link down                      our connection to the broker
 *     at 26m ack bed-exit s1/resident:r-88 by=anna       what persons do, of an alarm by its
 *                                          rule (subject optional): ack unack escalate assign
 *                                          arrive handover shelve unshelve close note
 *     at 0 silence rule=spo2-low site=~s.* for=2h      of what matches (= =~ != !~)
 *     at 0 maintain site=s1 device=gw for=30m          also maintained, expire, open, override,
 *                                          limit, unlimit: NAME=VALUE as the API has them
 *     every 10s from 0 s1/bed-1 spo2: 97x6 95-1x5 _x3 88      a series: so often a value,
 *                                          a rise (+) or fall (-) so often, nothing (_)
 *     until 40m                            the clock goes on to here
 *     expect 25m raised bed-exit s1/resident:r-88        subject optional; or
 *                                          cleared, acked, escalated, ...; muted: raised, but
 *                                          silenced; suppressed: raised, but maintained or
 *                                          explained
 *     expect 26m refused shelve            the command is not taken
 *     ignore spo2-low                      these rules may say what they want
 *
 * Every expected change must come, to the second. Of each rule with a detector, and of
 * built-in rules that an expectation names, every alarm that is raised, muted, cleared after
 * it was seen, or told after it was suppressed must be expected; other changes may be.
 */
#ifndef RULE_SCRIPT_H
#define RULE_SCRIPT_H

#include "core/alarm/alarm.h"
#include "core/journal/record.h"

/* Changes beside those of alarm.h. */
enum { CHANGE_MUTED = N_ALARM_CHANGES, CHANGE_REFUSED };

/* Whose alarm a command is about: of the rule, and of the subject unless it is "". */
struct script_target {
    char rule[MAX_ID + 1], subject[MAX_ALARM_SUBJECT];
};

struct script_step {
    int64_t at_ns; /* since the start */
    struct record record;
    struct script_target *target; /* NULL: none; else the payload lacks "alarm" */
};

struct script_expect {
    int64_t at_ns;
    uint32_t change;
    char rule[MAX_ID + 1], subject[MAX_ALARM_SUBJECT]; /* subject "": any; or the command */
    bool came;
};

struct script_test {
    char *name;
    unsigned line;
    int64_t start_ns, until_ns;
    struct script_step *step; /* in order of time, then of the file */
    struct script_expect *expect;
    char (*ignore)[MAX_ID + 1];
    size_t n_steps, n_expects, n_ignores;
};

struct script {
    char *rules; /* as written; NULL: not given */
    struct script_test *test;
    size_t n_tests;
};

/* 0, or -EINVAL with err ("line 7: ..."). Free what was read in both cases. */
int script_read(struct script *script, struct cw_str text, struct cw_error *err);
void script_free(struct script *script);
const char *script_change_name(uint32_t change);

#endif
