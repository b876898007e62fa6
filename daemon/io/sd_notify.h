/*
 * sd_notify.h - a word to systemd over $NOTIFY_SOCKET (sd_notify(3)'s protocol; a few lines
 * instead of libsystemd and the five libraries behind it).
 */
#ifndef IO_SD_NOTIFY_H
#define IO_SD_NOTIFY_H

#include <stdint.h>

/* "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=..."; nothing without $NOTIFY_SOCKET. */
void sd_notify_send(const char *state);
/* How often the watchdog wants to hear from us (half of $WATCHDOG_USEC); 0: not at all. */
int64_t sd_notify_watchdog_ns(void);

#endif
