/*
 * inspection.c - what a department found, and what became of it.
 *
 *   PROPOSED by the daemon's own evidence (conduct.c) -- accepted by a person --.
 *       `-- DISMISSED                                                           v
 *   PLANNED ------------------------------------------------------------------> FOUND
 *      `-- nothing found --> PASSED <-- passed -- RECTIFIED <-- rectified (a claim) --'
 *                              |                     `-- FAILED: due again
 *                              `--> ARCHIVED
 *
 * At least two inspectors. A finding is put right by its date, or by the period of the rule;
 * that it was is the inspected one's claim until the department has looked. The same clause
 * found again within oversight.repeat_months is an alarm.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/oversight/inspection.h"
#include "core/rules.h"

static const char *const states[] = {"",       "planned",  "found",     "rectified", "passed",
                                     "failed", "proposed", "dismissed", "archived",  NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "campaign", .type = FIELD_ID},
    {.name = "domain", .type = FIELD_CHOICE, .choices = INSPECTION_DOMAINS},
    {.name = "inspectors", .type = FIELD_IDS},
    {.name = "drawn", .type = FIELD_BOOL},
    {.name = "clause", .type = FIELD_TEXT, .max = 256},
    {.name = "severity", .type = FIELD_TEXT, .max = 32},
    {.name = "due", .type = FIELD_TIME},
    {.name = "text", .type = FIELD_TEXT, .max = 2048},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "claimed", .type = FIELD_PROOF, .max = 1024},
    {.name = "found_at", .type = FIELD_TIME},
    {.name = "attachments", .type = FIELD_IDS},
    {.name = "claimed_attachments", .type = FIELD_IDS},
    {.name = "repeats", .type = FIELD_TEXT, .max = 130}, /* the finding before */
    {.name = "checklist", .type = FIELD_PROOF, .max = 4096},
    {.name = "reply", .type = FIELD_TEXT, .max = 2048},
    {.name = NULL},
};
const struct entry_kind kind_inspections = {
    .name = "inspections", .member = "inspection", .field = fields, .state = states};

static int draft_index(const struct ledger_call *call, const char *name)
{
    return field_index(call->draft->kind, name);
}

static enum cw_refusal planned(struct ledger_call *call)
{
    const char *list = call->draft->value[draft_index(call, "inspectors")];
    if (list_count(str_of(list)) >= 2)
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "An inspection needs two \"inspectors\" at least.");
    return CW_REFUSED_EVENT;
}

/* Moves what the event calls by a general name to where a claim belongs: the finding's own
 * evidence and text stay. */
static void move(struct ledger_call *call, const char *from, const char *to)
{
    int at = draft_index(call, from);
    if (!call->draft->value[at])
        return;
    draft_set(call->draft, to, str_of(call->draft->value[at]));
    free(call->draft->value[at]);
    call->draft->value[at] = NULL;
}

static enum cw_refusal claimed(struct ledger_call *call)
{
    move(call, "evidence", "claimed");
    move(call, "attachments", "claimed_attachments");
    move(call, "text", "reply");
    return CW_ACCEPTED;
}

/* ---- again ---- */

#define TOLD_REPEATED 2u

static bool is_same_finding(const struct entry *a, const struct entry *b)
{
    bool same_place = entry_site(a).n ? str_eq(entry_site(a), entry_site(b))
                                      : entry_org(a).n && str_eq(entry_org(a), entry_org(b));
    return same_place && str_eq(entry_text(a, "clause"), entry_text(b, "clause"));
}

/* The newest other finding of the same clause at the same place; NULL none. */
static const struct entry *found_before(const struct fold *fold, const struct entry *entry)
{
    int64_t since_ns = fold->now_ns - fold->rules->settings.oversight.repeat_months * 30 *
                                          INT64_C(86400) * NS_PER_S;
    int64_t found_ns = entry_time(entry, "found_at"), newest_ns = since_ns;
    const struct entry *newest = NULL, *it = book_of_kind(fold->book, &kind_inspections);
    for (; it; it = it->next_of_kind) {
        if (it == entry || !is_same_finding(entry, it))
            continue;
        int64_t ns = entry_time(it, "found_at");
        bool is_newer =
            ns > newest_ns || (newest && ns == newest_ns && it->number < newest->number);
        if (ns >= found_ns || !is_newer)
            continue;
        newest = it;
        newest_ns = ns;
    }
    return newest;
}

static void tell_repeated(struct fold *fold, struct entry *entry, const struct entry *before)
{
    struct entry_draft draft = {.kind = entry->kind, .state = entry->state};
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    draft_set_text(&draft, "repeats", str_of(before->id));
    (void)draft_apply(&draft, fold, "inspection.repeated", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
    ledger_alarm(fold, entry, CONDITION_FINDING_REPEATED, TOLD_REPEATED, true, (double)NAN,
                 (double)NAN, before->id);
}

static void changed(struct fold *fold, struct entry *entry)
{
    if (entry->state == INSPECTION_PASSED || entry->state == INSPECTION_ARCHIVED)
        ledger_alarm(fold, entry, CONDITION_FINDING_REPEATED, TOLD_REPEATED, false, 0, 0, "");
    if (entry->state != INSPECTION_FOUND || entry_text(entry, "clause").n == 0 ||
        entry_text(entry, "repeats").n > 0)
        return;
    const struct entry *before = found_before(fold, entry);
    if (before)
        tell_repeated(fold, entry, before);
}

static enum cw_refusal finding(struct ledger_call *call)
{
    char at[INSTANT_MAX];
    if (!call->entry || entry_text(call->entry, "found_at").n == 0)
        draft_set_text(call->draft, "found_at",
                       (struct cw_str){at, instant_format(call->event->at_ns, at)});
    return CW_ACCEPTED;
}

static enum cw_refusal dismissed(struct ledger_call *call)
{
    struct cw_str reason = CW_STR("");
    (void)document_text(call->event->doc, call->event->root, "reason", &reason, NULL);
    if (reason.n > 0)
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "Who dismisses what was seen says the \"reason\".");
    return CW_REFUSED_EVENT;
}

#define PLANNED INSPECTION_PLANNED
#define FOUND INSPECTION_FOUND
#define RECTIFIED INSPECTION_RECTIFIED
#define PASSED INSPECTION_PASSED
#define FAILED INSPECTION_FAILED
#define PROPOSED INSPECTION_PROPOSED
#define CLOSED_ONES (IN(INSPECTION_DISMISSED) | IN(INSPECTION_ARCHIVED))

static const struct ledger_step steps[] = {
    {"inspection.planned", IS_NEW | IN(PLANNED), PLANNED, CLOCK_NONE, false, planned},
    {"inspection.finding", IS_NEW | IN(PLANNED) | IN(FOUND) | IN(FAILED) | IN(PROPOSED), FOUND,
     CLOCK_RECTIFY, false, finding},
    {"inspection.reply", ANY_STATE & ~(IS_NEW | CLOSED_ONES | IN(PROPOSED)), 0, CLOCK_NONE,
     true, claimed},
    {"inspection.rectified", IN(FOUND) | IN(FAILED) | IN(RECTIFIED), RECTIFIED, CLOCK_RECHECK,
     true, claimed},
    {"inspection.passed", ANY_STATE & ~(IS_NEW | CLOSED_ONES | IN(PROPOSED)), PASSED,
     CLOCK_NONE, false, NULL},
    {"inspection.failed", ANY_STATE & ~(IS_NEW | CLOSED_ONES | IN(PROPOSED)), FAILED,
     CLOCK_RECTIFY, false, NULL},
    {"inspection.dismissed", IN(PROPOSED), INSPECTION_DISMISSED, CLOCK_NONE, false, dismissed},
    {"inspection.archived", IN(PASSED) | IN(PLANNED), INSPECTION_ARCHIVED, CLOCK_NONE, false,
     NULL},
    {.event = NULL},
};

const struct ledger ledger_inspections = {
    .kind = &kind_inspections,
    .step = steps,
    .condition = CONDITION_INSPECTION_OVERDUE,
    .waits = IN(FOUND) | IN(RECTIFIED) | IN(FAILED),
    .over = IN(INSPECTION_PASSED) | IN(INSPECTION_DISMISSED) | IN(INSPECTION_ARCHIVED),
    .changed = changed};
