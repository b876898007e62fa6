/*
 * key.h - keys of tables made of two words: "site device". Written without a format, for they
 * are made for every message.
 */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include <carewatch/str.h>

/* a, sep, b and a NUL; cut to cap - 1 bytes. The key as it stands in dst. */
struct cw_str key_join(char *dst, size_t cap, struct cw_str a, char sep, struct cw_str b);

#endif
