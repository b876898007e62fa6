/*
 * web_assets.h - the pages built in: made from daemon/web by its build.mjs at build time.
 *
 * Names of scripts and styles carry a hash of their content, so all but "/" may be cached for
 * ever. Every asset also lies there compressed.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

struct web_asset {
    const char *path; /* "/", "/app-ABCDEF.js", ... */
    const char *type; /* Content-Type */
    const unsigned char *raw, *gz;
    size_t n_raw, n_gz;
    int immutable; /* the name changes with the content */
};

/* Ends with a NULL path. */
extern const struct web_asset web_assets[];

#endif
