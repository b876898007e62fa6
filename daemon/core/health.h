/*
 * health.h - what the daemon says about itself: conditions by name, each an alarm of category
 * technical. Pure; part of the fold.
 *
 *   RECORD_DISK  {"what":"influx_behind","of":"","state":"bad|good","detail":"..."}
 *                {"state":"recovered","why":"damaged|failed",...}     the journal's own
 *   RECORD_CLOCK_STEP  {"step_ns":-3600000000000}
 *
 * An alarm's subject is "daemon:PART" or, for one of several (channels, brokers, doors),
 * "daemon:PART:NAME". A condition that only passes (a recovery, a step of the clock) is raised
 * and cleared by the same record: the alarm stays open until a person has seen it.
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include "core/fold.h"

struct health_condition {
    const char *what; /* CONDITION_..., the rule's condition */
    const char *part; /* of the daemon */
    bool passes;
};

/* All of them; ends with a NULL name. */
extern const struct health_condition health_conditions[];

/* "daemon:PART:OF"; an `of` that is too long is cut. */
struct cw_str health_subject(const struct health_condition *condition, struct cw_str of,
                             char room[MAX_ALARM_SUBJECT]);
/* The other way round: the condition and NAME of an alarm; NULL: not one of ours. */
const struct health_condition *health_of_alarm(const struct fold *fold,
                                               const struct alarm *alarm, struct cw_str *of);
/* Has the fold been told that it is bad? */
bool health_is_bad(const struct fold *fold, const struct health_condition *condition,
                   struct cw_str of);

/* The payloads of the records above. What is unknown is passed over. */
void health_disk(struct fold *fold, const struct cw_doc *doc);
/* The same that the journal says of itself, from a door's. */
void health_door(struct fold *fold, struct cw_str door, const struct cw_doc *doc);
void health_clock_step(struct fold *fold, const struct cw_doc *doc);

#endif
