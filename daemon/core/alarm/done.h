/*
 * done.h - commands that were done lately, by their idempotency key: one that comes again is
 * answered as it was and does nothing. Part of the state, so that it holds over a kill.
 */
#ifndef CORE_ALARM_DONE_H
#define CORE_ALARM_DONE_H

#include <stdint.h>

#include "base/hash.h"
#include "base/map.h"

struct saver;
struct loader;

#define MAX_DONE 1024u

struct done_command {
    uint64_t key; /* 0: unused */
    int32_t code;
    char alarm[HASH_ID_MAX]; /* "" none */
};

struct done {
    struct done_command command[MAX_DONE]; /* a ring */
    uint32_t n;                            /* ever, modulo 2^32 */
};

const struct done_command *done_find(const struct done *done, uint64_t key); /* or NULL */
void done_add(struct done *done, uint64_t key, int code, const char *alarm);
void done_save(const struct done *done, struct saver *saver);
void done_load(struct done *done, struct loader *loader);

#endif
