/*
 * credit.h - what the files of credit share: states, legal clocks of a list, publication.
 */
#ifndef CORE_OVERSIGHT_CREDIT_H
#define CORE_OVERSIGHT_CREDIT_H

#include "core/oversight/ledger.h"
#include "core/oversight/statute.h"

enum credit_state {
    CREDIT_PROPOSED = 1,
    CREDIT_NOTICED,
    CREDIT_OBJECTED,
    CREDIT_LISTED,
    CREDIT_REPAIRING,
    CREDIT_REMOVED,
    CREDIT_RECEIVED,
    CREDIT_WITHDRAWN,
    CREDIT_SUGGESTED
};
/* What counts. */
#define ON_LIST (IN(CREDIT_LISTED) | IN(CREDIT_REPAIRING))

/* The list's rule; of one that is not configured, the periods of the section oversight. */
struct list_rule credit_rule(const struct fold *fold, struct cw_str list);
/* After a change: clocks by its state, until when it counts, what the public is told. */
void credit_settle(struct fold *fold, struct entry *entry);
/* What was of an earlier decision goes; the trail keeps it. */
void credit_begin_anew(struct entry_draft *draft);
/* Can repair be asked for already? 0, or -EBUSY with err. */
int credit_repair_check(const struct fold *fold, const struct entry *entry,
                        struct cw_error *err);
/* Is the id that of a natural person: a resident, a member of staff, an identity card? */
bool credit_is_person(const struct fold *fold, struct cw_str org);

/* publication.c: one more line of what the public is told, with the next number. */
void publication_add(struct fold *fold, const struct entry *listing, const char *change);
/* The newest number; 0 none. And one by its number, or NULL. */
int64_t publication_last(const struct fold *fold);
const struct entry *publication_find(const struct fold *fold, int64_t seq);
extern const struct entry_kind kind_publications;

#endif
