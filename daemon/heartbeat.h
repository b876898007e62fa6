/*
 * heartbeat.h - who watches the watcher: a sign of life to an address outside, which raises the
 * alarm when none comes (a dead man's handle). It is sent only while the daemon does its work:
 * ready, and the fold not behind; so also a daemon that runs and does nothing falls silent.
 */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct heartbeat;

struct heartbeat_status {
    bool configured, ok;      /* ok: the last one was taken */
    int64_t sent_ns;          /* wall clock: the last one that was taken; 0 none */
    int64_t failing_since_ns; /* monotonic; 0: it is not */
    uint64_t n_sent, n_failed, n_withheld;
    char last_error[160];
};

void heartbeat_start(struct heartbeat **heartbeat, struct daemon *daemon);
void heartbeat_stop(struct heartbeat *heartbeat); /* NULL is fine */
void heartbeat_tick(struct heartbeat *heartbeat, int64_t now_ns);
void heartbeat_status(const struct heartbeat *heartbeat, struct heartbeat_status *status);

#endif
