/*
 * registry_unmeet.c - births taken back. Whatever comes in by a topic is met before its payload
 * is looked at, for that is judged by whom it comes from; who only ever sent nonsense is not
 * to be among those that exist.
 */
#include "core/fold.h"
#include "core/registry/registry_private.h"

void registry_unmeet_device(struct fold *fold, struct site *site, struct device *device)
{
    device_forget(fold, site, device);
    site->n_devices--;
}

/* Something that was left behind in it keeps it: nothing may point to what is gone. */
static bool is_untouched(const struct registry *registry, const struct site *site)
{
    return site->number + 1 == registry->n_sites && !site->first_device && !site->first_seen &&
           !site->oldest_visit && !site->watch && site->timer.armed_ns == 0;
}

void registry_unmeet_site(struct fold *fold, struct site *site)
{
    struct registry *registry = &fold->registry;
    if (!is_untouched(registry, site))
        return;
    map_remove(&registry->by_id, str_of(site->id));
    registry->n_sites--;
    site_free(site);
}
