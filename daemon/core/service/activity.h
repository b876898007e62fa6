/*
 * activity.h - by how much an activity.held changed what is counted for its site. Part of the
 * fold.
 *
 * A correction takes the place of what was counted before, so the numbers may be negative;
 * summed up they are what was held. One that moves to another category is two changes.
 */
#ifndef CORE_SERVICE_ACTIVITY_H
#define CORE_SERVICE_ACTIVITY_H

#include "core/registry/registry.h"

struct activity_change {
    int64_t at_ns; /* engine time */
    const struct site *site;
    struct cw_str activity; /* its id */
    uint32_t category;      /* enum activity_category */
    int64_t rev, sessions, persons;
};

const char *activity_category_name(uint32_t category);

#endif
