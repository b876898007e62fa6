/*
 * config_duty.c - who is on duty, and whom an alarm is told to when nobody answers.
 *
 *   steps = [ "1m desk", "3m roster:night-desk" ]      after, then channels and rosters
 */
#include <stddef.h>
#include <string.h>

#include "base/instant.h"
#include "base/str.h"
#include "base/units.h"
#include "core/alarm/duty.h"
#include "core/alarm/escalation.h"
#include "io/config_private.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)
#define DAY 86400.0

const struct cw_option roster_options[] = {
    {"name", CW_OPT_TEXT, AT(roster_words, name), 0, 0, CW_REQUIRED, "id of the roster", NULL},
    {"members", CW_OPT_LIST, AT(roster_words, members), 0, 0, CW_REQUIRED,
     "ids of persons, in the order of their turns", NULL},
    {"channel", CW_OPT_LIST, AT(roster_words, channel), 0, 0, CW_REQUIRED,
     "names of the channels by which they are told; number and mail address of each are set by "
     "PUT /api/v1/duty/PERSON/contact",
     NULL},
    {"rotate", CW_OPT_TIME, AT(roster_words, rotate_ns), 3600, 366 * DAY, CW_OPTIONAL,
     "how long a turn lasts: 12h, 1d, 1w; left out: always the first member", NULL},
    {"from", CW_OPT_TEXT, AT(roster_words, from), 0, 0, "2026-01-05 08:00",
     "the first member's first turn begins, by the wall clock", NULL},
    {"when", CW_OPT_TEXT, AT(roster_words, when), 0, 0, CW_OPTIONAL,
     "schedule in which the roster holds; left out: always", NULL},
    {"otherwise", CW_OPT_TEXT, AT(roster_words, otherwise), 0, 0, CW_OPTIONAL,
     "roster above that answers while this one does not hold", NULL},
    {0},
};

const struct cw_option chain_options[] = {
    {"name", CW_OPT_TEXT, AT(chain_words, name), 0, 0, CW_REQUIRED, "id of the chain", NULL},
    {"priority", CW_OPT_TEXT, AT(chain_words, priority), 0, 0, CW_OPTIONAL,
     "such as \"high|medium\"; left out: all", NULL},
    {"category", CW_OPT_TEXT, AT(chain_words, category), 0, 0, CW_OPTIONAL,
     "such as \"physiological|safety\"; left out: all", NULL},
    {"kind", CW_OPT_TEXT, AT(chain_words, kind), 0, 0, CW_OPTIONAL,
     "kinds of alarms, such as \"help-call|fall\"; left out: all", NULL},
    {"site", CW_OPT_TEXT, AT(chain_words, site), 0, 0, CW_OPTIONAL,
     "an id, or a prefix that ends in *; left out: all", NULL},
    {"district", CW_OPT_TEXT, AT(chain_words, district), 0, 0, CW_OPTIONAL,
     "an id, or a prefix that ends in *; left out: all", NULL},
    {"steps", CW_OPT_LIST, AT(chain_words, steps), 0, 0, CW_REQUIRED,
     "such as \"1m desk\" or \"3m sms roster:night-desk\": how long it has waited by then, and "
     "who is told; the routes tell at once",
     NULL},
    {"repeat", CW_OPT_TIME, AT(chain_words, repeat_ns), 10, DAY, "5m",
     "the last step comes again each time this has passed", NULL},
    {"ack_for", CW_OPT_TIME, AT(chain_words, ack_for_ns), 10, 30 * DAY, CW_OPTIONAL,
     "an acknowledgement after which nobody was sent and nothing was closed is forgotten "
     "then; left out: never",
     NULL},
    {"persons", CW_OPT_INT, AT(chain_words, persons), 1, 2, "1",
     "how many persons must acknowledge", NULL},
    {0},
};

static void check_channels(struct loader *loader, const struct config *config,
                           const struct node *item, const char *path,
                           const char *const *channel)
{
    for (; channel && *channel; channel++) {
        if (!channel_find(config, config->n_channels, *channel))
            mistake_at(loader, node_child(item, "channel"), "%s: there is no channel \"%.64s\"",
                       path, *channel);
    }
}

static void check_id(struct loader *loader, const struct node *item, const char *path,
                     const char *what, const char *id)
{
    if (id && id[0] && !id_valid(str_of(id)))
        mistake_at(loader, item, "%s: %s is an id of letters, digits, _ . -, not \"%.64s\"",
                   path, what, id);
}

/* ---- rosters ---- */

/* "2026-01-05 08:00" as the wall clock's seconds. */
static void read_from(struct loader *loader, const struct node *item, const char *path,
                      const struct roster_words *words, struct roster *roster)
{
    char text[40];
    int64_t ns = 0;
    size_t n = strlen(words->from);
    if (n != 16 || !str_copy(text, sizeof(text) - 4, str_of(words->from)) ||
        (memcpy(text + n, ":00Z", 5), instant_parse(str_of(text), &ns)) != 0)
        mistake_at(loader, node_child(item, "from"),
                   "%s.from is a date and time such as 2026-01-05 08:00, not \"%.40s\"", path,
                   words->from);
    roster->from_s = ns / NS_PER_S;
}

static void read_roster(struct loader *loader, struct config_whole *whole,
                        const struct node *item, const char *path,
                        const struct roster_words *words, struct roster *roster)
{
    struct ruleset *rules = &whole->config.rules;
    roster->name = words->name;
    roster->member = words->members;
    roster->channel = words->channel;
    roster->rotate_s = words->rotate_ns / NS_PER_S;
    check_id(loader, item, path, "name", words->name);
    for (; words->members && words->members[roster->n_members]; roster->n_members++)
        check_id(loader, item, path, "a member", words->members[roster->n_members]);
    if (roster->n_members == 0 && node_child(item, "members"))
        mistake_at(loader, node_child(item, "members"), "%s has no members", path);
    if (words->name[0] && ruleset_roster(rules, str_of(words->name)))
        mistake_at(loader, item, "there are two rosters %.64s", words->name);
    check_channels(loader, &whole->config, item, path, words->channel);
    read_from(loader, item, path, words, roster);
    if (words->when[0])
        roster->when = ruleset_schedule(rules, str_of(words->when));
    if (words->when[0] && !roster->when)
        mistake_at(loader, node_child(item, "when"), "%s.when: there is no schedule \"%.64s\"",
                   path, words->when);
    /* Only rosters above: so there is no circle. */
    if (words->otherwise[0])
        roster->otherwise = ruleset_roster(rules, str_of(words->otherwise));
    if (words->otherwise[0] && !roster->otherwise)
        mistake_at(loader, node_child(item, "otherwise"),
                   "%s.otherwise: there is no roster \"%.64s\" above", path, words->otherwise);
}

static void look_at_roster(struct loader *loader, struct config_whole *whole,
                           const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    read_roster(loader, whole, item, path, &whole->roster_words[i],
                (struct roster *)(uintptr_t)&rules->roster[i]);
    rules->n_rosters++;
}

/* ---- chains ---- */

/* One word of a step: a channel's name, or "roster:NAME". */
static bool read_target(const struct config *config, struct cw_str word,
                        struct step_target *target)
{
    if (str_starts(word, "roster:")) {
        struct cw_str name = {word.p + 7, word.n - 7};
        target->roster = ruleset_roster(&config->rules, name);
        return target->roster != NULL;
    }
    for (size_t i = 0; i < config->n_channels; i++) {
        if (str_is(word, config->channel[i].name))
            target->channel = config->channel[i].name;
    }
    return target->channel != NULL;
}

static void read_step(struct loader *loader, const struct config *config,
                      const struct node *item, const char *path, const char *text,
                      struct chain_step *step)
{
    struct cw_str rest = str_of(text), word;
    const struct node *node = node_child(item, "steps");
    if (!str_split(&rest, ' ', &word) || duration_parse(word, &step->after_ns, NULL) != 0 ||
        step->after_ns < NS_PER_S || step->after_ns > 86400 * NS_PER_S) {
        mistake_at(loader, node, "%s: \"%.60s\" begins with a duration from 1s to 1d", path,
                   text);
        return;
    }
    while (str_split(&rest, ' ', &word)) {
        if (step->n_targets == MAX_STEP_TARGETS) {
            mistake_at(loader, node, "%s: \"%.60s\" has more than %d targets", path, text,
                       MAX_STEP_TARGETS);
            return;
        }
        if (!read_target(config, word, &step->target[step->n_targets++]))
            mistake_at(loader, node, "%s: there is no channel or roster \"%.*s\"", path,
                       (int)utf8_cut(word, 64), word.p);
    }
    if (step->n_targets == 0)
        mistake_at(loader, node, "%s: \"%.60s\" names nobody", path, text);
}

static void read_steps(struct loader *loader, const struct config *config,
                       const struct node *item, const char *path,
                       const struct chain_words *words, struct chain *chain)
{
    for (size_t i = 0; words->steps && words->steps[i]; i++) {
        if (i == MAX_STEPS) {
            mistake_at(loader, node_child(item, "steps"), "%s has more than %d steps", path,
                       MAX_STEPS);
            return;
        }
        read_step(loader, config, item, path, words->steps[i], &chain->step[i]);
        if (i > 0 && chain->step[i].after_ns <= chain->step[i - 1].after_ns)
            mistake_at(loader, node_child(item, "steps"),
                       "%s: each step comes later than the one before", path);
        chain->n_steps++;
    }
    if (chain->n_steps == 0 && node_child(item, "steps"))
        mistake_at(loader, node_child(item, "steps"), "%s has no steps", path);
}

static bool chain_known(const struct ruleset *rules, const char *name)
{
    for (uint32_t i = 0; i < rules->n_chains; i++) {
        if (strcmp(rules->chain[i].name, name) == 0)
            return true;
    }
    return false;
}

static void read_chain(struct loader *loader, struct config_whole *whole,
                       const struct node *item, const char *path,
                       const struct chain_words *words, struct chain *chain)
{
    chain->name = words->name;
    chain->site = words->site;
    chain->district = words->district;
    chain->kind = words->kind;
    chain->priority = words->priority;
    chain->category = words->category;
    chain->repeat_ns = words->repeat_ns;
    chain->ack_for_ns = words->ack_for_ns;
    chain->persons = (uint32_t)words->persons;
    check_id(loader, item, path, "name", words->name);
    if (words->name[0] && chain_known(&whole->config.rules, words->name))
        mistake_at(loader, item, "there are two escalations %.64s", words->name);
    check_parts(loader, item, path, "priority", words->priority, "high|medium|low");
    check_parts(loader, item, path, "category", words->category,
                "physiological|technical|safety|service|compliance");
    read_steps(loader, &whole->config, item, path, words, chain);
}

static void look_at_chain(struct loader *loader, struct config_whole *whole,
                          const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    read_chain(loader, whole, item, path, &whole->chain_words[i],
               (struct chain *)(uintptr_t)&rules->chain[i]);
    rules->n_chains++;
}

static const struct list_table rosters = {.name = "rosters",
                                          .options = roster_options,
                                          .size = sizeof(struct roster_words),
                                          .array_at = IN_WHOLE(roster_words),
                                          .made_size = sizeof(struct roster),
                                          .made_at = IN_CONFIG(rules.roster),
                                          .is_named = true,
                                          .look = look_at_roster},
                               chains = {.name = "escalations",
                                         .options = chain_options,
                                         .size = sizeof(struct chain_words),
                                         .array_at = IN_WHOLE(chain_words),
                                         .made_size = sizeof(struct chain),
                                         .made_at = IN_CONFIG(rules.chain),
                                         .is_named = true,
                                         .look = look_at_chain};

void duty_read(struct loader *loader, struct config_whole *whole)
{
    (void)list_read_table(loader, whole, &rosters);
    (void)list_read_table(loader, whole, &chains);
}
