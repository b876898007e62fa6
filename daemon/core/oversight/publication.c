/*
 * publication.c - what the public was told of lists, line by line, numbered without a gap: who
 * was put on one, what changed, who came off. A number is never used again, and a line never
 * changes, so who reads on from a number misses nothing.
 */
#include <stdio.h>

#include "base/instant.h"
#include "base/num.h"
#include "core/oversight/credit.h"

static const struct entry_field fields[] = {
    {.name = "seq", .type = FIELD_INT, .min = 0, .max = 1e15, .flags = FIELD_PUBLIC},
    {.name = "at", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "change", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "org", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "name", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "unified_code", .type = FIELD_TEXT, .max = 18, .flags = FIELD_PUBLIC},
    {.name = "list", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "title", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "decision", .type = FIELD_TEXT, .max = 128, .flags = FIELD_PUBLIC},
    {.name = "authority", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "clause", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "from", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "until", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "measures", .type = FIELD_PROOF, .max = 1024, .flags = FIELD_PUBLIC},
    {.name = NULL},
};
/* "last" holds the newest number; the others are called by theirs. */
const struct entry_kind kind_publications = {
    .name = "publications", .member = "publication", .field = fields};
#define LAST CW_STR("last")

int64_t publication_last(const struct fold *fold)
{
    const struct entry *last = book_find(fold->book, &kind_publications, LAST);
    return last ? entry_int(last, "seq", 0) : 0;
}

const struct entry *publication_find(const struct fold *fold, int64_t seq)
{
    char id[NUM_MAX];
    int n = snprintf(id, sizeof(id), "%lld", (long long)seq);
    return book_find(fold->book, &kind_publications, (struct cw_str){id, (size_t)n});
}

static void copy(struct entry_draft *draft, const struct entry *from, const char *field)
{
    struct cw_str json = from ? entry_json_of(from, field) : CW_STR("");
    if (json.n)
        draft_set(draft, field, json);
}

static void copy_rule(struct fold *fold, struct entry_draft *draft, const struct entry *listing)
{
    struct list_rule rule = credit_rule(fold, entry_text(listing, "list"));
    struct buf measures;
    struct json_out out;
    if (rule.title && rule.title[0])
        draft_set_text(draft, "title", str_of(rule.title));
    buf_init(&measures, 4096);
    json_out_init(&out, &measures);
    json_array(&out);
    for (size_t i = 0; rule.measures && rule.measures[i]; i++)
        json_text(&out, str_of(rule.measures[i]));
    json_array_end(&out);
    if (rule.measures && rule.measures[0] && !measures.full)
        draft_set(draft, "measures", buf_str(&measures));
    buf_done(&measures);
}

static void remember_last(struct fold *fold, int64_t seq)
{
    struct entry_draft draft = {.kind = &kind_publications};
    (void)str_copy(draft.id, sizeof(draft.id), LAST);
    draft_set_int(&draft, "seq", seq);
    (void)draft_apply(&draft, fold, "published", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
}

void publication_add(struct fold *fold, const struct entry *listing, const char *change)
{
    static const char *const same[] = {"org",    "list", "decision", "authority",
                                       "clause", "from", "until"};
    const struct entry *org = book_find(fold->book, &kind_organisations, entry_org(listing));
    struct entry_draft draft = {.kind = &kind_publications};
    int64_t seq = publication_last(fold) + 1;
    char at[INSTANT_MAX];
    (void)snprintf(draft.id, sizeof(draft.id), "%lld", (long long)seq);
    draft_set_int(&draft, "seq", seq);
    draft_set_text(&draft, "at", (struct cw_str){at, instant_format(fold->now_ns, at)});
    draft_set_text(&draft, "change", str_of(change));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        copy(&draft, listing, same[i]);
    copy(&draft, org, "name");
    copy(&draft, org, "unified_code");
    copy_rule(fold, &draft, listing);
    (void)draft_apply(&draft, fold, "published", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
    remember_last(fold, seq);
}
