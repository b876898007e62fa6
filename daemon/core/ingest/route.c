/*
 * route.c - two places per topic in a table four times as large as the registry.
 */
#include "core/ingest/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HEAD "care/v1/"
#define N_HEAD (sizeof(HEAD) - 1)
#define LEAST_SLOTS 256u

void routes_done(struct routes *routes)
{
    free(routes->slot);
    *routes = (struct routes){0};
}

void routes_clear(struct routes *routes)
{
    if (routes->slot)
        memset(routes->slot, 0, routes->n_slots * sizeof(*routes->slot));
}

static struct cw_str tail_of(const struct route *route)
{
    return route->source == EVENT_SOURCE ? CW_STR("/event") : CW_STR("/telemetry");
}

static bool spells(const struct route *route, const struct registry *registry,
                   struct cw_str topic)
{
    if (route->device == 0 || route->device > registry->n_devices)
        return false;
    size_t n_site = route->n_site, n_device = route->n_device;
    struct cw_str tail = tail_of(route);
    if (topic.n != N_HEAD + n_site + 1 + n_device + tail.n)
        return false;
    const struct device *device = registry->device[route->device - 1];
    if (!device || device->n_id != n_device)
        return false;
    const struct site *site = registry->site[device->site];
    const char *at_device = topic.p + N_HEAD + n_site + 1;
    return site->id[n_site] == '\0' && at_device[-1] == '/' &&
           memcmp(at_device, device->id, n_device) == 0 &&
           memcmp(topic.p + N_HEAD, site->id, n_site) == 0 &&
           memcmp(topic.p, HEAD, N_HEAD) == 0 &&
           memcmp(at_device + n_device, tail.p, tail.n) == 0;
}

const struct route *route_find(const struct routes *routes, const struct registry *registry,
                               struct cw_str topic, uint64_t hash)
{
    if (routes->n_slots == 0)
        return NULL;
    uint32_t place = (uint32_t)hash & (routes->n_slots - 1);
    if (spells(&routes->slot[place], registry, topic))
        return &routes->slot[place];
    if (spells(&routes->slot[place ^ 1], registry, topic))
        return &routes->slot[place ^ 1];
    return NULL;
}

void route_expect(const struct routes *routes, uint64_t hash)
{
    if (routes->n_slots)
        __builtin_prefetch(&routes->slot[(uint32_t)hash & (routes->n_slots - 1)]);
}

uint32_t route_guess(const struct routes *routes, uint64_t hash)
{
    if (routes->n_slots == 0)
        return 0;
    return routes->slot[(uint32_t)hash & (routes->n_slots - 1)].device;
}

static void make_room(struct routes *routes, uint32_t n_devices)
{
    uint32_t n = routes->n_slots ? routes->n_slots : LEAST_SLOTS;
    while (n / 4 < n_devices && n < (1u << 28))
        n *= 2;
    if (n == routes->n_slots)
        return;
    routes_done(routes);
    routes->slot = xcalloc(n, sizeof(*routes->slot));
    routes->n_slots = n;
}

void route_keep(struct routes *routes, const struct registry *registry,
                const struct device *device, uint16_t source, uint64_t hash)
{
    make_room(routes, registry->n_devices);
    uint32_t place = (uint32_t)hash & (routes->n_slots - 1);
    if (routes->slot[place].device && !routes->slot[place ^ 1].device)
        place ^= 1;
    routes->slot[place] = (struct route){
        .device = device->number + 1,
        .source = source,
        .n_site = (uint8_t)strlen(registry->site[device->site]->id),
        .n_device = device->n_id,
    };
}
