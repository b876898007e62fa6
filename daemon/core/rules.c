/*
 * rules.c - small questions about the ruleset. Rules are tens, so a walk is enough; who asks
 * per message keeps the answer.
 */
#include "core/rules.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/alarm/duty.h"
#include "core/alarm/schedule.h"

const struct rule *ruleset_builtin(const struct ruleset *rules, const char *condition)
{
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        const struct rule *rule = &rules->rule[i];
        if (rule->kind != RULE_DETECTOR && rule->condition &&
            strcmp(rule->condition, condition) == 0)
            return rule;
    }
    BUG("no rule for the condition \"%s\"", condition);
}

const struct rule *ruleset_find(const struct ruleset *rules, struct cw_str name)
{
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        if (str_is(name, rules->rule[i].name))
            return &rules->rule[i];
    }
    return NULL;
}

const struct schedule *ruleset_schedule(const struct ruleset *rules, struct cw_str name)
{
    for (uint32_t i = 0; i < rules->n_schedules; i++) {
        if (str_is(name, rules->schedule[i].name))
            return &rules->schedule[i];
    }
    return NULL;
}

const struct roster *ruleset_roster(const struct ruleset *rules, struct cw_str name)
{
    for (uint32_t i = 0; i < rules->n_rosters; i++) {
        if (str_is(name, rules->roster[i].name))
            return &rules->roster[i];
    }
    return NULL;
}

bool rule_pattern_matches(const char *pattern, struct cw_str id)
{
    size_t n = strlen(pattern);
    if (n == 0)
        return true;
    if (pattern[n - 1] != '*')
        return str_is(id, pattern);
    return id.n >= n - 1 && memcmp(id.p, pattern, n - 1) == 0;
}

const char *category_name(enum alarm_category category)
{
    static const char *const name[] = {
        [CATEGORY_PHYSIOLOGICAL] = "physiological",
        [CATEGORY_TECHNICAL] = "technical",
        [CATEGORY_SAFETY] = "safety",
        [CATEGORY_SERVICE] = "service",
        [CATEGORY_COMPLIANCE] = "compliance",
    };
    if (category < CATEGORY_PHYSIOLOGICAL || category > CATEGORY_COMPLIANCE)
        return "unknown";
    return name[category];
}

const char *priority_name(enum cw_priority priority)
{
    static const char *const name[] = {
        [CW_PRIORITY_HIGH] = "high",
        [CW_PRIORITY_MEDIUM] = "medium",
        [CW_PRIORITY_LOW] = "low",
    };
    if (priority < CW_PRIORITY_HIGH || priority > CW_PRIORITY_LOW)
        return "unknown";
    return name[priority];
}
