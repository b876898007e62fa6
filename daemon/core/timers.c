/*
 * timers.c - deadlines in a heap of four children each: half as deep as a binary one, and the
 * children of an entry lie in two lines of the cache.
 *
 * The order (due, kind, owner) is total but for entries that are equal in all three, and
 * those cannot be told apart; so what is popped never depends on how the heap was built.
 */
#include "core/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHILDREN 4u

void timers_init(struct timers *timers)
{
    *timers = (struct timers){0};
}

void timers_done(struct timers *timers)
{
    free(timers->entry);
    *timers = (struct timers){0};
}

static bool entry_before(const struct timer_entry *a, const struct timer_entry *b)
{
    if (a->due_ns != b->due_ns)
        return a->due_ns < b->due_ns;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->owner < b->owner;
}

static void push(struct timers *timers, struct timer_entry entry)
{
    if (timers->n == timers->cap) {
        timers->cap = timers->cap ? timers->cap * 2 : 64;
        timers->entry = xrealloc(timers->entry, timers->cap * sizeof(*timers->entry));
    }
    uint32_t i = timers->n++;
    while (i > 0) {
        uint32_t parent = (i - 1) / CHILDREN;
        if (!entry_before(&entry, &timers->entry[parent]))
            break;
        timers->entry[i] = timers->entry[parent];
        i = parent;
    }
    timers->entry[i] = entry;
}

/* The earliest of the entry's children; timers->n or more when it has none. */
static uint32_t first_child(const struct timers *timers, uint32_t i)
{
    uint32_t child = CHILDREN * i + 1;
    uint32_t end = timers->n - child < CHILDREN ? timers->n : child + CHILDREN;
    for (uint32_t it = child + 1; child < timers->n && it < end; it++)
        if (entry_before(&timers->entry[it], &timers->entry[child]))
            child = it;
    return child;
}

/* Takes the root off: the last entry sinks from the top to its place. */
static void drop_first(struct timers *timers)
{
    struct timer_entry last = timers->entry[--timers->n];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = first_child(timers, i);
        if (child >= timers->n)
            break;
        if (!entry_before(&timers->entry[child], &last))
            break;
        timers->entry[i] = timers->entry[child];
        i = child;
    }
    if (timers->n)
        timers->entry[i] = last;
}

void timer_arm(struct timers *timers, struct timer *timer, enum timer_kind kind, uint64_t owner,
               int64_t due_ns)
{
    /* 0 is the word for "not armed", and nothing is due before the epoch. */
    if (due_ns < 1)
        due_ns = 1;
    if (timer->armed_ns && timer->armed_ns <= due_ns)
        return;
    timer->armed_ns = due_ns;
    push(timers, (struct timer_entry){.due_ns = due_ns, .owner = owner, .kind = kind});
}

bool timers_pop(struct timers *timers, int64_t upto_ns, struct timer_entry *entry)
{
    if (timers->n == 0 || timers->entry[0].due_ns > upto_ns)
        return false;
    *entry = timers->entry[0];
    drop_first(timers);
    return true;
}

bool timer_fired(struct timer *timer, const struct timer_entry *entry)
{
    if (timer->armed_ns != entry->due_ns)
        return false;
    timer->armed_ns = 0;
    return true;
}
