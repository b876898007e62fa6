/*
 * legal_clock.c - from a moment to the end of a day.
 */
#include "core/oversight/legal_clock.h"

#include "base/civil.h"
#include "base/str.h"
#include "base/units.h"
#include "base/zone.h"
#include "core/rules.h"

#define DAY_S 86400

int64_t local_day(const struct ruleset *rules, int64_t at_ns)
{
    int64_t local_s = zone_local_s(&rules->zone, at_ns / NS_PER_S);
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

int64_t end_of_day_ns(const struct ruleset *rules, int64_t day)
{
    return zone_utc_s(&rules->zone, (day + 1) * DAY_S) * NS_PER_S;
}

static bool lists_day(const char *const *dates, int64_t day)
{
    for (size_t i = 0; dates && dates[i]; i++) {
        int64_t one;
        if (civil_parse(str_of(dates[i]), &one) == 0 && one == day)
            return true;
    }
    return false;
}

bool is_working_day(const struct ruleset *rules, int64_t day)
{
    if (lists_day(rules->settings.oversight.workdays, day))
        return true;
    return civil_weekday(day) < 5 && !lists_day(rules->settings.oversight.holidays, day);
}

static const struct {
    bool working;
    size_t days; /* offset of the option */
} clocks[N_CLOCKS] = {
#define DAYS(field) offsetof(struct oversight_settings, field)
    [CLOCK_RECTIFY] = {false, DAYS(rectify_days)},
    [CLOCK_RECHECK] = {true, DAYS(recheck_days)},
    [CLOCK_COMPLAINT] = {true, DAYS(complaint_days)},
    [CLOCK_CREDIT_ANSWER] = {true, DAYS(credit_answer_days)},
    [CLOCK_CREDIT_OBJECTION] = {true, DAYS(credit_objection_days)},
    [CLOCK_DUTY_RESULT] = {true, DAYS(duty_result_days)},
};

int64_t legal_days_ns(const struct ruleset *rules, bool working, int64_t days, int64_t from_ns)
{
    int64_t day = local_day(rules, from_ns);
    while (days > 0) {
        day++;
        days -= !working || is_working_day(rules, day);
    }
    return end_of_day_ns(rules, day);
}

int64_t legal_due_ns(const struct ruleset *rules, enum legal_clock clock, int64_t from_ns)
{
    if (clock == CLOCK_NONE)
        return 0;
    const char *days = (const char *)&rules->settings.oversight + clocks[clock].days;
    return legal_days_ns(rules, clocks[clock].working, *(const int64_t *)days, from_ns);
}
