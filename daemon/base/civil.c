/*
 * civil.c - dates as text, months and weekdays over the days of base/instant.h.
 */
#include "base/civil.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/instant.h"

int civil_days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* 1970-01-01 was a Thursday. */
int civil_weekday(int64_t days)
{
    int64_t weekday = (days + 3) % 7;
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

static bool digits(struct cw_str s, size_t from, size_t n, int64_t *value)
{
    *value = 0;
    for (size_t i = from; i < from + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *value = *value * 10 + (s.p[i] - '0');
    }
    return true;
}

int civil_parse(struct cw_str s, int64_t *days)
{
    int64_t year, month, day;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(s, 0, 4, &year) ||
        !digits(s, 5, 2, &month) || !digits(s, 8, 2, &day))
        return -EINVAL;
    if (month < 1 || month > 12 || day < 1 || day > civil_days_in(year, month))
        return -EINVAL;
    *days = instant_days(year, month, day);
    return 0;
}

size_t civil_format(int64_t days, char dst[CIVIL_MAX])
{
    int year, month, day;
    instant_date(days, &year, &month, &day);
    int n = snprintf(dst, CIVIL_MAX, "%04d-%02d-%02d", year, month, day);
    return (size_t)n;
}
