/*
 * duty_calendar.c - see duty_calendar.h.
 *
 *         open_days                     end of the due date
 *   ------|-----------------------------|--------------> overdue
 *      case opened                   filed by then
 *
 * The timer of an organisation's own entry wakes when its next case opens. Thousands owe the
 * same on the same day, so that day's openings are spread over it by the owners' ids.
 */
#include "core/oversight/duty_calendar.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/units.h"
#include "core/ingest/document.h"
#include "core/oversight/ledger.h"
#include "core/oversight/statute.h"

#define LOOK_WITHIN_S 60
#define DAY_S 86400

/* One due date of a rule. */
struct occurrence {
    int64_t opens_ns, due_ns, due_day;
    int year; /* of its period */
    char period[32];
};

static bool is_owner(const struct entry *entry)
{
    return entry->kind == &kind_organisations || entry->kind == &kind_sites;
}

/* ---- who owes what ---- */

static bool owes(const struct duty_rule *rule, const struct entry *owner)
{
    bool is_site = owner->kind == &kind_sites;
    struct cw_str status = entry_text(owner, "status");
    if (is_site != (strcmp(rule->of, "site") == 0) ||
        !statute_has(rule->types, entry_text(owner, is_site ? "kind" : "type")))
        return false;
    return status.n == 0 || str_is(status, "active");
}

/* Who was registered too late in the period's year does not owe it for that year. */
static bool owes_for(const struct duty_rule *rule, const struct entry *owner,
                     const struct occurrence *one)
{
    const char *until = rule->registered_until[0] ? rule->registered_until : "12-31";
    int64_t registered, last = one->due_day;
    if (civil_parse(entry_text(owner, owner->kind == &kind_sites ? "opened" : "registered"),
                    &registered) != 0)
        return true;
    if (rule->is_of_previous || rule->registered_until[0])
        (void)statute_date(until, one->year, &last);
    return registered <= last;
}

static bool occurrence_at(const struct ruleset *rules, const struct duty_rule *rule,
                          const struct entry *owner, int year, size_t i, struct occurrence *one)
{
    uint64_t spread = hash64(str_of(owner->id), hash64(str_of(rule->name), 1)) % DAY_S;
    if (!statute_date(rule->due[i], year, &one->due_day))
        return false;
    while (rule->to_working_day && !is_working_day(rules, one->due_day))
        one->due_day++;
    one->due_ns = end_of_day_ns(rules, one->due_day);
    one->opens_ns =
        end_of_day_ns(rules, one->due_day - rule->open_days - 1) + (int64_t)spread * NS_PER_S;
    one->year = year - (rule->is_of_previous ? 1 : 0);
    if (rule->due[1])
        (void)snprintf(one->period, sizeof(one->period), "%d-%zu", one->year, i + 1);
    else
        (void)snprintf(one->period, sizeof(one->period), "%d", one->year);
    return true;
}

/* ---- opening ---- */

static void open_case(struct fold *fold, const struct duty_rule *rule,
                      const struct entry *owner, const struct occurrence *one)
{
    struct entry_draft draft = {.kind = &kind_duties, .state = DUTY_EXPECTED};
    struct cw_str rest = entry_json_of(owner, "operators"), org = str_of(owner->id);
    bool is_site = owner->kind == &kind_sites;
    char date[CIVIL_MAX];
    int n =
        snprintf(draft.id, sizeof(draft.id), "%s.%s.%s", owner->id, rule->name, one->period);
    if (n > MAX_ENTRY_ID || book_find(fold->book, &kind_duties, str_of(draft.id)))
        return;
    if (is_site)
        (void)json_next_text(&rest, &org);
    draft_set_text(&draft, "org", org);
    if (is_site)
        draft_set_text(&draft, "site", str_of(owner->id));
    draft_set_text(&draft, "duty", str_of(rule->name));
    draft_set_text(&draft, "period", str_of(one->period));
    draft_set_text(&draft, "expected_by",
                   (struct cw_str){date, civil_format(one->due_day, date)});
    draft_set_text(&draft, "source", str_of(rule->source));
    if (draft_check(&draft, fold, NULL) == 0) {
        struct entry *entry =
            draft_apply(&draft, fold, "duty.expected", CW_STR(""), CW_STR(""), NULL);
        ledger_wait(fold, entry, one->due_ns);
    } else {
        fold->book->n_refused++;
    }
    draft_done(&draft);
}

/* Opens those of the rule that are open now; the next opening, or INT64_MAX. */
static int64_t open_of_rule(struct fold *fold, const struct duty_rule *rule,
                            struct entry *owner, int this_year)
{
    int64_t next_ns = INT64_MAX;
    for (int year = this_year - 1; year <= this_year + 2; year++) {
        for (size_t i = 0; rule->due && rule->due[i]; i++) {
            struct occurrence one;
            if (!occurrence_at(fold->rules, rule, owner, year, i, &one) ||
                one.due_ns <= fold->now_ns || !owes_for(rule, owner, &one))
                continue;
            if (one.opens_ns <= fold->now_ns)
                open_case(fold, rule, owner, &one);
            else if (one.opens_ns < next_ns)
                next_ns = one.opens_ns;
        }
    }
    return next_ns;
}

void duty_open(struct fold *fold, struct entry *owner)
{
    int year, month, day;
    int64_t next_ns = INT64_MAX;
    if (!is_owner(owner))
        return;
    instant_date(local_day(fold->rules, fold->now_ns), &year, &month, &day);
    for (uint32_t i = 0; i < fold->rules->n_duties; i++) {
        const struct duty_rule *rule = &fold->rules->duty[i];
        if (!owes(rule, owner))
            continue;
        int64_t ns = open_of_rule(fold, rule, owner, year);
        next_ns = ns < next_ns ? ns : next_ns;
    }
    if (next_ns < INT64_MAX)
        timer_arm(&fold->timers, &owner->timer, TIMER_ENTRY, owner->number, next_ns);
}

void duty_look(struct fold *fold, struct entry *owner)
{
    if (!is_owner(owner) || fold->rules->n_duties == 0)
        return;
    uint64_t spread = hash64(str_of(owner->id), 1) % LOOK_WITHIN_S;
    timer_arm(&fold->timers, &owner->timer, TIMER_ENTRY, owner->number,
              fold->now_ns + (int64_t)(spread + 1) * NS_PER_S);
}

void duty_configure(struct fold *fold)
{
    for (uint32_t i = 0; i < fold->book->n_entries; i++)
        if (fold->book->entry[i])
            ledger_registered(fold, fold->book->entry[i]);
}

bool duty_is_owed(const struct fold *fold, const struct entry *entry)
{
    const struct duty_rule *rule = duty_rule_find(fold->rules, entry_text(entry, "duty"));
    struct cw_str site = entry_site(entry);
    const struct entry *owner =
        site.n ? book_find(fold->book, &kind_sites, site)
               : book_find(fold->book, &kind_organisations, entry_org(entry));
    return !rule || !owner || owes(rule, owner);
}

/* ---- done by an event ---- */

static void done(struct fold *fold, struct entry *entry, const char *type, struct cw_str id,
                 int64_t at_ns)
{
    const struct duty_rule *rule = duty_rule_find(fold->rules, entry_text(entry, "duty"));
    struct entry_draft draft = {.kind = entry->kind,
                                .state = rule->is_judged ? DUTY_FILED : DUTY_DONE};
    char evidence[2 * MAX_ID];
    (void)str_copy(draft.id, sizeof(draft.id), str_of(entry->id));
    int n = snprintf(evidence, sizeof(evidence), "%s %.*s", type, (int)id.n, id.p);
    draft_set_text(&draft, "evidence", (struct cw_str){evidence, (size_t)n});
    draft_set(&draft, "late", at_ns > entry->due_ns ? CW_STR("true") : CW_STR("false"));
    (void)draft_apply(&draft, fold, type, entry_site(entry), CW_STR(""), NULL);
    draft_done(&draft);
    ledger_wait(fold, entry,
                rule->is_judged ? legal_due_ns(fold->rules, CLOCK_DUTY_RESULT, at_ns) : 0);
}

/* The case of the rule that is open at a moment, or NULL. */
static struct entry *expected_at(struct fold *fold, const struct duty_rule *rule,
                                 const struct entry *owner, int year, int64_t at_ns)
{
    for (size_t i = 0; rule->due && rule->due[i]; i++) {
        struct occurrence one;
        char id[MAX_ENTRY_ID + 1];
        if (!occurrence_at(fold->rules, rule, owner, year, i, &one) || one.opens_ns > at_ns ||
            snprintf(id, sizeof(id), "%s.%s.%s", owner->id, rule->name, one.period) >
                MAX_ENTRY_ID)
            continue;
        struct entry *entry = book_find(fold->book, &kind_duties, str_of(id));
        if (entry && entry->state == DUTY_EXPECTED)
            return entry;
    }
    return NULL;
}

void duty_done_by(struct fold *fold, const struct site *site, const char *type,
                  struct cw_str kind, struct cw_str id, int64_t at_ns)
{
    const struct entry *owner = NULL;
    for (uint32_t i = 0; i < fold->rules->n_duties; i++) {
        const struct duty_rule *rule = &fold->rules->duty[i];
        int year, month, day;
        if (strcmp(rule->done_by, type) != 0 || (rule->kind[0] && !str_is(kind, rule->kind)))
            continue;
        owner = owner ? owner : book_find(fold->book, &kind_sites, str_of(site->id));
        if (!owner)
            return;
        instant_date(local_day(fold->rules, at_ns), &year, &month, &day);
        struct entry *entry = expected_at(fold, rule, owner, year, at_ns);
        if (!entry)
            entry = expected_at(fold, rule, owner, year + 1, at_ns);
        if (entry)
            done(fold, entry, type, id, at_ns);
    }
}
