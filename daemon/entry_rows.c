/*
 * entry_rows.c - texts of an entry, cut to where they end, for the store's columns.
 */
#include "entry_rows.h"

#define MAX_ENTRY_JSON (256u << 10)

void entry_rows_add(struct store *store, struct position at, uint32_t ordinal,
                    const struct fold *fold, const struct entry_change *change)
{
    const struct entry *entry = change->entry;
    char org[MAX_ID + 1], site[MAX_ID + 1], district[MAX_ID + 1];
    struct buf json;
    struct json_out out;
    buf_init(&json, MAX_ENTRY_JSON);
    json_out_init(&out, &json);
    entry_json(fold, entry, false, &out);
    (void)str_copy(org, sizeof(org), entry_org(entry));
    (void)str_copy(site, sizeof(site), entry_site(entry));
    (void)str_copy(district, sizeof(district), entry_district(fold, entry));
    struct store_entry row = {
        .kind = entry->kind->name,
        .id = entry->id,
        .org = org,
        .site = site,
        .district = district,
        .state = entry->state ? entry->kind->state[entry->state] : "",
        .by = entry->by,
        .what = change->what,
        .reason = change->reason,
        .changes = change->changes,
        .json = buf_str(&json),
        .rev = entry->rev,
        .at_ns = entry->changed_ns,
    };
    store_add_entry(store, at, ordinal, &row);
    buf_done(&json);
}

void entry_rows_add_trail(struct store *store, struct position at, uint32_t ordinal,
                          const struct trail_change *change)
{
    char id[MAX_ENTRY_ID + 1], by[MAX_ID + 1];
    (void)str_copy(id, sizeof(id), change->id);
    (void)str_copy(by, sizeof(by), (struct cw_str){change->by.p, utf8_cut(change->by, MAX_ID)});
    struct store_entry row = {
        .kind = change->kind,
        .id = id,
        .org = "",
        .site = "",
        .district = "",
        .state = "",
        .by = by,
        .what = change->what,
        .reason = change->reason,
        .changes = change->changes,
        .rev = change->rev,
        .at_ns = change->at_ns,
    };
    store_add_entry(store, at, ordinal, &row);
}
