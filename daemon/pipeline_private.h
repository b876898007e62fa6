/*
 * pipeline_private.h - the pipeline's own state, shared by its three files:
 *
 *   pipeline.c        records in, facts out, a bounded piece per turn of the loop
 *   pipeline_state.c  snapshots, start, configuration, trimming
 *   pipeline_again.c  lines of the backlog made again for a database that was down
 */
#ifndef PIPELINE_PRIVATE_H
#define PIPELINE_PRIVATE_H

#include <sys/types.h>

#include "base/log.h"
#include "daemon.h"
#include "io/merge_reader.h"
#include "io/snapshot_file.h"
#include "pipeline.h"

/* A command that waits until the fold has passed its record. */
struct waiting_command {
    struct waiting_command *next;
    struct position at;
    command_done_fn done;
    void *ctx;
};

struct pipeline {
    struct daemon *daemon;
    struct engine *engine;
    struct engine_sink sink;
    struct merge_reader *reader;
    struct position position; /* everything before it is applied */
    struct config *config;    /* the configuration in force for the fold; owned */
    struct buf config_text;   /* its effective text, as in the journal */
    bool live;                /* past the replay of the start */
    bool stopping;
    uint32_t n_rows; /* for the store, of this turn */
    uv_idle_t *more; /* active while a turn left work behind */
    struct waiting_command *waiting, **waiting_last;
    struct rows_of {
        struct position at; /* of the newest record that had any, and how many it has had */
        uint32_t n;
    } trail, visits;
    struct map accepted; /* site id -> struct buf: event ids to confirm downwards */
    struct complaint damage, unreadable;
    int read_error; /* the journal could not be read on; tried again at the next sync. 0 */
    /* snapshots */
    pid_t snapshot_child;                 /* 0: none */
    struct position snapshot_at, base_at; /* newest written; the one before it */
    struct position snapshot_running_at;
    uint64_t n_since_snapshot;
    int snapshot_error;             /* of the last attempt; 0 when it went well */
    int64_t snapshot_not_before_ns; /* monotonic: behind a failed attempt */
    /* backlog */
    struct merge_reader *again_reader;
    struct engine_sink again_sink;
    bool again_full;
    uint64_t n_damaged;
    struct position damaged_at; /* behind the last damage, and what it was */
    char damage_text[160];
};

/* pipeline.c: applies what is synced, for at most turn_ns (0: all). True when more is left. */
bool pipeline_turn(struct pipeline *pipeline, int64_t turn_ns);

/* pipeline_state.c */
int pipeline_load(struct pipeline *pipeline, struct cw_error *err);
int pipeline_take_config(struct pipeline *pipeline, struct cw_str text);
/* Where the doors are: as configured now, else as the recorded configuration says. */
void pipeline_doors(const struct pipeline *pipeline, struct merge_reader *reader);
void pipeline_snapshot_poll(struct pipeline *pipeline);
void pipeline_snapshot_now(struct pipeline *pipeline);
void pipeline_trim(struct pipeline *pipeline);
/* Keeps in the store what the database does not have: trimming follows that. */
void pipeline_keep_influx(struct pipeline *pipeline);
/* Up to where the journal could go but for the database, and with it. */
struct position pipeline_passed(const struct pipeline *pipeline);
struct position pipeline_needed(const struct pipeline *pipeline);
/* A clean stop: the store follows, the snapshot is written here and now. */
void pipeline_final_snapshot(struct pipeline *pipeline);

/* pipeline_again.c: influx_hooks.again */
int pipeline_again(void *ctx, struct position from, struct position to, struct position *next);

#endif
