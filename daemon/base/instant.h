/*
 * instant.h - moments as text (RFC 3339) and as calendar fields, without a time zone database.
 */
#ifndef BASE_INSTANT_H
#define BASE_INSTANT_H

#include <stdint.h>

#include <carewatch/str.h>

/* "2026-11-23T02:43:01.120Z" or with an offset; fraction up to ns. 0 or -EINVAL. */
int instant_parse(struct cw_str s, int64_t *ns);
/* UTC with milliseconds and Z; returns the length (24 for years 1970-9999), NUL-terminated. */
#define INSTANT_MAX 32
size_t instant_format(int64_t ns, char dst[INSTANT_MAX]);

/* Days since 1970-01-01 of a date of the civil calendar, and back. */
int64_t instant_days(int64_t year, int64_t month, int64_t day);
void instant_date(int64_t days, int *year, int *month, int *day);

#endif
