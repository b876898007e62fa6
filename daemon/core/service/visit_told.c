/*
 * visit_told.c - each exception has a rule and an alarm of its own; a set of bits says which
 * hold and which were told.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/service/visit_private.h"

static const char *const condition[N_EXCEPTIONS] = {
    CONDITION_VISIT_LATE,        CONDITION_VISIT_MISSED,    CONDITION_VISIT_NO_CHECKOUT,
    CONDITION_VISIT_SHORT,       CONDITION_VISIT_OFF_SITE,  CONDITION_VISIT_OVERLAP,
    CONDITION_VISIT_TRAVEL,      CONDITION_VISIT_DUPLICATE, CONDITION_VISIT_UNCORROBORATED,
    CONDITION_VISIT_NOT_AT_HOME, CONDITION_VISIT_COPIED,    CONDITION_VISIT_BULK};

static uint32_t bit_of(enum visit_exception exception)
{
    uint32_t bit = 0;
    while (!(exception & (1u << bit)))
        bit++;
    return bit;
}

const struct rule *visit_rule(const struct fold *fold, enum visit_exception exception)
{
    return ruleset_builtin(fold->rules, condition[bit_of(exception)]);
}

static size_t subject_of(const struct site *site, const struct visit *visit,
                         char dst[MAX_ALARM_SUBJECT])
{
    return (size_t)snprintf(dst, MAX_ALARM_SUBJECT, "%s/visit:%s", site->id, visit->id);
}

void visit_except(struct fold *fold, struct visit *visit, enum visit_exception exception)
{
    const struct site *site = fold->registry.site[visit->site];
    const struct rule *rule = visit_rule(fold, exception);
    visit->exceptions |= exception;
    visit->standing |= exception;
    visit->told |= exception;
    if (!rule_pattern_matches(rule->site, str_of(site->id)))
        return;
    char subject[MAX_ALARM_SUBJECT];
    size_t n = subject_of(site, visit, subject);
    struct alarm_desc desc = {.rule = rule,
                              .subject = {subject, n},
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .resident = str_of(visit->recipient),
                              .value = (double)NAN,
                              .limit = (double)NAN};
    alarm_raise(fold, &desc);
}

static void clear(struct fold *fold, const struct visit *visit, uint32_t exceptions,
                  const char *note)
{
    const struct site *site = fold->registry.site[visit->site];
    char subject[MAX_ALARM_SUBJECT];
    if (!(visit->told & exceptions))
        return;
    size_t n = subject_of(site, visit, subject);
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++) {
        if (!(visit->told & exceptions & (1u << i)))
            continue;
        struct alarm *alarm =
            alarm_open(&fold->alarms, str_of(ruleset_builtin(fold->rules, condition[i])->name),
                       (struct cw_str){subject, n});
        if (alarm)
            alarm_clear(fold, alarm, str_of(note));
    }
}

void visit_settle(struct fold *fold, struct visit *visit, uint32_t exceptions, const char *note)
{
    clear(fold, visit, exceptions, note);
    visit->told &= ~exceptions;
    visit->standing &= ~exceptions;
}

void visit_set(struct fold *fold, struct visit *visit, uint32_t which, uint32_t found,
               const char *note)
{
    visit_settle(fold, visit, which & visit->standing & ~found, note);
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++) {
        uint32_t bit = which & found & (1u << i);
        if (bit && !(visit->standing & bit))
            visit_except(fold, visit, bit);
    }
}

bool visit_was_looked_at(const struct fold *fold, const struct visit *visit)
{
    const struct site *site = fold->registry.site[visit->site];
    char subject[MAX_ALARM_SUBJECT];
    size_t n = subject_of(site, visit, subject);
    const struct alarm *alarm =
        alarm_open(&fold->alarms, str_of(visit_rule(fold, EXCEPTION_UNCORROBORATED)->name),
                   (struct cw_str){subject, n});
    return !alarm || alarm->state == ALARM_ACKED;
}

bool visit_alarm_is_private(const struct fold *fold, const struct alarm *alarm)
{
    return strcmp(alarm->rule, visit_rule(fold, EXCEPTION_UNCORROBORATED)->name) == 0 &&
           (alarm->state == ALARM_UNACK || alarm->state == ALARM_RTN_UNACK);
}
