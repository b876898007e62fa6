/*
 * load.h - how much a dispatcher gets to hear: alarms presented in ten minutes for each
 * operator (IEC 62682, EEMUA 191). A flood begins at 10 and ends below 5; while it lasts, live
 * views show the high ones and count the rest. Part of the fold.
 */
#ifndef CORE_ALARM_LOAD_H
#define CORE_ALARM_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct saver;
struct loader;

#define LOAD_SLOTS 60
#define LOAD_SLOT_NS (INT64_C(10) * 1000000000) /* 60 of them are ten minutes */
#define FLOOD_BEGINS 10
#define FLOOD_ENDS 5

struct load {
    uint32_t slot[LOAD_SLOTS]; /* presented in it; a ring */
    int64_t newest;            /* number of the newest slot */
    uint32_t lately;           /* in all of them */
    bool flood;
    int64_t flood_ns;     /* when it began; the last one when there is none now */
    uint64_t n_floods;    /* ever */
    int64_t flooded_ns;   /* how long, those that are over together */
    uint64_t n_presented; /* ever */
};

/* An alarm asks for somebody. */
void load_note(struct load *load, int64_t now_ns, int64_t operators);
/* Time has passed. */
void load_advance(struct load *load, int64_t now_ns, int64_t operators);

void load_save(const struct load *load, struct saver *saver);
void load_load(struct load *load, struct loader *loader);

#endif
