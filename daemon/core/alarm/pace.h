/*
 * pace.h - how fast a channel is told: a token bucket for what its target bears, and a
 * breaker for when it does not answer. Pure: time comes in.
 *
 *   bucket    never more than n in any period; `burst` of them at once. A quarter of the
 *             burst is kept for high alarms, so a flood of others cannot use it up.
 *   breaker   after PACE_FAILURES failures in a row one message at a time goes out, after
 *             pauses of 1 s doubling; the first success opens it wide again.
 */
#ifndef CORE_ALARM_PACE_H
#define CORE_ALARM_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#define PACE_FAILURES 5
#define PACE_WIDTH 8 /* messages under way at once */

struct pace_limit {
    int64_t n, period_ns, burst; /* n 0: no limit */
};

struct pace {
    struct pace_limit limit;
    int64_t saved_ns; /* tokens as time: one is worth pace_interval() */
    int64_t at_ns;    /* when saved_ns was true */
    uint32_t n_failed;
    int64_t paused_until_ns;
};

/* "20/1m", or "none". burst 0: a quarter of it, at most 4. 0 or -EINVAL with err. */
int pace_limit_parse(struct cw_str rate, int64_t burst, struct pace_limit *limit,
                     struct cw_error *err);
/* Starts with a full bucket. */
void pace_init(struct pace *pace, const struct pace_limit *limit, int64_t now_ns);
/* Another limit; what was told already counts on. */
void pace_limit_set(struct pace *pace, const struct pace_limit *limit, int64_t now_ns);
/* May a message go out now? pace_take() when it does. */
bool pace_allows(const struct pace *pace, int64_t now_ns, bool high);
/* How many that are not of high alarms may go out now, one after another; INT64_MAX: any. */
int64_t pace_room(const struct pace *pace, int64_t now_ns);
void pace_take(struct pace *pace, int64_t now_ns);
/* How many may be under way at once. */
uint32_t pace_width(const struct pace *pace);
/* What became of one. `pause_ns`: what the target asked for (0: nothing). */
void pace_worked(struct pace *pace);
void pace_failed(struct pace *pace, int64_t now_ns, int64_t pause_ns, int64_t max_pause_ns);

#endif
