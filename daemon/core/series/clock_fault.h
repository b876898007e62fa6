/*
 * clock_fault.h - is a device's clock right? Learns from every message; raises the built-in
 * alarm clock_fault, one per device, "site/device".
 *
 * A clock that is ahead, or from another century, is wrong at once. One that is behind looks
 * like a late upload at first; it is told from that by staying behind by the same amount:
 * the times of a backlog catch up.
 */
#ifndef CORE_SERIES_CLOCK_FAULT_H
#define CORE_SERIES_CLOCK_FAULT_H

#include "core/fold.h"
#include "core/series/sample_time.h"

#define CLOCK_RIGHT_MESSAGES 5
#define CLOCK_BEHIND_MESSAGES 8
#define CLOCK_BEHIND_FOR_NS (INT64_C(60) * 1000000000)
#define CLOCK_BEHIND_SLOW_MESSAGES 4
#define CLOCK_BEHIND_SLOW_FOR_NS (INT64_C(170) * 1000000000)
#define CLOCK_BEHIND_JITTER_NS (INT64_C(5) * 1000000000)

/* One message of the device with its newest time. Returns by how much its clock is known to
 * be behind: what it sends is that much younger than it says. */
int64_t clock_learn(struct fold *fold, struct site *site, struct device *device,
                    const struct sample_time *time, int64_t device_ns, int64_t arrived_ns);

#endif
