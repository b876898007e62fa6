/*
 * gate.h - is a rule in force? Within its `when` (a schedule), and nothing of its `unless` is
 * so at the place (context.h). Part of the fold.
 *
 *   out of force   samples are marked idle, deadlines wait, nobody is told of what was not
 *                  told before; an alarm that was told stays
 *   in force again the detector says what becomes of the wait (resume), and what still is an
 *                  alarm is told
 */
#ifndef CORE_SERIES_GATE_H
#define CORE_SERIES_GATE_H

#include "core/series/watch.h"

struct fact; /* core/series/context.h */

/* Why it is not in force: 0 it is, else enum cw_resume. */
uint32_t gate_of(const struct fold *fold, uint32_t plan, const struct outlook *outlook);
/* The same with the term of `unless` that holds (or NULL) and until when, for explaining. */
uint32_t gate_reason(const struct fold *fold, uint32_t plan, const struct outlook *outlook,
                     const struct term **term, int64_t *until_ns);
/* Whether something of the rule's `unless` excuses a device for its silence, and until when
 * at most. For supervision, which has no watch. A value excuses the device that sent it and no
 * other: a band on its charger says nothing about the bed mat. */
bool gate_excuses(struct fold *fold, const struct rule *rule, const struct site *site,
                  const struct device *device, int64_t *until_ns);
/* A fact of the place is over: watches that waited for it go on. */
void gate_released(struct fold *fold, struct keyed *place, const struct term *term);
/* When the fact is over next for a rule (unless_for) or for all, behind after_ns; INT64_MAX
 * when it was before. */
int64_t gate_end_ns(const struct fold *fold, const struct fact *fact, int64_t after_ns);
/* TIMER_GATE fired: schedules begin, facts are over. */
void gate_due(struct fold *fold, const struct timer_entry *entry);
/* Looks again at due_ns at the latest. */
void gate_arm(struct fold *fold, int64_t due_ns);
/* When something of the gates changes next by time alone, or INT64_MAX. */
int64_t gate_next_ns(const struct fold *fold);
/* The rules were set or changed. */
void gate_configure(struct fold *fold);
/* The state was loaded, perhaps one that had no gates, perhaps under other rules. */
void gate_loaded(struct fold *fold);

#endif
