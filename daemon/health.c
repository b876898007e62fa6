/*
 * health.c - looks at every part once a second and tells the fold what has changed.
 *
 *   bad for the rule's `after`, and the fold says good  ->  RECORD_DISK ... "bad"
 *   good for 10 s, and the fold says bad                ->  RECORD_DISK ... "good"
 *
 * So a condition that flaps gives at most one pair of records in ten seconds.
 */
#include "health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/health.h"
#include "daemon.h"
#include "doors.h"
#include "heartbeat.h"
#include "outbox/outbox.h"
#include "pipeline_private.h"

#define GOOD_FOR_NS (10 * NS_PER_S)
#define QUIET_FOR_NS (600 * NS_PER_S) /* a counter that stands still this long is good again */
#define MAX_WATCHED 128u
#define MAX_SHOWN 64u
#define MAX_DETAIL 300u

/* One condition of one part. */
struct watched {
    const struct health_condition *condition;
    char of[MAX_ALARM_SUBJECT];
    bool bad, seen, told;
    int64_t since_ns; /* monotonic: bad or good since */
    struct position told_at;
};

/* A counter whose growth is trouble. */
struct counter {
    uint64_t last;
    int64_t grew_ns; /* 0: never */
};

struct health {
    struct daemon *daemon;
    struct watched watched[MAX_WATCHED];
    size_t n_watched;
    int64_t now_ns, influx_even_ns; /* when nothing was missing in the database */
    struct counter bad_lines, given_up, door_damage[MAX_DOORS];
    struct door_status door[MAX_DOORS];
    struct complaint complaint;
};

static const struct health_condition *condition_of(const char *what)
{
    const struct health_condition *condition = health_conditions;
    while (condition->what && strcmp(condition->what, what) != 0)
        condition++;
    if (!condition->what)
        BUG("no condition \"%s\"", what);
    return condition;
}

static const struct fold *fold_of(const struct health *health)
{
    return engine_fold(pipeline_engine(health->daemon->pipeline));
}

static struct watched *watch(struct health *health, const struct health_condition *condition,
                             const char *name)
{
    char of[MAX_ALARM_SUBJECT];
    (void)str_copy(of, sizeof(of),
                   (struct cw_str){name, utf8_cut(str_of(name), MAX_ALARM_SUBJECT / 2)});
    for (size_t i = 0; i < health->n_watched; i++) {
        struct watched *watched = &health->watched[i];
        if (watched->condition == condition && strcmp(watched->of, of) == 0)
            return watched;
    }
    if (health->n_watched == MAX_WATCHED)
        return NULL; /* as many channels and brokers are not shown either */
    struct watched *watched = &health->watched[health->n_watched++];
    *watched = (struct watched){.condition = condition, .since_ns = health->now_ns};
    (void)str_copy(watched->of, sizeof(watched->of), str_of(of));
    return watched;
}

/* ---- telling ---- */

static void tell(struct health *health, struct watched *watched, const char *detail)
{
    struct daemon *daemon = health->daemon;
    struct buf text;
    struct json_out out;
    buf_init(&text, 4096);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_text(&out, "what", str_of(watched->condition->what));
    json_member_text(&out, "of", str_of(watched->of));
    json_member_text(&out, "state", watched->bad ? CW_STR("bad") : CW_STR("good"));
    json_member_text(&out, "detail",
                     (struct cw_str){detail, utf8_cut(str_of(detail), MAX_DETAIL)});
    json_object_end(&out);
    int ret = pipeline_append(daemon->pipeline, RECORD_DISK, "health", buf_str(&text), NULL);
    buf_done(&text);
    if (ret) {
        complain(&health->complaint, health->now_ns,
                 "the journal does not take what is wrong with us, trying again what=%s of=%s "
                 "(%s)",
                 watched->condition->what, watched->of, strerror(-ret));
        return;
    }
    complaint_over(&health->complaint, "the journal takes our own records again");
    watched->told = true;
    watched->told_at = journal_end(daemon->journal);
    if (watched->bad)
        log_err("own health: %s of=%s (%s)", watched->condition->what, watched->of, detail);
    else
        log_info("own health: %s is over of=%s", watched->condition->what, watched->of);
}

static int64_t grace_ns(const struct health *health, const struct watched *watched)
{
    if (!watched->bad)
        return GOOD_FOR_NS;
    return ruleset_builtin(&health->daemon->config->rules, watched->condition->what)->after_ns;
}

static void compare(struct health *health, struct watched *watched, const char *detail)
{
    if (health->now_ns - watched->since_ns < grace_ns(health, watched))
        return;
    if (watched->told &&
        position_cmp(pipeline_position(health->daemon->pipeline), watched->told_at) < 0)
        return; /* the fold has not come to it yet */
    watched->told = false;
    if (health_is_bad(fold_of(health), watched->condition, str_of(watched->of)) != watched->bad)
        tell(health, watched, detail);
}

static void observe(struct health *health, const char *what, const char *of, bool bad,
                    const char *detail)
{
    struct watched *watched = watch(health, condition_of(what), of);
    if (!watched)
        return;
    if (bad != watched->bad)
        watched->since_ns = health->now_ns;
    watched->bad = bad;
    watched->seen = true;
    compare(health, watched, detail);
}

/* A channel or broker that the configuration has no more is no trouble any more. */
static void observe_gone(struct health *health)
{
    for (size_t i = 0; i < health->n_watched;) {
        struct watched *watched = &health->watched[i];
        if (!watched->seen) {
            if (watched->bad)
                watched->since_ns = health->now_ns;
            watched->bad = false;
            compare(health, watched, "");
        }
        bool over = !watched->seen && !watched->told &&
                    !health_is_bad(fold_of(health), watched->condition, str_of(watched->of));
        watched->seen = false;
        if (over)
            *watched = health->watched[--health->n_watched];
        else
            i++;
    }
}

/* ---- the parts ---- */

static bool counts_up(struct health *health, struct counter *counter, uint64_t value)
{
    if (value > counter->last)
        counter->grew_ns = health->now_ns;
    counter->last = value;
    return counter->grew_ns && health->now_ns - counter->grew_ns < QUIET_FOR_NS;
}

static void look_at_journal(struct health *health)
{
    struct daemon *daemon = health->daemon;
    const struct pipeline *pipeline = daemon->pipeline;
    struct journal_stat stat;
    char detail[MAX_DETAIL];
    journal_stat(daemon->journal, &stat);
    (void)snprintf(detail, sizeof(detail), "%llu of %lld bytes, %s",
                   (unsigned long long)stat.bytes,
                   (long long)daemon->config->journal.quota_bytes,
                   stat.on_reserve ? "no room for a new segment" : "above the high water");
    observe(health, CONDITION_JOURNAL_FULL, "", stat.on_reserve || daemon->holds_telemetry,
            detail);
    observe(health, CONDITION_JOURNAL_DAMAGED, "",
            pipeline->n_damaged && pipeline->damaged_at.offset > stat.first_offset,
            pipeline->damage_text);
    observe(health, CONDITION_SNAPSHOT_FAILED, "", pipeline->snapshot_error != 0,
            strerror(-pipeline->snapshot_error));
}

static void look_at_store(struct health *health)
{
    char why[200] = "";
    bool failed = store_failed(health->daemon->store, why, sizeof(why));
    observe(health, CONDITION_STORE_FAILED, "", failed, why);
}

static void look_at_influx(struct health *health)
{
    struct influx_status status;
    char detail[MAX_DETAIL];
    if (!health->daemon->influx)
        return;
    influx_status(health->daemon->influx, &status);
    if (status.behind_intervals == 0 && (status.up || status.buffer_bytes == 0))
        health->influx_even_ns = health->now_ns;
    (void)snprintf(detail, sizeof(detail), "behind for %lld s: %s",
                   (long long)((health->now_ns - health->influx_even_ns) / NS_PER_S),
                   status.up ? "writing the backlog" : status.last_error);
    observe(health, CONDITION_INFLUX_BEHIND, "", health->influx_even_ns != health->now_ns,
            detail);
    (void)snprintf(detail, sizeof(detail), "%llu lines since the start",
                   (unsigned long long)status.n_bad_lines);
    observe(health, CONDITION_INFLUX_REFUSES, "",
            counts_up(health, &health->bad_lines, status.n_bad_lines), detail);
    (void)snprintf(detail, sizeof(detail), "%llu stretches of the journal since the start",
                   (unsigned long long)status.n_given_up);
    observe(health, CONDITION_INFLUX_GAVE_UP, "",
            counts_up(health, &health->given_up, status.n_given_up), detail);
}

static void look_at_channels(struct health *health)
{
    struct outbox_status status[MAX_SHOWN];
    size_t n = outbox_status(health->daemon->outbox, status, MAX_SHOWN);
    for (size_t i = 0; i < n; i++)
        observe(health, CONDITION_CHANNEL_DEAD, status[i].channel,
                status[i].failing_since_ns != 0, status[i].last_error);
    for (size_t i = 0; i < n; i++) {
        char since[INSTANT_MAX];
        (void)instant_format(status[i].tested_ns, since);
        observe(health, CONDITION_UNTESTED, status[i].channel, status[i].untested, since);
    }
}

/* A broker is down when its session for events is: the other may be held on purpose. */
static void look_at_brokers(struct health *health)
{
    struct mqtt_session_status status[MAX_SHOWN];
    size_t n = mqtt_status(health->daemon->mqtt, status, MAX_SHOWN);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(status[i].role, "events") == 0)
            observe(health, CONDITION_BROKER_DOWN, status[i].broker, !status[i].connected,
                    status[i].last_error);
    }
}

static void look_at_door(struct health *health, const struct door_status *door)
{
    char detail[MAX_DETAIL];
    const char *why =
        door->is_there ? "no broker has opened it, is the plugin loaded?" : door->why;
    observe(health, CONDITION_DOOR_DOWN, door->name, !door->is_written, why);
    (void)snprintf(
        detail, sizeof(detail), "%llu of %llu bytes, %llu messages not acknowledged%s",
        (unsigned long long)door->stat.bytes, (unsigned long long)door->stat.quota_bytes,
        (unsigned long long)door->stat.n_refused,
        door->stat.failed ? ", its journal cannot be written" : "");
    observe(health, CONDITION_DOOR_FULL, door->name,
            door->is_written && (door->stat.on_reserve || door->stat.failed), detail);
    struct counter *damage = &health->door_damage[door - health->door];
    observe(health, CONDITION_DOOR_DAMAGED, door->name,
            counts_up(health, damage, door->n_damaged), door->damage);
}

static void look_at_doors(struct health *health)
{
    size_t n = doors_status(health->daemon->doors, health->door, MAX_DOORS);
    for (size_t i = 0; i < n; i++)
        look_at_door(health, &health->door[i]);
}

int64_t health_lag_ns(const struct daemon *daemon)
{
    int64_t fold_ns = engine_fold(pipeline_engine(daemon->pipeline))->now_ns;
    int64_t last_ns = journal_last_arrived_ns(daemon->journal);
    int64_t behind_ns = fold_ns > 0 && last_ns > fold_ns ? last_ns - fold_ns : 0;
    return behind_ns > daemon->loop_lag_ns ? behind_ns : daemon->loop_lag_ns;
}

static void look_at_lag(struct health *health)
{
    char detail[MAX_DETAIL];
    int64_t lag_ns = health_lag_ns(health->daemon);
    (void)snprintf(detail, sizeof(detail), "%lld s behind", (long long)(lag_ns / NS_PER_S));
    observe(health, CONDITION_LAGGING, "", lag_ns >= HEALTH_MAX_LAG_NS, detail);
}

static void look_at_heartbeat(struct health *health)
{
    struct heartbeat_status status;
    heartbeat_status(health->daemon->heartbeat, &status);
    observe(health, CONDITION_UNWATCHED, "", status.failing_since_ns != 0, status.last_error);
}

void health_tick(struct health *health, int64_t now_ns)
{
    if (journal_failed(health->daemon->journal))
        return; /* nothing can be told any more; the daemon says so and ends */
    health->now_ns = now_ns;
    look_at_journal(health);
    look_at_store(health);
    look_at_influx(health);
    look_at_channels(health);
    look_at_brokers(health);
    look_at_lag(health);
    look_at_heartbeat(health);
    look_at_doors(health);
    observe_gone(health);
}

/* ---- life ---- */

void health_start(struct health **out, struct daemon *daemon)
{
    struct health *health = xcalloc(1, sizeof(*health));
    const struct alarm *alarm;
    health->daemon = daemon;
    health->now_ns = health->influx_even_ns = clock_monotonic_ns();
    for (uint32_t i = 0; (alarm = map_next(&fold_of(health)->alarms.by_id, &i, NULL));) {
        struct cw_str of;
        const struct health_condition *condition =
            alarm->active ? health_of_alarm(fold_of(health), alarm, &of) : NULL;
        if (condition)
            (void)watch(health, condition, of.p);
    }
    *out = health;
}

void health_stop(struct health *health)
{
    free(health);
}
