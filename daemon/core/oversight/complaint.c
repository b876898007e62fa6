/*
 * complaint.c - complaints by residents, families, the 12345 line: anybody may complain, the
 * one complained about or the department replies, a department alone says that it is over, and
 * by when is a legal clock that no reply stops. Who complained is asked whether they are
 * satisfied; a complaint that is closed without that says so.
 *
 *   FILED -- reply --> REPLIED -- closed (result, satisfied?) --> CLOSED -- filed again
 */
#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

enum { FILED = 1, CLOSED, REPLIED };
static const char *const states[] = {"", "filed", "closed", "replied", NULL};

static const struct entry_field fields[] = {
    {.name = "about", .type = FIELD_ID},
    {.name = "org", .type = FIELD_ID},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "channel", .type = FIELD_CHOICE, .choices = "12345|family|resident|other"},
    {.name = "topic", .type = FIELD_ID},
    {.name = "due", .type = FIELD_TIME},
    {.name = "reply", .type = FIELD_TEXT, .max = 2048},
    {.name = "replied_by", .type = FIELD_TEXT, .max = 64},
    {.name = "result", .type = FIELD_TEXT, .max = 512},
    {.name = "satisfied", .type = FIELD_BOOL},
    {.name = "times", .type = FIELD_INT, .min = 1, .max = 1e6},
    {.name = NULL},
};
const struct entry_kind kind_complaints = {
    .name = "complaints", .member = "complaint", .field = fields, .state = states};

/* What it is about is also whose it is, so that they see it: an organisation or a site. */
static enum cw_refusal filed(struct ledger_call *call)
{
    struct fold *fold = call->fold;
    struct cw_str about = CW_STR("");
    int64_t times = call->entry ? entry_int(call->entry, "times", 1) : 0;
    bool again = !call->entry || call->entry->state == CLOSED;
    (void)document_id(call->event->doc, call->event->root, "about", &about, NULL);
    if (registry_site(&fold->registry, about))
        draft_set_text(call->draft, "site", about);
    else if (about.n && book_find(fold->book, &kind_organisations, about))
        draft_set_text(call->draft, "org", about);
    draft_set_int(call->draft, "times", times + again);
    return CW_ACCEPTED;
}

/* A reply is words, of the department or of who is complained about. */
static enum cw_refusal replied(struct ledger_call *call)
{
    struct cw_str text = CW_STR(""), by = str_of(call->event->sender->id);
    (void)document_text(call->event->doc, call->event->root, "text", &text, NULL);
    (void)document_text(call->event->doc, call->event->root, "by", &by, NULL);
    if (text.n == 0) {
        err_set(call->event->err, 0, "A reply has a \"text\".");
        return CW_REFUSED_EVENT;
    }
    draft_set_text(call->draft, "reply", text);
    draft_set_text(call->draft, "replied_by", by);
    if (call->event->sender->kind == SITE_DEPARTMENT)
        return CW_ACCEPTED;
    return ledger_check_own(call);
}

static enum cw_refusal closed(struct ledger_call *call)
{
    /* As it stands, and not as it stood the last time. */
    if (call->entry && call->entry->state == CLOSED)
        return CW_ACCEPTED;
    call->draft->erased[field_index(call->draft->kind, "satisfied")] = true;
    return CW_ACCEPTED;
}

static const struct ledger_step steps[] = {
    {"complaint.filed", ANY_STATE, FILED, CLOCK_COMPLAINT, false, filed},
    {"complaint.replied", IN(FILED) | IN(REPLIED), REPLIED, CLOCK_NONE, false, replied},
    {"complaint.closed", IS_NEW | IN(FILED) | IN(REPLIED) | IN(CLOSED), CLOSED, CLOCK_NONE,
     false, closed},
    {.event = NULL},
};

const struct ledger ledger_complaints = {.kind = &kind_complaints,
                                         .step = steps,
                                         .condition = CONDITION_COMPLAINT_OVERDUE,
                                         .waits = IN(FILED) | IN(REPLIED),
                                         .over = IN(CLOSED)};
