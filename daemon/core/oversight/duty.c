/*
 * duty.c - what an organisation or a site has to file or do, period by period: annual report,
 * disclosure, annual inspection, emergency plan and drills, assessments. When each is due is
 * duty_calendar.c's matter.
 *
 *   EXPECTED -- filed by its organisation --> FILED -- the department's result --> PASSED
 *       |  overdue: an alarm                     `---------------------------> FAILED
 *       |-- of a kind nobody judges, filed or done by an event --> DONE
 *       `-- excused, or the organisation is no more --> WAIVED
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "core/ingest/document.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/ledger.h"
#include "core/oversight/statute.h"

static const char *const states[] = {"",         "filed", "passed", "failed",
                                     "expected", "done",  "waived", NULL};

#define RESULTS                                                                            \
    "passed=ok=合格=qualified|basically_passed=基本合格|exempt=免检=免于年检|" \
    "failed=不合格"

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "duty", .type = FIELD_ID},
    {.name = "period", .type = FIELD_TEXT, .max = 32},
    {.name = "due", .type = FIELD_TIME},
    {.name = "expected_by", .type = FIELD_DATE},
    {.name = "late", .type = FIELD_BOOL},
    {.name = "source", .type = FIELD_TEXT, .max = 256},
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

static void forget_value(struct entry_draft *draft, const char *field)
{
    int i = field_index(draft->kind, field);
    free(draft->value[i]);
    draft->value[i] = NULL;
}

/* A duty of a site is filed by who runs it: the case keeps whose it is. */
static enum cw_refusal filed(struct ledger_call *call)
{
    const struct entry *entry = call->entry;
    const struct ruleset *rules = call->fold->rules;
    struct cw_str name = CW_STR("");
    int64_t day;
    (void)document_id(call->event->doc, call->event->root, "duty", &name, NULL);
    const struct duty_rule *rule = duty_rule_find(rules, name);
    if (entry)
        forget_value(call->draft, "org");
    if (entry && entry->state == DUTY_EXPECTED &&
        civil_parse(entry_text(entry, "expected_by"), &day) == 0)
        draft_set(call->draft, "late",
                  call->event->at_ns > end_of_day_ns(rules, day) ? CW_STR("true")
                                                                 : CW_STR("false"));
    if (rule && !rule->is_judged)
        call->to = DUTY_DONE;
    return CW_ACCEPTED;
}

static enum cw_refusal result(struct ledger_call *call)
{
    struct cw_str word = CW_STR("");
    (void)document_text(call->event->doc, call->event->root, "result", &word, NULL);
    struct cw_str code = choice_code(RESULTS, word);
    if (call->entry)
        forget_value(call->draft, "org");
    if (code.n)
        draft_set_text(call->draft, "result", code);
    call->to = code.n && !str_is(code, "failed") ? DUTY_PASSED : DUTY_FAILED;
    return CW_ACCEPTED;
}

static enum cw_refusal waived(struct ledger_call *call)
{
    struct cw_str reason = CW_STR("");
    (void)document_text(call->event->doc, call->event->root, "reason", &reason, NULL);
    forget_value(call->draft, "org");
    if (reason.n > 0)
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "Who excuses from a duty says the \"reason\".");
    return CW_REFUSED_EVENT;
}

/* The alarm of a result that does not come has a rule of its own: somebody else is to act. */
#define TOLD_RESULT 2u

static void changed(struct fold *fold, struct entry *entry)
{
    ledger_alarm(fold, entry, CONDITION_RESULT_OVERDUE, TOLD_RESULT, false, 0, 0, "");
}

static void due(struct fold *fold, struct entry *entry)
{
    if (entry->state == DUTY_EXPECTED && !duty_is_owed(fold, entry)) {
        struct entry_draft draft = {.kind = entry->kind, .state = DUTY_WAIVED};
        (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
        entry->due_ns = 0;
        (void)draft_apply(&draft, fold, "duty.lapsed", CW_STR(""), CW_STR(""), NULL);
        draft_done(&draft);
    } else if (entry->state == DUTY_EXPECTED) {
        ledger_alarm(fold, entry, CONDITION_DUTY_OVERDUE, TOLD_OVERDUE, true, (double)NAN,
                     (double)NAN, "");
    } else if (entry->state == DUTY_FILED) {
        ledger_alarm(fold, entry, CONDITION_RESULT_OVERDUE, TOLD_RESULT, true, (double)NAN,
                     (double)NAN, "");
    }
}

static const struct ledger_step steps[] = {
    {"duty.filed", ANY_STATE & ~IN(DUTY_WAIVED), DUTY_FILED, CLOCK_DUTY_RESULT, true, filed},
    {"duty.result", ANY_STATE, DUTY_FILED, CLOCK_NONE, false, result},
    {"duty.waived", IN(DUTY_EXPECTED), DUTY_WAIVED, CLOCK_NONE, false, waived},
    {.event = NULL},
};

const struct ledger ledger_duties = {.kind = &kind_duties,
                                     .step = steps,
                                     .condition = CONDITION_DUTY_OVERDUE,
                                     .waits = IN(DUTY_FILED) | IN(DUTY_EXPECTED),
                                     .over = IN(DUTY_PASSED) | IN(DUTY_FAILED) | IN(DUTY_DONE) |
                                             IN(DUTY_WAIVED),
                                     .make_id = make_id,
                                     .changed = changed,
                                     .due = due};
