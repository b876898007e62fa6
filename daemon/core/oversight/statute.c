/*
 * statute.c - asking the configured rules.
 */
#include "core/oversight/statute.h"

#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "core/rules.h"

const struct duty_rule *duty_rule_find(const struct ruleset *rules, struct cw_str name)
{
    for (uint32_t i = 0; i < rules->n_duties; i++)
        if (str_is(name, rules->duty[i].name))
            return &rules->duty[i];
    return NULL;
}

const struct list_rule *list_rule_find(const struct ruleset *rules, struct cw_str name)
{
    for (uint32_t i = 0; i < rules->n_lists; i++)
        if (str_is(name, rules->list[i].name))
            return &rules->list[i];
    return NULL;
}

const struct scheme *scheme_find(const struct ruleset *rules, struct cw_str name, int64_t day)
{
    const struct scheme *found = NULL;
    int64_t best = INT64_MIN;
    for (uint32_t i = 0; i < rules->n_schemes; i++) {
        const struct scheme *scheme = &rules->scheme[i];
        int64_t from = INT64_MIN + 1;
        if (!str_is(name, scheme->name))
            continue;
        (void)civil_parse(str_of(scheme->in_force), &from);
        if (from <= day && from > best) {
            best = from;
            found = scheme;
        }
    }
    return found;
}

bool statute_has(const char *types, struct cw_str word)
{
    struct cw_str rest = str_of(types), one;
    if (rest.n == 0)
        return true;
    while (str_split(&rest, '|', &one)) {
        bool is_prefix = one.n > 0 && one.p[one.n - 1] == '*';
        if (is_prefix ? word.n >= one.n - 1 && memcmp(word.p, one.p, one.n - 1) == 0
                      : str_eq(one, word))
            return true;
    }
    return false;
}

static int two_digits(const char *p)
{
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9'
               ? (p[0] - '0') * 10 + p[1] - '0'
               : -1;
}

bool statute_date(const char *month_day, int year, int64_t *day)
{
    if (strlen(month_day) != 5 || month_day[2] != '-')
        return false;
    int month = two_digits(month_day), date = two_digits(month_day + 3);
    if (month < 1 || month > 12 || date < 1 || date > civil_days_in(2024, month))
        return false;
    int last = civil_days_in(year, month);
    *day = instant_days(year, month, date < last ? date : last);
    return true;
}
