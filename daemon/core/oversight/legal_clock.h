/*
 * legal_clock.h - periods set by law or rule, in days or working days of a configured calendar.
 * Every period is an option with its source, since rules change and cities have their own.
 */
#ifndef CORE_OVERSIGHT_LEGAL_CLOCK_H
#define CORE_OVERSIGHT_LEGAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct ruleset;

enum legal_clock {
    CLOCK_NONE,
    CLOCK_RECTIFY,       /* a finding until it is put right, when the finding names no date */
    CLOCK_RECHECK,       /* a claim of rectification until the department has looked */
    CLOCK_COMPLAINT,     /* a complaint until it is answered */
    CLOCK_CREDIT_ANSWER, /* the notice of a listing until it counts */
    CLOCK_CREDIT_OBJECTION, /* an objection until it is decided */
    CLOCK_DUTY_RESULT,      /* a filing until the department has its result */
    N_CLOCKS
};

/* The end of the local day on which the period that begins at from_ns ends: the day it begins
 * is not counted. */
int64_t legal_due_ns(const struct ruleset *rules, enum legal_clock clock, int64_t from_ns);
/* The same of so many days or working days. */
int64_t legal_days_ns(const struct ruleset *rules, bool working, int64_t days, int64_t from_ns);
/* Days since 1970 are working days by the configured calendar: Monday to Friday, without
 * oversight.holidays and with oversight.workdays. */
bool is_working_day(const struct ruleset *rules, int64_t day);
/* The end of a local day. */
int64_t end_of_day_ns(const struct ruleset *rules, int64_t day);
int64_t local_day(const struct ruleset *rules, int64_t at_ns);

#endif
