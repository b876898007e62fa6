/*
 * option.h - values into structs by table: the one way in which the configuration, the
 * command line, the environment and plugins take options (struct cw_option).
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>

#include <carewatch/plugin.h>

#include "base/buf.h"

/* Index of the option, or -1. A secret "x" is also found as "x_file". */
int option_find(const struct cw_option *table, const char *name);
/* The nearest name for "did you mean", or NULL when none is near. */
const char *option_nearest(const struct cw_option *table, const char *name);
/* Parses `text` as the option's type, checks its bounds and writes it into self. TEXT and
 * SECRET keep a copy that option_free() frees. Lists take "a,b,c". 0 or -EINVAL with err. */
int option_set(const struct cw_option *option, void *self, struct cw_str text,
               struct cw_error *err);
int option_set_list(const struct cw_option *option, void *self, const struct cw_str *item,
                    size_t n, struct cw_error *err);
/* Writes the presets into a zeroed self. Options that are CW_REQUIRED stay zero. */
void option_presets(const struct cw_option *table, void *self);
/* Frees what option_set kept. */
void option_free(const struct cw_option *table, void *self);
/* The value as one would write it in a configuration ("" when unset); secrets as "***". */
void option_print(const struct cw_option *option, const void *self, struct buf *out);
const char *option_type_name(const struct cw_option *option);

#endif
