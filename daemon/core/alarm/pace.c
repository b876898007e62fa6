/*
 * pace.c - the bucket counts in time, so that nothing is lost to rounding: every interval
 * saves one message.
 *
 * With B at once and n in a period, n - B + 1 intervals make a period: B messages at its
 * begin and n - B while it lasts are exactly n.
 */
#include "core/alarm/pace.h"

#include <errno.h>

#include "base/num.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_RATE 100000
#define MAX_PRESET_BURST 4
#define MAX_DOUBLINGS 20

int pace_limit_parse(struct cw_str rate, int64_t burst, struct pace_limit *limit,
                     struct cw_error *err)
{
    struct cw_str period = rate, count;
    struct pace_limit parsed;
    *limit = (struct pace_limit){0};
    if (rate.n == 0 || str_is(rate, "none"))
        return 0;
    if (!str_split(&period, '/', &count) || num_parse_i64(count, &parsed.n) != 0 ||
        duration_parse(period, &parsed.period_ns, NULL) != 0)
        return err_set(err, -EINVAL, "rate \"%.*s\" is not like 20/1m", (int)utf8_cut(rate, 60),
                       rate.p);
    if (parsed.n < 1 || parsed.n > MAX_RATE || parsed.period_ns < NS_PER_MS ||
        parsed.period_ns > 86400 * NS_PER_S)
        return err_set(err, -EINVAL,
                       "rate \"%.*s\" is not within 1 to %d messages in 1ms to 1d",
                       (int)utf8_cut(rate, 60), rate.p, MAX_RATE);
    int64_t quarter = parsed.n / 4 > 1 ? parsed.n / 4 : 1;
    parsed.burst = burst ? burst : quarter < MAX_PRESET_BURST ? quarter : MAX_PRESET_BURST;
    if (parsed.burst > parsed.n)
        return err_set(err, -EINVAL, "burst %lld is more than the rate %.*s allows",
                       (long long)burst, (int)utf8_cut(rate, 60), rate.p);
    *limit = parsed;
    return 0;
}

static int64_t interval_ns(const struct pace_limit *limit)
{
    return limit->period_ns / (limit->n - limit->burst + 1);
}

static int64_t saved_at(const struct pace *pace, int64_t now_ns)
{
    int64_t full_ns = pace->limit.burst * interval_ns(&pace->limit);
    int64_t passed_ns = now_ns > pace->at_ns ? now_ns - pace->at_ns : 0;
    return passed_ns >= full_ns - pace->saved_ns ? full_ns : pace->saved_ns + passed_ns;
}

void pace_init(struct pace *pace, const struct pace_limit *limit, int64_t now_ns)
{
    *pace = (struct pace){.limit = *limit, .at_ns = now_ns};
    if (limit->n)
        pace->saved_ns = limit->burst * interval_ns(limit);
}

void pace_limit_set(struct pace *pace, const struct pace_limit *limit, int64_t now_ns)
{
    int64_t told = 0;
    if (pace->limit.n)
        told = pace->limit.burst - saved_at(pace, now_ns) / interval_ns(&pace->limit);
    pace->limit = *limit;
    pace->at_ns = now_ns;
    pace->saved_ns = 0;
    if (limit->n && told < limit->burst)
        pace->saved_ns = (limit->burst - told) * interval_ns(limit);
}

/* Messages of the burst that are kept for high alarms. */
static int64_t kept_for_high(const struct pace_limit *limit)
{
    return limit->burst == 1 ? 0 : (limit->burst + 3) / 4;
}

int64_t pace_room(const struct pace *pace, int64_t now_ns)
{
    const struct pace_limit *limit = &pace->limit;
    if (now_ns < pace->paused_until_ns)
        return 0;
    if (limit->n == 0)
        return INT64_MAX;
    int64_t room = saved_at(pace, now_ns) / interval_ns(limit) - kept_for_high(limit);
    return room > 0 ? room : 0;
}

bool pace_allows(const struct pace *pace, int64_t now_ns, bool high)
{
    const struct pace_limit *limit = &pace->limit;
    if (now_ns < pace->paused_until_ns)
        return false;
    if (limit->n == 0)
        return true;
    int64_t kept = high ? 0 : kept_for_high(limit);
    return saved_at(pace, now_ns) >= (1 + kept) * interval_ns(limit);
}

void pace_take(struct pace *pace, int64_t now_ns)
{
    if (pace->limit.n == 0)
        return;
    pace->saved_ns = saved_at(pace, now_ns) - interval_ns(&pace->limit);
    pace->at_ns = now_ns;
}

uint32_t pace_width(const struct pace *pace)
{
    return pace->n_failed >= PACE_FAILURES ? 1 : PACE_WIDTH;
}

void pace_worked(struct pace *pace)
{
    pace->n_failed = 0;
    pace->paused_until_ns = 0;
}

void pace_failed(struct pace *pace, int64_t now_ns, int64_t pause_ns, int64_t max_pause_ns)
{
    pace->n_failed += pace->n_failed < UINT32_MAX;
    if (pace->n_failed >= PACE_FAILURES) {
        uint32_t doublings = pace->n_failed - PACE_FAILURES;
        int64_t own_ns = NS_PER_S << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
        pause_ns = own_ns > pause_ns ? own_ns : pause_ns;
    }
    pause_ns = pause_ns < max_pause_ns ? pause_ns : max_pause_ns;
    if (now_ns + pause_ns > pace->paused_until_ns)
        pace->paused_until_ns = now_ns + pause_ns;
}
