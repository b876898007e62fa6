/*
 * redelivery.c - a ring of fingerprints per source. Writing one is a hash of the payload;
 * the ring is searched only for the rare message with the dup flag.
 */
#include "core/ingest/redelivery.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/view/snapshot.h"

void redelivery_done(struct redelivery *redelivery)
{
    for (uint32_t i = 0; i < MAX_REDELIVERY_SOURCES; i++)
        free(redelivery->ring[i]);
    *redelivery = (struct redelivery){.ring = {NULL}};
}

static bool ring_has(const struct redelivery_ring *ring, uint64_t print)
{
    for (uint32_t i = 0; i < ring->n; i++) {
        if (ring->print[i] == print)
            return true;
    }
    return false;
}

bool redelivery_check(struct redelivery *redelivery, const struct record *record,
                      uint64_t topic_hash)
{
    if (record->message_id == 0)
        return false; /* QoS 0 is never sent again. */
    struct redelivery_ring **place = &redelivery->ring[record->source % MAX_REDELIVERY_SOURCES];
    if (!*place)
        *place = xcalloc(1, sizeof(**place));
    struct redelivery_ring *ring = *place;
    uint64_t seed = topic_hash ^ ((uint64_t)record->message_id << 48) ^ record->source;
    uint64_t print = hash64(record->payload, seed);
    if ((record->flags & RECORD_DUP) && ring_has(ring, print))
        return true;
    ring->print[ring->next] = print;
    ring->next = (ring->next + 1) % REDELIVERY_WINDOW;
    if (ring->n < REDELIVERY_WINDOW)
        ring->n++;
    return false;
}

void redelivery_save(const struct redelivery *redelivery, struct saver *saver)
{
    for (uint32_t i = 0; i < MAX_REDELIVERY_SOURCES; i++) {
        const struct redelivery_ring *ring = redelivery->ring[i];
        save_u32(saver, ring ? ring->n : 0);
        if (!ring)
            continue;
        save_u32(saver, ring->next);
        for (uint32_t j = 0; j < ring->n; j++)
            save_u64(saver, ring->print[j]);
    }
}

int redelivery_load(struct redelivery *redelivery, struct loader *loader)
{
    for (uint32_t i = 0; i < MAX_REDELIVERY_SOURCES && !loader->failed; i++) {
        uint32_t n = load_u32(loader);
        if (n == 0)
            continue;
        uint32_t next = load_u32(loader);
        if (n > REDELIVERY_WINDOW || next >= REDELIVERY_WINDOW)
            return -EBADMSG;
        struct redelivery_ring *ring = xcalloc(1, sizeof(*ring));
        redelivery->ring[i] = ring;
        ring->n = n;
        ring->next = next;
        for (uint32_t j = 0; j < n; j++)
            ring->print[j] = load_u64(loader);
    }
    return loader->failed ? -EBADMSG : 0;
}
