/*
 * site_entry.c - what the registry knew of a site before somebody registered it: from the
 * configuration, or because it had sent something. It goes into the site's entry first, so
 * that the history of a site begins with what was replaced.
 */
#include <math.h>

#include "core/fold.h"
#include "core/ingest/document.h"

#define MAX_REAL_BYTES 64u

static void know_text(struct entry_draft *draft, const struct entry *entry, const char *field,
                      const char *text)
{
    if (text && *text && (!entry || entry_json_of(entry, field).n == 0))
        draft_set_text(draft, field, str_of(text));
}

static void know_real(struct entry_draft *draft, const struct entry *entry, const char *field,
                      double value)
{
    struct buf json;
    struct json_out out;
    if (isnan(value) || (entry && entry_json_of(entry, field).n > 0))
        return;
    buf_init(&json, MAX_REAL_BYTES);
    json_out_init(&out, &json);
    json_real(&out, value);
    draft_set(draft, field, buf_str(&json));
    buf_done(&json);
}

void registry_keep_known(struct fold *fold, const struct cw_doc *doc)
{
    struct cw_str id;
    struct entry_draft draft = {.kind = &kind_sites};
    struct site *site = NULL;
    if (document_id(doc, document_object(doc), "site", &id, NULL) == 0)
        site = registry_site(&fold->registry, id);
    if (!site)
        return;
    const struct entry *entry = book_find(fold->book, &kind_sites, id);
    (void)str_copy(draft.id, sizeof(draft.id), id);
    know_text(&draft, entry, "kind", site->kind_text);
    know_text(&draft, entry, "district", site->district);
    know_text(&draft, entry, "name", site->name);
    know_real(&draft, entry, "lat", site->lat);
    know_real(&draft, entry, "lon", site->lon);
    if (!isnan(site->lat))
        know_text(&draft, entry, "crs", site->crs);
    (void)draft_apply(&draft, fold, "known", CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
}
