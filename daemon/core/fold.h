/*
 * fold.h - what applying one record may touch: the state, the time, and the way out.
 *
 * The engine owns it; the rooms of core (registry, series, service, alarm) get it as their
 * first argument. Nothing here reads a clock: `now_ns` is engine time = max(previous,
 * arrived), or the due time of the timer that is running.
 */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/alarm/alarm.h"
#include "core/alarm/duty.h"
#include "core/alarm/load.h"
#include "core/alarm/quiet.h"
#include "core/journal/merge.h"
#include "core/journal/record.h"
#include "core/registry/book.h"
#include "core/registry/registry.h"
#include "core/registry/trail.h"
#include "core/rules.h"
#include "core/series/own_limit.h"
#include "core/timers.h"
#include "core/today.h"

/* How the fold speaks to the world. All borrowed until return; must not call back. */
struct engine_sink {
    void *ctx;
    void (*transition)(void *ctx, const struct transition *transition);
    /* One or more whole lines for the time-series database, made from the record at `at`. */
    void (*lines)(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines);
    /* A payload was refused; the record goes to quarantine. */
    void (*refused)(void *ctx, enum cw_refusal reason, const struct record *record,
                    const struct cw_error *err);
    /* The outcome of the command at `at`: 0 or a negative errno of its function; `alarm` is
     * the alarm it was about, or NULL. */
    void (*command)(void *ctx, struct position at, int code, const struct alarm *alarm,
                    const struct cw_error *err);
    /* Ids of events that are taken in (also repeats), for care-down/.../accept. */
    void (*accepted)(void *ctx, struct cw_str site, struct cw_str event_id);
    /* A visit changed; for the stream. visit points to struct visit (core/service/visit.h). */
    void (*visit)(void *ctx, struct position at, const void *visit);
    /* What is counted of a site's activities changed. Points to struct activity_change
     * (core/service/activity.h). */
    void (*activity)(void *ctx, struct position at, const void *change);
    /* An entry of the registry or of supervision changed; for the store's trail. */
    void (*entry)(void *ctx, struct position at, const struct entry_change *change);
    /* Something that is no entry was corrected; for the store's trail. */
    void (*trail)(void *ctx, struct position at, const struct trail_change *change);
};

/* What the fold counts; part of the state, shown in metrics. */
struct fold_counters {
    uint64_t n_records, n_messages, n_telemetry, n_events, n_status, n_rosters;
    uint64_t n_points, n_values, n_lines, n_late, n_redelivered, n_repeats, n_commands;
    uint64_t n_clock_faults, n_activities, n_transitions;
    uint64_t n_held_back;        /* verdicts that nobody was told: the rule was not in force */
    uint64_t n_contexts_refused; /* facts for which a place had no room */
    uint64_t n_siblings_refused; /* values of metrics for which a site had no room */
    uint64_t refused[CW_N_REFUSALS]; /* last: both rows grow at their ends, engine_save.c */
};

struct service; /* core/service/service.h: visits, activities */
struct series_table;
struct supervision;

struct fold {
    int64_t now_ns;
    /* When the timer that runs was due; 0 while none does. Mostly that is now. After a boot the
     * time has jumped: then a timer that was armed early must not take what is due later out
     * of its turn (fold_due_ns), for a restart would have armed it anew. */
    int64_t due_ns;
    struct position at;
    uint32_t ordinal; /* of the next transition within this record */
    bool linked;      /* at least one session is up: absence may be judged */
    const struct ruleset *rules;
    const struct engine_sink *sink;
    struct timers timers;
    struct alarm_set alarms;
    struct quiet quiet;
    struct duty duty;
    struct load load;
    struct today today;
    struct own_limits own;
    struct registry registry;
    struct door_cursors doors; /* how far each is merged */
    struct book *book;
    struct series_table *series;
    struct supervision *supervision;
    struct service *service;
    struct fold_counters counters;
};

/* Up to when a timer may act that has fired. */
static inline int64_t fold_due_ns(const struct fold *fold)
{
    return fold->due_ns ? fold->due_ns : fold->now_ns;
}

/* Gives the transition its position, time and ordinal, counts it and hands it to the sink. */
void fold_emit(struct fold *fold, struct transition *transition);

#endif
