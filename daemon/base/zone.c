/*
 * zone.c - which offset holds at a moment: the last explicit change, else the rule, which is
 * worked out for the year it is asked about.
 */
#include "base/zone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"

#define DAY_S 86400
#define HOUR_S 3600
#define MAX_OFFSET_S (26 * HOUR_S)
#define MAX_CHANGE_S INT64_C(8000000000) /* in the year 2223 */

enum zone_moment_kind { MOMENT_WEEKDAY = 1, MOMENT_JULIAN, MOMENT_DAY };

/* ---- the rule ---- */

static bool cut(struct cw_str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool cut_number(struct cw_str *s, int32_t max, int32_t *value)
{
    size_t n = 0;
    *value = 0;
    while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
        *value = *value * 10 + (s->p[n++] - '0');
    s->p += n;
    s->n -= n;
    return n > 0 && *value <= max;
}

/* "CET" or "<+08>": only that it is there. */
static bool cut_name(struct cw_str *s)
{
    size_t n = 0;
    bool quoted = cut(s, '<');
    while (
        n < s->n &&
        ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z') ||
         (quoted && ((s->p[n] >= '0' && s->p[n] <= '9') || s->p[n] == '+' || s->p[n] == '-'))))
        n++;
    s->p += n;
    s->n -= n;
    return n >= 3 && (!quoted || cut(s, '>'));
}

/* "-1", "+5:30", "167:00:00". */
static bool cut_clock(struct cw_str *s, int32_t *seconds)
{
    int32_t hour, minute = 0, second = 0;
    int32_t sign = cut(s, '-') ? -1 : 1;
    if (sign > 0)
        (void)cut(s, '+');
    if (!cut_number(s, 167, &hour))
        return false;
    if (cut(s, ':') &&
        (!cut_number(s, 59, &minute) || (cut(s, ':') && !cut_number(s, 59, &second))))
        return false;
    *seconds = sign * (hour * HOUR_S + minute * 60 + second);
    return true;
}

static bool cut_moment(struct cw_str *s, struct zone_moment *moment)
{
    *moment = (struct zone_moment){.at_s = 2 * HOUR_S};
    bool ok;
    if (!cut(s, ','))
        return false;
    if (cut(s, 'M')) {
        moment->kind = MOMENT_WEEKDAY;
        ok = cut_number(s, 12, &moment->month) && moment->month > 0 && cut(s, '.') &&
             cut_number(s, 5, &moment->week) && moment->week > 0 && cut(s, '.') &&
             cut_number(s, 6, &moment->day);
    } else if (cut(s, 'J')) {
        moment->kind = MOMENT_JULIAN;
        ok = cut_number(s, 365, &moment->day) && moment->day > 0;
    } else {
        moment->kind = MOMENT_DAY;
        ok = cut_number(s, 365, &moment->day);
    }
    return ok && (!cut(s, '/') || cut_clock(s, &moment->at_s));
}

static bool parse_rule(struct zone *zone, struct cw_str s)
{
    if (!cut_name(&s) || !cut_clock(&s, &zone->offset_s))
        return false;
    zone->offset_s = -zone->offset_s; /* POSIX counts west of Greenwich */
    if (s.n == 0)
        return true;
    zone->has_summer = true;
    zone->summer_s = zone->offset_s + HOUR_S;
    if (!cut_name(&s))
        return false;
    if (s.n > 0 && s.p[0] != ',') {
        if (!cut_clock(&s, &zone->summer_s))
            return false;
        zone->summer_s = -zone->summer_s;
    }
    return cut_moment(&s, &zone->begin) && cut_moment(&s, &zone->end) && s.n == 0;
}

int zone_parse(struct zone *zone, struct cw_str rule, struct cw_error *err)
{
    *zone = (struct zone){0};
    if (rule.n < ZONE_RULE_MAX && parse_rule(zone, rule) && zone->offset_s >= -MAX_OFFSET_S &&
        zone->offset_s <= MAX_OFFSET_S && zone->summer_s >= -MAX_OFFSET_S &&
        zone->summer_s <= MAX_OFFSET_S)
        return 0;
    *zone = (struct zone){0};
    return err_set(err, -EINVAL,
                   "\"%.*s\" is not a rule such as CST-8 or CET-1CEST,M3.5.0,M10.5.0/3",
                   (int)utf8_cut(rule, 80), rule.p);
}

static int32_t weekday_of(int64_t days)
{
    return (int32_t)(((days + 4) % 7 + 7) % 7); /* the epoch was a Thursday; Sunday is 0 */
}

/* Local seconds since the epoch, by the clock before the change. */
static int64_t moment_in(const struct zone_moment *moment, int64_t year)
{
    int64_t first = instant_days(year, 1, 1);
    bool leap = instant_days(year + 1, 1, 1) - first == 366;
    int64_t days = first + moment->day;
    if (moment->kind == MOMENT_JULIAN)
        days = first + moment->day - 1 + (leap && moment->day > 59);
    if (moment->kind == MOMENT_WEEKDAY) {
        int64_t month = instant_days(year, moment->month, 1);
        int64_t next = moment->month == 12 ? instant_days(year + 1, 1, 1)
                                           : instant_days(year, moment->month + 1, 1);
        days = month + (moment->day - weekday_of(month) + 7) % 7 + 7 * (moment->week - 1);
        while (days >= next)
            days -= 7;
    }
    return days * DAY_S + moment->at_s;
}

static int64_t days_floor(int64_t seconds)
{
    return seconds / DAY_S - (seconds % DAY_S < 0);
}

static int32_t offset_by_rule(const struct zone *zone, int64_t utc_s)
{
    int year, month, day;
    if (!zone->has_summer)
        return zone->offset_s;
    instant_date(days_floor(utc_s + zone->offset_s), &year, &month, &day);
    int64_t begin_s = moment_in(&zone->begin, year) - zone->offset_s;
    int64_t end_s = moment_in(&zone->end, year) - zone->summer_s;
    bool summer =
        begin_s < end_s ? utc_s >= begin_s && utc_s < end_s : utc_s >= begin_s || utc_s < end_s;
    return summer ? zone->summer_s : zone->offset_s;
}

/* ---- explicit changes ---- */

int32_t zone_offset_s(const struct zone *zone, int64_t utc_s)
{
    uint32_t n = zone->n_changes;
    if (n == 0 || utc_s >= zone->change[n - 1].at_s)
        return offset_by_rule(zone, utc_s);
    for (uint32_t i = n - 1; i > 0; i--) {
        if (utc_s >= zone->change[i - 1].at_s)
            return zone->change[i - 1].offset_s;
    }
    return zone->change[0].offset_s;
}

size_t zone_format_change(const struct zone_change *change, char dst[ZONE_CHANGE_MAX])
{
    char when[INSTANT_MAX];
    (void)instant_format(change->at_s * NS_PER_S, when);
    return (size_t)snprintf(dst, ZONE_CHANGE_MAX, "%s %d", when, change->offset_s);
}

int zone_add_change(struct zone *zone, struct cw_str text, struct cw_error *err)
{
    struct cw_str rest = text, when;
    int64_t at_ns = 0, offset = 0;
    bool ok = str_split(&rest, ' ', &when) && instant_parse(when, &at_ns) == 0 &&
              num_parse_i64(rest, &offset) == 0 && offset >= -MAX_OFFSET_S &&
              offset <= MAX_OFFSET_S;
    struct zone_change change = {at_ns / NS_PER_S, (int32_t)offset};
    uint32_t n = zone->n_changes;
    if (!ok || n == MAX_ZONE_CHANGES || (n > 0 && change.at_s <= zone->change[n - 1].at_s))
        return err_set(err, -EINVAL,
                       "\"%.*s\" is not a later change such as \"2026-03-29T01:00:00Z 7200\"",
                       (int)utf8_cut(text, 60), text.p);
    zone->change[zone->n_changes++] = change;
    return 0;
}

/* ---- TZif ---- */

#define TZIF_HEAD 44u

struct tzif {
    uint32_t n_utc, n_std, n_leap, n_times, n_types, n_chars;
};

static uint64_t big_endian(const char *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)p[i];
    return value;
}

static bool tzif_head(struct cw_str *s, struct tzif *head)
{
    if (s->n < TZIF_HEAD || memcmp(s->p, "TZif", 4) != 0 || s->p[4] < '2')
        return false;
    uint32_t *const field[] = {&head->n_utc,   &head->n_std,   &head->n_leap,
                               &head->n_times, &head->n_types, &head->n_chars};
    for (size_t i = 0; i < 6; i++) {
        *field[i] = (uint32_t)big_endian(s->p + 20 + 4 * i, 4);
        if (*field[i] > 65536)
            return false;
    }
    s->p += TZIF_HEAD;
    s->n -= TZIF_HEAD;
    return true;
}

static size_t tzif_body(const struct tzif *head, size_t width)
{
    return (size_t)head->n_times * (width + 1) + (size_t)head->n_types * 6 + head->n_chars +
           (size_t)head->n_leap * (width + 4) + head->n_std + head->n_utc;
}

/* The i-th change of a file; false when it is none. */
static bool change_at(const struct tzif *head, const char *p, uint32_t i,
                      struct zone_change *change)
{
    const char *index = p + (size_t)head->n_times * 8, *type = index + head->n_times;
    uint8_t row = (uint8_t)index[i];
    if (row >= head->n_types)
        return false;
    change->at_s = (int64_t)big_endian(p + (size_t)i * 8, 8);
    change->offset_s = (int32_t)big_endian(type + (size_t)row * 6, 4);
    return change->offset_s >= -MAX_OFFSET_S && change->offset_s <= MAX_OFFSET_S &&
           change->at_s <= MAX_CHANGE_S;
}

/* Explicit changes from from_s on, up to the first from which the rule says the same. */
static bool take_changes(struct zone *zone, const struct tzif *head, const char *p,
                         int64_t from_s)
{
    struct zone_change change;
    uint32_t n = head->n_times;
    bool explained = true;
    for (uint32_t i = head->n_times; i > 0 && explained; i--) {
        if (!change_at(head, p, i - 1, &change))
            return false;
        if (change.at_s < from_s)
            return true; /* nothing but the rule */
        explained = change.offset_s == offset_by_rule(zone, change.at_s);
        n = explained ? i : n;
    }
    for (uint32_t i = 0; i < n && !explained; i++) {
        if (!change_at(head, p, i, &change))
            return false;
        if (change.at_s < from_s)
            continue;
        bool in_order =
            zone->n_changes == 0 || change.at_s > zone->change[zone->n_changes - 1].at_s;
        if (!in_order || zone->n_changes == MAX_ZONE_CHANGES)
            return false;
        zone->change[zone->n_changes++] = change;
    }
    return true;
}

int zone_parse_tzif(struct zone *zone, struct cw_str bytes, int64_t from_s,
                    char rule[ZONE_RULE_MAX], struct cw_error *err)
{
    struct tzif head;
    struct cw_str s = bytes, line = {0};
    rule[0] = '\0';
    *zone = (struct zone){0};
    bool ok = tzif_head(&s, &head) && s.n >= tzif_body(&head, 4);
    if (ok) {
        s.p += tzif_body(&head, 4);
        s.n -= tzif_body(&head, 4);
        ok = tzif_head(&s, &head) && s.n >= tzif_body(&head, 8) && head.n_types > 0;
    }
    const char *body = s.p;
    if (ok) {
        s.p += tzif_body(&head, 8);
        s.n -= tzif_body(&head, 8);
        ok = cut(&s, '\n') && str_split(&s, '\n', &line) &&
             str_copy(rule, ZONE_RULE_MAX, line) && zone_parse(zone, line, NULL) == 0 &&
             take_changes(zone, &head, body, from_s);
    }
    if (ok)
        return 0;
    *zone = (struct zone){0};
    rule[0] = '\0';
    return err_set(err, -EINVAL, "this is not a time zone file of version 2 or later");
}

/* ---- questions ---- */

int64_t zone_next_change_s(const struct zone *zone, int64_t from_s, int64_t to_s)
{
    int32_t offset_s = zone_offset_s(zone, from_s);
    int64_t low_s = from_s;
    while (low_s < to_s) {
        int64_t high_s = to_s - low_s > HOUR_S ? low_s + HOUR_S : to_s;
        if (zone_offset_s(zone, high_s) == offset_s) {
            low_s = high_s;
            continue;
        }
        while (high_s - low_s > 1) {
            int64_t middle_s = low_s + (high_s - low_s) / 2;
            if (zone_offset_s(zone, middle_s) == offset_s)
                low_s = middle_s;
            else
                high_s = middle_s;
        }
        return high_s;
    }
    return 0;
}

int64_t zone_local_s(const struct zone *zone, int64_t utc_s)
{
    return utc_s + zone_offset_s(zone, utc_s);
}

int64_t zone_utc_s(const struct zone *zone, int64_t local_s)
{
    /* Offsets a day before and behind: at most one change lies between. */
    int32_t before_s = zone_offset_s(zone, local_s - DAY_S);
    int32_t after_s = zone_offset_s(zone, local_s + DAY_S);
    int64_t first_s = local_s - (before_s > after_s ? before_s : after_s);
    int64_t second_s = local_s - (before_s > after_s ? after_s : before_s);
    if (zone_local_s(zone, first_s) == local_s)
        return first_s;
    if (zone_local_s(zone, second_s) == local_s)
        return second_s;
    return zone_next_change_s(zone, first_s - 1, second_s);
}
