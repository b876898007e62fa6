/*
 * engine_save.c - the whole fold into a snapshot and back, part by part in a fixed order.
 *
 * Timers are not saved: each owner knows its due time and arms again when it is loaded.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/engine_private.h"
#include "core/series/series.h"
#include "core/service/visit.h"
#include "core/view/snapshot.h"

/* The counters in the order of struct fold_counters; all are u64. */
#define N_COUNTERS (sizeof(struct fold_counters) / sizeof(uint64_t))

static void save_counters(const struct fold_counters *counters, struct saver *saver)
{
    const uint64_t *counter = (const uint64_t *)counters;
    save_u32(saver, N_COUNTERS);
    for (size_t i = 0; i < N_COUNTERS; i++)
        save_u64(saver, counter[i]);
}

static void load_counters(struct fold_counters *counters, struct loader *loader)
{
    uint64_t *counter = (uint64_t *)counters;
    if (load_u32(loader) != N_COUNTERS)
        loader->failed = true;
    for (size_t i = 0; i < N_COUNTERS; i++)
        counter[i] = load_u64(loader);
}

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
    save_counters(&fold->counters, saver);
    redelivery_save(&engine->redelivery, saver);
    registry_save(&fold->registry, saver);
    service_save(fold, saver);
    series_save(fold, saver);
    alarm_set_save(&fold->alarms, saver);
}

static int load_parts(struct engine *engine, struct loader *loader)
{
    struct fold *fold = &engine->fold;
    fold->now_ns = load_i64(loader);
    fold->at.epoch = load_u32(loader);
    fold->at.offset = load_u64(loader);
    fold->ordinal = load_u32(loader);
    fold->linked = load_u8(loader);
    engine->sources_up = load_u64(loader);
    load_counters(&fold->counters, loader);
    if (redelivery_load(&engine->redelivery, loader))
        return -EBADMSG;
    registry_load(fold, loader);
    if (!loader->failed)
        service_load(fold, loader);
    if (loader->failed || series_load(fold, loader) || alarm_set_load(&fold->alarms, loader))
        return -EBADMSG;
    return 0;
}

int engine_load(struct engine *engine, struct loader *loader, struct cw_error *err)
{
    const struct ruleset *rules = engine->fold.rules;
    const struct engine_sink *sink = engine->fold.sink;
    uint32_t version = load_u32(loader);
    if (version != STATE_VERSION)
        return err_set(err, loader->failed ? -EBADMSG : -ENOTSUP,
                       "The state has version %u, this program reads %u.", version,
                       STATE_VERSION);
    fold_done(&engine->fold);
    redelivery_done(&engine->redelivery);
    routes_clear(&engine->routes);
    fold_init(&engine->fold, rules, sink);
    int ret = load_parts(engine, loader);
    return ret ? err_set(err, ret, "The state is damaged near its byte %zu.", loader->at) : 0;
}
