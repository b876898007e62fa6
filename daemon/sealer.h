/*
 * sealer.h - compresses old segments of the journal, one at a time, on a worker.
 */
#ifndef SEALER_H
#define SEALER_H

#include <stdbool.h>
#include <uv.h>

struct journal;
struct sealer;

void sealer_start(struct sealer **sealer, uv_loop_t *loop, struct journal *journal);
/* Loop, now and then: begins with the next segment when none is under way. */
void sealer_tick(struct sealer *sealer);
bool sealer_busy(const struct sealer *sealer);
/* Waits for what is under way; runs the loop for that. NULL is fine. Before the journal is
 * closed. */
void sealer_stop(struct sealer *sealer);

#endif
