/*
 * alarm_private.h - what the files of an alarm's life share; nobody else includes it.
 */
#ifndef CORE_ALARM_ALARM_PRIVATE_H
#define CORE_ALARM_ALARM_PRIVATE_H

#include "core/alarm/alarm.h"

/* Cuts to what fits, at a character. */
void alarm_copy(char *dst, size_t cap, struct cw_str s);
/* The end of every step: counts the revision (but for NOTIFIED) and emits. */
void alarm_step(struct fold *fold, struct alarm *alarm, enum alarm_change change,
                struct cw_str by, struct cw_str note);
/* An escalation, and who is told by it. */
void alarm_step_to(struct fold *fold, struct alarm *alarm, struct cw_str by, struct cw_str note,
                   const struct alarm_target *tell, uint32_t n_tell);
/* Puts it into the tables, as open when it is. */
void alarm_link(struct alarm_set *set, struct alarm *alarm);
/* It is over, and nothing holds that back. */
void alarm_recover(struct fold *fold, struct alarm *alarm, struct cw_str note);
/* To the closed ones; the caller steps. */
void alarm_close(struct fold *fold, struct alarm *alarm);

/* ---- alarm_time.c ---- */

/* Arms its timer for whatever is due next. */
void alarm_arm(struct fold *fold, struct alarm *alarm);
/* Until when the next answer of a person is owed. */
void alarm_target_due(const struct fold *fold, struct alarm *alarm);
/* When its priority moves next, by its rule. */
void alarm_regrade_due(const struct fold *fold, struct alarm *alarm);
/* Off the shelf, or aside no more: it begins again as quiet_state() says, or is closed when
 * it is over. */
void alarm_back(struct fold *fold, struct alarm *alarm, enum alarm_change change,
                struct cw_str by, struct cw_str note);

#endif
