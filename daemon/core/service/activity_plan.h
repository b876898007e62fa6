/*
 * activity_plan.h - a session that was planned and of which nobody has said that it was held or
 * called off, `after` behind its end: an exception of the session. A late report heals it, and
 * so does a plan that moves it. While we hear nobody, or not this site, nothing is said. Part
 * of the fold.
 */
#ifndef CORE_SERVICE_ACTIVITY_PLAN_H
#define CORE_SERVICE_ACTIVITY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct activity;
struct fold;
struct site;

/* It is not held, and its time is over. */
bool plan_is_overdue(const struct fold *fold, const struct activity *activity);
/* A plan was made or moved. */
void plan_wait(struct fold *fold, struct site *site, const struct activity *activity);
/* A TIMER_PLAN of the site fired. */
void plan_due(struct fold *fold, struct site *site);
/* When the next session that is planned within a month has to be reported at the latest;
 * 0: there is none. */
int64_t plan_next_ns(const struct fold *fold, const struct site *site);

#endif
