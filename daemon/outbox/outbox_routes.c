/*
 * outbox_routes.c - to which channels a transition goes, by the routes of the configuration.
 */
#include <string.h>

#include "outbox/outbox.h"

static bool list_has(const char *const *list, const char *name)
{
    for (; list && *list; list++) {
        if (strcmp(*list, name) == 0)
            return true;
    }
    return false;
}

/* "" matches all; "a|b" one of them. */
static bool words_have(const char *words, const char *name)
{
    struct cw_str rest = str_of(words), word;
    if (rest.n == 0)
        return true;
    while (str_split(&rest, '|', &word)) {
        if (str_is(word, name))
            return true;
    }
    return false;
}

static bool route_matches(const struct route *route, const struct transition *transition)
{
    const struct alarm *alarm = transition->alarm;
    const char *change = alarm_change_name(transition->change);
    /* What calls again (unshelved, forgotten, risen) is told to whom repeats are. */
    if (alarm_change_calls(transition->change) && transition->change != CHANGE_RAISED &&
        alarm->state != ALARM_CLOSED)
        change = alarm_change_name(CHANGE_REPEATED);
    bool wanted =
        route->changes && route->changes[0]
            ? list_has(route->changes, change) ||
                  list_has(route->changes, alarm_change_name(transition->change))
            : transition->change == CHANGE_CLEARED || alarm_change_calls(transition->change);
    return wanted && words_have(route->priority, priority_name(alarm->priority)) &&
           words_have(route->category, category_name(alarm->category)) &&
           rule_pattern_matches(route->site ? route->site : "", str_of(alarm->site)) &&
           words_have(route->district, alarm->district);
}

size_t outbox_routes(const struct config *config, const struct transition *transition,
                     const char **channel, size_t max)
{
    size_t n = 0;
    if (transition->quiet)
        return 0; /* shown, never paged */
    for (size_t i = 0; i < config->n_routes; i++) {
        const struct route *route = &config->route[i];
        if (!route_matches(route, transition))
            continue;
        for (const char *const *name = route->channel; name && *name && n < max; name++) {
            bool there = false;
            for (size_t k = 0; k < n; k++)
                there = there || strcmp(channel[k], *name) == 0;
            if (!there)
                channel[n++] = *name;
        }
    }
    return n;
}
