/*
 * config_oversight.c - duties, lists of organisations, schemes of evaluation and what
 * inspectors look at: what the rules of a city say, each with its source.
 *
 *   sections = [ "environment:120", ... ]       name and most points
 *   grades = [ "5A 901", "5 900 90%", ... ]     best first: points in all, part of each section
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/num.h"
#include "base/str.h"
#include "core/oversight/statute.h"
#include "core/service/event_types.h"
#include "io/config_private.h"
#include "io/feed_sign.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)

const struct cw_option duty_rule_options[] = {
    {"name", CW_OPT_TEXT, AT(duty_rule, name), 0, 0, CW_REQUIRED,
     "id, as in the events: annual_report, disclosure, annual_inspection, ...", NULL},
    {"title", CW_OPT_TEXT, AT(duty_rule, title), 0, 0, CW_OPTIONAL, "as it is shown", NULL},
    {"source", CW_OPT_TEXT, AT(duty_rule, source), 0, 0, CW_REQUIRED,
     "law, rule or notice that says so, with its article", NULL},
    {"of", CW_OPT_TEXT, AT(duty_rule, of), 0, 0, "organisation", "who owes it",
     "organisation|site"},
    {"types", CW_OPT_TEXT, AT(duty_rule, types), 0, 0, CW_OPTIONAL,
     "types of organisations or kinds of sites, such as \"foundation|private_nonprofit\" or "
     "\"station.*\"; left out: all",
     NULL},
    {"due", CW_OPT_LIST, AT(duty_rule, due), 0, 0, CW_REQUIRED,
     "dates of each year, such as \"05-31\", in order; several are several periods", NULL},
    {"of_previous_year", CW_OPT_BOOL, AT(duty_rule, is_of_previous), 0, 0, "false",
     "the period is the year before that of the due date", NULL},
    {"working_day", CW_OPT_BOOL, AT(duty_rule, to_working_day), 0, 0, "false",
     "a due date that is no working day moves to the next one", NULL},
    {"judged", CW_OPT_BOOL, AT(duty_rule, is_judged), 0, 0, "true",
     "the department gives a result; else it is done when it is filed", NULL},
    {"open_days", CW_OPT_INT, AT(duty_rule, open_days), 1, 366, "90",
     "days before it is due in which it can be filed and is shown", NULL},
    {"registered_until", CW_OPT_TEXT, AT(duty_rule, registered_until), 0, 0, CW_OPTIONAL,
     "a date such as \"06-30\": only who was registered by then in the year of the period owes "
     "it; left out: by the end of that year",
     NULL},
    {"done_by", CW_OPT_TEXT, AT(duty_rule, done_by), 0, 0, CW_OPTIONAL,
     "event of the site that fulfils it, such as drill.done; left out: it is filed", NULL},
    {"kind", CW_OPT_TEXT, AT(duty_rule, kind), 0, 0, CW_OPTIONAL,
     "only such events of done_by, by their member kind", NULL},
    {0},
};

const struct cw_option list_rule_options[] = {
    {"name", CW_OPT_TEXT, AT(list_rule, name), 0, 0, CW_REQUIRED,
     "id, as in the events: red, black, abnormal, serious, watch, ...", NULL},
    {"title", CW_OPT_TEXT, AT(list_rule, title), 0, 0, CW_OPTIONAL, "as it is shown", NULL},
    {"source", CW_OPT_TEXT, AT(list_rule, source), 0, 0, CW_REQUIRED,
     "rule that the list stands on", NULL},
    {"clause", CW_OPT_TEXT, AT(list_rule, clause), 0, 0, CW_OPTIONAL,
     "its article, where a proposal names none", NULL},
    {"honour", CW_OPT_BOOL, AT(list_rule, is_honour), 0, 0, "false", "no sanction: a red list",
     NULL},
    {"public", CW_OPT_BOOL, AT(list_rule, is_public), 0, 0, "true",
     "what counts may be read by anybody", NULL},
    {"answer_days", CW_OPT_INT, AT(list_rule, answer_days), 0, 1000, "10",
     "working days between the notice and the day it counts; 0: none", NULL},
    {"objection_days", CW_OPT_INT, AT(list_rule, objection_days), 1, 1000, "20",
     "working days until an objection is decided", NULL},
    {"months", CW_OPT_INT, AT(list_rule, months), 0, 1200, "0",
     "how long it counts; 0: until it is removed", NULL},
    {"ends_by_itself", CW_OPT_BOOL, AT(list_rule, ends_by_itself), 0, 0, "true",
     "it is removed at the end of its months; false: only on application", NULL},
    {"restarts", CW_OPT_BOOL, AT(list_rule, restarts), 0, 0, "true",
     "what is decided anew while it counts begins its months anew", NULL},
    {"repair_months", CW_OPT_INT, AT(list_rule, repair_months), 0, 1200, "0",
     "before that repair cannot be asked for", NULL},
    {"repair_days", CW_OPT_INT, AT(list_rule, repair_days), 1, 1000, "20",
     "working days until a request for repair is decided", NULL},
    {"leads_to", CW_OPT_TEXT, AT(list_rule, leads_to), 0, 0, CW_OPTIONAL,
     "list that is suggested to the department after leads_months on this one", NULL},
    {"leads_months", CW_OPT_INT, AT(list_rule, leads_months), 0, 1200, "0", "see leads_to",
     NULL},
    {"measures", CW_OPT_LIST, AT(list_rule, measures), 0, 0, CW_OPTIONAL,
     "what follows for who is on it, as it is shown and published", NULL},
    {0},
};

const struct cw_option scheme_options[] = {
    {"name", CW_OPT_TEXT, AT(scheme, name), 0, 0, CW_REQUIRED,
     "id, as in the events; several of one name are versions", NULL},
    {"title", CW_OPT_TEXT, AT(scheme, title), 0, 0, CW_OPTIONAL, "as it is shown", NULL},
    {"source", CW_OPT_TEXT, AT(scheme, source), 0, 0, CW_REQUIRED,
     "standard or rule, with its version", NULL},
    {"in_force", CW_OPT_TEXT, AT(scheme, in_force), 0, 0, CW_OPTIONAL,
     "date from which what is published is judged by it; left out: ever", NULL},
    {"types", CW_OPT_TEXT, AT(scheme, types), 0, 0, CW_OPTIONAL,
     "types of organisations or kinds of sites that it grades; left out: all", NULL},
    {"sections", CW_OPT_LIST, AT(scheme, sections), 0, 0, CW_REQUIRED,
     "such as \"environment:120\": a section and its most points", NULL},
    {"grades", CW_OPT_LIST, AT(scheme, grades), 0, 0, CW_REQUIRED,
     "best first, such as \"5 900 90%\": grade, points in all, part of every section (may be "
     "left out)",
     NULL},
    {"valid", CW_OPT_TEXT, AT(scheme, valid), 0, 0, "from_publication",
     "from_publication: years from the day; calendar_years: from the 1st of January after it "
     "to the 31st of December of the last year",
     "from_publication|calendar_years"},
    {"years", CW_OPT_INT, AT(scheme, years), 0, 100, "0",
     "how long a grade is valid; 0: as the department publishes it", NULL},
    {"panel", CW_OPT_INT, AT(scheme, panel), 0, 100, "0", "members of the panel at least",
     NULL},
    {"registered_years", CW_OPT_INT, AT(scheme, registered_years), 0, 100, "0",
     "whole years since the registration before which nobody is graded", NULL},
    {"excludes", CW_OPT_LIST, AT(scheme, excludes), 0, 0, CW_OPTIONAL,
     "who is not graded: \"listed:LIST\"; of the newest period of a duty \"missed:DUTY\", "
     "\"failed:DUTY\", or of the last two \"basic_twice:DUTY\"",
     NULL},
    {0},
};

const struct cw_option check_options[] = {
    {"name", CW_OPT_TEXT, AT(check_item, name), 0, 0, CW_REQUIRED, "id of what is looked at",
     NULL},
    {"domain", CW_OPT_TEXT, AT(check_item, domain), 0, 0, CW_REQUIRED, "of which inspections",
     "finance|safety|quality|other"},
    {"clause", CW_OPT_TEXT, AT(check_item, clause), 0, 0, CW_OPTIONAL,
     "rule and article, as a finding of it names them; left out: the name", NULL},
    {"text", CW_OPT_TEXT, AT(check_item, text), 0, 0, CW_REQUIRED, "what has to be right",
     NULL},
    {"text_en", CW_OPT_TEXT, AT(check_item, text_en), 0, 0, CW_OPTIONAL,
     "the same in English; left out: as text", NULL},
    {0},
};

const struct cw_option partner_options[] = {
    {"name", CW_OPT_TEXT, AT(partner, name), 0, 0, CW_REQUIRED, "id of who publishes it", NULL},
    {"key", CW_OPT_TEXT, AT(partner, key), 0, 0, CW_REQUIRED,
     "public key, as its /public/v1/credit/key says", NULL},
    {0},
};

/* ---- duties ---- */

static void check_name(struct loader *loader, const struct node *item, const char *path,
                       const char *name)
{
    if (name && name[0] && !id_valid(str_of(name)))
        mistake_at(loader, item, "%s: name is an id of letters, digits, _ . -, not \"%.64s\"",
                   path, name);
}

static void check_duty(struct loader *loader, const struct node *item, const char *path,
                       const struct duty_rule *duty)
{
    int64_t day, before = INT64_MIN;
    uint32_t row;
    for (size_t i = 0; duty->due && duty->due[i]; i++, before = day) {
        if (!statute_date(duty->due[i], 2024, &day) || day <= before) {
            mistake_at(loader, node_child(item, "due"),
                       "%s.due: \"%.40s\" is no date such as 05-31, later than the one before",
                       path, duty->due[i]);
            return;
        }
    }
    if (duty->registered_until[0] && !statute_date(duty->registered_until, 2024, &day))
        mistake_at(loader, node_child(item, "registered_until"),
                   "%s.registered_until is a date such as 06-30, not \"%.40s\"", path,
                   duty->registered_until);
    if (duty->done_by[0] && !event_type_find(str_of(duty->done_by), &row))
        mistake_at(loader, node_child(item, "done_by"),
                   "%s.done_by: there is no event \"%.64s\"", path, duty->done_by);
    if (duty->done_by[0] && strcmp(duty->of, "site") != 0)
        mistake_at(loader, item, "%s: what is done by an event is owed by a site", path);
}

/* An id, and nobody's before it. */
static void check_own_name(struct loader *loader, const struct node *item, const char *path,
                           const char *name, bool is_taken, const char *what)
{
    check_name(loader, item, path, name);
    if (name[0] && is_taken)
        mistake_at(loader, item, "there are two %s %.64s", what, name);
}

static void look_at_duty(struct loader *loader, struct config_whole *whole,
                         const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    const struct duty_rule *duty = &rules->duty[i];
    check_own_name(loader, item, path, duty->name,
                   duty_rule_find(rules, str_of(duty->name)) != NULL, "duties");
    check_duty(loader, item, path, duty);
    rules->n_duties++;
}

/* ---- lists ---- */

static void check_leads(struct loader *loader, const struct node *list,
                        const struct ruleset *rules)
{
    const struct node *item = list ? list->first : NULL;
    for (uint32_t i = 0; i < rules->n_lists; i++, item = item->next) {
        const struct list_rule *rule = &rules->list[i];
        if (rule->leads_to[0] && !list_rule_find(rules, str_of(rule->leads_to)))
            mistake_at(loader, node_child(item, "leads_to"),
                       "lists.%.64s.leads_to: there is no list \"%.64s\"", rule->name,
                       rule->leads_to);
        if (rule->leads_to[0] && rule->leads_months == 0)
            mistake_at(loader, item, "lists.%.64s: leads_to needs leads_months", rule->name);
    }
}

static void look_at_list(struct loader *loader, struct config_whole *whole,
                         const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    const struct list_rule *rule = &rules->list[i];
    check_own_name(loader, item, path, rule->name,
                   list_rule_find(rules, str_of(rule->name)) != NULL, "lists");
    rules->n_lists++;
}

/* ---- schemes ---- */

static bool read_section(const char *text, struct scheme_section *section)
{
    struct cw_str rest = str_of(text), name;
    return str_split(&rest, ':', &name) && id_valid(name) &&
           str_copy(section->name, sizeof(section->name), name) &&
           num_parse_f64(rest, &section->max) >= 0 && section->max > 0;
}

static bool read_grade(const char *text, struct scheme_grade *grade)
{
    struct cw_str rest = str_of(text), name, total, each;
    double share = 0;
    if (!str_split(&rest, ' ', &name) || name.n == 0 ||
        !str_copy(grade->name, sizeof(grade->name), name) || !str_split(&rest, ' ', &total) ||
        num_parse_f64(total, &grade->total) < 0)
        return false;
    if (!str_split(&rest, ' ', &each))
        return true;
    if (each.n < 2 || each.p[each.n - 1] != '%' ||
        num_parse_f64((struct cw_str){each.p, each.n - 1}, &share) < 0 || share > 100)
        return false;
    grade->each = share / 100;
    return rest.n == 0;
}

static void read_sections(struct loader *loader, const struct node *item, const char *path,
                          struct scheme *scheme)
{
    for (size_t i = 0; scheme->sections && scheme->sections[i]; i++) {
        if (i == MAX_SECTIONS || !read_section(scheme->sections[i], &scheme->section[i])) {
            mistake_at(loader, node_child(item, "sections"),
                       "%s.sections: \"%.60s\" is no section such as environment:120, or there "
                       "are more than %d",
                       path, scheme->sections[i], MAX_SECTIONS);
            return;
        }
        scheme->n_sections++;
    }
}

static void read_grades(struct loader *loader, const struct node *item, const char *path,
                        struct scheme *scheme)
{
    for (size_t i = 0; scheme->grades && scheme->grades[i]; i++) {
        if (i == MAX_GRADES || !read_grade(scheme->grades[i], &scheme->grade[i]) ||
            (i > 0 && scheme->grade[i].total >= scheme->grade[i - 1].total)) {
            mistake_at(loader, node_child(item, "grades"),
                       "%s.grades: \"%.60s\" is no grade such as \"5 900 90%%\" with fewer "
                       "points than the one before, or there are more than %d",
                       path, scheme->grades[i], MAX_GRADES);
            return;
        }
        scheme->n_grades++;
    }
}

static bool exclusion_valid(const struct ruleset *rules, const char *text)
{
    struct cw_str rest = str_of(text), word;
    if (!str_split(&rest, ':', &word))
        return false;
    if (str_is(word, "listed"))
        return list_rule_find(rules, rest) != NULL;
    return (str_is(word, "missed") || str_is(word, "failed") || str_is(word, "basic_twice")) &&
           duty_rule_find(rules, rest);
}

static void check_scheme(struct loader *loader, const struct node *item, const char *path,
                         const struct ruleset *rules, const struct scheme *scheme)
{
    int64_t day;
    if (scheme->in_force[0] && civil_parse(str_of(scheme->in_force), &day))
        mistake_at(loader, node_child(item, "in_force"),
                   "%s.in_force is a date such as 2026-03-01, not \"%.40s\"", path,
                   scheme->in_force);
    for (size_t i = 0; scheme->excludes && scheme->excludes[i]; i++)
        if (!exclusion_valid(rules, scheme->excludes[i]))
            mistake_at(loader, node_child(item, "excludes"),
                       "%s.excludes: \"%.60s\" is not listed:LIST, missed:DUTY, failed:DUTY or "
                       "basic_twice:DUTY of a list or duty above",
                       path, scheme->excludes[i]);
}

static void look_at_scheme(struct loader *loader, struct config_whole *whole,
                           const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    /* The item is ours until it is read; for everybody else it is constant. */
    struct scheme *scheme = (struct scheme *)(uintptr_t)&rules->scheme[i];
    check_name(loader, item, path, scheme->name);
    read_sections(loader, item, path, scheme);
    read_grades(loader, item, path, scheme);
    check_scheme(loader, item, path, rules, scheme);
    rules->n_schemes++;
}

/* ---- checklist ---- */

static void look_at_check(struct loader *loader, struct config_whole *whole,
                          const struct node *item, const char *path, size_t i)
{
    const struct check_item *check = whole->config.rules.check;
    bool is_taken = false;
    for (size_t k = 0; k < i; k++)
        is_taken |= strcmp(check[i].name, check[k].name) == 0;
    check_own_name(loader, item, path, check[i].name, is_taken, "items");
    whole->config.rules.n_checks++;
}

/* ---- partners ---- */

static void look_at_partner(struct loader *loader, struct config_whole *whole,
                            const struct node *item, const char *path, size_t i)
{
    const struct partner *partner = &whole->config.partner[i];
    check_name(loader, item, path, partner->name);
    if (partner->key[0] && !feed_key_valid(partner->key))
        mistake_at(loader, node_child(item, "key"),
                   "%s.key is a public key of 64 hexadecimal digits", path);
    whole->config.n_partners++;
}

/* ---- all of them ---- */

static const struct list_table duties = {.name = "duties",
                                         .options = duty_rule_options,
                                         .size = sizeof(struct duty_rule),
                                         .array_at = IN_CONFIG(rules.duty),
                                         .is_named = true,
                                         .look = look_at_duty},
                               lists = {.name = "lists",
                                        .options = list_rule_options,
                                        .size = sizeof(struct list_rule),
                                        .array_at = IN_CONFIG(rules.list),
                                        .is_named = true,
                                        .look = look_at_list},
                               schemes = {.name = "schemes",
                                          .options = scheme_options,
                                          .size = sizeof(struct scheme),
                                          .array_at = IN_CONFIG(rules.scheme),
                                          .is_named = true,
                                          .look = look_at_scheme},
                               checklist = {.name = "checklist",
                                            .options = check_options,
                                            .size = sizeof(struct check_item),
                                            .array_at = IN_CONFIG(rules.check),
                                            .is_named = true,
                                            .look = look_at_check},
                               partners = {.name = "partners",
                                           .options = partner_options,
                                           .size = sizeof(struct partner),
                                           .array_at = IN_CONFIG(partner),
                                           .is_named = true,
                                           .look = look_at_partner};

/* In this order: schemes name lists and duties. */
void oversight_read(struct loader *loader, struct config_whole *whole)
{
    (void)list_read_table(loader, whole, &duties);
    check_leads(loader, list_read_table(loader, whole, &lists), &whole->config.rules);
    (void)list_read_table(loader, whole, &schemes);
    (void)list_read_table(loader, whole, &checklist);
    (void)list_read_table(loader, whole, &partners);
}
