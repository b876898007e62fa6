/*
 * engine_save.c - the whole fold into a snapshot and back, part by part in a fixed order.
 *
 *   [state version] now, position, links   { name, version, bytes } ...   ""
 *
 * Each room of core is a part with a version of its own, so that rooms grow independently:
 * whoever changes what a part writes raises its version in the table and lets its load read
 * the older ones (loader->version says which it is); a new room is a new row, and is empty
 * after a state that was written before it was there. A part that this program does not know
 * was written by a newer one: refused.
 *
 * Timers are not saved: each owner knows its due time and arms again when it is loaded.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/crc.h"
#include "base/str.h"
#include "core/engine_private.h"
#include "core/registry/consent.h"
#include "core/series/context.h"
#include "core/series/gate.h"
#include "core/series/identity.h"
#include "core/series/series.h"
#include "core/series/sibling.h"
#include "core/service/service.h"
#include "core/view/snapshot.h"

/* ---- counters ---- */

/* struct fold_counters is so many u64, and then the refusals. New ones come last. */
#define N_SCALARS (offsetof(struct fold_counters, refused) / sizeof(uint64_t))
/* Version 1: one row, in which the refusals stood before the last three scalars. */
#define N_SCALARS_1 16u
#define N_REFUSALS_1 20u
#define N_BEFORE_REFUSALS_1 13u

static void save_counters(const struct engine *engine, struct saver *saver)
{
    const struct fold_counters *counters = &engine->fold.counters;
    const uint64_t *scalar = (const uint64_t *)counters;
    save_u32(saver, N_SCALARS);
    for (size_t i = 0; i < N_SCALARS; i++)
        save_u64(saver, scalar[i]);
    save_u32(saver, CW_N_REFUSALS);
    for (size_t i = 0; i < CW_N_REFUSALS; i++)
        save_u64(saver, counters->refused[i]);
}

static void load_counters_1(struct fold_counters *counters, struct loader *loader)
{
    uint64_t *scalar = (uint64_t *)counters;
    if (load_u32(loader) != N_SCALARS_1 + N_REFUSALS_1)
        loader->failed = true;
    for (size_t i = 0; i < N_BEFORE_REFUSALS_1; i++)
        scalar[i] = load_u64(loader);
    for (size_t i = 0; i < N_REFUSALS_1; i++)
        counters->refused[i] = load_u64(loader);
    for (size_t i = N_BEFORE_REFUSALS_1; i < N_SCALARS_1; i++)
        scalar[i] = load_u64(loader);
}

/* As many as were written; those that came later begin at zero. */
static void load_numbers(uint64_t *number, uint32_t max, struct loader *loader)
{
    uint32_t n = load_count(loader, sizeof(uint64_t));
    if (n > max)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        number[i] = load_u64(loader);
}

static void load_counters(struct engine *engine, struct loader *loader)
{
    struct fold_counters *counters = &engine->fold.counters;
    if (loader->version == 1) {
        load_counters_1(counters, loader);
        return;
    }
    load_numbers((uint64_t *)counters, N_SCALARS, loader);
    load_numbers(counters->refused, CW_N_REFUSALS, loader);
}

/* ---- the rooms ---- */

static void save_redelivery(const struct engine *engine, struct saver *saver)
{
    redelivery_save(&engine->redelivery, saver);
}

static void load_redelivery(struct engine *engine, struct loader *loader)
{
    if (redelivery_load(&engine->redelivery, loader))
        loader->failed = true;
}

static void save_registry(const struct engine *engine, struct saver *saver)
{
    registry_save(&engine->fold.registry, saver);
}

static void load_registry(struct engine *engine, struct loader *loader)
{
    registry_load(&engine->fold, loader);
}

static void save_book(const struct engine *engine, struct saver *saver)
{
    book_save(&engine->fold, saver);
}

static void load_book(struct engine *engine, struct loader *loader)
{
    book_load(&engine->fold, loader);
    if (!loader->failed)
        consent_load(&engine->fold);
}

static void save_service(const struct engine *engine, struct saver *saver)
{
    service_save(&engine->fold, saver);
}

static void load_service(struct engine *engine, struct loader *loader)
{
    service_load(&engine->fold, loader);
}

static void save_series(const struct engine *engine, struct saver *saver)
{
    series_save(&engine->fold, saver);
}

static void load_series(struct engine *engine, struct loader *loader)
{
    if (series_load(&engine->fold, loader))
        loader->failed = true;
}

static void save_alarms(const struct engine *engine, struct saver *saver)
{
    alarm_set_save(&engine->fold.alarms, saver);
}

static void load_alarms(struct engine *engine, struct loader *loader)
{
    if (alarm_set_load(&engine->fold, loader))
        loader->failed = true;
}

static void save_quiet(const struct engine *engine, struct saver *saver)
{
    quiet_save(&engine->fold.quiet, saver);
}

static void load_quiet(struct engine *engine, struct loader *loader)
{
    quiet_load(&engine->fold, loader);
}

/* Overrides of rosters, load, and the commands that were done lately. */
static void save_dispatch(const struct engine *engine, struct saver *saver)
{
    duty_save(&engine->fold.duty, saver);
    load_save(&engine->fold.load, saver);
    done_save(&engine->done, saver);
}

static void load_dispatch(struct engine *engine, struct loader *loader)
{
    duty_load(&engine->fold.duty, loader);
    load_load(&engine->fold.load, loader);
    done_load(&engine->done, loader);
}

static void save_doors(const struct engine *engine, struct saver *saver)
{
    door_cursors_save(&engine->fold.doors, saver);
}

static void load_doors(struct engine *engine, struct loader *loader)
{
    door_cursors_load(&engine->fold.doors, loader);
}

static void save_contexts(const struct engine *engine, struct saver *saver)
{
    context_save(&engine->fold, saver);
}

static void load_contexts(struct engine *engine, struct loader *loader)
{
    context_load(&engine->fold, loader);
}

static void save_siblings(const struct engine *engine, struct saver *saver)
{
    sibling_save(&engine->fold, saver);
}

static void load_siblings(struct engine *engine, struct loader *loader)
{
    sibling_load(&engine->fold, loader);
}

static void save_identities(const struct engine *engine, struct saver *saver)
{
    identity_save(&engine->fold, saver);
}

static void load_identities(struct engine *engine, struct loader *loader)
{
    identity_load(&engine->fold, loader);
}

static void save_own_limits(const struct engine *engine, struct saver *saver)
{
    own_limits_save(&engine->fold.own, saver);
}

static void load_own_limits(struct engine *engine, struct loader *loader)
{
    own_limits_load(&engine->fold.own, loader);
}

static void save_today(const struct engine *engine, struct saver *saver)
{
    today_save(&engine->fold, saver);
}

static void load_today(struct engine *engine, struct loader *loader)
{
    today_load(&engine->fold, loader);
}

/* A part may look at those above it. */
static const struct part {
    const char *name;
    uint32_t version;
    void (*save)(const struct engine *engine, struct saver *saver);
    void (*load)(struct engine *engine, struct loader *loader); /* loader->failed tells */
    bool in_state_1; /* state version 1 had these parts, without names */
} parts[] = {
    {"counters", 2, save_counters, load_counters, true},
    {"redelivery", 1, save_redelivery, load_redelivery, true},
    {"registry", 2, save_registry, load_registry, true},
    {"book", 2, save_book, load_book, false},
    {"service", 8, save_service, load_service, true},
    {"series", 2, save_series, load_series, true},
    {"alarms", 3, save_alarms, load_alarms, true},
    {"quiet", 2, save_quiet, load_quiet, false},
    {"dispatch", 1, save_dispatch, load_dispatch, false},
    {"doors", 1, save_doors, load_doors, false},
    {"contexts", 1, save_contexts, load_contexts, false},
    {"siblings", 1, save_siblings, load_siblings, false},
    {"identities", 1, save_identities, load_identities, false},
    {"own_limits", 1, save_own_limits, load_own_limits, false},
    {"today", 1, save_today, load_today, false},
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

/* ---- the whole ---- */

void engine_save(const struct engine *engine, struct saver *saver)
{
    const struct fold *fold = &engine->fold;
    save_u32(saver, STATE_VERSION);
    save_i64(saver, fold->now_ns);
    save_u32(saver, fold->at.epoch);
    save_u64(saver, fold->at.offset);
    save_u32(saver, fold->ordinal);
    save_u8(saver, fold->linked);
    save_u64(saver, engine->sources_up);
    for (size_t i = 0; i < N_PARTS; i++) {
        save_str(saver, str_of(parts[i].name));
        save_u32(saver, parts[i].version);
        parts[i].save(engine, saver);
    }
    save_str(saver, CW_STR(""));
}

static void load_head(struct engine *engine, struct loader *loader)
{
    struct fold *fold = &engine->fold;
    fold->now_ns = load_i64(loader);
    fold->at.epoch = load_u32(loader);
    fold->at.offset = load_u64(loader);
    fold->ordinal = load_u32(loader);
    fold->linked = load_u8(loader);
    engine->sources_up = load_u64(loader);
}

static void load_state_1(struct engine *engine, struct loader *loader)
{
    loader->version = 1;
    for (size_t i = 0; i < N_PARTS && !loader->failed; i++) {
        if (parts[i].in_state_1)
            parts[i].load(engine, loader);
    }
}

/* The parts that are there, in the table's order. 0 or -ENOTSUP. */
static int load_parts(struct engine *engine, struct loader *loader, struct cw_error *err)
{
    size_t i = 0;
    while (!loader->failed) {
        struct cw_str name = load_str(loader);
        if (loader->failed || name.n == 0)
            break;
        loader->version = load_u32(loader);
        while (i < N_PARTS && !str_is(name, parts[i].name))
            i++;
        if (i == N_PARTS || loader->version > parts[i].version)
            return err_set(err, -ENOTSUP,
                           "The state's part \"%.*s\" of version %u is of a newer program.",
                           (int)(name.n < MAX_ID ? name.n : MAX_ID), name.p, loader->version);
        parts[i++].load(engine, loader);
    }
    return 0;
}

/* Under the rules of today, which may be others. */
static void settle_loaded(struct fold *fold)
{
    sibling_configure(fold);
    gate_loaded(fold);
    inhibit_find(fold);
    if (fold->today.day == 0)
        today_infer(fold);
    today_count_again(fold);
}

int engine_load(struct engine *engine, struct loader *loader, struct cw_error *err)
{
    const struct ruleset *rules = engine->fold.rules;
    const struct engine_sink *sink = engine->fold.sink;
    int ret = 0;
    uint32_t version = load_u32(loader);
    if (version < 1 || version > STATE_VERSION)
        return err_set(err, loader->failed ? -EBADMSG : -ENOTSUP,
                       "The state has version %u, this program reads 1 to %u.", version,
                       STATE_VERSION);
    fold_done(&engine->fold);
    redelivery_done(&engine->redelivery);
    routes_clear(&engine->routes);
    fold_init(&engine->fold, rules, sink);
    load_head(engine, loader);
    if (version == 1)
        load_state_1(engine, loader);
    else
        ret = load_parts(engine, loader, err);
    if (ret)
        return ret;
    if (!loader->failed)
        settle_loaded(&engine->fold);
    return loader->failed
               ? err_set(err, -EBADMSG, "The state is damaged near its byte %zu.", loader->at)
               : 0;
}

uint32_t engine_state_shape(void)
{
    uint32_t shape = 0;
    for (size_t i = 0; i < N_PARTS; i++) {
        shape = crc32c(shape, parts[i].name, strlen(parts[i].name) + 1);
        shape = crc32c(shape, &parts[i].version, sizeof(parts[i].version));
    }
    return shape;
}
