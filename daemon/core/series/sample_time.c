/*
 * sample_time.c - the picture in the header, as comparisons.
 */
#include "core/series/sample_time.h"

#include "base/units.h"

#define YEAR_2000_NS (INT64_C(946684800) * NS_PER_S)

static struct sample_time at_arrival(uint32_t ordinal, int64_t arrived_ns, bool clock_fault)
{
    return (struct sample_time){
        .line_ns = arrived_ns + ordinal,
        .sample_ns = arrived_ns,
        .clock_fault = clock_fault,
    };
}

struct sample_time sample_time_of(const struct cw_point *point, uint32_t ordinal,
                                  int64_t arrived_ns, int64_t tolerance_ns)
{
    int64_t time_ns = point->time_ns;
    if (time_ns == 0 && !point->relative)
        return at_arrival(ordinal, arrived_ns, false);
    if (point->relative && __builtin_add_overflow(time_ns, arrived_ns, &time_ns))
        return at_arrival(ordinal, arrived_ns, true);
    if (time_ns < YEAR_2000_NS || time_ns - tolerance_ns > arrived_ns)
        return at_arrival(ordinal, arrived_ns, true);
    return (struct sample_time){
        .line_ns = time_ns,
        .sample_ns = time_ns < arrived_ns ? time_ns : arrived_ns,
        .from_device = true,
    };
}
