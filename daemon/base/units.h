/*
 * units.h - durations and sizes as people write them: "90s", "1h30m", "20ms", "64MiB", "1GB".
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdint.h>

#include <carewatch/plugin.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Units: ns us ms s m h d w; "0" alone is allowed. 0 or -EINVAL/-ERANGE with err set. */
int duration_parse(struct cw_str s, int64_t *ns, struct cw_error *err);
/* Shortest exact form ("1h30m"); returns the length, NUL-terminated. */
#define DURATION_MAX 48
size_t duration_format(int64_t ns, char dst[DURATION_MAX]);
/* Units: B KB MB GB (powers of 1000), KiB MiB GiB; a bare number is bytes. */
int size_parse(struct cw_str s, int64_t *bytes, struct cw_error *err);
#define SIZE_TEXT_MAX 32
size_t size_format(int64_t bytes, char dst[SIZE_TEXT_MAX]);

#endif
