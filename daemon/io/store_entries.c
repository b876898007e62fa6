/*
 * store_entries.c - rows of the registry, of supervision and of visits: as they are now, and
 * every change of an entry with its author, reason, old and new values.
 *
 * The fold forgets what was closed long ago; here it stays. Applied twice is applied once:
 * what lies before the cursor is already there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "core/service/visit.h"
#include "io/store_private.h"

enum entry_text {
    E_KIND,
    E_ID,
    E_ORG,
    E_SITE,
    E_DISTRICT,
    E_STATE,
    E_JSON,
    E_BY,
    E_WHAT,
    E_REASON,
    E_CHANGES
};
#define N_PLAIN_NUMBERS (N_VISIT_NUMBERS - N_MOMENTS)

static char *copy(struct cw_str s)
{
    return xstrndup(s.n ? s.p : "", s.n);
}

void store_add_entry(struct store *store, struct position at, uint32_t ordinal,
                     const struct store_entry *entry)
{
    struct store_op *op = store_op_new(OP_ENTRY);
    struct op_row *row = op->entry = xcalloc(1, sizeof(*row));
    op->upto = at;
    op->ordinal = ordinal;
    row->number[0] = entry->rev;
    row->number[1] = entry->at_ns;
    row->text[E_KIND] = xstrdup(entry->kind);
    row->text[E_ID] = xstrdup(entry->id);
    row->text[E_ORG] = xstrdup(entry->org);
    row->text[E_SITE] = xstrdup(entry->site);
    row->text[E_DISTRICT] = xstrdup(entry->district);
    row->text[E_STATE] = xstrdup(entry->state);
    row->text[E_JSON] = copy(entry->json);
    row->text[E_BY] = xstrdup(entry->by);
    row->text[E_WHAT] = xstrdup(entry->what);
    row->text[E_REASON] = copy(entry->reason);
    row->text[E_CHANGES] = copy(entry->changes);
    store_op_wait(store, op);
}

/* The columns of a visit: texts first, then numbers, each in the order of its statement. */
void store_add_visit(struct store *store, struct position at, uint32_t ordinal,
                     const struct site *site, const struct visit *visit)
{
    struct store_op *op = store_op_new(OP_VISIT);
    struct op_row *row = op->entry = xcalloc(1, sizeof(*row));
    const char *const text[N_VISIT_TEXTS] = {site->id,       visit->id,        site->district,
                                             visit->service, visit->recipient, visit->worker,
                                             visit->project, visit->method};
    const int64_t number[N_PLAIN_NUMBERS] = {visit->state,
                                             visit->exceptions,
                                             visit->standing,
                                             visit->evidence,
                                             visit->start_ns / NS_PER_MS,
                                             visit->end_ns / NS_PER_MS,
                                             visit->checkin_ns / NS_PER_MS,
                                             visit->checkout_ns / NS_PER_MS,
                                             visit->distance_m,
                                             visit->score,
                                             visit->amount_fen,
                                             visit->changed_ns / NS_PER_MS,
                                             visit->settled_ns / NS_PER_MS};
    op->upto = at;
    op->ordinal = ordinal;
    for (int i = 0; i < N_VISIT_TEXTS; i++)
        row->text[i] = xstrdup(text[i]);
    memcpy(row->number, number, sizeof(number));
    for (int i = 0; i < N_MOMENTS; i++)
        row->number[N_PLAIN_NUMBERS + i] = visit->moment_ns[i] / NS_PER_MS;
    store_op_wait(store, op);
}

void store_op_row_free(struct op_row *row)
{
    for (size_t i = 0; row && i < sizeof(row->text) / sizeof(row->text[0]); i++)
        free(row->text[i]);
    free(row);
}

static int apply_row(struct store *store, const struct op_row *row)
{
    sqlite3_stmt *s = store->statement[STMT_ENTRY];
    if (!*row->text[E_JSON])
        return 0;
    store_bind_text(s, 1, row->text[E_KIND]);
    store_bind_text(s, 2, row->text[E_ID]);
    sqlite3_bind_int64(s, 3, row->number[0]);
    store_bind_text(s, 4, row->text[E_ORG]);
    store_bind_text(s, 5, row->text[E_SITE]);
    store_bind_text(s, 6, row->text[E_DISTRICT]);
    store_bind_text(s, 7, row->text[E_STATE]);
    sqlite3_bind_int64(s, 8, row->number[1]);
    store_bind_text(s, 9, row->text[E_JSON]);
    return store_step(s);
}

int store_apply_entry(struct store *store, const struct store_op *op)
{
    const struct op_row *row = op->entry;
    if (position_cmp(op->upto, store->committed) < 0)
        return 0;
    if (apply_row(store, row))
        return -EIO;
    sqlite3_stmt *s = store->statement[STMT_ENTRY_TRAIL];
    sqlite3_bind_int64(s, 1, op->upto.epoch);
    sqlite3_bind_int64(s, 2, (int64_t)op->upto.offset);
    sqlite3_bind_int64(s, 3, op->ordinal);
    store_bind_text(s, 4, row->text[E_KIND]);
    store_bind_text(s, 5, row->text[E_ID]);
    sqlite3_bind_int64(s, 6, row->number[0]);
    sqlite3_bind_int64(s, 7, row->number[1]);
    store_bind_text(s, 8, row->text[E_BY]);
    store_bind_text(s, 9, row->text[E_WHAT]);
    store_bind_text(s, 10, row->text[E_REASON]);
    store_bind_text(s, 11, row->text[E_CHANGES]);
    return store_step(s);
}

int store_apply_visit(struct store *store, const struct store_op *op)
{
    const struct op_row *row = op->entry;
    if (position_cmp(op->upto, store->committed) < 0)
        return 0;
    sqlite3_stmt *s = store->statement[STMT_VISIT];
    for (int i = 0; i < N_VISIT_TEXTS; i++)
        store_bind_text(s, i + 1, row->text[i]);
    for (int i = 0; i < N_VISIT_NUMBERS; i++)
        sqlite3_bind_int64(s, N_VISIT_TEXTS + i + 1, row->number[i]);
    sqlite3_bind_int64(s, N_VISIT_TEXTS + N_VISIT_NUMBERS + 1, op->upto.epoch);
    sqlite3_bind_int64(s, N_VISIT_TEXTS + N_VISIT_NUMBERS + 2, (int64_t)op->upto.offset);
    sqlite3_bind_int64(s, N_VISIT_TEXTS + N_VISIT_NUMBERS + 3, op->ordinal);
    return store_step(s);
}
