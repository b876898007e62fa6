/*
 * alarm.h - the life of an alarm and the table of all that are not forgotten. Pure; part of
 * the fold.
 *
 *              raise                    ack
 *   (none) ------------> UNACK active ---------> ACKED active
 *                         |  ^                      |
 *                   clear |  | raise again          | clear
 *                         v  | (count + 1)          v
 *                       RTN_UNACK ------ack-----> CLOSED
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
#include "core/journal/record.h"
#include "core/rules.h"

enum alarm_state {
    ALARM_UNACK = 1,
    ALARM_ACKED,
    ALARM_RTN_UNACK,
    ALARM_SHELVED,    /* reserved for the full life */
    ALARM_SUPPRESSED, /* reserved */
    ALARM_CLOSED,
};

enum alarm_change {
    CHANGE_RAISED = 1,
    CHANGE_REPEATED, /* active again, or the same help call again: count grew */
    CHANGE_CLEARED,
    CHANGE_ACKED,
    CHANGE_CLOSED,
    CHANGE_NOTIFIED, /* a delivery outcome was recorded */
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
};

/* One step of one alarm, complete in itself: what leaves the fold. Borrowed by sinks. */
struct transition {
    struct position at;
    uint32_t ordinal; /* within the record */
    int64_t at_ns;    /* engine time */
    uint32_t change;  /* enum alarm_change */
    struct cw_str by; /* who; empty: the daemon */
    struct cw_str note;
    const struct alarm *alarm; /* after the step */
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
};

#define MAX_CLOSED_ALARMS 256

struct alarm_set {
    struct map by_id;  /* every alarm kept: open ones, and closed_kept closed ones */
    struct map by_key; /* "rule subject" -> open alarm */
    uint32_t n_open, closed_kept;
    uint64_t n_raised;                       /* ever */
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
/* The condition is over. Nothing when it is not active. */
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

const char *alarm_state_name(uint32_t state);   /* "unack", ... as in the API */
const char *alarm_change_name(uint32_t change); /* "raised", ... */
void alarm_set_save(const struct alarm_set *set, struct saver *saver);
/* Into an initialised, empty set. 0 or -EBADMSG. */
int alarm_set_load(struct alarm_set *set, struct loader *loader);

/* The API's alarm object (contract section 3). */
void alarm_json(const struct alarm *alarm, struct json_out *out);

#endif
