/*
 * facts.h - what happened, on its way to the database: lines of the measurements alarm and
 * service wait as rows of the store until it has them; kpi goes along every ten seconds, if
 * there is room.
 *
 *   fold -> line -> row of the store (with the transitions) -> influx_rows() -> cursor moves
 *
 * At least once with the same time, and the same point twice is once. Times grow with every
 * fact, so two of the same instant do not overwrite each other. Without a database there is no
 * struct facts: NULL is fine everywhere and does nothing.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdint.h>

#include "core/alarm/alarm.h"
#include "core/fold.h"
#include "io/influx.h"
#include "io/store.h"

struct facts;
struct activity_change;
struct visit;

/* Both are borrowed. Before the fold, which adds what the store does not have yet. */
struct facts *facts_new(struct store *store, struct influx *influx,
                        const struct influx_options *options);
/* Nothing is asked or sent any more; what is under way may still be answered. */
void facts_stop(struct facts *facts);
void facts_free(struct facts *facts); /* behind store_close() */

/* From the fold's sink; `rules` are those in force. True when a row was added, which a
 * store_commit() must follow. */
bool facts_transition(struct facts *facts, const struct ruleset *rules,
                      const struct transition *transition);
bool facts_visit(struct facts *facts, const struct ruleset *rules, struct position at,
                 const struct site *site, const struct visit *visit, int64_t at_ns);
bool facts_activity(struct facts *facts, const struct ruleset *rules, struct position at,
                    const struct activity_change *change);

void facts_tick(struct facts *facts, const struct fold *fold); /* once a second */
void facts_written(struct facts *facts);                       /* influx_hooks.rows_written */

struct facts_status {
    uint64_t n_waiting, n_written, n_given_up; /* rows */
    uint64_t n_unwritable;                     /* facts the encoder has no line for */
};
void facts_status(const struct facts *facts, struct facts_status *status);

#endif
