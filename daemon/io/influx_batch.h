/*
 * influx_batch.h - the lines of one stretch of the journal, and how far the database has
 * taken them. Private to the InfluxDB writer; no I/O.
 *
 *   filling   add() until full; the stretch [from, to) ends where a record begins
 *   sending   a stack of spans of lines. The top one is sent; taken: it goes; refused: it is
 *             split in two, down to single lines, which become suspects
 *
 * A suspect is not yet a bad line: what stands before the database may refuse everything for
 * a while. Once the database has taken something else, suspects are tried again.
 */
#ifndef IO_INFLUX_BATCH_H
#define IO_INFLUX_BATCH_H

#include "base/buf.h"
#include "core/journal/record.h"

#define MAX_SUSPECTS 32
#define MAX_HALVES 40
/* Room beyond the wanted size for the lines of the last record. */
#define MAX_RECORD_LINES_BYTES (8u << 20)

struct span {
    size_t from, to; /* bytes of lines */
    uint32_t n_lines;
    bool again; /* a line that was refused before */
};

struct influx_batch {
    struct buf lines;
    uint32_t n_lines;
    struct position from, to, last_at;
    /* Halving: depth is at most the bits of n_lines, and each level leaves one behind. */
    struct span todo[MAX_HALVES + MAX_SUSPECTS];
    uint32_t n_todo;
    struct span suspect[MAX_SUSPECTS];
    uint32_t n_suspects;
};

struct influx_batch *influx_batch_new(struct position from, int64_t batch_bytes);
void influx_batch_free(struct influx_batch *batch);
/* False when the record's lines are beyond any limit: nothing was added. */
bool influx_batch_add(struct influx_batch *batch, struct position at, struct cw_str lines,
                      uint32_t n_lines);

/* Everything is to be sent (again); no line is suspected. */
void influx_batch_begin(struct influx_batch *batch);
bool influx_batch_is_sent(const struct influx_batch *batch);
/* What to send now. Only while it is not sent. */
struct cw_str influx_batch_next(const struct influx_batch *batch);
uint32_t influx_batch_taken(struct influx_batch *batch); /* its number of lines */
/* Halves what was sent; false when it is a single line. */
bool influx_batch_split(struct influx_batch *batch);
/* The single line that was sent becomes a suspect, and true; false when it was refused before
 * or there is no room. */
bool influx_batch_suspect(struct influx_batch *batch);
/* Suspects are to be sent again, each alone. */
void influx_batch_try_suspects(struct influx_batch *batch);

#endif
