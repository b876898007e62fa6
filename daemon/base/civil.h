/*
 * civil.h - dates of the calendar: their text, months, weekdays. Days count from 1970-01-01
 * (base/instant.h). No time zone.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdint.h>

#include <carewatch/str.h>

int civil_days_in(int64_t year, int64_t month); /* 28 to 31 */
/* 0 is Monday. */
int civil_weekday(int64_t days);
/* "2026-01-31" and nothing else. 0 or -EINVAL. */
int civil_parse(struct cw_str s, int64_t *days);
#define CIVIL_MAX 24
size_t civil_format(int64_t days, char dst[CIVIL_MAX]);

#endif
