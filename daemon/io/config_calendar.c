/*
 * config_calendar.c - local time: the zone with its changes, and the schedules named in it.
 *
 * The zone's file is read here, once, and what it says becomes part of the configuration
 * ("zone_rule", "zone_changes"): so a recording means the same on a machine whose zone files
 * are others.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "core/alarm/schedule.h"
#include "io/config_private.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)
#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define PRESET_ZONE "Asia/Shanghai"
#define PRESET_RULE "CST-8" /* also where no zone files are installed */
#define MAX_ZONE_BYTES (256u << 10)
#define CHANGES_FROM_S INT64_C(1577836800) /* 2020 */

const struct cw_option calendar_options[] = {
    {"zone", CW_OPT_TEXT, AT(calendar_section, zone), 0, 0, PRESET_ZONE,
     "time zone of schedules and rosters, by its name in " ZONE_FOLDER, NULL},
    {"zone_rule", CW_OPT_TEXT, AT(calendar_section, zone_rule), 0, 0, CW_OPTIONAL,
     "the zone's rule, such as CST-8; left out: as its file says", NULL},
    {"zone_changes", CW_OPT_LIST, AT(calendar_section, zone_changes), 0, 0, CW_OPTIONAL,
     "changes before the rule holds, such as \"2026-03-29T01:00:00Z 7200\"; left out: as its "
     "file says",
     NULL},
    {0},
};

const struct cw_option schedule_options[] = {
    {"name", CW_OPT_TEXT, AT(schedule_words, name), 0, 0, CW_REQUIRED, "id of the schedule",
     NULL},
    {"spans", CW_OPT_LIST, AT(schedule_words, spans), 0, 0, CW_REQUIRED,
     "such as \"21:00-06:00\" (through midnight) or \"mon-fri 08:00-12:00\"; together", NULL},
    {0},
};

/* ---- the zone ---- */

static const struct node *calendar_node(const struct loader *loader, const char *name)
{
    const struct node *group = node_child(loader->root, "calendar");
    const struct node *node = node_child(group, name);
    return node ? node : group;
}

static bool zone_name_valid(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    return name[0] && name[0] != '/' && strlen(name) < 100 &&
           strspn(name, allowed) == strlen(name);
}

/* What the file says becomes words of the configuration. */
static void keep_zone_words(struct calendar_section *calendar, const struct zone *zone,
                            const char *rule)
{
    char text[MAX_ZONE_CHANGES][ZONE_CHANGE_MAX];
    struct cw_str item[MAX_ZONE_CHANGES];
    for (uint32_t i = 0; i < zone->n_changes; i++)
        item[i] = (struct cw_str){text[i], zone_format_change(&zone->change[i], text[i])};
    (void)option_set(&calendar_options[1], calendar, str_of(rule), NULL);
    if (zone->n_changes > 0)
        (void)option_set_list(&calendar_options[2], calendar, item, zone->n_changes, NULL);
}

static void read_zone_file(struct loader *loader, struct calendar_section *calendar,
                           struct zone *zone)
{
    struct cw_error err = {""};
    char path[160], rule[ZONE_RULE_MAX] = PRESET_RULE;
    struct buf bytes;
    (void)snprintf(path, sizeof(path), ZONE_FOLDER "%s", calendar->zone);
    buf_init(&bytes, MAX_ZONE_BYTES);
    int ret = source_slurp(path, MAX_ZONE_BYTES, &bytes);
    if (ret == 0)
        ret = zone_parse_tzif(zone, buf_str(&bytes), CHANGES_FROM_S, rule, &err);
    else if (strcmp(calendar->zone, PRESET_ZONE) == 0)
        ret = zone_parse(zone, str_of(rule), &err);
    else
        err_set(&err, ret, "there is no such file");
    buf_done(&bytes);
    if (ret == 0)
        keep_zone_words(calendar, zone, rule);
    else
        mistake_at(loader, calendar_node(loader, "zone"), "calendar.zone \"%.64s\" (%s): %s",
                   calendar->zone, path, err.text);
}

static void read_zone(struct loader *loader, struct config_whole *whole)
{
    struct calendar_section *calendar = &whole->calendar;
    struct zone *zone = &whole->config.rules.zone;
    struct cw_error err = {""};
    if (!zone_name_valid(calendar->zone)) {
        mistake_at(loader, calendar_node(loader, "zone"),
                   "calendar.zone is a name such as Asia/Shanghai, not \"%.64s\"",
                   calendar->zone);
        return;
    }
    if (loader->from_text && !calendar->zone_rule[0])
        (void)option_set(&calendar_options[1], calendar, CW_STR(PRESET_RULE), NULL);
    if (!calendar->zone_rule[0]) {
        read_zone_file(loader, calendar, zone);
        return;
    }
    if (zone_parse(zone, str_of(calendar->zone_rule), &err) != 0)
        mistake_at(loader, calendar_node(loader, "zone_rule"), "calendar.zone_rule: %s",
                   err.text);
    for (size_t i = 0; calendar->zone_changes && calendar->zone_changes[i]; i++) {
        if (zone_add_change(zone, str_of(calendar->zone_changes[i]), &err) != 0)
            mistake_at(loader, calendar_node(loader, "zone_changes"),
                       "calendar.zone_changes: %s", err.text);
    }
}

/* ---- schedules ---- */

static const struct {
    const char *name, *span;
} presets[] = {{"night", "22:00-06:00"}, {"day", "06:00-22:00"}};
#define N_PRESETS (sizeof(presets) / sizeof(presets[0]))

static void read_spans(struct loader *loader, const struct node *item, const char *path,
                       const struct schedule_words *words, struct schedule *schedule)
{
    struct cw_error err;
    for (size_t i = 0; words->spans && words->spans[i]; i++) {
        if (i == MAX_SPANS) {
            mistake_at(loader, node_child(item, "spans"), "%s has more than %d spans", path,
                       MAX_SPANS);
            return;
        }
        if (schedule_parse_span(str_of(words->spans[i]), &schedule->span[i], &err) != 0)
            mistake_at(loader, node_child(item, "spans"), "%s: %s", path, err.text);
        schedule->n_spans++;
    }
    if (schedule->n_spans == 0 && node_child(item, "spans"))
        mistake_at(loader, node_child(item, "spans"), "%s has no spans", path);
}

/* Everybody knows what a night is; a schedule of that name in the file says otherwise. */
static void add_presets(struct config_whole *whole)
{
    struct ruleset *rules = &whole->config.rules;
    struct schedule *schedule = (struct schedule *)(uintptr_t)rules->schedule;
    for (size_t i = 0; i < N_PRESETS; i++) {
        struct schedule_words *words = &whole->schedule_words[rules->n_schedules];
        struct schedule *here = &schedule[rules->n_schedules];
        struct cw_str name = str_of(presets[i].name), span = str_of(presets[i].span);
        if (ruleset_schedule(rules, name))
            continue;
        config_keep(whole, schedule_options, words);
        if (option_set(&schedule_options[0], words, name, NULL) != 0 ||
            option_set(&schedule_options[1], words, span, NULL) != 0 ||
            schedule_parse_span(span, &here->span[0], NULL) != 0)
            BUG("the schedule %s", presets[i].name);
        here->name = words->name;
        here->n_spans = 1;
        rules->n_schedules++;
    }
}

static void look_at_schedule(struct loader *loader, struct config_whole *whole,
                             const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    const struct schedule_words *words = &whole->schedule_words[i];
    struct schedule *schedule = (struct schedule *)(uintptr_t)&rules->schedule[i];
    schedule->name = words->name;
    if (words->name[0] && !id_valid(str_of(words->name)))
        mistake_at(loader, item, "%s.name is an id of letters, digits, _ . -", path);
    if (words->name[0] && ruleset_schedule(rules, str_of(words->name)))
        mistake_at(loader, item, "there are two schedules %.64s", words->name);
    read_spans(loader, item, path, words, schedule);
    rules->n_schedules++;
}

static const struct list_table schedules = {.name = "schedules",
                                            .options = schedule_options,
                                            .size = sizeof(struct schedule_words),
                                            .array_at = IN_WHOLE(schedule_words),
                                            .made_size = sizeof(struct schedule),
                                            .made_at = IN_CONFIG(rules.schedule),
                                            .n_spare = N_PRESETS,
                                            .is_named = true,
                                            .look = look_at_schedule};

void calendar_read(struct loader *loader, struct config_whole *whole)
{
    read_zone(loader, whole);
    (void)list_read_table(loader, whole, &schedules);
    add_presets(whole);
}
