/*
 * evaluation.c - grades by sections. A scheme is a table: sections with their points, grades
 * with what is needed in all and in each section. The grade is computed and stands beside the
 * one that was published; more points than a section has are refused.
 *
 * GB/T 37276-2018 as the national guide gives it (total 1000); grades are valid three years.
 * The local social organisations' schemes name their own sections: they are kept as scored.
 */
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "base/num.h"
#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

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
    {.name = "explained", .type = FIELD_TEXT, .max = 1024},
    {.name = "published", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "valid_until", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "panel", .type = FIELD_IDS},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = NULL},
};
const struct entry_kind kind_evaluations = {
    .name = "evaluations", .member = "scheme", .field = fields, .state = states};

struct section_of {
    const char *name;
    double max;
};
struct grade {
    const char *name;
    double total, each; /* points in all; part of every section */
};
static const struct scheme {
    const char *name, *source;
    struct section_of section[8];
    struct grade grade[6]; /* best first */
    int years;             /* valid; 0: as published says */
} schemes[] = {
    {"gbt37276",
     "GB/T 37276-2018",
     {{"environment", 120}, {"facilities", 130}, {"operation", 150}, {"service", 600}},
     {{"5", 900, 0.9}, {"4", 780, 0.8}, {"3", 570, 0.6}, {"2", 450, 0.5}, {"1", 360, 0.4}},
     3},
};

static const struct scheme *scheme_of(struct cw_str name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (str_is(name, schemes[i].name))
            return &schemes[i];
    return NULL;
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
                    const struct grade *grade, double total)
{
    if (total < grade->total)
        return false;
    for (const struct section_of *s = scheme->section; s->name; s++)
        if (score_of(event, s->name) < s->max * grade->each)
            return false;
    return true;
}

/* The line-by-line account that stands beside the grade. */
static void explain(struct ledger_call *call, const struct scheme *scheme)
{
    const struct event *event = call->event;
    double total = 0;
    struct buf text;
    buf_init(&text, 1000);
    buf_printf(&text, "%s:", scheme->source);
    for (const struct section_of *s = scheme->section; s->name; s++) {
        total += score_of(event, s->name);
        buf_printf(&text, " %s %g of %g;", s->name, score_of(event, s->name), s->max);
    }
    const struct grade *grade = scheme->grade;
    while (grade->name && !reaches(scheme, event, grade, total))
        grade++;
    buf_printf(&text, " total %g", total);
    if (grade->name)
        buf_printf(&text, "; grade %s needs %g and %g%% of each section", grade->name,
                   grade->total, grade->each * 100);
    draft_set_text(call->draft, "computed_grade", str_of(grade->name ? grade->name : "none"));
    draft_set_text(call->draft, "explained", buf_str(&text));
    buf_done(&text);
}

static void set_validity(struct ledger_call *call, const struct scheme *scheme)
{
    int64_t published_ns = call->event->at_ns;
    int year, month, day;
    char text[CIVIL_MAX];
    (void)document_time(call->event->doc, call->event->root, "published", &published_ns, NULL);
    instant_date(local_day(call->fold->rules, published_ns), &year, &month, &day);
    /* Until the day before, years later. */
    int64_t until = instant_days(year + scheme->years, month, 1) + day - 2;
    draft_set_text(call->draft, "valid_until",
                   (struct cw_str){text, civil_format(until, text)});
}

static enum cw_refusal scored(struct ledger_call *call)
{
    const struct event *event = call->event;
    struct cw_str name = CW_STR(""), org = CW_STR("");
    (void)document_id(event->doc, event->root, "scheme", &name, NULL);
    (void)document_id(event->doc, event->root, "org", &org, NULL);
    const char *panel = call->draft->value[field_index(call->draft->kind, "panel")];
    struct cw_str rest = str_of(panel), member;
    while (json_next_text(&rest, &member)) {
        if (!str_eq(member, org))
            continue;
        err_set(event->err, 0, "\"%.*s\" cannot sit on the panel that judges it.", (int)org.n,
                org.p);
        return CW_REFUSED_NOT_AUTHORISED;
    }
    const struct scheme *scheme = scheme_of(name);
    if (!scheme)
        return CW_ACCEPTED;
    for (const struct section_of *s = scheme->section; s->name; s++) {
        if (score_of(event, s->name) <= s->max)
            continue;
        err_set(event->err, 0, "The section \"%s\" has %g points at most.", s->name, s->max);
        return CW_REFUSED_EVENT;
    }
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
                                          .make_id = make_id,
                                          .changed = changed,
                                          .due = due};
