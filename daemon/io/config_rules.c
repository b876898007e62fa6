/*
 * config_rules.c - rules: the words every rule has, beside the options of its detector.
 *
 *   { name = "spo2-low"; priority = "high"; ...      rule_options, into struct rule_words
 *     detector = "threshold"; metric = "spo2"; ... } the plugin's own table, into its self
 *
 * Rules of the built-in detectors start from config_builtin.c; those the file does not
 * mention are added behind the file's.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "core/alarm/alarm.h"
#include "core/service/event_types.h"
#include "io/config_private.h"

#define AT(field) (uint32_t) offsetof(struct rule_words, field)
#define PRIORITIES "high|medium|low" /* in the order of enum cw_priority */
#define CATEGORIES "physiological|technical|safety|service|compliance" /* alarm_category */
#define MAX_RULES 4096
#define MAX_RULE_BYTES ((size_t)1 << 20)

const struct cw_option rule_options[] = {
    {"name", CW_OPT_TEXT, AT(name), 0, 0, CW_REQUIRED,
     "id of the rule; state and alarms follow it over reloads", NULL},
    {"detector", CW_OPT_TEXT, AT(detector), 0, 0, CW_REQUIRED,
     "a detector plugin, or supervision, visit, system", NULL},
    {"priority", CW_OPT_TEXT, AT(priority), 0, 0, "medium", "how urgent", PRIORITIES},
    {"category", CW_OPT_TEXT, AT(category), 0, 0, "physiological", "what it is about",
     CATEGORIES},
    {"kind", CW_OPT_TEXT, AT(kind), 0, 0, CW_OPTIONAL,
     "kind of the alarm for programs; left out: the rule's name", NULL},
    {"risk", CW_OPT_TEXT, AT(risk), 0, 0, CW_OPTIONAL,
     "risk code of GB 38600, such as fall or bed_fall", NULL},
    {"site", CW_OPT_TEXT, AT(site), 0, 0, CW_OPTIONAL,
     "only this site: an id, or a prefix that ends in *", NULL},
    {"device", CW_OPT_TEXT, AT(device), 0, 0, CW_OPTIONAL,
     "only this device: an id, or a prefix that ends in *", NULL},
    {"when", CW_OPT_TEXT, AT(when), 0, 0, CW_OPTIONAL,
     "in force only within this schedule; left out: always. night (22:00-06:00) and day are "
     "there if no schedule has these names",
     NULL},
    {"unless", CW_OPT_LIST, AT(unless), 0, 0, CW_OPTIONAL,
     "not in force while one of these is so for the resident, bed or device: resident.away, "
     "staff.present, maintenance.begin, visit.checkin, charging:true, ...",
     NULL},
    {"unless_for", CW_OPT_TIME, AT(unless_for_ns), 1, 31 * 86400, CW_OPTIONAL,
     "... for this long at most; left out: until it ends, names its end (expected, until), or "
     "has lasted too long (staff.present 30m, away 24h, a value 24h)",
     NULL},
    {"against", CW_OPT_TEXT, AT(against), 0, 0, CW_OPTIONAL,
     "judge not the value but its distance to the mean of the other devices of the site that "
     "have the metric (at least two)",
     "siblings"},
    {"pages_late", CW_OPT_BOOL, AT(pages_late), 0, 0, "false",
     "calls people however late the message comes (calls, falls, smoke)", NULL},
    {"rise", CW_OPT_TIME, AT(rise_ns), 1, 30 * 86400, CW_OPTIONAL,
     "while it lasts the priority goes one up each time this has passed", NULL},
    {"sink", CW_OPT_TIME, AT(sink_ns), 1, 30 * 86400, CW_OPTIONAL,
     "once it is over and nobody has acknowledged it, one down each time", NULL},
    {0},
};

const struct cw_option rule_builtin_options[] = {
    {"condition", CW_OPT_TEXT, AT(condition), 0, 0, CW_OPTIONAL,
     "supervision: device_silent, alive_no_data, site_silent; visit: late, missed, "
     "no_checkout; system: unknown_site, clock_fault, duplicate_identity, and those of the "
     "daemon itself "
     "(list above)",
     NULL},
    {"after", CW_OPT_TIME, AT(after_ns), 0, 30 * 86400, CW_OPTIONAL,
     "visit: grace behind the planned moment; system: how long the daemon's own trouble lasts "
     "before it is told",
     NULL},
    {"fold", CW_OPT_TEXT, AT(fold), 0, 0, "site",
     "supervision: a silent site is one alarm and its devices fold under it", "site|none"},
    {0},
};

const struct cw_option rule_text_options[] = {
    {"zh", CW_OPT_TEXT, AT(text_zh), 0, 0, CW_OPTIONAL, "what happened, in Chinese", NULL},
    {"en", CW_OPT_TEXT, AT(text_en), 0, 0, CW_OPTIONAL, "what happened, in English", NULL},
    {0},
};

const struct cw_option rule_action_options[] = {
    {"zh", CW_OPT_TEXT, AT(action_zh), 0, 0, CW_OPTIONAL, "what to do, in Chinese", NULL},
    {"en", CW_OPT_TEXT, AT(action_en), 0, 0, CW_OPTIONAL, "what to do, in English", NULL},
    {0},
};

static const char *const groups_of_rule[] = {"text", "action", NULL};

static void set_word(const struct cw_option *table, struct rule_words *words, const char *name,
                     const char *value)
{
    struct cw_error err;
    const struct cw_option *option = &table[option_find(table, name)];
    if (value && option_set(option, words, str_of(value), &err) != 0)
        BUG("built-in rule %s: %s", words->name, err.text);
}

/* What a built-in rule says where the file says nothing. */
static void set_builtin_words(struct rule_words *words, const struct builtin_rule *builtin)
{
    option_presets(rule_options, words);
    option_presets(rule_builtin_options, words);
    set_word(rule_options, words, "priority", builtin->priority);
    set_word(rule_options, words, "category", builtin->category);
    set_word(rule_builtin_options, words, "condition", builtin->condition);
    set_word(rule_builtin_options, words, "after", builtin->after);
    set_word(rule_text_options, words, "zh", builtin->text_zh);
    set_word(rule_text_options, words, "en", builtin->text_en);
    set_word(rule_action_options, words, "zh", builtin->action_zh);
    set_word(rule_action_options, words, "en", builtin->action_en);
}

static void set_if_empty(const struct cw_option *option, struct rule_words *words,
                         const char *const *field, const char *value)
{
    if ((*field)[0] == '\0')
        (void)option_set(option, words, str_of(value), NULL);
}

/* A text that is missing is taken from the other language, else from the name. */
static void fill_words(struct rule_words *words)
{
    fill_empty_texts(rule_options, words);
    fill_empty_texts(rule_builtin_options, words);
    fill_empty_texts(rule_text_options, words);
    fill_empty_texts(rule_action_options, words);
    set_if_empty(&rule_text_options[1], words, &words->text_en,
                 words->text_zh[0] ? words->text_zh : words->name);
    set_if_empty(&rule_text_options[0], words, &words->text_zh, words->text_en);
    set_if_empty(&rule_action_options[1], words, &words->action_en, words->action_zh);
    set_if_empty(&rule_action_options[0], words, &words->action_zh, words->action_en);
    int kind = option_find(rule_options, "kind");
    set_if_empty(&rule_options[kind], words, &words->kind, words->name);
}

/* ---- checks ---- */

static const struct node *member(const struct node *item, const char *name)
{
    const struct node *node = node_child(item, name);
    return node ? node : item;
}

static bool pattern_valid(const char *pattern)
{
    struct cw_str s = str_of(pattern);
    if (s.n > 0 && s.p[s.n - 1] == '*')
        s.n--;
    return s.n == 0 || id_valid(s);
}

static void check_length(struct loader *loader, const struct node *item, const char *path,
                         const char *group, const char *text)
{
    if (strlen(text) >= MAX_ALARM_TEXT)
        mistake_at(loader, member(item, group), "%s.%s is longer than %d bytes", path, group,
                   MAX_ALARM_TEXT - 1);
}

static void check_words(struct loader *loader, const struct node *item, const char *path,
                        const struct rule_words *words)
{
    if (words->name[0] && !id_valid(str_of(words->name)))
        mistake_at(loader, member(item, "name"),
                   "%s.name is an id of letters, digits, _ . -, not \"%.64s\"", path,
                   words->name);
    else if (words->kind[0] && !id_valid(str_of(words->kind)))
        mistake_at(loader, member(item, "kind"),
                   "%s.kind is an id of letters, digits, _ . -, not \"%.64s\"", path,
                   words->kind);
    if (words->risk[0] && !id_valid(str_of(words->risk)))
        mistake_at(loader, member(item, "risk"), "%s.risk is a code, not \"%.64s\"", path,
                   words->risk);
    if (!pattern_valid(words->site))
        mistake_at(loader, member(item, "site"),
                   "%s.site is an id or a prefix that ends in *, not \"%.64s\"", path,
                   words->site);
    if (!pattern_valid(words->device))
        mistake_at(loader, member(item, "device"),
                   "%s.device is an id or a prefix that ends in *, not \"%.64s\"", path,
                   words->device);
    check_length(loader, item, path, "text", words->text_zh);
    check_length(loader, item, path, "text", words->text_en);
    check_length(loader, item, path, "action", words->action_zh);
    check_length(loader, item, path, "action", words->action_en);
}

static void check_inputs(struct loader *loader, const struct node *item, const char *path,
                         const struct rule *rule)
{
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n = rule->plugin->ops.detector->inputs(rule->self, input, CW_MAX_INPUTS);
    if (n == 0 || n > CW_MAX_INPUTS) {
        mistake_at(loader, item, "%s wants %u inputs; a detector has from 1 to %d", path, n,
                   CW_MAX_INPUTS);
        return;
    }
    /* An event of another type is refused before a rule could see it. */
    for (uint32_t i = 0; i < n && !loader->from_text; i++) {
        uint32_t row;
        if (input[i].kind == CW_INPUT_EVENT && !event_type_find(str_of(input[i].name), &row))
            mistake_at(loader, item, "%s: there is no event type \"%.64s\"", path,
                       input[i].name);
    }
}

/* ---- one rule ---- */

static void read_texts(struct loader *loader, const struct node *item, const char *path,
                       struct rule_words *words)
{
    static const struct {
        const char *name;
        const struct cw_option *table;
    } groups[] = {{"text", rule_text_options}, {"action", rule_action_options}};
    for (size_t i = 0; i < 2; i++) {
        const struct node *node = node_child(item, groups[i].name);
        char group_path[192];
        (void)snprintf(group_path, sizeof(group_path), "%s.%s", path, groups[i].name);
        struct binding binding = {groups[i].table, words};
        if (node)
            read_group_over(loader, node, group_path, &binding, 1, NULL);
    }
}

static const struct builtin_rule *find_condition(struct loader *loader, const struct node *item,
                                                 const char *path, const char *detector)
{
    const char *condition = read_text_member(loader, item, path, "condition", false);
    if (!condition && strcmp(detector, "supervision") == 0)
        condition = CONDITION_DEVICE_SILENT;
    const struct builtin_rule *builtin =
        condition ? builtin_rule_find(detector, condition) : NULL;
    if (builtin)
        return builtin;
    struct buf known;
    buf_init(&known, 256);
    for (const struct builtin_rule *b = builtin_rules; b->name; b++) {
        if (strcmp(b->detector, detector) == 0)
            buf_printf(&known, "%s%s", known.n ? ", " : "", b->condition);
    }
    mistake_at(loader, member(item, "condition"), "%s.condition is one of %s%s%.64s%s", path,
               buf_text(&known), condition ? ", not \"" : "", condition ? condition : "",
               condition ? "\"" : "");
    buf_done(&known);
    return NULL;
}

static void read_builtin(struct loader *loader, const struct node *item, const char *path,
                         const char *detector, struct rule_words *words)
{
    const struct builtin_rule *builtin = find_condition(loader, item, path, detector);
    if (!builtin)
        return;
    const struct node *after = node_child(item, "after");
    if (after && strcmp(detector, "supervision") == 0 && !loader->from_text)
        mistake_at(loader, after, "%s.after says nothing to the detector supervision", path);
    set_builtin_words(words, builtin);
    struct binding binding[] = {{rule_options, words}, {rule_builtin_options, words}};
    read_group_over(loader, item, path, binding, 2, groups_of_rule);
    read_texts(loader, item, path, words);
}

static void read_detector(struct loader *loader, struct config_whole *whole,
                          const struct node *item, const char *path, const char *detector,
                          struct rule *rule, struct rule_words *words)
{
    rule->plugin = plugin_or_mistake(loader, item, path, CW_DETECTOR, "detector", detector,
                                     "supervision, visit, system");
    if (!rule->plugin)
        return;
    struct binding common = {rule_options, words};
    rule->self =
        plugin_instance(loader, whole, rule->plugin, item, path, &common, groups_of_rule);
    read_texts(loader, item, path, words);
    if (rule->self)
        check_inputs(loader, item, path, rule);
}

static enum rule_kind kind_of(const char *detector)
{
    if (strcmp(detector, "supervision") == 0)
        return RULE_SUPERVISION;
    if (strcmp(detector, "visit") == 0)
        return RULE_VISIT;
    return strcmp(detector, "system") == 0 ? RULE_SYSTEM : RULE_DETECTOR;
}

/* What may never be muted, and what is a help call. */
static void look_at_inputs(struct rule *rule)
{
    static const char *const vital[] = {"call", "smoke", "gas", NULL};
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n = rule->plugin->ops.detector->inputs(rule->self, input, CW_MAX_INPUTS);
    for (uint32_t i = 0; i < n && i < CW_MAX_INPUTS; i++) {
        bool is_event = input[i].kind == CW_INPUT_EVENT;
        struct cw_str input_name = str_of(input[i].name);
        bool call = str_is(input_name, is_event ? "call.pressed" : "call");
        for (const char *const *name = vital; *name && !is_event; name++)
            rule->vital = rule->vital || str_is(input_name, *name);
        rule->is_call = rule->is_call || call;
        rule->vital = rule->vital || call;
    }
}

/* From words to the fold's terms. */
static void finish_rule(struct rule *rule, const struct rule_words *words)
{
    rule->name = words->name;
    rule->kind_name = words->kind;
    rule->kind = kind_of(words->detector);
    rule->priority = (enum cw_priority)choice_index(PRIORITIES, words->priority);
    rule->category = (enum alarm_category)choice_index(CATEGORIES, words->category);
    rule->text_zh = words->text_zh;
    rule->text_en = words->text_en;
    rule->action_zh = words->action_zh;
    rule->action_en = words->action_en;
    rule->risk = words->risk;
    rule->site = words->site;
    rule->device = words->device;
    rule->against_siblings = words->against[0] != '\0';
    rule->pages_late = words->pages_late != 0;
    rule->rise_ns = words->rise_ns;
    rule->sink_ns = words->sink_ns;
    rule->vital = rule->pages_late;
    if (rule->kind == RULE_DETECTOR && rule->self)
        look_at_inputs(rule);
    rule->condition = words->condition;
    rule->after_ns = words->after_ns;
    rule->fold_site = strcmp(words->fold, "site") == 0;
}

static void keep_words(struct config_whole *whole, struct rule_words *words)
{
    config_keep(whole, rule_options, words);
    config_keep(whole, rule_builtin_options, words);
    config_keep(whole, rule_text_options, words);
    config_keep(whole, rule_action_options, words);
}

static void check_against(struct loader *loader, const struct node *item, const char *path,
                          const struct rule *rule)
{
    bool one_series = rule->kind == RULE_DETECTOR && rule->plugin &&
                      rule->plugin->ops.detector->scope == CW_SCOPE_SERIES;
    if (rule->against_siblings && !one_series)
        mistake_at(loader, node_child(item, "against"),
                   "%s.against: only a detector of one metric can judge against siblings",
                   path);
}

static void read_rule(struct loader *loader, struct config_whole *whole,
                      const struct node *item, uint32_t i)
{
    struct rule *rule = &whole->config.rules.rule[i];
    struct rule_words *words = &whole->rule_words[i];
    keep_words(whole, words);
    char path[160];
    const struct node *name = node_child(item, "name");
    if (name && name->type == NODE_TEXT && name->text.n > 0)
        (void)snprintf(path, sizeof(path), "rules.%.100s", name->text.p);
    else
        (void)snprintf(path, sizeof(path), "rules.%u", i);
    const char *detector = read_text_member(loader, item, path, "detector", true);
    if (detector && builtin_detector(detector))
        read_builtin(loader, item, path, detector, words);
    else if (detector)
        read_detector(loader, whole, item, path, detector, rule, words);
    if (!words->name && name && name->type == NODE_TEXT)
        (void)option_set(&rule_options[0], words, name->text, NULL);
    fill_words(words);
    check_words(loader, item, path, words);
    finish_rule(rule, words);
    check_against(loader, item, path, rule);
    gate_read(loader, whole, item, path, words, rule);
}

/* ---- all of them ---- */

/* Names are unique, and each condition has one rule. */
static void check_unique(struct loader *loader, const struct config_whole *whole,
                         const struct node *list)
{
    struct map names, conditions;
    map_init(&names);
    map_init(&conditions);
    const struct node *item = list->first;
    for (uint32_t i = 0; i < list->n_children; i++, item = item->next) {
        const struct rule_words *words = &whole->rule_words[i];
        struct cw_str name = str_of(words->name), condition = str_of(words->condition);
        const struct node *first = map_get(&names, name);
        if (name.n > 0 && first)
            mistake_at(loader, item, "there are two rules %.64s, the first at line %d",
                       words->name, first->line);
        else if (name.n > 0)
            (void)map_put(&names, name, (void *)(uintptr_t)item);
        first = map_get(&conditions, condition);
        if (condition.n > 0 && first)
            mistake_at(loader, item, "the rule of %s is already at line %d", words->condition,
                       first->line);
        else if (condition.n > 0)
            (void)map_put(&conditions, condition, (void *)(uintptr_t)item);
    }
    for (const struct builtin_rule *builtin = builtin_rules; builtin->name; builtin++) {
        item = map_get(&names, str_of(builtin->name));
        if (item && !map_get(&conditions, str_of(builtin->condition)))
            mistake_at(loader, item,
                       "%s is the name of the built-in rule of %s %s: take another name, or "
                       "that detector and condition",
                       builtin->name, builtin->detector, builtin->condition);
    }
    map_done(&names);
    map_done(&conditions);
}

static bool condition_taken(const struct config_whole *whole, uint32_t n, const char *condition)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(whole->rule_words[i].condition, condition) == 0)
            return true;
    }
    return false;
}

static void add_builtin(struct config_whole *whole, const struct builtin_rule *builtin)
{
    uint32_t i = whole->config.rules.n_rules++;
    struct rule_words *words = &whole->rule_words[i];
    keep_words(whole, words);
    set_builtin_words(words, builtin);
    set_word(rule_options, words, "name", builtin->name);
    set_word(rule_options, words, "detector", builtin->detector);
    fill_words(words);
    finish_rule(&whole->config.rules.rule[i], words);
}

static void make_fingerprints(struct config_whole *whole)
{
    struct buf text;
    buf_init(&text, MAX_RULE_BYTES);
    for (uint32_t i = 0; i < whole->config.rules.n_rules; i++) {
        buf_clear(&text);
        print_rule(whole, i, &text);
        gate_print(whole, &whole->config.rules.rule[i], &text);
        whole->config.rules.rule[i].fingerprint = hash64(buf_str(&text), 0);
    }
    buf_done(&text);
}

/* A condition that is no more, in a configuration that was recorded while it was: its rule is
 * passed over. In a file it is a mistake. */
static bool is_retired(const struct node *item)
{
    const struct node *condition = node_child(item, "condition");
    return condition && condition->type == NODE_TEXT &&
           str_is(condition->text, "not_authorised");
}

static void drop_retired(struct node *list)
{
    struct node **link = &list->first;
    list->last = NULL;
    while (*link) {
        struct node *item = *link;
        if (is_retired(item)) {
            *link = item->next;
            list->n_children--;
        } else {
            list->last = item;
            link = &item->next;
        }
    }
}

void rules_read(struct loader *loader, struct config_whole *whole)
{
    if (loader->from_text && node_child(loader->root, "rules"))
        drop_retired(node_child(loader->root, "rules"));
    const struct node *list = read_list(loader, loader->root, "rules");
    uint32_t n = list ? list->n_children : 0;
    if (n > MAX_RULES) {
        mistake_at(loader, list, "there are more than %d rules", MAX_RULES);
        n = 0;
    }
    size_t room = n + n_builtin_rules(); /* the built-in ones behind */
    struct ruleset *rules = &whole->config.rules;
    rules->rule = config_keep_array(whole, room, sizeof(rules->rule[0]));
    whole->rule_words = config_keep_array(whole, room, sizeof(whole->rule_words[0]));
    rules->n_rules = n;
    const struct node *item = n > 0 ? list->first : NULL;
    for (uint32_t i = 0; i < n; i++, item = item->next)
        read_rule(loader, whole, item, i);
    if (n > 0)
        check_unique(loader, whole, list);
    for (const struct builtin_rule *builtin = builtin_rules; builtin->name; builtin++) {
        if (!condition_taken(whole, n, builtin->condition))
            add_builtin(whole, builtin);
    }
    if (loader->n_mistakes == 0)
        make_fingerprints(whole);
}
