/*
 * quiet_private.h - what quiet.c and quiet_silence.c share; nobody else includes it.
 */
#ifndef CORE_ALARM_QUIET_PRIVATE_H
#define CORE_ALARM_QUIET_PRIVATE_H

#include "core/alarm/quiet.h"

/* A silence begins or ends now, by the clock or by a command. */
void quiet_edge(struct fold *fold);
/* Waits for the next one that does. */
void quiet_arm_edge(struct fold *fold);

#endif
