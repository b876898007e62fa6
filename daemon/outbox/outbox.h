/*
 * outbox.h - notifications on their way: rows of the store's outbox through the notifier
 * plugins to the world, and their outcomes into the journal.
 *
 * At least once, with the same id (alarm, rev, channel). A target that fails backs off alone
 * and delays no other.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "core/alarm/alarm.h"
#include "core/alarm/duty.h"
#include "io/config.h"

struct daemon;
struct outbox;

int outbox_start(struct outbox **outbox, struct daemon *daemon, struct cw_error *err);
void outbox_stop(struct outbox *outbox);
/* daemon->config was exchanged: channels anew; what is under way stays under way. */
void outbox_reload(struct outbox *outbox);
/* The channels of the routes that match; names borrowed from the configuration. */
size_t outbox_routes(const struct config *config, const struct transition *transition,
                     const char **channel, size_t max);
/* New rows were committed, or time has passed: look what is due. */
void outbox_wake(struct outbox *outbox);

struct outbox_status {
    const char *channel;
    uint64_t n_done, n_failed, n_retries, n_waiting;
    uint64_t n_digests;   /* messages that stood for several */
    uint64_t n_unreached; /* for persons without an address: no failures of the channel */
    uint64_t n_held;      /* times something was due and the rate kept it back */
    bool ok;
    bool paused;              /* its target is dead or asked for a pause: one probe at a time */
    int64_t failing_since_ns; /* monotonic: no delivery went well since; 0: the last one did */
    int64_t tested_ns; /* wall clock: the last drill that was delivered, or the first start */
    bool untested;     /* that is longer ago than the channel's test_every */
    char last_error[160];
};
/* Contacts or rosters were changed: who has an address is looked up again soon. */
void outbox_look_again(struct outbox *outbox);
/* Who of the roster has no address for a channel of it, as the members "unreachable" of the
 * object being written: [{"person","channel","needs","on_duty","next"}], `next` when the turn
 * begins within a day. outbox NULL: an empty one. */
void outbox_unreachable_json(const struct outbox *outbox, const struct roster *roster,
                             struct json_out *out);
/* How many persons: of any roster, and on duty now. */
struct outbox_unreachable {
    uint32_t n, n_on_duty, n_next;
};
struct outbox_unreachable outbox_unreachable(const struct outbox *outbox);

size_t outbox_status(const struct outbox *outbox, struct outbox_status *status, size_t max);

#endif
