/*
 * inhibit.c - an alarm carries a bit for each rule it is a source of; the few that have one
 * stand in a list, so an alarm that is raised asks only them.
 */
#include "core/alarm/inhibit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/alarm_private.h"
#include "core/fold.h"

void inhibit_done(struct inhibit_sources *sources)
{
    free(sources->alarm);
    *sources = (struct inhibit_sources){.alarm = NULL};
}

/* ---- sources ---- */

static uint32_t source_bits(const struct fold *fold, const struct alarm *alarm)
{
    const struct ruleset *rules = fold->rules;
    uint32_t bits = 0;
    if (!alarm->active || !alarm_stands(alarm) || !alarm->told || alarm->folded ||
        alarm->historical)
        return 0;
    for (uint32_t i = 0; i < rules->n_inhibitions; i++) {
        const struct inhibition *rule = &rules->inhibition[i];
        if (matchers_hold(rule->source, rule->n_source, alarm))
            bits |= UINT32_C(1) << i;
    }
    return bits;
}

/* Brings list and bits up to date; the bits that changed. */
static uint32_t set_bits(struct inhibit_sources *sources, struct alarm *alarm, uint32_t bits)
{
    uint32_t changed = alarm->inhibits ^ bits, i = 0;
    if (alarm->inhibits == 0 && bits != 0) {
        if (sources->n == sources->cap) {
            sources->cap = sources->cap ? 2 * sources->cap : 16;
            sources->alarm = xrealloc(sources->alarm, sources->cap * sizeof(*sources->alarm));
        }
        sources->alarm[sources->n++] = alarm;
    } else if (alarm->inhibits != 0 && bits == 0) {
        while (sources->alarm[i] != alarm)
            i++;
        sources->alarm[i] = sources->alarm[--sources->n];
    }
    alarm->inhibits = bits;
    return changed;
}

void inhibit_note(struct fold *fold, struct alarm *alarm)
{
    if (fold->rules->n_inhibitions == 0 && alarm->inhibits == 0)
        return;
    uint32_t changed = set_bits(&fold->quiet.sources, alarm, source_bits(fold, alarm));
    if (changed)
        quiet_judge_targets(fold, changed, alarm->rule);
}

void inhibit_find(struct fold *fold)
{
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));)
        alarm->inhibits = 0;
    fold->quiet.sources.n = 0;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_key, &i, NULL));)
        (void)set_bits(&fold->quiet.sources, alarm, source_bits(fold, alarm));
}

/* ---- targets ---- */

static bool are_alike(const struct inhibition *rule, const struct alarm *a,
                      const struct alarm *b)
{
    for (const char *const *label = rule->equal; label && *label; label++) {
        if (strcmp(alarm_label(a, *label), alarm_label(b, *label)) != 0)
            return false;
    }
    return true;
}

static bool explains(const struct fold *fold, const struct inhibition *rule,
                     const struct alarm *source, const struct alarm *alarm)
{
    return source != alarm && source->priority <= alarm->priority &&
           source->drill == alarm->drill && are_alike(rule, source, alarm) &&
           !quiet_mutes(fold, source);
}

const struct alarm *inhibit_source(const struct fold *fold, const struct alarm *alarm,
                                   const struct inhibition **which)
{
    const struct inhibit_sources *sources = &fold->quiet.sources;
    if (sources->n == 0 || alarm->vital || alarm->state == ALARM_ACKED)
        return NULL;
    for (uint32_t i = 0; i < fold->rules->n_inhibitions; i++) {
        const struct inhibition *rule = &fold->rules->inhibition[i];
        const struct alarm *found = NULL;
        if (!matchers_hold(rule->target, rule->n_target, alarm))
            continue;
        for (uint32_t k = 0; k < sources->n; k++) {
            const struct alarm *source = sources->alarm[k];
            /* The oldest, so that the list's order does not show. */
            if (source->inhibits & UINT32_C(1) << i && explains(fold, rule, source, alarm) &&
                (!found || source->number < found->number))
                found = source;
        }
        if (found && which)
            *which = rule;
        if (found)
            return found;
    }
    return NULL;
}
