/*
 * evaluation.c - grades by sections. A scheme is configuration (statute.h): sections with their
 * points, grades with what is needed in all and in each section, who is not graded at all, how
 * long it is valid. The grade is computed and stands beside the one that was published, line by
 * line, with the evidence of each section and the version of the rule; more points than a
 * section has are refused. Alarms, their counts and times, are in no scheme.
 *
 * GB/T 37276-2018 as the national guide gives it is known without configuration; other schemes
 * that are not configured are kept as scored.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "base/json_find.h"
#include "base/num.h"
#include "core/ingest/document.h"
#include "core/oversight/credit.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/ledger.h"
#include "core/oversight/statute.h"

enum { SCORED = 1, EXPIRED };
static const char *const states[] = {"", "scored", "expired", NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "site", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "district", .type = FIELD_ID},
    {.name = "scheme", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "sections", .type = FIELD_NUMBERS, .min = 0, .max = 10000},
    {.name = "grade", .type = FIELD_TEXT, .max = 16, .flags = FIELD_PUBLIC},
    {.name = "computed_grade", .type = FIELD_TEXT, .max = 16},
    {.name = "total", .type = FIELD_REAL, .min = 0, .max = 1e6},
    {.name = "explained", .type = FIELD_TEXT, .max = 1024},
    {.name = "lines", .type = FIELD_PROOF, .max = 4096},
    {.name = "rule_version", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "published", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "valid_from", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "valid_until", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "panel", .type = FIELD_IDS},
    {.name = "recused", .type = FIELD_IDS},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = NULL},
};
static void write_account(const struct fold *fold, const struct entry *entry,
                          struct json_out *out);
const struct entry_kind kind_evaluations = {.name = "evaluations",
                                            .member = "scheme",
                                            .field = fields,
                                            .state = states,
                                            .more = write_account};

static const struct scheme known = {
    .name = "gbt37276",
    .source = "GB/T 37276-2018",
    .in_force = "",
    .types = "",
    .valid = "from_publication",
    .years = 3,
    .section = {{"environment", 120},
                {"facilities", 130},
                {"operation", 150},
                {"service", 600}},
    .n_sections = 4,
    .grade =
        {{"5", 900, 0.9}, {"4", 780, 0.8}, {"3", 570, 0.6}, {"2", 450, 0.5}, {"1", 360, 0.4}},
    .n_grades = 5,
};

static const struct scheme *scheme_of(const struct fold *fold, struct cw_str name, int64_t day)
{
    const struct scheme *scheme = scheme_find(fold->rules, name, day);
    return scheme ? scheme : str_is(name, known.name) ? &known : NULL;
}

/* "ORG.SCHEME" */
static bool make_id(const struct event *event, char id[])
{
    struct cw_str org = CW_STR(""), scheme = CW_STR("");
    if (document_id(event->doc, event->root, "org", &org, event->err) ||
        document_id(event->doc, event->root, "scheme", &scheme, event->err))
        return false;
    return snprintf(id, MAX_ENTRY_ID + 1, "%.*s.%.*s", (int)org.n, org.p, (int)scheme.n,
                    scheme.p) <= MAX_ENTRY_ID;
}

static double score_of(const struct event *event, const char *section)
{
    const struct cw_node *sections = document_member(event->doc, event->root, "sections");
    double score = 0;
    if (sections && sections->type == CW_NODE_OBJECT)
        (void)document_real(event->doc, sections, section, &score, NULL);
    return score;
}

static bool reaches(const struct scheme *scheme, const struct event *event,
                    const struct scheme_grade *grade, double total)
{
    if (total < grade->total)
        return false;
    for (uint32_t i = 0; i < scheme->n_sections; i++)
        if (score_of(event, scheme->section[i].name) < scheme->section[i].max * grade->each)
            return false;
    return true;
}

static const struct scheme_grade *grade_of(const struct scheme *scheme,
                                           const struct event *event, double *total)
{
    *total = 0;
    for (uint32_t i = 0; i < scheme->n_sections; i++)
        *total += score_of(event, scheme->section[i].name);
    for (uint32_t i = 0; i < scheme->n_grades; i++)
        if (reaches(scheme, event, &scheme->grade[i], *total))
            return &scheme->grade[i];
    return NULL;
}

/* The evidence of a section: the text that begins with its name and a colon. */
static struct cw_str evidence_of(struct cw_str json, const char *section)
{
    struct cw_str rest = json, one;
    size_t n = strlen(section);
    while (json.n && json_next_text(&rest, &one))
        if (str_starts(one, section) && one.n > n && one.p[n] == ':')
            return (struct cw_str){one.p + n + 1, one.n - n - 1};
    return CW_STR("");
}

/* The next better grade; NULL: there is none. */
static const struct scheme_grade *better_than(const struct scheme *scheme,
                                              const struct scheme_grade *grade)
{
    if (grade == &scheme->grade[0])
        return NULL;
    return grade ? grade - 1 : &scheme->grade[scheme->n_grades - 1];
}

/* One line for each section: its points, what the next better grade asks of it, what speaks
 * for it. The texts of the evidence are JSON already. */
static void set_lines(struct ledger_call *call, const struct scheme *scheme,
                      const struct scheme_grade *grade)
{
    const struct scheme_grade *better = better_than(scheme, grade);
    struct cw_str proof =
        str_of(call->draft->value[field_index(call->draft->kind, "evidence")]);
    struct buf lines;
    buf_init(&lines, 8192);
    buf_add_char(&lines, '[');
    for (uint32_t i = 0; i < scheme->n_sections; i++) {
        const struct scheme_section *section = &scheme->section[i];
        struct cw_str evidence = evidence_of(proof, section->name);
        buf_printf(&lines, "%s\"%s %g of %g", i ? "," : "", section->name,
                   score_of(call->event, section->name), section->max);
        if (better && better->each > 0)
            buf_printf(&lines, " (%s needs %g)", better->name, section->max * better->each);
        buf_printf(&lines, "%s%.*s\"", evidence.n ? ":" : "", (int)evidence.n, evidence.p);
    }
    buf_add_char(&lines, ']');
    if (!lines.full)
        draft_set(call->draft, "lines", buf_str(&lines));
    buf_done(&lines);
}

/* The account that stands beside the grade. */
static void explain(struct ledger_call *call, const struct scheme *scheme)
{
    double total = 0;
    const struct scheme_grade *grade = grade_of(scheme, call->event, &total);
    struct buf text;
    buf_init(&text, 1000);
    buf_printf(&text, "%s:", scheme->source);
    for (uint32_t i = 0; i < scheme->n_sections; i++)
        buf_printf(&text, " %s %g of %g;", scheme->section[i].name,
                   score_of(call->event, scheme->section[i].name), scheme->section[i].max);
    buf_printf(&text, " total %g", total);
    if (grade)
        buf_printf(&text, "; grade %s needs %g and %g%% of each section", grade->name,
                   grade->total, grade->each * 100);
    draft_set_text(call->draft, "computed_grade", str_of(grade ? grade->name : "none"));
    draft_set_text(call->draft, "explained", buf_str(&text));
    buf_clear(&text);
    buf_printf(&text, "%s%s%s", scheme->source, scheme->in_force[0] ? ", in force " : "",
               scheme->in_force);
    draft_set_text(call->draft, "rule_version", buf_str(&text));
    buf_clear(&text);
    buf_printf(&text, "%g", total);
    draft_set(call->draft, "total", buf_str(&text));
    buf_done(&text);
    set_lines(call, scheme, grade);
}

/* ---- the same, for who reads it by a program ---- */

static const struct scheme_grade *grade_named(const struct scheme *scheme, struct cw_str name)
{
    for (uint32_t i = 0; i < scheme->n_grades; i++)
        if (str_is(name, scheme->grade[i].name))
            return &scheme->grade[i];
    return NULL;
}

static void write_section(const struct entry *entry, const struct scheme_section *section,
                          const struct scheme_grade *grade, const struct scheme_grade *better,
                          struct json_out *out)
{
    struct cw_str text;
    double score = 0;
    if (json_find(entry_json_of(entry, "sections"), section->name, &text))
        (void)num_parse_f64(text, &score);
    json_object(out);
    json_member_text(out, "section", str_of(section->name));
    json_member_real(out, "score", score);
    json_member_real(out, "max", section->max);
    if (grade && grade->each > 0)
        json_member_real(out, "floor", section->max * grade->each);
    if (better && better->each > 0)
        json_member_real(out, "better_needs", section->max * better->each);
    /* The text is JSON already. */
    text = evidence_of(entry_json_of(entry, "evidence"), section->name);
    if (text.n) {
        struct buf quoted;
        buf_init(&quoted, 2048);
        buf_printf(&quoted, "\"%.*s\"", (int)text.n, text.p);
        json_key(out, "evidence");
        json_raw(out, buf_str(&quoted));
        buf_done(&quoted);
    }
    json_object_end(out);
}

/* Line by line: points, what the grade asks of each section, what the next better one would. */
static void write_account(const struct fold *fold, const struct entry *entry,
                          struct json_out *out)
{
    int64_t published_ns = entry_time(entry, "published");
    const struct scheme *scheme =
        scheme_of(fold, entry_text(entry, "scheme"),
                  local_day(fold->rules, published_ns ? published_ns : entry->since_ns));
    if (!scheme || entry_json_of(entry, "total").n == 0)
        return;
    const struct scheme_grade *grade = grade_named(scheme, entry_text(entry, "computed_grade"));
    const struct scheme_grade *better = better_than(scheme, grade);
    json_key(out, "account");
    json_object(out);
    json_key(out, "sections");
    json_array(out);
    for (uint32_t i = 0; i < scheme->n_sections; i++)
        write_section(entry, &scheme->section[i], grade, better, out);
    json_array_end(out);
    if (grade)
        json_member_real(out, "needs", grade->total);
    if (better) {
        json_member_text(out, "better", str_of(better->name));
        json_member_real(out, "better_needs", better->total);
    }
    json_object_end(out);
}

static int64_t published_day(const struct ledger_call *call)
{
    int64_t published_ns = call->event->at_ns;
    (void)document_time(call->event->doc, call->event->root, "published", &published_ns, NULL);
    return local_day(call->fold->rules, published_ns);
}

static void set_day(struct ledger_call *call, const char *field, int64_t day)
{
    char text[CIVIL_MAX];
    draft_set_text(call->draft, field, (struct cw_str){text, civil_format(day, text)});
}

/* From the day of publication to the day before, years later; or whole calendar years. */
static void set_validity(struct ledger_call *call, const struct scheme *scheme)
{
    int year, month, day;
    int64_t published = published_day(call);
    int years = (int)scheme->years;
    if (years == 0)
        return;
    instant_date(published, &year, &month, &day);
    if (strcmp(scheme->valid, "calendar_years") == 0) {
        set_day(call, "valid_from", instant_days(year + 1, 1, 1));
        set_day(call, "valid_until", instant_days(year + years, 12, 31));
        return;
    }
    int last = civil_days_in(year + years, month);
    set_day(call, "valid_from", published);
    set_day(call, "valid_until",
            instant_days(year + years, month, day < last ? day : last) - 1);
}

/* ---- who judges ---- */

/* Staff of a site of the organisation, or of the institution that is judged. */
static bool works_for(const struct fold *fold, struct cw_str member, struct cw_str org)
{
    const struct entry *entry = book_of_kind(fold->book, &kind_staff);
    for (; entry; entry = entry->next_of_kind) {
        if (!str_eq(entry_own_id(entry), member))
            continue;
        const struct entry *site = book_find(fold->book, &kind_sites, entry_site(entry));
        if (str_eq(entry_site(entry), org) || (site && entry_lists(site, "operators", org)))
            return true;
    }
    return false;
}

static bool in_list(const char *json, struct cw_str id)
{
    struct cw_str rest = str_of(json), one;
    while (json && json_next_text(&rest, &one))
        if (str_eq(one, id))
            return true;
    return false;
}

static enum cw_refusal check_panel(const struct ledger_call *call, const struct scheme *scheme,
                                   struct cw_str org)
{
    const struct entry_draft *draft = call->draft;
    const char *panel = draft->value[field_index(draft->kind, "panel")];
    const char *recused = draft->value[field_index(draft->kind, "recused")];
    struct cw_str rest = str_of(panel), member;
    while (panel && json_next_text(&rest, &member)) {
        if (!str_eq(member, org) && !in_list(recused, member) &&
            !works_for(call->fold, member, org))
            continue;
        err_set(call->event->err, 0, "\"%.*s\" cannot sit on the panel that judges \"%.*s\".",
                (int)member.n, member.p, (int)org.n, org.p);
        return CW_REFUSED_NOT_AUTHORISED;
    }
    if (!scheme || list_count(str_of(panel)) >= scheme->panel)
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "The panel of %s has %lld members at least.", scheme->name,
            (long long)scheme->panel);
    return CW_REFUSED_EVENT;
}

/* ---- who is not judged ---- */

/* The duty of the newest period, or of the one before that; NULL none. */
static const struct entry *duty_of(const struct fold *fold, struct cw_str org,
                                   struct cw_str duty, const struct entry *newer)
{
    const struct entry *newest = NULL;
    const struct entry *entry = book_of_kind(fold->book, &kind_duties);
    for (; entry; entry = entry->next_of_kind) {
        if (!str_eq(entry_org(entry), org) || !str_eq(entry_text(entry, "duty"), duty) ||
            (entry->state == DUTY_EXPECTED && fold->now_ns < entry->due_ns) ||
            (newer && str_cmp(entry_text(entry, "period"), entry_text(newer, "period")) >= 0))
            continue;
        int order =
            newest ? str_cmp(entry_text(entry, "period"), entry_text(newest, "period")) : 1;
        if (order > 0 || (order == 0 && entry->number < newest->number))
            newest = entry;
    }
    return newest;
}

static bool is_basic(const struct entry *entry)
{
    return entry && str_is(entry_text(entry, "result"), "basically_passed");
}

static bool is_excluded(const struct fold *fold, struct cw_str org, const char *text)
{
    struct cw_str of = str_of(text), word;
    char id[MAX_ENTRY_ID + 1];
    (void)str_split(&of, ':', &word);
    if (str_is(word, "listed")) {
        (void)snprintf(id, sizeof(id), "%.*s.%.*s", (int)org.n, org.p, (int)of.n, of.p);
        const struct entry *listing = book_find(fold->book, &kind_credit, str_of(id));
        return listing && ON_LIST & IN(listing->state);
    }
    const struct entry *newest = duty_of(fold, org, of, NULL);
    if (str_is(word, "missed"))
        return newest && newest->state == DUTY_EXPECTED;
    if (str_is(word, "failed"))
        return newest && newest->state == DUTY_FAILED;
    return is_basic(newest) && is_basic(duty_of(fold, org, of, newest));
}

static bool is_too_young(const struct ledger_call *call, const struct scheme *scheme,
                         struct cw_str org)
{
    const struct entry *entry = book_find(call->fold->book, &kind_organisations, org);
    int year, month, day;
    int64_t registered;
    if (!entry || scheme->registered_years == 0 ||
        civil_parse(entry_text(entry, "registered"), &registered) != 0)
        return false;
    instant_date(registered, &year, &month, &day);
    return published_day(call) < instant_days(year + scheme->registered_years, month, day);
}

/* Schemes of institutions grade whoever runs one; those of organisations their own types. */
static bool is_of_other_type(const struct scheme *scheme, struct cw_str type)
{
    bool of_organisations =
        scheme->types[0] && (statute_has(scheme->types, CW_STR("social_group")) ||
                             statute_has(scheme->types, CW_STR("private_nonprofit")) ||
                             statute_has(scheme->types, CW_STR("foundation")));
    return of_organisations && type.n > 0 && !statute_has(scheme->types, type);
}

static enum cw_refusal check_eligible(const struct ledger_call *call,
                                      const struct scheme *scheme, struct cw_str org)
{
    const char *why = NULL;
    const struct entry *of = book_find(call->fold->book, &kind_organisations, org);
    if (is_too_young(call, scheme, org))
        why = "registered_years";
    if (of && is_of_other_type(scheme, entry_text(of, "type")))
        why = "types";
    for (size_t i = 0; !why && scheme->excludes && scheme->excludes[i]; i++)
        if (is_excluded(call->fold, org, scheme->excludes[i]))
            why = scheme->excludes[i];
    if (!why)
        return CW_ACCEPTED;
    call->event->why = -EBUSY;
    err_set(call->event->err, 0, "\"%.*s\" is not graded by %s: %s (%s).", (int)org.n, org.p,
            scheme->name, why, scheme->source);
    return CW_REFUSED_EVENT;
}

static enum cw_refusal scored(struct ledger_call *call)
{
    const struct event *event = call->event;
    struct cw_str name = CW_STR(""), org = CW_STR("");
    (void)document_id(event->doc, event->root, "scheme", &name, NULL);
    (void)document_id(event->doc, event->root, "org", &org, NULL);
    const struct scheme *scheme = scheme_of(call->fold, name, published_day(call));
    enum cw_refusal refusal = check_panel(call, scheme, org);
    if (refusal || !scheme)
        return refusal;
    for (uint32_t i = 0; i < scheme->n_sections; i++) {
        const struct scheme_section *section = &scheme->section[i];
        if (score_of(event, section->name) <= section->max)
            continue;
        err_set(event->err, 0, "The section \"%s\" has %g points at most.", section->name,
                section->max);
        return CW_REFUSED_EVENT;
    }
    refusal = check_eligible(call, scheme, org);
    if (refusal)
        return refusal;
    explain(call, scheme);
    set_validity(call, scheme);
    return CW_ACCEPTED;
}

/* At the end of the last day it is valid. */
static void changed(struct fold *fold, struct entry *entry)
{
    int64_t day;
    if (entry->state == SCORED && civil_parse(entry_text(entry, "valid_until"), &day) == 0)
        ledger_wait(fold, entry, end_of_day_ns(fold->rules, day));
}

static void due(struct fold *fold, struct entry *entry)
{
    struct entry_draft draft = {.kind = entry->kind, .state = EXPIRED};
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    entry->due_ns = 0;
    (void)draft_apply(&draft, fold, "expired", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
}

static const struct ledger_step steps[] = {
    {"evaluation.scored", ANY_STATE, SCORED, CLOCK_NONE, false, scored},
    {.event = NULL},
};

const struct ledger ledger_evaluations = {.kind = &kind_evaluations,
                                          .step = steps,
                                          .over = IN(EXPIRED),
                                          .make_id = make_id,
                                          .changed = changed,
                                          .due = due};
