/*
 * sample_time.h - which time counts for what a device sent, and whether its clock is right.
 * Pure.
 *
 *                year 2000         arrival   arrival + tolerance
 *   ----------------|------------------|-------------|------------->  device's time
 *    fault: arrival |    as it says    |  as it says | fault: arrival   the line's
 *    counts         |                  |  (clamped)  | counts           the detector's
 *
 * It depends on the device's time and the arrival alone, so that lines can be made again
 * from the journal.
 */
#ifndef CORE_SERIES_SAMPLE_TIME_H
#define CORE_SERIES_SAMPLE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/event.h>

struct sample_time {
    int64_t line_ns;   /* written to the database */
    int64_t sample_ns; /* counts for detectors: never later than the arrival */
    bool clock_fault;  /* the device's clock cannot be right; arrival counts instead */
    bool from_device;  /* the device gave a time and it counts */
};

/* `ordinal` of the point within its message: without a time of their own, points of one
 * message stay apart by a nanosecond each. */
struct sample_time sample_time_of(const struct cw_point *point, uint32_t ordinal,
                                  int64_t arrived_ns, int64_t tolerance_ns);

#endif
