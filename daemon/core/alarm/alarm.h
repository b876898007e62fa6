/*
 * alarm.h - the life of an alarm (ISA-18.2 with dispatch) and the table of all that are not
 * forgotten. Pure; part of the fold.
 *
 *              raise                  ack, assign, arrive, hand over
 *   (none) ------------> UNACK active ---------> ACKED active ---- close (a person, a cause)
 *                         |  ^  ^                   |  |                    |
 *                   clear |  |  +--- forgotten -----+  | clear, nobody sent |
 *                         v  | raise again (count + 1) v                    v
 *                       RTN_UNACK ------ack--------> CLOSED <---------------+
 *
 *   SHELVED         a person, for a while, with a reason; never high ones, calls, smoke, gas.
 *                   It ends by itself: as a raise would begin it when still active, else
 *                   CLOSED
 *   SUPPRESSED      by design: its site's outage explains it
 *   OUT_OF_SERVICE  its device or site is being maintained
 *
 * An alarm is found by its key (rule, subject): one open alarm per key, so the same trouble
 * is told once. Its id is a hash of rule, subject, raised_ns and the ordinal within the
 * record, so a replay gives the same id. `rev` counts its transitions. Acknowledging
 * silences the telling, never the state. Alarms are plain structs and outlive whatever
 * raised them.
 */
#ifndef CORE_ALARM_ALARM_H
#define CORE_ALARM_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"
#include "core/alarm/incident.h"
#include "core/journal/record.h"
#include "core/rules.h"
#include "core/timers.h"

enum alarm_state {
    ALARM_UNACK = 1,
    ALARM_ACKED,
    ALARM_RTN_UNACK,
    ALARM_SHELVED,
    ALARM_SUPPRESSED,
    ALARM_CLOSED,
    ALARM_OUT_OF_SERVICE,
    N_ALARM_STATES,
};

enum alarm_change {
    CHANGE_RAISED = 1,
    CHANGE_REPEATED, /* active again, or the same help call again: count grew */
    CHANGE_CLEARED,
    CHANGE_ACKED,
    CHANGE_CLOSED,
    CHANGE_NOTIFIED,     /* a delivery outcome was recorded */
    CHANGE_PARTLY_ACKED, /* the first of two persons */
    CHANGE_UNACKED,      /* acknowledged and forgotten: it comes back */
    CHANGE_ESCALATED,
    CHANGE_ASSIGNED,
    CHANGE_ARRIVED,
    CHANGE_HANDED_OVER, /* to 120, 119, 110 */
    CHANGE_SHELVED,
    CHANGE_UNSHELVED,
    CHANGE_SUPPRESSED, /* also out of service */
    CHANGE_UNSUPPRESSED,
    CHANGE_REGRADED, /* its priority moved with time */
    CHANGE_NOTED,
    N_ALARM_CHANGES,
};

#define MAX_ALARM_TEXT 192
#define MAX_ALARM_SUBJECT 200
#define MAX_NOTIFIED 8

struct alarm_delivery {
    char channel[MAX_ID + 1], to[MAX_ID + 1];
    int64_t at_ns;
    bool ok;
};

struct alarm {
    char id[HASH_ID_MAX];
    uint32_t rev;                       /* 1 when raised; a delivery outcome leaves it alone */
    uint32_t priority, category, state; /* enum cw_priority, alarm_category, alarm_state */
    bool active, historical, drill, delayed;
    char rule[MAX_ID + 1], kind[MAX_ID + 1], risk[MAX_ID + 1];
    char subject[MAX_ALARM_SUBJECT]; /* what the alarm is about; with `rule` its key */
    char site[MAX_ID + 1], district[MAX_ID + 1];
    char device[MAX_ID + 1], resident[MAX_ID + 1], bed[MAX_ID + 1]; /* "" none */
    char text_zh[MAX_ALARM_TEXT], text_en[MAX_ALARM_TEXT];
    char action_zh[MAX_ALARM_TEXT], action_en[MAX_ALARM_TEXT];
    double value, limit;                                                       /* NAN: none */
    int64_t raised_ns, device_ns, cleared_ns, acked_ns, closed_ns, changed_ns; /* 0: not */
    char acked_by[MAX_ID + 1];
    uint32_t count;                               /* how often raised */
    struct alarm_delivery notified[MAX_NOTIFIED]; /* the last ones */
    uint32_t n_notified;
    /* ---- since version 2 of the state ---- */
    uint64_t number; /* the owner of its timer: never used again */
    struct timer timer;
    bool vital;     /* a call, smoke, gas, a fall: never shelved, muted or folded */
    bool told;      /* somebody was told that it began */
    bool first_out; /* the first of its incident */
    bool folded;    /* explained by the first-out: shown under it, not told by itself */
    char incident[HASH_ID_MAX]; /* the id of its first-out */
    uint32_t n_acks;            /* of the persons it needs */
    char owner[MAX_ID + 1];     /* who was sent */
    int64_t assigned_ns, arrived_ns;
    char handed_to[MAX_ID + 1], answerer[MAX_ID + 1]; /* 120, and who took the call there */
    int64_t handed_ns;
    char closed_by[MAX_ID + 1], cause[MAX_ID + 1];
    char shelved_by[MAX_ID + 1];
    int64_t shelved_until_ns;
    int64_t answered_ns;    /* the first act of a person; 0 none */
    int64_t heard_ns;       /* the first delivery that went well; 0 none */
    int64_t begun_ns;       /* since when it waits for a person: raised, back, unshelved */
    int64_t due_ns;         /* until when the next answer is owed; 0 no target */
    int64_t clear_due_ns;   /* over, but held because it flaps; 0 not */
    int64_t regrade_ns;     /* its priority moves then; 0 not */
    char chain[MAX_ID + 1]; /* its escalation; "" none */
    uint32_t step;          /* of the chain, the next one */
    uint32_t escalation;    /* steps taken, by time or by a person */
    int64_t step_ns;        /* the next step is due; 0: the chain stands still */
    int64_t forget_ns;      /* its acknowledgement is forgotten then; 0 never */
    /* ---- since version 3 ---- */
    char changed_by[MAX_ID + 1]; /* who took the last step; "" the daemon */
    /* ---- not saved ---- */
    struct alarm *next_of_incident; /* in order of raising */
    uint32_t inhibits;              /* bits of the rules it is a source of (inhibit.h) */
    const char *withheld;           /* of a copy to be shown: alarm_shown() */
};

/* Somebody to tell beside the routes: a channel, and who is meant there. */
struct alarm_target {
    const char *channel, *to;
};

/* One step of one alarm, complete in itself: what leaves the fold. Borrowed by sinks. */
struct transition {
    struct position at;
    uint32_t ordinal; /* within the record */
    int64_t at_ns;    /* engine time */
    uint32_t change;  /* enum alarm_change */
    struct cw_str by; /* who; empty: the daemon */
    struct cw_str note;
    const struct alarm *alarm;       /* after the step */
    bool quiet;                      /* nobody is to be told outside */
    const struct alarm_target *tell; /* beside the routes; also when quiet is not set */
    uint32_t n_tell;
};

/* What to raise. Strings are copied (cut to the alarm's field when too long). */
struct alarm_desc {
    const struct rule *rule;
    struct cw_str subject, site, district, device, resident, bed;
    double value, limit; /* NAN: none */
    int64_t device_ns;   /* when the device says it happened; 0 unknown */
    bool historical, delayed;
    bool count_repeats;  /* an already active one counts and tells again (help calls) */
    struct cw_str about; /* which of several, in parentheses behind the text; empty: none */
    struct cw_str note;  /* of the transition; not kept in the alarm */
    /* Opened by hand: these instead of the rule's; 0 and empty: the rule's. */
    uint32_t priority;
    struct cw_str kind, text_zh, text_en;
    struct cw_str by;
    bool drill, vital;
};

#define MAX_CLOSED_ALARMS 256

struct alarm_set {
    struct map by_id;     /* every alarm kept: open ones, and closed_kept closed ones */
    struct map by_key;    /* "rule subject" -> open alarm */
    struct map by_number; /* the number's eight bytes */
    struct map flap;      /* "rule subject" -> struct flap (flap.h) */
    struct incident_set incidents;
    uint32_t n_open, closed_kept;
    uint64_t n_raised;                       /* ever */
    uint64_t n_damped;                       /* recoveries held, and raises swallowed by them */
    struct alarm *closed[MAX_CLOSED_ALARMS]; /* a ring in order of closing; oldest goes */
    uint32_t closed_first;
};

struct fold; /* core/fold.h */
struct saver;
struct loader;

void alarm_set_init(struct alarm_set *set);
void alarm_set_done(struct alarm_set *set);
struct alarm *alarm_find(const struct alarm_set *set, struct cw_str id); /* or NULL */
struct alarm *alarm_open(const struct alarm_set *set, struct cw_str rule,
                         struct cw_str subject);
/* Raises, repeats, or leaves alone an active one. Never NULL. Emits through fold->sink. */
struct alarm *alarm_raise(struct fold *fold, const struct alarm_desc *desc);
/* The condition is over. Nothing when it is not active, or a person has closed it before. */
void alarm_clear(struct fold *fold, struct alarm *alarm, struct cw_str note);
/* Shorthand: clears the open alarm of the key if there is one. */
void alarm_clear_key(struct fold *fold, const struct rule *rule, struct cw_str subject);
/* A person's acknowledgement. rev 0: whatever it is. 0, -ENOENT, -ESTALE (rev changed: 412),
 * -EBUSY (wrong state: 409). The change is CHANGE_ACKED, also when it closes the alarm. */
int alarm_ack(struct fold *fold, struct cw_str id, uint32_t rev, struct cw_str by,
              struct cw_str note);
/* A notification's outcome. `rev` stays: a delivery must not invalidate what a person is
 * about to answer to. */
void alarm_notified(struct fold *fold, struct cw_str id, struct cw_str channel,
                    struct cw_str to, bool ok);
/* A resident is erased: texts that a person gave this one's alarms become their rule's. */
void alarm_forget_words(struct fold *fold, struct cw_str site, struct cw_str resident);
/* The same of one alarm, whomever it is about; of no rule any more: it has no text then. */
void alarm_forget_text(struct fold *fold, struct cw_str id);
/* Does the text, one of the alarm's two, say anything else than its rule does? */
bool alarm_text_is_given(const struct fold *fold, const struct alarm *alarm, const char *text);
/* The alarm's timer fired: what is due is done. */
void alarm_due(struct fold *fold, const struct timer_entry *entry);

/* Is it waiting for somebody: not closed, shelved, suppressed or out of service? */
bool alarm_stands(const struct alarm *alarm);
/* Is it put aside: shelved, suppressed or out of service? */
bool alarm_is_aside(const struct alarm *alarm);
/* Does such a change (again) ask for somebody, as raising does? */
bool alarm_change_calls(uint32_t change);

const char *alarm_state_name(uint32_t state);   /* "unack", ... as in the API */
const char *alarm_change_name(uint32_t change); /* "raised", ... */
void alarm_set_save(const struct alarm_set *set, struct saver *saver);
/* Into the fold's initialised, empty set; loader->version says which. 0 or -EBADMSG. */
int alarm_set_load(struct fold *fold, struct loader *loader);

/* The metric of a series' alarm: the last part of its subject "site/device/metric"; or "". */
struct cw_str alarm_metric(const struct alarm *alarm);
/* The API's alarm object (contract section 3), whole; to show it: series/alarm_shown.h. */
void alarm_json(const struct alarm *alarm, struct json_out *out);
/* Its last deliveries, as the member `key`. */
void deliveries_json(const char *key, const struct alarm *alarm, struct json_out *out);

#endif
