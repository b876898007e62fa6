/*
 * daemon_run.h - the daemon from start to stop.
 */
#ifndef DAEMON_RUN_H
#define DAEMON_RUN_H

#include <stddef.h>

struct config;

/* Takes the configuration. Blocks until SIGTERM or SIGINT. 0, or a negative errno when it
 * could not start (said on stderr). */
int daemon_run(struct config *config, const char *file, const char *const *overrides,
               size_t n_overrides);

#endif
