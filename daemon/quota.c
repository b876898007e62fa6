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
 * A door has a quota of its own (its broker's option): the first two hold for it in the same
 * way; at its end the broker itself refuses telemetry and goes on with events from the reserve.
 *
 * Holding is measured without the unused rest of the current segment.
 */
#include "quota.h"

#include "base/log.h"
#include "base/units.h"
#include "daemon.h"
#include "doors.h"
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

/* By dividing first it cannot overflow. */
static uint64_t percent(uint64_t bytes, uint64_t quota)
{
    uint64_t hundredth = quota / 100;
    return hundredth ? bytes / hundredth : 0;
}

static uint64_t percent_of(const struct daemon *daemon, const struct journal_stat *stat)
{
    return percent(stat->bytes - stat->room, quota_of(daemon));
}

/* Two snapshots have to pass a segment before it can go. */
static void press_snapshots(struct daemon *daemon, int64_t now_ns)
{
    struct pipeline *pipeline = daemon->pipeline;
    if (now_ns < daemon->snapshot_pressed_ns + SNAPSHOT_EVERY_NS ||
        (pipeline->snapshot_error && now_ns < pipeline->snapshot_not_before_ns))
        return;
    daemon->snapshot_pressed_ns = now_ns;
    pipeline_snapshot_now(pipeline);
}

static bool snapshot_holds(const struct daemon *daemon)
{
    const struct pipeline *pipeline = daemon->pipeline;
    uint64_t waiting = pipeline->position.offset - pipeline_passed(pipeline).offset;
    return waiting >= (uint64_t)daemon->config->journal.segment_bytes;
}

/* What may lie there before something has to give way. */
static uint64_t high_water(uint64_t quota, uint64_t segment)
{
    uint64_t high = quota / 100 * GIVE_UP_PERCENT, ahead = 2 * segment;
    return quota > ahead && quota - ahead < high ? quota - ahead : high;
}

/* What only the database still needs before there. */
static void give_up_before(struct daemon *daemon, struct position before, const char *where)
{
    struct position passed = pipeline_passed(daemon->pipeline);
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
    log_err("%s at its quota, telemetry the database did not take is given up before=%s "
            "stretches=%u",
            where, text, n);
}

/* The oldest segments, if nobody but the database needs them. */
static void give_up(struct daemon *daemon, const struct journal_stat *stat)
{
    uint64_t high =
        high_water(quota_of(daemon), (uint64_t)daemon->config->journal.segment_bytes);
    struct position before;
    if (daemon->influx && stat->bytes > high &&
        journal_after(daemon->journal, stat->bytes - high, &before) == 0)
        give_up_before(daemon, before, "journal");
}

static void make_room_at_door(struct daemon *daemon, size_t i,
                              const struct door_tail_stat *stat, int64_t now_ns)
{
    struct position before;
    if (stat->quota_bytes == 0 || percent(stat->bytes, stat->quota_bytes) < SNAPSHOT_PERCENT)
        return;
    if (doors_after(daemon->doors, i, 1, &before) &&
        position_cmp(before, pipeline_passed(daemon->pipeline)) > 0)
        press_snapshots(daemon, now_ns);
    uint64_t high = high_water(stat->quota_bytes, stat->segment_bytes);
    if (daemon->influx && stat->bytes > high &&
        doors_after(daemon->doors, i, stat->bytes - high, &before))
        give_up_before(daemon, before, "door");
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
    struct door_status door[MAX_DOORS];
    size_t n_doors = doors_status(daemon->doors, door, MAX_DOORS);
    journal_stat(daemon->journal, &stat);
    if ((percent_of(daemon, &stat) >= SNAPSHOT_PERCENT || stat.on_reserve) &&
        snapshot_holds(daemon))
        press_snapshots(daemon, now_ns);
    give_up(daemon, &stat);
    for (size_t i = 0; i < n_doors; i++)
        make_room_at_door(daemon, i, &door[i].stat, now_ns);
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
