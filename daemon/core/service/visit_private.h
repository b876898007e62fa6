/*
 * visit_private.h - what the files about visits share with each other alone.
 */
#ifndef CORE_SERVICE_VISIT_PRIVATE_H
#define CORE_SERVICE_VISIT_PRIVATE_H

#include "core/service/event_types.h"
#include "core/service/service.h"

/* visit.c */
void visit_init(struct visit *visit);
/* The event's visit, born if it is new; NULL and err when there are too many. */
struct visit *visit_meet(struct event *event);
/* At the end of every change: deadline, count, and out. */
void visit_changed(struct fold *fold, struct visit *visit);
int64_t visit_grace_ns(const struct fold *fold, enum visit_exception exception);

/* visit_trail.c: what an event corrects is compared with how the visit was before it. */
void visit_met(struct event *event, struct visit *visit);
void visit_trail(const struct event *event, const char *what);

/* visit_told.c: the exceptions of a visit, and the alarm of each. */
const struct rule *visit_rule(const struct fold *fold, enum visit_exception exception);
void visit_except(struct fold *fold, struct visit *visit, enum visit_exception exception);
/* These no longer hold; what was, stays in the trail. */
void visit_settle(struct fold *fold, struct visit *visit, uint32_t exceptions,
                  const char *note);
/* Of `which`, exactly `found` hold. */
void visit_set(struct fold *fold, struct visit *visit, uint32_t which, uint32_t found,
               const char *note);

/* visit_events.c: what the way of signing in proves. */
void visit_prove(const struct fold *fold, struct visit *visit, struct cw_str method,
                 bool has_position);

/* visit_checks.c */
/* After check-in, check-out or plan changed: itself, and those of the same worker. */
void visit_judge(struct fold *fold, struct visit *visit);
/* A session was held or corrected: what its worker did at the time, before and now. */
void visit_met_session(struct fold *fold, struct site *site, const struct activity *before,
                       const struct activity *now);
/* Before it is forgotten: others keep what was found by comparing with it. */
void visit_unjudge(struct fold *fold, struct visit *visit);
/* Enough evidence and nothing against it: verified, or not any more. */
void visit_verify(struct visit *visit);

/* visit_evidence.c */
/* Takes what sensors at the recipient's home saw as evidence, and gives the rest a while. */
void visit_await(struct fold *fold, struct visit *visit);
/* The time for corroboration is over. */
void visit_corroborate(struct fold *fold, struct visit *visit);

#endif
