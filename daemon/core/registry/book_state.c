/*
 * book_state.c - the book in a snapshot: entries by number, values by the name of their
 * field, so that a table may grow between versions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/registry/book_private.h"
#include "core/view/snapshot.h"

#define MIN_ENTRY_BYTES 40u

static void save_entry(const struct entry *entry, struct saver *saver)
{
    uint32_t n = 0;
    save_str(saver, str_of(entry->kind->name));
    save_u32(saver, entry->number);
    save_str(saver, str_of(entry->id));
    save_str(saver, str_of(entry->by));
    save_u32(saver, entry->rev);
    save_str(saver, str_of(entry->state ? entry->kind->state[entry->state] : ""));
    save_u32(saver, entry->told);
    save_i64(saver, entry->since_ns);
    save_i64(saver, entry->due_ns);
    save_i64(saver, entry->changed_ns);
    save_i64(saver, entry->timer.armed_ns);
    for (uint32_t i = 0; entry->kind->field[i].name; i++)
        n += entry->value[i] != NULL;
    save_u32(saver, n);
    for (uint32_t i = 0; entry->kind->field[i].name; i++) {
        if (!entry->value[i])
            continue;
        save_str(saver, str_of(entry->kind->field[i].name));
        save_str(saver, str_of(entry->value[i]));
    }
}

void book_save(const struct fold *fold, struct saver *saver)
{
    const struct book *book = fold->book;
    save_u64(saver, book->n_changes);
    save_u64(saver, book->n_refused);
    save_u64(saver, book->n_left); /* version 2 */
    save_u32(saver, book->n_entries);
    save_u32(saver, book->n_free);
    for (uint32_t i = 0; i < book->n_free; i++)
        save_u32(saver, book->free_number[i]);
    save_u32(saver, map_count(&book->by_key));
    for (uint32_t i = 0; i < book->n_entries; i++)
        if (book->entry[i])
            save_entry(book->entry[i], saver);
}

/* ---- loading ---- */

static void load_values(struct entry *entry, struct loader *loader)
{
    uint32_t n = load_count(loader, 8);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        char name[MAX_ID + 1];
        load_field(loader, name, sizeof(name));
        struct cw_str value = load_str(loader);
        int index = field_index(entry->kind, name);
        if (loader->failed || index < 0 || entry->value[index])
            continue; /* a field that there is no more */
        entry->value[index] = xstrndup(value.p, value.n);
    }
}

static uint32_t state_of(const struct entry_kind *kind, const char *name)
{
    for (uint32_t i = 1; kind->state && kind->state[i]; i++)
        if (strcmp(kind->state[i], name) == 0)
            return i;
    return 0;
}

static struct entry *load_entry_head(const struct entry_kind *kind, struct loader *loader,
                                     int64_t *armed_ns)
{
    char id[MAX_ENTRY_ID + 1], state[MAX_ID + 1];
    uint32_t number = load_u32(loader);
    load_field(loader, id, sizeof(id));
    struct entry *entry = entry_new(kind, id);
    entry->number = number;
    load_field(loader, entry->by, sizeof(entry->by));
    entry->rev = load_u32(loader);
    load_field(loader, state, sizeof(state));
    entry->state = state_of(kind, state);
    entry->told = load_u32(loader);
    entry->since_ns = load_i64(loader);
    entry->due_ns = load_i64(loader);
    entry->changed_ns = load_i64(loader);
    *armed_ns = load_i64(loader);
    return entry;
}

static void load_entry(struct fold *fold, struct loader *loader)
{
    struct book *book = fold->book;
    char name[MAX_ID + 1];
    int64_t armed_ns = 0;
    load_field(loader, name, sizeof(name));
    const struct entry_kind *kind = loader->failed ? NULL : entry_kind_of(str_of(name));
    if (!kind) {
        loader->failed = true;
        return;
    }
    struct entry *entry = load_entry_head(kind, loader, &armed_ns);
    load_values(entry, loader);
    if (loader->failed || entry->number >= book->n_entries || book->entry[entry->number] ||
        book_find(book, kind, str_of(entry->id))) {
        loader->failed = true;
        for (uint32_t i = 0; i < field_count(kind); i++)
            free(entry->value[i]);
        free(entry->value);
        free(entry);
        return;
    }
    book_link(book, entry);
    if (armed_ns)
        timer_arm(&fold->timers, &entry->timer, TIMER_ENTRY, entry->number, armed_ns);
}

static bool numbers_agree(const struct book *book)
{
    for (uint32_t i = 0; i < book->n_free; i++)
        if (book->free_number[i] >= book->n_entries || book->entry[book->free_number[i]])
            return false;
    return map_count(&book->by_key) + book->n_free == book->n_entries;
}

void book_load(struct fold *fold, struct loader *loader)
{
    struct book *book = fold->book;
    book->n_changes = load_u64(loader);
    book->n_refused = load_u64(loader);
    book->n_left = loader->version >= 2 ? load_u64(loader) : 0;
    book->n_entries = load_count(loader, 1);
    book->entry = xcalloc(book->n_entries + 1, sizeof(struct entry *));
    book->n_free = load_count(loader, sizeof(uint32_t));
    book->free_number = xcalloc(book->n_free + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < book->n_free; i++)
        book->free_number[i] = load_u32(loader);
    uint32_t n = load_count(loader, MIN_ENTRY_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_entry(fold, loader);
    if (!loader->failed && !numbers_agree(book))
        loader->failed = true;
}
