/*
 * ledger.c - one way for all ledgers: the step of an event, whose case it is, the entry, its
 * clock.
 */
#include "core/oversight/ledger.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/inspection.h"

static const struct ledger *const ledgers[] = {
    &ledger_projects, &ledger_inspections, &ledger_evaluations, &ledger_duties,
    &ledger_credit,   &ledger_complaints,  &ledger_campaigns,
};
#define N_LEDGERS (sizeof(ledgers) / sizeof(ledgers[0]))

const struct ledger *ledger_of_kind(const struct entry_kind *kind)
{
    for (size_t i = 0; i < N_LEDGERS; i++)
        if (ledgers[i]->kind == kind)
            return ledgers[i];
    return NULL;
}

static const struct ledger_step *find_step(struct cw_str type, const struct ledger **ledger)
{
    for (size_t i = 0; i < N_LEDGERS; i++) {
        for (const struct ledger_step *step = ledgers[i]->step; step->event; step++) {
            if (str_is(type, step->event)) {
                *ledger = ledgers[i];
                return step;
            }
        }
    }
    return NULL;
}

/* ---- alarms and clocks ---- */

void ledger_alarm(struct fold *fold, struct entry *entry, const char *condition, uint32_t bit,
                  bool on, double value, double limit, const char *note)
{
    const struct rule *rule = ruleset_builtin(fold->rules, condition);
    char subject[MAX_ALARM_SUBJECT], site[MAX_ID + 1], district[MAX_ID + 1];
    int n = snprintf(subject, sizeof(subject), "%s:%s", entry->kind->name, entry->id);
    struct cw_str key = {subject, (size_t)n};
    if (!on) {
        if (entry->told & bit)
            alarm_clear_key(fold, rule, key);
        entry->told &= ~bit;
        return;
    }
    if (entry->told & bit && isnan(value))
        return;
    entry->told |= bit;
    struct cw_str at = entry_site(entry);
    (void)str_copy(site, sizeof(site), at.n ? at : entry_org(entry));
    (void)str_copy(district, sizeof(district), entry_district(fold, entry));
    struct alarm_desc desc = {.rule = rule,
                              .subject = key,
                              .site = str_of(site),
                              .district = str_of(district),
                              .value = value,
                              .limit = limit,
                              .note = str_of(note)};
    alarm_raise(fold, &desc);
}

void ledger_wait(struct fold *fold, struct entry *entry, int64_t due_ns)
{
    const struct ledger *ledger = ledger_of_kind(entry->kind);
    entry->due_ns = due_ns;
    if (ledger->condition)
        ledger_alarm(fold, entry, ledger->condition, TOLD_OVERDUE, false, 0, 0, "");
    if (due_ns)
        timer_arm(&fold->timers, &entry->timer, TIMER_ENTRY, entry->number,
                  due_ns > fold->now_ns ? due_ns : fold->now_ns + 1);
}

void ledger_due(struct fold *fold, struct entry *entry)
{
    const struct ledger *ledger = ledger_of_kind(entry->kind);
    if (entry->kind == &kind_conduct)
        conduct_due(fold, entry);
    else if (!ledger)
        duty_open(fold, entry);
    if (!ledger || !entry->due_ns)
        return;
    if (fold_due_ns(fold) < entry->due_ns) {
        timer_arm(&fold->timers, &entry->timer, TIMER_ENTRY, entry->number, entry->due_ns);
        return;
    }
    if (ledger->due)
        ledger->due(fold, entry);
    else if (ledger->condition && (ledger->waits & IN(entry->state)))
        ledger_alarm(fold, entry, ledger->condition, TOLD_OVERDUE, true, (double)NAN,
                     (double)NAN, "");
}

void ledger_happened(struct fold *fold, const struct site *site, const char *type,
                     const struct cw_doc *doc, int64_t at_ns)
{
    struct cw_str kind = CW_STR(""), id = CW_STR("");
    const struct cw_node *root = document_object(doc);
    (void)document_text(doc, root, "kind", &kind, NULL);
    (void)document_id(doc, root, "id", &id, NULL);
    duty_done_by(fold, site, type, kind, id, at_ns);
    conduct_happened(fold, site, type, doc, at_ns);
}

void ledger_registered(struct fold *fold, struct entry *owner)
{
    duty_look(fold, owner);
    conduct_look(fold, owner);
}

/* ---- events ---- */

/* The organisation or site that a case is about, or one that works for it. A body that is not
 * registered at all is taken at its word, unless it names another that is. */
static bool speaks_for(const struct fold *fold, const struct site *sender, struct cw_str org,
                       struct cw_str site)
{
    const struct entry *registration = book_find(fold->book, &kind_sites, str_of(sender->id));
    const struct entry *of = book_find(fold->book, &kind_sites, site);
    if (str_is(org, sender->id) || str_is(site, sender->id) || (org.n == 0 && site.n == 0))
        return true;
    if ((registration && entry_lists(registration, "operators", org)) ||
        (of && entry_lists(of, "operators", str_of(sender->id))))
        return true;
    return org.n > 0 && !registry_site(&fold->registry, org) &&
           !book_find(fold->book, &kind_organisations, org);
}

enum cw_refusal ledger_check_own(const struct ledger_call *call)
{
    struct cw_str org = call->entry ? entry_org(call->entry) : CW_STR("");
    struct cw_str site = call->entry ? entry_site(call->entry) : CW_STR("");
    const struct event *event = call->event;
    if (!call->entry)
        (void)document_id(event->doc, event->root, "org", &org, NULL);
    if (speaks_for(call->fold, event->sender, org, site))
        return CW_ACCEPTED;
    err_set(event->err, 0, "%s does not speak for \"%.*s\".", event->sender->id, (int)org.n,
            org.p);
    call->event->why = -EACCES;
    return CW_REFUSED_NOT_AUTHORISED;
}

static enum cw_refusal check_state(const struct ledger_call *call,
                                   const struct ledger_step *step)
{
    const struct entry *entry = call->entry;
    uint32_t is = entry ? IN(entry->state) : IS_NEW;
    if (step->from & is)
        return CW_ACCEPTED;
    call->event->why = entry ? -EBUSY : -ENOENT;
    if (entry)
        err_set(call->event->err, 0, "%s of %s \"%s\" is not possible: it is %s.", step->event,
                entry->kind->name, entry->id, entry->kind->state[entry->state]);
    else
        err_set(call->event->err, 0, "There is no \"%s\" in %s.", call->draft->id,
                call->draft->kind->name);
    return CW_REFUSED_EVENT;
}

static void set_clock(struct ledger_call *call, const struct ledger *ledger,
                      const struct ledger_step *step)
{
    struct fold *fold = call->fold;
    int64_t due_ns = entry_time(call->entry, "due");
    struct cw_str date = entry_text(call->entry, "due");
    int64_t day;
    if (!(ledger->waits & IN(call->entry->state))) {
        ledger_wait(fold, call->entry, 0);
        return;
    }
    if (civil_parse((struct cw_str){date.p, date.n < 10 ? date.n : 10}, &day) == 0 &&
        step->clock != CLOCK_RECHECK)
        due_ns = end_of_day_ns(fold->rules, local_day(fold->rules, due_ns));
    else
        due_ns = legal_due_ns(fold->rules, step->clock, call->event->at_ns);
    if (step->clock)
        ledger_wait(fold, call->entry, due_ns);
}

static enum cw_refusal apply(struct ledger_call *call, const struct ledger *ledger,
                             const struct ledger_step *step)
{
    struct event *event = call->event;
    struct cw_str by = str_of(event->sender->id), reason = CW_STR("");
    enum cw_refusal refusal = check_state(call, step);
    if (!refusal && step->is_own)
        refusal = ledger_check_own(call);
    if (!refusal && step->also)
        refusal = step->also(call);
    if (refusal)
        return refusal;
    int code = draft_check(call->draft, call->fold, event->err);
    call->event->why = code;
    if (code)
        return code == -ENOSPC ? CW_REFUSED_LIMIT : CW_REFUSED_EVENT;
    (void)document_text(event->doc, event->root, "by", &by, NULL);
    (void)document_text(event->doc, event->root, "reason", &reason, NULL);
    call->draft->state = call->to;
    call->entry = draft_apply(call->draft, call->fold, step->event, by, reason, NULL);
    set_clock(call, ledger, step);
    if (ledger->changed)
        ledger->changed(call->fold, call->entry);
    return CW_ACCEPTED;
}

enum cw_refusal ledger_event(struct event *event)
{
    struct cw_str type = {0};
    (void)document_text(event->doc, event->root, "type", &type, NULL);
    return ledger_say(event, type, CW_STR(""));
}

enum cw_refusal ledger_say(struct event *event, struct cw_str type, struct cw_str id)
{
    const struct ledger *ledger = NULL;
    struct entry_draft draft;
    const struct ledger_step *step = find_step(type, &ledger);
    if (!step)
        BUG("no ledger has a step for an event that is sent to one");
    int code = draft_read(&draft, event->fold, ledger->kind, event->doc, event->root,
                          CW_STR(""), DRAFT_EVENT, event->err);
    if (ledger->make_id && !ledger->make_id(event, draft.id))
        code = err_set(event->err, -EINVAL, "The %s does not say of which case it is.",
                       step->event);
    if (code == 0 && id.n > 0 && !str_is(id, draft.id))
        code = err_set(event->err, -EINVAL, "What is said is of \"%s\", not of \"%.*s\".",
                       draft.id, (int)id.n, id.p);
    enum cw_refusal refusal = CW_REFUSED_EVENT;
    if (code == 0) {
        struct ledger_call call = {
            .event = event,
            .fold = event->fold,
            .draft = &draft,
            .to = step->to,
            .entry = book_find(event->fold->book, ledger->kind, str_of(draft.id))};
        refusal = apply(&call, ledger, step);
    }
    draft_done(&draft);
    return refusal;
}

/* ---- JSON that is kept as a value ---- */

static bool next_pair(struct cw_str *json, struct cw_str *key, int64_t *value)
{
    double number = 0;
    if (!json_next_text(json, key) || json->n < 2)
        return false;
    size_t n = 1;
    while (n < json->n && json->p[n] != ',' && json->p[n] != '}')
        n++;
    if (num_parse_f64((struct cw_str){json->p + 1, n - 1}, &number) < 0)
        return false;
    *value = (int64_t)number;
    json->p += n;
    json->n -= n;
    return true;
}

void numbers_set(struct cw_str json, struct cw_str key, int64_t value, struct buf *out)
{
    struct cw_str name;
    int64_t number;
    buf_printf(out, "{\"%.*s\":%lld", (int)key.n, key.p, (long long)value);
    while (next_pair(&json, &name, &number))
        if (!str_eq(name, key))
            buf_printf(out, ",\"%.*s\":%lld", (int)name.n, name.p, (long long)number);
    buf_add_char(out, '}');
}

int64_t numbers_sum(struct cw_str json)
{
    struct cw_str name;
    int64_t number, sum = 0;
    while (next_pair(&json, &name, &number))
        sum += number;
    return sum;
}

int64_t numbers_get(struct cw_str json, struct cw_str key, int64_t otherwise)
{
    struct cw_str name;
    int64_t number;
    while (next_pair(&json, &name, &number))
        if (str_eq(name, key))
            return number;
    return otherwise;
}

uint32_t list_count(struct cw_str json)
{
    struct cw_str one;
    uint32_t n = 0;
    while (json_next_text(&json, &one))
        n++;
    return n;
}
