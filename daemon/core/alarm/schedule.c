/*
 * schedule.c - covered is what one of the spans of today or yesterday covers. The next change
 * is looked for among the few moments at which it can come: begins and ends of spans within
 * nine days, and the jumps of the clock.
 */
#include "core/alarm/schedule.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/units.h"
#include "base/zone.h"

#define DAY_S INT64_C(86400)
#define DAYS_AHEAD 9

/* ---- reading ---- */

static int weekday_of_name(struct cw_str name)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < 7; i++) {
        if (str_is(name, names[i]))
            return i;
    }
    return -1;
}

/* "mon-fri", "sat,sun", "fri-mon". */
static bool parse_days(struct cw_str text, uint32_t *days)
{
    struct cw_str part;
    *days = 0;
    while (str_split(&text, ',', &part)) {
        struct cw_str last = part, first;
        (void)str_split(&last, '-', &first);
        int from = weekday_of_name(first);
        int to = last.n ? weekday_of_name(last) : from;
        if (from < 0 || to < 0)
            return false;
        for (int day = from;; day = (day + 1) % 7) {
            *days |= 1u << day;
            if (day == to)
                break;
        }
    }
    return *days != 0;
}

static bool parse_clock(struct cw_str text, int32_t *seconds)
{
    struct cw_str minute = text, hour;
    int64_t h, m;
    (void)str_split(&minute, ':', &hour);
    if (hour.n != 2 || minute.n != 2 || num_parse_i64(hour, &h) != 0 ||
        num_parse_i64(minute, &m) != 0 || h < 0 || h > 24 || m < 0 || m > 59 ||
        (h == 24 && m > 0))
        return false;
    *seconds = (int32_t)(h * 3600 + m * 60);
    return true;
}

int schedule_parse_span(struct cw_str text, struct schedule_span *span, struct cw_error *err)
{
    struct cw_str rest = text, days = {0}, begin;
    *span = (struct schedule_span){.days = 0x7f};
    bool ok = true;
    if (memchr(text.p ? text.p : "", ' ', text.n)) {
        (void)str_split(&rest, ' ', &days);
        ok = parse_days(days, &span->days);
    }
    ok = ok && str_split(&rest, '-', &begin) && parse_clock(begin, &span->begin_s) &&
         parse_clock(rest, &span->end_s) && span->begin_s != span->end_s &&
         span->begin_s < DAY_S;
    if (!ok)
        return err_set(err, -EINVAL,
                       "\"%.*s\" is not a span such as \"21:00-06:00\" or "
                       "\"mon-fri 08:00-12:00\"",
                       (int)utf8_cut(text, 60), text.p);
    if (span->end_s < span->begin_s)
        span->end_s += (int32_t)DAY_S; /* through midnight */
    return 0;
}

/* ---- asking ---- */

static int64_t floor_s(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

static int64_t day_of(int64_t local_s)
{
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

static bool on_day(const struct schedule_span *span, int64_t day)
{
    return span->days >> (((day + 3) % 7 + 7) % 7) & 1; /* the epoch was a Thursday */
}

static bool covers_s(const struct schedule *schedule, const struct zone *zone, int64_t utc_s)
{
    int64_t local_s = zone_local_s(zone, utc_s), day = day_of(local_s);
    for (uint32_t i = 0; i < schedule->n_spans; i++) {
        const struct schedule_span *span = &schedule->span[i];
        for (int64_t begun = day - 1; begun <= day; begun++) {
            int64_t since_s = local_s - begun * DAY_S;
            if (on_day(span, begun) && since_s >= span->begin_s && since_s < span->end_s)
                return true;
        }
    }
    return false;
}

bool schedule_covers(const struct schedule *schedule, const struct zone *zone, int64_t now_ns)
{
    return covers_s(schedule, zone, floor_s(now_ns));
}

struct search {
    const struct schedule *schedule;
    const struct zone *zone;
    int64_t now_s, best_s; /* best_s 0: none yet */
    bool is;
};

static void consider(struct search *search, int64_t utc_s)
{
    if (utc_s > search->now_s && (search->best_s == 0 || utc_s < search->best_s) &&
        covers_s(search->schedule, search->zone, utc_s) != search->is)
        search->best_s = utc_s;
}

/* The moments at which the clock shows this; two when it is set back between them. */
static void consider_local(struct search *search, int64_t local_s)
{
    int64_t first_s = zone_utc_s(search->zone, local_s);
    consider(search, first_s);
    consider(search, local_s - zone_offset_s(search->zone, first_s + DAY_S));
}

int64_t schedule_next_ns(const struct schedule *schedule, const struct zone *zone,
                         int64_t now_ns)
{
    struct search search = {.schedule = schedule, .zone = zone, .now_s = floor_s(now_ns)};
    search.is = covers_s(schedule, zone, search.now_s);
    int64_t today = day_of(zone_local_s(zone, search.now_s));
    for (int64_t day = today - 2; day <= today + DAYS_AHEAD; day++) {
        for (uint32_t i = 0; i < schedule->n_spans; i++) {
            const struct schedule_span *span = &schedule->span[i];
            if (!on_day(span, day))
                continue;
            consider_local(&search, day * DAY_S + span->begin_s);
            consider_local(&search, day * DAY_S + span->end_s);
        }
    }
    int64_t end_s = search.now_s + DAYS_AHEAD * DAY_S, jump_s = search.now_s;
    while ((jump_s = zone_next_change_s(zone, jump_s, end_s)))
        consider(&search, jump_s);
    return search.best_s ? search.best_s * NS_PER_S : INT64_MAX;
}
