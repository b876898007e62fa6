/*
 * book.c - the table of all entries, and how a draft becomes a change of one.
 *
 * Numbers are used again last in first out, so that a replay gives the same; whoever walks
 * the entries does so by number.
 */
#include "core/registry/book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/mem.h"
#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/registry/book_private.h"
#include "core/registry/trail.h"

void book_init(struct book *book)
{
    *book = (struct book){0};
    map_init(&book->by_key);
    map_init(&book->by_site);
    map_init(&book->by_kind);
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    for (uint32_t i = 0; i < field_count(entry->kind); i++)
        free(entry->value[i]);
    free(entry->value);
    free(entry);
}

void book_mask(struct entry *entry, int field, struct cw_str value)
{
    free(entry->value[field]);
    entry->value[field] = xstrndup(value.p, value.n);
}

void book_done(struct book *book)
{
    for (uint32_t i = 0; i < book->n_entries; i++)
        entry_free(book->entry[i]);
    free(book->entry);
    free(book->free_number);
    map_done(&book->by_key);
    map_done(&book->by_site);
    map_done(&book->by_kind);
    *book = (struct book){0};
}

/* ---- the table ---- */

static size_t key_of(const struct entry_kind *kind, struct cw_str id, char dst[MAX_ENTRY_KEY])
{
    return key_join(dst, MAX_ENTRY_KEY, str_of(kind->name), ' ', id).n;
}

struct entry *book_find(const struct book *book, const struct entry_kind *kind,
                        struct cw_str id)
{
    char key[MAX_ENTRY_KEY];
    if (id.n > MAX_ENTRY_ID)
        return NULL;
    return map_get(&book->by_key, (struct cw_str){key, key_of(kind, id, key)});
}

struct entry *book_find_of_site(const struct book *book, const struct entry_kind *kind,
                                struct cw_str site, struct cw_str id)
{
    char own[MAX_ENTRY_ID + 1];
    if (site.n > MAX_ID || id.n > MAX_ID)
        return NULL;
    return book_find(book, kind, key_join(own, sizeof(own), site, '/', id));
}

static struct cw_str site_of(const struct entry *entry)
{
    const char *slash = entry->kind->of_site ? strchr(entry->id, '/') : NULL;
    return (struct cw_str){entry->id, slash ? (size_t)(slash - entry->id) : 0};
}

struct entry *book_of_site(const struct book *book, const struct entry_kind *kind,
                           struct cw_str site)
{
    char key[MAX_ENTRY_KEY];
    if (site.n > MAX_ID)
        return NULL;
    return map_get(&book->by_site, (struct cw_str){key, key_of(kind, site, key)});
}

static void link_of_site(struct book *book, struct entry *entry)
{
    char key[MAX_ENTRY_KEY];
    struct cw_str site = site_of(entry);
    if (site.n > 0)
        entry->next_of_site = map_put(
            &book->by_site, (struct cw_str){key, key_of(entry->kind, site, key)}, entry);
}

static void unlink_of_site(struct book *book, struct entry *entry)
{
    char key[MAX_ENTRY_KEY];
    struct cw_str site = site_of(entry);
    struct entry *it = site.n > 0 ? book_of_site(book, entry->kind, site) : NULL;
    if (!it)
        return;
    struct cw_str name = {key, key_of(entry->kind, site, key)};
    if (it == entry && entry->next_of_site)
        (void)map_put(&book->by_site, name, entry->next_of_site);
    else if (it == entry)
        (void)map_remove(&book->by_site, name);
    while (it && it->next_of_site != entry)
        it = it->next_of_site;
    if (it)
        it->next_of_site = entry->next_of_site;
}

struct entry *book_of_kind(const struct book *book, const struct entry_kind *kind)
{
    return map_get(&book->by_kind, str_of(kind->name));
}

static void link_of_kind(struct book *book, struct entry *entry)
{
    entry->next_of_kind = map_put(&book->by_kind, str_of(entry->kind->name), entry);
    if (entry->next_of_kind)
        entry->next_of_kind->before_of_kind = entry;
}

static void unlink_of_kind(struct book *book, struct entry *entry)
{
    struct cw_str name = str_of(entry->kind->name);
    if (entry->next_of_kind)
        entry->next_of_kind->before_of_kind = entry->before_of_kind;
    if (entry->before_of_kind)
        entry->before_of_kind->next_of_kind = entry->next_of_kind;
    else if (entry->next_of_kind)
        (void)map_put(&book->by_kind, name, entry->next_of_kind);
    else
        (void)map_remove(&book->by_kind, name);
}

struct entry *book_entry(const struct book *book, uint64_t number)
{
    return number < book->n_entries ? book->entry[number] : NULL;
}

void book_link(struct book *book, struct entry *entry)
{
    char key[MAX_ENTRY_KEY];
    size_t n = key_of(entry->kind, str_of(entry->id), key);
    book->entry[entry->number] = entry;
    map_put(&book->by_key, (struct cw_str){key, n}, entry);
    link_of_site(book, entry);
    link_of_kind(book, entry);
}

static uint32_t next_number(struct book *book)
{
    if (book->n_free > 0)
        return book->free_number[--book->n_free];
    book->entry = xrealloc(book->entry, (book->n_entries + 1) * sizeof(struct entry *));
    book->entry[book->n_entries] = NULL;
    return book->n_entries++;
}

struct entry *entry_new(const struct entry_kind *kind, const char *id)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));
    entry->kind = kind;
    (void)str_copy(entry->id, sizeof(entry->id), str_of(id));
    entry->value = xcalloc(field_count(kind) + 1, sizeof(char *));
    return entry;
}

void entry_forget(struct fold *fold, struct entry *entry)
{
    struct book *book = fold->book;
    char key[MAX_ENTRY_KEY];
    size_t n = key_of(entry->kind, str_of(entry->id), key);
    map_remove(&book->by_key, (struct cw_str){key, n});
    unlink_of_site(book, entry);
    unlink_of_kind(book, entry);
    book->entry[entry->number] = NULL;
    book->free_number =
        xrealloc(book->free_number, (book->n_free + 1) * sizeof(*book->free_number));
    book->free_number[book->n_free++] = entry->number;
    entry_free(entry);
}

/* ---- checking ---- */

static bool refers_to(const struct fold *fold, const char *kind, struct cw_str id)
{
    if (strcmp(kind, kind_sites.name) == 0)
        return registry_site(&fold->registry, id) != NULL;
    return book_find(fold->book, entry_kind_of(str_of(kind)), id) != NULL;
}

static int check_references(const struct entry_draft *draft, const struct fold *fold,
                            uint32_t i, struct cw_error *err)
{
    const struct entry_field *field = &draft->kind->field[i];
    struct cw_str rest = str_of(draft->value[i]), id;
    if (!field->refers)
        return 0;
    while (json_next_text(&rest, &id)) {
        if (!refers_to(fold, field->refers, id))
            return err_set(err, -EINVAL, "\"%s\" names \"%.*s\", which is not in %s.",
                           field->name, (int)id.n, id.p, field->refers);
    }
    return 0;
}

int draft_check(const struct entry_draft *draft, const struct fold *fold, struct cw_error *err)
{
    const struct entry *entry = book_find(fold->book, draft->kind, str_of(draft->id));
    uint64_t max = (uint64_t)fold->rules->settings.max_entries;
    if (!entry && map_count(&fold->book->by_key) >= max)
        return err_set(err, -ENOSPC, "There are %u entries already: limits.entries is reached.",
                       map_count(&fold->book->by_key));
    for (uint32_t i = 0; draft->kind->field[i].name; i++) {
        const struct entry_field *field = &draft->kind->field[i];
        bool kept = entry && entry->value[i] && !draft->erased[i];
        if ((field->flags & FIELD_REQUIRED) && !draft->value[i] && !kept)
            return err_set(err, -EINVAL, "\"%s\" is missing.", field->name);
        if ((field->flags & FIELD_ONCE) && kept && draft->value[i] &&
            strcmp(draft->value[i], entry->value[i]) != 0)
            return err_set(err, -EINVAL, "\"%s\" is %s and cannot be changed.", field->name,
                           entry->value[i]);
        if (draft->value[i] && check_references(draft, fold, i, err))
            return -EINVAL;
    }
    return 0;
}

/* ---- applying ---- */

static struct cw_str text_or_none(const char *json)
{
    return str_of(json ? json : "");
}

static void take_values(struct entry_draft *draft, struct entry *entry, struct trail *trail)
{
    for (uint32_t i = 0; draft->kind->field[i].name; i++) {
        char *now = draft->value[i], *old = entry->value[i];
        bool same = now ? old && strcmp(now, old) == 0 : !draft->erased[i] || !old;
        if (same)
            continue;
        trail_json(trail, draft->kind->field[i].name, text_or_none(old), text_or_none(now));
        free(old);
        entry->value[i] = now;
        draft->value[i] = NULL;
    }
}

static void tell(struct fold *fold, const struct entry *entry, const char *what,
                 struct cw_str by, struct cw_str reason, struct cw_str changes)
{
    struct entry_change change = {
        .entry = entry, .what = what, .by = by, .reason = reason, .changes = changes};
    fold->book->n_changes++;
    if (fold->sink->entry)
        fold->sink->entry(fold->sink->ctx, fold->at, &change);
}

static void stamp(struct fold *fold, struct entry *entry, struct cw_str by)
{
    entry->rev++;
    entry->changed_ns = fold->now_ns;
    (void)str_copy(entry->by, sizeof(entry->by), (struct cw_str){by.p, utf8_cut(by, MAX_ID)});
}

struct entry *draft_apply(struct entry_draft *draft, struct fold *fold, const char *what,
                          struct cw_str by, struct cw_str reason, bool *is_new)
{
    struct entry *entry = book_find(fold->book, draft->kind, str_of(draft->id));
    bool born = !entry;
    if (born) {
        entry = entry_new(draft->kind, draft->id);
        entry->number = next_number(fold->book);
        book_link(fold->book, entry);
    }
    struct trail trail;
    trail_begin(&trail);
    take_values(draft, entry, &trail);
    if (draft->state && draft->state != entry->state) {
        const char *const *state = entry->kind->state;
        trail_text(&trail, "state", entry->state ? state[entry->state] : "",
                   state[draft->state]);
        entry->state = draft->state;
        entry->since_ns = fold->now_ns;
    }
    if (trail.n_changed > 0 || born) {
        stamp(fold, entry, by);
        tell(fold, entry, what, by, reason, trail_changes(&trail));
    }
    trail_done(&trail);
    if (is_new)
        *is_new = born;
    return entry;
}

void entry_tell(struct fold *fold, const struct entry *entry, const char *what,
                struct cw_str by, struct cw_str reason)
{
    struct entry *own = fold->book->entry[entry->number];
    stamp(fold, own, by);
    tell(fold, own, what, by, reason, CW_STR("{}"));
}

/* ---- records ---- */

/* "rev" is the one that the author saw: what another has changed since is not overwritten. */
static int check_rev(const struct fold *fold, const struct entry_draft *draft,
                     const struct cw_doc *doc, const struct cw_node *root, struct cw_error *err)
{
    const struct entry *entry = book_find(fold->book, draft->kind, str_of(draft->id));
    int64_t rev = 0;
    int code = document_int(doc, root, "rev", &rev, err);
    if (code == -ENOENT || (code == 0 && rev == (entry ? (int64_t)entry->rev : 0)))
        return 0;
    if (code)
        return code;
    return err_set(err, -ESTALE, "\"%s\" is at revision %u, not %lld: somebody changed it.",
                   draft->id, entry ? entry->rev : 0, (long long)rev);
}

static int read_record(const struct fold *fold, const struct entry_kind *kind,
                       const struct cw_doc *doc, enum draft_mode mode,
                       struct entry_draft *draft, struct cw_str *by, struct cw_str *reason,
                       struct cw_error *err)
{
    const struct cw_node *root = document_object(doc);
    *draft = (struct entry_draft){.kind = kind};
    if (!root)
        return err_set(err, -EINVAL, "A registry record must be an object.");
    if (document_text(doc, root, "by", by, err) == -EINVAL ||
        document_text(doc, root, "reason", reason, err) == -EINVAL)
        return -EINVAL;
    if (kind->state && !kind->imported_as)
        return err_set(err, -EINVAL, "%s come from events, not by registering.", kind->name);
    int code = draft_read(draft, fold, kind, doc, root, CW_STR(""), mode, err);
    code = code ? code : check_rev(fold, draft, doc, root, err);
    if (code == 0 && kind->state && !book_find(fold->book, kind, str_of(draft->id)))
        draft->state = kind->imported_as;
    return code ? code : draft_check(draft, fold, err);
}

int book_record(struct fold *fold, const struct entry_kind *kind, const struct cw_doc *doc,
                enum draft_mode mode, struct cw_error *err)
{
    struct entry_draft draft;
    struct cw_str by = CW_STR(""), reason = CW_STR("");
    int code = read_record(fold, kind, doc, mode, &draft, &by, &reason, err);
    if (code == 0)
        book_changed(fold, draft_apply(&draft, fold, "set", by, reason, NULL));
    else
        fold->book->n_refused++;
    draft_done(&draft);
    return code;
}

int book_check(const struct fold *fold, const struct entry_kind *kind, const struct cw_doc *doc,
               enum draft_mode mode, struct cw_error *err)
{
    struct entry_draft draft;
    struct cw_str by = CW_STR(""), reason = CW_STR("");
    int code = read_record(fold, kind, doc, mode, &draft, &by, &reason, err);
    draft_done(&draft);
    return code;
}
