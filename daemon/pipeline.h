/*
 * pipeline.h - from the journal through the fold and out: the daemon's one page.
 *
 *   journal (synced) -> engine -> transitions -> store, stream, outbox
 *                              -> lines -> influx
 *                              -> facts -> store -> influx
 *                              -> refusals -> quarantine
 *
 * The fold reads only what is synced, so whatever comes out of it may leave the program.
 * Work per turn of the loop is bounded (limits.turn); what is left waits for the next turn.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "core/engine.h"
#include "io/journal_file.h"

struct daemon; /* daemon.h */
struct pipeline;

/* Loads the newest usable snapshot, replays to the end of the journal, then listens. 0 or
 * negative with err. */
int pipeline_start(struct pipeline **pipeline, struct daemon *daemon, struct cw_error *err);
void pipeline_stop(struct pipeline *pipeline);
/* The way from the journal's sync thread to the loop: made before the journal is opened,
 * closed after it is closed. pipeline_synced() is the journal's callback, ctx the daemon. */
void pipeline_wake_init(struct daemon *daemon);
void pipeline_wake_done(struct daemon *daemon);
void pipeline_synced(void *daemon);
/* For questions that use the engine's room to read in; loop. */
struct engine *pipeline_engine_room(struct pipeline *pipeline);
const struct engine *pipeline_engine(const struct pipeline *pipeline);
struct position pipeline_position(const struct pipeline *pipeline);

/* Appends a command record {..} and calls `done` once, on the loop, when the fold has applied
 * it (or could not append: code -EIO, -ENOSPC; or the daemon stops: -ECANCELED). `alarm` may
 * be NULL; borrowed. */
typedef void (*command_done_fn)(void *ctx, int code, const struct alarm *alarm,
                                const struct cw_error *err);
void pipeline_command(struct pipeline *pipeline, const char *name, struct cw_str json,
                      command_done_fn done, void *ctx);
/* The same for a registry record of a kind ("site", or one of core/registry/book.h); `done`
 * gets no alarm, and -EINVAL or -ENOSPC with err for a mistake. */
void pipeline_register(struct pipeline *pipeline, const char *what, struct cw_str json,
                       command_done_fn done, void *ctx);
/* Appends another record of the daemon's own (delivery outcome, disk). `at` may be NULL. 0 or
 * errno. */
int pipeline_append(struct pipeline *pipeline, enum record_kind kind, const char *topic,
                    struct cw_str payload, struct position *at);
/* Everything before this is in the older of the two snapshots, which a start may need. */
struct position pipeline_base(const struct pipeline *pipeline);
/* The fold stands still because the journal cannot be read on (no descriptors, no memory). */
bool pipeline_is_stuck(const struct pipeline *pipeline);
/* Who needs the journal's oldest records: "snapshot", "store", "influx". */
const char *pipeline_held_by(const struct pipeline *pipeline);
/* Records the new configuration and swaps the rules when the fold reaches it. */
int pipeline_configure(struct pipeline *pipeline, struct cw_error *err);

#endif
