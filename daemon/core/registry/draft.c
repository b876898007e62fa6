/*
 * draft.c - an object read into a draft: every member against its field, nothing applied.
 *
 * A member that is no field is a mistake where a person or a program of ours writes; what a
 * facility says beyond the fields is left alone. Names and numbers of persons are refused in
 * both, with the reason, since they belong elsewhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/registry/book_private.h"

#define MAX_VALUE_BYTES 16384u

uint32_t field_count(const struct entry_kind *kind)
{
    uint32_t n = 0;
    while (kind->field[n].name)
        n++;
    return n;
}

int field_index(const struct entry_kind *kind, const char *name)
{
    for (int i = 0; kind->field[i].name; i++)
        if (strcmp(kind->field[i].name, name) == 0)
            return i;
    return -1;
}

static int find_field(const struct entry_kind *kind, struct cw_str key)
{
    for (int i = 0; kind->field[i].name; i++)
        if (str_is(key, kind->field[i].name))
            return i;
    return -1;
}

static int read_id(struct entry_draft *draft, const struct cw_doc *doc,
                   const struct cw_node *object, struct cw_str site, struct cw_error *err)
{
    const struct entry_kind *kind = draft->kind;
    struct cw_str id = {0};
    int code = document_id(doc, object, kind->member, &id, err);
    if (code == -ENOENT)
        return err_set(err, -EINVAL, "\"%s\" is missing.", kind->member);
    if (code || (kind->of_site && document_id(doc, object, "site", &site, err) == -EINVAL))
        return -EINVAL;
    if (!kind->of_site) {
        (void)str_copy(draft->id, sizeof(draft->id), id);
        return 0;
    }
    if (site.n == 0)
        return err_set(err, -EINVAL, "\"site\" is missing.");
    (void)snprintf(draft->id, sizeof(draft->id), "%.*s/%.*s", (int)site.n, site.p, (int)id.n,
                   id.p);
    draft_set_text(draft, "site", site);
    return 0;
}

static const char *const personal[] = {"full_name", "phone", "mobile",      "id_number",
                                       "id_card",   "birth", "birth_date",  "contact",
                                       "email",     "face",  "family_name", "address_home"};

static int unknown_member(const struct entry_draft *draft, const struct cw_node *node,
                          enum draft_mode mode, struct cw_error *err)
{
    static const char *const known[] = {"by", "reason", "rev", "ts", "id", "type", "site"};
    bool is_person = draft->kind == &kind_residents || draft->kind == &kind_staff;
    bool is_personal = is_person && str_is(node->key, "name");
    for (size_t i = 0; i < sizeof(personal) / sizeof(personal[0]); i++)
        is_personal = is_personal || str_is(node->key, personal[i]);
    if (is_personal)
        return err_set(err, -EINVAL,
                       "\"%.*s\" does not belong here: persons are pseudonyms, their names are "
                       "kept in a table of their own.",
                       (int)node->key.n, node->key.p);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_is(node->key, known[i]))
            return 0;
    if (mode == DRAFT_EVENT || str_is(node->key, draft->kind->member))
        return 0;
    return err_set(err, -EINVAL, "There is no \"%.*s\" in %s.", (int)utf8_cut(node->key, 60),
                   node->key.p, draft->kind->name);
}

static int read_member(struct entry_draft *draft, const struct cw_doc *doc,
                       const struct cw_node *node, enum draft_mode mode, struct cw_error *err)
{
    int i = find_field(draft->kind, node->key);
    if (i < 0)
        return unknown_member(draft, node, mode, err);
    if (node->type == CW_NODE_NULL) {
        draft->erased[i] = true;
        return 0;
    }
    if (node->type == CW_NODE_TEXT && node->v.text.n == 0)
        return 0; /* an empty cell of a table says nothing */
    struct buf json;
    buf_init(&json, MAX_VALUE_BYTES);
    int code = field_read(&draft->kind->field[i], doc, node, &json, err);
    if (code == 0)
        draft_set(draft, draft->kind->field[i].name, buf_str(&json));
    buf_done(&json);
    return code;
}

int draft_read(struct entry_draft *draft, const struct fold *fold,
               const struct entry_kind *kind, const struct cw_doc *doc,
               const struct cw_node *object, struct cw_str site, enum draft_mode mode,
               struct cw_error *err)
{
    const struct cw_node *node = NULL;
    (void)fold;
    *draft = (struct entry_draft){.kind = kind};
    if (object->type != CW_NODE_OBJECT)
        return err_set(err, -EINVAL, "A row of %s must be an object.", kind->name);
    if (read_id(draft, doc, object, site, err))
        return -EINVAL;
    while ((node = document_next(doc, object, node)))
        if (read_member(draft, doc, node, mode, err))
            return -EINVAL;
    return 0;
}

void draft_done(struct entry_draft *draft)
{
    for (uint32_t i = 0; i < MAX_ENTRY_FIELDS; i++)
        free(draft->value[i]);
    *draft = (struct entry_draft){0};
}

void draft_set(struct entry_draft *draft, const char *field, struct cw_str json)
{
    int i = field_index(draft->kind, field);
    if (i < 0)
        return;
    free(draft->value[i]);
    draft->value[i] = xstrndup(json.p, json.n);
    draft->given[i] = true;
}

void draft_set_int(struct entry_draft *draft, const char *field, int64_t value)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);
    draft_set(draft, field, (struct cw_str){text, (size_t)n});
}

void draft_set_text(struct entry_draft *draft, const char *field, struct cw_str text)
{
    struct buf json;
    struct json_out out;
    buf_init(&json, MAX_VALUE_BYTES);
    json_out_init(&out, &json);
    json_text(&out, text);
    draft_set(draft, field, buf_str(&json));
    buf_done(&json);
}
