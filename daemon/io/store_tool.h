/*
 * store_tool.h - what an operator does to the store's file from the command line, while the
 * daemon runs or not. Blocking.
 */
#ifndef IO_STORE_TOOL_H
#define IO_STORE_TOOL_H

#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/buf.h"
#include "core/journal/record.h"

/* The whole integrity check. 0; -EBADMSG with what is wrong, a line each, in `problems`;
 * another negative errno with err when it cannot be asked. Changes nothing. */
int store_tool_verify(const char *path, struct buf *problems, struct cw_error *err);
/* A whole copy at `to`, which must not exist: pages are copied online (sqlite3_backup), the
 * copy is checked and synced before it gets its name. */
int store_tool_backup(const char *path, const char *to, struct cw_error *err);

struct store_tool_stat {
    int64_t schema, bytes, n_alarms, n_open, n_transitions, n_waiting, n_tokens;
    struct position cursor; /* everything before it is in the store */
};
int store_tool_stat(const char *path, struct store_tool_stat *stat, struct cw_error *err);

#endif
