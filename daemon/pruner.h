/*
 * pruner.h - once a day, what the policy of the configuration no longer keeps leaves the store.
 */
#ifndef PRUNER_H
#define PRUNER_H

#include <stdint.h>

struct daemon;
struct pruner;

void pruner_start(struct pruner **pruner, struct daemon *daemon);
/* Loop, now and then, by the monotonic clock: begins when a day has passed, or goes on while
 * pages are full. */
void pruner_tick(struct pruner *pruner, int64_t now_ns);
uint64_t pruner_rows(const struct pruner *pruner); /* ever, since the start */
void pruner_stop(struct pruner *pruner);

#endif
