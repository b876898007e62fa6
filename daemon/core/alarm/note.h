/*
 * note.h - what the daemon itself writes as the note of an alarm's step. A note is an English
 * sentence; a code and what it names are read out of it when it is shown, so that a page says
 * it in the reader's words, also of steps that are years old.
 */
#ifndef CORE_ALARM_NOTE_H
#define CORE_ALARM_NOTE_H

#include "base/json_out.h"
#include "base/str.h"

/* code, sentence. A sentence stays once it was written: a new one is a new row. */
#define NOTES(X)                                                         \
    X(TIME_UP, "time_up", "time is up")                                  \
    X(HIGH_NOW, "high_now", "it is high now")                            \
    X(FORGOTTEN, "forgotten", "forgotten")                               \
    X(FLAPPED, "flapped", "held while it came and went")                 \
    X(LEAD_OVER, "lead_over", "what it was folded under stands no more") \
    X(CONFIG, "config", "the configuration changed")                     \
    X(SITE_HEARD, "site_heard", "the site is heard")                     \
    X(MAINTENANCE, "maintenance", "maintenance")                         \
    X(MAINTENANCE_OVER, "maintenance_over", "the maintenance is over")   \
    X(SILENCE, "silence", "a silence began or ended")                    \
    X(DEVICE_GONE, "device_gone", "the device is gone")                  \
    X(RULE_OFF, "rule_off", "the rule no longer applies")                \
    X(RULE_GONE, "rule_gone", "the rule is gone")                        \
    X(FOLDED, "folded", "folded")                                        \
    X(MAINTAINED, "maintained", "maintained")                            \
    X(HEARD, "heard", "heard")                                           \
    X(SILENT, "silent", "silent")                                        \
    X(RETIRED, "retired", "retired")                                     \
    X(OTHER_UNIT, "other_unit", "times of another unit?")

#define NOTE_ROW(name, code, sentence) NOTE_##name,
enum note_code { NOTES(NOTE_ROW) N_NOTES };
#undef NOTE_ROW

const char *note_text(enum note_code code);
/* "step 2 of night-calls:", then whom it told. */
#define NOTE_STEP "step %u of %.40s:"
/* "code" and "args" into the object being written; nothing when the note is none of these. Of a
 * step: its number, its chain, whom it told. */
void note_json(struct cw_str note, struct json_out *out);

#endif
