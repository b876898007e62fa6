/*
 * book.h - entries: what is known of organisations, areas, residents, staff, beds, projects,
 * and the cases of supervision. One kind is one table of fields; a row of it is an entry.
 * Part of the fold.
 *
 * A value is kept as the JSON it is shown as, checked when it came in: text, number, list.
 * An entry changes whole or not at all, and each change leaves the fold as an entry_change
 * with its author, reason, and old and new values, so nothing is ever corrected silently.
 */
#ifndef CORE_REGISTRY_BOOK_H
#define CORE_REGISTRY_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"
#include "core/timers.h"

enum field_type {
    FIELD_ID = 1,
    FIELD_TEXT,    /* max: bytes */
    FIELD_INT,     /* min..max; text of digits is fine */
    FIELD_REAL,    /* min..max */
    FIELD_BOOL,    /* or "true", "false", "yes", "no" */
    FIELD_TIME,    /* an instant; a date is the midnight it begins with */
    FIELD_DATE,    /* "2026-01-31" */
    FIELD_CHOICE,  /* choices "code=alias|code|..." */
    FIELD_IDS,     /* a list, or a text with ';' between */
    FIELD_USCC,    /* GB 32100-2015 */
    FIELD_NUMBERS, /* {"id":number,...} */
    FIELD_FLAGS,   /* {"id":true,...} */
    FIELD_DATES,   /* {"id":"2026-01-31",...} */
    FIELD_PROOF,   /* evidence: a text, or a list of texts */
};

enum field_flag {
    FIELD_REQUIRED = 1, /* a new entry must have it */
    FIELD_PUBLIC = 2,   /* anybody may read it */
    FIELD_ONCE = 4,     /* once set it stays */
};

struct entry_field {
    const char *name; /* NULL ends the table */
    enum field_type type;
    double min, max;
    const char *choices;
    const char *refers; /* every id must be an entry of this kind; "sites": a site */
    uint32_t flags;
};
#define MAX_ENTRY_FIELDS 48u

struct fold;
struct entry;
struct entry_kind {
    const char *name;   /* "organisations": topic of its records, word of the API */
    const char *member; /* "org": what its id is called */
    bool of_site;       /* ids are the site's own: an entry is "site/id" */
    const struct entry_field *field;
    const char *const *state; /* names, [0] is unused; NULL: it has none */
    /* What is shown beside the fields; may be NULL. */
    void (*more)(const struct fold *fold, const struct entry *entry, struct json_out *out);
    uint32_t imported_as; /* the state of a registered one; 0: with states, by events only */
};

#define MAX_ENTRY_ID (2 * MAX_ID + 1)
#define ENTRY_OVERDUE 1u

struct entry {
    uint32_t number; /* index in book.entry: owner of its timer */
    const struct entry_kind *kind;
    char id[MAX_ENTRY_ID + 1];
    char by[MAX_ID + 1]; /* who changed it last */
    uint32_t rev;        /* 1 when new */
    uint32_t state;      /* 0: the kind has none */
    uint32_t told;       /* set of alarms that are active: ENTRY_OVERDUE, the ledger's own */
    int64_t since_ns;    /* in this state */
    int64_t due_ns;      /* by when the next step has to be made; 0 none */
    int64_t changed_ns;
    struct timer timer;
    char **value;               /* by field; NULL: not known */
    struct entry *next_of_site; /* of its kind and site; the order means nothing */
    struct entry *next_of_kind, *before_of_kind; /* the same, of its kind */
};

struct book {
    struct map by_key; /* "kind id" -> struct entry */
    struct map
        by_site; /* "kind site" -> the first entry; of kinds whose ids are a site's own */
    struct map by_kind; /* name of the kind -> the first entry */
    struct entry **entry;
    uint32_t n_entries; /* length of the array; NULL where a number is free */
    uint32_t *free_number;
    uint32_t n_free;
    uint64_t n_changes, n_refused;
    uint64_t n_left; /* cases that were over long enough (core/oversight/closed.h) */
    /* Called when one was registered or changed; set by the engine. */
    void (*changed)(struct fold *fold, struct entry *entry);
};

struct fold;
struct saver;
struct loader;

/* What leaves the fold. Borrowed. */
struct entry_change {
    const struct entry *entry; /* after it */
    const char *what;          /* "set", or the type of the event */
    struct cw_str by, reason;
    struct cw_str changes; /* {"field":[old,new],...} */
};

void book_init(struct book *book);
void book_done(struct book *book);
struct entry *book_find(const struct book *book, const struct entry_kind *kind,
                        struct cw_str id); /* or NULL */
struct entry *book_find_of_site(const struct book *book, const struct entry_kind *kind,
                                struct cw_str site, struct cw_str id);
/* The first of that kind of a site; go on by next_of_site. NULL: there is none. */
struct entry *book_of_site(const struct book *book, const struct entry_kind *kind,
                           struct cw_str site);
/* The first of that kind; go on by next_of_kind. Who picks one of several says which by more
 * than the order, for that is another after a start. NULL: there is none. */
struct entry *book_of_kind(const struct book *book, const struct entry_kind *kind);
/* By number; NULL when it is free or behind the end. */
struct entry *book_entry(const struct book *book, uint64_t number);

/* What is said there becomes another text, copied: words that may not stay are gone from it.
 * Not a change, so the revision stays. */
void book_mask(struct entry *entry, int field, struct cw_str value);

/* ---- a change: read whole, then applied ---- */

struct entry_draft {
    const struct entry_kind *kind;
    char id[MAX_ENTRY_ID + 1];
    uint32_t state; /* the one to be in; 0: as it is */
    char *value[MAX_ENTRY_FIELDS];
    bool erased[MAX_ENTRY_FIELDS]; /* null was given */
    bool given[MAX_ENTRY_FIELDS];
};

enum draft_mode {
    DRAFT_STRICT = 1, /* a member that is no field is a mistake */
    DRAFT_EVENT,      /* other members are left alone */
};

/* Reads id and fields of the object. 0, or -EINVAL with err; draft_done() in any case.
 * `site` is the one an entry of a site is of when the object does not say. */
int draft_read(struct entry_draft *draft, const struct fold *fold,
               const struct entry_kind *kind, const struct cw_doc *doc,
               const struct cw_node *object, struct cw_str site, enum draft_mode mode,
               struct cw_error *err);
void draft_done(struct entry_draft *draft);
/* Sets one value as if it had been read; `json` is copied. */
void draft_set(struct entry_draft *draft, const char *field, struct cw_str json);
void draft_set_int(struct entry_draft *draft, const char *field, int64_t value);
void draft_set_text(struct entry_draft *draft, const char *field, struct cw_str text);
/* Would it be taken? 0; -EINVAL with err (something required is missing, what it refers to
 * is not there); -ENOSPC with err. */
int draft_check(const struct entry_draft *draft, const struct fold *fold, struct cw_error *err);
/* Applies what draft_check() would take. The entry; *is_new and *changed may be NULL. What
 * changed nothing is not told. */
struct entry *draft_apply(struct entry_draft *draft, struct fold *fold, const char *what,
                          struct cw_str by, struct cw_str reason, bool *is_new);
/* What the change means for the rest: consent, duties. */
void book_changed(struct fold *fold, struct entry *entry);
/* Tells of a change that is in no field: of state or due date. */
void entry_tell(struct fold *fold, const struct entry *entry, const char *what,
                struct cw_str by, struct cw_str reason);
void entry_forget(struct fold *fold, struct entry *entry);

/* ---- values ---- */

int field_index(const struct entry_kind *kind, const char *name);          /* -1: none */
struct cw_str entry_json_of(const struct entry *entry, const char *field); /* "" unknown */
/* The text of a text, id, choice or date, without its quotes; "" unknown. */
struct cw_str entry_text(const struct entry *entry, const char *field);
int64_t entry_int(const struct entry *entry, const char *field, int64_t fallback);
int64_t entry_time(const struct entry *entry, const char *field); /* ns; 0 unknown */
bool entry_lists(const struct entry *entry, const char *field, struct cw_str id);
/* The site and organisation that it is about; "" none. */
struct cw_str entry_site(const struct entry *entry);
struct cw_str entry_org(const struct entry *entry);
struct cw_str entry_district(const struct fold *fold, const struct entry *entry);
/* Its own id, without the site's. */
struct cw_str entry_own_id(const struct entry *entry);
void entry_json(const struct fold *fold, const struct entry *entry, bool is_public,
                struct json_out *out);
/* The next "text" within JSON that has no escapes (ids): false when there is none. */
bool json_next_text(struct cw_str *json, struct cw_str *text);
/* The code of a choice, also by one of its aliases; "" when there is none. */
struct cw_str choice_code(const char *choices, struct cw_str word);

/* ---- kinds ---- */

extern const struct entry_kind kind_areas, kind_organisations, kind_sites, kind_residents,
    kind_staff, kind_beds, kind_tenancies;
const struct entry_kind *entry_kind_of(struct cw_str name); /* any kind; NULL */
const struct entry_kind *entry_kind_at(uint32_t i);         /* NULL behind the last */

/* A record of the registry: {"by":..,"reason":..,"rev":..,fields...}. 0, -EINVAL, -ENOSPC or
 * -ESTALE (not at that revision), err. */
int book_record(struct fold *fold, const struct entry_kind *kind, const struct cw_doc *doc,
                enum draft_mode mode, struct cw_error *err);
/* The same without doing it. */
int book_check(const struct fold *fold, const struct entry_kind *kind, const struct cw_doc *doc,
               enum draft_mode mode, struct cw_error *err);

void book_save(const struct fold *fold, struct saver *saver);
void book_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

#endif
