/*
 * daily.h - what only the calendar finds: at each local midnight, certificates that expire and,
 * from the 20th of a month on, recipients whom nobody has visited in it. Part of the fold.
 */
#ifndef CORE_OVERSIGHT_DAILY_H
#define CORE_OVERSIGHT_DAILY_H

#include <stdbool.h>
#include <stdint.h>

struct fold;
struct entry;

/* Behind each record: waits for the next midnight, unless it does already. */
void daily_wait(struct fold *fold);
/* The TIMER_DAY fired. */
void daily_due(struct fold *fold);

/* Somebody who is to be visited every month: has a category, and is there. */
bool recipient_is_due(const struct entry *entry);
bool recipient_was_seen(const struct fold *fold, const struct entry *resident, int32_t month);
/* From this day of the month on who was not visited is listed. */
#define LISTED_FROM_DAY 20

#endif
