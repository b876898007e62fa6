/*
 * consent.h - sensing needs the consent of who is sensed, kind of data by kind: "vitals",
 * "bed", "room", "location". Part of the fold.
 *
 * A kind that was refused or withdrawn is not taken in any more; in a home a kind that the
 * recorded consent does not name is not, either. Help calls, smoke, gas and the device's own
 * state are never withheld.
 */
#ifndef CORE_REGISTRY_CONSENT_H
#define CORE_REGISTRY_CONSENT_H

#include <stdint.h>

#include "base/str.h"

struct fold;
struct site;
struct device;
struct metric;
struct entry;

/* Which kinds are withheld of the device, after its resident or a consent changed; and what
 * else of the resident's record is kept on it (own_scale_note()). */
void consent_of_device(struct fold *fold, struct site *site, struct device *device);
void consent_of_resident(struct fold *fold, const struct entry *resident);
void consent_load(struct fold *fold); /* of all, behind book_load() */
/* The name of the kind that may not be taken in of it, or NULL. */
const char *consent_withholds(const struct device *device, const struct metric *metric);

/* Kinds of data as a set, for what was measured before and is to be shown now. */
#define CONSENT_ALL_KINDS UINT32_MAX
/* Those a resident withholds by the record, whether or not a device is left. */
uint32_t consent_withheld(const struct fold *fold, const struct site *site,
                          struct cw_str resident);
/* The one of the metric; 0: never withheld. */
uint32_t consent_kinds(const struct metric *metric);
const char *consent_kind_name(uint32_t kinds); /* of the first; NULL of none */

#endif
