/*
 * engine.c - the fold's front: time, timers, and which hand takes which record.
 */
#include "core/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "core/alarm/note.h"
#include "core/engine_private.h"
#include "core/oversight/daily.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/ledger.h"
#include "core/series/context.h"
#include "core/series/gate.h"
#include "core/series/series.h"
#include "core/series/supervision.h"
#include "core/series/watch.h"
#include "core/service/activity_plan.h"
#include "core/service/service.h"
#include "core/service/site_quiet.h"

void fold_init(struct fold *fold, const struct ruleset *rules, const struct engine_sink *sink)
{
    *fold = (struct fold){.rules = rules, .sink = sink};
    timers_init(&fold->timers);
    alarm_set_init(&fold->alarms);
    registry_init(&fold->registry);
    own_limits_init(&fold->own);
    fold->registry.forget = series_forget_device;
    fold->series = series_table_new();
    fold->series->watches->plan = plans_of(rules, &fold->series->watches->n_plans);
    fold->book = xcalloc(1, sizeof(*fold->book));
    book_init(fold->book);
    fold->book->changed = ledger_registered;
    fold->service = xcalloc(1, sizeof(*fold->service));
    service_init(fold->service);
    fold->service->counted = project_counted;
    fold->service->happened = ledger_happened;
}

void fold_done(struct fold *fold)
{
    quiet_done(&fold->quiet);
    own_limits_done(&fold->own);
    service_done(fold->service);
    free(fold->service);
    series_table_free(fold);
    registry_done(&fold->registry);
    book_done(fold->book);
    free(fold->book);
    alarm_set_done(&fold->alarms);
    timers_done(&fold->timers);
}

struct engine *engine_new(const struct ruleset *rules, const struct engine_sink *sink)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));
    fold_init(&engine->fold, rules, sink);
    lines_init(&engine->lines);
    decode_room(engine);
    registry_configure(&engine->fold);
    gate_configure(&engine->fold);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    fold_done(&engine->fold);
    redelivery_done(&engine->redelivery);
    routes_done(&engine->routes);
    lines_done(&engine->lines);
    decode_room_done(engine);
    free(engine);
}

const struct fold *engine_fold(const struct engine *engine)
{
    return &engine->fold;
}

/* ---- configuration ---- */

/* Open alarms of rules that are gone or are of another kind now. */
static void clear_orphans(struct fold *fold, const struct ruleset *old)
{
    struct alarm *alarm;
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (!alarm->active)
            continue;
        const struct rule *was = ruleset_find(old, str_of(alarm->rule));
        const struct rule *is = ruleset_find(fold->rules, str_of(alarm->rule));
        if (!is || (was && was->kind != is->kind))
            alarm_clear(fold, alarm, str_of(note_text(NOTE_RULE_GONE)));
    }
}

void engine_configure(struct engine *engine, const struct ruleset *rules)
{
    struct fold *fold = &engine->fold;
    const struct ruleset *old = fold->rules;
    fold->rules = rules;
    routes_clear(&engine->routes);
    layouts_clear(&fold->series->layouts);
    decode_room(engine);
    watch_configure(fold);
    clear_orphans(fold, old);
    registry_configure(fold);
    duty_configure(fold);
    quiet_configure(fold);
    today_count_again(fold);
}

/* ---- time ---- */

static void move_time(struct fold *fold, int64_t now_ns)
{
    if (now_ns > fold->now_ns)
        fold->now_ns = now_ns;
}

static void fire_device(struct fold *fold, const struct timer_entry *entry)
{
    struct registry *registry = &fold->registry;
    struct device *device =
        entry->owner < registry->n_devices ? registry->device[entry->owner] : NULL;
    if (device && timer_fired(&device->timer, entry))
        supervision_due_device(fold, device);
}

static void fire_site(struct fold *fold, const struct timer_entry *entry)
{
    struct registry *registry = &fold->registry;
    struct site *site = entry->owner < registry->n_sites ? registry->site[entry->owner] : NULL;
    if (site && timer_fired(&site->timer, entry))
        supervision_due_site(fold, site);
}

static void fire_quiet(struct fold *fold, const struct timer_entry *entry)
{
    struct registry *registry = &fold->registry;
    struct site *site = entry->owner < registry->n_sites ? registry->site[entry->owner] : NULL;
    if (site && timer_fired(&site->quiet_timer, entry))
        site_quiet_due(fold, site);
}

static void fire_plan(struct fold *fold, const struct timer_entry *entry)
{
    struct registry *registry = &fold->registry;
    struct site *site = entry->owner < registry->n_sites ? registry->site[entry->owner] : NULL;
    if (site && timer_fired(&site->plan_timer, entry))
        plan_due(fold, site);
}

static void fire_day(struct fold *fold, const struct timer_entry *entry)
{
    if (timer_fired(&fold->service->day, entry))
        daily_due(fold);
}

static void fire_visit(struct fold *fold, const struct timer_entry *entry)
{
    struct visit *visit = service_visit(fold->service, entry->owner);
    if (visit && timer_fired(&visit->timer, entry))
        visit_due(fold, visit);
}

static void fire_entry(struct fold *fold, const struct timer_entry *entry)
{
    struct entry *of_book = book_entry(fold->book, entry->owner);
    if (of_book && timer_fired(&of_book->timer, entry))
        ledger_due(fold, of_book);
}

static void fire(struct fold *fold, const struct timer_entry *entry)
{
    switch (entry->kind) {
    case TIMER_DEVICE:
        fire_device(fold, entry);
        return;
    case TIMER_SITE:
        fire_site(fold, entry);
        return;
    case TIMER_WATCH:
        watch_due(fold, entry);
        return;
    case TIMER_VISIT:
        fire_visit(fold, entry);
        return;
    case TIMER_GATE:
        gate_due(fold, entry);
        return;
    case TIMER_ALARM:
        alarm_due(fold, entry);
        return;
    case TIMER_WINDOW:
    case TIMER_SILENCE:
        quiet_due(fold, entry);
        return;
    case TIMER_ENTRY:
        fire_entry(fold, entry);
        return;
    case TIMER_QUIET:
        fire_quiet(fold, entry);
        return;
    case TIMER_PLAN:
        fire_plan(fold, entry);
        return;
    case TIMER_DAY:
        fire_day(fold, entry);
        return;
    default:
        BUG("a timer of kind %u is nobody's", (unsigned)entry->kind);
    }
}

static void run_due(struct fold *fold, int64_t upto_ns)
{
    struct timer_entry entry;
    while (timers_pop(&fold->timers, upto_ns, &entry)) {
        move_time(fold, entry.due_ns);
        fold->due_ns = entry.due_ns;
        fire(fold, &entry);
        fold->due_ns = 0;
    }
}

void engine_advance(struct engine *engine, int64_t now_ns)
{
    run_due(&engine->fold, now_ns);
    move_time(&engine->fold, now_ns);
}

/* ---- records ---- */

static void dispatch(struct engine *engine, const struct record *record)
{
    switch (record->kind) {
    case RECORD_MESSAGE:
        engine_message(engine, record);
        return;
    case RECORD_COMMAND:
        engine_command(engine, record);
        return;
    case RECORD_REGISTRY:
        engine_registry_record(engine, record);
        return;
    case RECORD_LINK:
        engine_link(engine, record);
        return;
    case RECORD_DELIVERY:
        engine_delivery(engine, record);
        return;
    case RECORD_DISK:
    case RECORD_CLOCK_STEP:
        engine_health(engine, record);
        return;
    case RECORD_MERGE:
        engine_merge(engine, record);
        return;
    case RECORD_TICK:
        engine_tick(engine);
        return;
    default:
        return; /* Time has moved, and it is counted; the rest is for others. */
    }
}

/* The daemon was not there before this record: it boots, or the journal was just recovered,
 * which is the first thing that a start writes. */
static bool begins_anew(const struct fold *fold, const struct record *record)
{
    static const char recovered[] = "\"state\":\"recovered\"";
    if (record->kind == RECORD_DISK && record->payload.n > 0)
        return memmem(record->payload.p, record->payload.n, recovered, sizeof(recovered) - 1);
    return record->kind == RECORD_BOOT || fold->now_ns == 0;
}

/* ---- a stall of our own ---- */

/* Ticks come at a steady pace. When some are missing it was the daemon that stood still
 * (stopped, a paused machine): what others sent meanwhile has yet to be read. */
#define STALL_NS (4 * NS_PER_S)
#define STALL_TICKS 3

static bool has_stalled(const struct engine *engine, const struct record *record)
{
    int64_t most_ns = STALL_TICKS * engine->tick_period_ns;
    return engine->tick_period_ns > 0 &&
           record->arrived_ns - engine->tick_ns > (most_ns > STALL_NS ? most_ns : STALL_NS);
}

static void keep_pace(struct engine *engine, const struct record *record)
{
    if (record->kind != RECORD_TICK)
        return;
    engine->tick_period_ns = engine->tick_ns ? record->arrived_ns - engine->tick_ns : 0;
    engine->tick_ns = record->arrived_ns;
}

/* Over the stall we were as deaf as without a link. */
static void pass_stall(struct engine *engine, const struct record *record)
{
    bool linked = engine->fold.linked;
    supervision_link(&engine->fold, false);
    run_due(&engine->fold, record->arrived_ns);
    move_time(&engine->fold, record->arrived_ns);
    if (linked)
        supervision_link(&engine->fold, true);
    engine->tick_ns = record->arrived_ns;
}

void engine_apply(struct engine *engine, const struct record *record, struct position at)
{
    struct fold *fold = &engine->fold;
    fold->at = at;
    fold->ordinal = 0;
    fold->counters.n_records++;
    if (begins_anew(fold, record)) {
        /* What fell due while we were not there is judged by what we know of ourselves. The
         * first record of all is a boot, too: nothing was missed before it. */
        move_time(fold, record->arrived_ns);
        engine->tick_ns = engine->tick_period_ns = 0;
        engine_boot(engine);
    }
    if (has_stalled(engine, record))
        pass_stall(engine, record);
    else
        keep_pace(engine, record);
    run_due(fold, record->arrived_ns);
    move_time(fold, record->arrived_ns);
    dispatch(engine, record);
    daily_wait(fold);
}
