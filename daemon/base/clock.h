/*
 * clock.h - the three clocks, read here and nowhere else. Not for core: time comes to it as
 * an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ns(void);      /* CLOCK_REALTIME: may step */
int64_t clock_monotonic_ns(void); /* deadlines of I/O */
int64_t clock_boot_ns(void);      /* CLOCK_BOOTTIME: counts through suspend */

#endif
