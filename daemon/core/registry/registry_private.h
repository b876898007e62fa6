/*
 * registry_private.h - what the files of the registry share with each other alone: the
 * births that rosters and snapshots also cause.
 */
#ifndef CORE_REGISTRY_REGISTRY_PRIVATE_H
#define CORE_REGISTRY_REGISTRY_PRIVATE_H

#include "core/registry/registry.h"

/* A plain provider without devices. The id must be valid and new. */
struct site *site_new(struct registry *registry, struct cw_str id);
/* A device that is neither rostered nor counted yet; the caller calls site_survey() and
 * site_surplus(). */
struct device *device_born(struct fold *fold, struct site *site, struct cw_str id);
/* Without a number and in no table. The id is at most MAX_ID long. */
struct device *device_new(struct cw_str id);
void device_free(struct device *device);
void site_free(struct site *site);
/* Out of all tables, with its series; the caller counts. */
void device_forget(struct fold *fold, struct site *site, struct device *device);
/* What it is, where and whose; each at most MAX_ID long. */
struct device_words {
    struct cw_str kind, bed, resident, room;
};
/* Keeps copies. */
void device_describe(struct device *device, const struct device_words *words);
/* Puts a device with its number and id into the tables. */
void device_link(struct registry *registry, struct site *site, struct device *device);
/* More or fewer devices that may be forgotten. */
void site_surplus(struct fold *fold, struct site *site, int change);
/* "lat" and "lon", both or neither: 0, -ENOENT, or -EINVAL with err. */
int read_place(const struct cw_doc *doc, const struct cw_node *object, double *lat, double *lon,
               struct cw_error *err);

#endif
