/*
 * resident.c - resident.admitted, assessed, discharged, transferred, away, back: what a
 * facility says of its residents as it happens. It changes the entry of the register: status,
 * day, ability, care level, bed, and consent, which decides at once what is taken in
 * (consent.h).
 *
 * Who is admitted or assessed and not known yet is registered; of others who are not known
 * nothing is kept. Rules hear these events by themselves (core/series/context.h).
 */
#include <stdlib.h>

#include "base/civil.h"
#include "core/ingest/document.h"
#include "core/oversight/legal_clock.h"
#include "core/registry/consent.h"
#include "core/service/event_types.h"

/* By the event's type: the status it leaves (NULL: as it was), and the field of its day. */
static const struct step {
    const char *type, *status, *day;
} steps[] = {
    {"resident.admitted", "present", "admitted"},
    {"resident.assessed", NULL, "assessed"},
    {"resident.discharged", "discharged", NULL},
    {"resident.transferred", "transferred", NULL},
    {"resident.away", "away", NULL},
    {"resident.back", "present", NULL},
};

static const struct step *step_of(const struct event *event)
{
    struct cw_str type = {0};
    (void)document_text(event->doc, event->root, "type", &type, NULL);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (str_is(type, steps[i].type))
            return &steps[i];
    return NULL;
}

/* The other fields of a resident are the roster's and the department's to say. */
static void keep_what_is_said_here(struct entry_draft *draft)
{
    static const char *const said[] = {"site", "ability", "care_level", "bed", "consent"};
    for (int i = 0; draft->kind->field[i].name; i++) {
        bool is_said = false;
        for (size_t k = 0; k < sizeof(said) / sizeof(said[0]); k++)
            is_said = is_said || i == field_index(draft->kind, said[k]);
        if (is_said)
            continue;
        free(draft->value[i]);
        draft->value[i] = NULL;
        draft->given[i] = draft->erased[i] = false;
    }
}

static int apply(struct event *event, const struct step *step, struct entry_draft *draft)
{
    struct fold *fold = event->fold;
    struct cw_str by, reason;
    char day[CIVIL_MAX];
    event_author(event, &by, &reason);
    if (step->status)
        draft_set_text(draft, "status", str_of(step->status));
    if (step->day)
        draft_set_text(
            draft, step->day,
            (struct cw_str){day, civil_format(local_day(fold->rules, event->at_ns), day)});
    if (draft_check(draft, fold, event->err))
        return -1;
    book_changed(fold, draft_apply(draft, fold, step->type, by, reason, NULL));
    return 0;
}

enum cw_refusal resident_event(struct event *event)
{
    const struct step *step = step_of(event);
    struct entry_draft draft;
    enum cw_refusal refusal = CW_ACCEPTED;
    if (!step)
        return CW_ACCEPTED;
    if (draft_read(&draft, event->fold, &kind_residents, event->doc, event->root,
                   str_of(event->site->id), DRAFT_EVENT, event->err)) {
        refusal = CW_REFUSED_EVENT;
    } else {
        keep_what_is_said_here(&draft);
        if ((step->day || book_find(event->fold->book, &kind_residents, str_of(draft.id))) &&
            apply(event, step, &draft))
            refusal = CW_REFUSED_LIMIT;
    }
    draft_done(&draft);
    return refusal;
}
