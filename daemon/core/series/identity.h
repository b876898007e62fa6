/*
 * identity.h - are there two devices of one name? A device's counter (seq) goes forward; two
 * devices with the same id have two counters, and the messages jump between them. Raises the
 * built-in alarm duplicate_identity, "site/device".
 *
 *   seq   100 101 8007 102 8008 103 ...     each jump back to the other counter is a crossing
 *
 * A device that was restarted jumps once and stays. What comes from a backlog has an old time
 * and is not looked at. Devices that send no counter cannot be told apart.
 */
#ifndef CORE_SERIES_IDENTITY_H
#define CORE_SERIES_IDENTITY_H

#include "core/fold.h"

#define IDENTITY_CROSSINGS 6
#define IDENTITY_WITHIN_NS (INT64_C(3600) * 1000000000) /* crossings, and quiet to be over */

/* The next counter of a live message, before it is kept in device->last_seq. */
void identity_learn(struct fold *fold, struct site *site, struct device *device, int64_t seq);

void identity_save(const struct fold *fold, struct saver *saver);
void identity_load(struct fold *fold, struct loader *loader); /* loader->failed tells */

#endif
