/*
 * engine.h - the fold: one record in; transitions, lines and refusals out. Pure.
 *
 *   record -> source by topic -> decode -> device, series -> watches -> alarm -> transition
 *                                     \-> line protocol
 *
 * Same journal, same configuration, same bytes out: no clock, no random number, no
 * iteration by address, no thread. Before a record that arrived at T is applied, every
 * timer due at or before T runs at its own due time, ordered by (due, kind, owner).
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "core/fold.h"

struct engine;
struct saver; /* core/view/snapshot.h */
struct loader;

/* `rules` is borrowed and must outlive the engine or the next engine_configure(). */
struct engine *engine_new(const struct ruleset *rules, const struct engine_sink *sink);
void engine_free(struct engine *engine);

/* Swaps the rules. A rule whose name and fingerprint are unchanged keeps state and alarms;
 * alarms of rules that are gone or changed kind are cleared with a note. */
void engine_configure(struct engine *engine, const struct ruleset *rules);

/* Applies one record; behind a payload at least 64 bytes are readable (parsers read ahead).
 * After a RECORD_BOOT timers that fell due while the daemon was not there run behind it, at
 * its time. RECORD_CONFIG only advances time: the caller parses it and then calls
 * engine_configure(), whose transitions belong to this record. Never fails: what it refuses
 * goes to the sink. */
void engine_apply(struct engine *engine, const struct record *record, struct position at);

/* After engine_apply() of a RECORD_MERGE: one of the records it stands for, its arrival by the
 * daemon's clock (merge_arrived_ns()). Only messages and what the door says of itself count. */
void engine_apply_merged(struct engine *engine, const struct record *record);

/* Tells the processor early what a record that is ENGINE_AHEAD records ahead will touch, by
 * its topic; "" when there is none. Call it once before each engine_apply(). Changes nothing,
 * and nothing depends on it but the time. */
#define ENGINE_AHEAD 3
void engine_expect(struct engine *engine, struct cw_str topic);

/* Runs timers due at or before now_ns without a record (replay's end; tests). */
void engine_advance(struct engine *engine, int64_t now_ns);

/* Would a registry record of this kind be taken? Changes nothing. 0, -EINVAL or -ENOSPC. */
int engine_check_registry(struct engine *engine, struct cw_str kind, struct cw_str row,
                          struct cw_error *err);

/* Makes the lines of a telemetry record again, to `sink`'s lines() only, and changes nothing:
 * the same bytes as when the record was first applied (backlog of a database that was down). */
void engine_lines_again(struct engine *engine, const struct record *record, struct position at,
                        const struct engine_sink *sink);

/* What the API looks at; borrowed, good until the next call. */
const struct fold *engine_fold(const struct engine *engine);

/* The whole fold, versioned; loading gives the state it was saved from. engine_save()
 * allocates nothing and takes no lock: it runs in a forked child. STATE_VERSION is that of
 * the frame; the parts in it have versions of their own (engine_save.c). */
#define STATE_VERSION 2u
void engine_save(const struct engine *engine, struct saver *saver);
/* 0, -EBADMSG, -ENOTSUP (of a newer program; err says which part). */
int engine_load(struct engine *engine, struct loader *loader, struct cw_error *err);
/* A number for the parts and their versions: another one, another state. */
uint32_t engine_state_shape(void);

#endif
