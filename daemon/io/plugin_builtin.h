/*
 * plugin_builtin.h - the plugins built into the daemon; the table is made by CMake from the
 * files in plugins/ and ends with NULL.
 */
#ifndef IO_PLUGIN_BUILTIN_H
#define IO_PLUGIN_BUILTIN_H

#include <carewatch/plugin.h>

extern const struct cw_plugin *const plugin_builtin[];

#endif
