/*
 * process_use.h - what this process takes of the machine, as the operator's page and Prometheus
 * show it.
 */
#ifndef PROCESS_USE_H
#define PROCESS_USE_H

#include <stddef.h>
#include <stdint.h>

struct process_use {
    uint64_t cpu_us; /* user and system, of all cores, since it began */
    size_t rss_bytes;
};

/* What cannot be told is 0. */
struct process_use process_use(void);

#endif
