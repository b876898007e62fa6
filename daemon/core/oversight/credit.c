/*
 * credit.c - lists of organisations: red, black, abnormal, serious, and others by name. Never
 * of natural persons, and nothing without evidence.
 *
 *   PROPOSED -- approved by another person --> NOTICED -- answer period over --> LISTED
 *                                                 |  objection                     | removed
 *                                                 `--> OBJECTED -- decided ------->' REMOVED
 *
 * What a department announces as decided (credit.listed) is listed at once: it was heard
 * before. RECEIVED is another department's or region's word: shown, and no list of ours.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

enum { PROPOSED = 1, NOTICED, OBJECTED, LISTED, REPAIRING, REMOVED, RECEIVED, WITHDRAWN };
static const char *const states[] = {"",          "proposed", "noticed",  "objected",  "listed",
                                     "repairing", "removed",  "received", "withdrawn", NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "list", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "decision", .type = FIELD_TEXT, .max = 128, .flags = FIELD_PUBLIC},
    {.name = "authority", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "clause", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "from", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "until", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "proposed_by", .type = FIELD_ID},
    {.name = "approved_by", .type = FIELD_ID},
    {.name = "objection", .type = FIELD_TEXT, .max = 2048},
    {.name = "repair", .type = FIELD_TEXT, .max = 2048},
    {.name = "text", .type = FIELD_TEXT, .max = 2048},
    {.name = NULL},
};
const struct entry_kind kind_credit = {
    .name = "credit", .member = "org", .field = fields, .state = states};

/* "ORG.LIST"; a penalty is a list of its own, and who objects to a decision means the case
 * that has it. */
static bool find_by_decision(const struct event *event, struct cw_str org, char id[])
{
    struct cw_str decision = CW_STR("");
    const struct book *book = event->fold->book;
    (void)document_text(event->doc, event->root, "decision", &decision, NULL);
    for (uint32_t i = 0; i < book->n_entries; i++) {
        const struct entry *entry = book->entry[i];
        if (entry && entry->kind == &kind_credit && str_eq(entry_org(entry), org) &&
            (decision.n == 0 || str_eq(entry_text(entry, "decision"), decision)))
            return str_copy(id, MAX_ENTRY_ID + 1, str_of(entry->id));
    }
    return false;
}

static bool make_id(const struct event *event, char id[])
{
    struct cw_str org = CW_STR(""), list = CW_STR("");
    if (document_id(event->doc, event->root, "org", &org, event->err) ||
        document_id(event->doc, event->root, "list", &list, event->err) == -EINVAL)
        return false;
    if (list.n == 0 && find_by_decision(event, org, id))
        return true;
    if (list.n == 0)
        list = CW_STR("penalty");
    return snprintf(id, MAX_ENTRY_ID + 1, "%.*s.%.*s", (int)org.n, org.p, (int)list.n,
                    list.p) <= MAX_ENTRY_ID;
}

static enum cw_refusal with_evidence(struct ledger_call *call)
{
    const struct entry_kind *kind = call->draft->kind;
    if (!call->draft->value[field_index(kind, "list")] && !call->entry)
        draft_set_text(call->draft, "list", CW_STR("penalty"));
    if (call->draft->value[field_index(kind, "evidence")])
        return CW_ACCEPTED;
    err_set(call->event->err, 0, "Nothing is put on a list without \"evidence\".");
    return CW_REFUSED_EVENT;
}

static void text_to(struct ledger_call *call, const char *field)
{
    struct cw_str text = CW_STR("");
    if (document_text(call->event->doc, call->event->root, "text", &text, NULL) == 0)
        draft_set_text(call->draft, field, text);
}

/* Before it counts it stops the clock; afterwards it is answered while it stands. */
static enum cw_refusal objection(struct ledger_call *call)
{
    text_to(call, "objection");
    if (call->entry->state == LISTED || call->entry->state == REPAIRING)
        call->to = call->entry->state;
    return CW_ACCEPTED;
}

static enum cw_refusal repair(struct ledger_call *call)
{
    text_to(call, "repair");
    return CW_ACCEPTED;
}

/* The period to answer is over and nobody objected. */
static void due(struct fold *fold, struct entry *entry)
{
    if (entry->state == OBJECTED) {
        ledger_alarm(fold, entry, CONDITION_CREDIT_OVERDUE, TOLD_OVERDUE, true, (double)NAN,
                     (double)NAN, "");
        return;
    }
    struct entry_draft draft = {.kind = entry->kind, .state = LISTED};
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    entry->due_ns = 0;
    if (entry->state == NOTICED)
        (void)draft_apply(&draft, fold, "credit.unopposed", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
}

#define ON_LIST (IN(LISTED) | IN(REPAIRING))
static const struct ledger_step steps[] = {
    {"credit.penalty", ANY_STATE, LISTED, CLOCK_NONE, false, with_evidence},
    {"credit.listed", ANY_STATE, LISTED, CLOCK_NONE, false, with_evidence},
    {"credit.removed", ANY_STATE & ~IS_NEW, REMOVED, CLOCK_NONE, false, NULL},
    {"credit.received", IS_NEW | IN(RECEIVED) | IN(REMOVED), RECEIVED, CLOCK_NONE, false,
     with_evidence},
    {"credit.objection", IN(NOTICED) | IN(OBJECTED) | ON_LIST, OBJECTED, CLOCK_CREDIT_OBJECTION,
     true, objection},
    {"credit.repair_requested", ON_LIST, REPAIRING, CLOCK_NONE, true, repair},
    {.event = NULL},
};

const struct ledger ledger_credit = {.kind = &kind_credit,
                                     .step = steps,
                                     .condition = CONDITION_CREDIT_OVERDUE,
                                     .waits = IN(NOTICED) | IN(OBJECTED),
                                     .make_id = make_id,
                                     .due = due};

/* ---- by persons ---- */

/* Approving is another person's: -EPERM. Without evidence -ENODATA. Wrong state -EBUSY. */
static int apply_command(struct fold *fold, struct entry_draft *draft, struct entry *entry,
                         const char *verb, struct cw_str by, struct cw_error *err)
{
    static const struct {
        const char *verb;
        uint32_t from, to;
        enum legal_clock clock;
    } verbs[] = {
        {"propose", IS_NEW | IN(REMOVED) | IN(WITHDRAWN) | IN(RECEIVED), PROPOSED, CLOCK_NONE},
        {"approve", IN(PROPOSED), NOTICED, CLOCK_CREDIT_ANSWER},
        {"uphold", IN(OBJECTED), LISTED, CLOCK_NONE},
        {"withdraw", IN(PROPOSED) | IN(NOTICED) | IN(OBJECTED) | ON_LIST, WITHDRAWN,
         CLOCK_NONE},
        {"object", IN(NOTICED), OBJECTED, CLOCK_CREDIT_OBJECTION},
        {"repair", ON_LIST, REPAIRING, CLOCK_NONE},
    };
    size_t i = 0;
    while (i < sizeof(verbs) / sizeof(verbs[0]) && strcmp(verbs[i].verb, verb) != 0)
        i++;
    if (i == sizeof(verbs) / sizeof(verbs[0]))
        return err_set(err, -EINVAL, "There is no \"%s\" of a listing.", verb);
    if (!(verbs[i].from & (entry ? IN(entry->state) : IS_NEW)))
        return err_set(err, entry ? -EBUSY : -ENOENT, "\"%s\" is not possible: the case is %s.",
                       verb, entry ? states[entry->state] : "not there");
    if (strcmp(verb, "propose") == 0) {
        if (!draft->value[field_index(draft->kind, "evidence")])
            return err_set(err, -ENODATA, "Nothing is proposed without \"evidence\".");
        draft_set_text(draft, "proposed_by", by);
    } else if (strcmp(verb, "approve") == 0 || strcmp(verb, "uphold") == 0) {
        if (str_eq(entry_text(entry, "proposed_by"), by))
            return err_set(err, -EPERM,
                           "Who proposed it cannot approve it: two persons decide.");
        draft_set_text(draft, "approved_by", by);
    }
    int code = draft_check(draft, fold, err);
    if (code)
        return code;
    draft->state = verbs[i].to;
    entry = draft_apply(draft, fold, verb, by, CW_STR(""), NULL);
    ledger_wait(fold, entry, legal_due_ns(fold->rules, verbs[i].clock, fold->now_ns));
    return 0;
}

int credit_command(struct fold *fold, const char *verb, const struct cw_doc *doc,
                   struct cw_error *err)
{
    const struct cw_node *root = document_object(doc);
    struct cw_str org = CW_STR(""), list = CW_STR(""), by = CW_STR("");
    struct entry_draft draft = {.kind = &kind_credit};
    if (!root || document_id(doc, root, "org", &org, err) ||
        document_id(doc, root, "list", &list, err) || document_text(doc, root, "by", &by, err))
        return err_set(err, -EINVAL, "A listing needs \"org\", \"list\" and \"by\".");
    int code = draft_read(&draft, fold, &kind_credit, doc, root, CW_STR(""), DRAFT_EVENT, err);
    (void)snprintf(draft.id, sizeof(draft.id), "%.*s.%.*s", (int)org.n, org.p, (int)list.n,
                   list.p);
    if (code == 0)
        code = apply_command(
            fold, &draft, book_find(fold->book, &kind_credit, str_of(draft.id)), verb, by, err);
    draft_done(&draft);
    return code;
}
