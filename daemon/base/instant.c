/*
 * instant.c - RFC 3339 and back, by arithmetic on days since 1970 (the civil calendar shifted
 * so that the year begins in March, which puts the leap day last).
 */
#include "base/instant.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/units.h"

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_BEFORE_1970 719468

int64_t instant_days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

void instant_date(int64_t days, int *year, int *month, int *day)
{
    days += DAYS_BEFORE_1970;
    int64_t era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t doe = days - era * DAYS_PER_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t from_march = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static int days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Cuts exactly n digits off. */
static bool cut_digits(struct cw_str *s, size_t n, int64_t *value)
{
    if (s->n < n)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *value = *value * 10 + (s->p[i] - '0');
    }
    s->p += n;
    s->n -= n;
    return true;
}

static bool cut_char(struct cw_str *s, char a, char b)
{
    if (s->n == 0 || (s->p[0] != a && s->p[0] != b))
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool cut_date(struct cw_str *s, int64_t *seconds)
{
    int64_t year, month, day;
    if (!cut_digits(s, 4, &year) || !cut_char(s, '-', '-') || !cut_digits(s, 2, &month) ||
        !cut_char(s, '-', '-') || !cut_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *seconds = instant_days(year, month, day) * 86400;
    return true;
}

static bool cut_time(struct cw_str *s, int64_t *seconds)
{
    int64_t hour, minute, second;
    if (!cut_digits(s, 2, &hour) || !cut_char(s, ':', ':') || !cut_digits(s, 2, &minute) ||
        !cut_char(s, ':', ':') || !cut_digits(s, 2, &second))
        return false;
    /* 60 is a leap second; it counts as the first of the next minute, as POSIX does. */
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    *seconds += hour * 3600 + minute * 60 + second;
    return true;
}

static bool cut_fraction(struct cw_str *s, int64_t *ns)
{
    *ns = 0;
    if (!cut_char(s, '.', '.'))
        return true;
    int64_t digit, unit = NS_PER_S / 10;
    bool any = false;
    while (cut_digits(s, 1, &digit)) {
        *ns += digit * unit; /* behind the ninth digit the unit is 0 */
        unit /= 10;
        any = true;
    }
    return any;
}

static bool cut_offset(struct cw_str *s, int64_t *seconds)
{
    if (cut_char(s, 'Z', 'z'))
        return true;
    int64_t hour, minute, sign = s->n && s->p[0] == '-' ? -1 : 1;
    if (!cut_char(s, '+', '-') || !cut_digits(s, 2, &hour) || !cut_char(s, ':', ':') ||
        !cut_digits(s, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *seconds -= sign * (hour * 3600 + minute * 60);
    return true;
}

int instant_parse(struct cw_str s, int64_t *ns)
{
    int64_t seconds, fraction, whole;
    if (!cut_date(&s, &seconds))
        return -EINVAL;
    if (!cut_char(&s, 'T', 't') && !cut_char(&s, ' ', ' '))
        return -EINVAL;
    if (!cut_time(&s, &seconds) || !cut_fraction(&s, &fraction) || !cut_offset(&s, &seconds))
        return -EINVAL;
    if (s.n || __builtin_mul_overflow(seconds, NS_PER_S, &whole) ||
        __builtin_add_overflow(whole, fraction, &whole))
        return -EINVAL;
    *ns = whole;
    return 0;
}

size_t instant_format(int64_t ns, char dst[INSTANT_MAX])
{
    int64_t ms = ns / NS_PER_MS - (ns % NS_PER_MS < 0);
    int64_t days = ms / 86400000 - (ms % 86400000 < 0);
    int of_day = (int)(ms - days * 86400000);
    int year, month, day;
    instant_date(days, &year, &month, &day);
    int n = snprintf(dst, INSTANT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
                     of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
    return (size_t)n;
}
