/*
 * health.h - the daemon's own trouble, told like everybody else's: once a second every
 * condition of core/health.h is looked at, and where it differs from what the fold was told,
 * a record goes into the journal and the fold makes an alarm of it or clears one.
 *
 * Comparing with the fold, not with the last look, makes it the same over restarts, and tries
 * again by itself when the journal could not take the record.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include <stdint.h>

struct daemon;
struct health;
struct buf;

/* Behind the pipeline's start: what the last run had told and is over will be cleared. */
void health_start(struct health **health, struct daemon *daemon);
void health_stop(struct health *health); /* NULL is fine */
/* Loop, once a second, monotonic. */
void health_tick(struct health *health, int64_t now_ns);

/* How far what is told lies behind what has come in: the fold behind the journal, or the loop
 * behind its clock, whichever is more. Above the maximum it is an alarm. */
#define HEALTH_MAX_LAG_NS (10 * INT64_C(1000000000))
int64_t health_lag_ns(const struct daemon *daemon);

#endif
