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
 *     at 6m s1/gw event call.pressed bed=3-12 expected=+2h    an event; +2h is a time
 *     at 0 s1/gw roster {"site":{},"devices":[...]}           roster, status
 *     at 9m link down                      our connection to the broker
 *     every 10s from 0 s1/bed-1 spo2: 97x6 95-1x5 _x3 88      a series: so often a value,
 *                                          a rise (+) or fall (-) so often, nothing (_)
 *     until 40m                            the clock goes on to here
 *     expect 25m raised bed-exit s1/resident:r-88             or cleared; subject optional
 *     ignore spo2-low                      these rules may say what they want
 *
 * Every alarm of a rule with a detector must be expected, and every expected one must come, to
 * the second. Of built-in rules only those count that an expectation of the test names.
 */
#ifndef RULE_SCRIPT_H
#define RULE_SCRIPT_H

#include "core/alarm/alarm.h"
#include "core/journal/record.h"

struct script_step {
    int64_t at_ns; /* since the start */
    struct record record;
};

struct script_expect {
    int64_t at_ns;
    uint32_t change;                                   /* CHANGE_RAISED or CHANGE_CLEARED */
    char rule[MAX_ID + 1], subject[MAX_ALARM_SUBJECT]; /* subject "": any */
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

#endif
