/*
 * credit_decide.c - lists of organisations, the persons' part: one proposes with evidence,
 * another approves; the organisation is given notice and heard; whoever decides an objection
 * answers it, and is not the one who proposed. Repair is granted or refused by another person
 * than the one who recorded the request.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "core/ingest/document.h"
#include "core/oversight/credit.h"

struct deciding {
    struct fold *fold;
    const struct cw_doc *doc;
    const struct cw_node *root;
    struct entry_draft *draft;
    struct entry *entry; /* NULL: it is new */
    struct cw_str by;
    struct cw_error *err;
    uint32_t to;
};

static bool has(const struct deciding *d, const char *field)
{
    return d->draft->value[field_index(d->draft->kind, field)] != NULL;
}

static struct cw_str text_of(const struct deciding *d)
{
    struct cw_str text = CW_STR("");
    (void)document_text(d->doc, d->root, "text", &text, NULL);
    return text;
}

static int not_by(const struct deciding *d, const char *field, const char *why)
{
    if (!str_eq(entry_text(d->entry, field), d->by))
        return 0;
    return err_set(d->err, -EPERM, "%s: two persons decide.", why);
}

static int propose(struct deciding *d)
{
    struct cw_str list = CW_STR("");
    bool has_evidence = has(d, "evidence") || (d->entry && d->entry->state == CREDIT_SUGGESTED);
    (void)document_id(d->doc, d->root, "list", &list, NULL);
    struct list_rule rule = credit_rule(d->fold, list);
    struct cw_str org = CW_STR("");
    (void)document_id(d->doc, d->root, "org", &org, NULL);
    if (credit_is_person(d->fold, org))
        return err_set(d->err, -EINVAL, "\"%.*s\" is no organisation: persons are on no list.",
                       (int)org.n, org.p);
    if (!has_evidence)
        return err_set(d->err, -ENODATA, "Nothing is proposed without \"evidence\".");
    if (!has(d, "clause") && rule.clause[0])
        draft_set_text(d->draft, "clause", str_of(rule.clause));
    credit_begin_anew(d->draft);
    draft_set_text(d->draft, "proposed_by", d->by);
    return 0;
}

static int approve(struct deciding *d)
{
    struct list_rule rule = credit_rule(d->fold, entry_text(d->entry, "list"));
    char at[INSTANT_MAX];
    draft_set_text(d->draft, "approved_by", d->by);
    draft_set_text(d->draft, "noticed_at",
                   (struct cw_str){at, instant_format(d->fold->now_ns, at)});
    if (rule.answer_days == 0)
        d->to = CREDIT_LISTED;
    return not_by(d, "proposed_by", "Who proposed it cannot approve it");
}

/* An objection is answered in words, whatever the answer. */
static int uphold(struct deciding *d)
{
    int code = not_by(d, "proposed_by", "Who proposed it cannot decide the objection");
    if (code == 0 && text_of(d).n == 0)
        code = err_set(d->err, -ENODATA, "An objection is answered: \"text\".");
    if (code == 0)
        draft_set_text(d->draft, "answer", text_of(d));
    draft_set_text(d->draft, "approved_by", d->by);
    return code;
}

static int withdraw(struct deciding *d)
{
    if (text_of(d).n)
        draft_set_text(d->draft, "answer", text_of(d));
    return 0;
}

static int object(struct deciding *d)
{
    if (text_of(d).n)
        draft_set_text(d->draft, "objection", text_of(d));
    return 0;
}

static int repair(struct deciding *d)
{
    draft_set_text(d->draft, "repair_by", d->by);
    if (text_of(d).n)
        draft_set_text(d->draft, "repair", text_of(d));
    return credit_repair_check(d->fold, d->entry, d->err);
}

static int repaired(struct deciding *d)
{
    return not_by(d, "repair_by", "Who recorded the request cannot decide it");
}

static const struct verb {
    const char *name;
    uint32_t from, to;
    int (*also)(struct deciding *d);
} verbs[] = {
    {"propose",
     IS_NEW | IN(CREDIT_REMOVED) | IN(CREDIT_WITHDRAWN) | IN(CREDIT_RECEIVED) |
         IN(CREDIT_SUGGESTED),
     CREDIT_PROPOSED, propose},
    {"approve", IN(CREDIT_PROPOSED), CREDIT_NOTICED, approve},
    {"uphold", IN(CREDIT_OBJECTED), CREDIT_LISTED, uphold},
    {"withdraw",
     IN(CREDIT_SUGGESTED) | IN(CREDIT_PROPOSED) | IN(CREDIT_NOTICED) | IN(CREDIT_OBJECTED) |
         ON_LIST,
     CREDIT_WITHDRAWN, withdraw},
    {"object", IN(CREDIT_NOTICED), CREDIT_OBJECTED, object},
    {"repair", IN(CREDIT_LISTED), CREDIT_REPAIRING, repair},
    {"repaired", IN(CREDIT_REPAIRING), CREDIT_REMOVED, repaired},
    {"repair_refused", IN(CREDIT_REPAIRING), CREDIT_LISTED, repaired},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int decide(struct deciding *d, const char *name)
{
    size_t i = 0;
    while (i < N_VERBS && strcmp(verbs[i].name, name) != 0)
        i++;
    if (i == N_VERBS)
        return err_set(d->err, -EINVAL, "There is no \"%.40s\" of a listing.", name);
    if (!(verbs[i].from & (d->entry ? IN(d->entry->state) : IS_NEW)))
        return err_set(d->err, d->entry ? -EBUSY : -ENOENT,
                       "\"%s\" is not possible: the case is %s.", name,
                       d->entry ? kind_credit.state[d->entry->state] : "not there");
    d->to = verbs[i].to;
    int code = verbs[i].also(d);
    if (code == 0)
        code = draft_check(d->draft, d->fold, d->err);
    if (code)
        return code;
    d->draft->state = d->to;
    struct entry *entry = draft_apply(d->draft, d->fold, name, d->by, CW_STR(""), NULL);
    credit_settle(d->fold, entry);
    return 0;
}

int credit_command(struct fold *fold, const char *verb, const struct cw_doc *doc,
                   struct cw_error *err)
{
    struct cw_str org = CW_STR(""), list = CW_STR("");
    struct entry_draft draft = {.kind = &kind_credit};
    struct deciding d = {
        .fold = fold, .doc = doc, .root = document_object(doc), .draft = &draft, .err = err};
    if (!d.root || document_id(doc, d.root, "org", &org, err) ||
        document_id(doc, d.root, "list", &list, err) ||
        document_text(doc, d.root, "by", &d.by, err))
        return err_set(err, -EINVAL, "A listing needs \"org\", \"list\" and \"by\".");
    int code =
        draft_read(&draft, fold, &kind_credit, doc, d.root, CW_STR(""), DRAFT_EVENT, err);
    (void)snprintf(draft.id, sizeof(draft.id), "%.*s.%.*s", (int)org.n, org.p, (int)list.n,
                   list.p);
    d.entry = book_find(fold->book, &kind_credit, str_of(draft.id));
    if (code == 0)
        code = decide(&d, verb);
    draft_done(&draft);
    return code;
}
