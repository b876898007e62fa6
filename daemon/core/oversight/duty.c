/*
 * duty.c - what an organisation has to file, period by period: annual report, disclosure,
 * annual inspection, emergency plan, assessments. It files, the department gives the result.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

enum { FILED = 1, PASSED, FAILED };
static const char *const states[] = {"", "filed", "passed", "failed", NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "duty", .type = FIELD_ID},
    {.name = "period", .type = FIELD_TEXT, .max = 32},
    {.name = "due", .type = FIELD_TIME},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "result", .type = FIELD_TEXT, .max = 64},
    {.name = NULL},
};
const struct entry_kind kind_duties = {
    .name = "duties", .member = "duty", .field = fields, .state = states};

/* "ORG.DUTY.PERIOD" */
static bool make_id(const struct event *event, char id[])
{
    struct cw_str org = str_of(event->sender->id), duty = CW_STR(""), period = CW_STR("0");
    if (document_id(event->doc, event->root, "duty", &duty, event->err) ||
        document_id(event->doc, event->root, "period", &period, NULL) == -EINVAL)
        return false;
    (void)document_id(event->doc, event->root, "org", &org, NULL);
    return snprintf(id, MAX_ENTRY_ID + 1, "%.*s.%.*s.%.*s", (int)org.n, org.p, (int)duty.n,
                    duty.p, (int)period.n, period.p) <= MAX_ENTRY_ID;
}

static enum cw_refusal result(struct ledger_call *call)
{
    static const char good[] = "passed=ok|合格|qualified|basically_passed|基本合格|exempt";
    struct cw_str word = CW_STR("");
    (void)document_text(call->event->doc, call->event->root, "result", &word, NULL);
    call->to = choice_code(good, word).n ? PASSED : FAILED;
    return CW_ACCEPTED;
}

static const struct ledger_step steps[] = {
    {"duty.filed", ANY_STATE, FILED, CLOCK_DUTY_RESULT, true, NULL},
    {"duty.result", ANY_STATE, FILED, CLOCK_NONE, false, result},
    {.event = NULL},
};

const struct ledger ledger_duties = {.kind = &kind_duties,
                                     .step = steps,
                                     .condition = CONDITION_DUTY_OVERDUE,
                                     .waits = IN(FILED),
                                     .make_id = make_id};
