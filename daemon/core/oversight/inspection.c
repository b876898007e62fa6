/*
 * inspection.c - what a department found, and what became of it.
 *
 *   planned -> FOUND -- rectified (a claim) --> RECTIFIED -- passed --> PASSED
 *                 ^---------- failed -------------'
 *
 * At least two inspectors. A finding is put right by its date, or by the period of the rule;
 * that it was is the inspected one's claim until the department has looked.
 */
#include <stdlib.h>

#include "core/oversight/ledger.h"

enum { PLANNED = 1, FOUND, RECTIFIED, PASSED, FAILED };
static const char *const states[] = {"",       "planned", "found", "rectified",
                                     "passed", "failed",  NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "campaign", .type = FIELD_ID},
    {.name = "domain",
     .type = FIELD_CHOICE,
     .choices = "finance=财务|safety=安全生产|quality=服务质量|other=其他"},
    {.name = "inspectors", .type = FIELD_IDS},
    {.name = "drawn", .type = FIELD_BOOL},
    {.name = "clause", .type = FIELD_TEXT, .max = 256},
    {.name = "severity", .type = FIELD_TEXT, .max = 32},
    {.name = "due", .type = FIELD_TIME},
    {.name = "text", .type = FIELD_TEXT, .max = 2048},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "claimed", .type = FIELD_PROOF, .max = 1024},
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
    move(call, "text", "reply");
    return CW_ACCEPTED;
}

static const struct ledger_step steps[] = {
    {"inspection.planned", IS_NEW | IN(PLANNED), PLANNED, CLOCK_NONE, false, planned},
    {"inspection.finding", IS_NEW | IN(PLANNED) | IN(FOUND) | IN(FAILED), FOUND, CLOCK_RECTIFY,
     false, NULL},
    {"inspection.reply", ANY_STATE & ~IS_NEW, 0, CLOCK_NONE, true, claimed},
    {"inspection.rectified", IN(FOUND) | IN(FAILED) | IN(RECTIFIED), RECTIFIED, CLOCK_RECHECK,
     true, claimed},
    {"inspection.passed", ANY_STATE & ~IS_NEW, PASSED, CLOCK_NONE, false, NULL},
    {"inspection.failed", ANY_STATE & ~IS_NEW, FAILED, CLOCK_RECTIFY, false, NULL},
    {.event = NULL},
};

const struct ledger ledger_inspections = {.kind = &kind_inspections,
                                          .step = steps,
                                          .condition = CONDITION_INSPECTION_OVERDUE,
                                          .waits = IN(FOUND) | IN(RECTIFIED) | IN(FAILED)};
