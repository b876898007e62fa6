/*
 * entry.c - questions about one entry, and how the API shows it.
 */
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/num.h"
#include "core/fold.h"
#include "core/registry/book_private.h"

struct cw_str entry_json_of(const struct entry *entry, const char *field)
{
    int i = field_index(entry->kind, field);
    return str_of(i < 0 || !entry->value[i] ? "" : entry->value[i]);
}

struct cw_str entry_text(const struct entry *entry, const char *field)
{
    struct cw_str json = entry_json_of(entry, field);
    if (json.n < 2 || json.p[0] != '"')
        return CW_STR("");
    return (struct cw_str){json.p + 1, json.n - 2};
}

int64_t entry_int(const struct entry *entry, const char *field, int64_t fallback)
{
    int64_t value = fallback;
    return num_parse_i64(entry_json_of(entry, field), &value) == 0 ? value : fallback;
}

int64_t entry_time(const struct entry *entry, const char *field)
{
    int64_t ns = 0;
    return instant_parse(entry_text(entry, field), &ns) == 0 ? ns : 0;
}

bool json_next_text(struct cw_str *json, struct cw_str *text)
{
    const char *from = json->n ? memchr(json->p, '"', json->n) : NULL;
    if (!from)
        return false;
    from++;
    size_t left = json->n - (size_t)(from - json->p);
    const char *to = left ? memchr(from, '"', left) : NULL;
    if (!to)
        return false;
    *text = (struct cw_str){from, (size_t)(to - from)};
    *json = (struct cw_str){to + 1, left - text->n - 1};
    return true;
}

bool entry_lists(const struct entry *entry, const char *field, struct cw_str id)
{
    struct cw_str rest = entry_json_of(entry, field), one;
    while (json_next_text(&rest, &one))
        if (str_eq(one, id))
            return true;
    return false;
}

struct cw_str entry_site(const struct entry *entry)
{
    if (entry->kind == &kind_sites)
        return str_of(entry->id);
    return entry_text(entry, "site");
}

struct cw_str entry_org(const struct entry *entry)
{
    if (entry->kind == &kind_organisations)
        return str_of(entry->id);
    return entry_text(entry, "org");
}

struct cw_str entry_district(const struct fold *fold, const struct entry *entry)
{
    struct cw_str district = entry_text(entry, "district");
    const struct site *site = registry_site(&fold->registry, entry_site(entry));
    if (district.n == 0 && site)
        return str_of(site->district);
    if (district.n > 0 || entry->kind == &kind_organisations)
        return district;
    const struct entry *org = book_find(fold->book, &kind_organisations, entry_org(entry));
    return org ? entry_text(org, "district") : CW_STR("");
}

struct cw_str entry_own_id(const struct entry *entry)
{
    const char *slash = entry->kind->of_site ? strchr(entry->id, '/') : NULL;
    return str_of(slash ? slash + 1 : entry->id);
}

void entry_json(const struct fold *fold, const struct entry *entry, bool is_public,
                struct json_out *out)
{
    json_object(out);
    json_member_text(out, entry->kind->state ? "id" : entry->kind->member, entry_own_id(entry));
    if (entry->kind->state && field_index(entry->kind, entry->kind->member) < 0)
        json_member_text(out, entry->kind->member, entry_own_id(entry));
    for (uint32_t i = 0; entry->kind->field[i].name; i++) {
        if (!entry->value[i] || (is_public && !(entry->kind->field[i].flags & FIELD_PUBLIC)))
            continue;
        json_key(out, entry->kind->field[i].name);
        json_raw(out, str_of(entry->value[i]));
    }
    if (entry->kind->more && !is_public)
        entry->kind->more(fold, entry, out);
    if (entry->kind->state && entry->state) {
        json_member_text(out, "state", str_of(entry->kind->state[entry->state]));
        json_member_time_opt(out, "since", entry->since_ns);
        json_member_time_opt(out, "due_at", entry->due_ns);
        if (!is_public && entry->told & ENTRY_OVERDUE)
            json_member_bool(out, "overdue", true);
    }
    if (!is_public) {
        json_member_int(out, "rev", entry->rev);
        json_member_time_opt(out, "changed_at", entry->changed_ns);
        json_member_opt(out, "by", str_of(entry->by));
    }
    json_object_end(out);
}
