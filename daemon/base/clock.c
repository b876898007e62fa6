/*
 * clock.c - the one place that asks what time it is.
 */
#include "base/clock.h"

#include <time.h>

#include "base/mem.h"
#include "base/units.h"

static int64_t clock_read(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        BUG("clock %d cannot be read", (int)id);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_wall_ns(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t clock_monotonic_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_boot_ns(void)
{
    return clock_read(CLOCK_BOOTTIME);
}
