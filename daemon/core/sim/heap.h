/*
 * heap.h - what comes next: items by time, equals by a number of their own.
 */
#ifndef CORE_SIM_HEAP_H
#define CORE_SIM_HEAP_H

#include <stdint.h>

struct heap_entry {
    int64_t at_ms;
    uint64_t order; /* of equals the least comes first */
    uint32_t item;
};

/* Zeroed memory is an empty one. */
struct sim_heap {
    struct heap_entry *entry;
    uint32_t n, cap;
};

void heap_done(struct sim_heap *heap);
void heap_add(struct sim_heap *heap, const struct heap_entry *entry);
/* The first; there must be one. */
const struct heap_entry *heap_first(const struct sim_heap *heap);
void heap_drop_first(struct sim_heap *heap);
/* The first one comes again at another time. */
void heap_move_first(struct sim_heap *heap, int64_t at_ms);

#endif
