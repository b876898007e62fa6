/*
 * closed.c - a case goes when it is in a state of its ledger in which nothing more is to come,
 * when no alarm of it stands, and when nothing was said of it for long enough.
 */
#include "core/oversight/closed.h"

#include "core/fold.h"
#include "core/oversight/ledger.h"

static bool is_over(const struct entry *entry, int64_t before_ns)
{
    const struct ledger *ledger = ledger_of_kind(entry->kind);
    return ledger && ledger->over & IN(entry->state) && entry->told == 0 &&
           entry->changed_ns <= before_ns;
}

void closed_leave(struct fold *fold)
{
    int64_t keep_ns = fold->rules->settings.oversight.keep_closed_ns;
    if (keep_ns == 0)
        return;
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        struct entry *entry = fold->book->entry[i];
        if (!entry || !is_over(entry, fold->now_ns - keep_ns))
            continue;
        entry_forget(fold, entry);
        fold->book->n_left++;
    }
}
