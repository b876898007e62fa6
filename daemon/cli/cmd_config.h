/*
 * cmd_config.h - what the subcommands that take a configuration share: the options -c FILE
 * and -p section.key=value, and mistakes as FILE:LINE on stderr.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "io/config.h"

#define MAX_OVERRIDES 64

struct config_arguments {
    const char *file; /* NULL: presets only */
    const char *override[MAX_OVERRIDES];
    size_t n_overrides;
};

/* One -p; false (and a word on stderr) when there are too many. */
bool config_arguments_override(struct config_arguments *arguments, const char *setting);
/* Loads; mistakes go to stderr. NULL after mistakes. The caller frees. */
struct config *config_arguments_load(const struct config_arguments *arguments);

#endif
