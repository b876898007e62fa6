/*
 * plugin_load.h - finds plugins by kind and name: built in, or loaded from a folder (dlopen;
 * its only door).
 *
 * A file is loaded only if it lies directly in the configured folder and neither it nor the
 * folder is writable for group or others. A wrong ABI, kind or table is refused by name.
 * Loaded plugins stay loaded until exit.
 */
#ifndef IO_PLUGIN_LOAD_H
#define IO_PLUGIN_LOAD_H

#include <carewatch/plugin.h>

/* Loads DIR/NAME.so for each name given (NULL dir: nothing). Every mistake goes to `mistake`
 * with the file's name. Returns the number of mistakes. */
int plugin_load_all(const char *dir, const char *const *name,
                    void (*mistake)(void *ctx, const struct cw_error *err), void *ctx);
/* NULL if there is none. A loaded one goes before a built-in one of the same name. */
const struct cw_plugin *plugin_find(enum cw_plugin_kind kind, const char *name);
/* All of them, for help texts: i from 0; NULL at the end. */
const struct cw_plugin *plugin_at(size_t i);
/* Checks a plugin's constant: ABI, kind, tables, options. 0 or -EINVAL with err. */
int plugin_check(const struct cw_plugin *plugin, const char *file, struct cw_error *err);

#endif
