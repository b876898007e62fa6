/*
 * life_bench.h - alarms on a bench: a fold with a rule for each kind of alarm, a channel or
 * two, a chain, and orders in one line. Told are transitions as "change:state "; behind a
 * change "!" says that nobody outside is told, "@a,b" who is told beside the routes.
 */
#ifndef TESTS_LIFE_BENCH_H
#define TESTS_LIFE_BENCH_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/alarm/alarm_order.h"
#include "core/alarm/escalation.h"
#include "core/alarm/schedule.h"
#include "core/fold.h"
#include "core/series/supervision.h"
#include "core/service/service.h"
#include "core/view/snapshot.h"

#define S NS_PER_S
#define MIN (60 * NS_PER_S)
#define HOUR (3600 * NS_PER_S)
#define T0 (INT64_C(1763865851) * NS_PER_S) /* 2025-11-23 10:44:11 in Chengdu */

struct life {
    struct fold fold;
    struct service service;
    struct ruleset rules;
    struct rule rule[8];
    struct chain chain[2];
    struct engine_sink sink;
    struct buf told;
    struct cw_error err;
    uint32_t n_escalated;
};

enum life_rule {
    HR_HIGH,
    HR_MEDIUM,
    HELP_CALL,
    BATTERY,
    SITE_SILENT,
    BY_HAND,
    UNSEEN,
    N_LIFE_RULES
};

static inline void life_hear(void *ctx, const struct transition *t)
{
    struct life *life = ctx;
    buf_printf(&life->told, "%s%s%s", life->told.n ? " " : "", alarm_change_name(t->change),
               t->quiet ? "!" : "");
    for (uint32_t i = 0; i < t->n_tell; i++)
        buf_printf(&life->told, "%s%s", i ? "," : "@", t->tell[i].to);
    buf_printf(&life->told, ":%s", alarm_state_name(t->alarm->state));
    life->n_escalated += t->change == CHANGE_ESCALATED;
}

static inline struct rule life_rule(const char *name, enum cw_priority priority,
                                    enum alarm_category category)
{
    return (struct rule){.name = name,
                         .kind_name = name,
                         .kind = RULE_SYSTEM,
                         .priority = priority,
                         .category = category,
                         .text_zh = "",
                         .text_en = "",
                         .action_zh = "",
                         .action_en = "",
                         .risk = "",
                         .site = "",
                         .device = "",
                         .condition = name};
}

static inline void life_start(struct life *life)
{
    life->fold = (struct fold){.now_ns = T0, .rules = &life->rules, .sink = &life->sink};
    timers_init(&life->fold.timers);
    alarm_set_init(&life->fold.alarms);
    registry_init(&life->fold.registry);
    service_init(&life->service);
    life->fold.service = &life->service;
}

static inline struct life *life_new(void)
{
    struct life *life = xcalloc(1, sizeof(*life));
    life->rule[HR_HIGH] = life_rule("hr-high", CW_PRIORITY_HIGH, CATEGORY_PHYSIOLOGICAL);
    life->rule[HR_MEDIUM] = life_rule("hr-medium", CW_PRIORITY_MEDIUM, CATEGORY_PHYSIOLOGICAL);
    life->rule[HELP_CALL] = life_rule("help-call", CW_PRIORITY_HIGH, CATEGORY_SAFETY);
    life->rule[HELP_CALL].vital = life->rule[HELP_CALL].is_call = true;
    life->rule[BATTERY] = life_rule("battery", CW_PRIORITY_LOW, CATEGORY_TECHNICAL);
    life->rule[SITE_SILENT] =
        life_rule(CONDITION_SITE_SILENT, CW_PRIORITY_HIGH, CATEGORY_TECHNICAL);
    life->rule[BY_HAND] = life_rule(CONDITION_BY_HAND, CW_PRIORITY_HIGH, CATEGORY_SAFETY);
    life->rule[UNSEEN] =
        life_rule(CONDITION_VISIT_UNCORROBORATED, CW_PRIORITY_MEDIUM, CATEGORY_SERVICE);
    life->rules = (struct ruleset){.settings = {.max_sites = 10,
                                                .max_devices = 10,
                                                .register_unknown_sites = true,
                                                .default_district = "d"},
                                   .rule = life->rule,
                                   .n_rules = N_LIFE_RULES,
                                   .chain = life->chain};
    (void)zone_parse(&life->rules.zone, CW_STR("CST-8"), NULL);
    life->sink = (struct engine_sink){.ctx = life, .transition = life_hear};
    buf_init(&life->told, 1 << 20);
    life_start(life);
    return life;
}

static inline void life_stop(struct life *life)
{
    service_done(&life->service);
    quiet_done(&life->fold.quiet);
    registry_done(&life->fold.registry);
    alarm_set_done(&life->fold.alarms);
    timers_done(&life->fold.timers);
}

static inline void life_free(struct life *life)
{
    life_stop(life);
    buf_done(&life->told);
    free(life);
}

/* A chain over everything: 1m desk, 3m night; again every 5m. */
static inline struct chain *life_chain(struct life *life)
{
    life->rules.n_chains = 1;
    life->chain[0] = (struct chain){
        .name = "all",
        .site = "",
        .district = "",
        .kind = "",
        .priority = "",
        .category = "",
        .step = {{.after_ns = MIN, .target = {{.channel = "desk"}}, .n_targets = 1},
                 {.after_ns = 3 * MIN, .target = {{.channel = "night"}}, .n_targets = 1}},
        .n_steps = 2,
        .repeat_ns = 5 * MIN,
        .persons = 1};
    return &life->chain[0];
}

static inline struct alarm *life_raise_at(struct life *life, enum life_rule rule,
                                          const char *site, const char *device,
                                          const char *resident)
{
    char subject[MAX_ALARM_SUBJECT];
    (void)snprintf(subject, sizeof(subject), "%s/%s/%s", site, device, resident);
    struct alarm_desc desc = {.rule = &life->rule[rule],
                              .subject = str_of(subject),
                              .site = str_of(site),
                              .district = CW_STR("d"),
                              .device = str_of(device),
                              .resident = str_of(resident),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .count_repeats = rule == HELP_CALL};
    return alarm_raise(&life->fold, &desc);
}

static inline struct alarm *life_raise(struct life *life, enum life_rule rule)
{
    return life_raise_at(life, rule, "s1", "bed-1", "r-1");
}

static inline int life_order(struct life *life, const char *name, const struct alarm *alarm,
                             struct alarm_order order)
{
    const struct alarm *found;
    life->err.text[0] = '\0';
    order.alarm = str_of(alarm->id);
    if (order.by.n == 0)
        order.by = CW_STR("li");
    return alarm_order(&life->fold, str_of(name), &order, &found, &life->err);
}

static inline int life_ack(struct life *life, const struct alarm *alarm, const char *by)
{
    return life_order(life, "ack", alarm, (struct alarm_order){.by = str_of(by)});
}

static inline void life_at(struct life *life, int64_t since_ns)
{
    struct timer_entry entry;
    while (timers_pop(&life->fold.timers, T0 + since_ns, &entry)) {
        if (entry.due_ns > life->fold.now_ns)
            life->fold.now_ns = entry.due_ns;
        life->fold.due_ns = entry.due_ns;
        if (entry.kind == TIMER_ALARM)
            alarm_due(&life->fold, &entry);
        else
            quiet_due(&life->fold, &entry);
        life->fold.due_ns = 0;
    }
    life->fold.now_ns = T0 + since_ns;
}

/* What was told since it was asked last. */
static inline const char *life_told(struct life *life)
{
    static char text[1 << 15];
    (void)snprintf(text, sizeof(text), "%s", buf_text(&life->told));
    buf_clear(&life->told);
    return text;
}

static inline int life_write(void *ctx, const void *p, size_t n)
{
    buf_add(ctx, p, n);
    return 0;
}

static inline void life_save(const struct life *life, struct buf *out)
{
    static struct saver saver;
    buf_init(out, 1 << 24);
    saver_init(&saver, life_write, out);
    saver_begin(&saver, 1, (struct position){0});
    alarm_set_save(&life->fold.alarms, &saver);
    quiet_save(&life->fold.quiet, &saver);
    duty_save(&life->fold.duty, &saver);
    load_save(&life->fold.load, &saver);
    if (saver_end(&saver))
        BUG("saving failed");
}

/* Killed and started again from what was saved: the same bytes are saved again. */
static inline void life_kill(struct life *life)
{
    struct buf saved, again;
    struct loader loader;
    struct position at;
    uint32_t version;
    int64_t now_ns = life->fold.now_ns;
    life_save(life, &saved);
    life_stop(life);
    life_start(life);
    life->fold.now_ns = now_ns;
    assert_int_equal(loader_begin(&loader, saved.p, saved.n, &version, &at), 0);
    loader.version = UINT32_MAX; /* of every part, the newest */
    assert_int_equal(alarm_set_load(&life->fold, &loader), 0);
    quiet_load(&life->fold, &loader);
    duty_load(&life->fold.duty, &loader);
    load_load(&life->fold.load, &loader);
    assert_false(loader.failed);
    assert_int_equal(loader.at, loader.n);
    life_save(life, &again);
    assert_int_equal(saved.n, again.n);
    assert_memory_equal(saved.p, again.p, saved.n);
    buf_done(&saved);
    buf_done(&again);
}

#endif
