/*
 * project_pace.c - straight lines through two points.
 *
 *   claimed   c0 at t0, c1 at t1 (the last two claims)     verified   v0 at t0, v1 at t1
 *   behind t1 both go on as between t0 and t1; verified begins anew from what it is now
 */
#include "core/oversight/project_pace.h"

#include <math.h>

#include "base/units.h"
#include "core/registry/book.h"

#define FORECAST_FROM 0.25
#define MAX_TREND_BYTES 512u

int64_t pace_persons(const struct fold *fold, const struct entry *entry,
                     const struct project_standing *s)
{
    int64_t start_ns = entry_time(entry, "start"), end_ns = entry_time(entry, "end");
    double passed = (double)(fold->now_ns - start_ns), whole = (double)(end_ns - start_ns);
    if (!start_ns || end_ns <= start_ns || passed < whole * FORECAST_FROM)
        return -1;
    return passed >= whole ? s->verified_persons
                           : (int64_t)((double)s->verified_persons * whole / passed);
}

bool pace_misses(const struct fold *fold, const struct entry *entry,
                 const struct project_standing *s)
{
    int64_t start_ns = entry_time(entry, "start"), end_ns = entry_time(entry, "end");
    double passed = (double)(fold->now_ns - start_ns), whole = (double)(end_ns - start_ns);
    double n = (double)s->verified_persons, luck = 2 * sqrt(n + 1);
    if (pace_persons(fold, entry, s) < 0 || s->target <= 0)
        return false;
    double most = passed >= whole ? n : (n + luck) * whole / passed;
    return most < (double)s->target * fold->rules->settings.oversight.delivery_share;
}

int64_t pace_reached_ns(const struct fold *fold, const struct entry *entry,
                        const struct project_standing *s)
{
    int64_t start_ns = entry_time(entry, "start");
    double passed = (double)(fold->now_ns - start_ns);
    if (!start_ns || s->verified_persons <= 0 || s->target <= 0 || passed <= 0)
        return 0;
    double needed = passed * (double)s->target / (double)s->verified_persons;
    return needed > 9e18 - (double)start_ns ? 0 : start_ns + (int64_t)needed;
}

/* ---- claims ---- */

enum { T0, C0, V0, T1, C1, V1, N_TREND };
static const char *const member[N_TREND] = {"from_s", "from_claimed", "from_verified",
                                            "to_s",   "to_claimed",   "to_verified"};

static void read_trend(const struct entry *entry, int64_t trend[N_TREND])
{
    struct cw_str json = entry_json_of(entry, "trend");
    for (int i = 0; i < N_TREND; i++)
        trend[i] = numbers_get(json, str_of(member[i]), 0);
    if (trend[T1] == 0)
        trend[T1] = entry_time(entry, "start") / NS_PER_S;
}

static int64_t claimed_of(const struct project_standing *s)
{
    return s->unit_fen ? s->claimed_fen : s->claimed_persons;
}

static int64_t verified_of(const struct project_standing *s)
{
    return s->unit_fen ? s->verified_fen : s->verified_persons;
}

void pace_mark(struct ledger_call *call, const struct project_standing *s, bool is_new)
{
    int64_t trend[N_TREND];
    struct buf json;
    read_trend(call->entry, trend);
    for (int i = T0; is_new && i <= V0; i++)
        trend[i] = trend[i + T1];
    trend[T1] = call->fold->now_ns / NS_PER_S;
    trend[C1] = claimed_of(s);
    trend[V1] = verified_of(s);
    buf_init(&json, MAX_TREND_BYTES);
    for (int i = 0; i < N_TREND; i++)
        buf_printf(&json, "%c\"%s\":%lld", i ? ',' : '{', member[i], (long long)trend[i]);
    buf_add_char(&json, '}');
    draft_set(call->draft, "trend", buf_str(&json));
    buf_done(&json);
}

bool pace_over_claim(const struct fold *fold, const struct entry *entry,
                     const struct project_standing *s, struct claim_forecast *forecast)
{
    int64_t t[N_TREND], end_ns = entry_time(entry, "end");
    read_trend(entry, t);
    double step = (double)(t[T1] - t[T0]), now = (double)(fold->now_ns / NS_PER_S);
    double left = (double)(end_ns / NS_PER_S) - now, verified = (double)verified_of(s);
    if (t[T0] <= 0 || step <= 0 || left <= 0)
        return false;
    double claims = (double)(t[C1] - t[C0]) / step, works = (double)(t[V1] - t[V0]) / step;
    double claimed = (double)claimed_of(s) + claims * (now - (double)t[T1]);
    double claimed_end = claimed + claims * left, verified_end = verified + works * left;
    if (claims <= works ||
        verified_end >= claimed_end * fold->rules->settings.oversight.delivery_share)
        return false;
    double until = (verified - claimed) / (claims - works);
    *forecast = (struct claim_forecast){.at_ns = fold->now_ns +
                                                 (until > 0 ? (int64_t)until * NS_PER_S : 0),
                                        .excess = (int64_t)(claimed_end - verified_end),
                                        .verified = (int64_t)verified_end};
    return true;
}
