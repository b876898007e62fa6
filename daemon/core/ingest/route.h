/*
 * route.h - from the topic of telemetry or an event to its device in one look-up, for the
 * message that comes a million times.
 *
 * A cache, no state: an entry holds numbers, and counts only when the ids behind them spell
 * the topic. So it needs no care when devices come and go, and may be forgotten at will.
 */
#ifndef CORE_INGEST_ROUTE_H
#define CORE_INGEST_ROUTE_H

#include "core/registry/registry.h"

#define NO_SOURCE UINT16_MAX
#define EVENT_SOURCE (UINT16_MAX - 1) /* the topic is .../event, which has none */

struct route {
    uint32_t device; /* its number + 1; 0: empty */
    uint16_t source; /* index in ruleset.source, NO_SOURCE or EVENT_SOURCE */
    uint8_t n_site, n_device;
};

struct routes {
    struct route *slot;
    uint32_t n_slots; /* a power of two, or 0 */
};

void routes_done(struct routes *routes);
/* Forgets everything: the sources changed. */
void routes_clear(struct routes *routes);
/* The route of care/v1/SITE/DEVICE/telemetry or /event, or NULL. hash: of the topic. */
const struct route *route_find(const struct routes *routes, const struct registry *registry,
                               struct cw_str topic, uint64_t hash);
/* For looking ahead: fetches what route_find() looks at; the number + 1 of a device that
 * may be the one of the hash, or 0. */
void route_expect(const struct routes *routes, uint64_t hash);
uint32_t route_guess(const struct routes *routes, uint64_t hash);
void route_keep(struct routes *routes, const struct registry *registry,
                const struct device *device, uint16_t source, uint64_t hash);

#endif
