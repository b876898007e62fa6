/*
 * ledger.h - cases of supervision as state machines: a kind of entry and a table of steps.
 * Part of the fold.
 *
 *   event -> step (from, to) -> whose case is it -> also() -> entry, clock -> told
 *                                                                  `- overdue: an alarm
 */
#ifndef CORE_OVERSIGHT_LEDGER_H
#define CORE_OVERSIGHT_LEDGER_H

#include "core/oversight/legal_clock.h"
#include "core/service/event_types.h"

struct entry_draft;

/* One event on its way into its case. */
struct ledger_call {
    struct event *event;
    struct fold *fold;
    struct entry *entry; /* NULL: it is new */
    struct entry_draft *draft;
    uint32_t to; /* the state to be in; also() may choose another */
};

#define IS_NEW 1u
#define IN(state) (1u << (state))
#define ANY_STATE UINT32_MAX

struct ledger_step {
    const char *event; /* type; NULL ends the table */
    uint32_t from;     /* set of IS_NEW and IN(state) */
    uint32_t to;       /* 0: stays */
    enum legal_clock clock;
    bool is_own; /* only the one it is about may say it */
    /* What else has to hold or follows: CW_ACCEPTED, or refused with err. */
    enum cw_refusal (*also)(struct ledger_call *call);
};

struct ledger {
    const struct entry_kind *kind;
    const struct ledger_step *step;
    const char *condition; /* of the alarm when due_ns has passed */
    uint32_t waits;        /* set of IN(state) in which being overdue is an alarm */
    uint32_t over;         /* set of IN(state) in which nothing more is to come (closed.h) */
    /* The id when it is made of several members; NULL: the kind's member. */
    bool (*make_id)(const struct event *event, char id[]);
    /* Behind each change; may be NULL. */
    void (*changed)(struct fold *fold, struct entry *entry);
    /* What the timer does instead of telling that it is overdue; may be NULL. */
    void (*due)(struct fold *fold, struct entry *entry);
};

const struct ledger *ledger_of_kind(const struct entry_kind *kind); /* or NULL */
/* Applies an event that a ledger has a step for. */
enum cw_refusal ledger_event(struct event *event);
/* The same of a type; with an id, only of that case. */
enum cw_refusal ledger_say(struct event *event, struct cw_str type, struct cw_str id);
/* ledger_command.c: what a person says of a case by a command that has the event's name:
 * {"by","case","as"?, members...}. Without `as` it is a department's word, with it that of the
 * site or organisation. 0; -EINVAL, -ENOENT, -EBUSY (wrong state), -EACCES (not theirs to
 * say), -ENODATA (no evidence), -EPERM (the same person twice), -ENOSPC, with err. */
bool ledger_command_exists(struct cw_str type);
int ledger_command(struct fold *fold, struct cw_str type, const struct cw_doc *doc,
                   struct cw_error *err);
/* A TIMER_ENTRY of the entry fired: of a case, or of whoever has duties. */
void ledger_due(struct fold *fold, struct entry *entry);
/* An event of a site was taken in: it may fulfil a duty, and shows how the site is run. */
void ledger_happened(struct fold *fold, const struct site *site, const char *type,
                     const struct cw_doc *doc, int64_t at_ns);
/* An organisation or a site was registered or changed: what it owes is looked at. */
void ledger_registered(struct fold *fold, struct entry *owner);
/* May the sender speak for whom the case is about? Else refused, with err. */
enum cw_refusal ledger_check_own(const struct ledger_call *call);
/* Sets the due date and arms; 0 takes it away. Clears the overdue alarm. */
void ledger_wait(struct fold *fold, struct entry *entry, int64_t due_ns);
/* Raises or clears the alarm of a condition about an entry; `bit` of entry->told remembers. */
void ledger_alarm(struct fold *fold, struct entry *entry, const char *condition, uint32_t bit,
                  bool on, double value, double limit, const char *note);
#define TOLD_OVERDUE ENTRY_OVERDUE

/* credit_decide.c: a person's part: propose, approve, uphold, withdraw, object, repair,
 * repaired, repair_refused. 0; -EINVAL,
 * -ENOENT, -EBUSY (wrong state), -EPERM (the same person twice), -ENODATA (no evidence), with
 * err. */
int credit_command(struct fold *fold, const char *verb, const struct cw_doc *doc,
                   struct cw_error *err);

extern const struct entry_kind kind_projects, kind_inspections, kind_evaluations, kind_duties,
    kind_credit, kind_complaints, kind_campaigns;
extern const struct ledger ledger_projects, ledger_inspections, ledger_evaluations,
    ledger_duties, ledger_credit, ledger_complaints, ledger_campaigns;

/* ---- small things that ledgers share ---- */

/* {"id":number,...}: with one set, and the sum. */
void numbers_set(struct cw_str json, struct cw_str key, int64_t value, struct buf *out);
int64_t numbers_sum(struct cw_str json);
int64_t numbers_get(struct cw_str json, struct cw_str key, int64_t otherwise);
/* How many texts a JSON list holds. */
uint32_t list_count(struct cw_str json);

/* project.c: what was verified of it may be another; called when a visit was counted. */
void project_counted(struct fold *fold, struct cw_str project);

#endif
