/*
 * ledger_command.c - what a person says of a case: the same steps as those of events, by the
 * same table of who may say what. A person of the department speaks for the department; one
 * of a facility for its site alone, or for the organisation whose duties are done there; and
 * what came on paper is recorded as the word of the one whose paper it was.
 */
#include <errno.h>

#include "core/ingest/document.h"
#include "core/oversight/ledger.h"

static const struct event_type *type_of(struct cw_str name)
{
    uint32_t row;
    const struct event_type *type = event_type_find(name, &row);
    return type && type->apply == ledger_event ? type : NULL;
}

bool ledger_command_exists(struct cw_str type)
{
    return type_of(type) != NULL;
}

/* Who speaks, as a site: only id and kind of it are looked at. */
static int speaker(struct event *event, const struct event_type *type, struct site *body)
{
    struct cw_str as = CW_STR("office");
    int code = document_id(event->doc, event->root, "as", &as, event->err);
    if (code == -EINVAL)
        return code;
    const struct site *site = code == 0 ? registry_site(&event->fold->registry, as) : NULL;
    (void)str_copy(body->id, sizeof(body->id), as);
    body->kind = code == -ENOENT ? SITE_DEPARTMENT : site ? site->kind : SITE_ORGANISATION;
    if (site && site->kind != SITE_DEPARTMENT && !(type->from & 1u << body->kind) &&
        type->from & 1u << SITE_ORGANISATION)
        body->kind = SITE_ORGANISATION;
    event->sender = body;
    event->site = body;
    if (type->from & 1u << body->kind)
        return 0;
    return err_set(event->err, -EACCES, "%s may not say %s.", body->id, type->name);
}

static int code_of(const struct event *event, enum cw_refusal refusal)
{
    if (refusal == CW_ACCEPTED)
        return 0;
    if (event->why)
        return event->why;
    return refusal == CW_REFUSED_NOT_AUTHORISED ? -EACCES
           : refusal == CW_REFUSED_LIMIT        ? -ENOSPC
                                                : -EINVAL;
}

int ledger_command(struct fold *fold, struct cw_str type, const struct cw_doc *doc,
                   struct cw_error *err)
{
    const struct event_type *row = type_of(type);
    struct event event = {.fold = fold, .doc = doc, .root = document_object(doc), .err = err};
    struct site body = {.number = 0};
    struct cw_str by = CW_STR(""), id = CW_STR("");
    if (!event.root || document_text(doc, event.root, "by", &by, err) || by.n == 0 ||
        document_text(doc, event.root, "case", &id, err))
        return err_set(err, -EINVAL, "A word about a case says \"by\" and \"case\".");
    int code = speaker(&event, row, &body);
    if (code)
        return code;
    enum cw_refusal refusal = event_read_members(&event, row);
    if (refusal == CW_ACCEPTED)
        refusal = ledger_say(&event, type, id);
    return code_of(&event, refusal);
}
