/*
 * heap.c - a heap of four children each in an array: half as deep as a binary one.
 */
#include "core/sim/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHILDREN 4u

static bool earlier(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

/* The earliest of the entry's children; heap->n or more when it has none. */
static uint32_t first_child(const struct sim_heap *heap, uint32_t i)
{
    uint32_t first = CHILDREN * i + 1, child = first;

    for (uint32_t it = first + 1; it < heap->n && it < first + CHILDREN; it++)
        if (earlier(&heap->entry[it], &heap->entry[child]))
            child = it;
    return child;
}

static void sift_down(struct sim_heap *heap)
{
    struct heap_entry moving = heap->entry[0];
    uint32_t i = 0;

    for (uint32_t child; (child = first_child(heap, i)) < heap->n; i = child) {
        if (!earlier(&heap->entry[child], &moving))
            break;
        heap->entry[i] = heap->entry[child];
    }
    heap->entry[i] = moving;
}

void heap_done(struct sim_heap *heap)
{
    free(heap->entry);
    *heap = (struct sim_heap){0};
}

void heap_add(struct sim_heap *heap, const struct heap_entry *entry)
{
    uint32_t i = heap->n++;

    if (i == heap->cap) {
        heap->cap = heap->cap ? 2 * heap->cap : 256;
        heap->entry = xrealloc(heap->entry, heap->cap * sizeof(*heap->entry));
    }
    for (; i > 0 && earlier(entry, &heap->entry[(i - 1) / CHILDREN]); i = (i - 1) / CHILDREN)
        heap->entry[i] = heap->entry[(i - 1) / CHILDREN];
    heap->entry[i] = *entry;
}

const struct heap_entry *heap_first(const struct sim_heap *heap)
{
    if (heap->n == 0)
        BUG("an empty heap has no first");
    return &heap->entry[0];
}

void heap_drop_first(struct sim_heap *heap)
{
    if (heap->n == 0)
        BUG("an empty heap has no first");
    heap->entry[0] = heap->entry[--heap->n];
    if (heap->n > 0)
        sift_down(heap);
}

void heap_move_first(struct sim_heap *heap, int64_t at_ms)
{
    if (heap->n == 0)
        BUG("an empty heap has no first");
    heap->entry[0].at_ms = at_ms;
    sift_down(heap);
}
