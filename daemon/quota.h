/*
 * quota.h - what gives way when the journal fills up, and in which order: the oldest telemetry
 * the database did not take, then live telemetry (held at the broker), never events.
 */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

struct daemon;

/* Both once a second, on the loop: the first before something is appended, the second behind
 * it, when the journal knows whether there is room again. Monotonic. */
void quota_make_room(struct daemon *daemon, int64_t now_ns);
void quota_hold(struct daemon *daemon); /* sets daemon->holds_telemetry */

#endif
