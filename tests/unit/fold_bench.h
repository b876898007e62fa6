/*
 * fold_bench.h - a fold on a bench: the built-in rules, a sink that writes down what is told,
 * and time that moves only when a test moves it.
 *
 * Told are transitions as "change rule subject note;", and visits as "visit id state;".
 * Timers run as in the engine: at their own due time, before what comes at that time.
 */
#ifndef TESTS_FOLD_BENCH_H
#define TESTS_FOLD_BENCH_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"
#include "conditions.h"
#include "core/fold.h"
#include "core/health.h"
#include "core/oversight/daily.h"
#include "core/oversight/duty_calendar.h"
#include "core/oversight/ledger.h"
#include "core/registry/consent.h"
#include "core/series/supervision.h"
#include "core/service/activity_plan.h"
#include "core/service/service.h"
#include "core/service/site_quiet.h"
#include "core/view/snapshot.h"
#include "unit/doc_builder.h"

#define S NS_PER_S
#define MIN (60 * NS_PER_S)
#define HOUR (3600 * NS_PER_S)
#define T0 (INT64_C(1763865851) * NS_PER_S)

struct bench {
    struct fold fold;
    struct ruleset rules;
    struct rule rule[64];
    struct configured_site site[16];
    struct engine_sink sink;
    struct service service;
    struct book book;
    struct doc_builder doc;
    struct cw_error err;
    struct buf told;
    struct buf changes;  /* of entries */
    uint32_t n_accepted; /* ids of events told to the facility */
};

static inline void bench_transition(void *ctx, const struct transition *transition)
{
    struct bench *bench = ctx;
    const struct alarm *alarm = transition->alarm;
    buf_printf(&bench->told, "%s %s %s", alarm_change_name(transition->change), alarm->rule,
               alarm->subject);
    if (transition->note.n)
        buf_printf(&bench->told, " %.*s", (int)transition->note.n, transition->note.p);
    buf_add_char(&bench->told, ';');
}

static inline void bench_accepted(void *ctx, struct cw_str site, struct cw_str event_id)
{
    (void)site;
    (void)event_id;
    ((struct bench *)ctx)->n_accepted++;
}

static inline void bench_visit(void *ctx, struct position at, const void *visit)
{
    (void)ctx;
    (void)at;
    (void)visit;
}

static inline void bench_entry(void *ctx, struct position at, const struct entry_change *change)
{
    struct bench *bench = ctx;
    (void)at;
    buf_printf(&bench->changes, "%s %s %s by %.*s %.*s;", change->what,
               change->entry->kind->name, change->entry->id, (int)change->by.n, change->by.p,
               (int)change->changes.n, change->changes.p);
}

static inline void bench_start(struct bench *bench)
{
    bench->fold = (struct fold){
        .now_ns = T0, .linked = true, .rules = &bench->rules, .sink = &bench->sink};
    timers_init(&bench->fold.timers);
    alarm_set_init(&bench->fold.alarms);
    registry_init(&bench->fold.registry);
    own_limits_init(&bench->fold.own);
    service_init(&bench->service);
    bench->service.counted = project_counted;
    bench->service.happened = ledger_happened;
    bench->fold.service = &bench->service;
    book_init(&bench->book);
    bench->book.changed = ledger_registered;
    bench->fold.book = &bench->book;
}

/* The rules of the daemon's own health behind the first n. */
static inline uint32_t bench_own_rules(struct bench *bench, uint32_t n)
{
    for (const struct health_condition *own = health_conditions; own->what; own++, n++) {
        bench->rule[n] = bench->rule[n - 1];
        bench->rule[n].name = bench->rule[n].kind_name = own->what;
        bench->rule[n].condition = own->what;
    }
    return n;
}

/* Those of what is seen of visits and of supervision behind the first n. */
static inline uint32_t bench_more_rules(struct bench *bench, uint32_t n)
{
    static const char *const condition[] = {CONDITIONS_SEEN};
    for (size_t i = 0; i < sizeof(condition) / sizeof(condition[0]); i++, n++) {
        bench->rule[n] = bench->rule[0];
        bench->rule[n].name = bench->rule[n].kind_name = condition[i];
        bench->rule[n].condition = condition[i];
        bench->rule[n].kind = RULE_VISIT;
        if (strcmp(condition[i], CONDITION_SITE_QUIET) == 0)
            bench->rule[n].after_ns = 1000 * 24 * HOUR; /* a test that wants it says so */
    }
    return n;
}

static inline struct settings bench_settings(void)
{
    return (struct settings){.max_sites = 20,
                             .max_devices = 1000,
                             .max_unrostered_per_site = 4,
                             .max_visits = 8,
                             .max_entries = 100,
                             .visit_share = 0.75,
                             .fence_m = 300,
                             .max_speed_kmh = 100,
                             .bulk_visits = 10,
                             .overlap_ns = 5 * MIN,
                             .oversight = {.repeat_months = 24,
                                           .patrol_nights = 3,
                                           .rectify_days = 30,
                                           .recheck_days = 10,
                                           .complaint_days = 10,
                                           .credit_answer_days = 10,
                                           .credit_objection_days = 20,
                                           .duty_result_days = 30,
                                           .delivery_share = 0.8},
                             .position_for_ns = 24 * HOUR,
                             .default_class_ns = 180 * S,
                             .register_unknown_sites = true,
                             .default_district = "unknown"};
}

/* Sites "home", "inst", "station", ... of every kind are configured; "s1" is an institution. */
static inline struct bench *bench_new(void)
{
    static const char *const condition[] = {
        CONDITION_DEVICE_SILENT, CONDITION_ALIVE_NO_DATA, CONDITION_SITE_SILENT,
        CONDITION_VISIT_LATE,    CONDITION_VISIT_MISSED,  CONDITION_VISIT_NO_CHECKOUT,
        CONDITION_UNKNOWN_SITE,  CONDITION_CLOCK_FAULT,   CONDITION_DUPLICATE_IDENTITY};
    static const struct configured_site site[] = {
        {"s1", "institution", "jinjiang", "First home", 30.6, 104.1},
        {"provider", "provider", "d", "", NAN, NAN},
        {"inst", "institution", "d", "", NAN, NAN},
        {"home", "home", "d", "", NAN, NAN},
        {"station", "station.health", "d", "", NAN, NAN},
        {"base", "base", "d", "", NAN, NAN},
        {"org", "organisation", "d", "", NAN, NAN},
        {"dispatch", "dispatch", "d", "", NAN, NAN},
        {"dept", "department", "d", "", NAN, NAN}};
    struct bench *bench = xcalloc(1, sizeof(*bench));
    for (size_t i = 0; i < sizeof(condition) / sizeof(condition[0]); i++) {
        bench->rule[i] = (struct rule){.name = condition[i],
                                       .kind_name = condition[i],
                                       .kind = i < 3   ? RULE_SUPERVISION
                                               : i < 6 ? RULE_VISIT
                                                       : RULE_SYSTEM,
                                       .priority = CW_PRIORITY_MEDIUM,
                                       .category = CATEGORY_TECHNICAL,
                                       .text_zh = "",
                                       .text_en = "",
                                       .action_zh = "",
                                       .action_en = "",
                                       .risk = "",
                                       .site = "",
                                       .device = "",
                                       .condition = condition[i],
                                       .fold_site = true};
    }
    uint32_t n_rules = bench_more_rules(
        bench, bench_own_rules(bench, sizeof(condition) / sizeof(condition[0])));
    bench->rule[3].after_ns = 15 * MIN;
    bench->rule[4].after_ns = bench->rule[5].after_ns = 60 * MIN;
    memcpy(bench->site, site, sizeof(site));
    bench->rules = (struct ruleset){.settings = bench_settings(),
                                    .rule = bench->rule,
                                    .n_rules = n_rules,
                                    .site = bench->site,
                                    .n_sites = sizeof(site) / sizeof(site[0])};
    bench->sink = (struct engine_sink){.ctx = bench,
                                       .transition = bench_transition,
                                       .accepted = bench_accepted,
                                       .visit = bench_visit,
                                       .entry = bench_entry};
    buf_init(&bench->changes, 1 << 20);
    buf_init(&bench->told, 1 << 20);
    bench_start(bench);
    registry_configure(&bench->fold);
    return bench;
}

static inline void bench_stop(struct bench *bench)
{
    service_done(&bench->service);
    book_done(&bench->book);
    quiet_done(&bench->fold.quiet);
    own_limits_done(&bench->fold.own);
    registry_done(&bench->fold.registry);
    alarm_set_done(&bench->fold.alarms);
    timers_done(&bench->fold.timers);
}

static inline void bench_free(struct bench *bench)
{
    bench_stop(bench);
    buf_done(&bench->told);
    buf_done(&bench->changes);
    free(bench);
}

/* A registry record of a kind; 0 or a negative errno. */
static inline int bench_register(struct bench *bench, const struct entry_kind *kind,
                                 const char *text)
{
    return book_record(&bench->fold, kind, doc_of(&bench->doc, text), DRAFT_STRICT,
                       &bench->err);
}

/* What changed of entries since the last time it was asked. */
static inline const char *bench_changes(struct bench *bench)
{
    static char text[1 << 16];
    snprintf(text, sizeof(text), "%s", buf_text(&bench->changes));
    buf_clear(&bench->changes);
    return text;
}

/* What was told since the last time it was asked. */
static inline const char *bench_told(struct bench *bench)
{
    static char text[1 << 16];
    snprintf(text, sizeof(text), "%s", buf_text(&bench->told));
    buf_clear(&bench->told);
    return text;
}

static inline void bench_fire(struct bench *bench, const struct timer_entry *entry)
{
    struct fold *fold = &bench->fold;
    struct registry *registry = &fold->registry;
    struct device *device = NULL;
    struct visit *visit = NULL;
    switch (entry->kind) {
    case TIMER_DEVICE:
        device = entry->owner < registry->n_devices ? registry->device[entry->owner] : NULL;
        if (device && timer_fired(&device->timer, entry))
            supervision_due_device(fold, device);
        return;
    case TIMER_SITE:
        if (timer_fired(&registry->site[entry->owner]->timer, entry))
            supervision_due_site(fold, registry->site[entry->owner]);
        return;
    case TIMER_VISIT:
        visit = service_visit(fold->service, entry->owner);
        if (visit && timer_fired(&visit->timer, entry))
            visit_due(fold, visit);
        return;
    case TIMER_QUIET:
        if (timer_fired(&registry->site[entry->owner]->quiet_timer, entry))
            site_quiet_due(fold, registry->site[entry->owner]);
        return;
    case TIMER_PLAN:
        if (timer_fired(&registry->site[entry->owner]->plan_timer, entry))
            plan_due(fold, registry->site[entry->owner]);
        return;
    case TIMER_DAY:
        if (timer_fired(&fold->service->day, entry))
            daily_due(fold);
        return;
    case TIMER_ALARM:
        alarm_due(fold, entry);
        return;
    case TIMER_WINDOW:
        quiet_due(fold, entry);
        return;
    case TIMER_ENTRY: {
        struct entry *of_book = book_entry(fold->book, entry->owner);
        if (of_book && timer_fired(&of_book->timer, entry))
            ledger_due(fold, of_book);
        return;
    }
    default:
        BUG("a timer of nobody");
    }
}

/* Moves time to T0 + since_ns, running what is due on the way. */
static inline void bench_at(struct bench *bench, int64_t since_ns)
{
    struct timer_entry entry;
    uint32_t n_fired = 0;
    while (timers_pop(&bench->fold.timers, T0 + since_ns, &entry)) {
        if (entry.due_ns > bench->fold.now_ns)
            bench->fold.now_ns = entry.due_ns;
        bench->fold.due_ns = entry.due_ns;
        bench_fire(bench, &entry);
        bench->fold.due_ns = 0;
        if (++n_fired > 1000000)
            BUG("timers fire without end");
    }
    bench->fold.now_ns = T0 + since_ns;
}

static inline struct site *bench_site(struct bench *bench, const char *site)
{
    struct site *found;
    if (registry_meet_site(&bench->fold, str_of(site), &found) != CW_ACCEPTED)
        BUG("site %s is refused", site);
    return found;
}

static inline struct device *bench_device(struct bench *bench, const char *site,
                                          const char *device)
{
    struct device *found;
    if (registry_meet_device(&bench->fold, bench_site(bench, site), str_of(device), &found) !=
        CW_ACCEPTED)
        BUG("device %s of %s is refused", device, site);
    return found;
}

static inline enum cw_refusal bench_roster(struct bench *bench, const char *site,
                                           const char *text)
{
    return registry_roster(&bench->fold, bench_site(bench, site), NULL,
                           doc_of(&bench->doc, text), &bench->err);
}

static inline void bench_heard(struct bench *bench, const char *site, const char *device)
{
    supervision_heard(&bench->fold, bench_site(bench, site), bench_device(bench, site, device),
                      true);
}

static inline enum cw_refusal bench_status(struct bench *bench, const char *site,
                                           const char *device, const char *text)
{
    return supervision_status(&bench->fold, bench_site(bench, site),
                              bench_device(bench, site, device), doc_of(&bench->doc, text),
                              false, &bench->err);
}

static inline enum cw_refusal bench_event(struct bench *bench, const char *site,
                                          const char *text)
{
    bool is_repeat = false;
    return service_event(&bench->fold, bench_site(bench, site), NULL, doc_of(&bench->doc, text),
                         &is_repeat, &bench->err);
}

static inline const char *bench_connection(struct bench *bench, const char *site,
                                           const char *device)
{
    return connection_name(device ? bench_device(bench, site, device)->connection
                                  : bench_site(bench, site)->connection);
}

static inline int bench_write(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

/* The bytes of registry and service; the caller is done with the buffer. */
static inline void bench_save(struct bench *bench, struct buf *out)
{
    struct saver saver;
    buf_init(out, 1 << 24);
    saver_init(&saver, bench_write, out);
    saver_begin(&saver, 1, (struct position){0});
    alarm_set_save(&bench->fold.alarms, &saver);
    registry_save(&bench->fold.registry, &saver);
    book_save(&bench->fold, &saver);
    service_save(&bench->fold, &saver);
    if (saver_end(&saver))
        BUG("saving failed");
}

/* Saves, forgets everything, loads; false when loading fails. */
static inline bool bench_reload(struct bench *bench)
{
    struct buf saved;
    struct loader loader;
    struct position at;
    uint32_t version;
    int64_t now_ns = bench->fold.now_ns;
    bool linked = bench->fold.linked;
    bench_save(bench, &saved);
    bench_stop(bench);
    bench_start(bench);
    bench->fold.now_ns = now_ns;
    bench->fold.linked = linked;
    bool ok = loader_begin(&loader, saved.p, saved.n, &version, &at) == 0;
    loader.version = UINT32_MAX; /* of every part, the newest */
    if (ok) {
        alarm_set_load(&bench->fold, &loader);
        registry_load(&bench->fold, &loader);
        book_load(&bench->fold, &loader);
        if (!loader.failed)
            consent_load(&bench->fold);
        service_load(&bench->fold, &loader);
        ok = !loader.failed;
    }
    buf_done(&saved);
    return ok;
}

#endif
