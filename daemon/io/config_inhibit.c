/*
 * config_inhibit.c - which alarms explain which (core/alarm/inhibit.h).
 */
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "core/alarm/inhibit.h"
#include "io/config_private.h"

#define AT(field) (uint32_t) offsetof(struct inhibition_words, field)

const struct cw_option inhibition_options[] = {
    {"name", CW_OPT_TEXT, AT(name), 0, 0, CW_REQUIRED, "id of the inhibition", NULL},
    {"source", CW_OPT_LIST, AT(source), 0, 0, CW_REQUIRED,
     "matchers of the alarm that explains: rule=power-failed, kind=~\"fall|call\", "
     "site!=home-1; over rule, kind, priority, category, risk, site, district, device, "
     "resident, bed",
     NULL},
    {"target", CW_OPT_LIST, AT(target), 0, 0, CW_REQUIRED,
     "matchers of the alarms that are suppressed meanwhile; never calls, smoke, gas, falls, "
     "nor what is more urgent than the source",
     NULL},
    {"equal", CW_OPT_LIST, AT(equal), 0, 0, "site", "labels in which both are alike", NULL},
    {0},
};

static const struct matcher *read_matchers(struct loader *loader, struct config_whole *whole,
                                           const struct node *item, const char *path,
                                           const char *key, const char *const *text,
                                           uint32_t *n)
{
    const struct node *node = node_child(item, key);
    struct matcher *matcher = config_keep_array(whole, MAX_MATCHERS, sizeof(*matcher));
    struct cw_error err = {""};
    bool good = node != NULL;
    for (*n = 0; text && text[*n]; ++*n) {
        if (*n == MAX_MATCHERS) {
            mistake_at(loader, node, "%s.%s has more than %u matchers", path, key,
                       MAX_MATCHERS);
            return matcher;
        }
        struct matcher *one = &matcher[*n];
        bool is_read = matcher_parse(str_of(text[*n]), one, &err) == 0;
        good = good && is_read;
        if (!is_read)
            mistake_at(loader, node, "%s.%s: %s", path, key, err.text);
        else if (!is_alarm_label(one->name))
            mistake_at(loader, node, "%s.%s: there is no label \"%s\"", path, key, one->name);
    }
    if (good && matchers_check(matcher, *n, &err) != 0)
        mistake_at(loader, node, "%s.%s: %s", path, key, err.text);
    return matcher;
}

static void look_at_inhibition(struct loader *loader, struct config_whole *whole,
                               const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    const struct inhibition_words *words = &whole->inhibition_words[i];
    struct inhibition *inhibition = (struct inhibition *)(uintptr_t)&rules->inhibition[i];
    inhibition->name = words->name;
    inhibition->source = read_matchers(loader, whole, item, path, "source", words->source,
                                       &inhibition->n_source);
    inhibition->target = read_matchers(loader, whole, item, path, "target", words->target,
                                       &inhibition->n_target);
    inhibition->equal = words->equal;
    for (const char *const *label = words->equal; label && *label; label++) {
        if (!is_alarm_label(*label))
            mistake_at(loader, node_child(item, "equal"),
                       "%s.equal: there is no label \"%.40s\"", path, *label);
    }
    for (uint32_t k = 0; k < rules->n_inhibitions; k++) {
        if (words->name[0] && strcmp(rules->inhibition[k].name, words->name) == 0)
            mistake_at(loader, item, "there are two inhibitions %.64s", words->name);
    }
    rules->n_inhibitions++;
}

void inhibitions_read(struct loader *loader, struct config_whole *whole)
{
    static const struct list_table inhibitions = {.name = "inhibitions",
                                                  .options = inhibition_options,
                                                  .size = sizeof(struct inhibition_words),
                                                  .array_at = IN_WHOLE(inhibition_words),
                                                  .made_size = sizeof(struct inhibition),
                                                  .made_at = IN_CONFIG(rules.inhibition),
                                                  .is_named = true,
                                                  .look = look_at_inhibition};
    const struct node *list = list_read_table(loader, whole, &inhibitions);
    if (list_length(list) > MAX_INHIBITIONS)
        mistake_at(loader, list, "there are more than %u inhibitions", MAX_INHIBITIONS);
}
