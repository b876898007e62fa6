/*
 * duty_calendar.h - when duties are due, by the calendar: for each registered organisation and
 * site a case is opened some time before, and waits. Part of the fold.
 */
#ifndef CORE_OVERSIGHT_DUTY_CALENDAR_H
#define CORE_OVERSIGHT_DUTY_CALENDAR_H

#include "core/fold.h"

enum duty_state {
    DUTY_FILED = 1,
    DUTY_PASSED,
    DUTY_FAILED,
    DUTY_EXPECTED,
    DUTY_DONE,
    DUTY_WAIVED
};

/* An organisation or a site was registered or changed, or the rules did: its duties are looked
 * at within a minute of engine time. Others are left alone. */
void duty_look(struct fold *fold, struct entry *owner);
void duty_configure(struct fold *fold);
/* The timer of an organisation or a site: opens what is to be opened, arms the next one. */
void duty_open(struct fold *fold, struct entry *owner);
/* Does whose case it is still owe it? */
bool duty_is_owed(const struct fold *fold, const struct entry *entry);
/* An event of a site may fulfil what it owes. */
void duty_done_by(struct fold *fold, const struct site *site, const char *type,
                  struct cw_str kind, struct cw_str id, int64_t at_ns);

#endif
