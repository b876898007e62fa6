/*
 * alarm_shown.h - an alarm as it may be shown now. Whoever is measured may withdraw the consent
 * to a kind of data (core/registry/consent.h); from then on what was measured of that kind
 * before is not shown, either: not the value that the alarm was raised with, and not the limit,
 * which may be learned from such values or set for the person. The alarm itself stays, with
 * rule, place, words and steps: who is called must come. "withheld" names the kind.
 *
 * It is so for every role, for what is told outside and for what waits to be told; what the
 * daemon itself keeps stays whole, so that a consent given again shows it again, and so does
 * the export that is made for the resident. Everything that shows an alarm comes through here.
 */
#ifndef CORE_SERIES_ALARM_SHOWN_H
#define CORE_SERIES_ALARM_SHOWN_H

#include "base/buf.h"
#include "core/alarm/alarm.h"

struct fold;

/* The alarm, or in `room` a copy without what is withheld. */
const struct alarm *alarm_shown(const struct fold *fold, const struct alarm *alarm,
                                struct alarm *room);
void alarm_shown_json(const struct fold *fold, const struct alarm *alarm, struct json_out *out);
#define WITHHELD_ROOM 32u /* by so much an object may grow: the word for the number */
/* The same of what alarm_json() wrote before: one object, or several with anything between
 * them. Appends to out. */
void alarm_shown_text(const struct fold *fold, struct cw_str json, struct buf *out);

#endif
