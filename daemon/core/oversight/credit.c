/*
 * credit.c - lists of organisations: red, black, abnormal, serious, watch, joint sanction, and
 * others by name. Which there are and their clocks is configuration (statute.h). Never of
 * natural persons, and nothing without evidence.
 *
 *   SUGGESTED by the calendar alone, e.g. two years on the abnormal list; a person takes it up
 *   PROPOSED -- approved by another person --> NOTICED -- answer period over --> LISTED
 *                                                 |  objection             removed | repair
 *                                                 `--> OBJECTED -- answered -------> REMOVED
 *
 * What a department announces as decided (credit.listed) is listed at once: it was heard
 * before. RECEIVED is another department's or region's word: shown, and no list of ours.
 * Persons' part is credit_decide.c.
 */
#include "core/oversight/credit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "base/units.h"
#include "base/uscc.h"
#include "base/zone.h"
#include "core/ingest/document.h"

static const char *const states[] = {"",          "proposed",  "noticed", "objected",
                                     "listed",    "repairing", "removed", "received",
                                     "withdrawn", "suggested", NULL};

static const struct entry_field fields[] = {
    {.name = "org", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "site", .type = FIELD_ID},
    {.name = "district", .type = FIELD_ID},
    {.name = "list", .type = FIELD_ID, .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "decision", .type = FIELD_TEXT, .max = 128, .flags = FIELD_PUBLIC},
    {.name = "authority", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "clause", .type = FIELD_TEXT, .max = 256, .flags = FIELD_PUBLIC},
    {.name = "from", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "until", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    {.name = "evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "proposed_by", .type = FIELD_TEXT, .max = 64},
    {.name = "approved_by", .type = FIELD_TEXT, .max = 64},
    {.name = "noticed_at", .type = FIELD_TIME},
    {.name = "counts_since", .type = FIELD_TIME},
    {.name = "objection", .type = FIELD_TEXT, .max = 2048},
    {.name = "answer", .type = FIELD_TEXT, .max = 2048},
    {.name = "repair", .type = FIELD_TEXT, .max = 2048},
    {.name = "repair_by", .type = FIELD_TEXT, .max = 64},
    {.name = "repair_evidence", .type = FIELD_PROOF, .max = 1024},
    {.name = "received_from", .type = FIELD_ID},
    {.name = "text", .type = FIELD_TEXT, .max = 2048},
    {.name = NULL},
};
const struct entry_kind kind_credit = {
    .name = "credit", .member = "org", .field = fields, .state = states};

struct list_rule credit_rule(const struct fold *fold, struct cw_str list)
{
    const struct list_rule *rule = list_rule_find(fold->rules, list);
    const struct oversight_settings *s = &fold->rules->settings.oversight;
    if (rule)
        return *rule;
    return (struct list_rule){.name = "",
                              .title = "",
                              .source = "",
                              .clause = "",
                              .leads_to = "",
                              .is_public = true,
                              .restarts = true,
                              .answer_days = s->credit_answer_days,
                              .objection_days = s->credit_objection_days,
                              .repair_days = s->credit_objection_days};
}

/* ---- never of persons ---- */

/* GB 11643: seventeen digits with a date of birth, and a check digit. */
static bool is_identity_card(struct cw_str id)
{
    static const int weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    if (id.n != 18 || uscc_valid(id))
        return false;
    for (size_t i = 0; i < 17; i++) {
        if (id.p[i] < '0' || id.p[i] > '9')
            return false;
        sum += (id.p[i] - '0') * weight[i];
    }
    bool is_born = memcmp(id.p + 6, "19", 2) == 0 || memcmp(id.p + 6, "20", 2) == 0;
    return is_born && id.p[17] == "10X98765432"[sum % 11];
}

bool credit_is_person(const struct fold *fold, struct cw_str org)
{
    const struct site *site = registry_site(&fold->registry, org);
    if ((site && site->kind == SITE_HOME) || is_identity_card(org))
        return true;
    if (site || book_find(fold->book, &kind_organisations, org))
        return false;
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (entry && (entry->kind == &kind_residents || entry->kind == &kind_staff) &&
            str_eq(entry_own_id(entry), org))
            return true;
    }
    return false;
}

/* ---- clocks ---- */

static void set_text(struct fold *fold, struct entry *entry, const char *field, int64_t ns,
                     const char *what)
{
    struct entry_draft draft = {.kind = entry->kind, .state = entry->state};
    char text[INSTANT_MAX];
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    draft_set_text(&draft, field, (struct cw_str){text, instant_format(ns, text)});
    (void)draft_apply(&draft, fold, what, str_of(entry->by), CW_STR(""), NULL);
    draft_done(&draft);
}

/* The beginning of the same date so many months later, or of the month's last. */
static int64_t months_later(const struct ruleset *rules, int64_t from_ns, int64_t months)
{
    int year, month, day;
    instant_date(local_day(rules, from_ns), &year, &month, &day);
    int64_t at = (int64_t)year * 12 + month - 1 + months;
    int last = civil_days_in(at / 12, at % 12 + 1);
    return end_of_day_ns(rules,
                         instant_days(at / 12, at % 12 + 1, day < last ? day : last) - 1);
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* What comes next while it counts: its end, or what it leads to. */
static int64_t next_ns(const struct fold *fold, const struct entry *entry,
                       const struct list_rule *rule)
{
    int64_t since_ns = entry_time(entry, "counts_since"), leads_ns = 0, end_ns = 0;
    if (rule->leads_months)
        leads_ns = months_later(fold->rules, since_ns, rule->leads_months);
    if (rule->ends_by_itself)
        end_ns = entry_time(entry, "until");
    return min_of(leads_ns > fold->now_ns ? leads_ns : 0, end_ns);
}

static void begin_counting(struct fold *fold, struct entry *entry, const struct list_rule *rule)
{
    int64_t from_ns = entry_time(entry, "from");
    int64_t begins_ns = from_ns && from_ns <= fold->now_ns ? from_ns : fold->now_ns;
    set_text(fold, entry, "counts_since", begins_ns, "credit.counts");
    if (!from_ns)
        set_text(fold, entry, "from", begins_ns, "credit.counts");
    if (rule->months && !entry_time(entry, "until"))
        set_text(fold, entry, "until", months_later(fold->rules, begins_ns, rule->months),
                 "credit.counts");
}

void credit_begin_anew(struct entry_draft *draft)
{
    static const char *const past[] = {"counts_since", "from",       "until",  "noticed_at",
                                       "objection",    "answer",     "repair", "repair_by",
                                       "proposed_by",  "approved_by"};
    for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++)
        draft->erased[field_index(draft->kind, past[i])] = true;
}

static int64_t working_days(const struct fold *fold, int64_t days)
{
    return legal_days_ns(fold->rules, true, days, fold->now_ns);
}

#define TOLD_PUBLIC 2u
#define TOLD_SUGGESTED 4u

static void tell_public(struct fold *fold, struct entry *entry, const struct list_rule *rule,
                        bool anew)
{
    bool counts = ON_LIST & IN(entry->state) && rule->is_public;
    bool was = entry->told & TOLD_PUBLIC;
    if (counts && (!was || anew))
        publication_add(fold, entry, was ? "changed" : "listed");
    else if (was && !counts)
        publication_add(fold, entry, "removed");
    entry->told = counts ? entry->told | TOLD_PUBLIC : entry->told & ~TOLD_PUBLIC;
}

void credit_settle(struct fold *fold, struct entry *entry)
{
    bool anew = !entry_time(entry, "counts_since");
    struct list_rule rule = credit_rule(fold, entry_text(entry, "list"));
    int64_t due_ns = 0;
    switch (entry->state) {
    case CREDIT_NOTICED:
        due_ns = working_days(fold, rule.answer_days);
        break;
    case CREDIT_OBJECTED:
        due_ns = working_days(fold, rule.objection_days);
        break;
    case CREDIT_REPAIRING:
        due_ns = working_days(fold, rule.repair_days);
        break;
    case CREDIT_LISTED:
        if (anew)
            begin_counting(fold, entry, &rule);
        due_ns = next_ns(fold, entry, &rule);
        break;
    default:
        break;
    }
    ledger_wait(fold, entry, due_ns);
    if (entry->state != CREDIT_SUGGESTED)
        ledger_alarm(fold, entry, CONDITION_CREDIT_SUGGESTED, TOLD_SUGGESTED, false, 0, 0, "");
    tell_public(fold, entry, &rule, anew);
}

static void move(struct fold *fold, struct entry *entry, uint32_t state, const char *what)
{
    struct entry_draft draft = {.kind = entry->kind, .state = state};
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    entry->due_ns = 0;
    (void)draft_apply(&draft, fold, what, CW_STR(""), CW_STR(""), NULL);
    draft_done(&draft);
    credit_settle(fold, entry);
}

/* The calendar suggests, with the fact it knows; persons decide. */
static void suggest(struct fold *fold, const struct entry *entry, const struct list_rule *rule)
{
    struct entry_draft draft = {.kind = &kind_credit, .state = CREDIT_SUGGESTED};
    char text[200];
    int n = snprintf(draft.id, sizeof(draft.id), "%.*s.%s", (int)entry_org(entry).n,
                     entry_org(entry).p, rule->leads_to);
    const struct entry *there = book_find(fold->book, &kind_credit, str_of(draft.id));
    if (n > MAX_ENTRY_ID ||
        (there && !(IN(there->state) & (IN(CREDIT_REMOVED) | IN(CREDIT_WITHDRAWN)))))
        return;
    n = snprintf(text, sizeof(text), "on the list %s since %.10s: credit/%s", rule->name,
                 entry_text(entry, "counts_since").p, entry->id);
    draft_set_text(&draft, "org", entry_org(entry));
    draft_set_text(&draft, "list", str_of(rule->leads_to));
    draft_set_text(&draft, "evidence", (struct cw_str){text, (size_t)n});
    if (draft_check(&draft, fold, NULL) == 0) {
        struct entry *made =
            draft_apply(&draft, fold, "credit.suggested", CW_STR(""), CW_STR(""), NULL);
        ledger_alarm(fold, made, CONDITION_CREDIT_SUGGESTED, TOLD_SUGGESTED, true, (double)NAN,
                     (double)NAN, "");
    }
    draft_done(&draft);
}

static void due(struct fold *fold, struct entry *entry)
{
    struct list_rule rule = credit_rule(fold, entry_text(entry, "list"));
    int64_t until_ns = entry_time(entry, "until");
    if (entry->state == CREDIT_NOTICED) {
        move(fold, entry, CREDIT_LISTED, "credit.unopposed");
    } else if (entry->state == CREDIT_LISTED && rule.ends_by_itself && until_ns &&
               until_ns <= fold->now_ns) {
        move(fold, entry, CREDIT_REMOVED, "credit.expired");
    } else if (entry->state == CREDIT_LISTED) {
        suggest(fold, entry, &rule);
        ledger_wait(fold, entry, next_ns(fold, entry, &rule));
    } else {
        ledger_alarm(fold, entry, CONDITION_CREDIT_OVERDUE, TOLD_OVERDUE, true, (double)NAN,
                     (double)NAN, "");
    }
}

/* ---- events ---- */

/* "ORG.LIST"; a penalty is a list of its own, who objects to a decision means the case that
 * has it, and what another region says is beside what is said here: "ORG.REGION.LIST". */
static bool find_by_decision(const struct event *event, struct cw_str org, char id[])
{
    struct cw_str decision = CW_STR("");
    const struct book *book = event->fold->book;
    (void)document_text(event->doc, event->root, "decision", &decision, NULL);
    for (uint32_t i = 0; i < book->n_entries; i++) {
        const struct entry *entry = book->entry[i];
        if (entry && entry->kind == &kind_credit && str_eq(entry_org(entry), org) &&
            (decision.n == 0 || str_eq(entry_text(entry, "decision"), decision)))
            return str_copy(id, MAX_ENTRY_ID + 1, str_of(entry->id));
    }
    return false;
}

static bool make_id(const struct event *event, char id[])
{
    struct cw_str org = CW_STR(""), list = CW_STR(""), from = CW_STR("");
    if (document_id(event->doc, event->root, "org", &org, event->err) ||
        document_id(event->doc, event->root, "list", &list, event->err) == -EINVAL ||
        document_id(event->doc, event->root, "received_from", &from, event->err) == -EINVAL)
        return false;
    if (list.n == 0 && find_by_decision(event, org, id))
        return true;
    if (list.n == 0)
        list = CW_STR("penalty");
    return snprintf(id, MAX_ENTRY_ID + 1, "%.*s%s%.*s.%.*s", (int)org.n, org.p,
                    from.n ? "." : "", (int)from.n, from.p, (int)list.n,
                    list.p) <= MAX_ENTRY_ID;
}

/* The same decision told again changes nothing; another one while it counts begins its period
 * anew where the list's rule says so, and one after it ended in any case. */
static bool is_another_decision(const struct ledger_call *call)
{
    const char *now = call->draft->value[field_index(call->draft->kind, "decision")];
    struct cw_str before = entry_json_of(call->entry, "decision");
    struct list_rule rule = credit_rule(call->fold, entry_text(call->entry, "list"));
    if (!(ON_LIST & IN(call->entry->state)))
        return true;
    return rule.restarts && !str_is(before, now ? now : "");
}

static enum cw_refusal with_evidence(struct ledger_call *call)
{
    const struct entry_kind *kind = call->draft->kind;
    struct event *event = call->event;
    struct cw_str org = CW_STR("");
    (void)document_id(event->doc, event->root, "org", &org, NULL);
    if (credit_is_person(call->fold, org)) {
        err_set(event->err, 0, "\"%.*s\" is no organisation: persons are on no list.",
                (int)org.n, org.p);
        return CW_REFUSED_EVENT;
    }
    if (!call->draft->value[field_index(kind, "list")] && !call->entry)
        draft_set_text(call->draft, "list", CW_STR("penalty"));
    if (call->draft->value[field_index(kind, "evidence")]) {
        if (call->entry && is_another_decision(call))
            credit_begin_anew(call->draft);
        return CW_ACCEPTED;
    }
    event->why = -ENODATA;
    err_set(event->err, 0, "Nothing is put on a list without \"evidence\".");
    return CW_REFUSED_EVENT;
}

/* What another says may also be that it is over. */
static enum cw_refusal received(struct ledger_call *call)
{
    struct cw_str change = CW_STR("");
    (void)document_text(call->event->doc, call->event->root, "change", &change, NULL);
    if (str_is(change, "removed"))
        call->to = CREDIT_REMOVED;
    return with_evidence(call);
}

static void text_to(struct ledger_call *call, const char *from, const char *field)
{
    struct cw_str text = CW_STR("");
    if (document_text(call->event->doc, call->event->root, from, &text, NULL) == 0)
        draft_set_text(call->draft, field, text);
}

/* Before it counts it stops the clock; afterwards it is answered while it stands. */
static enum cw_refusal objection(struct ledger_call *call)
{
    text_to(call, "text", "objection");
    if (ON_LIST & IN(call->entry->state))
        call->to = call->entry->state;
    return CW_ACCEPTED;
}

int credit_repair_check(const struct fold *fold, const struct entry *entry,
                        struct cw_error *err)
{
    struct list_rule rule = credit_rule(fold, entry_text(entry, "list"));
    int64_t from_ns =
        months_later(fold->rules, entry_time(entry, "counts_since"), rule.repair_months);
    char text[INSTANT_MAX];
    if (rule.repair_months == 0 || fold->now_ns >= from_ns)
        return 0;
    (void)instant_format(from_ns, text);
    return err_set(err, -EBUSY, "Repair can be asked for from %.10s on (%s).", text,
                   rule.source);
}

static enum cw_refusal repair(struct ledger_call *call)
{
    text_to(call, "text", "repair");
    call->event->why = credit_repair_check(call->fold, call->entry, call->event->err);
    return call->event->why ? CW_REFUSED_EVENT : CW_ACCEPTED;
}

static const struct ledger_step steps[] = {
    {"credit.penalty", ANY_STATE, CREDIT_LISTED, CLOCK_NONE, false, with_evidence},
    {"credit.listed", ANY_STATE, CREDIT_LISTED, CLOCK_NONE, false, with_evidence},
    {"credit.removed", ANY_STATE & ~IS_NEW, CREDIT_REMOVED, CLOCK_NONE, false, NULL},
    {"credit.received", IS_NEW | IN(CREDIT_RECEIVED) | IN(CREDIT_REMOVED), CREDIT_RECEIVED,
     CLOCK_NONE, false, received},
    {"credit.objection", IN(CREDIT_NOTICED) | IN(CREDIT_OBJECTED) | ON_LIST, CREDIT_OBJECTED,
     CLOCK_NONE, true, objection},
    {"credit.repair_requested", ON_LIST, CREDIT_REPAIRING, CLOCK_NONE, true, repair},
    {.event = NULL},
};

const struct ledger ledger_credit = {.kind = &kind_credit,
                                     .step = steps,
                                     .condition = CONDITION_CREDIT_OVERDUE,
                                     .over = IN(CREDIT_REMOVED) | IN(CREDIT_WITHDRAWN),
                                     .make_id = make_id,
                                     .changed = credit_settle,
                                     .due = due};
