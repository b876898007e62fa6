/*
 * cause.h - what an alarm turned out to be: the words a dispatcher closes it with, so that
 * reports count the same things everywhere. Another id is taken as well.
 */
#ifndef CORE_ALARM_CAUSE_H
#define CORE_ALARM_CAUSE_H

#include <stdbool.h>

struct cause {
    const char *name; /* an id; NULL ends the list */
    const char *zh, *en;
    bool needs_note; /* says too little without words */
};

/* In the order of the keys 1 to 9. */
extern const struct cause causes[];

#endif
