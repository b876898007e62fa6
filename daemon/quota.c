/*
 * quota.c - the journal's high water.
 *
 *   60 %   a snapshot, if that is what holds segments back, so that they can go
 *   90 %   (or when two more segments do not fit) the oldest telemetry that only the database
 *          still needs is given up
 *   95 %   or no room on the disk: -data sessions are held, their broker keeps the rest, events
 *          go on from the reserve
 *   90 %   telemetry is taken in again
 *
 * Holding is measured without the unused rest of the current segment.
 */
#include "quota.h"

#include "base/log.h"
#include "base/units.h"
#include "daemon.h"
#include "pipeline_private.h"

#define SNAPSHOT_PERCENT 60u
#define GIVE_UP_PERCENT 90u
#define HOLD_PERCENT 95u
#define RELEASE_PERCENT 90u
#define SNAPSHOT_EVERY_NS (2 * NS_PER_S)

static uint64_t quota_of(const struct daemon *daemon)
{
    int64_t quota = daemon->config->journal.quota_bytes;
    return quota > 0 ? (uint64_t)quota : UINT64_MAX;
}

/* In percent; by dividing first it cannot overflow. */
static uint64_t percent_of(const struct daemon *daemon, const struct journal_stat *stat)
{
    uint64_t hundredth = quota_of(daemon) / 100;
    return hundredth ? (stat->bytes - stat->room) / hundredth : 0;
}

/* Two snapshots have to pass a segment before it can go. */
static void press_snapshots(struct daemon *daemon, int64_t now_ns)
{
    struct pipeline *pipeline = daemon->pipeline;
    uint64_t waiting = pipeline->position.offset - pipeline_passed(pipeline).offset;
    if (now_ns < daemon->snapshot_pressed_ns + SNAPSHOT_EVERY_NS ||
        waiting < (uint64_t)daemon->config->journal.segment_bytes ||
        (pipeline->snapshot_error && now_ns < pipeline->snapshot_not_before_ns))
        return;
    daemon->snapshot_pressed_ns = now_ns;
    pipeline_snapshot_now(pipeline);
}

/* What may lie there before something has to give way. */
static uint64_t high_water(const struct daemon *daemon)
{
    uint64_t quota = quota_of(daemon), high = quota / 100 * GIVE_UP_PERCENT;
    uint64_t ahead = 2 * (uint64_t)daemon->config->journal.segment_bytes;
    return quota > ahead && quota - ahead < high ? quota - ahead : high;
}

/* The oldest segments, if nobody but the database needs them. */
static void give_up(struct daemon *daemon, const struct journal_stat *stat)
{
    uint64_t high = high_water(daemon);
    struct position before, passed = pipeline_passed(daemon->pipeline);
    if (!daemon->influx || stat->bytes <= high ||
        journal_after(daemon->journal, stat->bytes - high, &before) != 0)
        return;
    if (position_cmp(before, passed) > 0)
        before = passed;
    if (position_cmp(daemon->influx_kept, before) >= 0)
        return;
    bool written = position_cmp(influx_cursor(daemon->influx), before) >= 0;
    uint32_t n = written ? 0 : influx_give_up(daemon->influx, before);
    pipeline_keep_influx(daemon->pipeline);
    if (n == 0)
        return;
    char text[POSITION_MAX];
    (void)position_format(before, text);
    log_err("journal at its quota, telemetry the database did not take is given up "
            "before=%s stretches=%u",
            text, n);
}

static void hold(struct daemon *daemon, bool hold, uint64_t percent,
                 const struct journal_stat *stat)
{
    daemon->holds_telemetry = hold;
    log_warning("journal at %llu %% of its quota%s, telemetry is %s",
                (unsigned long long)percent,
                stat->on_reserve ? " and without room for a new segment" : "",
                hold ? "held at the broker" : "taken in again");
    mqtt_hold_data(daemon->mqtt, hold);
}

void quota_make_room(struct daemon *daemon, int64_t now_ns)
{
    struct journal_stat stat;
    journal_stat(daemon->journal, &stat);
    if (percent_of(daemon, &stat) >= SNAPSHOT_PERCENT || stat.on_reserve)
        press_snapshots(daemon, now_ns);
    give_up(daemon, &stat);
    pipeline_trim(daemon->pipeline);
}

void quota_hold(struct daemon *daemon)
{
    struct journal_stat stat;
    journal_stat(daemon->journal, &stat);
    uint64_t percent = percent_of(daemon, &stat);
    bool full = stat.on_reserve || percent >= HOLD_PERCENT ||
                (daemon->holds_telemetry && percent >= RELEASE_PERCENT);
    if (full != daemon->holds_telemetry)
        hold(daemon, full, percent, &stat);
}
