/*
 * escalation.h - chains: whom an alarm is told to when nobody answers, one step after the
 * other. Part of the fold: its timers run through kills and restarts.
 *
 *   raised ---- 1m ---- 3m ---------- 10m ---- repeat ---- repeat ---- ...
 *      |       step 1   step 2        step 3      3           3
 *   (routes)   desk     night roster  supervisor
 *
 * Acknowledging stops all of it; no step is the last one before a person acts. An
 * acknowledgement that nothing follows is forgotten after `ack_for` and the chain begins
 * again. What is told at once, with the raise, is the routes' matter.
 */
#ifndef CORE_ALARM_ESCALATION_H
#define CORE_ALARM_ESCALATION_H

#include <stdint.h>

#include "core/alarm/alarm.h"

struct roster;

#define MAX_STEPS 8
#define MAX_STEP_TARGETS 4
#define MAX_TELL 16

/* A channel, or a roster: whoever is on duty there. */
struct step_target {
    const char *channel;         /* NULL: a roster */
    const struct roster *roster; /* NULL: a channel */
};

struct chain_step {
    int64_t after_ns; /* since the alarm waits */
    struct step_target target[MAX_STEP_TARGETS];
    uint32_t n_targets;
};

/* The first chain that matches an alarm is its own. "" matches all. */
struct chain {
    const char *name;
    const char *site, *district;            /* exact, or a prefix ending in '*' */
    const char *kind, *priority, *category; /* "a|b" */
    struct chain_step step[MAX_STEPS];
    uint32_t n_steps;
    int64_t repeat_ns;  /* the last step again */
    int64_t ack_for_ns; /* 0: an acknowledgement lasts */
    uint32_t persons;   /* who must acknowledge: 1 or 2 */
};

/* It waits for a person from alarm->begun_ns on. */
void escalation_begin(struct fold *fold, struct alarm *alarm);
void escalation_stop(struct alarm *alarm);
/* Enough persons have acknowledged. */
void escalation_acked(struct fold *fold, struct alarm *alarm);
/* Its priority rose: another chain may be its own now. */
void escalation_rose(struct fold *fold, struct alarm *alarm);
/* Takes the next step; `by` empty: time did. Emits. */
void escalation_step(struct fold *fold, struct alarm *alarm, struct cw_str by,
                     struct cw_str note);
/* A person of the step that was taken last has no address. When nobody and nothing else of it
 * was reached either, the next step is due now; but none is hastened that was taken before, so
 * an address that is missing makes a chain quicker and never a loop. */
void escalation_unreached(struct fold *fold, struct alarm *alarm);
/* Whom the next step would tell, if it were taken now; 0 when time takes none. */
uint32_t escalation_next(const struct fold *fold, const struct alarm *alarm,
                         struct alarm_target tell[MAX_TELL]);
/* How many persons must acknowledge it. */
uint32_t escalation_persons(const struct fold *fold, const struct alarm *alarm);

#endif
