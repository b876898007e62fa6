/*
 * entry_rows.h - a change of an entry as rows of the store: the entry as it is shown, and what
 * was changed by whom.
 */
#ifndef ENTRY_ROWS_H
#define ENTRY_ROWS_H

#include "core/fold.h"
#include "io/store.h"

/* The ordinal-th of the record at `at`. */
void entry_rows_add(struct store *store, struct position at, uint32_t ordinal,
                    const struct fold *fold, const struct entry_change *change);
/* Of what is no entry of the book, its trail alone. */
void entry_rows_add_trail(struct store *store, struct position at, uint32_t ordinal,
                          const struct trail_change *change);

#endif
