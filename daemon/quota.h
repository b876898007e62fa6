/*
 * quota.h - what gives way when the journal fills up, and in which order: the oldest telemetry
 * the database did not take, then live telemetry (held at the broker), never events.
 */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

struct daemon;

/* Once a second, monotonic. Sets daemon->holds_telemetry. Loop. */
void quota_tick(struct daemon *daemon, int64_t now_ns);

#endif
