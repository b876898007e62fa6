/*
 * roster_persons.c - two lists of a roster, one way: checked row by row, then applied, then
 * whoever was on the list before and is not any more.
 *
 * What a roster does not say of a person stays as it was: an assessment by the department
 * outlives the next roster, and who is away is so until an event says that they are back.
 * Only consent is the facility's to say, both ways.
 */
#include "core/registry/roster_persons.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/registry/book_private.h"

static const struct {
    const char *member;
    const struct entry_kind *kind;
    const char *gone; /* the status of who is not on it any more */
} lists[] = {
    {"residents", &kind_residents, "discharged"},
    {"staff", &kind_staff, "left"},
};
#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

/* Who is on the list is there, or away for a while. */
static void set_status(struct entry_draft *draft, const struct fold *fold)
{
    const struct entry *known = book_find(fold->book, draft->kind, str_of(draft->id));
    bool is_away = known && str_is(entry_text(known, "status"), "away");
    if (!draft->given[field_index(draft->kind, "status")] && !is_away)
        draft_set_text(draft, "status", CW_STR("present"));
}

/* The walk over one list; `row` gets each draft that is complete. */
static int each(const struct fold *fold, const struct site *site, const struct cw_doc *doc,
                size_t list, int (*row)(void *ctx, struct entry_draft *draft), void *ctx,
                struct cw_error *err)
{
    const struct cw_node *persons =
        document_member(doc, document_object(doc), lists[list].member);
    const struct cw_node *person = NULL;
    int code = 0;
    while (persons && code == 0 && (person = document_next(doc, persons, person))) {
        struct entry_draft draft = {.kind = lists[list].kind};
        /* Staff may be counted without an id each. */
        if (document_member(doc, person, lists[list].kind->member)) {
            code = draft_read(&draft, fold, lists[list].kind, doc, person, str_of(site->id),
                              DRAFT_EVENT, err);
            if (code == 0) {
                set_status(&draft, fold);
                code = row(ctx, &draft);
            }
        }
        draft_done(&draft);
    }
    return code;
}

struct checking {
    const struct fold *fold;
    struct cw_error *err;
};

static int check_row(void *ctx, struct entry_draft *draft)
{
    struct checking *checking = ctx;
    return draft_check(draft, checking->fold, checking->err);
}

int roster_persons_check(const struct fold *fold, const struct site *site,
                         const struct cw_doc *doc, struct cw_error *err)
{
    struct checking checking = {fold, err};
    int code = 0;
    for (size_t i = 0; i < N_LISTS && code == 0; i++)
        code = each(fold, site, doc, i, check_row, &checking, err);
    return code;
}

struct applying {
    struct fold *fold;
    char by[MAX_ID + 1];
    struct map named; /* of this list */
};

static int apply_row(void *ctx, struct entry_draft *draft)
{
    struct applying *applying = ctx;
    (void)map_put(&applying->named, str_of(draft->id), applying);
    /* Many rosters of one turn may together be too many: who does not fit is left out. */
    if (draft_check(draft, applying->fold, NULL) == 0)
        book_changed(applying->fold, draft_apply(draft, applying->fold, "roster",
                                                 str_of(applying->by), CW_STR(""), NULL));
    return 0;
}

static bool is_gone(const struct applying *applying, const struct entry *entry)
{
    struct cw_str status = entry_text(entry, "status");
    return !map_get(&applying->named, str_of(entry->id)) &&
           (str_is(status, "present") || str_is(status, "away"));
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* In order of number, whatever the order of the list. */
static void leave(struct applying *applying, const struct site *site, size_t list)
{
    struct book *book = applying->fold->book;
    const struct entry *it = book_of_site(book, lists[list].kind, str_of(site->id));
    uint32_t *gone = NULL, n = 0;
    for (; it; it = it->next_of_site) {
        if (!is_gone(applying, it))
            continue;
        if (n % 64 == 0)
            gone = xrealloc(gone, (n + 64) * sizeof(*gone));
        gone[n++] = it->number;
    }
    if (n > 1)
        qsort(gone, n, sizeof(*gone), by_number);
    for (uint32_t i = 0; i < n; i++) {
        const struct entry *entry = book->entry[gone[i]];
        struct entry_draft draft = {.kind = entry->kind};
        (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
        draft_set_text(&draft, "status", str_of(lists[list].gone));
        (void)draft_apply(&draft, applying->fold, "roster", str_of(applying->by), CW_STR(""),
                          NULL);
        draft_done(&draft);
    }
    free(gone);
}

void roster_persons_apply(struct fold *fold, const struct site *site, const struct cw_doc *doc)
{
    struct applying applying = {.fold = fold};
    (void)snprintf(applying.by, sizeof(applying.by), "%.*s", MAX_ID, site->id);
    for (size_t i = 0; i < N_LISTS; i++) {
        if (!document_member(doc, document_object(doc), lists[i].member))
            continue;
        map_init(&applying.named);
        (void)each(fold, site, doc, i, apply_row, &applying, NULL);
        leave(&applying, site, i);
        map_done(&applying.named);
    }
}
