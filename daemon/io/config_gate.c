/*
 * config_gate.c - when a rule is in force: its `when`, a schedule, and its `unless`, what must
 * not be so at the place.
 */
#include <string.h>

#include "base/str.h"
#include "core/alarm/schedule.h"
#include "core/series/context.h"
#include "io/config_private.h"

static const struct node *node_of(const struct node *item, const char *name)
{
    const struct node *node = node_child(item, name);
    return node ? node : item;
}

/* What an `unless` can be: an event that begins something, or a value that lasts. */
static void read_unless(struct loader *loader, struct config_whole *whole,
                        const struct node *item, const char *path,
                        const struct rule_words *words, struct rule *rule)
{
    uint32_t n = 0;
    while (words->unless && words->unless[n])
        n++;
    struct term *term = config_keep_array(whole, n, sizeof(*term));
    for (uint32_t i = 0; i < n; i++) {
        struct cw_error err = {""};
        bool bad = term_parse(&term[i], str_of(words->unless[i]), &err) != 0;
        bool passes = term[i].kind == TERM_ANY || term[i].kind == TERM_CHANGED ||
                      (term_is_event(&term[i]) && !context_event_known(str_of(term[i].name)));
        if (bad || passes)
            mistake_at(loader, node_of(item, "unless"), "%s.unless: %s%s%.64s%s", path,
                       err.text, bad ? "" : "\"", bad ? "" : words->unless[i],
                       bad ? "" : "\" begins nothing that lasts");
    }
    rule->unless = term;
    rule->n_unless = n;
    rule->unless_for_ns = words->unless_for_ns;
}

void gate_read(struct loader *loader, struct config_whole *whole, const struct node *item,
               const char *path, const struct rule_words *words, struct rule *rule)
{
    bool of_devices =
        rule->kind == RULE_SUPERVISION && strcmp(rule->condition, CONDITION_SITE_SILENT) != 0;
    if (rule->kind != RULE_DETECTOR) {
        if (words->when[0] || (words->unless && !of_devices))
            mistake_at(loader, node_of(item, words->when[0] ? "when" : "unless"),
                       "%s: built-in rules are always in force; those about silent devices "
                       "can have an unless",
                       path);
        else
            read_unless(loader, whole, item, path, words, rule);
        return;
    }
    if (words->when[0]) {
        rule->when = ruleset_schedule(&whole->config.rules, str_of(words->when));
        if (!rule->when)
            mistake_at(loader, node_of(item, "when"), "%s.when: there is no schedule \"%.64s\"",
                       path, words->when);
    }
    read_unless(loader, whole, item, path, words, rule);
}

/* A schedule that changed changes the rules that name it. */
void gate_print(const struct config_whole *whole, const struct rule *rule, struct buf *out)
{
    if (!rule->when)
        return;
    const struct schedule_words *words =
        &whole->schedule_words[rule->when - whole->config.rules.schedule];
    buf_printf(out, "%s", whole->calendar.zone_rule);
    for (size_t i = 0; words->spans && words->spans[i]; i++)
        buf_printf(out, " %s", words->spans[i]);
}
