/*
 * redelivery.h - is this message one the broker sent before? Part of the fold.
 *
 * After a crash before PUBACK the broker resends all that was in flight with dup=1, also
 * what we never saw. So dup alone says nothing: a message is a redelivery when dup is set
 * and one of the same source's last REDELIVERY_WINDOW acknowledged messages has the same
 * packet id, topic and payload.
 */
#ifndef CORE_INGEST_REDELIVERY_H
#define CORE_INGEST_REDELIVERY_H

#include "core/journal/record.h"

#define REDELIVERY_WINDOW 1024u
#define MAX_REDELIVERY_SOURCES 64u /* further ones share rings */

struct redelivery_ring {
    uint32_t n, next;
    uint64_t print[REDELIVERY_WINDOW]; /* hash of packet id, topic, payload */
};

struct redelivery {
    struct redelivery_ring *ring[MAX_REDELIVERY_SOURCES]; /* NULL before the first message */
};

struct saver;
struct loader;

void redelivery_done(struct redelivery *redelivery);
/* True for a redelivery; otherwise remembers the message. topic_hash: hash64(topic, 0). */
bool redelivery_check(struct redelivery *redelivery, const struct record *record,
                      uint64_t topic_hash);
void redelivery_save(const struct redelivery *redelivery, struct saver *saver);
int redelivery_load(struct redelivery *redelivery, struct loader *loader); /* 0, -EBADMSG */

#endif
